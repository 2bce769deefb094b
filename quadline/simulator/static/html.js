// A mail's HTML, built again from the few elements that words need. Nothing else of it reaches the page.

import { icon, make, readable } from "./page.js";

const KEPT = new Set(["P", "BR", "STRONG", "B", "EM", "I", "BLOCKQUOTE", "UL", "OL", "LI", "DIV", "H1", "H2", "H3"]);
const PLAIN = { H1: "p", H2: "p", H3: "p" }; // the page has headings of its own
const DROPPED = new Set(["STYLE", "SCRIPT", "TITLE", "HEAD", "TEMPLATE", "IFRAME", "OBJECT", "SVG"]);

export function rebuilt(html) {
  return inside(new DOMParser().parseFromString(html, "text/html").body);
}

export function link(address, words = address) {
  if (address.startsWith("sms:")) return textingButton(address, words);
  if (!/^(https?|mailto|tel):/i.test(address)) return make("span", {}, words);
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, words);
}

function inside(element) {
  return [...element.childNodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return [node.data];
    if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.tagName)) return [];
    if (node.tagName === "A") return [link(node.getAttribute("href") ?? "", node.textContent)];
    if (!KEPT.has(node.tagName)) return inside(node);
    return [make(PLAIN[node.tagName] ?? node.tagName.toLowerCase(), {}, ...inside(node))];
  });
}

// A link that opens the texting app is a button here: the app is beside the mailbox.
function textingButton(address, label) {
  const [number, rest = ""] = address.slice(4).split(/[?;&](.*)/s);
  const words = new URLSearchParams(rest.replace(/^[?&]+/, "")).get("body") ?? "";
  const phone = decodeURIComponent(number);
  const shown = label === address ? `Text ${words} to ${readable(phone)}`.replace("  ", " ") : label;
  return make("button", { type: "button", class: "main", "data-number": phone, "data-words": words }, icon("chat"), shown);
}
