// The picked phone: its conversations, its texts, and writing or calling from it.

import { bubbles } from "./bubbles.js";
import { call } from "./call.js";
import { ask, fill, find, icon, make } from "./page.js";
import { chip, emptyWords, option, stateOf } from "./threads.js";

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
  showThreads();
  if (isOther) say("");
}

export function listenToPhone() {
  find("threads").addEventListener("click", (event) => choose(event.target.closest("button")?.dataset.key));
  find("number").addEventListener("change", showThreads);
  find("call").addEventListener("click", () => call(phone.phone_number, partner()));
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

// A link in a mail opens the texting app like this: the number chosen, the words written, nothing sent yet.
export function writeText(number, body) {
  if (thread(number)) choose(number);
  else {
    choose(NEW);
    find("number").value = number;
    showThreads();
  }
  find("body").value = body;
  find("body").focus();
}

const thread = (number) => phone.threads.find((each) => each.number === number);
const partner = () => (chosen === NEW ? find("number").value : chosen);

function choose(number) {
  if (!number) return;
  chosen = number;
  wantsNew = number === NEW;
  showThreads();
}

function showThreads() {
  const chips = phone.threads.map((each) => chip(each.number, chosen, each.shown));
  fill(find("threads"), [...chips, chip(NEW, chosen, icon("plus"), "New text")]);
  find("new-text").hidden = chosen !== NEW;
  const known = new Set(phone.threads.map((each) => each.number));
  fill(find("number"), numbers.filter((each) => !known.has(each.phone_number)).map(option));
  showTexts(thread(partner()));
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
  const children = talk ? bubbles(talk.texts) : [make("li", { class: "empty" }, emptyWords(number))];
  if (fill(find("texts"), children)) find("texts").scrollTop = find("texts").scrollHeight;
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
