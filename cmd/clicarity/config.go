package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"clicarity/internal/keys"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/local"
	"clicarity/internal/smtp"
)

// config is all the configuration there is. It is read here, once, from the environment.
type config struct {
	data     string // data directory
	database string // address of a given PostgreSQL, empty for the private one
	addr     string // where to serve
	key      string // the master keys in base64, the newest first; empty for those in the data directory

	keyCommand string // the program that holds the master key, empty for none
	files      string // where files are kept: a directory or s3://...; empty for the folder files of the data directory
	s3Secret   string // the secret of a store, where its address does not have it
	backups    backupConfig
	scan       string       // the program that looks at files for viruses, empty for none
	mail       *smtp.Sender // nil: no mails are sent
	public     string       // how people reach it, empty for http://addr
	operator   operator.Operator
	operated   bool   // a file says who that is
	door       door   // how people's connections are encrypted
	calendly   string // the key with which Calendly signs what it tells

	calendlyToken string // with which it is asked whether it still tells, empty: nobody asks
}

const configHelp = `
Environment:
  CLICARITY_DATA   data directory (now: the private PostgreSQL and its log)
  DATABASE_URL     a given PostgreSQL, 15 or newer, instead of the private one
  CLICARITY_KEY    the master key, 32 bytes in base64; when not set, the one in the data directory's file "key"
  CLICARITY_KEY_COMMAND  a program that holds the master key instead (a key service, a vault, a TPM); see docs/operations.md
  CLICARITY_FILES  where files of jobs are kept: a directory, or s3://KEY:SECRET@host/bucket?region=ap-south-1; the data directory's folder files when not set
  CLICARITY_S3_SECRET  the secret of that store, instead of in its address
  CLICARITY_BACKUPS  where backups are kept, made each night: a directory, better on another machine, or s3://... as for files; none are made when not set
  CLICARITY_BACKUPS_SECRET, CLICARITY_BACKUPS_AT, CLICARITY_BACKUPS_DAYS  the secret of that store; when they are made, 02:00 when not set; for how many days each is kept, 30 when not set and 35 at most
  CLICARITY_SCAN   a program that looks at files for viruses: the file on its standard input, it ends with 0 for clean and 1 for infected
  CLICARITY_ADDR   address to serve on, 127.0.0.1:8080 when not set
  CLICARITY_SMTP   the mail server, such as smtp://name:password@mail.example.in:587 or smtps://...; without one no mails are sent
  CLICARITY_MAIL_FROM  in whose name mails are sent, such as Clicarity <jobs@example.in>
  CLICARITY_MAIL_ASK   a program that says whether the mail server has a mail already; see docs/operations.md
  CLICARITY_URL    how people reach it, such as https://jobs.example.in; with https, cookies insist on it
  CLICARITY_TLS    certificates: CERT.pem,KEY.pem or acme; without them it is served on this machine only, or behind a proxy
  CLICARITY_PROXY  yes: a proxy in front ends TLS; then any address can be served on
  CLICARITY_HTTP   with certificates, the address that sends people to HTTPS; :80 when CLICARITY_ADDR is on port 443
  CLICARITY_ACME_EMAIL, CLICARITY_ACME_DIRECTORY  whom the authority warns, and another authority than Let's Encrypt
  CLICARITY_DATABASE_PLAIN  yes: the way to the database need not be encrypted
  CLICARITY_OPERATOR  a JSON file that says who runs the service; see docs/operations.md
  CLICARITY_TRY    on: visitors of the public site may try a demo factory, as "try" of that file does
  CLICARITY_CALENDLY_KEY  the key with which Calendly signs what it tells of demos; without one it tells nothing
  CLICARITY_CALENDLY_TOKEN  a token of Calendly's, with which it is asked daily whether it still tells; without one it is asked nothing
`

func readConfig(getenv func(string) string) (config, error) {
	c := config{data: getenv("CLICARITY_DATA"), database: getenv("DATABASE_URL"), addr: getenv("CLICARITY_ADDR"), public: getenv("CLICARITY_URL"), key: getenv("CLICARITY_KEY"), keyCommand: getenv("CLICARITY_KEY_COMMAND"),
		files: getenv("CLICARITY_FILES"), s3Secret: getenv("CLICARITY_S3_SECRET"), scan: getenv("CLICARITY_SCAN")}
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
	if program := getenv("CLICARITY_MAIL_ASK"); program != "" && c.mail != nil {
		c.mail.Ask(program)
	}
	if c.backups, err = readBackups(getenv); err != nil {
		return c, err
	}
	if c.operator, err = readOperator(getenv("CLICARITY_OPERATOR")); err != nil {
		return c, err
	}
	c.operated = getenv("CLICARITY_OPERATOR") != ""
	c.operator.Try = c.operator.Try || getenv("CLICARITY_TRY") == "on"
	c.calendly = getenv("CLICARITY_CALENDLY_KEY")
	if err := encrypted(c.database, getenv("CLICARITY_DATABASE_PLAIN")); err != nil {
		return c, err
	}
	if c.public != "" {
		u, err := url.Parse(c.public)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return c, fmt.Errorf("CLICARITY_URL is %q; write it like https://jobs.example.in", c.public)
		}
	}
	if c.calendlyToken = getenv("CLICARITY_CALENDLY_TOKEN"); c.calendlyToken != "" {
		if err := c.mayAskCalendly(); err != nil {
			return c, err
		}
	}
	c.door, err = readDoor(getenv, c)
	return c, err
}

// mayAskCalendly says what is missing before Calendly can be asked: what it is to tell, to whom, and where.
func (c config) mayAskCalendly() error {
	at := c.operator.Site
	if at == "" {
		at = c.public
	}
	switch {
	case c.calendly == "":
		return errors.New("CLICARITY_CALENDLY_TOKEN needs CLICARITY_CALENDLY_KEY: the key with which Calendly is to sign, 32 random bytes such as openssl rand -hex 32 makes")
	case c.operator.Calendly == "" || c.operator.Organisation == "":
		return errors.New(`CLICARITY_CALENDLY_TOKEN needs "calendly" and "organisation" in the file that CLICARITY_OPERATOR names`)
	case !strings.HasPrefix(at, "https://"):
		return errors.New(`CLICARITY_CALENDLY_TOKEN needs an address that Calendly reaches: CLICARITY_URL, or "site" of the operator's file, with https://`)
	}
	return nil
}

// encrypted refuses an address of the database where everybody on the way could read along.
func encrypted(database, plain string) error {
	if database == "" || plain == "yes" {
		return nil
	}
	if err := postgres.Encrypted(database); err != nil {
		return fmt.Errorf("DATABASE_URL: %w; CLICARITY_DATABASE_PLAIN=yes when nobody else is on the way", err)
	}
	return nil
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

func (c config) keyFile() string { return filepath.Join(c.data, "key") }

// masters are the master keys, the newest first: the program's, when one holds it, then those that are given or in the
// data directory. Without them nothing that was sealed can be read again: they belong in the backup.
func (c config) masters() (*keys.Ring, error) {
	if c.keyCommand == "" && c.key == "" {
		return keys.File(c.keyFile())
	}
	return keys.Reread(func() ([]keys.Master, error) {
		var all []keys.Master
		if c.keyCommand != "" {
			m, err := keys.NewCommand(c.keyCommand)
			if err != nil {
				return nil, fmt.Errorf("CLICARITY_KEY_COMMAND: %w", err)
			}
			all = append(all, m)
		}
		if c.key == "" {
			kept, err := keys.InFile(c.keyFile())
			return append(all, kept...), err
		}
		given, err := keys.ParseMasters(c.key)
		if err != nil {
			return nil, fmt.Errorf("CLICARITY_KEY: %w", err)
		}
		return append(all, given...), nil
	})
}

func (c config) secure() bool { return strings.HasPrefix(c.public, "https://") }
