package flow

import (
	"cmp"
	"slices"
)

// Release is what a report or a Done may have to say so that something goes on: the stage's form, who approved it,
// and why a gate was passed that is closed.
//
// Refusals: approver_needed, grades_differ, lot_needed, lot_out_needed, too_early, gate_closed, field_missing, field_wrong, out_of_limits, field_needed, override_not_yours.
type Release struct {
	Values   map[string]string   `json:"values,omitempty"`   // of the stage's form, by field code
	Approver string              `json:"approver,omitempty"` // who said yes
	Grades   map[string]Quantity `json:"grades,omitempty"`   // the good by grade, where the stage grades
	Used     []Used              `json:"used,omitempty"`     // lots of material that went in
	Made     string              `json:"made,omitempty"`     // the lot that comes out
	Override string              `json:"override,omitempty"` // why it goes on though the gate is closed; owners only
}

// Overridable reports whether an owner may pass what was refused, with a reason.
func (r *Refusal) Overridable() bool {
	return slices.Contains([]Code{TooEarly, GateClosed, OutOfLimits, ComponentsMissing, ComponentsShort, FieldNeeded}, r.Code)
}

// allows checks everything that can keep good from going on from a stage.
func (a Release) allows(p Process, j Job, s StageState, m Mark, c Command, good, scrap Quantity) error {
	stage, _ := p.Stage(s.Code)
	if err := cmp.Or(tooLong("approver", a.Approver, MaxText), tooLong("override", a.Override, MaxNote)); err != nil {
		return err
	}
	switch {
	case a.Override != "" && !m.May(MayOverride):
		return refuse(OverrideNotYours)
	case good > 0 && stage.Approval && a.Approver == "":
		return &Refusal{Code: ApproverNeeded, Stage: s.Code}
	}
	if err := cmp.Or(a.waive(p.needs(j, s.Code)), a.gradesAllow(stage, good)); err != nil {
		return err
	}
	if err := a.waive(j.joinable(p, s, good+scrap)); err != nil {
		return err
	}
	when := onReport
	if good > 0 {
		when = onRelease
	}
	if err := a.captures(stage, s, when); err != nil {
		return err
	}
	if err := a.waive(checkValues(readBy(m.Role, stage.Fields), s.Values, a.Values, when)); err != nil || good == 0 {
		return err
	}
	at := cmp.Or(c.Occurred, m.At)
	if opens := s.Opens(good, stage.Dwell); stage.Dwell > 0 && at < opens {
		if err := a.waive(&Refusal{Code: TooEarly, Job: j.Number, Stage: s.Code, At: opens, Limit: stage.Dwell, Entry: good, Here: s.ripe(at, stage.Dwell)}); err != nil {
			return err
		}
	}
	for _, need := range stage.Needs {
		if cleared := -j.beyond(need, s.Code); good > cleared {
			err := a.waive(&Refusal{Code: GateClosed, Job: j.Number, Stage: s.Code, Name: nameOf(p, need), Entry: good, Here: max(cleared, 0)})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Missing are the components that a stage still waits for.
func (j Job) Missing(stage string) []Part {
	var missing []Part
	for _, part := range j.Parts {
		if part.Joins == stage && part.In == 0 {
			missing = append(missing, part)
		}
	}
	return missing
}

// Joinable is how many the components that have arrived make at a stage, and the scarcest of them; false when
// the stage joins none.
func (j Job) Joinable(stage string) (q Quantity, scarcest Part, joins bool) {
	for _, part := range j.Parts {
		if part.Joins != stage || part.Per <= 0 {
			continue
		}
		makes, _ := Ratio{int64(One), int64(part.Per)}.of(part.Arrived)
		if !joins || makes < q {
			q, scarcest, joins = makes, part, true
		}
	}
	return q, scarcest, joins
}

// joinable refuses work at a stage whose components are not all in, and more than the scarcest of them makes.
func (j Job) joinable(p Process, s StageState, out Quantity) error {
	if missing := j.Missing(s.Code); len(missing) > 0 {
		return &Refusal{Code: ComponentsMissing, Job: missing[0].Number, Stage: s.Code, Name: p.PartName(missing[0])}
	}
	if makes, scarcest, joins := j.Joinable(s.Code); joins && s.gone()+s.Wasted+out > makes {
		return &Refusal{Code: ComponentsShort, Job: j.Number, Stage: s.Code, Name: p.PartName(scarcest), Entry: out, Here: max(makes-s.gone()-s.Wasted, 0)}
	}
	return nil
}

func nameOf(p Process, code string) string {
	if s, ok := p.Stage(code); ok {
		return s.Name
	}
	return code
}

// waive lets an owner's reason stand for what may be overridden.
func (a Release) waive(err error) error {
	if r, ok := err.(*Refusal); ok && r.Overridable() && a.Override != "" { //nolint:errorlint // made here, never wrapped
		return nil
	}
	return err
}

type askedAt int

const (
	onStart   askedAt = iota // work starts: what is asked then is required
	onReport                 // nothing good goes on: nothing is required
	onRelease                // something goes on: everything is required
)

// readBy are the fields of a form that a role reads, and so fills in.
func readBy(r Role, fields []Field) []Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f Field) bool { return !f.SeenBy(r) })
}

// checkValues checks what was filled in of a form, and that nothing required is missing, counting what it has.
func checkValues(fields []Field, has, values map[string]string, when askedAt) error {
	for code := range values {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Code == code }) {
			return refuse(BadCommand)
		}
	}
	for _, f := range fields {
		value := values[f.Code]
		asked := when == onRelease || when == onStart && f.OnStart
		switch {
		case value != "":
			if err := f.check(value); err != nil {
				return err
			}
		case f.Required && asked && has[f.Code] == "":
			return &Refusal{Code: FieldMissing, Name: f.Label}
		}
	}
	return nil
}

func (f Field) check(value string) error {
	wrong := &Refusal{Code: FieldWrong, Name: f.Label, Value: value}
	if err := tooLong(f.Label, value, MaxNote); err != nil {
		return err
	}
	switch f.Type {
	case NumberField:
		q, err := ParseQuantity(value)
		if err != nil {
			return wrong
		}
		if f.Min != nil && q < *f.Min || f.Max != nil && q > *f.Max {
			return &Refusal{Code: OutOfLimits, Name: f.Label, Value: value, Reason: f.Limits()}
		}
	case DateField:
		if _, err := ParseDate(value); err != nil {
			return wrong
		}
	case ChoiceField:
		if !slices.Contains(f.Choices, value) {
			return wrong
		}
	case YesNoField:
		if value != "yes" && value != "no" {
			return wrong
		}
	case ChoicesField:
		if !f.checkChoices(value) {
			return wrong
		}
	case PhotoField, SignatureField:
		if !f.checkPictures(value) {
			return wrong
		}
	}
	return nil
}

// Limits are the limits of a number as people write them: 3.5 – 4.5 mm, ≤ 8, empty for none.
func (f Field) Limits() string {
	unit := ""
	if f.Unit != "" {
		unit = " " + f.Unit
	}
	switch {
	case f.Min != nil && f.Max != nil:
		return f.Min.String() + " – " + f.Max.String() + unit
	case f.Min != nil:
		return "≥ " + f.Min.String() + unit
	case f.Max != nil:
		return "≤ " + f.Max.String() + unit
	}
	return ""
}
