package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	server "github.com/emersion/go-smtp"

	"clicarity/internal/certtest"
)

// office is a mail server that keeps what it is given.
type office struct {
	mu     sync.Mutex
	got    []letter
	answer error // to RCPT
	user   string
}

type letter struct {
	from string
	to   []string
	text string
}

type visit struct {
	office *office
	letter letter
	in     bool
}

func (o *office) NewSession(*server.Conn) (server.Session, error) { return &visit{office: o}, nil }

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != v.office.user || password != "secret" {
			return server.ErrAuthFailed
		}
		v.in = true
		return nil
	}), nil
}

func (v *visit) Reset()        { v.letter = letter{} }
func (v *visit) Logout() error { return nil }
func (v *visit) Mail(from string, _ *server.MailOptions) error {
	if v.office.user != "" && !v.in {
		return server.ErrAuthRequired
	}
	v.letter.from = from
	return nil
}

func (v *visit) Rcpt(to string, _ *server.RcptOptions) error {
	v.letter.to = append(v.letter.to, to)
	return v.office.answer
}

func (v *visit) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	v.letter.text = string(text)
	v.office.mu.Lock()
	defer v.office.mu.Unlock()
	v.office.got = append(v.office.got, v.letter)
	return err
}

func (o *office) letters() []letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.got
}

// open serves the office on a port of its own, and returns its address.
func (o *office) open(t *testing.T, cfg *tls.Config, fromTheFirstByte bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := server.NewServer(o)
	s.Domain, s.AllowInsecureAuth, s.TLSConfig = "mail.company.example", true, cfg
	s.ErrorLog = quiet{}
	address := l.Addr().String()
	if fromTheFirstByte {
		l, s.TLSConfig = tls.NewListener(l, cfg), nil
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }() //nolint:errcheck // ends with the test
	t.Cleanup(func() { _ = s.Close(); <-done })
	return address
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func sender(t *testing.T, url string) *Sender {
	t.Helper()
	s, err := New(url, "Clicarity <jobs@company.example>")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAMailArrives(t *testing.T) {
	t.Parallel()
	o := &office{}
	s := sender(t, "smtp://"+o.open(t, nil, false)+"?tls=none")
	err := s.Send(t.Context(), Message{ID: "7", To: "ravi@company.example", Subject: "आपके लिए निमंत्रण", Text: "Hello Ravi <b>,\n\nOpen this:\nhttps://jobs.company.example/join/x?a=1&b=2\n\nनमस्ते"})
	if err != nil || len(o.letters()) != 1 {
		t.Fatal(err, o.letters())
	}
	got := o.letters()[0]
	m, err := mail.ReadMessage(strings.NewReader(got.text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "आपके लिए निमंत्रण" || got.from != "jobs@company.example" || m.Header.Get("Message-Id") != "<7@company.example>" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("%q %v %+v", subject, err, m.Header)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(got.text, "=\r\n", ""), "=3D", "=")
	for _, want := range []string{"text/plain", "text/html", "Ravi <b>,", "Ravi &lt;b&gt;,", `<a href="https://jobs.company.example/join/x?a=1&amp;b=2"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}

// Whatever a person wrote, a mail has the recipient and the headers that it should have, and no others.
func TestAbuseHeaderInjectionInMail(t *testing.T) {
	t.Parallel()
	o := &office{}
	s := sender(t, "smtp://"+o.open(t, nil, false)+"?tls=none")
	for _, to := range []string{"a@company.example\r\nBcc: b@evil.example", "a@company.example\nRCPT TO:<b@evil.example>", "a@company.example, b@evil.example",
		"A <a@company.example>", `"a\r\n"@company.example`, "a@company.example\x00", "", "nobody", "a@company.example ", "a b@company.example", strings.Repeat("a", 250) + "@company.example"} {
		if err := s.Send(t.Context(), Message{ID: "1", To: to, Text: "x"}); !errors.Is(err, ErrRefused) {
			t.Errorf("%q: %v", to, err)
		}
	}
	for _, evil := range []string{"Hello\r\nBcc: b@evil.example\r\n\r\nbody", "Hello\nBcc: b@evil.example", "Hello\rBcc: b@evil.example", "Hello\u2028Bcc: b@evil.example", "नमस्ते\r\n Bcc: b@evil.example\x0b\x0c"} {
		if err := s.Send(t.Context(), Message{ID: evil, To: "a@company.example", Subject: evil, Text: evil + "\r\n.\r\nMAIL FROM:<x@evil.example>\r\n"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.letters()) != 5 {
		t.Fatalf("%d mails arrived", len(o.letters()))
	}
	for _, got := range o.letters() {
		m, err := mail.ReadMessage(strings.NewReader(got.text))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.to) != 1 || got.to[0] != "a@company.example" || m.Header.Get("Bcc") != "" || m.Header.Get("To") != "<a@company.example>" {
			t.Errorf("to %q, headers %+v", got.to, m.Header)
		}
	}
}

// A password or a mail never goes over a way that others can read, nor to a server that only says it is the right one.
func TestTheWayToTheServerIsPrivate(t *testing.T) {
	t.Parallel()
	made := certtest.New(t, "127.0.0.1")
	cfg, roots := &tls.Config{Certificates: []tls.Certificate{made.TLS}, MinVersion: tls.VersionTLS12}, made.Roots
	for name, how := range map[string]struct{ scheme string }{"asked for": {"smtp"}, "from the first byte": {"smtps"}} {
		o := &office{user: "clicarity"}
		url := how.scheme + "://clicarity:secret@" + o.open(t, cfg, how.scheme == "smtps")
		m := Message{ID: "1", To: "ravi@company.example", Subject: "Hello", Text: "Hello"}
		s := sender(t, url)
		if err := s.Send(t.Context(), m); err == nil || errors.Is(err, ErrRefused) {
			t.Errorf("%s: a certificate that nobody vouches for: %v", name, err)
		}
		s.roots = roots
		if err := s.Send(t.Context(), m); err != nil || len(o.letters()) != 1 {
			t.Errorf("%s: %v, %d mails", name, err, len(o.letters()))
		}
	}
	o := &office{}
	if err := sender(t, "smtp://"+o.open(t, nil, false)).Send(t.Context(), Message{ID: "1", To: "ravi@company.example", Text: "x"}); err == nil || len(o.letters()) > 0 {
		t.Errorf("a server without TLS was given a mail: %v", err)
	}
}

func TestWhatIsWorthAnotherTry(t *testing.T) {
	t.Parallel()
	m := Message{ID: "1", To: "ravi@company.example", Text: "x"}
	for code, good := range map[int]bool{550: false, 451: true} {
		o := &office{answer: &server.SMTPError{Code: code, Message: "no"}}
		err := sender(t, "smtp://"+o.open(t, nil, false)+"?tls=none").Send(t.Context(), m)
		if err == nil || errors.Is(err, ErrRefused) == good {
			t.Errorf("%d: %v", code, err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sender(t, "smtp://127.0.0.1:1?tls=none").Send(gone, m); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestMistakesInTheConfigurationAreSaid(t *testing.T) {
	t.Parallel()
	for server, from := range map[string]string{"": "a@company.example", "mail.company.example": "a@company.example", "http://mail.company.example": "a@company.example",
		"smtp://mail.company.example?tls=none": "a@company.example", "smtp://mail.company.example:0": "a@company.example", "smtps://mail.company.example": "nobody",
		"smtps://mail.company.example?tls=none": "a@company.example", "smtp://127.0.0.1?tls=some": "a@company.example"} {
		if _, err := New(server, from); err == nil {
			t.Errorf("%q, %q pass", server, from)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, a := range []string{"ravi@company.example", "a@b\r\nBcc: c@d", `"x y"@b.example`, "रवि@company.example"} {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, a string) {
		if Address(a) && (OneLine(a) != a || strings.ContainsAny(a, "\r\n,<> ")) {
			t.Errorf("%q passes", a)
		}
	})
}
