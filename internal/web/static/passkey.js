// Passkeys: a form that carries a question to the browser's keys sends their answer like any other form.

/** @param {string} text */
function bytes(text) {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

/** @param {ArrayBuffer | null | undefined} buffer */
function text(buffer) {
  if (!buffer) return undefined;
  let plain = '';
  for (const b of new Uint8Array(buffer)) plain += String.fromCharCode(b);
  return btoa(plain).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** @param {any} options as the server writes them: bytes are base64url */
function read(options) {
  const keys = (/** @type {any[]} */ list) => (list ?? []).map((k) => ({ ...k, id: bytes(k.id) }));
  const read = { ...options, challenge: bytes(options.challenge) };
  if (options.user) read.user = { ...options.user, id: bytes(options.user.id) };
  if (options.allowCredentials) read.allowCredentials = keys(options.allowCredentials);
  if (options.excludeCredentials) read.excludeCredentials = keys(options.excludeCredentials);
  return read;
}

/** @param {any} key */
function written(key) {
  const r = key.response;
  return JSON.stringify({
    id: key.id, rawId: text(key.rawId), type: key.type, clientExtensionResults: {},
    authenticatorAttachment: key.authenticatorAttachment ?? undefined,
    response: {
      clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), authenticatorData: text(r.authenticatorData),
      signature: text(r.signature), userHandle: text(r.userHandle), transports: r.getTransports?.(),
    },
  });
}

/** @param {HTMLFormElement} form */
function complain(form) {
  form.querySelector('[role=alert]')?.remove();
  const p = document.createElement('p');
  p.className = 'error';
  p.setAttribute('role', 'alert');
  p.textContent = form.dataset.failed ?? '';
  form.prepend(p);
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form[data-passkey]'))) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener('submit', async (e) => {
    const answer = /** @type {HTMLInputElement} */ (form.elements.namedItem('answer'));
    if (answer.value) return;
    e.preventDefault();
    try {
      const publicKey = read(JSON.parse(form.dataset.options ?? ''));
      const key = form.dataset.passkey === 'create' ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
      if (!key) throw new Error('no key');
      answer.value = written(key);
      form.submit();
    } catch {
      complain(form);
    }
  });
}
