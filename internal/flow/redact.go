package flow

import (
	"maps"
	"strings"
)

// Redact gives each text of a movement's facts in which people can be named to a function and keeps what it answers:
// notes, what was filled in, who said yes, who did it, customers, what was said of a non-conformance, what files are called. What the history
// adds up to is not among them: no quantity, code, number, date, id or picture. The database holds to the same rule by
// itself, see facts_shape in the migrations.
func (f Facts) Redact(kind Kind, write func(string) string) Facts {
	text := func(s *string) {
		if *s != "" && redactable(*s) {
			*s = write(*s)
		}
	}
	for _, s := range []*string{&f.Note, &f.Approver, &f.Override, &f.Worker, &f.Customer, &f.Item} {
		text(s)
	}
	switch kind {
	case KindCounted, KindChanged, KindUndone: // in the person's words; elsewhere a code
		text(&f.Reason)
	}
	any := func(string) bool { return true }
	f.Values, f.Fields = rewritten(f.Values, any, text), rewritten(f.Fields, any, text)
	f.Set, f.Was = rewritten(f.Set, freeSetting, text), rewritten(f.Was, freeSetting, text)
	if f.NC != nil {
		nc := *f.NC
		for _, s := range []*string{&nc.What, &nc.Root, &nc.Action, &nc.Owner, &nc.Verdict} {
			text(s)
		}
		f.NC = &nc
	}
	if f.File != nil {
		file := *f.File
		for _, s := range []*string{&file.Title, &file.Called, &file.Revision.Name} {
			text(s)
		}
		f.File = &file
	}
	return f
}

// Texts are the texts of a movement's facts in which people can be named.
func (f Facts) Texts(kind Kind) []string {
	var list []string
	f.Redact(kind, func(s string) string { list = append(list, s); return s })
	return list
}

func freeSetting(name string) bool {
	return name == SetCustomer || name == SetItem || strings.HasPrefix(name, SetField)
}

func rewritten(values map[string]string, free func(name string) bool, text func(*string)) map[string]string {
	if len(values) == 0 {
		return values
	}
	values = maps.Clone(values)
	for name, value := range values {
		if free(name) {
			text(&value)
			values[name] = value
		}
	}
	return values
}

// redactable reports whether a text says something: a number of up to nine digits is a measure, and pictures are erased
// where they are kept.
func redactable(s string) bool {
	if _, pictures := ParsePictures(s); pictures {
		return false
	}
	digits := strings.TrimPrefix(s, "-")
	return len(digits) > 9 || strings.Trim(digits, "0123456789.") != ""
}
