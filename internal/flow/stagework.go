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
// Refusals: not_found, nothing_here, already_started, on_hold.
type Start struct{ Work }

// Report says what became of a part, or all, of what is on hand: good goes on to the next stage, wasted is
// scrapped with a reason, back goes to an earlier stage for rework, short is expected and not there. What is not
// mentioned stays: the rest is coming. More than is on hand is taken up to the process's limit, and the surplus is
// booked as found.
//
// Refusals: not_found, nothing_here, on_hold, more_than_here, over_limit, nothing_entered, waste_no_reason,
// back_no_stage, back_no_reason, reason_unknown, quantity_needed, quantity_too_big, no_quantities, too_long.
type Report struct {
	Work
	Good    Quantity `json:"good,omitempty"`
	Wasted  []Waste  `json:"wasted,omitempty"`
	Back    []Back   `json:"back,omitempty"`
	Short   Quantity `json:"short,omitempty"`
	Note    string   `json:"note,omitempty"`
	Station string   `json:"station,omitempty"`
}

// Finish is the one-tap Done: everything on hand is good and goes on.
//
// Refusals: not_found, nothing_here, on_hold.
type Finish struct {
	Work
	Note string `json:"note,omitempty"`
}

// Hold stops work at a stage, with a reason.
//
// Refusals: not_found, nothing_here, already_held, hold_no_reason, reason_unknown, too_long.
type Hold struct {
	Work
	Reason string `json:"reason"`
	Note   string `json:"note,omitempty"`
}

// Resume ends a hold: the work is as it was before.
//
// Refusals: not_found, not_held.
type Resume struct{ Work }

// Undo takes back an earlier command of one's own: the job becomes what it would be without it.
//
// Refusals: not_found, undo_nothing, undo_not_yours, undo_too_late, undo_depends.
type Undo struct {
	Job    ID `json:"job"`
	Undoes ID `json:"undoes"` // the command to take back
}

func (Start) Name() string  { return "start" }
func (Report) Name() string { return "report" }
func (Finish) Name() string { return "finish" }
func (Hold) Name() string   { return "hold" }
func (Resume) Name() string { return "resume" }
func (Undo) Name() string   { return "undo" }

// Targets is the one job.
func (u Undo) Targets() []ID { return []ID{u.Job} }

// NeedsHistory is true: what an undo leaves is folded from all that remains.
func (Undo) NeedsHistory() bool { return true }

// at finds the state a stage command is about, if it is in the member's scope.
func (w Work) at(world World, m Mark) (Job, StageState, error) {
	j, ok := world.Jobs[w.Job]
	if !ok || !m.Scope.Covers(j.Process, w.Stage) {
		return Job{}, StageState{}, refuse(NotFound)
	}
	s, ok := j.Stage(w.Stage)
	if !ok {
		return Job{}, StageState{}, refuse(NotFound)
	}
	return j, s, nil
}

// movement is one movement of the work, checked against the job.
func (w Work) movement(j Job, m Mark, c Command, kind Kind, f Facts) ([]Movement, error) {
	return w.movements(j, m, c, Movement{Kind: kind, Facts: f})
}

// movements are several of the work, one after the other, each checked against the job as the one before leaves it.
func (w Work) movements(j Job, m Mark, c Command, moves ...Movement) ([]Movement, error) {
	at, mark, err := c.when(m)
	if err != nil {
		return nil, err
	}
	for i, mv := range moves {
		mv.Job, mv.Stage, mv.Member, mv.Occurred, mv.Mark = w.Job, w.Stage, m.Member, at, mark
		if j, err = Apply(j, mv); err != nil {
			return nil, err
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
	return a.movement(j, m, c, KindStarted, Facts{})
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
	if err := reportable(j, s); err != nil {
		return nil, err
	}
	if err := a.check(w.Process(j), j, s); err != nil {
		return nil, err
	}
	f := Facts{Good: a.Good, Wasted: a.Wasted, Back: a.Back, Short: a.Short, Note: a.Note, Station: a.Station}
	report := Movement{Kind: KindReported, Facts: f}
	if over := f.leaving() - s.OnHand; over > 0 {
		return a.movements(j, m, c, Movement{Kind: KindFound, Facts: Facts{Quantity: over, Reason: Surplus}}, report)
	}
	return a.movements(j, m, c, report)
}

// Surplus is the reason of what was found because more was made than had come.
const Surplus = "surplus"

func (a Report) check(p Process, j Job, s StageState) error {
	if j.Mode == UnitMode && (len(a.Wasted)+len(a.Back) > 0 || a.Short != 0 || a.Good != s.OnHand) {
		return refuse(NoQuantities)
	}
	if a.Good < 0 || a.Good > MaxQuantity || a.Short < 0 || a.Short > MaxQuantity || len(a.Wasted) > maxLines || len(a.Back) > maxLines {
		return refuse(QuantityTooBig)
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
	total := Facts{Good: a.Good, Wasted: a.Wasted, Back: a.Back, Short: a.Short}.leaving()
	if total == 0 {
		return refuse(NothingEntered)
	}
	if r := a.surplus(p, j, s, total); r != nil {
		return r
	}
	return cmp.Or(tooLong("note", a.Note, MaxNote), tooLong("station", a.Station, MaxText))
}

// surplus refuses more than is there and than the process allows on top. Only good can be more: nobody wastes, sends
// back or misses what has not come.
func (a Report) surplus(p Process, j Job, s StageState, total Quantity) *Refusal {
	over := total - s.OnHand
	if over <= 0 {
		return nil
	}
	r := blocked(MoreThanHere, j, s)
	r.Entry = total
	if p.Over == 0 || a.Short > 0 || total-a.Good > s.OnHand {
		return r
	}
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
	case b.Reason == "":
		return refuse(BackNoReason)
	case !knows(reasons, b.Reason):
		return &Refusal{Code: ReasonUnknown, Value: b.Reason}
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
	if err := reportable(j, s); err != nil {
		return nil, err
	}
	if err := tooLong("note", a.Note, MaxNote); err != nil {
		return nil, err
	}
	return a.movement(j, m, c, KindReported, Facts{Good: s.OnHand, Note: a.Note})
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
	if err := tooLong("note", a.Note, MaxNote); err != nil {
		return nil, err
	}
	return a.movement(j, m, c, KindHeld, Facts{Reason: a.Reason, Note: a.Note})
}

func (a Resume) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	if s.Held == 0 {
		return nil, blocked(NotHeld, j, s)
	}
	return a.movement(j, m, c, KindResumed, Facts{})
}

func (a Undo) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	if !ok || !m.Scope.Sees(j) {
		return nil, refuse(NotFound)
	}
	history := w.History[a.Job]
	last, err := a.undoable(history, m)
	if err != nil {
		return nil, err
	}
	at, mark, err := c.when(m)
	if err != nil {
		return nil, err
	}
	mv := Movement{Job: a.Job, Kind: KindUndone, Stage: last.Stage, Member: m.Member, Occurred: at, Mark: mark, Facts: Facts{Undoes: a.Undoes}}
	after, err := Replay(append(slices.Clone(history), mv))
	var no *Impossible
	if errors.As(err, &no) {
		d := no.Movement
		return nil, &Refusal{Code: UndoDepends, Job: j.Number, Kind: d.Kind, Stage: d.Stage, By: d.Member, At: d.Occurred}
	}
	if err != nil {
		return nil, err
	}
	if err := after.Check(); err != nil {
		return nil, err
	}
	return []Movement{mv}, nil
}

// undoable finds the movement to take back: of this job, not taken back yet, the member's own and their last,
// and recorded less than ten minutes ago.
func (a Undo) undoable(history []Movement, m Mark) (Movement, error) {
	undone := map[ID]bool{}
	for _, h := range history {
		undone[h.Facts.Undoes] = true
	}
	var mine, target Movement
	for _, h := range history {
		if h.Kind == KindUndone || undone[h.Command] {
			continue
		}
		if h.Member == m.Member {
			mine = h
		}
		if h.Command == a.Undoes {
			target = h
		}
	}
	switch {
	case target.Command.IsZero() || target.Kind == KindCreated:
		return Movement{}, refuse(UndoNothing)
	case target.Member != m.Member:
		return Movement{}, &Refusal{Code: UndoNotYours, By: target.Member, At: target.Occurred}
	case mine.Command != target.Command:
		return Movement{}, &Refusal{Code: UndoDepends, Kind: mine.Kind, Stage: mine.Stage, By: mine.Member, At: mine.Occurred}
	case m.At.Sub(target.Recorded).Minutes() > UndoMinutes:
		return Movement{}, &Refusal{Code: UndoTooLate, Limit: UndoMinutes}
	}
	return target, nil
}
