package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// ncRow is a non-conformance as pages show it.
type ncRow struct {
	*view
	flow.NonConformance
	Job     flow.Job
	Stage   string
	ByName  string
	CanEdit bool // the reader may say what becomes of it
}

// Age says for how long it is open, or was.
func (n ncRow) Age() string {
	if n.Closed != 0 {
		return n.span(n.Closed.Sub(n.Raised))
	}
	return n.For(n.Raised)
}

// Overdue reports whether its action is late.
func (n ncRow) Overdue() bool {
	return n.Closed == 0 && n.NonConformance.Due != "" && n.NonConformance.Due < flow.DateOf(n.Now.In(n.Zone))
}

// DueDay is until when the action is to be done.
func (n ncRow) DueDay() string { return n.Date(n.NonConformance.Due) }

// Amount is how much it is about, with its unit.
func (n ncRow) Amount() string {
	if n.Quantity == 0 {
		return ""
	}
	return n.Qty(n.Quantity) + " " + n.Job.Unit
}

// Dispositions are what can become of it.
func (ncRow) Dispositions() []flow.Disposition { return flow.Dispositions }

// ncs adds the job's non-conformances at the stages that the reader sees, the newest first.
func (p *jobPage) ncs() {
	for _, n := range slices.Backward(p.Job.NCs) {
		if p.sees(n.Stage) {
			at := p.place(p.Job, p.Process, n.Stage, nil)
			p.NCs = append(p.NCs, ncRow{p.view, n, p.Job, at.Stage.Name, p.people[n.By], n.Closed == 0 && p.Past == 0})
		}
	}
}

// OpenNCs reports whether a non-conformance waits for something.
func (p *jobPage) OpenNCs() bool {
	return slices.ContainsFunc(p.NCs, func(n ncRow) bool { return n.Closed == 0 })
}

// raiseNC raises a non-conformance at a stage of a job.
func (w *Web) raiseNC(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	q, err := quantity(r.PostFormValue("quantity"))
	if err != nil {
		return err
	}
	a := flow.RaiseNC{Work: flow.Work{Job: job, Stage: r.PathValue("stage")}, NC: jobIDFor(id), What: clean(r.PostFormValue("what")), Quantity: q}
	a.Cause, _ = flow.ParseID(r.PostFormValue("cause")) // none: somebody saw it
	return w.doJob(rw, r, who, job, a)
}

// settleNC says what becomes of a non-conformance, or closes it.
func (w *Web) settleNC(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	nc, err := pathID(r, "nc")
	if err != nil {
		return err
	}
	a := flow.SettleNC{Job: job, NC: nc, Decided: flow.Disposition(r.PostFormValue("disposition")), Root: clean(r.PostFormValue("root")),
		Action: clean(r.PostFormValue("action")), Owner: clean(r.PostFormValue("owner"))}
	if r.PostFormValue("do") == "close" {
		if a.Verdict = clean(r.PostFormValue("verdict")); a.Verdict == "" {
			return &flow.Refusal{Code: flow.NCVerdict}
		}
	}
	if text := strings.TrimSpace(r.PostFormValue("due")); text != "" {
		day, err := sheets.Date(text, w.Now())
		if err != nil {
			return &flow.Refusal{Code: flow.FieldWrong, Name: "due", Value: text}
		}
		a.Due = flow.DateOf(day)
	}
	return w.doJob(rw, r, who, job, a)
}

type qualityPage struct {
	*view
	Closed bool
	NCs    []ncRow
	More   string
}

// quality lists the organisation's non-conformances.
func (w *Web) quality(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := qualityPage{view: w.view(r, who, "quality"), Closed: r.FormValue("closed") != ""}
	q := postgres.NCQuery{Closed: p.Closed, Limit: pageRows + 1}
	if at, err := strconv.ParseInt(r.FormValue("before"), 10, 64); err == nil {
		q.Before = flow.Moment(at)
		q.ID, _ = flow.ParseID(r.FormValue("id")) // unreadable: from the moment on
	}
	found, err := w.DB.NCs(r.Context(), who.Org, q)
	if err != nil {
		return err
	}
	if len(found) > pageRows {
		found = found[:pageRows]
		last := found[pageRows-1]
		p.More = "/quality?before=" + strconv.FormatInt(int64(last.Raised), 10) + "&id=" + last.ID.String()
		if p.Closed {
			p.More += "&closed=1"
		}
	}
	var ids []flow.ID
	for _, n := range found {
		ids = append(ids, n.By)
	}
	names, err := w.DB.Names(r.Context(), who.Org, ids)
	if err != nil {
		return err
	}
	for _, n := range found {
		if !who.Scope.At(n.Job, n.Stage) {
			continue
		}
		proc, err := w.DB.Edition(r.Context(), who.Org, flow.Edition{Process: n.Job.Process, Version: n.Job.Version})
		if err != nil {
			return err
		}
		at := p.place(n.Job, proc, n.Stage, nil)
		p.NCs = append(p.NCs, ncRow{p.view, n.NonConformance, n.Job, at.Stage.Name, names[n.By], false})
	}
	return w.render(rw, http.StatusOK, "quality", p)
}

// lotLine is a lot of material of a job, with the way to its trace.
type lotLine struct {
	Stage, Lot, Material, Supplier, Qty string
	Back                                string // address of the trace to what is behind it
	Ahead                               string // address of the trace to what it went into
}

// Lots are the lots that went into the job and came out of it, at the stages that the reader sees.
func (p *jobPage) Lots() (lines []lotLine) {
	for _, s := range p.Stages {
		for _, u := range s.State.Used {
			l := lotLine{Stage: s.Stage.Name, Lot: u.Lot, Material: u.Material, Supplier: u.Supplier, Ahead: traceLink(u.Lot, false)}
			if u.Quantity > 0 {
				l.Qty = strings.TrimSpace(p.Qty(u.Quantity) + " " + u.Unit)
			}
			lines = append(lines, l)
		}
		for _, m := range s.State.Made {
			lines = append(lines, lotLine{Stage: s.Stage.Name, Lot: m.Lot, Qty: p.Qty(m.Quantity) + " " + s.Unit(), Back: traceLink(m.Lot, true)})
		}
	}
	return lines
}

func traceLink(of string, back bool) string {
	way := "ahead"
	if back {
		way = "back"
	}
	return "/trace?way=" + way + "&q=" + url.QueryEscape(of)
}

type tracePage struct {
	*view
	Query string
	Back  bool
	None  bool // nothing has that number
	More  bool
	Jobs  []tracedJob
}

// tracedJob is a job of a trace with what was done to it: by whom, where, with what, and what was measured.
type tracedJob struct {
	*view
	Job    flow.Job
	Depth  int
	Ties   []string
	Stages []tracedStage
	Ends   string // what of it was dispatched
}

type tracedStage struct {
	Name string
	In   []flow.Used
	Out  []flow.Made
	Runs []tracedRun
}

type tracedRun struct {
	When, Who, Station, What string
	Values                   []string
}

// trace shows in one page what is behind a lot or a job, or what it went into.
func (w *Web) trace(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := tracePage{view: w.view(r, who, "trace"), Query: clean(r.FormValue("q")), Back: r.FormValue("way") != "ahead"}
	if p.Query == "" {
		return w.render(rw, http.StatusOK, "trace", p)
	}
	tr, err := w.traced(r, who, p.Query, p.Back)
	if err != nil {
		return err
	}
	tr.Jobs = slices.DeleteFunc(tr.Jobs, func(t postgres.Traced) bool { return !who.Scope.Holds(t.Job) })
	p.None, p.More = len(tr.Jobs) == 0, tr.More
	names, err := w.namesIn(r, who, tr)
	if err != nil {
		return err
	}
	numbers := map[flow.ID]string{}
	for _, t := range tr.Jobs {
		numbers[t.Job.ID] = t.Job.Number
	}
	for _, t := range tr.Jobs {
		proc, err := w.DB.Edition(r.Context(), who.Org, flow.Edition{Process: t.Job.Process, Version: t.Job.Version})
		if err != nil {
			return err
		}
		t.Job = proc.Show(who.Role, t.Job)
		for i, m := range t.Moves {
			t.Moves[i] = proc.ShowMove(who.Role, m)
		}
		p.Jobs = append(p.Jobs, p.tracedJob(t, proc.As(who.Role), names, numbers))
	}
	return w.render(rw, http.StatusOK, "trace", p)
}

// traced is the trace of a lot, else of the job of that number.
func (w *Web) traced(r *http.Request, who flow.Person, query string, back bool) (postgres.Trace, error) {
	tr, err := w.DB.Trace(r.Context(), who.Org, postgres.TraceQuery{Lot: query, Back: back})
	if err != nil || len(tr.Jobs) > 0 {
		return tr, err
	}
	jobs, err := w.DB.JobsByNumber(r.Context(), who.Org, []string{query})
	if err != nil || len(jobs) == 0 {
		return tr, err
	}
	return w.DB.Trace(r.Context(), who.Org, postgres.TraceQuery{Job: jobs[0].ID, Back: back})
}

func (w *Web) namesIn(r *http.Request, who flow.Person, tr postgres.Trace) (map[flow.ID]string, error) {
	var ids []flow.ID
	for _, t := range tr.Jobs {
		for _, m := range t.Moves {
			if !slices.Contains(ids, m.Member) {
				ids = append(ids, m.Member)
			}
		}
	}
	return w.DB.Names(r.Context(), who.Org, ids)
}

func (p tracePage) tracedJob(t postgres.Traced, proc flow.Process, names, numbers map[flow.ID]string) tracedJob {
	out := tracedJob{view: p.view, Job: t.Job, Depth: min(t.Depth, 6)}
	if q := t.Job.Dispatched(); q > 0 {
		last := t.Job.Stages[len(t.Job.Stages)-1].Code
		said := "trace_dispatched"
		if !t.Job.Parent.IsZero() {
			said = "trace_handed"
		}
		out.Ends = p.T(said, "n", p.Qty(q), "unit", cmp.Or(proc.UnitAt(last), t.Job.Unit))
	}
	for _, tie := range t.Ties {
		if tie.Why == flow.TieLot {
			continue
		}
		at := p.place(t.Job, proc, tie.At, nil)
		name := at.Stage.Name
		if tie.At == "" {
			name = ""
		}
		out.Ties = append(out.Ties, p.T("tie_"+string(tie.Why)+p.direction(), "job", cmp.Or(numbers[tie.Job], "…"), "stage", name))
	}
	for _, s := range t.Job.Stages {
		stage := tracedStage{Name: p.place(t.Job, proc, s.Code, nil).Stage.Name, In: s.Used, Out: s.Made}
		for _, m := range t.Moves {
			if m.Stage == s.Code && m.Kind != flow.KindAttempted && m.Kind != flow.KindStarted && m.Kind != flow.KindCreated {
				stage.Runs = append(stage.Runs, p.run(t.Job, proc, m, names))
			}
		}
		if len(stage.Runs)+len(stage.In)+len(stage.Out) > 0 {
			out.Stages = append(out.Stages, stage)
		}
	}
	return out
}

func (p tracePage) direction() string {
	if p.Back {
		return "_back"
	}
	return "_ahead"
}

// run is a movement of a trace in words.
func (p tracePage) run(j flow.Job, proc flow.Process, m flow.Movement, names map[flow.ID]string) tracedRun {
	page := jobPage{view: p.view, Job: j, Process: proc}
	e := page.event(m, names[m.Member])
	run := tracedRun{When: p.When(m.Occurred), Who: e.Name, Station: e.Station, What: e.Words, Values: e.Details}
	for _, waste := range e.Wasted {
		run.What += " · " + waste.Qty + " " + waste.Reason
	}
	for _, back := range e.Back {
		run.What += " · ↻ " + back
	}
	return run
}

// addComponent gives a job a component by hand.
func (w *Web) addComponent(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	processes, err := w.processesFor(r, who)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(processes, func(p flow.Process) bool { return p.ID.String() == r.PostFormValue("process") })
	if i < 0 {
		return errNotYours
	}
	a := flow.AddComponent{Job: job, Joins: r.PostFormValue("joins"), Called: clean(r.PostFormValue("called")), Process: processes[i].ID, Version: processes[i].Version,
		Child: flow.NewJob{ID: jobIDFor(id)}}
	if a.Per, err = quantity(cmp.Or(strings.TrimSpace(r.PostFormValue("per")), "1")); err != nil {
		return err
	}
	if a.Child.Quantity, err = quantity(r.PostFormValue("quantity")); err != nil {
		return err
	}
	return w.doJob(rw, r, who, job, a)
}

// together starts or finishes several jobs of a stage at once.
func (w *Web) together(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	process, err := pathID(r, "process")
	if err != nil {
		return err
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	ref := flow.StageRef{Process: process, Stage: r.PathValue("stage")}
	if _, _, err := w.stageOf(r, who, ref); err != nil {
		return err
	}
	var works []flow.Work
	for _, text := range r.PostForm["job"] {
		job, err := flow.ParseID(text)
		if err != nil {
			return &flow.Refusal{Code: flow.BadCommand}
		}
		works = append(works, flow.Work{Job: job, Stage: ref.Stage})
	}
	var a flow.Action = flow.StartTogether{Works: works, Batch: id}
	if r.PostFormValue("do") == "done" {
		a = flow.FinishTogether{Works: works}
	}
	receipt, err := w.do(r, who, id, a)
	if err != nil {
		return err
	}
	http.Redirect(rw, r, queueLink(process, ref.Stage)+"?said="+strconv.FormatInt(receipt.Last, 10), http.StatusSeeOther)
	return nil
}
