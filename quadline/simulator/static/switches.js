// What may go wrong at the carrier: a switch for each.

import { ask, fill, find, make } from "./page.js";

const FAULTS = [
  { words: "This phone is switched off", note: "Texts to it end undelivered", kind: "unreachable", own: true },
  { words: "This phone is a landline", note: "Texts to it are refused", kind: "landline", own: true },
  { words: "Texts are filtered as spam", kind: "fail", code: 30007 },
  { words: "Too many requests", note: "The carrier answers: come back later", kind: "rate_limit" },
  { words: "Accepts, then answers with an error", kind: "accept_then_500" },
  { words: "Receipts are lost", kind: "callback_lost" },
  { words: "Receipts come twice", kind: "callback_doubled" },
  { words: "Receipts come in reverse", kind: "callback_reversed" },
  { words: "Replies are lost on the way", kind: "inbound_lost" },
  { words: "No numbers to buy", kind: "search_empty" },
  { words: "Number registration gets stuck", kind: "registration_stuck" },
];
let picked = null;
let turns = 0;
let turning = Promise.resolve(); // on and off again, in the order they were pressed

// Faults that were asked for before a switch was turned must not turn it back: compare before and after.
export const turnsOfSwitches = () => turns;

// The switches as `inForce` has them; as they stand where that is null.
export function showSwitches(phone, inForce) {
  picked = phone;
  fill(find("faults"), FAULTS.map(faultSwitch));
  if (!inForce) return;
  for (const box of find("faults").querySelectorAll("input")) box.checked = matching(FAULTS[box.dataset.fault], inForce).length > 0;
}

export function listenToSwitches(refresh) {
  find("faults").addEventListener("change", (event) => turn(FAULTS[event.target.dataset.fault], event.target.checked).then(refresh));
}

function faultSwitch(fault, place) {
  const box = make("input", { type: "checkbox", role: "switch", "data-fault": place, "data-key": `fault-${place}`, disabled: fault.own && !picked ? "" : null });
  const words = make("span", {}, fault.words, fault.note ? make("small", {}, fault.note) : null);
  return make("li", {}, make("label", {}, words, box));
}

function matching(fault, inForce) {
  return inForce.filter((each) => each.kind === fault.kind && each.to === (fault.own ? picked : null) && (!fault.code || each.code === fault.code));
}

function turn(fault, on) {
  turns += 1;
  turning = turning.catch(() => {}).then(() => (on ? turnOn(fault) : turnOff(fault))).finally(() => (turns += 1));
  return turning;
}

function turnOn(fault) {
  return ask("POST", "faults", { kind: fault.kind, code: fault.code ?? null, to: fault.own ? picked : null });
}

async function turnOff(fault) {
  const inForce = await ask("GET", "faults");
  return Promise.all(matching(fault, inForce).map((each) => ask("DELETE", `faults/${each.id}`)));
}
