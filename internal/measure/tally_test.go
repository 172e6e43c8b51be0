package measure

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
)

// A percentile from a histogram is as near the exact one as is said, in whatever order values and histograms were added, and
// what is taken off again was never there.
func TestHistogramsKeepTheirError(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(1, 1<<rapid.IntRange(1, 28).Draw(t, "bits")).Draw(t, "seconds")) * time.Second
		}), 1, 60).Draw(t, "values")
		var whole, gone Histogram
		parts := make([]Histogram, 3)
		hours := make([]float64, 0, len(values))
		for i, v := range values {
			whole.add(v, 1)
			parts[i%3].add(v, 1)
			hours = append(hours, v.Hours())
		}
		var merged Histogram
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			merged.merge(parts[i])
		}
		if !slices.Equal(whole, merged) {
			t.Fatalf("%v, merged %v", whole, merged)
		}
		slices.Sort(hours)
		for _, p := range []float64{0, 0.5, 0.85, 0.95, 1} {
			got, want := whole.percentile(p, len(values)), Percentile(hours, p)
			if math.Abs(got-want) > Within*want+0.5/3600+1e-9 {
				t.Fatalf("P%v is %v, exactly %v", p*100, got, want)
			}
		}
		for _, v := range values {
			merged.add(v, -1)
			gone.add(v, -1)
		}
		gone.merge(whole)
		if len(merged) != 0 || len(gone) != 0 {
			t.Fatalf("%v and %v are left", merged, gone)
		}
	})
}

// What is written is read again, also on top of what is there, whatever it is.
func TestTalliesAreReadAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func() (tally Tally) {
			for range rapid.IntRange(0, 30).Draw(t, "n") {
				tally.length(Kind(rapid.IntRange(0, int(KindTrip)).Draw(t, "kind")), Length{time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "long")), time.Duration(rapid.Int64Range(0, 1e14).Draw(t, "working"))},
					rapid.Int64Range(-2, 3).Draw(t, "times"))
				tally.sums[rapid.IntRange(0, sumTotals-1).Draw(t, "sum")] += rapid.Int64().Draw(t, "by")
			}
			return tally
		}
		a, b := draw(), draw()
		sums, dists := a.Encode()
		both := b
		for i := range both.dists {
			both.dists[i] = slices.Clone(b.dists[i])
		}
		if err := both.Decode(sums, dists); err != nil {
			t.Fatal(err)
		}
		b.Add(&a)
		x, y := both.Encode()
		v, w := b.Encode()
		if !slices.Equal(x, v) || !slices.Equal(y, w) {
			t.Fatalf("%+v, added %+v", both, b)
		}
	})
}

// No bytes make the reading fail otherwise than by saying so.
func FuzzTally(f *testing.F) {
	var tally Tally
	tally.length(KindTAT, Length{time.Hour, time.Minute}, 3)
	sums, dists := tally.Encode()
	f.Add(sums, dists)
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, []byte{0, 3, 255, 255, 255})
	f.Fuzz(func(_ *testing.T, sums, dists []byte) {
		var t Tally
		_ = t.Decode(sums, dists)
		_, _ = DecodeBusy(sums)
	})
}

func TestBusyIsASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a, b, one Busy
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			from := flow.Moment(rapid.Int64Range(0, 50).Draw(t, "from"))
			to := from + flow.Moment(rapid.Int64Range(1, 9).Draw(t, "long"))
			into := rapid.SampledFrom([]*Busy{&a, &b}).Draw(t, "into")
			into.Add(from, to, 1)
			one.Add(from, to, 1)
		}
		a.Merge(b)
		again, err := DecodeBusy(a.Encode())
		if err != nil || !slices.Equal(a, one) || !slices.Equal(again, a) && len(a) > 0 {
			t.Fatalf("%v %v %v %v", a, one, again, err)
		}
		for _, s := range one {
			a.Add(s.From, s.To, -s.N)
		}
		if len(a) != 0 {
			t.Fatalf("%v is left", a)
		}
	})
}

// A way that jobs went is read as it was written.
func TestWaysAreReadAgain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Variant{
		"print>foil|=":     {Path: []string{"print", "foil"}, Plan: []string{"print", "foil"}, Planned: true},
		"print|print>foil": {Path: []string{"print"}, Plan: []string{"print", "foil"}},
		"|print":           {Plan: []string{"print"}},
	} {
		if got := VariantOf(text); !reflect.DeepEqual(got, want) || got.Way() != text {
			t.Errorf("%q: %+v, %q", text, got, got.Way())
		}
	}
}

// What waits has waited later for as long as it would be counted then.
func TestWaitsGrowByTheTimeThatPasses(t *testing.T) {
	t.Parallel()
	hours := flow.StarterCalendar().In(kolkata)
	begin := flow.At(time.Date(2026, 11, 20, 9, 0, 0, 0, kolkata))
	minutes := rapid.Int64Range(0, 20*24*60)
	rapid.Check(t, func(t *rapid.T) {
		var b Busy
		now := begin
		for _, m := range rapid.SliceOfN(minutes, 0, 20).Draw(t, "since") {
			since := begin.Add(time.Duration(m) * time.Minute)
			b.Add(since, since+1, 1)
			now = max(now, since)
		}
		later := now.Add(time.Duration(minutes.Draw(t, "later")) * time.Minute)
		for _, h := range []*flow.Hours{nil, hours} {
			got, want := b.Waiting(now, h).Later(now, later, h), b.Waiting(later, h)
			if got.N != want.N || math.Abs(got.Elapsed-want.Elapsed) > 1e-6 || math.Abs(got.Working-want.Working) > 1e-6 {
				t.Fatalf("%+v, counted then %+v", got, want)
			}
		}
	})
}
