package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

var boardCustomers = []string{"Mithai Ghar", "Mithai Mandir", "Shree Traders", "Shakti Traders Pvt Ltd", ""}

// boardFirm has jobs in every state that the board can be asked for.
func boardFirm(t *testing.T, db *postgres.DB, jobs int) *firm {
	t.Helper()
	f := openFirm(t, db, "sahyadri")
	f.publish(func(p *flow.Process) {
		p.Fields = []flow.Field{{Code: "paper", Label: "Paper", Type: flow.TextField}, {Code: "gsm", Label: "GSM", Type: flow.NumberField}}
	})
	konkan := postgres.Vendor{ID: newID(t), Name: "Konkan Laminators"}
	err := errors.Join(db.AddVendor(t.Context(), f.org, konkan), db.AddSite(t.Context(), f.org, postgres.Site{Code: "vasai", Name: "Vasai"}),
		db.AddSite(t.Context(), f.org, postgres.Site{Code: "pune", Name: "Pune"}))
	if err != nil {
		t.Fatal(err)
	}
	for n := range jobs {
		id := newID(t)
		job := flow.NewJob{ID: id, Number: fmt.Sprintf("JC-%d", n), Customer: boardCustomers[n%5], Item: "Box", Quantity: flow.Units(100), Urgent: n%4 == 0,
			Site: []string{"vasai", "pune", ""}[n%3], Fields: map[string]string{"paper": []string{"Art card", "Kraft", "Art paper"}[n%3]}}
		if n%7 != 0 {
			job.Due = flow.Date(fmt.Sprintf("2026-12-%02d", 1+n%9))
		}
		if n%2 == 0 {
			job.Fields["gsm"] = "300"
		}
		long := f.mark()
		long.At = long.At.Add(-time.Duration(n%6) * time.Hour)
		do := func(a flow.Action) {
			if _, err := db.Do(t.Context(), long, flow.Command{ID: newID(t), Action: a}); err != nil {
				t.Fatalf("%s: %v", a.Name(), err)
			}
		}
		do(flow.Create{Process: f.process.ID, Version: 2, Jobs: []flow.NewJob{job}})
		at, part := func(stage string) flow.Work { return flow.Work{Job: id, Stage: stage} }, flow.Units(40)
		switch n % 8 {
		case 1:
			do(flow.Report{Work: at("printing"), Good: part})
		case 2:
			do(flow.Hold{Work: at("printing"), Reason: flow.StarterHolds()[0].Code})
		case 3:
			do(flow.Report{Work: at("printing"), Good: part})
			do(flow.Report{Work: at("lamination"), Good: flow.Units(10), Back: []flow.Back{{To: "printing", Reason: "torn", Quantity: flow.Units(3)}}})
		case 4:
			do(flow.Send{Vendor: konkan.ID, Lines: []flow.SendLine{{Work: at("printing"), Quantity: part}}})
			do(flow.Hold{Work: at("printing"), Reason: flow.StarterHolds()[0].Code})
		case 5:
			for _, s := range []string{"printing", "lamination", "dispatch"} {
				do(flow.Finish{Work: at(s)})
			}
		case 6:
			do(flow.Change{Job: id, Set: map[string]string{flow.SetDue: "2026-12-24", flow.SetCustomer: "Shree Sweets"}})
		}
	}
	return f
}

func anyFilter(t *rapid.T) flow.Filter {
	maybe := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
	text := func(name string, of ...string) string {
		if !maybe(name + "?") {
			return ""
		}
		return rapid.SampledFrom(of).Draw(t, name)
	}
	f := flow.Filter{Customer: text("customer", "mithai", "M", "sh traders", "Ghar", "nobody", "traders pvt"), Site: text("site", "vasai", "pune", "nowhere"),
		Urgent: maybe("urgent"), From: flow.Date(text("from", "2026-12-01", "2026-12-05")), To: flow.Date(text("to", "2026-12-03", "2026-12-08", "2026-12-31")),
		Stage: text("stage", "printing", "lamination", "gone"), Held: maybe("held"), Away: maybe("away"), Rework: maybe("rework")}
	if maybe("still") {
		f.Still = time.Duration(rapid.IntRange(1, 6).Draw(t, "hours"))*time.Hour - 30*time.Minute
	}
	if has := text("has", "art", "k", "art p", "zinc"); has != "" {
		f.Has = map[string]string{"paper": has}
	}
	if is := text("is", "art card", "Kraft", "art"); is != "" {
		f.Is = map[string]string{"paper": is}
	}
	if gsm := text("gsm", "300", "30"); gsm != "" {
		f.Has = map[string]string{"gsm": gsm}
	}
	return f
}

// The pages of the board under any filter, walked forth and back, are the jobs that match it, in order, each once.
func TestTheBoardUnderAFilterIsAFilterOverAllJobs(t *testing.T) {
	t.Parallel()
	f := boardFirm(t, pgtest.New(t), 120)
	f.sound()
	all := map[bool][]flow.Job{}
	for _, done := range []bool{false, true} {
		page, err := f.db.Board(t.Context(), f.org, postgres.BoardQuery{Process: f.process.ID, Done: done, Limit: 1000})
		if err != nil || page.More || len(page.Jobs) == 0 {
			t.Fatal(len(page.Jobs), page.More, err)
		}
		all[done] = page.Jobs
	}
	if len(all[false])+len(all[true]) != 120 {
		t.Fatal(len(all[false]), len(all[true]))
	}
	now := flow.At(time.Now())
	matches := 0
	rapid.Check(t, func(rt *rapid.T) {
		q := postgres.BoardQuery{Process: f.process.ID, Done: rapid.IntRange(0, 4).Draw(rt, "done") == 0, Filter: anyFilter(rt), Now: now, Limit: rapid.IntRange(1, 9).Draw(rt, "limit")}
		if rapid.IntRange(0, 3).Draw(rt, "scope") == 0 {
			q.Sites = rapid.SampledFrom([][]string{{"vasai"}, {"pune", "vasai"}}).Draw(rt, "sites")
		}
		var want []string
		for _, j := range all[q.Done] {
			if q.Filter.Matches(j, now) && (len(q.Sites) == 0 || slices.Contains(q.Sites, j.Site)) {
				want = append(want, j.Number)
			}
		}
		matches += len(want)
		walk := func(back bool) (got []string) {
			for more := true; more; {
				page, err := f.db.Board(rt.Context(), f.org, q)
				if err != nil {
					rt.Fatal(err)
				}
				if len(page.Jobs) == 0 && page.More {
					rt.Fatal("an empty page that is not the last")
				}
				jobs := numbersOf(page.Jobs)
				if more = page.More; back {
					got, q.Before = append(jobs, got...), page.End
				} else {
					got, q.After = append(got, jobs...), page.End
				}
			}
			return got
		}
		forth := walk(false)
		q.After, q.Before = postgres.Place{}, postgres.Place{Due: "9999-12-31", Job: flow.ID{255, 255}}
		back := walk(true)
		if !slices.Equal(forth, want) || !slices.Equal(back, want) {
			rt.Fatalf("%+v:\nwant  %v\nforth %v\nback  %v", q, want, forth, back)
		}
	})
	if matches == 0 {
		t.Error("no filter had a match")
	}
}

func numbersOf(jobs []flow.Job) (numbers []string) {
	for _, j := range jobs {
		numbers = append(numbers, j.Number)
	}
	return numbers
}

// A beginning that too many words have is said to be one.
func TestABeginningOfTooManyWords(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	for n := range 60 {
		f.must(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: fmt.Sprint("JC-", n), Customer: fmt.Sprint("Party", n), Quantity: flow.One}}})
	}
	q := postgres.BoardQuery{Process: f.process.ID, Limit: 10, Filter: flow.Filter{Customer: "party"}}
	var broad *postgres.TooBroad
	if _, err := f.db.Board(t.Context(), f.org, q); !errors.As(err, &broad) || broad.Says != "party" {
		t.Errorf("%v", err)
	}
	q.Filter.Customer = "party1"
	if page, err := f.db.Board(t.Context(), f.org, q); err != nil || len(page.Jobs) != 10 || !page.More {
		t.Errorf("%d %v %v", len(page.Jobs), page.More, err)
	}
}
