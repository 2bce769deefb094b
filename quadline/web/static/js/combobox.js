// The place to type in a field of recipients: a combobox by the ARIA pattern. The focus never leaves the input.
import { last, remove } from "./chips.js";
import { activeOf, ask, choose, close, fieldOf, isAsking, isOpen, isShown, leave, step } from "./options.js";

const inputAt = (node) => node.closest?.("[data-combobox]");

const KEYS = {
  ArrowDown: (input) => (isOpen(input) ? step(input, 1) : ask(input, { soon: 0 })),
  ArrowUp: (input) => (isOpen(input) ? step(input, -1) : ask(input, { soon: 0 })),
  Enter: (input) => {
    if (isOpen(input) && activeOf(input) && !isAsking(input)) choose(input, activeOf(input));
    else if (input.value.trim()) ask(input, { enter: true, soon: 0 });
  },
};

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!input.matches?.("[data-combobox]") || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key](input);
  } else if (event.key === "Escape" && isShown(input)) {
    event.preventDefault();
    close(input);
  } else if (event.key === "Backspace" && !input.value && last(fieldOf(input))) {
    remove(fieldOf(input), last(fieldOf(input)));
  }
});

document.addEventListener("input", (event) => { if (inputAt(event.target)) ask(event.target); });
document.addEventListener("click", (event) => {
  const option = event.target.closest("[data-recipients] [role=option]");
  if (option) choose(fieldOf(option).querySelector("[data-combobox]"), option);
  else if (inputAt(event.target) && !isShown(event.target)) ask(event.target, { soon: 0 });
});
document.addEventListener("pointerdown", (event) => { if (event.target.closest("[data-popup]")) event.preventDefault(); });
document.addEventListener("focusout", (event) => { if (inputAt(event.target)) leave(event.target); });

for (const input of document.querySelectorAll("[data-combobox]")) {
  const list = `${fieldOf(input).dataset.recipients}-options`;
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["aria-controls", list]]) {
    input.setAttribute(name, value);
  }
}
