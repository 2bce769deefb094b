// The carrier's side: time, delays, faults, and what was written in the ledger lately.

import { ledgerLine } from "./ledger.js";
import { ask, dateOf, fill, find, make, timeOf } from "./page.js";

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
let inForce = [];
let picked = null;

export async function showCarrier(health, phone) {
  picked = phone;
  const [settings, faults, numbers, ledger] = await Promise.all([
    ask("GET", "settings"),
    ask("GET", "faults"),
    ask("GET", "numbers"),
    ask("GET", `ledger?after=${Math.max(0, health.ledger - 120)}`),
  ]);
  inForce = faults;
  showFacts(numbers, health);
  for (const select of document.querySelectorAll("[data-setting]")) show(select, settings[select.dataset.setting]);
  fill(find("faults"), FAULTS.map(faultSwitch));
  for (const box of find("faults").querySelectorAll("input")) box.checked = matching(FAULTS[box.dataset.fault]).length > 0;
  fill(find("ledger"), ledger.reverse().map(ledgerLine).filter(Boolean).slice(0, 40));
}

export function showClock(health) {
  const ahead = health.at - Date.now() / 1000;
  find("now").textContent = `${dateOf(health.at)}, ${timeOf(health.at)}`;
  find("ahead").textContent = ahead > 60 ? `${Math.round(ahead / 360) / 10} h ahead` : "";
}

export function listenToCarrier(refresh) {
  find("forward").addEventListener("click", async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    await ask("POST", "fast-forward", { hours: 24 });
    button.disabled = false;
    button.focus();
    refresh();
  });
  for (const select of document.querySelectorAll("[data-setting]")) {
    select.addEventListener("change", () => ask("POST", "settings", { [select.dataset.setting]: Number(select.value) }).then(refresh));
  }
  find("faults").addEventListener("change", (event) => turn(FAULTS[event.target.dataset.fault], event.target.checked).then(refresh));
  find("outage").addEventListener("click", () => ask("POST", "faults", { kind: "refuse_connections", seconds: 30 }));
  find("reset").addEventListener("click", () => find("sure").showModal());
  find("sure").addEventListener("close", async () => {
    if (find("sure").returnValue === "yes") await ask("POST", "reset", {}).then(refresh);
    find("sure").returnValue = "";
  });
}

function showFacts(numbers, health) {
  const waiting = numbers.filter((each) => each.registration === "pending").length;
  const words = [`${numbers.length} number${numbers.length === 1 ? "" : "s"} rented`, `${health.messages} text${health.messages === 1 ? "" : "s"}`];
  if (waiting) words.splice(1, 0, `${waiting} registering`);
  find("facts").textContent = words.join(" · ");
}

// A value set by a test or the command line that the list does not have is shown all the same.
function show(select, value) {
  if (document.activeElement === select) return;
  if (![...select.options].some((each) => Number(each.value) === value)) {
    select.append(make("option", { value }, `${value} seconds`));
  }
  select.value = String(value);
}

function faultSwitch(fault, place) {
  const box = make("input", { type: "checkbox", role: "switch", "data-fault": place, "data-key": `fault-${place}`, disabled: fault.own && !picked ? "" : null });
  const words = make("span", {}, fault.words, fault.note ? make("small", {}, fault.note) : null);
  return make("li", {}, make("label", {}, words, box));
}

function matching(fault) {
  return inForce.filter((each) => each.kind === fault.kind && each.to === (fault.own ? picked : null) && (!fault.code || each.code === fault.code));
}

async function turn(fault, on) {
  if (on) return ask("POST", "faults", { kind: fault.kind, code: fault.code ?? null, to: fault.own ? picked : null });
  return Promise.all(matching(fault).map((each) => ask("DELETE", `faults/${each.id}`)));
}
