// A list of student IDs or addresses pasted into the To field, or added from its box: chips for whom it names, a report on the rest.
import { announce } from "./announce.js";
import { add } from "./chips.js";

const area = () => document.getElementById("addressing");
const place = () => document.getElementById("pasted-report");
const lines = (text) => text.split(/[\n,;\t]+/).filter((line) => line.trim());

async function resolve(text, field) {
  const data = new FormData();
  data.set("pasted", text);
  const token = document.querySelector("meta[name=csrf-token]").content;
  const answer = await fetch(area().dataset.pastedUrl, {
    method: "POST", body: data, headers: { "HX-Request": "true", "X-CSRFToken": token },
  }).catch(() => null);
  if (answer?.redirected) document.body.dispatchEvent(new CustomEvent("signed-out"));
  if (!answer?.ok || answer.redirected) {
    announce("The list could not be read. Try again in a moment.");
    return false;
  }
  place().innerHTML = await answer.text();
  const found = [...place().querySelectorAll("[data-found]")];
  found.forEach((mark) => mark.remove());
  add(field, found.map((mark) => ({ ...mark.dataset })));
  announce(place().querySelector("p").textContent.trim());
  return true;
}

document.addEventListener("paste", (event) => {
  if (!event.target.matches?.("[data-combobox]")) return;
  const text = event.clipboardData.getData("text");
  if (lines(text).length < 2) return; // one name or id is searched for as if typed
  event.preventDefault();
  resolve(text, event.target.closest("[data-recipients]"));
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-paste], [data-remove-line], [data-close-report]");
  if (!button) return;
  event.preventDefault();
  const input = document.querySelector("[data-recipients=to] [data-combobox]");
  if (button.matches("[data-paste]")) {
    const box = document.querySelector("[data-pasted]");
    if (!box.value.trim()) box.focus();
    else if (await resolve(box.value, input.closest("[data-recipients]"))) {
      box.value = "";
      box.closest("details").open = false;
      input.focus();
    }
    return;
  }
  const line = button.closest("li");
  const next = (line?.nextElementSibling ?? line?.previousElementSibling)?.querySelector("button");
  if (next) line.remove();
  else if (line?.parentElement.parentElement.querySelectorAll("li").length > 1) forgetList(line);
  else place().replaceChildren();
  (next ?? place().querySelector("button") ?? input).focus();
});

// The last line of one of the two lists takes its heading along.
function forgetList(line) {
  const list = line.parentElement;
  list.previousElementSibling.remove();
  list.remove();
}
