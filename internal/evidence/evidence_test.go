package evidence

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func say(key string, _ ...any) string { return "word for " + key }

func dossier(t *testing.T, tables ...Table) []byte {
	t.Helper()
	var buf bytes.Buffer
	d := Dossier{Organisation: "Sahyadri <Print>", Made: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), Program: "test", Language: "hi", Tables: tables}
	if err := d.Write(&buf, say); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// A file of evidence checks, with records and without any; one in which something was left out does not.
func TestAFileOfEvidenceChecks(t *testing.T) {
	t.Parallel()
	people := Table{Topic: People, Columns: []string{"Name", "Role"}, Rows: [][]string{{"Asha <b>", "owner"}, {"Ravi", "operator"}}}
	for name, tables := range map[string][]Table{"empty": nil, "people": {people}} {
		if _, err := Check(dossier(t, tables...)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := people
	broken.Rows = append(slices.Clone(broken.Rows), []string{"one cell"})
	if _, err := Check(dossier(t, broken)); err == nil || !strings.Contains(err.Error(), "does not fit") {
		t.Errorf("a broken table: %v", err)
	}
	if _, err := Check([]byte("PK")); err == nil {
		t.Error("what is no ZIP checks")
	}
	if got, again := dossier(t, people), dossier(t, people); !bytes.Equal(got, again) {
		t.Error("the same evidence makes two files")
	}
}

// Every control has topics that there are, each is there once, and each topic shows something.
func TestControlsAndTopics(t *testing.T) {
	t.Parallel()
	var ids []string
	shows := map[Topic]bool{}
	for _, c := range Controls() {
		ids = append(ids, c.ID)
		for _, topic := range c.Topics {
			shows[topic] = true
			if !slices.Contains(Topics(), topic) {
				t.Errorf("%s is shown by %s, which there is not", c.ID, topic)
			}
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) || len(shows) != len(Topics()) {
		t.Errorf("controls twice, or topics for nothing: %v %v", ids, shows)
	}
}

// The tests that are named as evidence are there.
func TestHeldRulesNameTests(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range HeldRules() {
		if !strings.Contains(all.String(), "func "+h.Test+"(") {
			t.Errorf("%s is held by %s, which there is not", h.Rule, h.Test)
		}
	}
}

func FuzzCheck(f *testing.F) {
	var buf bytes.Buffer
	if err := (Dossier{}).Write(&buf, say); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(_ *testing.T, file []byte) { _, _ = Check(file) }) //nolint:errcheck // it only must not fall over
}
