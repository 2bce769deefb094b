// Times in lists, short and fresh: 10:42 AM, Yesterday, Fri, Sep 14. In the college's zone, as the server writes them.

const timeZone = document.documentElement.dataset.zone || undefined;
const format = (options) => new Intl.DateTimeFormat("en-US", { timeZone, ...options });
const day = format({ year: "numeric", month: "2-digit", day: "2-digit" });
const clock = format({ hour: "numeric", minute: "2-digit" });
const weekday = format({ weekday: "short" });
const date = format({ month: "short", day: "numeric" });
const dated = format({ month: "short", day: "numeric", year: "numeric" });

const dayNumber = (moment) => Math.round(Date.parse(day.format(moment)) / 86400000);

export function short(moment, now = new Date()) {
  const days = dayNumber(now) - dayNumber(moment);
  if (days === 0) return clock.format(moment);
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return weekday.format(moment);
  return days < 300 ? date.format(moment) : dated.format(moment);
}

function refresh(root = document) {
  for (const item of root.querySelectorAll("time[data-short]")) {
    const words = short(new Date(item.dateTime));
    if (item.textContent !== words) item.textContent = words;
  }
}

setInterval(refresh, 30000);
document.addEventListener("htmx:load", (event) => refresh(event.target));
document.addEventListener("htmx:afterSettle", () => refresh());
refresh();
