// Whose phone and mailbox are shown, and which of the two where there is room for one.

import { face, find } from "./page.js";

export function showPerson(student) {
  const { letters, tint } = face(student);
  find("person").hidden = false;
  find("nobody").hidden = true;
  find("face").className = tint;
  find("face").textContent = letters;
  find("name").textContent = student.name || student.shown;
  find("detail").textContent = [student.name && student.shown, student.detail].filter(Boolean).join(" · ");
  find("phone").hidden = !student.phone_number;
  find("mailbox").hidden = !student.email;
  find("sides").hidden = !(student.phone_number && student.email);
  if (!student.phone_number || !student.email) showSide(student.email ? "mailbox" : "phone");
  for (const [id, what] of [["phone", "Phone"], ["mailbox", "Mailbox"]]) {
    find(id).setAttribute("aria-label", `${what} of ${student.name || student.shown}`);
  }
  document.title = `${student.name || student.shown} · Quadline simulator`;
}

export function showSide(side) {
  find("panels").dataset.side = side;
  for (const button of find("sides").querySelectorAll("[data-side]")) {
    button.setAttribute("aria-pressed", String(button.dataset.side === side));
  }
}

export function listenToSides() {
  find("sides").addEventListener("click", (event) => {
    const side = event.target.closest("[data-side]")?.dataset.side;
    if (side) showSide(side);
  });
}
