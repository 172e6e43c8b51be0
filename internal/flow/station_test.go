package flow

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// shopFloor is one stage with two stations and the jobs that come to it, on one tablet.
type shopFloor struct {
	t       *testing.T
	process Process
	jobs    map[ID]Job
	now     Moment
	n       byte
}

func openFloor(t *testing.T) *shopFloor {
	t.Helper()
	f := &shopFloor{t: t, jobs: map[ID]Job{}, now: At(time.Date(2026, 11, 2, 3, 30, 0, 0, time.UTC)),
		process: Process{ID: ID{9}, Version: 1, Mode: QuantityMode, HoldReasons: StarterHolds(),
			Stages: []Stage{{Code: "print", Name: "Printing", Stations: []string{"Heidelberg SM74", "Heidelberg SM52"}}, {Code: "pack", Name: "Packing"}}}}
	for i, number := range []string{"JC-1", "JC-2"} {
		f.ok(Create{Process: f.process.ID, Version: 1, Jobs: []NewJob{{ID: ID{byte(i + 1)}, Number: number, Quantity: Units(100)}}})
	}
	return f
}

// give gives a command as the write door does: with what else runs at the station that it names.
func (f *shopFloor) give(a Action) error {
	f.t.Helper()
	f.n++
	f.now = f.now.Add(time.Minute)
	w := World{Jobs: f.jobs, Processes: map[Edition]Process{{f.process.ID, 1}: f.process}, Newest: f.process}
	if st, ok := a.(Stationed); ok {
		at, station := st.StationNamed(w)
		for id, j := range f.jobs {
			for _, s := range j.Stages {
				if station != "" && s.Occupies() == station && (Work{id, s.Code}) != at {
					w.Busy = Occupied{Job: j, Stage: s.Code}
				}
			}
		}
	}
	moves, err := Decide(w, Mark{Member: ID{1}, Role: Owner, Scope: Scope{All: true}, At: f.now}, Command{ID: ID{1, f.n}, Action: a})
	if err != nil {
		return err
	}
	for _, m := range moves {
		if f.jobs[m.Job], err = Apply(f.jobs[m.Job], m); err != nil {
			f.t.Fatal(err)
		}
	}
	return nil
}

func (f *shopFloor) ok(a Action) {
	f.t.Helper()
	if err := f.give(a); err != nil {
		f.t.Fatalf("%s: %v", a.Name(), err)
	}
}

func (f *shopFloor) refused(code Code, a Action) *Refusal {
	f.t.Helper()
	var r *Refusal
	if err := f.give(a); !errors.As(err, &r) || r.Code != code {
		f.t.Fatalf("%s: %v, want %s", a.Name(), err, code)
	}
	return r
}

func (f *shopFloor) state(job byte) string {
	s, _ := f.jobs[ID{job}].Stage("print")
	return strings.TrimSpace(fmt.Sprintf("%s %s", s.Status(), s.Occupies()))
}

func printing(job byte) Work { return Work{Job: ID{job}, Stage: "print"} }

// What peers are known to get wrong: the second operator on a shared tablet stops the first one's work.
func TestTwoOperatorsOnOneTabletDoNotStopEachOther(t *testing.T) {
	t.Parallel()
	f := openFloor(t)
	f.ok(Start{Work: printing(1), Station: "Heidelberg SM74"})
	f.ok(Start{Work: printing(2), Station: "Heidelberg SM52"})
	if f.state(1) != "running Heidelberg SM74" || f.state(2) != "running Heidelberg SM52" {
		t.Fatalf("%s, %s", f.state(1), f.state(2))
	}
	f.ok(Finish{Work: printing(2)})
	if f.state(1) != "running Heidelberg SM74" || f.state(2) != "done" {
		t.Errorf("done at one touched the other: %s, %s", f.state(1), f.state(2))
	}
	f.ok(Report{Work: printing(1), Good: Units(40), Station: "Heidelberg SM52"})
	if f.state(1) != "running Heidelberg SM52" {
		t.Errorf("the work did not change its place: %s", f.state(1))
	}
}

// A station that is busy is asked about, with the job that it is on; both run when the answer is yes.
func TestABusyStationIsAskedAbout(t *testing.T) {
	t.Parallel()
	f := openFloor(t)
	f.refused(StationUnknown, Start{Work: printing(1), Station: "Komori"})
	f.ok(Start{Work: printing(1), Station: "Heidelberg SM74"})
	if r := f.refused(StationBusy, Start{Work: printing(2), Station: "Heidelberg SM74"}); r.Job != "JC-1" || r.Value != "Heidelberg SM74" || r.At == 0 {
		t.Errorf("%+v", r)
	}
	f.ok(Start{Work: printing(2), Station: "Heidelberg SM74", Together: true})
	if f.state(1) != "running Heidelberg SM74" || f.state(2) != "running Heidelberg SM74" {
		t.Errorf("one stopped the other: %s, %s", f.state(1), f.state(2))
	}
}

// A hold frees the station and remembers it: it resumes there, or asks, or goes to another.
func TestAHoldFreesTheStation(t *testing.T) {
	t.Parallel()
	f := openFloor(t)
	f.ok(Start{Work: printing(1), Station: "Heidelberg SM74"})
	f.ok(Hold{Work: printing(1), Reason: "no_power"})
	f.ok(Start{Work: printing(2), Station: "Heidelberg SM74"})
	f.refused(StationBusy, Resume{Work: printing(1)})
	f.ok(Resume{Work: printing(1), Station: "Heidelberg SM52"})
	if f.state(1) != "running Heidelberg SM52" || f.state(2) != "running Heidelberg SM74" {
		t.Errorf("%s, %s", f.state(1), f.state(2))
	}
}

// Who may not see the job at a busy station is asked without its number.
func TestABusyStationTellsNoSecrets(t *testing.T) {
	t.Parallel()
	w := World{Busy: Occupied{Job: Job{Number: "JC-9", Process: ID{9}, Stages: []StageState{{Code: "elsewhere", By: ID{3}, Started: 1}}}, Stage: "elsewhere"}}
	var r *Refusal
	if err := w.stationFree(Mark{}, "Press 1", false); !errors.As(err, &r) || r.Job != "" || !r.By.IsZero() {
		t.Errorf("%v", err)
	}
}

func TestAHoldHasAnOwner(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, nil, "print", "pack")
	l.refused(FieldWrong, Hold{Work: l.at("print"), Reason: "quality", Awaits: Awaited{Name: "Anmol Sweets", Until: "2026-10-30"}})
	l.refused(FieldWrong, Hold{Work: l.at("print"), Reason: "quality", Awaits: Awaited{Until: "soon"}})
	l.refused(TooLong, Hold{Work: l.at("print"), Reason: "quality", Awaits: Awaited{Name: strings.Repeat("x", 121)}})
	priya := Awaited{Member: ID{4}, Name: "Priya", Until: "2026-11-03"}
	l.ok(Hold{Work: l.at("print"), Reason: "quality", Awaits: priya})
	s, _ := l.job.Stage("print")
	if s.Awaits != priya || fmt.Sprint(l.job.AwaitsAt(ID{4})) != "[print]" || l.job.AwaitsAt(ID{}) != nil {
		t.Errorf("%+v", s.Awaits)
	}
	if priya.Overdue("2026-11-03") || !priya.Overdue("2026-11-04") {
		t.Error("a hold is overdue the day after its last")
	}
	l.ok(Resume{Work: l.at("print")})
	if l.job.AwaitsAt(ID{4}) != nil {
		t.Error("it still waits")
	}
}

func TestStagesShareAMilestone(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, func(p *Process) {
		for i, public := range []string{"", "Confirmed", "In production", "", "In production", "", ""} {
			p.Stages[i].Public, p.Stages[i].Hidden = public, public == "" && i < 6
		}
		p.Stages[6].Public = "Dispatched"
	}, "enquiry", "order", "print", "cut", "paste", "pack", "dispatch")
	reads := func(want string) {
		t.Helper()
		pr := l.process.Progress(l.job)
		var names []string
		for i, m := range pr.Milestones {
			name := m.Name
			if i == pr.At {
				name = "[" + name + "]"
			}
			if i == pr.Part && pr.Part != pr.At {
				name = "(" + name + ")"
			}
			names = append(names, name)
		}
		if got := strings.Join(names, " > "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	reads("Confirmed > In production > Dispatched")
	l.ok(Finish{Work: l.at("enquiry")})
	reads("[Confirmed] > In production > Dispatched")
	l.ok(Report{Work: l.at("order"), Good: Units(400)})
	reads("[Confirmed] > (In production) > Dispatched")
	for _, code := range []string{"order", "print", "cut", "paste"} {
		l.ok(Finish{Work: l.at(code)})
	}
	reads("Confirmed > [In production] > Dispatched")
	l.ok(Finish{Work: l.at("pack")})
	reads("Confirmed > In production > [Dispatched]")
	l.ok(Finish{Work: l.at("dispatch")})
	if pr := l.process.Progress(l.job); pr.At != 3 || pr.Part != 3 {
		t.Errorf("%+v", pr)
	}
}

func TestStationsAreAList(t *testing.T) {
	t.Parallel()
	for _, bad := range [][]string{{""}, {"A, B"}, {" A"}, {"A", "a"}, {strings.Repeat("x", 121)}, make([]string, 41)} {
		if stationsAcceptable(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if err := stationsAcceptable([]string{"Heidelberg SM74", "Table 3"}); err != nil {
		t.Error(err)
	}
}
