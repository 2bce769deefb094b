// Enter where a message is written. A text goes; an email has paragraphs, and goes with Ctrl+Enter. From one line it goes on to the
// words, or presses the line's own button: never the first button of the form. Without scripts that one finds recipients.

const startsLine = () => document.body.dataset.enter === "newline"; // by preference
const touch = window.matchMedia("(pointer: coarse)");

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || !field.form?.matches?.("[data-composer]")) return;
  const always = event.ctrlKey || event.metaKey;
  const isEmail = field.matches("[data-email-body]");
  if (isEmail || field.matches("[data-body]")) {
    if (!always && (isEmail || event.shiftKey || event.altKey || touch.matches || startsLine())) return;
    event.preventDefault();
    const send = field.form.querySelector(isEmail ? "[data-send-email]" : "[data-send]");
    if (field.value.trim() && !send.disabled) field.form.requestSubmit(send);
  } else if (!always && field.matches("input:not([data-combobox])")) {
    event.preventDefault();
    if (field.matches("[data-subject]")) field.closest("fieldset").querySelector("[data-email-body]").focus();
    else field.closest(".addressing-row")?.querySelector("button").click();
  }
});
