package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// boardFilter is a filter of the board as an address says it.
type boardFilter struct {
	flow.Filter
	Asked url.Values // what of the address counts, in its one form
	Wrong []string   // a sentence for each thing that does not
	Chips []filterChip
}

// filterChip is one part of a filter, in words.
type filterChip struct {
	Says    string
	Without string // the same board without it
	names   []string
}

// Names of a filter in an address. A field of the job's format is has.CODE (its words) or is.CODE (the whole of it).
const (
	hasField = "has."
	isField  = "is."
)

const (
	maxFilterText = 100
	maxStill      = 10_000 // hours
)

// filterReader reads a filter, part by part.
type filterReader struct {
	*view
	process flow.Process
	sites   []postgres.Site
	done    bool
	from    url.Values
	f       boardFilter
}

// readFilter reads what an address asks of the board of a process, as its reader reads that. What cannot be understood is
// said, and leaves the rest as it is.
func (v *view) readFilter(asked url.Values, p flow.Process, sites []postgres.Site, done bool) boardFilter {
	r := filterReader{view: v, process: p, sites: sites, done: done, from: asked, f: boardFilter{Asked: url.Values{}}}
	r.list("hold", v.T("status_hold"), &r.f.Held)
	r.list("vendor", v.T("at_vendor"), &r.f.Away)
	r.list("rework", v.T("filter_rework"), &r.f.Rework)
	r.late()
	r.due()
	r.still()
	r.stage()
	r.urgent()
	if text := r.text("customer", v.T("field_customer")); text != "" {
		r.f.Customer = text
		r.keep(v.T("field_customer")+": "+text, "customer", text)
	}
	r.site()
	r.fields()
	return r.f
}

// Active reports whether the filter leaves something out.
func (f boardFilter) Active() bool { return len(f.Chips) > 0 }

// Value is what a part of the filter is, for the form.
func (f boardFilter) Value(name string) string { return f.Asked.Get(name) }

func (r *filterReader) value(name string) string { return clean(r.from.Get(name)) }

func (r *filterReader) wrong(key string, pairs ...any) {
	r.f.Wrong = append(r.f.Wrong, r.T(key, pairs...))
}

// keep takes a part of the filter over: its words, and its names and values.
func (r *filterReader) keep(says string, pairs ...string) {
	chip := filterChip{Says: says}
	for i := 0; i+1 < len(pairs); i += 2 {
		r.f.Asked.Set(pairs[i], pairs[i+1])
		chip.names = append(chip.names, pairs[i])
	}
	r.f.Chips = append(r.f.Chips, chip)
}

// open reports whether a part that only open jobs have may be asked for.
func (r *filterReader) open(says string) bool {
	if r.done {
		r.wrong("filter_open_only", "filter", says)
	}
	return !r.done
}

func (r *filterReader) list(name, says string, on *bool) {
	if r.value(name) != "" && r.open(says) {
		*on = true
		r.keep(says, name, "1")
	}
}

func (r *filterReader) urgent() {
	if r.value("urgent") != "" {
		r.f.Urgent = true
		r.keep(r.T("urgent"), "urgent", "1")
	}
}

func (r *filterReader) today() time.Time { return r.Now.In(r.Zone) }

// between narrows the due dates; two such parts are both to hold.
func (r *filterReader) between(from, to flow.Date) {
	if from != "" {
		r.f.From = max(r.f.From, from)
	}
	if to != "" && (r.f.To == "" || to < r.f.To) {
		r.f.To = to
	}
}

func (r *filterReader) late() {
	if r.value("late") != "" && r.open(r.T("filter_late")) {
		r.between("", flow.DateOf(r.today().AddDate(0, 0, -1)))
		r.keep(r.T("filter_late"), "late", "1")
	}
}

// due reads today, week (Monday to Sunday), or a range.
func (r *filterReader) due() {
	today := r.today()
	switch due := r.value("due"); due {
	case "today":
		r.between(flow.DateOf(today), flow.DateOf(today))
		r.keep(r.T("due_today"), "due", due)
	case "week":
		monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
		r.between(flow.DateOf(monday), flow.DateOf(monday.AddDate(0, 0, 6)))
		r.keep(r.T("filter_week"), "due", due)
	case "", "range":
	default:
		r.wrong("filter_unknown", "field", r.T("field_due"), "value", due)
	}
	from, to := r.day("from"), r.day("to")
	switch {
	case from != "" && to != "" && from > to:
		r.wrong("filter_backwards", "from", r.Date(from), "to", r.Date(to))
	case from != "" && to != "":
		r.keep(r.T("filter_due", "from", r.Date(from), "to", r.Date(to)), "from", r.Date(from), "to", r.Date(to))
		r.between(from, to)
	case from != "":
		r.keep(r.T("filter_due_from", "from", r.Date(from)), "from", r.Date(from))
		r.between(from, "")
	case to != "":
		r.keep(r.T("filter_due_to", "to", r.Date(to)), "to", r.Date(to))
		r.between("", to)
	}
}

func (r *filterReader) day(name string) flow.Date {
	text := r.value(name)
	if text == "" {
		return ""
	}
	day, err := sheets.Date(text, r.Now)
	if err != nil {
		r.wrong("filter_bad_date", "value", clip(text, 40))
		return ""
	}
	return flow.DateOf(day)
}

func (r *filterReader) still() {
	text := r.value("still")
	if text == "" {
		return
	}
	hours, err := strconv.Atoi(sheets.Digits(text))
	if err != nil || hours < 1 || hours > maxStill {
		r.wrong("filter_bad_hours", "value", clip(text, 40), "n", r.Int(maxStill))
		return
	}
	says := r.T("filter_still", "n", r.Int(hours))
	if r.open(says) {
		r.f.Still = time.Duration(hours) * time.Hour
		r.keep(says, "still", strconv.Itoa(hours))
	}
}

func (r *filterReader) stage() {
	code := r.value("stage")
	if code == "" {
		return
	}
	s, ok := r.process.Stage(code)
	switch {
	case !ok:
		r.wrong("filter_unknown", "field", r.T("stage"), "value", clip(code, 40))
	case r.open(r.process.Called(s)):
		r.f.Stage = code
		r.keep(r.T("filter_at", "stage", r.process.Called(s)), "stage", code)
	}
}

func (r *filterReader) site() {
	code := r.value("site")
	if code == "" {
		return
	}
	i := slices.IndexFunc(r.sites, func(s postgres.Site) bool { return s.Code == code })
	if i < 0 {
		r.wrong("filter_unknown", "field", r.T("export_site"), "value", clip(code, 40))
		return
	}
	r.f.Site = code
	r.keep(r.sites[i].Name, "site", code)
}

// text is a text with something to find in it.
func (r *filterReader) text(name, field string) string {
	text := r.value(name)
	switch {
	case text == "":
	case len([]rune(text)) > maxFilterText:
		r.wrong("filter_long", "field", field, "n", maxFilterText)
		return ""
	case len(flow.SearchWords(text)) == 0:
		r.wrong("filter_unknown", "field", field, "value", text)
		return ""
	}
	return text
}

// fields reads what is asked of the fields of the job's format: of those that the reader reads.
func (r *filterReader) fields() {
	for _, f := range r.process.Fields {
		if !filterable(f) {
			continue
		}
		if text := r.text(hasField+f.Code, f.Label); text != "" {
			set(&r.f.Has, f.Code, text)
			r.keep(f.Label+": "+text, hasField+f.Code, text)
		}
		text := r.text(isField+f.Code, f.Label)
		if text == "" {
			continue
		}
		plain, err := r.w.plain(f, text)
		if err != nil || f.Type == flow.YesNoField && !slices.Contains(entry{}.Answers(), plain) {
			r.wrong("filter_unknown", "field", f.Label, "value", text)
			continue
		}
		set(&r.f.Is, f.Code, plain)
		r.keep(f.Label+" = "+r.FieldValue(f, plain), isField+f.Code, plain)
	}
	for _, name := range slices.Sorted(maps.Keys(r.from)) {
		code, has := strings.CutPrefix(name, hasField)
		if !has {
			code, has = strings.CutPrefix(name, isField)
		}
		known := slices.ContainsFunc(r.process.Fields, func(f flow.Field) bool { return f.Code == code && filterable(f) })
		if has && !known && r.value(name) != "" && len(r.f.Wrong) < 20 {
			r.wrong("filter_no_field", "field", clip(code, 40))
		}
	}
}

func set(m *map[string]string, key, value string) {
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[key] = value
}

// filterable reports whether jobs can be found by a field.
func filterable(f flow.Field) bool { return f.Type != flow.PhotoField && f.Type != flow.SignatureField }

// without takes the parts out that a word was too broad for.
func (f boardFilter) without(word string) url.Values {
	rest := url.Values{}
	for name, values := range f.Asked {
		broad := (name == "customer" || strings.HasPrefix(name, hasField)) && slices.Contains(flow.SearchWords(values[0]), word)
		if !broad {
			rest[name] = values
		}
	}
	return rest
}
