// After a conversation was opened in place: its row is the current one, and the hands are where one writes.

const fine = window.matchMedia("(pointer: fine)");

function markRow() {
  const id = document.getElementById("conversation")?.dataset.conversation;
  if (!id) return;
  for (const link of document.querySelectorAll("#rows a[aria-current]")) link.removeAttribute("aria-current");
  document.querySelector(`#row-${CSS.escape(id)} > a`)?.setAttribute("aria-current", "true");
}

document.addEventListener("htmx:load", (event) => {
  if (event.target.id !== "open") return;
  const conversation = event.target.querySelector("[data-conversation]");
  if (!conversation) return;
  markRow();
  const body = conversation.querySelector(".composer textarea:enabled");
  (fine.matches && body ? body : conversation.querySelector("#conversation-title")).focus();
});

// The list is fetched for itself and does not know what is open beside it.
document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target?.id === "list") markRow(); });
