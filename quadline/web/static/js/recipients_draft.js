// Whom an unsent message is for, kept in this browser beside its words.
import { add, chosen } from "./chips.js";
import { keep, read } from "./drafts.js";

const form = document.getElementById("composer");
const fields = () => [...document.querySelectorAll("[data-recipients]")];
const key = form?.dataset.draft ? `${form.dataset.draft}:recipients` : "";

function remember() {
  const kept = Object.fromEntries(fields().map((field) => [field.dataset.recipients, chosen(field)]));
  keep(key, Object.values(kept).some((choices) => choices.length) ? JSON.stringify(kept) : "");
}

function restore() {
  if (fields().some((field) => chosen(field).length)) return remember();
  let kept = {};
  try {
    kept = JSON.parse(read(key) || "{}");
  } catch {
    keep(key, "");
  }
  for (const field of fields()) {
    if (kept[field.dataset.recipients]?.length) add(field, kept[field.dataset.recipients]);
  }
}

if (key) {
  restore();
  form.addEventListener("quadline:recipients", remember);
}
