// Copies a link. Without this it is selected and copied by hand.

for (const button of document.querySelectorAll('[data-copy]')) {
  if (!(button instanceof HTMLButtonElement) || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const field = /** @type {HTMLInputElement | null} */ (document.getElementById(button.dataset.copy ?? ''));
    if (!field) return;
    await navigator.clipboard.writeText(field.value);
    const was = button.textContent;
    button.textContent = button.dataset.copied ?? was;
    setTimeout(() => { button.textContent = was; }, 2000);
  });
}
