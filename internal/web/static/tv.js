// The script of a TV. It runs for months without anybody near it, in browsers back to Chromium 63: ES2017 and no more.
// It fetches the picture, turns its pages, and keeps the last one when the network is away.
(function () {
  'use strict';

  const root = document.documentElement;
  const box = document.getElementById('tv');
  const bar = document.querySelector('.bar span');
  const stale = document.querySelector('.stale');
  const page = box.dataset;
  const version = page.version;

  let shown = '';            // the key of the page that is shown
  let turned = 0;            // when it was turned to
  let heard = now();         // when the server was last heard
  let clock = '';            // and what time it was there
  let asked = 0;             // when the picture was last asked for
  let asking = false;
  let wanted = 0;            // the timer of the next time
  let reload = 0;            // the timer of the whole page
  let feed = null;
  let shift = 0;

  root.classList.add('js');

  function now() { return window.performance.now() / 1000; }

  function picture() { return box.querySelector('.picture'); }

  // --- the picture --------------------------------------------------------------------------------------------

  /** Asks for the picture as soon as that may be: not more often than once in some seconds. */
  function want(seconds) {
    clearTimeout(wanted);
    wanted = setTimeout(load, Math.max(0, seconds) * 1000);
  }

  /** @param {boolean} [atOnce] */
  function changed(atOnce) {
    if (atOnce) { want(0); return; }
    want(Math.min(5, Math.max(0.2, asked + 5 - now())));
  }

  function load() {
    if (asking) { want(1); return; }
    asking = true;
    asked = now();
    const ask = new XMLHttpRequest();
    ask.open('GET', '/tv/picture');
    ask.timeout = 20000;
    ask.onloadend = function () {
      asking = false;
      if (ask.status === 200) take(ask.responseText);
      else want(10);
    };
    ask.send();
  }

  function take(html) {
    const holder = document.createElement('div');
    holder.innerHTML = html;
    const fresh = holder.querySelector('.picture');
    if (!fresh) { want(10); return; }
    if (fresh.dataset.version !== version) { location.reload(); return; }
    box.replaceChild(fresh, picture());
    show();
  }

  /** Begins with a picture that has just come. */
  function show() {
    const data = picture().dataset;
    root.lang = picture().lang;
    document.title = data.title + ' · Clicarity';
    hear(data.clock);
    turnTo(shown);
    listen(data.feed);
    clearTimeout(wanted);
    want(Number(data.poll) || Number(page.again));
    clearTimeout(reload);
    reload = setTimeout(anew, Number(data.reload));
  }

  /** Loads the whole page again, when there is somebody to load it from. */
  function anew() {
    const ask = new XMLHttpRequest();
    ask.open('GET', '/tv/picture');
    ask.timeout = 20000;
    ask.onloadend = function () {
      if (ask.status === 200) location.reload();
      else reload = setTimeout(anew, 60000);
    };
    ask.send();
  }

  /** Shows nothing at once: this is no TV any more. */
  function blank() {
    const p = picture();
    while (p.firstChild) p.removeChild(p.firstChild);
    root.classList.remove('many');
    shown = '';
  }

  // --- its pages ----------------------------------------------------------------------------------------------

  function slides() { return Array.prototype.slice.call(box.querySelectorAll('.slide')); }

  function turnTo(key) {
    const all = slides();
    root.classList.toggle('many', all.length > 1);
    if (!all.length) { shown = ''; return; }
    let at = all.findIndex(function (s) { return s.dataset.key === key; });
    if (at < 0) { at = 0; begin(); }
    all.forEach(function (s, i) { s.classList.toggle('on', i === at); });
    shown = all[at].dataset.key;
  }

  function begin() {
    turned = now();
    bar.classList.remove('go');
    void bar.offsetWidth; // so that it begins again
    bar.classList.add('go');
  }

  function turn() {
    const all = slides();
    if (all.length < 2) { turned = now(); return; }
    const at = all.findIndex(function (s) { return s.classList.contains('on'); });
    turnTo(all[(at + 1) % all.length].dataset.key);
    begin();
  }

  // --- the feed -----------------------------------------------------------------------------------------------

  function listen(address) {
    if (!address) { hush(); return; }
    if (feed && feed.readyState !== 2) return;
    feed = new EventSource(address);
    let opened = false;
    feed.addEventListener('open', function () {
      if (opened || stale.hidden === false) changed(true); // what was missed meanwhile
      opened = true;
    });
    feed.addEventListener('beat', function (e) { hear(e.data); });
    feed.addEventListener('picture', function () { hear(''); changed(); });
    feed.addEventListener('changed', function () { hear(''); changed(true); });
    feed.addEventListener('gone', function () { blank(); hush(); changed(true); });
    feed.addEventListener('error', function () {
      if (feed && feed.readyState === 2) { feed = null; want(5); } // the picture says whether there is a feed still
    });
  }

  function hush() {
    if (feed) feed.close();
    feed = null;
  }

  function hear(time) {
    heard = now();
    clock = time || clock;
    old(false);
  }

  /** Says that what is shown is old, and from when it is. */
  function old(yes) {
    if (stale.hidden !== yes) return;
    stale.hidden = !yes;
    root.classList.toggle('old', yes);
    if (yes) stale.querySelector('[data-says]').textContent = picture().dataset.asof.replace('…', clock);
  }

  let quiet = 0; // when the silence was last acted on
  function watch() {
    const silent = now() - heard;
    const limit = Number(page.stale);
    if (picture().dataset.feed) old(silent > limit);
    if (silent > limit / 2 && now() - quiet > 10) { // the connection may be dead without saying so
      quiet = now();
      hush();
      changed(true);
    }
    if (now() - turned >= Number(page.flip)) turn();
  }

  // --- the screen ---------------------------------------------------------------------------------------------

  function move() {
    root.classList.remove('shift1', 'shift2', 'shift3');
    shift = (shift + 1) % 4;
    if (shift) root.classList.add('shift' + shift);
  }

  function stayAwake() {
    if (!navigator.wakeLock || document.visibilityState !== 'visible') return;
    navigator.wakeLock.request('screen').catch(function () { /* the TV has its own mind */ });
  }

  document.addEventListener('visibilitychange', stayAwake);
  window.addEventListener('online', function () { changed(true); });
  setInterval(watch, 1000);
  setInterval(move, Number(page.shift) * 1000);
  stayAwake();
  show();
})();
