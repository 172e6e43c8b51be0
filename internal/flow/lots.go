package flow

// Split takes a part of what is at a stage off into a new job, a lot, which goes on from there by itself.
//
// A component is not split, nor is a job before its components have joined.
//
// Refusals: not_found, nothing_here, on_hold, no_quantities, quantity_needed, more_than_here, number_taken, not_a_lot,
// too_long.
type Split struct {
	Work
	Quantity Quantity          `json:"quantity"`
	Of       map[string]Amount `json:"of,omitempty"` // by size, and of the second balance: Quantity
	Lot      ID                `json:"lot"`          // the new job
	Number   string            `json:"number"`       // and its number
}

// Merge brings what a lot has at a stage back into another lot of the same job, at the same stage.
//
// Refusals: not_found, nothing_here, on_hold, not_a_lot, quantity_too_big.
type Merge struct {
	Work
	Into ID `json:"into"`
}

func (Split) Name() string { return "split" }
func (Merge) Name() string { return "merge" }

// Targets are the job and its new lot.
func (a Split) Targets() []ID { return []ID{a.Job, a.Lot} }

// Targets are both lots.
func (a Merge) Targets() []ID { return []ID{a.Job, a.Into} }

// Editions is none but that of the job itself, which is loaded with it.
func (Split) Editions() []Edition { return nil }

// Numbers is the lot's.
func (a Split) Numbers() []string { return []string{a.Number} }

// SeriesUsed is none: a lot is numbered after its job.
func (Split) SeriesUsed() map[ID]int { return nil }

func (a Split) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	_, used := w.Taken[NumberKey(a.Number)]
	_, exists := w.Jobs[a.Lot]
	switch err := reportable(j, s); {
	case err != nil:
		return nil, err
	case j.Mode == UnitMode:
		return nil, refuse(NoQuantities)
	case a.Quantity <= 0 || a.Quantity > MaxQuantity:
		return nil, refuse(QuantityNeeded)
	case a.Quantity > s.OnHand:
		r := blocked(MoreThanHere, j, s)
		r.Entry = a.Quantity
		return nil, r
	case a.Number == "" || a.Lot.IsZero():
		return nil, refuse(BadCommand)
	case !j.Splittable(a.Stage):
		return nil, &Refusal{Code: NotALot, Job: j.Number}
	case used || exists:
		return nil, &Refusal{Code: NumberTaken, Job: a.Number}
	}
	if err := tooLong("number", a.Number, MaxNumber); err != nil {
		return nil, err
	}
	f, err := j.moving(Facts{Quantity: a.Quantity, Other: a.Lot, Number: a.Number}, a.Of, s)
	if err != nil {
		return nil, err
	}
	f.Vouched, f.Came = j.vouched(w.Process(j), a.Stage, f.Quantity), s.gave(f.Quantity, false)
	moves, err := a.movements(j, m, c, Movement{Kind: KindSplit, Facts: f})
	if err != nil {
		return nil, err
	}
	lot := j.inherit(a.lot(j, w.Process(j)), f)
	return append(moves, Movement{Job: a.Lot, Kind: KindCreated, Occurred: moves[0].Occurred, Mark: moves[0].Mark, Facts: lot}), nil
}

// Splittable reports whether a lot may be split off at a stage: not off a component, and not before or where components
// join, which are counted for the job as a whole.
func (j Job) Splittable(code string) bool {
	at := j.index(code)
	for _, part := range j.Parts {
		if j.index(part.Joins) >= at {
			return false
		}
	}
	return j.Parent.IsZero()
}

// lot is what the new job says of itself: the job it came from, with its own quantity, from this stage on.
func (a Split) lot(j Job, p Process) Facts {
	unit := j.Unit
	if here := p.UnitAt(a.Stage); here != p.Unit {
		unit = here
	}
	f := Facts{Number: a.Number, Customer: j.Customer, Item: j.Item, Quantity: a.Quantity, Unit: unit, Site: j.Site, Due: j.Due, Urgent: j.Urgent, Fields: j.Fields,
		Process: j.Process, Version: j.Version, Mode: j.Mode, LotOf: j.family(), At: a.Stage, Other: j.ID}
	for _, s := range j.Stages {
		f.Route = append(f.Route, s.Code)
		if step := (Step{Code: s.Code, Yields: s.Yields, Optional: s.Need == Undecided, Skip: s.Need == NotRequired, Name: s.Name, Timed: s.Timed}); step != (Step{Code: s.Code}) {
			f.Steps = append(f.Steps, step)
		}
	}
	return f
}

// family is the job that all lots of one job come from.
func (j Job) family() ID {
	if j.LotOf.IsZero() {
		return j.ID
	}
	return j.LotOf
}

func (a Merge) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	if err := reportable(j, s); err != nil {
		return nil, err
	}
	into, ok := w.Jobs[a.Into]
	there, known := into.Stage(a.Stage)
	switch {
	case !ok || !m.Scope.Sees(into) || known && !m.Scope.At(into, a.Stage):
		return nil, refuse(NotFound)
	case a.Into == a.Job || into.family() != j.family() || !known || there.Need == NotRequired || there.Yields != s.Yields || into.sized() != j.sized():
		return nil, &Refusal{Code: NotALot, Job: into.Number}
	case there.Held != 0:
		return nil, blocked(OnHold, into, there)
	}
	f, err := j.moving(Facts{Quantity: s.OnHand, Other: a.Into, Number: into.Number}, nil, s)
	if err != nil {
		return nil, err
	}
	f.Vouched, f.Came = j.vouched(w.Process(j), a.Stage, f.Quantity), s.gave(f.Quantity, false)
	moves, err := a.movement(j, m, c, KindMerged, f)
	if err != nil {
		return nil, err
	}
	for name := range f.Of {
		if _, known := into.Account(name); !known {
			return nil, &Refusal{Code: NotALot, Job: into.Number}
		}
	}
	target := Work{Job: a.Into, Stage: a.Stage}
	joined, err := target.movement(into, m, c, KindJoined, Facts{Quantity: s.OnHand, Found: f.Found, Vouched: f.Vouched, Came: f.Came, Of: f.Of, Other: a.Job, Number: j.Number})
	return append(moves, joined...), err
}
