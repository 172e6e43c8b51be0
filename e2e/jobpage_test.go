package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// On a phone the sections of a job are folded, with room they are open, and a change that arrives leaves them as the reader
// has them.
func TestTheJobPageFoldsAndStaysAsItIs(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	_, path := newJob(t, owner, "Folding box", "900")
	owner.visit(path + "/at/order").tap("Done").sees("Undo")
	phone := open(t, 360, 800).signIn(who(t, "owner"))
	phone.visit(path)
	bars := "document.getElementById('bars').open"
	if phone.eval(bars) != "false" || owner.visit(path).eval(bars) != "true" {
		t.Error("the sections are not folded on the phone alone")
	}
	for _, p := range []*page{owner, phone} {
		p.run(chromedp.Click("#bars > summary"), chromedp.Evaluate("window.untouched = true", nil))
	}
	open(t, 1366, 768).signIn(who(t, "owner")).visit(path + "/at/artwork").tap("Done").sees("Undo")
	for p, want := range map[*page]string{owner: "false", phone: "true"} {
		p.until("document.querySelectorAll('.timeline li').length >= 3")
		if p.eval(bars) != want || p.eval("window.untouched") != "true" {
			t.Errorf("after a change the section is open: %s, want %s", p.eval(bars), want)
		}
	}
}
