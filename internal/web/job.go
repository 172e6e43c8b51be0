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
	Bars      *barChart      // where its time went; nil without the history
	Sums      *sums          // that nothing of it is lost; nil where that is not the reader's or there is nothing to count
	Papers    []paper        // forms that were filled in
	Shots     int            // photos and signatures with them
	Challans  []delivery
	Changing  bool // the reader came to change it
	Files     *filesPart
	Links     *linksPart    // for customers; nil for those who give out none
	Forecast  *forecastPart // when it will be done; nil for those who are not told
	Error     string
	Undo      *undoing        // what an undo would take back as well
	Sites     []postgres.Site // where the reader can put it
	AsOf      *asOf           // the past moment that is shown or asked for; nil where none can be

	told   jobHistory
	whose  flow.Job        // the job as it is now, which says what of it is the reader's
	reads  flow.Process    // and the process it follows now, which says what of it the reader may read
	shares map[flow.ID]int // of runs that it shared, in percent, by command
	allKin bool            // the reader sees all of the family
}

// jobPage shows where a job is, what every stage received and passed on, and all that happened to it.
func (w *Web) jobPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if asksPast(r) {
		return w.pastJob(rw, r, who)
	}
	return w.showJob(rw, r, who, nil)
}

// showJob shows the job as it is now, and why an undo was refused.
func (w *Web) showJob(rw http.ResponseWriter, r *http.Request, who flow.Person, refused *flow.Refusal) error {
	p, err := w.openJob(r, who)
	if err != nil {
		return err
	}
	if err := w.fillJob(r, p); err != nil {
		return err
	}
	status := http.StatusOK
	if refused != nil {
		status = httpd.StatusOf(refused)
		if err := w.dependents(r, p, refused); err != nil {
			return err
		}
	}
	return w.render(rw, status, "job", p)
}

// openJob is the page of a job that the reader sees, with what it needs of the organisation.
func (w *Web) openJob(r *http.Request, who flow.Person) (*jobPage, error) {
	id, err := pathID(r, "job")
	if err != nil {
		return nil, err
	}
	v := w.view(r, who, "")
	if v.Feed, err = w.feed(r, who, "job", id.String()); err != nil { // before what it follows is read
		return nil, err
	}
	j, process, err := w.jobFor(r, who, id)
	if err != nil {
		return nil, err
	}
	p := &jobPage{view: v, Job: j, Process: process, Narrowed: !who.Scope.Holds(j), whose: j, reads: process, AsOf: &asOf{view: v, Job: j}}
	v.Title, v.Toast = j.Number, w.toast(r, v)
	if p.Vendors, err = w.DB.Vendors(r.Context(), who.Org); err != nil {
		return nil, err
	}
	return p, w.jobSites(r, p)
}

// fillJob adds all that the page of the job as it is now shows.
func (w *Web) fillJob(r *http.Request, p *jobPage) error {
	var err error
	if p.told, err = w.history(r, p); err != nil {
		return err
	}
	if err := cmp.Or(w.tell(r, p), w.family(r, p)); err != nil {
		return err
	}
	if p.Files, err = w.filesFor(r, p.view, p.Job, p.Process, ""); err != nil {
		return err
	}
	if p.Can("prioritise") && p.Job.Open() {
		if err := w.editing(r, p); err != nil {
			return err
		}
	}
	p.papers()
	if p.Forecast, err = w.jobForecast(r, p.view, p.Job, p.Process); err != nil {
		return err
	}
	p.Links, err = w.jobLinks(r, p.view, p.Job)
	return err
}

// tell adds what a job's page says of it and of its history, now or as it was.
func (w *Web) tell(r *http.Request, p *jobPage) error {
	p.strips()
	if err := w.timeline(r, p); err != nil {
		return err
	}
	p.ncs()
	return p.times()
}

// sees reports whether a stage of the job is the reader's. That goes by what the job is now, also where it is shown as it
// was.
func (p *jobPage) sees(stage string) bool { return !p.Narrowed || p.Who.Scope.At(p.whose, stage) }

// Customer is how far the job has come as the customer sees it, for the office.
func (p *jobPage) Customer() *milestones {
	if !p.Can("board") || p.Job.Track != "" {
		return nil
	}
	return &milestones{p.view, p.Process.Progress(p.Job)}
}
