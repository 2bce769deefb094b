// A message from its first letter until the server has it: what it is next, by what it is and what happens to it.
// The state says where its words are:
//   empty     nowhere: nothing is written
//   written   in the form
//   sending   on their way; no answer has come
//   sent      with the server; nothing of them is kept
//   refused   the server said why not: in the form again, or in the log where something else is written by now
//   unknown   no answer came: they may have arrived, and a page that shows them says so
// The event is what happens:
//   type, clear      the person changes the words, or leaves none
//   send             the form is submitted; a second click sends nothing more
//   accept, refuse   the server answers, however late
//   lose             no answer: the line was cut, the time is up, a fault, signed out
//   show             a page shows the message, in its log or by its address
//   retry, discard   chosen beside a message that was not sent

export const EVENTS = ["type", "clear", "send", "accept", "refuse", "lose", "show", "retry", "discard"];

const NEXT = {
  empty: ["written", "empty", "empty", "empty", "empty", "empty", "empty", "empty", "empty"],
  written: ["written", "empty", "sending", "written", "written", "written", "written", "written", "written"],
  sending: ["sending", "sending", "sending", "sent", "refused", "unknown", "sent", "sending", "sending"],
  sent: ["sent", "sent", "sent", "sent", "sent", "sent", "sent", "sent", "sent"],
  refused: ["written", "empty", "sending", "sent", "refused", "refused", "sent", "sending", "empty"],
  unknown: ["written", "empty", "sending", "sent", "refused", "unknown", "sent", "sending", "empty"],
};

export const STATES = Object.keys(NEXT);

export function next(state, event) {
  const found = NEXT[state]?.[EVENTS.indexOf(event)];
  if (!found) throw new Error(`No such step of a message: ${state}, ${event}`);
  return found;
}

// What is done about it is done by the listeners: draft_form.js and draft_log.js.
export function step(message, event) {
  const before = message.state;
  message.state = next(before, event);
  if (message.state === before) return;
  document.dispatchEvent(new CustomEvent("quadline:draft", { detail: { message, event } }));
}
