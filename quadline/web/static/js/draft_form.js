// The words in a form: kept as they are typed, there again with the form, and gone when a page shows that they arrived.
import { step } from "./draft.js";
import { begunSince, fieldOf, forgetServer, inForm, joined, keep, keysOfWent, load, noteServer, onServer, read, store } from "./draft_kept.js";

const FIELDS = "[data-body], [data-email-body]";
const OPEN = ["sending", "refused", "unknown"]; // it went, and is not known to have arrived; its `place` is the form or the log
const drafts = new Map(); // by key: the name all fields of a form share, the field, the message in it, and those that went

const keyOf = (field) => field.form.dataset.draft + (field.matches("[data-email-body]") ? ":email" : "");
export const draftIn = (field) => drafts.get(keyOf(field));
export const subjectOf = (field) => field.closest("fieldset").querySelector("[data-subject]"); // a text has none
export const allThatWent = () => [...drafts.values()].flatMap(({ went }) => [...went]);

export function write(field, words, subject) {
  const line = subjectOf(field);
  if (line) line.value = subject;
  field.value = words;
  for (const each of [line, field]) each?.dispatchEvent(new Event("input", { bubbles: true }));
}

// What went is a draft like any other when it is changed by hand.
export function typed(draft) {
  if (begunSince(draft) === null) inForm(draft).forEach((message) => step(message, "type"));
  step(draft.message, draft.field.value.trim() ? "type" : "clear");
  store(draft);
}

// As it is kept by now: another page may have written, too, and this one may wait for an answer.
function recall(key) {
  const draft = drafts.get(key) ?? { key, name: key.replace(/:email$/, ""), went: new Set() };
  const known = (id) => [...draft.went].find((message) => message.id === id);
  draft.went = new Set(load(key).went.map((kept) => known(kept.id) ?? { ...kept, draft, state: "unknown" }));
  for (const message of draft.went) if (message.state !== "sending") message.place = "form";
  drafts.set(key, draft);
}

export function restore(form) {
  const fields = [...form.querySelectorAll(FIELDS)];
  fields.map(keyOf).forEach(recall);
  prove();
  fields.forEach(fill);
}

// What came back refused is a draft like any other.
function fill(field) {
  const [draft, line, given, { begun }] = [draftIn(field), subjectOf(field), field.value, load(keyOf(field))];
  Object.assign(draft, { field, message: { draft, state: "empty" } });
  const isRefused = given && field.form.parentElement.querySelector("#refusal [role=alert]");
  for (const message of isRefused ? inForm(draft) : []) ["refuse", "type"].forEach((event) => step(message, event));
  const went = inForm(draft);
  const kept = joined(went, begun);
  const isNew = isRefused || (given && !(kept && onServer(draft.key).includes(given))); // or written elsewhere since, or a template
  if (isNew && field.form.dataset.draftUrl) noteServer(draft.key, given);
  const words = isNew && !went.length ? given : kept;
  const subjects = [line?.value, read(`${draft.name}:subject`), ...went.map((message) => message.subject)];
  const subject = subjects.find(Boolean) ?? "";
  if (words !== given || (line && subject !== line.value)) write(field, words, subject);
}

export function prove(page = document) {
  const address = page === document ? location.pathname.split("/") : [];
  for (const message of allThatWent()) {
    const line = page.querySelector(`#${CSS.escape(`m-${message.id}`)}`);
    if ((line && line !== message.bubble) || address.includes(message.id)) step(message, "show");
  }
}

document.addEventListener("quadline:draft", ({ detail: { message } }) => {
  const { draft, id, place, state } = message;
  if (!id) return; // it has not gone: kept as it is typed
  if (!fieldOf(draft)) recall(draft.key);
  const since = begunSince(draft);
  draft.went[OPEN.includes(state) ? "add" : "delete"](message);
  const isInForm = state === "sent" && place === "form";
  const left = joined(inForm(draft), since);
  if (isInForm && fieldOf(draft) && since !== null) write(draft.field, left, left && subjectOf(draft.field)?.value);
  else store(draft);
  if (state !== "sent" || read(draft.key)) return;
  forgetServer(draft.key);
  if (!isInForm) return;
  keep(`${draft.name}:recipients`, "");
  if (draft.key !== draft.name) keep(`${draft.name}:subject`, ""); // of an email
});

document.addEventListener("input", ({ target: field }) => {
  if (!field.form?.dataset.draft) return;
  if (field.matches("[data-subject]")) keep(`${field.form.dataset.draft}:subject`, field.value);
  else if (field.matches(FIELDS) && draftIn(field)?.field === field) typed(draftIn(field));
});

keysOfWent().forEach(recall);
prove();
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => { if (detail.target.id === "log") prove(detail.fragment); }, true);
