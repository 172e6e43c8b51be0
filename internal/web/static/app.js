// Everything works without this file but three things: changes appear by themselves, ages stay right while a page
// is open, and typing waste takes it off the good quantity.

const main = document.getElementById('main');

// --- live updates -------------------------------------------------------------------------------------------

/** @type {EventSource | null} */
let source = null;
let refreshing = false;
let again = false;
let lastWord = Date.now();

/** Follows the feed that the page names, if any. */
function listen() {
  source?.close();
  const feed = main?.dataset.live;
  if (!feed) return;
  source = new EventSource(feed);
  source.addEventListener('open', connected);
  source.addEventListener('row', (e) => replaceRow(JSON.parse(e.data)));
  source.addEventListener('refresh', refresh);
  source.addEventListener('left', (e) => leftRow(JSON.parse(e.data).job));
  source.addEventListener('more', () => document.querySelector('[data-more]')?.removeAttribute('hidden'));
  source.addEventListener('error', disconnected);
}

function connected() {
  lastWord = Date.now();
  document.querySelector('[data-offline]')?.setAttribute('hidden', '');
}

function disconnected() {
  supportOver();
  const bar = document.querySelector('[data-offline]');
  if (!bar || !bar.hasAttribute('hidden')) return;
  const since = new Date(lastWord);
  const text = bar.querySelector('span');
  if (text) text.textContent = since.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  bar.removeAttribute('hidden');
  if (source?.readyState === EventSource.CLOSED) setTimeout(listen, 3000 + Math.random() * 2000);
}

/** What support looks at goes with its leave: a page that may not be asked for again is left at once. */
async function supportOver() {
  if (!document.querySelector('[data-ends]')) return;
  try {
    const answer = await fetch('/health');
    if (answer.ok) location.reload();
  } catch { /* the network is away, not the leave */ }
}

const ends = document.querySelector('[data-ends]');
if (ends instanceof HTMLElement) setTimeout(supportOver, Number(ends.dataset.ends));

/** @param {{job: string, html: string}} row */
function replaceRow(row) {
  const old = document.getElementById('j-' + row.job);
  if (!old) return;
  const holder = document.createElement('tbody');
  holder.innerHTML = row.html;
  const fresh = holder.firstElementChild;
  if (!fresh) return;
  const focused = old.contains(document.activeElement) ? [...old.querySelectorAll('a')].indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement)) : -1;
  fresh.classList.add('fresh');
  old.replaceWith(fresh);
  if (focused >= 0) fresh.querySelectorAll('a')[focused]?.focus();
  document.dispatchEvent(new Event('rows'));
}

/** Marks a row that the list is not of any more. @param {string} job */
function leftRow(job) {
  const row = document.getElementById('j-' + job);
  const says = document.createElement('span');
  says.className = 'chip gone';
  says.textContent = document.querySelector('[data-left]')?.getAttribute('data-left') ?? '';
  row?.classList.add('left');
  row?.querySelector('th a')?.append(says);
}

/** Is somebody in the middle of typing or choosing? Then the page is left alone until they are done. */
function busy() {
  return document.querySelector('details.sheet[open], form [data-new]') !== null || document.activeElement?.matches('main input, main textarea, main select');
}

async function refresh() {
  if (refreshing || busy()) { again = true; return; }
  refreshing = true;
  again = false;
  try {
    const url = new URL(location.href);
    url.searchParams.delete('said');
    const answer = await fetch(url, { headers: { Accept: 'text/html' } });
    if (answer.ok && !answer.redirected && !busy()) {
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.getElementById('main');
      const feed = main?.dataset.live;
      if (fresh && main) {
        const at = document.querySelector('.matrix');
        const [left, top] = [at?.scrollLeft ?? 0, at?.scrollTop ?? 0];
        const folds = [...main.querySelectorAll('details.fold')].map((d) => [d.id, /** @type {HTMLDetailsElement} */ (d).open]);
        main.replaceChildren(...fresh.childNodes);
        document.querySelector('.matrix')?.scrollTo(left, top);
        for (const [id, open] of folds) document.getElementById(String(id))?.toggleAttribute('open', Boolean(open));
        if (fresh.dataset.live) main.dataset.live = fresh.dataset.live;
        document.dispatchEvent(new Event('rows'));
      }
      if (source?.readyState === EventSource.CLOSED || !feed) listen();
    }
  } catch { /* the feed says when the server is back */ }
  refreshing = false;
  if (again) setTimeout(refresh, 150);
}

/** Sections that are folded on a phone are open where there is room. */
if (matchMedia('(min-width: 900px)').matches) for (const d of document.querySelectorAll('details[data-wide]')) d.setAttribute('open', '');

document.addEventListener('toggle', () => { if (again) refresh(); }, true);

// --- ages ---------------------------------------------------------------------------------------------------

/** The server knows the calendar: it names the moments at which the next steps come. */
function ageCells() {
  for (const cell of document.querySelectorAll('td.live[data-next]')) {
    const { age, next } = /** @type {HTMLElement} */ (cell).dataset;
    const step = Number(age) + (next ?? '').split(' ').filter((at) => at && Date.now() / 1000 > Number(at)).length;
    cell.classList.remove('a0', 'a1', 'a2', 'a3', 'a4');
    cell.classList.add('a' + step);
  }
}

/** Brings the leftmost live cell of the rows in sight into sight too, beside the jobs that stay in place. */
function showLive() {
  const matrix = document.querySelector('.matrix');
  const job = matrix?.querySelector('thead .job');
  if (!matrix || !job) return;
  const places = [...matrix.querySelectorAll('td.live')].filter((cell) => /** @type {HTMLElement} */ (cell).offsetTop < matrix.clientHeight)
    .map((cell) => /** @type {HTMLElement} */ (cell).offsetLeft);
  if (places.length) matrix.scrollLeft = Math.min(...places) - job.clientWidth;
}

// --- the sheet ----------------------------------------------------------------------------------------------

/** Waste and rework that are typed come off the good quantity, as long as nobody has typed that. */
document.addEventListener('input', (e) => {
  const field = /** @type {HTMLInputElement} */ (e.target);
  if (field.name === 'good') field.dataset.own = 'yes';
  if (field.name !== 'wasted' && field.name !== 'back') return;
  const named = (/** @type {string} */ name) => /** @type {HTMLInputElement | null} */ (field.form?.elements.namedItem(name));
  const good = named('good');
  if (!good || good.dataset.own) return;
  const typed = (/** @type {string} */ name) => named(name)?.value.replaceAll(',', '').trim() || '0';
  const left = subtract(subtract(typed('seen'), typed('wasted')) ?? '', typed('back'));
  if (left !== null) good.value = left;
});

/** Exact a - b of two plain decimals, null when it cannot be or is below zero. @param {string} a @param {string} b */
function subtract(a, b) {
  if (!/^\d+(\.\d{1,6})?$/.test(a) || !/^\d+(\.\d{1,6})?$/.test(b)) return null;
  const micro = (/** @type {string} */ s) => {
    const [whole, part = ''] = s.split('.');
    return BigInt(whole) * 1000000n + BigInt(part.padEnd(6, '0'));
  };
  const rest = micro(a) - micro(b);
  if (rest < 0n) return null;
  const part = (rest % 1000000n).toString().padStart(6, '0').replace(/0+$/, '');
  return (rest / 1000000n).toString() + (part ? '.' + part : '');
}

// One tap is one command: a second tap on the same button does not send again.
document.addEventListener('submit', (e) => {
  const form = /** @type {HTMLFormElement} */ (e.target);
  if (form.dataset.sent) { e.preventDefault(); return; }
  form.dataset.sent = 'yes';
  setTimeout(() => delete form.dataset.sent, 4000);
});

// --- search from anywhere -----------------------------------------------------------------------------------

const quick = /** @type {HTMLElement | null} */ (document.querySelector('dialog.quick'));
const header = /** @type {HTMLInputElement | null} */ (document.getElementById('q'));

/** @param {string} [text] */
async function search(text) {
  if (quick?.dataset.script) (await import(quick.dataset.script)).open(text);
}

// A scanner types a code faster than anybody, and Enter at its end.
let scan = '';
let scanned = 0;
document.addEventListener('keydown', (e) => {
  if (!quick || quick.hasAttribute('open')) return;
  if (e.key.toLowerCase() === 'k' && (e.metaKey || e.ctrlKey) && !e.altKey && !e.shiftKey) { e.preventDefault(); search(); return; }
  if (e.metaKey || e.ctrlKey || e.altKey || document.activeElement?.matches('input, textarea, select')) return;
  const fast = e.timeStamp - scanned < 35;
  if (e.key === 'Enter' && fast && scan.length > 3) { e.preventDefault(); location.assign('/find?q=' + encodeURIComponent(scan)); return; }
  if (e.key.length !== 1) return;
  if (e.key === '/' && !(fast && scan)) { e.preventDefault(); search(); return; }
  scan = (fast ? scan : '') + e.key;
  scanned = e.timeStamp;
});
header?.addEventListener('click', () => search(header.value));

const toast = document.querySelector('.toast');
if (toast && !toast.querySelector('form')) setTimeout(() => toast.remove(), 8000);

listen();
ageCells();
showLive();
setInterval(ageCells, 30000);

// What a phone kept while there was no network goes out from whatever page is opened next.
const kept = /** @type {HTMLElement | null} */ (document.querySelector('[data-kept]'));
if (kept?.dataset.kept && localStorage.getItem('kept')) import(kept.dataset.kept);

// --- the process designer: stages by drag; the buttons work without this -------------------------------------

document.documentElement.classList.add('js');
/** @type {HTMLElement | null} */
let dragged = null;
document.addEventListener('dragstart', (e) => {
  const stage = e.target instanceof HTMLElement ? e.target.closest('.designstage') : null;
  if (!(stage instanceof HTMLElement) || document.activeElement?.matches('.designstage input')) { if (stage) e.preventDefault(); return; }
  dragged = stage;
  e.dataTransfer?.setData('text/plain', '');
});
document.addEventListener('dragover', (e) => {
  const over = dragged && e.target instanceof Element ? e.target.closest('.designstage') : null;
  if (!dragged || !over) return;
  e.preventDefault();
  document.querySelector('.designstage.over')?.classList.remove('over', 'under');
  if (over === dragged) return;
  over.classList.add('over');
  over.classList.toggle('under', (dragged.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0);
});
document.addEventListener('drop', (e) => {
  const over = document.querySelector('.designstage.over');
  if (!dragged || !over) return;
  e.preventDefault();
  // Downwards it takes the place of the one it is dropped on: so it can become the last.
  if (dragged.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING) over.after(dragged); else over.before(dragged);
  phaseHeads();
});
document.addEventListener('dragend', () => { document.querySelector('.designstage.over')?.classList.remove('over', 'under'); dragged = null; });

/** After a move: a heading stands where its phase begins, and each stage knows its place. */
function phaseHeads() {
  let last = '';
  document.querySelectorAll('.designstage').forEach((stage, i) => {
    const head = stage.querySelector('.phasehead');
    head?.toggleAttribute('hidden', head.textContent === last);
    last = head?.textContent ?? '';
    const place = stage.querySelector('.placing input');
    if (place instanceof HTMLInputElement) place.value = String(i + 1);
  });
}

document.addEventListener('click', (e) => {
  const button = e.target instanceof Element ? e.target.closest('.moves button') : null;
  if (!(button instanceof HTMLButtonElement)) return;
  const [what] = button.value.split('.');
  const stage = button.closest('.designstage');
  const other = what === 'up' ? stage?.previousElementSibling : what === 'down' ? stage?.nextElementSibling : null;
  if (what === 'remove' || !stage) return;
  e.preventDefault();
  if (!other) return;
  if (what === 'up') other.before(stage); else other.after(stage);
  phaseHeads();
  button.focus();
});

document.addEventListener('click', (e) => { if (e.target instanceof Element && e.target.closest('[data-print]')) window.print(); });

// A row of choices too long for a phone begins with the one that is made; the page itself stays where it is.
document.querySelectorAll('.chips [aria-current="true"]').forEach((here) => {
  const row = here.closest('.chips');
  if (row.scrollWidth > row.clientWidth) row.scrollLeft += here.getBoundingClientRect().left - row.getBoundingClientRect().left - 16;
});
