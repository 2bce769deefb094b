// Merge fields as they are typed: filled in for counting, and named when nothing will fill them.
// The same brackets are fields here as in sms/merge_fields.py.

const FIELD = /\[[ \t\xa0]*(?=[^\]]{4,60}\])(\p{L}+(?:[ \t\xa0'’-]+\p{L}+)*)[ \t\xa0]*\]/gu;

const keyOf = (name) => name.replaceAll("’", "'").toLowerCase().trim().split(/\s+/).join(" ").replace(/^insert | here$/g, "");

// The words as the student gets them; a field that differs from student to student stays as it is.
export function fillIn(form, text) {
  const known = JSON.parse(form.querySelector("[data-fields]")?.dataset.fields ?? "{}");
  const [unknown, empty] = [new Set(), new Set()];
  const words = text.replace(FIELD, (written, name) => {
    const value = known[keyOf(name)];
    if (value === undefined) unknown.add(written);
    else if (value === "") empty.add(written);
    return value || written;
  });
  return { words, unknown: [...unknown], empty: [...empty] };
}

function warn(form, panel) {
  const place = panel.querySelector("[data-open-fields]");
  const texts = [...panel.querySelectorAll("textarea, [data-subject]")].map((field) => field.value);
  const { unknown, empty } = fillIn(form, texts.join("\n"));
  const lines = [];
  if (unknown.length) lines.push(`${unknown.join(", ")}: not a merge field. Write the words themselves.`);
  if (empty.length) lines.push(`${empty.join(", ")}: there is nothing to put in yet.`);
  place.hidden = !lines.length;
  if (place.textContent !== lines.join(" ")) place.textContent = lines.join(" ");
}

document.addEventListener("input", (event) => {
  const panel = event.target.closest?.("form fieldset");
  if (panel?.querySelector("[data-open-fields]")) warn(panel.closest("form"), panel);
});
