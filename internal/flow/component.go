package flow

import (
	"cmp"
	"slices"
	"strconv"
)

// AddComponent gives a running job a component by hand: a child job of its own, in any process, that one of the job's
// stages waits for. Owners only, and before that stage has passed on or wasted anything.
//
// Refusals: not_found, passed_already, name_missing, name_twice, too_many, no_quantities, and those of Create.
type AddComponent struct {
	Job     ID       `json:"job"`
	Joins   string   `json:"joins"`  // code of the stage that waits for it
	Called  string   `json:"called"` // the component's name
	Per     Quantity `json:"per"`    // how many go into one of the job
	Process ID       `json:"process"`
	Version int      `json:"version"`
	Child   NewJob   `json:"child"` // without a quantity it has what the job needs; without a number it is the job's, with a letter
}

// Name is "add_component".
func (AddComponent) Name() string { return "add_component" }

// Targets are the job and its new component.
func (a AddComponent) Targets() []ID { return []ID{a.Job, a.Child.ID} }

// Editions is the one that the component follows.
func (a AddComponent) Editions() []Edition { return []Edition{{a.Process, a.Version}} }

// Numbers is the component's, when it has one of its own.
func (a AddComponent) Numbers() []string {
	if a.Child.Number == "" {
		return nil
	}
	return []string{a.Child.Number}
}

// SeriesUsed is none: a component is numbered after its job.
func (AddComponent) SeriesUsed() map[ID]int { return nil }

func (a AddComponent) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	p, known := w.Processes[Edition{a.Process, a.Version}]
	s, on := j.Stage(a.Joins)
	if !ok || !known || !on || !m.May(MayCreate) || !m.Scope.Holds(j) || !m.Scope.Whole(a.Process) {
		return nil, refuse(NotFound)
	}
	if err := a.joins(j, p, s); err != nil {
		return nil, err
	}
	n := a.child(j)
	if err := n.check(p, w, map[string]bool{}); err != nil {
		return nil, err
	}
	part := Part{Track: a.code(j), Name: a.Called, Job: n.ID, Number: n.Number, Joins: a.Joins, Per: a.Per}
	moves, err := Work{Job: a.Job, Stage: a.Joins}.movement(j, m, c, KindPartAdded, Facts{Parts: []Part{part}, Other: n.ID})
	if err != nil {
		return nil, err
	}
	facts, parts := n.withParts(p)
	facts = n.opened(p, facts)
	facts.Parent, facts.Track = j.ID, part.Track
	for i, f := range append([]Facts{facts}, parts...) {
		if f.Quantity <= 0 || f.Quantity > MaxQuantity {
			return nil, &Refusal{Code: QuantityTooBig, Job: n.Number}
		}
		id := n.ID
		if i > 0 {
			id = facts.Parts[i-1].Job
		}
		moves = append(moves, Movement{Job: id, Kind: KindCreated, Occurred: moves[0].Occurred, Mark: moves[0].Mark, Facts: f})
	}
	return moves, nil
}

func (a AddComponent) joins(j Job, p Process, s StageState) error {
	switch {
	case j.Mode == UnitMode || p.Mode == UnitMode:
		return refuse(NoQuantities)
	case a.Called == "":
		return refuse(NameMissing)
	case s.Good+s.Wasted+s.AtVendor > 0 || !j.Open() || s.Need == NotRequired:
		return &Refusal{Code: PassedAlready, Job: j.Number, Stage: a.Joins}
	case len(j.Parts) >= maxTracks:
		return &Refusal{Code: TooMany, Name: "tracks", Limit: maxTracks}
	case a.Per <= 0 || a.Per > Units(1_000_000):
		return &Refusal{Code: ValueWrong, Name: "per", Value: a.Per.String()}
	case slices.ContainsFunc(j.Parts, func(x Part) bool { return NumberKey(x.Name) == NumberKey(a.Called) }):
		return &Refusal{Code: NameTwice, Name: a.Called}
	}
	return tooLong("name", a.Called, MaxText)
}

// child is the component as a new job, with what the parent says of it.
func (a AddComponent) child(j Job) NewJob {
	n := a.Child
	n.Number = cmp.Or(n.Number, j.Number+"/"+string(rune('A'+len(j.Parts))))
	n.Site = j.Site
	n.Customer, n.Due, n.Urgent = cmp.Or(n.Customer, j.Customer), cmp.Or(n.Due, j.Due), n.Urgent || j.Urgent
	n.Item = cmp.Or(n.Item, a.Called+" · "+j.Item)
	if n.Quantity == 0 {
		n.Quantity, _ = Ratio{int64(a.Per), int64(One)}.of(j.Quantity) // too much is 0, which is refused
	}
	return n
}

// code is what the component is known by in the job: none that a track of the process or another part has.
func (a AddComponent) code(j Job) string {
	for i := len(j.Parts) + 1; ; i++ {
		if code := "+" + strconv.Itoa(i); !slices.ContainsFunc(j.Parts, func(p Part) bool { return p.Track == code }) {
			return code
		}
	}
}

// partAdded gives the job a component more.
func partAdded(j *Job, _ int, m Movement) error {
	if len(m.Facts.Parts) != 1 {
		return impossible(m, "one component is added at a time")
	}
	j.Parts = append(slices.Clip(j.Parts), m.Facts.Parts...)
	return nil
}

// Joins is the stage of the parent where a component joins, empty when it is none of its own.
func (j Job) Joins(component ID) string {
	for _, p := range j.Parts {
		if p.Job == component {
			return p.Joins
		}
	}
	return ""
}

// PartName is what people call a component of the job.
func (p Process) PartName(part Part) string {
	if t, ok := p.Track(part.Track); ok {
		return t.Name
	}
	return cmp.Or(part.Name, part.Number)
}
