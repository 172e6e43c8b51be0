package flow

// Assign says who is to do a job at a stage; the zero member, that whoever works there is.
//
// Refusals: not_found, nothing_changed.
type Assign struct {
	Work
	To ID `json:"to,omitzero"`
}

// Name is "assign".
func (Assign) Name() string { return "assign" }

func (a Assign) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	s, on := j.Stage(a.Stage)
	switch {
	case !ok || !on || !m.May(MayAssign) || !m.Scope.At(j, a.Stage):
		return nil, refuse(NotFound)
	case s.Assigned == a.To:
		return nil, refuse(NothingChanged)
	}
	return a.movement(j, m, c, KindAssigned, Facts{Assigned: a.To})
}

// assigned notes who is to do it. Nothing moves.
func assigned(j *Job, i int, m Movement) error {
	j.Stages[i].Assigned = m.Facts.Assigned
	return nil
}
