package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/passwords"
	"clicarity/internal/postgres"
)

// closingRoutes are how an organisation leaves. They are open while it is closed, as are the ways to take access away from
// somebody; nothing else changes anything then.
func (w *Web) closingRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /close", May: flow.MayGovern, Whole: true, Handler: w.closePage},
		{Pattern: "POST /close", May: flow.MayGovern, Whole: true, Closed: true, Handler: w.closeCompany},
		{Pattern: "POST /close/undo", May: flow.MayGovern, Whole: true, Closed: true, Handler: w.reopenCompany},
		{Pattern: "GET /close/export", May: flow.MayGovern, Whole: true, Handler: w.takeEverything},
		{Pattern: "GET /certificate/{token}", May: flow.Anybody, Handler: w.certificatePage},
	}
}

type closePage struct {
	*view
	Plan    flow.Closing // what is, or what would be
	Closed  bool
	Final   bool // it cannot be undone any more
	ByOwner string
	Because string
	Link    string // to the certificate
	Typed   string
	Error   string
	Said    string
	Mails   bool
	Factor  bool // a second factor is asked for
	App     bool
	Key     question
}

// Day is a day of the plan as the page writes it.
func (p closePage) Day(m flow.Moment) string { return p.DayOf(m) }

// Action is where the form goes.
func (p closePage) Action() string {
	if p.Closed {
		return "/close/undo"
	}
	return "/close"
}

// DayOf is the day of a moment where the organisation is.
func (v *view) DayOf(m flow.Moment) string { return v.Date(v.day(m.Time())) }

// Undoable reports whether the closing of the reader's organisation can still be undone.
func (v *view) Undoable() bool { return v.Who.Closing.Undoable(flow.At(v.w.Now())) == nil }

func (w *Web) closePage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := closePage{view: w.view(r, who, "close_company")}
	switch said := r.FormValue("said"); {
	case said == "closed" && who.Closing.Closed(), said == "reopened" && !who.Closing.Closed():
		p.Said = p.T("closing_said_" + said)
	}
	return w.showClose(rw, r, p, http.StatusOK)
}

func (w *Web) showClose(rw http.ResponseWriter, r *http.Request, p closePage, status int) error {
	p.Mails, p.Plan = w.Mails, flow.ClosingAt(flow.At(w.Now()))
	c, err := w.DB.Closure(r.Context(), p.Who.Org)
	switch {
	case errors.Is(err, postgres.ErrNotFound):
	case err != nil:
		return err
	default:
		p.Title = p.T("closed_company")
		p.Closed, p.Plan, p.Because, p.Link = true, c.Closing, c.Because, w.CertificateLink(p.Who.Org)
		p.Final = c.Undoable(flow.At(w.Now())) != nil
		names, err := w.DB.Names(r.Context(), p.Who.Org, []flow.ID{c.By})
		if err != nil {
			return err
		}
		p.ByOwner = names[c.By]
	}
	f, err := w.DB.Factors(r.Context(), p.Who.Org, p.Who.Member)
	if err != nil {
		return err
	}
	p.Factor, p.App = f.Any(), f.Seed != nil
	if p.Key, err = w.askFor(p.Who, f); err != nil {
		return err
	}
	return w.render(rw, status, "close", p)
}

// reallyThem asks an owner for all that they can show: the password, and the second factor when they have one. When it is not
// right it answers with a sentence.
func (w *Web) reallyThem(rw http.ResponseWriter, r *http.Request, who flow.Person) (says string, status int, err error) {
	says, status, err = w.rightPassword(rw, r, who, passwords.Normal(r.PostFormValue("password")))
	if err != nil || says != "" {
		return says, status, err
	}
	f, err := w.DB.Factors(r.Context(), who.Org, who.Member)
	if err != nil || !f.Any() {
		return "", 0, err
	}
	v := w.view(r, who, "")
	if wait := w.wait(r, "factor "+who.Member.String()); wait > 0 {
		return v.tooOften(rw, wait), http.StatusTooManyRequests, nil
	}
	how, wrong, err := w.shownFactor(r, who, f)
	if err != nil || wrong == "" {
		return "", 0, err
	}
	e := postgres.Event{What: postgres.AuditWrong, ID: who.Member.String(), Detail: map[string]string{"with": how}}
	return v.T(wrong), http.StatusUnprocessableEntity, w.DB.Audit(r.Context(), who.Org, e)
}

// sameName compares the name that was typed with the company's, as people write it.
func sameName(typed, name string) bool {
	plain := func(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }
	return strings.EqualFold(plain(typed), plain(name))
}

// closeCompany closes the organisation. Sent again it changes nothing.
func (w *Web) closeCompany(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if who.Closing.Closed() {
		http.Redirect(rw, r, "/close?said=closed", http.StatusSeeOther)
		return nil
	}
	p := closePage{view: w.view(r, who, "close_company"), Typed: clean(r.PostFormValue("name"))}
	if !sameName(p.Typed, who.OrgName) {
		p.Error = p.T("closing_name_wrong", "organisation", who.OrgName)
		return w.showClose(rw, r, p, http.StatusUnprocessableEntity)
	}
	says, status, err := w.reallyThem(rw, r, who)
	if err != nil {
		return err
	}
	if says != "" {
		p.Error = says
		return w.showClose(rw, r, p, status)
	}
	if err := w.DB.CloseOrganisation(r.Context(), who.Org, postgres.Closure{Closing: flow.ClosingAt(flow.At(w.Now())), By: who.Member}); err != nil {
		return err
	}
	http.Redirect(rw, r, "/close?said=closed", http.StatusSeeOther)
	return nil
}

// reopenCompany undoes the closing.
func (w *Web) reopenCompany(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if !who.Closing.Closed() {
		http.Redirect(rw, r, "/close?said=reopened", http.StatusSeeOther)
		return nil
	}
	p := closePage{view: w.view(r, who, "close_company")}
	says, status, err := w.reallyThem(rw, r, who)
	if err == nil && says == "" {
		err = w.DB.ReopenOrganisation(r.Context(), who.Org, who.Member, w.Now())
		if why, code, ok := w.explain(r.Context(), p.view, err); ok {
			says, status, err = why, code, nil
		}
	}
	if err != nil {
		return err
	}
	if says != "" {
		p.Error = says
		return w.showClose(rw, r, p, status)
	}
	http.Redirect(rw, r, "/close?said=reopened", http.StatusSeeOther)
	return nil
}

// Each archive that is written holds a connection to the database, and keeps what it reads from being tidied up.
const (
	maxTakeouts = 2
	takeoutFor  = 2 * time.Hour
)

// takeEverything sends all of the organisation as one archive, as it is made. It is noted, and so in the archive itself.
func (w *Web) takeEverything(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if w.Takeout == nil {
		return httpd.Status(http.StatusNotFound)
	}
	select {
	case w.takeouts <- struct{}{}:
		defer func() { <-w.takeouts }()
	default:
		p := closePage{view: w.view(r, who, "close_company")}
		p.Error = p.T("closing_export_busy")
		return w.showClose(rw, r, p, http.StatusTooManyRequests)
	}
	o, err := w.DB.Organisation(r.Context(), who.Org)
	if err == nil {
		err = w.noteExport(r, who, "everything", "")
	}
	if err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "application/zip")
	rw.Header().Set("Content-Disposition", `attachment; filename="`+o.Slug+"-"+w.Now().In(postgres.Zone(o.Timezone)).Format(time.DateOnly)+`.zip"`)
	ctx, cancel := context.WithTimeout(r.Context(), takeoutFor)
	defer cancel()
	if err := w.Takeout(ctx, &patient{rw, http.NewResponseController(rw)}, o); err != nil {
		w.Log.Error("an export ended early", "org", who.Org.String(), "error", err)
		panic(http.ErrAbortHandler) // the file is not whole, and whoever opens it is told so
	}
	return nil
}

// patient gives a reader time for each piece of a long answer, and none to stand still.
type patient struct {
	to  http.ResponseWriter
	ctl *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.ctl.SetWriteDeadline(time.Now().Add(exportSend)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.to.Write(b)
}

// ClosingMail is a reminder of a closing. The organisation is known while there is one.
func (w *Web) ClosingMail(kind flow.Reminder, o postgres.Organisation, c postgres.Closure) letters.Letter {
	zone := postgres.Zone(o.Timezone)
	day := func(t time.Time) string { return t.In(zone).Format("02-01-2006") }
	gone := c.DeleteBy.Time()
	if !c.Done.IsZero() {
		gone = c.Done.Add(flow.BackupsFor)
	}
	return letters.Closing{Stage: string(kind), Organisation: o.Name, Closed: day(c.At.Time()), Undo: c.UndoUntil.Time().In(zone).Format("02-01-2006 15:04"), Date: day(c.DeleteFrom.Time()),
		Gone: day(gone), Done: day(c.Done), Page: w.URL + "/close", Link: w.CertificateLink(c.Org), Certificate: c.Certificate}
}
