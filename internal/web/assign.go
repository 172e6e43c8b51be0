package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// worker is somebody who can be given a job at a stage.
type worker struct {
	ID   flow.ID
	Name string
	On   bool
}

// workersAt are the people who work at a job's stage, by name: those who may report there.
func (w *Web) workersAt(r *http.Request, who flow.Person, j flow.Job, stage string) ([]worker, error) {
	members, err := w.DB.Members(r.Context(), who.Org, maxPeople)
	if err != nil {
		return nil, err
	}
	now, _ := j.Stage(stage)
	var list []worker
	for _, m := range members {
		g := m.Given
		g.Mine = false // it is about to be theirs
		if m.Left.IsZero() && m.Suspended.IsZero() && m.Role.Rights()&flow.MayReport != 0 && g.Scope(m.Role, m.ID).At(j, stage) {
			list = append(list, worker{m.ID, m.Name, m.ID == now.Assigned})
		}
	}
	return list, nil
}

// assign says who is to do a job at a stage, or that whoever works there is.
func (w *Web) assign(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	j, _, err := w.jobAt(r, who)
	if err != nil {
		return err
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	stage := r.PathValue("stage")
	a := flow.Assign{Work: flow.Work{Job: j.ID, Stage: stage}}
	if text := r.PostFormValue("to"); text != "" {
		if a.To, err = flow.ParseID(text); err != nil {
			return errNoMember
		}
		workers, err := w.workersAt(r, who, j, stage)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(workers, func(one worker) bool { return one.ID == a.To }) {
			return errNoMember
		}
	}
	receipt, err := w.do(r, who, id, a)
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/jobs/"+j.ID.String()+"/at/"+url.PathEscape(stage)+"?from="+from(r.PostFormValue("from"))+"&said="+strconv.FormatInt(receipt.Last, 10), http.StatusSeeOther)
	return nil
}

// nameAssigned learns the names of those whom some jobs are assigned to, for the page.
func (w *Web) nameAssigned(r *http.Request, v *view, jobs ...flow.Job) error {
	var ids []flow.ID
	for _, j := range jobs {
		for _, s := range j.Stages {
			if !s.Assigned.IsZero() && !slices.Contains(ids, s.Assigned) {
				ids = append(ids, s.Assigned)
			}
		}
	}
	var err error
	v.people, err = w.DB.Names(r.Context(), v.Who.Org, ids)
	return err
}

// For is whom the job is assigned to here, in words: for you, for Ravi; empty for whoever works here.
func (p place) AssignedTo() string {
	switch to := p.State.Assigned; {
	case to.IsZero():
		return ""
	case to == p.Who.Member:
		return p.T("assigned_you")
	default:
		return p.T("assigned_who", "who", cmp.Or(p.people[to], "–"))
	}
}

// IsMine reports whether the job is assigned to the reader here.
func (p place) IsMine() bool { return !p.State.Assigned.IsZero() && p.State.Assigned == p.Who.Member }

// assignedFirst puts what is assigned to the reader before all else.
func assignedFirst(a, b place) int { return -boolean(a.IsMine(), b.IsMine()) }

// ownAssigned adds to My jobs what is assigned to the reader and is too far back in a queue to be on the first page.
func (w *Web) ownAssigned(r *http.Request, p *myPage, refs []myStage, vendors map[flow.ID]postgres.Vendor) error {
	jobs, err := w.DB.AssignedTo(r.Context(), p.Who.Org, p.Who.Member, pageRows)
	if err != nil {
		return err
	}
	if jobs, err = w.readable(r, p.Who, jobs); err != nil {
		return err
	}
	chosen := r.FormValue("stage")
	for _, j := range jobs {
		for _, ref := range refs {
			s, on := j.Stage(ref.ref.Stage)
			if !on || ref.ref.Process != j.Process || s.Assigned != p.Who.Member || !s.Live() || !p.Who.Scope.At(j, s.Code) || chosen != "" && chosen != s.Code {
				continue
			}
			if !slices.ContainsFunc(p.Jobs, func(at place) bool { return at.Job.ID == j.ID && at.Stage.Code == s.Code }) {
				p.Jobs = append(p.Jobs, p.place(j, ref.process, s.Code, vendors))
			}
		}
	}
	return nil
}
