// The picked phone: its conversations, its texts, and writing or calling from it.

import { bubbles } from "./bubbles.js";
import { ask, face, fill, find, icon, make, readable } from "./page.js";

const NEW = "new";
let phone = null;
let numbers = [];
let chosen = null; // a system number, or NEW
let wantsNew = false; // pressed New text, rather than having nothing else to show

export async function showPhone(number) {
  const isOther = phone?.phone_number !== number;
  [phone, numbers] = await Promise.all([ask("GET", `phones/${encodeURIComponent(number)}`), ask("GET", "numbers")]);
  if (isOther) wantsNew = false;
  if (isOther || (chosen === NEW ? !wantsNew : !thread(chosen))) chosen = phone.threads[0]?.number ?? NEW;
  for (const id of ["person", "phone"]) find(id).hidden = false;
  find("nobody").hidden = true;
  showPerson();
  showThreads();
  if (isOther) say("");
}

export function listenToPhone() {
  find("threads").addEventListener("click", (event) => choose(event.target.closest("button")?.dataset.key));
  find("number").addEventListener("change", showThreads);
  find("call").addEventListener("click", call);
  find("composer").addEventListener("click", (event) => {
    if (event.target.dataset.say) send(event.target.dataset.say);
  });
  find("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send(find("body").value);
  });
  find("body").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send(find("body").value);
  });
}

const thread = (number) => phone.threads.find((each) => each.number === number);
const partner = () => (chosen === NEW ? find("number").value : chosen);

function choose(number) {
  if (!number) return;
  chosen = number;
  wantsNew = number === NEW;
  showThreads();
}

function showPerson() {
  const { letters, tint } = face(phone);
  find("face").className = tint;
  find("face").textContent = letters;
  find("name").textContent = phone.name || phone.shown;
  find("detail").textContent = [phone.name && phone.shown, phone.detail].filter(Boolean).join(" · ");
  find("phone").setAttribute("aria-label", `Phone of ${phone.name || phone.shown}`);
  document.title = `${phone.name || phone.shown} · Quadline simulator`;
}

function showThreads() {
  const chips = phone.threads.map((each) => chip(each.number, each.shown));
  fill(find("threads"), [...chips, chip(NEW, icon("plus"), "New text")]);
  find("new-text").hidden = chosen !== NEW;
  const known = new Set(phone.threads.map((each) => each.number));
  fill(find("number"), numbers.filter((each) => !known.has(each.phone_number)).map(option));
  showTexts(thread(partner()));
}

function chip(key, ...words) {
  return make("button", { type: "button", "data-key": key, "aria-pressed": String(key === chosen) }, ...words);
}

function option(number) {
  const waiting = number.registration === "pending" ? " (registering)" : "";
  return make("option", { value: number.phone_number }, number.shown + waiting);
}

function showTexts(talk) {
  const number = partner();
  const rented = numbers.find((each) => each.phone_number === number);
  find("with-name").textContent = talk?.shown ?? rented?.shown ?? "No number to text";
  const state = find("with-state");
  state.textContent = stateOf(talk, rented);
  state.classList.toggle("stopped", Boolean(talk?.opted_out));
  for (const button of find("composer").querySelectorAll("button")) button.disabled = !number;
  find("call").disabled = !number;
  const list = find("texts");
  const children = talk ? bubbles(talk.texts) : [make("li", { class: "empty" }, emptyWords(number))];
  if (fill(list, children)) list.scrollTop = list.scrollHeight;
}

function emptyWords(number) {
  return number ? "No texts with this number yet." : "The college rents no number yet. The first text a staff member sends asks for one.";
}

function stateOf(talk, rented) {
  if (talk?.opted_out) return "Opted out: this phone said STOP";
  if (talk && !talk.is_rented) return "Number no longer in service";
  if (rented?.registration === "pending") return "Registering: can receive, not send";
  return rented ? "Text Message" : "";
}

async function send(body) {
  const to = partner();
  if (!body.trim() || !to) return;
  find("body").value = "";
  chosen = to;
  say("Sending…");
  const outcome = await ask("POST", `phones/${encodeURIComponent(phone.phone_number)}/texts`, { to, body });
  if (outcome.error) say(outcome.error, "bad");
  else say(outcome.used_fallback ? "Received at the college's fallback address" : "Received by the college");
  await showPhone(phone.phone_number);
}

function say(words, tone = "") {
  find("outcome").textContent = words;
  find("outcome").className = `outcome ${tone}`;
}

const VERBS = { say: "Says", play: "Plays", dial: "Connects to", pause: "Waits", gather: "Asks", reject: "Refused", hangup: "Hangs up", error: "Error" };

async function call() {
  const { heard } = await ask("POST", `phones/${encodeURIComponent(phone.phone_number)}/calls`, { to: partner() });
  const lines = (heard ?? []).map((each) => make("li", {}, make("b", {}, VERBS[each.verb] ?? each.verb), make("span", {}, readable(each.text))));
  find("heard-list").replaceChildren(...(lines.length ? lines : [make("li", {}, make("b", {}, "Silence"), make("span", {}, "The answer was empty."))]));
  find("heard").showModal();
}
