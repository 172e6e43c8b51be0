package flow

import (
	"crypto/sha256"
	"slices"
)

// Attempt records that somebody tried to pass a closed gate. The write door gives it when a command was refused for
// that; people cannot.
type Attempt struct {
	Work
	Gate  Code     `json:"gate"`
	Named string   `json:"named,omitempty"` // the inspection, the component or the field that stood in the way
	Entry Quantity `json:"entry,omitempty"` // how much was to go on
}

// Name is "attempt".
func (Attempt) Name() string { return "attempt" }

func (a Attempt) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, _, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	return a.movement(j, m, c, KindAttempted, Facts{Gate: a.Gate, Name: a.Named, Quantity: a.Entry})
}

// kept are the refusals of which an auditor wants to know that somebody tried.
var kept = []Code{GateClosed, ComponentsMissing, ComponentsShort, TooEarly, OutOfLimits}

// Attempted is the command that records a refused attempt at a gate, if this refusal is to be kept. It has the same
// id whenever the refused command is sent.
func Attempted(c Command, r *Refusal) (Command, bool) {
	var work Work
	switch a := c.Action.(type) {
	case Report:
		work = a.Work
	case Finish:
		work = a.Work
	case Receive:
		work = a.Work
	case FinishTogether:
		work = r.Of
	}
	if !slices.Contains(kept, r.Code) || work.Job.IsZero() {
		return Command{}, false
	}
	id := sha256.Sum256(append([]byte("attempt"), c.ID[:]...))
	a := Attempt{Work: work, Gate: r.Code, Named: r.Name, Entry: r.Entry}
	return Command{ID: DerivedID(id), Occurred: c.Occurred, Action: a}, true
}
