package web

import (
	"cmp"
	"net/http"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

type jobPage struct {
	*view
	Job       flow.Job
	Process   flow.Process
	Stages    []strip
	Live      []strip // where it is now
	Events    []event
	More      string
	Lost      string // wasted, in percent of the start
	Vendors   map[flow.ID]postgres.Vendor
	Rework    bool // something was sent back
	Short     bool // something was closed short
	Scaled    bool // its stages count in different units
	LastUnit  string
	Narrowed  bool              // the reader sees only some of the stages
	Family    []relative        // its components and lots
	Parent    *flow.JobRef      // of a component or a lot
	Own       []entry           // the process's own fields
	Edit      map[string]string // what can be changed, as it is
	Addable   []flow.Stage      // stages that the job's route does not have
	Ahead     []flow.Stage      // stages that nothing has passed yet: a stage can be added after them
	Joinable  []flow.Stage      // stages that a component can still join at
	Processes []flow.Process    // that a component can follow
	NCs       []ncRow
	Times     []stageTime    // how long it was where
	Holds     bool           // it was on hold somewhere
	Vendored  bool           // or at a vendor
	Lead      measure.Length // since it was created, until it was completed
	Changing  bool           // the reader came to change it
	Links     *linksPart     // for customers; nil for those who give out none
	Error     string
	Undo      *undoing        // what an undo would take back as well
	Sites     []postgres.Site // where the reader can put it
}

// jobPage shows where a job is, what every stage received and passed on, and all that happened to it.
func (w *Web) jobPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showJob(rw, r, who, nil)
}

// showJob shows the job, and why it is as it was when an undo was refused.
func (w *Web) showJob(rw http.ResponseWriter, r *http.Request, who flow.Person, refused *flow.Refusal) error {
	id, err := pathID(r, "job")
	if err != nil {
		return err
	}
	v := w.view(r, who, "")
	feed, err := w.feed(r, who, "job", id.String())
	if err != nil {
		return err
	}
	j, process, err := w.jobFor(r, who, id)
	if err != nil {
		return err
	}
	p := jobPage{view: v, Job: j, Process: process, Narrowed: !who.Scope.Holds(j)}
	v.Title, v.Toast = j.Number, w.toast(r, v)
	v.Feed = feed
	if p.Vendors, err = w.DB.Vendors(r.Context(), who.Org); err != nil {
		return err
	}
	if err := cmp.Or(w.jobSites(r, &p), w.nameAssigned(r, v, j)); err != nil {
		return err
	}
	p.strips()
	if err := w.family(r, &p); err != nil {
		return err
	}
	if err := w.ncs(r, &p); err != nil {
		return err
	}
	if who.May(flow.MayPrioritise) && j.Open() {
		if err := w.editing(r, &p); err != nil {
			return err
		}
	}
	if err := w.timeline(r, &p); err != nil {
		return err
	}
	if p.Links, err = w.jobLinks(r, v, j); err != nil {
		return err
	}
	status := http.StatusOK
	if refused != nil {
		status = httpd.StatusOf(refused)
		if err := w.dependents(r, &p, refused); err != nil {
			return err
		}
	}
	return w.render(rw, status, "job", &p)
}

// Customer is how far the job has come as the customer sees it, for the office.
func (p *jobPage) Customer() *milestones {
	if !p.Can("board") || p.Job.Track != "" {
		return nil
	}
	return &milestones{p.view, p.Process.Progress(p.Job)}
}
