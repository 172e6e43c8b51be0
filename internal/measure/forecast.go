package measure

import (
	"cmp"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"clicarity/internal/flow"
)

// Ask is what is asked of a forecast.
type Ask struct {
	Now  flow.Moment
	Zone *time.Location // whose dates these are
	Seed uint64         // the same seed gives the same answer
	Runs int            // how often the rest of the job is played through; 0: 500
}

// Forecast is when a job will be done. Without dates there is too little to go by, and N says how much.
type Forecast struct {
	N      int       `json:"n"`             // jobs that were at its stage, of which it is told
	ByItem bool      `json:"by_item"`       // of the same item only
	P50    flow.Date `json:"p50,omitempty"` // as likely before as after
	P85    flow.Date `json:"p85,omitempty"`
	Chance *float64  `json:"chance_by_due,omitempty"` // of being done on the due date
	Risks  []Risk    `json:"risks,omitempty"`         // the two stages that make it late when it is late

	days []flow.Date // of all runs, in order
}

// Risk is a stage where time may go.
type Risk struct {
	Stage string  `json:"stage"`      // code
	Hours float64 `json:"hours"`      // working hours until it was reported, on average
	Late  float64 `json:"late_hours"` // in the latest runs
}

const (
	defaultRuns = 500
	maxSteps    = 400 // of one run: a job that went round more often ends there

	// maxPlayed bounds the steps of all runs together: when a past that goes round and round has used them, there are no more
	// runs. It is a count and no clock, so that the same seed gives the same answer on a busy machine.
	maxPlayed = 40_000
)

// Forecast plays the rest of a job through, many times: from report to report, each with the wait and the next stage of
// some report of the past at the same stage, the first no shorter than the job has waited by now.
func (m *Model) Forecast(t Trail, a Ask) Forecast {
	stage, at := t.last()
	p := m.best(t.Process, stage, t.Item)
	if p == nil {
		var n int
		if known := m.pools[keysOf(t.Process, stage, t.Item)[ofStage]]; known != nil {
			n = known.jobs
		}
		return Forecast{N: n}
	}
	f := Forecast{N: p.jobs, ByItem: p == m.pools[keysOf(t.Process, stage, t.Item)[ofItem]]}
	g := player{m: m, t: t, r: rand.New(rand.NewPCG(a.Seed, name(t.Number))), now: a.Now, waited: m.hours(t.Process, stage, at, a.Now)} //nolint:gosec // dice, not secrets
	var runs []run
	for len(runs) < cmp.Or(a.Runs, defaultRuns) && g.steps < maxPlayed {
		runs = append(runs, g.play(stage))
	}
	slices.SortStableFunc(runs, func(x, y run) int { return cmp.Compare(x.end, y.end) })
	for _, r := range runs {
		f.days = append(f.days, flow.DateOf(r.end.Time().In(a.Zone)))
	}
	f.P50, f.P85 = f.by(0.5), f.by(0.85)
	if t.Due != "" {
		met := f.before(t.Due, true)
		f.Chance = &met
	}
	f.Risks = risks(runs)
	return f
}

// name makes a job's dice its own, the same wherever its history is brought in.
func name(number string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(number)) // it never fails
	return h.Sum64()
}

// by is the first date by which such a share of the runs has ended.
func (f Forecast) by(p float64) flow.Date {
	n := float64(len(f.days))
	i := int(p*n + 0.999999)
	return f.days[max(min(i, len(f.days))-1, 0)]
}

// Told is the forecast as it is told, without the runs behind it, for keeping.
func (f Forecast) Told() Forecast {
	f.days = nil
	return f
}

// before is the share of runs that ended before a day, or on it too.
func (f Forecast) before(day flow.Date, on bool) float64 {
	n := 0
	for _, d := range f.days {
		if d < day || on && d == day {
			n++
		}
	}
	return float64(n) / float64(len(f.days))
}

// run is one way in which it may go.
type run struct {
	end   flow.Moment
	hours map[string]float64 // by the stage that was waited for
}

// player plays runs.
type player struct {
	m      *Model
	t      Trail
	r      *rand.Rand
	now    flow.Moment
	waited float64 // working hours since the last report
	steps  int     // played, in all runs
}

func (g *player) play(stage string) run {
	out := run{end: g.now, hours: map[string]float64{}}
	var sum float64 // working hours by one calendar, not yet added to the end
	var by *flow.Hours
	for step := range maxSteps {
		h := g.m.calendar(g.t.Process, stage)
		if h != by {
			out.end, sum = later(out.end, sum, by), 0
			by = h
		}
		p := g.m.any(g.t.Process, stage, g.t.Item)
		if p == nil || step > 0 && g.r.Float64() < p.stops() {
			break
		}
		w, rest := g.next(p, step == 0)
		sum += rest
		stage, g.steps = w.next, g.steps+1
		out.hours[stage] += rest
	}
	out.end = later(out.end, sum, by)
	return out
}

// next is the next wait, and what is left of it. One that was never so long before is half as long again.
func (g *player) next(p *pool, first bool) (wait, float64) {
	var waited float64
	if first {
		waited = g.waited
	}
	var w wait
	for range 20 { // a few tries for a stage on the job's own route
		var ok bool
		if w, ok = p.draw(g.r, waited); !ok {
			if w, ok = g.m.pools[poolKey{process: g.t.Process, level: ofProcess}].draw(g.r, waited); !ok {
				w, _ = p.draw(g.r, 0)
				return w, waited / 2
			}
		}
		if g.t.Route == nil || slices.Contains(g.t.Route, w.next) {
			break
		}
	}
	return w, w.hours - waited
}

// later is so many working hours later.
func later(at flow.Moment, hours float64, h *flow.Hours) flow.Moment {
	return flow.At(h.Add(at.Time(), time.Duration(hours*float64(time.Hour))))
}

// risks are the two stages where the latest seventh of the runs loses most against all runs.
func risks(runs []run) []Risk {
	late := runs[len(runs)*85/100:]
	mean := func(list []run) map[string]float64 {
		sum := map[string]float64{}
		for _, r := range list {
			for stage, h := range r.hours {
				sum[stage] += h / float64(len(list))
			}
		}
		return sum
	}
	all, worst := mean(runs), mean(late)
	var list []Risk
	for _, stage := range slices.Sorted(maps.Keys(worst)) {
		if worst[stage] > all[stage] {
			list = append(list, Risk{stage, all[stage], worst[stage]})
		}
	}
	slices.SortStableFunc(list, func(a, b Risk) int { return cmp.Compare(b.Late-b.Hours, a.Late-a.Hours) })
	return list[:min(2, len(list))]
}
