package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// enrol makes a shared device of all stages in the office and pairs a tablet with it, by the code that the office sees.
func enrol(t *testing.T, owner *page, name string, width, height int64) *page {
	t.Helper()
	owner.visit("/devices")
	owner.run(chromedp.Evaluate("document.querySelector('details.sheet').open = true; document.querySelectorAll('[name=at]').forEach(t => t.checked = true)", nil))
	owner.fill("#name", name).fill("#place", "Hall 2").run(chromedp.Click("details.sheet .buttons button.primary"), chromedp.WaitVisible("button[value=code]"))
	owner.run(chromedp.Click("button[value=code]"), chromedp.WaitVisible(".pairing .qr"))
	code, slug := owner.eval("document.querySelector('.pairing .code').innerText"), owner.eval("document.querySelectorAll('.pairing b')[1].innerText")
	tablet := open(t, width, height, emulation.SetTouchEmulationEnabled(true))
	tablet.visit("/device").fill("#at", slug).fill("#code", strings.ToLower(code))
	tablet.run(chromedp.Click(".front .form button.primary"), chromedp.WaitVisible("[data-tiles]"))
	return tablet
}

// pins gives people PINs in the office, and says which.
func pins(owner *page, names ...string) map[string]string {
	owner.t.Helper()
	owner.visit("/devices/people")
	for _, name := range names {
		owner.run(chromedp.Evaluate(fmt.Sprintf("[...document.querySelectorAll('.keyed li')].find(l => l.innerText.includes(%q)).querySelector('input').checked = true", name), nil))
	}
	owner.run(chromedp.Click("button[value=pins]"), chromedp.WaitVisible(".okay table"))
	made := map[string]string{}
	for _, name := range names {
		made[name] = owner.eval(fmt.Sprintf("[...document.querySelectorAll('.okay tr')].find(r => r.innerText.includes(%q)).cells[1].innerText", name))
	}
	return made
}

// comesIn taps a name and types the PIN on the pad.
func (p *page) comesIn(name, pin string) *page {
	p.t.Helper()
	p.until("document.querySelector('[data-tiles]') !== null").tap(name).until("document.querySelector('[data-pin]') !== null && document.documentElement.classList.contains('js')")
	for _, key := range pin {
		p.run(chromedp.Click(fmt.Sprintf("[data-key='%c']", key)))
	}
	p.run(chromedp.Click(".keypad button.primary"), chromedp.WaitVisible("[data-floor]"))
	return p
}

// later turns the page's clock on by some seconds.
func (p *page) later(seconds int) *page {
	p.t.Helper()
	p.run(chromedp.Evaluate(fmt.Sprintf("(() => { const real = Date.now; Date.now = () => real() + %d; })()", seconds*1000), nil))
	return p
}

// A tablet is enrolled, three operators use it in turn, each report is theirs, and the tablet goes back to the tiles by
// itself when nobody touches it.
func TestThreeOperatorsOnOneTablet(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	pin := pins(owner, "Pooja Mehta", "Nikhil Rane", "Fatima Ansari")
	number, job := newJob(t, owner, "Tablet box", "900")
	tablet := enrol(t, owner, "Pre-press tablet", 800, 1280)
	turns := []struct{ name, stage string }{{"Pooja Mehta", "order"}, {"Nikhil Rane", "artwork"}, {"Fatima Ansari", "pre-press"}}
	for _, turn := range turns {
		tablet.comesIn(turn.name, pin[turn.name]).sees(turn.name).sees(number)
		tablet.visit(job+"/at/"+turn.stage).run(chromedp.Click("button[value=done]"), chromedp.WaitVisible(".toast"))
		tablet.run(chromedp.Click(".floorbar form button"), chromedp.WaitVisible("[data-tiles]"))
	}
	owner.visit(job)
	for _, turn := range turns {
		if n := owner.eval(fmt.Sprintf("[...document.querySelectorAll('.timeline li.reported')].filter(l => l.innerText.includes(%q)).length", turn.name+" · Pre-press tablet")); n != "1" {
			t.Errorf("%s has %s reports on the tablet", turn.name, n)
		}
	}
	tablet.visit("/board").until("document.querySelector('[data-tiles]') !== null") // nobody is in

	// A PIN is not an office: what the operator may not see is not there.
	tablet.comesIn("Pooja Mehta", pin["Pooja Mehta"])
	for _, path := range []string{"/people", "/board", "/devices", "/jobs/new"} {
		if status := tablet.eval(fmt.Sprintf("(() => { const r = new XMLHttpRequest(); r.open('GET', %q, false); r.send(); return r.status; })()", path)); status != "404" {
			t.Errorf("%s is %s for a PIN", path, status)
		}
	}
	// Idle: a warning in the last ten seconds, which a touch takes back; then the tiles.
	tablet.later(52).until("!document.querySelector('.leaving').hidden")
	tablet.run(chromedp.Click("[data-stay]"))
	tablet.until("document.querySelector('.leaving').hidden")
	tablet.later(61).until("document.querySelector('[data-tiles]') !== null")
	tablet.visit("/my").until("document.querySelector('[data-tiles]') !== null")

	// What is typed and not saved is said.
	tablet.comesIn("Fatima Ansari", pin["Fatima Ansari"])
	_, second := newJob(t, owner, "Draft box", "400")
	for _, stage := range []string{"order", "artwork"} {
		owner.visit(second + "/at/" + stage).tap("Done").sees("Undo")
	}
	tablet.visit(second + "/at/pre-press").run(chromedp.Evaluate("document.querySelectorAll('details.sheet').forEach(d => d.open = true)", nil))
	tablet.fill("#good", "250").later(53).until("document.querySelector('[data-draft]').innerText !== ''")
	tablet.until("Number(document.querySelector('[data-left]').innerText) <= 7")
	if *shots != "" {
		tablet.picture("leaving", "tablet", "hi")
	}
	if size := tablet.eval("getComputedStyle(document.querySelector('.floorbar form button')).height"); size < "56px" {
		t.Errorf("the button for the next person is %s high", size)
	}
}

// A scanner types the badge and Enter, without a tap; the office prints the badge.
func TestABadgeIsScanned(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	tablet := enrol(t, owner, "Badge tablet", 800, 1280)
	owner.visit("/devices/people").run(chromedp.Evaluate("[...document.querySelectorAll('.keyed li')].find(l => l.innerText.includes('Anita Jadhav')).querySelector('input').checked = true", nil))
	owner.run(chromedp.Click("button[value=badges]"), chromedp.WaitVisible(".badge .qr"))
	tablet.visit("/device").sees("Anita Jadhav").run(chromedp.KeyEvent("JC-00001\r"), chromedp.WaitVisible(".error"))
	tablet.sees("That is not a badge")
	if focused := tablet.eval("document.activeElement.id"); focused != "badge" {
		t.Errorf("%q has the focus", focused)
	}
}

// The device's screens, when -shots names a folder.
func TestDeviceScreens(t *testing.T) {
	if *shots == "" {
		t.Skip("no folder for the screenshots was given: -shots DIR")
	}
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	owner.speak("en")
	pin := pins(owner, "Ravi Kadam", "Nikhil Rane", "Fatima Ansari", "Vinod Tiwari", "Imran Shaikh", "Gurpreet Singh", "Lakshmi Iyer", "Deepak Sawant", "Bhavesh Patel")
	for _, size := range []struct {
		name string
		w, h int64
	}{{"phone", 360, 800}, {"desktop", 1366, 768}, {"tablet", 800, 1280}} {
		for _, lang := range []string{"en", "hi"} {
			office := open(t, size.w, size.h).signIn(who(t, "owner"))
			tablet := enrol(t, office, "Tablet "+size.name+" "+lang, size.w, size.h)
			office.speak(lang)
			office.visit("/devices").picture("devices", size.name, lang)
			office.run(chromedp.Click(".stagelist li:last-child a"), chromedp.WaitVisible("button[value=code]"), chromedp.Click("button[value=code]"), chromedp.WaitVisible(".pairing .qr"))
			office.picture("device", size.name, lang)
			office.visit("/devices/people").picture("floorpeople", size.name, lang)
			office.run(chromedp.Click(".keyed a"), chromedp.WaitVisible("#pin"))
			office.picture("floorperson", size.name, lang)
			office.visit("/devices/me").picture("ownpin", size.name, lang)
			office.visit("/devices/people").run(chromedp.Evaluate("[...document.querySelectorAll('.keyed li')].filter(l => /Santosh|Suresh|Selvam/.test(l.innerText)).forEach(l => l.querySelector('input').checked = true)", nil),
				chromedp.Click("button[value=badges]"), chromedp.WaitVisible(".badge .qr"))
			office.picture("badges", size.name, lang)
			fresh := open(t, size.w, size.h)
			fresh.visit("/device").speak(lang)
			fresh.visit("/device").picture("pair", size.name, lang)
			tablet.speak(lang)
			tablet.visit("/device").picture("tiles", size.name, lang)
			tablet.tap("Ravi Kadam").until("document.querySelector('[data-pin]') !== null")
			tablet.picture("pin", size.name, lang)
			tablet.visit("/device").comesIn("Ravi Kadam", pin["Ravi Kadam"])
			tablet.speak(lang)
			tablet.visit("/my").picture("floor-my", size.name, lang)
			tablet.later(53).until("!document.querySelector('.leaving').hidden")
			tablet.picture("floor-leaving", size.name, lang)
			if wide := tablet.eval("document.documentElement.scrollWidth"); wide != fmt.Sprint(size.w) {
				t.Errorf("the page is %s wide at %d", wide, size.w)
			}
			office.speak("en")
			tablet.speak("mr")
		}
	}
}
