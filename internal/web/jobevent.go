package web

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
)

func (p *jobPage) event(m flow.Movement, who string) event {
	e := event{view: p.view, Move: m, Name: who, Station: m.Facts.Station, Crossed: p.Job.Crossed(m)}
	if s, ok := p.Process.Stage(m.Stage); ok {
		e.Stage = s.Name
	} else if s, ok := p.Job.Stage(m.Stage); ok {
		e.Stage = s.Name
	}
	if m.Facts.Worker != "" {
		e.Name = m.Facts.Worker
	}
	if m.Recorded.Sub(m.Occurred) >= time.Minute && m.Mark != flow.MarkLive {
		e.Entered = p.T("entered_at", "happened", p.When(m.Occurred), "entered", p.When(m.Recorded))
	}
	key := "event_" + string(m.Kind)
	if m.Kind == flow.KindReported && p.Job.Mode == flow.UnitMode {
		key = "event_unit_done"
	}
	if m.Kind == flow.KindReported && m.Facts.Good == 0 {
		key = "event_nothing"
	}
	e.Words = p.T(key, "good", p.Qty(m.Facts.Good), "unit", p.Job.Unit, "qty", p.Qty(m.Facts.Quantity), "other", m.Facts.Number, "challan", m.Facts.Challan, "vendor", cmp.Or(p.Vendors[m.Facts.Vendor].Name, p.T("vendor")),
		"reason", p.Reason(p.Process.HoldReasons, m.Facts.Reason), "version", m.Facts.Version, "was", m.Facts.Was["version"])
	for _, waste := range m.Facts.Wasted {
		e.Wasted = append(e.Wasted, wasteLine{p.Qty(waste.Quantity), p.Reason(p.Process.WasteReasons, waste.Reason)})
	}
	for _, back := range m.Facts.Back {
		to, _ := p.Process.Stage(back.To)
		e.Back = append(e.Back, p.T("event_back", "qty", p.Qty(back.Quantity), "to", to.Name, "reason", p.Reason(p.Process.WasteReasons, back.Reason)))
	}
	if m.Facts.Short > 0 {
		e.Short = p.T("event_short", "qty", p.Qty(m.Facts.Short))
	}
	if m.Kind == flow.KindArrived && (m.Facts.Quantity < 0 || m.Facts.Quantity == 0 && !m.Facts.Whole) {
		e.Words = p.T("event_arrived_back", "qty", p.Qty(-m.Facts.Quantity), "other", m.Facts.Number)
	}
	if told := "event_attempted_" + string(m.Facts.Gate); p.Has(told) && (m.Facts.Name != "" || m.Facts.Gate == flow.TooEarly) {
		e.Words = p.T(told, "name", m.Facts.Name, "qty", p.Qty(m.Facts.Quantity))
	}
	if nc := m.Facts.NC; nc != nil {
		e.Words = p.T(key, "number", nc.Number)
	}
	if f := m.Facts.File; f != nil {
		e.Words = p.fileWords(m.Kind, *f)
	}
	if m.Kind == flow.KindAssigned {
		e.Words = p.T("event_assigned_free")
		if !m.Facts.Assigned.IsZero() {
			e.Words = p.T("event_assigned_to", "who", cmp.Or(p.people[m.Facts.Assigned], "–"))
		}
	}
	if m.Kind == flow.KindAnswered {
		e.Words = p.T(key+"_"+string(m.Facts.Answer), "vendor", cmp.Or(p.Vendors[m.Facts.Vendor].Name, p.T("vendor")), "qty", p.Qty(m.Facts.Quantity), "unit", p.Job.Unit,
			"challan", m.Facts.Challan, "date", p.Date(flow.DateOf(m.Occurred.Time().In(p.Zone))))
	}
	if m.Kind == flow.KindPartAdded && len(m.Facts.Parts) == 1 {
		e.Words = p.T(key, "other", m.Facts.Parts[0].Number, "name", m.Facts.Parts[0].Name)
	}
	e.Details, e.Passed = p.details(m), m.Facts.Override
	e.Shots = p.shots(m)
	return e
}

// details are what a movement says beside its quantities.
func (p *jobPage) details(m flow.Movement) []string {
	var list []string
	stage := stageOf(p.Process, m.Stage)
	for _, f := range stage.Fields {
		if value := m.Facts.Values[f.Code]; value != "" && !drawn(f, value) {
			list = append(list, f.Label+": "+p.FieldValue(f, value))
		}
	}
	if m.Kind == flow.KindReceived && m.Facts.Quantity > 0 {
		list = append(list, p.T("came_back_unused", "qty", p.Qty(m.Facts.Quantity)))
	}
	list = append(list, p.recorded(m.Facts)...)
	if m.Facts.Share > 0 {
		list = append(list, p.T("batch_share", "n", p.percentOf(m)))
	}
	if who := m.Facts.Awaits.Name; who != "" {
		list = append(list, p.T("waits_for", "names", who))
	}
	if until := m.Facts.Awaits.Until; until != "" {
		list = append(list, p.T("until_date", "date", p.Date(until)))
	}
	if m.Facts.Approver != "" {
		list = append(list, p.T("approved_by", "name", m.Facts.Approver))
	}
	if m.Facts.To > 0 {
		list = append(list, p.T("counter_moved", "from", p.Qty(m.Facts.From), "to", p.Qty(m.Facts.To)))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Facts.Set)) {
		list = append(list, p.T("changed_to", "name", p.changedName(name), "was", p.changedValue(name, m.Facts.Was[name]), "now", p.changedValue(name, m.Facts.Set[name])))
	}
	if m.Facts.Reason != "" && (m.Kind == flow.KindChanged || m.Kind == flow.KindUndone) {
		list = append(list, m.Facts.Reason)
	}
	return append(list, p.took(m)...)
}

// recorded are the sizes, grades, lots and non-conformances of a movement.
func (p *jobPage) recorded(f flow.Facts) (list []string) {
	for _, a := range p.Job.Accounts {
		if text := p.amount(f.Of[a.Name]); text != "" {
			list = append(list, accountName(a)+": "+text)
		}
	}
	for _, grade := range slices.Sorted(maps.Keys(f.Grades)) {
		if f.Grades[grade] > 0 {
			list = append(list, p.T("grade_n", "grade", grade, "n", p.Qty(f.Grades[grade])))
		}
	}
	for _, u := range f.Used {
		list = append(list, p.T("lot_used", "lot", strings.TrimSpace(u.Lot+" "+u.Material)))
	}
	if f.Made != "" {
		list = append(list, p.T("lot_made", "lot", f.Made))
	}
	if f.Rework {
		list = append(list, p.T("was_rework"))
	}
	if f.Review > 0 {
		list = append(list, p.T("for_review", "n", p.Qty(f.Review)))
	}
	if n := f.NC; n != nil {
		for _, text := range []string{n.What, n.Root, n.Action, n.Verdict} {
			if text != "" {
				list = append(list, text)
			}
		}
	}
	return list
}

// amount writes what of a movement belongs to one size: what went on, and what did not.
func (p *jobPage) amount(a flow.Amount) string {
	var parts []string
	add := func(q flow.Quantity, mark string) {
		if q > 0 {
			parts = append(parts, mark+p.Qty(q))
		}
	}
	add(a.Good+a.Quantity, "")
	for _, w := range a.Wasted {
		add(w.Quantity, "✗")
	}
	for _, b := range a.Back {
		add(b.Quantity, "↻")
	}
	add(a.Short, "−")
	return strings.Join(parts, " ")
}

func (p *jobPage) changedName(name string) string {
	code, isField := strings.CutPrefix(name, flow.SetField)
	if !isField {
		return p.fieldName(name)
	}
	for _, f := range p.Process.Fields {
		if f.Code == code {
			return f.Label
		}
	}
	return code
}

func (p *jobPage) changedValue(name, value string) string {
	switch {
	case value == "":
		return "–"
	case name == flow.SetDue:
		return p.Date(flow.Date(value))
	case name == flow.SetSite:
		return cmp.Or(p.sites[value], value)
	case name == flow.SetUrgent:
		return p.T("answer_" + value)
	}
	for _, f := range p.Process.Fields {
		if name == flow.SetField+f.Code {
			return p.FieldValue(f, value)
		}
	}
	return value
}

// percentOf is the job's share of a run, so that those of all its jobs add up where the page knows them.
func (p *jobPage) percentOf(m flow.Movement) int {
	if n, ok := p.shares[m.Command]; ok {
		return n
	}
	return percents([]int{m.Facts.Share})[0]
}

// took is what an undo took back, in words: as far as the page knows it and the reader sees it.
func (p *jobPage) took(m flow.Movement) (list []string) {
	taken := m.TakesBack()
	for _, was := range p.told.moves {
		if slices.Contains(taken, was.Command) && was.Job == p.Job.ID && (was.Stage == "" || p.sees(was.Stage)) {
			e := p.event(p.readable(was), "")
			list = append(list, p.T("took_back", "what", joined(e.Stage, e.Words), "at", p.When(was.Occurred)))
		}
	}
	return list
}
