// Whether single keys act: chosen in the Keyboard dialog or in Help, and kept in this browser. Voice control types letters, too.

const KEPT = "quadline-single-keys";
const choices = () => document.querySelectorAll("[data-single-keys-choice] input");
let on = read();

export const areOn = () => on;

function read() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true; // storage forbidden: chosen for this page only
  }
}

function keep() {
  try {
    if (on) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, "off");
  } catch {
    // as above
  }
}

function show() {
  for (const choice of choices()) {
    choice.checked = on;
    choice.parentElement.hidden = false;
  }
}

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-single-keys-choice] input")) return;
  on = event.target.checked;
  keep();
  show();
});
addEventListener("storage", (event) => {
  if (event.key !== KEPT) return;
  on = read();
  show();
});
show();
