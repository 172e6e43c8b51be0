package leaving

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

func TestALedgerRemembers(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), LedgerName)
	if list, broken, err := Ledger(name); err != nil || broken != 0 || len(list) != 0 {
		t.Errorf("one that is not there: %v %d %v", list, broken, err)
	}
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	c := postgres.Closure{Org: flow.ID{1}, Closing: flow.ClosingAt(flow.At(now)), Begun: now.Add(flow.DeleteAfter), Because: "nobody's business"}
	done, other := c, c
	done.Done, done.Counts, done.Certificate = c.Begun.Add(time.Minute), map[string]int64{"jobs": 3}, "it was"
	other.Org = flow.ID{2}
	for _, c := range []postgres.Closure{c, other, done} {
		if err := Note(name, c); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil || bytes.Contains(text, []byte("business")) {
		t.Errorf("%s %v", text, err)
	}
	if err := os.WriteFile(name, text[:len(text)-5], 0o600); err != nil { // the power goes while the last line is written
		t.Fatal(err)
	}
	if list, broken, err := Ledger(name); err != nil || broken != 1 || len(list) != 2 || !list[0].Done.IsZero() {
		t.Errorf("torn: %v %d %v", list, broken, err)
	}
	if err := Note(name, done); err != nil {
		t.Fatal(err)
	}
	list, broken, err := Ledger(name)
	if err != nil || broken != 1 || len(list) != 2 || list[0].Org != c.Org || !list[0].Done.Equal(done.Done) || list[0].Certificate != "it was" || list[0].Counts["jobs"] != 3 || list[0].Closing != c.Closing || !list[1].Done.IsZero() {
		t.Errorf("%+v %d %v", list, broken, err)
	}
}

// Lines that were kept elsewhere come into a ledger once, and what is no line does not.
func TestLinesComeBackIntoALedger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, "old"), filepath.Join(dir, "fresh")
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	c := postgres.Closure{Org: flow.ID{1}, Closing: flow.ClosingAt(flow.At(now)), Begun: now.Add(flow.DeleteAfter)}
	done := c
	done.Done, done.Counts, done.Certificate = c.Begun.Add(time.Minute), map[string]int64{"jobs": 3}, "it was"
	for _, c := range []postgres.Closure{c, done} {
		if err := Note(old, c); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := Lines(old)
	if err != nil || len(lines) != 2 || !lines[0].At.Equal(c.Begun) || !lines[1].At.Equal(done.Done) || lines[0].About == lines[1].About {
		t.Fatalf("%+v %v", lines, err)
	}
	for _, want := range []int{2, 0} {
		if n, err := AddLines(fresh, [][]byte{lines[0].Text, lines[1].Text}); err != nil || n != want {
			t.Errorf("%d added, %v", n, err)
		}
	}
	list, broken, err := Ledger(fresh)
	if err != nil || broken != 0 || len(list) != 1 || list[0].Certificate != "it was" {
		t.Errorf("%+v %d %v", list, broken, err)
	}
	for _, text := range []string{"{}", "x", string(lines[0].Text) + "\n" + string(lines[1].Text)} {
		if n, err := AddLines(fresh, [][]byte{[]byte(text)}); err == nil || n != 0 {
			t.Errorf("%q was added", text)
		}
	}
}

// Whatever a ledger holds, it is read, and nothing in it is without an organisation.
func FuzzLedger(f *testing.F) {
	f.Add([]byte(`{"organisation":"01000000-0000-0000-0000-000000000000","closed":1,"begun":2}` + "\n"))
	f.Add([]byte("{}\n\nx"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, _, err := readLedger(bytes.NewReader(text))
		for _, e := range list {
			if err == nil && (e.Org.IsZero() || e.Begun.IsZero() || e.Done.IsZero() != (e.Certificate == "")) {
				t.Errorf("%+v", e)
			}
		}
	})
}
