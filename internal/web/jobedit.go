package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/sheets"
)

// Editable reports whether the reader may change the whole job, not only its priority and due date.
func (p *jobPage) Editable() bool { return p.Can("change") && p.Who.Scope.Holds(p.Job) }

// editing is what the reader can change of an open job.
func (w *Web) editing(r *http.Request, p *jobPage) error {
	j := p.Job
	p.Own = p.ownEntries(p.Process, j.ID, nil, j.Fields)
	p.Changing = r.FormValue("change") != ""
	p.Edit = map[string]string{flow.SetCustomer: j.Customer, flow.SetItem: j.Item, flow.SetDue: p.Date(j.Due)}
	if !p.Editable() {
		p.Own = nil
		return nil
	}
	processes, err := w.processesFor(r, p.Who)
	if err != nil {
		return err
	}
	for _, s := range p.Stages {
		if s.State.Handed() == 0 {
			p.Ahead = append(p.Ahead, s.Stage)
		}
		if s.State.Good+s.State.Wasted+s.State.AtVendor == 0 && s.State.Need != flow.NotRequired && s.Counts() {
			p.Joinable = append(p.Joinable, s.Stage)
		}
	}
	for _, proc := range processes {
		if proc.Mode == flow.QuantityMode {
			p.Processes = append(p.Processes, proc)
		}
	}
	for _, now := range processes {
		if now.ID != j.Process || len(p.Ahead) == 0 {
			continue
		}
		for _, s := range slices.Concat(now.Stages, now.Retired) {
			if _, ok := j.Stage(s.Code); !ok && s.Track == j.Track {
				p.Addable = append(p.Addable, s)
			}
		}
	}
	return nil
}

// OwnFields are the job's fields with their names, those of the process first.
func (p *jobPage) OwnFields() []entry {
	var list []entry
	known := map[string]bool{"note": true}
	for _, f := range p.Process.Fields {
		if known[f.Code] = true; p.Job.Fields[f.Code] != "" {
			list = append(list, p.ownField(f))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Job.Fields)) {
		if !known[name] {
			list = append(list, entry{Field: flow.Field{Label: name}, Value: p.Job.Fields[name]})
		}
	}
	if note := p.Job.Fields["note"]; note != "" {
		list = append(list, entry{Field: flow.Field{Label: p.T("note")}, Value: note})
	}
	return list
}

// changeJob sets a job's due date, priority, customer or item.
func (w *Web) changeJob(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	if err := parse(r); err != nil {
		return err
	}
	typed := typed(r)
	j, p, err := w.jobFor(r, who, job)
	if err != nil {
		return err
	}
	set := map[string]string{flow.SetDue: "", flow.SetUrgent: ""}
	whole := who.May(flow.MayChange) && who.Scope.Holds(j)
	if whole {
		if sites, err := w.sitesFor(r, who); err != nil {
			return err
		} else if _, asked := r.PostForm["site"]; asked && len(sites) > 0 {
			if set[flow.SetSite], err = pickSite(who, sites, r.PostFormValue("site")); err != nil {
				return err
			}
		}
		set[flow.SetCustomer], set[flow.SetItem] = clean(r.PostFormValue("customer")), clean(r.PostFormValue("item"))
	}
	if text := strings.TrimSpace(r.PostFormValue("due")); text != "" {
		day, err := sheets.Date(text, w.Now())
		if err != nil {
			return &flow.Refusal{Code: flow.FieldWrong, Name: flow.SetDue, Value: text}
		}
		set[flow.SetDue] = string(flow.DateOf(day))
	}
	if r.PostFormValue("urgent") != "" {
		set[flow.SetUrgent] = "yes"
	}
	if whole && (len(typed) > 0 || r.MultipartForm != nil) {
		values, _, err := w.filled(r, who, spot{Job: job, Has: j.Fields}, p.Fields, typed)
		if err != nil {
			return err
		}
		for _, f := range p.Fields {
			set[flow.SetField+f.Code] = values[f.Code]
		}
	}
	return w.doJob(rw, r, who, job, flow.Change{Job: job, Set: set, Reason: clean(r.PostFormValue("reason"))})
}

// addStage gives a job a stage more.
func (w *Web) addStage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	processes, err := w.processesFor(r, who)
	if err != nil {
		return err
	}
	code, name := r.PostFormValue("stage"), ""
	for _, p := range processes {
		if s, ok := p.Stage(code); ok && p.ID.String() == r.PostFormValue("process") {
			name = s.Name
		}
	}
	if name == "" {
		return errNotYours
	}
	return w.doJob(rw, r, who, job, flow.AddStage{Work: flow.Work{Job: job, Stage: code}, Called: name, After: r.PostFormValue("after")})
}

// doJob gives a command about a job and shows the job again.
func (w *Web) doJob(rw http.ResponseWriter, r *http.Request, who flow.Person, job flow.ID, a flow.Action) error {
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	receipt, err := w.do(r, who, id, a)
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/jobs/"+job.String()+"?said="+strconv.FormatInt(receipt.First, 10), http.StatusSeeOther)
	return nil
}
