// A text is on the screen the moment it is sent; the server's answer takes its place under the same id.
import { announce } from "./announce.js";
import { replace } from "./composer.js";
import { keep, read } from "./drafts.js";
import { place } from "./log.js";

const outbox = new WeakMap();

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain HTTP has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function bubbleFor(id, words) {
  const bubble = document.getElementById("message-template").content.firstElementChild.cloneNode(true);
  bubble.id = `m-${id}`;
  bubble.dataset.at = new Date().toISOString();
  bubble.querySelector(".bubble").textContent = words;
  return bubble;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-optimistic]")) return;
  event.preventDefault();
  const words = form.elements.body.value.trim();
  if (!words) return;
  const data = new FormData(form);
  data.set("body", words);
  const bubble = bubbleFor(data.get("message_id"), words);
  form.elements.message_id.value = newId();
  replace(form, "");
  place(bubble);
  post(bubble, { url: form.action, data, words, form });
});

async function post(bubble, letter) {
  outbox.set(bubble, letter);
  try {
    const headers = { "HX-Request": "true", "X-Requested-With": "XMLHttpRequest" };
    const signal = AbortSignal.timeout(20000);
    const answer = await fetch(letter.url, { method: "POST", body: letter.data, headers, signal });
    if (answer.redirected) document.body.dispatchEvent(new CustomEvent("signed-out"));
    if (answer.redirected || !(answer.ok || answer.status === 422)) throw new Error(answer.status);
    htmx.swap(document.getElementById("since"), await answer.text(), { swapStyle: "none" });
    if (answer.status === 422) takeBack(bubble, letter);
    else if (read(letter.form.dataset.draft) === letter.words) keep(letter.form.dataset.draft, "");
  } catch {
    fail(bubble, letter);
  }
}

// Refused with a reason beside the form: the words go back where they can be changed.
function takeBack(bubble, { form, words }) {
  if (!bubble.classList.contains("sending")) return;
  bubble.remove();
  if (!form.elements.body.value) replace(form, words);
}

function fail(bubble, { form, words }) {
  if (!bubble.classList.contains("sending")) return;
  bubble.classList.replace("sending", "failed");
  bubble.querySelector(".meta").hidden = true;
  bubble.append(document.getElementById("not-sent-template").content.cloneNode(true));
  if (!form.elements.body.value) keep(form.dataset.draft, words);
  announce("Text not sent.");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".failed [data-retry], .failed [data-copy-message], .failed [data-discard]");
  if (!button) return;
  const bubble = button.closest(".message");
  const letter = outbox.get(bubble);
  if (button.matches("[data-copy-message]")) {
    navigator.clipboard.writeText(letter.words).then(() => announce("Copied."));
    return;
  }
  if (read(letter.form.dataset.draft) === letter.words) keep(letter.form.dataset.draft, "");
  letter.form.elements.body.focus();
  if (button.matches("[data-discard]")) {
    bubble.remove();
    return;
  }
  bubble.classList.replace("failed", "sending");
  bubble.querySelector(".after").remove();
  bubble.querySelector(".meta").hidden = false;
  post(bubble, letter);
});
