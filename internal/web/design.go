package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/blueprint"
	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// design is a process as its form holds it: texts as they were typed, so that nothing is lost while something is
// wrong.
type design struct {
	Name, About, Mode, Unit, Prefix, Over, Waste, Hold string
	Sizes, Second                                      string // the sizes with commas between them
	Yearly, Flexible                                   bool
	Fields                                             []designField
	Tracks                                             []designTrack
	Stages                                             []designStage
}

// designTrack is a component in the form.
type designTrack struct {
	Key, Code, Name, Unit, Per, Joins string
}

// designStage is a stage in the form. Key names its inputs; the order of the keys is the order of the stages.
type designStage struct {
	Key, Track, Code, Name, Short, Phase, Target, Unit, Yields, Dwell, Allowance, Limit, Vendor, Calendar string
	Grades, Stations                                                                                      string // with commas between them
	Public                                                                                                string
	Idle, Silent, Waiting, Leaving, VendorDays, Begin                                                     string // flow.Alarms
	Hidden, Outside, Optional, Inspection, Approval, Counter                                              bool
	LotIn, LotOut                                                                                         bool
	Needs                                                                                                 []string
	Fields                                                                                                []designField
	To                                                                                                    string // the place it is to move to, as typed
	Open                                                                                                  bool
}

// designField is a field of a form in the form. What a field offers beyond its type is one text: the unit of a number,
// the choices of a choice.
type designField struct {
	Key, Code, Label, Type, More, Min, Max string
	Before                                 string   // code of the stage before which it is needed, of the job's form
	For                                    []string // roles that read a private field beside owners; none: everybody
	Required, OnStart                      bool
}

// jobForm is the key of the process's own fields among those of its stages.
const jobFormKey = "job"

func newDesign(v *view, p flow.Process, vendors map[flow.ID]postgres.Vendor) design {
	d := design{Name: p.Name, About: p.About, Mode: string(p.Mode), Unit: p.Unit, Prefix: p.Prefix, Yearly: p.Yearly, Flexible: p.Flexible,
		Waste: v.reasonLines(p.WasteReasons), Hold: v.reasonLines(p.HoldReasons), Fields: newDesignFields(p.Fields),
		Sizes: strings.Join(p.Sizes, ", "), Second: p.Second}
	if p.Over > 0 {
		d.Over = strconv.Itoa(p.Over)
	}
	for i, t := range p.Tracks {
		d.Tracks = append(d.Tracks, designTrack{strconv.Itoa(i + 1), t.Code, t.Name, t.Unit, t.Per.String(), t.Joins})
	}
	for i, s := range p.Stages {
		ds := designStage{Key: strconv.Itoa(i + 1), Track: s.Track, Code: s.Code, Name: s.Name, Short: s.Short, Phase: s.Phase, Target: blueprint.Minutes(s.Target), Unit: s.Unit,
			Dwell: blueprint.Minutes(s.Dwell), Vendor: vendors[s.Vendor].Name, Calendar: s.Calendar, Outside: s.Outside, Optional: s.Optional, Inspection: s.Inspection,
			Approval: s.Approval, Counter: s.Counter, Needs: s.Needs, Fields: newDesignFields(s.Fields),
			Grades: strings.Join(s.Grades, ", "), LotIn: s.LotIn, LotOut: s.LotOut,
			Stations: strings.Join(s.Stations, ", "), Public: s.Public, Hidden: s.Hidden}
		if !s.Yields.IsZero() {
			ds.Yields = s.Yields.String()
		}
		if s.Allowance > 0 {
			ds.Allowance = s.Allowance.String()
		}
		if s.Limit > 0 {
			ds.Limit = strconv.Itoa(s.Limit)
		}
		ds.setAlarms(s.Stuck)
		d.Stages = append(d.Stages, ds)
	}
	return d
}

func newDesignFields(fields []flow.Field) []designField {
	var list []designField
	for i, f := range fields {
		df := designField{Key: strconv.Itoa(i + 1), Code: f.Code, Label: f.Label, Type: string(f.Type), More: cmp.Or(f.Unit, strings.Join(f.Choices, ", ")),
			Required: f.Required, OnStart: f.OnStart, Before: f.Before}
		for _, r := range f.For {
			df.For = append(df.For, string(r))
		}
		if f.Min != nil {
			df.Min = f.Min.String()
		}
		if f.Max != nil {
			df.Max = f.Max.String()
		}
		list = append(list, df)
	}
	return list
}

// reasonLines writes reasons one to a line, in the reader's language where the glossary has them.
func (v *view) reasonLines(reasons []flow.Reason) string {
	lines := make([]string, len(reasons))
	for i, r := range reasons {
		lines[i] = v.Reason(reasons, r.Code)
	}
	return strings.Join(lines, "\n")
}

// maxDesignKeys bounds what one form may hold.
const maxDesignKeys = 200

func readDesign(r *http.Request) design {
	get := func(name string) string { return clean(r.PostFormValue(name)) }
	on := func(name string) bool { return r.PostFormValue(name) != "" }
	d := design{Name: get("name"), About: get("about"), Mode: get("mode"), Unit: get("unit"), Prefix: get("prefix"), Over: get("over"),
		Waste: r.PostFormValue("waste"), Hold: r.PostFormValue("hold"), Yearly: on("yearly"), Flexible: on("flexible"), Fields: readDesignFields(r, jobFormKey),
		Sizes: get("sizes"), Second: get("second")}
	tracks := r.PostForm["t"]
	for _, key := range tracks[:min(len(tracks), maxDesignKeys)] {
		at := "." + key
		d.Tracks = append(d.Tracks, designTrack{key, get("tcode" + at), get("tname" + at), get("tunit" + at), get("tper" + at), get("tjoins" + at)})
	}
	keys := r.PostForm["s"]
	for _, key := range keys[:min(len(keys), maxDesignKeys)] {
		at := "." + key
		d.Stages = append(d.Stages, designStage{Key: key, Track: get("track" + at), Code: get("code" + at), Name: get("stage" + at), Short: get("short" + at), Phase: get("phase" + at),
			Target: get("target" + at), Unit: get("unit" + at), Yields: get("yields" + at), Dwell: get("dwell" + at), Allowance: get("allowance" + at),
			Limit: get("limit" + at), Vendor: get("vendor" + at), Calendar: get("calendar" + at), Outside: on("outside" + at), Optional: on("optional" + at), Inspection: on("inspection" + at),
			Approval: on("approval" + at), Counter: on("counter" + at), Needs: slices.Clone(r.PostForm["needs"+at]), Fields: readDesignFields(r, key),
			Grades: get("grades" + at), LotIn: on("lotin" + at), LotOut: on("lotout" + at),
			Stations: get("stations" + at), Public: get("public" + at), Hidden: on("hidden" + at), To: get("to" + at),
			Idle: get("idle" + at), Silent: get("silent" + at), Waiting: get("waiting" + at), Leaving: get("leaving" + at),
			VendorDays: get("vendordays" + at), Begin: get("begin" + at)})
	}
	return d
}

func readDesignFields(r *http.Request, form string) []designField {
	var list []designField
	keys := r.PostForm["f."+form]
	for _, key := range keys[:min(len(keys), maxDesignKeys)] {
		at := "." + form + "." + key
		get := func(name string) string { return clean(r.PostFormValue(name + at)) }
		list = append(list, designField{Key: key, Code: get("fcode"), Label: get("flabel"), Type: get("ftype"), More: get("fmore"), Min: get("fmin"), Max: get("fmax"),
			Required: get("frequired") != "", OnStart: get("fstart") != "", Before: get("fbefore"), For: slices.Clone(r.PostForm["ffor"+at])})
	}
	return list
}

// change does what a button of the form says to the order and number of its parts, and reports whether it was one of
// those buttons.
func (d *design) change(do string) bool {
	what, key, _ := strings.Cut(do, ".")
	at := slices.IndexFunc(d.Stages, func(s designStage) bool { return s.Key == key })
	switch {
	case do == "add":
		d.Stages = append(d.Stages, d.newStage())
	case do == "addtrack":
		d.Tracks = append(d.Tracks, designTrack{Per: "1", Key: freeKey(len(d.Tracks), func(k string) bool {
			return slices.ContainsFunc(d.Tracks, func(t designTrack) bool { return t.Key == k })
		})})
	case what == "untrack":
		d.Tracks = slices.DeleteFunc(d.Tracks, func(t designTrack) bool { return t.Key == key })
	case what == "field":
		if fields := d.form(key); fields != nil {
			*fields = append(*fields, designField{Type: "text", Key: freeKey(len(*fields), func(k string) bool {
				return slices.ContainsFunc(*fields, func(f designField) bool { return f.Key == k })
			})})
		}
	case what == "unfield":
		form, field, _ := strings.Cut(key, ".")
		if fields := d.form(form); fields != nil {
			*fields = slices.DeleteFunc(*fields, func(f designField) bool { return f.Key == field })
		}
	case at < 0:
		return false
	case what == "up" && at > 0:
		d.Stages[at-1], d.Stages[at] = d.Stages[at], d.Stages[at-1]
	case what == "down" && at+1 < len(d.Stages):
		d.Stages[at], d.Stages[at+1] = d.Stages[at+1], d.Stages[at]
	case what == "after":
		next := d.newStage()
		next.Track, next.Phase = d.Stages[at].Track, d.Stages[at].Phase
		d.Stages = slices.Insert(d.Stages, at+1, next)
	case what == "move":
		d.moveTo(at)
	case what == "remove":
		d.Stages = slices.Delete(d.Stages, at, at+1)
	case what != "up" && what != "down":
		return false
	}
	return true
}

// newStage is an empty stage, open to be filled.
func (d *design) newStage() designStage {
	return designStage{Key: freeKey(len(d.Stages), func(k string) bool {
		return slices.ContainsFunc(d.Stages, func(s designStage) bool { return s.Key == k })
	}), Open: true}
}

// moveTo puts a stage at the place that was typed beside it, counted from one: as near as there is one. What is no number
// leaves it where it is.
func (d *design) moveTo(at int) {
	s, n := d.Stages[at], len(d.Stages)
	to, err := strconv.Atoi(s.To)
	if err != nil {
		d.Stages[at].Open = true
		return
	}
	d.Stages = slices.Insert(slices.Delete(d.Stages, at, at+1), min(max(to, 1), n)-1, s)
}

// form finds the fields of a stage by key, or of the job.
func (d *design) form(key string) *[]designField {
	if key == jobFormKey {
		return &d.Fields
	}
	for i := range d.Stages {
		if d.Stages[i].Key == key {
			d.Stages[i].Open = true
			return &d.Stages[i].Fields
		}
	}
	return nil
}

func freeKey(n int, taken func(string) bool) string {
	for n++; taken(strconv.Itoa(n)); n++ {
	}
	return strconv.Itoa(n)
}

// process turns the form into a process that follows another. What cannot be read is refused by name.
func (d design) process(v *view, last flow.Process, vendors map[flow.ID]postgres.Vendor) (flow.Process, error) {
	p := flow.Process{Name: d.Name, About: d.About, Mode: flow.Mode(d.Mode), Unit: d.Unit, Prefix: d.Prefix, Yearly: d.Yearly, Flexible: d.Flexible,
		Sizes: listed(d.Sizes), Second: d.Second}
	over, err := wholeNumber("over_percent", d.Over)
	if err != nil {
		return p, err
	}
	p.Over = over
	p.WasteReasons, p.HoldReasons = v.readReasons(d.Waste, last.WasteReasons), v.readReasons(d.Hold, last.HoldReasons)
	if p.Fields, err = readFields(d.Fields); err != nil {
		return p, err
	}
	for _, dt := range d.Tracks {
		per, err := quantity(dt.Per)
		if err != nil {
			return p, &flow.Refusal{Code: flow.ValueWrong, Name: "per", Value: dt.Per}
		}
		p.Tracks = append(p.Tracks, flow.Track{Code: dt.Code, Name: dt.Name, Unit: dt.Unit, Per: per, Joins: dt.Joins})
	}
	for _, ds := range d.Stages {
		s, err := ds.stage(vendors)
		if err != nil {
			return p, inStage(err, ds.Name)
		}
		p.Stages = append(p.Stages, s)
	}
	return p.Tidied().Follows(last), nil
}

func inStage(err error, name string) error {
	if r, ok := err.(*flow.Refusal); ok { //nolint:errorlint // made here, never wrapped
		r.Stage = name
	}
	return err
}

func (ds designStage) stage(vendors map[flow.ID]postgres.Vendor) (flow.Stage, error) {
	s := flow.Stage{Track: ds.Track, Code: ds.Code, Name: ds.Name, Short: ds.Short, Phase: ds.Phase, Unit: ds.Unit, Outside: ds.Outside, Optional: ds.Optional,
		Inspection: ds.Inspection, Approval: ds.Approval, Counter: ds.Counter, Needs: ds.Needs, Calendar: ds.Calendar,
		Grades: listed(ds.Grades), LotIn: ds.LotIn, LotOut: ds.LotOut,
		Stations: listed(ds.Stations), Public: ds.Public, Hidden: ds.Hidden}
	for id, vendor := range vendors {
		if vendor.Name == ds.Vendor && ds.Vendor != "" {
			s.Vendor = id
		}
	}
	var err error
	if s.Target, err = lengthOfTime("target", ds.Target); err != nil {
		return s, err
	}
	if s.Dwell, err = lengthOfTime("dwell", ds.Dwell); err != nil {
		return s, err
	}
	if s.Yields, err = flow.ParseRatio(ds.Yields); err != nil {
		return s, &flow.Refusal{Code: flow.ValueWrong, Name: "yields", Value: ds.Yields}
	}
	if s.Limit, err = wholeNumber("limit", ds.Limit); err != nil {
		return s, err
	}
	if s.Allowance, err = quantity(ds.Allowance); err != nil {
		return s, &flow.Refusal{Code: flow.ValueWrong, Name: "allowance", Value: ds.Allowance}
	}
	if s.Stuck, err = ds.alarms(); err != nil {
		return s, err
	}
	s.Fields, err = readFields(ds.Fields)
	return s, err
}

func lengthOfTime(name, text string) (int, error) {
	minutes, err := blueprint.ParseMinutes(text)
	if err != nil {
		return 0, &flow.Refusal{Code: flow.ValueWrong, Name: name, Value: text}
	}
	return minutes, nil
}

func wholeNumber(name, text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	plain, err := sheets.Number(text)
	n, err2 := strconv.Atoi(plain)
	if err != nil || err2 != nil {
		return 0, &flow.Refusal{Code: flow.ValueWrong, Name: name, Value: text}
	}
	return n, nil
}

func readFields(fields []designField) ([]flow.Field, error) {
	var list []flow.Field
	for _, df := range fields {
		if df.Label == "" && df.More == "" { // an empty line of the form is no field
			continue
		}
		f := flow.Field{Code: df.Code, Label: df.Label, Type: flow.FieldType(df.Type), Required: df.Required, OnStart: df.OnStart, Before: df.Before}
		for _, r := range df.For {
			f.For = append(f.For, flow.Role(r))
		}
		switch f.Type {
		case flow.NumberField:
			f.Unit = df.More
			for _, limit := range []struct {
				to   **flow.Quantity
				text string
			}{{&f.Min, df.Min}, {&f.Max, df.Max}} {
				if limit.text == "" {
					continue
				}
				q, err := quantity(limit.text)
				if err != nil {
					return nil, &flow.Refusal{Code: flow.ValueWrong, Name: df.Label, Value: limit.text}
				}
				*limit.to = &q
			}
		case flow.ChoiceField, flow.ChoicesField:
			f.Choices = listed(df.More)
		}
		list = append(list, f)
	}
	return list, nil
}

// listed are names with commas between them, each once.
func listed(text string) []string {
	var list []string
	for _, c := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if c = strings.TrimSpace(c); c != "" && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// readReasons reads reasons one to a line. Those that were there before, by any of their names, keep their codes.
func (v *view) readReasons(text string, last []flow.Reason) []flow.Reason {
	var list []flow.Reason
	for _, line := range strings.Split(text, "\n") {
		label := clean(line)
		if label == "" || slices.ContainsFunc(list, func(r flow.Reason) bool { return r.Label == label || v.Reason(list, r.Code) == label }) {
			continue
		}
		r := flow.Reason{Label: label}
		if i := slices.IndexFunc(last, func(l flow.Reason) bool { return l.Label == label || v.Reason(last, l.Code) == label }); i >= 0 {
			r = last[i]
		} else if code := v.w.words.reasonCode(label); code != "" {
			r = flow.Reason{Code: code}
		}
		list = append(list, r)
	}
	return list
}

// reasonCode is the code of a reason that the glossary has, by its name in any language.
func (ws words) reasonCode(label string) string {
	for _, phrases := range ws.phrases {
		for key, phrase := range phrases {
			if code, ok := strings.CutPrefix(key, "reason_"); ok && strings.EqualFold(phrase, label) && code != "optional" {
				return code
			}
		}
	}
	return ""
}

// Badges are what is special about a stage, in words, for its line in the list.
func (p designPage) Badges(s designStage) []string {
	var list []string
	add := func(on bool, words string) {
		if on {
			list = append(list, words)
		}
	}
	for _, t := range p.Form.Tracks {
		add(t.Code != "" && t.Code == s.Track, "⑂ "+t.Name)
	}
	add(s.Target != "", "◷ "+s.Target)
	add(s.Calendar != "", "◴ "+p.calendarName(s.Calendar))
	add(s.Stations != "", "⚙ "+s.Stations)
	add(s.Limit != "", p.T("badge_limit", "n", s.Limit))
	add(s.Vendor != "" || s.Outside, "⇄ "+cmp.Or(s.Vendor, p.T("vendor")))
	add(s.Optional, p.T("badge_optional"))
	add(s.Inspection, "✓ "+p.T("badge_inspection"))
	add(s.Approval, p.T("badge_approval"))
	add(s.Dwell != "", p.T("badge_dwell", "for", s.Dwell))
	add(s.Yields != "", "× "+s.Yields)
	add(s.Grades != "", s.Grades)
	add(s.LotIn || s.LotOut, p.T("badge_lot"))
	add(len(s.Needs) > 0, "⛓ "+p.T("badge_gate"))
	add(len(s.Fields) > 0, p.T("badge_form", "n", len(s.Fields)))
	add(s.StuckOpen(), "! "+p.T("badge_stuck"))
	add(s.Allowance != "", fmt.Sprintf("≤ %s%%", s.Allowance))
	return list
}
