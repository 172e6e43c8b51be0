package operator

import (
	"strings"
	"testing"
)

func TestAFileSaysWhoRunsTheService(t *testing.T) {
	t.Parallel()
	o, err := Parse([]byte(`{"organisation": "clicarity", "name": "Clicarity", "address": "Andheri East, Mumbai 400069", "email": "hello@clicarity.example",
		"grievance": {"name": "Meera Joshi", "email": "privacy@clicarity.example"}, "site": "https://clicarity.example/", "whatsapp": "+919000000000",
		"calendly": "https://calendly.com/clicarity-example/demo", "gtm": "GTM-ABC123", "try": true}`))
	if err != nil || o.Site != "https://clicarity.example" || o.Complaints().Email != "privacy@clicarity.example" || !o.Try {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := Parse([]byte(`{"name": "Konkan Software", "email": "hello@konkan.example"}`)); err != nil || o.Complaints() != (Contact{"Konkan Software", "hello@konkan.example"}) {
		t.Errorf("%+v, %v", o, err)
	}
	if got := (Operator{}).Called(); got != "Clicarity" {
		t.Errorf("called %q", got)
	}
}

func TestWhatIsWrongInTheFileIsNamed(t *testing.T) {
	t.Parallel()
	for file, says := range map[string]string{
		``:                                   "JSON",
		`{} {}`:                              "after the closing",
		`{"nmae": "x"}`:                      "nmae",
		`{"name": "a\nb"}`:                   `"name"`,
		`{"email": "Hello <h@x.example>"}`:   `"email"`,
		`{"grievance": {"email": "nobody"}}`: `"grievance.email"`,
		`{"organisation": "Our House"}`:      `"organisation"`,
		`{"whatsapp": "98765 43210"}`:        `"whatsapp"`,
		`{"gtm": "UA-1"}`:                    `"gtm"`,
		`{"site": "https://x.example/p"}`:    `"site"`,
		`{"site": "javascript:alert(1)"}`:    `"site"`,
		`{"calendly": "https://calendly.com.x.example/a/b"}`: `"calendly"`,
		`{"calendly": "https://calendly.com/"}`:              `"calendly"`,
	} {
		if _, err := Parse([]byte(file)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"name": "Clicarity", "site": "https://clicarity.example"}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		if o, err := Parse(file); err == nil && o.check() != nil {
			t.Errorf("%q was taken and is not good: %+v", file, o)
		}
	})
}
