package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// asked are the hosts that a browser asked for something.
type asked struct {
	mu    sync.Mutex
	hosts map[string][]string // what, by host
}

// others are the hosts beside the server itself.
func (a *asked) others() (list []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for host := range a.hosts {
		if own, err := url.Parse(site.url); err == nil && host != own.Hostname() {
			list = append(list, host)
		}
	}
	slices.Sort(list)
	return list
}

func (a *asked) of(host string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.hosts[host], " ")
}

// alone is a browser that finds no host but this machine, and remembers what it asked for.
func alone(t *testing.T, width, height int64) (*page, *asked) {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browserPath()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.Flag("test-third-party-cookie-phaseout", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "en"), chromedp.WindowSize(int(width), int(height)))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel2 := chromedp.NewContext(alloc)
	ctx, cancel3 := context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(func() { cancel3(); cancel2(); cancel() })
	seen := &asked{hosts: map[string][]string{}}
	chromedp.ListenTarget(ctx, func(e any) {
		if r, ok := e.(*network.EventRequestWillBeSent); ok {
			if u, err := url.Parse(r.Request.URL); err == nil && u.Host != "" {
				seen.mu.Lock()
				seen.hosts[u.Hostname()] = append(seen.hosts[u.Hostname()], r.Request.URL)
				seen.mu.Unlock()
			}
		}
	})
	p := &page{t, ctx, site.url}
	p.run(network.Enable(), emulation.SetDeviceMetricsOverride(width, height, 1, width < 600))
	return p, seen
}

var locations = regexp.MustCompile(`<loc>[^<]*?(/about/[^<]*)</loc>`)

// publicPaths are all pages of the public site.
func publicPaths(t *testing.T) []string {
	t.Helper()
	r, err := http.Get(site.url + "/sitemap.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"/about/cookies", "/about/thanks", "/about/nothing"}
	for _, m := range locations.FindAllStringSubmatch(string(text), -1) {
		paths = append(paths, m[1])
	}
	if len(paths) < 100 {
		t.Fatalf("the site has %d pages", len(paths))
	}
	return paths
}

// some are those of the pages that differ in kind.
func some(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
		_, trade, ok := strings.Cut(p, "/industries/")
		return ok && trade != "printing" && trade != "rigid-boxes"
	})
}

func (p *page) crawl(paths []string) {
	p.t.Helper()
	for _, path := range paths {
		p.run(chromedp.Navigate(site.url+path), chromedp.WaitReady("footer", chromedp.ByQuery))
	}
}

// Before a choice and after a refusal no other host is asked for anything; after an agreement only those that the page names.
// Who refuses works on the platform as everybody.
func TestTheSiteAsksNobodyWithoutAnAgreement(t *testing.T) {
	t.Parallel()
	p, seen := alone(t, 1366, 768)
	paths := publicPaths(t)
	p.crawl(paths)
	if got := seen.others(); len(got) > 0 {
		t.Errorf("before any choice: %v", got)
	}
	p.run(chromedp.Navigate(site.url+"/about/"), chromedp.WaitVisible(".cc"), chromedp.Click(".cc > form button[value=a0]"))
	p.until("location.pathname === '/about/' && !document.querySelector('.cc')")
	p.crawl(some(paths))
	if got := seen.others(); len(got) > 0 {
		t.Errorf("after a refusal: %v", got)
	}
	p.signIn(who(t, "owner")).visit("/board").visit("/pulse").visit("/enquiries")
	if got := seen.others(); len(got) > 0 {
		t.Errorf("on the platform: %v", got)
	}

	// Agreed on the page of choices.
	p.run(chromedp.Navigate(site.url+"/about/cookies"), chromedp.WaitVisible(".ccform"), chromedp.Click(".ccform [name=analytics]"), chromedp.Click(".ccform button"))
	p.until("document.querySelector('.ccform [name=analytics]')?.checked && window.dataLayer?.length >= 4")
	p.crawl(some(paths)[:6])
	p.until("window.dataLayer?.length >= 4")
	for _, host := range seen.others() {
		if host != "www.googletagmanager.com" && !strings.HasSuffix(host, ".google-analytics.com") && !strings.HasSuffix(host, ".analytics.google.com") {
			t.Errorf("after an agreement %s is asked", host)
		}
	}
	if got := seen.of("www.googletagmanager.com"); !strings.Contains(got, "gtm.js?id=GTM-ABC123") {
		t.Errorf("after an agreement nothing is loaded: %s", got)
	}
	for i, want := range []string{`"0":"consent","1":"default"`, `"0":"consent","1":"update"`} {
		got := p.eval(fmt.Sprintf("JSON.stringify(dataLayer[%d])", i))
		if !strings.Contains(got, want) || !strings.Contains(got, `"ad_storage":"denied"`) || !strings.Contains(got, `"ad_user_data":"denied"`) || strings.Contains(got, `"analytics_storage":"granted"`) != (i == 1) {
			t.Errorf("step %d of the consent is %s", i, got)
		}
	}
	platform, before := len(seen.of("www.googletagmanager.com")), seen.others()
	p.visit("/board").visit("/pulse")
	if len(seen.of("www.googletagmanager.com")) != platform || len(seen.others()) != len(before) {
		t.Error("the platform asks for statistics")
	}

	// Withdrawn as easily: the cookies of the statistics go.
	p.run(chromedp.Navigate(site.url+"/about/cookies"), chromedp.WaitVisible(".ccform"), chromedp.Evaluate("document.cookie = '_ga=GA1.1.1.1;path=/'; document.cookie = '_ga_ABC=1;path=/'", nil),
		chromedp.Click(".ccform [name=analytics]"), chromedp.Click(".ccform button"))
	p.until("document.querySelector('.ccform [name=analytics]')?.checked === false && !document.cookie.includes('_ga')")
}

// The question is the first thing that a keyboard comes to, its dialog gives the focus back, and it covers nothing for good.
func TestTheQuestionByKeyboard(t *testing.T) {
	t.Parallel()
	p, _ := alone(t, 360, 800)
	p.run(chromedp.Navigate(site.url+"/about/"), chromedp.WaitVisible(".cc"), chromedp.KeyEvent("\t"))
	p.until("document.activeElement.closest('.cc') && document.activeElement.value === 'a0'")
	p.run(chromedp.KeyEvent("\u001b"))
	p.until("document.querySelector('.cc') !== null")
	p.run(chromedp.Evaluate("document.querySelector('[data-choose]').focus()", nil), chromedp.KeyEvent("\r"))
	p.until("document.querySelector('.cc-dialog').open")
	p.run(chromedp.Click("[data-close]"))
	p.until("!document.querySelector('.cc-dialog').open && document.activeElement.hasAttribute('data-choose')")
	for _, size := range []string{"a0", "a1"} {
		if high := p.eval("document.querySelector('.cc > form [value=" + size + "]').offsetHeight"); len(high) < 2 || high < "44" {
			t.Errorf("a button is %s high", high)
		}
	}
	p.run(chromedp.Evaluate("scrollTo(0, document.body.scrollHeight)", nil))
	p.until("document.querySelector('footer').getBoundingClientRect().bottom <= document.querySelector('.cc').getBoundingClientRect().top + 1")
}

// At 320 px nothing has to be scrolled sideways.
func TestTheSiteFitsNarrowScreens(t *testing.T) {
	t.Parallel()
	p, _ := alone(t, 320, 640)
	for _, path := range some(publicPaths(t)) {
		p.crawl([]string{path})
		if over := p.eval("document.documentElement.scrollWidth"); over != "320" {
			t.Errorf("%s is %s px wide", path, over)
		}
	}
}

// axe is the accessibility checker, when it is there.
func axe(t *testing.T) string {
	t.Helper()
	script := axeScript()
	if script == "" {
		t.Skip("axe is not there: scripts/need axe fetches it")
	}
	return script
}

func axeScript() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(dir, "clicarity", "axe-4.14.1.min.js"))
	if err != nil {
		return ""
	}
	return string(text)
}

// axeRun looks for what WCAG 2.2 AA asks, and for what is good besides.
const axeRun = `axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
	.then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? '')).join(' | ')).join('\n'))`

// barriers is what axe finds on the page.
func (p *page) barriers(script string) string {
	p.t.Helper()
	p.run(chromedp.Evaluate(script, nil))
	return p.violations()
}

// violations is what axe finds that is on the page already.
func (p *page) violations() (found string) {
	p.t.Helper()
	p.run(chromedp.Evaluate(axeRun, &found, awaited))
	return found
}

func TestTheSiteKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	script := axe(t)
	paths := some(publicPaths(t))
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1366} {
			p, _ := alone(t, width, 800)
			p.run(cdp.SetBypassCSP(true), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
			for _, path := range paths {
				p.crawl([]string{path})
				if found := p.barriers(script); found != "" {
					t.Errorf("%s, %s, %d px:\n%s", path, scheme, width, found)
				}
			}
		}
	}
}

// The owner of whoever runs the service finds what came in, in pages that keep nobody out.
func TestTheInbox(t *testing.T) {
	t.Parallel()
	p, _ := alone(t, 360, 800)
	p.run(cdp.SetBypassCSP(true), chromedp.Navigate(site.url+"/about/demo"), chromedp.WaitVisible("#name"), chromedp.Click(".cc > form button[value=a0]"), chromedp.WaitNotPresent(".cc"))
	p.run(chromedp.SendKeys("#name", "Asha Kulkarni"), chromedp.SendKeys("#email", "asha@mill.example"), chromedp.SendKeys("#message", "Mono cartons, Vasai"), chromedp.Sleep(4*time.Second), chromedp.Click(".ask-form button.primary"))
	p.until("location.pathname === '/about/thanks'")
	p.signIn(who(t, "owner")).visit("/enquiries").sees("Asha Kulkarni")
	script := axeScript()
	look := func(where string) {
		t.Helper()
		if script == "" {
			return
		}
		if found := p.barriers(script); found != "" {
			t.Errorf("%s:\n%s", where, found)
		}
	}
	look("the list")
	p.tap("Asha Kulkarni").sees("asha@mill.example")
	look("one enquiry")
	p.fill("#text", "No mail goes out here, so we phoned.").tap("Note the answer").sees("The answer is on its way")
	p.tap("Close").sees("It is closed")
}
