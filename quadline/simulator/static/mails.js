// How one email looks: its row in the list, its facts, its files, its words with links to press.

import { link, rebuilt } from "./html.js";
import { dateOf, icon, make, timeOf } from "./page.js";

const LINK = /((?:https?:\/\/|sms:|tel:|mailto:)[^\s<>"')\]]*[^\s<>"')\].,;:!?])/;

export function listed(mail) {
  const who = mail.is_from_student ? "Sent by the student" : nameOf(mail.from);
  return make(
    "button",
    { type: "button", class: "mail-row", "data-key": `mail-${mail.place}` },
    make("span", { class: "who" }, who),
    make("time", {}, timeOf(mail.at)),
    make("span", { class: "about" }, mail.subject || "(no subject)", mail.attachments.length ? icon("clip") : null),
    make("span", { class: "last" }, mail.text.replace(/\s+/g, " ").slice(0, 140)),
  );
}

export function facts(mail) {
  const lines = [["From", mail.from], ["To", mail.to], ["Date", `${dateOf(mail.at)}, ${timeOf(mail.at)}`]];
  if (mail.headers["Reply-To"]) lines.push(["Answers to", mail.headers["Reply-To"]]);
  if (mail.arrivals > 1) lines.push(["Came", `${mail.arrivals} times; a mailbox keeps it once`]);
  return lines.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
}

export function file(attachment) {
  const size = attachment.size < 1024 ? `${attachment.size} bytes` : `${Math.round(attachment.size / 1024)} KB`;
  return make("li", {}, icon("clip"), make("span", {}, attachment.name), make("small", {}, size));
}

// As HTML where the mail has it, like most mail programs; else its text, with the links made links.
export function words(mail) {
  return mail.html ? rebuilt(mail.html) : mail.text.trim().split(/\n{2,}/).map(paragraph);
}

function paragraph(lines) {
  return make("p", {}, ...lines.split(LINK).map((part, place) => (place % 2 ? link(part) : part)));
}

function nameOf(from) {
  const name = from.replace(/<.*>/, "").replace(/^"|"\s*$/g, "").trim();
  return name || from.replace(/[<>]/g, "");
}
