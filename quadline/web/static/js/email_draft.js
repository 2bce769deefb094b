// What was typed on the Email tab and not sent, kept in this browser like the draft of a text.
import { keep, keyOf, read } from "./drafts.js";

const FIELDS = "[data-draft] [data-email-body], [data-draft] [data-subject]";

export function start(root) {
  for (const field of root.querySelectorAll(FIELDS)) {
    if (field.value || !field.form.dataset.draft) continue;
    field.value = read(keyOf(field.form.dataset.draft, field));
    if (field.value) field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

document.addEventListener("input", (event) => {
  if (event.target.matches(FIELDS)) keep(keyOf(event.target.form.dataset.draft, event.target), event.target.value);
});

document.addEventListener("htmx:load", (event) => start(event.target.parentElement ?? document));
start(document);
