package measure

import "clicarity/internal/flow"

// Waiting is how long all waits that began with the stretches have lasted up to a moment.
func (b Busy) Waiting(now flow.Moment, h *flow.Hours) Load {
	var l Load
	var before flow.Moment
	for _, s := range b { // the oldest first: between two beginnings all that were there before wait
		since := min(s.From, now)
		l.lasted(before, since, h)
		l.N += int(s.N)
		before = since
	}
	l.lasted(before, now, h)
	return l
}

func (l *Load) lasted(from, to flow.Moment, h *flow.Hours) {
	if l.N == 0 {
		return
	}
	length := LengthOf(from, to, h)
	l.Elapsed += float64(l.N) * length.Elapsed.Hours()
	l.Working += float64(l.N) * length.Working.Hours()
}

// Later is how much it is at a later moment, when nothing has begun or ended since.
func (l Load) Later(from, to flow.Moment, h *flow.Hours) Load {
	l.lasted(from, to, h)
	return l
}

// And is two loads together.
func (l Load) And(o Load) Load {
	return Load{l.N + o.N, l.Elapsed + o.Elapsed, l.Working + o.Working}
}

// Load is how long there was work in all; what several stretches have in common counts once. N is left to the caller.
func (b Busy) Load(h *flow.Hours) (l Load) {
	for _, s := range b.Union() {
		l.add(LengthOf(s.From, s.To, h))
	}
	l.N = 0
	return l
}

// Longest is the longest stretch of work by working time; a night between two is no interruption.
func (b Busy) Longest(h *flow.Hours) (from, to flow.Moment, working float64) {
	list := make([]stretch, len(b))
	for i, s := range b {
		list[i] = stretch{s.From, s.To}
	}
	for _, s := range bridged(union(list), h) {
		if long := LengthOf(s.from, s.to, h).Working.Hours(); long > working {
			from, to, working = s.from, s.to, long
		}
	}
	return from, to, working
}

// StationOf is the figures of a station: its waits by a tally, and how long it ran of so many working hours.
func StationOf(name string, t *Tally, busy Busy, h *flow.Hours, available float64) StationFigures {
	f := StationFigures{Name: name, Queue: t.load(sumWaits), Run: busy.Load(h)}
	f.Run.N = int(t.sums[sumRuns])
	f.Utilisation = hours(f.Run.Working, available, f.Run.N)
	return f
}

// Narrowest chooses what holds the work up by waiting and by utilisation, as Bottleneck tells it.
func Narrowest(stages []Slice, stations []StationFigures) Bottleneck {
	var b Bottleneck
	for _, s := range stages {
		if s.Waiting.N >= Enough && s.Waiting.Working > 0 && (b.Queue == nil || s.Waiting.Working > b.Queue.Value) {
			b.Queue = &Narrow{Name: s.Name, Value: s.Waiting.Working, Jobs: s.Open.Jobs, N: s.Waiting.N}
		}
	}
	for _, s := range stations {
		if u := s.Utilisation; u.Share != nil && (b.Busy == nil || *u.Share > b.Busy.Value) {
			b.Busy = &Narrow{Name: s.Name, Value: *u.Share, N: u.N}
		}
	}
	return b
}

// WorkingDays is how many days of a period work was done on by the hours, and how many working hours it had.
func WorkingDays(from, to flow.Moment, h *flow.Hours) (days, working float64) {
	return workingDays(from, to, h), LengthOf(from, to, h).Working.Hours()
}

// BehindOf is a fact as a list shows it.
func BehindOf(f Fact) Behind {
	b := Behind{Job: f.Job, Process: f.Process, Stage: f.Stage, At: f.At, Since: f.Since, Late: f.M[mLate] == 1}
	switch f.Kind {
	case AccountFact, LossFact:
	case TripFact:
		if f.At != 0 {
			b.Length = f.lengthAt(mElapsed)
		}
	default:
		b.Length = f.lengthAt(mElapsed)
	}
	b.Quantity = flow.Quantity(f.M[mQuantity])
	return b
}

// SentBackOf is what of an account was sent back.
func (f Fact) SentBackOf() flow.Quantity { return flow.Quantity(f.M[mSentBack]) }

// Where the numbers that lists ask for stand, the first being 1 as in SQL.
const (
	PlaceLate     = mLate + 1
	PlaceDue      = mDue + 1
	PlaceReports  = mReports + 1
	PlaceSentBack = mSentBack + 1
)
