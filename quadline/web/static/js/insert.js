// Puts a merge field where one writes, or the words of a template.

let last = null; // where one wrote last

const WRITABLE = "textarea, [data-subject]";

function fieldFor(item) {
  const panel = item.closest("fieldset");
  return last && panel.contains(last) ? last : panel.querySelector("textarea");
}

export function put(field, words) {
  field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function useTemplate(link) {
  const panel = link.closest("fieldset");
  const [body, subject, card] = ["textarea", "[data-subject]", "[data-card]"].map((name) => panel.querySelector(name));
  put(body, link.dataset.template);
  if (subject && !subject.value) {
    subject.value = link.dataset.templateSubject;
    subject.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (card && "templateCard" in link.dataset) card.checked = true;
  return body;
}

document.addEventListener("focusin", (event) => {
  if (event.target.matches(WRITABLE)) last = event.target;
});

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-insert], [data-template]");
  if (!item) return;
  event.preventDefault();
  const field = "template" in item.dataset ? useTemplate(item) : fieldFor(item);
  if ("insert" in item.dataset) put(field, item.dataset.insert);
  item.closest("[popover]").hidePopover();
  field.focus();
});
