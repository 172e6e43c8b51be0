package measure

import (
	"cmp"
	"slices"
	"time"

	"clicarity/internal/flow"
)

// Trial is how forecasts are tried on the past.
type Trial struct {
	From, To flow.Moment // forecasts are made at the beginning of every day between them
	End      flow.Moment // what was known before then tells how it ended
	Zone     *time.Location
	Seed     uint64
	Runs     int // of each forecast; 0: as many as always
	Place    Place
	Most     int // about how many forecasts are made; more are thinned out evenly. 0: all
}

// Calibration is how forecasts of the past came true.
type Calibration struct {
	Forecasts int     `json:"forecasts"`
	Jobs      int     `json:"jobs"`
	Hidden    int     `json:"hidden"` // for too few jobs at their stage
	Ended     float64 `json:"ended"`  // forecasts whose job ended within the record, as far as is known
	P50       Judged  `json:"p50"`
	P85       Judged  `json:"p85"`

	// Days are the dates that have come, by the day that was told: how many were told for it, and how many of those met.
	Days map[flow.Date]Day `json:"-"`
}

// Day is what became of the dates that were told for one day. What is not known for sure counts in part.
type Day struct {
	P50, P85 Count
}

// Count is how many dates there were, and how many of them were met.
type Count struct{ Dates, Met float64 }

// Add is two counts together.
func (c Count) Add(o Count) Count { return Count{c.Dates + o.Dates, c.Met + o.Met} }

// Judged is what became of the dates of one share.
type Judged struct {
	Dates float64 `json:"dates"` // that have come: they lie within the record
	Met   float64 `json:"met"`   // the share of those that were met, 0 to 1
	All   float64 `json:"all"`   // the same of all dates, estimated
	Scale float64 `json:"scale"` // on how many forecasts that estimate still rests there
}

// Backtest learns from what was known before the trial begins, and from nothing later, forecasts on every day of it for
// every job that was open then, as it was known then, and compares with how it ended.
//
// A date that lies beyond the record cannot be judged. Which are judged follows from the date that was told, never from what
// happened: leaving out the jobs whose end is not known, or taking the last report for it, would flatter. Of all dates there
// is an estimate beside it (Kaplan and Meier), for which every forecast counts as far as the record goes. A job that only fell
// silent counts as ended with the likelihood that the whole record gives it.
func Backtest(trails []Trail, b Trial) Calibration {
	return Try(Learn(trails, b.From, b.Place), Learn(trails, b.End, b.Place), trails, b)
}

// Try is Backtest with a model that was learned before the trial begins, and with one that was learned when it ended.
func Try(m, hindsight *Model, trails []Trail, b Trial) Calibration {
	c := Calibration{Days: map[flow.Date]Day{}}
	var outcomes []outcome
	end := flow.DateOf(b.End.Time().In(b.Zone))
	every := b.every(hindsight, trails)
	for _, t := range trails {
		was := c.Forecasts
		for day := b.From; day < b.To; day = day.Add(24 * time.Hour) {
			open := hindsight.open(t, day, b.End)
			if t.Created >= day || open < unlikely || every > 1 && thinned(t, day)%every != 0 {
				continue
			}
			f := m.Forecast(t.Before(day), Ask{Now: day, Zone: b.Zone, Seed: b.Seed, Runs: b.Runs})
			if f.P85 == "" {
				c.Hidden++
				continue
			}
			c.Forecasts++
			known := hindsight.outcomes(t, f, b)
			if t.ended() < day { // it has said nothing since, and so has not ended if it was open
				known[0].weight, known[1].weight = 0, open
			}
			c.Ended += known[0].weight
			c.judge(known, f, end)
			outcomes = append(outcomes, known...)
		}
		if c.Forecasts > was {
			c.Jobs++
		}
	}
	c.P50.finish(outcomes, 0.5)
	c.P85.finish(outcomes, 0.85)
	return c
}

// every is one in how many forecasts is made so that there are no more than Most, about.
func (b Trial) every(hindsight *Model, trails []Trail) uint64 {
	if b.Most == 0 {
		return 1
	}
	n := 0
	for _, t := range trails {
		for day := b.From; day < b.To; day = day.Add(24 * time.Hour) {
			if t.Created < day && hindsight.open(t, day, b.End) >= unlikely {
				n++
			}
		}
	}
	return uint64((n + b.Most - 1) / b.Most) //nolint:gosec // not negative
}

// thinned spreads jobs and days evenly, the same every time.
func thinned(t Trail, day flow.Moment) uint64 {
	return (name(t.Number) + uint64(day)/uint64(24*time.Hour/time.Microsecond)) * 0x9e3779b97f4a7c15 >> 32 //nolint:gosec // dice
}

// judge adds the dates of a forecast that have come.
func (c *Calibration) judge(known []outcome, f Forecast, end flow.Date) {
	add := func(j *Judged, day flow.Date, p float64) Count {
		if day >= end {
			return Count{}
		}
		one := Count{Dates: known[0].weight + known[1].weight}
		if known[0].at < p {
			one.Met = known[0].weight
		}
		j.Dates, j.Met = j.Dates+one.Dates, j.Met+one.Met
		return one
	}
	half, most := add(&c.P50, f.P50, 0.5), add(&c.P85, f.P85, 0.85)
	d := c.Days[f.P50]
	d.P50 = d.P50.Add(half)
	c.Days[f.P50] = d
	d = c.Days[f.P85]
	d.P85 = d.P85.Add(most)
	c.Days[f.P85] = d
}

func (j *Judged) finish(outcomes []outcome, p float64) {
	if j.Dates > 0 {
		j.Met /= j.Dates
	}
	j.All, j.Scale = met(outcomes, p)
}

// unlikely is how little likely it must be that a silent job is still open, for it to be left out.
const unlikely = 0.02

// open is how likely a job was open on a day: surely, when it was heard of later or its accounts were open; else it has been
// silent until the end of the record, and may have ended when it fell silent.
func (m *Model) open(t Trail, day, end flow.Moment) float64 {
	switch last := t.ended(); {
	case last >= day:
		return 1
	case t.Done != 0:
		return 0
	case !t.Silent:
		return 1
	}
	stage, at := t.last()
	return 1 - m.any(t.Process, stage, t.Item).ended(m.hours(t.Process, stage, at, end))
}

// outcome is where in the forecast a job's end lies: the share of runs that ended on an earlier day. Of a job whose end is
// not known, it is how far it has come without an end.
type outcome struct {
	at     float64
	weight float64
	ended  bool
}

// outcomes are the two ways a forecast's job may have gone, each with its likelihood.
func (m *Model) outcomes(t Trail, f Forecast, b Trial) []outcome {
	end := t.ended()
	ended := 0.0
	switch stage, at := t.last(); {
	case t.Done != 0:
		ended = 1
	case t.Silent:
		ended = m.any(t.Process, stage, t.Item).ended(m.hours(t.Process, stage, at, b.End))
	}
	day := func(at flow.Moment) flow.Date { return flow.DateOf(at.Time().In(b.Zone)) }
	return []outcome{{f.before(day(end), false), ended, true}, {f.before(day(b.End), false), 1 - ended, false}}
}

// met is the estimated share of jobs that ended by the date of a share of the runs, and how much was still on the scales
// there.
func met(list []outcome, p float64) (share, on float64) {
	slices.SortStableFunc(list, func(a, b outcome) int { return cmp.Compare(a.at, b.at) })
	for _, o := range list {
		on += o.weight
	}
	still := 1.0
	for _, o := range list {
		if o.at >= p {
			break
		}
		if o.ended && on > 0 {
			still *= 1 - min(1, o.weight/on)
		}
		on -= o.weight
	}
	return 1 - still, on
}
