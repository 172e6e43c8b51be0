package web

import (
	"net/http"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/sheets"
)

// entry is one field of a stage's or a job's form as it is shown: what the field is, and what is in it.
type entry struct {
	*view
	flow.Field
	ID    string // of the input in the page
	Name  string // of the value in the form
	Value string
	Job   flow.ID // whose pictures it holds
	Stage string  // whose form it is, empty for the job's own
	Hint  string
}

// Answers are those of a yes/no field.
func (entry) Answers() []string { return []string{"yes", "no"} }

// entryPrefix begins the names of a form's own fields, so that they never meet the page's.
const entryPrefix = "v_"

// entries are the fields to show, filled with what was typed, else with what is there.
func (v *view) entries(fields []flow.Field, where string, typed, has map[string]string) []entry {
	var list []entry
	for _, f := range fields {
		value := has[f.Code]
		if f.Type == flow.DateField {
			value = v.Date(flow.Date(value))
		}
		if t, ok := typed[f.Code]; ok {
			value = t
		}
		list = append(list, entry{view: v, Field: f, ID: where + "-" + f.Code, Name: entryPrefix + f.Code, Value: value})
	}
	return list
}

// typed are the fields of a form as they were typed.
func typed(r *http.Request) map[string]string {
	var got map[string]string
	for name := range r.PostForm {
		if code, ok := strings.CutPrefix(name, entryPrefix); ok {
			if got == nil {
				got = map[string]string{}
			}
			got[code] = strings.Join(cleaned(r.PostForm[name]), severalMark)
		}
	}
	return got
}

// severalMark stands between several values of one field on their way in, as it does between choices.
const severalMark = ";"

func cleaned(values []string) []string {
	var list []string
	for _, v := range values {
		if v = clean(v); v != "" {
			list = append(list, v)
		}
	}
	return list
}

// readEntries turns what was typed into the plain forms that the rules take: 1,250 g is 1250, 5/12/26 is 2026-12-05.
// What is not filled in is left out.
func (w *Web) readEntries(fields []flow.Field, typed map[string]string) (map[string]string, error) {
	var values map[string]string
	for code, text := range typed {
		if text == "" {
			continue
		}
		if values == nil {
			values = map[string]string{}
		}
		values[code] = text
		for _, f := range fields {
			if f.Code != code {
				continue
			}
			plain, err := w.plain(f, text)
			if err != nil {
				return nil, &flow.Refusal{Code: flow.FieldWrong, Name: f.Label, Value: text}
			}
			values[code] = plain
		}
	}
	return values, nil
}

func (w *Web) plain(f flow.Field, text string) (string, error) {
	switch f.Type {
	case flow.NumberField:
		return sheets.Number(text)
	case flow.DateField:
		day, err := sheets.Date(text, w.Now())
		return string(flow.DateOf(day)), err
	}
	if f.Type == flow.ChoicesField {
		return f.Chosen(strings.Split(text, severalMark)), nil
	}
	return text, nil
}

// FieldValue is a value of a form as people read it.
func (v *view) FieldValue(f flow.Field, value string) string {
	switch f.Type {
	case flow.DateField:
		return v.Date(flow.Date(value))
	case flow.NumberField:
		return strings.TrimSpace(group(value) + " " + f.Unit)
	case flow.YesNoField:
		return v.T("answer_" + value)
	case flow.ChoicesField:
		return strings.Join(flow.Chosen(value), ", ")
	case flow.PhotoField, flow.SignatureField:
		ids, name := pictured(value)
		if name != "" {
			return v.T("signed_as", "name", name)
		}
		return v.T("n_pictures", "n", len(ids))
	}
	return value
}
