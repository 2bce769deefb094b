// A message is in the log the moment it is sent; the server's answer takes its place under the same id.
import { announce } from "./announce.js";
import { step } from "./draft.js";
import { allThatWent, subjectOf, write } from "./draft_form.js";
import { begunSince, fieldOf, inForm, joined } from "./draft_kept.js";
import { fillIn } from "./fields.js";
import { place } from "./log.js";
import { toast } from "./toast.js";

const ON = {
  sending: (message, event) => { (event === "retry" ? showAgain : leaveForm)(message); post(message); },
  refused: (message) => (message.form.isConnected && !message.draft.field.value ? takeBack(message) : fail(message)),
  unknown: fail,
  empty: ({ bubble }) => bubble.remove(),
};

document.addEventListener("quadline:draft", ({ detail: { message, event } }) => {
  if (message.hasLog) ON[message.state]?.(message, event);
});

function bubbleFor({ id, form, subject, words }) {
  const bubble = document.getElementById("message-template").content.firstElementChild.cloneNode(true);
  bubble.id = `m-${id}`;
  bubble.dataset.at = new Date().toISOString();
  const said = bubble.querySelector(".bubble");
  said.textContent = fillIn(form, words).words;
  if (subject) said.prepend(Object.assign(document.createElement("b"), { className: "subject", textContent: fillIn(form, subject).words }));
  return bubble;
}

function leaveForm(message) {
  message.bubble = bubbleFor(message);
  write(message.draft.field, "", "");
  message.draft.field.focus();
  place(message.bubble);
}

function showAgain({ bubble }) {
  bubble.classList.replace("failed", "sending");
  bubble.querySelector(".after").remove();
  bubble.querySelector(".meta").hidden = false;
}

async function post(message) {
  const { data, form } = message;
  try {
    const headers = { "HX-Request": "true", "X-Requested-With": "XMLHttpRequest" };
    const signal = AbortSignal.timeout(20000);
    const answer = await fetch(form.action, { method: "POST", body: data, headers, signal });
    if (answer.redirected) document.body.dispatchEvent(new CustomEvent("signed-out"));
    if (answer.redirected || !(answer.ok || answer.status === 422)) throw new Error(answer.status);
    const news = await answer.text();
    if (form.isConnected) htmx.swap(document.getElementById("since"), news, { swapStyle: "none" }); // else another is open by now
    step(message, answer.status === 422 ? "refuse" : "accept");
  } catch {
    step(message, "lose");
  }
}

// The reason stands beside the form: the words go back where they can be changed.
function takeBack(message) {
  message.bubble.remove();
  step(message, "type");
  write(message.draft.field, message.words, message.subject);
  message.draft.field.focus();
}

function fail(message) {
  const { bubble, data, form } = message;
  bubble.classList.replace("sending", "failed");
  const [what, one] = data.get("channel") === "email" ? ["Email", "An email"] : ["Text", "A text"];
  if (!form.isConnected) return putBack(message, one);
  bubble.querySelector(".meta").hidden = true;
  bubble.append(document.getElementById("not-sent-template").content.cloneNode(true));
  announce(`${what} not sent.`);
}

// Opened again meanwhile: the words stand before what was begun there.
function putBack(message, one) {
  const [field, since] = [fieldOf(message.draft), begunSince(message.draft)];
  message.place = "form";
  if (field) write(field, joined(inForm(message.draft), since ?? field.value), subjectOf(field)?.value || message.subject);
  toast(`${one} was not sent. It is kept as a draft in its conversation.`, "bad");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".failed [data-retry], .failed [data-copy-message], .failed [data-discard]");
  if (!button) return;
  const message = allThatWent().find(({ bubble }) => bubble === button.closest(".message"));
  if (button.matches("[data-copy-message]")) return navigator.clipboard.writeText(message.words).then(() => announce("Copied."));
  message.draft.field.focus();
  step(message, button.matches("[data-discard]") ? "discard" : "retry");
});
