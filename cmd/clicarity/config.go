package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"clicarity/internal/keys"
	"clicarity/internal/operator"
	"clicarity/internal/postgres/local"
	"clicarity/internal/smtp"
)

// config is all the configuration there is. It is read here, once, from the environment.
type config struct {
	data     string       // data directory
	database string       // address of a given PostgreSQL, empty for the private one
	addr     string       // where to serve
	key      string       // the master key in base64, empty for the one in the data directory
	mail     *smtp.Sender // nil: no mails are sent
	public   string       // how people reach it, empty for http://addr
	operator operator.Operator
	calendly string // the key with which Calendly signs what it tells
}

const configHelp = `
Environment:
  CLICARITY_DATA   data directory (now: the private PostgreSQL and its log)
  DATABASE_URL     a given PostgreSQL, 15 or newer, instead of the private one
  CLICARITY_KEY    the master key, 32 bytes in base64; when not set, the one in the data directory's file "key"
  CLICARITY_ADDR   address to serve on, 127.0.0.1:8080 when not set
  CLICARITY_SMTP   the mail server, such as smtp://name:password@mail.example.in:587 or smtps://...; without one no mails are sent
  CLICARITY_MAIL_FROM  in whose name mails are sent, such as Clicarity <jobs@example.in>
  CLICARITY_URL    how people reach it, such as https://jobs.example.in; with https, cookies insist on it
  CLICARITY_OPERATOR  a JSON file that says who runs the service; see docs/operations.md
  CLICARITY_TRY    on: visitors of the public site may try a demo factory, as "try" of that file does
  CLICARITY_CALENDLY_KEY  the key with which Calendly signs what it tells of demos; without one it tells nothing
`

func readConfig(getenv func(string) string) (config, error) {
	c := config{data: getenv("CLICARITY_DATA"), database: getenv("DATABASE_URL"), addr: getenv("CLICARITY_ADDR"), public: getenv("CLICARITY_URL"), key: getenv("CLICARITY_KEY")}
	if c.data == "" {
		c.data = local.DefaultDir(getenv, os.Getuid())
	}
	if c.addr == "" {
		c.addr = "127.0.0.1:8080"
	}
	if _, _, err := net.SplitHostPort(c.addr); err != nil {
		return c, fmt.Errorf("CLICARITY_ADDR is %q; write it like 127.0.0.1:8080 or :8080", c.addr)
	}
	var err error
	if c.mail, err = mailer(getenv("CLICARITY_SMTP"), getenv("CLICARITY_MAIL_FROM")); err != nil {
		return c, err
	}
	if c.operator, err = readOperator(getenv("CLICARITY_OPERATOR")); err != nil {
		return c, err
	}
	c.operator.Try = c.operator.Try || getenv("CLICARITY_TRY") == "on"
	c.calendly = getenv("CLICARITY_CALENDLY_KEY")
	if c.public != "" {
		u, err := url.Parse(c.public)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return c, fmt.Errorf("CLICARITY_URL is %q; write it like https://jobs.example.in", c.public)
		}
	}
	return c, nil
}

// mailer sends mails, nil when none are to be sent.
func mailer(server, from string) (*smtp.Sender, error) {
	switch {
	case server == "" && from == "":
		return nil, nil
	case server == "" || from == "":
		return nil, errors.New("mails need both CLICARITY_SMTP and CLICARITY_MAIL_FROM")
	}
	s, err := smtp.New(server, from)
	if err != nil {
		return nil, fmt.Errorf("CLICARITY_SMTP and CLICARITY_MAIL_FROM: %w", err)
	}
	return s, nil
}

// readOperator reads who runs the service; nobody when no file is named.
func readOperator(file string) (operator.Operator, error) {
	if file == "" {
		return operator.Operator{}, nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator of the service names it
	if err != nil {
		return operator.Operator{}, fmt.Errorf("CLICARITY_OPERATOR: %w", err)
	}
	o, err := operator.Parse(text)
	if err != nil {
		return o, fmt.Errorf("CLICARITY_OPERATOR, %s: %w", file, err)
	}
	return o, nil
}

// keys are those of the master key. Without it nothing that was sealed can be read again: it belongs in the backup.
func (c config) keys() (*keys.Keys, error) {
	if c.key != "" {
		return keys.Parse(c.key)
	}
	return keys.File(filepath.Join(c.data, "key"))
}

func (c config) secure() bool { return len(c.public) > 8 && c.public[:8] == "https://" }
