// Package smtp hands mails to the mail server of the installation.
package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"clicarity/internal/letters"
)

// Message is one mail to one person, as plain text: paragraphs are parted by empty lines, and a line that is an address
// of the web is a link for those whose program shows HTML.
type Message struct {
	ID      string // the same for every try, so that a mail that arrives twice can be known
	To      string // an address alone
	Subject string
	Text    string

	Language    string // of the text
	Unsubscribe string // where one request ends letters like this one (RFC 8058), empty for none
}

// ErrRefused says that trying again is no use: the address is none, or the server does not take it.
var ErrRefused = errors.New("smtp: refused for good")

// ErrUnsure says that the server had all of the mail and then said nothing: nobody knows whether it took it.
var ErrUnsure = errors.New("smtp: the server did not say whether it took the mail")

// Sender sends mails through one server, in one name.
type Sender struct {
	host     string
	port     int
	user     string
	password string
	tls      encryption
	from     mail.Address
	roots    *x509.CertPool // nil: those of the machine
	ask      string         // the program that knows which mails the server has, empty for none
}

// encryption is how the way to the server is kept private.
type encryption int

const (
	startTLS encryption = iota // asked for and insisted on
	fromTheFirstByte
	noTLS // on this machine only
)

// timeout bounds one conversation with the server.
const timeout = 30 * time.Second

// New reads where the mail server is, such as smtp://name:password@mail.company.example:587 or smtps://..., and in
// whose name mails are sent: an address, with or without a name. The certificate of the server is always checked;
// ?tls=none is for a server on this machine.
func New(server, from string) (*Sender, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("the mail server cannot be read; write it like smtp://name:password@mail.company.example:587")
	}
	s := &Sender{host: u.Hostname(), user: u.User.Username()}
	s.password, _ = u.User.Password()
	switch tlsMode := u.Query().Get("tls"); {
	case u.Scheme == "smtps" && tlsMode == "":
		s.tls, s.port = fromTheFirstByte, 465
	case u.Scheme == "smtp" && tlsMode == "":
		s.tls, s.port = startTLS, 587
	case u.Scheme == "smtp" && tlsMode == "none":
		s.tls, s.port = noTLS, 25
	default:
		return nil, errors.New("a mail server begins with smtp:// or smtps://")
	}
	if s.tls == noTLS && !thisMachine(s.host) {
		return nil, errors.New("?tls=none is for a mail server on this machine only: elsewhere everybody on the way could read the mails")
	}
	if p := u.Port(); p != "" {
		if s.port, err = strconv.Atoi(p); err != nil || s.port < 1 || s.port > 65535 {
			return nil, fmt.Errorf("%q is no port of a mail server", p)
		}
	}
	address, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("%q is no address to send mails from; write it like Clicarity <jobs@company.example>", from)
	}
	s.from = *address
	return s, nil
}

func thisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send hands a mail to the server. What it answers with ErrRefused is not worth another try.
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg, err := s.message(m)
	if err != nil {
		return err
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = client.DialAndSendWithContext(ctx, msg)
	if msg.IsDelivered() { // how the conversation ended after the server had said yes is of no account
		return nil
	}
	var failed *gomail.SendError
	switch {
	case !errors.As(err, &failed):
	case !failed.IsTemp() && failed.ErrorCode() >= 500:
		return errors.Join(ErrRefused, err)
	case failed.Reason == gomail.ErrSMTPDataClose && failed.ErrorCode() == 0:
		return errors.Join(ErrUnsure, err)
	}
	return err
}

func (s *Sender) client() (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithTimeout(timeout),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12})}
	switch s.tls {
	case fromTheFirstByte:
		options = append(options, gomail.WithSSL())
	case startTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case noTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.user != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	return gomail.NewClient(s.host, append(options, gomail.WithPort(s.port))...)
}

// message is a mail as it goes over the wire. Nothing that came from a person can end a header: addresses are addresses
// alone, and what would break a line is a space.
func (s *Sender) message(m Message) (*gomail.Msg, error) {
	if !Address(m.To) {
		return nil, fmt.Errorf("%w: %q is no address", ErrRefused, m.To)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(OneLine(s.from.Name), s.from.Address); err != nil {
		return nil, err
	}
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	msg.SetMessageIDWithValue(s.messageID(m.ID))
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no answers from absent people
	if m.Unsubscribe != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+OneLine(m.Unsubscribe)+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	msg.Subject(OneLine(m.Subject))
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, letters.Page(m.Language, m.Subject, m.Text))
	return msg, nil
}

// messageID is the name under which a mail goes, every time it goes, without brackets.
func (s *Sender) messageID(id string) string {
	_, domain, _ := strings.Cut(s.from.Address, "@")
	return OneLine(id) + "@" + domain
}

// maxAddress is how long an address of mail can be.
const maxAddress = 254

// Address reports whether a text is one address of mail and nothing else: no name, no second address, no line end.
func Address(text string) bool {
	if len(text) > maxAddress || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return false
	}
	a, err := mail.ParseAddress(text)
	return err == nil && a.Name == "" && a.Address == text && !strings.ContainsAny(text, "\"<>,;:\\")
}

// OneLine is a text as a header can carry it.
func OneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == '\u2028' || r == '\u2029'
	}), " ")
}
