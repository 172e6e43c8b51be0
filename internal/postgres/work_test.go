package postgres_test

import (
	"slices"
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/postgres/pgtest"
)

// publish makes a next version of the firm's process.
func (f *firm) publish(change func(*flow.Process)) flow.Process {
	f.t.Helper()
	p := f.process
	p.Stages = slices.Clone(p.Stages)
	change(&p)
	p = p.Follows(f.process)
	if err := f.db.AddProcess(f.t.Context(), f.org, p); err != nil {
		f.t.Fatal(err)
	}
	return p
}

// Jobs on an older version are counted and listed, move over together and once, and come back by an undo, with what was
// done at a stage that only the new version has.
func TestJobsMoveOverToANewerVersion(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	ids := []flow.ID{f.job("JC-1", 100), f.job("JC-2", 100), f.job("JC-3", 100)}
	f.must(flow.Finish{Work: at(ids[0], "printing")})
	next := f.publish(func(p *flow.Process) {
		p.Stages = slices.Insert(p.Stages, 2, flow.Stage{Code: "uv", Name: "Spot UV"})
	})
	newest := flow.Edition{Process: next.ID, Version: 2}
	behind := func(want int) {
		t.Helper()
		n, err := f.db.Behind(t.Context(), f.org, newest)
		jobs, more, err2 := f.db.OnOlder(t.Context(), f.org, newest, flow.Job{}, 10)
		if n != want || len(jobs) != want || more || err != nil || err2 != nil {
			t.Fatalf("%d jobs are behind, %d are listed, want %d (%v, %v)", n, len(jobs), want, err, err2)
		}
	}
	behind(3)
	first, more, err := f.db.OnOlder(t.Context(), f.org, newest, flow.Job{}, 2)
	if err != nil || !more || len(first) != 2 {
		t.Fatalf("%d %v %v", len(first), more, err)
	}
	rest, more, err := f.db.OnOlder(t.Context(), f.org, newest, first[1], 2)
	if err != nil || more || len(rest) != 1 || rest[0].ID == first[1].ID {
		t.Fatalf("%d %v %v", len(rest), more, err)
	}
	move := flow.MoveOver{Process: next.ID, Version: 2, Jobs: ids[:2]}
	before, err := f.db.Job(t.Context(), f.org, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	r := f.must(move)
	if len(r.Jobs) != 2 || r.Last != r.First+1 {
		t.Errorf("%+v", r)
	}
	behind(1)
	refused(t, second(f.do(move)), flow.NothingChanged)
	f.must(flow.Finish{Work: at(ids[0], "lamination")})
	f.must(flow.Start{Work: at(ids[0], "uv")})
	f.sound()
	refused(t, second(f.do(flow.Undo{Job: ids[0], Undoes: r.Command, Reason: "wrong version"})), flow.UndoDepends)
	f.must(flow.Undo{Job: ids[0], Undoes: r.Command, Reason: "wrong version", Together: true})
	f.sound()
	after, err := f.db.Job(t.Context(), f.org, ids[0])
	if s, _ := after.Stage("dispatch"); err != nil || after.Version != before.Version || len(after.Stages) != len(before.Stages) || s.OnHand != flow.Units(100) {
		t.Errorf("%+v %v", after, err)
	}
	behind(2)
}

// A station is asked about across processes, by what is in the database; a hold frees it.
func TestAStationIsOneAcrossTheHouse(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	a, b := f.job("JC-1", 100), f.job("JC-2", 100)
	next := f.publish(func(p *flow.Process) { p.Stages[0].Stations = []string{"Heidelberg SM74", "Heidelberg SM52"} })
	refused(t, second(f.do(flow.Start{Work: at(a, "printing"), Station: "Komori"})), flow.StationUnknown) // of the newest version
	f.must(flow.Start{Work: at(a, "printing"), Station: "Heidelberg SM74"})
	if r := refused(t, second(f.do(flow.Start{Work: at(b, "printing"), Station: "Heidelberg SM74"})), flow.StationBusy); r.Job != "JC-1" || r.By != f.owner {
		t.Errorf("%+v", r)
	}
	f.must(flow.Hold{Work: at(a, "printing"), Reason: "no_power"})
	f.must(flow.Start{Work: at(b, "printing"), Station: "Heidelberg SM74"})
	refused(t, second(f.do(flow.Resume{Work: at(a, "printing")})), flow.StationBusy)
	f.must(flow.Resume{Work: at(a, "printing"), Together: true})
	f.must(flow.MoveOver{Process: next.ID, Version: 2, Jobs: []flow.ID{a, b}})
	f.must(flow.Finish{Work: at(b, "printing")})
	if j, err := f.db.Job(t.Context(), f.org, a); err != nil || j.Stages[0].Occupies() != "Heidelberg SM74" {
		t.Errorf("done at one touched the other: %+v %v", j.Stages[0], err)
	}
	if n, err := f.db.CountsAt(t.Context(), f.org, next.ID, []string{"printing", "lamination"}); n["printing"] != 1 || n["lamination"] != 1 || err != nil {
		t.Errorf("%v are there (%v)", n, err)
	}
	f.sound()
}

func TestAHoldWaitsForAMember(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	id := f.job("JC-1", 100)
	f.must(flow.Hold{Work: at(id, "printing"), Reason: "no_power", Awaits: flow.Awaited{Member: f.owner, Name: "Asha Patil"}})
	waits := func(want int) {
		t.Helper()
		if list, err := f.db.Awaiting(t.Context(), f.org, f.owner, 10); err != nil || len(list) != want || want > 0 && list[0].Stage != "printing" {
			t.Fatalf("%+v %v", list, err)
		}
	}
	waits(1)
	f.sound()
	f.must(flow.Resume{Work: at(id, "printing")})
	waits(0)
	f.sound()
	if names, err := f.db.MemberNames(t.Context(), f.org, 10); err != nil || len(names) == 0 || names[0].ID.IsZero() {
		t.Errorf("%v %v", names, err)
	}
}
