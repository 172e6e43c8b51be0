package flow

import (
	"testing"
	"time"
)

// must gives commands that are taken.
func (c *clan) must(t *testing.T, actions ...Action) {
	t.Helper()
	for _, a := range actions {
		if err := c.give(a); err != nil {
			t.Fatalf("%s: %v\n%s", a.Name(), err, c.tell())
		}
	}
}

func (c *clan) refuses(t *testing.T, code Code, a Action) *Refusal {
	t.Helper()
	r, ok := c.give(a).(*Refusal)
	if !ok || r.Code != code {
		t.Fatalf("%s: %v, want %s\n%s", a.Name(), r, code, c.tell())
	}
	return r
}

// last is the newest command of a job.
func (c *clan) last(job ID) ID { return c.history[job][len(c.history[job])-1].Command }

func done(job ID, stages ...string) (list []Action) {
	for _, s := range stages {
		list = append(list, Finish{Work: Work{job, s}})
	}
	return list
}

var box = ID{5}

// joined is a rigid box whose components are in and pasted.
func joinedBoxes(t *testing.T, n int64) (c *clan, label, board ID) {
	t.Helper()
	c = openClan(t.Fatalf, boxes(), Units(n))
	label, board = c.jobs[box].Parts[0].Job, c.jobs[box].Parts[1].Job
	c.must(t, done(box, "order")...)
	c.must(t, done(label, "label-print", "label-film", "label-in")...)
	c.must(t, done(board, "board-cut", "board-in")...)
	return c, label, board
}

// A box that comes back to be pasted again has its components already.
func TestReworkAtTheJoiningStageTakesNoSecondComponents(t *testing.T) {
	t.Parallel()
	c, _, _ := joinedBoxes(t, 10)
	c.must(t, done(box, "paste")...)
	c.must(t, Report{Work: Work{box, "check"}, Good: Units(7), Back: []Back{{To: "paste", Reason: "torn", Quantity: Units(2)}, {To: "order", Reason: "torn", Quantity: One}}})
	c.must(t, done(box, "order", "paste", "check", "dispatch")...)
	if j := c.jobs[box]; j.Open() || j.Dispatched() != Units(10) {
		t.Errorf("dispatched %s", j.Dispatched())
	}
}

func TestWhatAComponentHandedOverIsTakenBack(t *testing.T) {
	t.Parallel()
	c, label, _ := joinedBoxes(t, 10)
	c.must(t, Undo{Job: label, Undoes: c.last(label)})
	if p := c.jobs[box].Parts[0]; p.Arrived != 0 || p.In != 0 {
		t.Errorf("the box still has %+v", p)
	}
	c.refuses(t, ComponentsMissing, Finish{Work: Work{box, "paste"}})
	c.must(t, Report{Work: Work{label, "label-in"}, Good: Units(8), Short: Units(2)})
	c.must(t, Report{Work: Work{box, "paste"}, Good: Units(5)})
	r := c.refuses(t, UndoDepends, Undo{Job: label, Undoes: c.last(label), Reason: "counted wrongly"})
	if r.Job != "RB-1" || r.Stage != "paste" || r.By != (ID{1}) {
		t.Errorf("the refusal names %+v", r)
	}
	c.must(t, Undo{Job: box, Undoes: c.last(box), Reason: "counted wrongly"}, Undo{Job: label, Undoes: c.last(label), Reason: "counted wrongly"})
}

// sheetsInspected are ten sheets, eighty cartons, at the gate.
func sheetsInspected(t *testing.T) *clan {
	t.Helper()
	c := openClan(t.Fatalf, sheets(), Units(10))
	c.must(t, done(box, "print", "inspect", "paste")...)
	return c
}

func TestALotTakesItsInspectionWithIt(t *testing.T) {
	t.Parallel()
	c := sheetsInspected(t)
	gate := Work{box, "leave"}
	c.must(t, Split{Work: gate, Quantity: Units(30), Lot: ID{8}, Number: "RB-1/2"})
	c.must(t, Split{Work: gate, Quantity: Units(10), Lot: ID{9}, Number: "RB-1/3"})
	c.must(t, Merge{Work: Work{ID{9}, "leave"}, Into: ID{8}})
	c.must(t, Count{Work: gate, There: Units(41), Reason: "one lay behind"}, Count{Work: Work{ID{8}, "leave"}, There: Units(41), Reason: "one lay behind"})
	for _, lot := range []ID{box, {8}} {
		if r := c.refuses(t, GateClosed, Finish{Work: Work{lot, "leave"}}); r.Here != Units(40) {
			t.Errorf("%s are cleared", r.Here)
		}
		c.must(t, Report{Work: Work{lot, "leave"}, Good: Units(40)})
	}
}

func TestWhatComesBackIsInspectedAgain(t *testing.T) {
	t.Parallel()
	c := sheetsInspected(t)
	back := []Back{{To: "print", Reason: "torn", Quantity: Units(16)}}
	c.refuses(t, GateClosed, Report{Work: Work{box, "leave"}, Good: Units(72), Back: back}) // eight more than there are
	c.must(t, Report{Work: Work{box, "leave"}, Good: Units(60), Back: back})
	c.must(t, done(box, "print")...)
	c.must(t, Count{Work: Work{box, "leave"}, There: Units(20), Reason: "found in the store"})
	if r := c.refuses(t, GateClosed, Finish{Work: Work{box, "leave"}}); r.Here != Units(4) {
		t.Errorf("%s are cleared", r.Here)
	}
	c.must(t, done(box, "inspect", "paste")...)
	c.must(t, Report{Work: Work{box, "leave"}, Good: Units(20), Short: Units(16)})
}

func TestAnInspectionIsNotTakenBackUnderWhatHasLeft(t *testing.T) {
	t.Parallel()
	c := openClan(t.Fatalf, sheets(), Units(10))
	c.must(t, done(box, "print", "inspect")...)
	inspected := c.last(box)
	c.must(t, Count{Work: Work{box, "leave"}, There: Units(20), Reason: "found in the store"})
	c.must(t, done(box, "leave")...)
	if r := c.refuses(t, UndoDepends, Undo{Job: box, Undoes: inspected, Reason: "wrong gauge"}); r.Stage != "leave" || len(r.Depends) != 1 {
		t.Errorf("the refusal names %+v", r)
	}
	c.must(t, Undo{Job: box, Undoes: inspected, Reason: "wrong gauge", Together: true})
	if s, _ := c.jobs[box].Stage("leave"); s.Good != 0 || s.OnHand != Units(20) {
		t.Errorf("at the gate: %+v", s)
	}
}

func TestAnUndoNamesAllThatDependsOnIt(t *testing.T) {
	t.Parallel()
	c := openClan(t.Fatalf, sheets(), Units(10))
	c.must(t, done(box, "print")...)
	printed := c.last(box)
	c.must(t, done(box, "inspect", "paste", "leave")...)
	r := c.refuses(t, UndoDepends, Undo{Job: box, Undoes: printed, Reason: "wrong job"})
	var stages []string
	for _, m := range r.Depends {
		stages = append(stages, m.Stage)
	}
	if len(stages) != 3 || stages[0] != "inspect" || stages[1] != "paste" || stages[2] != "leave" {
		t.Errorf("it names %v", stages)
	}
	c.must(t, Undo{Job: box, Undoes: printed, Reason: "wrong job", Together: true})
	if s, _ := c.jobs[box].Stage("print"); s.OnHand != Units(10) {
		t.Errorf("at printing: %+v", s)
	}
}

// A lot that is split off in the oven has been there as long as the rest.
func TestALotTakesItsTimeWithIt(t *testing.T) {
	t.Parallel()
	p := sheets()
	p.Stages[2].Dwell = 60
	c := openClan(t.Fatalf, p, Units(10))
	c.must(t, done(box, "print", "inspect")...)
	c.now = c.now.Add(50 * time.Minute)
	c.must(t, Split{Work: Work{box, "paste"}, Quantity: Units(30), Lot: ID{8}, Number: "RB-1/2"})
	c.must(t, Split{Work: Work{box, "paste"}, Quantity: Units(10), Lot: ID{9}, Number: "RB-1/3"})
	c.refuses(t, TooEarly, Finish{Work: Work{ID{8}, "paste"}})
	c.must(t, Merge{Work: Work{ID{9}, "paste"}, Into: ID{8}})
	c.now = c.now.Add(10 * time.Minute)
	c.must(t, Finish{Work: Work{ID{8}, "paste"}}, Finish{Work: Work{box, "paste"}})
}
