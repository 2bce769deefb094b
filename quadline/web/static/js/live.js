// The line to the server: says when it is down, catches up when it is back, and when the person is signed out.
import { announce, interrupt } from "./announce.js";

const PATIENCE = 5000;
const POLL = 60000;
let downSince = 0;
let hiddenSince = 0;
let pillTimer = 0;

const pill = () => document.getElementById("connection");
const resume = () => document.body.dispatchEvent(new CustomEvent("resume"));

function down() {
  if (downSince) return;
  downSince = Date.now();
  pillTimer = setTimeout(() => {
    pill().hidden = false;
    interrupt(pill().textContent.trim());
  }, PATIENCE);
}

function up() {
  if (!downSince) return;
  clearTimeout(pillTimer);
  downSince = 0;
  if (!pill().hidden) announce("Connected again. Up to date.");
  pill().hidden = true;
  resume();
}

function signedOut() {
  const dialog = document.getElementById("signed-out");
  if (dialog.open) return;
  const link = dialog.querySelector("[data-sign-in]");
  link.search = new URLSearchParams({ next: location.pathname + location.search });
  const isKept = Boolean(document.querySelector("form[data-draft]"));
  dialog.querySelectorAll("[data-kept]").forEach((words) => { words.hidden = !isKept; });
  dialog.querySelectorAll("[data-not-kept]").forEach((part) => { part.hidden = isKept; });
  clearTimeout(pillTimer);
  pill().hidden = true;
  dialog.showModal();
}

document.body.addEventListener("htmx:sseOpen", up);
document.body.addEventListener("htmx:sseError", down);
document.body.addEventListener("htmx:sseClose", (event) => {
  if (event.detail.type === "message") signedOut();
});
document.body.addEventListener("signed-out", signedOut);
addEventListener("offline", down);

setInterval(() => { if (downSince && !document.hidden) resume(); }, POLL);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenSince = Date.now();
  else if (Date.now() - hiddenSince > POLL) resume();
});

// The address to ask next lies inside the element that asks.
document.body.addEventListener("htmx:configRequest", (event) => {
  const next = event.target.querySelector?.(":scope > [data-since-url]");
  if (next) event.detail.path = next.dataset.sinceUrl;
});

// Parts that come with every piece of news change only where they differ: focus, place and open menus stay.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (!target.matches("[data-live]")) return;
  event.detail.shouldSwap = false;
  Idiomorph.morph(target, fragment.innerHTML ?? [...fragment.children].map((part) => part.outerHTML).join(""), { morphStyle: "innerHTML" });
  htmx.process(target);
});

// A session that ended answers with the sign-in page: that is never swapped into ours.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const signIn = document.querySelector("[data-sign-in]");
  if (!signIn || new URL(event.detail.xhr.responseURL || location.href).pathname !== signIn.pathname) return;
  event.detail.shouldSwap = false;
  signedOut();
});

document.body.addEventListener("htmx:oobAfterSwap", () => {
  const count = Number(document.getElementById("inbox-count")?.dataset.count ?? 0);
  const bare = document.title.replace(/^\(\d+\) /, "");
  document.title = count ? `(${count}) ${bare}` : bare;
});
