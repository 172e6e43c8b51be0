package measure

import (
	"cmp"
	"slices"

	"clicarity/internal/flow"
)

// Both is a distribution of lengths of time in hours, by the clock and by the calendar.
type Both struct {
	Elapsed Spread `json:"elapsed_hours"`
	Working Spread `json:"working_hours"`
}

// StageTime is how long jobs were at a stage, over the stays that have ended.
type StageTime struct {
	Name  string `json:"name"`
	TAT   Both   `json:"tat"`
	Queue Both   `json:"queue"`
	Run   Both   `json:"run"`
	Own   Both   `json:"own_run"` // of runs that several jobs share, each job's part
	Hold  Both   `json:"hold"`
	Away  Both   `json:"at_vendor"`
}

// TimeKPI is how long jobs take, as a whole and at every stage.
type TimeKPI struct {
	Lead   Both        `json:"lead_time"`  // from created to completed
	Cycle  Both        `json:"cycle_time"` // from the first start of work to completed
	Stages []StageTime `json:"stages"`     // in the order in which jobs first left them
}

// Place is how a stage is called and by which hours it works; the zero code asks for the organisation's own hours.
type Place func(process flow.ID, stage string) (name string, hours *flow.Hours)

// PlaceOf is the Place of the stages of one process, those it no longer has too.
func PlaceOf(p flow.Process, hours *flow.Timetable) Place {
	stages := make(map[string]flow.Stage, len(p.Stages)+len(p.Retired))
	for _, s := range slices.Concat(p.Retired, p.Stages) {
		stages[s.Code] = s
	}
	return func(_ flow.ID, code string) (string, *flow.Hours) {
		s := stages[code]
		return cmp.Or(s.Name, code), hours.Hours(s.Calendar)
	}
}

// TimesOf computes a TimeKPI from a history that comes job by job, each job's movements in log order.
func TimesOf(byJob History, place Place) (TimeKPI, error) {
	t := timing{place: place, at: map[string]int{}}
	err := EachPast(byJob, 0, func(p Past) error { t.book(p); return nil })
	return t.result(), err
}

type timing struct {
	place       Place
	lead, cycle lengths
	names       []string
	at          map[string]int
	stages      []stageLengths
}

// lengths are what a Both is made of, in hours.
type lengths struct{ elapsed, working []float64 }

func (l *lengths) add(length Length) {
	l.elapsed, l.working = append(l.elapsed, length.Elapsed.Hours()), append(l.working, length.Working.Hours())
}

func (l *lengths) both() Both { return Both{SpreadOf(l.elapsed), SpreadOf(l.working)} }

type stageLengths struct{ tat, queue, run, own, hold, away lengths }

// book adds a job.
func (t *timing) book(p Past) {
	for _, s := range p.Stays {
		if s.To != 0 {
			t.stay(p.Job.Process, s)
		}
	}
	if p.Job.Completed == 0 {
		return
	}
	_, own := t.place(p.Job.Process, "")
	t.lead.add(LengthOf(p.Job.Created, p.Job.Completed, own))
	if p.Began != 0 {
		t.cycle.add(LengthOf(p.Began, p.Job.Completed, own))
	}
}

// firstRun is when work first began, in this stay or before it.
func (s Stay) firstRun(before flow.Moment) flow.Moment {
	for _, span := range s.Spans {
		if span.State == flow.Running && (before == 0 || span.From < before) {
			return span.From
		}
	}
	return before
}

func (t *timing) stay(process flow.ID, s Stay) {
	name, hours := t.place(process, s.Stage)
	i, ok := t.at[name]
	if !ok {
		i = len(t.stages)
		t.at[name], t.names, t.stages = i, append(t.names, name), append(t.stages, stageLengths{})
	}
	t.stages[i].add(s.Times(hours))
}

func (l *stageLengths) add(t Times) {
	l.tat.add(t.TAT)
	l.queue.add(t.Queue)
	l.run.add(t.Run)
	l.own.add(t.Own)
	l.hold.add(t.Hold)
	l.away.add(t.Away)
}

func (t *timing) result() TimeKPI {
	k := TimeKPI{Lead: t.lead.both(), Cycle: t.cycle.both()}
	for i, l := range t.stages {
		k.Stages = append(k.Stages, StageTime{t.names[i], l.tat.both(), l.queue.both(), l.run.both(), l.own.both(), l.hold.both(), l.away.both()})
	}
	return k
}
