package egress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
)

// Party is somebody outside whom the program, or the browser of who looks at its pages, can reach: what for, all that they
// are ever sent, and what switches it on. Everything is off until it is configured.
type Party struct {
	Code    string
	Name    string
	Way     Way
	Hosts   []string // empty: the one that is configured
	Purpose string   // what for, in a sentence
	Data    string   // what they get to know, in a sentence
	Switch  string   // what switches it on
	// Sent are the names of all fields that requests to them may carry, in the address or in a form or JSON. The client of this
	// package sends no other.
	Sent []string
}

// Way is how a party is reached.
type Way string

// The ways.
const (
	ByProgram Way = "program" // the program asks, by HTTPS
	ByLink    Way = "link"    // the program speaks another protocol to a server of the operator's choice
	ByBrowser Way = "browser" // the browser of a visitor, who chose it
	ByHook    Way = "hook"    // they call, nobody calls them
)

// The parties there are.
var (
	IdentityProvider = Party{Code: "identity_provider", Name: "The company's identity provider", Way: ByProgram,
		Purpose: "Log-in with the company's own accounts.", Data: "That somebody logs in, by the code that their browser brought.",
		Switch: "An owner, under Log-in with the company.",
		Sent:   []string{"grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret"}}
	CertificateAuthority = Party{Code: "certificate_authority", Name: "The certificate authority, such as Let's Encrypt", Way: ByProgram,
		Purpose: "Certificates, so that connections are encrypted.", Data: "The name of the service and an address of its operator.",
		Switch: "CLICARITY_TLS=acme",
		Sent:   []string{"protected", "payload", "signature"}}
	MailServer = Party{Code: "mail_server", Name: "The mail server of the installation", Way: ByLink,
		Purpose: "Mails to members: invitations, forgotten passwords, notices.", Data: "Addresses and the text of these mails; no job data.",
		Switch: "CLICARITY_SMTP"}
	Database = Party{Code: "database", Name: "The PostgreSQL server, where it is not the program's own", Way: ByLink,
		Purpose: "Keeping everything.", Data: "Everything, encrypted on the way; secrets and files are sealed before.",
		Switch: "DATABASE_URL"}
	FileStore = Party{Code: "file_store", Name: "The S3-compatible store of files, where it is not a directory", Way: ByLink,
		Purpose: "Keeping files of jobs.", Data: "Files, sealed before they leave, under random names.",
		Switch: "CLICARITY_FILES=s3://..."}
	BackupStore = Party{Code: "backup_store", Name: "The S3-compatible store of backups, where it is not a directory", Way: ByLink,
		Purpose: "Keeping backups of everything.", Data: "Backups, sealed before they leave, under names that say when they were made; deleted within 35 days.",
		Switch: "CLICARITY_BACKUPS=s3://..."}
	Calendly = Party{Code: "calendly", Name: "Calendly", Way: ByHook, Hosts: []string{"calendly.com"},
		Purpose: "Booking a demonstration.", Data: "What a visitor writes there: name, e-mail, time. Loaded only when a visitor chooses it.",
		Switch: "\"calendly\" in the operator's file"}
	// CalendlyAPI is the same party asked by the program. What it is sent is the operator's own: `organization` is the address under which
	// Calendly keeps the operator as its customer, and no organisation of ours.
	CalendlyAPI = Party{Code: "calendly_api", Name: "Calendly, asked whether it still tells", Way: ByProgram, Hosts: []string{"api.calendly.com"},
		Purpose: "Noticing when Calendly no longer tells of booked demonstrations, and fetching those it did not tell of.",
		Data:    "The operator's own token, where it is to tell of bookings, and the key that it signs them with; nothing of visitors, members or jobs.",
		Switch:  "CLICARITY_CALENDLY_TOKEN",
		Sent:    []string{"organization", "scope", "count", "page_token", "min_start_time", "sort", "url", "events", "signing_key"}}
	Analytics = Party{Code: "analytics", Name: "Google Tag Manager and Google Analytics", Way: ByBrowser,
		Hosts:   []string{"www.googletagmanager.com", "*.google-analytics.com", "*.analytics.google.com"},
		Purpose: "Counting visits of the public site.", Data: "The page, the time, browser and device, of visitors who agreed; never on the platform.",
		Switch: "\"gtm\" in the operator's file, and the visitor's consent"}
	WhatsApp = Party{Code: "whatsapp", Name: "WhatsApp", Way: ByBrowser, Hosts: []string{"wa.me"},
		Purpose: "Writing to the operator.", Data: "What a visitor writes there, after following a link.",
		Switch: "\"whatsapp\" in the operator's file"}
)

// Register is every party there is: nobody else is reached.
var Register = []Party{IdentityProvider, CertificateAuthority, MailServer, Database, FileStore, BackupStore, Calendly, CalendlyAPI, Analytics, WhatsApp}

// Never are the kinds of things that no party but the operator's own servers is sent, in whatever field: what jobs are
// about, who people are, and what would open something.
var Never = []string{"job", "number", "customer", "vendor", "item", "quantity", "wastage", "member", "user", "name", "email", "phone", "company", "organisation", "slug", "token", "search", "ip"}

// maxSent is the most that is read of a request to look at what it carries.
const maxSent = 64 << 10

// at refuses a request to another host than the register names for the party.
func (p Party) at(u *url.URL) error {
	if len(p.Hosts) > 0 && !slices.Contains(p.Hosts, u.Host) {
		return fmt.Errorf("%w: it is no host of %s", ErrForbidden, p.Code)
	}
	return nil
}

// admit refuses a request that carries a field which the register does not name for the party.
func (p Party) admit(r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fmt.Errorf("%w: its query cannot be read", ErrForbidden)
	}
	names := keys(query)
	if r.Body != nil && r.Body != http.NoBody {
		sent, err := p.body(r)
		if err != nil {
			return err
		}
		names = append(names, sent...)
	}
	for _, name := range names {
		if !slices.Contains(p.Sent, name) {
			return fmt.Errorf("%w: %s is never sent %q", ErrForbidden, p.Code, name)
		}
	}
	return nil
}

// body are the names of the fields in a request's body, which is put back as it was.
func (p Party) body(r *http.Request) ([]string, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxSent+1))
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(raw) > maxSent:
		return nil, fmt.Errorf("%w: it is too much", ErrForbidden)
	case len(raw) == 0:
		return nil, nil
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, fmt.Errorf("%w: its form cannot be read", ErrForbidden)
		}
		return keys(form), nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, fmt.Errorf("%w: what it carries cannot be read", ErrForbidden)
	}
	return keys(object), nil
}

func keys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
