package measure

import (
	"bytes"
	"fmt"
	"math"
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

// A model that was kept forecasts, and judges, exactly as the one that was learned.
func TestAKeptModelIsTheOneThatWasLearned(t *testing.T) {
	t.Parallel()
	hours := flow.StarterCalendar().In(kolkata)
	shifts := func(flow.ID, string) (string, *flow.Hours) { return "", hours }
	rapid.Check(t, func(t *rapid.T) {
		trails := shop(rapid.Uint64().Draw(t, "shop"), rapid.IntRange(5, 60).Draw(t, "jobs"), rapid.Bool().Draw(t, "silent"))
		place := rapid.SampledFrom([]Place{round, shifts}).Draw(t, "place")
		cut := trails[len(trails)*2/3].Created.Add(time.Hour)
		m := Learn(trails, cut, place)
		kept, err := Kept(m.Keep(), place)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(kept.Keep(), m.Keep()) {
			t.Fatal("kept once more it is another")
		}
		if !reflect.DeepEqual(kept.Knows(flow.ID{}, stages3), m.Knows(flow.ID{}, stages3)) {
			t.Fatal("it knows something else")
		}
		for _, one := range trails {
			if one.Created >= cut {
				continue
			}
			ask := Ask{Now: cut, Zone: kolkata, Seed: rapid.Uint64().Draw(t, "seed"), Runs: 30}
			one = one.Before(cut)
			one.Due = "2026-01-12"
			if want, got := m.Forecast(one, ask), kept.Forecast(one, ask); !reflect.DeepEqual(want, got) {
				t.Fatalf("%+v is kept as %+v", want, got)
			}
		}
		trial := Trial{From: cut, To: cut.Add(4 * 24 * time.Hour), End: cut.Add(20 * 24 * time.Hour), Zone: kolkata, Runs: 20, Place: place}
		hindsight := Learn(trails, trial.End, place)
		read, err := Kept(hindsight.Keep(), place)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := Try(m, hindsight, trails, trial), Try(kept, read, trails, trial); !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v is kept as %+v", a, b)
		}
	})
}

// Bytes that are no model are refused, whatever they are.
func FuzzKept(f *testing.F) {
	f.Add(Learn(shop(1, 30, false), ist("2026-01-20 10:00"), round).Keep())
	f.Add([]byte{keptForm, 9, 0, 0, 0})
	f.Add([]byte{})
	f.Fuzz(func(_ *testing.T, b []byte) {
		if m, err := Kept(b, round); err == nil {
			m.Knows(flow.ID{}, stages3)
		}
	})
}

// What became of the dates day by day adds up to what became of all, and thinning tries about as many as it may.
func TestDaysAddUp(t *testing.T) {
	t.Parallel()
	trails := shop(7, 200, false)
	trial := Trial{From: trails[100].Created, To: trails[100].Created.Add(9 * 24 * time.Hour), End: trails[199].Created, Zone: kolkata, Place: round, Runs: 50}
	c := Backtest(trails, trial)
	var sum Day
	for _, d := range c.Days {
		sum.P50, sum.P85 = sum.P50.Add(d.P50), sum.P85.Add(d.P85)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-6 }
	if !near(sum.P85.Dates, c.P85.Dates) || !near(sum.P85.Met, c.P85.Met*c.P85.Dates) || !near(sum.P50.Met, c.P50.Met*c.P50.Dates) || sum.P50.Dates == 0 {
		t.Errorf("%+v of %+v", sum, c)
	}
	trial.Most = 40
	if few := Backtest(trails, trial); few.Forecasts+few.Hidden < 15 || few.Forecasts+few.Hidden > 70 {
		t.Errorf("%d forecasts where about 40 are asked for, of %d", few.Forecasts, c.Forecasts)
	}
}

// A past that goes round and round does not keep a forecast busy without end.
func TestAForecastIsBounded(t *testing.T) {
	t.Parallel()
	var trails []Trail
	for i := range 12 {
		one := Trail{Job: flow.ID{1, 15: byte(i)}, Number: fmt.Sprint(i), Created: ist("2026-01-05 10:00")}
		for n := range 400 {
			at := one.Created.Add(time.Duration(n) * time.Minute)
			one.Reports = append(one.Reports, Report{"print", at, at})
		}
		trails = append(trails, one)
	}
	now := ist("2026-01-06 10:00")
	f := Learn(trails, now, round).Forecast(trails[0], Ask{Now: now, Zone: kolkata, Seed: 1})
	if f.P85 == "" || len(f.days) > 110 {
		t.Errorf("%s after %d runs", f.P85, len(f.days))
	}
}

// A record is young while what takes long may not have ended in it; it grows up at once where all goes fast.
func TestAYoungRecordIsToldFromAGrownOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		days, takes   int
		silent, young bool
	}{
		{10, 1, true, false}, {10, 6, true, true}, {30, 14, true, false}, {30, 25, true, true}, {50, 40, true, false},
		{30, 6, false, false}, {30, 9, false, true}, {50, 20, false, false},
	} {
		start := ist("2026-01-05 10:00")
		var trails []Trail
		for day := range c.days {
			one := Trail{Number: fmt.Sprint(day), Created: start.Add(time.Duration(day) * 24 * time.Hour), Silent: c.silent}
			at := one.Created.Add(time.Duration(c.takes) * 24 * time.Hour)
			one.Reports = []Report{{"print", at, at}}
			if !c.silent {
				one.Done = at
			}
			trails = append(trails, one)
		}
		until := start.Add(time.Duration(c.days) * 24 * time.Hour)
		m := Learn(trails, until, round)
		if young, days := m.Young(); young != c.young || days != c.days {
			t.Errorf("%+v is young: %v, %d days", c, young, days)
		}
	}
	if young, _ := Learn(nil, ist("2026-01-05 10:00"), round).Young(); !young {
		t.Error("an empty record is grown")
	}
}
