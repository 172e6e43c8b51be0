package e2e

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// mailing is an installation of its own, without the demo, whose mails arrive here. The first test that wants one starts it.
type mailing struct {
	url     string
	program *exec.Cmd
	log     bytes.Buffer
	mu      sync.Mutex
	mails   []string // as they came, each with whom it is to in its head
	err     error
	owner   login // of the company Narmada Cartons
	service login // of whoever runs the service
}

const mailingOperator = `{"organisation": "seva", "name": "Seva Softworks", "address": "Nashik 422001", "email": "hello@seva.example", "grievance": {"name": "Meera Joshi", "email": "privacy@seva.example"}}`

var mails struct {
	once sync.Once
	at   *mailing
}

// posted is the installation with mails.
func posted(t *testing.T) *mailing {
	t.Helper()
	mails.once.Do(func() {
		mails.at = &mailing{}
		mails.at.err = mails.at.start()
	})
	if mails.at.err != nil {
		t.Fatalf("%v\n%s", mails.at.err, mails.at.log.String())
	}
	return mails.at
}

// stopMailing ends it, if a test started it.
func stopMailing() error {
	if mails.at == nil || mails.at.program == nil || mails.at.program.Process == nil {
		return nil
	}
	return errors.Join(mails.at.program.Process.Signal(syscall.SIGTERM), mails.at.program.Wait())
}

func (m *mailing) start() error {
	letters, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go m.receive(letters)
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	dir := filepath.Join(site.dir, "mailing")
	if err := os.Mkdir(dir, 0o711); err != nil {
		return err
	}
	who := filepath.Join(dir, "operator.json")
	if err := os.WriteFile(who, []byte(mailingOperator), 0o600); err != nil {
		return err
	}
	m.url = "http://" + addr
	env := []string{"CLICARITY_DATA=" + filepath.Join(dir, "data"), "CLICARITY_ADDR=" + addr, "CLICARITY_OPERATOR=" + who, "CLICARITY_URL=",
		"CLICARITY_SMTP=smtp://" + letters.Addr().String() + "?tls=none", "CLICARITY_MAIL_FROM=Seva Softworks <post@seva.example>"}
	m.program = site.beside(env, "serve")
	m.program.Stdout, m.program.Stderr = &m.log, &m.log
	if err := m.program.Start(); err != nil {
		return err
	}
	if err := ready(m.url); err != nil {
		return err
	}
	for _, o := range []struct {
		slug, name string
		owner      *login
	}{{"seva", "Seva Softworks", &m.service}, {"narmada-cartons", "Narmada Cartons", &m.owner}} {
		out, err := site.beside(env, "org", "add", o.slug, "--name", o.name, "--owner", "asha@"+o.slug+".example").CombinedOutput()
		password := regexp.MustCompile(`the password (\S+)\n`).FindSubmatch(out)
		if err != nil || password == nil {
			return errors.Join(err, errors.New(string(out)))
		}
		*o.owner = login{Login: "asha@" + o.slug + ".example", Password: string(password[1])}
	}
	return nil
}

// receive takes every mail.
func (m *mailing) receive(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go m.take(conn)
	}
}

func (m *mailing) take(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
	in := bufio.NewScanner(conn)
	in.Buffer(nil, 1<<20)
	say("220 here")
	var text strings.Builder
	for inside := false; in.Scan(); {
		line := in.Text()
		word, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case inside && line == ".":
			m.mu.Lock()
			m.mails = append(m.mails, text.String())
			m.mu.Unlock()
			text.Reset()
			inside = false
			say("250 taken")
		case inside:
			text.WriteString(strings.TrimPrefix(line, ".") + "\r\n")
		case word == "DATA":
			inside = true
			say("354 go on")
		case word == "QUIT":
			say("221 bye")
			return
		default:
			say("250 good")
		}
	}
}

// letter waits for the newest mail to an address whose text has something in it, and gives that text.
func (m *mailing) letter(t *testing.T, to, holds string) string {
	t.Helper()
	for end := time.Now().Add(45 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		m.mu.Lock()
		all := m.mails
		m.mu.Unlock()
		for i := len(all) - 1; i >= 0; i-- {
			if text, ok := readMail(all[i], to); ok && strings.Contains(text, holds) {
				return text
			}
		}
	}
	t.Fatalf("no mail to %s says %q; there are %d", to, holds, len(m.mails))
	return ""
}

// readMail is the subject and the plain text of a mail to an address.
func readMail(raw, to string) (string, bool) {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil || !strings.Contains(m.Header.Get("To"), to) {
		return "", false
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	body, encoding := io.Reader(m.Body), m.Header.Get("Content-Transfer-Encoding")
	if kind, with, err := mime.ParseMediaType(m.Header.Get("Content-Type")); err == nil && strings.HasPrefix(kind, "multipart/") {
		part, err := multipart.NewReader(m.Body, with["boundary"]).NextRawPart()
		if err != nil {
			return "", false
		}
		body, encoding = part, part.Header.Get("Content-Transfer-Encoding")
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	return subject + "\n" + string(text), err == nil
}

// on is the browser on another installation than the demo's.
func (p *page) on(m *mailing) *page {
	p.url = m.url
	return p
}
