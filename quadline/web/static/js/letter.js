// What a composer's open tab holds, as it is sent; and back into the form when it could not be.
import { replace } from "./composer.js";
import { bodyOf } from "./drafts.js";
import { giveBack, settle } from "./returned.js";

export function letterIn(form) {
  const data = new FormData(form);
  const channel = data.get("channel");
  const [words, subject] = [(data.get("body") ?? "").trim(), (data.get("subject") ?? "").trim()];
  data.set("body", words);
  return { url: form.action, form, data, channel, words, subject };
}

function write({ form, channel }, words, subject) {
  if (channel === "email") replace(form.querySelector("[data-subject]"), subject);
  replace(bodyOf(form, channel), words);
}

export const clear = (letter) => write(letter, "", "");

// Whether the words can go back: their form is on the screen, and nothing else is being written there.
export const isFree = ({ form, channel }) => form.isConnected && !bodyOf(form, channel).value;

export const putBack = (letter) => write(letter, letter.words, letter.subject);

// The draft goes when the words have arrived; what else is written there stays.
export const done = ({ form, data }) => settle(form, (id) => id === data.get("message_id"));

// Not sent: the words are a draft again, so that leaving or closing the page does not lose them.
export function keepDraft(letter) {
  if (isFree(letter) || !letter.form.isConnected) giveBack(letter);
}

export const focus = ({ form, channel }) => bodyOf(form, channel).focus();
