package web

import (
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/sheets"
)

// guessColumns says what each column of a job sheet most likely is.
func guessColumns(t sheets.Table, now time.Time) []sheetColumn {
	known := map[int]string{}
	for field, i := range sheets.Guess(t.Header) {
		known[i] = field
	}
	var list []sheetColumn
	for i, name := range t.Header[:min(len(t.Header), 40)] {
		var values []string
		for _, row := range t.Rows[:min(len(t.Rows), 200)] {
			if i < len(row.Cells) {
				values = append(values, row.Cells[i])
			}
		}
		look := sheets.Look(values, now)
		c := sheetColumn{Name: clip(clean(name), flow.MaxText), To: known[i], Type: look.Type, Choices: look.Choices, Required: look.Full && len(values) > 1}
		if len(values) > 0 {
			c.Sample = clip(values[0], 40)
		}
		if c.To == "" && c.Name != "" {
			c.To = ownColumn
		}
		list = append(list, c)
	}
	return list
}

// ownFieldsOf are the fields of the company's job format: its own columns, and what the template has beside them.
func ownFieldsOf(columns []sheetColumn, template []flow.Field) []flow.Field {
	var fields []flow.Field
	for _, c := range columns {
		if c.To != ownColumn {
			continue
		}
		f := flow.Field{Label: c.Name, Type: flow.FieldType(c.Type), Required: c.Required}
		if f.Type == flow.ChoiceField {
			if f.Choices = c.Choices; len(f.Choices) == 0 {
				f.Type = flow.TextField
			}
		}
		fields = append(fields, f)
	}
	if len(fields) == 0 {
		return template
	}
	return fields
}
