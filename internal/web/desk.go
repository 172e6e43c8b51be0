package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// deskRoutes are where owners answer what people ask about their data.
func (w *Web) deskRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /privacy-requests", May: flow.MayGovern, Whole: true, Handler: w.desk},
		{Pattern: "POST /privacy-requests", May: flow.MayGovern, Whole: true, Handler: w.openAtDesk},
		{Pattern: "GET /privacy-requests/{request}", May: flow.MayGovern, Whole: true, Handler: w.deskRequest},
		{Pattern: "POST /privacy-requests/{request}", May: flow.MayGovern, Whole: true, Handler: w.handleRequest},
	}
}

const (
	deskShown  = 30
	deskPeople = 500 // members who are offered
)

type deskPage struct {
	*view
	Waiting []requestRow
	Done    []requestRow
	More    string // the rest of those that wait
	Older   string
	Kinds   []postgres.RightsKind
	People  []postgres.Member
	Typed   map[string]string
	Error   string
	Said    string
}

func (w *Web) desk(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showDesk(rw, r, deskPage{view: w.view(r, who, "rd_desk"), Typed: map[string]string{"kind": string(postgres.AskAccess)}}, http.StatusOK)
}

func (w *Web) showDesk(rw http.ResponseWriter, r *http.Request, p deskPage, status int) error {
	after, before := readPlace(r.URL.Query().Get("after")), readPlace(r.URL.Query().Get("before"))
	org := p.Who.Org
	var waiting, done []postgres.RightsRequest
	var err, err2, err3 error
	if before.At.IsZero() {
		waiting, err = w.DB.OpenRequests(r.Context(), org, after, deskShown+1)
	}
	if after.At.IsZero() {
		done, err2 = w.DB.PastRequests(r.Context(), org, before, deskShown+1)
	}
	p.People, err3 = w.DB.Members(r.Context(), org, deskPeople)
	if err := errors.Join(err, err2, err3); err != nil {
		return err
	}
	p.People = slices.DeleteFunc(p.People, func(m postgres.Member) bool { return isPseudonym(m) })
	if len(waiting) > deskShown {
		waiting = waiting[:deskShown]
		p.More = "/privacy-requests?after=" + writePlace(waiting[deskShown-1].Due, waiting[deskShown-1].ID)
	}
	if len(done) > deskShown {
		done = done[:deskShown]
		p.Older = "/privacy-requests?before=" + writePlace(done[deskShown-1].AnsweredAt, done[deskShown-1].ID)
	}
	p.Kinds = postgres.RightsKinds()
	if p.Waiting, err = w.requestRows(r, p.view, waiting); err == nil {
		p.Done, err = w.requestRows(r, p.view, done)
	}
	if err != nil {
		return err
	}
	return w.render(rw, status, "desk", p)
}

// lines is what somebody wrote, line by line, without what cannot be seen.
func lines(s string) string {
	list := strings.Split(s, "\n")
	for i, l := range list {
		list[i] = clean(l)
	}
	return strings.TrimSpace(strings.Join(list, "\n"))
}

func tooLongText(s string) bool { return utf8.RuneCountInString(s) > postgres.MaxRightsText }

// deskMarks remember for a minute what waits on the desks, so that the menu of every page can say it.
type deskMarks struct {
	mu  sync.Mutex
	was map[flow.ID]deskMark
}

type deskMark struct {
	open, late int
	read       time.Time
}

const (
	marksFor = time.Minute
	maxMarks = 5000
)

// Desk says in a word or two that requests wait on the desk, or are late; empty for all but owners.
func (v *view) Desk() string {
	if !v.SignedIn() || !v.Who.May(flow.MayGovern) || v.Supporting() {
		return ""
	}
	m := v.w.deskMark(v.Who.Org)
	switch {
	case m.late > 0:
		return v.T("rd_desk_late", "n", m.late)
	case m.open > 0:
		return v.T("rd_desk_open", "n", m.open)
	}
	return ""
}

// DeskLate reports whether some of what waits on the desk waits longer than it may.
func (v *view) DeskLate() bool { return v.Desk() != "" && v.w.deskMark(v.Who.Org).late > 0 }

func (w *Web) deskMark(org flow.ID) deskMark {
	now := w.Now()
	w.deskMarks.mu.Lock()
	m, ok := w.deskMarks.was[org]
	w.deskMarks.mu.Unlock()
	if ok && now.Sub(m.read) < marksFor && !now.Before(m.read) {
		return m
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	open, late, err := w.DB.RightsWaiting(ctx, org, now)
	if err != nil {
		w.Log.Error("what waits on the desk cannot be read", "org", org.String(), "error", err) // the page is shown without
		return deskMark{}
	}
	m = deskMark{open, late, now}
	w.deskMarks.mu.Lock()
	defer w.deskMarks.mu.Unlock()
	if w.deskMarks.was == nil || len(w.deskMarks.was) >= maxMarks {
		w.deskMarks.was = map[flow.ID]deskMark{}
	}
	w.deskMarks.was[org] = m
	return m
}

// isPseudonym reports whether somebody is erased already: they have nothing to log in with, and are not here.
func isPseudonym(m postgres.Member) bool {
	return !m.Left.IsZero() && len(m.Logins) == 0 && strings.HasPrefix(m.Name, "Person ")
}

// requestRows are requests with the names of who asks and who answered.
func (w *Web) requestRows(r *http.Request, v *view, list []postgres.RightsRequest) ([]requestRow, error) {
	var ids []flow.ID
	for _, one := range list {
		ids = append(ids, one.Member, one.HandledBy)
	}
	names, err := w.DB.Names(r.Context(), v.Who.Org, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]requestRow, len(list))
	for i, one := range list {
		rows[i] = requestRow{RightsRequest: one, v: v, ByName: names[one.Member], Handler: names[one.HandledBy]}
		if one.Member.IsZero() {
			rows[i].ByName = one.Name
		}
	}
	return rows, nil
}

// A place in a list is written as a time and an id.
func writePlace(at time.Time, id flow.ID) string {
	return at.UTC().Format(time.RFC3339Nano) + "_" + id.String()
}

func readPlace(text string) (p postgres.RightsPlace) {
	at, id, _ := strings.Cut(text, "_")
	when, err := time.Parse(time.RFC3339Nano, at)
	one, err2 := flow.ParseID(id)
	if err != nil || err2 != nil || when.Year() < 2000 || when.Year() > 9000 {
		return p // from the beginning
	}
	return postgres.RightsPlace{At: when, ID: one}
}

// openAtDesk writes down what somebody asked by letter, by telephone or in person.
func (w *Web) openAtDesk(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := deskPage{view: w.view(r, who, "rd_desk"), Typed: map[string]string{}}
	for _, name := range []string{"kind", "member", "name", "contact"} {
		p.Typed[name] = clean(r.PostFormValue(name))
	}
	p.Typed["body"] = lines(r.PostFormValue("body"))
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	req := postgres.RightsRequest{ID: id, Kind: postgres.RightsKind(p.Typed["kind"]), Language: p.Lang, Body: p.Typed["body"], Name: p.Typed["name"], Contact: p.Typed["contact"], Opened: w.Now()}
	if number := NormalLogin(req.Contact); !strings.Contains(number, "@") && plausibleLogin(number) {
		req.Contact = number // as it is looked for
	}
	if text := p.Typed["member"]; text != "" {
		if req.Member, err = flow.ParseID(text); err != nil {
			return postgres.ErrNotFound
		}
		req.Name, req.Contact = "", ""
	}
	switch {
	case !slices.Contains(postgres.RightsKinds(), req.Kind):
		p.Error = p.T("rd_no_kind")
	case req.Member.IsZero() && (req.Name == "" || req.Contact == ""):
		p.Error = p.T("rd_who_missing")
	case tooLongText(req.Body) || len([]rune(req.Name)) > flow.MaxText || len([]rune(req.Contact)) > flow.MaxText:
		p.Error = p.T("rd_text_long")
	default:
		err = w.DB.OpenRequest(r.Context(), who.Org, req)
		var refusal *flow.Refusal
		if errors.As(err, &refusal) {
			p.Error, err = w.rightsSentence(r, p.view, refusal), nil
		}
	}
	if p.Error != "" {
		return w.showDesk(rw, r, p, http.StatusUnprocessableEntity)
	}
	if err == nil && req.Kind == postgres.AskErasure && !req.Member.IsZero() {
		err = w.tellPlanned(r.Context(), who.Org, who.OrgName, req.Member, id.String())
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/privacy-requests/"+id.String(), http.StatusSeeOther)
	return nil
}

// tellOwners writes to the owners that somebody asks. A mail to each is written once for a request.
func (w *Web) tellOwners(ctx context.Context, org flow.ID, company string, req postgres.RightsRequest) error {
	if !w.Mails {
		return nil
	}
	owners, err := w.DB.OwnersToWrite(ctx, org)
	for _, o := range owners {
		letter := letters.RightsNew{Organisation: company, Asks: string(req.Kind), Due: req.Opened.Add(postgres.AnswerWithin).Format("02-01-2006"), Link: w.URL + "/privacy-requests/" + req.ID.String()}
		err = errors.Join(err, w.DB.QueueMail(ctx, org, postgres.NewMail(o.Address, o.Language, req.ID.String(), letter, w.Now())))
	}
	return err
}

// tellPlanned writes to somebody that they will be erased, in time to call it off.
func (w *Web) tellPlanned(ctx context.Context, org flow.ID, company string, member flow.ID, request string) error {
	m, err := w.DB.Member(ctx, org, member)
	if err != nil || !w.Mails {
		return err
	}
	at := w.Now().Add(postgres.ErasureNotice)
	letter := letters.RightsPlanned{Name: m.Name, Organisation: company, At: at.In(postgres.Zone("")).Format("02-01-2006 15:04"), Link: w.URL + "/my-data"}
	for _, to := range m.Logins {
		if plausibleAddress(to) {
			err = errors.Join(err, w.DB.QueueMail(ctx, org, postgres.NewMail(to, m.Reads(), request, letter, w.Now())))
		}
	}
	return err
}

// RightsReminder is the letter that reminds an owner of a request.
func (w *Web) RightsReminder(o postgres.Organisation, r postgres.RightsReminder) letters.Letter {
	return letters.RightsReminder{Organisation: o.Name, Asks: string(r.Kind), Stage: r.Stage, Due: r.Due.In(postgres.Zone(o.Timezone)).Format("02-01-2006"),
		Link: w.URL + "/privacy-requests/" + r.ID.String()}
}
