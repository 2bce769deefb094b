// The mailbox of the picked student: the list, the open mail, and answering it.

import { facts, file, listed, words } from "./mails.js";
import { ask, fill, find, make, timeOf } from "./page.js";
import { showSide } from "./person.js";
import { writeText } from "./phone.js";

let address = null;
let mails = []; // newest first
let opened = null; // its place in order of arrival

export async function showMailbox(of) {
  const isOther = address !== of;
  const found = await ask("GET", `mailboxes/${encodeURIComponent(of)}`);
  address = of;
  mails = found.mails.map((mail, place) => ({ ...mail, place })).reverse();
  if (isOther || !mails.some((mail) => mail.place === opened)) opened = null;
  if (isOther) say("");
  find("address").textContent = address;
  const received = mails.filter((mail) => !mail.is_from_student).length;
  find("mail-count").textContent = received === 1 ? "1 email" : `${received} emails`;
  find("mails-new").hidden = !received;
  find("mails-new").textContent = received;
  show();
}

export function listenToMailbox() {
  find("mails").addEventListener("click", (event) => open(event.target.closest("[data-key]")?.dataset.key));
  find("to-mails").addEventListener("click", backToList);
  find("mail-body").addEventListener("click", (event) => {
    const link = event.target.closest("[data-number]");
    if (!link) return;
    showSide("phone");
    writeText(link.dataset.number, link.dataset.words);
  });
  find("answer").addEventListener("submit", (event) => {
    event.preventDefault();
    answer(find("answer-body").value, find("answer-kind").value);
  });
}

function open(key) {
  if (!key) return;
  opened = Number(key.split("-")[1]);
  say("");
  show();
  find("mail-text").scrollTop = 0;
  find("subject").focus();
}

function backToList() {
  const key = `mail-${opened}`;
  opened = null;
  show();
  find("mails").querySelector(`[data-key="${key}"]`)?.focus();
}

function show() {
  const mail = mails.find((each) => each.place === opened);
  find("mails").hidden = Boolean(mail);
  find("mail").hidden = find("to-mails").hidden = !mail;
  fill(find("mails"), mails.length ? mails.map((each) => make("li", {}, listed(each))) : [make("li", { class: "empty" }, "No email yet.")]);
  if (!mail) return;
  find("subject").textContent = mail.subject || "(no subject)";
  fill(find("mail-facts"), facts(mail));
  fill(find("attachments"), mail.attachments.map(file));
  find("attachments").hidden = !mail.attachments.length;
  fill(find("mail-body"), words(mail));
  find("answer").hidden = mail.is_from_student;
}

async function answer(body, kind) {
  if (!body.trim() && !["auto_reply", "bounce"].includes(kind)) return say("Write something first.", "bad");
  say("Sending…");
  const mail = mails.find((each) => each.place === opened);
  const path = `mailboxes/${encodeURIComponent(address)}/replies`;
  const outcome = await ask("POST", path, { to_message_id: mail.message_id, body, kind });
  if (!outcome.taken) return say(outcome.error ?? `Not taken by the college: ${outcome.words}`, "bad");
  find("answer-body").value = "";
  await showMailbox(address);
  return say(`Received by the college, ${timeOf(Date.now() / 1000)}`);
}

function say(outcome, tone = "") {
  find("answered").textContent = outcome;
  find("answered").className = `outcome ${tone}`;
}
