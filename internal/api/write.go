package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// read decodes the body of a request. What the type does not have is refused: nobody sets what they were not asked for.
func read(r *http.Request, into any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return httpd.Status(http.StatusUnsupportedMediaType)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}") // work can begin without saying anything
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return wrong("bad_json", "at", d.InputOffset())
	}
	return nil
}

// unreadable says what is wrong with a body.
func unreadable(err error) error {
	var f *fault
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	const unknown = "json: unknown field "
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &kind):
		return wrong("wrong_type", "name", shortened(kind.Field))
	case errors.As(err, &syntax):
		return wrong("bad_json", "at", syntax.Offset)
	case strings.HasPrefix(err.Error(), unknown):
		return wrong("unknown_field", "name", shortened(strings.Trim(strings.TrimPrefix(err.Error(), unknown), `"`)))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return wrong("bad_json", "at", 0)
	}
	return wrong("wrong_type", "name", "process") // the one field that reads an id
}

// key is the id of the command: what makes sending it again the same command.
func key(r *http.Request) (flow.ID, error) {
	id, err := flow.ParseID(r.Header.Get("Idempotency-Key"))
	if err != nil || id.IsZero() {
		return id, wrong("no_key")
	}
	return id, nil
}

// do gives a command, and answers with its receipt.
func (a *API) do(r *http.Request, who flow.Person, id flow.ID, at Moment, action flow.Action) (flow.Receipt, error) {
	return a.DB.Do(r.Context(), who.Mark(flow.At(a.Now()), device), flow.Command{ID: id, Occurred: flow.Moment(at), Action: action})
}

func receipt(got flow.Receipt) Receipt {
	shown := Receipt{Command: got.Command, First: got.First, Last: got.Last, Again: got.Again}
	for _, j := range got.Jobs {
		shown.Jobs = append(shown.Jobs, JobRef{j.ID, j.Number})
	}
	return shown
}

// create makes a job.
func (a *API) create(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := key(r)
	if err != nil {
		return err
	}
	var n NewJob
	if err := read(r, &n); err != nil {
		return err
	}
	processes, err := a.whole(r, who)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(processes, func(p flow.Process) bool { return p.ID == n.Process })
	if i < 0 {
		return errNotYours
	}
	p := processes[i].As(who.Role)
	if n.Site == "" && len(who.Scope.Sites) == 1 { // a token of one site makes jobs there
		for site := range who.Scope.Sites {
			n.Site = Text(site)
		}
	}
	job, err := n.job(p, jobIDFor(id))
	if err != nil {
		return within{err, p}
	}
	if err := a.siteKnown(r, who, job.Site); err != nil {
		return err
	}
	got, err := a.do(r, who, id, 0, flow.Create{Process: p.ID, Version: p.Version, Jobs: []flow.NewJob{job}})
	if version := a.takenAs(r, who, job.ID, err); version != 0 && version != p.Version {
		got, err = a.do(r, who, id, 0, flow.Create{Process: p.ID, Version: version, Jobs: []flow.NewJob{job}})
	}
	if err != nil {
		return within{err, p}
	}
	rw.Header().Set("Location", "/api/v1/jobs/"+job.ID.String())
	return answer(rw, http.StatusCreated, receipt(got))
}

// takenAs is the version of the process that a command was taken with which is refused now: a new version has been
// published since it was sent first. 0: that is not why.
func (a *API) takenAs(r *http.Request, who flow.Person, job flow.ID, err error) int {
	var refusal *flow.Refusal
	if !errors.As(err, &refusal) || refusal.Code != flow.Conflict {
		return 0
	}
	j, err := a.DB.Job(r.Context(), who.Org, job)
	if err != nil || !who.Scope.Sees(j) {
		return 0
	}
	return j.Version
}

// jobIDFor is the id of the job that a command creates: the same command, the same job.
func jobIDFor(command flow.ID) flow.ID {
	command[15] ^= 1
	return command
}

// job is a new job as the rules take it. A program fills in the fields that it can read, and no others.
func (n NewJob) job(p flow.Process, id flow.ID) (flow.NewJob, error) {
	due, err := day("due", n.Due)
	if err != nil {
		return flow.NewJob{}, err
	}
	job := flow.NewJob{ID: id, Number: string(n.Number), Customer: string(n.Customer), Item: string(n.Item), Quantity: flow.Quantity(n.Quantity), Unit: string(n.Unit),
		Site: string(n.Site), Due: due, Urgent: n.Urgent, Fields: texts(n.Fields), Sizes: quantities(n.Sizes), Second: flow.Quantity(n.Second)}
	for code := range n.Fields {
		if !slices.ContainsFunc(p.Fields, func(f flow.Field) bool { return f.Code == code }) {
			return job, wrong("unknown_field", "name", shortened("fields."+code))
		}
	}
	for _, f := range p.Fields {
		if f.Required && f.Before == "" && job.Fields[f.Code] == "" {
			return job, &flow.Refusal{Code: flow.FieldMissing, Name: f.Label}
		}
	}
	if n.Note != "" {
		if job.Fields == nil {
			job.Fields = map[string]string{}
		}
		job.Fields["note"] = string(n.Note)
	}
	return job, nil
}

func day(name string, text Text) (flow.Date, error) {
	d, err := flow.ParseDate(string(text))
	if err != nil {
		return "", wrong("not_a_day", "name", name, "value", shortened(string(text)))
	}
	return d, nil
}

// siteKnown refuses a site that the organisation does not have.
func (a *API) siteKnown(r *http.Request, who flow.Person, code string) error {
	if code == "" {
		return nil
	}
	sites, err := a.DB.Sites(r.Context(), who.Org)
	if err == nil && !slices.ContainsFunc(sites, func(s postgres.Site) bool { return s.Code == code }) {
		err = errNotYours
	}
	return err
}

// change sets what is named.
func (a *API) change(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := key(r)
	if err != nil {
		return err
	}
	var c JobChange
	if err := read(r, &c); err != nil {
		return err
	}
	j, p, err := a.jobOf(r, who)
	if err != nil {
		return err
	}
	set, err := c.set(p)
	if err == nil && c.Site != nil {
		err = a.siteKnown(r, who, string(*c.Site))
	}
	if err != nil {
		return err
	}
	got, err := a.do(r, who, id, 0, flow.Change{Job: j.ID, Set: set, Reason: string(c.Reason)})
	if err != nil {
		return within{err, p}
	}
	return answer(rw, http.StatusOK, receipt(got))
}

// set is a change as the rules take it.
func (c JobChange) set(p flow.Process) (map[string]string, error) {
	set := map[string]string{}
	for name, value := range map[string]*Text{flow.SetCustomer: c.Customer, flow.SetItem: c.Item, flow.SetSite: c.Site} {
		if value != nil {
			set[name] = string(*value)
		}
	}
	if c.Due != nil {
		due, err := day("due", *c.Due)
		if err != nil {
			return nil, err
		}
		set[flow.SetDue] = string(due)
	}
	if c.Urgent != nil {
		set[flow.SetUrgent] = map[bool]string{true: "yes"}[*c.Urgent]
	}
	for code, value := range c.Fields {
		if !slices.ContainsFunc(p.Fields, func(f flow.Field) bool { return f.Code == code }) {
			return nil, wrong("unknown_field", "name", shortened("fields."+code))
		}
		set[flow.SetField+code] = string(value)
	}
	return set, nil
}

// at decodes a stage command, gives it, and answers. action makes it of the work that the path names.
func (a *API) at(rw http.ResponseWriter, r *http.Request, who flow.Person, body any, action func(flow.Work) (flow.Action, Moment, error)) error {
	id, err := key(r)
	if err != nil {
		return err
	}
	if err := read(r, body); err != nil {
		return err
	}
	j, p, err := a.jobOf(r, who)
	if err != nil {
		return err
	}
	if !who.Scope.At(j, r.PathValue("stage")) {
		return errNotYours
	}
	act, at, err := action(flow.Work{Job: j.ID, Stage: r.PathValue("stage")})
	if err != nil {
		return err
	}
	got, err := a.do(r, who, id, at, act)
	if err != nil {
		return within{err, p}
	}
	return answer(rw, http.StatusOK, receipt(got))
}

func (a *API) start(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	var s StageStart
	return a.at(rw, r, who, &s, func(w flow.Work) (flow.Action, Moment, error) {
		return flow.Start{Work: w, Values: texts(s.Values), Used: used(s.Lots), Station: string(s.Station), Together: s.Together}, s.OccurredAt, nil
	})
}

func (a *API) report(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	var s StageReport
	return a.at(rw, r, who, &s, func(w flow.Work) (flow.Action, Moment, error) {
		act, err := s.action(w)
		return act, s.OccurredAt, err
	})
}

// action is a report as the rules take it: all done, or quantities, not both.
func (s StageReport) action(w flow.Work) (flow.Action, error) {
	release := flow.Release{Values: texts(s.Values), Approver: string(s.Approver), Grades: quantities(s.Grades), Used: used(s.Lots), Made: string(s.Made)}
	if s.Done {
		if s.Good != 0 || s.Short != 0 || len(s.Wasted)+len(s.SentBack)+len(s.Sizes) > 0 {
			return nil, wrong("done_or_quantities")
		}
		return flow.Finish{Work: w, Note: string(s.Note), Station: string(s.Station), Release: release}, nil
	}
	report := flow.Report{Work: w, Good: flow.Quantity(s.Good), Wasted: wasted(s.Wasted), Back: sentBack(s.SentBack), Short: flow.Quantity(s.Short),
		Note: string(s.Note), Station: string(s.Station), Release: release}
	for size, part := range s.Sizes {
		if report.Of == nil {
			report.Of = map[string]flow.Amount{}
		}
		report.Of[size] = part.amount()
	}
	return report, nil
}

func (a *API) hold(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	var s StageHold
	return a.at(rw, r, who, &s, func(w flow.Work) (flow.Action, Moment, error) {
		until, err := day("until", s.Until)
		return flow.Hold{Work: w, Reason: string(s.Reason), Awaits: flow.Awaited{Name: string(s.Awaits), Until: until}, Note: string(s.Note)}, s.OccurredAt, err
	})
}

func (a *API) resume(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	var s StageResume
	return a.at(rw, r, who, &s, func(w flow.Work) (flow.Action, Moment, error) {
		return flow.Resume{Work: w, Station: string(s.Station), Together: s.Together}, s.OccurredAt, nil
	})
}
