package flow

import (
	"cmp"
	"errors"
	"slices"
)

// Work names a job at a stage: what every stage command is about.
type Work struct {
	Job   ID     `json:"job"`
	Stage string `json:"stage"`
}

// Targets is the one job.
func (w Work) Targets() []ID { return []ID{w.Job} }

// Start begins work at a stage.
//
// Refusals: not_found, nothing_here, already_started, on_hold, components_missing, field_needed, override_not_yours,
// station_unknown, station_busy, and those of the stage's form: field_missing, field_wrong, out_of_limits.
type Start struct {
	Work
	Values   map[string]string `json:"values,omitempty"`   // of the stage's form, by field code
	Used     []Used            `json:"used,omitempty"`     // lots of material that go in
	Station  string            `json:"station,omitempty"`  // where, when the stage has stations
	Together bool              `json:"together,omitempty"` // though another job runs there

	// Override is why work starts though a gate is closed; owners only.
	Override string `json:"override,omitempty"`
}

// Report says what became of a part, or all, of what is on hand: good goes on to the next stage, wasted is
// scrapped with a reason, back goes to an earlier stage for rework, short is expected and not there. What is not
// mentioned stays: the rest is coming. More than is on hand is taken up to the process's limit, and the surplus is
// booked as found. In a flexible process what is not here yet is taken from the stages before, as inferred.
//
// Refusals: not_found, nothing_here, on_hold, more_than_here, over_limit, nothing_entered, waste_no_reason,
// back_no_stage, back_no_reason, back_not_whole, reason_unknown, quantity_needed, quantity_too_big, no_quantities,
// counter_backwards, station_unknown, sizes_needed, sizes_differ, second_left, too_long, and those of Release.
type Report struct {
	Work
	Good    Quantity `json:"good,omitempty"`
	Wasted  []Waste  `json:"wasted,omitempty"`
	Back    []Back   `json:"back,omitempty"`
	Short   Quantity `json:"short,omitempty"`
	From    Quantity `json:"from,omitempty"` // the machine's counter before
	To      Quantity `json:"to,omitempty"`   // and after; 0: not told
	Note    string   `json:"note,omitempty"`
	Station string   `json:"station,omitempty"`

	// Of is what of all this belongs to which size, or to the second balance. With sizes the rest may be left out.
	Of map[string]Amount `json:"of,omitempty"`
	Release
}

// Finish is the one-tap Done: everything on hand is good and goes on.
//
// Refusals: not_found, nothing_here, on_hold, station_unknown, too_long, and those of Release.
type Finish struct {
	Work
	Note    string `json:"note,omitempty"`
	Station string `json:"station,omitempty"`
	Release
}

// Hold stops work at a stage, with a reason and with who must act. It frees the station.
//
// Refusals: not_found, nothing_here, already_held, hold_no_reason, reason_unknown, field_wrong, too_long.
type Hold struct {
	Work
	Reason string  `json:"reason"`
	Awaits Awaited `json:"awaits,omitzero"`
	Note   string  `json:"note,omitempty"`
}

// Resume ends a hold: the work is as it was before, at the station where it was unless another is named.
//
// Refusals: not_found, not_held, station_unknown, station_busy.
type Resume struct {
	Work
	Station  string `json:"station,omitempty"`
	Together bool   `json:"together,omitempty"` // though another job runs there
}

func (Start) Name() string  { return "start" }
func (Report) Name() string { return "report" }
func (Finish) Name() string { return "finish" }
func (Hold) Name() string   { return "hold" }
func (Resume) Name() string { return "resume" }

// at finds the state a stage command is about, if it is in the member's scope.
func (w Work) at(world World, m Mark) (Job, StageState, error) {
	j, ok := world.Jobs[w.Job]
	if !ok || !m.May(MayReport) || !m.Scope.At(j, w.Stage) {
		return Job{}, StageState{}, refuse(NotFound)
	}
	s, ok := j.Stage(w.Stage)
	if !ok {
		return Job{}, StageState{}, refuse(NotFound)
	}
	return j, s, nil
}

// possible turns what the fold says cannot be, though each term was in bounds, into what a person can read.
func possible(err error) error {
	var no *Impossible
	if errors.As(err, &no) {
		return refuse(QuantityTooBig)
	}
	return err
}

// movement is one movement of the work, checked against the job.
func (w Work) movement(j Job, m Mark, c Command, kind Kind, f Facts) ([]Movement, error) {
	return w.movements(j, m, c, Movement{Kind: kind, Facts: f})
}

// movements are several, of the work where they name no other stage, one after the other, each checked against the
// job as the one before leaves it.
func (w Work) movements(j Job, m Mark, c Command, moves ...Movement) ([]Movement, error) {
	at, mark, err := c.when(m)
	if err != nil {
		return nil, err
	}
	for i, mv := range moves {
		mv.Job, mv.Stage, mv.Member, mv.Occurred = w.Job, cmp.Or(mv.Stage, w.Stage), m.Member, at
		mv.Mark = cmp.Or(mv.Mark, mark)
		if j, err = Apply(j, mv); err != nil {
			return nil, possible(err)
		}
		moves[i] = mv
	}
	if err := j.Check(); err != nil {
		return nil, err
	}
	return moves, nil
}

func (a Start) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	switch {
	case err != nil:
		return nil, err
	case s.Held != 0:
		return nil, blocked(OnHold, j, s)
	case s.OnHand == 0:
		return nil, blocked(NothingHere, j, s)
	case s.Started != 0:
		return nil, blocked(AlreadyStarted, j, s)
	}
	stage, _ := w.Process(j).Stage(a.Stage)
	gates := Release{Override: a.Override}
	if err := cmp.Or(gates.starts(w.Process(j), j, s, m), gates.waive(checkValues(readBy(m.Role, stage.Fields), s.Values, a.Values, onStart))); err != nil {
		return nil, err
	}
	if err := (Release{Used: a.Used}).captures(stage, s, onStart); err != nil {
		return nil, err
	}
	if err := cmp.Or(w.stationKnown(j, a.Stage, a.Station), w.stationFree(m, a.Station, a.Together)); err != nil {
		return nil, err
	}
	return a.movement(j, m, c, KindStarted, Facts{Values: a.Values, Used: a.Used, Station: a.Station, Override: a.Override})
}

// blocked is a refusal that says what happened meanwhile and who did it.
func blocked(code Code, j Job, s StageState) *Refusal {
	return &Refusal{Code: code, Job: j.Number, Stage: s.Code, By: s.By, At: s.Moved, Reason: s.Reason, Here: s.OnHand}
}

func reportable(j Job, s StageState) error {
	switch {
	case s.Held != 0:
		return blocked(OnHold, j, s)
	case s.OnHand == 0:
		return blocked(NothingHere, j, s)
	}
	return nil
}

func (a Report) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	if err := w.stationKnown(j, a.Stage, a.Station); err != nil {
		return nil, err
	}
	return a.take(w.Process(j), j, s, m, c)
}

// take is the report's movements: what is brought from stages before, what is found, and the report itself.
func (a Report) take(p Process, j Job, s StageState, m Mark, c Command) ([]Movement, error) {
	f, err := j.shares(a.facts(), a.Of, onHand, a.Stage)
	if err != nil {
		return nil, err
	}
	a.Good, a.Wasted, a.Back, a.Short = f.Good, f.Wasted, f.Back, f.Short
	f.Station = cmp.Or(f.Station, s.Station)
	moves, brought := supply(p, j, a.Stage, f.leaving()-s.OnHand)
	s.OnHand += brought
	s.came(brought, cmp.Or(c.Occurred, m.At))
	if err := reportable(j, s); err != nil {
		return nil, err
	}
	if err := a.check(p, j, s, f); err != nil {
		return nil, err
	}
	if err := a.Release.allows(p, j.sending(a.Stage, a.Back), s, m, c, a.Good, f.Scrap()); err != nil {
		return nil, err
	}
	if over, by := a.over(j, s, f); over > 0 {
		moves = append(moves, Movement{Kind: KindFound, Facts: Facts{Quantity: over, Reason: Surplus, Of: by}})
	}
	moves, err = a.movements(j, m, c, append(moves, Movement{Kind: KindReported, Facts: f})...)
	return delivered(j, moves), err
}

// delivered adds to the movements of a component what they bring to its parent.
func delivered(j Job, moves []Movement) []Movement {
	if j.Parent.IsZero() || len(moves) == 0 {
		return moves
	}
	after := j
	for _, m := range moves {
		after, _ = Apply(after, m) // they were applied when they were made
	}
	return arrival(j, after, moves)
}

// arrival adds what a component's parent learns when the component comes from one state to another.
func arrival(j, after Job, moves []Movement) []Movement {
	q, whole := after.HandedOver()-j.HandedOver(), !after.Open()
	if q == 0 && whole == !j.Open() {
		return moves
	}
	last := &moves[len(moves)-1]
	last.Facts.Other = j.Parent
	return append(moves, Movement{Job: j.Parent, Kind: KindArrived, Member: last.Member, Occurred: last.Occurred, Mark: last.Mark,
		Facts: Facts{Track: j.Track, Quantity: q, Whole: whole, Other: j.ID, Number: j.Number}})
}

// HandedOver is what has left the route of a component towards its parent.
func (j Job) HandedOver() Quantity { return j.Stages[len(j.Stages)-1].Handed() }

func (a Report) facts() Facts {
	return Facts{Good: a.Good, Wasted: a.Wasted, Back: a.Back, Short: a.Short, From: a.From, To: a.To, Note: a.Note, Station: a.Station,
		Values: a.Values, Approver: a.Approver, Override: a.Override, Grades: a.Grades, Used: a.Used, Made: a.Made}
}

// over is how much more leaves than is there, by size where sizes are counted.
func (a Report) over(j Job, s StageState, f Facts) (Quantity, map[string]Amount) {
	if j.sized() {
		return j.surpluses(a.Stage, f.Of)
	}
	return f.leaving() - s.OnHand, nil
}

// Surplus is the reason of what was found because more was made than had come.
const Surplus = "surplus"

func (a Report) check(p Process, j Job, s StageState, f Facts) error {
	if j.Mode == UnitMode && (len(a.Wasted)+len(a.Back) > 0 || a.Short != 0 || a.Good != s.OnHand) {
		return refuse(NoQuantities)
	}
	if a.Good < 0 || a.Good > MaxQuantity || a.Short < 0 || a.Short > MaxQuantity || len(a.Wasted) > maxLines || len(a.Back) > maxLines {
		return refuse(QuantityTooBig)
	}
	if a.From < 0 || a.To < 0 || a.To > MaxQuantity || a.To > 0 && a.To <= a.From {
		return &Refusal{Code: CounterBackwards, Entry: a.To, Here: a.From}
	}
	for _, waste := range a.Wasted {
		if err := waste.check(p.WasteReasons); err != nil {
			return err
		}
	}
	for _, back := range a.Back {
		if err := back.check(j, a.Stage, p.WasteReasons); err != nil {
			return err
		}
	}
	if err := j.checkLines(p, a.Stage, f.Of); err != nil {
		return err
	}
	if f.leaving() == 0 && f.Of[SecondBalance].isZero() {
		return refuse(NothingEntered)
	}
	if r := a.surplus(p, j, s, f); r != nil {
		return r
	}
	return cmp.Or(tooLong("note", a.Note, MaxNote), tooLong("station", a.Station, MaxText))
}

// surplus refuses more than is there and than the process allows on top. Only good can be more: nobody wastes, sends
// back or misses what has not come.
func (a Report) surplus(p Process, j Job, s StageState, f Facts) *Refusal {
	over, by := a.over(j, s, f)
	total := f.leaving()
	if over <= 0 {
		return nil
	}
	r := blocked(MoreThanHere, j, s)
	r.Entry = total
	j.nameSize(r, a.Stage, f.Of, by)
	if p.Over == 0 || a.Short > 0 || total-a.Good > s.OnHand || j.badSurplus(a.Stage, f.Of, by) {
		return r
	}
	r.Name, r.Entry, r.Here = "", total, s.OnHand
	if r.Limit = p.Over; over > percentOf(s.Received, p.Over)-s.Found {
		r.Code = OverLimit
		return r
	}
	return nil
}

// percentOf is so many percent of a quantity, cut to a millionth.
func percentOf(q Quantity, percent int) Quantity {
	return q/100*Quantity(percent) + q%100*Quantity(percent)/100
}

func (b Back) check(j Job, from string, reasons []Reason) error {
	to, at := j.index(b.To), j.index(from)
	switch {
	case b.Quantity <= 0 || b.Quantity > MaxQuantity:
		return refuse(QuantityNeeded)
	case to < 0 || to >= at:
		return refuse(BackNoStage)
	case j.Stages[to].Need == NotRequired:
		return refuse(BackNoStage)
	case b.Reason == "":
		return refuse(BackNoReason)
	case !knows(reasons, b.Reason):
		return &Refusal{Code: ReasonUnknown, Value: b.Reason}
	}
	if _, whole := j.before(b.Quantity, to, at); !whole {
		return &Refusal{Code: BackNotWhole, Stage: b.To, Entry: b.Quantity}
	}
	return nil
}

func (w Waste) check(reasons []Reason) error {
	switch {
	case w.Quantity <= 0 || w.Quantity > MaxQuantity:
		return refuse(QuantityNeeded)
	case w.Reason == "":
		return refuse(WasteNoReason)
	case !knows(reasons, w.Reason):
		return &Refusal{Code: ReasonUnknown, Value: w.Reason}
	}
	return nil
}

func (a Finish) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	p := w.Process(j)
	good := s.OnHand
	if good == 0 && p.Flexible {
		good = upstream(j, a.Stage)
	}
	if good == 0 || s.Held != 0 {
		return nil, reportable(j, s)
	}
	if err := w.stationKnown(j, a.Stage, a.Station); err != nil {
		return nil, err
	}
	return Report{Work: a.Work, Good: good, Note: a.Note, Station: a.Station, Release: a.Release}.take(p, j, s, m, c)
}

// upstream is what the nearest stage before, that has something, would bring to a stage.
func upstream(j Job, code string) Quantity {
	at := j.index(code)
	for i := at - 1; i >= 0; i-- {
		if q := j.Stages[i].OnHand; q > 0 {
			for _, s := range j.Stages[i:at] {
				q, _ = s.Yields.of(q) // too much is no more than nothing: it is refused either way
			}
			return q
		}
	}
	return 0
}

// supply is what brings a quantity to a stage of a flexible process from the stages before, as inferred reports, and
// how much they bring. An inspection, an approval, a minimum time and a hold are never inferred: nothing comes through them.
func supply(p Process, j Job, code string, q Quantity) (moves []Movement, brought Quantity) {
	if !p.Flexible || q <= 0 {
		return nil, 0
	}
	at := j.index(code)
	need := q
	for i := at - 1; i >= 0 && need > 0; i-- {
		s := j.Stages[i]
		stage, _ := p.Stage(s.Code)
		took, ok := back(need, []Ratio{s.Yields})
		if !ok || s.Held != 0 || s.AtVendor > 0 || stage.Inspection || stage.Approval || stage.Dwell > 0 || len(stage.Grades) > 0 || len(j.Missing(s.Code)) > 0 {
			return nil, 0
		}
		if s.Need == NotRequired {
			need = took
			continue
		}
		moves = append(moves, Movement{Kind: KindReported, Stage: s.Code, Mark: MarkInferred, Facts: Facts{Good: took}})
		need = max(took-s.OnHand, 0)
	}
	if need > 0 {
		return nil, 0
	}
	slices.Reverse(moves)
	return moves, q
}

func (a Hold) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	switch {
	case err != nil:
		return nil, err
	case s.Held != 0:
		return nil, blocked(AlreadyHeld, j, s)
	case s.OnHand == 0:
		return nil, blocked(NothingHere, j, s)
	case a.Reason == "":
		return nil, refuse(HoldNoReason)
	case !knows(w.Process(j).HoldReasons, a.Reason):
		return nil, &Refusal{Code: ReasonUnknown, Value: a.Reason}
	}
	if err := cmp.Or(tooLong("note", a.Note, MaxNote), a.Awaits.check(m.At)); err != nil {
		return nil, err
	}
	return a.movement(j, m, c, KindHeld, Facts{Reason: a.Reason, Note: a.Note, Awaits: a.Awaits})
}

func (a Resume) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	if s.Held == 0 {
		return nil, blocked(NotHeld, j, s)
	}
	_, station := a.StationNamed(w)
	if err := cmp.Or(w.stationKnown(j, a.Stage, a.Station), w.stationFree(m, station, a.Together)); err != nil {
		return nil, err
	}
	return a.movement(j, m, c, KindResumed, Facts{Station: a.Station})
}
