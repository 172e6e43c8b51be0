// Photos and signatures of forms, and the outbox of the stage card: what is done there without network stays on the
// phone with its pictures and goes out in order when there is network, the pictures before the command that names them.
// Every picture and command has an id made here, so that sending again counts once. Without this file forms bring their
// photos themselves, and a signature is a typed name.

const bar = /** @type {HTMLElement} */ (document.querySelector('[data-kept]'));
const words = bar.dataset;
const who = words.who ?? '';
// When something happened is told by the server's clock, as it was when this page was sent.
const sentAt = performance.timeOrigin + (/** @type {PerformanceNavigationTiming} */ (performance.getEntriesByType('navigation')[0])?.responseStart ?? 0);
const ahead = Number(words.now) - sentAt;

/**
 * @typedef {{id: string, job: string, stage: string, kind: string, blob: Blob}} Taken
 * @typedef {{id: string, who: string, what: string, url: string, at: number, body: string[][], pictures: Taken[], says?: string}} Entry
 * @typedef {{done?: string, html?: string, later?: boolean}} Answer
 */

/** Pictures of this page that the server does not have yet. @type {Map<string, Taken>} */
const taken = new Map();

/** A UUIDv7: by time, then random. */
function newID() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  let ms = Date.now();
  for (let i = 5; i >= 0; i--) { b[i] = ms % 256; ms = Math.floor(ms / 256); }
  b[6] = (b[6] & 15) | 112;
  b[8] = (b[8] & 63) | 128;
  return [...b].map((n) => n.toString(16).padStart(2, '0')).join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

// --- taking a photo -----------------------------------------------------------------------------------------

/** @param {CanvasImageSource & {width: number, height: number}} image @param {number} side */
function canvasOf(image, side) {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {string} type @param {number} [quality] @returns {Promise<Blob>} */
const blobOf = (canvas, type, quality) => new Promise((ok, no) => canvas.toBlob((b) => b ? ok(b) : no(new Error(type)), type, quality));

/** A photo small enough for a slow network, with nothing in it but the image. What this browser cannot read is sent as
 * it is, for the server to say. @param {File} file @returns {Promise<[Blob, string]>} */
async function shrink(file) {
  try {
    const image = await createImageBitmap(file);
    let canvas = canvasOf(image, 1600);
    const small = canvasOf(canvas, 240).toDataURL('image/jpeg', 0.7);
    for (let quality = 0.84; ; quality -= 0.08) {
      const blob = await blobOf(canvas, 'image/jpeg', quality);
      if (blob.size <= 250_000) return [blob, small];
      if (quality < 0.5) { canvas = canvasOf(canvas, Math.max(canvas.width, canvas.height) * 0.75); quality = 0.84; }
    }
  } catch { return [file, '']; }
}

/** @param {HTMLElement} field @param {Blob} blob @param {string} small */
function add(field, blob, small) {
  const id = newID();
  const { job = '', stage = '', picture: kind = '', name = '' } = field.dataset;
  taken.set(id, { id, job, stage, kind, blob });
  const box = Object.assign(document.createElement('input'), { type: 'checkbox', name, value: id, checked: true });
  box.dataset.new = '';
  const list = field.querySelector('.taken');
  const text = document.createElement('span');
  text.append(box, ' ' + (kind === 'signature' ? words.signature : words.photo ?? '')?.replace('{n}', String((list?.children.length ?? 0) + 1)));
  const label = Object.assign(document.createElement('label'), { className: 'shot' });
  if (small) label.append(Object.assign(document.createElement('img'), { src: small, alt: '' }));
  label.append(text);
  list?.append(label);
}

document.addEventListener('change', async (e) => {
  const input = /** @type {HTMLInputElement} */ (e.target);
  const field = /** @type {HTMLElement | null} */ (input.closest('[data-picture=photo]'));
  if (!field || input.type !== 'file') return;
  const files = [...input.files ?? []];
  input.value = '';
  for (const file of files) {
    const room = Number(field.dataset.max) - field.querySelectorAll('input:checked').length;
    tell(field, room > 0 ? '' : (words.most ?? '').replace('{n}', field.dataset.max ?? ''));
    if (room > 0) add(field, ...await shrink(file));
  }
});

// --- signing ------------------------------------------------------------------------------------------------

/** @type {{canvas: HTMLCanvasElement, x: number, y: number} | null} */
let pen = null;

/** @param {PointerEvent} e @param {HTMLCanvasElement} canvas */
function place(e, canvas) {
  const r = canvas.getBoundingClientRect();
  return { canvas, x: (e.clientX - r.left) * canvas.width / r.width, y: (e.clientY - r.top) * canvas.height / r.height };
}

document.addEventListener('pointerdown', (e) => {
  if (!(e.target instanceof HTMLCanvasElement) || !e.target.closest('.pad') || e.button !== 0) return;
  e.preventDefault();
  e.target.setPointerCapture(e.pointerId);
  pen = place(e, e.target);
  e.target.dataset.new = '';
});
document.addEventListener('pointermove', (e) => {
  const ink = pen?.canvas.getContext('2d');
  if (!pen || !ink) return;
  const to = place(e, pen.canvas);
  Object.assign(ink, { lineWidth: 4, lineCap: 'round', strokeStyle: '#1B1D22' });
  ink.beginPath();
  ink.moveTo(pen.x, pen.y);
  ink.lineTo(to.x, to.y);
  ink.stroke();
  pen = to;
});
for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, () => { pen = null; });
document.addEventListener('click', (e) => {
  const canvas = e.target instanceof Element && e.target.closest('[data-clear]')?.parentElement?.querySelector('canvas');
  if (!canvas) return;
  canvas.width = canvas.width; // empties it
  delete canvas.dataset.new;
});

/** Turns what was drawn in a form into pictures of it. @param {HTMLFormElement} form */
async function signed(form) {
  for (const canvas of form.querySelectorAll('canvas')) {
    const field = /** @type {HTMLElement | null} */ (canvas.closest('[data-picture]'));
    if (canvas.dataset.new === undefined || !field) continue;
    add(field, await blobOf(canvas, 'image/png'), canvasOf(canvas, 240).toDataURL('image/png'));
    canvas.width = canvas.width;
    delete canvas.dataset.new;
  }
}

/** The new pictures that are ticked in a form. @param {HTMLFormElement} form */
const ticked = (form) => [.../** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[data-new]:checked'))]
  .map((box) => taken.get(box.value)).filter((p) => p !== undefined);

/** @param {HTMLElement} place @param {string} text */
function tell(place, text) {
  place.querySelector(':scope > .error')?.remove();
  if (text) place.prepend(Object.assign(document.createElement('p'), { className: 'error', role: 'alert', textContent: text }));
}

// --- sending ------------------------------------------------------------------------------------------------

/** Is an answer one to wait after: no network, not signed in, the server not well? @param {number} status */
const wait = (status) => status === 401 || status === 408 || status === 429 || status >= 500;

const limit = () => AbortSignal.timeout(60_000);

/** @param {Taken} p @returns {Promise<Answer>} */
async function upload(p) {
  const form = new FormData();
  for (const [name, value] of [['id', p.id], ['stage', p.stage], ['kind', p.kind]]) form.append(name, value);
  form.append('picture', p.blob, p.id);
  try {
    const answer = await fetch('/jobs/' + p.job + '/pictures', { method: 'POST', body: form, signal: limit() });
    if (answer.ok) return { done: p.id };
    return wait(answer.status) ? { later: true } : { html: await answer.text() };
  } catch { return { later: true }; }
}

/** The pictures first, then the command. @param {Entry} entry @returns {Promise<Answer>} */
async function deliver(entry) {
  for (const p of entry.pictures) {
    const answer = await upload(p);
    if (!answer.done) return answer;
  }
  try {
    const answer = await fetch(entry.url, { method: 'POST', body: new URLSearchParams(entry.body), signal: limit() });
    if (answer.redirected) return { done: answer.url };
    return wait(answer.status) ? { later: true } : { html: await answer.text() };
  } catch { return { later: true }; }
}

/** @param {string} html */
function sentence(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  return (page.querySelector('main .error') ?? page.querySelector('main p'))?.textContent?.trim() ?? '';
}

// --- the outbox ---------------------------------------------------------------------------------------------

/** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} ask @returns {Promise<any>} */
function outbox(mode, ask) {
  return new Promise((ok, no) => {
    const opening = indexedDB.open('clicarity', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('outbox', { keyPath: 'id' });
    opening.onerror = () => no(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('outbox', mode, { durability: 'strict' });
      const request = ask(transaction.objectStore('outbox'));
      transaction.oncomplete = () => { opening.result.close(); ok(request.result); };
      transaction.onabort = transaction.onerror = () => { opening.result.close(); no(transaction.error); };
    };
  });
}

/** @returns {Promise<Entry[]>} */
const entries = async () => (await outbox('readonly', (s) => s.getAll())).filter((/** @type {Entry} */ e) => e.who === who)
  .sort((/** @type {Entry} */ a, /** @type {Entry} */ b) => a.at - b.at);
const put = (/** @type {Entry} */ entry) => outbox('readwrite', (s) => s.put(entry));
const remove = (/** @type {string} */ id) => outbox('readwrite', (s) => s.delete(id));

/** Says what waits, and what was not taken. */
async function show() {
  const all = await entries();
  const everybody = await outbox('readonly', (s) => s.count());
  if (everybody) localStorage.setItem('kept', '1'); else localStorage.removeItem('kept');
  const waiting = all.filter((e) => e.says === undefined).length;
  const lines = all.filter((e) => e.says !== undefined).map((e) => {
    const line = document.createElement('p');
    line.append(Object.assign(document.createElement('a'), { href: e.url, textContent: e.what }), ': ' + e.says + ' ');
    for (const [word, act] of /** @type {[string, () => Promise<any>][]} */ ([[words.again, () => put({ ...e, says: undefined })], [words.drop, () => remove(e.id)]])) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: word });
      button.addEventListener('click', async () => { if (word === words.drop && !confirm(e.what + ' · ' + word + '?')) return; await act(); await show(); drain(); });
      line.append(button, ' ');
    }
    return line;
  });
  if (waiting) lines.unshift(Object.assign(document.createElement('p'), { textContent: (words.waits ?? '').replace('{n}', String(waiting)) }));
  bar.replaceChildren(...lines);
  bar.hidden = lines.length === 0;
}

/** Sends what waits, the oldest first, until the network ends. What is refused stays, with the reason, for the person.
 * @param {string} [mine] id of the entry whose answer is shown by the caller @returns {Promise<Answer>} */
async function sendAll(mine) {
  for (const entry of await entries()) {
    if (entry.says !== undefined) continue;
    const answer = await deliver(entry);
    if (answer.later) break;
    if (entry.id === mine) { await remove(entry.id); return answer; }
    if (answer.html !== undefined) { await put({ ...entry, says: sentence(answer.html) }); continue; }
    await remove(entry.id);
    if (location.pathname === entry.url && answer.done && !document.querySelector('[data-new]')) location.assign(answer.done);
  }
  return { later: true };
}

/** @type {Promise<unknown>} */
let last = Promise.resolve();

/** One at a time. @param {string} [mine] @returns {Promise<Answer>} */
function drain(mine) {
  const turn = last.then(() => sendAll(mine)).catch(() => ({ later: true })).finally(show);
  last = turn.catch(() => {});
  return turn;
}

// --- forms --------------------------------------------------------------------------------------------------

document.addEventListener('submit', (e) => {
  const form = /** @type {HTMLFormElement} */ (e.target);
  if (e.defaultPrevented || form.dataset.ready) return;
  const card = form.closest('.stagecard') && form.querySelector('[name=command]') && !form.hasAttribute('action');
  if (!card && !form.querySelector('[data-picture]')) return;
  e.preventDefault();
  const button = /** @type {HTMLButtonElement | null} */ (e.submitter);
  const sending = card ? give(form, button) : bring(form, button);
  form.setAttribute('aria-busy', 'true');
  sending.finally(() => { form.removeAttribute('aria-busy'); delete form.dataset.sent; });
});

/** A form of another page: its pictures go first, then the form as it is. @param {HTMLFormElement} form @param {HTMLButtonElement | null} button */
async function bring(form, button) {
  await signed(form);
  for (const p of ticked(form)) {
    const answer = await upload(p);
    if (!answer.done) { tell(form, answer.html ? sentence(answer.html) : words.none ?? ''); return; }
  }
  form.dataset.ready = '1';
  delete form.dataset.sent;
  form.requestSubmit(button);
}

/** What is tapped on a stage card. @param {HTMLFormElement} form @param {HTMLButtonElement | null} button */
async function give(form, button) {
  await signed(form);
  const body = [...new FormData(form)].flatMap(([name, value]) => typeof value === 'string' ? [[name, value]] : []);
  if (button?.name) body.push([button.name, button.value]);
  const at = Math.round(Date.now() + ahead);
  body.push(['at', String(at)], ['as', who]);
  const id = body.find(([name]) => name === 'command')?.[1] ?? newID();
  /** @type {Entry} */
  const entry = { id, who, what: document.title.replace(/ · Clicarity$/, ''), url: location.pathname, at, body, pictures: ticked(form) };
  let kept = true;
  try { await put(entry); localStorage.setItem('kept', '1'); } catch { kept = false; }
  const answer = kept ? await drain(id) : await deliver(entry);
  if (answer.done) { leave(answer.done); return; }
  if (answer.html !== undefined) { refused(form, answer.html); return; }
  if (!kept) { tell(form, words.none ?? ''); return; }
  saved(form, body.some(([name, value]) => name === 'do' && value === 'start'));
}

/** @param {string} to */
function leave(to) {
  taken.clear();
  location.assign(to);
}

/** Shows the card as the server shows it, with the reason on it. Pictures that did not get there stay in the form.
 * @param {HTMLFormElement} form @param {string} html */
function refused(form, html) {
  const main = document.getElementById('main');
  const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById('main');
  if (!main || !fresh?.querySelector('.stagecard')) { tell(form, sentence(html)); form.scrollIntoView(); return; }
  main.replaceChildren(...fresh.childNodes);
  taken.clear();
  scrollTo(0, 0);
}

/** @param {HTMLFormElement} form @param {boolean} stays whether the work is still here */
function saved(form, stays) {
  const card = form.closest('.stagecard');
  const note = Object.assign(document.createElement('p'), { className: 'okay', role: 'status', tabIndex: -1, textContent: '✓ ' + words.saved });
  form.before(note);
  for (const gone of stays ? [form] : card?.querySelectorAll('form, details.sheet, .away') ?? []) gone.remove();
  card?.querySelectorAll('.okay').forEach((other) => { if (other !== note) other.remove(); });
  note.focus();
  note.scrollIntoView({ block: 'center' });
  navigator.storage?.persist?.().catch(() => {});
}

addEventListener('online', () => drain());
document.addEventListener('visibilitychange', () => { if (!document.hidden) drain(); });
setInterval(() => { if (!bar.hidden) drain(); }, 15_000);
drain();
