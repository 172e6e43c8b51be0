package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

type stageRow struct {
	Name, Link, Vendor, Phase string
	Jobs, Running, Held       int
	Oldest                    string
	Age                       int
}

// stageSum is a stage with all that is there now, counted.
type stageSum struct {
	stageRow
	Ready, Away, Stuck int
	Stations, Busy     int    // machines or places, and how many of them something runs at
	StuckLink          string // for who sees the whole of the process
}

type stageGroup struct {
	Process string
	Stages  []stageSum
	Total   postgres.StageSum
}

type stagesPage struct {
	*view
	Groups []stageGroup
}

// stages lists the stages of the reader's scope with what is there now.
func (w *Web) stages(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "stages")
	p := stagesPage{view: v}
	processes, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	if v.Boards() {
		if v.Feed, err = w.feed(r, who, "pulse", "1"); err != nil {
			return err
		}
	}
	q := v.stagesQuery(processes)
	counts, err := w.DB.Sums(r.Context(), who.Org, q)
	if err != nil {
		return err
	}
	at := 0 // in the counts, which are in the same order
	for _, proc := range processes {
		g := stageGroup{Process: proc.Name}
		for i, s := range slices.Concat(proc.Stages, proc.Retired) {
			if !who.Scope.Covers(proc.ID, s.Code) {
				continue
			}
			n := counts[at]
			at++
			if i < len(proc.Stages) || n.Jobs > 0 { // what is no longer on the route is shown while something is there
				g.add(v.stageSum(proc, s, n, vendors[s.Vendor].Name), n)
			}
		}
		if len(g.Stages) > 0 {
			p.Groups = append(p.Groups, g)
		}
	}
	return w.render(rw, http.StatusOK, "stages", p)
}

func (g *stageGroup) add(s stageSum, n postgres.StageSum) {
	g.Stages = append(g.Stages, s)
	g.Total.Jobs += n.Jobs
	g.Total.Stuck += n.Stuck
}

// stagesQuery asks for the stages of the reader's scope, in the order of the processes.
func (v *view) stagesQuery(processes []flow.Process) postgres.PulseQuery {
	q := v.pulseQuery(processes)
	q.Stages = slices.DeleteFunc(q.Stages, func(s postgres.Asked) bool { return !v.Who.Scope.Covers(s.Process, s.Stage) })
	return q
}

func (v *view) stageRow(p flow.Process, s flow.Stage, l postgres.StageLoad, vendor string) stageRow {
	row := stageRow{Name: p.Called(s), Phase: s.Phase, Vendor: vendor, Jobs: l.Jobs, Running: l.Running, Held: l.Held, Link: queueLink(p.ID, s.Code)}
	if l.Jobs > 0 {
		since := flow.At(l.Oldest)
		row.Oldest, row.Age = v.For(since), v.age(s, since)
	}
	return row
}

func (v *view) stageSum(p flow.Process, s flow.Stage, n postgres.StageSum, vendor string) stageSum {
	sum := stageSum{stageRow: v.stageRow(p, s, postgres.StageLoad{Jobs: n.Jobs, Running: n.Running, Held: n.Held, Oldest: n.Oldest}, vendor),
		Ready: n.Ready, Away: n.Away, Stuck: n.Stuck, Stations: len(s.Stations), Busy: n.Busy}
	if v.Boards() && v.Who.Scope.Whole(p.ID) {
		sum.StuckLink = "/pulse/stuck?" + url.Values{"stage": {p.ID.String() + ":" + s.Code}}.Encode()
	}
	return sum
}

func queueLink(process flow.ID, stage string) string {
	return "/stages/" + process.String() + "/" + url.PathEscape(stage)
}

type queuePage struct {
	*view
	Process  flow.Process
	Stage    flow.Stage
	Vendor   string
	Ready    []place
	Running  []place
	Held     []place
	Away     []place // at vendors
	Vendors  []postgres.Vendor
	Signals  []signal // what the next stage, and this one, have of what they may
	Expected []place  // at the stage before, so likely here next
	Before   string
	Sum      stageSum // all of it, however many pages there are
	More     string   // address of the next page
	First    bool
}

// expectedRows is how many jobs of the stage before are shown as expected.
const expectedRows = 10

// queue shows a stage: what is ready, running and on hold, the longest there first, and what is expected next.
func (w *Web) queue(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	process, err := pathID(r, "process")
	if err != nil {
		return err
	}
	ref := flow.StageRef{Process: process, Stage: r.PathValue("stage")}
	proc, stage, err := w.stageOf(r, who, ref)
	if err != nil {
		return err
	}
	v := w.view(r, who, "")
	stage.Name = proc.Called(stage)
	v.Title = stage.Name
	v.Toast = w.toast(r, v)
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	p := queuePage{view: v, Process: proc, Stage: stage, Vendor: vendors[stage.Vendor].Name, First: r.FormValue("after") == "", Vendors: vendorList(vendors)}
	at := waitingFrom(r)
	jobs, more, err := w.DB.Queue(r.Context(), who.Org, ref, narrow(who), at, pageRows)
	if err != nil {
		return err
	}
	end := endOf(jobs, ref.Stage)
	if jobs, err = w.readable(r, who, jobs); err != nil {
		return err
	}
	if err := w.nameAssigned(r, v, jobs...); err != nil {
		return err
	}
	for _, j := range jobs {
		p.sort(v.place(j, proc, ref.Stage, vendors))
	}
	if more {
		p.More = queueLink(process, ref.Stage) + "?after=" + url.QueryEscape(end.Since.Format(time.RFC3339Nano)) + "&job=" + end.Job.String()
	}
	if p.Sum, err = w.sumOf(r, v, proc, ref.Stage); err != nil {
		return err
	}
	if err := w.limits(r, &p, ref.Stage); err != nil {
		return err
	}
	if p.First {
		if err := w.expected(r, &p, ref, vendors); err != nil {
			return err
		}
	}
	if v.Feed, err = w.feed(r, who, "stages", process.String()+":"+ref.Stage); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "queue", p)
}

// sumOf counts what is at a stage.
func (w *Web) sumOf(r *http.Request, v *view, p flow.Process, code string) (stageSum, error) {
	q := v.stagesQuery([]flow.Process{p})
	q.Stages = slices.DeleteFunc(q.Stages, func(s postgres.Asked) bool { return s.Stage != code })
	head, err := w.DB.Head(r.Context(), v.Who.Org)
	if err != nil {
		return stageSum{}, err
	}
	counts, err := w.sums.get(countKey(v.Who, p, code), head, v.Now, func() ([]postgres.StageSum, int, error) {
		sums, err := w.DB.Sums(r.Context(), v.Who.Org, q)
		jobs := 0
		for _, sum := range sums {
			jobs += sum.Jobs
		}
		return sums, jobs, err
	})
	if err != nil || len(counts) == 0 {
		return stageSum{}, err
	}
	s, _ := p.Stage(code)
	return v.stageSum(p, s, counts[0], ""), nil
}

// stageOf is the stage of a reference, if it exists and is in the member's scope.
func (w *Web) stageOf(r *http.Request, who flow.Person, ref flow.StageRef) (flow.Process, flow.Stage, error) {
	processes, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return flow.Process{}, flow.Stage{}, err
	}
	i := slices.IndexFunc(processes, func(p flow.Process) bool { return p.ID == ref.Process })
	if i < 0 || !who.Scope.Covers(ref.Process, ref.Stage) {
		return flow.Process{}, flow.Stage{}, errNotYours
	}
	stage, ok := processes[i].Stage(ref.Stage)
	if !ok {
		return flow.Process{}, flow.Stage{}, errNotYours
	}
	return processes[i], stage, nil
}

// endOf is the place of the last job of a page of a queue.
func endOf(jobs []flow.Job, stage string) postgres.Waiting {
	if len(jobs) == 0 {
		return postgres.Waiting{}
	}
	last := jobs[len(jobs)-1]
	at, _ := last.Stage(stage)
	return postgres.Waiting{Since: at.Ready.Time(), Job: last.ID}
}

func waitingFrom(r *http.Request) postgres.Waiting {
	since, err := time.Parse(time.RFC3339Nano, r.FormValue("after"))
	job, err2 := flow.ParseID(r.FormValue("job"))
	if err != nil || err2 != nil {
		return postgres.Waiting{}
	}
	return postgres.Waiting{Since: since, Job: job}
}

func (p *queuePage) sort(at place) {
	switch at.State.Status() {
	case flow.Running:
		p.Running = append(p.Running, at)
	case flow.Held:
		p.Held = append(p.Held, at)
	case flow.Away:
		p.Away = append(p.Away, at)
	default:
		p.Ready = append(p.Ready, at)
	}
}

// limits adds the signals of the next stage on the route, and of this one.
func (w *Web) limits(r *http.Request, p *queuePage, code string) error {
	own := p.Process.On(p.Stage.Track)
	i := slices.IndexFunc(own, func(s flow.Stage) bool { return s.Code == code })
	if i < 0 {
		return nil
	}
	next := own[min(i+1, len(own)-1)].Code
	signals, err := w.signals(r, p.view, p.Process, next, code)
	for _, of := range []string{next, code} {
		if s, ok := signals[of]; ok {
			p.Signals = append(p.Signals, s)
			delete(signals, of)
		}
	}
	return err
}

// expected adds what is at the stage before.
func (w *Web) expected(r *http.Request, p *queuePage, ref flow.StageRef, vendors map[flow.ID]postgres.Vendor) error {
	own := p.Process.On(p.Stage.Track)
	i := slices.IndexFunc(own, func(s flow.Stage) bool { return s.Code == ref.Stage })
	if i <= 0 {
		return nil
	}
	before := own[i-1].Code
	jobs, _, err := w.DB.Queue(r.Context(), p.Who.Org, flow.StageRef{Process: ref.Process, Stage: before}, postgres.Narrow{Sites: narrow(p.Who).Sites}, postgres.Waiting{}, expectedRows)
	if err != nil {
		return err
	}
	if jobs, err = w.readable(r, p.Who, jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		at := p.place(j, p.Process, before, vendors)
		p.Before = at.Stage.Name
		p.Expected = append(p.Expected, at)
	}
	return err
}
