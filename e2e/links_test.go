package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// newestLink is the link that a page shows first, as a path of the site under test.
func newestLink(t *testing.T, p *page) string {
	t.Helper()
	address := p.until("document.querySelector('.linkrow input') !== null").eval("document.querySelector('.linkrow input').value")
	_, token, ok := strings.Cut(address, "/l/")
	if !ok {
		t.Fatalf("the link is %q", address)
	}
	return "/l/" + token
}

// sent makes a job and sends all of it to a vendor; it returns the job's path and stays on the challan.
func sent(t *testing.T, owner *page, item string) string {
	t.Helper()
	_, path := newJob(t, owner, item, "500")
	owner.visit(path + "/at/order").tap("Send to a vendor")
	owner.until(`(() => { const s = document.querySelector('#send-vendor'); const o = [...s.options].find(o => o.text.includes('Konkan Laminators')); if (!o) return false; s.value = o.value; return true; })()`)
	owner.fill("#send-expected", "31-12-2026").tap("Send on a challan").sees("Delivery challan for job work")
	return path
}

// A vendor without an account says on a phone what has come and what is ready, and the office reads it. A link that is
// stopped opens nothing at the next tap.
func TestAVendorAnswersByALinkOnAPhone(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	path := sent(t, owner, "Vendor link box")
	owner.tap("Make a link").sees("not opened yet").sees("Send by WhatsApp")
	link := newestLink(t, owner)
	phone := open(t, 360, 800, emulation.SetTouchEmulationEnabled(true))
	phone.visit(link).sees("Konkan Laminators").sees("Vendor link box").tap("Received").sees("Saved: received")
	phone.tap("A part is ready or sent back").fill(`input[name=quantity]`, "400").fill(`input[name=note]`, "rest tomorrow")
	phone.run(chromedp.Click(`.sheet[open] button[value=ready]`))
	phone.sees("400 sheets ready")
	phone.tap("Problem").tap("Quantity is short").sees("problem: Quantity is short")
	if text := phone.eval("document.body.innerText"); strings.Contains(text, "Devgad Mithai Ghar") {
		t.Error("the vendor reads the customer's name")
	}
	if wide := phone.eval("document.documentElement.scrollWidth"); wide != "360" {
		t.Errorf("the page is %s px wide on a phone of 360", wide)
	}
	if small := phone.eval(`[...document.querySelectorAll('main button')].filter(b => b.offsetParent && b.offsetHeight < 56 && !b.closest('.languages')).length`); small != "0" {
		t.Errorf("%s buttons are too small to tap", small)
	}
	owner.visit(path).sees("Konkan Laminators: 400 sheets ready").sees("rest tomorrow").sees("· link ·")
	owner.visit(path + "/at/order").sees("400 sheets ready").sees("problem: Quantity is short")
	owner.run(chromedp.Click(".away .number"))
	owner.sees("Links for the vendor").tap("Stop this link").sees("Stopped")
	phone.tap("Problem").tap("Machine stopped").sees("Not found")
}

// A customer follows one job by a link and reads nothing of how it is made.
func TestACustomerFollowsAJobByALink(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	number, path := newJob(t, owner, "Customer link box", "500")
	owner.tap("Share with customer").sees("not opened yet")
	link := newestLink(t, owner)
	phone := open(t, 360, 800, emulation.SetTouchEmulationEnabled(true))
	phone.visit(link).sees(number).sees("31-12-2026").sees("Not dispatched yet")
	text := phone.eval("document.documentElement.outerHTML")
	for _, hidden := range []string{"Devgad", "500", "Lamination", "Pre-press", "Konkan", filepath.Base(path), "/jobs/"} {
		if strings.Contains(text, hidden) {
			t.Errorf("the customer reads %q", hidden)
		}
	}
	phone.tap("हिन्दी").sees("अभी डिस्पैच नहीं हुआ")
	hosts := phone.eval(`performance.getEntriesByType('resource').filter(e => !e.name.startsWith(location.origin)).length`)
	if hosts != "0" {
		t.Errorf("the page asks other hosts %s times", hosts)
	}
	if wide := phone.eval("document.documentElement.scrollWidth"); wide != "360" {
		t.Errorf("the page is %s px wide on a phone of 360", wide)
	}
	owner.visit(path).sees("opened: 2").tap("Stop this link").sees("Stopped")
	phone.visit(link).sees("नहीं मिला")
}

// A vendor with an account has their work and nothing else.
func TestAVendorWithAnAccount(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	sent(t, owner, "Vendor account box")
	challan := owner.eval("document.querySelector('dl.facts .number').innerText")
	vendor := open(t, 360, 800).signIn(who(t, "Konkan Laminators"))
	english(vendor)
	if links := vendor.visit("/").eval("[...document.querySelectorAll('.rail a')].map(a => a.pathname).join()"); links != "/work" {
		t.Errorf("a vendor is led to %s", links)
	}
	vendor.until(fmt.Sprintf(`(() => { for (;;) { const a = [...document.querySelectorAll('.work a.number')].find(a => a.innerText === %q); if (a) { a.click(); return true; }
		const more = [...document.querySelectorAll('.pages a')].at(-1); if (more) more.click(); return false; } })()`, challan))
	vendor.sees("Vendor account box").tap("Received").sees("Saved: received").tap("Ready · 500").sees("500 sheets ready").tap("Sent back · 500").sees("500 sheets sent back")
	vendor.visit("/board").sees("Not found")
	owner.visit("/vendors").tap("Konkan Laminators").sees("500 sheets sent back")
}

// TestLinkScreenshots takes the pictures of what vendors and customers see when -shots names a folder.
func TestLinkScreenshots(t *testing.T) {
	if *shots == "" {
		t.Skip("no folder for the screenshots was given: -shots DIR")
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string][2]int64{"phone": {360, 800}, "desktop": {1366, 768}} {
		for _, lang := range []string{"en", "hi"} {
			owner, guest := open(t, size[0], size[1]).signIn(who(t, "owner")), open(t, size[0], size[1])
			path := sent(t, owner, "Kaju katli box 500 g")
			owner.tap("Make a link").sees("not opened yet")
			vendorLink := newestLink(t, owner)
			owner.speak(lang)
			owner.run(chromedp.Reload(), chromedp.WaitVisible(".linkrow"), chromedp.ScrollIntoView("#links"))
			owner.picture("links", name, lang)
			owner.visit(path).run(chromedp.Click("#links button.primary"), chromedp.WaitVisible(".linkrow"), chromedp.ScrollIntoView("#links"))
			owner.picture("share", name, lang)
			customerLink := newestLink(t, owner)
			guest.visit(vendorLink)
			guest.speak(lang)
			guest.visit(vendorLink).picture("vendor-link", name, lang)
			guest.run(chromedp.Click("button[value=here]"), chromedp.WaitVisible(".told"), chromedp.Click(".workline details:last-of-type summary"))
			guest.picture("vendor-problem", name, lang)
			guest.run(chromedp.Click(".quick button"), chromedp.WaitVisible(".told + .told"), chromedp.Click("button[value=ready]"), chromedp.WaitVisible("button.primary[value=back]"))
			guest.visit(customerLink).picture("customer-link", name, lang)
			owner.visit(path).picture("answered", name, lang)
			owner.visit(path+"/at/order").picture("answered-card", name, lang)
			owner.speak("en")
			vendor := open(t, size[0], size[1]).signIn(who(t, "Konkan Laminators"))
			vendor.speak(lang)
			vendor.visit("/work").picture("work", name, lang)
			vendor.run(chromedp.Click(".work a.number"), chromedp.WaitVisible(".workline"))
			vendor.picture("work-challan", name, lang)
		}
	}
}
