// The ledger in plain words. Lines that say nothing new to a trainer are left out.

import { make, readable, timeOf } from "./page.js";

const LINES = {
  search: (line) => ["", "Search", `${line.found} number${line.found === 1 ? "" : "s"} found`],
  purchase: (line) => ["ok", "Bought", line.phone_number],
  attach: (line) => ["", "Joined the service", line.phone_number],
  detach: (line) => ["", "Left the service", line.phone_number],
  release: (line) => ["warn", "Released", line.phone_number],
  registered: (line) => [line.outcome === "failed" ? "bad" : "ok", line.outcome === "failed" ? "Registration failed" : "Registered", line.phone_number],
  accept: (line) => ["", "Accepted", `to ${line.to}`],
  refuse: (line) => ["bad", `Refused (${line.code})`, `to ${line.to}`],
  status: (line) => (line.status === "delivered" ? ["ok", "Delivered", `to ${line.to}`] : line.error_code ? ["bad", `Failed (${line.error_code})`, `to ${line.to}`] : null),
  inbound: (line) => ["", "Reply", `from ${line.from}`],
  opt_out: (line) => ["warn", "Opted out", `${line.phone} of ${line.to}`],
  opt_in: (line) => ["ok", "Opted in", `${line.phone} to ${line.to}`],
  auto_reply: (line) => ["", "Carrier's answer", `to ${line.to}`],
  call: (line) => ["", "Call", `from ${line.from}`],
  fault: (line) => ["warn", "Fault", line.fault.replaceAll("_", " ")],
  mail: (line) => (line.bounced ? ["bad", "Mail bounced", `to ${line.to}`] : [line.repeated ? "warn" : "ok", line.repeated ? "Mail again" : "Mail", `to ${line.to}: ${line.subject}`]),
  mail_reply: (line) => (line.answered && line.answered < 300 ? ["", "Mail to the college", `from ${line.from}`] : ["bad", `Mail not taken (${line.answered ?? "no answer"})`, line.words]),
  callback: (line) => (line.answered && line.answered < 400 ? null : ["bad", "Webhook failed", `${line.about}: ${line.answered ?? line.error}`]),
};

export function ledgerLine(line) {
  const [tone, title, words] = LINES[line.kind]?.(line) ?? [];
  if (!title) return null;
  return make("li", { class: tone || null }, make("time", {}, timeOf(line.at)), make("span", {}, make("b", {}, title), ` ${readable(words)}`));
}
