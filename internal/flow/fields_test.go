package flow

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func anyPicture(n byte) Picture { return Picture{ID: ID{n}, Digest: [32]byte{n, 0xab}} }

// A value of several choices has one form: the order of the field, each once.
func TestSeveralChoicesAreOneText(t *testing.T) {
	t.Parallel()
	f := Field{Code: "finish", Label: "Finish", Type: ChoicesField, Choices: []string{"Gloss", "Matt", "Spot UV", "Yes, foil"}}
	if got := f.Chosen([]string{"Yes, foil", "Gloss", "Gloss"}); got != "Gloss;Yes, foil" {
		t.Errorf("it is %q", got)
	}
	if got := Chosen("Gloss;Yes, foil"); !slices.Equal(got, []string{"Gloss", "Yes, foil"}) {
		t.Errorf("it holds %q", got)
	}
	for value, fits := range map[string]bool{"Gloss": true, "Gloss;Spot UV": true, "Spot UV;Gloss": false, "Gloss;Gloss": false,
		"Gloss;": false, "Gold": false, ";": false, "Gloss;Gold": false} {
		if err := f.check(value); (err == nil) != fits {
			t.Errorf("%q: %v", value, err)
		}
	}
	f.Choices = append(f.Choices, "Matt; soft")
	if err := formAcceptable([]Field{f}); err == nil {
		t.Error("a choice with the mark between choices in it was taken")
	}
	f.Choices = nil
	for i := range maxChoices {
		f.Choices = append(f.Choices, strings.Repeat(string(rune('a'+i%26)), 9+i/26))
	}
	if err := formAcceptable([]Field{f}); err == nil {
		t.Error("choices that do not fit into one value were taken")
	}
}

func TestPicturesInAValue(t *testing.T) {
	t.Parallel()
	photo, signature := Field{Label: "Photo", Type: PhotoField}, Field{Label: "Sign", Type: SignatureField}
	one, five := []Picture{anyPicture(1)}, []Picture{}
	for n := range byte(5) {
		five = append(five, anyPicture(n+1))
	}
	for _, c := range []struct {
		value              string
		isPhoto, signature bool
	}{
		{WritePictures(one), true, true}, {WritePictures(five[:4]), true, false}, {WritePictures(five), false, false},
		{WritePictures([]Picture{one[0], one[0]}), false, false}, {strings.ToUpper(WritePictures(one)), false, false},
		{WritePictures(one) + " ", false, false}, {"x.jpg", false, false}, {TypedSignature("Asha Patil"), false, true},
		{TypedSignature(""), false, false}, {TypedSignature(" "), false, false}, {TypedSignature(strings.Repeat("a", MaxText+1)), false, false},
	} {
		if (photo.check(c.value) == nil) != c.isPhoto || (signature.check(c.value) == nil) != c.signature {
			t.Errorf("%.60q: photo %v, signature %v", c.value, photo.check(c.value), signature.check(c.value))
		}
	}
	m := Movement{Facts: Facts{Values: map[string]string{"photo": WritePictures(five[:2]), "note": "all well"}, Set: map[string]string{SetField + "photo": WritePictures(five[2:3])}}}
	if got := m.Pictures(); len(got) != 3 {
		t.Errorf("the movement names %v", got)
	}
}

func FuzzParsePictures(f *testing.F) {
	f.Add(WritePictures([]Picture{anyPicture(1), anyPicture(2)}))
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		if list, ok := ParsePictures(value); ok && WritePictures(list) != value {
			t.Errorf("%q comes back as %q", value, WritePictures(list))
		}
	})
}

func needing(p *Process) {
	p.Fields = []Field{{Code: "po", Label: "PO number", Type: TextField, Before: "print"}}
}

// A field that must be filled before a stage keeps work from beginning there and after, in every way, and nothing before.
func TestAFieldIsNeededBeforeAStage(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, needing, "order", "print", "pack")
	l.ok(Start{Work: l.at("order")})
	l.ok(Report{Work: l.at("order"), Good: Units(400)})
	print := l.at("print")
	if got := l.process.Needed(l.job, "pack"); len(got) != 1 || len(l.process.Needed(l.job, "order")) != 0 {
		t.Errorf("packing needs %v", got)
	}
	for _, a := range []Action{Start{Work: print}, Finish{Work: print}, Report{Work: print, Good: Units(100)}, Report{Work: print, Wasted: waste(1)},
		Send{Lines: []SendLine{{Work: print}}, Vendor: ID{4}}} {
		l.refused(FieldNeeded, a)
	}
	l.ok(Start{Work: print, Override: "the buyer gives it by phone today"})
	l.ok(Report{Work: print, Good: Units(100), Release: Release{Override: "the same"}})
	l.refused(FieldNeeded, Finish{Work: l.at("pack")})
	l.ok(Change{Job: ID{5}, Set: map[string]string{SetField + "po": "PO-881"}})
	l.ok(Finish{Work: l.at("pack")})
	l.ok(Finish{Work: print})
}

func TestAFieldIsNeededWhatComesBackFromAVendor(t *testing.T) {
	t.Parallel()
	l := openLine(t, 500, needing, "print", "pack")
	l.ok(Send{Lines: []SendLine{{Work: l.at("print")}}, Vendor: ID{4}, Override: "the van waits", Goods: CapitalGoods})
	out := l.job.Stages[0].Out[0]
	if out.Goods != CapitalGoods {
		t.Errorf("sent as %q", out.Goods)
	}
	l.refused(FieldNeeded, Receive{Work: l.at("print"), Challan: out.Challan, Good: Units(500)})
	l.refused(FieldWrong, Send{Lines: []SendLine{{Work: l.at("print")}}, Vendor: ID{4}, Goods: "gold"})
}

func TestOnlyStagesOfTheRouteAreNamedByBefore(t *testing.T) {
	t.Parallel()
	p := Starter(ID{1})
	p.Fields = []Field{{Code: "po", Label: "PO number", Type: TextField, Before: "production"}}
	if err := p.Acceptable(); err != nil {
		t.Error(err)
	}
	p.Fields[0].Before = "lamination"
	if r, ok := p.Acceptable().(*Refusal); !ok || r.Code != BeforeWrong {
		t.Errorf("before no stage: %v", r)
	}
	p.Fields[0].Before = ""
	p.Stages[0].Fields = []Field{{Code: "po", Label: "PO number", Type: TextField, Before: "production"}}
	if r, ok := p.Acceptable().(*Refusal); !ok || r.Code != BeforeWrong || r.Stage != "Planning" {
		t.Errorf("in a stage's form: %v", r)
	}
}

func TestGoodsAtAJobWorkerHaveTheirTime(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 4, 10, 23, 0, 0, 0, time.FixedZone("IST", 5*3600+1800))
	for g, want := range map[Goods]Date{Inputs: "2027-04-10", CapitalGoods: "2029-04-10", Tools: ""} {
		if got := g.MustReturn(sent); got != want {
			t.Errorf("%q must be back by %s, want %s", g, got, want)
		}
	}
	for today, want := range map[Date]Legal{"2027-02-08": LegalFar, "2027-02-09": LegalRemind, "2027-03-11": LegalUrge, "2027-04-10": LegalUrge, "2027-04-11": LegalOver} {
		if got := LegalOn("2027-04-10", today); got != want {
			t.Errorf("on %s the clock says %q, want %q", today, got, want)
		}
	}
	if LegalOn("", "2030-01-01") != LegalFar {
		t.Error("tools are overdue")
	}
}
