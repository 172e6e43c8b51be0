package web

import (
	"errors"
	"net/http"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/passwords"
	"clicarity/internal/postgres"
)

type joinPage struct {
	*view
	Invitation  postgres.Invitation
	Name, Login string
	Until       string
	Of          int // least length of a password
	Error       string
	Notice      letters.Notice // of what will be stored about them
}

// joinPage shows who invites somebody to what. Looking uses nothing up.
func (w *Web) joinPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	_, _, p, err := w.joining(rw, r, who)
	if err != nil {
		return w.noInvitation(rw, r, who, err)
	}
	p.Name, p.Login = p.Invitation.Name, p.Invitation.Login
	return w.render(rw, http.StatusOK, "join", p)
}

// joining is the open invitation of the path's token.
func (w *Web) joining(rw http.ResponseWriter, r *http.Request, who flow.Person) (org flow.ID, hash [32]byte, p joinPage, err error) {
	rw.Header().Set("X-Robots-Tag", "noindex")
	if r.Method == http.MethodPost && !w.doors.Allow(httpd.Address(r), w.Now()) {
		return org, hash, p, httpd.Status(http.StatusTooManyRequests)
	}
	org, hash, ok := readInvite(r.PathValue("token"))
	if !ok {
		return org, hash, p, postgres.ErrNotFound
	}
	p = joinPage{view: w.view(r, who, "join"), Of: passwords.Min}
	p.Invitation, err = w.DB.InvitationBy(r.Context(), org, hash, w.Now())
	p.Until = p.When(flow.At(p.Invitation.Until))
	p.Notice = w.notice(letters.Known(r.FormValue("in"), p.Lang), p.Invitation.Org)
	return org, hash, p, err
}

// noInvitation says that a link does not let anybody in, whatever the reason.
func (w *Web) noInvitation(rw http.ResponseWriter, r *http.Request, who flow.Person, err error) error {
	if !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	v := w.view(r, who, "join_over")
	return w.render(rw, http.StatusNotFound, "fail", failPage{view: v, Heading: v.T("join_over"), Says: v.T("join_over_says")})
}

// join makes somebody a member by their invitation and signs them in.
func (w *Web) join(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	org, hash, p, err := w.joining(rw, r, who)
	if err != nil {
		return w.noInvitation(rw, r, who, err)
	}
	p.Name, p.Login = clean(r.PostFormValue("name")), clean(r.PostFormValue("login"))
	m := postgres.Member{ID: w.newID(), Name: p.Name, Language: p.Lang, Logins: []string{NormalLogin(p.Login)}, Created: w.Now()}
	if p.Invitation.Login != "" {
		p.Login, m.Logins = p.Invitation.Login, []string{p.Invitation.Login}
	}
	if r.PostFormValue("do") == "notice" { // they want the notice in another language first
		return w.render(rw, http.StatusOK, "join", p)
	}
	if p.Error = p.refuses(r, m); p.Error != "" {
		return w.render(rw, http.StatusUnprocessableEntity, "join", p)
	}
	if m.PasswordHash, err = w.HashPassword(passwords.Normal(r.PostFormValue("password"))); err != nil {
		return err
	}
	ctx := postgres.As(r.Context(), postgres.Actor{Member: m.ID, Device: device(r.UserAgent()), At: w.Now()})
	m, err = w.DB.Join(ctx, org, hash, m, postgres.Consent{Purpose: postgres.Notice, Act: postgres.Read, Version: p.Notice.Version, Language: p.Notice.Language,
		At: w.Now(), How: postgres.ByJoining, Adult: true})
	if postgres.IsTaken(err) {
		p.Error = p.T("join_taken")
		return w.render(rw, http.StatusConflict, "join", p)
	}
	if err != nil {
		return w.noInvitation(rw, r, who, err)
	}
	return w.enter(rw, r.WithContext(ctx), postgres.Account{Org: org, OrgName: p.Invitation.Org, Member: m.ID, Name: m.Name, Role: m.Role}, "invitation")
}

// refuses says what is missing before somebody can join.
func (p joinPage) refuses(r *http.Request, m postgres.Member) string {
	problem := passwords.Check(r.PostFormValue("password"), m.Name, m.Logins[0], p.Invitation.Org)
	switch {
	case m.Name == "" || len([]rune(m.Name)) > flow.MaxText:
		return p.T("join_no_name")
	case len(m.Logins[0]) > flow.MaxText || !plausibleLogin(m.Logins[0]):
		return p.T("join_no_login")
	case r.PostFormValue("adult") == "":
		return letters.Say(p.Notice.Language, "notice_not_adult")
	case problem != passwords.None:
		return p.T("password_"+string(problem), "min", passwords.Min, "max", passwords.Max)
	}
	return ""
}
