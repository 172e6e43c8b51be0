package flow

import (
	"testing"
	"time"
)

// A sheet becomes eight cartons: each stage counts in its own unit, and what is sent back is counted in sheets again.
func TestASheetBecomesEightCartons(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, func(p *Process) { p.Stages[1].Yields, _ = ParseRatio("8") }, "print", "punch", "paste", "pack")
	l.ok(Report{Work: l.at("print"), Good: Units(492), Wasted: waste(8)})
	l.ok(Report{Work: l.at("punch"), Good: Units(490), Wasted: waste(2)})
	l.is("paste", "received 3920 hand 3920")
	l.refused(BackNotWhole, Report{Work: l.at("paste"), Back: []Back{{To: "print", Reason: "torn", Quantity: Units(1) / 1000000 * 3}}})
	l.ok(Report{Work: l.at("paste"), Good: Units(3800), Wasted: waste(40), Back: []Back{{To: "punch", Reason: "torn", Quantity: Units(80)}}})
	l.is("punch", "received 502 good 490 wasted 2 hand 10")
	l.ok(Finish{Work: l.at("punch")})
	l.is("paste", "received 4000 good 3800 wasted 40 back 80 hand 80")
}

// Twelve pieces make a box. Parts of a box are handed on exactly, and their sum is whole again.
func TestRoundingLosesNothing(t *testing.T) {
	t.Parallel()
	l := openLine(t, 120, func(p *Process) { p.Stages[0].Yields, _ = ParseRatio("1/12") }, "count", "box")
	for range 12 {
		l.ok(Report{Work: l.at("count"), Good: Units(10)})
	}
	l.is("box", "received 10 hand 10")
}

func TestRatiosReadWhatTheyWrite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"8": "8", "0.5": "1/2", "2/24": "1/12", "1": "1", "": "1", "2.5/3": "5/6", "7/7": "1"} {
		r, err := ParseRatio(text)
		again, err2 := ParseRatio(r.String())
		if err != nil || err2 != nil || r.String() != want || again != r {
			t.Errorf("%q is %s (%v), want %s", text, r, err, want)
		}
	}
	for _, text := range []string{"0", "1/0", "-2", "x", "1/2/3", "1/0.0000000001", "9999999999"} {
		if r, err := ParseRatio(text); err == nil {
			t.Errorf("%q was read as %s", text, r)
		}
	}
}

func TestCuringTakesItsTime(t *testing.T) {
	t.Parallel()
	l := openLine(t, 60, func(p *Process) { p.Stages[0].Dwell = 48 * 60 }, "cure", "pack")
	l.ok(Start{Work: l.at("cure")})
	l.refused(TooEarly, Finish{Work: l.at("cure")})
	l.ok(Report{Work: l.at("cure"), Wasted: waste(2)}) // what is spoilt need not wait
	l.now = l.now.Add(48 * time.Hour)
	l.ok(Finish{Work: l.at("cure")})
	l.is("pack", "received 58 hand 58")
}

// Nobody can say by reporting a later stage that something has cured.
func TestAMinimumTimeIsNeverInferred(t *testing.T) {
	t.Parallel()
	l := openLine(t, 100, func(p *Process) { p.Flexible, p.Stages[1].Dwell = true, 60 }, "mould", "cure", "trim")
	l.refused(NothingHere, Finish{Work: l.at("trim")})
	l.ok(Report{Work: l.at("cure"), Wasted: waste(10)}) // up to there it may be inferred
	l.refused(NothingHere, Report{Work: l.at("trim"), Good: Units(50)})
}

// What came later cures later: each arrival has its own time, in lots as well, and a part that leaves does not set it anew.
func TestEachArrivalHasItsTime(t *testing.T) {
	t.Parallel()
	cure := func(p *Process) { p.Stages[1].Dwell = 60 }
	l := openLine(t, 100, cure, "mould", "cure", "trim")
	wait := func(minutes int) { l.now = l.now.Add(time.Duration(minutes) * time.Minute) }
	l.ok(Report{Work: l.at("mould"), Good: Units(60)})
	wait(30)
	l.ok(Finish{Work: l.at("mould")})
	wait(30) // the first sixty are ripe, the last forty not for half an hour
	l.refused(TooEarly, Finish{Work: l.at("cure")})
	l.ok(Report{Work: l.at("cure"), Wasted: waste(5)}) // of the forty
	l.ok(Report{Work: l.at("cure"), Good: Units(20)})
	if s, _ := l.job.Stage("cure"); len(s.Came) != 2 || s.Came[0].Quantity != Units(40) || s.Came[1].Quantity != Units(35) {
		t.Fatalf("at the stage: %+v", s.Came)
	}
	l.refused(TooEarly, Report{Work: l.at("cure"), Good: Units(41)})
	l.ok(Report{Work: l.at("cure"), Good: Units(40)})
	wait(25)
	l.ok(Finish{Work: l.at("cure")})
	l.is("trim", "received 95 hand 95")

	l = openLine(t, 100, cure, "mould", "cure", "trim")
	l.ok(Finish{Work: l.at("mould")})
	wait(30)
	l.ok(Start{Work: l.at("cure")}) // the press closes now
	wait(55)
	l.refused(TooEarly, Finish{Work: l.at("cure")})
	wait(5)
	l.ok(Finish{Work: l.at("cure")})
}

func TestAnOwnerMayPassAClosedGateWithAReason(t *testing.T) {
	t.Parallel()
	l := openLine(t, 60, func(p *Process) { p.Stages[0].Dwell = 60 }, "cure", "pack")
	l.ok(Finish{Work: l.at("cure"), Release: Release{Override: "the buyer's van waits"}})
	if m := l.history[len(l.history)-1]; m.Facts.Override == "" {
		t.Errorf("the reason is not in the history: %+v", m)
	}
	w := World{Jobs: map[ID]Job{{5}: l.job}, Processes: map[Edition]Process{{l.process.ID, 1}: l.process}}
	_, err := Decide(w, Mark{Member: ID{2}, Role: Operator, Scope: Scope{All: true}, At: l.now},
		Command{ID: ID{9}, Action: Finish{Work: l.at("pack"), Release: Release{Override: "hurry"}}})
	if r, ok := err.(*Refusal); !ok || r.Code != OverrideNotYours {
		t.Errorf("an operator passed a gate: %v", err)
	}
}

func TestAnApprovalNamesWhoGaveIt(t *testing.T) {
	t.Parallel()
	l := openLine(t, 1, func(p *Process) { p.Stages[0].Approval = true }, "proof", "print")
	l.refused(ApproverNeeded, Finish{Work: l.at("proof")})
	l.ok(Finish{Work: l.at("proof"), Release: Release{Approver: "Mr Shah, Anmol Sweets"}})
}

// What no inspection has passed does not leave, however it came to the gate; and the attempt can be recorded.
func TestDispatchNeedsItsInspection(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, func(p *Process) {
		p.Stages[1].Inspection, p.Stages[1].Optional = true, true
		p.Stages[2].Needs = []string{"check"}
	}, "print", "check", "dispatch")
	l.ok(Finish{Work: l.at("print")})
	l.ok(Report{Work: l.at("check"), Good: Units(480), Wasted: waste(20)})
	l.ok(Count{Work: l.at("dispatch"), There: Units(500), Reason: "a pallet was not counted"})
	l.refused(GateClosed, Finish{Work: l.at("dispatch")})
	l.ok(Report{Work: l.at("dispatch"), Good: Units(480)})
	l.refused(GateClosed, Report{Work: l.at("dispatch"), Good: 1})

	refused := Command{ID: ID{77}, Action: Finish{Work: l.at("dispatch")}}
	first, ok := Attempted(refused, &Refusal{Code: GateClosed})
	again, _ := Attempted(refused, &Refusal{Code: GateClosed})
	if !ok || first.ID != again.ID {
		t.Fatal("an attempt sent twice is recorded twice")
	}
	before := l.job
	l.ok(first.Action)
	if before.Last = l.job.Last; l.history[len(l.history)-1].Kind != KindAttempted || l.job.Stages[2].OnHand != before.Stages[2].OnHand {
		t.Error("an attempt moved something, or was not kept")
	}
	several := Command{ID: ID{78}, Action: FinishTogether{Works: []Work{l.at("print"), l.at("dispatch")}}}
	if c, kept := Attempted(several, &Refusal{Code: GateClosed, Of: l.at("dispatch")}); !kept || c.Action.(Attempt).Stage != "dispatch" { //nolint:errcheck // it is one
		t.Errorf("an attempt with several jobs is not kept: %+v", c)
	}
	if _, kept := Attempted(Command{ID: ID{79}, Action: Receive{Work: l.at("dispatch")}}, &Refusal{Code: TooEarly}); !kept {
		t.Error("an attempt at what comes from a vendor is not kept")
	}
	if _, kept := Attempted(refused, &Refusal{Code: MoreThanHere}); kept {
		t.Error("any refusal counts as an attempt")
	}

	skipped := openLine(t, 500, func(p *Process) {
		p.Stages[1].Inspection, p.Stages[1].Optional = true, true
		p.Stages[2].Needs = []string{"check"}
	}, "print", "check", "dispatch")
	skipped.ok(Decision{Work: skipped.at("check")})
	skipped.ok(Finish{Work: skipped.at("print")})
	skipped.is("dispatch", "received 500 hand 500")
	skipped.refused(GateClosed, Finish{Work: skipped.at("dispatch")})
}

func TestOptionalStagesAreDecidedPerJob(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, func(p *Process) { p.Stages[1].Optional = true }, "print", "varnish", "cut")
	l.refused(NotOptional, Decision{Work: l.at("cut")})
	l.ok(Report{Work: l.at("print"), Good: Units(100)})
	l.is("varnish", "received 100 hand 100")
	l.ok(Decision{Work: l.at("varnish")})
	l.is("cut", "received 100 hand 100")
	l.ok(Report{Work: l.at("print"), Good: Units(300)})
	l.is("cut", "received 400 hand 400")
	l.ok(Decision{Work: l.at("varnish"), Needed: true})
	l.ok(Finish{Work: l.at("print")})
	l.is("varnish", "received 500 good 400 hand 100")
}

func TestAFlexibleProcessInfersWhatWasNotReported(t *testing.T) {
	t.Parallel()
	flexible := func(p *Process) { p.Flexible = true; p.Stages[1].Yields, _ = ParseRatio("2") }
	l := openLine(t, 500, flexible, "print", "cut", "fold", "pack")
	l.ok(Report{Work: l.at("fold"), Good: Units(200)})
	l.is("print", "received 500 good 100 hand 400")
	l.is("cut", "received 100 good 100")
	l.is("fold", "received 200 good 200")
	for _, m := range l.history[1:3] {
		if m.Mark != MarkInferred {
			t.Errorf("%s at %s is not marked as inferred", m.Kind, m.Stage)
		}
	}
	l.ok(Finish{Work: l.at("pack")})
	l.is("pack", "received 200 good 200")
	l.refused(NothingHere, Report{Work: l.at("fold"), Good: Units(801)}) // more than 400 sheets give

	strict := openLine(t, 500, nil, "print", "cut")
	strict.refused(NothingHere, Report{Work: strict.at("cut"), Good: Units(1)})

	checked := openLine(t, 500, func(p *Process) { p.Flexible = true; p.Stages[0].Inspection = true }, "check", "pack")
	checked.refused(NothingHere, Report{Work: checked.at("pack"), Good: Units(1)})
}

func TestACountIsAFact(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "cut")
	l.refused(CountNoReason, Count{Work: l.at("print"), There: Units(480)})
	l.refused(NothingChanged, Count{Work: l.at("print"), There: Units(500), Reason: "recount"})
	l.ok(Count{Work: l.at("print"), There: Units(480), Reason: "recount"})
	l.is("print", "received 500 short 20 hand 480")
	l.ok(Count{Work: l.at("print"), There: Units(510), Reason: "a bundle lay behind the press"})
	l.is("print", "received 500 found 30 short 20 hand 510")
}

func TestAStageIsAddedBeforeTheJobComesThere(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "cut", "pack")
	l.ok(Finish{Work: l.at("print")})
	l.refused(PassedAlready, AddStage{Work: l.at("foil"), Called: "Foiling", After: "print"})
	l.ok(AddStage{Work: l.at("foil"), Called: "Foiling", After: "cut"})
	l.ok(Finish{Work: l.at("cut")})
	l.is("foil", "received 500 hand 500")
	l.refused(NotFound, AddStage{Work: l.at("foil"), Called: "Foiling", After: "cut"})
}

func TestChangesAreMovements(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print")
	l.ok(Change{Job: ID{5}, Set: map[string]string{SetDue: "2026-12-01"}})
	l.ok(Change{Job: ID{5}, Set: map[string]string{SetDue: "2026-12-05", SetUrgent: "yes", SetField + "gsm": "300"}, Reason: "the buyer moved it"})
	if l.job.Due != "2026-12-05" || !l.job.Urgent || l.job.Fields["gsm"] != "300" {
		t.Errorf("%+v", l.job)
	}
	l.refused(NothingChanged, Change{Job: ID{5}, Set: map[string]string{SetUrgent: "yes"}})
	l.refused(FieldWrong, Change{Job: ID{5}, Set: map[string]string{SetDue: "soon"}})
	l.ok(Change{Job: ID{5}, Set: map[string]string{SetField + "gsm": ""}})
	if l.job.Fields != nil {
		t.Errorf("an emptied field stays: %v", l.job.Fields)
	}
}

func TestTheFormIsFilledWhereItMatters(t *testing.T) {
	t.Parallel()
	low, high := Units(3), Units(4)
	l := openLine(t, 500, func(p *Process) {
		p.Stages[0].Fields = []Field{
			{Code: "lot", Label: "Paper lot", Type: TextField, Required: true, OnStart: true},
			{Code: "mm", Label: "Thickness", Type: NumberField, Unit: "mm", Min: &low, Max: &high, Required: true},
			{Code: "side", Label: "Side", Type: ChoiceField, Choices: []string{"front", "back"}},
			{Code: "ok", Label: "Colour matches", Type: YesNoField}, {Code: "on", Label: "Plate date", Type: DateField},
		}
	}, "print", "cut")
	fill := func(pairs ...string) Release {
		v := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			v[pairs[i]] = pairs[i+1]
		}
		return Release{Values: v}
	}
	l.refused(FieldMissing, Start{Work: l.at("print")})
	l.ok(Start{Work: l.at("print"), Values: map[string]string{"lot": "SBS-114"}})
	l.refused(FieldMissing, Finish{Work: l.at("print")})
	l.refused(OutOfLimits, Finish{Work: l.at("print"), Release: fill("mm", "4.2")})
	l.refused(FieldWrong, Finish{Work: l.at("print"), Release: fill("mm", "thick")})
	l.refused(FieldWrong, Finish{Work: l.at("print"), Release: fill("mm", "3.5", "side", "top")})
	l.refused(FieldWrong, Finish{Work: l.at("print"), Release: fill("mm", "3.5", "ok", "perhaps")})
	l.refused(FieldWrong, Finish{Work: l.at("print"), Release: fill("mm", "3.5", "on", "31-31-2026")})
	l.refused(BadCommand, Finish{Work: l.at("print"), Release: fill("colour", "red")})
	l.ok(Report{Work: l.at("print"), Wasted: waste(4)}) // nothing goes on, nothing is asked
	l.ok(Report{Work: l.at("print"), Good: Units(100), Release: fill("mm", "3.5")})
	l.ok(Finish{Work: l.at("print")}) // filled once
}

func TestTheMachineCounts(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "cut")
	l.refused(CounterBackwards, Report{Work: l.at("print"), Good: Units(100), From: Units(1200), To: Units(1100)})
	l.ok(Report{Work: l.at("print"), Good: Units(100), From: Units(1200), To: Units(1300)})
	if s, _ := l.job.Stage("print"); s.Reading != Units(1300) {
		t.Errorf("the next report does not begin where this one ended: %s", s.Reading)
	}
}

// An owner takes back anything, with a reason, and what depends on it together with it.
func TestReversal(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "cut", "pack")
	l.ok(Finish{Work: l.at("print")})
	printed := l.history[len(l.history)-1].Command
	fresh := l.job
	l.ok(Finish{Work: l.at("cut")})
	cut := l.history[len(l.history)-1].Command
	l.ok(Start{Work: l.at("pack")})
	l.now = l.now.Add(time.Hour)
	l.refused(UndoNoReason, Undo{Job: ID{5}, Undoes: printed})
	l.refused(UndoDepends, Undo{Job: ID{5}, Undoes: printed, Reason: "wrong job"})
	l.ok(Undo{Job: ID{5}, Undoes: cut, Reason: "not cut yet", Together: true})
	fresh.Last = l.job.Last
	if got, _ := l.job.Stage("cut"); got.OnHand != Units(500) || l.job.Stages[2].Started != 0 {
		t.Errorf("%+v, want %+v", l.job, fresh)
	}
	l.ok(Undo{Job: ID{5}, Undoes: printed, Reason: "wrong job", Together: true})
	l.is("print", "received 500 hand 500")
	l.refused(UndoNothing, Undo{Job: ID{5}, Undoes: printed, Reason: "again"})
}

// 500 sheets over printing, lamination, foiling and embossing lose 8, 108, 6 and 2.
func TestTheFixtureOfTheTopLabel(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "printing", "lamination", "foiling", "embossing", "inward")
	for stage, lost := range map[string]int64{"printing": 8, "lamination": 108, "foiling": 6, "embossing": 2} {
		defer func() {
			if s, _ := l.job.Stage(stage); s.Wasted != Units(lost) {
				t.Errorf("%s lost %s, want %d", stage, s.Wasted, lost)
			}
		}()
	}
	for _, step := range []struct {
		stage      string
		good, lost int64
	}{{"printing", 492, 8}, {"lamination", 384, 108}, {"foiling", 378, 6}, {"embossing", 376, 2}} {
		l.ok(Report{Work: l.at(step.stage), Good: Units(step.good), Wasted: waste(step.lost)})
	}
	if l.job.Wasted() != Units(124) {
		t.Errorf("lost %s in all, want 124", l.job.Wasted())
	}
	l.is("inward", "received 376 hand 376")
}
