package web

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// auditSpeech puts entries of the audit log into words for a reader.
type auditSpeech struct {
	*view
	things map[flow.ID]postgres.Thing
}

func (s auditSpeech) row(n postgres.Noted) auditRow {
	row := auditRow{Kind: n.What, At: flow.At(n.At), When: s.When(flow.At(n.At)), Says: s.sentence(n), On: s.on(n)}
	if id, err := flow.ParseID(n.ID); err == nil {
		switch t := s.things[id]; t.Kind {
		case "job":
			row.Link = "/jobs/" + n.ID
		case "process":
			row.Link = "/processes/" + n.ID
		case "vendor":
			row.Link = "/vendors/" + n.ID
		}
	}
	for _, name := range sortedKeys(n.Detail) {
		if says := s.detail(name, n.Detail[name]); says != "" && !slices.Contains(saidAlready, name) {
			label := strings.ReplaceAll(name, "_", " ")
			if s.Has("audit_field_" + name) {
				label = s.T("audit_field_" + name)
			}
			row.Details = append(row.Details, auditDetail{label, says})
		}
	}
	return row
}

// saidAlready are details that the sentences themselves say.
var saidAlready = []string{"path", "method", "action", "rule", "list"}

func sortedKeys(m map[string]json.RawMessage) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// sentence says who did what.
func (s auditSpeech) sentence(n postgres.Noted) string {
	told := func(name string) string { _, is := change(n.Detail[name]); return is }
	pairs := []any{"who", s.who(n), "what", s.called(n.ID), "where", s.where(told("path"), s.called(n.ID)), "list", s.list(told("list"), s.called(n.ID))}
	switch {
	case n.What == postgres.AuditRefused && told("rule") != "":
		return s.T("audit_refused_rule", append(pairs, "rule", s.rule(told("rule")))...)
	case s.Has("audit_" + n.What):
		return s.T("audit_"+n.What, pairs...)
	}
	for _, done := range auditDone {
		if noun, ok := strings.CutSuffix(n.What, "_"+done); ok {
			return s.T("audit_"+done, append(pairs, "thing", strings.TrimSpace(s.noun(noun)+" "+s.called(n.ID)))...)
		}
	}
	return s.T("audit_other", append(pairs, "thing", strings.ReplaceAll(n.What, "_", " "))...)
}

func (s auditSpeech) noun(noun string) string {
	if s.Has("audit_noun_" + noun) {
		return s.T("audit_noun_" + noun)
	}
	return strings.ReplaceAll(noun, "_", " ")
}

func (s auditSpeech) rule(code string) string {
	if s.Has("audit_rule_" + code) {
		return s.T("audit_rule_" + code)
	}
	return strings.ReplaceAll(code, "_", " ")
}

// who names the author of an entry.
func (s auditSpeech) who(n postgres.Noted) string {
	switch {
	case !n.Member.IsZero():
		return cmp.Or(s.things[n.Member].Name, n.Member.String())
	case n.Device == "":
		return s.T("audit_program")
	}
	return s.T("audit_nobody")
}

// called is the name of what has an id; a short code stands for itself, the id of something without a name for nothing.
func (s auditSpeech) called(id string) string {
	parsed, err := flow.ParseID(id)
	if err != nil {
		return id
	}
	return s.things[parsed].Name
}

// pages are the routes that have a name of their own.
var auditPages = map[string]string{"/{$}": "audit_where_front", liveFeed: "audit_where_live", "/board": "board", "/my": "my_jobs", "/find": "search", "/stages": "stages", "/stages/{process}/{stage}": "stage", "/jobs/{job}": "job",
	"/jobs/{job}/at/{stage}": "stage", "/quality": "quality", "/trace": "trace", "/processes": "processes", "/processes/{process}": "process", "/calendars": "calendars", "/words": "words", "/people": "people"}

// where names a page by its route, with what it is about.
func (s auditSpeech) where(pattern, about string) string {
	_, path, ok := strings.Cut(pattern, " ")
	if !ok {
		path = pattern
	}
	if key, named := auditPages[path]; named {
		path = s.T(key)
	}
	return strings.TrimSpace(path + " " + about)
}

func (s auditSpeech) list(name, about string) string {
	if s.Has("audit_list_" + name) {
		name = s.T("audit_list_" + name)
	}
	return strings.TrimSpace(name + " " + about)
}

// on says on what and how somebody was there.
func (s auditSpeech) on(n postgres.Noted) string {
	parts := []string{n.Device}
	if n.Via != flow.ViaOwn && s.Has("audit_via_"+string(n.Via)) {
		parts = append(parts, s.T("audit_via_"+string(n.Via)))
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " · ")
}

// detail says what a value was and is.
func (s auditSpeech) detail(name string, raw json.RawMessage) string {
	if plainValue(raw) == "changed" {
		return s.T("audit_only_changed")
	}
	was, is := change(raw)
	var both struct{ Was, Is json.RawMessage }
	if json.Unmarshal(raw, &both) == nil && (both.Was != nil || both.Is != nil) {
		return cmp.Or(s.value(name, was), "–") + " → " + cmp.Or(s.value(name, is), "–")
	}
	return s.value(name, is)
}

func (s auditSpeech) value(name, value string) string {
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return s.When(flow.At(at))
	}
	switch {
	case value == "":
		return ""
	case value == "true":
		return s.T("answer_yes")
	case value == "false":
		return s.T("answer_no")
	case name == "given":
		return s.given(value)
	case name == "role" && s.Has("role_"+value):
		return s.T("role_" + value)
	}
	if id, err := flow.ParseID(value); err == nil {
		return cmp.Or(s.things[id].Name, value)
	}
	return value
}

// given says in a few words what a scope takes in.
func (s auditSpeech) given(text string) string {
	var g flow.Given
	if json.Unmarshal([]byte(text), &g) != nil {
		return text
	}
	if g.Nothing() {
		return s.T("audit_given_nothing")
	}
	var parts []string
	if g.All {
		parts = append(parts, s.T("audit_given_all"))
	}
	for _, count := range []struct {
		key string
		n   int
	}{{"processes", len(g.Processes)}, {"stages", len(g.Stages)}, {"vendors", len(g.Vendors)}, {"sites", len(g.Sites)}} {
		if count.n == 1 {
			parts = append(parts, s.T("audit_given_one_"+count.key))
		} else if count.n > 1 {
			parts = append(parts, s.T("audit_given_"+count.key, "n", count.n))
		}
	}
	if g.Mine {
		parts = append(parts, s.T("audit_given_mine"))
	}
	return strings.Join(parts, ", ")
}
