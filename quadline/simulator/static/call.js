// Calling a system number from the picked phone, and what the caller hears.

import { ask, find, make, readable } from "./page.js";

const VERBS = { say: "Says", play: "Plays", dial: "Connects to", pause: "Waits", gather: "Asks", reject: "Refused", hangup: "Hangs up", error: "Error" };

export async function call(phone, to) {
  const { heard } = await ask("POST", `phones/${encodeURIComponent(phone)}/calls`, { to });
  const lines = (heard ?? []).map((each) => line(VERBS[each.verb] ?? each.verb, readable(each.text)));
  find("heard-list").replaceChildren(...(lines.length ? lines : [line("Silence", "The answer was empty.")]));
  find("heard").showModal();
}

function line(verb, words) {
  return make("li", {}, make("b", {}, verb), make("span", {}, words));
}
