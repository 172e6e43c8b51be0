package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// jobForm is the Quick add form as it was typed.
type jobForm struct {
	Process, Number, Customer, Item, Quantity, Unit, Due, Note, Site string
	Urgent                                                           bool
	Values                                                           map[string]string // of the process's own fields
	Yields                                                           map[string]string // by stage
	Command                                                          string            // of a form that was refused: its pictures are those of the job it would make
	Sizes                                                            map[string]string // by place in the process's list
	Second                                                           string
}

type newJobPage struct {
	*view
	Processes []flow.Process
	Process   flow.Process
	Next      string // the number the series would give
	Form      jobForm
	Error     string
	Made      *flow.JobRef
	Sites     []postgres.Site // to choose from; none: the organisation has none
}

// Entries are the process's own fields.
func (p newJobPage) Entries() []entry {
	command, _ := flow.ParseID(p.Form.Command) // made here or checked when it came
	return p.ownEntries(p.Process, jobIDFor(command), p.Form.Values, nil)
}

// Command is the id of what the form asks for.
func (p newJobPage) Command() string { return p.Form.Command }

// Job is the id of the job that the form makes.
func (p newJobPage) Job() flow.ID {
	command, _ := flow.ParseID(p.Form.Command) // made here or checked when it came
	return jobIDFor(command)
}

// Pictured reports whether the form asks for photos or signatures.
func (p newJobPage) Pictured() bool { return takesPictures(p.Process.Fields) }

// yield is a stage where one unit becomes several, which may differ from job to job.
type yield struct {
	Stage, Unit, Next, Value string
	Code                     string
}

// Yields are the stages whose units become others.
func (p newJobPage) Yields() []yield {
	var list []yield
	for _, s := range p.Process.Stages {
		own := p.Process.On(s.Track)
		i := slices.IndexFunc(own, func(o flow.Stage) bool { return o.Code == s.Code })
		if s.Yields.IsZero() || p.Process.Mode != flow.QuantityMode || i+1 == len(own) {
			continue
		}
		y := yield{Code: s.Code, Stage: p.Process.Called(s), Unit: p.Process.UnitAt(s.Code), Next: p.Process.UnitAt(own[i+1].Code), Value: s.Yields.String()}
		if typed, ok := p.Form.Yields[s.Code]; ok {
			y.Value = typed
		}
		list = append(list, y)
	}
	return list
}

func (w *Web) newJobPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "new_job")
	f := jobForm{Process: r.FormValue("process")}
	if id, err := flow.ParseID(r.FormValue("copy")); err == nil {
		j, _, err := w.jobFor(r, who, id)
		if err != nil {
			return err
		}
		f = jobForm{Process: j.Process.String(), Customer: j.Customer, Item: j.Item, Quantity: j.Quantity.String(), Unit: j.Unit, Note: j.Fields["note"], Site: j.Site}
		f.Values, f.Yields, f.Sizes = j.Fields, map[string]string{}, map[string]string{}
		for _, a := range j.Accounts {
			if a.IsSecond() {
				f.Second = a.Quantity.String()
			} else {
				f.Sizes["of "+a.Name] = a.Quantity.String()
			}
		}
		for _, s := range j.Stages {
			if !s.Yields.IsZero() {
				f.Yields[s.Code] = s.Yields.String()
			}
		}
	}
	p := newJobPage{view: v, Form: f}
	if id, err := flow.ParseID(r.FormValue("made")); err == nil {
		if j, _, err := w.jobFor(r, who, id); err == nil {
			p.Made = &flow.JobRef{ID: j.ID, Number: j.Number}
		}
	}
	return w.showNewJob(rw, r, p, http.StatusOK)
}

func (w *Web) showNewJob(rw http.ResponseWriter, r *http.Request, p newJobPage, status int) error {
	p.Form.Command = cmp.Or(p.Form.Command, p.view.Command())
	var err error
	if p.Processes, err = w.processesFor(r, p.Who); err != nil {
		return err
	}
	if p.Sites, err = w.sitesFor(r, p.Who); err != nil {
		return err
	}
	if len(p.Processes) > 0 {
		p.Process = choose(p.Processes, p.Form.Process)
		if r.Method == http.MethodGet { // a copy has pictures of its own
			p.Form.Values = withoutPictures(p.Process.Fields, p.Form.Values)
		}
		if p.Next, err = w.DB.NextNumber(r.Context(), p.Who.Org, p.Process); err != nil {
			return err
		}
	}
	return w.render(rw, status, "newjob", p)
}

// newJob creates a job, and offers the next one.
func (w *Web) newJob(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	parsed := parse(r)
	f := jobForm{
		Process: r.PostFormValue("process"), Number: clean(r.PostFormValue("number")), Customer: clean(r.PostFormValue("customer")),
		Item: clean(r.PostFormValue("item")), Quantity: r.PostFormValue("quantity"), Unit: clean(r.PostFormValue("unit")),
		Due: r.PostFormValue("due"), Site: r.PostFormValue("site"), Note: clean(r.PostFormValue("note")), Urgent: r.PostFormValue("urgent") != "",
	}
	f.Values, f.Yields, f.Sizes, f.Second = typed(r), typedYields(r), withPrefix(r, sizePrefix), r.PostFormValue("second")
	command, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return cmp.Or(parsed, error(&flow.Refusal{Code: flow.BadCommand}))
	}
	f.Command = command.String()
	receipt, err := w.create(r, who, command, &f)
	if err != nil {
		p := newJobPage{view: w.view(r, who, "new_job"), Form: f}
		says, status, ok := w.explain(r.Context(), p.view, err)
		if !ok {
			return err
		}
		p.Error = says
		return w.showNewJob(rw, r, p, status)
	}
	to := "/jobs/new?process=" + f.Process + "&made=" + receipt.Jobs[0].ID.String()
	if r.PostFormValue("then") == "open" {
		to = "/jobs/" + receipt.Jobs[0].ID.String() + "?said=" + strconv.FormatInt(receipt.First, 10)
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
	return nil
}

// clean is text as a person meant it.
func clean(s string) string { return flow.Clean(s) }

func (w *Web) create(r *http.Request, who flow.Person, command flow.ID, f *jobForm) (flow.Receipt, error) {
	processes, err := w.processesFor(r, who)
	if err != nil {
		return flow.Receipt{}, err
	}
	i := slices.IndexFunc(processes, func(p flow.Process) bool { return p.ID.String() == f.Process })
	if i < 0 {
		return flow.Receipt{}, errNotYours
	}
	n := flow.NewJob{ID: jobIDFor(command), Number: f.Number, Customer: f.Customer, Item: f.Item, Unit: f.Unit, Urgent: f.Urgent}
	if n.Fields, err = w.ownFields(r, who, processes[i], n.ID, f); err != nil {
		return flow.Receipt{}, err
	}
	sites, err := w.sitesFor(r, who)
	if err != nil {
		return flow.Receipt{}, err
	}
	if n.Site, err = pickSite(who, sites, f.Site); err != nil {
		return flow.Receipt{}, err
	}
	if n.Yields, err = f.yields(processes[i]); err != nil {
		return flow.Receipt{}, err
	}
	if err := f.counts(processes[i], &n); err != nil {
		return flow.Receipt{}, err
	}
	if strings.TrimSpace(f.Due) != "" {
		day, err := sheets.Date(f.Due, w.Now())
		if err != nil {
			return flow.Receipt{}, err
		}
		n.Due = flow.DateOf(day)
	}
	return w.do(r, who, command, flow.Create{Process: processes[i].ID, Version: processes[i].Version, Jobs: []flow.NewJob{n}})
}

// counts reads the quantity, by size where sizes were filled in, and the second balance.
func (f jobForm) counts(p flow.Process, n *flow.NewJob) error {
	var errs [3]error
	var sum flow.Quantity
	n.Quantity, errs[0] = quantity(f.Quantity)
	n.Sizes, sum, errs[1] = f.sizes(p)
	n.Second, errs[2] = quantity(f.Second)
	if n.Quantity == 0 {
		n.Quantity = sum
	}
	return errors.Join(errs[:]...)
}

// ownFields are the process's own fields as filled in, all that are required from the beginning, with the note.
func (w *Web) ownFields(r *http.Request, who flow.Person, p flow.Process, job flow.ID, f *jobForm) (map[string]string, error) {
	values, now, err := w.filled(r, who, spot{Job: job}, p.Fields, f.Values)
	f.Values = now
	if err != nil {
		return nil, err
	}
	for _, field := range p.Fields {
		if field.Required && field.Before == "" && values[field.Code] == "" {
			return nil, &flow.Refusal{Code: flow.FieldMissing, Name: field.Label}
		}
	}
	for code := range values {
		if !slices.ContainsFunc(p.Fields, func(field flow.Field) bool { return field.Code == code }) {
			return nil, &flow.Refusal{Code: flow.BadCommand}
		}
	}
	if f.Note != "" {
		if values == nil {
			values = map[string]string{}
		}
		values["note"] = f.Note
	}
	return values, nil
}

const yieldPrefix = "y_"

func typedYields(r *http.Request) map[string]string {
	got := map[string]string{}
	for name := range r.PostForm {
		if code, ok := strings.CutPrefix(name, yieldPrefix); ok {
			got[code] = clean(r.PostForm.Get(name))
		}
	}
	return got
}

// yields are the ratios that differ from the process's.
func (f jobForm) yields(p flow.Process) (map[string]flow.Ratio, error) {
	var own map[string]flow.Ratio
	for _, s := range p.Stages {
		text, ok := f.Yields[s.Code]
		if !ok || s.Yields.IsZero() {
			continue
		}
		ratio, err := flow.ParseRatio(text)
		if err != nil || text == "" {
			return nil, &flow.Refusal{Code: flow.FieldWrong, Name: s.Name, Value: text}
		}
		if ratio != s.Yields {
			if own == nil {
				own = map[string]flow.Ratio{}
			}
			own[s.Code] = ratio
		}
	}
	return own, nil
}

// jobIDFor is the id of the job that a command creates: the same command, the same job.
func jobIDFor(command flow.ID) flow.ID {
	command[15] ^= 1
	return command
}
