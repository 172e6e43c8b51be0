package web_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"clicarity/internal/postgres/pgtest"
)

// Whatever the database and the program note in the audit log has words: a new set-up table or event needs its noun or
// sentence in the locale.
func TestEveryEntryOfTheAuditLogHasWords(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("locale/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var phrases map[string]string
	if err := json.Unmarshal(text, &phrases); err != nil {
		t.Fatal(err)
	}
	var nouns []string
	err = pgtest.Owner(t, pgtest.URL(t)).QueryRow(t.Context(), `select array_agg(distinct split_part(encode(tgargs, 'escape'), '\000', 1)) from pg_trigger t
		join pg_proc p on p.oid = t.tgfoid where p.proname = 'audited'`).Scan(&nouns)
	if err != nil || len(nouns) < 8 {
		t.Fatal(nouns, err)
	}
	for _, noun := range nouns {
		if phrases["audit_noun_"+noun] == "" {
			t.Errorf("changes of %q have no word: add audit_noun_%s", noun, noun)
		}
	}
	source, err := os.ReadFile("../postgres/audit.go")
	if err != nil {
		t.Fatal(err)
	}
	events := regexp.MustCompile(`\tAudit\w+ += "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(events) < 7 {
		t.Fatal(events)
	}
	for _, e := range events {
		if phrases["audit_"+e[1]] == "" {
			t.Errorf("the event %q has no sentence: add audit_%s", e[1], e[1])
		}
	}
	for key, phrase := range phrases {
		if strings.HasPrefix(key, "audit_noun_") && strings.Contains(phrase, "{") {
			t.Errorf("%s is a noun: %q", key, phrase)
		}
	}
}
