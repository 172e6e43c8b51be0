package measure

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
)

var kolkata = time.FixedZone("IST", 5*3600+1800)

func ist(text string) flow.Moment {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, kolkata)
	if err != nil {
		panic(err)
	}
	return flow.At(t)
}

// told is a history being told: every movement is its own command.
type told struct {
	n       byte
	history []flow.Movement
}

func (s *told) tell(at, stage string, kind flow.Kind, f flow.Facts) *told {
	s.n++
	s.history = append(s.history, flow.Movement{Job: flow.ID{7}, Command: flow.ID{s.n}, Kind: kind, Stage: stage, Occurred: ist(at), Facts: f})
	return s
}

func job(at string, route ...string) *told {
	s := &told{}
	return s.tell(at, "", flow.KindCreated, flow.Facts{Number: "JC-1", Mode: flow.QuantityMode, Quantity: flow.Units(100), Route: route})
}

func good(n int64) flow.Facts { return flow.Facts{Good: flow.Units(n)} }

func (s *told) stays(t *testing.T, until string) []Stay {
	t.Helper()
	list, err := Stays(s.history, ist(until))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestATimerLeftRunningOverAShiftEnd(t *testing.T) {
	t.Parallel()
	s := job("2026-11-23 17:40", "printing", "packing").tell("2026-11-23 17:50", "printing", flow.KindStarted, flow.Facts{}).
		tell("2026-11-24 09:10", "printing", flow.KindReported, good(100))
	list := s.stays(t, "2026-11-24 10:00")
	if len(list) != 2 || list[0].Stage != "printing" {
		t.Fatalf("%+v", list)
	}
	got := list[0].Times(flow.StarterCalendar().In(kolkata)) // 09:00 to 18:00
	if want := (Length{15*time.Hour + 20*time.Minute, 20 * time.Minute}); got.Run != want {
		t.Errorf("started 17:50, done 09:10 the next day: %+v, want %+v", got.Run, want)
	}
	if want := (Length{15*time.Hour + 30*time.Minute, 30 * time.Minute}); got.TAT != want || got.Queue != (Length{10 * time.Minute, 10 * time.Minute}) {
		t.Errorf("%+v", got)
	}
	if got := list[0].Times(nil); got.Run.Working != got.Run.Elapsed {
		t.Errorf("round the clock: %+v", got)
	}
}

func TestStaysAreSplitIntoQueueRunHoldAndVendor(t *testing.T) {
	t.Parallel()
	s := job("2026-11-23 09:00", "printing", "lamination").
		tell("2026-11-23 10:00", "printing", flow.KindStarted, flow.Facts{}).
		tell("2026-11-23 11:00", "printing", flow.KindHeld, flow.Facts{Reason: "no_power"}).
		tell("2026-11-23 13:00", "printing", flow.KindResumed, flow.Facts{}).
		tell("2026-11-23 14:00", "printing", flow.KindReported, good(60)).
		tell("2026-11-23 15:00", "printing", flow.KindReported, good(40)).
		tell("2026-11-23 16:00", "lamination", flow.KindSent, flow.Facts{Challan: "1", Quantity: flow.Units(100)}).
		tell("2026-11-25 16:00", "lamination", flow.KindReceived, flow.Facts{Challan: "1", Good: flow.Units(90), Wasted: []flow.Waste{{Reason: "x", Quantity: flow.Units(10)}}})
	list := s.stays(t, "2026-11-26 09:00")
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	hour := func(n int) Length { return Length{time.Duration(n) * time.Hour, time.Duration(n) * time.Hour} }
	if got := list[0].Times(nil); got != (Times{TAT: hour(6), Queue: hour(1), Run: hour(3), Own: hour(3), Hold: hour(2)}) {
		t.Errorf("printing: %+v", got)
	}
	if got := list[1].Times(nil); got != (Times{TAT: hour(50), Queue: hour(2), Away: hour(48)}) { // the first 60 came at 14:00
		t.Errorf("lamination: %+v", got)
	}
}

// Two jobs in one oven for an hour and a half, a quarter of an hour of it on hold: each has its part of the run, and the
// parts are the run.
func TestARunOfSeveralJobsIsSharedByQuantity(t *testing.T) {
	t.Parallel()
	var own time.Duration
	for _, share := range flow.Shares([]flow.Quantity{flow.Units(100), flow.Units(300)}) {
		s := job("2026-11-23 09:00", "oven", "packing").tell("2026-11-23 10:00", "oven", flow.KindStarted, flow.Facts{Batch: flow.ID{3}, Share: share}).
			tell("2026-11-23 10:15", "oven", flow.KindHeld, flow.Facts{Reason: "no_power"}).tell("2026-11-23 10:30", "oven", flow.KindResumed, flow.Facts{}).
			tell("2026-11-23 11:30", "oven", flow.KindReported, good(60)).tell("2026-11-23 11:45", "oven", flow.KindReported, good(40)).
			tell("2026-11-23 12:00", "packing", flow.KindStarted, flow.Facts{}).tell("2026-11-23 12:30", "packing", flow.KindReported, good(100))
		list := s.stays(t, "2026-11-23 13:00")
		oven, packing := list[0].Times(nil), list[1].Times(nil)
		if oven.Run.Elapsed != 90*time.Minute || oven.TAT.Elapsed != 165*time.Minute {
			t.Errorf("the run itself is as long as it was: %+v", oven)
		}
		if packing.Own != packing.Run || packing.Run.Elapsed != 30*time.Minute {
			t.Errorf("a run of one's own: %+v", packing)
		}
		own += oven.Own.Elapsed
	}
	if own != 90*time.Minute {
		t.Errorf("the parts are %s together", own)
	}
}

func TestAStayThatGoesOnIsToldUpToNow(t *testing.T) {
	t.Parallel()
	s := job("2026-11-23 09:00", "printing").tell("2026-11-23 10:00", "printing", flow.KindStarted, flow.Facts{})
	list := s.stays(t, "2026-11-23 12:30")
	if len(list) != 1 || list[0].To != 0 || list[0].Times(nil).TAT.Elapsed != 210*time.Minute {
		t.Errorf("%+v", list)
	}
}

func TestReworkIsASecondStayAndWhatWasTakenBackIsNone(t *testing.T) {
	t.Parallel()
	s := job("2026-11-23 09:00", "printing", "qc").
		tell("2026-11-23 10:00", "printing", flow.KindReported, good(100)).
		tell("2026-11-23 11:00", "qc", flow.KindReported, flow.Facts{Good: flow.Units(80), Back: []flow.Back{{To: "printing", Reason: "quality", Quantity: flow.Units(20)}}}).
		tell("2026-11-23 11:30", "printing", flow.KindReported, good(20)).
		tell("2026-11-23 11:31", "printing", flow.KindUndone, flow.Facts{Undoes: flow.ID{4}}).
		tell("2026-11-23 12:00", "printing", flow.KindReported, good(20))
	var visits []time.Duration
	for _, stay := range s.stays(t, "2026-11-23 13:00") {
		if stay.Stage == "printing" {
			visits = append(visits, stay.Times(nil).TAT.Elapsed)
		}
	}
	if len(visits) != 2 || visits[0] != time.Hour || visits[1] != time.Hour {
		t.Errorf("%v", visits)
	}
}

// A row of the past says when its run began: before that it waited; when the accounts had nothing there yet, it came
// with the run.
func TestRowsOfThePastSayWhenTheyBegan(t *testing.T) {
	t.Parallel()
	row := func(began string, n int64) flow.Facts {
		return flow.Facts{Began: ist(began), Good: flow.Units(n)}
	}
	s := job("2026-11-23 09:00", "cut", "pack").
		tell("2026-11-23 12:00", "cut", flow.KindReported, row("2026-11-23 10:00", 100)).
		tell("2026-11-23 12:00", "pack", flow.KindFound, flow.Facts{Quantity: flow.Units(5)}).
		tell("2026-11-23 13:00", "pack", flow.KindReported, row("2026-11-23 11:00", 105))
	list := s.stays(t, "2026-11-23 14:00")
	if cut := list[0].Times(nil); cut.Queue.Elapsed != time.Hour || cut.Run.Elapsed != 2*time.Hour {
		t.Errorf("%+v", cut)
	}
	if pack := list[1].Times(nil); pack.Queue.Elapsed != 0 || pack.Run.Elapsed != 2*time.Hour || list[1].From != ist("2026-11-23 11:00") {
		t.Errorf("%+v", pack)
	}
}

// However the movements are dated, the parts of a stay make the whole, and working time is never more than elapsed.
func TestThePartsOfAStayMakeTheWhole(t *testing.T) {
	t.Parallel()
	hours := flow.StarterCalendar().In(kolkata)
	rapid.Check(t, func(t *rapid.T) {
		s := job("2026-11-23 09:00", "a", "b")
		s.n = 100
		kinds := []flow.Kind{flow.KindStarted, flow.KindHeld, flow.KindResumed, flow.KindReported}
		var j flow.Job
		j, err := flow.Apply(j, s.history[0])
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			if err != nil {
				t.Fatal(err)
			}
			s.n++
			m := flow.Movement{Job: flow.ID{7}, Command: flow.ID{s.n}, Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Stage: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "stage"),
				Occurred: ist("2026-11-23 09:00").Add(time.Duration(rapid.IntRange(-600, 9000).Draw(t, "at")) * time.Minute), Facts: flow.Facts{Reason: "x"}}
			if m.Kind == flow.KindReported {
				m.Facts = good(rapid.Int64Range(0, 60).Draw(t, "good"))
			}
			if next, err := flow.Apply(j, m); err == nil {
				j, s.history = next, append(s.history, m)
			}
		}
		list, err := Stays(s.history, ist("2026-12-01 09:00"))
		if err != nil {
			t.Fatal(err)
		}
		for _, stay := range list {
			x := stay.Times(hours)
			if x.Queue.And(x.Run).And(x.Hold).And(x.Away) != x.TAT || x.TAT.Working > x.TAT.Elapsed || x.TAT.Working < 0 {
				t.Fatalf("%+v of %+v", x, stay)
			}
			for i, span := range stay.Spans {
				if span.To < span.From || i > 0 && span.From != stay.Spans[i-1].To {
					t.Fatalf("%+v", stay)
				}
			}
		}
	})
}

func TestTimesOfAHistory(t *testing.T) {
	t.Parallel()
	hours := flow.StarterCalendar().In(kolkata)
	first := job("2026-11-23 17:00", "print").tell("2026-11-23 17:30", "print", flow.KindStarted, flow.Facts{}).tell("2026-11-24 10:00", "print", flow.KindReported, good(100)).history
	second := job("2026-11-23 17:00", "print").history // still open
	for i := range second {
		second[i].Job = flow.ID{8}
	}
	k, err := TimesOf(func(f func(flow.Movement) error) error {
		for _, m := range append(first, second...) {
			if err := f(m); err != nil {
				return err
			}
		}
		return nil
	}, func(_ flow.ID, code string) (string, *flow.Hours) { return code, hours })
	if err != nil || len(k.Stages) != 1 || k.Stages[0].TAT.Elapsed.N != 1 {
		t.Fatalf("%+v %v", k, err)
	}
	for what, got := range map[string][2]float64{
		"lead elapsed": {k.Lead.Elapsed.P50, 17}, "lead working": {k.Lead.Working.P50, 2}, "cycle elapsed": {k.Cycle.Elapsed.P50, 16.5}, "cycle working": {k.Cycle.Working.P50, 1.5},
		"queue": {k.Stages[0].Queue.Working.P50, 0.5}, "run": {k.Stages[0].Run.Elapsed.P50, 16.5}, "run working": {k.Stages[0].Run.Working.P50, 1.5},
	} {
		if math.Abs(got[0]-got[1]) > 1e-9 {
			t.Errorf("%s: %v, want %v", what, got[0], got[1])
		}
	}
}
