package privacy

import (
	"strings"
	"testing"
)

func TestNamesAreFoundAsWholeWords(t *testing.T) {
	t.Parallel()
	n := NewNames("Ravi Kumar", "ravi@firm.example", "+919876543210", "Al", "रवि कुमार")
	for text, want := range map[string]string{
		"told Ravi Kumar to stop": "told P to stop",
		"RAVI KUMAR, ravi kumar":  "P, P",
		"name:Ravi Kumar":         "name:P",
		"Ravi Kumaran is another": "Ravi Kumaran is another",
		"xRavi Kumar":             "xRavi Kumar",
		"mail ravi@firm.example.": "mail P.",
		"call +919876543210 now":  "call P now",
		"Al is too short":         "Al is too short",
		"रवि कुमार ने कहा":        "P ने कहा",
		"रवि कुमारी":              "रवि कुमारी", // another word: its vowel sign goes on
		"":                        "",
		"Ravi Ravi Kumar":         "Ravi P",
		`{"name":"Ravi Kumar"}`:   `{"name":"P"}`,
		"\xff Ravi Kumar \xff":    "\xff P \xff",
	} {
		if got := n.Replace(text, "P"); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if n.In(text) != (text != want) {
			t.Errorf("%q: found %t", text, n.In(text))
		}
	}
	if !NewNames("", "x").None() || n.None() {
		t.Error("none is wrong")
	}
}

// Whatever is written where, afterwards nothing is found, and nothing else has changed.
func FuzzNames(f *testing.F) {
	f.Add("told Ravi Kumar", "Ravi Kumar")
	f.Add("İİİ iii", "iii")
	f.Fuzz(func(t *testing.T, text, name string) {
		n := NewNames(name)
		after := n.Replace(text, "\x00")
		if n.In(after) && !strings.Contains(name, "\x00") {
			t.Errorf("%q still names %q: %q", text, name, after)
		}
		if !n.In(text) && after != text {
			t.Errorf("%q has changed to %q without %q in it", text, after, name)
		}
	})
}
