// Choosing jobs on the board for a change together: how many are chosen, ranges with Shift, and what is chosen on other
// pages of the same board. Without this file the jobs of one page are chosen with their boxes.

const most = 500;
const form = /** @type {HTMLFormElement | null} */ (document.getElementById('bulk'));
const kept = 'bulk';

if (document.querySelector('[data-bulk-done]')) sessionStorage.removeItem(kept);
if (form) choosing(form);

/** @param {HTMLFormElement} form */
function choosing(form) {
  const process = /** @type {HTMLInputElement} */ (form.elements.namedItem('process')).value;
  const boxes = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('.pick input')]);
  const count = form.querySelector('[data-count]');
  const go = form.querySelector('button');
  /** @type {Set<string>} */
  let chosen = new Set();
  try {
    const was = JSON.parse(sessionStorage.getItem(kept) ?? '{}');
    if (was.process === process) chosen = new Set(was.jobs);
  } catch { /* nothing was kept */ }
  /** @type {HTMLInputElement | null} */
  let last = null;

  function show() {
    sessionStorage.setItem(kept, JSON.stringify({ process, jobs: [...chosen] }));
    for (const box of boxes) {
      box.checked = chosen.has(box.value);
      box.disabled = !box.checked && chosen.size >= most;
    }
    if (count) count.textContent = (form.dataset.says ?? '').replace('{n}', chosen.size.toLocaleString('en-IN')) + (chosen.size >= most ? ' !' : '');
    if (go) go.disabled = chosen.size === 0;
  }

  /** @param {HTMLInputElement} box @param {boolean} on */
  function pick(box, on) {
    if (!on) chosen.delete(box.value);
    else if (chosen.size < most) chosen.add(box.value);
  }

  for (const box of boxes) if (box.checked) pick(box, true);
  document.addEventListener('click', (e) => {
    const box = e.target instanceof HTMLInputElement && e.target.closest('.pick') ? e.target : null;
    if (!box) return;
    const [from, to] = [boxes.indexOf(last ?? box), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const one of e.shiftKey ? boxes.slice(from, to + 1) : [box]) pick(one, box.checked);
    last = box;
    show();
  });
  form.querySelector('[data-all]')?.addEventListener('click', (e) => {
    e.preventDefault();
    const on = boxes.some((box) => !box.checked);
    for (const box of boxes) pick(box, on);
    show();
  });
  form.querySelector('[data-none]')?.addEventListener('click', () => sessionStorage.removeItem(kept));
  form.addEventListener('formdata', (e) => {
    for (const box of boxes) chosen.delete(box.value);
    for (const box of boxes) if (box.checked) chosen.add(box.value);
    e.formData.delete('job');
    for (const job of chosen) e.formData.append('job', job);
  });
  addEventListener('pageshow', show);
  show();
}
