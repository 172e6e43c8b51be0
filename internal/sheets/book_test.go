package sheets_test

import (
	"archive/zip"
	"bytes"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"clicarity/internal/sheets"
)

var wide = sheets.Limits{Bytes: 100 << 20, Rows: 2_000_000, Columns: 20_000, CellBytes: 200_000, UnzipBytes: 1 << 30}

func bookOf(t *testing.T, name string, head []sheets.Heading, rows ...[]sheets.Cell) []byte {
	t.Helper()
	var out bytes.Buffer
	b, err := sheets.NewBook(&out, name, head)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := b.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestABookComesBackAsItWentOut(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 23, 14, 5, 0, 0, time.FixedZone("IST", 19800))
	file := bookOf(t, "बोर्ड", []sheets.Heading{{Title: "Job"}, {Title: "Qty", Width: 12}, {Title: "Due"}, {Title: "Completed"}},
		[]sheets.Cell{sheets.Text("00042"), sheets.Decimal("0.375"), sheets.Day(day), sheets.Moment(day)},
		[]sheets.Cell{sheets.Text("=1+1"), sheets.Decimal("99999999999.1234"), {}, sheets.Moment(time.Time{})},
		[]sheets.Cell{sheets.Text(`<a href="x">&amp;</a>`), sheets.Decimal("-5"), sheets.Day(time.Date(1847, 1, 1, 0, 0, 0, 0, time.UTC))},
		[]sheets.Cell{sheets.Text("_x000D_x000D_ _x005F_"), sheets.Decimal("99999999999.123456"), {}, sheets.Text("அட்டை")},
		[]sheets.Cell{sheets.Text("two\r\nlines\x00"), sheets.Decimal("12 kg"), {}, sheets.Text("\u200b=2")})
	got, err := sheets.Read(bytes.NewReader(file), wide)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"00042", "0.375", "2026-11-23", "2026-11-23T14:05:00"},
		{"=1+1", "99999999999.1234", "", ""},
		{`<a href="x">&amp;</a>`, "-5", "01-01-1847", ""},
		{"_x000D_x000D_ _x005F_", "99999999999.123456", "", "அட்டை"},
		{"two lines", "12 kg", "", "=2"},
	}
	for i, row := range got.Rows {
		if !slices.Equal(row.Cells, want[i]) {
			t.Errorf("row %d is %q, want %q", i, row.Cells, want[i])
		}
	}
	if len(got.Rows) != len(want) || !slices.Equal(got.Header, []string{"Job", "Qty", "Due", "Completed"}) {
		t.Errorf("%d rows under %q", len(got.Rows), got.Header)
	}
}

// Another program's reader, which asks for what a spreadsheet program asks for, takes the same from it.
func TestABookOpensElsewhere(t *testing.T) {
	t.Parallel()
	file := bookOf(t, "Cartons: Box/Lid [July]", []sheets.Heading{{Title: "Job"}, {Title: "Qty", Width: 30}, {Title: "Due"}},
		[]sheets.Cell{sheets.Text("=HYPERLINK(\"http://evil.example\")"), sheets.Decimal("1250"), sheets.Day(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))})
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	name := f.GetSheetList()[0]
	rows, err := f.GetRows(name)
	if err != nil || name != "Cartons- Box-Lid -July-" || len(rows) != 2 || !slices.Equal(rows[1], []string{"=HYPERLINK(\"http://evil.example\")", "1250", "23-11-2026"}) {
		t.Errorf("sheet %q: %q %v", name, rows, err)
	}
	formula, err := f.GetCellFormula(name, "A2")
	width, err2 := f.GetColWidth(name, "B")
	kind, err3 := f.GetCellType(name, "A2")
	if formula != "" || width != 30 || kind != excelize.CellTypeInlineString || err != nil || err2 != nil || err3 != nil {
		t.Errorf("formula %q, width %v, type %v, %v %v %v", formula, width, kind, err, err2, err3)
	}
}

// No element of a formula is ever in a book, whatever its cells say.
func TestAbuseFormulaInjectionInBooks(t *testing.T) {
	t.Parallel()
	var rows [][]sheets.Cell
	for _, cell := range []string{"=1+1", "+1", "-2+3+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "</t></is></c><c><f>1+1</f></c>", "_x003D_1", "＝1"} {
		rows = append(rows, []sheets.Cell{sheets.Text(cell), sheets.Decimal(cell)})
	}
	file := bookOf(t, "=cmd|' /C calc'!A0", []sheets.Heading{{Title: "=1"}, {Title: "<f>"}}, rows...)
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range z.File {
		in, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil || bytes.Contains(text, []byte("<f>")) || bytes.Contains(text, []byte("<f ")) {
			t.Errorf("%s: %v\n%s", part.Name, err, text)
		}
	}
}

func TestSheetNamesExcelTakes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "Sheet", "History": "Sheet", "'quoted'": "quoted", "a/b": "a-b", strings.Repeat("क", 40): strings.Repeat("क", 31),
		strings.Repeat("😀", 16): strings.Repeat("😀", 15), "tab\tand\x00nul": "tab andnul"} {
		f, err := excelize.OpenReader(bytes.NewReader(bookOf(t, name, []sheets.Heading{{Title: "a"}})))
		if err != nil {
			t.Fatal(err)
		}
		if got := f.GetSheetList()[0]; got != want {
			t.Errorf("a sheet named %q is called %q, want %q", name, got, want)
		}
	}
}

// A lakh of rows leave no more behind than the first thousand.
func TestABookTakesNoMoreMemoryForMoreRows(t *testing.T) {
	b, err := sheets.NewBook(io.Discard, "many", []sheets.Heading{{Title: "Job"}, {Title: "Qty"}})
	if err != nil {
		t.Fatal(err)
	}
	write := func(n int) uint64 {
		for i := range n {
			if err := b.Row([]sheets.Cell{sheets.Text("JC-" + strconv.Itoa(i)), sheets.Decimal(strconv.Itoa(i))}); err != nil {
				t.Fatal(err)
			}
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	first := write(1000)
	if after := write(100_000); after > first+1<<20 {
		t.Errorf("%d bytes after a thousand rows, %d after a lakh more", first, after)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestARowUnderNoHeadingIsRefused(t *testing.T) {
	t.Parallel()
	b, err := sheets.NewBook(io.Discard, "x", []sheets.Heading{{Title: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if b.Row(make([]sheets.Cell, 2)) == nil {
		t.Error("two cells under one heading")
	}
	if _, err := sheets.NewBook(io.Discard, "x", nil); err == nil {
		t.Error("a book without columns")
	}
}

func FuzzBook(f *testing.F) {
	f.Add("=1", "0.375")
	f.Add("_x000D_x005F_", "-00")
	f.Add("a\r\nb\ufffe", "1e5")
	f.Fuzz(func(t *testing.T, text, number string) {
		file := bookOf(t, text, []sheets.Heading{{Title: "a"}, {Title: "b"}, {Title: "c"}}, []sheets.Cell{sheets.Text("x"), sheets.Text(text), sheets.Decimal(number)})
		got, err := sheets.Read(bytes.NewReader(file), wide)
		if err != nil || len(got.Rows) != 1 {
			t.Fatalf("%d rows, %v", len(got.Rows), err)
		}
		if len(text) < 30_000 && got.Rows[0].Cells[1] != shown(text) {
			t.Errorf("%q came back as %q", text, got.Rows[0].Cells[1])
		}
		if _, err := excelize.OpenReader(bytes.NewReader(file)); err != nil {
			t.Error(err)
		}
	})
}

// shown is what of a text shows in a cell, written once more and differently from the reader.
func shown(s string) string {
	s = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ", "\ufffe", "", "\uffff", "").Replace(strings.ToValidUTF8(s, "\ufffd"))
	s = norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s))
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\u200b\ufeff\u2060", r) })
}
