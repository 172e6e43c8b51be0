package demo

import (
	"time"

	"clicarity/internal/flow"
)

// marathon tells of one long order of board parts that had all that an order can have: a run shared with a small order, many
// part deliveries, rework, holds, a slip taken back, reports that were entered late, and lots that went ahead and came back.
func (h *hampers) marathon() error {
	c := &clock{h, h.f.now.AddDate(0, 0, -16)}
	at := c.tick(15)
	long := flow.NewJob{ID: h.f.newID(at), Customer: "Kaveri Snacks", Item: "Tray insert, weekly deliveries", Quantity: flow.Units(48_000), Due: flow.DateOf(at.AddDate(0, 0, 13).In(ist))}
	small := flow.NewJob{ID: h.f.newID(at), Customer: "Tulsi Vastra", Item: "Collar board", Quantity: flow.Units(24_000), Due: flow.DateOf(at.AddDate(0, 0, 20).In(ist))}
	if err := h.give(0, at, flow.Create{Process: h.part.ID, Version: 1, Jobs: []flow.NewJob{long, small}}); err != nil {
		return err
	}
	cut := func(job flow.ID) flow.Work { return flow.Work{Job: job, Stage: "part-cutting"} }
	run := flow.StartTogether{Works: []flow.Work{cut(long.ID), cut(small.ID)}, Batch: h.f.newID(at)}
	if err := h.give(h.boxer, c.tick(40), run); err != nil {
		return err
	}
	for round := range 40 {
		if err := h.delivery(c, long.ID, round); err != nil {
			return err
		}
	}
	return nil
}

// delivery is one part delivery of the long order, from the cutter to the store.
func (h *hampers) delivery(c *clock, job flow.ID, round int) error {
	cut, punch, in := flow.Work{Job: job, Stage: "part-cutting"}, flow.Work{Job: job, Stage: "part-punching"}, flow.Work{Job: job, Stage: "part-inward"}
	tear := func(n int64) []flow.Waste { return []flow.Waste{{Reason: "tear", Quantity: flow.Units(n)}} }
	steps := []flow.Action{
		flow.Report{Work: cut, Good: flow.Units(985), Wasted: tear(15), Release: flow.Release{Used: []flow.Used{h.lot(flow.Stage{Name: "Cutting"})}}},
		flow.Start{Work: punch}}
	switch round {
	case 3, 17:
		steps = append(steps, flow.Hold{Work: punch, Reason: "machine_down", Note: "Punch jammed, fitter called"}, flow.Resume{Work: punch})
	case 5:
		steps = append(steps, flow.Report{Work: punch, Good: flow.Units(900)}, flow.Undo{Job: job}) // the figures of another order
	case 8, 21:
		steps = append(steps, flow.Report{Work: punch, Back: []flow.Back{{To: "part-cutting", Reason: "tear", Quantity: flow.Units(60)}}, Note: "Cut off square"})
	case 12:
		steps = append(steps, h.lots(punch, c.at)...)
	}
	steps = append(steps, flow.Finish{Work: punch}, flow.Finish{Work: in})
	for i, a := range steps {
		happened, at := flow.Moment(0), c.tick(9)
		if undo, ok := a.(flow.Undo); ok {
			undo.Undoes = h.steps[len(h.steps)-1].command.ID
			a = undo
		}
		if round%10 == 9 && i == 0 { // the power was away, the report was written down
			happened, at = flow.At(at), c.tick(70)
		}
		if err := h.giveAt(h.boxer, at, happened, a); err != nil {
			return err
		}
	}
	c.tick(55)
	return nil
}

// lots splits two lots off at the punch: one goes ahead by itself, the other comes back.
func (h *hampers) lots(punch flow.Work, at time.Time) []flow.Action {
	ahead, back := h.f.newID(at), h.f.newID(at)
	number := h.jobs[punch.Job].Number
	return []flow.Action{
		flow.Split{Work: punch, Quantity: flow.Units(300), Lot: ahead, Number: number + "/2"},
		flow.Split{Work: punch, Quantity: flow.Units(200), Lot: back, Number: number + "/3"},
		flow.Finish{Work: flow.Work{Job: ahead, Stage: punch.Stage}},
		flow.Merge{Work: flow.Work{Job: back, Stage: punch.Stage}, Into: punch.Job},
	}
}
