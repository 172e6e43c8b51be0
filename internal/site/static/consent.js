// Statistics, and only after an agreement: until then nothing of another host is asked for. Forms keep the choice; this
// script follows it and opens the dialog.
const me = document.currentScript, GTM = me.dataset.gtm, choice = me.dataset.choice;
window.dataLayer = window.dataLayer || [];
function gtag() { dataLayer.push(arguments); }
const denied = { ad_storage: 'denied', ad_user_data: 'denied', ad_personalization: 'denied', analytics_storage: 'denied',
  functionality_storage: 'denied', personalization_storage: 'denied', security_storage: 'granted' };
gtag('consent', 'default', { ...denied, wait_for_update: 500 });

function load() {
  gtag('consent', 'update', { ...denied, analytics_storage: 'granted' });
  gtag('set', { allow_google_signals: false, allow_ad_personalization_signals: false, page_location: location.origin + location.pathname });
  dataLayer.push({ 'gtm.start': Date.now(), event: 'gtm.js' });
  const s = document.createElement('script');
  s.async = true;
  s.nonce = me.nonce;
  s.src = 'https://www.googletagmanager.com/gtm.js?id=' + GTM;
  document.head.append(s);
}

function forget() {
  const host = location.hostname, above = '.' + host.split('.').slice(-2).join('.');
  for (const name of document.cookie.split('; ').map(c => c.split('=')[0]).filter(n => /^_ga/.test(n)))
    for (const domain of ['', host, above]) document.cookie = name + '=;Max-Age=0;path=/' + (domain ? ';domain=' + domain : '');
}

if (choice === 'a1') load();
else forget();

const opener = document.querySelector('[data-choose]'), dialog = document.querySelector('.cc-dialog');
if (opener && dialog && dialog.showModal) {
  const open = e => { e.preventDefault(); dialog.showModal(); };
  opener.addEventListener('click', open);
  opener.addEventListener('keydown', e => { if (e.key === ' ' || e.key === 'Enter') open(e); }); // now, or the dialog gets the key too
  dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => opener.focus());
}
// The question covers nothing: what it takes of the height the page gets below its end.
const banner = document.querySelector('.cc');
if (banner && window.ResizeObserver) new ResizeObserver(() => {
  const high = banner.offsetHeight + 'px';
  document.body.style.paddingBottom = document.documentElement.style.scrollPaddingBottom = high;
}).observe(banner);
