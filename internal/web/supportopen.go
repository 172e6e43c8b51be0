package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

type supportOpenPage struct {
	*view
	Name  string
	Again bool // this browser opened it before
	Help  bool
	Until flow.Moment
	Error string
}

// supportLink shows what a link is for and asks who opens it. Looking at it opens nothing: programs that look at links in
// messages do not use it up.
func (w *Web) supportLink(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.openingOf(r, who)
	if err != nil {
		return err
	}
	return w.showOpening(rw, p, http.StatusOK)
}

func (w *Web) showOpening(rw http.ResponseWriter, p supportOpenPage, status int) error {
	rw.Header().Set("X-Robots-Tag", "noindex, nofollow")
	return w.render(rw, status, "supportopen", p)
}

// openingOf is the grant of a link for the browser that asks; not found for everybody else, whatever the reason.
func (w *Web) openingOf(r *http.Request, who flow.Person) (supportOpenPage, error) {
	org, token, ok := readGrantLink(r.PathValue("token"))
	if !ok {
		return supportOpenPage{}, postgres.ErrNotFound
	}
	g, err := w.DB.GrantFor(r.Context(), org, token, browserSecret(r), w.Now())
	p := supportOpenPage{view: w.view(r, who, "support_open"), Again: !g.Member.IsZero(), Help: g.Help, Until: flow.At(g.Until)}
	return p, err
}

// openSupport opens a session of support. The link belongs to the first browser that does.
func (w *Web) openSupport(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.openingOf(r, who)
	if err != nil {
		return err
	}
	p.Name = clean(r.PostFormValue("name"))
	if n := len([]rune(p.Name)); !p.Again && (n == 0 || n > maxSupporter) {
		p.Error = p.T("support_name_wrong", "n", maxSupporter)
		return w.showOpening(rw, p, http.StatusUnprocessableEntity)
	}
	org, token, _ := readGrantLink(r.PathValue("token"))
	secret := make([]byte, grantToken)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	o := postgres.Opening{Token: token, Browser: sha256.Sum256(secret)}
	if p.Again {
		o.Browser = browserSecret(r)
	}
	session, err := httpd.NewSession(rw, org, rand.Reader, w.Secure)
	if err != nil {
		return err
	}
	now := w.Now()
	most, idle := httpd.Lifetime(flow.Support, flow.ViaSupport)
	o.Session = postgres.Session{Token: session, On: device(r.UserAgent()), Via: flow.ViaSupport, Began: now, Until: now.Add(most), Idle: idle}
	o.Member = postgres.Member{ID: w.newID(), Name: p.Name + " (support)", Language: p.Lang, Created: now}
	if err := w.DB.OpenGrant(r.Context(), org, o); err != nil {
		rw.Header().Del("Set-Cookie") // who was signed in stays so
		return err
	}
	if !p.Again {
		w.keepSecret(rw, secret, p.Until.Time().Sub(now))
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
	return nil
}

// supportCookie keeps the secret that makes a grant a browser's own.
const supportCookie = "clicarity-support"

func (w *Web) keepSecret(rw http.ResponseWriter, secret []byte, how time.Duration) {
	http.SetCookie(rw, &http.Cookie{Name: supportCookie, Value: base64.RawURLEncoding.EncodeToString(secret), Path: "/support", MaxAge: int(how.Seconds()),
		HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode})
}

// browserSecret is the digest of the secret that a browser keeps; of nothing when it keeps none, which no grant is bound to.
func browserSecret(r *http.Request) [32]byte {
	c, err := r.Cookie(supportCookie)
	if err != nil {
		return [32]byte{}
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(raw) != grantToken {
		return [32]byte{}
	}
	return sha256.Sum256(raw)
}
