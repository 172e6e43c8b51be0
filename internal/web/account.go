package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"time"

	"clicarity/internal/factors"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/passwords"
	"clicarity/internal/postgres"
)

// accountRoutes are what somebody does with their own account.
func (w *Web) accountRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /account", May: flow.MaySelf, Handler: w.account},
		{Pattern: "POST /account/password", May: flow.MaySelf, Closed: true, Handler: w.changePassword},
		{Pattern: "GET /account/factor", May: flow.MaySelf, Handler: w.newFactorPage},
		{Pattern: "POST /account/factor", May: flow.MaySelf, Handler: w.newFactor},
		{Pattern: "POST /account/app/remove", May: flow.MaySelf, Handler: w.dropApp},
		{Pattern: "POST /account/codes", May: flow.MaySelf, Handler: w.newCodes},
		{Pattern: "POST /account/passkeys/{passkey}/remove", May: flow.MaySelf, Handler: w.dropKey},
		{Pattern: "POST /account/sessions/{session}/end", May: flow.MaySelf, Closed: true, Handler: w.endSession},
		{Pattern: "POST /account/sessions/end", May: flow.MaySelf, Closed: true, Handler: w.endSessions},
		{Pattern: "GET /security", May: flow.MayGovern, Whole: true, Handler: w.security},
		{Pattern: "POST /security", May: flow.MayGovern, Whole: true, Handler: w.setSecurity},
		{Pattern: "POST /security/figures", May: flow.MayGovern, Whole: true, Handler: w.setPersonFigures},
	}
}

type accountPage struct {
	*view
	Error    string // of the page
	Wrong    string // of the form for the password
	Own      postgres.Own
	Factors  postgres.Factors
	Sessions []postgres.OpenSession
	Confirm  bool // ask for the password before a change
	Keys     bool // passkeys can be used here
	News     bool // they agreed to news
	Letters  string
	Acts     []string // what they agreed to and took back
	Said     string
}

func (w *Web) account(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := accountPage{view: w.view(r, who, "your_account")}
	switch said := r.FormValue("said"); said {
	case "password", "app_removed", "passkey_removed", "passkey_added", "session_ended", "sessions_ended", "notice_read", "news_given", "news_withdrawn", "letters":
		p.Said = p.T("account_" + said)
	}
	return w.showAccount(rw, r, p, http.StatusOK)
}

func (w *Web) showAccount(rw http.ResponseWriter, r *http.Request, p accountPage, status int) error {
	var err, err2, err3 error
	p.Own, err = w.DB.Own(r.Context(), p.Who.Org, p.Who.Member)
	p.Factors, err2 = w.DB.Factors(r.Context(), p.Who.Org, p.Who.Member)
	p.Sessions, err3 = w.DB.Sessions(r.Context(), p.Who.Org, p.Who.Member, w.Now())
	if err := errors.Join(err, err2, err3, w.choices(r, &p)); err != nil {
		return err
	}
	p.Confirm, p.Keys = !w.fresh(p.Who), w.site != nil
	return w.render(rw, status, "account", p)
}

// Day is a moment as the page writes it.
func (p accountPage) Day(t time.Time) string { return p.When(flow.At(t)) }

// MinPassword is the least length of a password.
func (accountPage) MinPassword() int { return passwords.Min }

// freshFor is how long after they came in somebody is not asked for the password again.
const freshFor = 10 * time.Minute

func (w *Web) fresh(who flow.Person) bool { return w.Now().Sub(who.Began.Time()) < freshFor }

// confirmed asks for the password before a change to how somebody comes in, unless they just came in. When it is not
// right it answers with a sentence.
func (w *Web) confirmed(rw http.ResponseWriter, r *http.Request, who flow.Person) (says string, status int, err error) {
	if w.fresh(who) {
		return "", 0, nil
	}
	return w.rightPassword(rw, r, who, r.PostFormValue("password"))
}

func (w *Web) rightPassword(rw http.ResponseWriter, r *http.Request, who flow.Person, password string) (says string, status int, err error) {
	v := w.view(r, who, "")
	name := "own " + who.Member.String()
	if wait := w.wait(r, name); wait > 0 {
		return v.tooOften(rw, wait), http.StatusTooManyRequests, nil
	}
	own, err := w.DB.Own(r.Context(), who.Org, who.Member)
	if err != nil {
		return "", 0, err
	}
	if w.CheckPassword(passwords.Normal(password), own.Hash) {
		w.honest(r, name)
		return "", 0, nil
	}
	e := postgres.Event{What: postgres.AuditWrong, ID: who.Member.String(), Detail: map[string]string{"with": "password"}}
	return v.T("password_wrong"), http.StatusUnprocessableEntity, w.DB.Audit(r.Context(), who.Org, e)
}

// newHash is the hash of a password that somebody chooses, or a sentence that says why they cannot.
func (w *Web) newHash(v *view, password string, own ...string) (hash, says string, err error) {
	if problem := passwords.Check(password, own...); problem != passwords.None {
		return "", v.T("password_"+string(problem), "min", passwords.Min, "max", passwords.Max), nil
	}
	hash, err = w.HashPassword(passwords.Normal(password))
	return hash, "", err
}

// changePassword replaces somebody's own password. All other sessions of theirs end, and this one gets a fresh token.
func (w *Web) changePassword(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := accountPage{view: w.view(r, who, "your_account")}
	own, err := w.DB.Own(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	says, status, err := w.rightPassword(rw, r, who, r.PostFormValue("old"))
	if err != nil {
		return err
	}
	var hash string
	if says == "" {
		status = http.StatusUnprocessableEntity
		if hash, says, err = w.newHash(p.view, r.PostFormValue("new"), append(own.Logins, who.Name, who.OrgName)...); err != nil {
			return err
		}
	}
	if says != "" {
		p.Wrong = says
		return w.showAccount(rw, r, p, status)
	}
	if err := w.DB.ChangePassword(r.Context(), who.Org, who.Member, who.Session, hash); err != nil {
		return err
	}
	http.Redirect(rw, r, "/account?said=password", http.StatusSeeOther)
	return nil
}

// changeFactor makes a change to what somebody shows beside the password, after they were asked for it.
func (w *Web) changeFactor(rw http.ResponseWriter, r *http.Request, who flow.Person, said string, change func(f postgres.Factors) (says string, err error)) error {
	says, status, err := w.confirmed(rw, r, who)
	if err != nil {
		return err
	}
	if says == "" {
		f, err := w.DB.Factors(r.Context(), who.Org, who.Member)
		if err != nil {
			return err
		}
		status = http.StatusConflict
		if says, err = change(f); err != nil {
			return err
		}
	}
	if says != "" {
		return w.showAccount(rw, r, accountPage{view: w.view(r, who, "your_account"), Error: says}, status)
	}
	if said != "" {
		http.Redirect(rw, r, "/account?said="+said, http.StatusSeeOther)
	}
	return nil
}

// dropApp takes the authenticator app away, unless it is the last factor of somebody who needs one.
func (w *Web) dropApp(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.changeFactor(rw, r, who, "app_removed", func(f postgres.Factors) (string, error) {
		if f.Needed && len(f.Passkeys) == 0 {
			return w.view(r, who, "").T("factor_needed"), nil
		}
		return "", w.DB.DropAuthenticator(r.Context(), who.Org, who.Member)
	})
}

func (w *Web) dropKey(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "passkey")
	if err != nil {
		return err
	}
	return w.changeFactor(rw, r, who, "passkey_removed", func(f postgres.Factors) (string, error) {
		if !slices.ContainsFunc(f.Passkeys, func(k postgres.Passkey) bool { return k.ID == id }) {
			return "", postgres.ErrNotFound
		}
		if f.Needed && f.Seed == nil && len(f.Passkeys) == 1 {
			return w.view(r, who, "").T("factor_needed"), nil
		}
		return "", w.DB.DropPasskey(r.Context(), who.Org, who.Member, id)
	})
}

// newCodes puts new recovery codes in the place of those before.
func (w *Web) newCodes(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.changeFactor(rw, r, who, "", func(f postgres.Factors) (string, error) {
		if !f.Any() {
			return "", postgres.ErrNotFound
		}
		codes, hashes, err := freshCodes()
		if err != nil {
			return "", err
		}
		if err := w.DB.SetCodes(r.Context(), who.Org, who.Member, hashes); err != nil {
			return "", err
		}
		return "", w.showCodes(rw, r, who, codes)
	})
}

type newFactorPage struct {
	*view
	Error   string
	Confirm bool
	Set     *enrolment
	Has     bool // an app that a new one takes the place of
}

func (w *Web) newFactorPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showNewFactor(rw, r, who, http.StatusOK, "")
}

func (w *Web) showNewFactor(rw http.ResponseWriter, r *http.Request, who flow.Person, status int, says string) error {
	f, err := w.DB.Factors(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	p := newFactorPage{view: w.view(r, who, "set_up_factor"), Error: says, Confirm: !w.fresh(who), Has: f.Seed != nil}
	if p.Set, err = w.enrol(r, who, f); err != nil {
		return err
	}
	return w.render(rw, status, "newfactor", p)
}

// newFactor sets up an app or a passkey for somebody who is in.
func (w *Web) newFactor(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	says, status, err := w.confirmed(rw, r, who)
	if err != nil {
		return err
	}
	if says != "" {
		return w.showNewFactor(rw, r, who, status, says)
	}
	f, err := w.DB.Factors(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	codes, problem, err := w.setFactor(r, who, f)
	switch {
	case err != nil:
		return err
	case problem != "":
		return w.showNewFactor(rw, r, who, http.StatusUnprocessableEntity, w.view(r, who, "").T(problem))
	case len(codes) == 0:
		http.Redirect(rw, r, "/account?said=passkey_added", http.StatusSeeOther)
		return nil
	}
	return w.showCodes(rw, r, who, codes)
}

func (w *Web) endSession(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "session")
	if err == nil {
		err = w.DB.EndSessionOf(r.Context(), who.Org, who.Member, id)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/account?said=session_ended", http.StatusSeeOther)
	return nil
}

func (w *Web) endSessions(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := w.DB.EndOtherSessions(r.Context(), who.Org, who.Member, who.Session); err != nil {
		return err
	}
	http.Redirect(rw, r, "/account?said=sessions_ended", http.StatusSeeOther)
	return nil
}

type securityPage struct {
	*view
	Rules []postgres.FactorRule
	Armed bool // the reader has a second factor
	Saved bool

	Purpose string // why there are figures person by person; empty: there are none
	On      bool
	Error   string
}

// security is where an owner says which roles need a second factor, and whether there are figures person by person.
func (w *Web) security(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.securityOf(r, who)
	if err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "security", p)
}

func (w *Web) securityOf(r *http.Request, who flow.Person) (p securityPage, err error) {
	p = securityPage{view: w.view(r, who, "security"), Saved: r.FormValue("said") == "saved"}
	if p.Rules, err = w.DB.FactorRules(r.Context(), who.Org); err != nil {
		return p, err
	}
	f, err := w.DB.Factors(r.Context(), who.Org, who.Member)
	if err != nil {
		return p, err
	}
	p.Armed = f.Any()
	p.Purpose, err = w.DB.PersonFigures(r.Context(), who.Org)
	p.On = p.Purpose != ""
	return p, err
}

// setSecurity holds at once: who needs a second factor and has shown none is asked for it at the next page.
func (w *Web) setSecurity(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := r.ParseForm(); err != nil {
		return httpd.Status(http.StatusBadRequest)
	}
	roles := slices.DeleteFunc(flow.Roles(), func(role flow.Role) bool { return !slices.Contains(r.PostForm["needed"], string(role)) })
	if err := w.DB.SetFactorRule(r.Context(), who.Org, roles); err != nil {
		return err
	}
	http.Redirect(rw, r, "/security?said=saved", http.StatusSeeOther)
	return nil
}

// freshCodes are new recovery codes, and what is kept of them.
func freshCodes() (codes []string, hashes [][32]byte, err error) {
	codes, err = factors.NewCodes(rand.Reader)
	for _, c := range codes {
		hashes = append(hashes, factors.HashCode(c))
	}
	return codes, hashes, err
}
