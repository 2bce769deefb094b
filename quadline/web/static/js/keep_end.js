// A person who reads the end of the log still sees it when the composer grows, or a phone's keyboard comes up.

const AT_END = 8;
let height = 0;

const watcher = new ResizeObserver(([{ target }]) => {
  const lost = height - target.clientHeight;
  const gap = target.scrollHeight - target.scrollTop - target.clientHeight;
  height = target.clientHeight;
  if (lost > 0 && gap - lost <= AT_END) target.scrollTop = target.scrollHeight;
});

function start() {
  const log = document.getElementById("log-scroll");
  watcher.disconnect();
  if (!log) return;
  height = log.clientHeight;
  watcher.observe(log);
}

document.addEventListener("htmx:load", (event) => { if (event.target.id === "open") start(); });
start();
