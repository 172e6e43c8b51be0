package flow

import "math/bits"

// Wastage is what was wasted at a stage in percent of what came, rounded up at the last place: so that it is beyond a limit
// exactly when what was wasted is.
func (s *StageState) Wastage() Quantity {
	came := s.Received + s.Found
	if s.Wasted <= 0 || came <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(s.Wasted), 100*uint64(One))
	share, rest := bits.Div64(hi, lo, uint64(came)) // no more is wasted than came, so the share has room
	if rest > 0 {
		share++
	}
	return Quantity(share)
}

// Beyond reports whether more was wasted than the stage's standard allows. Without one nothing is too much.
func (s Stage) Beyond(st *StageState) bool { return s.Allowance > 0 && st.Wastage() > s.Allowance }

// Left is when the good of a job last left the process, all that had come to its last stage: 0 while nothing has, and for
// components, which go into their parent.
func (j Job) Left() Moment {
	if len(j.Stages) == 0 || !j.Parent.IsZero() {
		return 0
	}
	last := &j.Stages[len(j.Stages)-1]
	if last.Good == 0 {
		return 0
	}
	return last.Done
}
