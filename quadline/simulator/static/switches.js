// What may go wrong at the carrier: a switch for each.

import { ask, fill, find, make } from "./page.js";

const FAULTS = [
  { words: "This phone is switched off", note: "Texts to it end undelivered", kind: "unreachable", own: "phone_number" },
  { words: "This phone is a landline", note: "Texts to it are refused", kind: "landline", own: "phone_number" },
  { words: "This mailbox does not exist", note: "Mail to it comes back", kind: "mail_bounces", own: "email" },
  { words: "This student is out of office", note: "A machine answers their mail", kind: "out_of_office", own: "email" },
  { words: "Texts are filtered as spam", kind: "fail", code: 30007 },
  { words: "Too many requests", note: "The carrier answers: come back later", kind: "rate_limit" },
  { words: "Accepts, then answers with an error", kind: "accept_then_500" },
  { words: "Receipts are lost", kind: "callback_lost" },
  { words: "Receipts come twice", kind: "callback_doubled" },
  { words: "Receipts come in reverse", kind: "callback_reversed" },
  { words: "Replies are lost on the way", kind: "inbound_lost" },
  { words: "No numbers to buy", kind: "search_empty" },
  { words: "Number registration gets stuck", kind: "registration_stuck" },
  { words: "The mail server is down", kind: "smtp_down", seconds: 86400 },
  { words: "The mail server refuses for now", kind: "smtp_refuse", code: 451 },
];
let picked = null; // the student
let turns = 0;
let turning = Promise.resolve(); // on and off again, in the order they were pressed

// Faults that were asked for before a switch was turned must not turn it back: compare before and after.
export const turnsOfSwitches = () => turns;

// The switches as `inForce` has them; as they stand where that is null.
export function showSwitches(student, inForce) {
  picked = student;
  fill(find("faults"), FAULTS.map(faultSwitch));
  if (!inForce) return;
  for (const box of find("faults").querySelectorAll("input")) box.checked = matching(FAULTS[box.dataset.fault], inForce).length > 0;
}

export function listenToSwitches(refresh) {
  find("faults").addEventListener("change", (event) => turn(FAULTS[event.target.dataset.fault], event.target.checked).then(refresh));
}

// Whom a switch is about: the picked student's phone or mailbox, or everyone.
const whose = (fault) => (fault.own && picked?.[fault.own]) || null;

function faultSwitch(fault, place) {
  const box = make("input", { type: "checkbox", role: "switch", "data-fault": place, "data-key": `fault-${place}`, disabled: fault.own && !whose(fault) ? "" : null });
  const words = make("span", {}, fault.words, fault.note ? make("small", {}, fault.note) : null);
  return make("li", {}, make("label", {}, words, box));
}

function matching(fault, inForce) {
  return inForce.filter((each) => each.kind === fault.kind && each.to === whose(fault) && (!fault.code || each.code === fault.code));
}

function turn(fault, on) {
  turns += 1;
  turning = turning.catch(() => {}).then(() => (on ? turnOn(fault) : turnOff(fault))).finally(() => (turns += 1));
  return turning;
}

function turnOn(fault) {
  return ask("POST", "faults", { kind: fault.kind, code: fault.code ?? null, seconds: fault.seconds ?? 30, to: whose(fault) });
}

async function turnOff(fault) {
  const inForce = await ask("GET", "faults");
  return Promise.all(matching(fault, inForce).map((each) => ask("DELETE", `faults/${each.id}`)));
}
