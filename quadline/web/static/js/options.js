// The list a combobox offers: asked for, shown, walked through. The server decides what is in it.
import { announce } from "./announce.js";
import { add, added, chosen } from "./chips.js";

const SOON = 120;
const waiting = new WeakMap(); // what is asked for an input: { query, timer, enter }

export const fieldOf = (input) => input.closest("[data-recipients]");
const popupOf = (input) => fieldOf(input).querySelector("[data-popup]");
const optionsOf = (input) => [...popupOf(input).querySelectorAll("[role=option]")];
export const activeOf = (input) => popupOf(input).querySelector("[aria-selected=true]");
export const isOpen = (input) => input.getAttribute("aria-expanded") === "true";
export const isShown = (input) => !popupOf(input).hidden;
export const isAsking = (input) => waiting.has(input);

function activate(input, option) {
  activeOf(input)?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

export function close(input) {
  clearTimeout(waiting.get(input)?.timer);
  waiting.delete(input);
  activate(input, null);
  input.setAttribute("aria-expanded", "false");
  popupOf(input).hidden = true;
}

// What was entered before the list came is still chosen when the focus has gone on.
export function leave(input) {
  if (!waiting.get(input)?.enter) close(input);
}

// With `enter` the first of the list is chosen when it comes: the hand was quicker than the server.
export function ask(input, { enter = false, soon = SOON } = {}) {
  clearTimeout(waiting.get(input)?.timer);
  const asked = { query: input.value.trim(), enter };
  asked.timer = setTimeout(() => load(input, asked), soon);
  waiting.set(input, asked);
}

async function load(input, asked) {
  const { url, recipients } = fieldOf(input).dataset;
  const query = new URLSearchParams({ q: asked.query, field: recipients });
  const answer = await fetch(`${url}?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (waiting.get(input) !== asked) return; // typed on meanwhile, or gone elsewhere
  waiting.delete(input);
  if (answer?.redirected) document.body.dispatchEvent(new CustomEvent("signed-out"));
  else if (answer?.ok) show(input, await answer.text(), asked);
  else announce("The list could not be fetched. Try again in a moment.");
}

function show(input, html, { query, enter }) {
  const popup = popupOf(input);
  popup.innerHTML = html;
  const known = new Set(chosen(fieldOf(input)).map(({ token }) => token));
  optionsOf(input).filter((option) => known.has(option.dataset.token)).forEach((option) => option.remove());
  const options = optionsOf(input);
  if (!options.length) popup.querySelector("[role=listbox]")?.remove();
  popup.hidden = !popup.textContent.trim();
  input.setAttribute("aria-expanded", String(options.length > 0));
  if (query) activate(input, options[0]);
  if (enter && options[0]) choose(input, options[0]);
  else if (document.activeElement !== input) close(input);
  else announce(options.length === 1 ? "1 result." : options.length ? `${options.length} results.` : popup.textContent.trim());
}

export function choose(input, option) {
  const choice = { ...option.dataset };
  input.value = "";
  close(input);
  if (add(fieldOf(input), [choice])) added(fieldOf(input), choice);
}

export function step(input, by) {
  const options = optionsOf(input);
  const here = options.indexOf(activeOf(input));
  const next = here < 0 ? (by > 0 ? 0 : options.length - 1) : (here + by + options.length) % options.length;
  activate(input, options[next]);
}
