package demo

import (
	"fmt"
	"slices"
	"time"

	"clicarity/internal/blueprint"
	"clicarity/internal/flow"
)

// The factory makes a few gift hampers: a rigid box from the shipped template, whose tray has a divider that is made by
// itself. So there are three levels of components below a hamper, every one of its own lots of material.
type hampers struct {
	f                    *factory
	hamper, box, part    flow.Process
	boxer, packer        int // who makes the boxes, who fills and sends the hampers
	jobs                 map[flow.ID]flow.Job
	history              map[flow.ID][]flow.Movement
	next                 map[flow.ID]int // orders of each process so far
	steps                []step
	divider, tray, inBox string // where the divider joins the tray, the tray's track, and where the box joins the hamper
}

const trayTrack = "tray"

func newHampers(f *factory, opened time.Time) *hampers {
	h := &hampers{f: f, jobs: map[flow.ID]flow.Job{}, history: map[flow.ID][]flow.Movement{}, next: map[flow.ID]int{}, hamper: hamperProcess(f.newID(opened)), part: partProcess(f.newID(opened)),
		divider: "tray-forming", tray: trayTrack, inBox: "filling"}
	tpl, _ := blueprint.Find("rigid-boxes") // shipped
	h.box = tpl.Process
	h.box.ID, h.box.Version = f.newID(opened), 1
	return h
}

func hamperProcess(id flow.ID) flow.Process {
	return flow.Process{ID: id, Version: 1, Name: "Gift hampers", Mode: flow.QuantityMode, Unit: "hampers", Prefix: "GH",
		WasteReasons: []flow.Reason{{Code: "handling", Label: "Handling damage"}, {Code: "other"}}, HoldReasons: flow.StarterHolds(),
		Stages: []flow.Stage{
			{Code: "hamper-order", Name: "Order confirmed", Short: "Order", Target: 120, Public: "Confirmed"},
			{Code: "filling", Name: "Filling & tying", Short: "Filling", Target: 480, LotIn: true, Public: "In production"},
			{Code: "hamper-qc", Name: "Hamper check", Short: "Check", Target: 120, Inspection: true, Hidden: true,
				Fields: []flow.Field{{Code: "sealed", Label: "Seal and ribbon straight", Type: flow.YesNoField, Required: true}, {Code: "weight", Label: "Weight", Type: flow.NumberField, Unit: "g"}}},
			{Code: "hamper-dispatch", Name: "Dispatch", Target: 240, LotOut: true, Needs: []string{"hamper-qc"}, Public: "Dispatched"},
		}}
}

func partProcess(id flow.ID) flow.Process {
	return flow.Process{ID: id, Version: 1, Name: "Board parts", Mode: flow.QuantityMode, Unit: "pcs", Prefix: "BP",
		WasteReasons: []flow.Reason{{Code: "tear", Label: "Die-cut tear"}, {Code: "other"}}, HoldReasons: flow.StarterHolds(),
		Stages: []flow.Stage{
			{Code: "part-cutting", Name: "Cutting", Target: 240, LotIn: true, Allowance: flow.Units(2)},
			{Code: "part-punching", Name: "Die punching", Short: "Punching", Target: 240},
			{Code: "part-inward", Name: "Inward", Target: 60, Inspection: true},
		}}
}

// processes are those of the hampers.
func (h *hampers) processes() []flow.Process { return []flow.Process{h.part, h.hamper, h.box} }

// run makes one hamper order that was dispatched, one that waits for its tray, and the long order of board parts.
func (h *hampers) run() error {
	if err := h.order(h.f.now.AddDate(0, 0, -11), "Anmol Sweets", "Diwali hamper, 12 pieces", true); err != nil {
		return err
	}
	if err := h.order(h.f.now.AddDate(0, 0, -3), "Kaveri Dry Fruits", "Wedding hamper, 24 pieces", false); err != nil {
		return err
	}
	return h.marathon()
}

// clock is the moment of the next step of a hamper's story, in working time.
type clock struct {
	h  *hampers
	at time.Time
}

func (c *clock) tick(minutes int) time.Time {
	c.at = c.h.f.hours.after(c.at, time.Duration(minutes)*time.Minute)
	return c.at
}

func (h *hampers) order(start time.Time, customer, item string, whole bool) error {
	c := &clock{h, start}
	at := c.tick(30)
	job := flow.NewJob{ID: h.f.newID(at), Customer: customer, Item: item, Quantity: flow.Units(300), Due: flow.DateOf(at.AddDate(0, 0, 9).In(ist))}
	if err := h.give(0, at, flow.Create{Process: h.hamper.ID, Version: 1, Jobs: []flow.NewJob{job}}); err != nil {
		return err
	}
	box, err := h.component(c, job.ID, h.inBox, "Rigid box", h.box)
	if err != nil {
		return err
	}
	tray := flow.PartID(box, h.tray)
	divider, err := h.component(c, tray, h.divider, "Divider", h.part)
	if err != nil {
		return err
	}
	if err := h.through(c, divider, 0, 0); err != nil {
		return err
	}
	for _, t := range h.box.Tracks {
		stop := 0
		if t.Code == h.tray && !whole {
			stop = 1 // not handed in yet
		}
		if err := h.through(c, flow.PartID(box, t.Code), 0, stop); err != nil {
			return err
		}
	}
	if !whole {
		return h.through(c, box, 0, len(h.jobs[box].Stages)-4) // as far as procurement: then it waits
	}
	if err := h.through(c, box, 0, 0); err != nil {
		return err
	}
	return h.through(c, job.ID, 0, 0)
}

// component adds a component by hand.
func (h *hampers) component(c *clock, to flow.ID, joins, name string, p flow.Process) (flow.ID, error) {
	at := c.tick(20)
	id := h.f.newID(at)
	return id, h.give(0, at, flow.AddComponent{Job: to, Joins: joins, Called: name, Per: flow.One, Process: p.ID, Version: 1, Child: flow.NewJob{ID: id}})
}

// through takes a job through its stages from one on, but for the last few.
func (h *hampers) through(c *clock, job flow.ID, from, but int) error {
	stages := h.jobs[job].Stages
	for i, s := range stages[:len(stages)-but] {
		if i < from || h.at(job, s.Code).OnHand == 0 {
			continue
		}
		stage, _ := h.process(job).Stage(s.Code)
		work := flow.Work{Job: job, Stage: s.Code}
		if err := h.give(h.hand(job), c.tick(25), flow.Start{Work: work}); err != nil {
			return err
		}
		if err := h.give(h.hand(job), c.tick(40), h.report(work, stage)); err != nil {
			return err
		}
	}
	return nil
}

func (h *hampers) at(job flow.ID, stage string) flow.StageState {
	s, _ := h.jobs[job].Stage(stage)
	return s
}

func (h *hampers) process(job flow.ID) flow.Process {
	all := h.processes()
	return all[slices.IndexFunc(all, func(p flow.Process) bool { return p.ID == h.jobs[job].Process })]
}

// hand is who works on a job.
func (h *hampers) hand(job flow.ID) int {
	if h.jobs[job].Process == h.hamper.ID {
		return h.packer
	}
	return h.boxer
}

// report is what a stage hands on: all that the scarcest component allows, less a little spoilt where that is usual.
func (h *hampers) report(work flow.Work, stage flow.Stage) flow.Report {
	here := h.at(work.Job, work.Stage)
	r := flow.Report{Work: work, Good: here.OnHand}
	if makes, _, joins := h.jobs[work.Job].Joinable(work.Stage); joins && makes < r.Good {
		r.Short, r.Good = r.Good-makes, makes
	}
	if stage.Allowance > 0 {
		lost := flow.Units(1 + int64(h.f.random.IntN(4)))
		r.Good, r.Wasted = r.Good-lost, []flow.Waste{{Reason: h.process(work.Job).WasteReasons[0].Code, Quantity: lost}}
	}
	if stage.Approval {
		r.Approver = "Mrs Kulkarni, " + h.jobs[work.Job].Customer
	}
	if stage.LotIn {
		r.Used = []flow.Used{h.lot(stage)}
	}
	if stage.LotOut {
		r.Made = h.jobs[work.Job].Number + "-L1"
	}
	for _, f := range stage.Fields {
		if value := h.answer(f); value != "" {
			if r.Values == nil {
				r.Values = map[string]string{}
			}
			r.Values[f.Code] = value
		}
	}
	return r
}

// lot is a lot of material from the store.
func (h *hampers) lot(stage flow.Stage) flow.Used {
	materials := map[string][2]string{"Paper": {"Art paper 130 gsm", "Vidarbha Papers"}, "Procurement": {"Ribbon and magnets", "Crawford Trims"},
		"Filling & tying": {"Sweets, mixed", "Anmol Sweets"}, "Cutting": {"Kappa board 1.5 mm", "Konkan Boards"}}
	m := materials[stage.Name]
	return flow.Used{Lot: fmt.Sprintf("%c-%04d", m[0][0], 1000+h.f.random.IntN(9000)), Material: m[0], Supplier: m[1], Quantity: flow.Units(int64(20 + h.f.random.IntN(60))), Unit: "kg"}
}

// answer fills in a field of a form as its people would.
func (h *hampers) answer(f flow.Field) string {
	switch f.Type {
	case flow.YesNoField:
		return "yes"
	case flow.NumberField:
		q := flow.Units(640)
		if f.Max != nil {
			q = *f.Max
		}
		return q.String()
	case flow.ChoiceField:
		return f.Choices[0]
	case flow.DateField:
		return ""
	}
	return "OK"
}

// give decides a command as the write door would, and keeps it for the story.
func (h *hampers) give(who int, at time.Time, a flow.Action) error { return h.giveAt(who, at, 0, a) }

// giveAt gives a command about what happened at a moment, 0: as it is given.
func (h *hampers) giveAt(who int, at time.Time, happened flow.Moment, a flow.Action) error {
	if at.After(h.f.now) {
		return nil // it has not happened yet
	}
	s := step{mark: h.f.staff.mark(h.f.org, who, at), command: flow.Command{ID: h.f.newID(at), Occurred: happened, Action: a}}
	w := flow.World{Jobs: map[flow.ID]flow.Job{}, Processes: map[flow.Edition]flow.Process{}, Next: map[flow.ID]flow.Next{}, History: h.history}
	for _, p := range h.processes() {
		w.Processes[flow.Edition{Process: p.ID, Version: 1}], w.Next[p.ID] = p, flow.Next{Number: h.next[p.ID] + 1}
	}
	for _, id := range a.Targets() {
		if j, ok := h.jobs[id]; ok {
			w.Jobs[id] = j
		}
	}
	for _, id := range w.Relatives() {
		w.Jobs[id] = h.jobs[id]
	}
	moves, err := flow.Decide(w, s.mark, s.command)
	if err != nil {
		return fmt.Errorf("demo: %s of a hamper at %s: %w", a.Name(), at.In(ist).Format(time.DateTime), err)
	}
	for _, m := range moves {
		if err := h.apply(m); err != nil {
			return err
		}
	}
	if c, ok := a.(flow.Create); ok {
		h.next[c.Process] += len(c.Jobs)
	}
	s.moves, s.number = len(moves), h.jobs[moves[0].Job].Number
	h.steps = append(h.steps, s)
	return nil
}

func (h *hampers) apply(m flow.Movement) (err error) {
	h.history[m.Job] = append(h.history[m.Job], m)
	if m.Kind == flow.KindUndone {
		h.jobs[m.Job], err = flow.Replay(h.history[m.Job])
		return err
	}
	h.jobs[m.Job], err = flow.Apply(h.jobs[m.Job], m)
	return err
}
