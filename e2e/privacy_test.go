package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// phone is a browser on a phone.
func phone(t *testing.T) *page {
	t.Helper()
	return open(t, 360, 800, emulation.SetTouchEmulationEnabled(true))
}

// fits is whether the page is no wider than the phone.
func (p *page) fits() *page {
	p.t.Helper()
	if wide := p.until("document.readyState === 'complete'").eval("document.documentElement.scrollWidth"); wide != "360" {
		p.t.Errorf("%s is %s px wide on a phone of 360", p.eval("location.pathname"), wide)
	}
	return p
}

// opens asks for what is at an address, as the browser that is signed in does, and tells its status and how it begins.
func (p *page) opens(path string) (status, begins string) {
	p.t.Helper()
	var got string
	p.run(chromedp.Evaluate(fmt.Sprintf(`(async () => { const r = await fetch(%q); return r.status + ' ' + new TextDecoder().decode((await r.arrayBuffer()).slice(0, 400)); })()`, path), &got, awaited))
	status, begins, _ = strings.Cut(got, " ")
	return status, begins
}

// sendFile fills in the form for files that is in an element, and sends it.
func (p *page) sendFile(in, path string, fields map[string]string) {
	p.t.Helper()
	p.run(chromedp.Evaluate(fmt.Sprintf(`(() => { const d = document.querySelector(%q); d.open = true; d.querySelector('[type=file]').id = 'sending'; })()`, in), nil))
	for name, value := range fields {
		p.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).value = %q`, in+" [name="+name+"]", value), nil))
	}
	p.run(chromedp.SetUploadFiles("#sending", []string{path}), chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).click()`, in+" .buttons button"), nil))
}

func drawing(t *testing.T, mark string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tray-"+mark+".pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.4\n% the tray, revision "+mark+"\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A drawing is added on a phone and revised: there is no doubt which one to work by, and only who sees the job sees it.
func TestADrawingIsRevisedOnAPhone(t *testing.T) {
	t.Parallel()
	owner := phone(t).signIn(who(t, "owner"))
	_, job := newJob(t, owner, "Drawn tray", "500")
	add, live := "#files details.sheet", "#files .file .chip.done"
	owner.sendFile(add, drawing(t, "A"), map[string]string{"title": "Tray", "mark": "A"})
	owner.sees("Tray, revision A added").until(`document.querySelector('` + live + `')?.innerText.includes('In force')`).fits()
	first := owner.eval("document.querySelector('#files .file a.primary').pathname")
	owner.sendFile("#files .file details.more", drawing(t, "B"), map[string]string{"note": "Corners round"})
	owner.sees("New revision B of Tray").fits()
	if in := owner.eval(`[...document.querySelectorAll('#files .file')].map(f => [f.querySelector('.rev').innerText, f.querySelectorAll('.chip.done').length, f.querySelectorAll('a.primary').length, f.querySelector('.older').open].join()).join(';')`); in != "Rev. B,1,1,false" {
		t.Errorf("what is in force is %s", in)
	}
	owner.snap("files-phone")
	second := owner.eval("document.querySelector('#files .file a.primary').pathname")
	if status, text := owner.opens(second); status != "200" || !strings.Contains(text, "revision B") {
		t.Errorf("the drawing in force opens as %s %q", status, text)
	}
	owner.run(chromedp.Evaluate("document.querySelector('#files .older').open = true", nil))
	owner.sees("superseded by revision B").fits()

	planner := phone(t).signIn(who(t, "Order confirmed"))
	english(planner)
	planner.visit(job + "/at/order").sees("Tray").sees("Rev. B").fits()
	if status, text := planner.opens(first); status != "200" || !strings.Contains(text, "revision A") {
		t.Errorf("the superseded one opens as %s %q", status, text)
	}
	coster := phone(t).signIn(who(t, "Costing"))
	english(coster)
	coster.visit(job).sees("Not found")
	for _, path := range []string{first, second} {
		if status, _ := coster.opens(path); status != "404" {
			t.Errorf("somebody who does not see the job gets its drawing: %s", status)
		}
	}
}

// A member takes out what is kept about them and asks for a correction; a customer asks by the public form and proves their
// address; the owner answers both at the desk.
func TestPeopleAskAboutTheirData(t *testing.T) {
	t.Parallel()
	m := posted(t)
	owner := phone(t).on(m).signIn(m.owner)
	member := phone(t).on(m).signIn(hire(t, owner, "Sunita Gaikwad", "00000 55501", "Packing"))
	english(member)
	member.visit("/my-data").sees("Download my data").fits()
	var pack string
	member.run(chromedp.Evaluate(`(async () => { const r = await fetch('/my-data/download', {method: 'POST', body: new URLSearchParams()}); return [r.status, r.headers.get('content-type'), new TextDecoder().decode((await r.arrayBuffer()).slice(0, 2))].join(' '); })()`, &pack, awaited))
	if pack != "200 application/zip PK" {
		t.Errorf("the pack is %s", pack)
	}
	member.tap("Something else is not right").fill("#correction", "My surname is written Gaikwad, not Gayakwad.").tap("Send to the owners").sees("The owners have your request").fits()
	m.letter(t, "asha@narmada-cartons.example", "/privacy-requests")

	owner.visit("/privacy-requests").sees("Sunita Gaikwad").fits().tap("Sunita Gaikwad").until("location.pathname !== '/privacy-requests'").sees("My surname").fits()
	owner.fill("#answer", "It is written right from today.").run(chromedp.Click("button[value=answer]"))
	owner.sees("Answered.")
	member.visit("/my-data").sees("It is written right from today.").fits()

	customer := phone(t).on(m).visit("/rights")
	customer.run(chromedp.Evaluate("document.querySelector('[name=kind][value=access]').click()", nil))
	customer.fill("#company", "narmada-cartons").fill("#name", "Usha Rane").fill("#email", "usha@tea.example").fill("#body", "What do you keep about me?").tap("Send me the link").sees("on its way to usha@tea.example").fits()
	link := regexp.MustCompile(`/rights/[\w.-]+`).FindString(m.letter(t, "usha@tea.example", "/rights/"))
	customer.visit(link).sees("usha@tea.example").fits().tap("Send the request").sees("Your request has arrived").fits()
	customer.visit(link).sees("This link is good no more")
	owner.visit("/privacy-requests").tap("Usha Rane").until("location.pathname !== '/privacy-requests'").sees("What do you keep about me?").fill("#answer", "Your name and number on three job cards.").run(chromedp.Click("button[value=answer]"))
	owner.sees("Answered.")
	m.letter(t, "usha@tea.example", "Your name and number on three job cards.")
}

// A breach is entered on a phone: its clocks run, what was done stops them, those concerned get a letter, and the evidence that can
// be taken out knows of it.
func TestABreachFromNoticingToTheEvidence(t *testing.T) {
	t.Parallel()
	m := posted(t)
	owner := phone(t).on(m).signIn(m.owner)
	owner.visit("/privacy").tap("Breaches").sees("The clocks run").fits()
	owner.tap("Something happened").fill("#b-what", "A phone was left in a bus with the program open.")
	owner.run(chromedp.Evaluate("document.querySelector('[name=nature][value=seen]').click(); document.querySelector('[name=people]').value = '3'", nil))
	owner.tap("Enter it, start the clocks").sees("Entered. The clocks run.").fits()
	owner.until("[...document.querySelectorAll('dl.facts .chip')].filter(c => c.innerText.includes('not yet') || c.innerText.includes('left')).length === 3")
	owner.snap("breach-phone")
	breach := owner.eval("location.pathname")
	record := func(what, note string) {
		owner.run(chromedp.Evaluate(fmt.Sprintf("window.before = true; document.querySelector('[name=do][value=%s]').click()", what), nil))
		owner.fill("#note", note).tap("Record it").until("!window.before").sees("Recorded.").fits()
	}
	record("people", "Told all three at the gate")
	owner.until("[...document.querySelectorAll('dl.facts .chip')].filter(c => c.innerText.includes('done after')).length === 1")
	owner.visit(breach + "/letter").fits().run(chromedp.Evaluate("document.querySelector('input[type=checkbox][name=to]:not(:disabled)').checked = true", nil))
	owner.tap("Send the letter").sees("The letter is on its way")
	m.letter(t, "asha@narmada-cartons.example", "A phone was left in a bus")
	for _, what := range []string{"board", "report"} {
		record(what, "By the Board's page")
	}
	owner.until("[...document.querySelectorAll('dl.facts .chip')].filter(c => c.innerText.includes('done after')).length === 3")
	record("closed", "Found again")
	owner.visit("/breaches").sees("Closed").sees("A phone was left in a bus").fits()
	owner.visit(breach + "/report").sees("Report of a personal data breach").fits()

	owner.visit("/evidence").fits().run(chromedp.Click("form[action='/evidence/review'] button"))
	owner.until("document.querySelector('#reviews b') !== null").fits()
	if status, text := owner.opens("/evidence/file"); status != "200" || text == "" {
		t.Errorf("the evidence is %s %q", status, text)
	} else if _, html, _ := strings.Cut(text, "<html"); html != "" {
		t.Errorf("the evidence is a page: %q", text)
	}
}

// Whoever runs the service writes the next version of the policy, as a draft first; once it is published the owner of a company is
// told of it in the program, and reads it.
func TestAPolicyFromDraftToItsReaders(t *testing.T) {
	t.Parallel()
	m := posted(t)
	service := phone(t).on(m).signIn(m.service)
	service.visit("/policies/privacy").fits()
	service.run(chromedp.Evaluate("document.querySelector('#body').value += '\\n\\nWe answer within ten days.'", nil))
	service.tap("Save the draft").sees("The draft is saved").sees("We answer within ten days.").fits()
	service.visit("/policies").sees("draft of the next").fits()
	service.visit("/policies/privacy").tap("Publish version").until("location.pathname === '/policies'").sees("Version 2").fits()
	service.visit("/letters").tap("Send a test mail").sees("The test mail is on its way").fits()
	m.letter(t, "asha@seva.example", "Seva Softworks")

	owner := phone(t).on(m).signIn(m.owner)
	owner.visit("/my").sees("Seva Softworks changes its privacy policy").fits()
	owner.run(chromedp.Evaluate("[...document.querySelectorAll('aside.told')].find(a => a.innerText.includes('changes its privacy policy')).querySelector('a').click()", nil))
	owner.until("location.pathname.startsWith('/about/privacy')").tap("Version 2").sees("We answer within ten days.").fits()
}

// An owner takes everything out and closes the account; nothing new is saved until it is undone.
func TestAnAccountIsClosedAndOpenedAgain(t *testing.T) {
	t.Parallel()
	asha := company(t, "manjra", "Manjra Labels")
	owner := phone(t).signIn(asha)
	owner.visit("/close").sees("Closing ends the account of Manjra Labels").fits()
	if status, text := owner.opens("/close/export"); status != "200" || !strings.HasPrefix(text, "PK") {
		t.Errorf("what is taken out is %s %q", status, text)
	}
	owner.fill("#name", "Manjra").fill("#password", asha.Password).run(chromedp.Click("#do button"))
	owner.sees("This is not the company's name").fits()
	owner.fill("#name", "Manjra Labels").fill("#password", asha.Password).run(chromedp.Click("#do button"))
	owner.sees("The account is closed").sees("nothing new is saved").fits()
	owner.visit("/jobs/new").fill("#item", "Too late").fill("#quantity", "10").tap("Create and open").sees("nothing was saved now")
	owner.visit("/my").tap("Undo it, or take everything with you").sees("Undo the closing").fits()
	owner.fill("#password", asha.Password).run(chromedp.Click("#do button"))
	owner.sees("The closing is undone")
	owner.visit("/jobs/new").fill("#item", "In time").fill("#quantity", "10").tap("Create and open").sees("In time").fits()
}
