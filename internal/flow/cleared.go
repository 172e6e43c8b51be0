package flow

import "slices"

// cleared is how much an inspection has passed and not seen again, in the units of a later stage, with what it passed for
// other lots. A stage that is not to be done, or not on the job's route, clears nothing.
func (j Job) cleared(inspection, at string) Quantity {
	i, to := j.index(inspection), j.index(at)
	if i < 0 || i > to || j.Stages[i].Need == NotRequired {
		return 0
	}
	q := j.Stages[i].gone()
	for k := i; k <= to; k++ {
		if k > i {
			q = j.Stages[k-1].Yields.signed(q)
		}
		q += j.Stages[k].Vouched[inspection]
	}
	return max(q, 0)
}

// recall books that a quantity goes back from one stage to another: it is not past any of the stages between any more.
func (j *Job) recall(to, from int, q Quantity) {
	for k := to; k < from; k++ {
		j.Stages[k].Recalled += cutBack(q, j.ratios(k, from))
	}
}

// sending is the job as the gates see it when a report sends something back: what goes back needs its inspection again
// and clears nothing of what goes on with the same report.
func (j Job) sending(code string, back []Back) Job {
	if len(back) == 0 {
		return j
	}
	j.Stages = slices.Clone(j.Stages)
	for _, b := range back {
		j.recall(j.index(b.To), j.index(code), b.Quantity)
	}
	return j
}

// beyond is how much more is past a gate than an inspection has passed; less than nothing when some may still go.
func (j Job) beyond(inspection, gate string) Quantity {
	s, _ := j.Stage(gate)
	return s.gone() - j.cleared(inspection, gate)
}

// vouched is how much of a quantity that leaves a stage for another lot each inspection before it has passed: no more
// than it has passed of what is not past the stage already.
func (j Job) vouched(p Process, code string, q Quantity) map[string]Quantity {
	at := j.index(code)
	var by map[string]Quantity
	for _, stage := range p.Stages {
		if i := j.index(stage.Code); !stage.Inspection || i < 0 || i >= at {
			continue
		}
		if v := min(q, j.cleared(stage.Code, code)-j.Stages[at].gone()); v > 0 {
			by = with(by, stage.Code, v)
		}
	}
	return by
}

// vouch books what came with the blessing of inspections, or went with it.
func (s *StageState) vouch(by map[string]Quantity, sign Quantity) {
	for inspection, q := range by {
		s.Vouched = with(s.Vouched, inspection, s.Vouched[inspection]+sign*q)
	}
}
