// Earlier texts bring the heading of their day with them: each day keeps its first.

function oneHeadingADay() {
  const seen = new Set();
  for (const day of document.querySelectorAll("#log > .day")) {
    if (seen.has(day.id)) day.remove();
    else seen.add(day.id);
  }
}

// On the way down: before log.js puts the eye back on its line.
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.closest?.("#log")) oneHeadingADay(); }, true);
