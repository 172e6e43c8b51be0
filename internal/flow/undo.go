package flow

import (
	"errors"
	"slices"
)

// Undo takes back an earlier command: the job becomes what it would be without it. Members take back their own last
// command for ten minutes. Those who may reverse take back any within their scope, with a reason; when later movements depend on it, the refusal names
// the first of them, and Together takes them all back.
//
// Refusals: not_found, undo_nothing, undo_not_yours, undo_too_late, undo_no_reason, undo_depends, too_long.
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
	if !ok || !m.Scope.Sees(j) {
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
	for {
		after, err := Replay(append(slices.Clone(history), mv))
		var no *Impossible
		switch {
		case err == nil && !j.Parent.IsZero():
			return arrival(j, after, []Movement{mv}), after.Check()
		case err == nil:
			return []Movement{mv}, after.Check()
		case !errors.As(err, &no):
			return nil, err
		case no.Movement.across():
			return nil, across(no.Movement)
		case !a.Together || !m.reverses(j) || a.Reason == "":
			d := no.Movement
			return nil, &Refusal{Code: UndoDepends, Job: j.Number, Kind: d.Kind, Stage: d.Stage, By: d.Member, At: d.Occurred}
		}
		mv.Facts.With = append(slices.Clone(mv.Facts.With), no.Movement.Command)
	}
}

// across reports whether a movement moved something between jobs: it cannot be taken back at one of them alone.
func (m Movement) across() bool { return !m.Facts.Other.IsZero() }

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
		if h.Command == a.Undoes && !target.across() { // one command may have finished a component and its job together
			target = h
		}
	}
	own := target.Member == m.Member && m.At.Sub(target.Recorded).Minutes() <= UndoMinutes
	switch {
	case target.Command.IsZero() || target.Kind == KindCreated || target.Kind == KindAttempted:
		return Movement{}, refuse(UndoNothing)
	case target.across():
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

// undoes reports whether a movement is within the scope: of the whole job for those who hold it, else of their stages.
func (s Scope) undoes(j Job, target Movement) bool {
	return s.Holds(j) || target.Stage != "" && s.At(j, target.Stage)
}
