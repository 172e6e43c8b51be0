package demo

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

const (
	cartonJobs  = 185
	enquiryJobs = 15
	storyDays   = 21
)

// factory is the demo factory at a moment of its story. What happens next is a queue of events in time.
type factory struct {
	db     *postgres.DB
	now    time.Time // when the story ends
	random *mathrand.Rand

	org                flow.ID
	cartons, enquiries flow.Process
	owners             []postgres.Member
	workers            map[string][]postgres.Member // by stage
	logins             []Login

	orders []*order
	events events
	serial int
	free   map[string][]time.Time // by stage: when each of its machines is free
	taught bool                   // the slip that is taken back has happened
}

// order is a job of the story.
type order struct {
	id      flow.ID
	number  int
	process flow.Process
	plan    []planned
	stop    int              // the stage beyond which it has not gone by now; past the last: it goes through
	fixed   map[string]int64 // what a stage wastes, for the order that retells a known case
	pace    float64
}

// event is something that happens to a part of an order at a stage.
type event struct {
	at     time.Time
	serial int // events of one moment happen in the order they were planned
	do     func(ctx context.Context, at time.Time) error
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return cmp.Or(e[i].at.Compare(e[j].at), e[i].serial-e[j].serial) < 0
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) } //nolint:forcetypeassert // only events are pushed
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func (f *factory) plan(at time.Time, do func(context.Context, time.Time) error) {
	f.serial++
	heap.Push(&f.events, event{at, f.serial, do})
}

// live plays the story: orders come in, and every event plans the next until now.
func (f *factory) live(ctx context.Context) error {
	f.free = map[string][]time.Time{}
	f.takeOrders()
	for f.events.Len() > 0 {
		e := heap.Pop(&f.events).(event) //nolint:forcetypeassert // only events are in it
		if e.at.After(f.now) {
			continue
		}
		if err := e.do(ctx, e.at); err != nil {
			return err
		}
	}
	return nil
}

var ist = time.FixedZone("IST", 5*3600+1800)

// shift is the next moment at or after t at which the factory works: Monday to Saturday, 8 to 22.
func shift(t time.Time) time.Time {
	for {
		l := t.In(ist)
		open := time.Date(l.Year(), l.Month(), l.Day(), 8, 0, 0, 0, ist)
		switch {
		case l.Weekday() == time.Sunday || l.Hour() >= 22:
			t = open.AddDate(0, 0, 1)
		case l.Before(open):
			return open.Add(time.Duration(l.Minute()%40) * time.Minute)
		default:
			return t
		}
	}
}

// worked adds working time to a moment.
func worked(t time.Time, d time.Duration) time.Time {
	for {
		t = shift(t)
		l := t.In(ist)
		left := time.Date(l.Year(), l.Month(), l.Day(), 22, 0, 0, 0, ist).Sub(t)
		if d <= left {
			return t.Add(d)
		}
		d -= left
		t = t.Add(left)
	}
}

func (f *factory) takeOrders() {
	start := f.now.AddDate(0, 0, -storyDays)
	for i := range cartonJobs + enquiryJobs {
		o := &order{process: f.cartons, plan: cartonStages, number: i, pace: 0.6 + f.random.Float64()*0.8}
		share := float64(i) / cartonJobs
		if i >= cartonJobs {
			o.process, o.plan, share = f.enquiries, enquiryStages, float64(i-cartonJobs)/enquiryJobs
		}
		at := shift(start.Add(time.Duration(share * float64(storyDays*24-5) * float64(time.Hour))))
		o.id = newID(at)
		if i == 6 {
			o.fixed = map[string]int64{"printing": 8, "lamination": 108, "foiling": 6, "embossing": 2}
		}
		o.stop = f.stall(o, share)
		f.orders = append(f.orders, o)
		f.plan(at, func(ctx context.Context, at time.Time) error { return f.open(ctx, o, at) })
	}
}

// stall is where an order stays: the older, the likelier it has gone through; a few old ones are stuck somewhere.
func (f *factory) stall(o *order, share float64) int {
	if o.fixed != nil || f.random.Float64() > 0.02+0.5*share*share*share {
		return len(o.plan)
	}
	return f.random.IntN(len(o.plan))
}

func (f *factory) mark(m postgres.Member, at time.Time) flow.Mark {
	mark := flow.Mark{Org: f.org, Member: m.ID, Role: m.Role, Device: "phone · Chrome", At: flow.At(at), Scope: flow.Scope{All: m.Role == flow.Owner}}
	if m.Role == flow.Owner {
		mark.Device = "computer · Chrome"
	}
	mark.Scope.Stages = map[flow.StageRef]bool{}
	for _, s := range m.Stages {
		mark.Scope.Stages[s] = true
	}
	return mark
}

func (f *factory) give(ctx context.Context, m postgres.Member, at time.Time, a flow.Action) (flow.Receipt, error) {
	r, err := f.db.Do(ctx, f.mark(m, at), flow.Command{ID: newID(at), Action: a})
	if err != nil {
		return r, fmt.Errorf("demo: %s at %s: %w", a.Name(), at.In(ist).Format(time.DateTime), err)
	}
	return r, nil
}

// worker is somebody who works at a stage.
func (f *factory) worker(stage string) postgres.Member {
	all := f.workers[stage]
	if len(all) == 0 {
		return f.owners[0]
	}
	return all[f.random.IntN(len(all))]
}

func (f *factory) open(ctx context.Context, o *order, at time.Time) error {
	c := customers[f.random.IntN(len(customers))]
	quantity := int64(math.Round(math.Exp(6.3+f.random.Float64()*3.6)/50)) * 50
	if o.fixed != nil {
		quantity = 500
	}
	n := flow.NewJob{ID: o.id, Customer: c.name, Item: c.items[f.random.IntN(len(c.items))], Quantity: flow.Units(quantity),
		Due: flow.DateOf(at.In(ist).AddDate(0, 0, 8+f.random.IntN(9))), Urgent: f.random.IntN(14) == 0}
	if o.process.ID == f.enquiries.ID {
		n.Quantity = 0
	}
	if f.random.IntN(4) == 0 {
		n.Fields = map[string]string{"Board": []string{"300 gsm SBS", "350 gsm FBB", "280 gsm duplex"}[f.random.IntN(3)], "Colours": []string{"4 + varnish", "4 + 1 Pantone", "5"}[f.random.IntN(3)]}
	}
	if _, err := f.give(ctx, f.owners[f.random.IntN(len(f.owners))], at, flow.Create{Process: o.process.ID, Version: 1, Jobs: []flow.NewJob{n}}); err != nil {
		return err
	}
	f.arrive(o, 0, at, flow.Units(quantity))
	return nil
}

// arrive plans the work on a quantity that has come to a stage, when a machine is free.
func (f *factory) arrive(o *order, stage int, at time.Time, q flow.Quantity) {
	if stage >= len(o.plan) || q == 0 {
		return
	}
	s := o.plan[stage]
	if f.free[s.code] == nil {
		f.free[s.code] = make([]time.Time, s.machines)
	}
	if stage == o.stop {
		f.stuck(o, stage, at)
		return
	}
	machine := 0
	for i, t := range f.free[s.code] {
		if t.Before(f.free[s.code][machine]) {
			machine = i
		}
	}
	begin := at
	if f.free[s.code][machine].After(begin) {
		begin = f.free[s.code][machine]
	}
	begin = worked(begin, time.Duration(4+f.random.IntN(35))*time.Minute)
	takes := time.Duration(float64(s.work)*o.pace*(0.5+f.random.Float64())) * time.Minute
	f.free[s.code][machine] = worked(begin, takes)
	f.plan(begin, func(ctx context.Context, at time.Time) error { return f.start(ctx, o, stage, at, takes) })
}

// stuck leaves an order where it is: waiting, or on hold with a reason.
func (f *factory) stuck(o *order, stage int, at time.Time) {
	if f.random.IntN(5) > 1 {
		return
	}
	f.plan(worked(at, 50*time.Minute), func(ctx context.Context, at time.Time) error {
		here, err := f.here(ctx, o, stage)
		if err != nil || here.OnHand == 0 || here.Held != 0 {
			return err
		}
		reasons := o.process.HoldReasons
		_, err = f.give(ctx, f.worker(here.Code), at, flow.Hold{Work: flow.Work{Job: o.id, Stage: here.Code}, Reason: reasons[f.random.IntN(len(reasons))].Code})
		return err
	})
}

// here is what an order has at a stage now.
func (f *factory) here(ctx context.Context, o *order, stage int) (flow.StageState, error) {
	j, err := f.db.Job(ctx, f.org, o.id)
	here, _ := j.Stage(o.plan[stage].code)
	return here, err
}

// start begins work, unless it is on already, and plans its end: in one report, or in two with the rest to come.
func (f *factory) start(ctx context.Context, o *order, stage int, at time.Time, takes time.Duration) error {
	code := o.plan[stage].code
	here, err := f.here(ctx, o, stage)
	if err != nil || here.OnHand == 0 || here.Held != 0 {
		return err
	}
	if here.Started == 0 {
		if _, err := f.give(ctx, f.worker(code), at, flow.Start{Work: flow.Work{Job: o.id, Stage: code}}); err != nil {
			return err
		}
	}
	if f.random.IntN(30) == 0 {
		return f.pause(ctx, o, stage, at, takes)
	}
	parts := 1
	if o.process.Mode == flow.QuantityMode && here.OnHand > flow.Units(4000) && stage > 8 && f.random.IntN(3) == 0 {
		parts = 2
	}
	for part := 1; part <= parts; part++ {
		last := part == parts
		f.plan(worked(at, takes*time.Duration(part)/time.Duration(parts)), func(ctx context.Context, at time.Time) error { return f.report(ctx, o, stage, at, last) })
	}
	return nil
}

// pause puts work on hold for a while.
func (f *factory) pause(ctx context.Context, o *order, stage int, at time.Time, takes time.Duration) error {
	w := flow.Work{Job: o.id, Stage: o.plan[stage].code}
	reason := []string{"no_power", "machine_down", "no_material"}[f.random.IntN(3)]
	if o.process.ID == f.enquiries.ID {
		reason = "approval_wait"
	}
	if _, err := f.give(ctx, f.worker(w.Stage), at, flow.Hold{Work: w, Reason: reason}); err != nil {
		return err
	}
	f.plan(worked(at, time.Duration(30+f.random.IntN(200))*time.Minute), func(ctx context.Context, at time.Time) error {
		if here, err := f.here(ctx, o, stage); err != nil || here.Held == 0 {
			return err
		}
		if _, err := f.give(ctx, f.worker(w.Stage), at, flow.Resume{Work: w}); err != nil {
			return err
		}
		f.plan(worked(at, takes), func(ctx context.Context, at time.Time) error { return f.report(ctx, o, stage, at, true) })
		return nil
	})
	return nil
}

var notes = []string{"पहिला लॉट तपासला", "रंग ठीक है", "First lot checked with the approved proof", "Board slightly damp, dried 20 minutes", "कटिंग के किनारे साफ", "Shade matched to the last order"}

// report books what is on hand, or its first half, and sends the good on.
func (f *factory) report(ctx context.Context, o *order, stage int, at time.Time, all bool) error {
	s := o.plan[stage]
	here, err := f.here(ctx, o, stage)
	if err != nil || here.OnHand == 0 || here.Held != 0 {
		return err
	}
	who, w := f.worker(s.code), flow.Work{Job: o.id, Stage: s.code}
	if o.process.Mode == flow.UnitMode {
		_, err := f.give(ctx, who, at, flow.Finish{Work: w})
		f.arrive(o, stage+1, at, flow.One)
		return err
	}
	q := here.OnHand
	if !all {
		q = q / 2 / flow.One * flow.One
	}
	r := flow.Report{Work: w, Good: q}
	if waste := f.waste(o, s, q); waste > 0 && waste < q {
		r.Good, r.Wasted = q-waste, []flow.Waste{{Reason: s.reasons[f.random.IntN(len(s.reasons))], Quantity: waste}}
	}
	if f.random.IntN(12) == 0 {
		r.Note = notes[f.random.IntN(len(notes))]
	}
	if err := f.slip(ctx, who, at, r); err != nil {
		return err
	}
	if _, err := f.give(ctx, who, at, r); err != nil {
		return err
	}
	f.arrive(o, stage+1, at, r.Good)
	return nil
}

// waste is what a stage spoils of a quantity: around its usual share, now and then much more.
func (f *factory) waste(o *order, s planned, q flow.Quantity) flow.Quantity {
	if o.fixed != nil {
		return flow.Units(o.fixed[s.code])
	}
	share := s.waste * (0.3 + f.random.ExpFloat64()*0.7)
	return flow.Quantity(float64(q)*min(share, 0.3)) / flow.One * flow.One
}

// slip happens once: somebody enters half of what they meant and takes it back.
func (f *factory) slip(ctx context.Context, who postgres.Member, at time.Time, r flow.Report) error {
	if f.taught || len(r.Wasted) == 0 || f.now.Sub(at) > 9*24*time.Hour {
		return nil
	}
	f.taught = true
	wrong, err := f.give(ctx, who, at.Add(-2*time.Minute), flow.Report{Work: r.Work, Good: r.Good / 2 / flow.One * flow.One})
	if err != nil {
		return err
	}
	_, err = f.give(ctx, who, at.Add(-time.Minute), flow.Undo{Job: r.Job, Undoes: wrong.Command})
	return err
}
