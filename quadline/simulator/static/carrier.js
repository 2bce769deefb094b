// The carrier's side: time, delays, and what was written in the ledger lately.

import { ledgerLine } from "./ledger.js";
import { ask, dateOf, fill, find, make, timeOf } from "./page.js";
import { listenToSwitches, showSwitches, turnsOfSwitches } from "./switches.js";

export async function showCarrier(health, student) {
  const before = turnsOfSwitches();
  const [settings, faults, numbers, ledger] = await Promise.all([
    ask("GET", "settings"),
    ask("GET", "faults"),
    ask("GET", "numbers"),
    ask("GET", `ledger?after=${Math.max(0, health.ledger - 120)}`),
  ]);
  showFacts(numbers, health);
  for (const select of document.querySelectorAll("[data-setting]")) show(select, settings[select.dataset.setting]);
  showSwitches(student, before === turnsOfSwitches() ? faults : null);
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
  listenToSwitches(refresh);
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
