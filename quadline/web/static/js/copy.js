// Copy buttons say that they did, to the eye and to the ear.
import { announce } from "./announce.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.querySelector("[data-copy-label]");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    announce(button.dataset.copied ?? "Copied");
    label.textContent = "Copied";
  } catch {
    announce("Could not copy. Select the text and copy it.");
    label.textContent = "Not copied";
  }
  setTimeout(() => { label.textContent = "Copy"; }, 2000);
});
