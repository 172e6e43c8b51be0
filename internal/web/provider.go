package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"clicarity/internal/egress"
	"clicarity/internal/flow"
	"clicarity/internal/oidc"
	"clicarity/internal/postgres"
)

type providerPage struct {
	*view
	Issuer, ClientID, Domains string
	Required                  bool
	Set                       bool // there is one already
	Back, Link                string
	Error                     string
	Said                      string
}

// providerPage shows how the organisation's members sign in with the company's accounts.
func (w *Web) providerPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	stored, err := w.DB.IdentityProvider(r.Context(), who.Org)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	p := providerPage{view: w.view(r, who, "sign_in_with"), Issuer: stored.Issuer, ClientID: stored.ClientID, Domains: strings.Join(stored.Domains, ", "), Required: stored.Required}
	if said := r.FormValue("said"); said == "saved" || said == "removed" {
		p.Said = p.T("provider_" + said)
	}
	return w.showProvider(rw, r, p, http.StatusOK)
}

func (w *Web) showProvider(rw http.ResponseWriter, r *http.Request, p providerPage, status int) error {
	o, err := w.DB.Organisation(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	_, err = w.DB.IdentityProvider(r.Context(), p.Who.Org)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	p.Set, p.Back, p.Link = err == nil, w.backTo(o.Slug), w.URL+"/sign-in/with/"+o.Slug
	return w.render(rw, status, "provider", p)
}

// setProvider keeps the identity provider, once it has answered, or forgets it.
func (w *Web) setProvider(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if r.PostFormValue("do") == "remove" {
		if err := w.DB.DropIdentityProvider(r.Context(), who.Org); err != nil {
			return err
		}
		http.Redirect(rw, r, "/sign-in-with?said=removed", http.StatusSeeOther)
		return nil
	}
	p := providerPage{view: w.view(r, who, "sign_in_with"), Issuer: strings.TrimSuffix(clean(r.PostFormValue("issuer")), "/.well-known/openid-configuration"),
		ClientID: clean(r.PostFormValue("client_id")), Domains: clean(r.PostFormValue("domains")), Required: r.PostFormValue("required") == "yes"}
	next, problem, err := w.readProvider(r, who, p)
	if err != nil {
		return err
	}
	if problem != "" {
		p.Error = p.T(problem)
		return w.showProvider(rw, r, p, http.StatusUnprocessableEntity)
	}
	if err := w.DB.SetIdentityProvider(r.Context(), who.Org, next); err != nil {
		return err
	}
	http.Redirect(rw, r, "/sign-in-with?said=saved", http.StatusSeeOther)
	return nil
}

const maxDomains = 20

// readProvider is the identity provider that the form describes, or the phrase of what is wrong with it.
func (w *Web) readProvider(r *http.Request, who flow.Person, p providerPage) (next postgres.IdentityProvider, problem string, err error) {
	secret := strings.TrimSpace(r.PostFormValue("secret"))
	next = postgres.IdentityProvider{Issuer: p.Issuer, ClientID: p.ClientID, Required: p.Required, By: who.Member, Changed: w.Now()}
	stored, err := w.DB.IdentityProvider(r.Context(), who.Org)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return next, "", err
	}
	domains, ok := readDomains(p.Domains)
	next.Domains = domains
	switch {
	case p.Issuer == "" || len(p.Issuer) > 300:
		return next, "provider_no_issuer", nil
	case p.ClientID == "" || len(p.ClientID) > 300 || len(secret) > 1000:
		return next, "provider_no_client", nil
	case !ok:
		return next, "provider_no_domain", nil
	case secret == "" && (err != nil || stored.Issuer != p.Issuer || stored.ClientID != p.ClientID): // a secret goes to whom it was made for
		return next, "provider_no_secret", nil
	}
	if problem := w.tryIssuer(r.Context(), p.Issuer); problem != "" {
		return next, problem, nil
	}
	if next.Secret = stored.Secret; secret != "" {
		next.Secret, err = w.DB.Seal(r.Context(), who.Org, postgres.ProviderUse, who.Org.String(), []byte(secret))
		return next, "", err
	}
	return next, "", nil
}

// tryIssuer asks an issuer whether it is one. Where it may not be asked, and where nothing answers, is said apart from each
// other, and no more.
func (w *Web) tryIssuer(ctx context.Context, issuer string) string {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	err := w.companies().Check(ctx, issuer)
	switch {
	case errors.Is(err, egress.ErrForbidden):
		return "provider_forbidden"
	case errors.Is(err, oidc.ErrUnreachable):
		return "provider_unreachable"
	case err != nil:
		return "provider_unreachable"
	}
	return ""
}

// readDomains reads a list of domains of e-mail addresses.
func readDomains(text string) ([]string, bool) {
	var list []string
	for _, d := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" ,;\n\t", r) }) {
		d = strings.TrimPrefix(d, "@")
		if !strings.Contains(d, ".") || strings.ContainsAny(d, "@/:*<>\"'%") || strings.HasPrefix(d, ".") || strings.HasSuffix(d, ".") || len(d) > 200 {
			return nil, false
		}
		if !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list, len(list) > 0 && len(list) <= maxDomains
}
