package sheets

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

func code(err error) string {
	var p *Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return fmt.Sprint(err)
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"500": "500", "1,25,000": "125000", "125,000": "125000", "1,00,000.50": "100000.5", " 1 250 ": "1250", "0": "0", "007": "7",
		"500 Nos": "500", "12.5 kg": "12.5", "१,२५०": "1250", "૨૫૦": "250", "௧௨": "12", "+5": "5", "-0": "0", ".5": "0.5", "1250\u00a0pcs.": "1250", "10 %": "10",
		"abc": "!number_bad", "": "!number_bad", "12x5": "!number_bad", "1.2.3": "!number_bad", "1,2,3": "!number_bad", "1,5": "!number_bad", "1e5": "!number_bad",
		"5-6": "!number_bad", "NaN": "!number_bad", "1,25,00": "!number_bad", "-5": "!number_negative", "-0.5 kg": "!number_negative",
		"0.1234567": "!number_too_precise", "9999999999999": "!number_too_big",
	} {
		got, err := Number(in)
		if err != nil {
			got = "!" + code(err)
		}
		if got != want {
			t.Errorf("Number(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestNumberReadsGroupedDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 999_999_999_999).Draw(t, "n")
		plain := fmt.Sprint(n)
		grouped := plain
		if len(plain) > 3 {
			head, tail := plain[:len(plain)-3], plain[len(plain)-3:]
			for len(head) > 2 {
				head, tail = head[:len(head)-2], head[len(head)-2:]+","+tail
			}
			grouped = head + "," + tail
		}
		if got, err := Number(grouped); err != nil || got != plain {
			t.Fatalf("%s read as %s (%v)", grouped, got, err)
		}
	})
}

func TestDate(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"14/10/26": "2026-10-14", "14-10-2026": "2026-10-14", "14.10.2026": "2026-10-14", "4/1/27": "2027-01-04", "14-Oct-26": "2026-10-14", "14 October 2026": "2026-10-14",
		"2026-10-14": "2026-10-14", "2026-10-14T10:00:00": "2026-10-14", "14/10/2026 10:30": "2026-10-14", "46309": "2026-10-14", "१४-१०-२०२६": "2026-10-14", "5 Sept 2026": "2026-09-05",
		"10/14/2026": "!", "31-02-2026": "!", "29-02-2027": "!", "14-10": "!", "soon": "!", "": "!", "14-10-1890": "!", "1/1/1": "!", "14 Octember 2026": "!", "250": "!",
	} {
		got, err := Date(in, today)
		text := got.Format(time.DateOnly)
		if err != nil {
			text = "!"
			if code(err) != "date_bad" {
				t.Errorf("Date(%q): %v", in, err)
			}
		}
		if text != want {
			t.Errorf("Date(%q) = %s, want %s", in, text, want)
		}
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	ist := time.FixedZone("IST", 19800)
	for in, want := range map[string]string{
		"2012-01-30T06:24:00": "2012-01-30T00:54:00Z", "2012/01/30 06:24:00.000": "2012-01-30T00:54:00Z", "30-01-2012 06:24": "2012-01-30T00:54:00Z",
		"30/01/2012 06:24 PM": "2012-01-30T12:54:00Z", "2012-01-30T06:24:00Z": "2012-01-30T06:24:00Z", "2012-01-30T06:24:00.250+05:30": "2012-01-30T00:54:00.25Z",
		"1327904640": "2012-01-30T06:24:00Z", "1327904640000": "2012-01-30T06:24:00Z", "40938.5": "2012-01-30T06:30:00Z", "2012-01-30": "2012-01-29T18:30:00Z",
		"noon": "!", "": "!", "2012-01-30T25:00:00": "!", "30/01/2012 13:00 PM": "!", "2012-13-30T01:00:00": "!",
	} {
		got, err := Time(in, ist)
		text := got.UTC().Format(time.RFC3339Nano)
		if err != nil {
			text = "!"
		}
		if text != want {
			t.Errorf("Time(%q) = %s, want %s", in, text, want)
		}
	}
}

const list = "Job No,Party Name,Qty,Delivery Date\nA-1,\"Mithai, Ghar\",\"1,25,000\",14/10/26\n\nA-2,सूर्या,500,\n"

func encoded(t *testing.T, text string, utf16be bool) []byte {
	t.Helper()
	order := utf16.LittleEndian
	if utf16be {
		order = utf16.BigEndian
	}
	b, err := utf16.UTF16(order, utf16.UseBOM).NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadInEveryEncoding(t *testing.T) {
	t.Parallel()
	latin, err := charmap.Windows1252.NewEncoder().String("Job No,Party\nA-1,Café Müller\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content  []byte
		encoding string
		cell     string
	}{
		"utf-8":                   {[]byte(list), "utf-8", "Mithai, Ghar"},
		"utf-8 with mark":         {[]byte("\xef\xbb\xbf" + list), "utf-8", "Mithai, Ghar"},
		"utf-16 little":           {encoded(t, list, false), "utf-16le", "Mithai, Ghar"},
		"utf-16 big":              {encoded(t, list, true), "utf-16be", "Mithai, Ghar"},
		"utf-16 little, unmarked": {encoded(t, list, false)[2:], "utf-16le", "Mithai, Ghar"},
		"windows":                 {[]byte(latin), "windows-1252", "Café Müller"},
		"semicolons":              {[]byte(strings.NewReplacer(",", ";", "Mithai, Ghar", "Mithai, Ghar").Replace("Job No,Party\nA-1,Mithai")), "utf-8", "Mithai"},
		"tabs, CRLF":              {[]byte("Job No\tParty\r\nA-1\tMithai\r\n"), "utf-8", "Mithai"},
		"lone CR":                 {[]byte("Job No,Party\rA-1,Mithai\r"), "utf-8", "Mithai"},
	} {
		got, err := Read(bytes.NewReader(c.content), JobLimits)
		if err != nil || got.Encoding != c.encoding || len(got.Rows) == 0 || got.Rows[0].Cells[1] != c.cell {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

func TestReadKeepsLinesAndMendsHeadings(t *testing.T) {
	t.Parallel()
	got, err := Read(strings.NewReader("\n\nJob,,Job\nA-1,x,y,extra\n,,\nA-2\n"), JobLimits)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Job", "Column 2", "Job (2)", "Column 4"}; !slices.Equal(got.Header, want) {
		t.Errorf("headings %q", got.Header)
	}
	if len(got.Rows) != 2 || got.Rows[0].Line != 4 || got.Rows[1].Line != 6 || len(got.Rows[1].Cells) != 4 {
		t.Errorf("rows %+v", got.Rows)
	}
}

func TestFilesThatAreNotTables(t *testing.T) {
	t.Parallel()
	small := Limits{Bytes: 1 << 20, Rows: 3, Columns: 3, CellBytes: 20, UnzipBytes: 1 << 20}
	for name, c := range map[string]struct{ content, code string }{
		"nothing":          {"", "file_empty"},
		"white space":      {" \n \n", "file_empty"},
		"an old .xls":      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more", "not_a_table"},
		"a PDF":            {"%PDF-1.7\n1 0 obj", "not_a_table"},
		"a picture":        {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x01\x02\x00\x01\x03", "not_a_table"},
		"too many rows":    {"a\n1\n2\n3\n4\n", "too_many_rows"},
		"too many columns": {"a,b,c,d\n", "too_many_columns"},
		"a long cell":      {"a\n" + strings.Repeat("x", 21), "cell_too_long"},
		"a broken zip":     {"PK\x03\x04 this is no zip", "xlsx_broken"},
	} {
		if _, err := Read(strings.NewReader(c.content), small); code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// endless is a file of so many bytes that takes no memory, and counts what is read of it.
type endless struct{ left, read int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), e.left))
	for i := range n {
		p[i] = "JC-1,500\n"[(e.read+int64(i))%9]
	}
	e.left, e.read = e.left-int64(n), e.read+int64(n)
	return n, nil
}

func TestALargeUploadIsRefusedEarly(t *testing.T) {
	t.Parallel()
	file := &endless{left: 200 << 20}
	lim := JobLimits
	lim.Rows = 1 << 30
	_, err := Read(file, lim)
	if code(err) != "file_too_large" || file.read > lim.Bytes+sample {
		t.Errorf("%v after %d bytes", err, file.read)
	}
}

func workbook(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for j, v := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if at, ok := v.(time.Time); ok {
				err = errors.Join(f.SetCellValue("Sheet1", cell, at), f.SetCellStyle("Sheet1", cell, cell, day))
			} else {
				err = f.SetCellValue("Sheet1", cell, v)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadXLSX(t *testing.T) {
	t.Parallel()
	content := workbook(t, []any{"Job No", "Item", "Qty", "Due"}, []any{"A-1", "चाय का डिब्बा", 125000, time.Date(2026, 10, 14, 0, 0, 0, 0, time.UTC)}, []any{"A-2", "Box", 0.1 + 0.2, ""})
	got, err := Read(bytes.NewReader(content), JobLimits)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"A-1", "चाय का डिब्बा", "125000", "2026-10-14"}, {"A-2", "Box", "0.3", ""}}
	for i, w := range want {
		if !slices.Equal(got.Rows[i].Cells, w) || got.Rows[i].Line != i+2 {
			t.Errorf("row %d: %+v, want %q", i, got.Rows[i], w)
		}
	}
}

// A workbook of a few kilobytes that unpacks to half a gigabyte is refused without unpacking it into memory.
func TestAnXLSXBombIsRefused(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "xl/worksheets/sheet1.xml" {
			chunk := bytes.Repeat([]byte("<row><c><v>1</v></c></row>"), 40_000)
			for range 500 {
				if _, err := w.Write(chunk); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read(bytes.NewReader(b.Bytes()), JobLimits)
	runtime.ReadMemStats(&after)
	if code(err) != "xlsx_too_big_unpacked" {
		t.Errorf("%d bytes that unpack to 520 MB: %v", b.Len(), err)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 100 {
		t.Errorf("refusing it took %d MB", took)
	}
}

// What a zip says of its sizes can be a lie: what comes out is counted.
func TestAnXLSXThatLiesAboutItsSize(t *testing.T) {
	t.Parallel()
	content := workbook(t, []any{"Job No"}, []any{strings.Repeat("x", 30_000)})
	lim := JobLimits
	lim.UnzipBytes = 2000
	if _, err := Read(bytes.NewReader(content), lim); code(err) != "xlsx_too_big_unpacked" {
		t.Errorf("%v", err)
	}
}

func TestEntitiesAreNotExpanded(t *testing.T) {
	t.Parallel()
	content := workbook(t, []any{"Job No"}, []any{"A-1"})
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range r.File {
		out, err := w.Create(f.Name)
		in, err2 := f.Open()
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name, "sharedStrings.xml") {
			text = []byte(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&e;</t></si><si><t>&e;</t></si></sst>`)
		}
		if _, err := out.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := Read(bytes.NewReader(b.Bytes()), JobLimits)
	if strings.Contains(fmt.Sprint(got, err), "root:") {
		t.Error("a file of this machine was read")
	}
}

func TestGuess(t *testing.T) {
	t.Parallel()
	got := Guess([]string{"S.No", "Job Card No.", "PARTY NAME", "Particulars", "Order Qty", "UOM", "Delivery  Date", "Remarks", "GSM"})
	want := map[string]int{"number": 1, "customer": 2, "item": 3, "quantity": 4, "unit": 5, "due": 6, "notes": 7}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Guess([]string{"ग्राहक", "मात्रा", "देने की तारीख"}); got["customer"] != 0 || got["quantity"] != 1 || got["due"] != 2 || len(got) != 3 {
		t.Errorf("Hindi headings: %v", got)
	}
}

func TestTheRealLogIsReadWhole(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../../shared/data/production-log.csv")
	if err != nil {
		t.Skip("the real production log is not beside this checkout: ../shared/data/production-log.csv")
	}
	defer func() { _ = f.Close() }()
	got, err := Read(f, JobLimits)
	if err != nil || len(got.Rows) != 4338 || len(got.Header) != 13 {
		t.Errorf("%d rows, %d columns, %v", len(got.Rows), len(got.Header), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(list))
	f.Add([]byte("\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00"))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("a;b\r\"x\";\"y"))
	lim := Limits{Bytes: 1 << 16, Rows: 100, Columns: 20, CellBytes: 1000, UnzipBytes: 1 << 20}
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := Read(bytes.NewReader(content), lim)
		if err != nil {
			return
		}
		for _, r := range got.Rows {
			if len(r.Cells) != len(got.Header) || strings.ContainsRune(strings.Join(r.Cells, ""), 0) {
				t.Fatalf("row %+v under %q", r, got.Header)
			}
		}
	})
}

func FuzzCells(f *testing.F) {
	for _, s := range []string{"1,25,000.50 Nos", "१२", "14/10/26", "2012-01-30T06:24:00+05:30", "46309.25", "5 PM", "14-Oct-26"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := Number(s); err == nil {
			if again, err := Number(n); err != nil || again != n {
				t.Fatalf("%q is read as %q, and that as %q (%v)", s, n, again, err)
			}
		}
		if d, err := Date(s, time.Now()); err == nil {
			if again, err := Date(d.Format("02-01-2006"), time.Now()); err != nil || !again.Equal(d) {
				t.Fatalf("%q is read as %v", s, d)
			}
		}
		_, _ = Time(s, time.UTC) //nolint:errcheck // it must only not panic
	})
}
