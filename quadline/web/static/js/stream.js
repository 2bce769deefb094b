// The stream of live events. Over HTTP/1.1 a browser opens six connections to one house at most, and each open page would
// keep one for its stream. So a page nobody looks at keeps its own only while few do; looked at again it catches up.

const KEPT = ["stream-1", "stream-2", "stream-3"]; // for hidden pages: their titles go on counting
let line = null;
let letGo = null;

class Line {
  #listeners = [];
  #source = null;
  #isClosed = false;

  constructor(url) {
    this.url = url;
    if (!document.hidden || letGo) this.#connect(() => {});
  }

  get readyState() {
    return this.#isClosed ? EventSource.CLOSED : this.#source?.readyState ?? EventSource.CONNECTING;
  }

  addEventListener(name, listener) {
    this.#listeners.push([name, listener]);
    this.#source?.addEventListener(name, listener);
  }

  removeEventListener(name, listener) {
    this.#listeners = this.#listeners.filter((each) => each[0] !== name || each[1] !== listener);
    this.#source?.removeEventListener(name, listener);
  }

  close() {
    this.#isClosed = true;
    this.rest();
  }

  rest() {
    this.#source?.close();
    this.#source = null;
  }

  wake() {
    if (this.#isClosed || this.#source) return;
    this.#connect(() => document.body.dispatchEvent(new CustomEvent("resume")));
  }

  #connect(caughtUp) {
    const source = this.#source = new EventSource(this.url);
    for (const [name, listener] of this.#listeners) source.addEventListener(name, listener);
    source.onopen = (event) => { this.onopen?.(event); caughtUp(); };
    source.onerror = (event) => {
      if (source.readyState === EventSource.CLOSED) this.#isClosed = true; // refused: another line follows
      this.onerror?.(event);
    };
  }
}

// Whether this hidden page is one of the few. It stays one until it is looked at, or closed.
const isKept = (name) => new Promise((answer) => {
  navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    answer(lock !== null);
    return letGo ? null : lock && new Promise((done) => { letGo = done; });
  });
});

async function settle() {
  for (const name of document.hidden && navigator.locks ? KEPT : []) {
    if (letGo || await isKept(name)) break;
  }
  if (document.hidden) {
    if (letGo) line?.wake();
    else line?.rest();
    return;
  }
  letGo?.();
  letGo = null;
  line?.wake();
}

htmx.createEventSource = (url) => (line = new Line(url));
document.addEventListener("visibilitychange", settle);
if (document.hidden) settle();
