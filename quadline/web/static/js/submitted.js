// What a page's own submit took along. Its draft goes when a page proves that it has arrived: until then it may have to be sent again.
import { bodyOf, forget, keep, keyOf, read } from "./drafts.js";

const KEPT = "quadline-submitted";

function remember(letter) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(letter));
  } catch {
    // no storage: there is no draft either
  }
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

// One student's is in the log; many's has a page of its own, with its id in the address.
const isProof = (id) => document.getElementById(`m-${id}`) || location.pathname.split("/").includes(id);

function prove() {
  const letter = remembered();
  if (!letter || !isProof(letter.id)) return;
  sessionStorage.removeItem(KEPT);
  if (read(letter.key).trim() !== letter.words) return; // written on since
  forget(letter.draft, letter.channel);
  keep(`${letter.draft}:recipients`, "");
}

// Refused: what came back is the draft, whatever was kept before.
function keepRefused() {
  for (const form of document.querySelectorAll("form[data-composer][data-draft]")) {
    if (!form.parentElement.querySelector("#refusal [role=alert]")) continue;
    for (const field of form.querySelectorAll("[data-body], [data-email-body], [data-subject]")) {
      if (field.value) keep(keyOf(form.dataset.draft, field), field.value);
    }
  }
}

// Not for a step on the way, which has a name.
document.addEventListener("submit", ({ target: form, submitter }) => {
  if (!form.matches("[data-composer]:not([data-optimistic])") || submitter?.name) return;
  const [channel, { draft }] = [new FormData(form).get("channel"), form.dataset];
  const body = bodyOf(form, channel);
  remember({ draft, channel, id: form.elements.message_id.value, key: keyOf(draft, body), words: body.value.trim() });
});
document.addEventListener("quadline:sent", (event) => forget(event.detail.draft, event.detail.channel));

document.addEventListener("htmx:load", prove);
prove();
keepRefused();
