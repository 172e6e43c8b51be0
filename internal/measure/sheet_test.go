package measure

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
)

// sheetOf is the sheet of some jobs told one after the other, round the clock.
func sheetOf(t *testing.T, from, to string, jobs ...*told) Sheet {
	t.Helper()
	var all []flow.Movement
	for i, s := range jobs {
		for _, m := range s.history {
			m.Job = flow.ID{byte(i + 1)}
			all = append(all, m)
		}
	}
	s, err := SheetOf(func(f func(flow.Movement) error) error {
		for _, m := range all {
			if err := f(m); err != nil {
				return err
			}
		}
		return nil
	}, Lens{
		Place:      func(_ flow.ID, code string) (string, *flow.Hours) { return code, nil },
		Process:    func(flow.ID) string { return "Boxes" },
		Vendor:     func(id flow.ID) string { return fmt.Sprint("vendor ", id[0]) },
		Inspection: func(_ flow.ID, code string) bool { return code == "qc" },
		Zone:       kolkata, From: ist(from), To: ist(to),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s Sheet) at(name string) StageFigures {
	for _, st := range s.Stages {
		if st.Name == name {
			return st
		}
	}
	return StageFigures{}
}

func is(t *testing.T, what string, got Share, want float64, n int) {
	t.Helper()
	if got.Share == nil || math.Abs(*got.Share-want) > 1e-9 || got.N != n {
		share := math.NaN()
		if got.Share != nil {
			share = *got.Share
		}
		t.Errorf("%s: %v of %d, want %v of %d", what, share, got.N, want, n)
	}
}

func wasting(ok, bad int64) flow.Facts {
	f := good(ok)
	if bad > 0 {
		f.Wasted = []flow.Waste{{Reason: "x", Quantity: flow.Units(bad)}}
	}
	return f
}

// The product's own example: 500, of which 492, 384, 378 and 376 are left, lose 124 in all.
func TestWastageOfTheProductsExample(t *testing.T) {
	t.Parallel()
	s := &told{}
	s.tell("2026-11-23 09:00", "", flow.KindCreated, flow.Facts{Number: "JC-1", Mode: flow.QuantityMode, Quantity: flow.Units(500), Route: []string{"printing", "lamination", "foiling", "embossing"}}).
		tell("2026-11-23 10:00", "printing", flow.KindReported, wasting(492, 8)).
		tell("2026-11-23 11:00", "lamination", flow.KindReported, wasting(384, 108)).
		tell("2026-11-23 12:00", "foiling", flow.KindReported, wasting(378, 6)).
		tell("2026-11-23 13:00", "embossing", flow.KindReported, wasting(376, 2))
	sheet := sheetOf(t, "2026-11-23 09:00", "2026-11-23 13:00", s)
	is(t, "all of the start", sheet.All.Amounts.FallOff, 0.248, 4)
	is(t, "lamination of what came", sheet.at("lamination").Amounts.Wastage, 108.0/492, 1)
	is(t, "lamination of the start", sheet.at("lamination").Amounts.FallOff, 108.0/500, 1)
	is(t, "rolled", sheet.All.RolledYield, 376.0/500, 4)
	if sheet.All.Amounts.Wasted != flow.Units(124) || sheet.All.Dispatched != flow.Units(376) {
		t.Errorf("%+v", sheet.All)
	}
	if sheet.All.Lead.Elapsed.P50 != nil || sheet.All.Lead.Elapsed.N != 1 || sheet.All.Efficiency.Elapsed.Share != nil {
		t.Error("a percentile of one job is told")
	}
}

// What goes back is no first pass at any stage that it was past, however often it comes again.
func TestFirstPassYieldKnowsWhatCameAgain(t *testing.T) {
	t.Parallel()
	s := job("2026-11-23 09:00", "print", "laminate", "qc").
		tell("2026-11-23 10:00", "print", flow.KindReported, good(100)).
		tell("2026-11-23 11:00", "laminate", flow.KindReported, good(100)).
		tell("2026-11-23 12:00", "qc", flow.KindReported, flow.Facts{Good: flow.Units(70), Back: []flow.Back{{To: "print", Reason: "quality", Quantity: flow.Units(20)}}})
	sheet := sheetOf(t, "2026-11-23 09:00", "2026-11-23 13:00", s)
	for _, stage := range []string{"print", "laminate"} {
		is(t, stage+" while it is back", sheet.at(stage).Amounts.FirstPass, 0.8, 1)
	}
	is(t, "qc, ten still there", sheet.at("qc").Amounts.FirstPass, 70.0/90, 1)
	s.tell("2026-11-23 13:00", "print", flow.KindReported, good(20)).tell("2026-11-23 14:00", "laminate", flow.KindReported, good(20)).
		tell("2026-11-23 15:00", "qc", flow.KindReported, good(30))
	sheet = sheetOf(t, "2026-11-23 09:00", "2026-11-23 15:00", s)
	for _, stage := range []string{"print", "laminate", "qc"} {
		is(t, stage+" at the end", sheet.at(stage).Amounts.FirstPass, 0.8, map[string]int{"print": 2, "laminate": 2, "qc": 2}[stage])
	}
	is(t, "rework at qc", sheet.at("qc").Amounts.Rework, 20.0/120, 2)
	is(t, "rolled", sheet.All.RolledYield, 0.8*0.8*0.8, 3)
}

// Six jobs due the same day: four in time, two late, one of them with a new date.
func TestOnTimeIsAgainstTheFirstDate(t *testing.T) {
	t.Parallel()
	var jobs []*told
	for i := range 6 {
		s := &told{}
		s.tell("2026-11-20 09:00", "", flow.KindCreated, flow.Facts{Number: "JC-1", Mode: flow.QuantityMode, Quantity: flow.Units(1), Route: []string{"print"}, Due: "2026-11-23"})
		if i == 4 {
			s.tell("2026-11-22 09:00", "", flow.KindChanged, flow.Facts{Set: map[string]string{flow.SetDue: "2026-11-24"}})
		}
		done := "2026-11-23 23:59" // late in the evening here is the same day
		if i >= 4 {
			done = "2026-11-24 00:01"
		}
		jobs = append(jobs, s.tell(done, "print", flow.KindReported, good(1)))
	}
	sheet := sheetOf(t, "2026-11-20 09:00", "2026-11-24 00:01", jobs...)
	is(t, "original date", sheet.All.OnTime, 4.0/6, 6)
	is(t, "latest date", sheet.All.OnTimeNow, 5.0/6, 6)
	few := sheetOf(t, "2026-11-20 09:00", "2026-11-24 00:01", jobs[:4]...)
	if few.All.OnTime.Share != nil || few.All.OnTime.N != 4 {
		t.Errorf("a share of four jobs is told: %+v", few.All.OnTime)
	}
}

func TestVendorsAreMeasuredByWhatCameBack(t *testing.T) {
	t.Parallel()
	var jobs []*told
	for i := range 6 {
		back := "2026-11-25 10:00"
		if i == 5 {
			back = "2026-11-27 10:00"
		}
		jobs = append(jobs, job("2026-11-23 09:00", "foil", "pack").
			tell("2026-11-23 10:00", "foil", flow.KindSent, flow.Facts{Vendor: flow.ID{1}, Challan: "1", Quantity: flow.Units(100), Expected: "2026-11-25"}).
			tell("2026-11-24 10:00", "foil", flow.KindReceived, flow.Facts{Vendor: flow.ID{1}, Challan: "1", Good: flow.Units(50)}).
			tell(back, "foil", flow.KindReceived, flow.Facts{Vendor: flow.ID{1}, Challan: "1", Good: flow.Units(44), Short: flow.Units(2), Wasted: []flow.Waste{{Reason: "vendor", Quantity: flow.Units(4)}}}))
	}
	jobs = append(jobs, job("2026-11-23 09:00", "foil", "pack").
		tell("2026-11-26 10:00", "foil", flow.KindSent, flow.Facts{Vendor: flow.ID{1}, Challan: "2", Quantity: flow.Units(30), Expected: "2026-11-25"}))
	v := sheetOf(t, "2026-11-23 09:00", "2026-11-27 10:00", jobs...).Vendors[0]
	is(t, "on time", v.OnTime, 5.0/6, 6)
	is(t, "loss", v.Loss, 0.06, 6)
	if *v.TAT.Elapsed.P50 != 48 || v.TAT.Elapsed.N != 6 || v.Open.Jobs != 1 || v.Open.Quantity != flow.Units(30) {
		t.Errorf("%+v", v)
	}
}

// Two jobs on one machine at once keep it busy once; a hold frees it.
func TestAStationIsBusyOnceHoweverManyJobsItHas(t *testing.T) {
	t.Parallel()
	run := func(at string) flow.Facts { return flow.Facts{Station: at} }
	var jobs []*told
	for range 5 {
		jobs = append(jobs, job("2026-11-23 09:00", "print").tell("2026-11-23 10:00", "print", flow.KindStarted, run("SM74")).
			tell("2026-11-23 12:00", "print", flow.KindHeld, flow.Facts{Reason: "x"}).tell("2026-11-23 13:00", "print", flow.KindResumed, run("SM74")).
			tell("2026-11-23 14:00", "print", flow.KindReported, good(100)))
	}
	s := sheetOf(t, "2026-11-23 09:00", "2026-11-23 15:00", jobs...)
	if len(s.Stations) != 1 {
		t.Fatalf("%+v", s.Stations)
	}
	st := s.Stations[0]
	is(t, "utilisation", st.Utilisation, 0.5, 10)
	if st.Run.Elapsed != 3 || st.Queue.Elapsed != 5 || st.Queue.N != 5 {
		t.Errorf("%+v", st)
	}
	if b := s.Bottleneck; b.Queue.Name != "print" || b.Busy.Name != "SM74" || b.Active.Value != 2 {
		t.Errorf("%+v %+v", b.Queue, b.Active)
	}
}

func TestUnionNeverCountsTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var list []stretch
		covered := map[int]bool{}
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			from := rapid.IntRange(0, 100).Draw(t, "from")
			to := from + rapid.IntRange(0, 20).Draw(t, "long")
			list = append(list, stretch{flow.Moment(from), flow.Moment(to)})
			for i := from; i < to; i++ {
				covered[i] = true
			}
		}
		sum := 0
		for i, s := range union(list) {
			sum += int(s.to - s.from)
			if i > 0 && s.from <= union(list)[i-1].to {
				t.Fatal("stretches touch")
			}
		}
		if sum != len(covered) {
			t.Fatalf("%d, want %d", sum, len(covered))
		}
	})
}
