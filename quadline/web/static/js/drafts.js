// What was typed and not sent, kept in this browser per person and conversation.

const PREFIX = "quadline-draft:";

function quietly(act) {
  try {
    return act();
  } catch {
    return null; // storage full or forbidden: writing goes on without it
  }
}

export const read = (key) => quietly(() => localStorage.getItem(PREFIX + key)) ?? "";

export function keep(key, words) {
  quietly(() => (words.trim() ? localStorage.setItem(PREFIX + key, words) : localStorage.removeItem(PREFIX + key)));
}

// One draft for each field of a form: the text's is the oldest, and has no name of its own.
export const keyOf = (draft, field) => draft + (field.matches("[data-subject]") ? ":subject" : field.matches("[data-email-body]") ? ":email" : "");

export const bodyOf = (form, channel) => form.querySelector(channel === "email" ? "[data-email-body]" : "[data-body]");

export function forget(draft, channel) {
  for (const part of channel === "email" ? [":email", ":email:returned", ":subject"] : ["", ":returned"]) keep(draft + part, "");
}

export function clearAll() {
  quietly(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => localStorage.removeItem(key)));
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-clear-drafts]")) clearAll();
});
