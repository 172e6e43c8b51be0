package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

type signInPage struct {
	*view
	Login  string
	Error  string
	Choose []postgres.Account // when one sign-in and password fit several organisations
	Only   string             // the address of the company's own sign-in, which is the only one
}

func (w *Web) signInPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if !who.Member.IsZero() {
		http.Redirect(rw, r, "/", http.StatusSeeOther)
		return nil
	}
	return w.render(rw, http.StatusOK, "signin", signInPage{view: w.view(r, who, "sign_in")})
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

// signIn opens a session. A wrong password and an unknown sign-in get the same answer in the same time.
func (w *Web) signIn(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := signInPage{view: w.view(r, who, "sign_in"), Login: r.PostFormValue("login")}
	login := NormalLogin(p.Login)
	if !w.doors.Allow(httpd.Address(r), w.Now()) || !w.tries.Allow(login, w.Now()) {
		p.Error = p.T("fail_too_often")
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
		return w.render(rw, http.StatusUnprocessableEntity, "signin", p)
	case 1:
		return w.open(rw, r, fit[0])
	}
	p.Choose = fit
	return w.render(rw, http.StatusOK, "signin", p)
}

// fitting are the accounts the password opens. With no account at all one check is made in vain, to take as long.
func (w *Web) fitting(accounts []postgres.Account, password, organisation string) []postgres.Account {
	var fit []postgres.Account
	if len(accounts) == 0 {
		w.CheckPassword(password, "")
	}
	for _, a := range accounts {
		if organisation != "" && a.Org.String() != organisation {
			continue
		}
		if w.CheckPassword(password, a.PasswordHash) {
			fit = append(fit, a)
		}
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

func (w *Web) open(rw http.ResponseWriter, r *http.Request, a postgres.Account) error {
	hash, err := httpd.NewSession(rw, a.Org, rand.Reader, w.Secure)
	if err != nil {
		return err
	}
	now := w.Now()
	most, idle := httpd.Lifetime(a.Role, flow.ViaOwn)
	s := postgres.Session{Token: hash, Member: a.Member, On: device(r.UserAgent()), Began: now, Until: now.Add(most), Idle: idle}
	if err := w.DB.AddSession(r.Context(), a.Org, s); err != nil {
		return err
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
	return nil
}

// signOut ends the session on the server and forgets it in the browser.
func (w *Web) signOut(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	if org, hash, ok := httpd.DropSession(rw, r, w.Secure); ok {
		if err := w.DB.EndSession(r.Context(), org, hash); err != nil {
			return err
		}
	}
	http.Redirect(rw, r, "/sign-in", http.StatusSeeOther)
	return nil
}
