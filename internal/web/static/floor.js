// A shared device: it goes back to the tiles by itself, badges are scanned without a tap, and the PIN pad has keys. All of it
// works without this file too: the server ends the session, the PIN is a field to type in.

const bar = /** @type {HTMLElement | null} */ (document.querySelector('[data-floor]'));
const tiles = document.querySelector('[data-tiles]');
const pad = /** @type {HTMLElement | null} */ (document.querySelector('[data-pin]'));

// --- who is in, and for how long -----------------------------------------------------------------------------

let touched = Date.now();
let told = Date.now();
let going = false;

/** Something was typed or ticked that is not sent yet. */
function draft() {
  return document.querySelector('main [data-new]') !== null || [...document.querySelectorAll('main input, main textarea, main select')].some((field) => {
    if (field instanceof HTMLSelectElement) return [...field.options].some((o) => o.selected !== o.defaultSelected) && field.selectedIndex > 0;
    if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
    if (!(field instanceof HTMLInputElement) || field.type === 'hidden') return false;
    return field.type === 'checkbox' || field.type === 'radio' ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  });
}

/** Leaves for the tiles. Without network the page is covered until there is. */
async function leave() {
  if (going) return;
  going = true;
  document.getElementById('main')?.setAttribute('hidden', '');
  for (;;) {
    try {
      await fetch('/device/next', { method: 'POST', redirect: 'manual' });
      location.replace('/device');
      return;
    } catch { await new Promise((again) => setTimeout(again, 3000)); }
  }
}

/** The server counts too: while somebody is busy here it is told. */
async function awake() {
  told = Date.now();
  try {
    const answer = await fetch('/device/awake', { redirect: 'manual' });
    if (answer.status !== 204) location.replace('/device');
  } catch { /* without network nothing can be asked; the forms say so */ }
}

function tick() {
  if (!bar) return;
  const left = Math.ceil(Number(bar.dataset.idle) - (Date.now() - touched) / 1000);
  const box = /** @type {HTMLElement} */ (bar.querySelector('.leaving'));
  if (left <= 0) { leave(); return; }
  if (left > Number(bar.dataset.warn)) {
    box.hidden = true;
    if (touched > told && Date.now() - told > 15_000) awake();
    return;
  }
  const seconds = box.querySelector('[data-left]');
  const unsaved = box.querySelector('[data-draft]');
  if (seconds) seconds.textContent = String(left);
  if (box.hidden && unsaved) unsaved.textContent = draft() ? bar.dataset.unsaved ?? '' : '';
  box.hidden = false;
}

function touch() {
  touched = Date.now();
}

for (const what of ['pointerdown', 'keydown', 'input', 'scroll', 'wheel', 'touchmove']) addEventListener(what, touch, { passive: true, capture: true });
if (bar) {
  bar.querySelector('[data-stay]')?.addEventListener('click', () => { touch(); awake(); tick(); });
  setInterval(tick, 500);
  document.addEventListener('visibilitychange', tick);
}
addEventListener('pageshow', (e) => { if (e.persisted) location.reload(); }); // nobody steps back into another's page

// --- the PIN pad ---------------------------------------------------------------------------------------------

if (pad) {
  document.documentElement.classList.add('js');
  const pin = /** @type {HTMLInputElement} */ (document.getElementById('pin'));
  if (matchMedia('(pointer: coarse)').matches) pin.inputMode = 'none'; // the pad is there already
  pin.focus();
  pad.addEventListener('click', (e) => {
    const key = e.target instanceof Element ? /** @type {HTMLElement | null} */ (e.target.closest('[data-key]')) : null;
    if (!key) return;
    pin.value = key.dataset.key === 'back' ? pin.value.slice(0, -1) : (pin.value + key.dataset.key).slice(0, pin.maxLength);
  });
  setInterval(() => { if (Date.now() - touched > Number(pad.dataset.idle) * 1000) location.replace('/device'); }, 1000);
}

// --- badges --------------------------------------------------------------------------------------------------

const field = /** @type {HTMLInputElement | null} */ (document.getElementById('badge'));
if (tiles && field) {
  const ready = () => { if (document.activeElement === document.body || document.activeElement === null) field.focus({ preventScroll: true }); };
  ready();
  setInterval(ready, 1000);
  document.addEventListener('keydown', (e) => { if (e.key.length === 1 && document.activeElement !== field && !document.activeElement?.matches('input, textarea, select')) field.focus({ preventScroll: true }); });
  scan(field);
}

/** People come and go: an idle device looks again now and then. */
if (tiles) {
  setInterval(async () => {
    if (Date.now() - touched < 60_000) return;
    try { if ((await fetch('/device', { method: 'HEAD' })).ok) location.reload(); } catch { /* later */ }
  }, 300_000);
}

/** The camera reads badges where the browser can. @param {HTMLInputElement} into */
async function scan(into) {
  const kind = /** @type {any} */ (window).BarcodeDetector;
  const open = /** @type {HTMLElement | null} */ (document.querySelector('[data-camera]'));
  const view = /** @type {HTMLElement | null} */ (document.querySelector('[data-view]'));
  const video = view?.querySelector('video');
  if (!kind || !navigator.mediaDevices || !open || !view || !video) return;
  if (!(await kind.getSupportedFormats()).includes('qr_code')) return;
  const detector = new kind({ formats: ['qr_code'] });
  let stream = /** @type {MediaStream | null} */ (null);
  const stop = () => { stream?.getTracks().forEach((track) => track.stop()); stream = null; view.hidden = true; };
  const look = async () => {
    if (!stream) return;
    const seen = await detector.detect(video).catch(() => []);
    const text = seen[0]?.rawValue;
    if (text) { stop(); into.value = text; into.form?.requestSubmit(); return; }
    setTimeout(look, 150);
  };
  open.hidden = false;
  open.addEventListener('click', async () => {
    try { stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'user' } }); } catch { return; }
    view.hidden = false;
    video.srcObject = stream;
    await video.play();
    look();
    setTimeout(stop, 60_000);
  });
  view.querySelector('[data-stop]')?.addEventListener('click', stop);
}
