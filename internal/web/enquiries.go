package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// enquiryRoutes are what the public site takes in, for the owners of whoever runs the service.
func (w *Web) enquiryRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /enquiries", May: flow.MayGovern, Whole: true, Handler: w.operators(w.enquiries)},
		{Pattern: "GET /enquiries/{enquiry}", May: flow.MayGovern, Whole: true, Handler: w.operators(w.enquiry)},
		{Pattern: "POST /enquiries/{enquiry}", May: flow.MayGovern, Whole: true, Handler: w.operators(w.doEnquiry)},
		{Pattern: "POST /enquiries/{enquiry}/erase", May: flow.MayGovern, Whole: true, Handler: w.operators(w.eraseEnquiry)},
	}
}

const enquiriesPath = "/enquiries"

// enquiriesAtOnce is how many a page of the list has.
const enquiriesAtOnce = 30

type enquiryTab struct {
	State, Word string
	On          bool
}

type enquiryRow struct {
	postgres.Enquiry
	Late  bool
	Owner string
}

type enquiriesPage struct {
	*view
	State string
	Tabs  []enquiryTab
	List  []enquiryRow
	Next  string // address of what follows
	Said  string
	Demos demosTold

	StatisticsYes, StatisticsNo int // visitors of the public site who were asked about statistics
}

// demosTold says whether demos that are booked come in: a trouble with what to do, or a line; nothing where none are told of.
type demosTold struct {
	Trouble, Do, Answer string
	Line                string
}

// madeShown is for how long it is said that what tells of demos was set up anew.
const madeShown = 7 * 24 * time.Hour

// demosTold is how it stands with what Calendly tells.
func (w *Web) demosTold(r *http.Request, v *view) (d demosTold, err error) {
	if !w.CalendlyTells {
		return d, nil
	}
	if !w.CalendlyAsked {
		return demosTold{Line: v.T("calendly_unwatched")}, nil
	}
	k, err := w.DB.CalendlyWatch(r.Context(), v.Who.Org)
	switch {
	case errors.Is(err, postgres.ErrNotFound) || err == nil && k.State == postgres.CalendlyUnknown:
		return demosTold{Line: v.T("calendly_unknown")}, nil
	case err != nil:
		return d, err
	case slices.Contains(postgres.CalendlyTroubles(), k.State):
		d.Trouble, d.Do = v.T("calendly_trouble_"+k.State), v.T("calendly_do_"+k.State)
		if d.Answer = v.T("calendly_since", "at", v.When(flow.At(k.Since))); k.Fault != "" {
			d.Answer += " " + v.T("calendly_answer", "fault", k.Fault)
		}
		return d, nil
	}
	d.Line = v.T("calendly_alive", "at", v.When(flow.At(k.Checked)))
	if !k.Made.IsZero() && v.Now.Sub(k.Made) < madeShown {
		d.Line += " " + v.T("calendly_made", "at", v.When(flow.At(k.Made)))
	}
	if !k.WalkAt.IsZero() {
		d.Line += " " + v.T("calendly_fetching")
	}
	return d, nil
}

func (w *Web) enquiries(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := enquiriesPage{view: w.view(r, who, "enquiries"), State: r.FormValue("state")}
	for _, s := range postgres.EnquiryStates() {
		if p.State == "" {
			p.State = s
		}
		p.Tabs = append(p.Tabs, enquiryTab{s, p.T("enquiry_state_" + s), s == p.State})
	}
	if r.FormValue("said") == "erased" {
		p.Said = p.T("enquiry_erased_said")
	}
	var err error
	if p.Demos, err = w.demosTold(r, p.view); err != nil {
		return err
	}
	after := readPlace(r.FormValue("after"))
	list, err := w.DB.Enquiries(r.Context(), who.Org, p.State, postgres.EnquiryPlace{ReplyBy: after.At, ID: after.ID}, enquiriesAtOnce+1)
	if err != nil {
		return err
	}
	if len(list) > enquiriesAtOnce {
		list = list[:enquiriesAtOnce]
		last := list[enquiriesAtOnce-1]
		p.Next = "/enquiries?state=" + p.State + "&after=" + writePlace(last.ReplyBy, last.ID)
	}
	names, err := w.DB.Names(r.Context(), who.Org, enquiryOwners(list))
	if err != nil {
		return err
	}
	no, yes, err := w.DB.CountSiteConsents(r.Context(), who.Org)
	if err != nil {
		return err
	}
	p.StatisticsYes, p.StatisticsNo = int(yes), int(no)
	for _, e := range list {
		p.List = append(p.List, enquiryRow{e, e.State == postgres.EnquiryNew && !e.ReplyBy.After(p.Now), names[e.Owner]})
	}
	return w.render(rw, http.StatusOK, "enquiries", p)
}

func enquiryOwners(list []postgres.Enquiry) (ids []flow.ID) {
	for _, e := range list {
		if !e.Owner.IsZero() {
			ids = append(ids, e.Owner)
		}
	}
	return ids
}

type enquiryPage struct {
	*view
	Enquiry   postgres.Enquiry
	OwnerName string
	Steps     []enquiryStep
	Late      bool
	Answer    string
	Error     string
	Said      string
}

type enquiryStep struct {
	postgres.EnquiryStep
	Says string
}

// Mailing reports whether an answer goes out as a mail.
func (p enquiryPage) Mailing() bool { return p.w.Mails && p.Enquiry.Email != "" }

// Mine reports whether the reader looks after it.
func (p enquiryPage) Mine() bool { return p.Enquiry.Owner == p.Who.Member }

// MomentOf is a time as the other forms of time take it.
func (v *view) MomentOf(t time.Time) flow.Moment { return flow.At(t) }

// Day is the day of a time where the reader is.
func (v *view) Day(t time.Time) string { return v.Date(flow.DateOf(t.In(v.Zone))) }

func (w *Web) enquiry(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.enquiryPage(r, who)
	if err != nil {
		return err
	}
	if said := r.FormValue("said"); p.Has("enquiry_said_" + said) {
		p.Said = p.T("enquiry_said_" + said)
	}
	return w.render(rw, http.StatusOK, "enquiry", p)
}

func (w *Web) enquiryPage(r *http.Request, who flow.Person) (p enquiryPage, err error) {
	id, err := pathID(r, "enquiry")
	if err != nil {
		return p, err
	}
	p = enquiryPage{view: w.view(r, who, "enquiries")}
	if p.Enquiry, err = w.DB.Enquiry(r.Context(), who.Org, id); err != nil {
		return p, err
	}
	steps, err := w.DB.EnquirySteps(r.Context(), who.Org, id)
	if err != nil {
		return p, err
	}
	ids := []flow.ID{p.Enquiry.Owner}
	for _, s := range steps {
		ids = append(ids, s.By)
	}
	names, err := w.DB.Names(r.Context(), who.Org, ids)
	if err != nil {
		return p, err
	}
	for _, s := range steps {
		p.Steps = append(p.Steps, enquiryStep{s, p.T("enquiry_step_"+s.What, "who", names[s.By], "at", p.When(flow.At(s.Meeting)))})
	}
	p.OwnerName = names[p.Enquiry.Owner]
	p.Late = p.Enquiry.State == postgres.EnquiryNew && !p.Enquiry.ReplyBy.After(p.Now)
	return p, nil
}

// maxAnswer is the most letters that an answer has.
const maxAnswer = 4000

// enquirySteps are the steps by what the form asks for.
var enquirySteps = map[string]string{"take": "taken", "answer": "answered", "close": "closed", "reopen": "reopened"}

// doEnquiry does what an owner does with an enquiry.
func (w *Web) doEnquiry(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.enquiryPage(r, who)
	if err != nil {
		return err
	}
	command, err := flow.ParseID(r.PostFormValue("command"))
	do := r.PostFormValue("do")
	step, ok := enquirySteps[do]
	if err != nil || !ok {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	act := postgres.EnquiryAct{Enquiry: p.Enquiry.ID, Command: command, By: who.Member, At: w.Now()}
	var mails []postgres.Mail
	if do == "answer" {
		p.Answer = strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"))
		if n := utf8.RuneCountInString(p.Answer); n == 0 || n > maxAnswer || !utf8.ValidString(p.Answer) {
			p.Error = p.T("enquiry_answer_wrong", "n", p.Int(maxAnswer))
			return w.render(rw, http.StatusUnprocessableEntity, "enquiry", p)
		}
		act.Text = p.Answer
		mails = w.answerMail(p, command, act.At)
	}
	if err := w.DB.DoEnquiry(r.Context(), who.Org, step, act, mails...); err != nil {
		return err
	}
	http.Redirect(rw, r, "/enquiries/"+p.Enquiry.ID.String()+"?said="+do, http.StatusSeeOther)
	return nil
}

// answerMail is the mail with an answer, in the sender's language; none where no mails can be sent.
func (w *Web) answerMail(p enquiryPage, command flow.ID, at time.Time) []postgres.Mail {
	if !p.Mailing() {
		return nil
	}
	letter := letters.EnquiryAnswered{Name: p.Enquiry.Name, Operator: w.Operator.Called(), Answer: p.Answer}
	return []postgres.Mail{postgres.NewMail(p.Enquiry.Email, p.Enquiry.Language, command.String(), letter, at)}
}

// eraseEnquiry forgets an enquiry at once.
func (w *Web) eraseEnquiry(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "enquiry")
	if err != nil {
		return err
	}
	if _, err := w.DB.Enquiry(r.Context(), who.Org, id); err != nil {
		return err
	}
	if err := w.DB.EraseEnquiry(r.Context(), who.Org, id, w.Now()); err != nil {
		return err
	}
	http.Redirect(rw, r, "/enquiries?said=erased", http.StatusSeeOther)
	return nil
}
