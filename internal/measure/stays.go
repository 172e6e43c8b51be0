package measure

import (
	"time"

	"clicarity/internal/flow"
)

// Stay is one unbroken stay of a job at a stage: from when something came until nothing of it was left there.
type Stay struct {
	Stage string
	From  flow.Moment
	To    flow.Moment // 0 while something is still there
	Spans []Span      // what it did meanwhile, in order, without gaps
	Again []Span      // when something that had come back was there, whatever it did
}

// Span is a stretch of a stay in one state: ready, running, on hold or at a vendor.
type Span struct {
	State    flow.Status
	From, To flow.Moment
	Share    int    // of a run that several jobs share, in millionths; 0: the run is the job's alone
	Station  string // of a run: where it was, as far as somebody said; of a wait: where the run was that ended it
	Reason   string // of a hold: the code of its reason, as it was first given
}

// Stays are the stays of a job by its whole history in log order, each stage's in order. Those that go on are told up
// to a moment. What was taken back does not count, and a movement that says it happened before the one it follows
// counts as happening with it.
func Stays(history []flow.Movement, until flow.Moment) ([]Stay, error) {
	list, _, err := stays(history, until, func(_, _ flow.Job, _ flow.Movement) {})
	return list, err
}

// stays are the stays of a job, and the job as it is after them. each is told of every movement that counts, with the
// job before and after it.
func stays(history []flow.Movement, until flow.Moment, each func(before, after flow.Job, m flow.Movement)) ([]Stay, flow.Job, error) {
	undone := flow.Undone(history)
	l := ledger{now: map[string]int{}, share: map[string]int{}}
	var j flow.Job
	for _, m := range history {
		if m.Kind == flow.KindUndone || undone[m.Command] {
			continue
		}
		next, err := flow.Apply(j, m)
		if err != nil {
			return nil, j, err
		}
		l.ran(m)
		if m.Kind == flow.KindStarted {
			l.share[m.Stage] = m.Facts.Share
		}
		for _, s := range next.Stages {
			was, _ := j.Stage(s.Code)
			if s.Batch.IsZero() {
				l.share[s.Code] = 0
			}
			l.turn(s, was.Status(), m.Occurred)
		}
		each(j, next, m)
		j = next
	}
	for _, i := range l.now {
		l.stays[i].close(until)
		l.stays[i].again(false, until)
		l.stays[i].To = 0
	}
	return l.stays, j, nil
}

// ledger writes stays as they happen.
type ledger struct {
	stays []Stay
	now   map[string]int // the stay that is on at a stage
	share map[string]int // of the run that is on at a stage
}

func here(s flow.Status) bool {
	return s == flow.Ready || s == flow.Running || s == flow.Held || s == flow.Away
}

// turn notes a stage's new state.
func (l *ledger) turn(now flow.StageState, was flow.Status, at flow.Moment) {
	stage, is := now.Code, now.Status()
	i, on := l.now[stage]
	if on {
		l.stays[i].again(now.Why != "", at)
	}
	switch {
	case was == is && on == here(is):
	case !here(is) && on:
		l.stays[i].close(at)
		delete(l.now, stage)
	case here(is) && on:
		l.stays[i].close(at)
		l.stays[i].open(is, at)
		l.shared(now)
		l.held(now)
	case here(is):
		l.now[stage] = len(l.stays)
		l.stays = append(l.stays, Stay{Stage: stage, From: at, Spans: []Span{{State: is, From: at, To: at}}})
		l.stays[l.now[stage]].again(now.Why != "", at)
		l.held(now)
	}
}

// shared gives a run that has just begun, or goes on after a hold, its share and its station.
func (l *ledger) shared(now flow.StageState) {
	s := &l.stays[l.now[now.Code]]
	if last := &s.Spans[len(s.Spans)-1]; last.State == flow.Running {
		last.Share, last.Station = l.share[now.Code], now.Station
		s.waitedFor(now.Station)
	}
}

// held gives a hold that has just begun its reason.
func (l *ledger) held(now flow.StageState) {
	s := &l.stays[l.now[now.Code]]
	if last := &s.Spans[len(s.Spans)-1]; last.State == flow.Held {
		last.Reason = now.Reason
	}
}

// waitedFor notes where the run is that ended the wait before it.
func (s *Stay) waitedFor(station string) {
	if n := len(s.Spans); n > 1 && s.Spans[n-2].State == flow.Ready {
		s.Spans[n-2].Station = station
	}
}

// ran notes that a report says itself when its run began, as rows of the past do.
func (l *ledger) ran(m flow.Movement) {
	began := m.Facts.Began
	if m.Kind != flow.KindReported || began == 0 || began >= m.Occurred {
		return
	}
	i, on := l.now[m.Stage]
	if !on {
		return
	}
	s := &l.stays[i]
	switch last := &s.Spans[len(s.Spans)-1]; {
	case last.State != flow.Ready:
	case began > last.From:
		s.close(began)
		s.open(flow.Running, began)
		s.waitedFor(m.Facts.Station)
	default: // it was worked on before the accounts had it there
		last.State = flow.Running
		if len(s.Spans) == 1 {
			s.From, last.From = began, began
		}
	}
}

// again notes whether something is there that had come back.
func (s *Stay) again(is bool, at flow.Moment) {
	n := len(s.Again)
	switch on := n > 0 && s.Again[n-1].To == 0; {
	case is && !on:
		s.Again = append(s.Again, Span{From: at})
	case !is && on:
		s.Again[n-1].To = max(at, s.Again[n-1].From)
	}
}

func (s *Stay) close(at flow.Moment) {
	last := &s.Spans[len(s.Spans)-1]
	last.To = max(at, last.From)
	s.To = last.To
}

func (s *Stay) open(state flow.Status, at flow.Moment) {
	last := s.Spans[len(s.Spans)-1]
	s.Spans = append(s.Spans, Span{State: state, From: max(at, last.To)})
}

// Length is a length of time by the clock and by a calendar. Working is never more than Elapsed.
type Length struct{ Elapsed, Working time.Duration }

// LengthOf is the length between two moments.
func LengthOf(from, to flow.Moment, h *flow.Hours) Length {
	if to <= from {
		return Length{}
	}
	return Length{to.Sub(from), h.Working(from.Time(), to.Time())}
}

// And is two lengths together.
func (l Length) And(other Length) Length {
	return Length{l.Elapsed + other.Elapsed, l.Working + other.Working}
}

// share is so many millionths of a length, all of it for 0.
func (l Length) share(millionths int) Length {
	if millionths == 0 {
		return l
	}
	part := func(d time.Duration) time.Duration {
		const whole = 1_000_000
		return d/whole*time.Duration(millionths) + d%whole*time.Duration(millionths)/whole
	}
	return Length{part(l.Elapsed), part(l.Working)}
}

// Times is how long something was at a stage, and what of it was what.
type Times struct {
	TAT   Length // in all: from ready to done
	Queue Length // from ready to start
	Run   Length // from start, without holds
	Own   Length // of the run what is the job's: of one that several share, its part by quantity
	Hold  Length
	Away  Length // at vendors
}

// Times are the lengths of a stay by the hours of its stage.
func (s Stay) Times(h *flow.Hours) Times {
	var t Times
	for _, span := range s.Spans {
		length := LengthOf(span.From, span.To, h)
		t.TAT = t.TAT.And(length)
		switch span.State {
		case flow.Ready:
			t.Queue = t.Queue.And(length)
		case flow.Running:
			t.Run, t.Own = t.Run.And(length), t.Own.And(length.share(span.Share))
		case flow.Held:
			t.Hold = t.Hold.And(length)
		case flow.Away:
			t.Away = t.Away.And(length)
		}
	}
	return t
}

// And is two times together: of several stays at one stage.
func (t Times) And(o Times) Times {
	return Times{t.TAT.And(o.TAT), t.Queue.And(o.Queue), t.Run.And(o.Run), t.Own.And(o.Own), t.Hold.And(o.Hold), t.Away.And(o.Away)}
}
