package measure

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
)

func TestPercentileIsPercentileCont(t *testing.T) {
	t.Parallel()
	// select percentile_cont(array[0, .25, .5, .85, .95, 1]) within group (order by x) from unnest(array[15,20,35,40,50]) x
	sorted := []float64{15, 20, 35, 40, 50}
	for p, want := range map[float64]float64{0: 15, 0.25: 20, 0.5: 35, 0.85: 44, 0.95: 48, 1: 50} {
		if got := Percentile(sorted, p); math.Abs(got-want) > 1e-9 {
			t.Errorf("P%v = %v, want %v", p*100, got, want)
		}
	}
	if !math.IsNaN(Percentile(nil, 0.5)) || SpreadOf(nil) != (Spread{}) {
		t.Error("nothing has a percentile")
	}
}

func TestPercentilesAreWithinAndInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 50).Draw(t, "values")
		s := SpreadOf(values)
		low, high := math.Inf(1), math.Inf(-1)
		for _, v := range values {
			low, high = min(low, v), max(high, v)
		}
		if s.N != len(values) || s.P50 < low || s.P95 > high+1e-6 || s.P50 > s.P85+1e-6 || s.P85 > s.P95+1e-6 {
			t.Fatalf("%+v of %v", s, values)
		}
	})
}

func TestSummaryLeavesOutWhatWasTakenBackOrInferred(t *testing.T) {
	t.Parallel()
	start := flow.At(time.Date(2026, 11, 2, 4, 0, 0, 0, time.UTC))
	at := func(h int) flow.Moment { return start.Add(time.Duration(h) * time.Hour) }
	job := flow.ID{1}
	history := []flow.Movement{
		{Job: job, Kind: flow.KindCreated, Occurred: at(0), Command: flow.ID{1}},
		{Job: job, Kind: flow.KindStarted, Stage: "print", Occurred: at(2), Command: flow.ID{2}},
		{Job: job, Kind: flow.KindReported, Stage: "print", Occurred: at(3), Command: flow.ID{3}, Facts: flow.Facts{Good: flow.Units(999)}},
		{Job: job, Kind: flow.KindUndone, Stage: "print", Occurred: at(3), Command: flow.ID{4}, Facts: flow.Facts{Undoes: flow.ID{3}}},
		{Job: job, Kind: flow.KindReported, Stage: "print", Occurred: at(5), Command: flow.ID{5}, Facts: flow.Facts{Good: flow.Units(492), Wasted: []flow.Waste{{Reason: "x", Quantity: flow.Units(8)}}}},
		{Job: job, Kind: flow.KindReported, Stage: "print", Occurred: at(90), Mark: flow.MarkInferred, Command: flow.ID{6}, Facts: flow.Facts{Good: flow.Units(5)}},
	}
	k, err := Summary(func(f func(flow.Movement) error) error {
		for _, m := range history {
			if err := f(m); err != nil {
				return err
			}
		}
		return nil
	}, func(_ flow.ID, code string) string { return code })
	if err != nil || k.Jobs != 1 || k.Movements != 6 || k.Cycle != (Spread{1, 3, 3, 3}) || len(k.Stages) != 1 {
		t.Fatalf("%+v %v", k, err)
	}
	if s := k.Stages[0]; s.Reports != 1 || s.Good != flow.Units(492) || s.Wasted != flow.Units(8) {
		t.Errorf("%+v", s)
	}
}
