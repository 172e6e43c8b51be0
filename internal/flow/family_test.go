package flow

import (
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// clan is a job with its components and lots, driven together.
type clan struct {
	fatal   func(string, ...any)
	process Process
	jobs    map[ID]Job
	history map[ID][]Movement
	order   []ID
	now     Moment
	n       uint64
	story   []string
	again   again
}

// boxes is a rigid box: two components of their own stages join at pasting.
func boxes() Process {
	return Process{ID: ID{9}, Version: 1, Name: "Rigid boxes", Mode: QuantityMode, Unit: "boxes", WasteReasons: []Reason{{Code: "torn"}}, HoldReasons: StarterHolds(),
		Tracks: []Track{{Code: "label", Name: "Top label", Per: One, Joins: "paste"}, {Code: "board", Name: "Boards", Per: Units(4), Joins: "paste"}},
		Stages: []Stage{{Code: "order", Name: "Order"},
			{Code: "label-print", Name: "Printing", Track: "label"}, {Code: "label-film", Name: "Lamination", Track: "label"}, {Code: "label-in", Name: "Inward", Track: "label"},
			{Code: "board-cut", Name: "Cutting", Track: "board"}, {Code: "board-in", Name: "Inward", Track: "board"},
			{Code: "paste", Name: "Pasting"}, {Code: "check", Name: "QC"}, {Code: "dispatch", Name: "Dispatch"}}}
}

func openClan(fatal func(string, ...any), p Process, q Quantity) *clan {
	c := &clan{fatal: fatal, process: p, jobs: map[ID]Job{}, history: map[ID][]Movement{}, now: At(time.Date(2026, 11, 2, 3, 30, 0, 0, time.UTC))}
	if err := c.give(Create{Process: p.ID, Version: 1, Jobs: []NewJob{bySizes(p, NewJob{ID: ID{5}, Number: "RB-1", Item: "Sari box", Quantity: q})}}); err != nil {
		fatal("the job was not created: %v", err)
	}
	return c
}

func (c *clan) give(a Action) error {
	c.n++
	c.now = c.now.Add(time.Minute)
	cmd := Command{ID: ID(binary.BigEndian.AppendUint64(make([]byte, 8), c.n)), Action: a}
	if _, err := c.again.deliver(cmd, 0, func() (int, error) { return c.decide(cmd) }); err != nil {
		return err
	}
	jobs := maps.Clone(c.jobs)
	if wrong := c.again.wrong(c.decide); wrong != "" {
		c.fatal("%s\n%s", wrong, c.tell())
	}
	if !reflect.DeepEqual(jobs, c.jobs) {
		c.fatal("a command that was sent twice counts twice\n%s", c.tell())
	}
	return nil
}

// decide takes a command into the family: what it causes counts.
func (c *clan) decide(cmd Command) (int, error) {
	a := cmd.Action
	w := World{Challan: fmt.Sprintf("DC-%d", c.n), Jobs: map[ID]Job{}, Processes: map[Edition]Process{{c.process.ID, 1}: c.process}, History: map[ID][]Movement{}, Taken: map[string]ID{}}
	for id, j := range c.jobs {
		w.Taken[NumberKey(j.Number)] = id
	}
	for _, id := range a.Targets() {
		if j, ok := c.jobs[id]; ok {
			w.Jobs[id], w.History[id] = j, c.history[id]
		}
	}
	for _, id := range w.Relatives() {
		w.Jobs[id] = c.jobs[id]
	}
	moves, err := Decide(w, Mark{Member: ID{1}, Role: Owner, Scope: Scope{All: true}, At: c.now}, cmd)
	c.story = append(c.story, chapter("", a, moves, err))
	if err != nil {
		return 0, err
	}
	for _, m := range moves {
		if _, ok := c.jobs[m.Job]; !ok {
			c.order = append(c.order, m.Job)
		}
		c.history[m.Job] = append(c.history[m.Job], m)
		if c.jobs[m.Job], err = Replay(c.history[m.Job]); err != nil {
			c.fatal("a decided movement does not apply: %v\n%s", err, c.tell())
		}
	}
	for _, m := range moves {
		if err := lostInStore(c.jobs[m.Job], moves); err != nil {
			c.fatal("%v\n%s", err, c.tell())
		}
	}
	c.inspected(w, moves)
	c.holds()
	return len(moves), nil
}

// inspected checks that nothing went through a gate without its inspection, and that nothing taken back made it so.
func (c *clan) inspected(before World, moves []Movement) {
	for _, m := range moves {
		was, now := before.Jobs[m.Job], c.jobs[m.Job]
		more := now.beyond("inspect", "leave")
		switch {
		case m.Kind == KindUndone && more > max(was.beyond("inspect", "leave"), 0):
			c.fatal("%s of %s has left without its inspection now\n%s", more, now.Number, c.tell())
		case m.Kind != KindUndone && m.Stage == "leave" && m.Facts.Good > 0 && more > 0:
			c.fatal("%s of %s left without inspection\n%s", more, now.Number, c.tell())
		}
	}
}

func (c *clan) tell() (s string) {
	for i, line := range c.story {
		s += fmt.Sprintf("%2d. %s\n", i+1, line)
	}
	return s
}

// holds checks what is always true of a job with its components and lots: every account closes, what a component has
// handed over has arrived, and over all lots nothing appears or goes.
func (c *clan) holds() {
	lots := map[ID]Quantity{} // by family: all there is of it
	brought := map[ID]Quantity{}
	vouched := map[ID]Quantity{} // by family: what inspection has passed with other lots, less what went with them
	for _, id := range c.order {
		j := c.jobs[id]
		if err := j.Check(); err != nil {
			c.fatal("%v\n%s", err, c.tell())
		}
		sum, worth := j.Dispatched(), Quantity(1) // in the units that leave the last stage
		for i := len(j.Stages) - 1; i >= 0; i-- {
			s := j.Stages[i]
			worth *= Quantity(max(s.Yields.num, 1))
			sum += (s.Wasted + s.OnHand + s.AtVendor + s.Short - s.Found) * worth
			if i == len(j.Stages)-1 {
				sum += j.Dispatched() * (worth - 1)
			}
		}
		lots[j.family()] += sum
		for _, s := range j.Stages {
			vouched[j.family()] += s.Vouched["inspect"]
		}
		if j.LotOf.IsZero() {
			brought[id] += j.Quantity * worth
		}
		for _, part := range j.Parts {
			child := c.jobs[part.Job]
			if part.Arrived != child.HandedOver() || (part.In != 0) != !child.Open() {
				c.fatal("%s of %s arrived (all in: %t), the component handed over %s (open: %t)\n%s", part.Arrived, part.Number, part.In != 0, child.HandedOver(), child.Open(), c.tell())
			}
		}
		if makes, _, joins := j.Joinable("paste"); joins {
			if s, _ := j.Stage("paste"); s.gone()+s.Wasted > makes {
				c.fatal("more was joined than the components make\n%s", c.tell())
			}
		}
	}
	for _, q := range vouched {
		if q != 0 {
			c.fatal("%s was cleared for lots beyond what was inspected\n%s", q, c.tell())
		}
	}
	c.together()
	if !reflect.DeepEqual(lots, brought) {
		c.fatal("over all lots there is %v, brought were %v\n%s", lots, brought, c.tell())
	}
}

// together checks that a job and all its lots are one account that closes.
func (c *clan) together() {
	families := map[ID][]Job{}
	for _, id := range c.order {
		families[c.jobs[id].family()] = append(families[c.jobs[id].family()], c.jobs[id])
	}
	for _, jobs := range families {
		sum, ok := Together(jobs)
		if !ok {
			c.fatal("the lots of %s cannot be told together\n%s", jobs[0].Number, c.tell())
		}
		for _, s := range sum {
			if !s.Closes() {
				c.fatal("%s and its lots do not close: %+v\n%s", jobs[0].Number, s, c.tell())
			}
		}
	}
}

func TestComponentsAndLotsLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { anyFamily(t, rapid.IntRange(1, 60).Draw(t, "commands")) })
}

// anyFamily gives random commands to a job with its components and lots.
func anyFamily(t *rapid.T, commands int) *clan {
	p := rapid.SampledFrom([]func() Process{boxes, pairs, sheets}).Draw(t, "process")()
	c := openClan(t.Fatalf, p, Units(3*rapid.Int64Range(1, 160).Draw(t, "boxes")))
	for range commands {
		c.anyStep(t)
	}
	return c
}

func (c *clan) anyStep(t *rapid.T) {
	checked.Add(1)
	j := c.jobs[rapid.SampledFrom(c.order).Draw(t, "job")]
	s := rapid.SampledFrom(j.Stages).Draw(t, "stage")
	at := Work{j.ID, s.Code}
	part := rapid.OneOf(rapid.Just(s.OnHand), rapid.Just(s.OnHand/2), rapid.Just(s.OnHand+1), rapid.Just(One)).Draw(t, "part")
	switch rapid.IntRange(0, 13).Draw(t, "what") {
	case 12:
		line := SendLine{Work: at, Quantity: part}
		if len(j.Accounts) > 0 {
			line.Quantity = 0
		}
		_ = c.give(Send{Vendor: ID{4}, Lines: []SendLine{line}}) //nolint:errcheck // refusals are part of it
	case 13:
		if len(s.Out) > 0 {
			out := s.Out[0].Quantity
			r := rapid.SampledFrom([]Receive{{Good: out}, {Good: out / 2, Damaged: out - out/2}, {Unused: out}, {Short: out}, {Good: out + 1}}).Draw(t, "came")
			r.Work, r.Challan = at, s.Out[0].Challan
			_ = c.give(r) //nolint:errcheck // refusals are part of it
		}
	case 9:
		_ = c.give(c.newComponent(at, rapid.SampledFrom([]Quantity{One, Units(2), 0}).Draw(t, "per"))) //nolint:errcheck // refusals are part of it
	case 10:
		works := []Work{at, {rapid.SampledFrom(c.order).Draw(t, "with"), s.Code}}
		var a Action = StartTogether{Works: works, Batch: ID{3}}
		if rapid.Bool().Draw(t, "finish") {
			a = FinishTogether{Works: works}
		}
		_ = c.give(a) //nolint:errcheck // refusals are part of it
	case 0, 1, 2:
		_ = c.give(Finish{Work: at}) //nolint:errcheck // refusals are part of it
	case 3, 4:
		r := Report{Work: at, Good: part}
		if of := c.ofSizes(t, j, s, func(q Quantity) Amount { return Amount{Good: q} }); of != nil {
			r = Report{Work: at, Of: of}
		}
		if rapid.Bool().Draw(t, "wasted") {
			r.Wasted = []Waste{{Reason: "torn", Quantity: One}}
		}
		if rapid.IntRange(0, 3).Draw(t, "back") == 0 {
			r.Back = []Back{{To: j.Stages[0].Code, Reason: "torn", Quantity: One}}
		}
		_ = c.give(r) //nolint:errcheck // refusals are part of it
	case 5:
		split := Split{Work: at, Quantity: part, Lot: ID{7, byte(len(c.order))}, Number: fmt.Sprintf("RB-1-%d", len(c.order))}
		if of := c.ofSizes(t, j, s, counts); of != nil {
			split.Of, split.Quantity = of, total(of).Quantity
		}
		_ = c.give(split) //nolint:errcheck // refusals are part of it
	case 11:
		count := Count{Work: at, There: part, Reason: "recount"}
		if of := c.ofSizes(t, j, s, counts); of != nil {
			count.Of, count.There = of, total(of).Quantity
		}
		_ = c.give(count) //nolint:errcheck // refusals are part of it
	case 6:
		_ = c.give(Merge{Work: at, Into: rapid.SampledFrom(c.order).Draw(t, "into")}) //nolint:errcheck // refusals are part of it
	case 7:
		m := rapid.SampledFrom(c.history[j.ID]).Draw(t, "undoes")
		_ = c.give(Undo{Job: j.ID, Undoes: m.Command, Reason: "mistake", Together: rapid.Bool().Draw(t, "together")}) //nolint:errcheck // refusals are part of it
	case 8:
		_ = c.give(Report{Work: at, Short: part}) //nolint:errcheck // refusals are part of it
	}
}

// sheets is cartons: a sheet makes eight, and none leaves that was not inspected.
func sheets() Process {
	eight := Ratio{8, 1}
	return Process{ID: ID{9}, Version: 1, Name: "Cartons", Mode: QuantityMode, Unit: "sheets", WasteReasons: []Reason{{Code: "torn"}}, HoldReasons: StarterHolds(), Over: 10,
		Stages: []Stage{{Code: "print", Name: "Printing"}, {Code: "inspect", Name: "Inspection", Inspection: true, Yields: eight}, {Code: "paste", Name: "Pasting"},
			{Code: "leave", Name: "Dispatch", Needs: []string{"inspect"}}}}
}

// pairs is shoes, by size.
func pairs() Process {
	return Process{ID: ID{9}, Version: 1, Name: "Shoes", Mode: QuantityMode, Unit: "pairs", WasteReasons: []Reason{{Code: "torn"}}, HoldReasons: StarterHolds(),
		Sizes: []string{"6", "7", "8"}, Over: 20, Stages: []Stage{{Code: "cut", Name: "Cutting"}, {Code: "paste", Name: "Sole"}, {Code: "dispatch", Name: "Dispatch"}}}
}

// bySizes gives a job of a process with sizes a third of each.
func bySizes(p Process, n NewJob) NewJob {
	for _, size := range p.Sizes {
		if n.Sizes == nil {
			n.Sizes = map[string]Quantity{}
		}
		n.Sizes[size] = n.Quantity / Quantity(len(p.Sizes))
	}
	return n
}

// ofSizes draws a quantity of each size.
func (c *clan) ofSizes(t *rapid.T, j Job, s StageState, make func(Quantity) Amount) map[string]Amount {
	if len(j.Accounts) == 0 || rapid.IntRange(0, 3).Draw(t, "all of it") == 0 {
		return nil
	}
	of := map[string]Amount{}
	for _, a := range j.Accounts {
		here := a.Stage(s.Code).OnHand
		of[a.Name] = make(rapid.SampledFrom([]Quantity{here, here / 2, 0, here + One}).Draw(t, "of "+a.Name))
	}
	return of
}

// newComponent is a component by hand, with components of its own.
func (c *clan) newComponent(at Work, per Quantity) AddComponent {
	return AddComponent{Job: at.Job, Joins: at.Stage, Called: fmt.Sprintf("Insert %d", len(c.order)), Per: per, Process: c.process.ID, Version: 1,
		Child: NewJob{ID: ID{6, byte(len(c.order) >> 8), byte(len(c.order))}}}
}

func TestAssemblyWaitsForItsComponents(t *testing.T) {
	t.Parallel()
	c := openClan(t.Fatalf, boxes(), Units(500))
	ok := func(job ID, a func(Work) Action, stage string) {
		t.Helper()
		if err := c.give(a(Work{job, stage})); err != nil {
			t.Fatal(err)
		}
	}
	done := func(w Work) Action { return Finish{Work: w} }
	refused := func(code Code, a Action) *Refusal {
		t.Helper()
		r, isRefusal := c.give(a).(*Refusal)
		if !isRefusal || r.Code != code {
			t.Fatalf("%s: %v, want %s", a.Name(), r, code)
		}
		return r
	}
	box := c.jobs[ID{5}]
	label, board := box.Parts[0].Job, box.Parts[1].Job
	if j := c.jobs[board]; j.Quantity != Units(2000) || j.Number != "RB-1/B" || j.Item != "Boards · Sari box" {
		t.Errorf("the boards are %+v", j)
	}
	ok(ID{5}, done, "order")
	refused(ComponentsMissing, Start{Work: Work{ID{5}, "paste"}})
	ok(label, done, "label-print")
	ok(label, func(w Work) Action { return Report{Work: w, Good: Units(384), Wasted: waste(116)} }, "label-film")
	ok(label, done, "label-in")
	if r := refused(ComponentsMissing, Finish{Work: Work{ID{5}, "paste"}}); r.Name != "Boards" {
		t.Errorf("the refusal names %s", r.Name)
	}
	ok(board, done, "board-cut")
	ok(board, done, "board-in")
	if r := refused(ComponentsShort, Finish{Work: Work{ID{5}, "paste"}}); r.Name != "Top label" || r.Here != Units(384) {
		t.Errorf("the refusal names %s, %s", r.Name, r.Here)
	}
	ok(ID{5}, func(w Work) Action { return Report{Work: w, Good: Units(380), Wasted: waste(4), Short: Units(116)} }, "paste")
	ok(ID{5}, func(w Work) Action { return Split{Work: w, Quantity: Units(100), Lot: ID{8}, Number: "RB-1/2"} }, "check")
	ok(ID{8}, done, "check")
	ok(ID{5}, func(w Work) Action { return Report{Work: w, Good: Units(80)} }, "check")
	ok(ID{8}, func(w Work) Action { return Merge{Work: w, Into: ID{5}} }, "dispatch")
	if lot := c.jobs[ID{8}]; lot.Open() {
		t.Errorf("the merged lot is open: %+v", lot)
	}
	ok(ID{5}, done, "check")
	ok(ID{5}, done, "dispatch")
	if j := c.jobs[ID{5}]; j.Open() || j.Dispatched() != Units(380) {
		t.Errorf("dispatched %s", j.Dispatched())
	}
}
