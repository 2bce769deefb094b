// How many texts the network makes of some words, and which characters make it more. Pure.
// GSM 03.38: 160 or 153 septets a text; everything else is UCS-2: 70 or 67 units.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
  "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const EXTENDED = new Set("\f^{}\\[~]|€");

const PLAIN = new Map(Object.entries({
  "’": "'", "‘": "'", "‚": "'", "′": "'", "`": "'", "´": "'", "“": "\"", "”": "\"", "„": "\"", "«": "\"", "»": "\"",
  "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "•": "*", "·": "*", "\u00a0": " ", "\u202f": " ",
  "\u2009": " ", "\u200b": "", "\ufeff": "", "\t": " ", "×": "x", "→": "->", "½": "1/2", "¼": "1/4", "™": "(TM)", "©": "(c)",
}));

const septets = (char) => (BASIC.has(char) ? 1 : EXTENDED.has(char) ? 2 : 0);

export function measure(text) {
  const chars = Array.from(text);
  const foreign = [...new Set(chars.filter((char) => !septets(char)))];
  const unicode = foreign.length > 0;
  const sizes = chars.map((char) => (unicode ? char.length : septets(char)));
  const [single, each] = unicode ? [70, 67] : [160, 153];
  const used = sizes.reduce((sum, size) => sum + size, 0);
  const segments = used === 0 ? 0 : used <= single ? 1 : pack(sizes, each);
  return { used, segments, unicode, foreign, room: segments > 1 ? segments * each : single };
}

// A character of two units is never cut in half, so a part may end one unit early.
function pack(sizes, each) {
  let parts = 1;
  let filled = 0;
  for (const size of sizes) {
    if (filled + size > each) {
      parts += 1;
      filled = 0;
    }
    filled += size;
  }
  return parts;
}

export function plainFor(char) {
  if (PLAIN.has(char)) return PLAIN.get(char);
  const bare = char.normalize("NFKD").replace(/\p{M}/gu, "");
  return bare && Array.from(bare).every(septets) ? bare : null;
}

export function toPlain(text) {
  return Array.from(text, (char) => (septets(char) ? char : plainFor(char) ?? char)).join("");
}
