package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// What was tapped without network stays on the phone with the reason, when the company closes its account meanwhile, and goes
// out when that is undone.
func TestWhatAPhoneKeptStaysWhileTheCompanyIsClosed(t *testing.T) {
	t.Parallel()
	asha := company(t, "narmada", "Narmada Cartons")
	p := open(t, 360, 800).signIn(asha)
	p.visit("/jobs/new").fill("#item", "Kept box").fill("#quantity", "500")
	p.tap("Create and open")
	p.until("location.pathname.startsWith('/jobs/') && location.pathname !== '/jobs/new'")
	card := p.eval("location.pathname.split('/').slice(0, 3).join('/')") + "/at/planning"
	p.run(chromedp.Evaluate("localStorage.setItem('kept', '1')", nil)) // the part of the program that keeps is there
	p.visit(card).until("localStorage.getItem('kept') === null")
	p.run(network.Enable(), network.EmulateNetworkConditions(true, 0, 0, 0))
	p.tap("✓ Done").sees("Saved on this phone").sees("waiting for the network: 1")
	if out, err := site.command("org", "close", "narmada", "--because", "asked by letter"); err != nil {
		t.Fatal(err, out)
	}
	p.run(network.EmulateNetworkConditions(false, 0, -1, -1))
	p.visit("/my").sees("The account was closed on").until("document.querySelector('[data-kept] button') !== null").sees("nothing new is saved")
	p.snap("closing-kept")
	if out, err := site.command("org", "reopen", "narmada"); err != nil {
		t.Fatal(err, out)
	}
	p.run(chromedp.Evaluate("document.querySelector('[data-kept] button').click()", nil))
	p.until("document.querySelector('[data-kept]').hidden && localStorage.getItem('kept') === null")
	p.visit(card).sees("All of it has gone on from here")
}
