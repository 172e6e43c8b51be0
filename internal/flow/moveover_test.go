package flow

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// codes are the stages that commands may be about: those of the job's version and those the job has.
func (s *shop) codes() []string {
	codes := s.process.Route()
	for _, st := range s.job.Stages {
		if !slices.Contains(codes, st.Code) {
			codes = append(codes, st.Code)
		}
	}
	return codes
}

func (s *shop) anyStation(code string) string {
	if stage, _ := s.process.Stage(code); len(stage.Stations) == 0 {
		return ""
	}
	return rapid.SampledFrom([]string{"", "Press 1", "Press 1", "Press 2", "Press 3"}).Draw(s.t, "station")
}

// stationed checks that a station is remembered only while there is a run, and kept busy only while it is on.
func (s *shop) stationed() {
	for _, st := range s.job.Stages {
		if st.Station != "" && st.Started == 0 || st.Occupies() != "" && (st.Held != 0 || st.OnHand == 0) {
			s.t.Fatalf("%s keeps %q\n%s", st.Code, st.Station, s.tell())
		}
		if st.Held == 0 && st.Awaits != (Awaited{}) {
			s.t.Fatalf("%s waits for somebody without a hold\n%s", st.Code, s.tell())
		}
	}
}

// anyMove publishes another version now and then, and moves the job over to one.
func (s *shop) anyMove() Action {
	if len(s.editions) < 6 && rapid.IntRange(0, 2).Draw(s.t, "publish") > 0 {
		s.editions = append(s.editions, s.anyEdition())
	}
	version := rapid.IntRange(1, len(s.editions)).Draw(s.t, "version")
	return MoveOver{Process: s.process.ID, Version: version, Jobs: []ID{s.job.ID}}
}

// anyEdition changes the newest version a little: stages go, come, change places, names, ratios and flags.
func (s *shop) anyEdition() Process {
	t, last := s.t, s.editions[len(s.editions)-1]
	p := last
	p.Stages = slices.Clone(last.Stages)
	for n := range rapid.IntRange(1, 3).Draw(t, "edits") {
		i := rapid.IntRange(0, len(p.Stages)-1).Draw(t, "where")
		switch rapid.IntRange(0, 6).Draw(t, "edit") {
		case 0:
			if len(p.Stages) > 1 {
				p.Stages = slices.Delete(p.Stages, i, i+1)
			}
		case 1, 2:
			fresh := anyStage(t, 10*len(s.editions)+n)
			if fresh.Needs = nil; fresh.Yields.den > 1 {
				fresh.Yields = Ratio{}
			}
			p.Stages = slices.Insert(p.Stages, i, fresh)
		case 3:
			if i > 0 {
				p.Stages[i-1], p.Stages[i] = p.Stages[i], p.Stages[i-1]
			}
		case 4:
			p.Stages[i].Yields, _ = ParseRatio(rapid.SampledFrom([]string{"", "8", "2"}).Draw(t, "other ratio"))
		case 5:
			p.Stages[i].Optional = !p.Stages[i].Optional
		case 6:
			p.Stages[i].Name += " again"
		}
	}
	return p.Follows(last)
}

// Whatever the versions are, a move says no with a reason a person can read, or keeps all that there was: what holds for
// every command is checked by the shop; here is what is special.
func TestMovingOverKeepsWhatThereWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := openShop(t)
		owner := s.members[0]
		for range rapid.IntRange(1, 30).Draw(t, "commands") {
			s.now = s.now.Add(time.Minute)
			before, n := s.job, len(s.history)
			if rapid.IntRange(0, 3).Draw(t, "move") > 0 {
				s.give(owner, s.anyAction())
				continue
			}
			old := s.process
			a, ok := s.anyMove().(MoveOver)
			if !ok {
				t.Fatal("no move")
			}
			plan, err := before.Over(old, s.editions[a.Version-1])
			s.give(owner, a)
			if len(s.history) == n {
				continue
			}
			if err != nil || s.job.Version != a.Version {
				t.Fatalf("it moved, though %v\n%s", err, s.tell())
			}
			s.kept(before, plan)
			s.onceMore(a)
			s.copied()
		}
	})
}

// kept compares the job with what it was before it moved.
func (s *shop) kept(before Job, plan Moving) {
	if got := stageCodes(s.job); !slices.Equal(got, plan.Route) {
		s.t.Fatalf("the preview says %v, it became %v\n%s", plan.Route, got, s.tell())
	}
	for _, was := range before.Stages {
		now, ok := s.job.Stage(was.Code)
		if !ok && before.touched(was.Code) {
			s.t.Fatalf("%s is gone\n%s", was.Code, s.tell())
		}
		if slices.ContainsFunc(s.job.NCs, func(n NonConformance) bool { return n.Stage == was.Code }) && !ok {
			s.t.Fatalf("%s is gone, where something does not conform\n%s", was.Code, s.tell())
		}
		if now.Yields, now.Need, now.Name = was.Yields, was.Need, was.Name; ok && !reflect.DeepEqual(now, was) {
			s.t.Fatalf("%s was\n%+v and is\n%+v\n%s", was.Code, was, now, s.tell())
		}
		if !ok && was.Name != "" && !slices.Contains(s.process.Route(), was.Code) {
			s.t.Fatalf("the job's own stage %s is gone\n%s", was.Code, s.tell())
		}
	}
	for _, st := range s.job.Stages {
		if def, ok := s.process.Stage(st.Code); st.Live() && (!ok || on(s.process.Stages, def.Code) < 0) && st.Name == "" {
			s.t.Fatalf("it stands at %s, which the version does not have\n%s", st.Code, s.tell())
		}
	}
}

// onceMore gives the same move again, as another command: nothing changes.
func (s *shop) onceMore(a MoveOver) {
	n := len(s.history)
	s.give(s.members[0], a)
	if len(s.history) != n {
		s.t.Fatalf("the second move did something\n%s", s.tell())
	}
}

// copied moves the job to a copy of its version: nothing but the version changes.
func (s *shop) copied() {
	copied := s.process.Follows(s.process)
	over, err := s.job.Over(s.process, copied)
	if err != nil && !s.job.Open() {
		return
	}
	if err != nil || len(over.Dropped) > 0 || !slices.Equal(over.Route, stageCodes(s.job)) {
		s.t.Fatalf("in a copy of its version the job becomes %+v, %v\n%s", over, err, s.tell())
	}
}

func stageCodes(j Job) []string {
	codes := make([]string, len(j.Stages))
	for i, s := range j.Stages {
		codes[i] = s.Code
	}
	return codes
}

// publish makes a next version of a line's process.
func (l *line) publish(change func(*Process)) Process {
	l.t.Helper()
	p := l.process
	p.Stages = slices.Clone(p.Stages)
	change(&p)
	return p.Follows(l.process)
}

// over moves the line's job to a version.
func (l *line) over(p Process) error {
	l.t.Helper()
	l.now = l.now.Add(time.Minute)
	l.n++
	w := World{Jobs: map[ID]Job{l.job.ID: l.job}, Processes: map[Edition]Process{{l.process.ID, l.process.Version}: l.process, {p.ID, p.Version}: p}}
	moves, err := Decide(w, Mark{Member: ID{1}, Role: Owner, Scope: Scope{All: true}, At: l.now},
		Command{ID: ID{1, l.n}, Action: MoveOver{Process: p.ID, Version: p.Version, Jobs: []ID{l.job.ID}}})
	if err != nil {
		return err
	}
	l.history = append(l.history, moves...)
	if l.job, err = Replay(l.history); err != nil {
		l.t.Fatal(err)
	}
	return l.job.Check()
}

func stageNamed(code string) Stage { return Stage{Code: code, Name: code} }

// A stage that comes between is done by what has not passed its place; a stage that goes keeps its figures and lets
// through what still comes.
func TestARunningJobTakesTheNewVersionsStages(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "varnish", "cut", "pack")
	l.ok(Report{Work: l.at("print"), Good: Units(100)})
	l.ok(Report{Work: l.at("varnish"), Good: Units(90), Wasted: waste(10)})
	next := l.publish(func(p *Process) { // varnish goes, foil comes before cutting, checking before packing
		p.Stages = []Stage{stageNamed("print"), stageNamed("foil"), stageNamed("cut"), stageNamed("check"), stageNamed("pack")}
	})
	plan, err := l.job.Over(l.process, next)
	if err != nil || !slices.Equal(plan.Route, []string{"print", "varnish", "cut", "check", "pack"}) || !slices.Equal(plan.Behind, []string{"foil"}) ||
		!slices.Equal(plan.Kept, []string{"varnish"}) || !slices.Equal(plan.Added, []string{"check"}) || plan.Dropped != nil {
		t.Fatalf("%+v %v", plan, err)
	}
	if err := l.over(next); err != nil {
		t.Fatal(err)
	}
	l.is("varnish", "received 100 good 90 wasted 10")
	before := l.job
	l.process = next
	l.ok(Finish{Work: l.at("print")})
	l.is("varnish", "received 500 good 490 wasted 10")
	l.is("cut", "received 490 hand 490")
	l.ok(Finish{Work: l.at("cut")})
	l.is("check", "received 490 hand 490")
	l.refused(BackNoStage, Report{Work: l.at("check"), Back: []Back{{To: "varnish", Reason: "torn", Quantity: Units(1)}}})
	if before.Version != 2 || l.job.Version != 2 {
		t.Error("the job does not follow the new version")
	}
}

func TestAMoveIsTakenBack(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "cut", "pack")
	l.ok(Report{Work: l.at("print"), Good: Units(100)})
	before := l.job
	if err := l.over(l.publish(func(p *Process) { p.Stages = append(p.Stages, stageNamed("deliver")) })); err != nil {
		t.Fatal(err)
	}
	l.ok(Undo{Job: l.job.ID, Undoes: l.history[len(l.history)-1].Command})
	after := l.job
	if after.Last = before.Last; !reflect.DeepEqual(after, before) {
		t.Errorf("taking it back left something:\n%+v\n%+v", before, after)
	}
}

func TestWhyAJobStays(t *testing.T) {
	t.Parallel()
	drop := func(p *Process) { p.Stages = slices.Delete(p.Stages, 1, 2) }
	for name, c := range map[string]struct {
		want   Code
		make   func(*Process)
		before func(*line)
		change func(*Process)
	}{
		"it stands there":     {MoveStands, nil, func(l *line) { l.ok(Finish{Work: l.at("print")}) }, drop},
		"it is on hold there": {MoveStands, nil, func(l *line) { l.ok(Finish{Work: l.at("print")}); l.ok(Hold{Work: l.at("cut"), Reason: "no_power"}) }, drop},
		"a vendor has it": {MoveStands, nil, func(l *line) {
			l.ok(Finish{Work: l.at("print")})
			l.ok(Send{Vendor: ID{4}, Lines: []SendLine{{Work: l.at("cut")}}})
		}, drop},
		"the order is another": {MoveOrder, nil, func(l *line) { l.ok(Report{Work: l.at("print"), Good: Units(9)}) }, func(p *Process) { p.Stages[0], p.Stages[1] = p.Stages[1], p.Stages[0] }},
		"the ratio is another": {MoveRatio, nil, func(l *line) { l.ok(Report{Work: l.at("print"), Good: Units(9)}) }, func(p *Process) { p.Stages[0].Yields, _ = ParseRatio("8") }},
		"the ratio went":       {MoveRatio, func(p *Process) { p.Stages[1].Yields, _ = ParseRatio("8") }, func(l *line) { l.ok(Finish{Work: l.at("print")}); l.ok(Finish{Work: l.at("cut")}) }, drop},
		"it is done": {MoveDone, nil, func(l *line) {
			l.ok(Finish{Work: l.at("print")})
			l.ok(Finish{Work: l.at("cut")})
			l.ok(Finish{Work: l.at("pack")})
		}, func(*Process) {}},
		"it counts no more": {MoveMode, nil, func(*line) {}, func(p *Process) { p.Mode = UnitMode }},
		"a component came":  {MoveTracks, nil, func(*line) {}, func(p *Process) { p.Tracks = []Track{{Code: "lid", Name: "Lid", Per: One, Joins: "pack"}} }},
		"nothing is new":    {NothingChanged, nil, func(l *line) { _ = l.over(l.publish(func(*Process) {})) }, func(*Process) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := openLine(t, 500, c.make, "print", "cut", "pack")
			c.before(l)
			var r *Refusal
			if err := l.over(l.publish(c.change)); !errors.As(err, &r) || r.Code != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// A job's own ratio and its own stage are its own in the new version too.
func TestAJobKeepsItsOwn(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, func(p *Process) { p.Stages[1].Yields, _ = ParseRatio("8") }, "print", "cut", "pack")
	l.ok(AddStage{Work: l.at("inspect"), Called: "Buyer's inspection", After: "cut"})
	l.job.Stages[1].Yields, _ = ParseRatio("12")
	plan, err := l.job.Over(l.process, l.publish(func(p *Process) {
		p.Stages[1].Yields, _ = ParseRatio("6")
		p.Stages = append(p.Stages, stageNamed("deliver"))
	}))
	if err != nil || fmt.Sprint(plan.Route) != "[print cut inspect pack deliver]" || plan.Steps[0].Yields.String() != "12" || plan.Steps[1].Name != "Buyer's inspection" {
		t.Errorf("%+v %v", plan, err)
	}
}

// A component whose parent's version has it otherwise stays; else it moves by its own stages.
func TestComponentsMoveByTheirTrack(t *testing.T) {
	t.Parallel()
	p := Process{ID: ID{9}, Version: 1, Mode: QuantityMode, Tracks: []Track{{Code: "lid", Name: "Lid", Per: One, Joins: "join"}},
		Stages: []Stage{{Code: "lid-cut", Name: "Cut", Track: "lid"}, stageNamed("join"), stageNamed("pack")}}
	w := World{Jobs: map[ID]Job{}, Processes: map[Edition]Process{{p.ID, 1}: p}}
	mark := Mark{Member: ID{1}, Role: Owner, Scope: Scope{All: true}, At: 1}
	moves, err := Decide(w, mark, Command{ID: ID{1}, Action: Create{Process: p.ID, Version: 1, Jobs: []NewJob{{ID: ID{5}, Number: "RB-1", Quantity: Units(10)}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range moves {
		if w.Jobs[m.Job], err = Apply(w.Jobs[m.Job], m); err != nil {
			t.Fatal(err)
		}
	}
	lid := w.Jobs[PartID(ID{5}, "lid")]
	next := p
	next.Stages = append([]Stage{}, p.Stages...)
	next.Stages = slices.Insert(next.Stages, 1, Stage{Code: "lid-wrap", Name: "Wrap", Track: "lid"})
	if plan, err := lid.Over(p, next); err != nil || !slices.Equal(plan.Route, []string{"lid-cut", "lid-wrap"}) {
		t.Errorf("the lid: %+v %v", plan, err)
	}
	next.Tracks = []Track{{Code: "lid", Name: "Lid", Per: Units(2), Joins: "join"}}
	for _, j := range []Job{lid, w.Jobs[ID{5}]} {
		var r *Refusal
		if _, err := j.Over(p, next); !errors.As(err, &r) || r.Code != MoveTracks || r.Name != "Lid" {
			t.Errorf("%s: %v", j.Number, err)
		}
	}
}
