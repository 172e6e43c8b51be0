package demo

import (
	"cmp"
	"container/heap"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"clicarity/internal/flow"
)

// factory is the demo factory at a moment of its story. What happens next is a queue of events in time; what has
// happened is a list of commands that the rules accepted. No database is needed to tell the story.
type factory struct {
	now    time.Time // when the story ends
	org    flow.ID
	hours  hours
	random *mathrand.Rand
	seed   uint64
	newID  func(at time.Time) flow.ID

	staff              *staff
	vendors            []flow.ID // of the vendors, in their order
	cartons, enquiries *line
	hampers            *hampers

	events   events
	serial   int
	challans map[string]int // numbers given, by financial year
	slipped  int            // reports that were taken back
	steps    []step
}

// line is a process at work.
type line struct {
	process flow.Process
	places  []*place
	next    int // number of the next job
}

// place is a stage at work: orders wait there when all its hands are full.
type place struct {
	planned
	free  int
	queue []*visit
	at    map[string]int // by station: how many orders run there
}

// step is a command that was given in the story, and what it must lead to.
type step struct {
	mark    flow.Mark
	command flow.Command
	moves   int
	number  string // of the job
	bytes   []byte // of the file that the command adds
}

// event is something that will happen.
type event struct {
	at     time.Time
	serial int // events of one moment happen in the order in which they were planned
	do     func(at time.Time) error
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

// newFactory is the factory on the morning of its first day. newID makes the ids, which are all that differs between
// two tellings.
func newFactory(now time.Time, seed uint64, newID func(time.Time) flow.ID) *factory {
	f := &factory{now: now, hours: newHours(now), newID: newID, seed: seed, random: mathrand.New(mathrand.NewPCG(seed, 42))} //nolint:gosec // a story, not a secret
	opened := f.opened()
	f.org = newID(opened)
	vendor := map[string]flow.ID{}
	for _, v := range vendors {
		id := newID(opened)
		f.vendors = append(f.vendors, id)
		for _, code := range v.stages {
			vendor[code] = id
		}
	}
	f.cartons, f.enquiries = newLine(cartons(newID(opened), vendor), cartonStages), newLine(enquiries(newID(opened)), enquiryStages)
	f.staff = newStaff([]flow.Process{f.cartons.process, f.enquiries.process}, opened, newID)
	f.hampers = newHampers(f, opened)
	f.hampers.boxer = f.staff.hire(person{"Rekha Kulkarni", "mr", "+910000000018", false, nil}, opened, newID, f.hampers.box, f.hampers.part)
	f.hampers.packer = f.staff.hire(person{"Salim Khan", "hi", "+910000000019", false, nil}, opened, newID, f.hampers.hamper)
	f.staff.office(f.cartons.process, f.enquiries.process, opened, newID)
	f.staff.hireVendor(f.vendors[0], opened, newID)
	return f
}

// opened is when the organisation was set up, some days before its first order.
func (f *factory) opened() time.Time { return f.now.AddDate(0, 0, -earlierDays-4) }

func newLine(p flow.Process, plan []planned) *line {
	l := &line{process: p, next: 1}
	for _, s := range plan {
		l.places = append(l.places, &place{planned: s, free: s.hands, at: map[string]int{}})
	}
	return l
}

// run tells the story: orders come in, and every event plans the next, until now. What happened to the hampers
// meanwhile is put between.
func (f *factory) run() error {
	if err := f.work(); err != nil {
		return err
	}
	if err := f.hampers.run(); err != nil {
		return err
	}
	f.steps = append(f.steps, f.hampers.steps...)
	slices.SortStableFunc(f.steps, func(a, b step) int { return cmp.Compare(a.mark.At, b.mark.At) })
	return nil
}

// processes are all that the factory has.
func (f *factory) processes() []flow.Process {
	return append([]flow.Process{f.cartons.process, f.enquiries.process}, f.hampers.processes()...)
}

func (f *factory) work() error {
	story := f.random
	f.random = mathrand.New(mathrand.NewPCG(f.seed, 7)) //nolint:gosec // a story, not a secret
	f.takeEarlier()
	if err := f.happen(); err != nil {
		return err
	}
	f.random = story
	f.takeOrders()
	return f.happen()
}

// happen lets everything happen that is planned, until now.
func (f *factory) happen() error {
	for f.events.Len() > 0 {
		e := heap.Pop(&f.events).(event) //nolint:forcetypeassert // only events are in it
		if e.at.After(f.now) {
			return nil
		}
		if err := e.do(e.at); err != nil {
			return err
		}
	}
	return nil
}

func (f *factory) plan(at time.Time, do func(time.Time) error) {
	f.serial++
	heap.Push(&f.events, event{at, f.serial, do})
}

// later plans something after so much working time, give or take.
func (f *factory) later(at time.Time, d time.Duration, do func(time.Time) error) {
	f.plan(f.hours.after(at, time.Duration(float64(d)*(0.7+0.6*f.random.Float64()))), do)
}

// give has a member give a command about an order, as the rules will have it.
func (f *factory) give(o *order, who int, at time.Time, a flow.Action) (flow.ID, error) {
	s := step{mark: f.staff.mark(f.org, who, at), command: flow.Command{ID: f.newID(at), Action: a}}
	w := o.world()
	if _, sends := a.(flow.Send); sends {
		w.Challan = f.nextChallan(at)
	}
	moves, err := flow.Decide(w, s.mark, s.command)
	if err != nil {
		return flow.ID{}, fmt.Errorf("demo: %s by %s at %s: %w", a.Name(), people[who].name, at.In(ist).Format(time.DateTime), err)
	}
	if err := o.apply(moves); err != nil {
		return flow.ID{}, err
	}
	if _, ok := a.(flow.Create); ok {
		o.line.next++
	}
	s.moves, s.number = len(moves), o.job.Number
	f.steps = append(f.steps, s)
	return s.command.ID, nil
}

// nextChallan is the number that the write door will give the next challan.
func (f *factory) nextChallan(at time.Time) string {
	april := at.In(ist).AddDate(0, -3, 0)
	year := april.Format("06") + "-" + april.AddDate(1, 0, 0).Format("06")
	if f.challans == nil {
		f.challans = map[string]int{}
	}
	f.challans[year]++
	return flow.ChallanNumber(flow.Next{Number: f.challans[year], Year: year})
}

// world is what the write door would show a command about the order.
func (o *order) world() flow.World {
	p := o.line.process
	w := flow.World{Jobs: map[flow.ID]flow.Job{}, Processes: map[flow.Edition]flow.Process{{Process: p.ID, Version: p.Version}: p},
		Next: map[flow.ID]flow.Next{p.ID: {Number: o.line.next}}}
	if !o.job.ID.IsZero() {
		w.Jobs[o.job.ID] = o.job
		w.History = map[flow.ID][]flow.Movement{o.job.ID: o.history}
	}
	return w
}

func (o *order) apply(moves []flow.Movement) error {
	var err error
	for _, m := range moves {
		o.history = append(o.history, m)
		if m.Kind == flow.KindUndone {
			o.job, err = flow.Replay(o.history)
		} else {
			o.job, err = flow.Apply(o.job, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
