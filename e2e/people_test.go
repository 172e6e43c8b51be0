package e2e

import (
	"net/url"
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// invite makes an invitation by link for an operator of the printing stage, and returns the path of the link.
func invite(t *testing.T, owner *page, name string) string {
	t.Helper()
	owner.visit("/people").tap("Invite").fill("#invite-name", name)
	owner.run(chromedp.Evaluate(`(() => { const f = document.querySelector('form[action="/people/invitations"]'); f.querySelector('[name=role][value=operator]').click();
		f.querySelector('[name=at][value$=":printing"]').click(); f.querySelector('button.primary').click(); })()`, nil), chromedp.WaitVisible("svg.qr"))
	u, err := url.Parse(owner.eval("document.getElementById('invite-link').value"))
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

// Somebody without e-mail is invited by a link that the owner shows, accepts it on a phone, and works.
func TestAnInvitationIsAcceptedOnAPhone(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	path := invite(t, owner, "Kiran")
	phone := open(t, 360, 800, emulation.SetTouchEmulationEnabled(true)).visit(path)
	phone.sees("invites you to Sahyadri Print & Pack as: Operator").sees("What is stored about you")
	if wide := phone.eval("document.documentElement.scrollWidth"); wide != "360" {
		t.Errorf("the page is %s wide", wide)
	}
	phone.fill("#name", "Kiran Salunkhe").fill("#login", "00000 77777").fill("#password", "seven mango crates")
	phone.run(chromedp.Evaluate("document.querySelector('main form').noValidate = true", nil))
	phone.tap("Join").sees("Only people of 18 or older can join").fill("#password", "seven mango crates")
	phone.tap("I am 18 or older").tap("Join").until("location.pathname === '/my'").sees("My jobs")
	phone.visit(path).sees("This invitation is over")
	owner.visit("/people?q=kiran").sees("Kiran Salunkhe").tap("Kiran Salunkhe").sees("Suspend").tap("Suspend").sees("Let in again")
	phone.visit("/my").sees("Log in")
}

// TestScreensOfPeople takes pictures of the pages about people when -shots names a folder.
func TestScreensOfPeople(t *testing.T) {
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
			owner := open(t, size.w, size.h).signIn(who(t, "owner"))
			owner.speak("en")
			path := invite(t, owner, "Kiran")
			owner.picture("invitation", size.name, "en")
			owner.speak(lang)
			owner.visit("/people").picture("people", size.name, lang)
			owner.run(chromedp.Evaluate("document.querySelector('details.sheet').open = true", nil))
			owner.picture("invite", size.name, lang)
			owner.visit("/people?q=sunil").run(chromedp.Click(".stagelist.people a"), chromedp.WaitVisible("fieldset.roles"))
			owner.picture("person", size.name, lang)
			owner.visit("/sites").picture("sites", size.name, lang)
			owner.visit("/leave").picture("leave", size.name, lang)
			job := owner.visit("/find?q=14").eval("document.querySelector('main a.card')?.pathname ?? '/board'")
			owner.visit(job).run(chromedp.Click(".now a.card"), chromedp.WaitVisible(".stagecard"), chromedp.Evaluate(`(() => { const d = document.querySelector('form[action$="/assign"]').closest('details'); d.open = true; d.scrollIntoView() })()`, nil))
			owner.picture("assign", size.name, lang)
			owner.visit("/processes").run(chromedp.Evaluate("[...document.querySelectorAll('.stagelist a')].find(a => a.innerText.includes('Printed')).click()", nil), chromedp.WaitVisible("#design"), chromedp.Evaluate("(() => { const d = document.querySelector('details.private'); for (let p = d; p; p = p.parentElement) if (p.tagName === 'DETAILS') p.open = true; d.scrollIntoView({block: 'center'}) })()", nil))
			owner.picture("designer-private", size.name, lang)
			stranger := open(t, size.w, size.h).visit(path)
			stranger.speak(lang)
			stranger.visit(path).picture("join", size.name, lang)
			owner.speak("en")
		}
	}
}
