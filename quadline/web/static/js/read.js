// Tells the server that a conversation was read: tab visible, log at its end, for one second.
import { post } from "./csrf.js";

let list = null;
let atEnd = () => false;
let fresh = false;
let timer = 0;

const ready = () => fresh && list?.isConnected && list.dataset.readUrl && !document.hidden && atEnd();

function consider() {
  clearTimeout(timer);
  if (ready()) timer = setTimeout(tell, 1000);
}

async function tell() {
  if (!ready()) return;
  fresh = false;
  const answer = await post(list.dataset.readUrl).catch(() => null);
  if (!answer?.ok) fresh = true; // tried again on the next sign of life
}

export function touched() {
  fresh = true;
  consider();
}

export function start(log, isAtEnd) {
  list = log;
  atEnd = isAtEnd;
  touched();
}

document.addEventListener("visibilitychange", consider);
document.addEventListener("scroll", (event) => { if (event.target === list) consider(); }, true);
