package postgres_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// twins are two organisations alike in everything. One gets every command once; the other gets it as a bad network brings
// it: twice or thrice, at one moment, and again after others.
type twins struct {
	t           *rapid.T
	once, often *firm
	vendor      flow.ID
	now         flow.Moment
	jobs        []flow.ID
	taken       []flow.Command
}

func openTwins(t *testing.T, rt *rapid.T, db *postgres.DB, n int) *twins {
	t.Helper()
	w := &twins{t: rt, once: openFirm(t, db, fmt.Sprintf("once-%d", n)), often: openFirm(t, db, fmt.Sprintf("often-%d", n)), vendor: newID(t),
		now: flow.At(time.Date(2026, 11, 2, 3, 30, 0, 0, time.UTC))}
	eight, _ := flow.ParseRatio("8")
	p := flow.Process{ID: newID(t), Version: 1, Name: "Inspected cartons", Mode: flow.QuantityMode, Unit: "sheets", Prefix: "IC", Over: 10, Yearly: rapid.Bool().Draw(rt, "yearly"),
		WasteReasons: []flow.Reason{{Code: "torn"}}, HoldReasons: flow.StarterHolds(), Stages: []flow.Stage{{Code: "print", Name: "Printing", LotIn: true},
			{Code: "film", Name: "Lamination", Optional: true}, {Code: "cut", Name: "Die cutting", Yields: eight}, {Code: "check", Name: "Inspection", Inspection: true}, {Code: "leave", Name: "Dispatch", Needs: []string{"check"}}}}
	for _, f := range []*firm{w.once, w.often} {
		f.owner, f.process = w.once.owner, p // a name in the history
		if err := errors.Join(db.AddProcess(t.Context(), f.org, p), db.AddVendor(t.Context(), f.org, postgres.Vendor{ID: w.vendor, Name: "Konkan Laminators"})); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// answer is what somebody is told: a receipt, or why not.
type answer struct {
	Receipt flow.Receipt
	Refusal flow.Code
	Failure string // what is neither
}

func (w *twins) send(f *firm, c flow.Command, later time.Duration) answer {
	m := f.mark()
	m.At = w.now.Add(later)
	r, err := f.db.Do(f.t.Context(), m, c)
	var refusal *flow.Refusal
	switch {
	case errors.As(err, &refusal):
		return answer{Refusal: refusal.Code}
	case err != nil:
		return answer{Failure: err.Error()}
	}
	return answer{Receipt: r}
}

// step gives one command to both.
func (w *twins) step() {
	w.now = w.now.Add(time.Minute)
	c := flow.Command{ID: newID(w.once.t), Action: w.anyAction()}
	want := w.send(w.once, c, 0)
	got := make([]answer, rapid.IntRange(2, 3).Draw(w.t, "times"))
	if rapid.Bool().Draw(w.t, "at one moment") {
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { got[i] = w.send(w.often, c, 0) })
		}
		wg.Wait()
	} else {
		for i := range got {
			got[i] = w.send(w.often, c, time.Duration(i)*time.Second)
		}
	}
	firsts := 0
	for _, g := range got {
		if g.Refusal == "" && g.Failure == "" && !g.Receipt.Again {
			firsts++
		}
		w.same(c, g, want)
	}
	if want.Failure != "" {
		w.t.Fatalf("%s: %s", c.Action.Name(), want.Failure)
	}
	if want.Refusal != "" {
		return
	}
	if len(want.Receipt.Jobs) > 0 && firsts != 1 {
		w.t.Fatalf("%s: %d of %d senders were the first", c.Action.Name(), firsts, len(got))
	}
	for _, ref := range want.Receipt.Jobs {
		if !slices.Contains(w.jobs, ref.ID) {
			w.jobs = append(w.jobs, ref.ID)
		}
	}
	w.taken = append(w.taken, c)
	if old := rapid.SampledFrom(w.taken).Draw(w.t, "comes again"); rapid.Bool().Draw(w.t, "after others") {
		first := w.send(w.once, old, time.Hour)
		if !first.Receipt.Again {
			w.t.Fatalf("%s was answered as if it were new", old.Action.Name())
		}
		w.same(old, w.send(w.often, old, 2*time.Hour), first)
	}
}

func (w *twins) same(c flow.Command, got, want answer) {
	got.Receipt.Again, want.Receipt.Again = false, false
	if !reflect.DeepEqual(got, want) {
		w.t.Fatalf("%s: sent once it is answered %+v, sent more often %+v", c.Action.Name(), want, got)
	}
}

func (w *twins) anyAction() flow.Action {
	t := w.t
	if len(w.jobs) == 0 || rapid.IntRange(0, 7).Draw(t, "new") == 0 {
		number := rapid.SampledFrom([]string{"", "", "IC-77", "ic-77", "IC-78"}).Draw(t, "number")
		customer, item := rapid.SampledFrom([]string{"", "Mithai Ghar", "Rasoi Foods"}).Draw(t, "customer"), rapid.SampledFrom([]string{"", "Sari box"}).Draw(t, "item")
		return flow.Create{Process: w.once.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(w.once.t), Number: number, Customer: customer, Item: item, Due: "2026-11-20", Quantity: flow.Units(rapid.Int64Range(0, 40).Draw(t, "ordered"))}}}
	}
	id := rapid.SampledFrom(w.jobs).Draw(t, "job")
	j, err := w.once.db.Job(w.once.t.Context(), w.once.org, id)
	if err != nil {
		t.Fatal(err)
	}
	s := rapid.SampledFrom(j.Stages).Draw(t, "stage")
	if live := slices.IndexFunc(j.Stages, flow.StageState.Live); live >= 0 && rapid.IntRange(0, 3).Draw(t, "where something is") > 0 {
		s = j.Stages[live]
	}
	at := flow.Work{Job: id, Stage: s.Code}
	part := rapid.SampledFrom([]flow.Quantity{s.OnHand, s.OnHand / 2, flow.One, s.OnHand + flow.One}).Draw(t, "part")
	rel := flow.Release{Used: []flow.Used{{Lot: rapid.SampledFrom([]string{"B-1", "B-2"}).Draw(t, "lot"), Quantity: flow.One}}}
	torn := []flow.Waste{{Reason: "torn", Quantity: flow.One}}
	switch rapid.IntRange(0, 17).Draw(t, "what") {
	case 0:
		return flow.Start{Work: at, Used: rel.Used}
	case 1, 2, 3:
		return flow.Finish{Work: at, Release: rel}
	case 4:
		return flow.Hold{Work: at, Reason: "no_power"}
	case 5:
		return flow.Resume{Work: at}
	case 6:
		if len(w.taken) > 0 {
			return flow.Undo{Job: id, Undoes: rapid.SampledFrom(w.taken).Draw(t, "undoes").ID, Reason: "mistake", Together: rapid.Bool().Draw(t, "together")}
		}
	case 7:
		return flow.Split{Work: at, Quantity: part, Lot: newID(w.once.t), Number: fmt.Sprintf("L-%d", len(w.taken))}
	case 8:
		return flow.Merge{Work: at, Into: rapid.SampledFrom(w.jobs).Draw(t, "into")}
	case 9:
		return flow.Send{Vendor: w.vendor, Lines: []flow.SendLine{{Work: at, Quantity: part}}}
	case 10:
		if len(s.Out) > 0 {
			return flow.Receive{Work: at, Challan: s.Out[0].Challan, Good: s.Out[0].Quantity / 2, Damaged: s.Out[0].Quantity - s.Out[0].Quantity/2, Release: rel}
		}
	case 11:
		return flow.Count{Work: at, There: part, Reason: "recount"}
	case 12:
		return flow.Change{Job: id, Set: map[string]string{flow.SetDue: rapid.SampledFrom([]string{"", "2026-12-01", "2026-12-24"}).Draw(t, "due")}}
	case 13:
		return flow.RaiseNC{Work: at, NC: newID(w.once.t), What: "bubbles", Quantity: flow.One}
	case 14:
		return flow.Decision{Work: at, Needed: rapid.Bool().Draw(t, "needed")}
	case 15:
		return flow.FinishTogether{Works: []flow.Work{at, {Job: rapid.SampledFrom(w.jobs).Draw(t, "with"), Stage: s.Code}}, Release: rel}
	}
	r := flow.Report{Work: at, Good: part, Release: rel}
	if rapid.Bool().Draw(t, "wasted") {
		r.Wasted = torn
	}
	if rapid.IntRange(0, 3).Draw(t, "back") == 0 {
		r.Back = []flow.Back{{To: "print", Reason: "torn", Quantity: flow.One}}
	}
	return r
}

// alike checks that the two worlds are one: every job, every movement, every challan, what the next number is.
func (w *twins) alike() {
	type world struct {
		Jobs  []flow.Job
		Moves []flow.Movement
	}
	look := func(f *firm) (v world) {
		var err error
		if v.Jobs, err = f.db.Jobs(f.t.Context(), f.org, w.jobs); err != nil {
			w.t.Fatal(err)
		}
		slices.SortFunc(v.Jobs, func(a, b flow.Job) int { return cmp.Compare(a.ID.String(), b.ID.String()) })
		if err := f.db.Stream(f.t.Context(), f.org, false, func(r postgres.Record) error {
			m := r.Movement
			m.Org, m.Hash = flow.ID{}, [32]byte{}
			v.Moves = append(v.Moves, m)
			return nil
		}); err != nil {
			w.t.Fatal(err)
		}
		if _, err := f.db.Verify(f.t.Context(), f.org); err != nil {
			w.t.Fatal(err)
		}
		return v
	}
	one, two := look(w.once), look(w.often)
	if !reflect.DeepEqual(one, two) {
		a, _ := json.MarshalIndent(one, "", " ")
		b, _ := json.MarshalIndent(two, "", " ")
		w.t.Fatalf("sent once:\n%s\nsent more often:\n%s", a, b)
	}
}

// Whatever is asked, asking it more than once through the write door is asking it once.
func TestEveryCommandTwiceEqualsOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	n, commands, taken := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w := openTwins(t, rt, db, n)
		for range rapid.IntRange(5, 30).Draw(rt, "commands") {
			w.step()
			commands++
		}
		w.alike()
		taken += len(w.taken)
	})
	t.Logf("%d random commands, %d of them taken, each given once to one world and more often to another", commands, taken)
}

// What a component takes back, and the clearance that a lot takes along, are less than nothing where they came from. They
// are stored and read like any quantity.
func TestWhatIsLessThanNothingIsReadAgain(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	f.process = flow.Process{ID: newID(t), Version: 1, Name: "Boxes", Mode: flow.QuantityMode, Unit: "boxes", Prefix: "RB", HoldReasons: flow.StarterHolds(), WasteReasons: []flow.Reason{{Code: "torn"}},
		Tracks: []flow.Track{{Code: "label", Name: "Label", Per: flow.One, Joins: "paste"}},
		Stages: []flow.Stage{{Code: "label-print", Name: "Printing", Track: "label"}, {Code: "paste", Name: "Pasting"}, {Code: "check", Name: "QC", Inspection: true},
			{Code: "pack", Name: "Packing"}, {Code: "leave", Name: "Dispatch", Needs: []string{"check"}}}}
	if err := f.db.AddProcess(t.Context(), f.org, f.process); err != nil {
		t.Fatal(err)
	}
	id := f.job("RB-1", 100)
	label := flow.PartID(id, "label")
	f.must(flow.Undo{Job: label, Undoes: f.must(flow.Finish{Work: at(label, "label-print")}).Command, Reason: "wrong job"})
	if j, err := f.db.Job(t.Context(), f.org, id); err != nil || j.Parts[0].Arrived != 0 {
		t.Fatalf("%+v %v", j.Parts, err)
	}
	f.must(flow.Finish{Work: at(label, "label-print")})
	f.must(flow.Finish{Work: at(id, "paste")})
	f.must(flow.Finish{Work: at(id, "check")})
	lot := newID(t)
	f.must(flow.Split{Work: at(id, "pack"), Quantity: flow.Units(40), Lot: lot, Number: "RB-1/2"})
	for _, one := range []flow.ID{id, lot} {
		f.must(flow.Finish{Work: at(one, "pack")})
		f.must(flow.Finish{Work: at(one, "leave")})
	}
	if log, err := f.db.Movements(t.Context(), f.org, 0, 100); err != nil || len(log) < 10 {
		t.Errorf("the log reads %d movements: %v", len(log), err)
	}
	f.sound()
}
