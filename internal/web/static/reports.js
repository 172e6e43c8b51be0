// A drawing as a picture: the SVG with its looks written into it, drawn on a canvas. Without this file the drawing and
// its table are all there; only the button for the picture stays away.

const looks = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin', 'stroke-linecap', 'paint-order', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'vector-effect'];
const wide = 1440; // pixels of the picture

/**
 * @param {SVGSVGElement} svg
 * @returns {SVGSVGElement} the same drawing, which needs no style sheet
 */
function plain(svg) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  const from = svg.querySelectorAll('*');
  copy.querySelectorAll('*').forEach((element, i) => {
    const style = getComputedStyle(from[i]);
    for (const name of looks) element.setAttribute(name, style.getPropertyValue(name));
  });
  const box = svg.viewBox.baseVal;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(wide));
  copy.setAttribute('height', String(Math.round(wide * box.height / box.width)));
  return copy;
}

/** @param {SVGSVGElement} svg @param {string} title */
async function picture(svg, title) {
  const copy = plain(svg);
  const image = new Image();
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(new XMLSerializer().serializeToString(copy));
  await image.decode();
  const head = 96, edge = 32;
  const canvas = document.createElement('canvas');
  canvas.width = wide + 2 * edge;
  canvas.height = Number(copy.getAttribute('height')) + head + edge;
  const pen = canvas.getContext('2d');
  if (!pen) return null;
  pen.fillStyle = '#FFFFFF';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = '#1B1D22';
  pen.font = '600 36px ' + getComputedStyle(document.body).fontFamily;
  pen.fillText(title, edge, 56, wide);
  pen.drawImage(image, edge, head);
  return new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, 'image/png'));
}

document.querySelectorAll('button[data-png]').forEach((button) => {
  if (!(button instanceof HTMLButtonElement)) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const figure = button.closest('.figure');
    const svg = figure?.querySelector('svg.chart');
    if (!(svg instanceof SVGSVGElement)) return;
    const blob = await picture(svg, figure?.querySelector('h2')?.textContent ?? '');
    if (!blob) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = (button.dataset.png ?? 'chart') + '.png';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
});
