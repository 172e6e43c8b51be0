package flow

import (
	"cmp"
	"errors"
	"slices"
)

// Undo takes back an earlier command: the job becomes what it would be without it. Members take back their own last
// command for ten minutes. Those who may reverse take back any within their scope, with a reason; when later movements
// depend on it, the refusal names them, and Together takes them all back.
//
// Refusals: not_found, undo_nothing, undo_not_yours, undo_too_late, undo_no_reason, undo_depends, undo_across, too_long.
type Undo struct {
	Job      ID     `json:"job"`
	Undoes   ID     `json:"undoes"` // the command to take back
	Reason   string `json:"reason,omitempty"`
	Together bool   `json:"together,omitempty"` // and all that depends on it
}

// Name is "undo".
func (Undo) Name() string { return "undo" }

// Targets is the one job.
func (a Undo) Targets() []ID { return []ID{a.Job} }

// NeedsHistory is true: what an undo leaves is folded from all that remains.
func (Undo) NeedsHistory() bool { return true }

func (a Undo) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	if !ok || !m.May(MayReport) || !m.Scope.Sees(j) {
		return nil, refuse(NotFound)
	}
	if err := tooLong("reason", a.Reason, MaxNote); err != nil {
		return nil, err
	}
	history := w.History[a.Job]
	target, err := a.undoable(j, history, m)
	if err != nil {
		return nil, err
	}
	at, mark, err := c.when(m)
	if err != nil {
		return nil, err
	}
	mv := Movement{Job: a.Job, Kind: KindUndone, Stage: target.Stage, Member: m.Member, Occurred: at, Mark: mark,
		Facts: Facts{Undoes: a.Undoes, Reason: a.Reason}}
	depends, after, err := dependents(w.Process(j), j, history, &mv)
	switch {
	case err != nil:
		return nil, err
	case len(depends) > 0 && (!a.Together || !m.takesAll(j, depends) || a.Reason == ""):
		d := depends[0]
		return nil, &Refusal{Code: UndoDepends, Job: j.Number, Kind: d.Kind, Stage: d.Stage, By: d.Member, At: d.Occurred, Depends: depends}
	}
	if err := after.Check(); err != nil || j.Parent.IsZero() {
		return []Movement{mv}, err
	}
	moves := arrival(j, after, []Movement{mv})
	return moves, w.stillMade(j.Parent, moves[1:])
}

// dependents are the later movements, one of each command, that could not have been without what an undo takes back. It
// gets them as With; after is the job when all of it is taken back.
func dependents(p Process, j Job, history []Movement, mv *Movement) (depends []Movement, after Job, err error) {
	for {
		after, err = Replay(append(slices.Clone(history), *mv))
		var d Movement
		var no *Impossible
		switch {
		case errors.As(err, &no):
			d = no.Movement
		case err != nil:
			return nil, Job{}, err
		default:
			var breached bool
			if d, breached = breach(p, j, after, history, *mv); !breached {
				return depends, after, nil
			}
		}
		if j.Crossed(d) {
			return nil, Job{}, across(d)
		}
		depends, mv.Facts.With = append(depends, d), append(slices.Clone(mv.Facts.With), d.Command)
	}
}

// breach is the last movement through a gate that its inspections would not have let through, were the undo all that is
// taken back: the job was j and is after.
func breach(p Process, j, after Job, history []Movement, mv Movement) (Movement, bool) {
	back := mv.TakesBack()
	for _, gate := range p.Stages {
		for _, need := range gate.Needs {
			if after.beyond(need, gate.Code) <= max(j.beyond(need, gate.Code), 0) {
				continue
			}
			for _, m := range slices.Backward(history) {
				if m.Stage == gate.Code && m.Facts.Good > 0 && !slices.Contains(back, m.Command) && !Undone(history)[m.Command] {
					return m, true
				}
			}
		}
	}
	return Movement{}, false
}

// stillMade refuses to take back from a parent what it has joined already.
func (w World) stillMade(parent ID, arrivals []Movement) error {
	j, ok := w.Jobs[parent]
	for _, m := range arrivals {
		after, err := Apply(j, m)
		if !ok || err != nil {
			return cmp.Or(err, error(refuse(BadCommand)))
		}
		s, _ := after.Stage(after.Joins(m.Facts.Other))
		makes, _, _ := after.Joinable(s.Code)
		if m.Facts.Quantity < 0 && s.gone()+s.Wasted > makes {
			return &Refusal{Code: UndoDepends, Job: j.Number, Kind: KindReported, Stage: s.Code, By: s.By, At: s.Moved}
		}
	}
	return nil
}

// Crossed reports whether a movement of the job moved something between it and another, so that it cannot be taken back
// here alone. What a component handed over can: its parent learns of it in the same breath.
func (j Job) Crossed(m Movement) bool {
	return !m.Facts.Other.IsZero() && m.Facts.Other != j.Parent
}

func across(m Movement) *Refusal {
	return &Refusal{Code: UndoAcross, Kind: m.Kind, Stage: m.Stage, By: m.Member, At: m.Occurred}
}

// Undone are the commands of a history that were taken back.
func Undone(history []Movement) map[ID]bool {
	undone := map[ID]bool{}
	for _, m := range history {
		for _, id := range m.TakesBack() {
			undone[id] = true
		}
	}
	return undone
}

// TakesBack are the commands that a movement takes back: none, but for an undo.
func (m Movement) TakesBack() []ID {
	if m.Kind != KindUndone {
		return nil
	}
	return append([]ID{m.Facts.Undoes}, m.Facts.With...)
}

// undoable finds the movement to take back, of this job and not taken back yet, if the member may.
func (a Undo) undoable(j Job, history []Movement, m Mark) (Movement, error) {
	undone := Undone(history)
	var mine, target Movement
	for _, h := range history {
		if h.Kind == KindUndone || undone[h.Command] {
			continue
		}
		if h.Member == m.Member {
			mine = h
		}
		if h.Command == a.Undoes && !j.Crossed(target) { // one command may have finished a component and its job together
			target = h
		}
	}
	own := target.Member == m.Member && m.At.Sub(target.Recorded).Minutes() <= UndoMinutes
	switch {
	case target.Command.IsZero() || target.Kind == KindCreated || target.Kind == KindAttempted || target.Kind == KindFileErased:
		return Movement{}, refuse(UndoNothing)
	case j.Crossed(target):
		return Movement{}, across(target)
	case m.reverses(j) && m.Scope.undoes(j, target) && a.Reason != "":
		return target, nil
	case target.Member != m.Member:
		return Movement{}, supervisorsMay(m.reverses(j) && m.Scope.undoes(j, target), &Refusal{Code: UndoNotYours, By: target.Member, At: target.Occurred})
	case !own:
		return Movement{}, supervisorsMay(m.reverses(j) && m.Scope.undoes(j, target), &Refusal{Code: UndoTooLate, Limit: UndoMinutes})
	case mine.Command != target.Command:
		return Movement{}, supervisorsMay(m.reverses(j) && m.Scope.undoes(j, target), &Refusal{Code: UndoDepends, Kind: mine.Kind, Stage: mine.Stage, By: mine.Member, At: mine.Occurred})
	}
	return target, nil
}

// supervisorsMay turns a refusal into the question for a reason, which is all that keeps a supervisor.
func supervisorsMay(may bool, r *Refusal) *Refusal {
	if may {
		return refuse(UndoNoReason)
	}
	return r
}

// reverses reports whether the member takes back what others reported of a job.
func (m Mark) reverses(j Job) bool { return m.May(MayReverse) && m.Scope.Sees(j) }

// takesAll reports whether the member may take back all of some movements.
func (m Mark) takesAll(j Job, moves []Movement) bool {
	return m.reverses(j) && all(moves, func(one Movement) bool { return m.Scope.undoes(j, one) })
}

// undoes reports whether a movement is within the scope: of the whole job for those who hold it, else of their stages.
func (s Scope) undoes(j Job, target Movement) bool {
	return s.Holds(j) || target.Stage != "" && s.At(j, target.Stage)
}
