// Tabs with one stop for the Tab key; the arrows move between them. Without scripts they are links.

const YEAR = 365 * 24 * 3600;

export function choose(tab, { focus = false } = {}) {
  const tabs = tab.closest("[data-tabs]");
  for (const other of tabs.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    panel.hidden = !chosen;
    panel.querySelector(":scope > fieldset").disabled = !chosen; // what is not seen is not sent
  }
  if (tabs.matches("[data-remember]")) {
    document.cookie = `composer-tab=${tab.id.replace("tab-", "")}; path=/; max-age=${YEAR}; samesite=lax`;
  }
  if (focus) tab.focus();
  tab.dispatchEvent(new CustomEvent("quadline:tab", { bubbles: true }));
}

function start(root) {
  for (const tab of root.querySelectorAll("[data-tabs] [role=tab]")) {
    tab.tabIndex = tab.getAttribute("aria-selected") === "true" ? 0 : -1;
  }
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tabs] [role=tab]");
  if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose(tab);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-tabs] [role=tab]");
  if (!tab || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = [...tab.closest("[data-tabs]").querySelectorAll("[role=tab]")];
  const here = all.indexOf(tab);
  const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1, " ": here }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  choose(all.at(next % all.length), { focus: true });
});

document.addEventListener("htmx:load", (event) => start(event.target.parentElement ?? document));
start(document);
