package site

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

const (
	// choiceVersion is raised when the question about cookies asks something else: then it is asked again.
	choiceVersion = 1
	choiceCookie  = "cc"
	choiceFor     = 180 * 24 * time.Hour

	refused = "a0"
	agreed  = "a1"
)

// cookies is what a visitor chose, and what follows for the page.
type cookies struct {
	Ask     bool // the question is shown
	Script  bool // the page has the script that keeps to the choice
	Choice  string
	Refused bool   // by the browser's own signal, for all sites
	GTM     string // the container that is loaded, after an agreement only
	Version int
}

// Agreed reports whether statistics may be counted.
func (c cookies) Agreed() bool { return c.Choice == agreed }

// cookies reads what the visitor chose. Without a container there is nothing to choose, and no script.
func (s *Site) cookies(r *http.Request) cookies {
	if s.Operator.GTM == "" {
		return cookies{}
	}
	c := cookies{GTM: s.Operator.GTM, Version: choiceVersion}
	if r.Header.Get("Sec-GPC") == "1" || r.Header.Get("DNT") == "1" {
		c.Refused, c.Choice = true, refused
		return c
	}
	if got, err := r.Cookie(choiceCookie); err == nil {
		c.Choice = readChoice(got.Value)
	}
	c.Ask, c.Script = c.Choice == "", true
	return c
}

// readChoice is the choice of a cookie v1.a0, empty when it is none or one of another version of the question.
func readChoice(value string) string {
	version, choice, ok := strings.Cut(value, ".")
	if !ok || version != "v"+strconv.Itoa(choiceVersion) || choice != refused && choice != agreed {
		return ""
	}
	return choice
}

// choose keeps what a visitor chose: in their browser, and that it was chosen with the operator's organisation.
func (s *Site) choose(w http.ResponseWriter, r *http.Request, _ flow.Person) error {
	choice := r.PostFormValue("choice")
	if choice == "own" { // the boxes of the dialog
		if choice = refused; r.PostFormValue("analytics") == "yes" {
			choice = agreed
		}
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil || s.Operator.GTM == "" || choice != refused && choice != agreed {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	lang, _ := split(strings.TrimPrefix(r.URL.Path, s.base))
	org, err := s.owner(r.Context())
	if err == nil && !org.IsZero() && s.choices.Allow(httpd.Address(r), s.Now()) {
		err = s.DB.AddSiteConsent(r.Context(), org, postgres.SiteConsent{ID: id, Version: choiceVersion, Choices: choice, Language: understood(r, lang), At: s.Now()})
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: choiceCookie, Value: "v" + strconv.Itoa(choiceVersion) + "." + choice, Path: s.base + "/", MaxAge: int(choiceFor.Seconds()),
		Secure: s.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, s.back(r, lang), http.StatusSeeOther)
	return nil
}

// back is the page of the site that a form was on; the first page for anything else.
func (s *Site) back(r *http.Request, lang string) string {
	to := r.PostFormValue("to")
	if !strings.HasPrefix(to, s.base+"/") || strings.HasPrefix(to, "//") || strings.ContainsFunc(to, func(c rune) bool { return c < ' ' || c == '\\' || c == 0x7f }) {
		return s.base + prefix(lang) + "/"
	}
	return to
}
