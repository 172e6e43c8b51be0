package web

import (
	"crypto/rand"
	"strings"
	"testing"
)

func TestACodeIsReadAsItIsTyped(t *testing.T) {
	t.Parallel()
	for range 200 {
		code, err := newPairCode()
		if err != nil {
			t.Fatal(err)
		}
		for _, typed := range []string{code, spoken(code), strings.ToLower(spoken(code)), " " + code[:2] + " " + code[2:] + "\n", strings.ReplaceAll(code, "0", "o"), strings.ReplaceAll(code, "1", "l")} {
			if got, ok := readPairCode(typed); !ok || got != code {
				t.Errorf("%q is read as %q, want %q", typed, got, code)
			}
		}
		for i := range code { // any one letter wrong
			for _, other := range crockford {
				if wrong := code[:i] + string(other) + code[i+1:]; wrong != code {
					if _, ok := readPairCode(wrong); ok {
						t.Fatalf("%s is taken for %s", wrong, code)
					}
				}
			}
		}
	}
}

func FuzzReadPairCode(f *testing.F) {
	f.Add("7KQ2-M9XA")
	f.Add("оооо-0000")
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := readPairCode(typed)
		if again, fits := readPairCode(code); ok && (!fits || again != code || len(code) != 8) {
			t.Errorf("%q is read as %q", typed, code)
		}
	})
}

func FuzzReadBadge(f *testing.F) {
	f.Add("CB0123456789ABCDEFGHJKMNPQRS")
	f.Add("JC-00001")
	f.Fuzz(func(t *testing.T, typed string) {
		b, ok := readBadge(typed)
		if again, fits := readBadge(b.String()); ok && (!fits || again != b || !strings.EqualFold(strings.TrimSpace(typed), b.String())) {
			t.Errorf("%q is read as %q", typed, b)
		}
	})
}

func TestABadgeIsReadAsAScannerTypesIt(t *testing.T) {
	t.Parallel()
	for range 50 {
		b, err := newBadge(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for _, typed := range []string{b.String(), b.String() + "\r\n", strings.ToLower(b.String())} {
			if got, ok := readBadge(typed); !ok || got != b {
				t.Errorf("%q is not read", typed)
			}
		}
		for _, typed := range []string{"", "CB", b.String()[2:], b.String() + "0", b.String()[:27], strings.Repeat("C", 5000)} {
			if _, ok := readBadge(typed); ok {
				t.Errorf("%q is taken for a badge", typed)
			}
		}
	}
}

func TestInitialsKeepTheSignsOfALetter(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Ravi Kadam": "RK", "meera": "M", "रवि कदम": "रक", "सुनीता शिंदे": "सुशिं", "A B C": "AB", "": ""} {
		if got := initials(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestPINsAreTypedInAnyDigits(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"4711": "4711", " 4711 ": "4711", "४७११": "4711", "૪૭૧૧": "4711", "௪௭௧௧": "4711", "47a1": "47a1"} {
		if got := digits(typed); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}
