// What is written and not sent goes to the server when the person leaves it, so that it is there on every device.
// Never on blur: that comes just before Send, and a draft that arrives after its text would come back to life.

import { read } from "./drafts.js";

const told = new WeakMap();

function tell() {
  const form = document.querySelector("form[data-draft-url]");
  if (!form?.dataset.draftUrl) return false;
  const body = form.querySelector("[data-body]");
  if (body.value.trim() === (told.get(form) ?? body.defaultValue).trim()) return false;
  const data = new FormData();
  data.set("body", body.value);
  data.set("returned", read(`${form.dataset.draft}:returned`)); // what has arrived after all is no draft
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  if (navigator.sendBeacon(form.dataset.draftUrl, data)) told.set(form, body.value);
  return true;
}

addEventListener("pagehide", tell);
document.addEventListener("visibilitychange", () => { if (document.hidden) tell(); });
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === "open" && tell()) setTimeout(() => htmx.trigger("#list", "sse:inbox"), 400);
});
