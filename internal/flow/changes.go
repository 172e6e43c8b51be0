package flow

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Decision decides an optional stage of a job: to be done, or not. What is at a stage that is not to be done goes on.
//
// Refusals: not_found, not_optional, on_hold, quantity_too_big.
type Decision struct {
	Work
	Needed bool `json:"needed"`
}

// Count corrects what is on hand to what somebody counted there, with a reason: more is booked as found, less as short.
//
// Refusals: not_found, on_hold, count_no_reason, no_quantities, quantity_too_big, sizes_needed, sizes_differ, nothing_changed,
// too_long.
type Count struct {
	Work
	There  Quantity          `json:"there"`
	Of     map[string]Amount `json:"of,omitempty"` // by size, and of the second balance: Quantity
	Reason string            `json:"reason"`       // in the person's words
}

// AddStage gives one running job a stage that its route does not have, after another of its stages and before anything
// has passed there: see MayChange.
//
// Refusals: not_found, passed_already, bad_command, too_long.
type AddStage struct {
	Work
	Called string `json:"called"` // the stage's name, which the job's version of the process may not know
	After  string `json:"after"`
}

// Change sets the due date, the priority, the customer, the item or fields of a job's format, by name: see MayChange and MayPrioritise.
//
// Refusals: not_found, nothing_changed, field_wrong, too_many, too_long.
type Change struct {
	Job    ID                `json:"job"`
	Set    map[string]string `json:"set"` // SetDue ..., SetField + name
	Reason string            `json:"reason,omitempty"`
}

func (Decision) Name() string { return "decide" }
func (Count) Name() string    { return "count" }
func (AddStage) Name() string { return "add_stage" }
func (Change) Name() string   { return "change" }

// Targets is the one job.
func (a Change) Targets() []ID { return []ID{a.Job} }

func (a Decision) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	kind := KindSkipped
	if a.Needed {
		kind = KindRequired
	}
	stage, _ := w.Process(j).Stage(a.Stage)
	switch {
	case !stage.Optional || a.Needed && s.Need == Required || !a.Needed && s.Need == NotRequired || s.AtVendor > 0:
		return nil, &Refusal{Code: NotOptional, Stage: a.Stage}
	case s.Held != 0:
		return nil, blocked(OnHold, j, s)
	}
	moves, err := a.movement(j, m, c, kind, Facts{})
	return delivered(j, moves), err
}

func (a Count) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, s, err := a.at(w, m)
	switch {
	case err != nil:
		return nil, err
	case j.Mode == UnitMode:
		return nil, refuse(NoQuantities)
	case s.Held != 0:
		return nil, blocked(OnHold, j, s)
	case a.There < 0 || a.There > MaxQuantity || s.Need == NotRequired:
		return nil, refuse(QuantityTooBig)
	case a.Reason == "":
		return nil, refuse(CountNoReason)
	}
	if err := tooLong("reason", a.Reason, MaxNote); err != nil {
		return nil, err
	}
	f, err := a.facts(j, s)
	if err != nil {
		return nil, err
	}
	moves, err := a.movement(j, m, c, KindCounted, f)
	return delivered(j, moves), err
}

// facts are what was counted, by size where sizes are counted: all that are there, whatever was said of them.
func (a Count) facts(j Job, s StageState) (Facts, error) {
	f := Facts{Quantity: a.There, Note: a.Reason}
	changes, sized := a.There != s.OnHand, Quantity(0)
	for name := range a.Of {
		if _, known := j.Account(name); !known {
			return f, refuse(BadCommand)
		}
	}
	for _, account := range j.Accounts {
		there := account.Stage(a.Stage).OnHand
		counted, said := a.Of[account.Name]
		if counted.Quantity < 0 || counted.Quantity > MaxQuantity || counted.facts().leaving() > 0 {
			return f, refuse(QuantityTooBig)
		}
		if !said {
			counted.Quantity = there
		}
		if changes = changes || counted.Quantity != there; !account.IsSecond() {
			sized += counted.Quantity
		}
		f.Of = withAmount(f.Of, account.Name, counted)
	}
	switch {
	case !changes:
		return f, refuse(NothingChanged)
	case j.sized() && len(a.Of) == 0:
		return f, &Refusal{Code: SizesNeeded, Job: j.Number, Stage: a.Stage}
	case j.sized() && sized != a.There:
		return f, &Refusal{Code: SizesDiffer, Job: j.Number, Stage: a.Stage, Entry: sized, Here: a.There}
	}
	return f, nil
}

func (a AddStage) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	i := j.index(a.After)
	if !ok || !m.May(MayChange) || !m.Scope.Holds(j) || i < 0 || j.index(a.Stage) >= 0 {
		return nil, refuse(NotFound)
	}
	if j.Stages[i].Handed() > 0 {
		return nil, &Refusal{Code: PassedAlready, Job: j.Number, Stage: a.After}
	}
	if a.Called == "" || len(j.Stages) >= MaxStages {
		return nil, refuse(BadCommand)
	}
	if err := cmp.Or(tooLong("stage", a.Called, MaxText), tooLong("code", a.Stage, MaxNumber)); err != nil {
		return nil, err
	}
	return a.movement(j, m, c, KindStageAdded, Facts{After: a.After, Name: a.Called})
}

// allowed reports whether the member may set all that the change names: everything of a job that is theirs as a whole,
// priority and due date for those who set priorities. A job goes only to a site that is theirs too.
func (a Change) allowed(m Mark, j Job) bool {
	if site, moves := a.Set[SetSite]; moves && !m.Scope.site(site) {
		return false
	}
	if m.May(MayChange) && m.Scope.Holds(j) {
		return true
	}
	for name := range a.Set {
		if name != SetDue && name != SetUrgent {
			return false
		}
	}
	return m.May(MayPrioritise) && m.Scope.Sees(j)
}

func (a Change) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	if !ok || !a.allowed(m, j) {
		return nil, refuse(NotFound)
	}
	set, was := map[string]string{}, map[string]string{}
	for name, value := range a.Set {
		now, err := j.settable(name, value)
		if err != nil {
			return nil, err
		}
		for _, f := range w.Process(j).Fields {
			if name == SetField+f.Code && !f.SeenBy(m.Role) {
				return nil, refuse(NotFound)
			}
			if name != SetField+f.Code || value == "" {
				continue
			}
			if err := f.check(value); err != nil {
				return nil, err
			}
		}
		if now != value {
			set[name], was[name] = value, now
		}
	}
	if len(set) == 0 {
		return nil, refuse(NothingChanged)
	}
	if err := tooLong("reason", a.Reason, MaxNote); err != nil {
		return nil, err
	}
	maps.DeleteFunc(was, func(_, v string) bool { return v == "" })
	return Work{Job: a.Job}.movement(j, m, c, KindChanged, Facts{Set: set, Was: was, Reason: a.Reason})
}

// settable is what a name of a change holds now, if the new value can be set.
func (j Job) settable(name, value string) (now string, err error) {
	field, isField := strings.CutPrefix(name, SetField)
	limit := MaxText
	switch {
	case name == SetDue:
		now = string(j.Due)
		if _, bad := ParseDate(value); bad != nil {
			err = &Refusal{Code: FieldWrong, Name: name, Value: value}
		}
	case name == SetUrgent:
		if j.Urgent {
			now = "yes"
		}
		if !slices.Contains([]string{"", "yes"}, value) {
			err = &Refusal{Code: FieldWrong, Name: name, Value: value}
		}
	case name == SetCustomer:
		now = j.Customer
	case name == SetItem:
		now = j.Item
	case name == SetSite:
		now, limit = j.Site, MaxNumber
	case isField && field != "" && len(field) <= MaxNumber:
		if now, limit = j.Fields[field], MaxNote; now == "" && len(j.Fields) >= maxFields {
			err = &Refusal{Code: TooMany, Name: "fields", Limit: maxFields}
		}
	default:
		err = refuse(BadCommand)
	}
	if err != nil {
		return now, err
	}
	return now, tooLong(name, value, limit)
}
