// Enter in one line of a message goes on to the words, or presses the line's own button: never the first button of the form.
// Without scripts that first button finds recipients, and nothing is sent.

document.addEventListener("keydown", (event) => {
  const line = event.target;
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
  if (!line.matches?.("input:not([data-combobox])") || !line.form?.matches("[data-composer]")) return;
  event.preventDefault();
  if (line.matches("[data-subject]")) line.closest("fieldset").querySelector("[data-email-body]").focus();
  else line.closest(".addressing-row")?.querySelector("button").click();
});
