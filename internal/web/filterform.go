package web

import (
	"clicarity/internal/flow"
)

// Tick is a yes or no of the filter.
func (p *boardPage) Tick(name, key string) scopeTick {
	return scopeTick{Value: name, Name: p.T(key), On: p.Filter.Value(name) != ""}
}

// filterField is a field of the job's format to be asked for.
type filterField struct {
	flow.Field
	ID      string
	Name    string // in the address
	Value   string
	Options []scopeTick // none: to be typed
}

// FilterFields are the fields of the job's format: texts by their words, what is chosen and what is counted by the whole.
func (p *boardPage) FilterFields() []filterField {
	var list []filterField
	for _, f := range p.Fields {
		one := filterField{Field: f, ID: f.Code, Name: hasField + f.Code}
		switch f.Type {
		case flow.NumberField, flow.DateField, flow.ChoiceField, flow.YesNoField:
			one.Name = isField + f.Code
		}
		one.Value = p.Filter.Value(one.Name)
		choices := f.Choices
		if f.Type == flow.YesNoField {
			choices = entry{}.Answers()
		}
		for _, c := range choices {
			option := scopeTick{Value: c, Name: c, On: c == one.Value}
			if f.Type == flow.YesNoField {
				option.Name = p.T("answer_" + c)
			}
			one.Options = append(one.Options, option)
		}
		if f.Type == flow.DateField {
			one.Value = p.Date(flow.Date(one.Value))
		}
		list = append(list, one)
	}
	return list
}
