// How the conversations of a phone are named: a chip or an option for each, and what state it is in.

import { make } from "./page.js";

export function chip(key, chosen, ...words) {
  return make("button", { type: "button", "data-key": key, "aria-pressed": String(key === chosen) }, ...words);
}

export function option(number) {
  const waiting = number.registration === "pending" ? " (registering)" : "";
  return make("option", { value: number.phone_number }, number.shown + waiting);
}

export function emptyWords(number) {
  return number ? "No texts with this number yet." : "The college rents no number yet. The first text a staff member sends asks for one.";
}

export function stateOf(talk, rented) {
  if (talk?.opted_out) return "Opted out: this phone said STOP";
  if (talk && !talk.is_rented) return "Number no longer in service";
  if (rented?.registration === "pending") return "Registering: can receive, not send";
  return rented ? "Text Message" : "";
}
