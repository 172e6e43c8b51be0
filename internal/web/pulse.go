package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// pulseNumber is one number of the Pulse, with the way to the jobs behind it.
type pulseNumber struct {
	Key, Glyph, State string // State: the colour when it is not zero
	N                 int
}

// Link is the list of its jobs.
func (n pulseNumber) Link() string { return "/pulse/" + n.Key }

// loadBar is how much is at a stage, beside the others.
type loadBar struct {
	stageSum
	Width, StuckWidth int // of 100
}

type loadGroup struct {
	Process string
	jobs    int
	Bars    []loadBar
}

type pulsePage struct {
	*view
	Numbers   []pulseNumber
	Worst     []concern
	Loads     []loadGroup
	Jobs      int // at stages
	First     *postgres.FirstSteps
	Awaiting  []awaited
	Reminders []challan
	Unshown   int
}

// Nothing reports whether there is no job at all to speak of.
func (p pulsePage) Nothing() bool {
	return p.Jobs == 0 && !slices.ContainsFunc(p.Numbers, func(n pulseNumber) bool { return n.N > 0 })
}

const (
	worstJobs  = 5
	worstAmong = 20 // of those that are late the longest, and of those stuck
)

// pulse is the first page of those who lead: what is late, due, stuck and gone, and where it piles up.
func (w *Web) pulse(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "pulse")
	v.Toast = w.toast(r, v)
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	processes := wholeProcesses(who, all)
	if len(processes) == 0 && len(all) > 0 {
		return errNotYours
	}
	head, err := w.DB.Head(r.Context(), who.Org)
	if err != nil {
		return err
	}
	v.Feed = "/live?after=" + strconv.FormatInt(head, 10) + "&pulse=1&mine=1"
	p := pulsePage{view: v}
	if p.Awaiting, err = w.awaiting(r, v, all); err != nil {
		return err
	}
	if p.Reminders, p.Unshown, err = w.reminders(r, v); err != nil {
		return err
	}
	if p.First, err = w.firstSteps(r, who); err != nil {
		return err
	}
	q := v.pulseQuery(processes)
	beat, err := w.beats.get(r.Context(), beatKey{who.Org, scopeKey(q, processes)}, head, q, w.readBeat)
	if err != nil {
		return err
	}
	p.fill(beat.Pulse, q, processes)
	if p.Worst, err = w.worst(r, v, processes, beat); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "pulse", p)
}

// watch is the reader's moment, for the alarms of stages.
func (v *view) watch() flow.Watch { return flow.NewWatch(v.Now, v.Zone, v.Who.Hours) }

// pulseQuery asks for all stages of some processes, within what the reader's lists are held to.
func (v *view) pulseQuery(processes []flow.Process) postgres.PulseQuery {
	watch := v.watch()
	y, m, d := v.Now.In(v.Zone).Date()
	q := postgres.PulseQuery{Today: watch.Today(), At: v.Now, From: time.Date(y, m, d, 0, 0, 0, 0, v.Zone), Narrow: narrow(v.Who)}
	for _, p := range processes {
		q.Processes = append(q.Processes, p.ID)
		for _, s := range slices.Concat(p.Stages, p.Retired) {
			q.Stages = append(q.Stages, v.asked(watch, p, s))
		}
	}
	return q
}

func (v *view) asked(watch flow.Watch, p flow.Process, s flow.Stage) postgres.Asked {
	return postgres.Asked{StageRef: flow.StageRef{Process: p.ID, Stage: s.Code}, Cuts: watch.Cuts(p, s.Code), Limit: s.Allowance}
}

func (p *pulsePage) fill(beat postgres.Pulse, q postgres.PulseQuery, processes []flow.Process) {
	p.Numbers = []pulseNumber{
		{"late", "▲", "late", beat.Late}, {"today", "◔", "soon", beat.Today}, {"stuck", "■", "stuck", beat.Stuck()},
		{"wastage", "✕", "stuck", beat.Wasteful}, {"vendors", "⇄", "stuck", beat.Overdue}, {"dispatched", "✓", "done", beat.Left},
	}
	most := 1
	for _, s := range beat.Stages {
		most = max(most, s.Jobs)
		p.Jobs += s.Jobs
	}
	at := 0
	for _, proc := range processes {
		g := loadGroup{Process: proc.Name}
		for _, s := range slices.Concat(proc.Stages, proc.Retired) {
			if n := beat.Stages[at]; n.Jobs > 0 {
				g.jobs += n.Jobs
				stuck := share100(min(n.Stuck, n.Jobs), most)
				g.Bars = append(g.Bars, loadBar{p.stageSum(proc, s, n, ""), max(share100(n.Jobs, most), 2), stuck})
			}
			at++
		}
		if len(g.Bars) > 0 {
			p.Loads = append(p.Loads, g)
		}
	}
	slices.SortStableFunc(p.Loads, func(a, b loadGroup) int { return b.jobs - a.jobs })
}

func share100(n, most int) int { return n * 100 / most }

// concern is a job that somebody should look at, with why.
type concern struct {
	*view
	Job   flow.Job
	Link  string
	Stuck []stuckMark
	Where []string // the stages where it is, when it is not stuck there

	Wasted []string // stages that wasted beyond their limit
	Left   string   // when it left
}

// stuckMark is that something is stuck: where, by what, and for how long.
type stuckMark struct {
	By    flow.StuckBy
	Stage string
	Says  string
}

// stuckAt says whether a job at a stage is stuck, as pages say it; nil when it is not.
func (v *view) stuckAt(p flow.Process, j *flow.Job, code string) *stuckMark {
	got, is := v.watch().Stuck(p, j, code)
	if !is {
		return nil
	}
	s, ok := p.Stage(code)
	if !ok {
		s = flow.Stage{Name: code}
	}
	return &stuckMark{By: got.By, Stage: p.Called(s), Says: v.T("stuck_"+string(got.By), "for", v.For(got.Since))}
}

// Stuck says whether what is here is stuck.
func (p place) Stuck() *stuckMark { return p.stuckAt(p.Process, &p.Job, p.Stage.Code) }

// concernOf is a job with all that is to be said of where it is now. p is its process as it is now.
func (v *view) concernOf(p flow.Process, j flow.Job) concern {
	c := concern{view: v, Job: j, Link: "/jobs/" + j.ID.String()}
	for i := range j.Stages {
		st := &j.Stages[i]
		if !st.Live() {
			continue
		}
		if mark := v.stuckAt(p, &j, st.Code); mark != nil {
			c.Stuck = append(c.Stuck, *mark)
			continue
		}
		s, ok := p.Stage(st.Code)
		if !ok {
			s.Name = cmp.Or(st.Name, st.Code)
		}
		c.Where = append(c.Where, p.Called(s)+" · "+v.For(st.Ready))
	}
	return c
}

// worst are the few jobs that need somebody the most: what is late and stuck before what is one of them, then the longest late.
func (w *Web) worst(r *http.Request, v *view, processes []flow.Process, beat pulseBeat) ([]concern, error) {
	seen := map[flow.ID]bool{}
	var jobs []flow.Job
	for _, j := range beat.Late {
		seen[j.ID] = true
		jobs = append(jobs, j)
	}
	for _, at := range beat.Stuck {
		if !seen[at.Job.ID] {
			seen[at.Job.ID] = true
			jobs = append(jobs, at.Job)
		}
	}
	jobs, err := w.readable(r, v.Who, jobs)
	if err != nil {
		return nil, err
	}
	list := make([]concern, len(jobs))
	for i, j := range jobs {
		list[i] = v.concernOf(choose(processes, j.Process.String()), j)
	}
	today := v.watch().Today()
	weight := func(c concern) int {
		n := 0
		if c.Job.Due != "" && c.Job.Due < today {
			n += 2
		}
		if len(c.Stuck) > 0 {
			n++
		}
		if c.Job.Urgent && n > 0 {
			n += 2
		}
		return n
	}
	due := func(c concern) flow.Date { return postgres.PlaceOf(c.Job).Due }
	slices.SortStableFunc(list, func(a, b concern) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(due(a), due(b)))
	})
	return list[:min(len(list), worstJobs)], nil
}
