package history

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/xes"
)

// The keys of the product's own extension, in which an exported event carries the movement it was.
const (
	keyKind     = "clicarity:kind"
	keyStage    = "clicarity:stage"
	keyMark     = "clicarity:mark"
	keyFacts    = "clicarity:facts"
	keyRecorded = "clicarity:recorded"
	keyCommand  = "clicarity:command"
	keyPart     = "clicarity:part"
	keyNumber   = "clicarity:seq"
	keyMember   = "clicarity:member"
	keyDevice   = "clicarity:device"
	keyProcess  = "clicarity:process"
	keyMode     = "clicarity:mode"
)

// OwnExtension declares those keys.
func OwnExtension() xes.Extension {
	return xes.Extension{Name: "Clicarity", Prefix: "clicarity", URI: "https://clicarity.example/clicarity.xesext"}
}

// transitions are the standard lifecycle's words for kinds of movements.
var transitions = map[flow.Kind]string{
	flow.KindStarted: "start", flow.KindReported: "complete", flow.KindHeld: "suspend", flow.KindResumed: "resume",
	flow.KindAssigned: "assign", flow.KindSkipped: "manualskip", flow.KindCreated: "schedule", flow.KindReceived: "complete", flow.KindSent: "start",
}

// Names are what an exported log calls things.
type Names struct {
	Stage   func(process flow.ID, code string) string
	Process func(flow.ID) string
	Member  func(flow.ID) string
	Zone    *time.Location
}

// Exporter writes a history that comes job by job as XES.
type Exporter struct {
	W     *xes.Writer
	Names Names

	job     flow.ID
	process flow.ID
	open    bool
}

// Begin writes the head of the log.
func (x *Exporter) Begin(organisation string) error {
	return x.W.Begin(append(xes.Standard(), OwnExtension()), []xes.Attr{xes.Text(xes.Name, organisation)})
}

// Add writes a movement, whole: what the standard has no word for stands in the product's own extension. facts is the stored
// text.
func (x *Exporter) Add(m flow.Movement, facts string) error {
	if !x.open || m.Job != x.job {
		if err := x.trace(m); err != nil {
			return err
		}
	}
	name := x.Names.Stage(x.process, m.Stage)
	if m.Stage == "" {
		name = string(m.Kind)
	}
	attrs := []xes.Attr{
		xes.Text(xes.Name, name),
		xes.Date(xes.Timestamp, m.Occurred.Time().In(x.Names.Zone)),
		xes.Text(xes.Transition, cmp.Or(transitions[m.Kind], "unknown")),
		xes.Text(xes.Resource, cmp.Or(m.Facts.Worker, x.Names.Member(m.Member))),
		{Kind: "id", Key: xes.Identity, Value: flow.DerivedID([32]byte(append(m.Command[:], m.Job[:]...))).String()},
	}
	if m.Facts.Station != "" {
		attrs = append(attrs, xes.Text(xes.Group, m.Facts.Station))
	}
	return x.W.Event(append(attrs,
		xes.Text(keyKind, string(m.Kind)), xes.Text(keyStage, m.Stage), xes.Text(keyMark, m.Mark),
		xes.Date(keyRecorded, m.Recorded.Time().In(x.Names.Zone)),
		xes.Attr{Kind: "id", Key: keyCommand, Value: m.Command.String()}, xes.Attr{Kind: "int", Key: keyPart, Value: strconv.Itoa(m.Part)},
		xes.Attr{Kind: "int", Key: keyNumber, Value: strconv.FormatInt(m.Seq, 10)}, xes.Attr{Kind: "id", Key: keyMember, Value: m.Member.String()},
		xes.Text(keyDevice, m.Device), xes.Text(keyFacts, facts)))
}

func (x *Exporter) trace(m flow.Movement) error {
	if err := x.end(); err != nil {
		return err
	}
	x.job, x.process, x.open = m.Job, m.Facts.Process, true
	return x.W.Trace([]xes.Attr{xes.Text(xes.Name, m.Facts.Number), {Kind: "id", Key: xes.Identity, Value: m.Job.String()},
		xes.Text(keyProcess, x.Names.Process(m.Facts.Process)), xes.Text(keyMode, string(m.Facts.Mode))})
}

func (x *Exporter) end() error {
	if !x.open {
		return nil
	}
	x.open = false
	return x.W.End()
}

// Close ends the log.
func (x *Exporter) Close() error {
	if err := x.end(); err != nil {
		return err
	}
	return x.W.Close()
}

// own is an event that was exported from here, as the movement it was.
func own(attrs []xes.Attr) (flow.Movement, bool, error) {
	m := flow.Movement{Kind: flow.Kind(xes.Find(attrs, keyKind)), Stage: xes.Find(attrs, keyStage), Mark: xes.Find(attrs, keyMark)}
	if m.Kind == "" {
		return m, false, nil
	}
	at, err := time.Parse(time.RFC3339Nano, xes.Find(attrs, xes.Timestamp))
	if err != nil {
		return m, true, err
	}
	m.Occurred = flow.At(at)
	if id := xes.Find(attrs, keyCommand); id != "" {
		if m.Command, err = flow.ParseID(id); err != nil {
			return m, true, err
		}
	}
	return m, true, json.Unmarshal([]byte(cmp.Or(xes.Find(attrs, keyFacts), "{}")), &m.Facts)
}

// note is what a row says beyond what a row has room for, as JSON.
func note(attrs []xes.Attr, known ...string) string {
	rest := map[string]any{}
	for _, a := range attrs {
		skip := false
		for _, k := range known {
			skip = skip || a.Key == k && len(a.Attrs) == 0
		}
		switch first, twice := rest[a.Key]; {
		case twice && !skip: // a key may stand there twice
			rest[a.Key] = []any{first, plain(a)}
		case !skip:
			rest[a.Key] = plain(a)
		}
	}
	if len(rest) == 0 {
		return ""
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(rest); err != nil { // maps of texts always encode
		return ""
	}
	return strings.TrimSpace(b.String())
}

// plain is an attribute as JSON has it: its value, or when it has nested ones, its value and those.
func plain(a xes.Attr) any {
	if len(a.Attrs) == 0 {
		return a.Value
	}
	var inner []any
	for _, n := range a.Attrs {
		inner = append(inner, map[string]any{n.Key: plain(n)})
	}
	if a.Value == "" {
		return inner
	}
	return map[string]any{"value": a.Value, "attrs": inner}
}
