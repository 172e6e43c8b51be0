package blueprint

import (
	"slices"
	"testing"
	"time"

	"clicarity/internal/flow"
)

// run takes a job of a template through all its stages, as its people would: forms are filled, approvals are named,
// what is timed is waited for, and one in fifty is wasted wherever there is a standard for it.
func run(t *testing.T, p flow.Process) flow.Job {
	t.Helper()
	p.ID, p.Version = flow.ID{9}, 1
	now := flow.At(time.Date(2026, 11, 2, 3, 30, 0, 0, time.UTC))
	jobs := map[flow.ID]flow.Job{}
	var n byte
	give := func(a flow.Action) {
		t.Helper()
		n++
		now = now.Add(time.Hour)
		w := flow.World{Jobs: map[flow.ID]flow.Job{}, Processes: map[flow.Edition]flow.Process{{Process: p.ID, Version: 1}: p}}
		for _, id := range a.Targets() {
			if j, ok := jobs[id]; ok {
				w.Jobs[id] = j
			}
		}
		for _, id := range w.Relatives() {
			w.Jobs[id] = jobs[id]
		}
		moves, err := flow.Decide(w, flow.Mark{Member: flow.ID{1}, Role: flow.Owner, Scope: flow.Scope{All: true}, At: now}, flow.Command{ID: flow.ID{1, n}, Action: a})
		if err != nil {
			t.Fatalf("%s: %v", a.Name(), err)
		}
		for _, m := range moves {
			if jobs[m.Job], err = flow.Apply(jobs[m.Job], m); err != nil {
				t.Fatal(err)
			}
			if err := jobs[m.Job].Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
	give(flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{order(p)}})
	for _, s := range p.Stages {
		at := flow.Work{Job: flow.ID{5}, Stage: s.Code}
		if s.Track != "" {
			at.Job = flow.PartID(flow.ID{5}, s.Track)
		}
		here, _ := jobs[at.Job].Stage(s.Code)
		var short flow.Quantity
		if makes, _, joins := jobs[at.Job].Joinable(s.Code); joins && makes < here.OnHand { // the scarcest component decides
			short, here.OnHand = here.OnHand-makes, makes
		}
		if here.Need == flow.Undecided && n%3 == 0 {
			give(flow.Decision{Work: at})
			continue
		}
		give(flow.Start{Work: at, Values: filled(s.Fields)})
		now = now.Add(time.Duration(s.Dwell) * time.Minute)
		r := flow.Report{Work: at, Good: here.OnHand, Short: short, Release: flow.Release{Values: filled(s.Fields)}}
		if s.Approval {
			r.Approver = "Mr Shah"
		}
		if s.LotIn {
			r.Used = []flow.Used{{Lot: "B-117", Material: "Board", Quantity: flow.Units(40), Unit: "kg"}}
		}
		if s.LotOut {
			r.Made = p.Prefix + "-00001-L1"
		}
		if s.Allowance > 0 {
			lose(&r, jobs[at.Job], here, p.WasteReasons[0].Code)
		}
		if len(s.Grades) > 0 {
			second := r.Good / 10
			r.Grades = map[string]flow.Quantity{s.Grades[0]: r.Good - second, s.Grades[1]: second}
		}
		give(r)
	}
	return jobs[flow.ID{5}]
}

// order is a job of a process: six thousand, by size where there are sizes, and two dozen of a second balance.
func order(p flow.Process) flow.NewJob {
	n := flow.NewJob{ID: flow.ID{5}, Number: p.Prefix + "-00001", Quantity: flow.Units(6000)}
	for _, size := range p.Sizes {
		if n.Sizes == nil {
			n.Sizes = map[string]flow.Quantity{}
		}
		n.Sizes[size] = flow.Units(6000 / int64(len(p.Sizes)))
	}
	if p.Second != "" {
		n.Second = flow.Units(24)
	}
	return n
}

// lose wastes one in fifty, of every size.
func lose(r *flow.Report, j flow.Job, here flow.StageState, reason string) {
	lost := here.OnHand / 50
	if len(j.Sizes()) == 0 {
		r.Good, r.Wasted = r.Good-lost, []flow.Waste{{Reason: reason, Quantity: lost}}
		return
	}
	r.Good, r.Of = 0, map[string]flow.Amount{}
	for _, size := range j.Sizes() {
		q := size.Stage(here.Code).OnHand
		r.Of[size.Name] = flow.Amount{Good: q - q/50, Wasted: []flow.Waste{{Reason: reason, Quantity: q / 50}}}
	}
}

func filled(fields []flow.Field) map[string]string {
	values := map[string]string{}
	for _, f := range fields {
		switch f.Type {
		case flow.NumberField:
			values[f.Code] = "4"
		case flow.DateField:
			values[f.Code] = "2026-11-02"
		case flow.YesNoField:
			values[f.Code] = "yes"
		case flow.ChoiceField:
			values[f.Code] = f.Choices[0]
		case flow.ChoicesField:
			values[f.Code] = f.Chosen(f.Choices)
		case flow.PhotoField, flow.SignatureField:
			values[f.Code] = flow.WritePictures([]flow.Picture{{ID: flow.ID{8}}})
		default:
			values[f.Code] = "L-114"
		}
	}
	return values
}

// A job of every shipped template goes from the first stage to the last: cartons from sheets, tablets from herbs,
// jewellery by the gram, candles that cure two days, a candidate to the joining day.
func TestAJobOfEveryTradeRunsThrough(t *testing.T) {
	t.Parallel()
	for _, tpl := range Gallery() {
		t.Run(tpl.Slug, func(t *testing.T) {
			t.Parallel()
			j := run(t, tpl.Process)
			if j.Open() || j.Dispatched() == 0 {
				t.Errorf("the job ends at %+v", j.Stages[len(j.Stages)-1])
			}
		})
	}
}

// What is particular to a trade comes out of its template: pairs by size, grams beside stones, metres by grade, parts that
// cure, a candidate who is nobody's quantity.
func TestWhatIsParticularToATrade(t *testing.T) {
	t.Parallel()
	ran := func(slug string) flow.Job {
		tpl, ok := Find(slug)
		if !ok {
			t.Fatalf("no template %s", slug)
		}
		return run(t, tpl.Process)
	}
	for _, slug := range []string{"footwear", "garments"} {
		j := ran(slug)
		var sum flow.Quantity
		for _, size := range j.Sizes() {
			out := size.Stages[len(size.Stages)-1].Good
			if out == 0 || out >= size.Quantity {
				t.Errorf("%s %s: %s of %s came through", slug, size.Name, out, size.Quantity)
			}
			sum += out
		}
		if len(j.Sizes()) < 6 || sum != j.Dispatched() {
			t.Errorf("%s: the sizes are %s, the job %s", slug, sum, j.Dispatched())
		}
	}
	jewel := ran("jewellery")
	stones, ok := jewel.Account(flow.SecondBalance)
	if !ok || stones.Unit != "stones" || stones.Stages[len(stones.Stages)-1].Good != flow.Units(24) || jewel.Dispatched() >= jewel.Quantity {
		t.Errorf("jewellery: %+v", stones)
	}
	for slug, grades := range map[string]int{"textile": 3, "ceramic-tiles": 3, "plywood": 3} {
		graded := false
		for _, s := range ran(slug).Stages {
			var sum flow.Quantity
			for _, q := range s.Grades {
				sum += q
			}
			graded = graded || sum > 0 && sum == s.Good && len(s.Grades) < grades
		}
		if !graded {
			t.Errorf("%s is not graded", slug)
		}
	}
	if j := ran("recruitment"); j.Mode != flow.UnitMode || j.Dispatched() != flow.One {
		t.Errorf("recruitment: %+v", j)
	}
	rubber, _ := Find("rubber-products")
	if !slices.ContainsFunc(rubber.Process.Stages, func(s flow.Stage) bool { return s.Dwell > 0 }) {
		t.Error("rubber does not cure")
	}
	boxes := ran("rigid-boxes")
	if len(boxes.Parts) != 5 || boxes.Dispatched() == 0 {
		t.Errorf("a rigid box of %d components", len(boxes.Parts))
	}
}
