package blueprint

import (
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
		moves, err := flow.Decide(w, flow.Mark{Member: flow.ID{1}, Role: flow.Operator, Scope: flow.Scope{All: true}, At: now}, flow.Command{ID: flow.ID{1, n}, Action: a})
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
	give(flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{{ID: flow.ID{5}, Number: p.Prefix + "-00001", Quantity: flow.Units(6000)}}})
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
		if s.Allowance > 0 {
			lost := here.OnHand / 50
			r.Good, r.Wasted = r.Good-lost, []flow.Waste{{Reason: p.WasteReasons[0].Code, Quantity: lost}}
		}
		give(r)
	}
	return jobs[flow.ID{5}]
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
