// Which student is picked, which part is shown, and keeping all of it up to date.

import { listenToCarrier, showCarrier, showClock } from "./carrier.js";
import { showList } from "./list.js";
import { listenToMailbox, showMailbox } from "./mailbox.js";
import { ask, find } from "./page.js";
import { listenToSides, showPerson } from "./person.js";
import { listenToPhone, showPhone } from "./phone.js";

const PULSE = 800;
let picked = fromAddress();
let seen = null;
let busy = false;
let again = false; // asked for while busy

function fromAddress() {
  const last = decodeURIComponent(location.pathname.split("/")[2] ?? "");
  return last || null;
}

async function refresh(always = true) {
  if (busy) {
    again ||= always;
    return;
  }
  busy = true;
  try {
    const health = await ask("GET", "healthz");
    showClock(health);
    const mark = `${health.ledger} ${health.messages} ${picked} ${find("search").value}`;
    if (always || mark !== seen) await showAll(health);
    seen = mark;
    document.body.removeAttribute("data-silent");
  } catch {
    document.body.setAttribute("data-silent", ""); // nobody answers: an outage, or the end
  } finally {
    busy = false;
  }
  if (again) {
    again = false;
    await refresh();
  }
}

async function showAll(health) {
  const students = await showList(picked, health.at);
  if (!picked && students.length && matchMedia("(min-width: 1021px)").matches) {
    picked = students[0].key;
    await showList(picked, health.at);
  }
  const student = picked && (await ask("GET", `students/${encodeURIComponent(picked)}`));
  if (student) await showStudent(student);
  await showCarrier(health, student);
}

async function showStudent(student) {
  showPerson(student);
  if (student.phone_number) await showPhone(student.phone_number);
  if (student.email) await showMailbox(student.email);
}

function show(part) {
  document.body.dataset.view = part;
  for (const button of document.querySelectorAll("[data-show]")) {
    if (button.dataset.show === part) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

find("students").addEventListener("click", (event) => {
  const link = event.target.closest("[data-student]");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  picked = link.dataset.student;
  history.pushState(null, "", link.href);
  show("stage");
  refresh();
});
addEventListener("popstate", () => {
  picked = fromAddress();
  show(picked ? "stage" : "list");
  refresh();
});
document.querySelector(".views").addEventListener("click", (event) => {
  const part = event.target.closest("[data-show]")?.dataset.show;
  if (part) show(part);
});
find("search").addEventListener("input", () => refresh());

listenToPhone();
listenToMailbox();
listenToSides();
listenToCarrier(refresh);
show(picked ? "stage" : "list");
refresh();
setInterval(() => refresh(false), PULSE);
