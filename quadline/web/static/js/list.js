// While someone reaches for a row, rows change in place but keep their order.

const STILL = 4000;
let movedAt = 0;
let later = 0;

const rows = () => document.getElementById("rows");
const reaching = () => Date.now() - movedAt < STILL || Boolean(rows()?.querySelector("a:focus-visible"));

document.addEventListener("pointermove", (event) => {
  if (event.target.closest?.("#rows")) movedAt = Date.now();
});

// The order on the screen; rows that are new keep the place the server gave them.
function holdOrder(fresh) {
  const known = [...rows().children].filter((row) => row.id && fresh.querySelector(`#${CSS.escape(row.id)}`));
  const slots = [...fresh.children].filter((row) => row.id && document.getElementById(row.id));
  const inOrder = known.map((row) => fresh.querySelector(`#${CSS.escape(row.id)}`));
  const marks = slots.map((row) => row.parentNode.insertBefore(document.createComment(""), row));
  marks.forEach((mark, index) => mark.replaceWith(inOrder[index]));
  return slots.some((row, index) => row !== inOrder[index]);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "list" || !event.target.matches("#list") || !rows() || !reaching()) return;
  const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
  const fresh = page.getElementById("rows");
  if (!fresh || !holdOrder(fresh)) return;
  event.detail.serverResponse = page.body.innerHTML;
  clearTimeout(later);
  later = setTimeout(() => htmx.trigger("#list", "sse:inbox"), STILL);
});
