package smtp

import (
	"bufio"
	"errors"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const ourMail = "0193670c-0000-7000-8000-000000000007.42@company.example"

// report is a delivery status report as servers write it.
func report(action, status, id string) string {
	return strings.ReplaceAll(`From: MAILER-DAEMON@mx.company.example
To: jobs@company.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="xyz"

--xyz
Content-Type: text/plain

I am sorry.
--xyz
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.company.example
Arrival-Date: Thu, 26 Nov 2026 09:00:00 +0530

Final-Recipient: rfc822; ravi@company.example
Action: `+action+`
Status: `+status+`
Diagnostic-Code: smtp; 550 no such user

--xyz
Content-Type: text/rfc822-headers

Subject: Hello
Message-Id: <`+id+`>

--xyz--
`, "\n", "\r\n")
}

func TestBounces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action, status string
		failed, hard   bool
	}{{"failed", "5.1.1", true, true}, {"failed", "4.4.1 (timed out)", true, false}, {"Delayed", "4.4.1", false, false}} {
		b, err := ReadBounce(strings.NewReader(report(c.action, c.status, ourMail)), "company.example")
		if err != nil || b.Number != 42 || b.Org.String() != ourMail[:36] || b.Failed != c.failed || b.Hard() != c.hard {
			t.Errorf("%+v: %+v %v", c, b, err)
		}
	}
	good := report("failed", "5.1.1", ourMail)
	for name, text := range map[string]string{
		"nothing": "", "another domain": report("failed", "5.1.1", strings.Replace(ourMail, "company", "other", 1)), "no number": report("failed", "5.1.1", "x@company.example"),
		"no code": report("failed", "bad", ourMail), "good news": report("delivered", "2.0.0", ourMail), "another report": strings.Replace(good, "delivery-status;", "disposition-notification;", 1),
		"no report": strings.Replace(good, "multipart/report", "multipart/mixed", 1), "a plain mail": "Subject: I am away\r\n\r\nBack on Monday.\r\n",
		"cut": good[:len(good)/2], "too long": good + strings.Repeat("x", maxReport),
	} {
		if b, err := ReadBounce(strings.NewReader(text), "company.example"); !errors.Is(err, ErrNoReport) {
			t.Errorf("%s: %+v %v", name, b, err)
		}
	}
}

func FuzzReadBounce(f *testing.F) {
	f.Add(report("failed", "5.1.1", ourMail))
	f.Add("Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ReadBounce(strings.NewReader(text), "company.example")
		if err == nil && (b.Number <= 0 || !statusCode.MatchString(b.Status)) {
			t.Errorf("%+v", b)
		}
	})
}

func TestTheServerIsAsked(t *testing.T) {
	t.Parallel()
	s := sender(t, "smtp://127.0.0.1?tls=none")
	if _, known := s.Has(t.Context(), "7"); known {
		t.Error("nobody can be asked, and somebody knows")
	}
	dir := t.TempDir()
	for script, want := range map[string][2]bool{`[ "$1" = 7@company.example ]`: {true, true}, "exit 1": {false, true}, "exit 3": {false, false}} {
		name := filepath.Join(dir, "ask")
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil { //nolint:gosec // it has to run
			t.Fatal(err)
		}
		s.Ask(name)
		if has, known := s.Has(t.Context(), "7"); has != want[0] || known != want[1] {
			t.Errorf("%s: %v %v", script, has, known)
		}
	}
}

// Letters that nobody has to get say how one request ends them; others do not.
func TestOneClickUnsubscribe(t *testing.T) {
	t.Parallel()
	o := &office{}
	s := sender(t, "smtp://"+o.open(t, nil, false)+"?tls=none")
	for _, m := range []Message{{ID: "1", To: "ravi@company.example", Text: "News", Unsubscribe: "https://jobs.company.example/unsubscribe/t\r\nBcc: b@evil.example"}, {ID: "2", To: "ravi@company.example", Text: "Password"}} {
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range [][2]string{{"<https://jobs.company.example/unsubscribe/t Bcc: b@evil.example>", "List-Unsubscribe=One-Click"}, {"", ""}} {
		m, err := mail.ReadMessage(strings.NewReader(o.letters()[i].text))
		if err != nil || m.Header.Get("List-Unsubscribe") != want[0] || m.Header.Get("List-Unsubscribe-Post") != want[1] || m.Header.Get("Bcc") != "" {
			t.Errorf("%+v %v", m.Header, err)
		}
	}
}

// When the way breaks after all of the mail is there, nobody knows; when it breaks after the answer, everybody does.
func TestWhatIsKnownWhenTheWayBreaks(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]error{"": ErrUnsure, "250 taken\r\n": nil, "554 no\r\n": ErrRefused} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go breaking(l, answer)
		err = sender(t, "smtp://"+l.Addr().String()+"?tls=none").Send(t.Context(), Message{ID: "1", To: "ravi@company.example", Text: "x"})
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: %v, want %v", answer, err, want)
		}
	}
}

// breaking is a server that hangs up after its answer to the whole of a mail.
func breaking(l net.Listener, answer string) {
	c, err := l.Accept()
	if err != nil {
		return
	}
	defer c.Close() //nolint:errcheck // that is what it is for
	say := func(s string) { _, _ = c.Write([]byte(s)) }
	say("220 mail\r\n")
	for lines, data := bufio.NewScanner(c), false; lines.Scan(); {
		switch line := lines.Text(); {
		case data && line == ".":
			say(answer)
			return
		case data:
		case line == "DATA":
			data = true
			say("354 go on\r\n")
		default:
			say("250 fine\r\n")
		}
	}
}
