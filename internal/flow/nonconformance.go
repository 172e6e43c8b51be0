package flow

import (
	"cmp"
	"slices"
	"strconv"
)

// NonConformance is something that was not as it should be, with what was decided about it and what keeps it from
// happening again. It is open until an owner closes it.
type NonConformance struct {
	ID       ID          `json:"id"`
	Number   string      `json:"number"`         // the job's, with a running number: JC-00042/NC1
	Stage    string      `json:"stage"`          // where it was found
	Cause    ID          `json:"cause,omitzero"` // the command that wasted or sent back what it is about
	What     string      `json:"what"`
	Quantity Quantity    `json:"quantity,omitempty"`
	Raised   Moment      `json:"raised"`
	By       ID          `json:"by"`
	Decided  Disposition `json:"disposition,omitempty"`
	Root     string      `json:"root,omitempty"`   // why it happened
	Action   string      `json:"action,omitempty"` // what keeps it from happening again
	Owner    string      `json:"owner,omitempty"`  // who sees to that
	Due      Date        `json:"due,omitempty"`    // until when
	Closed   Moment      `json:"closed,omitempty"`
	ClosedBy ID          `json:"closed_by,omitzero"`
	Verdict  string      `json:"verdict,omitempty"` // how it was seen that the action works
}

// Disposition is what becomes of what does not conform.
type Disposition string

// Dispositions are those that ISO 9001 8.7 knows, in the words of the floor.
var Dispositions = []Disposition{"rework", "scrap", "use_as_is", "regrade", "return_to_supplier"}

// maxNCs is how many non-conformances one job may have.
const maxNCs = 50

// RaiseNC raises a non-conformance at a stage, of a report's waste or rework, or of what somebody saw.
//
// Refusals: not_found, nc_what, quantity_too_big, too_many, too_long.
type RaiseNC struct {
	Work
	NC       ID       `json:"nc"`
	Cause    ID       `json:"cause,omitzero"`
	What     string   `json:"what"`
	Quantity Quantity `json:"quantity,omitempty"`
}

// SettleNC says what becomes of what does not conform, why it happened and what is done about it; with Verdict an owner
// closes it.
//
// Refusals: not_found, nc_closed, nc_open_action, nc_not_yours, value_wrong, field_wrong, too_long.
type SettleNC struct {
	Job     ID          `json:"job"`
	NC      ID          `json:"nc"`
	Decided Disposition `json:"disposition,omitempty"`
	Root    string      `json:"root,omitempty"`
	Action  string      `json:"action,omitempty"`
	Owner   string      `json:"owner,omitempty"`
	Due     Date        `json:"due,omitempty"`
	Verdict string      `json:"verdict,omitempty"`
}

func (RaiseNC) Name() string  { return "raise_nc" }
func (SettleNC) Name() string { return "settle_nc" }

// Targets is the one job.
func (a SettleNC) Targets() []ID { return []ID{a.Job} }

// NC finds a non-conformance of the job.
func (j Job) NC(id ID) (NonConformance, bool) {
	if i := j.nc(id); i >= 0 {
		return j.NCs[i], true
	}
	return NonConformance{}, false
}

func (j Job) nc(id ID) int {
	return slices.IndexFunc(j.NCs, func(n NonConformance) bool { return n.ID == id })
}

func (a RaiseNC) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, _, err := a.at(w, m)
	if err != nil {
		return nil, err
	}
	switch {
	case a.What == "":
		return nil, refuse(NCWhat)
	case a.NC.IsZero() || j.nc(a.NC) >= 0:
		return nil, refuse(BadCommand)
	case a.Quantity < 0 || a.Quantity > MaxQuantity:
		return nil, refuse(QuantityTooBig)
	case len(j.NCs) >= maxNCs:
		return nil, &Refusal{Code: TooMany, Name: "ncs", Limit: maxNCs}
	}
	if err := tooLong("what", a.What, MaxNote); err != nil {
		return nil, err
	}
	n := NonConformance{ID: a.NC, Number: j.Number + "/NC" + strconv.Itoa(len(j.NCs)+1), Stage: a.Stage, Cause: a.Cause, What: a.What, Quantity: a.Quantity}
	return a.movement(j, m, c, KindNCRaised, Facts{NC: &n})
}

func (a SettleNC) decide(w World, m Mark, c Command) ([]Movement, error) {
	j, ok := w.Jobs[a.Job]
	n, known := j.NC(a.NC)
	if !ok || !known || !m.May(MayReport) || !m.Scope.At(j, n.Stage) {
		return nil, refuse(NotFound)
	}
	if err := a.acceptable(m, n); err != nil {
		return nil, err
	}
	kind := KindNCSettled
	if a.Verdict != "" {
		kind = KindNCClosed
	}
	told := NonConformance{ID: n.ID, Number: n.Number, Decided: a.Decided, Root: a.Root, Action: a.Action, Owner: a.Owner, Due: a.Due, Verdict: a.Verdict}
	return Work{Job: a.Job, Stage: n.Stage}.movement(j, m, c, kind, Facts{NC: &told})
}

func (a SettleNC) acceptable(m Mark, n NonConformance) error {
	_, badDate := ParseDate(string(a.Due))
	switch {
	case n.Closed != 0:
		return &Refusal{Code: NCClosed, Name: n.Number}
	case a.Verdict != "" && !m.May(MayCloseNC):
		return &Refusal{Code: NCNotYours, Name: n.Number}
	case a.Decided != "" && !slices.Contains(Dispositions, a.Decided):
		return &Refusal{Code: ValueWrong, Name: "disposition", Value: string(a.Decided)}
	case badDate != nil:
		return &Refusal{Code: FieldWrong, Name: "due", Value: string(a.Due)}
	case a.Verdict != "" && (cmp.Or(a.Decided, n.Decided) == "" || cmp.Or(a.Action, n.Action) == ""):
		return &Refusal{Code: NCOpenAction, Name: n.Number}
	case a == SettleNC{Job: a.Job, NC: a.NC}:
		return refuse(NothingChanged)
	}
	return cmp.Or(tooLong("root", a.Root, MaxNote), tooLong("action", a.Action, MaxNote), tooLong("owner", a.Owner, MaxText), tooLong("verdict", a.Verdict, MaxNote))
}

func ncRaised(j *Job, _ int, m Movement) error {
	if m.Facts.NC == nil || j.nc(m.Facts.NC.ID) >= 0 {
		return impossible(m, "it has no such non-conformance, or has it already")
	}
	n := *m.Facts.NC
	n.Raised, n.By = m.Occurred, m.Member
	j.NCs = append(slices.Clip(j.NCs), n)
	return nil
}

func ncSettled(j *Job, _ int, m Movement) error {
	if m.Facts.NC == nil || j.nc(m.Facts.NC.ID) < 0 {
		return impossible(m, "it has no such non-conformance")
	}
	told := m.Facts.NC
	j.NCs = slices.Clone(j.NCs)
	n := &j.NCs[j.nc(told.ID)]
	if n.Closed != 0 {
		return impossible(m, "the non-conformance is closed")
	}
	n.Decided, n.Root, n.Action = cmp.Or(told.Decided, n.Decided), cmp.Or(told.Root, n.Root), cmp.Or(told.Action, n.Action)
	n.Owner, n.Due = cmp.Or(told.Owner, n.Owner), cmp.Or(told.Due, n.Due)
	if m.Kind == KindNCClosed {
		n.Closed, n.ClosedBy, n.Verdict = m.Occurred, m.Member, told.Verdict
	}
	return nil
}
