package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/passwords"
	"clicarity/internal/postgres"
)

// signInRoutes are the ways in.
func (w *Web) signInRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /sign-in", May: flow.Anybody, Handler: w.signInPage},
		{Pattern: "POST /sign-in", May: flow.Anybody, Handler: w.signIn},
		{Pattern: "POST /sign-in/passkey", May: flow.Anybody, Handler: w.passkeySignIn},
		{Pattern: "GET /second-factor", May: flow.Anybody, Handler: w.factorPage},
		{Pattern: "POST /second-factor", May: flow.Anybody, Handler: w.giveFactor},
		{Pattern: "POST /sign-out", May: flow.Anybody, Handler: w.signOut},
	}
}

type signInPage struct {
	*view
	Login  string
	Error  string
	Said   string
	Choose []postgres.Account // when one sign-in and password fit several organisations
	Only   string             // the address of the company's own sign-in, which is the only one
	Key    question
}

// newSignIn is the page for somebody who is not in yet, whoever they were.
func (w *Web) newSignIn(r *http.Request) (signInPage, error) {
	p := signInPage{view: w.view(r, flow.Person{}, "sign_in"), Login: r.PostFormValue("login")}
	var err error
	p.Key, err = w.askAnybody()
	return p, err
}

func (w *Web) signInPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if !who.Member.IsZero() && who.Via != flow.ViaPending {
		http.Redirect(rw, r, "/", http.StatusSeeOther)
		return nil
	}
	p, err := w.newSignIn(r)
	if err != nil {
		return err
	}
	if r.FormValue("said") == "reset" {
		p.Said = p.T("reset_done")
	}
	return w.render(rw, http.StatusOK, "signin", p)
}

// NormalLogin is the one way an e-mail address or a phone number is kept: lower case; digits with the country in
// front, India's when none is given.
func NormalLogin(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.Contains(s, "@") {
		return s
	}
	plus := strings.HasPrefix(s, "+")
	s = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if !plus {
		switch {
		case len(s) == 11 && s[0] == '0':
			s = s[1:]
		case len(s) == 12 && strings.HasPrefix(s, "91"):
			s = s[2:]
		}
		s = "91" + s
	}
	return "+" + s
}

// signIn opens a session. A wrong password and an unknown sign-in get the same answer after the same work.
func (w *Web) signIn(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	p, err := w.newSignIn(r)
	if err != nil {
		return err
	}
	login := NormalLogin(p.Login)
	if wait := w.wait(r, login); wait > 0 {
		p.Error = p.tooOften(rw, wait)
		return w.render(rw, http.StatusTooManyRequests, "signin", p)
	}
	accounts, err := w.DB.Accounts(r.Context(), login)
	if err != nil {
		return err
	}
	fit, elsewhere := here(w.fitting(accounts, r.PostFormValue("password"), r.PostFormValue("organisation")))
	switch len(fit) {
	case 0:
		if elsewhere != "" {
			p.Error, p.Only = p.T("company_only"), "/sign-in/with/"+url.PathEscape(elsewhere)
			return w.render(rw, http.StatusUnprocessableEntity, "signin", p)
		}
		p.Error = p.T("sign_in_wrong")
		if err := w.renderNow(rw, http.StatusUnprocessableEntity, "signin", p); err != nil {
			return err
		}
		return w.noteWrong(r, accounts)
	case 1:
		w.cameIn(rw, r, login)
		return w.enter(rw, r, fit[0], "password")
	}
	p.Choose = fit
	return w.render(rw, http.StatusOK, "signin", p)
}

// sameWork is how many passwords are compared at a sign-in, whether or not there is an account: as many as one sign-in
// usually has memberships, so that the time an answer takes does not tell which sign-ins exist.
const sameWork = 4

// fitting are the accounts the password opens.
func (w *Web) fitting(accounts []postgres.Account, password, organisation string) []postgres.Account {
	password = passwords.Normal(password)
	var fit []postgres.Account
	for _, a := range accounts {
		if w.CheckPassword(password, a.PasswordHash) && (organisation == "" || a.Org.String() == organisation) {
			fit = append(fit, a)
		}
	}
	for range sameWork - len(accounts) {
		w.CheckPassword(password, "") // in vain, to take as long
	}
	return fit
}

// here are the accounts that a password opens. Of those that sign in with their company only, the short name of one is
// told, to somebody who knows the password.
func here(fit []postgres.Account) (open []postgres.Account, elsewhere string) {
	for _, a := range fit {
		if a.Elsewhere && a.Role != flow.Owner {
			elsewhere = a.Slug
			continue
		}
		open = append(open, a)
	}
	return open, elsewhere
}

// noteWrong notes in the audit logs of those whom it concerns that somebody tried to come in. It is done after the
// answer, so that the answer does not take longer for those who exist.
func (w *Web) noteWrong(r *http.Request, accounts []postgres.Account) error {
	for _, a := range accounts {
		e := postgres.Event{What: postgres.AuditWrong, ID: a.Member.String(), Detail: map[string]string{"with": "password"}}
		if err := w.DB.Audit(context.WithoutCancel(r.Context()), a.Org, e); err != nil {
			w.Log.Error("a wrong password could not be noted", "org", a.Org.String(), "error", err)
		}
	}
	return nil
}

// renderNow shows a page at once and whole, before the handler is done.
func (w *Web) renderNow(rw http.ResponseWriter, status int, page string, data any) error {
	var buf bytes.Buffer
	if err := w.pages.ExecuteTemplate(&buf, "whole/"+page, data); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	rw.WriteHeader(status)
	if _, err := rw.Write(buf.Bytes()); err != nil {
		return nil //nolint:nilerr // nobody is there to read it; what comes after is done all the same
	}
	err := http.NewResponseController(rw).Flush()
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// enter opens a session for somebody whose password was right, or for whom their company spoke. It waits for the second factor when they have one, or
// need one.
func (w *Web) enter(rw http.ResponseWriter, r *http.Request, a postgres.Account, with string) error {
	f, err := w.DB.Factors(r.Context(), a.Org, a.Member)
	if err != nil {
		return err
	}
	if err := w.endCarried(rw, r); err != nil {
		return err
	}
	s, err := w.newSession(rw, r, a.Org, a.Member, a.Role)
	if err != nil {
		return err
	}
	if err := w.DB.AddSession(r.Context(), a.Org, s); err != nil {
		return err
	}
	if f.Any() || f.Needed {
		http.Redirect(rw, r, "/second-factor", http.StatusSeeOther)
		return nil
	}
	if err := w.noteIn(r, a.Org, a.Member, map[string]string{"with": with}); err != nil {
		return err
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
	return nil
}

// endCarried ends the session that the browser comes with. What was there before somebody signs in never becomes theirs.
func (w *Web) endCarried(rw http.ResponseWriter, r *http.Request) error {
	if org, hash, ok := httpd.DropSession(rw, r, w.Secure); ok {
		return w.DB.EndSession(r.Context(), org, hash)
	}
	return nil
}

// newSession makes a token for a member and sets it in the browser; the session is the caller's to keep.
func (w *Web) newSession(rw http.ResponseWriter, r *http.Request, org, member flow.ID, role flow.Role) (postgres.Session, error) {
	hash, err := httpd.NewSession(rw, org, rand.Reader, w.Secure)
	now := w.Now()
	most, idle := httpd.Lifetime(role, flow.ViaOwn)
	return postgres.Session{Token: hash, Member: member, On: device(r.UserAgent()), Began: now, Until: now.Add(most), Idle: idle}, err
}

// noteIn notes that somebody came in.
func (w *Web) noteIn(r *http.Request, org, member flow.ID, detail map[string]string) error {
	ctx := w.as(r.Context(), r, flow.Person{Org: org, Member: member})
	return w.DB.Audit(ctx, org, postgres.Event{What: postgres.AuditSignIn, Detail: detail})
}

// renew gives a stale session a fresh token and the times of its member's present role.
func (w *Web) renew(ctx context.Context, who flow.Person, from, to [32]byte) (flow.Person, bool, error) {
	now := w.Now()
	most, idle := httpd.Lifetime(who.Role, who.Via)
	s := postgres.Session{Token: to, Began: now, Until: who.Began.Time().Add(most), Idle: idle}
	if who.Via == flow.ViaPending { // it waits from now on
		s.Until = now.Add(most)
	}
	done, err := w.DB.Renew(ctx, who.Org, from, s)
	if err != nil {
		return who, false, err
	}
	token := to
	if !done {
		token = from
	}
	who, err = w.DB.Session(ctx, who.Org, token, now)
	return who, done, err
}

// signOut ends the session on the server and forgets it in the browser.
func (w *Web) signOut(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := w.endCarried(rw, r); err != nil {
		return err
	}
	if !who.Member.IsZero() {
		if err := w.DB.Audit(r.Context(), who.Org, postgres.Event{What: postgres.AuditSignOut}); err != nil {
			return err
		}
	}
	http.Redirect(rw, r, w.front(r), http.StatusSeeOther)
	return nil
}
