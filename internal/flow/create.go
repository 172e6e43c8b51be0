package flow

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// NewJob is one job to create, in the company's own format.
type NewJob struct {
	ID       ID                  `json:"id"`
	Number   string              `json:"number,omitempty"` // empty: the next of the process's series
	Customer string              `json:"customer,omitempty"`
	Item     string              `json:"item,omitempty"`
	Quantity Quantity            `json:"quantity,omitempty"` // left out in unit mode
	Unit     string              `json:"unit,omitempty"`     // empty: the process's
	Site     string              `json:"site,omitempty"`     // code of the place it is made at
	Due      Date                `json:"due,omitempty"`
	Urgent   bool                `json:"urgent,omitempty"`
	Fields   map[string]string   `json:"fields,omitempty"` // those of the process by code, others by name
	Sizes    map[string]Quantity `json:"sizes,omitempty"`  // by size, all of the process's sizes that it has; none: not counted by size
	Second   Quantity            `json:"second,omitempty"` // of the process's second unit; 0: no second balance
	Yields   map[string]Ratio    `json:"yields,omitempty"` // by stage code, where this job differs from its process: 12 up instead of 8
}

// MaxCreate is the most jobs one Create may bring. Larger imports send several, so that no operator waits
// behind one.
const MaxCreate = 500

// Create makes jobs in a process: one from the form, up to MaxCreate from an import. All go in or none.
//
// Refusals: not_found (no such process, or a member who may not), number_taken, quantity_needed, too_long,
// too_many, quantity_too_big, sizes_differ, and for fields of the process field_wrong and out_of_limits. That a field is filled is
// asked by the form, not here: a file of jobs may not know it.
type Create struct {
	Process ID       `json:"process"`
	Version int      `json:"version"`
	Jobs    []NewJob `json:"jobs"`
}

// Name is "create".
func (Create) Name() string { return "create" }

// Targets are the new jobs' ids, which nobody can hold yet; the write door finds them taken if they are.
func (a Create) Targets() []ID {
	ids := make([]ID, len(a.Jobs))
	for i, n := range a.Jobs {
		ids[i] = n.ID
	}
	return ids
}

// Editions is the one process.
func (a Create) Editions() []Edition { return []Edition{{a.Process, a.Version}} }

// Numbers are the numbers asked for.
func (a Create) Numbers() []string {
	var numbers []string
	for _, n := range a.Jobs {
		if n.Number != "" {
			numbers = append(numbers, n.Number)
		}
	}
	return numbers
}

// SeriesUsed counts the jobs that take the next number of the series.
func (a Create) SeriesUsed() map[ID]int {
	if n := len(a.Jobs) - len(a.Numbers()); n > 0 {
		return map[ID]int{a.Process: n}
	}
	return nil
}

// NumberKey is what makes two job numbers the same number: letters without case, white space aside.
func NumberKey(number string) string {
	return strings.ToUpper(strings.Join(strings.Fields(number), " "))
}

// SeriesNumber is the n-th number of a process's series: JC-00042, or JC/26-27/00042 when it begins anew each year.
func SeriesNumber(p Process, year string, n int) string {
	if year != "" {
		return fmt.Sprintf("%s/%s/%05d", cmp.Or(p.Prefix, "J"), year, n)
	}
	return fmt.Sprintf("%s-%05d", cmp.Or(p.Prefix, "J"), n)
}

func (a Create) decide(w World, m Mark, c Command) ([]Movement, error) {
	p, ok := w.Processes[Edition{a.Process, a.Version}]
	if !ok || !m.May(MayCreate) || !m.Scope.Whole(a.Process) {
		return nil, refuse(NotFound)
	}
	if len(a.Jobs) == 0 || len(a.Jobs) > MaxCreate {
		return nil, &Refusal{Code: TooMany, Limit: MaxCreate}
	}
	at, mark, err := c.when(m)
	if err != nil {
		return nil, err
	}
	taken, next := map[string]bool{}, w.Next[p.ID]
	moves := make([]Movement, 0, len(a.Jobs))
	for _, n := range a.Jobs {
		if !m.Scope.site(n.Site) {
			return nil, refuse(NotFound)
		}
		if n.Number == "" {
			n.Number = SeriesNumber(p, next.Year, next.Number)
			next.Number++
		}
		if err := n.check(p, w, taken); err != nil {
			return nil, err
		}
		taken[NumberKey(n.Number)] = true
		facts, parts := n.withParts(p)
		facts = n.opened(p, facts)
		moves = append(moves, Movement{Job: n.ID, Kind: KindCreated, Occurred: at, Mark: mark, Facts: facts})
		for i, f := range parts {
			if f.Quantity <= 0 || f.Quantity > MaxQuantity {
				return nil, &Refusal{Code: QuantityTooBig, Job: n.Number}
			}
			moves = append(moves, Movement{Job: facts.Parts[i].Job, Kind: KindCreated, Occurred: at, Mark: mark, Facts: f})
		}
	}
	return moves, nil
}

func (n NewJob) facts(p Process) Facts {
	q := n.Quantity
	if p.Mode == UnitMode {
		q = One
	}
	return Facts{
		Number: n.Number, Customer: n.Customer, Item: n.Item, Quantity: q, Unit: cmp.Or(n.Unit, p.Unit), Site: n.Site, Due: n.Due,
		Urgent: n.Urgent, Fields: n.Fields, Process: p.ID, Version: p.Version, Mode: p.Mode, Route: p.Route(),
		Steps: p.steps("", n.Yields),
	}
}

// withParts is what a new job's movement says, and those of its components.
func (n NewJob) withParts(p Process) (Facts, []Facts) {
	facts := n.facts(p)
	var parts []Facts
	for i, t := range p.Tracks {
		part := Part{Track: t.Code, Job: PartID(n.ID, t.Code), Number: n.Number + "/" + string(rune('A'+i)), Joins: t.Joins, Per: t.Per}
		facts.Parts = append(facts.Parts, part)
		q, _ := Ratio{int64(t.Per), int64(One)}.of(facts.Quantity) // too much is 0, which is refused
		f := facts
		f.Parts, f.Number, f.Item, f.Quantity, f.Unit = nil, part.Number, strings.TrimSpace(t.Name+" · "+n.Item), q, cmp.Or(t.Unit, p.Unit)
		f.Route, f.Steps, f.Parent, f.Track, f.Fields = p.route(t.Code), p.steps(t.Code, n.Yields), n.ID, t.Code, nil
		parts = append(parts, f)
	}
	return facts, parts
}

// PartID is the id of a job's component.
func PartID(parent ID, track string) ID {
	return DerivedID(sha256.Sum256(append(slices.Clone(parent[:]), track...)))
}

// steps are the stages that a job must know more of than their code.
func (p Process) steps(track string, own map[string]Ratio) []Step {
	var steps []Step
	for _, s := range p.On(track) {
		if r, ok := own[s.Code]; ok {
			s.Yields = r
		}
		if p.Mode == UnitMode {
			s.Yields = Ratio{} // one thing stays one thing
		}
		if s.Optional || !s.Yields.IsZero() || s.Dwell > 0 {
			steps = append(steps, Step{Code: s.Code, Yields: s.Yields, Optional: s.Optional, Timed: s.Dwell > 0})
		}
	}
	return steps
}

func (n NewJob) check(p Process, w World, taken map[string]bool) error {
	_, used := w.Taken[NumberKey(n.Number)]
	_, exists := w.Jobs[n.ID]
	switch {
	case n.ID.IsZero():
		return refuse(BadCommand)
	case used || exists || taken[NumberKey(n.Number)]:
		return &Refusal{Code: NumberTaken, Job: n.Number}
	}
	return n.Acceptable(p)
}

// Acceptable checks what can be checked of a new job by itself: its quantity and the lengths of its texts.
func (n NewJob) Acceptable(p Process) error {
	switch {
	case p.Mode == QuantityMode && n.Quantity <= 0:
		return &Refusal{Code: QuantityNeeded, Job: n.Number}
	case n.Quantity > MaxQuantity:
		return &Refusal{Code: QuantityTooBig, Job: n.Number}
	case len(n.Fields) > maxFields:
		return &Refusal{Code: TooMany, Name: "fields", Limit: maxFields}
	}
	for _, f := range p.Fields {
		if value := n.Fields[f.Code]; value != "" {
			if err := f.check(value); err != nil {
				return err
			}
		}
	}
	if err := n.sizesAcceptable(p); err != nil {
		return err
	}
	return n.lengths()
}

func (n NewJob) lengths() error {
	err := errors.Join(tooLong("number", n.Number, MaxNumber), tooLong("customer", n.Customer, MaxText),
		tooLong("item", n.Item, MaxText), tooLong("unit", n.Unit, MaxNumber))
	for name, value := range n.Fields {
		err = errors.Join(err, tooLong(name, value, MaxNote), tooLong("field", name, MaxNumber))
	}
	var r *Refusal
	if errors.As(err, &r) {
		r.Job = n.Number
	}
	return err
}

// Words are what a job is found by, in lower case: its number, the digits its number ends in with and without
// leading zeros, and the words of its customer and item.
func (j Job) Words() []string {
	number := strings.ToLower(NumberKey(j.Number))
	tail := number[len(strings.TrimRight(number, "0123456789")):]
	words := append(SearchWords(j.Customer+" "+j.Item), number, tail, strings.TrimLeft(tail, "0"))
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(w string) bool { return w == "" })
}

// SearchWords splits a text into lower-case words.
func SearchWords(s string) []string { return strings.FieldsFunc(strings.ToLower(s), notWord) }

func notWord(r rune) bool { return strings.ContainsRune(" \t\n,.;:/()[]&+\"'|", r) }
