package flow

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// line is a job on a short route, driven by commands of an owner, a minute apart.
type line struct {
	t       *testing.T
	process Process
	job     Job
	history []Movement
	now     Moment
	n       byte
}

func openLine(t *testing.T, quantity int64, change func(*Process), stages ...string) *line {
	t.Helper()
	l := &line{t: t, now: At(time.Date(2026, 11, 2, 3, 30, 0, 0, time.UTC)),
		process: Process{ID: ID{9}, Version: 1, Mode: QuantityMode, WasteReasons: []Reason{{Code: "torn"}}, HoldReasons: StarterHolds()}}
	for _, s := range stages {
		l.process.Stages = append(l.process.Stages, Stage{Code: s, Name: s})
	}
	if change != nil {
		change(&l.process)
	}
	l.ok(Create{Process: l.process.ID, Version: 1, Jobs: []NewJob{{ID: ID{5}, Number: "JC-1", Quantity: Units(quantity)}}})
	return l
}

func (l *line) give(a Action) error {
	l.t.Helper()
	l.n++
	l.now = l.now.Add(time.Minute)
	w := World{Jobs: map[ID]Job{}, Processes: map[Edition]Process{{l.process.ID, 1}: l.process}, History: map[ID][]Movement{l.job.ID: l.history}}
	if !l.job.ID.IsZero() {
		w.Jobs[l.job.ID] = l.job
	}
	moves, err := Decide(w, Mark{Member: ID{1}, Role: Owner, Scope: Scope{All: true}, At: l.now}, Command{ID: ID{1, l.n}, Action: a})
	if err != nil {
		return err
	}
	l.history = append(l.history, moves...)
	if l.job, err = Replay(l.history); err != nil {
		l.t.Fatal(err)
	}
	return l.job.Check()
}

func (l *line) ok(a Action) {
	l.t.Helper()
	if err := l.give(a); err != nil {
		l.t.Fatalf("%s: %v", a.Name(), err)
	}
}

func (l *line) refused(code Code, a Action) {
	l.t.Helper()
	var r *Refusal
	if err := l.give(a); !errors.As(err, &r) || r.Code != code {
		l.t.Fatalf("%s: %v, want %s", a.Name(), err, code)
	}
}

func (l *line) at(stage string) Work { return Work{Job: ID{5}, Stage: stage} }

// is compares the account of a stage, terms of zero left out.
func (l *line) is(stage, want string) {
	l.t.Helper()
	s, _ := l.job.Stage(stage)
	var got []string
	for _, term := range []struct {
		name string
		q    Quantity
	}{{"received", s.Received}, {"found", s.Found}, {"good", s.Good}, {"wasted", s.Wasted}, {"short", s.Short}, {"back", s.SentBack}, {"hand", s.OnHand}} {
		if term.q != 0 {
			got = append(got, fmt.Sprintf("%s %s", term.name, term.q))
		}
	}
	if got := strings.Join(got, " "); got != want {
		l.t.Fatalf("%s: %s, want %s", stage, got, want)
	}
}

func waste(q int64) []Waste { return []Waste{{Reason: "torn", Quantity: Units(q)}} }

// What peers are known to get wrong, one after the other.

func TestASecondBatchAddsToTheFirst(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "cut")
	l.ok(Report{Work: l.at("print"), Good: Units(200)})
	l.ok(Report{Work: l.at("cut"), Good: Units(150)})
	l.ok(Report{Work: l.at("print"), Good: Units(290), Wasted: waste(10)})
	l.is("print", "received 500 good 490 wasted 10")
	l.is("cut", "received 490 good 150 hand 340")
}

func TestNothingGoesNegative(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "cut")
	l.refused(MoreThanHere, Report{Work: l.at("print"), Good: Units(501)})
	l.refused(MoreThanHere, Report{Work: l.at("print"), Good: Units(495), Wasted: waste(6)})
	l.refused(QuantityTooBig, Report{Work: l.at("print"), Good: -1})
	l.refused(QuantityNeeded, Report{Work: l.at("print"), Wasted: waste(-5)})
	l.refused(NothingHere, Report{Work: l.at("cut"), Good: Units(1)})
	l.is("print", "received 500 hand 500")
}

func TestShortIsNotScrap(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "drum", "dispatch") // 500 m ordered, 438 m sent
	l.ok(Report{Work: l.at("drum"), Good: Units(438), Short: Units(62)})
	l.ok(Finish{Work: l.at("dispatch")})
	l.is("drum", "received 500 good 438 short 62")
	if l.job.Open() || l.job.Wasted() != 0 || l.job.Dispatched() != Units(438) {
		t.Errorf("%+v", l.job)
	}
	l.refused(NothingHere, Report{Work: l.at("drum"), Short: Units(1)})
}

func TestReworkLosesNothing(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "cut", "check")
	l.ok(Finish{Work: l.at("print")})
	l.ok(Finish{Work: l.at("cut")})
	back := []Back{{To: "print", Reason: "torn", Quantity: Units(80)}}
	l.refused(BackNoStage, Report{Work: l.at("check"), Back: []Back{{To: "check", Reason: "torn", Quantity: Units(80)}}})
	l.refused(BackNoReason, Report{Work: l.at("check"), Back: []Back{{To: "print", Quantity: Units(80)}}})
	l.ok(Report{Work: l.at("check"), Good: Units(400), Wasted: waste(20), Back: back})
	l.is("print", "received 580 good 500 hand 80")
	if s, _ := l.job.Stage("print"); s.Why != "torn" || s.Returned != Units(80) {
		t.Errorf("the stage does not know what came back: %+v", s)
	}
	for _, stage := range []string{"print", "cut", "check"} {
		l.ok(Finish{Work: l.at(stage)})
	}
	l.is("check", "received 580 good 480 wasted 20 back 80")
	if s, _ := l.job.Stage("print"); s.Why != "" || l.job.Open() || l.job.Dispatched() != Units(480) {
		t.Errorf("%+v", l.job)
	}
}

// More than came is taken up to the process's limit, counted over all reports, and booked as found.
func TestSurplusIsFoundUpToALimit(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, func(p *Process) { p.Over = 5 }, "print", "cut")
	l.refused(OverLimit, Report{Work: l.at("print"), Good: Units(526)})
	l.refused(MoreThanHere, Report{Work: l.at("print"), Wasted: waste(501)})
	l.refused(MoreThanHere, Report{Work: l.at("print"), Good: Units(400), Short: Units(101)})
	l.ok(Report{Work: l.at("print"), Good: Units(490)})
	l.ok(Report{Work: l.at("print"), Good: Units(30), Wasted: waste(2)})
	l.is("print", "received 500 found 22 good 520 wasted 2")
	l.is("cut", "received 520 hand 520")
	l.ok(Report{Work: l.at("cut"), Good: Units(546)})
	l.ok(Undo{Job: ID{5}, Undoes: l.history[len(l.history)-1].Command})
	l.is("cut", "received 520 hand 520")
}
