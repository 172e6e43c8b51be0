package passwords_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"clicarity/internal/passwords"
)

func TestWhatMayBeChosen(t *testing.T) {
	t.Parallel()
	own := []string{"Ravi Kadam", "ravi@sahyadri.example", "+919822012345", "Sahyadri Print & Pack"}
	for password, want := range map[string]passwords.Problem{
		"":                          passwords.TooShort,
		"nine char":                 passwords.TooShort,
		"नौअक्षर":                   passwords.TooShort,
		strings.Repeat("ab c1", 60): passwords.TooLong,
		"aaaaaaaaaaaa":              passwords.Simple,
		"abcabcabcabc":              passwords.Simple,
		"1234567890":                passwords.Simple,
		"qwertyuiop":                passwords.Simple,
		"0987654321":                passwords.Simple,
		"abcdefghij12345":           passwords.Simple,
		"password123":               passwords.Common,
		"P@ssw0rd2026":              passwords.Common,
		"passwordpassword":          passwords.Common,
		"Mumbai@2026":               passwords.Common,
		"jaimatadi108":              passwords.Common,
		"ravikadam1":                passwords.Own,
		"Ravi-Kadam-99":             passwords.Own,
		"sahyadri2026":              passwords.Own,
		"9822012345":                passwords.Own,
		"printandpack":              passwords.Own,
		"correct horse battery":     passwords.None,
		"छापाखाना चालू है":              passwords.None,
		"lamination 8 sheets":           passwords.None,
		"k7!vv-Qp2x":                    passwords.None,
		strings.Repeat("long and ", 28): passwords.None, // 252 characters
		"abcd-efgh-jkmn-pqrs":           passwords.None,
	} {
		if got := passwords.Check(password, own...); got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

// The same text typed on another keyboard is the same password.
func TestOneFormOfAPassword(t *testing.T) {
	t.Parallel()
	if passwords.Normal("क\u093cलम ﬁne") != passwords.Normal("\u0958लम fine") {
		t.Error("two spellings of one text are two passwords")
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"password123", "", "ravi", "\xff\xfe", "क़लम"} {
		f.Add(s, "Ravi Kadam")
	}
	f.Fuzz(func(t *testing.T, password, own string) {
		got := passwords.Check(password, own)
		if n := utf8.RuneCountInString(passwords.Normal(password)); got == passwords.None && (n < passwords.Min || n > passwords.Max) {
			t.Errorf("%q may be chosen", password)
		}
	})
}
