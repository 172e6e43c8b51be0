package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// rightsRoutes are for those who are no members: customers, people of vendors, former employees.
func (w *Web) rightsRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /rights", May: flow.Anybody, Handler: w.rightsPage},
		{Pattern: "POST /rights", May: flow.Anybody, Handler: w.askRights},
		{Pattern: "GET /rights/{token}", May: flow.Anybody, Handler: w.proofPage},
		{Pattern: "POST /rights/{token}", May: flow.Anybody, Handler: w.prove},
	}
}

const rightsProofFor = 24 * time.Hour // how long a link that shows an address is good, once

// publicKinds are what somebody who is no member may ask.
var publicKinds = []postgres.RightsKind{postgres.AskAccess, postgres.AskCorrection, postgres.AskErasure, postgres.AskWithdrawal, postgres.AskGrievance}

type rightsPage struct {
	*view
	Kinds                            []postgres.RightsKind
	Kind, Company, Name, Email, Body string
	Mails                            bool
	Sent                             bool
	Error                            string
}

// Hours is how long the link is good.
func (rightsPage) Hours() int { return int(rightsProofFor.Hours()) }

// Ours reports whether a request that names no company reaches somebody.
func (p rightsPage) Ours() bool { return p.w.Operator.Organisation != "" }

// Contact is where to write when there are no mails.
func (p rightsPage) Contact() string { return p.w.Operator.Complaints().Email }

func (w *Web) newRights(r *http.Request) rightsPage {
	return rightsPage{view: w.view(r, flow.Person{}, "rd_public"), Kinds: publicKinds, Kind: string(postgres.AskAccess), Company: clean(r.FormValue("company")), Mails: w.Mails}
}

func (w *Web) rightsPage(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	return w.render(rw, http.StatusOK, "rights", w.newRights(r))
}

// askRights sends a link to the address that is given. The answer is the same whether anything is kept about anybody, and
// whether there is such a company; it is given before anybody looks.
func (w *Web) askRights(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	p := w.newRights(r)
	p.Kind, p.Name, p.Email, p.Body = r.PostFormValue("kind"), clean(r.PostFormValue("name")), NormalLogin(clean(r.PostFormValue("email"))), lines(r.PostFormValue("body"))
	if p.Error = p.wrong(); p.Error != "" {
		return w.render(rw, http.StatusUnprocessableEntity, "rights", p)
	}
	wait := w.doors.Wait(httpd.Address(r), w.Now())
	if wait == 0 {
		wait = w.resets.Wait("rights "+p.Email, w.Now())
	}
	if wait > 0 {
		p.Error = p.tooOften(rw, wait)
		return w.render(rw, http.StatusTooManyRequests, "rights", p)
	}
	p.Sent = true
	if err := w.renderNow(rw, http.StatusOK, "rights", p); err != nil {
		return err
	}
	if err := w.sendProof(context.WithoutCancel(r.Context()), p); err != nil {
		w.Log.Error("a link to show an address was not sent", "error", err) // the answer has gone
	}
	return nil
}

// wrong says what is wrong with what was typed, empty when nothing is.
func (p rightsPage) wrong() string {
	switch {
	case !p.Mails:
		return p.T("rd_public_no_mails")
	case !slices.Contains(publicKinds, postgres.RightsKind(p.Kind)):
		return p.T("rd_no_kind")
	case p.Name == "" || len([]rune(p.Name)) > flow.MaxText:
		return p.T("join_no_name")
	case p.Company == "" && p.w.Operator.Organisation == "":
		return p.T("rd_no_company")
	case !plausibleAddress(p.Email) || len(p.Email) > flow.MaxText:
		return p.T("rd_no_email")
	case tooLongText(p.Body):
		return p.T("rd_text_long")
	}
	return ""
}

// sendProof keeps the request with the mail that asks for the proof, at the company or, when none is named, at the operator.
func (w *Web) sendProof(ctx context.Context, p rightsPage) error {
	slug := p.Company
	if slug == "" {
		slug = w.Operator.Organisation
	}
	o, err := w.DB.OrganisationBySlug(ctx, slug)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	link, hash, err := newGrantLink(o.ID)
	if err != nil {
		return err
	}
	now := w.Now()
	c := postgres.RightsCheck{Token: hash, Kind: postgres.RightsKind(p.Kind), Name: p.Name, Email: p.Email, Language: p.Lang, Body: p.Body, Until: now.Add(rightsProofFor)}
	mail := postgres.NewMail(p.Email, p.Lang, w.newID().String(), letters.RightsCheck{Asks: p.Kind, Link: w.URL + "/rights/" + link, Hours: p.Hours()}, now)
	mail.Until = c.Until
	return w.DB.AddCheck(ctx, o.ID, c, mail)
}

type proofPage struct {
	*view
	Check postgres.RightsCheck
	Done  bool
}

// proofPage asks for one tap: programs that look at mails open links by themselves.
func (w *Web) proofPage(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	p := proofPage{view: w.view(r, flow.Person{}, "rd_public")}
	rw.Header().Set("X-Robots-Tag", "noindex")
	org, hash, ok := readGrantLink(r.PathValue("token"))
	if !ok {
		return w.oldLink(rw, p.view)
	}
	var err error
	p.Check, err = w.DB.Check(r.Context(), org, hash, w.Now())
	if errors.Is(err, postgres.ErrNotFound) {
		return w.oldLink(rw, p.view)
	}
	if err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "proof", p)
}

func (w *Web) prove(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	p := proofPage{view: w.view(r, flow.Person{}, "rd_public"), Done: true}
	if !w.doors.Allow(httpd.Address(r), w.Now()) {
		return httpd.Status(http.StatusTooManyRequests)
	}
	org, hash, ok := readGrantLink(r.PathValue("token"))
	if !ok {
		return w.oldLink(rw, p.view)
	}
	check, err := w.DB.Check(r.Context(), org, hash, w.Now())
	id := w.newID()
	if err == nil {
		err = w.DB.Proven(r.Context(), org, hash, id, w.Now())
	}
	var refusal *flow.Refusal
	switch {
	case errors.Is(err, postgres.ErrNotFound):
		return w.oldLink(rw, p.view)
	case errors.As(err, &refusal):
		return w.render(rw, http.StatusUnprocessableEntity, "fail", failPage{view: p.view, Heading: p.Title, Says: w.rightsSentence(r, p.view, refusal)})
	case err != nil:
		return err
	}
	o, err := w.DB.Organisation(r.Context(), org)
	if err == nil {
		err = w.tellOwners(r.Context(), org, o.Name, postgres.RightsRequest{ID: id, Kind: check.Kind, Opened: w.Now()})
	}
	if err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "proof", p)
}
