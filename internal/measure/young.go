package measure

import (
	"time"

	"clicarity/internal/flow"
)

// A record is young while what takes long may not have ended in it: then dates come out too early. It has grown up after six
// weeks, and before that when it is long beside what it tells of. Of a file of the past, which does not say which jobs have
// ended, that is twice as long as most jobs take: of a real plant's first five weeks, half of the dates called 85% were met.
// Where the accounts say what is still under way, it is four times as long as most waits at the slowest stage.
const (
	grownDays  = 42
	grownJobs  = 2
	grownWaits = 4
)

// Young reports whether the record was too young to tell dates from, and how many days it had.
func (m *Model) Young() (young bool, days int) { return m.young, m.days }

// grow looks how long the record is, and how long things have taken in it so far. The jobs come by when they were made.
func (m *Model) grow(known []Trail) {
	if m.young = len(known) == 0; m.young {
		return
	}
	m.days = int(m.until.Sub(known[0].Created) / (24 * time.Hour))
	silent := 0
	for _, t := range known {
		if t.Silent {
			silent++
		}
	}
	long := grownWaits * m.slowest(known)
	if 2*silent > len(known) {
		long = grownJobs * SpreadOf(m.lengths(known)).P85
	}
	m.young = m.days < grownDays && float64(m.days) < long
}

// lengths are how many days jobs took, or have taken so far.
func (m *Model) lengths(known []Trail) []float64 {
	list := make([]float64, len(known))
	for i, t := range known {
		end := m.until
		if t.Done != 0 || t.Silent {
			end = t.ended()
		}
		list[i] = end.Sub(t.Created).Hours() / 24
	}
	return list
}

// slowest is how many days most waits take, or have taken so far, at the stage where they take longest.
func (m *Model) slowest(known []Trail) (days float64) {
	waits := map[flow.StageRef][]float64{}
	for _, t := range known {
		stage, at := "", t.Created
		wait := func(to flow.Moment) {
			ref := flow.StageRef{Process: t.Process, Stage: stage}
			waits[ref] = append(waits[ref], max(to.Sub(at).Hours()/24, 0))
		}
		for _, r := range t.inOrder() {
			wait(r.At)
			stage, at = r.Stage, max(at, r.At)
		}
		if t.Done == 0 && !t.Silent {
			wait(m.until)
		}
	}
	for _, list := range waits {
		if len(list) >= Forecastable {
			days = max(days, SpreadOf(list).P85)
		}
	}
	return days
}
