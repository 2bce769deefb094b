// Keys for people who read many texts. Single keys rest while one types, and can be switched off.

import { areOn } from "./single_keys.js";

const EDITABLE = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

const links = () => [...document.querySelectorAll("#rows > .row > a")];

function here() {
  const all = links();
  const focused = all.indexOf(document.activeElement);
  return focused >= 0 ? focused : all.findIndex((link) => link.hasAttribute("aria-current"));
}

function step(by, act) {
  const all = links();
  const next = all[Math.max(0, Math.min(all.length - 1, here() + by))];
  if (next) act(next);
}

function press(key) {
  const target = document.querySelector(`[data-key="${key}"]:enabled, a[data-key="${key}"]`);
  if (target?.matches("a, button")) target.click();
  else target?.focus();
  return Boolean(target);
}

const SINGLE = {
  j: () => step(1, (link) => link.focus()),
  k: () => step(-1, (link) => link.focus()),
  r: () => press("r"),
  e: () => press("e"),
  c: () => press("c"),
  "/": () => press("/"),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.altKey && !event.ctrlKey && !event.metaKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    if (!links().length) return;
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1, (link) => link.click());
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.(EDITABLE)) return;
  if (!SINGLE[event.key] || !areOn()) return;
  event.preventDefault();
  SINGLE[event.key]();
});
