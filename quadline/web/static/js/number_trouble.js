// Says aloud what is wrong with one's number, once for each thing, however often the strip is fetched.
import { announce } from "./announce.js";

const strip = () => document.getElementById("number-trouble");
const shown = () => (strip()?.hidden === false ? strip().textContent.trim() : "");
let said = shown();

document.body.addEventListener("htmx:oobAfterSwap", () => {
  if (!strip() || said === shown()) return;
  said = shown();
  if (said) announce(said);
});
