// The texts of one conversation, as the student sees them.

import { dayOf, icon, make, timeOf } from "./page.js";

export function bubbles(texts) {
  const items = [];
  texts.forEach((text, place) => {
    const before = texts[place - 1];
    if (!before || dayOf(before.at) !== dayOf(text.at)) items.push(make("li", { class: "day" }, dayOf(text.at)));
    items.push(...(text.arrived ? bubble(text, texts[place + 1]) : [missed(text)]));
  });
  return items;
}

function bubble(text, next) {
  const side = text.direction === "from_student" ? "out" : "in";
  const who = make("span", { class: "unseen" }, side === "out" ? "Student: " : "College: ");
  const pictures = text.media ? ` [${text.media} picture${text.media > 1 ? "s" : ""}]` : "";
  const item = make("li", { class: `bubble ${side}` }, who, (text.body || (text.media ? "" : "(redacted)")) + pictures);
  const goesOn = next?.arrived && next.direction === text.direction && next.at - text.at < 60;
  if (goesOn) return [item];
  const note = text.is_automatic ? " · from the carrier" : "";
  return [item, make("li", { class: `stamp ${side}` }, timeOf(text.at) + note)];
}

const REASONS = {
  30003: "this phone is switched off",
  30005: "this number is not in use",
  30006: "this is a landline",
  30007: "filtered as spam",
  30024: "the number is still registering",
  30034: "the number is still registering",
  30035: "the number is still registering",
};

function missed(text) {
  const reason = REASONS[text.error_code] ?? text.error?.toLowerCase();
  const words = reason ? `A text did not arrive: ${reason} (${text.error_code})` : "A text is on its way…";
  return make("li", { class: "missed" }, icon("warn"), make("span", {}, words));
}
