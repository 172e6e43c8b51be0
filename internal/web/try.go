package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// tryRoutes let visitors into a factory that does not exist.
func (w *Web) tryRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /try", May: flow.Anybody, Handler: w.tryPage},
		{Pattern: "POST /try", May: flow.Anybody, Handler: w.try},
	}
}

type tryPage struct {
	*view
	Open  bool // there is a factory to try
	Error string
}

// In reports whether the reader is signed in as themselves: then nobody else takes the place of their session.
func (p tryPage) In() bool { return p.SignedIn() && p.Who.Via != flow.ViaTry }

// trial is the factory that is open to visitors; ErrNotFound when there is none, or visitors may not try.
func (w *Web) trial(r *http.Request) (t postgres.Trial, org flow.ID, err error) {
	if !w.Operator.Try || w.Operator.Organisation == "" {
		return t, org, httpd.Status(http.StatusNotFound)
	}
	o, err := w.DB.OrganisationBySlug(r.Context(), w.Operator.Organisation)
	if err == nil {
		t, err = w.DB.OpenTrial(r.Context(), o.ID)
	}
	return t, o.ID, err
}

func (w *Web) tryPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	_, _, err := w.trial(r)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	p := tryPage{view: w.view(r, who, "try"), Open: err == nil}
	return w.render(rw, http.StatusOK, "try", p)
}

// try lets a visitor in as one of the people of the factory.
func (w *Web) try(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := tryPage{view: w.view(r, who, "try")}
	t, _, err := w.trial(r)
	if errors.Is(err, postgres.ErrNotFound) {
		return w.render(rw, http.StatusServiceUnavailable, "try", p)
	}
	if err != nil {
		return err
	}
	p.Open = true
	if p.In() {
		return w.render(rw, http.StatusConflict, "try", p)
	}
	member := map[string]flow.ID{"owner": t.Owner, "operator": t.Operator}[r.PostFormValue("as")]
	if member.IsZero() {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	if wait := w.trials.Wait(httpd.Address(r), w.Now()); wait > 0 {
		p.Error = p.tooOften(rw, wait)
		return w.render(rw, http.StatusTooManyRequests, "try", p)
	}
	if err := w.endCarried(rw, r); err != nil {
		return err
	}
	hash, err := httpd.NewSession(rw, t.Org, rand.Reader, w.Secure)
	if err != nil {
		return err
	}
	now := w.Now()
	most, idle := httpd.Lifetime(flow.Owner, flow.ViaTry)
	s := postgres.Session{Token: hash, Member: member, On: device(r.UserAgent()), Via: flow.ViaTry, Began: now, Until: now.Add(most), Idle: idle}
	if err := w.DB.AddSession(r.Context(), t.Org, s); err != nil {
		return err
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
	return nil
}

// Tries reports whether the reader is a visitor in a factory to try.
func (v *view) Tries() bool { return v.Who.Via == flow.ViaTry }

// TryMinutes is for how many minutes more a visitor is in.
func (v *view) TryMinutes() int {
	return int((v.Who.Until.Time().Sub(v.w.Now()) + time.Minute - 1) / time.Minute)
}

// DemoPage is where a visitor asks for a demo.
func (v *view) DemoPage() string {
	if v.w.Operator.Site != "" {
		return v.w.Operator.Site + "/demo"
	}
	return "/about/demo"
}

// notTried is for what visitors may not do in a factory to try: nothing of theirs is kept as a file.
func notTried(h httpd.Handler) httpd.Handler {
	return func(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
		if who.Via == flow.ViaTry {
			return &flow.Refusal{Code: flow.NotTried}
		}
		return h(rw, r, who)
	}
}
