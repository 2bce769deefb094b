// The page of a running broadcast: news comes as often as it likes, the page asks at most once a second.
import { announce } from "./announce.js";

const SECOND = 1000;
const ROWS = 2000; // the list below follows more slowly
const QUARTERS = [25, 50, 75, 100];
const asked = new Map(); // element → when it asked last, and whether it will again

const part = (name) => document.querySelector(`[data-${name}]`);
const percent = () => Number(document.getElementById("progress-words")?.dataset.percent ?? 0);
let told = percent();

function due(element, every) {
  if (!element) return;
  const last = asked.get(element) ?? { at: 0, timer: 0 };
  if (last.timer) return;
  const wait = Math.max(0, last.at + every - Date.now());
  asked.set(element, { at: last.at, timer: setTimeout(() => {
    asked.set(element, { at: Date.now(), timer: 0 });
    htmx.trigger(element, "due");
  }, wait) });
}

document.addEventListener("htmx:sseMessage", (event) => {
  if (!event.target.matches("[data-progress-news]")) return;
  due(part("progress"), SECOND);
  due(part("results"), ROWS);
});

// Said at each quarter, not at each text.
document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.detail.target?.matches?.("[data-progress]")) return;
  const passed = QUARTERS.filter((quarter) => told < quarter && percent() >= quarter).pop();
  told = Math.max(told, percent());
  if (passed) announce(document.getElementById("progress-words").textContent);
});
