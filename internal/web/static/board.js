// The board's own: the matrix by keyboard, the small window of a cell, the rows that are no longer asked for. Without this
// file every cell is a link like any other.

/** @returns {HTMLTableElement | null} */
const table = () => document.querySelector('.matrix table');

/** The rows of cells that can be reached: the head with the stages, and the jobs. @returns {HTMLTableCellElement[][]} */
function grid() {
  return [...(table()?.querySelectorAll('tr:not(.phases)') ?? [])].map((row) => [...(/** @type {HTMLTableRowElement} */ (row)).cells]);
}

/** What of a cell takes the focus: its link, or itself. @param {Element} cell @returns {HTMLElement} */
const target = (cell) => cell.querySelector('a') ?? /** @type {HTMLElement} */ (cell);

/** One stop for the whole grid: where somebody was, else the first job. @param {Element | null} [at] */
function rove(at) {
  const t = table();
  if (!t) return;
  for (const el of t.querySelectorAll('a, th, td')) /** @type {HTMLElement} */ (el).tabIndex = -1;
  const stop = at ?? t.querySelector('tbody th');
  if (stop) target(stop).tabIndex = 0;
}

/** @param {Element | null | undefined} cell */
function go(cell) {
  if (!cell) return;
  rove(cell);
  target(cell).focus();
  cell.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** @param {EventTarget | null} el @returns {HTMLTableCellElement | null} */
const cellOf = (el) => (el instanceof Element ? el.closest('.matrix td, .matrix th') : null);

document.addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && !glance()?.hidden) { hide(); return; }
  const cell = cellOf(e.target);
  if (!cell || e.altKey || e.metaKey) return;
  const rows = grid();
  const y = rows.findIndex((row) => row.includes(cell));
  if (y < 0) return;
  const x = rows[y].indexOf(cell);
  const last = rows[y].length - 1;
  /** @type {Record<string, [number, number]>} */
  const to = {
    ArrowRight: [y, x + 1], ArrowLeft: [y, x - 1], ArrowDown: [y + 1, x], ArrowUp: [y - 1, x], Home: [e.ctrlKey ? 0 : y, 0], End: [e.ctrlKey ? rows.length - 1 : y, last],
    PageDown: [Math.min(y + 10, rows.length - 1), x], PageUp: [Math.max(y - 10, 0), x],
  };
  if (e.key === 'Enter' && e.target === cell) { cell.closest('tr')?.querySelector('a')?.click(); return; }
  const next = to[e.key];
  if (!next || (e.ctrlKey && e.key !== 'Home' && e.key !== 'End')) return;
  e.preventDefault();
  go(rows[next[0]]?.[next[1]]);
});

/** The cell that has the focus, as it is found again when its row or the page is renewed. @type {{row: string, x: number} | null} */
let held = null;
document.addEventListener('rows', () => {
  const lost = document.activeElement === document.body && held;
  const row = lost ? document.getElementById(lost.row) : null;
  const cell = lost && row instanceof HTMLTableRowElement ? row.cells[lost.x] : cellOf(document.activeElement);
  rove(cell);
  if (lost && cell) target(cell).focus({ preventScroll: true });
});

// --- the small window of a cell -------------------------------------------------------------------------------

const glance = () => document.getElementById('glance');
/** @type {HTMLElement | null} */
let shown = null;
let wanted = 0;
let touched = false;

function hide() {
  wanted++;
  shown = null;
  const box = glance();
  if (box) box.hidden = true;
}

/** Where the window of a cell is to be asked for; nothing for a cell where nothing is to be said. @param {HTMLTableCellElement} cell */
function source(cell) {
  const stage = table()?.querySelectorAll('.stages th')[cell.cellIndex]?.getAttribute('data-stage');
  const job = cell.closest('tr')?.id.replace('j-', '');
  if (!stage || !job || cell.matches('th, .other, .skipped')) return null;
  return '/jobs/' + job + '/at/' + encodeURIComponent(stage) + '/glance';
}

/** @param {HTMLTableCellElement} cell @param {number} wait */
async function show(cell, wait) {
  const from = source(cell);
  const now = ++wanted;
  if (!from) { hide(); return; }
  await new Promise((done) => setTimeout(done, wait));
  if (now !== wanted) return;
  try {
    const answer = await fetch(from);
    if (!answer.ok || answer.redirected || now !== wanted) return;
    const html = await answer.text();
    const box = glance();
    if (!box || now !== wanted || !cell.isConnected) return;
    box.innerHTML = html;
    box.hidden = false;
    const at = cell.getBoundingClientRect();
    const below = at.bottom + 4 + box.offsetHeight <= innerHeight;
    box.style.left = Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8)) + 'px';
    box.style.top = (below ? at.bottom + 4 : Math.max(8, at.top - 4 - box.offsetHeight)) + 'px';
    shown = target(cell);
  } catch { /* the network is away: the cell says the same in short */ }
}

document.addEventListener('pointerover', (e) => {
  if (e.pointerType !== 'mouse' || (e.target instanceof Element && e.target.closest('#glance'))) return;
  const cell = cellOf(e.target);
  if (cell && target(cell) === shown) return;
  if (cell?.matches('td')) show(cell, 350);
  else if (shown !== document.activeElement) setTimeout(leave, 300); else wanted++;
});

/** The mouse has left the cell: the window goes, unless the mouse is on it. */
function leave() {
  const over = document.querySelector('.glance:hover, .matrix td:hover');
  if (!over && shown !== document.activeElement) hide();
}

document.addEventListener('pointerdown', (e) => {
  touched = e.pointerType !== 'mouse';
  if (e.target instanceof Element && !e.target.closest('#glance, .matrix')) hide();
});
document.addEventListener('focusin', (e) => {
  const cell = cellOf(e.target);
  held = cell ? { row: cell.closest('tr')?.id ?? '', x: cell.cellIndex } : null;
  if (cell) { rove(cell); if (!touched) show(cell, 250); }
  else if (!(e.target instanceof Element && e.target.closest('#glance'))) hide();
});
document.addEventListener('click', (e) => {
  const cell = cellOf(e.target);
  if (!cell?.matches('td') || !touched) return;
  if (target(cell) === shown) return; // the second tap opens
  e.preventDefault();
  show(cell, 0);
});
document.addEventListener('scroll', (e) => { if (e.target instanceof Element && e.target.matches('.matrix')) hide(); }, true);

rove();
