package flow

import (
	"cmp"
	"maps"
	"slices"
)

// SendLine is one job of a challan.
type SendLine struct {
	Work
	Quantity Quantity          `json:"quantity,omitempty"` // 0: all that is on hand
	Of       map[string]Amount `json:"of,omitempty"`       // by size, and of the second balance: Quantity
}

// Send gives what is on hand of one or many jobs to a vendor, on one challan with the next number of the
// organisation's series.
//
// Refusals: not_found, nothing_here, on_hold, more_than_here, quantity_needed, vendor_missing, too_many, field_wrong, field_needed,
// override_not_yours.
type Send struct {
	Lines    []SendLine `json:"lines"`
	Vendor   ID         `json:"vendor"`
	Expected Date       `json:"expected,omitempty"`
	Note     string     `json:"note,omitempty"`
	Goods    Goods      `json:"goods,omitempty"`
	Override string     `json:"override,omitempty"` // why it goes though a field of the job is missing; owners only
}

// Receive books what comes back from a vendor on a challan. What is not mentioned is still there.
//
// Refusals: not_found, on_hold, nothing_entered, quantity_needed, no_quantities, more_than_out, and those of Release.
type Receive struct {
	Work
	Challan string   `json:"challan"`
	Good    Quantity `json:"good,omitempty"`    // worked on: it goes on to the next stage
	Damaged Quantity `json:"damaged,omitempty"` // wasted there
	Short   Quantity `json:"short,omitempty"`   // it did not come back and will not
	Unused  Quantity `json:"unused,omitempty"`  // it came back as it went
	Note    string   `json:"note,omitempty"`

	// Of is the same by size, and of the second balance: Good, Wasted, Short, and as Quantity what came as it went.
	Of map[string]Amount `json:"of,omitempty"`
	Release
}

// DamagedAtVendor is the reason of what a vendor spoilt.
const DamagedAtVendor = "vendor"

// MaxSend is the most jobs one challan may have.
const MaxSend = 200

func (Send) Name() string    { return "send" }
func (Receive) Name() string { return "receive" }

// Targets are the jobs of the challan.
func (a Send) Targets() []ID {
	ids := make([]ID, 0, len(a.Lines))
	for _, l := range a.Lines {
		ids = append(ids, l.Job)
	}
	return ids
}

// Challaner is implemented by actions that take the next challan number.
type Challaner interface{ NeedsChallan() bool }

// NeedsChallan is true.
func (Send) NeedsChallan() bool { return true }

func (a Send) decide(w World, m Mark, c Command) ([]Movement, error) {
	if len(a.Lines) == 0 || len(a.Lines) > MaxSend {
		return nil, &Refusal{Code: TooMany, Name: "lines", Limit: MaxSend}
	}
	if a.Vendor.IsZero() {
		return nil, refuse(VendorMissing)
	}
	if _, err := ParseDate(string(a.Expected)); err != nil {
		return nil, &Refusal{Code: FieldWrong, Name: "expected", Value: string(a.Expected)}
	}
	if !slices.Contains(AllGoods, a.Goods) {
		return nil, &Refusal{Code: FieldWrong, Name: "goods", Value: string(a.Goods)}
	}
	if err := tooLong("note", a.Note, MaxNote); err != nil {
		return nil, err
	}
	var moves []Movement
	seen := map[Work]bool{}
	w.Jobs = maps.Clone(w.Jobs) // a job may be on the challan with two stages, one after the other
	for _, l := range a.Lines {
		j, s, err := l.at(w, m)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(reportable(j, s), Release{Override: a.Override}.begins(w.Process(j), j, l.Stage, m)); err != nil {
			return nil, err
		}
		q := l.Quantity
		if q == 0 && total(l.Of).Quantity == 0 {
			q = s.OnHand
		}
		f, err := j.parted(Facts{Quantity: q, Vendor: a.Vendor, Challan: w.Challan, Expected: a.Expected, Note: a.Note, Goods: a.Goods, Override: a.Override}, l.Of, s)
		if err != nil {
			return nil, err
		}
		q = f.Quantity
		switch {
		case seen[l.Work] || q < 0:
			return nil, refuse(QuantityNeeded)
		case q > s.OnHand:
			r := blocked(MoreThanHere, j, s)
			r.Entry = q
			return nil, r
		case j.Mode == UnitMode && q != s.OnHand:
			return nil, refuse(NoQuantities)
		}
		seen[l.Work] = true
		line, err := l.movement(j, m, c, KindSent, f)
		if err != nil {
			return nil, err
		}
		if w.Jobs[l.Job], err = Apply(j, line[0]); err != nil {
			return nil, err
		}
		moves = append(moves, line...)
	}
	return moves, nil
}

func (a Receive) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	at := s.out(a.Challan)
	if at < 0 {
		return nil, refuse(NotFound)
	}
	for _, q := range []Quantity{a.Good, a.Damaged, a.Short, a.Unused} {
		if q < 0 || q > MaxQuantity {
			return nil, refuse(QuantityNeeded)
		}
	}
	f := Facts{Good: a.Good, Short: a.Short, Quantity: a.Unused, Vendor: s.Out[at].Vendor, Challan: a.Challan, Note: a.Note,
		Values: a.Values, Approver: a.Approver, Override: a.Override, Grades: a.Grades, Used: a.Used, Made: a.Made}
	if a.Damaged > 0 {
		f.Wasted = []Waste{{Reason: DamagedAtVendor, Quantity: a.Damaged}}
	}
	if f, err = j.shares(f, a.Of, a.out, a.Stage); err != nil {
		return nil, err
	}
	if err := a.shared(j, f); err != nil {
		return nil, err
	}
	a.Good, a.Damaged, a.Short, a.Unused = f.Good, f.Scrap(), f.Short, f.Quantity
	came := f.leaving() + f.Quantity
	switch {
	case came == 0:
		return nil, refuse(NothingEntered)
	case s.Held != 0:
		return nil, blocked(OnHold, j, s)
	case came > s.Out[at].Quantity:
		return nil, &Refusal{Code: MoreThanOut, Job: j.Number, Stage: a.Stage, Entry: came, Here: s.Out[at].Quantity, Value: a.Challan}
	case j.Mode == UnitMode && a.Good+a.Unused != s.Out[at].Quantity:
		return nil, refuse(NoQuantities)
	}
	if err := tooLong("note", a.Note, MaxNote); err != nil {
		return nil, err
	}
	s.Came, s.Started, s.Ready = nil, 0, s.Out[at].Sent // its time at the vendor counts
	if err := a.allows(w.Process(j), j, s, m, c, a.Good, a.Damaged); err != nil {
		return nil, err
	}
	moves, err := a.movement(j, m, c, KindReceived, f)
	return delivered(j, moves), err
}

// out is how much is at the vendor on the challan that came back.
func (a Receive) out(s StageState) Quantity {
	if i := s.out(a.Challan); i >= 0 {
		return s.Out[i].Quantity
	}
	return 0
}

// shared checks that no account gets back more than it gave, and that only a vendor's damage is wasted here.
func (a Receive) shared(j Job, f Facts) error {
	for name, amount := range f.Of {
		account, _ := j.Account(name)
		there := a.out(account.Stage(a.Stage))
		came := amount.facts().leaving() + amount.Quantity
		if came > there {
			return &Refusal{Code: MoreThanOut, Job: j.Number, Stage: a.Stage, Name: name, Entry: came, Here: there, Value: a.Challan}
		}
		for _, w := range amount.Wasted {
			if w.Reason != DamagedAtVendor {
				return refuse(BadCommand)
			}
		}
		if len(amount.Back) > 0 {
			return refuse(BadCommand)
		}
	}
	return nil
}

// ChallanNumber is the n-th challan of a financial year: DC/26-27/00042.
func ChallanNumber(n Next) string { return SeriesNumber(Process{Prefix: "DC"}, n.Year, n.Number) }
