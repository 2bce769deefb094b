// The text being written: it grows, and counts itself.
import { announce } from "./announce.js";
import { restore, write } from "./draft_form.js";
import { fillIn } from "./fields.js";
import { hint } from "./hint.js";
import { asSent, measure } from "./segments.js";

const started = new WeakSet();

const part = (form, name) => form.querySelector(`[data-${name}]`);
const stateOf = (form) => form.parentElement.querySelector("#composer-state");
const noticeOf = (form) => stateOf(form)?.dataset.optOutNotice ?? "";

// What reaches the phone, as the server joins it.
function whole(form) {
  const words = asSent(fillIn(form, part(form, "body").value).words);
  const notice = noticeOf(form);
  return words && notice ? `${words}\n\n${notice}` : words;
}

function count(form) {
  const body = part(form, "body");
  const text = whole(form);
  const { used, segments, unicode, foreign, room } = measure(text);
  const over = text.length - Number(body.dataset.max || Infinity);
  const counter = part(form, "counter");
  counter.classList.toggle("over", over > 0);
  counter.textContent = over > 0 ? `${over} too many` : segments ? `${used} / ${room} · ${segments} text${segments > 1 ? "s" : ""}` : "";
  if (segments > 1 && segments > Number(form.dataset.segments ?? 1)) announce(`This will be ${segments} texts.`);
  form.dataset.segments = segments;
  part(form, "send").disabled = body.disabled || over > 0;
  hint(part(form, "hint"), unicode ? foreign : [], (change) => { write(body, change(body.value)); body.focus(); });
}

// The server swaps the state beside the form; the form follows it and keeps what is written.
function follow(form) {
  const closed = "closed" in (stateOf(form)?.dataset ?? {});
  const body = part(form, "body");
  if (body.disabled !== closed) announce(stateOf(form).textContent.trim() || "You can text again.");
  body.disabled = closed;
  const added = part(form, "will-add");
  added.hidden = !noticeOf(form) || closed;
  added.querySelector("span").textContent = noticeOf(form);
  count(form);
}

function grow(body) {
  if (CSS.supports("field-sizing", "content")) return;
  body.rows = Math.min(8, Math.max(2, body.value.split("\n").length));
}

export function start(root = document) {
  for (const form of root.querySelectorAll("form[data-composer]")) {
    if (started.has(form)) continue;
    started.add(form);
    const body = part(form, "body");
    if (form.dataset.draft) restore(form);
    new MutationObserver(() => follow(form)).observe(form.parentElement, { childList: true });
    grow(body);
    follow(form);
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-composer]");
  if (!form || !event.target.matches("[data-body]")) return;
  grow(event.target);
  count(form);
});

document.addEventListener("htmx:load", (event) => start(event.target.parentElement ?? document));
start();
