package postgres_test

import (
	"fmt"
	"slices"
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// names are the numbers of a trace's jobs with their depth, sorted.
func names(tr postgres.Trace) (list []string) {
	for _, j := range tr.Jobs {
		list = append(list, fmt.Sprintf("%d %s", j.Depth, j.Job.Number))
	}
	slices.Sort(list)
	return list
}

func used(lot string) flow.Release { return flow.Release{Used: []flow.Used{{Lot: lot}}} }

// gift is a hamper of a box with an insert, which has a foil of its own: three levels of components, all of lots.
func gift(f *firm) (hamper, box, insert, foil flow.ID) {
	hamper = f.job("HM-1", 100)
	add := func(to flow.ID, called string) flow.ID {
		id := newID(f.t)
		f.must(flow.AddComponent{Job: to, Joins: "lamination", Called: called, Per: flow.One, Process: f.process.ID, Version: 1, Child: flow.NewJob{ID: id}})
		return id
	}
	box = add(hamper, "Box")
	insert = add(box, "Insert")
	foil = add(insert, "Foil")
	for i, job := range []flow.ID{foil, insert, box, hamper} {
		f.must(flow.Finish{Work: at(job, "printing"), Release: used(fmt.Sprintf("BOARD-%d", i))})
		f.must(flow.Finish{Work: at(job, "lamination")})
		f.must(flow.Finish{Work: at(job, "dispatch"), Release: flow.Release{Made: fmt.Sprintf("OUT-%d", i)}})
	}
	return hamper, box, insert, foil
}

func TestTraceThroughThreeLevelsOfComponents(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	gift(f)
	back, err := f.db.Trace(t.Context(), f.org, postgres.TraceQuery{Lot: "out-3", Back: true})
	if got := names(back); err != nil || !slices.Equal(got, []string{"0 HM-1", "1 HM-1/A", "2 HM-1/A/A", "3 HM-1/A/A/A"}) {
		t.Fatalf("back: %v %v", got, err)
	}
	var lots []string
	for _, j := range back.Jobs {
		for _, l := range j.Ties {
			if l.Lot != "" {
				lots = append(lots, l.Lot)
			}
		}
		if len(j.Moves) < 4 {
			t.Errorf("%s comes with %d movements", j.Job.Number, len(j.Moves))
		}
	}
	slices.Sort(lots)
	if !slices.Equal(lots, []string{"BOARD-0", "BOARD-1", "BOARD-2", "BOARD-3"}) {
		t.Errorf("lots behind it: %v", lots)
	}
	ahead, err := f.db.Trace(t.Context(), f.org, postgres.TraceQuery{Lot: "board-0"})
	if got := names(ahead); err != nil || !slices.Equal(got, []string{"0 HM-1/A/A/A", "1 HM-1/A/A", "2 HM-1/A", "3 HM-1"}) {
		t.Fatalf("ahead: %v %v", got, err)
	}
	f.sound()
}

// A lot of material touches what was there when it went in: not a part that had been split off before, but one merged in later.
func TestTraceThroughSplitsAndMerges(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	job, early, late := f.job("JC-1", 100), newID(t), newID(t)
	f.must(flow.Split{Work: at(job, "printing"), Quantity: flow.Units(30), Lot: early, Number: "JC-1/2"})
	f.must(flow.Finish{Work: at(job, "printing"), Release: used("BOARD-1")})
	f.must(flow.Finish{Work: at(job, "lamination"), Release: used("FILM-1")})
	f.must(flow.Split{Work: at(job, "dispatch"), Quantity: flow.Units(20), Lot: late, Number: "JC-1/3"})
	f.must(flow.Finish{Work: at(early, "printing"), Release: used("BOARD-2")})
	f.must(flow.Finish{Work: at(early, "lamination"), Release: used("FILM-1")})
	f.must(flow.Merge{Work: at(early, "dispatch"), Into: late})
	f.must(flow.Finish{Work: at(late, "dispatch"), Release: flow.Release{Made: "C-3"}})
	for what, want := range map[postgres.TraceQuery][]string{
		{Lot: "BOARD-1"}:         {"0 JC-1", "1 JC-1/3"},
		{Lot: "BOARD-2"}:         {"0 JC-1/2", "1 JC-1/3"},
		{Lot: "C-3", Back: true}: {"0 JC-1/3", "1 JC-1", "1 JC-1/2"},
		{Job: early, Back: true}: {"0 JC-1/2", "1 JC-1"},
		{Lot: "nowhere"}:         nil,
		{Job: job}:               {"0 JC-1", "1 JC-1/2", "1 JC-1/3"},
	} {
		tr, err := f.db.Trace(t.Context(), f.org, what)
		if got := names(tr); err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v: %v %v, want %v", what, got, err, want)
		}
	}
	back, err := f.db.Trace(t.Context(), f.org, postgres.TraceQuery{Job: early, Back: true})
	if err != nil || len(back.Jobs) < 2 || len(back.Jobs[1].Ties) != 0 {
		t.Errorf("what was used after the split counts as behind it: %+v %v", back, err)
	}
	f.sound()
}

func TestNonConformancesStayOpenUntilClosed(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	job := f.job("JC-1", 100)
	report := f.must(flow.Report{Work: at(job, "printing"), Good: flow.Units(90), Wasted: []flow.Waste{{Reason: "torn", Quantity: flow.Units(10)}}})
	nc := newID(t)
	f.must(flow.RaiseNC{Work: at(job, "printing"), NC: nc, Cause: report.Command, What: "Edges torn by the gripper", Quantity: flow.Units(10)})
	refused(t, second(f.do(flow.SettleNC{Job: job, NC: nc, Verdict: "no more"})), flow.NCOpenAction)
	f.must(flow.SettleNC{Job: job, NC: nc, Decided: "scrap", Root: "worn gripper", Action: "gripper changed", Owner: "Suresh", Due: "2026-12-05"})
	operator := f.mark()
	operator.Role = flow.Operator
	_, err := f.db.Do(t.Context(), operator, flow.Command{ID: newID(t), Action: flow.SettleNC{Job: job, NC: nc, Verdict: "fine"}})
	refused(t, err, flow.NCNotYours)
	open, err := f.db.NCs(t.Context(), f.org, postgres.NCQuery{Limit: 10})
	if err != nil || len(open) != 1 || open[0].Number != "JC-1/NC1" || open[0].Action != "gripper changed" || open[0].Cause != report.Command {
		t.Fatalf("open: %+v %v", open, err)
	}
	f.must(flow.SettleNC{Job: job, NC: nc, Verdict: "three jobs without tears"})
	refused(t, second(f.do(flow.SettleNC{Job: job, NC: nc, Action: "more"})), flow.NCClosed)
	open, err = f.db.NCs(t.Context(), f.org, postgres.NCQuery{Limit: 10})
	closed, err2 := f.db.NCs(t.Context(), f.org, postgres.NCQuery{Closed: true, Limit: 10})
	if err != nil || err2 != nil || len(open) != 0 || len(closed) != 1 {
		t.Errorf("open %d, closed %d, %v %v", len(open), len(closed), err, err2)
	}
	page, err := f.db.NCs(t.Context(), f.org, postgres.NCQuery{Closed: true, Before: closed[0].Raised, ID: closed[0].ID, Limit: 10})
	if err != nil || len(page) != 0 {
		t.Errorf("the page after the last has %d, %v", len(page), err)
	}
	f.sound()
}

// Three jobs in one bath: the time of the run is theirs by quantity.
func TestJobsOfOneRunShareItsTime(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	var works []flow.Work
	for i, q := range []int64{100, 200, 33} {
		works = append(works, at(f.job(fmt.Sprintf("JC-%d", i+1), q), "printing"))
	}
	batch := newID(t)
	f.must(flow.StartTogether{Works: works, Batch: batch})
	refused(t, second(f.do(flow.StartTogether{Works: works, Batch: batch})), flow.AlreadyStarted)
	f.must(flow.FinishTogether{Works: works})
	var shares []int
	for _, w := range works {
		for _, m := range history(t, f, w.Job) {
			if m.Facts.Batch == batch {
				shares = append(shares, m.Facts.Share)
			}
		}
		if j, err := f.db.Job(t.Context(), f.org, w.Job); err != nil || j.Stages[1].OnHand == 0 || !j.Stages[0].Batch.IsZero() {
			t.Errorf("%+v %v", j, err)
		}
	}
	if !slices.Equal(shares, []int{300_300, 600_601, 99_099}) {
		t.Errorf("shares %v", shares)
	}
	f.sound()
}

func history(t *testing.T, f *firm, job flow.ID) (moves []flow.Movement) {
	t.Helper()
	tr, err := f.db.Trace(t.Context(), f.org, postgres.TraceQuery{Job: job})
	if err != nil {
		t.Fatal(err)
	}
	return tr.Jobs[0].Moves
}

func BenchmarkTrace(b *testing.B) {
	f := openFirm(b, pgtest.New(b), "sahyadri")
	gift(f)
	for b.Loop() {
		if _, err := f.db.Trace(b.Context(), f.org, postgres.TraceQuery{Lot: "OUT-3", Back: true}); err != nil {
			b.Fatal(err)
		}
	}
}
