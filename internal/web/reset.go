package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// resetFor is how long a link to set a new password is good, once.
const resetFor = 30 * time.Minute

// resetRoutes are for those who have forgotten their password.
func (w *Web) resetRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /forgot", May: flow.Anybody, Handler: w.forgotPage},
		{Pattern: "POST /forgot", May: flow.Anybody, Handler: w.forgot},
		{Pattern: "GET /reset/{token}", May: flow.Anybody, Handler: w.resetPage},
		{Pattern: "POST /reset/{token}", May: flow.Anybody, Handler: w.reset},
	}
}

type forgotPage struct {
	*view
	Login string
	Error string
	Sent  bool
	Mails bool // this server sends mails
}

// Minutes is how long the link is good.
func (forgotPage) Minutes() int { return int(resetFor.Minutes()) }

func (w *Web) newForgot(r *http.Request) forgotPage {
	return forgotPage{view: w.view(r, flow.Person{}, "reset_set"), Login: clean(r.PostFormValue("login")), Mails: w.Mails}
}

func (w *Web) forgotPage(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	return w.render(rw, http.StatusOK, "forgot", w.newForgot(r))
}

// forgot sends a link to whom the address belongs to. The answer is the same for every address, and is given before
// anybody looks whether there is an account.
func (w *Web) forgot(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	p := w.newForgot(r)
	login := NormalLogin(p.Login)
	switch {
	case !p.Mails:
		return w.render(rw, http.StatusOK, "forgot", p)
	case !plausibleLogin(login):
		p.Error = p.T("reset_no_address")
		return w.render(rw, http.StatusUnprocessableEntity, "forgot", p)
	}
	wait := w.doors.Wait(httpd.Address(r), w.Now())
	if wait == 0 {
		wait = w.resets.Wait(login, w.Now())
	}
	if wait > 0 {
		p.Error = p.tooOften(rw, wait)
		return w.render(rw, http.StatusTooManyRequests, "forgot", p)
	}
	p.Sent = true
	if err := w.renderNow(rw, http.StatusOK, "forgot", p); err != nil {
		return err
	}
	if err := w.sendResets(context.WithoutCancel(r.Context()), login); err != nil {
		w.Log.Error("a link to set a new password was not sent", "error", err) // the answer has gone
	}
	return nil
}

// sendResets writes a mail for each membership that a sign-in names.
func (w *Web) sendResets(ctx context.Context, login string) error {
	accounts, err := w.DB.Accounts(ctx, login)
	for _, a := range accounts {
		err = errors.Join(err, w.sendReset(ctx, a, login))
	}
	return err
}

func (w *Web) sendReset(ctx context.Context, a postgres.Account, login string) error {
	m, err := w.DB.Member(ctx, a.Org, a.Member)
	if err != nil {
		return err
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	now := w.Now()
	link := w.URL + "/reset/" + base64.RawURLEncoding.EncodeToString(append(append([]byte{}, a.Org[:]...), secret...))
	letter := letters.Reset{Name: m.Name, Organisation: a.OrgName, Link: link, Minutes: int(resetFor.Minutes())}
	var mails []postgres.Mail
	for _, to := range m.Logins {
		if strings.Contains(to, "@") && (to == login || !strings.Contains(login, "@")) {
			mail := postgres.NewMail(to, m.Reads(), w.newID().String(), letter, now)
			mail.Until = now.Add(resetFor)
			mails = append(mails, mail)
		}
	}
	if len(mails) == 0 {
		return nil // nowhere to send it: they sign in with a phone number only
	}
	return w.DB.AddReset(ctx, a.Org, postgres.Reset{Token: sha256.Sum256(secret), Member: a.Member, Until: now.Add(resetFor)}, mails...)
}

type resetPage struct {
	*view
	Error   string
	Person  postgres.Member
	Company string
	Old     bool // the link is good no more
}

// Min is the least length of a password.
func (resetPage) Min() int { return accountPage{}.MinPassword() }

// resetLink reads the organisation and the hash of the secret out of a link.
func resetLink(r *http.Request) (org flow.ID, hash [32]byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(r.PathValue("token"))
	if err != nil || len(raw) != len(org)+32 {
		return org, hash, false
	}
	copy(org[:], raw)
	return org, sha256.Sum256(raw[len(org):]), true
}

// resetOf is the page of a link that is good, else that of one that is not, whatever the reason.
func (w *Web) resetOf(r *http.Request) (p resetPage, org flow.ID, hash [32]byte, err error) {
	p = resetPage{view: w.view(r, flow.Person{}, "reset_set")}
	org, hash, ok := resetLink(r)
	if ok {
		p.Person, p.Company, err = w.DB.ResetBy(r.Context(), org, hash, w.Now())
	}
	if !ok || errors.Is(err, postgres.ErrNotFound) {
		p.Old, err = true, nil
	}
	return p, org, hash, err
}

func (w *Web) resetPage(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	p, _, _, err := w.resetOf(r)
	if err != nil {
		return err
	}
	return w.showReset(rw, p, http.StatusOK)
}

func (w *Web) showReset(rw http.ResponseWriter, p resetPage, status int) error {
	if p.Old {
		status = http.StatusNotFound
	}
	return w.render(rw, status, "reset", p)
}

// reset uses a link up.
func (w *Web) reset(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	p, org, hash, err := w.resetOf(r)
	if err != nil || p.Old {
		return errors.Join(err, w.showReset(rw, p, http.StatusNotFound))
	}
	password, says, err := w.newHash(p.view, r.PostFormValue("new"), append(p.Person.Logins, p.Person.Name, p.Company)...)
	if err != nil {
		return err
	}
	if says != "" {
		p.Error = says
		return w.showReset(rw, p, http.StatusUnprocessableEntity)
	}
	ctx := w.as(r.Context(), r, flow.Person{Org: org, Member: p.Person.ID})
	err = w.DB.ResetPassword(ctx, org, postgres.Reset{Token: hash, Member: p.Person.ID}, password, w.Now())
	if errors.Is(err, postgres.ErrNotFound) { // somebody was faster
		p.Old = true
		return w.showReset(rw, p, http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/sign-in?said=reset", http.StatusSeeOther)
	return nil
}
