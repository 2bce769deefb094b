// The text being written: it grows, counts itself, keeps a draft, and goes with Enter.
import { announce } from "./announce.js";
import { keep, read } from "./drafts.js";
import { hint } from "./hint.js";
import { measure } from "./segments.js";

const CLOSED = new Set(["opted_out", "no_mobile", "landline", "college", "read_only"]);
const touch = window.matchMedia("(pointer: coarse)");
const started = new WeakSet();

const part = (form, name) => form.querySelector(`[data-${name}]`);
const stateOf = (form) => form.parentElement.querySelector("#composer-state");
const noticeOf = (form) => stateOf(form)?.dataset.optOutNotice ?? "";

// What reaches the phone, as the server joins it.
function whole(form) {
  const words = part(form, "body").value.trim();
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
  hint(part(form, "hint"), unicode ? foreign : [], (change) => replace(form, change(body.value)));
}

export function replace(form, words) {
  const body = part(form, "body");
  body.value = words;
  body.dispatchEvent(new Event("input", { bubbles: true }));
  if (!body.disabled) body.focus();
}

// The server swaps the state beside the form; the form follows it and keeps what is written.
function follow(form) {
  const closed = CLOSED.has(stateOf(form)?.dataset.state);
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
    if (!body.value && form.dataset.draft) body.value = read(form.dataset.draft);
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
  if (form.dataset.draft) keep(form.dataset.draft, event.target.value);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
  if (!event.target.matches?.("form[data-composer] [data-body]")) return;
  const always = event.ctrlKey || event.metaKey;
  if (!always && (event.shiftKey || event.altKey || touch.matches)) return;
  event.preventDefault();
  const send = part(event.target.form, "send");
  if (event.target.value.trim() && !send.disabled) event.target.form.requestSubmit(send);
});

// A plain or a dialog's submit: the draft goes only when the answer is there.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-composer]:not([data-optimistic])")) return;
  window.addEventListener("pagehide", () => keep(form.dataset.draft, ""), { once: true });
});
document.addEventListener("quadline:sent", (event) => keep(event.detail.draft, ""));

document.addEventListener("htmx:load", (event) => start(event.target.parentElement ?? document));
start();
