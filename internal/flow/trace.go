package flow

import "slices"

// Reach is how far a trace concerns a job: back from a stage and a movement, or on from there. The zero Reach is all of it.
type Reach struct {
	Stage string
	Seq   int64
}

// Tie is one step of a trace: from a job to another that it came from or went into, or to a lot of material whose makers
// or users are to be looked up.
type Tie struct {
	Why   TieWhy
	Job   ID     // zero for a lot
	Reach Reach  // of the other job
	Lot   string // of material
	At    string // the stage of this job where the two meet
}

// TieWhy says how two jobs, or a job and a lot, belong together.
type TieWhy string

const (
	TieComponent TieWhy = "component" // it arrived at the joining stage
	TieSplit     TieWhy = "split"     // it was split off
	TieMerged    TieWhy = "merged"    // it went into another lot
	TieLot       TieWhy = "lot"       // it was made of material of that lot, or the lot was made of it
)

// Behind is what a job is made of, as far as the trace reaches: its components, the job it was split off, the lots that
// were merged into it, and the lots of material that went in. moves are the job's that were not taken back.
func (j Job) Behind(moves []Movement, r Reach) []Tie {
	last := j.place(r.Stage, len(j.Stages)-1)
	var list []Tie
	for _, part := range j.Parts {
		if j.index(part.Joins) <= last {
			list = append(list, Tie{Why: TieComponent, Job: part.Job, At: part.Joins})
		}
	}
	for _, m := range moves {
		if m.Kind == KindCreated && !m.Facts.LotOf.IsZero() {
			list = append(list, Tie{Why: TieSplit, Job: m.Facts.Other, Reach: Reach{m.Facts.At, m.Seq}, At: m.Facts.At})
		}
		if j.index(m.Stage) > last || r.Seq > 0 && m.Seq > r.Seq {
			continue
		}
		if m.Kind == KindJoined {
			list = append(list, Tie{Why: TieMerged, Job: m.Facts.Other, Reach: Reach{m.Stage, m.Seq}, At: m.Stage})
		}
		for _, u := range m.Facts.Used {
			list = withLot(list, Tie{Why: TieLot, Lot: u.Lot, At: m.Stage})
		}
	}
	return list
}

// Ahead is what a job went into, from where the trace has come to it: its parent, the lots that were split off it or that
// it was merged into, and the lots that were made of it. moves are the job's that were not taken back.
func (j Job) Ahead(moves []Movement, r Reach) []Tie {
	first := j.place(r.Stage, 0)
	var list []Tie
	if !j.Parent.IsZero() {
		list = append(list, Tie{Why: TieComponent, Job: j.Parent})
	}
	for _, m := range moves {
		if j.index(m.Stage) < first || m.Seq < r.Seq {
			continue
		}
		switch m.Kind {
		case KindSplit:
			list = append(list, Tie{Why: TieSplit, Job: m.Facts.Other, Reach: Reach{m.Stage, m.Seq}, At: m.Stage})
		case KindMerged:
			list = append(list, Tie{Why: TieMerged, Job: m.Facts.Other, Reach: Reach{m.Stage, m.Seq}, At: m.Stage})
		}
		if m.Facts.Made != "" {
			list = withLot(list, Tie{Why: TieLot, Lot: m.Facts.Made, At: m.Stage})
		}
	}
	return list
}

func withLot(list []Tie, t Tie) []Tie {
	same := func(o Tie) bool { return o.Why == TieLot && o.At == t.At && NumberKey(o.Lot) == NumberKey(t.Lot) }
	if slices.ContainsFunc(list, same) {
		return list
	}
	return append(list, t)
}

// place is where a stage is on the job's route, or another for a stage that is not on it.
func (j Job) place(code string, other int) int {
	if i := j.index(code); i >= 0 {
		return i
	}
	return other
}

// ReachOf is how far a lot of material concerns a job: back from where it was last made, or on from where it was first
// used.
func (j Job) ReachOf(lot string, moves []Movement, back bool) Reach {
	var r Reach
	for _, m := range moves {
		concerned := NumberKey(m.Facts.Made) == NumberKey(lot)
		if !back {
			concerned = slices.ContainsFunc(m.Facts.Used, func(u Used) bool { return NumberKey(u.Lot) == NumberKey(lot) })
		}
		switch here := (Reach{m.Stage, m.Seq}); {
		case concerned && r == Reach{}:
			r = here
		case concerned:
			r = j.Wider(r, here, back)
		}
	}
	return r
}

// Wider is a reach that has all of two.
func (j Job) Wider(a, b Reach, back bool) Reach {
	if a == (Reach{}) || b == (Reach{}) {
		return Reach{}
	}
	if (j.index(b.Stage) > j.index(a.Stage)) == back {
		a.Stage = b.Stage
	}
	if (b.Seq > a.Seq) == back {
		a.Seq = b.Seq
	}
	return a
}
