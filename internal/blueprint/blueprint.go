// Package blueprint is a process as one readable YAML file: to write, to read, to share, and the shipped ones for the
// trades.
package blueprint

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"clicarity/internal/flow"
)

// MaxSize is the most a file may have, in bytes.
const MaxSize = 256 << 10

// Problem says what is wrong with a file and where.
type Problem struct {
	Line  int    // 0: the file as a whole
	Code  string // syntax, unknown_key, wrong_value, too_large, empty, or that of Refusal
	Value string // the key or value that is wrong
	// Refusal is set when the file can be read and the process in it cannot be.
	Refusal *flow.Refusal
}

func (p *Problem) Error() string {
	if p.Refusal != nil {
		return fmt.Sprintf("line %d: %v", p.Line, p.Refusal)
	}
	return fmt.Sprintf("line %d: %s %s", p.Line, p.Code, p.Value)
}

type file struct {
	Name     string   `yaml:"name"`
	About    string   `yaml:"about,omitempty"`
	Mode     string   `yaml:"mode"`
	Unit     string   `yaml:"unit,omitempty"`
	Prefix   string   `yaml:"prefix,omitempty"`
	Yearly   bool     `yaml:"yearly_numbers,omitempty"`
	Flexible bool     `yaml:"flexible,omitempty"`
	Over     int      `yaml:"over_percent,omitempty"`
	Waste    []reason `yaml:"waste_reasons,omitempty"`
	Hold     []reason `yaml:"hold_reasons,omitempty"`
	Fields   []field  `yaml:"fields,omitempty"`
	Sizes    []string `yaml:"sizes,omitempty,flow"`
	Second   string   `yaml:"second_unit,omitempty"`
	Tracks   []track  `yaml:"components,omitempty"`
	Stages   []stage  `yaml:"stages"`
}

// track is a component of every job: stages name it by its name.
type track struct {
	Name  string   `yaml:"name"`
	Unit  string   `yaml:"unit,omitempty"`
	Per   quantity `yaml:"per,omitempty"`
	Joins string   `yaml:"joins"`
}

// reason is written as its label, or as its code when everybody knows it: no_power.
type reason flow.Reason

type stage struct {
	Name       string   `yaml:"name"`
	Code       string   `yaml:"code,omitempty"`
	Short      string   `yaml:"short,omitempty"`
	Track      string   `yaml:"component,omitempty"`
	Phase      string   `yaml:"phase,omitempty"`
	Target     minutes  `yaml:"target,omitempty"`
	Vendor     string   `yaml:"vendor,omitempty"`
	Outside    bool     `yaml:"outside,omitempty"`
	Unit       string   `yaml:"unit,omitempty"`
	Yields     ratio    `yaml:"yields,omitempty"`
	Optional   bool     `yaml:"optional,omitempty"`
	Inspection bool     `yaml:"inspection,omitempty"`
	Approval   bool     `yaml:"approval,omitempty"`
	Counter    bool     `yaml:"counter,omitempty"`
	Dwell      minutes  `yaml:"dwell,omitempty"`
	Allowance  quantity `yaml:"allowance_percent,omitempty"`
	Limit      int      `yaml:"limit,omitempty"`
	Grades     []string `yaml:"grades,omitempty,flow"`
	LotIn      bool     `yaml:"lot_in,omitempty"`
	LotOut     bool     `yaml:"lot_out,omitempty"`
	Calendar   string   `yaml:"calendar,omitempty"` // its code; written by hand, its name does too
	Stuck      *alarms  `yaml:"stuck_after,omitempty"`
	Stations   []string `yaml:"stations,omitempty,flow"`
	Public     string   `yaml:"public,omitempty"`
	Hidden     bool     `yaml:"hidden,omitempty"`
	Needs      []string `yaml:"needs,omitempty"`
	Fields     []field  `yaml:"fields,omitempty"`
}

type field struct {
	Label    string   `yaml:"label"`
	Code     string   `yaml:"code,omitempty"`
	Type     string   `yaml:"type,omitempty"`
	Unit     string   `yaml:"unit,omitempty"`
	Min      *bound   `yaml:"min,omitempty"`
	Max      *bound   `yaml:"max,omitempty"`
	Choices  []string `yaml:"choices,omitempty,flow"`
	Required bool     `yaml:"required,omitempty"`
	OnStart  bool     `yaml:"on_start,omitempty"`
	For      []string `yaml:"for,omitempty,flow"` // private: the roles that read it beside owners
	Before   string   `yaml:"before,omitempty"`   // of the job's form: a stage by name
}

type (
	quantity flow.Quantity
	bound    flow.Quantity // a quantity of which zero says something: a percentage is at least 0
	ratio    flow.Ratio
	minutes  int
)

func plain(value, tag string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func (q quantity) MarshalYAML() (any, error) {
	s := flow.Quantity(q).String()
	if strings.Contains(s, ".") {
		return plain(s, "!!float"), nil
	}
	return plain(s, "!!int"), nil
}

// wrong is the error of a value that is not what its key takes, in the words of the YAML reader.
func wrong(n *yaml.Node) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: cannot unmarshal `%s`", n.Line, n.Value)}}
}

func (q *quantity) UnmarshalYAML(n *yaml.Node) error {
	got, err := flow.ParseQuantity(n.Value)
	if err != nil {
		return wrong(n)
	}
	*q = quantity(got)
	return nil
}

func (q quantity) IsZero() bool { return q == 0 }

// MarshalYAML writes a bound as a quantity.
func (b bound) MarshalYAML() (any, error) { return quantity(b).MarshalYAML() }

// UnmarshalYAML reads a bound as a quantity.
func (b *bound) UnmarshalYAML(n *yaml.Node) error { return (*quantity)(b).UnmarshalYAML(n) }

func (r ratio) MarshalYAML() (any, error) {
	s := flow.Ratio(r).String()
	if strings.Contains(s, "/") {
		return plain(s, "!!str"), nil
	}
	return plain(s, "!!int"), nil
}

func (r *ratio) UnmarshalYAML(n *yaml.Node) error {
	got, err := flow.ParseRatio(n.Value)
	if err != nil {
		return wrong(n)
	}
	*r = ratio(got)
	return nil
}

func (r ratio) IsZero() bool { return flow.Ratio(r).IsZero() }

// MarshalYAML writes 90 minutes as 1h30m, 1440 as 24h.
func (m minutes) MarshalYAML() (any, error) {
	return plain(m.String(), "!!str"), nil
}

func (m minutes) String() string {
	switch hours, rest := int(m)/60, int(m)%60; {
	case rest == 0:
		return fmt.Sprintf("%dh", hours)
	case hours == 0:
		return fmt.Sprintf("%dm", rest)
	default:
		return fmt.Sprintf("%dh%dm", hours, rest)
	}
}

func (m *minutes) UnmarshalYAML(n *yaml.Node) error {
	got, err := ParseMinutes(n.Value)
	if err != nil {
		return wrong(n)
	}
	*m = minutes(got)
	return nil
}

// Minutes writes a number of minutes as people do: 8h, 1h30m, empty for none.
func Minutes(n int) string {
	if n == 0 {
		return ""
	}
	return minutes(n).String()
}

var errMinutes = errors.New("blueprint: not a length of time")

// ParseMinutes reads 8h, 1h30m, 45m, 2d, 7d12h; a number alone is hours.
func ParseMinutes(text string) (int, error) {
	text = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), " ", "")
	days := 0
	if head, tail, ok := strings.Cut(text, "d"); ok {
		var err error
		if days, err = strconv.Atoi(head); err != nil || days < 0 || days > 3660 {
			return 0, errMinutes
		}
		text = cmp.Or(tail, "0")
	}
	if text != "" && strings.Trim(text, "0123456789.") == "" {
		text += "h"
	}
	d, err := time.ParseDuration(cmp.Or(text, "0"))
	if err != nil || d < 0 || d%time.Minute != 0 || d > 90000*time.Hour {
		return 0, errMinutes
	}
	return days*24*60 + int(d/time.Minute), nil
}

func (r reason) MarshalYAML() (any, error) { return cmp.Or(r.Label, r.Code), nil }

var knownReason = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

func (r *reason) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		return wrong(n)
	}
	if knownReason.MatchString(n.Value) {
		r.Code = n.Value
	} else {
		r.Label = n.Value
	}
	return nil
}

// Write is the one text of a process. vendor names the vendor of a stage, empty for none.
func Write(p flow.Process, vendor func(flow.ID) string) ([]byte, error) {
	f := file{Name: p.Name, About: p.About, Mode: string(p.Mode), Unit: p.Unit, Prefix: p.Prefix, Yearly: p.Yearly, Flexible: p.Flexible, Over: p.Over,
		Fields: writeFields(p.Fields), Sizes: p.Sizes, Second: p.Second}
	for _, r := range p.WasteReasons {
		f.Waste = append(f.Waste, reason(r))
	}
	for _, r := range p.HoldReasons {
		f.Hold = append(f.Hold, reason(r))
	}
	for _, t := range p.Tracks {
		out := track{Name: t.Name, Unit: t.Unit, Per: quantity(t.Per), Joins: nameOf(p, t.Joins)}
		if t.Per == flow.One {
			out.Per = 0
		}
		f.Tracks = append(f.Tracks, out)
	}
	for _, s := range p.Stages {
		t, _ := p.Track(s.Track)
		out := stage{Name: s.Name, Track: t.Name, Short: s.Short, Phase: s.Phase, Target: minutes(s.Target), Outside: s.Outside, Unit: s.Unit,
			Yields: ratio(s.Yields), Optional: s.Optional, Inspection: s.Inspection, Approval: s.Approval, Counter: s.Counter,
			Dwell: minutes(s.Dwell), Allowance: quantity(s.Allowance), Limit: s.Limit, Calendar: s.Calendar, Stuck: writeAlarms(s.Stuck),
			Stations: s.Stations, Public: s.Public, Hidden: s.Hidden, Grades: s.Grades, LotIn: s.LotIn, LotOut: s.LotOut,
			Needs: s.Needs, Fields: writeFields(s.Fields)}
		if s.Code != flow.MakeCode(s.CodeName()) {
			out.Code = s.Code
		}
		if !s.Vendor.IsZero() {
			out.Vendor = vendor(s.Vendor)
		}
		f.Stages = append(f.Stages, out)
	}
	for i := range f.Fields {
		f.Fields[i].Before = nameOf(p, f.Fields[i].Before)
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(f), e.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func nameOf(p flow.Process, code string) string {
	s, _ := p.Stage(code)
	return s.Name
}

func writeFields(fields []flow.Field) []field {
	var list []field
	for _, f := range fields {
		out := field{Label: f.Label, Type: string(f.Type), Unit: f.Unit, Choices: f.Choices, Required: f.Required, OnStart: f.OnStart, Before: f.Before,
			Min: (*bound)(f.Min), Max: (*bound)(f.Max)}
		for _, r := range f.For {
			out.For = append(out.For, string(r))
		}
		if f.Type == flow.TextField {
			out.Type = ""
		}
		if f.Code != flow.MakeCode(f.Label) {
			out.Code = f.Code
		}
		list = append(list, out)
	}
	return list
}

// Blueprint is what a file holds: a process without id and version, and the names of the vendors of its stages by
// stage code.
type Blueprint struct {
	Process flow.Process
	Vendors map[string]string
}

// Read reads a file. What is wrong with it is a *Problem.
func Read(text []byte) (Blueprint, error) {
	if len(text) > MaxSize {
		return Blueprint{}, &Problem{Code: "too_large"}
	}
	var f file
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	switch err := d.Decode(&f); {
	case errors.Is(err, io.EOF):
		return Blueprint{}, &Problem{Code: "empty"}
	case err != nil:
		return Blueprint{}, problem(err)
	}
	b := Blueprint{Process: f.process(), Vendors: map[string]string{}}
	for i, s := range f.Stages {
		if s.Vendor != "" {
			b.Vendors[b.Process.Stages[i].Code] = s.Vendor
		}
	}
	var r *flow.Refusal
	if err := b.Process.Acceptable(); errors.As(err, &r) {
		return Blueprint{}, &Problem{Line: lineOf(text, r), Code: string(r.Code), Refusal: r}
	}
	return b, nil
}

func (f file) process() flow.Process {
	p := flow.Process{Name: f.Name, About: f.About, Mode: flow.Mode(cmp.Or(f.Mode, string(flow.QuantityMode))), Unit: f.Unit, Prefix: f.Prefix, Yearly: f.Yearly,
		Flexible: f.Flexible, Over: f.Over, Fields: readFields(f.Fields), Sizes: f.Sizes, Second: f.Second}
	for _, r := range f.Waste {
		p.WasteReasons = append(p.WasteReasons, flow.Reason(r))
	}
	for _, r := range f.Hold {
		p.HoldReasons = append(p.HoldReasons, flow.Reason(r))
	}
	byName := map[string]string{}
	for _, t := range f.Tracks {
		p.Tracks = append(p.Tracks, flow.Track{Code: flow.MakeCode(t.Name), Name: t.Name, Unit: t.Unit, Per: flow.Quantity(t.Per), Joins: t.Joins})
		byName[t.Name] = flow.MakeCode(t.Name)
	}
	for _, s := range f.Stages {
		p.Stages = append(p.Stages, flow.Stage{Code: s.Code, Name: s.Name, Track: cmp.Or(byName[s.Track], s.Track), Short: s.Short, Phase: s.Phase, Target: int(s.Target), Outside: s.Outside,
			Unit: s.Unit, Yields: flow.Ratio(s.Yields), Optional: s.Optional, Inspection: s.Inspection, Approval: s.Approval, Counter: s.Counter,
			Dwell: int(s.Dwell), Allowance: flow.Quantity(s.Allowance), Limit: s.Limit, Calendar: flow.MakeCode(s.Calendar), Stuck: s.Stuck.read(), Needs: s.Needs, Fields: readFields(s.Fields),
			Grades: s.Grades, LotIn: s.LotIn, LotOut: s.LotOut, Stations: s.Stations, Public: s.Public, Hidden: s.Hidden})
	}
	p = p.Tidied()
	for i, t := range p.Tracks {
		for _, s := range p.On("") {
			if s.Name == t.Joins {
				p.Tracks[i].Joins = s.Code
			}
		}
	}
	for i, field := range p.Fields {
		for _, s := range p.On("") {
			if s.Name == field.Before {
				p.Fields[i].Before = s.Code
			}
		}
	}
	for i := range p.Stages {
		for j, need := range p.Stages[i].Needs {
			if _, ok := p.Stage(need); !ok { // named as people name it
				p.Stages[i].Needs[j] = flow.MakeCode(need)
			}
		}
	}
	return p
}

func readFields(fields []field) []flow.Field {
	var list []flow.Field
	for _, f := range fields {
		var readers []flow.Role
		for _, r := range f.For {
			readers = append(readers, flow.Role(r))
		}
		list = append(list, flow.Field{Code: f.Code, For: readers, Label: f.Label, Type: flow.FieldType(f.Type), Unit: f.Unit, Choices: f.Choices,
			Required: f.Required, OnStart: f.OnStart, Before: f.Before, Min: (*flow.Quantity)(f.Min), Max: (*flow.Quantity)(f.Max)})
	}
	return list
}

var (
	lineOfError = regexp.MustCompile(`line (\d+)`)
	unknownKey  = regexp.MustCompile(`field (.+) not found in type`)
	wrongValue  = regexp.MustCompile("`(.*)`")
	repeatedKey = regexp.MustCompile(`mapping key "?([^"]*)"? already defined`)
)

// problem turns what the YAML reader says into what a person can read. Its errors are texts with a line.
func problem(err error) *Problem {
	text := err.Error()
	var types *yaml.TypeError
	if errors.As(err, &types) && len(types.Errors) > 0 {
		text = types.Errors[0]
	}
	p := &Problem{Code: "syntax"}
	if m := lineOfError.FindStringSubmatch(text); m != nil {
		p.Line, _ = strconv.Atoi(m[1]) // digits
	}
	for code, form := range map[string]*regexp.Regexp{"unknown_key": unknownKey, "wrong_value": wrongValue, "repeated_key": repeatedKey} {
		if m := form.FindStringSubmatch(text); m != nil {
			p.Code, p.Value = code, m[1]
		}
	}
	return p
}
