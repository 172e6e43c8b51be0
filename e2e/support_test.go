package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"clicarity/internal/postgres/local"
)

// An owner lets support look: the link is opened, both see that it is so, the owner sees what was looked at, and at the end of
// the time the open page goes by itself.
func TestSupportLooksUntilTheGrantEnds(t *testing.T) {
	t.Parallel()
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	owner.visit("/support").sees("Support sees nothing of yours unless you let it")
	owner.snap("support-none")
	owner.run(chromedp.SendKeys("#reason", "The board does not show job 1042"))
	owner.snap("support-form")
	owner.run(chromedp.Click("details.sheet button.primary"), chromedp.WaitVisible("#link"))
	owner.sees("Hand this link").sees("Support may look until").sees("Not opened yet")
	owner.snap("support-link")
	link := owner.eval("document.querySelector('#link').value")
	path := link[strings.Index(link, "/support/"):]
	support := open(t, 1366, 768)
	support.visit(path).sees("An owner lets you look")
	support.snap("support-open")
	support.run(chromedp.SendKeys("#name", "Neha Rao"), chromedp.Click("main button.primary"), chromedp.WaitVisible(".supportbar"))
	support.visit("/board").sees("You are here as support")
	support.snap("support-board")
	support.visit("/quality").sees("You are here as support")
	owner.visit("/board").sees("Support may look until")
	owner.snap("support-banner")
	owner.visit("/support").sees("Neha Rao (support) looked at: Board")
	owner.snap("support-reads")
	owner.visit("/audit").sees("Neha Rao (support) signed in")
	owner.snap("audit")
	owner.visit("/audit?kind=support").sees("Neha Rao (support) looked at: Non-conformances")
	owner.snap("audit-found")
	owner.snapHindi("/support", "support-reads")
	owner.snapHindi("/audit", "audit")
	support.snapHindi("/board", "support-board")
	owner.visit("/my")
	shorten(t, 2*time.Second)
	support.until("location.pathname === '/sign-in'") // the page was left alone: it goes by itself
	support.visit(path).sees("Not found")
	owner.visit("/support").sees("Over")
}

// snapHindi takes pictures of a page in Hindi at both sizes, when there is a folder for them.
func (p *page) snapHindi(path, name string) {
	p.t.Helper()
	if *shots == "" {
		return
	}
	p.speak("hi")
	p.visit(path)
	p.run(chromedp.EmulateViewport(360, 800))
	p.picture(name, "phone", "hi")
	p.run(chromedp.EmulateViewport(1366, 768))
	p.picture(name, "desktop", "hi")
	p.speak("en")
}

// database is the address of the server's database.
func database(t *testing.T) string {
	t.Helper()
	cluster, err := local.Open(context.Background(), local.Options{Dir: filepath.Join(site.dir, "data")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Error(err)
		}
	})
	return cluster.URL("clicarity")
}

// shorten lets the time of all open grants be over after a moment, as if it had passed.
func shorten(t *testing.T, left time.Duration) {
	t.Helper()
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("there is no psql to shorten the time with")
	}
	sql := fmt.Sprintf(`begin; update sessions set expires_at = now() + interval '%d ms' where via = 'support';
		update support_grants set until = now() + interval '%d ms' where ended_at is null; commit`, left.Milliseconds(), left.Milliseconds())
	if out, err := exec.Command(psql, "-v", "ON_ERROR_STOP=1", database(t), "-c", sql).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
