// Whom an unsent message is for, kept in this browser beside its words.
import { add, chosen } from "./chips.js";
import { keep, parse } from "./draft_kept.js";

const form = document.getElementById("composer");
const fields = [...document.querySelectorAll("[data-recipients]")];
const key = `${form?.dataset.draft}:recipients`;
const isFor = () => fields.some((field) => chosen(field).length);

function remember() {
  const kept = fields.map((field) => [field.dataset.recipients, chosen(field)]);
  keep(key, isFor() ? JSON.stringify(Object.fromEntries(kept)) : "");
}

if (form) {
  const kept = isFor() ? null : parse(key);
  for (const field of fields) if (kept?.[field.dataset.recipients]?.length) add(field, kept[field.dataset.recipients]);
  remember();
  form.addEventListener("quadline:recipients", remember);
}
