package flow

import (
	"testing"
	"time"
)

// openSized is a line whose job is counted by more than its quantity.
func openSized(t *testing.T, p Process, n NewJob) *line {
	t.Helper()
	p.ID, p.Version, p.Mode, p.WasteReasons, p.HoldReasons = ID{9}, 1, QuantityMode, []Reason{{Code: "torn"}}, StarterHolds()
	p.Name = "Sized"
	for i := range p.Stages {
		p.Stages[i].Name = p.Stages[i].Code
	}
	if err := p.Acceptable(); err != nil {
		t.Fatal(err)
	}
	l := &line{t: t, now: At(time.Date(2026, 11, 2, 3, 30, 0, 0, time.UTC)), process: p}
	n.ID, n.Number = ID{5}, "JC-1"
	l.ok(Create{Process: p.ID, Version: 1, Jobs: []NewJob{n}})
	return l
}

func (l *line) account(name, stage string, received, good, onHand int64) {
	l.t.Helper()
	a, ok := l.job.Account(name)
	if s := a.Stage(stage); !ok || s.Received != Units(received) || s.Good != Units(good) || s.OnHand != Units(onHand) {
		l.t.Fatalf("%s of %s: received %s good %s hand %s, want %d, %d, %d", name, stage, s.Received, s.Good, s.OnHand, received, good, onHand)
	}
}

func good(q int64) Amount { return Amount{Good: Units(q)} }

func shoes(t *testing.T) *line {
	return openSized(t, Process{Sizes: []string{"6", "7", "8"}, Stages: []Stage{{Code: "cut"}, {Code: "stitch"}, {Code: "pack"}}},
		NewJob{Quantity: Units(180), Sizes: map[string]Quantity{"6": Units(60), "7": Units(60), "8": Units(60)}})
}

// Pairs of shoes are counted by size at every stage; the sizes always add up to the job.
func TestSizesAddUp(t *testing.T) {
	t.Parallel()
	l := shoes(t)
	l.ok(Finish{Work: l.at("cut")}) // everything, so every size
	l.account("7", "stitch", 60, 0, 60)
	l.refused(SizesNeeded, Report{Work: l.at("stitch"), Good: Units(100)})
	l.refused(SizesDiffer, Report{Work: l.at("stitch"), Good: Units(100), Of: map[string]Amount{"6": good(60), "7": good(30)}})
	l.ok(Report{Work: l.at("stitch"), Of: map[string]Amount{"6": good(60), "7": {Good: Units(37), Wasted: waste(3)}}})
	l.is("stitch", "received 180 good 97 wasted 3 hand 80")
	l.account("7", "pack", 37, 0, 37)
	l.refused(MoreThanHere, Report{Work: l.at("stitch"), Of: map[string]Amount{"8": good(61)}}) // a wrong size in the bundle
	l.ok(Count{Work: l.at("stitch"), There: Units(80), Reason: "one 7 was an 8", Of: map[string]Amount{"7": {Quantity: Units(19)}, "8": {Quantity: Units(61)}}})
	l.ok(Report{Work: l.at("stitch"), Of: map[string]Amount{"8": good(61)}})
	l.ok(Report{Work: l.at("stitch"), Good: Units(19)}) // only 7 is left: nobody needs to say so
	l.account("7", "pack", 56, 0, 56)
	l.is("pack", "received 177 hand 177")
	l.ok(Report{Work: l.at("pack"), Of: map[string]Amount{"8": {Back: []Back{{To: "stitch", Reason: "torn", Quantity: Units(5)}}}}})
	l.account("8", "stitch", 65, 61, 5)
}

func TestWrongSizesOfANewJob(t *testing.T) {
	t.Parallel()
	l := shoes(t)
	for _, n := range []NewJob{
		{Quantity: Units(10), Sizes: map[string]Quantity{"6": Units(9)}},
		{Quantity: Units(10), Sizes: map[string]Quantity{"11": Units(10)}},
		{Quantity: Units(10), Second: Units(1)},
	} {
		if n.Number = "X"; n.Acceptable(l.process) == nil {
			t.Errorf("%+v was taken", n)
		}
	}
	for _, p := range []Process{
		{Sizes: []string{"S"}, Flexible: true}, {Sizes: []string{"S", "s"}}, {Sizes: []string{""}}, {Sizes: []string{"+"}},
		{Sizes: []string{"S"}, Stages: []Stage{{Code: "a", Name: "a", Yields: Ratio{1, 12}}}},
	} {
		if p.Mode = QuantityMode; p.sizesAcceptable() == nil {
			t.Errorf("%+v was taken", p)
		}
	}
}

func TestSizesGoToAVendorAndSplitOff(t *testing.T) {
	t.Parallel()
	l := shoes(t)
	vendor := func(of map[string]Amount) Send {
		return Send{Lines: []SendLine{{Work: l.at("cut"), Of: of}}, Vendor: ID{4}}
	}
	l.refused(MoreThanHere, vendor(map[string]Amount{"6": counts(Units(61))}))
	l.ok(vendor(map[string]Amount{"6": counts(Units(60)), "7": counts(Units(20))}))
	l.refused(SizesNeeded, Receive{Work: l.at("cut"), Good: Units(50)})
	l.refused(MoreThanOut, Receive{Work: l.at("cut"), Of: map[string]Amount{"7": good(21)}})
	l.ok(Receive{Work: l.at("cut"), Of: map[string]Amount{"6": {Good: Units(58), Wasted: []Waste{{Reason: DamagedAtVendor, Quantity: Units(2)}}}, "7": good(20)}})
	l.account("6", "stitch", 58, 0, 58)
	l.is("cut", "received 180 good 78 wasted 2 hand 100")
	split := Split{Work: l.at("stitch"), Quantity: Units(30), Lot: ID{6}, Number: "JC-1/2"}
	l.refused(SizesNeeded, split)
	split.Of = map[string]Amount{"6": counts(Units(20)), "7": counts(Units(10))}
	w := World{Jobs: map[ID]Job{{5}: l.job}, Processes: map[Edition]Process{{l.process.ID, 1}: l.process}}
	moves, err := Decide(w, Mark{Role: Owner, Scope: Scope{All: true}, At: l.now}, Command{ID: ID{200}, Action: split})
	if err != nil {
		t.Fatal(err)
	}
	rest, err := Apply(l.job, moves[0])
	lot, err2 := Apply(Job{}, moves[1])
	if err != nil || err2 != nil || rest.Check() != nil || lot.Check() != nil {
		t.Fatal(err, err2, rest.Check(), lot.Check())
	}
	if six, _ := lot.Account("6"); six.Quantity != Units(20) || six.Stage("stitch").OnHand != Units(20) || len(lot.Accounts) != 3 {
		t.Errorf("the lot has %+v", lot.Accounts)
	}
	w.Jobs = map[ID]Job{{5}: rest, {6}: lot}
	back, err := Decide(w, Mark{Role: Owner, Scope: Scope{All: true}, At: l.now}, Command{ID: ID{201}, Action: Merge{Work: Work{ID{6}, "stitch"}, Into: ID{5}}})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Apply(rest, back[1])
	if six, _ := whole.Account("6"); err != nil || whole.Check() != nil || six.Stage("stitch").OnHand != Units(58) {
		t.Errorf("merged back: %v %v %+v", err, whole.Check(), six)
	}
}

// Grams and stones go through the shop together, each by its own account.
func TestGramsAndStones(t *testing.T) {
	t.Parallel()
	grams := func(mg int64) Quantity { return Quantity(mg) * One / 1000 }
	l := openSized(t, Process{Unit: "g", Second: "stones", Stages: []Stage{{Code: "file"}, {Code: "set"}, {Code: "polish"}}},
		NewJob{Quantity: grams(42_500), Second: Units(24)})
	l.ok(Report{Work: l.at("file"), Good: grams(41_900), Wasted: []Waste{{Reason: "torn", Quantity: grams(600)}}})
	l.account(SecondBalance, "set", 24, 0, 24) // the last of the metal takes the stones along
	l.ok(Report{Work: l.at("set"), Of: map[string]Amount{SecondBalance: {Wasted: waste(1)}}})
	l.ok(Report{Work: l.at("set"), Good: grams(20_000), Of: map[string]Amount{SecondBalance: good(10)}})
	l.refused(MoreThanHere, Report{Work: l.at("set"), Good: grams(1_000), Of: map[string]Amount{SecondBalance: good(14)}})
	l.refused(SecondLeft, Report{Work: l.at("set"), Good: grams(21_900), Of: map[string]Amount{SecondBalance: good(12)}})
	l.ok(Finish{Work: l.at("set")})
	l.account(SecondBalance, "polish", 23, 0, 23)
	if s, _ := l.job.Stage("polish"); s.OnHand != grams(41_900) {
		t.Errorf("%s grams came to polishing", s.OnHand)
	}
}

// What passes a grading stage is told by grade, and the grades are what passed.
func TestGradesAddUp(t *testing.T) {
	t.Parallel()
	l := openSized(t, Process{Unit: "m", Stages: []Stage{{Code: "stenter"}, {Code: "inspect", Grades: []string{"A", "B", "C"}}, {Code: "pack"}}},
		NewJob{Quantity: Units(1000)})
	l.ok(Report{Work: l.at("stenter"), Good: Units(890), Wasted: waste(110)})
	l.refused(GradesDiffer, Finish{Work: l.at("inspect")})
	l.refused(GradesDiffer, Report{Work: l.at("inspect"), Wasted: waste(1), Release: Release{Grades: map[string]Quantity{"A": 1}}})
	l.ok(Report{Work: l.at("inspect"), Good: Units(500), Release: Release{Grades: map[string]Quantity{"A": Units(450), "B": Units(50)}}})
	l.ok(Finish{Work: l.at("inspect"), Release: Release{Grades: map[string]Quantity{"A": Units(250), "B": Units(100), "C": Units(40)}}})
	if s, _ := l.job.Stage("inspect"); s.Grades["A"] != Units(700) || s.Grades["B"] != Units(150) || s.Grades["C"] != Units(40) || s.Good != Units(890) {
		t.Errorf("graded %v", s.Grades)
	}
}
