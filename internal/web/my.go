package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// place is a job at a stage, as a card or a row of a list shows it.
type place struct {
	*view
	Job     flow.Job
	Process flow.Process
	Stage   flow.Stage
	State   flow.StageState
	Age     int
	Vendor  string
	names   map[flow.ID]postgres.Vendor
}

// Unit is what is counted at the stage.
func (p place) Unit() string {
	if unit := p.Process.UnitAt(p.Stage.Code); unit != p.Process.Unit {
		return unit
	}
	return p.Job.Unit
}

// Entries are the fields of the stage's form: those asked at the start, or all.
func (p place) Entries(where string, typed map[string]string) []entry {
	fields := p.Stage.Fields
	if where == "start" {
		fields = slices.DeleteFunc(slices.Clone(fields), func(f flow.Field) bool { return !f.OnStart })
	}
	list := p.entries(fields, where, typed, p.State.Values)
	for i := range list {
		list[i].Job, list[i].Stage = p.Job.ID, p.Stage.Code
	}
	if where == "report" { // a report of waste alone asks for nothing, so the rules ask, not the browser
		for i := range list {
			list[i].Required = false
		}
	}
	return list
}

// Opens is when something may go on from a stage with a minimum time, 0 when it may already.
func (p place) Opens() flow.Moment {
	opens := p.State.Opens(0, p.Stage.Dwell)
	if p.Stage.Dwell == 0 || !p.State.Live() || p.Now.After(opens.Time()) {
		return 0
	}
	return opens
}

// Lost is the wastage of the stage in percent of what came, beside the standard when there is one.
func (p place) Lost() string {
	came := p.State.Received + p.State.Found
	if p.State.Wasted == 0 || came == 0 {
		return ""
	}
	if p.Stage.Allowance == 0 {
		return share(p.State.Wasted, came) + "%"
	}
	return p.T("against_standard", "share", share(p.State.Wasted, came), "standard", p.Stage.Allowance.String())
}

// Beyond reports whether more was wasted than the standard allows.
func (p place) Beyond() bool {
	return p.Stage.Beyond(&p.State)
}

// Becomes is what one unit here is at the next stage: "1 sheets = 8 cartons", empty where it stays one.
func (p place) Becomes() string {
	if p.State.Yields.IsZero() {
		return ""
	}
	return p.T("becomes", "unit", p.Unit(), "n", p.State.Yields.String(), "next", p.Process.UnitAt(p.Job.Next(p.Stage.Code)))
}

// Choosable reports whether it can still be said if an optional stage is done.
func (p place) Choosable() bool {
	return p.Stage.Optional && p.State.Held == 0 && p.State.AtVendor == 0
}

// Missing are the names of the components that the stage still waits for.
func (p place) Missing() string {
	var names []string
	for _, part := range p.Job.Missing(p.Stage.Code) {
		names = append(names, p.Process.PartName(part))
	}
	return strings.Join(names, ", ")
}

// Makes is how many the components that are in make here, empty when the stage joins none.
func (p place) Makes() string {
	q, _, joins := p.Job.Joinable(p.Stage.Code)
	if !joins {
		return ""
	}
	return p.Qty(q)
}

// Splittable reports whether a lot can be split off here.
func (p place) Splittable() bool {
	return p.Counts() && p.State.OnHand > 0 && p.State.Held == 0 && p.Job.Splittable(p.Stage.Code)
}

// Here is what of the job is at the stage, at vendors too.
func (p place) Here() flow.Quantity { return p.State.OnHand + p.State.AtVendor }

// Link is the address of the stage card.
func (p place) Link() string {
	return "/jobs/" + p.Job.ID.String() + "/at/" + url.PathEscape(p.Stage.Code)
}

// Since is when the present state began.
func (p place) Since() flow.Moment { return cmp.Or(p.State.Held, p.State.Started, p.State.Ready) }

// Counts reports whether quantities mean something here.
func (p place) Counts() bool { return p.Job.Mode == flow.QuantityMode }

// Next is the stage that gets what is done here, empty at the end.
func (p place) Next() string {
	next, ok := p.Process.Stage(p.Job.Next(p.Stage.Code))
	if !ok {
		return ""
	}
	return next.Name
}

func (v *view) place(j flow.Job, p flow.Process, code string, vendors map[flow.ID]postgres.Vendor) place {
	stage, ok := p.Stage(code)
	state, _ := j.Stage(code)
	if !ok {
		stage = flow.Stage{Code: code, Name: cmp.Or(state.Name, code)}
	}
	stage.Name = p.Called(stage)
	return place{view: v, Job: j, Process: p, Stage: stage, State: state,
		Age: v.age(stage, state.Ready), Vendor: vendorAt(stage, state, vendors, v), names: vendors}
}

// vendorAt names the vendor who has something of a job at a stage, else the one who usually does it.
func vendorAt(stage flow.Stage, state flow.StageState, vendors map[flow.ID]postgres.Vendor, v *view) string {
	if len(state.Out) > 0 {
		return vendors[state.Out[0].Vendor].Name
	}
	if name := vendors[stage.Vendor].Name; name != "" || !stage.Outside {
		return name
	}
	return v.T("vendor")
}

type stageChip struct {
	Name, Link string
	Count      int
	Chosen     bool
}

type myPage struct {
	*view
	Chips  []stageChip
	Jobs   []place
	More   bool
	Picked bool // one stage was chosen

	Awaiting []awaited // holds that wait for the reader
}

// pageRows is how many rows a phone's list shows before "more".
const pageRows = 60

// maxMyStages bounds the stages of one page.
const maxMyStages = 60

func (w *Web) myJobs(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "my_jobs")
	v.Toast = w.toast(r, v)
	p := myPage{view: v, Picked: r.FormValue("stage") != ""}
	processes, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	if p.Awaiting, err = w.awaiting(r, v, processes); err != nil {
		return err
	}
	chosen := r.FormValue("stage")
	refs := w.myStages(who, processes)
	var feeds []string
	var asked []flow.StageRef
	for _, ref := range refs {
		feeds = append(feeds, ref.ref.Process.String()+":"+ref.ref.Stage)
		if chosen == "" || chosen == ref.ref.Stage {
			asked = append(asked, ref.ref)
		}
	}
	queues, err := w.DB.Queues(r.Context(), who.Org, asked, narrow(who), pageRows+1)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		chip := stageChip{Name: ref.stage.Name, Link: "/my?stage=" + url.QueryEscape(ref.ref.Stage)}
		at := slices.Index(asked, ref.ref)
		if at < 0 {
			p.Chips = append(p.Chips, chip)
			continue
		}
		jobs := queues[at]
		if len(jobs) > pageRows {
			jobs, p.More = jobs[:pageRows], true
		}
		chip.Count, chip.Chosen = len(jobs), chosen != ""
		p.Chips = append(p.Chips, chip)
		if jobs, err = w.readable(r, who, jobs); err != nil {
			return err
		}
		for _, j := range jobs {
			p.Jobs = append(p.Jobs, v.place(j, ref.process, ref.ref.Stage, vendors))
		}
	}
	if err := w.ownAssigned(r, &p, refs, vendors); err != nil {
		return err
	}
	slices.SortStableFunc(p.Jobs, byUrgency)
	slices.SortStableFunc(p.Jobs, assignedFirst)
	if len(p.Jobs) > pageRows {
		p.Jobs, p.More = p.Jobs[:pageRows], true
	}
	shown := make([]flow.Job, len(p.Jobs))
	for i, at := range p.Jobs {
		shown[i] = at.Job
	}
	if err := w.nameAssigned(r, v, shown...); err != nil {
		return err
	}
	v.Feed, err = w.feed(r, who, "stages", strings.Join(feeds, ","))
	if err != nil {
		return err
	}
	v.Feed += "&mine=1"
	return w.render(rw, http.StatusOK, "my", p)
}

// byUrgency puts what runs first, then what waits, the longest there first, and what is on hold last.
func byUrgency(a, b place) int {
	return cmp.Or(cmp.Compare(order(a.State.Status()), order(b.State.Status())), -boolean(a.Job.Urgent, b.Job.Urgent), cmp.Compare(a.State.Ready, b.State.Ready))
}

func order(s flow.Status) int {
	return slices.Index([]flow.Status{flow.Running, flow.Ready, flow.Away, flow.Held}, s)
}

func boolean(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

type myStage struct {
	ref     flow.StageRef
	process flow.Process
	stage   flow.Stage
}

// myStages are the stages of a member's scope in route order; of everything, the first of each process.
func (w *Web) myStages(who flow.Person, processes []flow.Process) []myStage {
	var mine []myStage
	for _, p := range processes {
		for _, s := range slices.Concat(p.Stages, p.Retired) {
			if who.Scope.Covers(p.ID, s.Code) && len(mine) < maxMyStages {
				s.Name = p.Called(s)
				mine = append(mine, myStage{flow.StageRef{Process: p.ID, Stage: s.Code}, p, s})
			}
		}
	}
	return mine
}

// toast says what was just done, with the way to take it back.
type toast struct {
	Says    string
	Job     string
	Command string // to undo; empty when that is not possible
	From    string
}

// toast reads what the movement named by ?said= was, if it is the reader's own and recent.
func (w *Web) toast(r *http.Request, v *view) *toast {
	seq, err := strconv.ParseInt(r.FormValue("said"), 10, 64)
	if err != nil || seq <= 0 {
		return nil
	}
	m, err := w.DB.Movement(r.Context(), v.Who.Org, seq)
	if err == nil && m.Kind == flow.KindArrived { // what the parent learns; the person reported at the component
		m, err = w.DB.Movement(r.Context(), v.Who.Org, seq-1)
	}
	if err != nil || m.Member != v.Who.Member || v.Now.Sub(m.Recorded.Time()) > flow.UndoMinutes*time.Minute {
		return nil
	}
	j, err := w.DB.Job(r.Context(), v.Who.Org, m.Job)
	if err != nil {
		return nil
	}
	p, err := w.DB.Edition(r.Context(), v.Who.Org, flow.Edition{Process: j.Process, Version: j.Version})
	if err != nil {
		return nil
	}
	t := &toast{Says: v.did(j, p, m.Movement), Job: j.ID.String(), From: r.URL.Path}
	if m.Kind != flow.KindUndone && m.Kind != flow.KindCreated && !j.Crossed(m.Movement) {
		t.Command = m.Command.String()
	}
	return t
}

// did says in a few words what a movement did: "JC-00042: 376 passed on to QC".
func (v *view) did(j flow.Job, p flow.Process, m flow.Movement) string {
	stage, ok := p.Stage(m.Stage)
	if !ok {
		stage.Name = m.Stage
	}
	to := v.T("finished_place")
	if next, ok := p.Stage(j.Next(m.Stage)); ok {
		to = next.Name
	}
	key := "did_" + string(m.Kind)
	switch {
	case m.Kind == flow.KindReported && j.Mode == flow.UnitMode:
		key = "did_unit_done"
	case m.Kind == flow.KindReported && m.Facts.Scrap() > 0:
		key = "did_reported_wasted"
	}
	says := v.T(key, "job", j.Number, "stage", stage.Name, "to", to, "good", v.Qty(m.Facts.Good), "wasted", v.Qty(m.Facts.Scrap()),
		"unit", j.Unit, "qty", v.Qty(m.Facts.Quantity), "other", m.Facts.Number, "challan", m.Facts.Challan, "reason", v.Reason(p.HoldReasons, m.Facts.Reason), "version", m.Facts.Version)
	if f := m.Facts.File; f != nil {
		says = v.T(key, "job", j.Number, "title", cmp.Or(f.Title, f.Called), "mark", cmp.Or(f.Revision.Mark, f.Live))
	}
	for _, b := range m.Facts.Back {
		stage, _ := p.Stage(b.To)
		says += ", " + v.T("did_back", "back", v.Qty(b.Quantity), "to", stage.Name)
	}
	if m.Facts.Short > 0 {
		says += ", " + v.T("did_short", "short", v.Qty(m.Facts.Short))
	}
	return says
}
