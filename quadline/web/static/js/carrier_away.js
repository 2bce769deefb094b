// Says aloud that the carrier cannot be reached, and that it is back: once each, however often the strip is fetched.
import { announce } from "./announce.js";

const strip = () => document.getElementById("carrier-away");
let isAway = strip()?.hidden === false;

document.body.addEventListener("htmx:oobAfterSwap", () => {
  if (!strip() || isAway === !strip().hidden) return;
  isAway = !isAway;
  announce(isAway ? strip().textContent.trim() : "The texting service is back. Waiting texts are being sent.");
});
