// Passkeys: the browser is asked for one when its form is sent, and its answer goes with the form (WebAuthn Level 2).
const IS_NUMBER = /^[\d.]+$|^\[/; // no browser has passkeys for an address without a name
const CANCELED = "No passkey was used. Try again, or use another way.";
const THERE_ALREADY = "This device has a passkey for your account already. Nothing was added.";
const works = Boolean(window.PublicKeyCredential) && !IS_NUMBER.test(location.hostname);

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const withBytes = (credentials) => (credentials ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function optionsOf({ dataset }) {
  if (dataset.options) return JSON.parse(dataset.options).publicKey;
  const answer = await fetch(dataset.optionsUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return (await answer.json()).request_options.publicKey;
}

async function create(options) {
  const { challenge, user, excludeCredentials } = options;
  const publicKey = {
    ...options,
    challenge: bytes(challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: withBytes(excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey });
  return written(made, ["clientDataJSON", "attestationObject"]);
}

async function get(options) {
  const { challenge, allowCredentials } = options;
  const publicKey = { ...options, challenge: bytes(challenge), allowCredentials: withBytes(allowCredentials) };
  const found = await navigator.credentials.get({ publicKey });
  return written(found, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
}

function written({ id, rawId, type, response }, parts) {
  const found = parts.filter((part) => response[part]).map((part) => [part, text(response[part])]);
  return JSON.stringify({ id, rawId: text(rawId), type, response: Object.fromEntries(found), clientExtensionResults: {} });
}

async function ask(form) {
  const problem = form.querySelector("[data-passkey-problem]");
  problem.textContent = "";
  try {
    const options = await optionsOf(form);
    form.elements.credential.value = await (form.dataset.passkey === "create" ? create(options) : get(options));
    form.submit();
  } catch (error) {
    problem.textContent = error.name === "InvalidStateError" ? THERE_ALREADY : CANCELED;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (works) form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form);
  });
}
