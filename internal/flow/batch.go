package flow

import (
	"cmp"
	"slices"
)

// StartTogether begins one run of several jobs at their stages: one coating bath, one forme, one oven. The time of the
// run is shared by quantity.
//
// Refusals: too_many, and those of Start, of the first job that is refused.
type StartTogether struct {
	Works []Work `json:"works"`
	Batch ID     `json:"batch"` // names the run; the command's own id will do
}

// FinishTogether is the one-tap Done of several jobs at once.
//
// Refusals: too_many, and those of Finish, of the first job that is refused.
type FinishTogether struct {
	Works []Work `json:"works"`
	Release
}

// MaxTogether is the most jobs of one run.
const MaxTogether = 50

// shareWhole is a whole run; the jobs' shares are parts of it.
const shareWhole = 1_000_000

func (StartTogether) Name() string  { return "start_together" }
func (FinishTogether) Name() string { return "finish_together" }

// Targets are the jobs of the run.
func (a StartTogether) Targets() []ID { return targets(a.Works) }

// Targets are the jobs of the run.
func (a FinishTogether) Targets() []ID { return targets(a.Works) }

func targets(works []Work) []ID {
	ids := make([]ID, 0, len(works))
	for _, w := range works {
		if !slices.Contains(ids, w.Job) {
			ids = append(ids, w.Job)
		}
	}
	return ids
}

func together(works []Work) error {
	if len(works) == 0 {
		return refuse(NoJobs)
	}
	if len(works) > MaxTogether || len(targets(works)) < len(works) {
		return &Refusal{Code: TooMany, Name: "lines", Limit: MaxTogether}
	}
	return nil
}

func (a StartTogether) decide(w World, m Mark, c Command) ([]Movement, error) {
	if err := together(a.Works); err != nil {
		return nil, err
	}
	if a.Batch.IsZero() {
		return nil, refuse(BadCommand)
	}
	var moves []Movement
	var there []Quantity
	for _, work := range a.Works {
		one, err := Start{Work: work}.decide(w, m, c)
		if err != nil {
			return nil, named(err, w.Jobs[work.Job], work)
		}
		s, _ := w.Jobs[work.Job].Stage(work.Stage)
		moves, there = append(moves, one...), append(there, s.OnHand)
	}
	for i, share := range Shares(there) {
		moves[i].Facts.Batch, moves[i].Facts.Share = a.Batch, share
	}
	return moves, nil
}

func (a FinishTogether) decide(w World, m Mark, c Command) ([]Movement, error) {
	if err := together(a.Works); err != nil {
		return nil, err
	}
	var moves []Movement
	for _, work := range a.Works {
		one, err := Finish{Work: work, Release: a.Release}.decide(w, m, c)
		if err != nil {
			return nil, named(err, w.Jobs[work.Job], work)
		}
		moves = append(moves, one...)
	}
	return moves, nil
}

// named tells a refusal which job it is about.
func named(err error, j Job, work Work) error {
	if r, ok := err.(*Refusal); ok && r.Code != NotFound { //nolint:errorlint // made here, never wrapped
		r.Job, r.Of = cmp.Or(r.Job, j.Number), work
	}
	return err
}

// Shares divides a run of one million parts by quantity. The parts add up to the whole exactly: what rounding leaves
// goes to the largest, the first of them.
func Shares(quantities []Quantity) []int {
	var sum Quantity
	largest := 0
	for i, q := range quantities {
		sum += q
		if q > quantities[largest] {
			largest = i
		}
	}
	if sum == 0 {
		return nil
	}
	shares, left := make([]int, len(quantities)), shareWhole
	for i, q := range quantities {
		part, _ := Ratio{shareWhole, int64(sum)}.of(q)
		shares[i] = int(part)
		left -= shares[i]
	}
	shares[largest] += left
	return shares
}
