package measure

import "clicarity/internal/flow"

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

// TimesOf computes a TimeKPI from a history that comes job by job, each job's movements in log order.
func TimesOf(byJob History, place Place) (TimeKPI, error) {
	t := timing{place: place, at: map[string]int{}}
	err := byJob(func(m flow.Movement) error {
		if len(t.job) > 0 && t.job[0].Job != m.Job {
			if err := t.book(); err != nil {
				return err
			}
		}
		t.job = append(t.job, m)
		return nil
	})
	if err == nil {
		err = t.book()
	}
	return t.result(), err
}

type timing struct {
	place       Place
	job         []flow.Movement // the one that is being read
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

// book adds a job that was read to its end.
func (t *timing) book() error {
	history := t.job
	t.job = t.job[:0]
	if len(history) == 0 {
		return nil
	}
	list, j, err := stays(history, history[len(history)-1].Occurred)
	if err != nil {
		return err
	}
	var began flow.Moment
	for _, s := range list {
		began = s.firstRun(began)
		if s.To != 0 {
			t.stay(j.Process, s)
		}
	}
	if j.Completed == 0 {
		return nil
	}
	_, own := t.place(j.Process, "")
	t.lead.add(LengthOf(j.Created, j.Completed, own))
	if began != 0 {
		t.cycle.add(LengthOf(began, j.Completed, own))
	}
	return nil
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
	times, l := s.Times(hours), &t.stages[i]
	l.tat.add(times.TAT)
	l.queue.add(times.Queue)
	l.run.add(times.Run)
	l.own.add(times.Own)
	l.hold.add(times.Hold)
	l.away.add(times.Away)
}

func (t *timing) result() TimeKPI {
	k := TimeKPI{Lead: t.lead.both(), Cycle: t.cycle.both()}
	for i, l := range t.stages {
		k.Stages = append(k.Stages, StageTime{t.names[i], l.tat.both(), l.queue.both(), l.run.both(), l.own.both(), l.hold.both(), l.away.both()})
	}
	return k
}
