// The list of students: search, and who is picked.

import { ask, dateOf, dayOf, face, fill, find, icon, make, timeOf } from "./page.js";

export async function showList(picked, now) {
  const words = find("search").value.trim();
  const { total, students } = await ask("GET", `students?limit=60&q=${encodeURIComponent(words)}`);
  fill(find("students"), students.map((student) => make("li", {}, row(student, picked, now))));
  const more = total > students.length ? `, the first ${students.length} shown` : "";
  find("list-count").textContent = total === 1 ? "1 student" : `${total.toLocaleString()} students${more}`;
  return students;
}

function row(student, picked, now) {
  const { letters, tint } = face(student);
  const { key, last } = student;
  return make(
    "a",
    { class: "row", href: `/phones/${key}`, "data-student": key, "data-key": key, "aria-current": key === picked ? "page" : null },
    make("span", { class: tint, "aria-hidden": "true" }, letters),
    make("span", { class: "who" }, student.name || student.shown),
    last ? make("time", {}, when(last.at, now)) : make("span"),
    make("span", { class: "last" }, last?.is_mail ? icon("mail") : null, lastWords(student)),
  );
}

function lastWords({ last, name, shown }) {
  if (!last) return name ? shown : "Nothing yet";
  const how = last.is_mail ? "Email: " : "";
  return (last.by_student ? "Student: " : how) + (last.words || "(no words)");
}

function when(at, now) {
  return dayOf(at) === dayOf(now) ? timeOf(at) : dateOf(at);
}
