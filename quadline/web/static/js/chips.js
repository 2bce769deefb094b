// The chips of a field of recipients: put in, taken out, and the server then says how many students that is.
import { announce } from "./announce.js";

const SOON = 250;
let timer = 0;
let asked = 0;

const listOf = (field) => field.querySelector("[data-chips]");
const area = () => document.getElementById("addressing");
const form = () => document.getElementById("composer");

export const chosen = (field) => [...listOf(field).children].map((chip) => ({
  token: chip.dataset.chip, label: chip.querySelector("span").textContent, note: chip.querySelector("small").textContent,
}));
const left = (field) => (chosen(field).length === 1 ? "1 choice" : `${chosen(field).length} choices`);

function mould(field, { token, label, note }) {
  const chip = field.querySelector("[data-chip-mould]").content.firstElementChild.cloneNode(true);
  chip.dataset.chip = token;
  chip.classList.toggle("warn", Boolean(note));
  chip.querySelector("span").textContent = label;
  chip.querySelector("small").textContent = note ?? "";
  chip.querySelector("input").value = token;
  chip.querySelector("button").value = `${field.dataset.recipients} ${token}`;
  chip.querySelector("button").setAttribute("aria-label", `Remove ${label}`);
  return chip;
}

export function add(field, choices) {
  const known = new Set(chosen(field).map(({ token }) => token));
  const fresh = choices.filter(({ token }) => !known.has(token));
  listOf(field).append(...fresh.map((choice) => mould(field, choice)));
  changed(field);
  return fresh.length;
}

export function remove(field, chip) {
  const label = chip.querySelector("span").textContent;
  chip.remove();
  changed(field);
  announce(`Removed ${label}. ${left(field)} left.`);
}

export const added = (field, { label }) => announce(`Added ${label}. ${left(field)}.`);
export const last = (field) => listOf(field).lastElementChild;

function changed(field) {
  listOf(field).hidden = !listOf(field).children.length;
  form().dispatchEvent(new CustomEvent("quadline:recipients"));
  clearTimeout(timer);
  timer = setTimeout(ask, SOON);
}

// An answer that was overtaken by a later question is not shown.
async function ask() {
  const mine = ++asked;
  const answer = await fetch(area().dataset.audienceUrl, {
    method: "POST", body: new FormData(form()), headers: { "HX-Request": "true" },
  }).catch(() => null);
  if (!answer || mine !== asked) return;
  if (answer.redirected) document.body.dispatchEvent(new CustomEvent("signed-out"));
  else if (answer.ok) htmx.swap(area(), await answer.text(), { swapStyle: "none" });
  label();
}

// One student gets it at once; several, after a review: the button says which.
function label() {
  const words = document.querySelector("#how-many > [data-button]")?.dataset.button;
  for (const place of form()?.querySelectorAll("[data-send-label]") ?? []) {
    if (words) place.textContent = words;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-chip] button");
  if (!button) return;
  event.preventDefault();
  const field = button.closest("[data-recipients]");
  const chip = button.closest("[data-chip]");
  const next = (chip.nextElementSibling ?? chip.previousElementSibling)?.querySelector("button");
  remove(field, chip);
  (next ?? field.querySelector("[data-combobox]")).focus();
});

// With scripts a chip's button is no submit: Enter elsewhere in the form would press it.
for (const button of document.querySelectorAll("[data-chip] button")) button.type = "button";
