// One dialog, filled by the server: opened from a link, closed by Esc, a button, or a finished act.
import { start } from "./composer.js";
import { toast } from "./toast.js";

const dialog = document.getElementById("dialog");
let opener = null;
let done = false;

async function open(link) {
  opener = link;
  done = false;
  await htmx.ajax("GET", link.dataset.dialogUrl, { target: dialog, swap: "innerHTML" });
  if (!dialog.firstElementChild) {
    location.href = link.href;
    return;
  }
  start(dialog); // the draft is there before the first key
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[autofocus]:enabled")?.focus();
}

function follow(event) {
  const link = event.target.closest("[data-dialog-url]");
  if (!link || !dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link);
}

// Modules run before htmx has read its settings and bound the page: until then the link is a plain one.
addEventListener("DOMContentLoaded", () => document.addEventListener("click", follow));

document.addEventListener("click", (event) => event.target.closest("[data-close-dialog]")?.closest("dialog").close());

dialog?.addEventListener("htmx:afterSwap", () => {
  if (!dialog.querySelector("[data-done]")) return;
  done = true;
  document.dispatchEvent(new CustomEvent("quadline:sent"));
  dialog.close();
});

dialog?.addEventListener("close", () => {
  const unsent = !done && [...dialog.querySelectorAll("textarea")].some((field) => field.value.trim());
  dialog.replaceChildren();
  opener?.focus();
  if (unsent) toast("Your draft is kept.");
});
