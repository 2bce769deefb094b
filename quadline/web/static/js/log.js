// The log: new lines find their place, the end is followed, what has been read is told.
import { start as watchRead, touched } from "./read.js";

const NEAR = 100;
const JOIN_MS = 3 * 60 * 1000;
let waiting = 0;

const log = () => document.getElementById("log");
const frame = () => document.getElementById("log-scroll");
const endButton = () => document.querySelector("[data-to-end]");
const gap = ({ scrollHeight, scrollTop, clientHeight } = frame()) => scrollHeight - scrollTop - clientHeight;
const when = (line) => Date.parse(line.dataset.at ?? "") || 0;

function toEnd() {
  frame().scrollTop = frame().scrollHeight;
  waiting = 0;
  endButton().hidden = true;
}

// One line: over its older copy if there is one, else by its time.
export function place(line) {
  const list = log();
  const near = gap() <= NEAR;
  const old = line.id && document.getElementById(line.id);
  document.getElementById("log-empty")?.remove();
  if (old) renew(old, line);
  else insert(list, line);
  htmx.process(old || line);
  join(list);
  if (near || line.classList.contains("sending")) toEnd();
  else if (!old && line.classList.contains("in")) offer();
  if (!old && line.classList.contains("in")) touched();
}

// The same element stays, so a screen reader hears a text once and an open timeline stays open.
function renew(old, line) {
  const keepOpen = (name, node) => !(name === "open" && node.matches("details"));
  Idiomorph.morph(old, line, { callbacks: { beforeAttributeUpdated: keepOpen } });
}

function insert(list, line) {
  const later = line.dataset.at && [...list.querySelectorAll(".message")].find((other) => when(other) > when(line));
  line.classList.add("arrived");
  list.insertBefore(line, later || null);
}

function offer() {
  waiting += 1;
  endButton().querySelector("span").textContent = `${waiting} new message${waiting > 1 ? "s" : ""}`;
  endButton().hidden = false;
}

// Replies sent in one breath show their time once, under the last.
function join(list) {
  for (const line of list.querySelectorAll(".message.in")) {
    const next = line.nextElementSibling;
    line.classList.toggle("joined", Boolean(next?.matches(".message.in")) && when(next) - when(line) < JOIN_MS);
  }
}

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target !== log()) return;
  event.detail.shouldSwap = false;
  [...event.detail.fragment.children].forEach((line) => place(line));
});

// Earlier texts come in above; the eye stays on the line it was reading.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "older") return;
  const list = frame();
  const distance = gap();
  list.setAttribute("aria-busy", "true");
  list.addEventListener("htmx:afterSettle", () => {
    join(log());
    list.scrollTop = list.scrollHeight - list.clientHeight - distance;
    list.removeAttribute("aria-busy");
  }, { once: true });
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-to-end]")) toEnd();
});
document.addEventListener("scroll", (event) => {
  if (event.target === frame() && gap() <= 4 && waiting) toEnd();
}, true);

document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches(".meta")) event.target.closest(".message").scrollIntoView({ block: "nearest" });
}, true);

export function start() {
  if (!log()) return;
  join(log());
  toEnd();
  document.getElementById("unread-line")?.scrollIntoView({ block: "nearest" });
  watchRead(frame(), () => gap() <= NEAR);
}

document.addEventListener("htmx:load", (event) => { if (event.target.id === "open") start(); });
start();
