// What was written and has not arrived, kept in this browser per person and conversation: the words of a field, beside them those
// at their beginning that went already, each with the id it went as, and the last two drafts the server was seen or told to have.

const PREFIX = "quadline-draft:";
const WENT = ":returned";
const SERVER = ":server";
const JOINT = "\n\n";

function quietly(act) {
  try {
    return act();
  } catch {
    return null; // storage full or forbidden: writing goes on without it
  }
}

export const read = (key) => quietly(() => localStorage.getItem(PREFIX + key)) ?? "";

export const parse = (key) => quietly(() => JSON.parse(read(key)));

export function keep(key, words) {
  quietly(() => (words.trim() ? localStorage.setItem(PREFIX + key, words) : localStorage.removeItem(PREFIX + key)));
}

export const joined = (went, begun) => [...went.map(({ words }) => words), begun].filter(Boolean).join(JOINT);

// What was begun after the words that went; null when these are not there as they went.
export function begunIn(words, went) {
  if (!went.length) return words;
  const first = joined(went, "");
  return `${words}${JOINT}`.startsWith(`${first}${JOINT}`) ? words.slice(first.length + JOINT.length) : null;
}

export function load(key) {
  const [words, went] = [read(key), parse(key + WENT) ?? []];
  const begun = begunIn(words, went);
  return begun === null ? { went: [], begun: words } : { went, begun };
}

// The server hears of a draft as its page goes, when the next page may have been made already: with the draft before.
export const onServer = (key) => parse(key + SERVER) ?? [];
export const noteServer = (key, words) => keep(key + SERVER, JSON.stringify([...onServer(key).slice(-1), words]));
export const forgetServer = (key) => keep(key + SERVER, "");

export const listOf = (went) => (went.length ? JSON.stringify(went.map(({ id, words, subject }) => ({ id, words, subject }))) : "");

export const fieldOf = ({ field }) => (field?.isConnected ? field : null);
export const inForm = ({ went }) => [...went].filter(({ place }) => place === "form");
export const begunSince = (draft) => (fieldOf(draft) ? begunIn(draft.field.value, inForm(draft)) : load(draft.key).begun);

export function store(draft) {
  const since = begunSince(draft);
  const went = [...draft.went].filter(({ place }) => since !== null || place === "log");
  keep(draft.key, joined(went, since ?? draft.field.value));
  keep(draft.key + WENT, listOf(went));
}

const keys = () => quietly(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))) ?? [];

// The keys of what went.
export const keysOfWent = () => keys().filter((key) => key.endsWith(WENT)).map((key) => key.slice(PREFIX.length, -WENT.length));

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-clear-drafts]")) keys().forEach((key) => localStorage.removeItem(key));
});
