package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"clicarity/internal/web"
)

// elsewhere are what is no page, or cannot be linked to by one, and why it is not looked at here. Everything else of the route table
// is: a new page joins by itself, or asks for an example in TestThePlatformKeepsNobodyOut.
var elsewhere = map[string]string{
	"GET /static/{hash}/{file}": "no page", "GET /jobs/{job}/at/{stage}/glance": "a part of the board", "GET /find/quick": "a part of every page", "GET /tv/picture": "a part of a TV",
	"GET /jobs/{job}/pictures/{picture}": "a picture", "GET /jobs/{job}/pictures/{picture}/small": "a picture", "GET /jobs/{job}/files/{revision}/small": "a picture",
	"GET /work/files/{job}/{revision}": "a file", "GET /l/{token}/files/{job}/{revision}": "a file", "GET /processes/{process}/file": "a file", "GET /audit/export": "a file",
	"GET /reports/{report}/export": "a file", "GET /board/export": "a file", "GET /close/export": "a file", "GET /evidence/file": "a file",
	"GET /reset/{token}": "its link is in a mail", "GET /new-login/{token}": "its link is in a mail", "GET /rights/{token}": "its link is in a mail", "GET /unsubscribe/{token}": "its link is in a mail",
	"GET /certificate/{token}": "its link is in a mail, after 90 days", "GET /try": "nobody may try here",
	"GET /second-factor": "between a password and a code", "GET /sign-in/with/{slug}": "a way to a provider", "GET /sign-in/with/{slug}/go": "a way to a provider", "GET /sign-in/with/{slug}/back": "a way from a provider",
	"GET /device/in/{member}": "on an enrolled device", "GET /device/awake": "on an enrolled device", "GET /devices/{device}": "once one is enrolled", "GET /devices/tv/{tv}": "once one is let in",
	"GET /support/{token}": "its link is handed over", "GET /tv/live": "a feed", "GET /start/{wizard}/{step}": "while a company sets itself up",
	"GET /news/{news}/mail": "a mail", "GET /news/{news}/send": "where mails are sent",
	"GET /intake/{upload}": "between a file and its preview", "GET /processes/{process}/move": "between two versions",
}

// walk looks at every page of the route table that somebody reaches: those whose address needs nothing more, and one of each that
// some page links to.
type walk struct {
	*page
	who    string
	script string
	mux    *http.ServeMux
	todo   []string        // addresses
	known  map[string]bool // patterns, those of todo included
	asked  *sync.Map       // patterns that led somewhere, for anybody
}

// pagesOf is the route table.
func pagesOf(t *testing.T) (mux *http.ServeMux, patterns []string) {
	t.Helper()
	table, err := web.New(web.Config{URL: site.url})
	if err != nil {
		t.Fatal(err)
	}
	mux = http.NewServeMux()
	for _, r := range table.Routes() {
		if strings.HasPrefix(r.Pattern, "GET ") {
			mux.Handle(r.Pattern, http.NotFoundHandler())
			patterns = append(patterns, r.Pattern)
		}
	}
	return mux, patterns
}

func (w *walk) pattern(path string) string {
	r, err := http.NewRequest(http.MethodGet, site.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_, pattern := w.mux.Handler(r)
	return pattern
}

// add notes an address, if it is the first of its kind.
func (w *walk) add(path string) {
	if p := w.pattern(path); p != "" && elsewhere[p] == "" && !w.known[p] {
		w.known[p] = true
		w.todo = append(w.todo, path)
	}
}

// isPage asks what is at an address: a whole page, or a file, a feed, a part of a page, a way on to another page.
func (w *walk) isPage(path string) bool {
	var found string
	w.run(chromedp.Evaluate(fmt.Sprintf(`(async () => { const c = new AbortController(); const end = setTimeout(() => c.abort(), 20000);
		try { const r = await fetch(%q, {signal: c.signal}); const type = r.headers.get('content-type') ?? '';
			const is = r.status + (r.redirected ? ' on' : type.startsWith('text/html') && /^<!doctype/i.test(await r.text()) ? ' page' : ' other'); clearTimeout(end); c.abort(); return is; }
		catch (e) { return 'nothing: ' + e; } })()`, path), &found, awaited))
	if strings.HasPrefix(found, "200") {
		w.asked.Store(w.pattern(path), true)
	}
	if strings.HasPrefix(found, "5") {
		w.t.Errorf("%s sees %s: %s", w.who, path, found)
	}
	return found == "200 page"
}

func awaited(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }

func (w *walk) everything(patterns []string) {
	w.t.Helper()
	for _, p := range patterns {
		if path := strings.TrimSuffix(strings.TrimPrefix(p, "GET "), "{$}"); !strings.Contains(path, "{") {
			w.add(path)
		}
	}
	for len(w.todo) > 0 {
		path := w.todo[0]
		w.todo = w.todo[1:]
		if w.isPage(path) {
			w.look(path)
		}
	}
}

// look has axe look at a page with everything unfolded, at two widths, in each of the colours that the page offers. The window is as
// high as the page, so that the bars at its edges cover nothing that could be scrolled to.
func (w *walk) look(path string) {
	w.t.Helper()
	w.run(chromedp.Navigate(site.url + path))
	for _, link := range strings.Fields(w.eval("[...document.querySelectorAll('a[href]')].filter(a => a.origin === location.origin).map(a => a.pathname + a.search).join(' ')")) {
		w.add(link)
	}
	w.run(chromedp.Evaluate("document.querySelectorAll('main details').forEach(d => { d.open = true })", nil), chromedp.Evaluate(w.script, nil))
	for _, scheme := range strings.Fields(w.eval("document.querySelector('meta[name=color-scheme]')?.content ?? 'light'")) {
		for _, width := range []int64{360, 1366} {
			w.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				emulation.SetDeviceMetricsOverride(width, 800, 1, width < 600))
			var high int64
			w.run(chromedp.Evaluate("Math.min(Math.max(document.documentElement.scrollHeight, 800), 30000)", &high), emulation.SetDeviceMetricsOverride(width, high, 1, width < 600))
			if over := w.eval("document.documentElement.scrollWidth - innerWidth"); over != "0" {
				w.t.Errorf("%s has to scroll %s sideways by %s px at %d", w.who, path, over, width)
			}
			if found := w.violations(); found != "" {
				w.t.Errorf("%s sees %s, %s, %d px:\n%s", w.who, path, scheme, width, found)
			}
		}
	}
	w.run(emulation.SetDeviceMetricsOverride(360, 800, 1, true))
}

// Nobody is kept out of a page of the platform: not before the log-in, not an owner, not an operator on the shop floor or a vendor.
func TestThePlatformKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	script := axe(t)
	mux, patterns := pagesOf(t)
	var asked sync.Map
	job, open := examples(t)
	t.Run("as", func(t *testing.T) {
		for who, first := range map[string][]string{"nobody": open, "owner": {job, job + "/files"}, "Printing": {job, job + "/at/printing"}, "Konkan": nil} {
			t.Run(who, func(t *testing.T) {
				t.Parallel()
				w := &walk{page: atPlatform(t, who), who: who, script: script, mux: mux, known: map[string]bool{}, asked: &asked}
				for _, path := range first {
					w.add(path)
				}
				w.everything(patterns)
			})
		}
	})
	for _, p := range patterns {
		if _, ok := asked.Load(p); !ok && elsewhere[p] == "" {
			t.Errorf("%s was not looked at: no page links to one", p)
		}
	}
}

// examples are a job with files, and pages behind links for people without a log-in; and there are some things then that pages link to.
func examples(t *testing.T) (job string, open []string) {
	t.Helper()
	owner := atPlatform(t, "owner")
	job = drawn(owner)
	open = append(open, invite(t, owner, "Kavita"))
	owner.visit("/news/new").fill("#subject-en", "A draft").fill("#text-en", "Nobody gets this.").tap("Save the draft").sees("The draft is saved")
	sent(t, owner, "Looked over box")
	owner.tap("Make a link").sees("not opened yet")
	return job, append(open, newestLink(t, owner))
}

// drawn is the page of an open job of the demo that has a drawing with two revisions.
func drawn(p *page) (job string) {
	p.t.Helper()
	p.visit("/board")
	p.run(chromedp.Evaluate(`(async () => { for (let at = '/board'; at; ) {
		const page = new DOMParser().parseFromString(await (await fetch(at)).text(), 'text/html');
		for (const a of page.querySelectorAll('th.job a')) { if (/class="more older"/.test(await (await fetch(a.getAttribute('href'))).text())) return a.getAttribute('href'); }
		at = [...page.querySelectorAll('.pages a')].find(a => a.textContent.includes('→'))?.getAttribute('href'); }
		return ''; })()`, &job, awaited))
	if job == "" {
		p.t.Fatal("no job of the demo has a revised drawing")
	}
	return job
}

// atPlatform is a browser in which somebody is signed in, in English.
func atPlatform(t *testing.T, as string) *page {
	t.Helper()
	p := open(t, 360, 800, cdp.SetBypassCSP(true))
	if as == "nobody" {
		return p.visit("/sign-in")
	}
	p.signIn(who(t, as))
	p.speak("en")
	return p
}
