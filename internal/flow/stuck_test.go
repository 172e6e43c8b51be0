package flow

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// monday is 23-11-2026 10:00 in Kolkata, in the middle of a day shift.
var monday = time.Date(2026, 11, 23, 10, 0, 0, 0, kolkata)

func dayShift() *Timetable {
	plant := Calendar{Code: "plant", Shifts: []Shift{{From: 9 * 60, To: 18 * 60, Days: [7]bool{false, true, true, true, true, true, true}}}}
	return NewTimetable([]Calendar{plant}, "plant", kolkata)
}

func TestWhatIsStuck(t *testing.T) {
	t.Parallel()
	p := Process{Stages: []Stage{
		{Code: "print", Name: "Printing"}, {Code: "dry", Name: "Drying", Dwell: 600}, {Code: "laminate", Name: "Lamination", Target: 480},
		{Code: "proof", Name: "Proof", Approval: true}, {Code: "own", Name: "Own", Stuck: Alarms{Idle: 30, Silent: 60, Waiting: 90, Vendor: 2, Begin: 3}},
		{Code: "dispatch", Name: "Dispatch"},
	}}
	ago := func(d time.Duration) Moment { return At(monday.Add(-d)) }
	hour := time.Hour
	here := func(s StageState) StageState { s.OnHand = One; return s }
	sent := func(since time.Duration, expected Date) StageState {
		return StageState{Ready: ago(since), AtVendor: One, Out: []Out{{Quantity: One, Sent: ago(since), Expected: expected}}}
	}
	for name, c := range map[string]struct {
		at    string
		state StageState
		due   Date
		want  StuckBy
	}{
		"an hour is nothing":                     {"print", here(StageState{Ready: ago(hour)}), "", ""},
		"the night is none":                      {"print", here(StageState{Ready: ago(17 * hour)}), "", ""}, // Sunday is free, Saturday ended at 18
		"two working hours over Sunday":          {"print", here(StageState{Ready: ago(41 * hour)}), "", StuckIdle},
		"a report starts anew":                   {"print", here(StageState{Ready: ago(90 * hour), Started: ago(90 * hour), Moved: ago(hour / 2)}), "", ""},
		"running counts the same":                {"print", here(StageState{Ready: ago(90 * hour), Started: ago(89 * hour), Moved: ago(89 * hour)}), "", StuckIdle},
		"ink dries first":                        {"dry", here(StageState{Ready: ago(41 * hour)}), "", ""},
		"and is forgotten then":                  {"dry", here(StageState{Ready: ago(52 * hour)}), "", StuckIdle},
		"a long target is time in order":         {"laminate", here(StageState{Ready: ago(41 * hour)}), "", ""},
		"and no more than that":                  {"laminate", here(StageState{Ready: ago(48 * hour)}), "", StuckIdle},
		"a day of a hold":                        {"print", here(StageState{Ready: ago(90 * hour), Held: ago(24 * hour)}), "", ""},
		"two days of a hold":                     {"print", here(StageState{Ready: ago(90 * hour), Held: ago(48 * hour)}), "", StuckWaiting},
		"an approval has two days too":           {"proof", here(StageState{Ready: ago(47 * hour)}), "", ""},
		"then it waits":                          {"proof", here(StageState{Ready: ago(49 * hour)}), "", StuckWaiting},
		"a vendor has a day":                     {"print", sent(23*hour, "2026-11-30"), "", ""},
		"then they are silent":                   {"print", sent(25*hour, "2026-11-30"), "", StuckSilent},
		"unless they said something":             {"print", StageState{Ready: ago(50 * hour), AtVendor: One, Out: []Out{{Quantity: One, Sent: ago(50 * hour), Expected: "2026-11-30", Told: ago(hour)}}}, "", ""},
		"their day has passed":                   {"print", sent(hour, "2026-11-22"), "", StuckVendor},
		"their day is today":                     {"print", sent(hour, "2026-11-23"), "", ""},
		"five days without a day":                {"print", StageState{AtVendor: One, Out: []Out{{Quantity: One, Sent: ago(130 * hour), Told: ago(hour)}}}, "", ""},
		"six days without a day":                 {"print", StageState{AtVendor: One, Out: []Out{{Quantity: One, Sent: ago(140 * hour), Told: ago(hour)}}}, "", StuckVendor},
		"a part at a vendor is overdue too":      {"print", here(StageState{Ready: ago(hour), AtVendor: One, Out: []Out{{Quantity: One, Sent: ago(hour), Expected: "2026-11-22"}}}), "", StuckVendor},
		"ready to leave for a day":               {"dispatch", here(StageState{Ready: ago(25 * hour)}), "", StuckLeaving},
		"ready to leave for less":                {"dispatch", here(StageState{Ready: ago(23 * hour)}), "", ""},
		"being dispatched":                       {"dispatch", here(StageState{Ready: ago(41 * hour), Started: ago(41 * hour)}), "", StuckIdle},
		"due today and not begun":                {"print", here(StageState{Ready: ago(hour)}), "2026-11-23", StuckBegin},
		"due today and running":                  {"print", here(StageState{Ready: ago(hour), Started: ago(hour)}), "2026-11-23", ""},
		"due tomorrow":                           {"print", here(StageState{Ready: ago(hour)}), "2026-11-24", ""},
		"late is late, not this":                 {"print", here(StageState{Ready: ago(hour)}), "2026-11-22", ""},
		"an alarm of its own":                    {"own", here(StageState{Ready: ago(40 * time.Minute)}), "", StuckIdle},
		"days of its own":                        {"own", here(StageState{Ready: ago(time.Minute)}), "2026-11-26", StuckBegin},
		"and not a day more":                     {"own", here(StageState{Ready: ago(time.Minute)}), "2026-11-27", ""},
		"its vendors are silent sooner":          {"own", sent(61*time.Minute, "2026-11-30"), "", StuckSilent},
		"and have two days":                      {"own", sent(73*hour, ""), "", StuckVendor},
		"a hold of its own":                      {"own", here(StageState{Ready: ago(9 * hour), Held: ago(91 * time.Minute)}), "", StuckWaiting},
		"nothing is there":                       {"print", StageState{Ready: ago(90 * hour)}, "2026-11-23", ""},
		"a stage that the process does not know": {"extra", here(StageState{Ready: ago(41 * hour)}), "", StuckIdle},
	} {
		c.state.Code = c.at
		j := Job{Due: c.due, Stages: []StageState{c.state}}
		got, is := NewWatch(monday, kolkata, dayShift()).Stuck(p, &j, c.at)
		if is != (c.want != "") || got.By != c.want {
			t.Errorf("%s: %q, not %q", name, got.By, c.want)
		}
		j.Completed = At(monday)
		if _, is := NewWatch(monday, kolkata, dayShift()).Stuck(p, &j, c.at); is {
			t.Errorf("%s: stuck though the job is done", name)
		}
	}
}

// Back is the inverse of Working: so much work has passed since then, and less since any later moment.
func TestBackIsTheLastMomentWithSoMuchWork(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := anyCalendar(t).In(rapid.SampledFrom([]*time.Location{kolkata, berlin, time.UTC}).Draw(t, "zone"))
		to, d := anyMoment(t), time.Duration(rapid.Int64Range(1, int64(60*time.Hour)).Draw(t, "d"))
		m := h.Back(to, d)
		if m == never {
			return
		}
		if got := h.Working(m.Time(), to); got < d {
			t.Fatalf("%v of work since %v, not %v", got, m.Time(), d)
		}
		if got := h.Working((m + 1).Time(), to); got >= d {
			t.Fatalf("%v of work since a microsecond later than %v", got, m.Time())
		}
	})
}

// What lists ask for is what the rule says, for any state at any moment; and what is stuck by time stays so until something
// moves.
func TestCutsAreTheRule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]*time.Location{kolkata, berlin}).Draw(t, "zone")
		c := anyCalendar(t)
		table := NewTimetable([]Calendar{c}, c.Code, zone)
		minutes := rapid.SampledFrom([]int{0, 0, 1, 45, 600, 3000})
		s := Stage{Code: "a", Name: "A", Target: minutes.Draw(t, "target"), Dwell: minutes.Draw(t, "dwell"), Approval: rapid.Bool().Draw(t, "approval"),
			Stuck: Alarms{Idle: minutes.Draw(t, "idle"), Silent: minutes.Draw(t, "silent"), Waiting: minutes.Draw(t, "waiting"), Leaving: minutes.Draw(t, "leaving"),
				Vendor: rapid.IntRange(0, 4).Draw(t, "vendor"), Begin: rapid.IntRange(0, 3).Draw(t, "begin")}}
		p := Process{Stages: []Stage{s}}
		if rapid.Bool().Draw(t, "more") {
			p.Stages = append(p.Stages, Stage{Code: "b", Name: "B"})
		}
		now := anyMoment(t).Add(10 * 24 * time.Hour)
		st := StageState{Code: "a", Ready: At(anyMoment(t)), OnHand: Quantity(rapid.IntRange(0, 1).Draw(t, "here"))}
		for _, of := range []*Moment{&st.Started, &st.Held, &st.Moved} {
			if rapid.Bool().Draw(t, "set") {
				*of = At(anyMoment(t))
			}
		}
		for range rapid.IntRange(0, 2).Draw(t, "out") {
			o := Out{Quantity: 1, Sent: At(anyMoment(t))}
			if rapid.Bool().Draw(t, "expected") {
				o.Expected = DateOf(anyMoment(t).AddDate(0, 0, 10))
			}
			st.Out, st.AtVendor = append(st.Out, o), st.AtVendor+1
		}
		j := Job{Due: DateOf(now.AddDate(0, 0, rapid.IntRange(-2, 5).Draw(t, "due"))), Stages: []StageState{st}}
		w := NewWatch(now, zone, table)
		got, is := w.Stuck(p, &j, "a")
		if want := listed(w, p, &j, st); is != want {
			t.Fatalf("the rule says %v (%s), the lists %v", is, got.By, want)
		}
		later := NewWatch(now.Add(time.Duration(rapid.Int64Range(0, int64(90*time.Hour)).Draw(t, "later"))), zone, table)
		if _, still := later.Stuck(p, &j, "a"); is && !still && got.By != StuckBegin {
			t.Fatalf("stuck by %s, and no more without a movement", got.By)
		}
	})
}

// listed is what the lists find, in their terms.
func listed(w Watch, p Process, j *Job, st StageState) bool {
	cuts := w.Cuts(p, "a")
	cut := map[Status]Moment{Ready: cuts.Ready, Running: cuts.Running, Held: cuts.Held, Away: cuts.Away}[st.Status()]
	if !st.Live() {
		return false
	}
	if st.Quiet() <= cut || st.Status() == Ready && j.Due >= w.Today() && j.Due <= cuts.Begin {
		return true
	}
	for _, o := range st.Out {
		if o.Expected != "" && o.Expected < w.Today() || o.Expected == "" && o.Sent < cuts.Sent {
			return true
		}
	}
	return false
}

// Beyond is exact at the limit, for any quantities there can be.
func TestBeyondIsExact(t *testing.T) {
	t.Parallel()
	five := Stage{Allowance: Units(5)}
	for _, c := range []struct {
		wasted, came Quantity
		beyond       bool
	}{
		{Units(5), Units(100), false}, {Units(5) + 1, Units(100), true}, {0, Units(100), false}, {1, 20, false}, {1, 19, true},
		{MaxQuantity / 20, MaxQuantity, false}, {MaxQuantity/20 + 1, MaxQuantity, true}, {MaxQuantity, MaxQuantity, true},
	} {
		st := StageState{Wasted: c.wasted, Received: c.came}
		if five.Beyond(&st) != c.beyond {
			t.Errorf("%v of %v (%v%%): %v", c.wasted, c.came, st.Wastage(), !c.beyond)
		}
		if (Stage{}).Beyond(&st) {
			t.Error("beyond no limit")
		}
	}
}
