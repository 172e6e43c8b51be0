package measure

import (
	"encoding/json"
	"time"

	"clicarity/internal/flow"
)

// Key names a tally: a day, what of the work, and optionally one value of something it is told apart by.
type Key struct {
	Day     flow.Date // OpenDay: what goes on
	Process flow.ID
	Stage   string // empty: whole jobs, and all stages together
	Site    string
	By      Dimension // empty: all together
	Value   string
}

// Dimensions that tallies are told apart by besides those that analyses are.
const (
	PerLoss Dimension = "loss" // reason of wastage
	PerHold Dimension = "hold" // reason of holds
	PerPath Dimension = "path"
)

// BusyKey names the stretches of a day in which there was work: at a station, or at a stage. Of the OpenDay it names since
// when something waits at a stage: every wait that goes on, as a stretch of no length to speak of.
type BusyKey struct {
	Day     flow.Date
	Process flow.ID
	Stage   string
	Site    string
	Station string // empty: of the stage, wherever it was
}

// Into is where facts are added up.
type Into interface {
	Tally(Key) *Tally
	Busy(BusyKey) *Busy
}

// Add adds a fact n times; -1 takes it off again. Days are those of a zone.
func (f *Fact) Add(into Into, zone *time.Location, n int64) {
	a := adding{f, into, zone, n}
	switch f.Kind {
	case JobFact:
		a.job()
	case StayFact:
		a.stay()
	case AccountFact:
		a.account()
	case LossFact:
		a.each(f.Day, PerLoss, f.Reason, true, func(t *Tally) { t.sums[sumWasted] += n * f.M[mQuantity]; t.sums[sumLosses] += n * f.M[mTimes] })
	case HoldFact:
		a.hold()
	case TripFact:
		a.trip()
	case RunFact:
		if f.At != 0 {
			a.each(f.Day, PerStation, f.Station, true, func(t *Tally) { t.sums[sumRuns] += n })
			a.busy(BusyKey{Process: f.Process, Stage: f.Stage, Site: f.Site, Station: f.Station}, f.Since, f.At)
		}
	}
}

type adding struct {
	*Fact
	into Into
	zone *time.Location
	n    int64
}

func (a *adding) day(m flow.Moment) flow.Date { return flow.DateOf(m.Time().In(a.zone)) }

// each calls f with the tallies of a day in which the fact counts: of its stage and of all stages, of all jobs and of its
// customer and product; and of one more value. only: with that one alone.
func (a *adding) each(day flow.Date, more Dimension, value string, only bool, f func(*Tally)) {
	for i, stage := range []string{"", a.Stage} {
		if i > 0 && stage == "" {
			return
		}
		key := Key{Day: day, Process: a.Process, Stage: stage, Site: a.Site}
		for _, by := range []struct {
			Dimension
			value string
		}{{"", ""}, {PerCustomer, a.Customer}, {PerProduct, a.Product}} {
			if !only && (by.Dimension == "" || by.value != "") {
				key.By, key.Value = by.Dimension, by.value
				f(a.into.Tally(key))
			}
		}
		if more != "" {
			key.By, key.Value = more, value
			f(a.into.Tally(key))
		}
	}
}

func (a *adding) all(day flow.Date, f func(*Tally)) { a.each(day, "", "", false, f) }

// lengthAt is the length at a place of the numbers.
func (f *Fact) lengthAt(at int) Length {
	return Length{time.Duration(f.M[at]) * time.Microsecond, time.Duration(f.M[at+1]) * time.Microsecond}
}

func (a *adding) job() {
	a.all(a.day(a.Since), func(t *Tally) { t.sums[sumCreated] += a.n })
	if a.At == 0 {
		a.all(OpenDay, func(t *Tally) { t.sums[sumOpenJobs] += a.n; t.sums[sumOpenQuantity] += a.n * a.M[mQuantity] })
		return
	}
	a.each(a.Day, PerPath, a.Reason, false, func(t *Tally) {
		t.sums[sumCompleted] += a.n
		t.sums[sumDispatched] += a.n * a.M[mQuantity]
		t.length(KindLead, a.lengthAt(mElapsed), a.n)
		if a.M[mBegan] == 1 {
			t.length(KindCycle, a.lengthAt(mCycle), a.n)
		}
		t.sums[sumOwn] += a.n * a.M[mOwn]
		t.sums[sumOwnWorking] += a.n * a.M[mOwnWorking]
		t.sums[sumDue] += a.n * a.M[mDue]
		t.sums[sumMet] += a.n * (a.M[mDue] - a.M[mLate])
		t.sums[sumMetNow] += a.n * (a.M[mDue] - a.M[mLateNow])
	})
}

func (a *adding) stay() {
	a.all(a.day(a.Since), func(t *Tally) { t.sums[sumArrived] += a.n })
	if a.At == 0 {
		a.all(OpenDay, func(t *Tally) {
			t.sums[sumHere] += a.n
			t.sums[sumHereQuantity] += a.n * a.M[mQuantity]
			t.sums[sumRunning] += a.n * a.M[mRuns]
		})
	} else {
		a.all(a.Day, func(t *Tally) {
			t.sums[sumLeaving] += a.n
			t.sums[sumRunning] += a.n * a.M[mRuns]
			t.length(KindTAT, a.lengthAt(mElapsed), a.n)
			t.length(KindQueue, a.lengthAt(mQueue), a.n)
			t.length(KindRun, a.lengthAt(mRun), a.n)
			t.length(KindHold, a.lengthAt(mHold), a.n)
			t.length(KindAway, a.lengthAt(mAway), a.n)
		})
	}
	for _, s := range a.spans() {
		switch {
		case s.Run:
			a.busy(BusyKey{Process: a.Process, Stage: a.Stage, Site: a.Site}, s.From, s.To)
			continue
		case s.To == 0:
			a.into.Busy(BusyKey{Day: OpenDay, Process: a.Process, Stage: a.Stage, Site: a.Site}).Add(s.From, s.From+1, a.n)
			continue
		}
		more, elapsed := Dimension(""), s.To.Sub(s.From).Microseconds()
		if s.Station != "" {
			more = PerStation
		}
		a.each(a.day(s.To), more, s.Station, false, func(t *Tally) {
			t.sums[sumWaits] += a.n
			t.sums[sumWaitElapsed] += a.n * elapsed
			t.sums[sumWaitWorking] += a.n * s.Working
		})
	}
}

// spans are what a stay keeps of its spans.
func (f *Fact) spans() (list []spanFact) {
	if f.Spans == "" {
		return nil
	}
	if json.Unmarshal([]byte(f.Spans), &list) != nil {
		return nil // it is not what FactsOf wrote; the check finds it
	}
	return list
}

func (a *adding) account() {
	a.all(a.Day, func(t *Tally) {
		for _, s := range [...]struct{ sum, m int }{{sumReports, mReports}, {sumCame, mCame}, {sumGood, mQuantity}, {sumWasted, mWasted}, {sumShort, mShort}, {sumSentBack, mSentBack},
			{sumLeft, mLeft}, {sumSecond, mSecond}, {sumFirst, mFirst}, {sumBase, mBase}, {sumFresh, mFresh}} {
			t.sums[s.sum] += a.n * a.M[s.m]
		}
		if a.M[mInspects] == 1 {
			t.sums[sumInspectedReports] += a.n * a.M[mReports]
			t.sums[sumInspectedGood] += a.n * a.M[mQuantity]
			t.sums[sumInspectedWasted] += a.n * a.M[mWasted]
		}
	})
}

func (a *adding) hold() {
	if a.At == 0 {
		return
	}
	a.each(a.Day, PerHold, a.Reason, false, func(t *Tally) {
		t.sums[sumHolds] += a.n
		t.sums[sumHoldElapsed] += a.n * a.M[mElapsed]
		t.sums[sumHoldWorking] += a.n * a.M[mWorking]
	})
}

func (a *adding) trip() {
	vendor := a.Vendor.String()
	a.each(a.day(a.Since), PerVendor, vendor, false, func(t *Tally) { t.sums[sumSent] += a.n * a.M[mQuantity] })
	if a.At == 0 {
		a.each(OpenDay, PerVendor, vendor, false, func(t *Tally) { t.sums[sumOut] += a.n; t.sums[sumOutQuantity] += a.n * a.M[mWorking] })
		return
	}
	a.each(a.Day, PerVendor, vendor, false, func(t *Tally) {
		t.length(KindTrip, a.lengthAt(mElapsed), a.n)
		t.sums[sumWhole] += a.n * a.M[mQuantity]
		t.sums[sumLost] += a.n * a.M[mLost]
		t.sums[sumTripsDue] += a.n * a.M[mDated]
		t.sums[sumTripsMet] += a.n * (a.M[mDated] - a.M[mLate])
	})
}

// maxBusyDays bounds on how many days one run counts; nobody runs for ten years without a break.
const maxBusyDays = 3700

// busy adds a stretch day by day.
func (a *adding) busy(key BusyKey, from, to flow.Moment) {
	if to <= from {
		return
	}
	local := from.Time().In(a.zone)
	for i := range maxBusyDays {
		begin := flow.At(time.Date(local.Year(), local.Month(), local.Day()+i, 0, 0, 0, 0, a.zone))
		end := flow.At(time.Date(local.Year(), local.Month(), local.Day()+i+1, 0, 0, 0, 0, a.zone))
		if begin >= to {
			return
		}
		key.Day = a.day(begin)
		a.into.Busy(key).Add(max(begin, from), min(end, to), a.n)
	}
}
