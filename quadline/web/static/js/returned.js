// Words that could not be sent are a draft again, each beside the id it went as: what has arrived after all is no draft.
import { keep, read } from "./drafts.js";

const JOINT = "\n\n";
const FIELDS = { "": "[data-body]", ":email": "[data-email-body]" };

const parse = (list) => JSON.parse(list || "[]");
const fieldIn = (form, part) => form.querySelector(FIELDS[part]);

// What came back stands before what was begun since. Changed by hand it is a draft like any other.
function partsOf(key) {
  const [draft, returned] = [read(key), parse(read(`${key}:returned`))];
  const words = returned.map((each) => each.words).join(JOINT);
  if (!returned.length || !`${draft}${JOINT}`.startsWith(`${words}${JOINT}`)) return { returned: [], begun: draft };
  return { returned, begun: draft.slice(words.length + JOINT.length) };
}

function put(key, returned, begun) {
  keep(key, [...returned.map((each) => each.words), begun].filter(Boolean).join(JOINT));
  keep(`${key}:returned`, returned.length ? JSON.stringify(returned) : "");
}

export const hasReturned = (draft) => partsOf(draft).returned.length > 0;

export function giveBack({ form, channel, data, words, subject }) {
  const { draft } = form.dataset;
  const part = channel === "email" ? ":email" : "";
  const { returned, begun } = partsOf(draft + part);
  put(draft + part, [...returned, { id: data.get("message_id"), words }], begun);
  if (part && !read(`${draft}:subject`)) keep(`${draft}:subject`, subject);
  const open = [...document.querySelectorAll("form[data-draft]")].find((other) => other !== form && other.dataset.draft === draft);
  if (open) show(open, part); // opened again meanwhile
}

function show(form, part) {
  const field = fieldIn(form, part);
  field.value = read(form.dataset.draft + part);
  if (part) form.querySelector("[data-subject]").value = read(`${form.dataset.draft}:subject`);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// `hasArrived` tells by the id.
export function settle(form, hasArrived) {
  const { draft } = form.dataset;
  for (const part of Object.keys(FIELDS)) {
    const { returned, begun } = partsOf(draft + part);
    const left = returned.filter(({ id }) => !hasArrived(id));
    if (left.length === returned.length) continue;
    const isShown = fieldIn(form, part).value.trim() === read(draft + part);
    put(draft + part, left, begun);
    if (part && !read(draft + part)) keep(`${draft}:subject`, "");
    if (isShown) show(form, part);
  }
}

// Before the log shows them.
document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target, fragment } }) => {
  const form = document.querySelector("form[data-optimistic]");
  if (target.id === "log" && form) settle(form, (id) => fragment.querySelector(`[id="m-${id}"]`));
}, true);
