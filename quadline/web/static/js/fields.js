// Merge fields as they are typed: filled in for counting, and named when nothing will fill them.
// The same brackets are fields here as in sms/merge_fields.py.

const FIELD = /\[[ \t\xa0]*(?=[^\]]{4,60}\])(\p{L}+(?:[ \t\xa0'’-]+\p{L}+)*)[ \t\xa0]*\]/gu;

const keyOf = (name) => name.replaceAll("’", "'").toLowerCase().trim().split(/\s+/).join(" ").replace(/^insert | here$/g, "");

// Written as other systems write their fields, or with a slip; the server looks closer (sms/lookalikes.py).
const LOOKS_LIKE = /[$#]?\{{1,3}[ \t]*\p{L}[\p{L}\p{N}_.:/' \t-]{0,58}\}{1,3}|<<\p{L}[\p{L}\p{N}_. \t-]{0,58}>>|\*\|[^|\n]{2,60}\|\*|\[\p{L}[^\[\]\n]{2,78}[\p{L}\p{N}]\]/gu;
const FEWEST_LETTERS = 4;

function lookalikes(text, known) {
  const rest = text.replace(FIELD, (written, name) => (known[keyOf(name)] === undefined ? written : " "));
  return (rest.match(LOOKS_LIKE) ?? []).filter((found) => found[0] !== "[" || found.match(/\p{L}/gu).length >= FEWEST_LETTERS);
}

// The words as the student gets them; a field that differs from student to student stays as it is.
export function fillIn(form, text) {
  const known = JSON.parse(form.querySelector("[data-fields]")?.dataset.fields ?? "{}");
  const [unknown, empty] = [new Set(lookalikes(text, known)), new Set()];
  const words = text.replace(FIELD, (written, name) => {
    const value = known[keyOf(name)];
    if (value === "") empty.add(written);
    return value || written;
  });
  return { words, unknown: [...unknown], empty: [...empty] };
}

function warn(form, panel) {
  const place = panel.querySelector("[data-open-fields]");
  const texts = [...panel.querySelectorAll("textarea, [data-subject]")].map((field) => field.value);
  const { unknown, empty } = fillIn(form, texts.join("\n"));
  const lines = [];
  if (unknown.length) lines.push(`${unknown.join(", ")}: not a merge field. Write the words themselves, or insert one.`);
  if (empty.length) lines.push(`${empty.join(", ")}: there is nothing to put in yet.`);
  place.hidden = !lines.length;
  if (place.textContent !== lines.join(" ")) place.textContent = lines.join(" ");
}

document.addEventListener("input", (event) => {
  const panel = event.target.closest?.("form fieldset");
  if (panel?.querySelector("[data-open-fields]")) warn(panel.closest("form"), panel);
});
