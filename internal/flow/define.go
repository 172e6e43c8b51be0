package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Limits of what a process may consist of.
const (
	maxReasons = 60
	maxForm    = 60
	maxChoices = 60
	MaxTarget  = 366 * 24 * 60 // minutes: a year
)

// MakeCode is a code made from a name: lower-case letters and digits, the rest as single dashes, at most forty
// characters.
func MakeCode(name string) string {
	var code []rune
	dash := false
	for _, r := range strings.ToLower(name) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			dash = true
			continue
		}
		if dash && len(code) > 0 {
			code = append(code, '-')
		}
		code, dash = append(code, r), false
	}
	return strings.Trim(string(code[:min(len(code), MaxNumber)]), "-")
}

// codes gives each name its code: the one it has, else one made from the name that none other has.
type codes map[string]bool

func (c codes) fill(code *string, name string) {
	if *code == "" {
		made := cmp.Or(MakeCode(name), "x")
		*code = made
		for n := 2; c[*code]; n++ {
			*code = fmt.Sprintf("%s-%d", made, n)
		}
	}
	c[*code] = true
}

// Tidied is the process with a code for everything that has only a name.
func (p Process) Tidied() Process {
	p.Tracks = slices.Clone(p.Tracks)
	tracks := codes{}
	for i := range p.Tracks {
		tracks.fill(&p.Tracks[i].Code, p.Tracks[i].Name)
		p.Tracks[i].Per = cmp.Or(p.Tracks[i].Per, One)
	}
	p.Stages, p.WasteReasons, p.HoldReasons, p.Fields = slices.Clone(p.Stages), slices.Clone(p.WasteReasons), slices.Clone(p.HoldReasons), slices.Clone(p.Fields)
	taken := codes{}
	for _, list := range [][]Stage{p.Stages, p.Retired} {
		for _, s := range list {
			taken[s.Code] = true
		}
	}
	for i := range p.Stages {
		s := &p.Stages[i]
		taken.fill(&s.Code, s.CodeName())
		s.Fields = slices.Clone(s.Fields)
		tidyFields(s.Fields)
	}
	tidyFields(p.Fields)
	tidyReasons(p.WasteReasons)
	tidyReasons(p.HoldReasons)
	return p
}

// Pruned is the process without what hangs in the air when stages were taken away: gates that wait for an inspection which is
// not there any more, and components without stages or without the stage that they join at.
func (p Process) Pruned() Process {
	joins := func(t Track) bool {
		return slices.ContainsFunc(p.Stages, func(s Stage) bool { return s.Track == "" && s.Code == t.Joins })
	}
	p.Tracks = slices.DeleteFunc(slices.Clone(p.Tracks), func(t Track) bool { return !joins(t) || len(p.On(t.Code)) == 0 })
	p.Stages = slices.DeleteFunc(slices.Clone(p.Stages), func(s Stage) bool {
		_, known := p.Track(s.Track)
		return s.Track != "" && !known
	})
	for i := range p.Stages {
		s := &p.Stages[i]
		s.Needs = slices.DeleteFunc(slices.Clone(s.Needs), func(need string) bool {
			return !slices.ContainsFunc(p.Stages[:i], func(b Stage) bool { return b.Code == need && b.Inspection && b.Track == s.Track })
		})
	}
	return p
}

// CodeName is what a stage's code is made from: a component's stages carry its name.
func (s Stage) CodeName() string { return strings.TrimSpace(s.Track + " " + s.Name) }

func tidyFields(fields []Field) {
	taken := codes{}
	for i := range fields {
		taken.fill(&fields[i].Code, fields[i].Label)
		fields[i].Type = cmp.Or(fields[i].Type, TextField)
	}
}

func tidyReasons(reasons []Reason) {
	taken := codes{}
	for i := range reasons {
		taken.fill(&reasons[i].Code, reasons[i].Label)
	}
}

// Acceptable says whether a process can be published. What is wrong with a stage names the stage.
//
// Refusals: name_missing, mode_wrong, stage_missing, too_many, too_long, name_twice, value_wrong, choices_missing,
// limits_wrong, needs_wrong, before_wrong, track_joins_nothing, track_empty.
func (p Process) Acceptable() error {
	switch {
	case p.Name == "":
		return &Refusal{Code: NameMissing}
	case p.Mode != UnitMode && p.Mode != QuantityMode:
		return &Refusal{Code: ValueWrong, Name: "mode", Value: string(p.Mode)}
	case len(p.Stages) == 0:
		return &Refusal{Code: StageMissing}
	case len(p.Stages) > MaxStages:
		return &Refusal{Code: TooMany, Name: "stages", Limit: MaxStages}
	case p.Over < 0 || p.Over > 100:
		return &Refusal{Code: ValueWrong, Name: "over_percent", Value: fmt.Sprint(p.Over)}
	}
	err := cmp.Or(tooLong("name", p.Name, MaxText), tooLong("unit", p.Unit, MaxNumber), tooLong("prefix", p.Prefix, 10), tooLong("about", p.About, MaxNote),
		formAcceptable(p.Fields), reasonsAcceptable(p.WasteReasons), reasonsAcceptable(p.HoldReasons))
	if err != nil {
		return err
	}
	if err := cmp.Or(p.tracksAcceptable(), p.sizesAcceptable(), p.beforeAcceptable()); err != nil {
		return err
	}
	names, coded := map[string]bool{}, map[string]bool{}
	for i, s := range p.Stages {
		if _, known := p.Track(s.Track); s.Track != "" && !known {
			return &Refusal{Code: ValueWrong, Name: "track", Value: s.Track, Stage: cmp.Or(s.Name, s.Code)}
		}
		if err := s.acceptable(p.Stages[:i]); err != nil {
			if r, ok := err.(*Refusal); ok { //nolint:errorlint // made here, never wrapped
				r.Stage = cmp.Or(s.Name, s.Code)
			}
			return err
		}
		if key := NumberKey(s.CodeName()); names[key] || coded[s.Code] {
			return &Refusal{Code: NameTwice, Name: s.Name, Stage: s.Name}
		}
		names[NumberKey(s.CodeName())], coded[s.Code] = true, true
	}
	return nil
}

// maxTracks is how many components a process may have: they are numbered by the letters A to Z.
const maxTracks = 26

func (p Process) tracksAcceptable() error {
	switch {
	case len(p.Tracks) > maxTracks:
		return &Refusal{Code: TooMany, Name: "tracks", Limit: maxTracks}
	case len(p.Route()) == 0:
		return &Refusal{Code: StageMissing}
	case len(p.Tracks) > 0 && p.Mode == UnitMode:
		return &Refusal{Code: ValueWrong, Name: "tracks", Value: string(p.Mode)}
	}
	names := map[string]bool{}
	for _, t := range p.Tracks {
		joins, known := p.Stage(t.Joins)
		switch {
		case t.Name == "":
			return &Refusal{Code: NameMissing}
		case names[NumberKey(t.Name)]:
			return &Refusal{Code: NameTwice, Name: t.Name}
		case t.Code == "" || t.Code != MakeCode(t.Code):
			return &Refusal{Code: ValueWrong, Name: "code", Value: t.Code}
		case t.Per <= 0 || t.Per > Units(1_000_000):
			return &Refusal{Code: ValueWrong, Name: "per", Value: t.Per.String()}
		case !known || joins.Track != "":
			return &Refusal{Code: TrackJoinsNothing, Name: t.Name}
		case len(p.On(t.Code)) == 0:
			return &Refusal{Code: TrackEmpty, Name: t.Name}
		}
		names[NumberKey(t.Name)] = true
		if err := cmp.Or(tooLong("name", t.Name, MaxText), tooLong("unit", t.Unit, MaxNumber)); err != nil {
			return err
		}
	}
	return nil
}

func (s Stage) acceptable(before []Stage) error {
	switch {
	case s.Name == "":
		return &Refusal{Code: NameMissing}
	case s.Code == "" || s.Code != MakeCode(s.Code):
		return &Refusal{Code: ValueWrong, Name: "code", Value: s.Code}
	case s.Target < 0 || s.Target > MaxTarget:
		return &Refusal{Code: ValueWrong, Name: "target", Value: fmt.Sprint(s.Target)}
	case s.Dwell < 0 || s.Dwell > MaxTarget:
		return &Refusal{Code: ValueWrong, Name: "dwell", Value: fmt.Sprint(s.Dwell)}
	case s.Allowance < 0 || s.Allowance > Units(100):
		return &Refusal{Code: ValueWrong, Name: "allowance", Value: s.Allowance.String()}
	case s.Calendar != MakeCode(s.Calendar):
		return &Refusal{Code: ValueWrong, Name: "calendar", Value: s.Calendar}
	case s.Limit < 0 || s.Limit > 1_000_000:
		return &Refusal{Code: ValueWrong, Name: "limit", Value: fmt.Sprint(s.Limit)}
	}
	for _, need := range s.Needs {
		if !slices.ContainsFunc(before, func(b Stage) bool { return b.Code == need && b.Inspection && b.Track == s.Track }) {
			return &Refusal{Code: NeedsWrong, Name: need}
		}
	}
	return cmp.Or(s.Stuck.acceptable(), tooLong("name", s.Name, MaxText), tooLong("short", s.Short, MaxNumber), tooLong("phase", s.Phase, MaxText),
		tooLong("unit", s.Unit, MaxNumber), tooLong("public", s.Public, MaxText), stationsAcceptable(s.Stations), formAcceptable(s.Fields), namesAcceptable(s.Grades))
}

func formAcceptable(fields []Field) error {
	if len(fields) > maxForm {
		return &Refusal{Code: TooMany, Name: "fields", Limit: maxForm}
	}
	labels := map[string]bool{}
	for _, f := range fields {
		key := NumberKey(f.Label)
		switch {
		case f.Label == "":
			return &Refusal{Code: NameMissing}
		case labels[key]:
			return &Refusal{Code: NameTwice, Name: f.Label}
		case f.Code == "" || f.Code != MakeCode(f.Code):
			return &Refusal{Code: ValueWrong, Name: "code", Value: f.Code}
		case !slices.Contains(FieldTypes, f.Type):
			return &Refusal{Code: ValueWrong, Name: "type", Value: string(f.Type)}
		case (f.Type == ChoiceField || f.Type == ChoicesField) != (len(f.Choices) > 0):
			return &Refusal{Code: ChoicesMissing, Name: f.Label}
		case len(f.Choices) > maxChoices:
			return &Refusal{Code: TooMany, Name: "choices", Limit: maxChoices}
		case f.Min != nil && f.Max != nil && *f.Min > *f.Max, f.Type != NumberField && (f.Min != nil || f.Max != nil):
			return &Refusal{Code: LimitsWrong, Name: f.Label}
		}
		labels[key] = true
		err := cmp.Or(tooLong("name", f.Label, MaxText), tooLong("unit", f.Unit, MaxNumber), f.readers())
		for _, c := range f.Choices {
			err = cmp.Or(err, tooLong("choices", c, MaxText))
			if f.Type == ChoicesField && strings.Contains(c, choiceMark) {
				err = cmp.Or(err, error(&Refusal{Code: ValueWrong, Name: "choices", Value: c}))
			}
		}
		if f.Type == ChoicesField { // all of them ticked are one value
			err = cmp.Or(err, tooLong(f.Label, f.Chosen(f.Choices), MaxNote))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readers says that a private field names roles there are, each once.
func (f Field) readers() error {
	for i, r := range f.For {
		if !slices.Contains(Roles(), r) || slices.Contains(f.For[:i], r) {
			return &Refusal{Code: ValueWrong, Name: "for", Value: string(r)}
		}
	}
	return nil
}

// Keeping is a process in which what a role does not read of another version stays as it is there: nobody who may design
// lays open to themselves what is private to others, nor takes it away.
func (p Process) Keeping(last Process, r Role) Process {
	p.Fields = keeping(p.Fields, last.Fields, r)
	p.Stages = slices.Clone(p.Stages)
	for i := range p.Stages {
		was, _ := last.Stage(p.Stages[i].Code)
		p.Stages[i].Fields = keeping(p.Stages[i].Fields, was.Fields, r)
	}
	return p
}

func keeping(now, was []Field, r Role) []Field {
	now = slices.Clone(now)
	for _, f := range was {
		if f.SeenBy(r) {
			continue
		}
		if i := slices.IndexFunc(now, func(n Field) bool { return n.Code == f.Code }); i >= 0 {
			now[i] = f
		} else {
			now = append(now, f)
		}
	}
	return now
}

func reasonsAcceptable(reasons []Reason) error {
	if len(reasons) > maxReasons {
		return &Refusal{Code: TooMany, Name: "reasons", Limit: maxReasons}
	}
	seen := map[string]bool{}
	for _, r := range reasons {
		if r.Code == "" || seen[r.Code] {
			return &Refusal{Code: NameTwice, Name: cmp.Or(r.Label, r.Code)}
		}
		seen[r.Code] = true
		if err := cmp.Or(tooLong("reasons", r.Label, MaxText), tooLong("code", r.Code, MaxNumber)); err != nil {
			return err
		}
	}
	return nil
}

// FieldTypes are the types a field can have.
var FieldTypes = []FieldType{TextField, NumberField, DateField, ChoiceField, ChoicesField, YesNoField, PhotoField, SignatureField}

// Follows is the next version of a process after another: stages that are no longer on the route stay known by name,
// for the jobs that have them.
func (p Process) Follows(last Process) Process {
	p.ID, p.Version, p.Retired, p.Gone = last.ID, last.Version+1, nil, nil
	for _, list := range [][]Stage{last.Stages, last.Retired} {
		for _, s := range list {
			if _, ok := p.Stage(s.Code); !ok {
				p.Retired = append(p.Retired, s)
			}
		}
	}
	p.Gone = p.gone(last)
	return p
}

// gone are the private fields of the version before that this one does not have.
func (p Process) gone(last Process) []GoneField {
	var list []GoneField
	keep := func(g GoneField) {
		stage, _ := p.Stage(g.Form)
		fields := stage.Fields
		if g.Form == "" {
			fields = p.Fields
		}
		if len(g.For) > 0 && !slices.ContainsFunc(fields, func(f Field) bool { return f.Code == g.Code }) {
			list = append(list, g)
		}
	}
	for _, g := range last.Gone {
		keep(g)
	}
	for _, f := range last.Fields {
		keep(GoneField{Code: f.Code, For: f.For})
	}
	for _, stages := range [][]Stage{last.Stages, last.Retired} {
		for _, s := range stages {
			for _, f := range s.Fields {
				keep(GoneField{Form: s.Code, Code: f.Code, For: f.For})
			}
		}
	}
	return list
}
