// Did the student ask to stop? Said once to the ear; when it is answered, the hands go back to the conversation.
import { announce } from "./announce.js";

const place = () => document.getElementById("stop-question");
const asked = () => place()?.querySelector("[data-asked]")?.dataset.asked ?? "";
let said = asked();
let hadFocus = false;

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target.id === "stop-question") hadFocus = place().contains(document.activeElement);
});

document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id !== "stop-question") return;
  if (asked() && asked() !== said) announce(document.getElementById("stop-question-title").textContent);
  if (!asked() && hadFocus) document.getElementById("conversation-title")?.focus();
  said = asked();
});
