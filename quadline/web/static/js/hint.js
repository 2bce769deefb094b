// Names the character that makes texts shorter, and offers a plain one in its place.
import { announce } from "./announce.js";
import { plainFor, toPlain } from "./segments.js";

export function hint(place, foreign, change) {
  const seen = foreign.join("");
  if (place.dataset.seen === seen) return;
  place.dataset.seen = seen;
  place.replaceChildren();
  if (!foreign.length) return;
  const [first] = foreign;
  const name = Object.assign(document.createElement("b"), { textContent: first.trim() ? first : "a special space" });
  place.append("With ", name, " only 70 characters fit in a text. ");
  const plain = plainFor(first);
  if (plain === null) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "text-button";
  button.textContent = foreign.length > 1 ? "Use plain characters" : plain.trim() ? `Use ${plain}` : "Use plain spaces";
  button.addEventListener("click", () => {
    change(toPlain);
    announce("Replaced by plain characters.");
  });
  place.append(button);
}
