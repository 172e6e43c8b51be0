package letters

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clicarity/internal/privacy"
)

var update = flag.Bool("update", false, "write the letters anew")

// samples are one letter of each kind.
func samples() []Letter {
	const link = "https://jobs.sahyadri.example/x?a=1&b=2"
	return []Letter{
		Invitation{"Meera", "Sahyadri Print", "supervisor", link, "04-12-2026 18:00"}, Reset{"Ravi", "Sahyadri Print", link, 30},
		AuditHead{"Sahyadri Print", "26-11-2026 09:00", "5f3a", link, 1042}, PolicyChange{"Meera", "Clicarity", "Sahyadri Print", "privacy", "10-12-2026", link, 2},
		RightsCheck{"erasure", link, 24}, RightsNew{"Sahyadri Print", "access", "26-12-2026", link}, RightsPlanned{"Ravi", "Sahyadri Print", "28-11-2026 09:00", link},
		RightsAnswer{"Sahyadri Print", "correction", "Your name is corrected.\n\nThank you."}, RightsReminder{"Sahyadri Print", "grievance", "10", "26-12-2026", link},
		RightsReminder{"Sahyadri Print", "withdrawal", "2", "26-12-2026", link}, RightsReminder{"Sahyadri Print", "nomination", "late", "26-12-2026", link},
		LoginProof{"Ravi", "Sahyadri Print", link}, closing("closure_begun"), closing("closure_undo"), closing("closure_deletion"), closing("closure_done"),
		EnquiryAnswered{"Anil", "Clicarity", "Monday at 11 suits us."},
		CalendlyTrouble{"retrying", "Clicarity", link}, CalendlyTrouble{"refused", "Clicarity", link}, CalendlyTrouble{"failing", "Clicarity", link}, CalendlyTrouble{"silent", "Clicarity", link},
		Backups{"Clicarity", "24-11-2026 02:00", "no backup was made: the store does not answer"}, Backups{Operator: "Clicarity"},
		Test{"Clicarity", "26-11-2026 09:00"}, News{"Lots by QR code", "Scan a lot where it stands.", "https://jobs.sahyadri.example/unsubscribe/t"},
	}
}

func closing(stage string) Letter {
	return Closing{stage, "Sahyadri Print", "26-11-2026", "26-12-2026 09:00", "15-01-2027", "14-02-2027", "16-01-2027", "https://jobs.sahyadri.example/close", "https://jobs.sahyadri.example/certificate/x", "{\n  \"deleted\": true\n}"}
}

// Every kind in every language is as it was looked at. After a change: go test ./internal/letters -update, and look.
func TestGoldenLetters(t *testing.T) {
	t.Parallel()
	for _, language := range Languages() {
		var b strings.Builder
		for _, l := range samples() {
			w := Write(language.Code, l)
			b.WriteString("== " + l.Kind() + "\n" + w.Subject + "\n\n" + w.Text + "\n\n" + Page(w.Language, w.Subject, w.Text) + "\n\n")
		}
		name := filepath.Join("testdata", language.Code+".txt")
		if *update {
			if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil || string(want) != b.String() {
			t.Errorf("%s: the letters are not those of %s (%v)", language.Code, name, err)
		}
	}
}

var gap = regexp.MustCompile(`\{[a-z_]+\}`)

// No language lacks a phrase or has one too many, and each fills in the same.
func TestEveryLanguageIsWhole(t *testing.T) {
	t.Parallel()
	for code, words := range phrases {
		for key, text := range phrases[Fallback] {
			want, got := gap.FindAllString(text, -1), gap.FindAllString(words[key], -1)
			if slices.Sort(want); words[key] == "" {
				t.Errorf("%s has no %q", code, key)
			} else if slices.Sort(got); !slices.Equal(slices.Compact(want), slices.Compact(got)) {
				t.Errorf("%s %s fills in %v, not %v", code, key, got, want)
			}
		}
		for key := range words {
			if !Has(Fallback, key) {
				t.Errorf("%s has %q, which no letter says", code, key)
			}
		}
	}
	for _, l := range samples() {
		for _, language := range Languages() {
			w := Write(language.Code, l)
			if left := gap.FindString(w.Subject + w.Text); left != "" || w.Subject == "" || w.Text == "" {
				t.Errorf("%s %s: %q is left", language.Code, l.Kind(), left)
			}
		}
	}
}

// What the register of personal data says is told to people in every language.
func TestTheRegisterHasWords(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, table := range privacy.Register {
		for _, f := range table.Fields {
			for _, key := range []string{"purpose_" + string(f.Purpose), "purpose_" + string(f.Purpose) + "_what", "purpose_" + string(f.Purpose) + "_why",
				"ground_" + string(f.Purpose.Ground()), "seen_" + string(f.Seen), "kept_" + string(f.Kept)} {
				keys[key] = true
			}
		}
	}
	for key := range maps.Keys(keys) {
		for _, language := range Languages() {
			if !Has(language.Code, key) {
				t.Errorf("%s has no words for %s", language.Code, key)
			}
		}
	}
}

// What people wrote stays text: no line, link or tag comes of it.
func TestAbuseOfLetters(t *testing.T) {
	t.Parallel()
	evil := "Ravi\r\nhttps://evil.example/\n\n<script>alert(1)</script>\u202e\u2028x"
	w := Write("en", Reset{Name: evil, Organisation: evil, Link: "https://jobs.example/reset/x", Minutes: 30})
	page := Page(w.Language, w.Subject, w.Text)
	if strings.Contains(w.Text, "\nhttps://evil") || strings.Contains(page, `href="https://evil`) || strings.Contains(page, "<script") || strings.ContainsRune(w.Text, '\u202e') {
		t.Errorf("%s\n%s", w.Text, page)
	}
	for _, l := range samples() {
		w := Write("ta", l)
		if page := Page(w.Language, w.Subject, w.Text); strings.Contains(page, "<img") || strings.Contains(page, "src=") || strings.Contains(page, "url(") || !strings.Contains(page, `<html lang="ta">`) {
			t.Errorf("%s fetches something: %s", l.Kind(), page)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add("Hello", "a\n\nhttps://x.example/?a=\"<b>")
	f.Fuzz(func(t *testing.T, subject, text string) {
		page := Page("hi", subject, text)
		body := page[strings.Index(page, "<body"):]
		for _, tag := range regexp.MustCompile(`<[a-z/!]+`).FindAllString(body, -1) {
			if !slices.Contains([]string{"<body", "<p", "</p", "<br", "<a", "</a", "</body", "</html"}, tag) {
				t.Errorf("%q in %s", tag, page)
			}
		}
	})
}
