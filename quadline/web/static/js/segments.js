// How many texts the network makes of some words, and which characters make it more. Pure.
// GSM 03.38: 160 or 153 septets a text; everything else is UCS-2: 70 or 67 units. The same as sms/segments.py counts.

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

// One character as a reader sees it (Unicode Standard Annex 29): an emoji with its skin tone, a flag.
const graphemes = globalThis.Intl?.Segmenter ? new Intl.Segmenter("en", { granularity: "grapheme" }) : null;

export function measure(text) {
  const chars = Array.from(text);
  const foreign = [...new Set(chars.filter((char) => !septets(char)))];
  const unicode = foreign.length > 0;
  const [single, each] = unicode ? [70, 67] : [160, 153];
  const sizes = unicode ? unitsOf(text, each) : chars.map(septets);
  const used = sizes.reduce((sum, size) => sum + size, 0);
  const segments = used === 0 ? 0 : used <= single ? 1 : pack(sizes, each);
  return { used, segments, unicode, foreign, room: segments > 1 ? segments * each : single };
}

// The units of each piece that stays in one part; what is larger than a part is split between code points.
function unitsOf(text, most) {
  const seen = graphemes ? Array.from(graphemes.segment(text), ({ segment }) => segment) : Array.from(text);
  const pieces = seen.flatMap((piece) => (piece.length > most || piece === "\r\n" ? Array.from(piece) : [piece]));
  return pieces.map((piece) => piece.length);
}

// No piece is cut in half, so a part may end some units early.
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

// The words as they are sent: as sms/bodies.py cleans them.
const UNSENDABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cs}\p{Noncharacter_Code_Point}]/gu;
export const asSent = (text) => text.replace(/\r\n?/g, "\n").replace(UNSENDABLE, "").normalize("NFC").replace(/[^\S\ufeff]+$/u, "");

export function plainFor(char) {
  if (PLAIN.has(char)) return PLAIN.get(char);
  const bare = char.normalize("NFKD").replace(/\p{M}/gu, "");
  return bare && Array.from(bare).every(septets) ? bare : null;
}

export function toPlain(text) {
  return Array.from(text, (char) => (septets(char) ? char : plainFor(char) ?? char)).join("");
}
