package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// fullest opens the stage of the factory's own at which the most is ready.
const fullest = `(() => { const ready = a => Number(a.children[2].innerText.replace(/\D/g, '')); const own = [...document.querySelectorAll('.stagelist.sums a')].filter(a => !a.querySelector('.name small'));
	own.sort((a, b) => ready(b) - ready(a))[0].click(); })()`

// TestScreenshots takes the pictures of docs/ when -shots names a folder.
func TestScreenshots(t *testing.T) {
	if *shots == "" {
		t.Skip("no folder for the screenshots was given: -shots DIR")
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, size := range []struct {
		name string
		w, h int64
	}{{"phone", 360, 800}, {"desktop", 1366, 768}} {
		for _, lang := range []string{"en", "hi"} {
			owner := open(t, size.w, size.h)
			owner.visit("/sign-in")
			owner.picture("sign-in", size.name, lang)
			owner.signIn(who(t, "owner"))
			owner.speak(lang)
			job := owner.visit("/find?q=14").eval("document.querySelector('main a.card')?.pathname ?? '/board'")
			for name, path := range map[string]string{"board": "/board", "stages": "/stages", "new-job": "/jobs/new", "job": job, "search": "/find?q=tea",
				"pulse": "/pulse", "reports": "/reports", "flow": "/reports/flow?days=90", "ageing": "/reports/ageing", "losses": "/reports/losses", "ways": "/reports/paths", "forecast": "/forecast",
				"templates": "/templates?q=print", "template": "/templates/packaging", "processes": "/processes", "people": "/people", "vendors": "/vendors", "calendars": "/calendars", "calendar": "/calendars/general"} {
				owner.visit(path)
				owner.picture(name, size.name, lang)
			}
			owner.visit("/privacy").picture("privacy", size.name, lang)
			owner.visit(drawn(owner)+"/files").picture("files", size.name, lang)
			owner.visit("/processes").run(chromedp.Click(".stagelist li:last-child a"), chromedp.WaitVisible("#design"))
			owner.picture("designer", size.name, lang)
			owner.run(chromedp.Evaluate("document.querySelectorAll('.stagemore')[3].open = true; document.querySelectorAll('.designstage')[3].scrollIntoView()", nil))
			owner.picture("designer-stage", size.name, lang)
			owner.visit("/stages").run(chromedp.Evaluate(fullest, nil), chromedp.WaitVisible("details.sheet"))
			owner.run(chromedp.Evaluate("(() => { const v = document.querySelector('#send-vendor'); v.closest('details').open = true; v.selectedIndex ||= 1; [...document.querySelectorAll('input[name=job]')].slice(0, 2).forEach(i => i.click()); })()", nil))
			owner.picture("send", size.name, lang)
			owner.run(chromedp.Evaluate("document.querySelector('#send-vendor').closest('form').querySelector('button.primary').click()", nil), chromedp.WaitVisible(".note"))
			owner.picture("challan", size.name, lang)
			owner.run(chromedp.Click(".note tbody td + td"), chromedp.Evaluate("location.href = document.querySelector('.crumb a').href", nil), chromedp.WaitVisible("section.card"))
			owner.picture("vendor", size.name, lang)
			owner.run(chromedp.Click("section.card li a"), chromedp.WaitVisible(".away"))
			owner.picture("receive", size.name, lang)
			file := filepath.Join(t.TempDir(), "jobs.csv")
			if err := os.WriteFile(file, []byte("Job No,Party Name,Item,Qty,Delivery Date\nPO-881,Nilgiri Leaf Tea,Tea carton 250 g,\"1,25,000\",14/12/26\nPO-882,Vaidya Ayurved,Churna box 100 g,many,15/12/26\nPO-883,Surya Sarees,Saree box two-piece,500 Nos,31-02-2027\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			owner.visit("/intake").run(chromedp.SetUploadFiles("#file", []string{file}), chromedp.Click("main form .primary, main form button.primary"), chromedp.WaitVisible(".mapping"))
			owner.picture("import", size.name, lang)
			owner.run(chromedp.Navigate(site.url+map[string]string{"en": "/about/", "hi": "/about/hi/"}[lang]), chromedp.WaitReady("footer", chromedp.ByQuery))
			owner.run(chromedp.Evaluate("document.querySelector('.cc > form button[value=a0]')?.click()", nil))
			owner.until("document.querySelector('footer') && !document.querySelector('.cc')").picture("home", size.name, lang)
			owner.speak("en")
			operator := open(t, size.w, size.h).signIn(who(t, "Printing"))
			operator.speak(lang)
			operator.visit("/my").picture("my-jobs", size.name, lang)
			operator.run(chromedp.Click("main a.card"), chromedp.WaitVisible(".stagecard"))
			operator.picture("stage", size.name, lang)
			operator.run(chromedp.Evaluate("document.querySelector('details.sheet')?.setAttribute('open', '')", nil))
			operator.picture("report", size.name, lang)
			operator.run(chromedp.Evaluate("document.querySelector('details.more')?.setAttribute('open', ''); document.querySelector('details.more')?.scrollIntoView()", nil))
			operator.picture("rework", size.name, lang)
			operator.run(chromedp.Click(`.rail a[href="/stages"]`), chromedp.WaitVisible(".stagelist"), chromedp.Click(".stagelist a"), chromedp.WaitVisible(".crumb"))
			operator.picture("queue", size.name, lang)
			operator.speak("mr")
		}
	}
}

func (p *page) speak(lang string) {
	p.t.Helper()
	p.run(chromedp.Evaluate(fmt.Sprintf(`fetch('/language', {method: 'POST', headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: 'language=%s&to=/health'}).then(() => true)`, lang), nil))
	time.Sleep(200 * time.Millisecond)
}

func (p *page) picture(name, size, lang string) {
	p.t.Helper()
	var png []byte
	p.run(chromedp.Sleep(150*time.Millisecond), chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s-%s-%s.png", name, size, lang)), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
