package flow

import "time"

// Mode says whether a process counts quantities.
type Mode string

const (
	// UnitMode moves a job as one thing: an approval, a candidate, a proof.
	UnitMode Mode = "unit"
	// QuantityMode counts received, good, wasted and on hand at every stage.
	QuantityMode Mode = "quantity"
)

// Process is one version of a route of stages. A job keeps the version it started with.
type Process struct {
	ID           ID       `json:"id"`
	Version      int      `json:"version"`
	Name         string   `json:"name"`
	About        string   `json:"about,omitempty"` // in a sentence, for people who choose one
	Mode         Mode     `json:"mode"`
	Unit         string   `json:"unit,omitempty"`     // what is counted: sheets, pcs, kg
	Prefix       string   `json:"prefix,omitempty"`   // of the job number series: JC gives JC-00042
	Flexible     bool     `json:"flexible,omitempty"` // a later stage may report first; the ones before are inferred
	Fields       []Field  `json:"fields,omitempty"`   // of the job's own format, beside number, customer, item, quantity and due date
	Yearly       bool     `json:"yearly,omitempty"`   // the number series begins anew every April: JC/26-27/00042
	Stages       []Stage  `json:"stages"`
	Tracks       []Track  `json:"tracks,omitempty"`        // components that are made side by side
	Sizes        []string `json:"sizes,omitempty"`         // what a job's quantity is made up of, in order: S, M, L; 6, 7, 8
	Second       string   `json:"second,omitempty"`        // unit of a balance kept beside the quantity: stones beside grams
	Retired      []Stage  `json:"retired,omitempty"`       // of earlier versions, so that what still is there has a name
	Over         int      `json:"over_percent,omitempty"`  // how much more than it received a stage may pass on, in percent
	WasteReasons []Reason `json:"waste_reasons,omitempty"` // of wastage and of rework
	HoldReasons  []Reason `json:"hold_reasons,omitempty"`

	Gone []GoneField `json:"gone,omitempty"` // private fields of earlier versions, whose values jobs still have

	withheld []string // what As took away: form and field
}

// Stage is one step of a process.
type Stage struct {
	Code       string   `json:"code"` // unique within the process, in URLs and movements: die-cutting
	Name       string   `json:"name"`
	Short      string   `json:"short,omitempty"` // for narrow columns; the name when empty
	Phase      string   `json:"phase,omitempty"`
	Target     int      `json:"target_minutes,omitempty"` // working minutes from ready to done; 0: none set
	Vendor     ID       `json:"vendor,omitzero"`          // the outside party that does it, zero for in-house
	Track      string   `json:"track,omitempty"`          // the component it belongs to, empty for the job's own route
	Outside    bool     `json:"outside,omitempty"`        // a vendor does it, whichever
	Unit       string   `json:"unit,omitempty"`           // what is counted here and from here on; empty: as before
	Yields     Ratio    `json:"yields,omitzero"`          // what one unit becomes at the next stage: a sheet, 8 cartons
	Optional   bool     `json:"optional,omitempty"`       // decided per job: required, not required, or still open
	Inspection bool     `json:"inspection,omitempty"`     // good is what passed, the rest has failed
	Approval   bool     `json:"approval,omitempty"`       // a named person says yes before anything goes on
	Counter    bool     `json:"counter,omitempty"`        // the machine counts: reports may give its readings
	Dwell      int      `json:"dwell_minutes,omitempty"`  // curing, drying, cooling: nothing goes on before
	Allowance  Quantity `json:"allowance,omitempty"`      // the standard wastage, in percent of what came
	Limit      int      `json:"limit,omitempty"`          // of jobs at once: more, and the stage before pauses
	Grades     []string `json:"grades,omitempty"`         // what goes on is told by grade: A, B, C
	Calendar   string   `json:"calendar,omitempty"`       // code of the one it works by; empty: the organisation's own
	Stuck      Alarms   `json:"stuck,omitzero"`           // after how long what is here counts as stuck
	Stations   []string `json:"stations,omitempty"`       // machines or places where it is done: Heidelberg SM74, Table 3
	Public     string   `json:"public,omitempty"`         // what customers read while a job is here; empty: the name
	Hidden     bool     `json:"hidden,omitempty"`         // customers do not see it: they read the milestone before
	Needs      []string `json:"needs,omitempty"`          // inspections that must have passed what goes on from here
	LotIn      bool     `json:"lot_in,omitempty"`         // asks which lots of material go in
	LotOut     bool     `json:"lot_out,omitempty"`        // gives what comes out a lot number
	Fields     []Field  `json:"fields,omitempty"`         // the stage's form
}

// Track is a component of every job of a process: a child job of its own, with its own stages, that one stage of the
// parent waits for.
type Track struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Unit  string   `json:"unit,omitempty"` // empty: the process's
	Per   Quantity `json:"per"`            // how many go into one of the parent
	Joins string   `json:"joins"`          // code of the parent's stage that waits for it
}

// Track finds a component by code.
func (p Process) Track(code string) (Track, bool) {
	for _, t := range p.Tracks {
		if t.Code == code {
			return t, true
		}
	}
	return Track{}, false
}

// Called is what people call a stage: a component's carries the component's name.
func (p Process) Called(s Stage) string {
	if t, ok := p.Track(s.Track); ok {
		return t.Name + " · " + s.Name
	}
	return s.Name
}

// On is the stages of a track in order, of the job's own route for the empty code.
func (p Process) On(track string) []Stage {
	var list []Stage
	for _, s := range p.Stages {
		if s.Track == track {
			list = append(list, s)
		}
	}
	return list
}

// Field is one thing a form asks for.
type Field struct {
	Code     string    `json:"code"` // unique within the form
	Label    string    `json:"label"`
	Type     FieldType `json:"type"`
	Unit     string    `json:"unit,omitempty"`    // of a number
	Min      *Quantity `json:"min,omitempty"`     // of a number
	Max      *Quantity `json:"max,omitempty"`     //
	Choices  []string  `json:"choices,omitempty"` // of a choice, or of several
	Required bool      `json:"required,omitempty"`
	OnStart  bool      `json:"on_start,omitempty"` // asked when work starts, else when something goes on
	For      []Role    `json:"for,omitempty"`      // private: who beside owners reads it; empty: everybody
	Before   string    `json:"before,omitempty"`   // of the job's format: filled before work at the stage of this code, not when the job is made
}

// GoneField is a private field that the process no longer has, so that what jobs hold of it stays private.
type GoneField struct {
	Form string `json:"form,omitempty"` // code of the stage; empty: the job's own format
	Code string `json:"code"`
	For  []Role `json:"for"`
}

// FieldType is what a field takes.
type FieldType string

const (
	TextField   FieldType = "text"
	NumberField FieldType = "number"
	DateField   FieldType = "date"
	ChoiceField FieldType = "choice"
	YesNoField  FieldType = "yesno"

	ChoicesField   FieldType = "choices"   // several of the choices: see Field.Chosen
	PhotoField     FieldType = "photo"     // up to MaxPictures: see WritePictures
	SignatureField FieldType = "signature" // one picture, or the full name typed: see TypedSignature
)

// TargetTime is the stage's target as working time, zero when none is set.
func (s Stage) TargetTime() time.Duration { return time.Duration(s.Target) * time.Minute }

// Label is the short name when there is one.
func (s Stage) Label() string {
	if s.Short != "" {
		return s.Short
	}
	return s.Name
}

// Reason is one entry of a list a person picks from. Codes that the glossary knows (no_material, machine_down,
// no_power, quality, other ...) are shown in the person's language, others by their label.
type Reason struct {
	Code  string `json:"code"`
	Label string `json:"label,omitempty"`
}

// Stage finds a stage by code, retired ones included.
func (p Process) Stage(code string) (Stage, bool) {
	for _, list := range [][]Stage{p.Stages, p.Retired} {
		for _, s := range list {
			if s.Code == code {
				return s, true
			}
		}
	}
	return Stage{}, false
}

// UnitAt is what is counted at a stage: its own unit, else that of the nearest stage before which has one, else the
// process's.
func (p Process) UnitAt(code string) string {
	here, _ := p.Stage(code)
	unit := p.Unit
	if t, ok := p.Track(here.Track); ok && t.Unit != "" {
		unit = t.Unit
	}
	for _, s := range p.On(here.Track) {
		if s.Unit != "" {
			unit = s.Unit
		}
		if s.Code == code {
			return unit
		}
	}
	return unit
}

// Route is the codes of the stages of a job's own route in order, without those of its components.
func (p Process) Route() []string { return p.route("") }

func (p Process) route(track string) []string {
	stages := p.On(track)
	codes := make([]string, len(stages))
	for i, s := range stages {
		codes[i] = s.Code
	}
	return codes
}

func knows(reasons []Reason, code string) bool {
	for _, r := range reasons {
		if r.Code == code {
			return true
		}
	}
	return false
}

// StarterHolds are the reasons every shop has for stopping work.
func StarterHolds() []Reason {
	return []Reason{{Code: "no_material"}, {Code: "machine_down"}, {Code: "no_power"}, {Code: "quality"}, {Code: "other"}}
}

// Starter is the process a new organisation begins with, until it has its own.
func Starter(id ID) Process {
	return Process{ID: id, Version: 1, Name: "Jobs", Mode: QuantityMode, Unit: "pcs", Prefix: "JC",
		WasteReasons: []Reason{{Code: "quality"}, {Code: "machine_down"}, {Code: "other"}}, HoldReasons: StarterHolds(),
		Stages: []Stage{
			{Code: "planning", Name: "Planning", Target: 240}, {Code: "production", Name: "Production", Target: 960},
			{Code: "quality-check", Name: "Quality check", Short: "QC", Target: 120}, {Code: "packing", Name: "Packing", Target: 120},
			{Code: "dispatch", Name: "Dispatch", Target: 240},
		}}
}
