package flow

import (
	"fmt"
	"maps"
	"slices"
)

// Apply is the job after a movement. It refuses only what cannot be true (more leaves than is there, work on
// nothing); whether a movement was allowed is Decide's affair. Undone movements are Replay's: Apply of an
// "undone" alone is an error.
func Apply(j Job, m Movement) (Job, error) {
	if m.Kind == KindCreated {
		return created(j, m)
	}
	j.Stages = slices.Clone(j.Stages)
	if m.Kind == KindStageAdded {
		return stageAdded(j, m)
	}
	i := j.index(m.Stage)
	if i < 0 {
		return Job{}, impossible(m, "the job has no such stage")
	}
	apply, ok := appliers[m.Kind]
	if !ok {
		return Job{}, impossible(m, "no such movement here")
	}
	if err := apply(&j, i, m); err != nil {
		return Job{}, err
	}
	j.Stages[i].By, j.Stages[i].Moved = m.Member, m.Occurred
	j.Last = max(j.Last, m.Occurred)
	return j, nil
}

var appliers = map[Kind]func(j *Job, i int, m Movement) error{
	KindStarted: started, KindReported: reported, KindHeld: held, KindResumed: resumed, KindFound: found,
}

// Impossible says that a movement cannot follow the ones before it.
type Impossible struct {
	Movement Movement
	Why      string
}

func (e *Impossible) Error() string {
	return fmt.Sprintf("%s at %q cannot be: %s", e.Movement.Kind, e.Movement.Stage, e.Why)
}

func impossible(m Movement, why string) error { return &Impossible{Movement: m, Why: why} }

func created(before Job, m Movement) (Job, error) {
	f := m.Facts
	if !before.ID.IsZero() {
		return Job{}, impossible(m, "the job exists")
	}
	if len(f.Route) == 0 || f.Quantity < 0 || f.Quantity > MaxQuantity {
		return Job{}, impossible(m, "no route or no possible quantity")
	}
	j := Job{
		ID: m.Job, Process: f.Process, Version: f.Version, Mode: f.Mode, Number: f.Number, Customer: f.Customer,
		Item: f.Item, Quantity: f.Quantity, Unit: f.Unit, Due: f.Due, Urgent: f.Urgent, Fields: maps.Clone(f.Fields),
		Created: m.Occurred, Last: m.Occurred, Stages: make([]StageState, len(f.Route)),
	}
	for i, code := range f.Route {
		j.Stages[i].Code = code
	}
	arrive(&j.Stages[0], f.Quantity, m.Occurred)
	return j, nil
}

// arrive books a quantity as received and starts the wait when the stage was empty.
func arrive(s *StageState, q Quantity, at Moment) {
	if q == 0 {
		return
	}
	s.Received += q
	come(s, q, at)
}

func come(s *StageState, q Quantity, at Moment) {
	if s.OnHand == 0 {
		s.Ready, s.Started = at, 0
	}
	s.OnHand += q
}

func stageAdded(j Job, m Movement) (Job, error) {
	if j.index(m.Stage) >= 0 {
		return Job{}, impossible(m, "the job has that stage already")
	}
	left := j.Dispatched() // what the last stage had passed out of the route goes to the new last stage
	j.Stages = append(j.Stages, StageState{Code: m.Stage})
	arrive(&j.Stages[len(j.Stages)-1], left, m.Occurred)
	if left > 0 {
		j.Completed = 0
	}
	j.Last = max(j.Last, m.Occurred)
	return j, nil
}

func started(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	if s.OnHand == 0 && m.Mark != MarkImported {
		return impossible(m, "nothing is there")
	}
	if s.Started != 0 || s.Held != 0 {
		return impossible(m, "it is running or on hold")
	}
	s.Started = m.Occurred
	return nil
}

func held(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	if s.OnHand == 0 || s.Held != 0 {
		return impossible(m, "nothing is there, or it is on hold already")
	}
	s.Held, s.Reason = m.Occurred, m.Facts.Reason
	return nil
}

func resumed(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	if s.Held == 0 {
		return impossible(m, "it is not on hold")
	}
	s.Held, s.Reason = 0, ""
	return nil
}

func found(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	q := m.Facts.Quantity
	if q <= 0 || s.Received+s.Found+q > MaxQuantity {
		return impossible(m, "not a possible quantity")
	}
	come(s, q, m.Occurred)
	s.Found += q
	j.Completed = 0
	return nil
}

func reported(j *Job, i int, m Movement) error {
	f, s := m.Facts, &j.Stages[i]
	if s.Held != 0 {
		return impossible(m, "it is on hold")
	}
	if negative(f) {
		return impossible(m, "a quantity is negative")
	}
	if f.leaving() > s.OnHand {
		return impossible(m, "more leaves than is there")
	}
	leave(s, f, m.Occurred)
	for _, b := range f.Back {
		to := j.index(b.To)
		if to < 0 || to >= i {
			return impossible(m, "sent back to a stage that is not before it")
		}
		arrive(&j.Stages[to], b.Quantity, m.Occurred)
		j.Stages[to].Returned, j.Stages[to].Why = j.Stages[to].Returned+b.Quantity, b.Reason
	}
	if i+1 < len(j.Stages) {
		arrive(&j.Stages[i+1], f.Good, m.Occurred)
		if next := j.Stages[i+1]; next.Received+next.Found > MaxQuantity {
			return impossible(m, "the next stage would hold more than can be counted")
		}
	}
	if f.Good+f.Scrap()+f.Short > 0 {
		complete(j, m.Occurred)
	}
	return nil
}

func negative(f Facts) bool {
	if f.Good < 0 || f.Good > MaxQuantity || f.Short < 0 || f.Short > MaxQuantity {
		return true
	}
	for _, w := range f.Wasted {
		if w.Quantity <= 0 || w.Quantity > MaxQuantity {
			return true
		}
	}
	for _, b := range f.Back {
		if b.Quantity <= 0 || b.Quantity > MaxQuantity {
			return true
		}
	}
	return len(f.Wasted) > maxLines || len(f.Back) > maxLines
}

func leave(s *StageState, f Facts, at Moment) {
	s.Good += f.Good
	s.Wasted += f.Scrap()
	s.Short += f.Short
	s.SentBack += f.returned()
	s.OnHand -= f.leaving()
	switch {
	case s.OnHand == 0:
		s.Ready, s.Started, s.Done, s.Why = 0, 0, at, ""
	case s.Started == 0: // a part was done, so work had begun; nobody pressed Start
		s.Started = at
	}
}

// complete closes the job when nothing of it is anywhere any more.
func complete(j *Job, at Moment) {
	for _, s := range j.Stages {
		if s.Live() {
			return
		}
	}
	j.Completed = at
}

// Replay folds a whole history, in log order. Movements of a command that was undone do not count.
func Replay(history []Movement) (Job, error) {
	undone := map[ID]bool{}
	for _, m := range history {
		if m.Kind == KindUndone {
			undone[m.Facts.Undoes] = true
		}
	}
	var j Job
	var err error
	for _, m := range history {
		if m.Kind == KindUndone || undone[m.Command] {
			continue
		}
		if j, err = Apply(j, m); err != nil {
			return Job{}, err
		}
	}
	for _, m := range history {
		j.Last = max(j.Last, m.Occurred)
	}
	return j, nil
}
