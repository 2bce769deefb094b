// What a page fetches without anybody's hand keeps no session alive: accounts/session_store.py.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.triggeringEvent?.isTrusted) detail.headers["Quadline-Automatic"] = "1";
});
