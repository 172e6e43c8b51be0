package demo

import (
	"math"
	"time"

	"clicarity/internal/flow"
)

// visit is the stay of an order, or of the part of it that has come so far, at a stage.
type visit struct {
	o     *order
	stage int
	parts int  // reports still to come
	freed bool // a hold has given its hands away

	station string // where it runs
}

const (
	usual    = 6000 // sheets of an order of usual size
	splits   = 3000 // sheets from which an order may be reported in parts
	slips    = 3    // reports that are taken back in the story
	carrying = 65 * time.Minute
)

func (v *visit) place() *place { return v.o.line.places[v.stage] }

func (v *visit) work() flow.Work { return flow.Work{Job: v.o.job.ID, Stage: v.place().code} }

func (v *visit) here() flow.StageState { return v.o.job.Stages[v.stage] }

// arrive notes that something has come to a stage: what is there already takes it in, else it waits its turn.
func (f *factory) arrive(o *order, stage int, at time.Time) {
	if stage >= len(o.visits) || o.visits[stage] != nil {
		return
	}
	v := &visit{o: o, stage: stage}
	o.visits[stage] = v
	f.later(at, carrying, func(at time.Time) error {
		p := v.place()
		if p.free == 0 {
			p.wait(v)
			return nil
		}
		p.free--
		return f.begin(v, at)
	})
}

// wait puts a visit into the queue, the urgent before the others.
func (p *place) wait(v *visit) {
	i := len(p.queue)
	for v.o.job.Urgent && i > 0 && !p.queue[i-1].o.job.Urgent {
		i--
	}
	p.queue = append(p.queue[:i], append([]*visit{v}, p.queue[i:]...)...)
}

// begin starts work on a visit.
func (f *factory) begin(v *visit, at time.Time) error {
	p := v.place()
	if !p.tap && !v.outside() {
		station, together := v.occupy()
		who := f.worker(v, at)
		if _, err := f.give(v.o, who, at, flow.Start{Work: v.work(), Station: station, Together: together}); err != nil {
			return err
		}
		f.photograph(v, who, at)
	}
	v.parts = f.parts(v)
	switch {
	case v.o.trouble == v.stage:
		v.o.trouble = -1
		return f.stop(v, at, time.Duration(14+f.random.IntN(60))*time.Hour)
	case f.random.IntN(26) == 0:
		f.later(at, 15*time.Minute, func(at time.Time) error {
			return f.stop(v, at, time.Duration(25+f.random.IntN(260))*time.Minute)
		})
	default:
		f.goOn(v, at)
	}
	return nil
}

// parts is in how many reports a quantity is done: a large one often leaves in several.
func (f *factory) parts(v *visit) int {
	p := v.place()
	if v.outside() || (p.phase != press && p.phase != finishing) || v.here().OnHand < flow.Units(splits) || f.random.IntN(5) > 2 {
		return 1
	}
	return 2 + f.random.IntN(2)
}

// goOn plans the next report.
func (f *factory) goOn(v *visit, at time.Time) {
	p := v.place()
	takes := time.Duration(float64(p.work) * v.o.pace * float64(time.Minute))
	if v.o.line.process.Mode == flow.QuantityMode && !p.dwell {
		takes = time.Duration(float64(takes) * (0.5 + 0.5*math.Sqrt(float64(v.here().OnHand)/float64(flow.Units(usual)))))
	}
	if v.outside() {
		f.later(at, 20*time.Minute, func(at time.Time) error { return f.sendOut(v, at, takes) })
		return
	}
	report := func(at time.Time) error { return f.report(v, at) }
	if p.dwell {
		f.later(at.Add(takes), 20*time.Minute, report)
		return
	}
	f.later(at, takes/time.Duration(v.parts), report)
}

// stop puts a visit on hold for some working time. The hands are free for other orders meanwhile.
func (f *factory) stop(v *visit, at time.Time, lasts time.Duration) error {
	reason, note := pick(f.random, v.place().holds), ""
	if f.random.IntN(2) == 0 {
		note = pick(f.random, whyHeld[reason])
	}
	if _, err := f.give(v.o, f.worker(v, at), at, flow.Hold{Work: v.work(), Reason: reason, Note: note, Awaits: f.awaited(v, reason, at)}); err != nil {
		return err
	}
	v.vacate()
	f.release(v.place(), at)
	v.freed = true
	f.later(at, lasts, func(at time.Time) error {
		station, together := v.occupy()
		if _, err := f.give(v.o, f.worker(v, at), at, flow.Resume{Work: v.work(), Station: station, Together: together}); err != nil {
			return err
		}
		f.goOn(v, at)
		return nil
	})
	return nil
}

// report books what was done and sends the good on.
func (f *factory) report(v *visit, at time.Time) error {
	stage, _ := v.o.line.process.Stage(v.place().code)
	if opens := v.here().Opens(v.here().OnHand, stage.Dwell).Time().In(ist); stage.Dwell > 0 && at.Before(opens) { // more has come since
		f.later(opens, 20*time.Minute, func(at time.Time) error { return f.report(v, at) })
		return nil
	}
	who := f.worker(v, at)
	r := f.result(v, who)
	if f.slip(v, r) {
		return f.takeBack(v, r, who, at)
	}
	return f.book(v, r, who, at)
}

// result is what a report says.
func (f *factory) result(v *visit, who int) flow.Report {
	r := flow.Report{Work: v.work(), Good: v.here().OnHand}
	if v.parts > 1 && r.Good > flow.Units(int64(v.parts)) {
		r.Good = r.Good / flow.Quantity(v.parts) / flow.Units(50) * flow.Units(50)
	}
	r.Wasted = f.wasted(v, r.Good)
	for _, w := range r.Wasted {
		r.Good -= w.Quantity
	}
	if f.random.IntN(14) == 0 {
		r.Note = pick(f.random, notes[people[who].language])
	}
	return r
}

// book gives the report, by one tap where nothing is to be said but "done", and plans what follows from it.
func (f *factory) book(v *visit, r flow.Report, who int, at time.Time) error {
	var a flow.Action = r
	if len(r.Wasted) == 0 && r.Good == v.here().OnHand {
		a = flow.Finish{Work: r.Work, Note: r.Note}
	}
	if _, err := f.give(v.o, who, at, a); err != nil {
		return err
	}
	f.arrive(v.o, v.stage+1, at)
	v.parts = max(v.parts-1, 1)
	if v.here().OnHand > 0 {
		f.goOn(v, at)
		return nil
	}
	v.vacate()
	v.o.visits[v.stage] = nil
	if !v.freed {
		f.release(v.place(), at)
	}
	return nil
}

// occupy takes the station that is the least busy, none where there are none. After a hold there may be more orders than
// stations, and two share one.
func (v *visit) occupy() (station string, together bool) {
	p := v.place()
	for _, name := range p.stations {
		if v.station == "" || p.at[name] < p.at[v.station] {
			v.station = name
		}
	}
	together = p.at[v.station] > 0
	p.at[v.station]++
	return v.station, together
}

// vacate gives the station free.
func (v *visit) vacate() {
	v.place().at[v.station]--
	v.station = ""
}

// awaited is who must act on some of the holds: the customer for an approval, an owner for quality, who buys for material.
func (f *factory) awaited(v *visit, reason string, at time.Time) flow.Awaited {
	a := flow.Awaited{Until: flow.DateOf(at.AddDate(0, 0, 1).In(ist))}
	who := map[string]int{"quality": 0, "no_material": 4}
	i, inside := who[reason]
	switch {
	case len(f.steps)%4 == 0:
		return flow.Awaited{}
	case reason == "approval_wait":
		a.Name = v.o.job.Customer
	case inside:
		a.Member, a.Name = f.staff.members[i].ID, people[i].name
	default:
		return flow.Awaited{}
	}
	return a
}

// outside reports whether a vendor does the stage.
func (v *visit) outside() bool { return !v.o.line.process.Stages[v.stage].Vendor.IsZero() }

// sendOut gives what is there to the vendor of the stage, who brings it back when it is done.
func (f *factory) sendOut(v *visit, at time.Time, takes time.Duration) error {
	stage := v.o.line.process.Stages[v.stage]
	a := flow.Send{Lines: []flow.SendLine{{Work: v.work()}}, Vendor: stage.Vendor, Expected: flow.DateOf(f.hours.after(at, stage.TargetTime()).Add(24 * time.Hour).In(ist))}
	if _, err := f.give(v.o, f.worker(v, at), at, a); err != nil {
		return err
	}
	f.later(at, takes, func(at time.Time) error { return f.bringBack(v, at) })
	return nil
}

func (f *factory) bringBack(v *visit, at time.Time) error {
	out := v.here().Out[0]
	a := flow.Receive{Work: v.work(), Challan: out.Challan, Good: out.Quantity}
	for _, w := range f.wasted(v, out.Quantity) {
		a.Good, a.Damaged = a.Good-w.Quantity, a.Damaged+w.Quantity
	}
	if _, err := f.give(v.o, f.worker(v, at), at, a); err != nil {
		return err
	}
	f.arrive(v.o, v.stage+1, at)
	if v.here().OnHand > 0 {
		f.goOn(v, at)
		return nil
	}
	v.o.visits[v.stage] = nil
	if !v.freed {
		f.release(v.place(), at)
	}
	return nil
}

// release gives the hands to the next in the queue.
func (f *factory) release(p *place, at time.Time) {
	if len(p.queue) == 0 {
		p.free++
		return
	}
	next := p.queue[0]
	p.queue = p.queue[1:]
	f.later(at, 4*time.Minute, func(at time.Time) error { return f.begin(next, at) })
}

// wasted is what a stage spoils of a quantity: around its usual share, now and then much more.
func (f *factory) wasted(v *visit, q flow.Quantity) []flow.Waste {
	p := v.place()
	var n int64
	switch {
	case v.o.fixed != nil:
		n = v.o.fixed[p.code]
	case p.waste > 0:
		share := p.waste * (0.35 + 0.65*f.random.ExpFloat64())
		n = int64(float64(q/flow.One) * min(share, 0.3))
	}
	if n == 0 || flow.Units(n) >= q {
		return nil
	}
	all := []flow.Waste{{Reason: p.reasons[0], Quantity: flow.Units(n)}}
	if len(p.reasons) > 1 && n >= 20 && f.random.IntN(3) == 0 {
		other := flow.Units(n / 4)
		all[0].Quantity -= other
		all = append(all, flow.Waste{Reason: pick(f.random, p.reasons[1:]), Quantity: other})
	}
	return all
}

// slip decides that somebody first enters the wrong number: a few times in the story, where the next stage has
// nothing yet that the wrong number could be mixed up with.
func (f *factory) slip(v *visit, r flow.Report) bool {
	if f.slipped >= slips || len(r.Wasted) == 0 || r.Good < flow.Units(1000) || v.stage+1 >= len(v.o.visits) || v.o.visits[v.stage+1] != nil {
		return false
	}
	yes := f.random.IntN(120) == 0
	if yes {
		f.slipped++
	}
	return yes
}

// takeBack enters a tenth of the good quantity, a digit short, undoes it, and then enters what is right.
func (f *factory) takeBack(v *visit, r flow.Report, who int, at time.Time) error {
	wrong, err := f.give(v.o, who, at, flow.Report{Work: r.Work, Good: r.Good / 10 / flow.One * flow.One})
	if err != nil {
		return err
	}
	f.plan(at.Add(70*time.Second), func(at time.Time) error {
		if _, err := f.give(v.o, who, at, flow.Undo{Job: r.Job, Undoes: wrong}); err != nil {
			return err
		}
		f.plan(at.Add(25*time.Second), func(at time.Time) error { return f.book(v, r, who, at) })
		return nil
	})
	return nil
}

// worker is somebody who works at the stage of a visit at that time.
func (f *factory) worker(v *visit, at time.Time) int {
	if on := f.staff.on(v.place().code, at); len(on) > 0 {
		return pick(f.random, on)
	}
	return 0 // an owner does what nobody else may
}
