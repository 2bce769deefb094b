// The list of phones: search, and who is picked.

import { ask, dateOf, dayOf, face, fill, find, make, timeOf } from "./page.js";

export async function showList(picked, now) {
  const words = find("search").value.trim();
  const { total, phones } = await ask("GET", `phones?limit=60&q=${encodeURIComponent(words)}`);
  fill(find("phones"), phones.map((phone) => make("li", {}, row(phone, picked, now))));
  const more = total > phones.length ? `, the first ${phones.length} shown` : "";
  find("list-count").textContent = total === 1 ? "1 phone" : `${total.toLocaleString()} phones${more}`;
  return phones;
}

function row(phone, picked, now) {
  const { letters, tint } = face(phone);
  const key = phone.phone_number;
  return make(
    "a",
    { class: "row", href: `/phones/${key}`, "data-phone": key, "data-key": key, "aria-current": key === picked ? "page" : null },
    make("span", { class: tint, "aria-hidden": "true" }, letters),
    make("span", { class: "who" }, phone.name || phone.shown),
    phone.last ? make("time", {}, when(phone.last.at, now)) : make("span"),
    make("span", { class: "last" }, lastWords(phone)),
  );
}

function lastWords(phone) {
  if (!phone.last) return phone.name ? phone.shown : "No texts yet";
  return (phone.last.direction === "from_student" ? "Student: " : "") + phone.last.body;
}

function when(at, now) {
  return dayOf(at) === dayOf(now) ? timeOf(at) : dateOf(at);
}
