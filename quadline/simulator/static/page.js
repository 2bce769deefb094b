// Small things every part uses: asking the simulator, building elements, telling the time.

export async function ask(method, path, facts) {
  const wish = { method, headers: { "Content-Type": "application/json" } };
  if (facts !== undefined) wish.body = JSON.stringify(facts);
  const answer = await fetch(`/simulator/${path}`, wish);
  return answer.json();
}

export const find = (id) => document.getElementById(id);

export function make(tag, traits = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// Replaces what is inside only when it differs, and keeps the focus where it was.
export function fill(element, children) {
  const fresh = make("div", {}, ...children);
  if (element.innerHTML === fresh.innerHTML) return false;
  const key = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  element.replaceChildren(...fresh.childNodes);
  if (key) element.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  return true;
}

export function face(student) {
  const words = student.name.replace(/\(.*\)/, "").split(/[\s-]+/).filter(Boolean);
  const letters = words.length ? words[0][0] + (words.length > 1 ? words.at(-1)[0] : "") : student.key.slice(...(student.key.includes("@") ? [0, 2] : [-2]));
  const tint = [...student.key].reduce((sum, digit) => sum + digit.charCodeAt(0), 0) % 8;
  return { letters: letters.toUpperCase(), tint: `face tint-${tint}` };
}

// Phone numbers as people write them, wherever they stand in a sentence.
export const readable = (words) => words.replace(/\+1(\d{3})(\d{3})(\d{4})\b/g, "($1) $2-$3");

// On the college's clock, where the simulator was told which it is: the same hour as on the pages of the college.
const timeZone = document.documentElement.dataset.zone || undefined;
const format = (options) => new Intl.DateTimeFormat("en-US", { timeZone, ...options });
const clock = format({ hour: "numeric", minute: "2-digit" });
const date = format({ weekday: "long", month: "long", day: "numeric" });
const short = format({ month: "short", day: "numeric" });

export const timeOf = (seconds) => clock.format(seconds * 1000);
export const dayOf = (seconds) => date.format(seconds * 1000);
export const dateOf = (seconds) => short.format(seconds * 1000);
