// A text is on the screen the moment it is sent; the server's answer takes its place under the same id.
import { announce } from "./announce.js";
import { fillIn } from "./fields.js";
import { clear, done, focus, isFree, keepDraft, letterIn, putBack } from "./letter.js";
import { place } from "./log.js";
import { toast } from "./toast.js";

const outbox = new WeakMap();

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain HTTP has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function bubbleFor(id, { form, subject, words }) {
  const bubble = document.getElementById("message-template").content.firstElementChild.cloneNode(true);
  bubble.id = `m-${id}`;
  bubble.dataset.at = new Date().toISOString();
  const said = bubble.querySelector(".bubble");
  said.textContent = fillIn(form, words).words;
  if (subject) said.prepend(Object.assign(document.createElement("b"), { className: "subject", textContent: fillIn(form, subject).words }));
  return bubble;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-optimistic]")) return;
  event.preventDefault();
  const letter = letterIn(form);
  if (!letter.words) return;
  const bubble = bubbleFor(letter.data.get("message_id"), letter);
  form.elements.message_id.value = newId();
  clear(letter);
  place(bubble);
  post(bubble, letter);
});

async function post(bubble, letter) {
  outbox.set(bubble, letter);
  try {
    const headers = { "HX-Request": "true", "X-Requested-With": "XMLHttpRequest" };
    const signal = AbortSignal.timeout(20000);
    const answer = await fetch(letter.url, { method: "POST", body: letter.data, headers, signal });
    if (answer.redirected) document.body.dispatchEvent(new CustomEvent("signed-out"));
    if (answer.redirected || !(answer.ok || answer.status === 422)) throw new Error(answer.status);
    const news = await answer.text();
    if (letter.form.isConnected) htmx.swap(document.getElementById("since"), news, { swapStyle: "none" }); // else another is open by now
    if (answer.status === 422) takeBack(bubble, letter);
    else done(letter);
  } catch {
    fail(bubble, letter);
  }
}

// Refused with a reason beside the form: the words go back where they can be changed.
function takeBack(bubble, letter) {
  if (!bubble.classList.contains("sending")) return;
  if (!isFree(letter)) return fail(bubble, letter);
  bubble.remove();
  putBack(letter);
}

function fail(bubble, letter) {
  if (!bubble.classList.contains("sending")) return;
  bubble.classList.replace("sending", "failed");
  keepDraft(letter);
  const [what, one] = letter.channel === "email" ? ["Email", "An email"] : ["Text", "A text"];
  if (!letter.form.isConnected) return toast(`${one} was not sent. It is kept as a draft in its conversation.`, "bad");
  bubble.querySelector(".meta").hidden = true;
  bubble.append(document.getElementById("not-sent-template").content.cloneNode(true));
  announce(`${what} not sent.`);
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
  done(letter);
  focus(letter);
  if (button.matches("[data-discard]")) {
    bubble.remove();
    return;
  }
  bubble.classList.replace("failed", "sending");
  bubble.querySelector(".after").remove();
  bubble.querySelector(".meta").hidden = false;
  post(bubble, letter);
});
