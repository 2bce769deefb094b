// The key of the setup link stands behind its #, which no browser sends: it is sent here, as a form, and taken out of
// the address and its history.

const form = document.getElementById("setup-key");
const key = window.location.hash.slice(1);

if (form && key) {
  window.history.replaceState(null, "", window.location.pathname);
  form.elements.key.value = key;
  form.requestSubmit();
}
