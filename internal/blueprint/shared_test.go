package blueprint

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clicarity/internal/flow"
)

// sharedFile is a file of the product's own description, which is kept beside the project and not in it.
func sharedFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../shared/product/" + name)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not beside the project (../shared): the templates are not compared with it", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// formOf are the forms of forms.json that a trade of the gallery fills, by the beginning of the job they show. The other
// forms are of management systems (audits, SOPs, certificates), which are no trade.
var formOf = map[string]string{
	"#EXP-2026": "export-trading", "#WO-4821": "food-processing", "#WO-6614": "ayurveda", "#TX-2026": "textile",
	"#WO-3371": "automotive-components", "#WO-7712": "medical-devices", "#WO-7743": "packaging", "#WO-1104": "engineering",
}

// What a form asks that a template need not: each with where it is instead.
var askedElsewhere = []struct{ label, why string }{
	{`^(Order qty|Qty\b.*|Quantity.*|Scrap qty|Rejects|Wastage.*|Rejection reason)$`, "the account of the stage counts it, with reasons"},
	{`^(Operator|Inspector|Tester|Received by|Authorised by.*|Dispensed by|Sign-off|First-off approved by)$`, "the movement says who did it"},
	{`^(Despatch date|Issue date|Date|Completion date|MFG date)$`, "the movement says when it happened"},
	{`^(Machine no\.|Equipment no\.)$`, "stations of the stage"},
	{`^(Lot number|Lot no\.|Lot / heat no\.|Heat no\.|Fibre lot no\.|Batch no\.|Supplier name|Material cert.*)$`, "the lot that goes in or comes out, with its supplier"},
	{`^(Customer.*|Client|Buyer|Buyer confirmed|Buyer details on TC|Delivery date|Required delivery|Special notes|Special requirements|Priority)$`, "every job's own fields"},
	{`^(Product|Product name|Product type|Product spec|Device name|Batch size|Destination country)$`, "the order's form or its item"},
	{`^(Pass / Fail|Inspection done|Spec confirmed|Drawing rev\. confirmed)$`, "passed and failed are counted at inspections; a revision is a field of the order"},
	{`^(Moisture % post-mill|Process type|Furnace no\.|Temp \(°C\)|Soak time \(min\))$`, "of a stage that the trade's list of stages has not"},
	{`^(GOTS certification no\.|Organic fibre source confirmed|Transaction cert\. issued|Label grade: .*|TC copy with shipment)$`, "of certified organic cloth alone: added by those who make it"},
}

// The forms of forms.json: what they ask at a stage is asked by the template of that trade, or is known otherwise.
func TestFormsOfTheTrades(t *testing.T) {
	t.Parallel()
	var list struct {
		Forms []struct {
			Job    string       `json:"job"`
			Before []shownStage `json:"before_split"`
			Subs   []shownStage `json:"sub_jobs"`
			After  []shownStage `json:"after_rejoin"`
		}
	}
	if err := json.Unmarshal(sharedFile(t, "forms.json"), &list); err != nil {
		t.Fatal(err)
	}
	seen, asked, used := map[string]bool{}, 0, map[string]bool{}
	for _, form := range list.Forms {
		for begins, slug := range formOf {
			if !strings.HasPrefix(form.Job, begins) {
				continue
			}
			seen[slug] = true
			labels := labelsOf(t, slug)
			for _, s := range slices.Concat(form.Before, form.Subs, form.After) {
				for _, f := range s.Fields {
					if labels[strings.ToLower(f.Label)] {
						asked++
						continue
					}
					why := elsewhere(f.Label)
					if used[why] = true; why == "" {
						t.Errorf("%s: nobody is asked %q at %s", slug, f.Label, s.Stage)
					}
				}
			}
		}
	}
	if len(seen) != len(formOf) || asked < 110 {
		t.Errorf("%d forms were compared, %d fields are in the templates", len(seen), asked)
	}
	for _, e := range askedElsewhere {
		if !used[e.why] {
			t.Errorf("the exception %q excuses nothing any more", e.why)
		}
	}
}

type shownStage struct {
	Stage  string
	Fields []struct{ Label string }
}

func elsewhere(label string) string {
	for _, e := range askedElsewhere {
		if regexp.MustCompile(e.label).MatchString(label) {
			return e.why
		}
	}
	return ""
}

// labelsOf are all fields of a template, of the order and of the stages, in small letters.
func labelsOf(t *testing.T, slug string) map[string]bool {
	t.Helper()
	tpl, ok := Find(slug)
	if !ok {
		t.Fatalf("no template %s", slug)
	}
	labels := map[string]bool{}
	for _, f := range tpl.Process.Fields {
		labels[strings.ToLower(f.Label)] = true
	}
	for _, s := range tpl.Process.Stages {
		for _, f := range s.Fields {
			labels[strings.ToLower(f.Label)] = true
		}
	}
	return labels
}

// tradeRow is a row of the table of order fields and units of industries.md.
type tradeRow struct {
	slug          string
	fields, units []string
}

// slugOf are the templates whose name in that table is a short one.
var slugOf = map[string]string{"wide-format": "wide-format-printing", "automotive": "automotive-components", "aerospace": "aerospace-components", "pipe": "pipe-manufacturing",
	"hvac": "hvac-manufacturing", "solar-panel": "solar-panel-assembly", "rubber": "rubber-products", "food": "food-processing", "dairy": "dairy-plants", "ceramic": "ceramic-tiles",
	"paper": "paper-mills", "kitchen": "kitchen-manufacturing", "medical": "medical-devices"}

func tradeTable(t *testing.T) (rows []tradeRow) {
	t.Helper()
	_, table, _ := strings.Cut(string(sharedFile(t, "industries.md")), "## Order fields, units and wastage points")
	table, _, _ = strings.Cut(table, "\n## ")
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || strings.Contains(cells[0], "Industry") || strings.Contains(cells[0], "---") {
			continue
		}
		list := func(cell string) (names []string) {
			cell = regexp.MustCompile(`\([^)]*\)|\*`).ReplaceAllString(cell, "")
			for _, name := range regexp.MustCompile(`,| or `).Split(cell, -1) {
				names = append(names, strings.ToLower(strings.TrimSpace(name)))
			}
			return names
		}
		name := strings.TrimSpace(cells[0])
		rows = append(rows, tradeRow{slug: cmp.Or(slugOf[name], name), fields: list(cells[1]), units: list(cells[2])})
	}
	if len(rows) < 35 {
		t.Fatalf("the table has %d rows", len(rows))
	}
	return rows
}

// sameAs are the words of the table that templates say otherwise: for all trades, or for one (trade/word). Those that begin
// with "=" are no field of the order, and say where it is instead.
var sameAs = map[string]string{
	"quantity": "=every job's", "deadline": "=every job's due date", "delivery": "=every job's due date", "delivery date": "=every job's due date", "dispatch date": "=every job's due date",
	"sizes": "=sizes of the process", "size ratio": "=sizes of the process", "batch": "batch no.", "paper": "paper / gsm", "drawing": "drawing no.", "drawings": "drawing no.", "drawing rev.": "drawing revision",
	"material spec": "material specification", "specs": "material grade", "spec": "size", "box dimensions": "box size", "packaging/box dimensions": "box l×w×h", "packaging/material": "board",
	"label-printing/label spec": "label size", "pharma-packaging/batch size": "batch no.", "aerospace-components/drawing": "part no.", "aerospace-components/revision": "drawing revision",
	"thickness": "thickness (mm)", "width": "width (mm)", "length": "length (mm)", "wire-cable/length": "drum length (m)", "electronics/customer order": "=every job's customer", "electronics/forecast": "=every job's customer",
	"bom": "bom revision", "electrical-panels/specs": "ga drawing no.", "lot": "=the lot that goes in, at the first stage", "material lot": "=the lot that goes in, at the first stage",
	"diameter": "log diameter", "quality": "grade", "glass spec": "glass specification", "design": "design no.", "weight": "finished weight (g)",
	"components": "=components of the process", "rigid-boxes/components": "components", "certs": "certificate of analysis", "coa": "certificate of analysis", "plastics/part no.": "part no.",
}

// The fields of the order that industries.md names for each trade are asked by its template.
func TestOrderFieldsOfTheTrades(t *testing.T) {
	t.Parallel()
	for _, row := range tradeTable(t) {
		labels := labelsOf(t, row.slug)
		for _, name := range row.fields {
			is := cmp.Or(sameAs[row.slug+"/"+name], sameAs[name], name)
			if !labels[is] && !strings.HasPrefix(is, "=") {
				t.Errorf("%s: the order does not ask %q (as %q) of %v", row.slug, name, is, slices.Sorted(maps.Keys(labels)))
			}
		}
	}
}

// unitAs are the units of the table as templates write them; "=" says why a template counts in another.
var unitAs = map[string]string{
	"metres": "m", "linear metres": "m", "pieces": "pcs", "kg reel": "kg", "kg yarn": "kg", "kg wax": "kg", "kg compound": "kg", "tonnes/kg": "kg", "reels kg": "kg", "metres per drum": "m", "grams": "g",
	"kg/l": "kg", "veneer sheets": "sheets", "panels by grade": "panels", "boxes by grade": "boxes", "pairs by size": "pairs", "pieces by size": "pcs", "tablets/capsules": "tablets", "per component": "sheets",
	"printing/ups": "=the ratio of its die cutting", "packaging/blanks": "=sheets until they are cut and cartons after it: a blank is a carton not yet glued", "packaging/boxes": "cartons",
	"pharma-packaging/packs": "blisters", "garments/metres/kg": "=fabric is a lot of material; pieces by size have no factor", "garments/bundles": "=bundles are lots that split off", "textile/grade": "=grades of the final inspection",
	"engineering/kg": "=material is a lot that goes in", "automotive-components/batch": "=lots that go in and out", "lot": "=lots that go in and out", "lots": "=lots that go in and out",
	"steel-processing/coils": "=coils are lots that go in", "electronics/kits": "=a board has one kit", "electronics/serials": "=lots that come out", "hvac-manufacturing/coils": "=made inside the unit, one each",
	"solar-panel-assembly/strings": "=between cells and panels nothing is counted twice", "plastics/shots": "=the machine counter counts shots", "pipe-manufacturing/metres": "=the length of a pipe is a field of the order", "plastics/regrind %": "=a field of its stage",
	"chemicals-paints/containers": "tins", "paper-mills/metres": "=the machine is paid by weight", "paper-mills/gsm": "=a field of the order", "kitchen-manufacturing/packs": "=a cabinet is packed as one",
	"jewellery/stones": "=its second balance",
}

// The units that industries.md names for each trade are those that its jobs are counted in, from stage to stage.
func TestUnitsOfTheTrades(t *testing.T) {
	t.Parallel()
	for _, row := range tradeTable(t) {
		tpl, ok := Find(row.slug)
		if !ok {
			t.Errorf("no template %s", row.slug)
			continue
		}
		var have []string
		for _, s := range tpl.Process.Stages {
			have = append(have, tpl.Process.UnitAt(s.Code))
		}
		for _, name := range row.units {
			is := cmp.Or(unitAs[row.slug+"/"+name], unitAs[name], name)
			if !slices.Contains(have, is) && !strings.HasPrefix(is, "=") {
				t.Errorf("%s: nothing is counted in %q (as %q), only in %v", row.slug, name, is, slices.Compact(have))
			}
		}
	}
}

// What six thousand of the first unit become, from unit to unit: the factors are in the job and can be changed for one.
func TestUnitsChangeOnTheWay(t *testing.T) {
	t.Parallel()
	for slug, want := range map[string]string{
		"corrugation": "kg m boards boxes", "textile": "kg m rolls", "paper-mills": "kg reams", "plywood": "logs sheets panels", "rubber-products": "kg parts", "plastics": "kg parts",
		"candles": "kg units", "steel-processing": "kg sheets", "wire-cable": "kg m drums", "label-printing": "m labels rolls", "sheet-metal": "sheets parts", "construction-materials": "batches blocks",
		"printing": "sheets pcs", "packaging": "sheets cartons", "food-processing": "kg packs cartons", "dairy-plants": "litres packs crates", "chemicals-paints": "kg tins", "ayurveda": "kg tablets packs",
		"kitchen-manufacturing": "boards cabinets", "rigid-boxes": "boxes", "pharma-packaging": "blisters cartons shippers", "ceramic-tiles": "tiles boxes", "solar-panel-assembly": "cells panels",
	} {
		tpl, _ := Find(slug)
		var units []string
		for _, s := range tpl.Process.On("") {
			units = append(units, tpl.Process.UnitAt(s.Code))
		}
		if got := strings.Join(slices.Compact(units), " "); got != want {
			t.Errorf("%s counts in %s, want %s", slug, got, want)
		}
	}
}

// The rigid box, list by list: five components made side by side, all of them into pasting and assembly.
func TestTheRigidBox(t *testing.T) {
	t.Parallel()
	tpl, _ := Find("rigid-boxes")
	for track, want := range map[string]string{
		"Top label":    "Docket, Paper, Printing, Lamination, Foiling, Embossing, Factory inward",
		"Bottom label": "Docket, Paper, Printing, Lamination, Factory inward",
		"Boards":       "Docket, Cutting, Scoring, Factory inward",
		"Tray":         "Docket, Cutting, Forming, Factory inward",
		"Accessories":  "Procurement, Accessories QC, Factory inward",
	} {
		tr, ok := tpl.Process.Track(flow.MakeCode(track))
		joins, _ := tpl.Process.Stage(tr.Joins)
		var names []string
		for _, s := range tpl.Process.On(tr.Code) {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, ", "); !ok || got != want || joins.Name != "Pasting & Assembly" || joins.Track != "" {
			t.Errorf("%s is %s and joins at %q, want %s", track, got, joins.Name, want)
		}
	}
	var after []string
	for _, s := range tpl.Process.On("") {
		if s.Name == "Pasting & Assembly" || len(after) > 0 {
			after = append(after, s.Name)
		}
	}
	if got := strings.Join(after, ", "); got != "Pasting & Assembly, Accessories Fitting, Finishing, QC Inspection, Packing, Dispatch, Delivered & Confirmed" || len(tpl.Process.Tracks) != 5 {
		t.Errorf("from assembly on it is %s", got)
	}
	dispatch, _ := tpl.Process.Stage("dispatch")
	if len(dispatch.Needs) != 1 || dispatch.Needs[0] != "qc-inspection" {
		t.Errorf("dispatch needs %v", dispatch.Needs)
	}
}

// Customers see every trade in a few names, the first from the first stage on, none of them twice.
func TestMilestonesOfTheTrades(t *testing.T) {
	t.Parallel()
	for _, tpl := range Gallery() {
		list := flow.Milestones(tpl.Process.On(""))
		seen := map[string]bool{}
		for _, m := range list {
			if seen[m.Name] {
				t.Errorf("%s: %q twice", tpl.Slug, m.Name)
			}
			seen[m.Name] = true
		}
		if len(list) < 5 || len(list) > 9 || list[0].Stages[0] != tpl.Process.On("")[0].Code {
			t.Errorf("%s: customers see %d milestones", tpl.Slug, len(list))
		}
	}
}
