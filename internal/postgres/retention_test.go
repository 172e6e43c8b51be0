package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// worded makes a job whose every text has a mark in it, with a drawing.
func (f *firm) worded(number, mark string) flow.ID {
	f.t.Helper()
	id := newID(f.t)
	f.must(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: id, Number: number, Customer: mark + " Sweets", Item: mark + " box", Quantity: flow.Units(100), Due: "2026-12-01"}}})
	f.must(flow.Report{Work: at(id, "printing"), Good: flow.Units(60), Wasted: []flow.Waste{{Quantity: flow.Units(3), Reason: "torn"}}, Note: "call " + mark})
	drawing := f.newFile(id, "")
	drawing.Name = mark + ".pdf"
	got, err := f.db.PutFile(f.t.Context(), f.org, drawing, strings.NewReader("of "+mark), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.attach(got, mark+" die line", "A")
	return id
}

// done brings all of a job through.
func (f *firm) done(job flow.ID) {
	f.t.Helper()
	for _, stage := range []string{"printing", "lamination", "dispatch"} {
		f.must(flow.Finish{Work: at(job, stage)})
	}
	j, err := f.db.Job(f.t.Context(), f.org, job)
	if err != nil || j.Open() {
		f.t.Fatalf("the job is not done: %v", err)
	}
}

// addsUp is what a job adds up to, stage by stage.
func (f *firm) addsUp(job flow.ID) string {
	f.t.Helper()
	j, err := f.db.Job(f.t.Context(), f.org, job)
	if err != nil {
		f.t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range j.Stages {
		b.WriteString(s.Code + " " + s.Received.String() + " " + s.Good.String() + " " + s.Wasted.String() + " " + s.Ready.Time().String() + " " + s.Done.Time().String() + "\n")
	}
	return b.String()
}

// What is written on jobs goes when the organisation does not keep it any longer; what the jobs add up to stays, and jobs that
// are open, newer or somebody else's keep their words.
func TestOldJobsLoseTheirWords(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := started(t, url)
	f, other := openFirm(t, db, "sahyadri"), openFirm(t, db, "konkan")
	old, open, alien := f.worded("JC-1", "Laddoo"), f.worded("JC-2", "Barfi"), other.worded("JC-1", "Peda")
	f.done(old)
	other.done(alien)
	f.rolledUp()
	before := f.addsUp(old)
	o, err := db.Organisation(t.Context(), f.org)
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().AddDate(1, 0, 2)
	if n, err := db.EmptyOldJobs(t.Context(), o, later, 100); n != 0 || err != nil {
		t.Errorf("nobody said how long: %d, %v", n, err)
	}
	if err := db.SetRetention(t.Context(), f.org, 12, f.owner); err != nil {
		t.Fatal(err)
	}
	if n, err := db.EmptyOldJobs(t.Context(), o, time.Now().AddDate(0, 11, 0), 100); n != 0 || err != nil {
		t.Errorf("a month too early: %d, %v", n, err)
	}
	for _, want := range []int{1, 0} {
		if n, err := db.EmptyOldJobs(t.Context(), o, later, 100); n != want || err != nil {
			t.Errorf("%d, want %d: %v", n, want, err)
		}
	}
	for _, found := range pgtest.Scan(t, url, "Laddoo") {
		t.Errorf("it is still there: %s", found)
	}
	for _, mark := range []string{"Barfi", "Peda"} {
		if len(pgtest.Scan(t, url, mark)) < 4 {
			t.Errorf("%s has gone too", mark)
		}
	}
	if after := f.addsUp(old); after != before {
		t.Errorf("it adds up to\n%safter\n%s", after, before)
	}
	j, err := db.Job(t.Context(), f.org, old)
	if err != nil || j.Number != "JC-1" || len(j.Files) != 1 || j.Files[0].Newest().Erased == 0 {
		t.Errorf("%+v, %v", j, err)
	}
	f.sound()
	other.sound()
	f.must(flow.Report{Work: at(open, "lamination"), Good: flow.Units(5)}) // and the work goes on
	f.sound()
}

// An organisation keeps for six months at least, and for as long as it says.
func TestRetentionIsBounded(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	for months, fine := range map[int]bool{0: true, postgres.MinRetention: true, postgres.MaxRetention: true, postgres.MinRetention - 1: false, postgres.MaxRetention + 1: false, -1: false} {
		err := f.db.SetRetention(t.Context(), f.org, months, f.owner)
		if (err == nil) != fine {
			t.Errorf("%d months: %v", months, err)
		}
	}
	if _, err := f.db.Retention(t.Context(), newID(t)); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("of an organisation that there is not: %v", err)
	}
}
