package blueprint

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"clicarity/internal/flow"
)

var update = flag.Bool("update", false, "write the shipped templates in their one form")

func nobody(flow.ID) string { return "" }

// Every shipped template comes out of the program as it went in, byte by byte.
func TestTemplatesRoundTrip(t *testing.T) {
	names, err := files.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != 51 {
		t.Errorf("%d templates are shipped, want 51", len(names))
	}
	for _, name := range names {
		text, err := files.ReadFile("templates/" + name.Name())
		if err != nil {
			t.Fatal(err)
		}
		b, err := Read(text)
		if err != nil {
			t.Errorf("%s: %v", name.Name(), err)
			continue
		}
		out, err := Write(b.Process, nobody)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile("templates/"+name.Name(), out, 0o644); err != nil { //nolint:gosec // a source file
				t.Fatal(err)
			}
		} else if !bytes.Equal(out, text) {
			t.Errorf("%s comes out otherwise", name.Name())
		}
	}
}

// A stage names its calendar by code, or by the name that people gave it.
func TestAStageNamesItsCalendar(t *testing.T) {
	t.Parallel()
	b, err := Read([]byte("name: Cartons\nmode: quantity\nstages:\n  - name: Printing\n  - name: Drying\n    calendar: Drying room\n"))
	if err != nil || b.Process.Stages[0].Calendar != "" || b.Process.Stages[1].Calendar != "drying-room" {
		t.Fatalf("%+v %v", b.Process.Stages, err)
	}
	text, err := Write(b.Process, nobody)
	if err != nil || !strings.Contains(string(text), "calendar: drying-room\n") || strings.Count(string(text), "calendar") != 1 {
		t.Errorf("%s %v", text, err)
	}
	again, err := Read(text)
	if err != nil || !reflect.DeepEqual(again.Process, b.Process) {
		t.Errorf("%+v %v", again.Process, err)
	}
}

type phase struct {
	Stages []struct {
		Stage string
		Codes []string
	}
}

// industries is the product's list of the trades with their stages.
func industries(t *testing.T) map[string][]phase {
	t.Helper()
	text, err := os.ReadFile("../../../shared/product/industries.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the list of industries is not beside the project")
	}
	var list struct{ Industries map[string][]phase }
	if err := errors.Join(err, json.Unmarshal(text, &list)); err != nil {
		t.Fatal(err)
	}
	return list.Industries
}

// The shipped templates have the stages of their trades, in order, as the product's list of industries has them.
func TestTemplatesAreTheTrades(t *testing.T) {
	t.Parallel()
	list := industries(t)
	for slug, phases := range list {
		tpl, ok := Find(slug)
		if !ok {
			t.Errorf("there is no template for %s", slug)
			continue
		}
		i := 0
		for _, ph := range phases {
			for _, s := range ph.Stages {
				if name, path := strings.CutSuffix(s.Stage, " Path"); path { // a component of its own stages
					if _, ok := tpl.Process.Track(flow.MakeCode(name)); !ok {
						t.Errorf("%s has no component %s", slug, name)
					}
					continue
				}
				for i < len(tpl.Process.Stages) && tpl.Process.Stages[i].Track != "" {
					i++
				}
				if i >= len(tpl.Process.Stages) || tpl.Process.Stages[i].Name != strings.ReplaceAll(s.Stage, " — ", ": ") {
					t.Fatalf("%s: stage %d is not %q", slug, i+1, s.Stage)
				}
				i++
			}
		}
		if i != len(tpl.Process.Stages) {
			t.Errorf("%s has %d stages, want %d", slug, len(tpl.Process.Stages), i)
		}
	}
}

// The marks of industries.json that say what a stage must ask for are in the templates: who approves is asked by name, and a
// gate lets nothing on before it passed, before a form is filled, a lot is named or a time is over.
func TestApprovalsAndGatesOfTheTrades(t *testing.T) {
	t.Parallel()
	list := industries(t)
	asks := func(s flow.Stage) bool {
		return s.Inspection || s.Approval || s.LotIn || s.Dwell > 0 || len(s.Needs) > 0 || slices.ContainsFunc(s.Fields, func(f flow.Field) bool { return f.Required })
	}
	for slug, phases := range list {
		tpl, _ := Find(slug)
		for _, ph := range phases {
			for _, s := range ph.Stages {
				have, ok := tpl.Process.Stage(flow.MakeCode(strings.ReplaceAll(s.Stage, " — ", ": ")))
				if !ok { // a component
					continue
				}
				if slices.Contains(s.Codes, "A") && !have.Approval {
					t.Errorf("%s: nobody approves %s", slug, s.Stage)
				}
				if slices.Contains(s.Codes, "G") && !asks(have) {
					t.Errorf("%s: %s lets everything on", slug, s.Stage)
				}
			}
		}
	}
}

// What the trades give to vendors is sent out in their templates, and what the list of industries times is timed.
func TestWhatIsDoneOutsideAndWhatIsTimed(t *testing.T) {
	t.Parallel()
	for slug, stages := range map[string][]string{
		"printing": {"lamination"}, "rigid-boxes": {"lamination"}, "garments": {"embroidery-printing", "washing-dyeing"}, "footwear": {"embroidery-printing"},
		"cnc-machining": {"heat-treatment-surface-treatment"}, "automotive-components": {"heat-treatment", "surface-treatment"},
		"sheet-metal": {"powder-coating-painting", "plating-galvanising"}, "engineering": {"heat-treatment", "surface-treatment-plating"},
		"steel-processing": {"surface-treatment"}, "jewellery": {"laser-marking-hallmarking"}, "aluminium-glass": {"powder-coating-anodising"},
	} {
		tpl, _ := Find(slug)
		for _, code := range stages {
			if !slices.ContainsFunc(tpl.Process.Stages, func(s flow.Stage) bool { return (s.Code == code || flow.MakeCode(s.Name) == code) && s.Outside }) {
				t.Errorf("%s: %s is not done outside", slug, code)
			}
		}
	}
	for slug, code := range map[string]string{"candles": "curing", "rubber-products": "curing", "food-processing": "cooling-settling", "wide-format-printing": "drying-curing",
		"construction-materials": "water-curing-steam-curing", "construction": "foundation-footings", "ceramic-tiles": "drying", "plywood": "hot-pressing"} {
		tpl, _ := Find(slug)
		if s, ok := tpl.Process.Stage(code); !ok || s.Dwell == 0 {
			t.Errorf("%s: %s is not timed", slug, code)
		}
	}
}

func TestABrokenFileNamesLineAndReason(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Problem{
		"":        {Code: "empty"},
		"name: [": {Line: 1, Code: "syntax"},
		"name: A\nmode: quantity\nstages:\n  - name: Cut\n    colour: red\n":                                     {Line: 5, Code: "unknown_key", Value: "colour"},
		"name: A\nmode: quantity\nstages:\n  - name: Cut\n    target: soon\n":                                    {Line: 5, Code: "wrong_value", Value: "soon"},
		"name: A\nmode: quantity\nstages:\n  - name: Cut\n    yields: 1/0\n":                                     {Line: 5, Code: "wrong_value", Value: "1/0"},
		"name: A\nmode: quantity\nover_percent: many\nstages:\n  - name: Cut\n":                                  {Line: 3, Code: "wrong_value", Value: "many"},
		"name: A\nmode: quantity\nstages:\n  - name: Cut\n  - name: Cut\n    code: two\n":                        {Line: 5, Code: "name_twice"},
		"name: A\nmode: quantity\nstages:\n  - name: Cut\n  - name: Go\n    needs: [cut]\n":                      {Line: 6, Code: "needs_wrong"},
		"name: A\nmode: sideways\nstages:\n  - name: Cut\n":                                                      {Line: 2, Code: "value_wrong"},
		"name: A\nmode: quantity\nstages: []\n":                                                                  {Line: 1, Code: "stage_missing"},
		"name: A\nname: B\nmode: quantity\nstages:\n  - name: Cut\n":                                             {Line: 2, Code: "repeated_key", Value: "name"},
		"name: A\nmode: quantity\nstages:\n  - name: Cut\n    fields:\n      - label: x\n        type: choice\n": {Line: 6, Code: "choices_missing"},
		"name: A\nmode: quantity\nfields:\n  - label: PO\n    before: Go\nstages:\n  - name: Cut\n":              {Line: 4, Code: "before_wrong"},
		strings.Repeat("# long\n", MaxSize):                                                                      {Code: "too_large"},
	} {
		_, err := Read([]byte(text))
		var p *Problem
		if !errors.As(err, &p) {
			t.Errorf("%.60q was read: %v", text, err)
			continue
		}
		p.Refusal = nil
		if !reflect.DeepEqual(*p, want) {
			t.Errorf("%.60q: %+v, want %+v", text, *p, want)
		}
	}
}

func TestTheGalleryIsSearched(t *testing.T) {
	t.Parallel()
	find := func(q string) (slugs []string) {
		for _, tpl := range Gallery() {
			if tpl.Matches(q) {
				slugs = append(slugs, tpl.Slug)
			}
		}
		return slugs
	}
	if got := find("rigid"); len(got) != 1 || got[0] != "rigid-boxes" {
		t.Errorf("rigid finds %v", got)
	}
	if got := find("LAMIN die-cut"); len(got) == 0 || len(got) > 10 {
		t.Errorf("lamin die-cut finds %v", got)
	}
	if got := find(""); len(got) != 51 {
		t.Errorf("nothing finds %d", len(got))
	}
	if got := find("zzz"); got != nil {
		t.Errorf("zzz finds %v", got)
	}
}

// A number that may not be below zero says so in the file too.
func TestABoundOfZeroIsKept(t *testing.T) {
	t.Parallel()
	const text = "name: Milk\nmode: quantity\nstages:\n  - name: Test\n    fields:\n      - label: Fat\n        type: number\n        unit: '%'\n        min: 0\n        max: 100\n"
	b, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if f := b.Process.Stages[0].Fields[0]; f.Min == nil || *f.Min != 0 || f.Max == nil || *f.Max != flow.Units(100) {
		t.Fatalf("%+v", f)
	}
	if out, err := Write(b.Process, nobody); err != nil || string(out) != text {
		t.Errorf("%v\n%s", err, out)
	}
}

func FuzzRead(f *testing.F) {
	for _, tpl := range Gallery()[:3] {
		f.Add(tpl.Text)
	}
	f.Add([]byte("name: A\nmode: unit\nstages:\n - {name: x, fields: [{label: F, type: number, min: 0, max: 0}]}"))
	f.Add([]byte("a: &a [*a]\nname: *a"))
	f.Add([]byte("name: A\nmode: unit\nstages:\n - {name: x, dwell: 3d4h, yields: 1/3, allowance_percent: 2.5}"))
	f.Add([]byte("name: A\nmode: unit\nfields: [{label: PO, before: X y}, {label: F, type: choices, choices: [a, b]}]\nstages:\n - {name: X y, fields: [{label: P, type: photo}, {label: S, type: signature}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Read(text)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) {
				t.Fatalf("no person can read this: %v", err)
			}
			return
		}
		out, err := Write(b.Process, nobody)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(out)
		if err != nil || !reflect.DeepEqual(again.Process, b.Process) {
			t.Fatalf("it comes back otherwise (%v):\n%s\n%+v\n%+v", err, out, b.Process, again.Process)
		}
	})
}
