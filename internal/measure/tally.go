package measure

import (
	"encoding/binary"
	"slices"
	"time"

	"clicarity/internal/flow"
)

// What a Tally sums up. The order is that of the stored form: new ones come last.
const (
	sumCreated = iota
	sumCompleted
	sumDispatched
	sumDue
	sumMet
	sumMetNow
	sumOwn // run time of completed jobs, theirs alone
	sumOwnWorking
	sumReports
	sumCame
	sumGood
	sumWasted
	sumShort
	sumSentBack
	sumLeft
	sumSecond
	sumFirst
	sumBase  // at a stage: what the jobs that were there began with
	sumFresh // came to the first stage for the first time
	sumInspectedReports
	sumInspectedGood
	sumInspectedWasted
	sumWaits
	sumWaitElapsed
	sumWaitWorking
	sumHolds
	sumHoldElapsed
	sumHoldWorking
	sumArrived // stays that began
	sumLeaving // stays that ended
	sumOpenJobs
	sumOpenQuantity
	sumHere // stays that go on
	sumHereQuantity
	sumSent
	sumWhole // of trips that are back whole: what was sent
	sumLost
	sumTripsDue
	sumTripsMet
	sumOut // trips that go on
	sumOutQuantity
	sumLosses  // reports of something wasted for a reason
	sumRuns    // that ended at a station
	sumRunning // runs of stays, on the day on which these ended
	sumTotals  // from here on the sum of each distribution
	nSums      = sumTotals + nDists
)

const nDists = 2 * (int(KindTrip) + 1) // of every Kind by the clock and by the calendar

func distAt(k Kind, working bool) int {
	if working {
		return 2*int(k) + 1
	}
	return 2 * int(k)
}

// Tally is what facts add up to. Tallies can be added, and taken off again, in any order. One that keeps its values has
// them beside the histograms.
type Tally struct {
	sums  [nSums]int64
	dists [nDists]Histogram
	Keep  bool
	kept  *[nDists][]float64 // hours; nil: none
}

// values are those of a distribution that were kept.
func (t *Tally) values(at int) []float64 {
	if t.kept == nil {
		return nil
	}
	return t.kept[at]
}

func (t *Tally) keep(at int, values ...float64) {
	if len(values) == 0 {
		return
	}
	if t.kept == nil {
		t.kept = &[nDists][]float64{}
	}
	t.kept[at] = append(t.kept[at], values...)
}

// IsZero reports whether nothing is in it.
func (t *Tally) IsZero() bool {
	return t.sums == [nSums]int64{} && !slices.ContainsFunc(t.dists[:], func(h Histogram) bool { return len(h) > 0 })
}

func (t *Tally) length(k Kind, l Length, n int64) {
	for i, d := range []time.Duration{l.Elapsed, l.Working} {
		at := distAt(k, i == 1)
		t.sums[sumTotals+at] += n * d.Microseconds()
		t.dists[at].add(d, n)
		if t.Keep && n > 0 {
			t.keep(at, d.Hours())
		}
	}
}

// Add adds another tally. Values are not told by a sum of those that keep them and those that do not.
func (t *Tally) Add(o *Tally) {
	for i := range t.sums {
		t.sums[i] += o.sums[i]
	}
	for i := range t.dists {
		t.dists[i].merge(o.dists[i])
		t.keep(i, o.values(i)...)
	}
	t.Keep = t.Keep && o.Keep
}

// KeepFrom takes the kept values of a kind from a tally of the same facts.
func (t *Tally) KeepFrom(o *Tally, k Kind) {
	for _, working := range []bool{false, true} {
		at := distAt(k, working)
		t.keep(at, o.values(at)...)
	}
}

// Count is how many values of a kind there are.
func (t *Tally) Count(k Kind) int { return t.dists[distAt(k, false)].N() }

// hours is the sum of all values of a kind.
func (t *Tally) hours(k Kind, working bool) float64 {
	return micros(t.sums[sumTotals+distAt(k, working)])
}

func micros(n int64) float64 { return float64(n) / 3600e6 }

func (t *Tally) dist(k Kind, working bool) Dist {
	at := distAt(k, working)
	if h := t.dists[at]; len(h) > 0 && len(t.values(at)) != h.N() {
		return h.dist()
	}
	return DistOf(t.values(at))
}

// Lengths is a time as its percentiles.
func (t *Tally) Lengths(k Kind) Lengths { return Lengths{t.dist(k, false), t.dist(k, true)} }

// Encode is the one form of a tally as bytes: its sums, and its distributions.
func (t *Tally) Encode() (sums, dists []byte) {
	last := 0
	for i, v := range t.sums {
		if v != 0 {
			sums = binary.AppendUvarint(sums, uint64(i-last)) //nolint:gosec // in order
			sums = binary.AppendVarint(sums, v)
			last = i
		}
	}
	last = 0
	for i, h := range t.dists {
		if len(h) > 0 {
			dists = binary.AppendUvarint(dists, uint64(i-last)) //nolint:gosec // in order
			cells := h.encode(nil)
			dists = append(binary.AppendUvarint(dists, uint64(len(cells))), cells...)
			last = i
		}
	}
	return sums, dists
}

// Decode adds what Encode wrote. Either may be left out; with kinds, only their distributions are read.
func (t *Tally) Decode(sums, dists []byte, kinds ...Kind) error {
	r, at := reader{b: sums}, 0
	for len(r.b) > 0 && !r.bad {
		step := r.uint()
		if step >= uint64(nSums-at) { //nolint:gosec // at is below
			return errTally
		}
		at += int(step) //nolint:gosec // looked at
		t.sums[at] += r.int()
	}
	bad := r.bad
	r, at = reader{b: dists}, 0
	for len(r.b) > 0 && !r.bad {
		step := r.uint()
		if step >= uint64(nDists-at) { //nolint:gosec // at is below
			return errTally
		}
		at += int(step) //nolint:gosec // looked at
		n := r.uint()
		if n > uint64(len(r.b)) {
			return errTally
		}
		cells := reader{b: r.b[:n]}
		r.b = r.b[n:]
		if len(kinds) == 0 || slices.Contains(kinds, Kind(at/2)) {
			cells.into(&t.dists[at])
			r.bad = r.bad || cells.bad
		}
	}
	if bad || r.bad {
		return errTally
	}
	return nil
}

// Flowing is how many stays began and ended, and how many go on.
func (t *Tally) Flowing() (arrived, left, here int) {
	return int(t.sums[sumArrived]), int(t.sums[sumLeaving]), int(t.sums[sumHere])
}

// Jobs is how many jobs were created and completed.
func (t *Tally) Jobs() (created, completed int) {
	return int(t.sums[sumCreated]), int(t.sums[sumCompleted])
}

// Reason is what was wasted, or how long was waited, for one reason.
func (t *Tally) Reason(k ReasonKind) Reason {
	if k == WastageReasons {
		return Reason{N: int(t.sums[sumLosses]), Quantity: flow.Quantity(t.sums[sumWasted])}
	}
	l := t.load(sumHolds)
	return Reason{N: l.N, Load: l}
}

// load is how much there was of what is counted at a place of the sums and lasted as long as the two after it say.
func (t *Tally) load(at int) Load {
	return Load{int(t.sums[at]), micros(t.sums[at+1]), micros(t.sums[at+2])}
}

// Running is how many runs the stays had.
func (t *Tally) Running() int { return int(t.sums[sumRunning]) }

// Weight orders slices: what was reported, waited for and brought back.
func (t *Tally) Weight() int64 {
	return t.sums[sumReports] + t.sums[sumCompleted] + t.sums[sumWaits] + t.sums[sumSent]
}
