package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// letIn lets the TV that shows a code in, in the office, with the usual answers.
func letIn(owner, tv *page, name, lang string) {
	owner.t.Helper()
	tv.run(chromedp.Navigate(site.url+"/tv"), chromedp.WaitVisible(".code"))
	code := tv.eval("document.querySelector('.code').innerText")
	owner.visit("/devices/tv").fill("#code", strings.ToLower(code)).fill("#name", name).fill("#place", "Hall 2").fill("#language", lang)
	owner.run(chromedp.Click("main .buttons button.primary"), chromedp.WaitVisible("button[value=off]"))
	tv.until("document.querySelector('.slide.on') !== null")
}

// cut takes the network away from a page, or gives it back.
func (p *page) cut(away bool) {
	p.t.Helper()
	p.run(network.Enable(), network.EmulateNetworkConditions(away, 0, -1, -1))
}

// A TV is let in by its code, shows a change by itself, says how old its picture is while the network is away, comes back by
// itself, is switched off and on, and is blank at once when it is taken away.
func TestATVInTheHall(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	tv := open(t, 1920, 1080)
	letIn(owner, tv, "Hall TV", "en")
	owner.sees("Saved.")
	if tv.eval("document.querySelectorAll('.slide').length > 2 && document.querySelectorAll('.slide.on').length") != "1" {
		t.Error("the TV does not show one page of several")
	}
	// Its rows are to be read from far away.
	if size := tv.eval("parseFloat(getComputedStyle(document.querySelector('.jobs li')).fontSize)"); size < "28" {
		t.Errorf("the text is %s px high", size)
	}
	if size := tv.eval("parseFloat(getComputedStyle(document.querySelector('.count .big')).fontSize)"); size < "64" {
		t.Errorf("the counts are %s px high", size)
	}
	row := func(number string) string {
		return fmt.Sprintf("([...document.querySelectorAll('.jobs li')].find(l => l.innerText.includes(%q) || l.textContent.includes(%q)) || {textContent: ''}).textContent", number, number)
	}
	owner.visit("/jobs/new").fill("#item", "TV box").fill("#quantity", "500").fill("#due", time.Now().Format("02-01-2006"))
	owner.tap("Create and open").until("document.querySelector('.strip') !== null")
	number, job := owner.eval("document.querySelector('h1 .number').innerText"), owner.eval("location.pathname")
	tv.until(row(number) + " !== ''").until(row(number) + ".includes('Order')")
	owner.visit(job + "/at/order").tap("Done").sees("Undo")
	tv.until(row(number) + ".includes('Artwork')")

	// It turns its pages, and begins again where it was when another picture comes.
	tv.run(chromedp.Evaluate("document.getElementById('tv').dataset.flip = 0.5", nil))
	tv.until("document.querySelector('.slide.on').dataset.key === 'late1'")
	tv.run(chromedp.Evaluate("document.getElementById('tv').dataset.flip = 600", nil))

	// Away: the picture stays, and says so. Back: it is right again by itself.
	tv.run(chromedp.Evaluate("document.getElementById('tv').dataset.stale = 4; window.same = true", nil))
	tv.cut(true)
	tv.until("!document.querySelector('.stale').hidden && /As of \\d\\d:\\d\\d/.test(document.querySelector('.stale').innerText)")
	if tv.eval("document.querySelector('.slide.on') !== null") != "true" {
		t.Error("the picture went with the network")
	}
	tv.snapTV("stale")
	owner.visit(job + "/at/artwork").tap("Done").sees("Undo")
	tv.cut(false)
	tv.run(chromedp.Evaluate("document.getElementById('tv').dataset.stale = 60", nil))
	tv.until("document.querySelector('.stale').hidden").until("!" + row(number) + ".includes('Artwork')")
	if tv.eval("window.same") != "true" {
		t.Error("it came back by loading the page again")
	}

	// A server with another version of the page: the TV loads it by itself.
	tv.run(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := cdp.AddScriptToEvaluateOnNewDocument(`document.addEventListener('readystatechange', () => {
			const tv = document.getElementById('tv');
			if (tv && !sessionStorage.getItem('old')) { sessionStorage.setItem('old', '1'); tv.dataset.version = 'old'; } })`).Do(ctx)
		return err
	}), chromedp.Reload(), chromedp.WaitVisible("[data-version=old] .slide.on"))
	tv.run(chromedp.Evaluate("window.dispatchEvent(new Event('online'))", nil))
	tv.until("document.querySelector('.slide.on') !== null && document.getElementById('tv').dataset.version !== 'old'")

	// The office switches it off and on, and takes it away.
	owner.visit("/devices").tap("Hall TV").until("document.querySelector('button[value=off]') !== null").tap("Switch off")
	tv.sees("Switched off by the office").until("document.querySelector('.slide') === null")
	owner.tap("Switch on again")
	tv.until("document.querySelector('.slide.on') !== null")
	owner.run(chromedp.Evaluate("document.querySelectorAll('details.sheet').forEach(d => d.open = true)", nil), chromedp.Click("button[value=remove]"), chromedp.WaitVisible(".stagelist"))
	tv.until("document.querySelector('.slide') === null").until("document.querySelector('.code') !== null")
}

// snapTV takes a picture of what the TV shows now.
func (p *page) snapTV(name string) {
	p.t.Helper()
	if *shots != "" {
		p.picture("tv-"+name, "1080p", "en")
	}
}

// The TV's screens, when -shots names a folder.
func TestTVScreens(t *testing.T) {
	if *shots == "" {
		t.Skip("no folder for the screenshots was given: -shots DIR")
	}
	sizes := []struct {
		name string
		w, h int64
	}{{"1080p", 1920, 1080}, {"desktop", 1366, 768}, {"phone", 360, 800}, {"4k", 3840, 2160}}
	for _, lang := range []string{"en", "hi"} {
		owner := open(t, 1366, 768).signIn(who(t, "owner"))
		tv := open(t, 1920, 1080)
		tv.run(chromedp.Navigate(site.url+"/tv"), chromedp.WaitVisible(".code"))
		tv.speak(lang)
		tv.run(chromedp.Navigate(site.url+"/tv"), chromedp.WaitVisible(".code"))
		for _, size := range sizes {
			tv.run(chromedp.EmulateViewport(size.w, size.h))
			tv.picture("tv-pair", size.name, lang)
		}
		letIn(owner, tv, "Hall TV "+lang, lang)
		owner.run(chromedp.Navigate(owner.eval("location.href")), chromedp.Evaluate("document.querySelector('[name=customers]').checked = true", nil), chromedp.Click("button[value=save]"), chromedp.WaitVisible(".okay"))
		tv.run(chromedp.Sleep(time.Second), chromedp.Evaluate("document.getElementById('tv').dataset.flip = 1e6", nil))
		for _, key := range []string{"stages1", "jobs1", "late1"} {
			tv.run(chromedp.Evaluate(fmt.Sprintf("document.querySelectorAll('.slide').forEach(s => s.classList.toggle('on', s.dataset.key === %q))", key), nil))
			for _, size := range sizes {
				tv.run(chromedp.EmulateViewport(size.w, size.h))
				tv.picture("tv-"+key, size.name, lang)
			}
		}
		owner.speak(lang)
		for _, path := range []string{"/devices/tv", "/devices", owner.eval("location.pathname")} {
			owner.visit(path)
			name := strings.NewReplacer("/", "-").Replace(path)
			for _, size := range []struct {
				name string
				w, h int64
			}{{"phone", 360, 800}, {"desktop", 1366, 768}} {
				owner.run(chromedp.EmulateViewport(size.w, size.h))
				owner.picture("office"+name[:min(len(name), 14)], size.name, lang)
			}
		}
		owner.speak("en")
	}
}
