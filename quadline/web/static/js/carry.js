// Where a text cannot go, its words go over to the Email tab.
import { choose } from "./tabs.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-carry]");
  const form = link?.closest(".composer-area")?.querySelector("form[data-composer]");
  if (!form || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const [text, email] = [form.querySelector("[data-body]"), form.querySelector("[data-email-body]")];
  choose(form.querySelector("#tab-email"));
  if (text.value.trim() && !email.value.trim()) {
    [email.value, text.value] = [text.value, ""];
    for (const field of [text, email]) field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const subject = form.querySelector("[data-subject]");
  (subject.value ? email : subject).focus();
});
