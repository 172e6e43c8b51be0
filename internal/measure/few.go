package measure

import (
	"clicarity/internal/flow"
)

// Enough is the fewest jobs from which a share of jobs, or half of them, is told.
const Enough = 5

// Dist is a distribution with only the percentiles that so many values can carry: P50 from five, P85 from seven, P95
// from twenty, so that at least one value is expected beyond each. Within is the relative error of the percentiles where
// they come from a Histogram; 0: they are exact.
type Dist struct {
	N   int      `json:"n"`
	P50 *float64 `json:"p50,omitempty"`
	P85 *float64 `json:"p85,omitempty"`
	P95 *float64 `json:"p95,omitempty"`

	Within float64 `json:"within,omitempty"`
}

// DistOf is the distribution of values in any order.
func DistOf(values []float64) Dist { return SpreadOf(values).told() }

// told is what of a spread so many values can carry.
func (s Spread) told() Dist {
	d := Dist{N: s.N}
	for _, p := range []struct {
		from int
		is   float64
		into **float64
	}{{Enough, s.P50, &d.P50}, {7, s.P85, &d.P85}, {20, s.P95, &d.P95}} {
		if s.N >= p.from {
			*p.into = &p.is
		}
	}
	return d
}

// Lengths is a distribution of lengths of time in hours, by the clock and by the calendar.
type Lengths struct {
	Elapsed Dist `json:"elapsed_hours"`
	Working Dist `json:"working_hours"`
}

func (l *lengths) dists() Lengths { return Lengths{DistOf(l.elapsed), DistOf(l.working)} }

// Share is a part of a whole, 0 to 1, and of how many things it is told. It is not told of nothing, nor of too few.
type Share struct {
	N     int      `json:"n"`
	Share *float64 `json:"share,omitempty"`
}

// quantities is the share of one quantity in another. It is an account and no sample: one job is enough.
func quantities(part, whole flow.Quantity, n int) Share {
	if whole <= 0 {
		return Share{N: n}
	}
	f := float64(part) / float64(whole)
	return Share{n, &f}
}

// counts is the share of some things among n.
func counts(part, n int) Share {
	if n < Enough {
		return Share{N: n}
	}
	f := float64(part) / float64(n)
	return Share{n, &f}
}

// hours is the share of one time in another, told of n jobs.
func hours(part, whole float64, n int) Share {
	if n < Enough || whole <= 0 {
		return Share{N: n}
	}
	f := part / whole
	return Share{n, &f}
}
