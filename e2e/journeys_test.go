package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// newJob makes a job at the form and returns its number and address.
func newJob(t *testing.T, owner *page, item, quantity string) (number, path string) {
	t.Helper()
	owner.visit("/jobs/new").fill("#customer", "Devgad Mithai Ghar").fill("#item", item).fill("#quantity", quantity).fill("#due", "31-12-2026")
	owner.tap("Create and open").until("document.querySelector('.strip') !== null").sees(item)
	if feed := owner.eval("document.getElementById('main').dataset.live"); !strings.HasPrefix(feed, "/live?") {
		t.Errorf("the page follows %q", feed)
	}
	number = owner.eval("document.querySelector('h1 .number').innerText")
	return number, owner.eval("location.pathname")
}

// An operator reports a job done in three taps on a small phone, and the owner's board shows it without a reload.
func TestThreeTapsOnAPhoneAndTheBoardKnows(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	number, path := newJob(t, owner, "Three taps box", "1,500")
	for _, stage := range []string{"order", "artwork", "pre-press"} {
		owner.visit(path + "/at/" + stage).tap("Done").sees("Undo")
	}
	id := filepath.Base(path)
	owner.visit("/board").sees("Printed cartons")
	board := "document.querySelector('#j-" + id + " td.live')?.cellIndex"
	for owner.eval("document.getElementById('j-"+id+"') !== null") != "true" {
		owner.tap("More")
		time.Sleep(200 * time.Millisecond)
	}
	before := owner.eval(board)
	owner.run(chromedp.Evaluate("window.untouched = true", nil))

	operator := open(t, 360, 800, emulation.SetTouchEmulationEnabled(true)).signIn(who(t, "Proof approval"))
	english(operator)
	operator.visit("/my").tap(number).tap("Done").sees("→ Die & tool prep") // My jobs is where a phone opens: two taps
	operator.tap("Undo").sees("taken back")
	operator.tap(number).tap("Start").sees("Running").tap("Done").sees("Die & tool prep")

	owner.until(fmt.Sprintf("%s != %s", board, before))
	if owner.eval("window.untouched") != "true" {
		t.Error("the board was loaded again")
	}
}

func english(p *page) {
	p.t.Helper()
	p.run(chromedp.Evaluate(`fetch('/language', {method: 'POST', headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: 'language=en&to=/my'}).then(() => true)`, nil))
	time.Sleep(300 * time.Millisecond)
}

// Good, wasted with a reason and a note go in at once; more than is there is refused with the number that is, and
// what was typed stays.
func TestPartAndWasteInOneSheet(t *testing.T) {
	t.Parallel()
	owner := open(t, 360, 800).signIn(who(t, "owner"))
	_, path := newJob(t, owner, "Waste sheet box", "500")
	owner.visit(path+"/at/order?from=job").tap("Part done, wastage or rework").fill("#wasted", "8")
	if got := owner.eval("document.querySelector('#good').value"); got != "492" {
		t.Errorf("typing 8 wasted of 500 leaves %s good", got)
	}
	owner.tap("Setting waste").fill("#note", "first lot").fill("#good", "493").tap("Save").sees("You entered 501, but only 500 is at Order confirmed")
	if got := owner.eval("document.querySelector('#note').value + document.querySelector('#wasted').value"); got != "first lot8" {
		t.Errorf("the refused form kept %q", got)
	}
	owner.fill("#good", "492").tap("Save").sees("492 sheets → Artwork received, 8 wasted")
	owner.sees("“first lot”").sees("8 Setting waste")
}

// What a later stage sends back waits at the earlier one and says why, on another person's phone.
func TestReworkGoesBackToTheStageThatMadeIt(t *testing.T) {
	t.Parallel()
	owner := open(t, 360, 800).signIn(who(t, "owner"))
	_, path := newJob(t, owner, "Rework box", "500")
	owner.visit(path + "/at/order").tap("Done").sees("Undo")
	owner.visit(path+"/at/artwork?from=job").tap("Part done, wastage or rework").tap("Send some back for rework").fill("#back", "80")
	if got := owner.eval("document.querySelector('#good').value"); got != "420" {
		t.Errorf("80 of 500 sent back leaves %s good", got)
	}
	owner.tap("Save").sees("Choose the earlier stage it goes back to")
	owner.run(chromedp.SetValue("#back_to", "order"), chromedp.Click(`input[name=back_reason]`))
	owner.tap("Save").sees("420 sheets → Pre-press check, 80 back to Order confirmed").sees("80 sent back to Order confirmed")
	owner.visit(path + "/at/order").sees("Rework:").sees("580")
}

// Everything but the live updates works without JavaScript.
func TestWithoutJavaScript(t *testing.T) {
	t.Parallel()
	p := open(t, 360, 800, emulation.SetScriptExecutionDisabled(true))
	l := who(t, "owner")
	p.run(chromedp.Navigate(site.url+"/sign-in"), chromedp.SendKeys("#login", l.Login), chromedp.SendKeys("#password", l.Password), chromedp.Submit("#password"), chromedp.WaitVisible(".rail"))
	p.run(chromedp.Navigate(site.url+"/jobs/new"), chromedp.SendKeys("#item", "No script box"), chromedp.SendKeys("#quantity", "250"), chromedp.Click(`button[value="open"]`), chromedp.WaitVisible(".strip"))
	p.run(chromedp.Click(".now .card"), chromedp.WaitVisible(`button[value="start"]`), chromedp.Click(`button[value="start"]`), chromedp.WaitVisible(".chip.running"),
		chromedp.Click(`button[value="done"]`), chromedp.WaitVisible(`//div[@class="toast"]/p[contains(., "250 sheets → Artwork received")]`, chromedp.BySearch))
}

// A job list from a file: what would go in is seen first; the second time nothing is new.
func TestJobsFromAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "jobs.csv")
	text := "Job No,Party Name,Item,Qty,Delivery Date,PO No\nE2E-1,Nilgiri Leaf Tea,Tea carton,\"1,25,000\",14/10/27,PO-7\nE2E-2,Nilgiri Leaf Tea,Tea sleeve,many,14/10/27,PO-8\nE2E-3,Vaidya Ayurved,Churna box,500 Nos,31-12-2027,\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := open(t, 1366, 768).signIn(who(t, "owner"))
	upload := func() {
		p.visit("/intake")
		p.run(chromedp.SetUploadFiles("#file", []string{file}))
		p.tap("Read and preview").sees("Which column is what")
	}
	upload()
	p.sees("2 new · 0 already there · 1 to correct").sees("“many” is not a number").sees("1,25,000").sees("14-10-2027")
	p.tap("Add 2 jobs").sees("2 jobs were added, 1 rows were left out")
	p.visit("/find?q=E2E-1").sees("1,25,000 sheets").sees("PO-7")
	upload()
	p.sees("0 new · 2 already there · 1 to correct").sees("Nothing will be added")
}

// The pages ask no other host for anything, and the first load of an operator's phone is small.
func TestPagesAreSmallAndKeepToThemselves(t *testing.T) {
	t.Parallel()
	p := open(t, 360, 800).signIn(who(t, "Printing")).visit("/my")
	js := `JSON.stringify(performance.getEntriesByType('resource').map(e => e.name + ' ' + e.decodedBodySize))`
	hosts := regexp.MustCompile(`https?://[^/"]+`).FindAllString(p.eval(js), -1)
	for _, h := range hosts {
		if h != site.url {
			t.Errorf("the page asks %s", h)
		}
	}
	if n := p.eval(`performance.getEntriesByType('resource').length`); len(n) > 1 || n > "5" {
		t.Errorf("the page makes %s requests besides itself", n)
	}
	if wide := p.eval("document.documentElement.scrollWidth"); wide != "360" {
		t.Errorf("the page is %s px wide on a phone of 360", wide)
	}
}
