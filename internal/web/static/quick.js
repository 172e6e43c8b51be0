// The search dialog: what was typed is looked for while somebody types, the arrow keys choose, Enter opens. Without this
// file the form in it goes to the search page.

const dialog = /** @type {HTMLDialogElement} */ (document.querySelector('dialog.quick'));
const box = /** @type {HTMLInputElement} */ (dialog.querySelector('input'));
const list = /** @type {HTMLElement} */ (dialog.querySelector('[role=listbox]'));

/** @type {HTMLAnchorElement | null} */
let chosen = null;
let timer = 0;
let asked = '';
/** @type {AbortController | null} */
let asking = null;

/** @param {string} text */
export function open(text = '') {
  if (dialog.open) return;
  dialog.showModal();
  if (text) { box.value = text; look(); }
  box.focus();
  box.select();
}

/** @param {HTMLAnchorElement | null} option */
function choose(option) {
  chosen?.setAttribute('aria-selected', 'false');
  chosen = option;
  option?.setAttribute('aria-selected', 'true');
  option?.scrollIntoView({ block: 'nearest' });
  if (option) box.setAttribute('aria-activedescendant', option.id); else box.removeAttribute('aria-activedescendant');
}

async function look() {
  const text = box.value.trim();
  if (text === asked) return;
  asked = text;
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = text ? await fetch('/find/quick?q=' + encodeURIComponent(text), { signal: asking.signal }) : null;
    if (answer?.redirected) { location.reload(); return; } // the log-in has ended
    const html = answer?.ok ? await answer.text() : '';
    if (asked !== text) return;
    choose(null);
    list.innerHTML = html;
    list.querySelectorAll('[role=option]').forEach((option, i) => { option.id = 'quick-' + i; });
    box.setAttribute('aria-expanded', String(list.querySelector('[role=option]') !== null));
  } catch { asked = ''; /* typed on, or no network: Enter still asks the page */ }
}

box.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(look, 150); });
box.addEventListener('keydown', (e) => {
  if (e.key === 'Enter' && chosen) { e.preventDefault(); chosen.click(); return; }
  const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
  if (!step || e.isComposing) return;
  e.preventDefault();
  const options = /** @type {HTMLAnchorElement[]} */ ([...list.querySelectorAll('[role=option]')]);
  const at = chosen ? options.indexOf(chosen) + step : step > 0 ? 0 : options.length - 1;
  choose(options[at] ?? null);
});
dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
