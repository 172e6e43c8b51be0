// Package measure computes figures from movements: pure arithmetic, no clock, no storage.
package measure

import (
	"math"
	"slices"

	"clicarity/internal/flow"
)

// Percentile is the p-th percentile (0 <= p <= 1) of sorted values by linear interpolation between the closest
// ranks, as SQL's percentile_cont. It is NaN without values.
func Percentile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Spread is a distribution by its percentiles. The unit is that of the values.
type Spread struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50"`
	P85 float64 `json:"p85"`
	P95 float64 `json:"p95"`
}

// SpreadOf is the spread of values in any order. Without values all figures are zero and N says so.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	return Spread{len(sorted), Percentile(sorted, 0.5), Percentile(sorted, 0.85), Percentile(sorted, 0.95)}
}

// StageSum is what was reported at a stage.
type StageSum struct {
	Name    string        `json:"name"`
	Reports int           `json:"reports"`
	Good    flow.Quantity `json:"good"`
	Wasted  flow.Quantity `json:"wasted"`
	Rework  flow.Quantity `json:"rework,omitempty"` // sent back from here, and good of reports that a file calls rework
	Review  flow.Quantity `json:"review,omitempty"` // held for review, as a file of the past says
}

// KPI is the summary of an organisation's history.
type KPI struct {
	Jobs      int        `json:"jobs"`
	Movements int        `json:"movements"`
	Cycle     Spread     `json:"cycle_time_hours"` // from a job's first start of work to its last completion, elapsed
	Stages    []StageSum `json:"stages"`           // in the order in which they first appear
	Times     *TimeKPI   `json:"times,omitempty"`  // by the clock and by the calendar, when they were asked for
	Sheet     *Sheet     `json:"figures,omitempty"`

	// First and Last are when the first thing of the record happened, and the last.
	First, Last flow.Moment `json:"-"`
}

// History calls f with every movement of an organisation in log order; it can be gone through more than once.
type History func(f func(flow.Movement) error) error

// Summary computes a KPI. name gives the name of a stage by process and code. What was undone and what was only
// inferred does not count as reported.
func Summary(history History, name func(process flow.ID, code string) string) (KPI, error) {
	s := summary{name: name, undone: map[flow.ID]bool{}, jobs: map[flow.ID]*span{}, stages: map[string]int{}}
	err := history(func(m flow.Movement) error {
		for _, id := range m.TakesBack() {
			s.undone[id] = true
		}
		return nil
	})
	if err != nil {
		return KPI{}, err
	}
	if err := history(s.add); err != nil {
		return KPI{}, err
	}
	return s.result(), nil
}

type span struct {
	process     flow.ID
	first, last flow.Moment
}

type summary struct {
	name   func(flow.ID, string) string
	undone map[flow.ID]bool
	jobs   map[flow.ID]*span
	stages map[string]int
	kpi    KPI
}

func (s *summary) add(m flow.Movement) error {
	s.kpi.Movements++
	if s.kpi.First == 0 || m.Occurred < s.kpi.First {
		s.kpi.First = m.Occurred
	}
	s.kpi.Last = max(s.kpi.Last, m.Occurred)
	if m.Kind == flow.KindCreated {
		s.kpi.Jobs++
		s.jobs[m.Job] = &span{process: m.Facts.Process}
	}
	if s.undone[m.Command] || m.Mark == flow.MarkInferred {
		return nil
	}
	j := s.jobs[m.Job]
	switch m.Kind {
	case flow.KindStarted:
		j.began(m.Occurred)
	case flow.KindReported:
		j.began(m.Occurred)
		if m.Facts.Began != 0 {
			j.began(m.Facts.Began)
		}
		j.last = max(j.last, m.Occurred)
		s.report(s.name(j.process, m.Stage), m.Facts)
	}
	return nil
}

func (j *span) began(at flow.Moment) {
	if j.first == 0 || at < j.first {
		j.first = at
	}
}

func (s *summary) report(stage string, f flow.Facts) {
	i, ok := s.stages[stage]
	if !ok {
		i = len(s.kpi.Stages)
		s.stages[stage] = i
		s.kpi.Stages = append(s.kpi.Stages, StageSum{Name: stage})
	}
	sum := &s.kpi.Stages[i]
	sum.Reports++
	sum.Good += f.Good
	sum.Wasted += f.Scrap()
	sum.Review += f.Review
	for _, b := range f.Back {
		sum.Rework += b.Quantity
	}
	if f.Rework {
		sum.Rework += f.Good
	}
}

func (s *summary) result() KPI {
	var hours []float64
	for _, j := range s.jobs {
		if j.last != 0 {
			hours = append(hours, j.last.Sub(j.first).Hours())
		}
	}
	s.kpi.Cycle = SpreadOf(hours)
	return s.kpi
}

// Round is a figure to a number of decimals, half away from zero: for showing, never for reckoning on.
func Round(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}
