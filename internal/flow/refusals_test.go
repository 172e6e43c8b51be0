package flow

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

// gives has somebody else than the owner give a command at the line, some time later.
func (l *line) gives(m Mark, c Command) ([]Movement, error) {
	w := World{Jobs: map[ID]Job{{5}: l.job}, Processes: map[Edition]Process{{l.process.ID, 1}: l.process}, History: map[ID][]Movement{{5}: l.history}}
	if m.At == 0 {
		m.At = l.now
	}
	return Decide(w, m, c)
}

func isRefused(t *testing.T, err error, code Code) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestReasonsAreAskedFor(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, nil, "print", "pack")
	l.refused(WasteNoReason, Report{Work: l.at("print"), Wasted: []Waste{{Quantity: Units(1)}}})
	l.refused(ReasonUnknown, Report{Work: l.at("print"), Wasted: []Waste{{Reason: "bored", Quantity: Units(1)}}})
	l.refused(HoldNoReason, Hold{Work: l.at("print")})
	l.refused(ReasonUnknown, Hold{Work: l.at("print"), Reason: "bored"})
	l.ok(Finish{Work: l.at("print")})
	l.refused(BackNoReason, Report{Work: l.at("pack"), Back: []Back{{To: "print", Quantity: Units(1)}}})
}

// The fold itself refuses what cannot be true, whoever decided it.
func TestWhatCannotBeIsNotApplied(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, nil, "print", "pack")
	held := l.job
	l.ok(Hold{Work: l.at("print"), Reason: "no_power"})
	on := func(j Job, kind Kind, f Facts) error {
		_, err := Apply(j, Movement{Job: j.ID, Kind: kind, Stage: "print", Occurred: l.now, Facts: f})
		return err
	}
	for name, err := range map[string]error{
		"a report on hold":        on(l.job, KindReported, Facts{Good: Units(1)}),
		"a second hold":           on(l.job, KindHeld, Facts{Reason: "no_power"}),
		"negative good":           on(held, KindReported, Facts{Good: -Units(1)}),
		"negative waste":          on(held, KindReported, Facts{Wasted: []Waste{{Reason: "torn", Quantity: -Units(1)}}}),
		"more than is there":      on(held, KindReported, Facts{Good: Units(101)}),
		"resuming what runs":      on(held, KindResumed, Facts{}),
		"found nothing":           on(held, KindFound, Facts{}),
		"sent more than is there": on(held, KindSent, Facts{Quantity: Units(101), Challan: "1"}),
		"received from nowhere":   on(held, KindReceived, Facts{Good: Units(1), Challan: "1"}),
		"split found not there":   on(held, KindSplit, Facts{Quantity: Units(1), Found: Units(1)}),
		"joined with too much":    on(held, KindJoined, Facts{Quantity: Units(1), Found: Units(2)}),
	} {
		var no *Impossible
		if !errors.As(err, &no) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhenThingsMayHaveHappened(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, nil, "print", "pack")
	owner := Mark{Member: ID{1}, Role: Owner, Scope: Scope{All: true}}
	_, err := l.gives(owner, Command{ID: ID{50}, Occurred: l.now.Add(3 * time.Minute), Action: Finish{Work: l.at("print")}})
	isRefused(t, err, InTheFuture)
	ravi := Mark{Member: ID{2}, Role: Operator, Scope: Scope{Stages: map[StageRef]bool{{l.process.ID, "print"}: true}}}
	_, err = l.gives(ravi, Command{ID: ID{50}, Occurred: l.now.Add(-73 * time.Hour), Action: Finish{Work: l.at("print")}})
	isRefused(t, err, TooLongAgo)
	_, err = l.gives(owner, Command{ID: ID{50}, Occurred: l.now.Add(-367 * 24 * time.Hour), Action: Finish{Work: l.at("print")}})
	isRefused(t, err, TooLongAgo)
	for ago, mark := range map[time.Duration]string{time.Minute: MarkLive, 5 * time.Minute: MarkBackdated, 71 * time.Hour: MarkBackdated, 30 * 24 * time.Hour: MarkBackdated} {
		moves, err := l.gives(owner, Command{ID: ID{50}, Occurred: l.now.Add(-ago), Action: Finish{Work: l.at("print")}})
		if err != nil || moves[0].Mark != mark || moves[0].Occurred != l.now.Add(-ago) || moves[0].Recorded != l.now {
			t.Errorf("%s ago: %+v %v", ago, moves, err)
		}
	}
}

func TestWhoMayTakeBackWhat(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, nil, "print", "pack")
	ravi := Mark{Member: ID{2}, Role: Operator, Scope: Scope{Stages: map[StageRef]bool{{l.process.ID, "print"}: true}}}
	moves, err := l.gives(ravi, Command{ID: ID{50}, Action: Finish{Work: l.at("print")}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.gives(ravi, Command{ID: ID{51}, Action: Finish{Work: l.at("pack")}})
	isRefused(t, err, NotFound)
	l.history = append(l.history, moves...)
	if l.job, err = Replay(l.history); err != nil {
		t.Fatal(err)
	}
	undo := Command{ID: ID{52}, Action: Undo{Job: ID{5}, Undoes: ID{50}}}
	other := ravi
	other.Member = ID{3}
	_, err = l.gives(other, undo)
	isRefused(t, err, UndoNotYours)
	late := ravi
	late.At = l.now.Add((UndoMinutes + 1) * time.Minute)
	_, err = l.gives(late, undo)
	isRefused(t, err, UndoTooLate)
	if moves, err = l.gives(ravi, undo); err != nil || moves[0].Kind != KindUndone {
		t.Errorf("%+v %v", moves, err)
	}
	elsewhere := other
	elsewhere.Scope = Scope{Stages: map[StageRef]bool{{ID{77}, "print"}: true}}
	_, err = l.gives(elsewhere, undo)
	isRefused(t, err, NotFound)
}

func TestNumbersAndDates(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, nil, "print", "pack")
	w := World{Processes: map[Edition]Process{{l.process.ID, 1}: l.process}, Taken: map[string]ID{"JC-9": {9}}}
	create := func(numbers ...string) error {
		a := Create{Process: l.process.ID, Version: 1}
		for i, n := range numbers {
			a.Jobs = append(a.Jobs, NewJob{ID: ID{20, byte(i)}, Number: n, Quantity: Units(1)})
		}
		_, err := Decide(w, Mark{Role: Owner, Scope: Scope{All: true}, At: l.now}, Command{ID: ID{60}, Action: a})
		return err
	}
	isRefused(t, create("jc-9"), NumberTaken)
	isRefused(t, create("JC-10", "jc-10"), NumberTaken)
	l.ok(Change{Job: ID{5}, Set: map[string]string{SetDue: "2026-12-01"}})
	l.ok(Change{Job: ID{5}, Set: map[string]string{SetDue: "2026-12-08"}})
	l.ok(Change{Job: ID{5}, Set: map[string]string{SetDue: "2026-12-15"}})
	if l.job.Promised != "2026-12-01" || l.job.Due != "2026-12-15" {
		t.Errorf("first promised %s, due %s", l.job.Promised, l.job.Due)
	}
}

func TestWhatComesBackFromAVendor(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, nil, "film", "pack")
	l.ok(Send{Lines: []SendLine{{Work: l.at("film"), Quantity: Units(60)}}, Vendor: ID{4}})
	l.refused(MoreThanOut, Receive{Work: l.at("film"), Good: Units(61)})
	l.ok(Receive{Work: l.at("film"), Good: Units(40), Damaged: Units(5), Short: Units(2), Unused: Units(3)})
	s, _ := l.job.Stage("film")
	if s.Good != Units(40) || s.Wasted != Units(5) || s.Short != Units(2) || s.AtVendor != Units(10) || s.OnHand != Units(43) {
		t.Errorf("%+v", s)
	}
	last := l.history[len(l.history)-1]
	if !reflect.DeepEqual(last.Facts.Wasted, []Waste{{Reason: DamagedAtVendor, Quantity: Units(5)}}) {
		t.Errorf("the vendor's damage is booked as %+v", last.Facts.Wasted)
	}
}

func TestLotsAndNonConformancesAreAskedFor(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, func(p *Process) { p.Stages[0].LotIn, p.Stages[1].LotOut = true, true }, "print", "pack")
	l.refused(LotNeeded, Finish{Work: l.at("print")})
	l.refused(LotNeeded, Finish{Work: l.at("print"), Release: Release{Used: []Used{{Material: "board"}}}})
	l.ok(Start{Work: l.at("print"), Used: []Used{{Lot: "B-1", Quantity: Units(20)}}})
	l.ok(Report{Work: l.at("print"), Good: Units(60), Release: Release{Used: []Used{{Lot: "b-1", Quantity: Units(5), Supplier: "Konkan Boards"}, {Lot: "B-2"}}}})
	s, _ := l.job.Stage("print")
	if len(s.Used) != 2 || s.Used[0].Quantity != Units(25) || s.Used[0].Supplier != "Konkan Boards" {
		t.Errorf("used %+v", s.Used)
	}
	l.refused(LotOutNeeded, Finish{Work: l.at("pack")})
	l.ok(Report{Work: l.at("pack"), Good: Units(10), Release: Release{Made: "C-1"}})
	l.ok(Report{Work: l.at("pack"), Good: Units(20), Release: Release{Made: "c-1"}})
	if s, _ = l.job.Stage("pack"); len(s.Made) != 1 || s.Made[0].Quantity != Units(30) {
		t.Errorf("made %+v", s.Made)
	}
	nc := ID{70}
	l.refused(NCWhat, RaiseNC{Work: l.at("pack"), NC: nc})
	l.ok(RaiseNC{Work: l.at("pack"), NC: nc, What: "crushed corners"})
	l.refused(BadCommand, RaiseNC{Work: l.at("pack"), NC: nc, What: "again"})
	l.refused(NCOpenAction, SettleNC{Job: ID{5}, NC: nc, Decided: "scrap", Verdict: "seen"})
	l.ok(SettleNC{Job: ID{5}, NC: nc, Decided: "scrap", Action: "corner boards"})
	operator := Mark{Member: ID{2}, Role: Operator, Scope: Scope{All: true}}
	_, err := l.gives(operator, Command{ID: ID{71}, Action: SettleNC{Job: ID{5}, NC: nc, Verdict: "seen"}})
	isRefused(t, err, NCNotYours)
	l.ok(SettleNC{Job: ID{5}, NC: nc, Verdict: "three jobs without it"})
	l.refused(NCClosed, SettleNC{Job: ID{5}, NC: nc, Action: "more"})
	if n, _ := l.job.NC(nc); n.Closed == 0 || n.Number != "JC-1/NC1" || n.Action != "corner boards" {
		t.Errorf("%+v", n)
	}
}

// The shares of a run are by quantity and add up to all of it.
func TestARunIsSharedWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ q, want []int64 }{
		{[]int64{100, 200, 33}, []int64{300_300, 600_601, 99_099}}, {[]int64{1, 1, 1}, []int64{333_334, 333_333, 333_333}}, {[]int64{7}, []int64{1_000_000}},
	} {
		var quantities []Quantity
		for _, n := range c.q {
			quantities = append(quantities, Units(n))
		}
		for i, share := range Shares(quantities) {
			if int64(share) != c.want[i] {
				t.Errorf("%v: share %d is %d, want %d", c.q, i, share, c.want[i])
			}
		}
	}
	if Shares([]Quantity{0, 0}) != nil {
		t.Error("nothing is shared")
	}
}

// What was found at a stage stays found when it goes to a lot and when it comes back.
func TestWhatWasFoundStaysFoundInLots(t *testing.T) {
	t.Parallel()
	c := openClan(t.Fatalf, pairs(), Units(30))
	do := func(a Action) {
		t.Helper()
		if err := c.give(a); err != nil {
			t.Fatal(a.Name(), err)
		}
	}
	at := func(job ID, stage string) Work { return Work{job, stage} }
	do(Count{Work: at(ID{5}, "dispatch"), There: Units(4), Reason: "on a shelf", Of: map[string]Amount{"6": counts(Units(4))}})
	do(Split{Work: at(ID{5}, "dispatch"), Quantity: Units(4), Lot: ID{8}, Number: "RB-1/2"})
	if lot, _ := c.jobs[ID{8}].Stage("dispatch"); lot.Found != Units(4) || lot.Received != 0 {
		t.Errorf("the lot has %+v", lot)
	}
	do(Split{Work: at(ID{8}, "dispatch"), Quantity: Units(1), Lot: ID{9}, Number: "RB-1/3"})
	do(Merge{Work: at(ID{9}, "dispatch"), Into: ID{8}})
	if lot, _ := c.jobs[ID{8}].Stage("dispatch"); lot.Found != Units(4) || lot.OnHand != Units(4) {
		t.Errorf("merged back it has %+v", lot)
	}
}
