package flow

import (
	"cmp"
	"slices"
)

// Said is what a vendor says of what was sent to them.
type Said string

// What a vendor can say.
const (
	SaidHere    Said = "here"    // it has come
	SaidReady   Said = "ready"   // so much of it is ready
	SaidBack    Said = "back"    // so much of it is on its way back
	SaidProblem Said = "problem" // something stands in the way; the note says what
)

// AnswerLine is one job of a challan at one stage.
type AnswerLine struct {
	Work
	Quantity Quantity `json:"quantity,omitempty"` // ready or on its way back; 0: all that is still there
}

// Answer is what a vendor says of jobs on a challan. It moves no quantity: what really came back is booked by those who
// receive it.
//
// Refusals: not_found, too_many, too_long, answer_no_note, quantity_needed, more_than_out, no_quantities, nothing_changed.
type Answer struct {
	Challan string       `json:"challan"`
	Lines   []AnswerLine `json:"lines"`
	Said    Said         `json:"said"`
	Note    string       `json:"note,omitempty"`
}

// Name is "answer".
func (Answer) Name() string { return "answer" }

// Targets are the jobs of the lines.
func (a Answer) Targets() []ID {
	ids := make([]ID, 0, len(a.Lines))
	for _, l := range a.Lines {
		ids = append(ids, l.Job)
	}
	return ids
}

func (a Answer) decide(w World, m Mark, c Command) ([]Movement, error) {
	switch {
	case len(a.Lines) == 0 || len(a.Lines) > MaxSend:
		return nil, &Refusal{Code: TooMany, Name: "lines", Limit: MaxSend}
	case !slices.Contains([]Said{SaidHere, SaidReady, SaidBack, SaidProblem}, a.Said):
		return nil, refuse(BadCommand)
	case a.Said == SaidProblem && a.Note == "":
		return nil, refuse(AnswerNoNote)
	}
	if err := tooLong("note", a.Note, MaxNote); err != nil {
		return nil, err
	}
	at, mark, err := c.when(m)
	if err != nil {
		return nil, err
	}
	var moves []Movement
	seen := map[Work]bool{}
	for _, l := range a.Lines {
		out, err := a.of(w, m, l)
		if err != nil {
			return nil, err
		}
		if seen[l.Work] {
			return nil, refuse(BadCommand)
		}
		seen[l.Work] = true
		if a.Said == SaidHere && out.Seen != 0 {
			continue
		}
		f := Facts{Answer: a.Said, Vendor: out.Vendor, Challan: a.Challan, Note: a.Note}
		if a.Said == SaidReady || a.Said == SaidBack {
			f.Quantity = cmp.Or(l.Quantity, out.Quantity)
		}
		moves = append(moves, Movement{Job: l.Job, Kind: KindAnswered, Stage: l.Stage, Member: m.Member, Occurred: at, Mark: mark, Facts: f})
	}
	if len(moves) == 0 {
		return nil, refuse(NothingChanged)
	}
	return moves, nil
}

// of finds what a line is about, if it was sent to a vendor that the member answers for, and checks the quantity.
func (a Answer) of(w World, m Mark, l AnswerLine) (Out, error) {
	j, ok := w.Jobs[l.Job]
	if !ok || !m.May(MayAnswer) {
		return Out{}, refuse(NotFound)
	}
	s, _ := j.Stage(l.Stage)
	at := s.out(a.Challan)
	if at < 0 || !m.Scope.Answers(j, s.Out[at].Vendor) {
		return Out{}, refuse(NotFound)
	}
	out := s.Out[at]
	switch q := l.Quantity; {
	case q == 0:
	case q < 0 || a.Said == SaidHere || a.Said == SaidProblem:
		return Out{}, refuse(QuantityNeeded)
	case q > out.Quantity:
		return Out{}, &Refusal{Code: MoreThanOut, Job: j.Number, Stage: l.Stage, Entry: q, Here: out.Quantity, Value: a.Challan}
	case j.Mode == UnitMode && q != out.Quantity:
		return Out{}, refuse(NoQuantities)
	}
	return out, nil
}

// answered keeps what a vendor said with what is there. Nothing moves, and nobody here has done anything.
func answered(j Job, m Movement) (Job, error) {
	i := j.index(m.Stage)
	if i < 0 {
		return Job{}, impossible(m, "the job has no such stage")
	}
	s, f := &j.Stages[i], m.Facts
	at := s.out(f.Challan)
	if at < 0 || s.Out[at].Vendor != f.Vendor || f.Quantity < 0 || f.Quantity > s.Out[at].Quantity {
		return Job{}, impossible(m, "nothing is there on that challan, or not so much")
	}
	s.Out = slices.Clone(s.Out)
	o := &s.Out[at]
	o.Seen, o.Told = cmp.Or(o.Seen, m.Occurred), m.Occurred
	switch f.Answer {
	case SaidReady:
		o.Ready, o.Back, o.Problem = f.Quantity, 0, ""
	case SaidBack:
		o.Ready, o.Back, o.Problem = f.Quantity, m.Occurred, ""
	case SaidProblem:
		o.Problem = f.Note
	}
	j.Last = max(j.Last, m.Occurred)
	return j, nil
}

// came takes off what the vendor said is ready what has come back.
func (o *Out) came(q Quantity) {
	o.Quantity -= q
	if o.Ready = max(o.Ready-q, 0); o.Ready == 0 {
		o.Back = 0
	}
}
