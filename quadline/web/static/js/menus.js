// A menu opens beside its button, on the side with more room; the arrow keys go through it.

const GAP = 6;

const buttonOf = (menu) => document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);

function stand(menu) {
  const at = buttonOf(menu).getBoundingClientRect();
  const above = at.top > innerHeight - at.bottom;
  const room = (above ? at.top : innerHeight - at.bottom) - 2 * GAP;
  const set = (name, value) => menu.style.setProperty(`--menu-${name}`, value);
  set("left", `${at.left}px`);
  set("top", above ? "auto" : `${at.bottom + GAP}px`);
  set("bottom", above ? `${innerHeight - at.top + GAP}px` : "auto");
  set("height", `${room}px`);
}

document.addEventListener("beforetoggle", (event) => {
  if (event.target.matches?.("[data-menu]") && event.newState === "open") stand(event.target);
}, true);

document.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const here = by && event.target.closest?.("[data-menu], [data-menu-button]");
  if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const menu = here.matches("[data-menu]") ? here : document.getElementById(here.getAttribute("popovertarget"));
  if (!menu.matches(":popover-open")) menu.showPopover();
  const items = [...menu.querySelectorAll("a, button")];
  const place = items.indexOf(document.activeElement);
  items.at(place < 0 && by < 0 ? -1 : (place + by) % items.length)?.focus();
});
