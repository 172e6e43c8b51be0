package flow

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Filter says which of a process's jobs somebody wants to see. The zero Filter is all of them. What it says of a stage
// holds at one and the same stage: on hold at printing, not at printing and on hold somewhere.
type Filter struct {
	Customer string            // each word begins one of the customer's
	Has      map[string]string // by field code: each word begins one of the value's
	Is       map[string]string // by field code: the value, whatever its case
	Site     string
	Urgent   bool
	From, To Date // due on these days and between; empty: whenever, or never

	Stage  string // something is there now
	Held   bool   // and is on hold
	Away   bool   // and is at a vendor
	Rework bool   // and came back

	Still time.Duration // nothing has moved for so long; 0: whenever
}

// Empty reports whether a filter leaves nothing out.
func (f Filter) Empty() bool {
	return f.Customer == "" && len(f.Has)+len(f.Is) == 0 && f.Site == "" && !f.Urgent && f.From == "" && f.To == "" && !f.OfOpen()
}

// OfOpen reports whether a filter asks for something that only open jobs have.
func (f Filter) OfOpen() bool { return f.There() || f.Still != 0 }

// There reports whether a filter asks for something at a stage.
func (f Filter) There() bool { return f.Stage != "" || f.Held || f.Away || f.Rework }

// Matches reports whether a job is among those that a filter asks for at a moment.
func (f Filter) Matches(j Job, now Moment) bool {
	switch {
	case f.Urgent && !j.Urgent, f.Site != "" && j.Site != f.Site,
		f.From != "" && (j.Due == "" || j.Due < f.From), f.To != "" && (j.Due == "" || j.Due > f.To),
		f.Still != 0 && (!j.Open() || j.Last > now.Add(-f.Still)), !hasWords(j.Customer, f.Customer):
		return false
	}
	for code, value := range f.Is {
		if whole := termWhole(value); whole == "" || termWhole(j.Fields[code]) != whole {
			return false
		}
	}
	for code, words := range f.Has {
		if !hasWords(j.Fields[code], words) {
			return false
		}
	}
	return !f.There() || slices.ContainsFunc(j.Stages, f.there)
}

func (f Filter) there(s StageState) bool {
	return s.Live() && (f.Stage == "" || s.Code == f.Stage) && (!f.Held || s.Held != 0) && (!f.Away || s.AtVendor > 0) && (!f.Rework || s.Why != "")
}

func hasWords(value, wanted string) bool {
	words := termWords(value)
	for _, w := range termWords(wanted) {
		if !slices.ContainsFunc(words, func(have string) bool { return strings.HasPrefix(have, w) }) {
			return false
		}
	}
	return true
}

// The terms that a job is listed by: these, and for a value the key of its field with = and the whole of it, and with ~ and
// each word, so that a range of words is what a beginning finds.
const (
	TermUrgent = "urgent"
	TermHeld   = "hold"
	TermAway   = "vendor"
	TermRework = "rework"
	TermIdle   = "idle" // open, and nothing of it is anywhere: it waits for its components
)

// How much of a value counts: a note of 500 words is no name.
const (
	maxTermWords = 8
	maxTermWord  = 40 // characters
)

func termWords(s string) []string {
	words := SearchWords(s)
	words = words[:min(len(words), maxTermWords)]
	for i, w := range words {
		if r := []rune(w); len(r) > maxTermWord {
			words[i] = string(r[:maxTermWord])
		}
	}
	return words
}

func termWhole(s string) string { return strings.Join(termWords(s), " ") }

// TermSite is the term of the jobs of a site.
func TermSite(site string) string { return "site=" + site }

const customerKey = "customer"

func fieldKey(code string) string { return "field." + code }

// TermSearch is one thing that a job is to have among its terms.
type TermSearch struct {
	Terms  []string // one of these
	Begins string   // or any that begins so
	Says   string   // the word that a person gave for it
}

// Terms are the lists that a job must be in to match, but for its due date, its stages and its last movement.
func (f Filter) Terms() []TermSearch {
	var list []TermSearch
	exactly := func(on bool, term string) {
		if on {
			list = append(list, TermSearch{Terms: []string{term}})
		}
	}
	exactly(f.Urgent, TermUrgent)
	exactly(f.Site != "", TermSite(f.Site))
	exactly(f.Held, TermHeld)
	exactly(f.Away, TermAway)
	exactly(f.Rework, TermRework)
	begins := func(key, words string) {
		for _, w := range termWords(words) {
			list = append(list, TermSearch{Begins: key + "~" + w, Says: w})
		}
	}
	begins(customerKey, f.Customer)
	for _, code := range slices.Sorted(maps.Keys(f.Has)) {
		begins(fieldKey(code), f.Has[code])
	}
	for _, code := range slices.Sorted(maps.Keys(f.Is)) {
		exactly(true, fieldKey(code)+"="+termWhole(f.Is[code]))
	}
	return list
}

// Terms are what a job is listed by, sorted, each once.
func (j Job) Terms() []string {
	var list []string
	add := func(on bool, term string) {
		if on {
			list = append(list, term)
		}
	}
	add(j.Urgent, TermUrgent)
	add(j.Site != "", TermSite(j.Site))
	if j.Open() {
		m := j.marks()
		add(m.held, TermHeld)
		add(m.away, TermAway)
		add(m.again, TermRework)
		add(m.idle, TermIdle)
	}
	words := func(key, text string) {
		for _, w := range termWords(text) {
			list = append(list, key+"~"+w)
		}
	}
	words(customerKey, j.Customer)
	for code, text := range j.Fields {
		if whole := termWhole(text); whole != "" && !pictured(text) {
			list = append(list, fieldKey(code)+"="+whole)
			words(fieldKey(code), text)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// pictured reports whether a value is of pictures, of which there is nothing to find.
func pictured(value string) bool {
	id, _, mark := strings.Cut(value, ":")
	if !mark {
		return false
	}
	_, err := ParseID(id)
	return err == nil
}

// marks are what of a job's stages it is listed by.
type marks struct{ held, away, again, idle bool }

func (j *Job) marks() marks {
	m := marks{idle: true}
	for i := range j.Stages {
		s := &j.Stages[i]
		if s.OnHand == 0 && s.AtVendor == 0 {
			continue
		}
		m.idle = false
		m.held, m.away, m.again = m.held || s.Held != 0, m.away || s.AtVendor > 0, m.again || s.Why != ""
	}
	return m
}

// ListedAs reports whether a job is listed by the same terms as another, without making them: as it is after most commands.
func (j Job) ListedAs(other Job) bool {
	return j.Urgent == other.Urgent && j.Site == other.Site && j.Customer == other.Customer && j.Open() == other.Open() &&
		j.marks() == other.marks() && maps.Equal(j.Fields, other.Fields)
}
