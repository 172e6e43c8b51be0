package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	cdp "github.com/chromedp/cdproto/page"
)

// withMails is a second server on the same database that sends mails, and the address at which its mail server is asked what it has.
func withMails(t *testing.T) (server, mails string) {
	t.Helper()
	program, err := filepath.Abs("../bin/mailpit")
	if _, missing := os.Stat(program); errors.Join(err, missing) != nil {
		t.Skip("mailpit is not there: scripts/need mailpit builds it")
	}
	var at [3]string
	for i := range at {
		if at[i], err = freeAddress(); err != nil {
			t.Fatal(err)
		}
	}
	post := exec.Command(program, "--smtp", at[0], "--listen", at[1], "--database", filepath.Join(t.TempDir(), "mails.db"), "--disable-version-check", "--quiet")
	key, err := os.ReadFile(filepath.Join(site.dir, "data", "key"))
	if err != nil {
		t.Fatal(err)
	}
	own := site.beside([]string{"CLICARITY_DATA=" + t.TempDir(), "DATABASE_URL=" + database(t), "CLICARITY_KEY=" + strings.TrimSpace(string(key)), "CLICARITY_ADDR=" + at[2], "CLICARITY_URL=http://" + at[2], "CLICARITY_SMTP=smtp://" + at[0] + "?tls=none", "CLICARITY_MAIL_FROM=Clicarity <letters@clicarity.example>"}, "serve")
	var log bytes.Buffer
	own.Stdout, own.Stderr = &log, &log
	for _, cmd := range []*exec.Cmd{post, own} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	}
	if err := ready("http://" + at[2]); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	return "http://" + at[2], "http://" + at[1]
}

// mailTo waits for a mail to an address about something, and is its head and what it says.
func mailTo(t *testing.T, mails, to, subject string) (mail.Header, string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		var found struct {
			Messages []struct{ ID string }
		}
		if err := json.Unmarshal(fetch(mails+"/api/v1/search?query="+url.QueryEscape(`to:"`+to+`" subject:"`+subject+`"`)), &found); err != nil || len(found.Messages) == 0 {
			continue
		}
		m, err := mail.ReadMessage(strings.NewReader(string(fetch(mails + "/api/v1/message/" + found.Messages[0].ID + "/raw"))))
		if err != nil {
			t.Fatal(err)
		}
		return m.Header, string(fetch(mails + "/view/" + found.Messages[0].ID + ".html"))
	}
	t.Fatalf("no mail to %s about %q", to, subject)
	return nil, ""
}

// fetch is what an address answers, nothing when it does not.
func fetch(address string) []byte {
	resp, err := http.Get(address)
	if err != nil {
		return nil
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return body
}

// newsReader is the owner of a company, who wants news.
func newsReader(t *testing.T, slug, name string) (*page, login) {
	t.Helper()
	l := company(t, slug, name)
	p := open(t, 360, 800).signIn(l)
	p.visit("/account").tap("Yes, send me news").sees("You get news from now on")
	p.snap("news-choice")
	return p, l
}

// snapWhole takes pictures of a page, which keeps nobody out.
func (p *page) snapWhole(name string) {
	p.t.Helper()
	if script := axeScript(); script != "" {
		if found := p.barriers(script); found != "" {
			p.t.Errorf("%s: %s", name, found)
		}
	}
	p.snap(name)
}

// An owner of the operator writes news, looks at it as a mail, sends one to themselves and then one to everybody who agreed. Two
// people get it: the mail program of one ends the news by one request, the other opens the link of the mail and taps. Neither has to log
// in.
func TestNewsComeAndEndByOneClick(t *testing.T) {
	t.Parallel()
	server, mails := withMails(t)
	first, asha := newsReader(t, "tapti", "Tapti Cartons")
	second, dev := newsReader(t, "purna", "Purna Labels")
	owner := open(t, 1366, 768).signIn(who(t, "owner"))
	owner.url = server
	owner.run(cdp.SetBypassCSP(true))
	owner.visit("/privacy").tap("What nobody has to know").sees("Nothing was sent yet")
	owner.snapWhole("news-none")
	owner.tap("Write news").sees("Main language")
	owner.fill("#subject-en", "Lots by QR code").fill("#text-en", "Scan a lot where it stands.\n\nhttps://clicarity.example/lots")
	owner.tap("हिन्दी").fill("#subject-hi", "QR कोड से लॉट")
	owner.snapWhole("news-write")
	owner.tap("Save the draft").sees("हिन्दी has only one of the two")
	owner.fill("#text-hi", "लॉट जहाँ रखा है, वहीं स्कैन करें।").tap("Save the draft").sees("The draft is saved").sees("One tap ends it")
	owner.snapWhole("news-draft")
	piece := owner.eval("location.pathname")
	owner.tap("Send one to").sees("One mail is on its way to you")
	head, body := mailTo(t, mails, who(t, "owner").Login, "Lots by QR code")
	if head.Get("List-Unsubscribe") == "" || !strings.Contains(body, "https://clicarity.example/lots") {
		t.Errorf("%v %s", head, body)
	}
	owner.visit(piece).tap("Send to everybody who agreed").sees("Addresses that it goes to")
	owner.snapWhole("news-ask")
	owner.tap("Send now").sees("It is being sent")
	owner.snapWhole("news-sending")

	head, _ = mailTo(t, mails, asha.Login, "Lots by QR code")
	end := strings.Trim(head.Get("List-Unsubscribe"), "<>")
	if head.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("%v", head)
	}
	resp, err := http.Post(end, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%d %v", resp.StatusCode, err)
	}
	first.visit("/account").sees("Yes, send me news").tap("What is recorded of it").sees("by the link in a mail")

	_, body = mailTo(t, mails, dev.Login, "Lots by QR code")
	visitor := open(t, 360, 800)
	link := body[strings.Index(body, "/unsubscribe/"):]
	visitor.visit(link[:strings.IndexAny(link, `"<`)]).sees("One tap")
	visitor.snap("news-end")
	visitor.tap("No more news").sees("You get no more news from us")
	second.visit("/account").sees("Yes, send me news")

	owner.visit("/news").sees("Lots by QR code").sees("Sent by")
	owner.snapWhole("news-sent")
	owner.snapHindi("/news", "news-sent")
	owner.snapHindi(piece, "news-piece")
}
