// Short news at the foot of the page: said once, gone after a while, never from under a hand.
import { announce } from "./announce.js";

const STAY = 8000;
const place = document.getElementById("toasts");

function show(item) {
  announce(item.querySelector("p").textContent);
  let timer = setTimeout(() => item.remove(), STAY);
  const hold = () => clearTimeout(timer);
  const release = () => { timer = setTimeout(() => item.remove(), STAY / 2); };
  item.addEventListener("pointerenter", hold);
  item.addEventListener("focusin", hold);
  item.addEventListener("pointerleave", release);
  item.addEventListener("focusout", release);
}

export function toast(words, tone = "") {
  const item = document.createElement("div");
  item.className = `toast ${tone}`;
  item.append(Object.assign(document.createElement("p"), { textContent: words }));
  place?.append(item);
}

document.addEventListener("click", (event) => event.target.closest("[data-close-toast]")?.closest(".toast").remove());
document.body.addEventListener("htmx:responseError", () => toast("That did not work. Try again in a moment.", "bad"));

if (place) {
  place.querySelectorAll(".toast").forEach(show);
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      if (node.matches?.(".toast")) show(node);
    }
  }).observe(place, { childList: true });
}
