package web

import (
	"testing"
	"time"

	"clicarity/internal/egress"
	"clicarity/internal/evidence"
	"clicarity/internal/privacy"
	"clicarity/internal/usage"
)

// Whatever the registers name has words: a new purpose, control, part or party needs its sentence in the locale.
func TestWhatTheRegistersNameHasWords(t *testing.T) {
	t.Parallel()
	ws, err := readWords(files)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, table := range privacy.Register {
		for _, f := range table.Fields {
			want = append(want, "purpose_"+string(f.Purpose), "ground_"+string(f.Purpose.Ground()), "sight_"+string(f.Seen), "keep_"+string(f.Kept))
		}
	}
	for _, c := range evidence.Controls() {
		want = append(want, "evidence_c_"+c.Key())
	}
	for _, topic := range evidence.Topics() {
		want = append(want, "evidence_t_"+string(topic))
	}
	for _, f := range usage.Features() {
		want = append(want, "feature_"+string(f))
	}
	for _, p := range egress.Register {
		want = append(want, "party_"+p.Code+"_for", "party_"+p.Code+"_data", "party_"+p.Code+"_switch")
	}
	for _, k := range append(privacy.Told(), privacy.StepAccount, privacy.StepLetter, privacy.StepOrganisations) {
		want = append(want, "breach_did_"+string(k))
	}
	for _, n := range privacy.Natures() {
		want = append(want, "breach_nature_"+string(n))
	}
	for _, name := range (privacy.Account{}).Missing() {
		want = append(want, "breach_f_"+name)
	}
	for _, l := range privacyLinks {
		want = append(want, l.Key, "privacy_"+l.Key)
	}
	for _, key := range want {
		if !ws.has(fallback, key) {
			t.Errorf("there is no phrase %q", key)
		}
	}
}

func FuzzNoticedAt(f *testing.F) {
	for _, s := range [][2]string{{"25-11-2026", "14:05"}, {"", ""}, {"31/02/26", "9:5"}, {"25 Nov 2026", "24:00"}, {"46000", "00:00"}, {"१-१-२०२६", "१०:००"}} {
		f.Add(s[0], s[1])
	}
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	zone := time.FixedZone("IST", 19800)
	f.Fuzz(func(t *testing.T, day, clock string) {
		at, problem := noticedAt(day, clock, now, zone)
		if problem == "" && (at.After(now) || at.Before(now.AddDate(-11, 0, 0))) {
			t.Errorf("%q %q is taken as %s", day, clock, at)
		}
	})
}

func FuzzParagraphs(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\x00\n\x1b[2J", "  \n\n x \n", "\xff", "क\u200dष"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := paragraphs(text)
		if again := paragraphs(got); again != got {
			t.Errorf("%q becomes %q and then %q", text, got, again)
		}
		for _, r := range got {
			if r != '\n' && r < ' ' {
				t.Errorf("%q has %q in it", got, r)
			}
		}
	})
}

func FuzzBreachPeople(f *testing.F) {
	for _, s := range []string{"40", "1,250", "-1", "1e9", "9999999999999999999", "2.5", "१२"} {
		f.Add(s)
	}
	v := &view{}
	f.Fuzz(func(t *testing.T, people string) {
		form := breachForm{People: people, Account: privacy.Account{What: "x"}}
		form.wrong(v)
		if n := form.Account.People; n < 0 || n > maxConcerned {
			t.Errorf("%q is taken as %d people", people, n)
		}
	})
}
