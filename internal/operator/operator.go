// Package operator says who runs an installation: whose name, address and contacts the public site, the notices and the
// mails carry. Nothing of it is built into the program.
package operator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
)

// Operator is who runs an installation, as its file says it. The zero Operator is a house that runs Clicarity for itself
// and says nothing of who that is.
type Operator struct {
	// Organisation is the short name of the operator's own organisation, to which enquiries, policies and what else belongs
	// to the service itself belong; empty: there is none, and there are no pages for them.
	Organisation string  `json:"organisation"`
	Name         string  `json:"name"`      // as it is said: Clicarity
	Address      string  `json:"address"`   // for letters, in one line
	Email        string  `json:"email"`     // for questions
	Grievance    Contact `json:"grievance"` // who hears complaints about personal data
	Site         string  `json:"site"`      // where the public site is: https://clicarity.example; empty: under /about/ of the platform
	WhatsApp     string  `json:"whatsapp"`  // a number with its country: +919876543210
	Calendly     string  `json:"calendly"`  // where demos are booked: https://calendly.com/name/demo
	GTM          string  `json:"gtm"`       // a container of Google Tag Manager: GTM-ABC123; nothing of it is loaded before somebody agreed
	Try          bool    `json:"try"`       // visitors may try a demo factory that is made anew each hour
}

// Contact is somebody to write to.
type Contact struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Called is the name of the operator, or of the product where nobody said who runs it.
func (o Operator) Called() string {
	if o.Name == "" {
		return "Clicarity"
	}
	return o.Name
}

// Complaints is who hears complaints: the operator itself where nobody else is named.
func (o Operator) Complaints() Contact {
	c := o.Grievance
	if c.Email == "" {
		c.Email = o.Email
	}
	if c.Name == "" {
		c.Name = o.Name
	}
	return c
}

var (
	slug   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,40}$`)
	number = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	gtm    = regexp.MustCompile(`^GTM-[A-Z0-9]{4,12}$`)
)

// maxText is the most letters that a text of the file has.
const maxText = 300

// Parse reads the file that says who runs the installation. Its errors say what to change in it.
func Parse(file []byte) (Operator, error) {
	var o Operator
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return Operator{}, fmt.Errorf("it is not the JSON that is expected: %w", err)
	}
	if d.More() {
		return Operator{}, errors.New("there is something after the closing brace")
	}
	if err := o.check(); err != nil {
		return Operator{}, err
	}
	o.Site = strings.TrimRight(o.Site, "/")
	return o, nil
}

func (o Operator) check() error {
	for name, text := range map[string]string{"name": o.Name, "address": o.Address, "grievance.name": o.Grievance.Name} {
		if len(text) > maxText || strings.ContainsAny(text, "\r\n\t\x00") {
			return fmt.Errorf("%q is one line of %d letters at most", name, maxText)
		}
	}
	for name, text := range map[string]string{"email": o.Email, "grievance.email": o.Grievance.Email} {
		if a, err := mail.ParseAddress(text); text != "" && (err != nil || a.Address != text) {
			return fmt.Errorf("%q is an address alone, such as hello@clicarity.example", name)
		}
	}
	for _, c := range []struct {
		name, text, like string
		is               *regexp.Regexp
	}{
		{"organisation", o.Organisation, "the short name of an organisation, such as clicarity", slug},
		{"whatsapp", o.WhatsApp, "a number with its country, such as +919876543210", number},
		{"gtm", o.GTM, "a container of Google Tag Manager, such as GTM-ABC123", gtm},
	} {
		if c.text != "" && !c.is.MatchString(c.text) {
			return fmt.Errorf("%q is %s", c.name, c.like)
		}
	}
	if err := origin(o.Site); err != nil {
		return fmt.Errorf(`"site" %w`, err)
	}
	return o.checkCalendly()
}

// origin is an address without a path.
func origin(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return errors.New("is where the public site is, without a path, such as https://clicarity.example")
	}
	return nil
}

func (o Operator) checkCalendly() error {
	if o.Calendly == "" {
		return nil
	}
	u, err := url.Parse(o.Calendly)
	if err != nil || u.Scheme != "https" || u.Host != "calendly.com" || len(u.Path) < 2 || u.User != nil || u.RawQuery != "" {
		return errors.New(`"calendly" is the page where demos are booked, such as https://calendly.com/name/demo`)
	}
	return nil
}
