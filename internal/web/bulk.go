package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

const (
	maxBulk     = 500       // jobs changed together
	maxBulkForm = 128 << 10 // bytes: their ids, and the stages
)

// bulkRoutes are for changing many jobs together: choose, look at what will come of it, do it, take it back. Whoever may
// set priorities comes in; what each job allows them is asked job by job.
func (w *Web) bulkRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "POST /bulk", May: flow.MayPrioritise, MaxBody: maxBulkForm, Handler: w.bulkChoose},
		{Pattern: "POST /bulk/preview", May: flow.MayPrioritise, MaxBody: maxBulkForm, Handler: w.bulkPreview},
		{Pattern: "POST /bulk/do", May: flow.MayPrioritise, MaxBody: maxBulkForm, Handler: w.bulkDo},
		{Pattern: "POST /bulk/undo", May: flow.MayPrioritise, MaxBody: maxBulkForm, Handler: w.bulkUndo},
	}
}

// bulkForm is what is to become of the jobs, as it was chosen.
type bulkForm struct {
	Do     string // due, urgent, calm, hold, resume, assign, field
	Due    string
	Hold   string // a reason
	Note   string
	To     string // a member, empty: whoever works there
	Field  string
	Values map[string]string // as typed
	Reason string            // of a change
}

func readBulk(r *http.Request) bulkForm {
	return bulkForm{Do: r.PostFormValue("do"), Due: clean(r.PostFormValue("due")), Hold: r.PostFormValue("hold_reason"), Note: clean(r.PostFormValue("note")),
		To: r.PostFormValue("to"), Field: r.PostFormValue("field"), Values: typed(r), Reason: clean(r.PostFormValue("reason"))}
}

// bulkPage is all three pages: choosing, what will come of it, what came of it.
type bulkPage struct {
	*view
	Process flow.Process // of the board that they were chosen on
	Form    bulkForm
	Jobs    []flow.Job
	Gone    int // that were chosen and are not there, or not the reader's
	Entries []entry
	Holds   []flow.Reason
	People  []worker
	Error   string
	Says    string // what is to be done, in words
	Steps   []bulkStep
	Refused []bulkStep
	Begun   string // the command of a change that is done
	Undone  bool
}

// Back is the address of the board, with its column for choosing.
func (p bulkPage) Back() string { return "/board?process=" + p.Process.ID.String() + "&select=1" }

// Board is the address of the board.
func (p bulkPage) Board() string { return "/board?process=" + p.Process.ID.String() }

// chosen reads which jobs were chosen and loads those that the reader sees.
func (w *Web) chosen(r *http.Request, who flow.Person) (*bulkPage, error) {
	if err := parse(r); err != nil {
		return nil, err
	}
	p := &bulkPage{view: w.view(r, who, "bulk"), Form: readBulk(r)}
	ids := make([]flow.ID, 0, len(r.PostForm["job"]))
	for _, text := range r.PostForm["job"] {
		id, err := flow.ParseID(text)
		if err != nil {
			return nil, &flow.Refusal{Code: flow.BadCommand}
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) > maxBulk {
		return nil, &flow.Refusal{Code: flow.TooMany, Name: "jobs", Limit: maxBulk}
	}
	return p, w.loadChosen(r, who, p, ids)
}

func (w *Web) loadChosen(r *http.Request, who flow.Person, p *bulkPage, ids []flow.ID) error {
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	mine := wholeProcesses(who, all)
	i := slices.IndexFunc(mine, func(p flow.Process) bool { return p.ID.String() == r.PostFormValue("process") })
	if i < 0 {
		return errNotYours
	}
	p.Process = mine[i].As(who.Role)
	jobs, err := w.DB.Jobs(r.Context(), who.Org, ids)
	if err != nil {
		return err
	}
	jobs = slices.DeleteFunc(jobs, func(j flow.Job) bool { return j.Process != p.Process.ID })
	if p.Jobs, err = w.readable(r, who, jobs); err != nil {
		return err
	}
	p.Gone = len(ids) - len(p.Jobs)
	slices.SortFunc(p.Jobs, func(a, b flow.Job) int {
		return cmp.Or(cmp.Compare(postgres.PlaceOf(a).Due, postgres.PlaceOf(b).Due), strings.Compare(a.Number, b.Number)) // as on the board
	})
	return nil
}

// bulkChoose asks what is to become of the jobs that were chosen.
func (w *Web) bulkChoose(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.chosen(r, who)
	if err != nil {
		return err
	}
	return w.showChoices(rw, r, p, http.StatusOK)
}

func (w *Web) showChoices(rw http.ResponseWriter, r *http.Request, p *bulkPage, status int) error {
	p.Holds = p.Process.HoldReasons
	if p.Can("change") {
		p.Entries = p.entries(bulkFields(p.Process), "bulk", p.Form.Values, nil)
		for i := range p.Entries {
			p.Entries[i].Required = false // one of them is filled in, or emptied
		}
	}
	if p.Can("assign") {
		members, err := w.DB.Members(r.Context(), p.Who.Org, maxPeople)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Left.IsZero() && m.Suspended.IsZero() && m.Role.Rights()&flow.MayReport != 0 {
				p.People = append(p.People, worker{m.ID, m.Name, m.ID.String() == p.Form.To})
			}
		}
	}
	return w.render(rw, status, "bulk", p)
}

// bulkFields are the fields that can be filled in for many jobs at once: pictures belong to one.
func bulkFields(p flow.Process) []flow.Field {
	return slices.DeleteFunc(slices.Clone(p.Fields), func(f flow.Field) bool { return f.Type == flow.PhotoField || f.Type == flow.SignatureField })
}

// bulkPreview says job by job what will change, and why not, without changing anything.
func (w *Web) bulkPreview(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.chosen(r, who)
	if err != nil {
		return err
	}
	err = w.bulkPlan(r, p)
	var why bulkMistake
	if errors.As(err, &why) {
		p.Error = p.T(string(why))
		return w.showChoices(rw, r, p, http.StatusUnprocessableEntity)
	}
	if says, status, ok := w.explain(r.Context(), p.view, err, p.Process); ok {
		p.Error = says
		return w.showChoices(rw, r, p, status)
	}
	if err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "bulkpreview", p)
}

// bulkMistake is a mistake in the choice, as the key of the sentence that says what to do.
type bulkMistake string

func (t bulkMistake) Error() string { return string(t) }

// bulkSet is what a change of many jobs sets, for those that change a job and not a stage of it.
func (w *Web) bulkSet(p *bulkPage) (map[string]string, error) {
	switch p.Form.Do {
	case "due":
		if p.Form.Due == "" {
			return map[string]string{flow.SetDue: ""}, nil
		}
		day, err := sheets.Date(p.Form.Due, w.Now())
		if err != nil {
			return nil, &flow.Refusal{Code: flow.FieldWrong, Name: flow.SetDue, Value: p.Form.Due}
		}
		return map[string]string{flow.SetDue: string(flow.DateOf(day))}, nil
	case "urgent":
		return map[string]string{flow.SetUrgent: "yes"}, nil
	case "calm":
		return map[string]string{flow.SetUrgent: ""}, nil
	case "field":
		return w.bulkField(p)
	}
	return nil, nil
}

func (w *Web) bulkField(p *bulkPage) (map[string]string, error) {
	fields := bulkFields(p.Process)
	i := slices.IndexFunc(fields, func(f flow.Field) bool { return f.Code == p.Form.Field })
	if i < 0 {
		return nil, bulkMistake("bulk_no_field")
	}
	f := fields[i]
	values, err := w.readEntries(fields[i:i+1], map[string]string{f.Code: p.Form.Values[f.Code]})
	if err != nil {
		return nil, err
	}
	return map[string]string{flow.SetField + f.Code: values[f.Code]}, nil
}

// picking is how the board's column for choosing jobs begins: empty, with every job of the page chosen, or not there.
func picking(asked string) string {
	switch asked {
	case "", "all":
		return asked
	}
	return "1"
}

// Choosing is this board with its column for choosing as picking says.
func (p *boardPage) Choosing(how string) string {
	q := p.asked()
	if how != "" {
		q.Set("select", how)
	}
	return p.path(q)
}
