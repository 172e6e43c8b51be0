package measure

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
)

var stages3 = []string{"print", "laminate", "pack"}

// shop is a made-up past: jobs that go through three stages, some of them back and forth, some still open.
func shop(seed uint64, jobs int, silent bool) []Trail {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // dice
	var list []Trail
	start := ist("2026-01-05 10:00")
	for i := range jobs {
		t := Trail{Job: flow.ID{1, 15: byte(i), 14: byte(i >> 8)}, Number: fmt.Sprint(i), Item: []string{"box", "bag"}[i%2], Created: start.Add(time.Duration(i) * 3 * time.Hour), Silent: silent}
		at := t.Created
		for step := 0; step < 3; step++ {
			at = at.Add(time.Duration(r.ExpFloat64()*10*float64(time.Hour)) + time.Minute)
			t.Reports = append(t.Reports, Report{stages3[step], at, at})
			if step > 0 && r.Float64() < 0.2 {
				step -= 2
			}
		}
		if !silent {
			t.Done = at
		}
		list = append(list, t)
	}
	return list
}

func round(flow.ID, string) (string, *flow.Hours) { return "", nil }

func TestForecastsFollowTheRules(t *testing.T) {
	t.Parallel()
	hours := flow.StarterCalendar().In(kolkata)
	shifts := func(flow.ID, string) (string, *flow.Hours) { return "", hours }
	rapid.Check(t, func(t *rapid.T) {
		trails := shop(rapid.Uint64().Draw(t, "shop"), 60, rapid.Bool().Draw(t, "silent"))
		place := rapid.SampledFrom([]Place{round, shifts}).Draw(t, "place")
		cut := trails[40].Created.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "cut")) * time.Hour)
		m := Learn(trails, cut, place)
		one := trails[rapid.IntRange(0, 40).Draw(t, "job")].Before(cut)
		one.Done, one.Due = 0, "2026-01-12"
		ask := Ask{Now: cut, Zone: kolkata, Seed: rapid.Uint64().Draw(t, "seed"), Runs: 60}
		for range 5 {
			f := m.Forecast(one, ask)
			if again := m.Forecast(one, ask); !reflect.DeepEqual(f, again) {
				t.Fatal("the same seed gives another answer")
			}
			if f.N < Forecastable && f.P85 != "" || f.N >= Forecastable && f.P85 == "" {
				t.Fatalf("n is %d and the date %q", f.N, f.P85)
			}
			if f.P85 == "" {
				return
			}
			today := flow.DateOf(ask.Now.Time().In(kolkata))
			if f.P50 < today || f.P85 < f.P50 {
				t.Fatalf("today is %s, half by %s, most by %s", today, f.P50, f.P85)
			}
			if *f.Chance < 0 || *f.Chance > 1 || len(f.Risks) > 2 || (f.P85 <= "2026-01-12") != (*f.Chance >= 0.85) {
				t.Fatalf("%+v %v", f, *f.Chance)
			}
			ask.Now = ask.Now.Add(time.Duration(rapid.IntRange(1, 500).Draw(t, "later")) * time.Hour)
		}
	})
}

// What happens later changes nothing of what was learned before, nor what was forecast then.
func TestNothingIsLearnedFromTheFuture(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		trails := shop(rapid.Uint64().Draw(t, "shop"), 50, rapid.Bool().Draw(t, "silent"))
		cut := trails[30].Created
		var past []Trail
		for _, one := range trails {
			if one.Created < cut {
				past = append(past, one.Before(cut))
			}
		}
		ask := Ask{Now: cut, Zone: kolkata, Runs: 40}
		a, b := Learn(trails, cut, round), Learn(past, cut, round)
		for _, one := range past[20:] {
			if !reflect.DeepEqual(a.Forecast(one, ask), b.Forecast(one, ask)) {
				t.Fatal("what was not known yet changes the forecast")
			}
		}
	})
}

// A report that was entered late was not known before.
func TestABackdatedReportIsKnownWhenItIsEntered(t *testing.T) {
	t.Parallel()
	one := Trail{Created: 10, Reports: []Report{{"a", 20, 20}, {"b", 30, 90}}, Done: 95}
	if got := one.Before(50); len(got.Reports) != 1 || got.Done != 0 {
		t.Errorf("%+v", got)
	}
	if got := one.Before(100); len(got.Reports) != 2 || got.Done != 95 {
		t.Errorf("%+v", got)
	}
}

// Where the world does not change, the dates are as good as they say, whether jobs are closed or only fall silent.
func TestDatesAreAsGoodAsTheySay(t *testing.T) {
	t.Parallel()
	for _, silent := range []bool{false, true} {
		trails := shop(7, 400, silent)
		from := trails[200].Created
		c := Backtest(trails, Trial{From: from, To: from.Add(18 * 24 * time.Hour), End: trails[399].Created, Zone: kolkata, Place: round, Runs: 200})
		if c.Forecasts < 100 || c.P85.Met < 0.78 || c.P85.Met > 0.95 || c.P50.Met < 0.4 || c.P50.Met > 0.75 || c.P85.All < 0.78 || c.P85.All > 0.95 {
			t.Errorf("silent %v: %+v", silent, c)
		}
		t.Logf("silent %v: %+v", silent, c)
	}
}

// Waits that go on count as longer ones; without a longer one they cannot.
func TestOpenWaitsWeighOnLongerOnes(t *testing.T) {
	t.Parallel()
	p := pool{waits: []wait{{1, "a", 1}, {2, "a", 1}, {3, "a", 1}, {4, "a", 1}}, open: []wait{{2.5, "", 1}, {9, "", 1}}}
	p.weigh()
	if p.total() != 5 || p.upTo[1] != 2 || p.upTo[2] != 3.5 || p.stops() != 0 {
		t.Errorf("%v of %v, %v stop", p.upTo, p.total(), p.stops())
	}
	p = pool{waits: []wait{{1, "a", 1}, {2, "a", 1}, {3, "a", 1}, {4, "a", 1}}, silent: []wait{{100, "", 1}, {100, "", 1}}}
	p.weigh()
	if p.stops() != 1.0/3 || p.ended(100) != 1 || p.ended(0) >= 0.5 {
		t.Errorf("%v stop, %v ended at once", p.stops(), p.ended(0))
	}
}
