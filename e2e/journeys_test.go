package e2e

import (
	"fmt"
	"net/url"
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
		page := owner.eval("location.href")
		owner.tap("More").until(fmt.Sprintf("location.href !== %q && document.readyState === 'complete'", page))
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
	owner.tap("Setting waste").fill("#note", "first lot").fill("#good", "518").tap("Save").sees("You entered 526, but 500 is at Order confirmed")
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
	p.run(chromedp.Navigate(site.url+"/jobs/new"), chromedp.SendKeys("#item", "No script box"), chromedp.SendKeys("#quantity", "250"), chromedp.Click(`button[value="open"]`), chromedp.WaitVisible("#strip"))
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

// No page of the office is wider than a phone: only what is meant to, such as the matrix, goes on beside it.
func TestNoPageIsWiderThanAPhone(t *testing.T) {
	owner := open(t, 360, 800).signIn(who(t, "owner"))
	for _, path := range []string{"/pulse", "/pulse/late", "/board", "/board?late=1", "/board/views", "/stages", "/find?q=BP-00001", "/reports", "/reports/flow?days=90",
		"/reports/losses", "/reports/ageing", "/reports/paths", "/reports/customers", "/reports?since=99-99-2026", "/forecast", "/devices/tv"} {
		if wide := owner.visit(path).eval("document.documentElement.scrollWidth"); wide != "360" {
			t.Errorf("%s is %s px wide on a phone of 360", path, wide)
		}
	}
}

// hire adds an operator at the stages whose names hold a text and returns the log-in that the page shows once.
func hire(t *testing.T, owner *page, name, phone, stages string) login {
	t.Helper()
	owner.visit("/people").tap("Add people").fill("#list", name+", "+phone)
	if n := owner.eval(fmt.Sprintf(`(() => { const all = [...document.querySelectorAll('form[action="/people"] label.tick')].filter(l => l.textContent.includes(%q)); all.forEach(l => l.click()); return all.length; })()`, stages)); n == "0" {
		t.Fatalf("nobody can work at %q", stages)
	}
	owner.run(chromedp.Click(`form[action="/people"] .buttons button.primary`), chromedp.WaitVisible(".okay table"))
	return login{Login: phone, Password: owner.eval("document.querySelector('.okay td.number').innerText")}
}

// A rigid box from the shipped template: five components advance on five phones, the owner sees what one of them loses
// while it runs, assembly opens when all are in, and the quantities are right at every place.
func TestARigidBoxOfFiveComponents(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	owner.visit("/templates?q=rigid").tap("Rigid boxes").tap("Use this template").until("document.querySelector('#design') !== null")
	process := owner.eval("location.pathname.split('/')[2]")
	owner.visit("/jobs/new?process="+process).fill("#customer", "Sona Chandi Jewellers").fill("#item", "Bangle box").fill("#quantity", "500").
		fill("[name=v_dimensions]", "90 × 90 × 60 mm").fill("[name=v_components]", "label, boards, tray").tap("Create and open").sees("Components").sees("Top label")
	box := owner.eval("location.pathname")
	done := func(p *page, job, stage string, fields ...string) {
		t.Helper()
		p.visit(job + "/at/" + stage + "?from=job")
		for i := 0; i+1 < len(fields); i += 2 {
			p.fill("form:has(button[value=done]) [name="+fields[i]+"]", fields[i+1])
		}
		p.run(chromedp.Click("button[value=done]"))
		p.until("location.search.includes('said')")
	}
	for _, stage := range []string{"order-received", "design-dieline", "material-planning", "procurement"} {
		if stage == "design-dieline" {
			done(owner, box, stage, "approver", "Ms Soni")
			continue
		}
		done(owner, box, stage)
	}
	owner.visit(box + "/at/pasting-assembly").sees("Waits for: Top label, Bottom label, Boards, Tray, Accessories").tap("Done").sees("Pasting & Assembly waits for Top label")

	routes := []struct {
		track, phone string
		stages       []string
	}{
		{"Top label", "00000 50001", []string{"docket", "paper", "printing", "lamination", "foiling", "embossing", "factory-inward"}},
		{"Bottom label", "00000 50002", []string{"docket", "paper", "printing", "lamination", "factory-inward"}},
		{"Boards", "00000 50003", []string{"docket", "cutting", "scoring", "factory-inward"}},
		{"Tray", "00000 50004", []string{"docket", "cutting", "forming", "factory-inward"}},
		{"Accessories", "00000 50005", []string{"procurement", "accessories-qc", "factory-inward"}},
	}
	watcher := open(t, 1366, 768).signIn(who(t, "owner")).visit(box)
	watcher.run(chromedp.Evaluate("window.untouched = true", nil))
	for i, r := range routes {
		phone := open(t, 360, 800).signIn(hire(t, owner, "Operator "+r.track, r.phone, r.track+" ·"))
		job := owner.visit(box).eval(fmt.Sprintf("[...document.querySelectorAll('.family a')].find(a => a.innerText.includes(%q)).getAttribute('href')", r.track))
		prefix := strings.ToLower(strings.ReplaceAll(r.track, " ", "-")) + "-"
		for _, stage := range r.stages {
			lost := map[string]string{"printing": "8", "lamination": "108", "foiling": "6", "embossing": "2"}[stage]
			switch {
			case i == 0 && lost != "":
				phone.visit(job + "/at/" + prefix + stage + "?from=job").tap("Part done, wastage or rework")
				here := phone.eval("document.querySelector('input[name=seen]').value")
				phone.fill("#good", map[string]string{"printing": "492", "lamination": "384", "foiling": "378", "embossing": "376"}[stage]).fill("#wasted", lost)
				phone.run(chromedp.Click("input[name=reason]"), chromedp.Click("button[value=report]"))
				phone.until("location.search.includes('said')")
				if stage == "lamination" {
					if here != "492" {
						t.Errorf("%s came to lamination, want 492", here)
					}
					watcher.sees("116 wasted") // 8 and 108, while the component runs
					if *shots != "" {
						watcher.picture("components", "desktop", "en")
					}
				}
			case stage == "paper" || stage == "procurement":
				done(phone, job, prefix+stage, "lot_no_0", "L-"+strings.ReplaceAll(r.track, " ", "-"))
			default:
				done(phone, job, prefix+stage)
			}
		}
		if i+1 < len(routes) {
			owner.visit(box + "/at/pasting-assembly").sees("Waits for: " + routes[i+1].track)
		}
	}
	watcher.sees("376 of 500 sheets in")
	if watcher.eval("window.untouched") != "true" {
		t.Error("the page of the box was loaded again")
	}
	owner.visit(box + "/at/pasting-assembly").sees("The components that are in make 376").tap("Done").sees("Top label is enough for 376 more")
	owner.visit(box+"/at/pasting-assembly?from=job").tap("Part done, wastage or rework").fill("#good", "376")
	owner.run(chromedp.Click("input[name=rest][value=short]"), chromedp.Click("button[value=report]"))
	owner.sees("124 short")
	owner.visit(box + "/at/accessories-fitting").tap("Not required").until("location.search.includes('said')")
	for _, stage := range []string{"finishing", "qc-inspection", "packing", "dispatch", "delivered-confirmed"} {
		done(owner, box, stage)
	}
	owner.visit(box).sees("Completed").sees("Dispatched")
	if got := owner.eval(`[...document.querySelectorAll('dl.facts dd')].some(d => d.innerText.trim() === '376')`); got != "true" {
		t.Error("376 boxes were not dispatched")
	}
	number := owner.eval("document.querySelector('h1 .number').innerText")
	owner.visit("/trace?way=back&q=" + url.QueryEscape(number)).sees("6 jobs").sees("L-Bottom-label").sees("L-Accessories").sees("Operator Tray")
	owner.visit("/trace?way=ahead&q=L-Top-label").sees("goes into " + number).sees("376 boxes dispatched")
	if *shots != "" {
		owner.picture("trace", "desktop", "en")
	}
}
