package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/oidc"
	"clicarity/internal/postgres"
)

// companyRoutes sign people in with their company's own accounts.
func (w *Web) companyRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /sign-in/with", May: flow.Anybody, Handler: w.companyPage},
		{Pattern: "GET /sign-in/with/{slug}", May: flow.Anybody, Handler: w.companyPage},
		{Pattern: "GET /sign-in/with/{slug}/go", May: flow.Anybody, Handler: w.companyGo},
		{Pattern: "GET /sign-in/with/{slug}/back", May: flow.Anybody, Handler: w.companyBack},
		{Pattern: "GET /sign-in-with", May: flow.MayGovern, Whole: true, Handler: w.providerPage},
		{Pattern: "POST /sign-in-with", May: flow.MayGovern, Whole: true, Handler: w.setProvider},
	}
}

// attemptLasts is how long a sign-in at the company may take.
const attemptLasts = 10 * time.Minute

// attempt is a sign-in under way, as the browser keeps it: sealed, so that it is nothing but ours.
type attempt struct {
	oidc.Attempt
	Until time.Time
}

const sealedAttempt = "sign-in with the company"

func (w *Web) attemptCookie(value string, age time.Duration) *http.Cookie {
	name := "sign-in-with"
	if w.Secure {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age.Seconds()), HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode}
}

type companyPage struct {
	*view
	Slug  string
	Host  string // where the company's accounts are; empty: the short name is asked for
	Error string
}

// companyPage asks for the organisation's short name, and shows where the way leads. What has no such sign-in, and what
// does not exist, look the same.
func (w *Web) companyPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := companyPage{view: w.view(r, who, "sign_in_company"), Slug: strings.ToLower(clean(r.FormValue("organisation")))}
	if r.PathValue("slug") == "" && p.Slug != "" {
		http.Redirect(rw, r, "/sign-in/with/"+url.PathEscape(p.Slug), http.StatusSeeOther)
		return nil
	}
	if p.Slug = r.PathValue("slug"); p.Slug == "" {
		return w.render(rw, http.StatusOK, "company", p)
	}
	if !w.doors.Allow(httpd.Address(r), w.Now()) {
		return httpd.Status(http.StatusTooManyRequests)
	}
	_, provider, err := w.companyOf(r, p.Slug)
	if errors.Is(err, postgres.ErrNotFound) {
		p.Error = p.T("company_none")
		return w.render(rw, http.StatusNotFound, "company", p)
	}
	if err != nil {
		return err
	}
	if at, err := url.Parse(provider.Issuer); err == nil {
		p.Host = at.Host
	}
	return w.render(rw, http.StatusOK, "company", p)
}

// companyOf is an organisation by its short name, with its identity provider; postgres.ErrNotFound without one.
func (w *Web) companyOf(r *http.Request, slug string) (postgres.Organisation, postgres.IdentityProvider, error) {
	o, err := w.DB.OrganisationBySlug(r.Context(), slug)
	if err != nil {
		return o, postgres.IdentityProvider{}, err
	}
	p, err := w.DB.IdentityProvider(r.Context(), o.ID)
	return o, p, err
}

// provider is an organisation's identity provider as it is talked to.
func (w *Web) provider(ctx context.Context, o postgres.Organisation, p postgres.IdentityProvider) (oidc.Provider, error) {
	secret, err := w.DB.Open(ctx, o.ID, postgres.ProviderUse, o.ID.String(), p.Secret)
	return oidc.Provider{Issuer: p.Issuer, ClientID: p.ClientID, Secret: string(secret), Redirect: w.backTo(o.Slug)}, err
}

// backTo is where the identity provider sends people of an organisation back to. Each has an address of its own, so that
// the answer of one provider is never taken for another's.
func (w *Web) backTo(slug string) string {
	return w.URL + "/sign-in/with/" + url.PathEscape(slug) + "/back"
}

func (w *Web) companies() oidc.Client { return oidc.Client{HTTP: w.Outside, Now: w.Now} }

// companyGo sends a person to their company's sign-in.
func (w *Web) companyGo(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if !w.doors.Allow(httpd.Address(r), w.Now()) {
		return httpd.Status(http.StatusTooManyRequests)
	}
	o, stored, err := w.companyOf(r, r.PathValue("slug"))
	if err != nil {
		return err
	}
	provider, err := w.provider(r.Context(), o, stored)
	if err != nil {
		return err
	}
	to, begun, err := w.companies().Begin(r.Context(), provider)
	if err != nil {
		return w.companyFails(rw, r, who, o, err)
	}
	kept, err := json.Marshal(attempt{begun, w.Now().Add(attemptLasts)})
	if err != nil {
		return err
	}
	sealed, err := w.Keys.Seal(sealedAttempt, o.ID.String(), kept)
	if err != nil {
		return err
	}
	http.SetCookie(rw, w.attemptCookie(base64.RawURLEncoding.EncodeToString(sealed), attemptLasts))
	http.Redirect(rw, r, to, http.StatusSeeOther)
	return nil
}

// errNoAttempt says that this browser has not begun the sign-in that it comes back from, or long ago, or is back already.
var errNoAttempt = errors.New("web: no such sign-in is under way")

// begun is the sign-in that the browser began for an organisation. It is one for one return.
func (w *Web) begun(r *http.Request, org flow.ID) (oidc.Attempt, error) {
	var a attempt
	c, err := r.Cookie(w.attemptCookie("", 0).Name)
	if err != nil {
		return a.Attempt, errNoAttempt
	}
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return a.Attempt, errNoAttempt
	}
	kept, err := w.Keys.Open(sealedAttempt, org.String(), sealed)
	if err != nil || json.Unmarshal(kept, &a) != nil || !w.Now().Before(a.Until) || !w.returned.take(a.State, a.Until, w.Now()) {
		return a.Attempt, errNoAttempt
	}
	return a.Attempt, nil
}

// companyBack takes a person who comes back from their company's sign-in.
func (w *Web) companyBack(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if !w.doors.Allow(httpd.Address(r), w.Now()) {
		return httpd.Status(http.StatusTooManyRequests)
	}
	http.SetCookie(rw, w.attemptCookie("", -time.Second))
	o, stored, err := w.companyOf(r, r.PathValue("slug"))
	if err != nil {
		return err
	}
	account, err := w.vouchedFor(r, o, stored)
	if err != nil {
		return w.companyFails(rw, r, who, o, err)
	}
	if org, hash, ok := httpd.DropSession(rw, r, w.Secure); ok { // whoever was in here before
		if err := w.DB.EndSession(r.Context(), org, hash); err != nil {
			return err
		}
	}
	as := postgres.As(r.Context(), postgres.Actor{Member: account.Member, Device: device(r.UserAgent()), At: w.Now()})
	if err := w.DB.Audit(as, o.ID, postgres.Event{What: postgres.AuditSignIn, Detail: map[string]string{"via": "company"}}); err != nil {
		return err
	}
	return w.enter(rw, r, account, "company")
}

// errNotInvited says that the company vouches for somebody who is no member, or for an address that it may not speak for.
var errNotInvited = errors.New("web: the company's account is no member's")

// vouchedFor is the member that the company's answer names.
func (w *Web) vouchedFor(r *http.Request, o postgres.Organisation, stored postgres.IdentityProvider) (postgres.Account, error) {
	begun, err := w.begun(r, o.ID)
	if err != nil {
		return postgres.Account{}, err
	}
	provider, err := w.provider(r.Context(), o, stored)
	if err != nil {
		return postgres.Account{}, err
	}
	email, err := w.companies().Finish(r.Context(), provider, begun, r.URL.Query())
	if err != nil {
		return postgres.Account{}, err
	}
	login := NormalLogin(email)
	_, domain, _ := strings.Cut(login, "@")
	if !slices.Contains(stored.Domains, domain) {
		return postgres.Account{}, errNotInvited
	}
	account, err := w.DB.AccountIn(r.Context(), o.ID, login)
	if errors.Is(err, postgres.ErrNotFound) {
		err = errNotInvited
	}
	return account, err
}

// companyFails says why a sign-in at the company came to nothing, and notes it.
func (w *Web) companyFails(rw http.ResponseWriter, r *http.Request, who flow.Person, o postgres.Organisation, err error) error {
	phrase := map[error]string{oidc.ErrUnreachable: "company_unreachable", oidc.ErrRefused: "company_refused", oidc.ErrWrong: "company_again",
		oidc.ErrUnverified: "company_unverified", errNoAttempt: "company_again", errNotInvited: "company_not_invited"}
	for known, key := range phrase {
		if !errors.Is(err, known) {
			continue
		}
		w.Log.Warn("a sign-in with the company failed", "org", o.ID.String(), "error", err)
		if known != oidc.ErrUnreachable {
			e := postgres.Event{What: postgres.AuditWrong, Detail: map[string]string{"via": "company", "why": strings.TrimPrefix(key, "company_")}}
			if err := w.DB.Audit(postgres.As(r.Context(), postgres.Actor{Device: device(r.UserAgent()), At: w.Now()}), o.ID, e); err != nil {
				return err
			}
		}
		p := companyPage{view: w.view(r, who, "sign_in_company"), Slug: o.Slug}
		p.Error = p.T(key)
		return w.render(rw, http.StatusUnprocessableEntity, "company", p)
	}
	return err
}

// once remembers what has been, until it could not be again anyway.
type once struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

const maxOnce = 50_000 // bounds the memory: attempts that were sealed here and came back within their time

// take reports whether it is the first time.
func (o *once) take(what string, until, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, was := o.seen[what]; was {
		return false
	}
	if o.seen == nil {
		o.seen = map[string]time.Time{}
	}
	if len(o.seen) >= maxOnce {
		for old, end := range o.seen {
			if !now.Before(end) {
				delete(o.seen, old)
			}
		}
	}
	if len(o.seen) >= maxOnce {
		return false
	}
	o.seen[what] = until
	return true
}
