package measure

import (
	"sort"

	"clicarity/internal/flow"
)

// Known is what a model knows of one stage: how long after a report there the next one came, anywhere. The empty stage is
// from when a job was made to its first report.
type Known struct {
	Stage string
	N     int // jobs
	// In working hours, by the weights that forecasts draw by; not told when no forecast is made from here.
	P50, P85 float64
	Told     bool
}

// Knows is what a model knows of some stages of a process, and of how jobs begin, in that order.
func (m *Model) Knows(process flow.ID, stages []string) []Known {
	list := make([]Known, 0, len(stages)+1)
	for _, stage := range append([]string{""}, stages...) {
		k := Known{Stage: stage}
		if p := m.pools[poolKey{process, stage, "", ofStage}]; p != nil {
			k.N = p.jobs
			if k.Told = p.jobs >= Forecastable && len(p.waits) >= Forecastable; k.Told {
				k.P50, k.P85 = p.within(0.5), p.within(0.85)
			}
		}
		list = append(list, k)
	}
	return list
}

// within is how long such a share of the waits is at most.
func (p *pool) within(share float64) float64 {
	i := sort.Search(len(p.upTo), func(i int) bool { return p.upTo[i] >= share*p.total() })
	return p.waits[min(i, len(p.waits)-1)].hours
}
