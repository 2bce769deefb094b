// What a composer's open tab holds, as it is sent; and back into the form when it could not be.
import { replace } from "./composer.js";
import { forget, keep } from "./drafts.js";

const bodyOf = (form, channel) => form.querySelector(channel === "email" ? "[data-email-body]" : "[data-body]");

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

export function putBack(letter) {
  if (!bodyOf(letter.form, letter.channel).value) write(letter, letter.words, letter.subject);
}

// The draft goes when the words have arrived, unless something else is being written there by now.
export function done({ form, channel }) {
  if (!bodyOf(form, channel).value) forget(form.dataset.draft, channel);
}

// Not sent: the words are a draft again, so that closing the page does not lose them.
export function keepDraft({ form, channel, words, subject }) {
  if (bodyOf(form, channel).value) return;
  if (channel === "email") keep(`${form.dataset.draft}:subject`, subject);
  keep(form.dataset.draft + (channel === "email" ? ":email" : ""), words);
}

export const focus = ({ form, channel }) => bodyOf(form, channel).focus();
