// The key of the setup link stands behind its #, which no browser sends: it is sent here, as a form, and taken out of
// the address and its history. A link that is pasted over this page's own address loads no page: hashchange tells.

const form = document.getElementById("setup-key");

function sendKey() {
  const key = window.location.hash.slice(1);
  if (!form || !key) return;
  window.history.replaceState(null, "", window.location.pathname);
  form.elements.key.value = key;
  form.requestSubmit();
}

window.addEventListener("hashchange", sendKey);
sendKey();
