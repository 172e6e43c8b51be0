package history_test

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/history"
	"clicarity/internal/postgres"
	"clicarity/internal/xes"
)

func (p *plant) export() []byte {
	p.t.Helper()
	lens := p.lens()
	var b bytes.Buffer
	x := history.Exporter{W: xes.NewWriter(&b), Names: history.Names{Stage: func(id flow.ID, code string) string { name, _ := lens.Place(id, code); return name },
		Process: lens.Process, Member: func(flow.ID) string { return "Asha Patil" }, Zone: p.im.Zone}}
	if err := x.Begin("Pune Machining"); err != nil {
		p.t.Fatal(err)
	}
	if err := p.db.Stream(p.t.Context(), p.org, true, func(r postgres.Record) error { return x.Add(r.Movement, r.Stored) }); err != nil {
		p.t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		p.t.Fatal(err)
	}
	return b.Bytes()
}

// jobs are the movements by job number, without what belongs to one organisation: its ids and numbers.
func (p *plant) jobs() map[string][]flow.Movement {
	p.t.Helper()
	all := map[string][]flow.Movement{}
	number := ""
	err := p.byJob(func(m flow.Movement) error {
		if m.Kind == flow.KindCreated {
			number = m.Facts.Number
		}
		m.Facts.Process, m.Facts.Version = flow.ID{}, 0
		all[number] = append(all[number], flow.Movement{Kind: m.Kind, Stage: m.Stage, Occurred: m.Occurred, Mark: m.Mark, Facts: m.Facts})
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

func (p *plant) bringXES(text string) history.Result {
	p.t.Helper()
	r, err := p.im.ImportXES(p.t.Context(), "Hospital", strings.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.db.Verify(p.t.Context(), p.org); err != nil {
		p.t.Fatal(err)
	}
	return r
}

// The real plant's log, exported as XES and brought into another organisation, makes the same movements: jobs, stages, kinds,
// times, marks and all facts. A second import adds nothing.
func TestXESComesBackAsTheSameMovements(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(logPath)
	if err != nil {
		t.Skip("the real production log is not beside this checkout: ../shared/data/production-log.csv")
	}
	one, two := openPlant(t), openPlant(t)
	one.bring(realMap, string(text))
	log := string(one.export())
	r := two.bringXES(log)
	want, got := one.jobs(), two.jobs()
	if len(want) != 225 || r.Jobs != 225 || r.Bad != 0 || r.Stages != 51 {
		t.Errorf("%d jobs, %+v, bad %v", len(want), r, two.bad)
	}
	n := 0
	for number, moves := range want {
		n += len(moves)
		if !reflect.DeepEqual(moves, got[number]) {
			t.Errorf("%s came back as\n%+v\nand was\n%+v", number, got[number], moves)
		}
	}
	if again := two.bringXES(log); again.Movements != 0 || r.Movements != n {
		t.Errorf("%d movements, %d came, %d more the second time", n, r.Movements, again.Movements)
	}
	t.Logf("%d movements of %d jobs are the same, %d bytes of XES", n, len(want), len(log))
}

const hospital = `<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
 <extension name="Hospital" prefix="ward" uri="http://ward.example/ward.xesext"/>
 <global scope="event"><string key="concept:name" value="?"/></global>
 <classifier name="Both" keys="concept:name lifecycle:transition"/>
 <string key="concept:name" value="Ward 7"><int key="beds" value="20"/></string>
 <trace><string key="concept:name" value="P-1"/><float key="ward:fee" value="12.5"/>
  <event><string key="concept:name" value="Triage"/><date key="time:timestamp" value="2026-01-05T09:00:00.000+05:30"/><string key="lifecycle:transition" value="schedule"/></event>
  <event><string key="concept:name" value="Triage"/><date key="time:timestamp" value="2026-01-05T09:05:00.000+05:30"/><string key="lifecycle:transition" value="start"/><string key="org:resource" value="Sister Rao"/></event>
  <event><string key="concept:name" value="Triage"/><date key="time:timestamp" value="2026-01-05T09:15:00.123+05:30"/><string key="lifecycle:transition" value="complete"/><string key="org:resource" value="Sister Rao"/>
   <list key="ward:drugs"><values><string key="drug" value="Paracetamol"><int key="mg" value="500"/></string><string key="drug" value="ORS"/></values></list>
   <float key="cost:total" value="150"/></event>
  <event><string key="concept:name" value="Surgery"/><date key="time:timestamp" value="2026-01-06T09:15:00Z"/><string key="lifecycle:transition" value="ate_abort"/></event>
  <event><string key="concept:name" value="Triage"/><date key="time:timestamp" value="2026-01-07T09:15:00Z"/></event>
  <event><string key="concept:name" value="Triage"/><date key="time:timestamp" value="2026-01-07T09:15:00Z"/></event>
 </trace>
 <trace><event><string key="concept:name" value="Discharge"/><date key="time:timestamp" value="2026-01-08T09:15:00Z"/><string key="lifecycle:transition" value="complete"/></event></trace>
 <trace><string key="concept:name" value="P-3"/>
  <event><string key="concept:name" value="Discharge"/></event><event><date key="time:timestamp" value="2026-01-08T09:15:00Z"/></event></trace>
</log>`

// Every event of another program's log is kept, with its attributes; what has no time or no activity is told.
func TestEveryEventOfAForeignXESIsKept(t *testing.T) {
	t.Parallel()
	p := openPlant(t)
	r := p.bringXES(hospital)
	if r.Rows != 9 || r.Bad != 2 || r.Jobs != 2 {
		t.Errorf("%+v %v", r, p.bad)
	}
	kept, notes := 0, ""
	for _, moves := range p.jobs() {
		for _, m := range moves {
			if m.Mark == flow.MarkImported && m.Facts.Ref != "" {
				kept++
				notes += m.Facts.Note + "\n"
			}
		}
	}
	if kept != 7 {
		t.Errorf("%d of 7 events are kept", kept)
	}
	for _, want := range []string{`"lifecycle:transition":"schedule"`, `"lifecycle:transition":"ate_abort"`, `"ward:drugs":[{"drug":{"attrs":[{"mg":"500"}],"value":"Paracetamol"}},{"drug":"ORS"}]`, `"cost:total":"150"`} {
		if !strings.Contains(notes, want) {
			t.Errorf("%s is lost: %s", want, notes)
		}
	}
	if again := p.bringXES(hospital); again.Movements != 0 {
		t.Errorf("again: %+v", again)
	}
	for number, want := range map[string]int{"P-1": 6, "trace 2": 1} {
		n := 0
		for _, m := range p.jobs()[number] {
			if m.Facts.Ref != "" {
				n++
			}
		}
		if n != want {
			t.Errorf("%s has %d events, want %d", number, n, want)
		}
	}
}

func TestAFileThatIsNoLogSaysSo(t *testing.T) {
	t.Parallel()
	p := openPlant(t)
	for _, text := range []string{"", "hello", "<html/>", `<!DOCTYPE x [<!ENTITY a "b">]><log/>`} {
		if _, err := p.im.ImportXES(t.Context(), "X", strings.NewReader(text)); err == nil || !strings.Contains(fmt.Sprint(err), "line ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A job that was tracked here, with a hold, a vendor, rework and a report taken back: its quantities and times come back, and
// what a row has no room for is in notes.
func TestATrackedJobComesBackWithItsQuantities(t *testing.T) {
	t.Parallel()
	p := openPlant(t)
	id := func(n byte) flow.ID { return flow.ID{6: 0x70, 8: 0x80, 15: n} }
	at := func(h int) flow.Moment { return flow.At(time.Date(2026, 11, 2, 4+h, 0, 0, 0, time.UTC)) }
	waste := []flow.Waste{{Reason: "quality", Quantity: flow.Units(4)}}
	moves := []flow.Movement{
		{Kind: flow.KindCreated, Facts: flow.Facts{Number: "JC-1", Item: "Box", Quantity: flow.Units(100), Process: id(99), Mode: flow.QuantityMode, Route: []string{"print", "foil", "pack"}}},
		{Kind: flow.KindStarted, Stage: "print"}, {Kind: flow.KindHeld, Stage: "print", Facts: flow.Facts{Reason: "no_power"}}, {Kind: flow.KindResumed, Stage: "print"},
		{Kind: flow.KindReported, Stage: "print", Facts: flow.Facts{Good: flow.Units(999)}}, {Kind: flow.KindUndone, Stage: "print", Facts: flow.Facts{Undoes: id(4)}},
		{Kind: flow.KindReported, Stage: "print", Facts: flow.Facts{Good: flow.Units(96), Wasted: waste}},
		{Kind: flow.KindSent, Stage: "foil", Facts: flow.Facts{Challan: "DC/1", Quantity: flow.Units(96)}},
		{Kind: flow.KindReceived, Stage: "foil", Facts: flow.Facts{Challan: "DC/1", Good: flow.Units(92), Wasted: waste}},
		{Kind: flow.KindReported, Stage: "pack", Facts: flow.Facts{Good: flow.Units(92), Note: "to <Nashik> & back"}},
	}
	var b bytes.Buffer
	x := history.Exporter{W: xes.NewWriter(&b), Names: history.Names{Stage: func(_ flow.ID, code string) string { return code }, Process: func(flow.ID) string { return "Boxes" },
		Member: func(flow.ID) string { return "Asha Patil" }, Zone: p.im.Zone}}
	if err := x.Begin("Shop"); err != nil {
		t.Fatal(err)
	}
	for i, m := range moves {
		m.Job, m.Command, m.Occurred, m.Recorded, m.Mark = id(77), id(byte(i)), at(i), at(i), flow.MarkLive
		if err := x.Add(m, m.Facts.Encode()); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if r := p.bringXES(b.String()); r.Bad != 0 || r.Rows != len(moves) {
		t.Fatalf("%+v %v", r, p.bad)
	}
	jobs, err := p.db.JobsByNumber(t.Context(), p.org, []string{"JC-1"})
	if err != nil || len(jobs) != 1 || jobs[0].Completed != at(9) || jobs[0].Dispatched() != flow.Units(92) || jobs[0].Wasted() != flow.Units(8) || jobs[0].Item != "Box" {
		t.Fatalf("%+v %v", jobs, err)
	}
	all := fmt.Sprint(p.jobs()["JC-1"])
	for _, want := range []string{"no_power", "DC/1", "999", "to <Nashik> & back"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is lost", want)
		}
	}
}
