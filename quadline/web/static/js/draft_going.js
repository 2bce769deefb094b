// A message goes with its form: into the log of this page, from where draft_log.js posts it, or with the whole page or dialog.
// What is only begun goes to the server when the person leaves it, so that it is there on every device.
import { next, step } from "./draft.js";
import { allThatWent, draftIn, subjectOf, typed } from "./draft_form.js";
import { inForm, listOf, noteServer } from "./draft_kept.js";

// Plain HTTP has no crypto.randomUUID.
const digit = (place) => (place ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (place / 4)))).toString(16);
const newId = () => "10000000-1000-4000-8000-100000000000".replace(/[018]/g, digit);

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("form[data-composer][data-draft]")) return;
  const hasLog = form.matches("[data-optimistic]");
  if (hasLog) event.preventDefault();
  else if (submitter?.name) return; // a step on the way has a name
  const draft = draftIn(form.querySelector("fieldset:enabled textarea"));
  typed(draft);
  if (next(draft.message.state, "send") === "sending") send(draft, form, hasLog);
});

function send(draft, form, hasLog) {
  const [token, data, line] = [form.elements.message_id, new FormData(form), subjectOf(draft.field)];
  const words = hasLog ? draft.field.value.trim() : draft.field.value;
  const [again, ...others] = inForm(draft);
  // Unchanged it is the same text, should it have arrived. An email may differ in more than its words.
  const isSame = hasLog && !line && !others.length && again?.words === words;
  if (!isSame) inForm(draft).forEach((message) => step(message, "type"));
  const message = isSame ? again : Object.assign(draft.message, { id: token.value, words, subject: line?.value.trim() ?? "" });
  Object.assign(message, { form, hasLog, data, place: hasLog ? "log" : "form" });
  data.set("message_id", message.id);
  data.set("body", words);
  if (hasLog) token.value = newId();
  if (hasLog) draft.message = { draft, state: "empty" };
  step(message, "send");
}

// A dialog is answered by htmx, and says when its message was accepted; a page's own submit by the next page.
function answer(event, form) {
  const asked = allThatWent().filter((message) => message.state === "sending" && !message.hasLog);
  asked.filter((message) => !form || message.form === form).forEach((message) => step(message, event));
}
document.addEventListener("quadline:sent", () => answer("accept"));
document.addEventListener("htmx:afterRequest", ({ detail, target }) => { if (!detail.successful) answer("lose", target); });

// Never on blur: that comes just before Send, and a draft that arrives after its text would come back to life.
function tell() {
  const form = document.querySelector("form[data-draft-url*='/']");
  const field = form?.querySelector("[data-body]");
  if (!field || field.value.trim() === field.defaultValue.trim()) return false;
  const [body, returned] = [field.value, listOf(inForm(draftIn(field)))]; // what has arrived after all is no draft
  const csrfmiddlewaretoken = form.elements.csrfmiddlewaretoken.value;
  const data = new URLSearchParams({ body, returned, csrfmiddlewaretoken }); // with its line breaks as they are
  if (!navigator.sendBeacon(form.dataset.draftUrl, data)) return true;
  field.defaultValue = body;
  noteServer(draftIn(field).key, body);
  return true;
}

addEventListener("pagehide", tell);
document.addEventListener("visibilitychange", () => { if (document.hidden) tell(); });
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === "open" && tell()) setTimeout(() => htmx.trigger("#list", "sse:inbox"), 400);
});
