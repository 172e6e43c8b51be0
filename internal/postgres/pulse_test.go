package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// asked is a query for all stages of a process at a moment.
func asked(w flow.Watch, processes ...flow.Process) postgres.PulseQuery {
	q := postgres.PulseQuery{Today: w.Today(), From: w.Now.Truncate(24 * time.Hour)}
	for _, p := range processes {
		q.Processes = append(q.Processes, p.ID)
		for _, s := range slices.Concat(p.Stages, p.Retired) {
			q.Stages = append(q.Stages, postgres.Asked{StageRef: flow.StageRef{Process: p.ID, Stage: s.Code}, Cuts: w.Cuts(p, s.Code), Limit: s.Allowance})
		}
	}
	return q
}

// pulsing is a firm with jobs in every state, and their ids.
func pulsing(t *testing.T) (f *firm, jobs []flow.ID) {
	f = openFirm(t, pgtest.New(t), "sahyadri")
	f.process = f.publish(func(p *flow.Process) {
		p.Stages[0].Allowance = flow.Units(5)
		p.Stages[0].Stuck = flow.Alarms{Begin: 2}
		p.Stages[1].Stuck = flow.Alarms{Idle: 300, Vendor: 3}
	})
	today := time.Now().UTC()
	due := func(days int) flow.Date { return flow.DateOf(today.AddDate(0, 0, days)) }
	vendor := postgres.Vendor{ID: newID(t), Name: "Konkan Laminators"}
	if err := f.db.AddVendor(t.Context(), f.org, vendor); err != nil {
		t.Fatal(err)
	}
	for i := range 16 {
		id := newID(t)
		jobs = append(jobs, id)
		f.must(flow.Create{Process: f.process.ID, Version: f.process.Version, Jobs: []flow.NewJob{{ID: id, Number: fmt.Sprintf("P-%02d", i), Quantity: flow.Units(100), Due: due(i%8 - 2)}}})
		if i%4 == 0 {
			continue
		}
		f.must(flow.Start{Work: at(id, "printing")})
		if i%4 == 1 {
			continue
		}
		f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(60), Wasted: []flow.Waste{{Quantity: flow.Units(int64(i)), Reason: "torn"}}})
		switch i {
		case 2:
			f.must(flow.Hold{Work: at(id, "lamination"), Reason: "other"})
		case 3, 6, 7:
			f.must(flow.Send{Vendor: vendor.ID, Expected: map[int]flow.Date{3: due(1), 6: due(4)}[i], Lines: []flow.SendLine{{Work: at(id, "lamination"), Quantity: flow.Units(60)}}})
		case 10:
			f.must(flow.Finish{Work: at(id, "lamination")})
		case 11:
			f.must(flow.Finish{Work: at(id, "lamination")})
			f.must(flow.Finish{Work: at(id, "dispatch")})
		}
	}
	return f, jobs
}

// What lists count is what the rules say of each job, at any moment; and the lists have what was counted, page by page.
func TestTheDatabaseCountsWhatTheRulesSay(t *testing.T) {
	t.Parallel()
	f, ids := pulsing(t)
	jobs, err := f.db.Jobs(t.Context(), f.org, ids)
	if err != nil {
		t.Fatal(err)
	}
	plant := flow.Calendar{Code: "plant", Shifts: []flow.Shift{{From: 9 * 60, To: 18 * 60, Days: [7]bool{true, true, true, true, true, true, true}}}}
	table := flow.NewTimetable([]flow.Calendar{plant}, "plant", time.UTC)
	found := map[flow.StuckBy]bool{}
	for _, later := range []time.Duration{time.Minute, time.Hour, 3 * time.Hour, 26 * time.Hour, 49 * time.Hour, 100 * time.Hour, 200 * time.Hour} {
		w := flow.NewWatch(time.Now().Add(later), time.UTC, table)
		q := asked(w, f.process)
		want, wasteful := map[string]int{}, 0
		for _, j := range jobs {
			over := false
			for _, s := range j.Stages {
				if stuck, is := w.Stuck(f.process, &j, s.Code); is {
					want[s.Code]++
					found[stuck.By] = true
				}
				stage, _ := f.process.Stage(s.Code)
				over = over || stage.Beyond(&s)
			}
			if over && j.Open() {
				wasteful++
			}
		}
		p, err := f.db.Pulse(t.Context(), f.org, q)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range q.Stages {
			if p.Stages[i].Stuck != want[s.Stage] {
				t.Errorf("after %v: %d stuck at %s, the rules say %d", later, p.Stages[i].Stuck, s.Stage, want[s.Stage])
			}
		}
		if p.Wasteful != wasteful {
			t.Errorf("after %v: %d jobs beyond the limit of wastage, the rules say %d", later, p.Wasteful, wasteful)
		}
		for name, list := range map[string]func(postgres.AtPlace) ([]postgres.At, bool, error){
			"stuck": func(after postgres.AtPlace) ([]postgres.At, bool, error) {
				return f.db.StuckList(t.Context(), f.org, q, after, 2)
			},
			"overdue": func(after postgres.AtPlace) ([]postgres.At, bool, error) {
				return f.db.OverdueList(t.Context(), f.org, q, after, 2)
			},
		} {
			seen := map[postgres.AtPlace]bool{}
			for after, more := (postgres.AtPlace{}), true; more; {
				var page []postgres.At
				if page, more, err = list(after); err != nil {
					t.Fatal(err)
				}
				for _, a := range page {
					after, seen[a.Place()] = a.Place(), true
				}
			}
			if n := map[string]int{"stuck": p.Stuck(), "overdue": p.Overdue}[name]; len(seen) != n {
				t.Errorf("after %v: the list of %s has %d, counted were %d", later, name, len(seen), n)
			}
		}
	}
	for _, by := range []flow.StuckBy{flow.StuckIdle, flow.StuckSilent, flow.StuckWaiting, flow.StuckLeaving, flow.StuckVendor, flow.StuckBegin} {
		if !found[by] {
			t.Errorf("nothing was ever stuck by %q: the test says nothing of it", by)
		}
	}
	f.sound()
}

func TestPulseCountsJobs(t *testing.T) {
	t.Parallel()
	f, _ := pulsing(t)
	w := flow.NewWatch(time.Now().UTC(), time.UTC, nil)
	q := asked(w, f.process)
	p, err := f.db.Pulse(t.Context(), f.org, q)
	if err != nil {
		t.Fatal(err)
	}
	if p.Late != 4 || p.Today != 2 || p.Left != 1 || p.Wasteful != 6 {
		t.Errorf("late %d, today %d, left %d, wasteful %d", p.Late, p.Today, p.Left, p.Wasteful)
	}
	left, more, err := f.db.LeftList(t.Context(), f.org, q, postgres.LeftPlace{}, 10)
	if err != nil || more || len(left) != 1 || left[0].Number != "P-11" {
		t.Errorf("left are %v %v", left, err)
	}
	seen := 0
	for after, more := (postgres.Place{}), true; more; {
		var page []flow.Job
		if page, more, err = f.db.WastefulList(t.Context(), f.org, q, after, 2); err != nil {
			t.Fatal(err)
		}
		seen += len(page)
		after = postgres.PlaceOf(page[len(page)-1])
	}
	if seen != p.Wasteful {
		t.Errorf("%d in the list of wastage, %d counted", seen, p.Wasteful)
	}
	// of another site, and of another organisation, nothing
	q.Narrow.Sites = []string{"nowhere"}
	if p, err := f.db.Pulse(t.Context(), f.org, q); err != nil || p.Late+p.Today+p.Left+p.Wasteful+p.Overdue+p.Stuck() != 0 {
		t.Errorf("of another site: %+v %v", p, err)
	}
	for name, list := range map[string]func() (int, error){
		"stuck": func() (int, error) {
			l, _, err := f.db.StuckList(t.Context(), f.org, q, postgres.AtPlace{}, 9)
			return len(l), err
		},
		"overdue": func() (int, error) {
			l, _, err := f.db.OverdueList(t.Context(), f.org, q, postgres.AtPlace{}, 9)
			return len(l), err
		},
		"left": func() (int, error) {
			l, _, err := f.db.LeftList(t.Context(), f.org, q, postgres.LeftPlace{}, 9)
			return len(l), err
		},
		"wasteful": func() (int, error) {
			l, _, err := f.db.WastefulList(t.Context(), f.org, q, postgres.Place{}, 9)
			return len(l), err
		},
	} {
		if n, err := list(); n != 0 || err != nil {
			t.Errorf("the list of %s of another site has %d: %v", name, n, err)
		}
	}
}
