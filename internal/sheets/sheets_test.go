package sheets

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
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

// rewritten is a workbook with parts replaced by what write writes.
func rewritten(t *testing.T, content []byte, parts map[string]func(io.Writer) error) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range r.File {
		out, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		write := parts[f.Name]
		if write == nil {
			write = func(out io.Writer) error {
				in, err := f.Open()
				if err != nil {
					return err
				}
				_, err = io.Copy(out, in)
				return errors.Join(err, in.Close())
			}
		}
		if err := write(out); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// sheetOf is a workbook whose only sheet says what it is given.
func sheetOf(t *testing.T, data string, more map[string]func(io.Writer) error) []byte {
	t.Helper()
	parts := map[string]func(io.Writer) error{"xl/worksheets/sheet1.xml": text(`<?xml version="1.0"?><worksheet><sheetData>` + data + `</sheetData></worksheet>`)}
	for name, write := range more {
		parts[name] = write
	}
	return rewritten(t, workbook(t, []any{"x"}), parts)
}

// allocated is how many megabytes reading a file took.
func allocated(content []byte) (Table, uint64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := Read(bytes.NewReader(content), JobLimits)
	runtime.ReadMemStats(&after)
	return got, (after.TotalAlloc - before.TotalAlloc) >> 20, err
}

// A workbook of a few kilobytes that unpacks to more than a list may is refused without unpacking it into memory; row and
// cell names of a million take no memory either.
func TestAnXLSXBombIsRefused(t *testing.T) { // not parallel: it counts what the process allocates
	bomb := rewritten(t, workbook(t, []any{"x"}), map[string]func(io.Writer) error{"xl/worksheets/sheet1.xml": func(w io.Writer) error {
		chunk := bytes.Repeat([]byte(`<row r="1"><c/></row>`), 40_000)
		for range 150 {
			if _, err := w.Write(chunk); err != nil {
				return err
			}
		}
		return nil
	}})
	if _, took, err := allocated(bomb); code(err) != "xlsx_too_big_unpacked" || took > 20 {
		t.Errorf("%d bytes that unpack to 126 MB: %v, taking %d MB", len(bomb), err, took)
	}
	far := sheetOf(t, `<row r="1"><c r="A1" t="str"><v>Job</v></c></row><row r="1048576"><c r="A1048576"><v>7</v></c></row>`, nil)
	if got, took, err := allocated(far); err != nil || len(got.Rows) != 1 || got.Rows[0].Line != 1048576 || took > 20 {
		t.Errorf("a row at the far end: %+v %v, taking %d MB", got, err, took)
	}
	wide := sheetOf(t, `<row r="1"><c r="XFD1"><v>7</v></c></row>`, nil)
	if _, took, err := allocated(wide); code(err) != "too_many_columns" || took > 20 {
		t.Errorf("a cell at the far right: %v, taking %d MB", err, took)
	}
	deep := sheetOf(t, strings.Repeat("<a>", 1_000_000), nil)
	if _, took, err := allocated(deep); code(err) != "xlsx_broken" || took > 20 {
		t.Errorf("a million elements within each other: %v, taking %d MB", err, took)
	}
}

// One shared text named by very many cells would be read as gigabytes.
func TestAnXLSXMayNotMultiplyATextWithoutEnd(t *testing.T) {
	t.Parallel()
	row := "<row>" + strings.Repeat(`<c t="s"><v>0</v></c>`, 200) + "</row>"
	content := sheetOf(t, strings.Repeat(row, 100), map[string]func(io.Writer) error{
		"xl/sharedStrings.xml": text("<sst><si><t>" + strings.Repeat("x", 9000) + "</t></si></sst>"),
	})
	if _, err := Read(bytes.NewReader(content), JobLimits); code(err) != "xlsx_too_big_unpacked" {
		t.Errorf("20,000 cells of 9,000 letters each: %v", err)
	}
}

// What a person sees in the cell is what is read: texts untouched, numbers without what binary adds, dates only where
// the format shows a day.
func TestCellsOfAnXLSXReadAsTheyShow(t *testing.T) {
	t.Parallel()
	styles := `<styleSheet><numFmts>
		<numFmt numFmtId="164" formatCode="00000"/><numFmt numFmtId="165" formatCode="&quot;JC-&quot;0000"/>
		<numFmt numFmtId="166" formatCode="0 &quot;yd&quot;"/><numFmt numFmtId="167" formatCode="[Red]#,##0\ \d"/>
		<numFmt numFmtId="168" formatCode="[$-4009]dd\-mmm\-yyyy;@"/><numFmt numFmtId="169" formatCode="General"/>
		</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>
		<xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="168"/><xf numFmtId="169"/><xf numFmtId="22"/>
		</cellXfs></styleSheet>`
	for _, c := range []struct{ cell, want string }{
		{`<c t="inlineStr"><is><t>00042</t></is></c>`, "00042"},
		{`<c t="inlineStr"><is><r><t>JC-</t></r><r><t>1E5</t></r></is></c>`, "JC-1E5"},
		{`<c t="str"><v>1E5</v></c>`, "1E5"},
		{`<c t="str"><v>12345678901234567890</v></c>`, "12345678901234567890"},
		{`<c><v>12345678901234567890</v></c>`, "12345678901234567890"},
		{`<c><v>0.30000000000000004</v></c>`, "0.3"},
		{`<c><v>1.25E5</v></c>`, "125000"},
		{`<c><v>42.0</v></c>`, "42"},
		{`<c s="1"><v>42</v></c>`, "00042"},
		{`<c s="1"><v>123456</v></c>`, "123456"},
		{`<c s="2"><v>42</v></c>`, "JC-0042"},
		{`<c s="3"><v>46309</v></c>`, "46309"},
		{`<c s="4"><v>46309</v></c>`, "46309"},
		{`<c s="5"><v>46309</v></c>`, "2026-10-14"},
		{`<c s="6"><v>46309</v></c>`, "46309"},
		{`<c s="7"><v>46309.5</v></c>`, "2026-10-14T12:00:00"},
		{`<c s="5"><v>500</v></c>`, "500"},
		{`<c s="99"><v>7</v></c>`, "7"},
		{`<c t="b"><v>1</v></c>`, "TRUE"},
		{`<c t="e"><v>#N/A</v></c>`, "#N/A"},
		{`<c t="s"><v>99</v></c>`, ""},
		{`<c t="d"><v>2026-10-14</v></c>`, "2026-10-14"},
	} {
		content := sheetOf(t, `<row><c t="str"><v>Job</v></c><c t="str"><v>Item</v></c></row><row>`+c.cell+`<c t="str"><v>Box</v></c></row>`,
			map[string]func(io.Writer) error{"xl/styles.xml": text(styles)})
		got, err := Read(bytes.NewReader(content), JobLimits)
		if err != nil || got.Rows[0].Cells[0] != c.want {
			t.Errorf("%s reads %+v %v, want %s", c.cell, got.Rows, err, c.want)
		}
	}
}

// A quotation mark left open is told with its line, and swallows no row.
func TestAnOpenQuotationMarkSwallowsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		rows string
		bad  string
	}{
		"open to the end":     {"Job,Item\nA-1,\"Box\nA-2,Tray\nA-3,Lid\n", "3:A-2,Tray 4:A-3,Lid", "2"},
		"before another":      {"Job,Item,Qty\nA-1,\"Box,5\nA-2,\"Tray\",6\nA-3,Lid,7\n", "3:A-2,Tray,6 4:A-3,Lid,7", "2"},
		"inches":              {"Job,Item\nA-1,5\" pipe\nA-2,\"6\"\" pipe\"\n", "2:A-1,5\" pipe 3:A-2,6\" pipe", ""},
		"behind a closed one": {"Job,Item\nA-1,\"12\" pipe\nA-2,Tray\n", "3:A-2,Tray", "2"},
		"a cell of two lines": {"Job,Item\nA-1,\"Box\r\nwith lid\"\nA-2,Tray\n", "2:A-1,Box with lid 4:A-2,Tray", ""},
		"a cell too long":     {"Job,Item\nA-1," + strings.Repeat("x", 10_001) + "\nA-2,Tray\n", "3:A-2,Tray", "2"},
	} {
		var rows, bad []string
		_, err := ReadCSVStream(strings.NewReader(c.file), JobLimits, func(_ []string, r Row, p *Problem) error {
			if p != nil {
				bad = append(bad, fmt.Sprint(p.Line))
			} else {
				rows = append(rows, fmt.Sprintf("%d:%s", r.Line, strings.Join(r.Cells, ",")))
			}
			return nil
		})
		if got := strings.Join(rows, " "); err != nil || got != c.rows || strings.Join(bad, " ") != c.bad {
			t.Errorf("%s: rows %q, bad %q, %v", name, got, bad, err)
		}
	}
}

// Two job numbers that differ in a letter of an old encoding, far down in the file, stay two.
func TestOldLettersFarDownAreKept(t *testing.T) {
	t.Parallel()
	file := "Job\n" + strings.Repeat("A-1\n", 10_000) + strings.Repeat("A-100000\n", 5000) + "caf\xe9\ncaf\xe8\n"
	got, err := Read(strings.NewReader(file), JobLimits)
	if n := len(got.Rows); err != nil || got.Rows[n-2].Cells[0] != "café" || got.Rows[n-1].Cells[0] != "cafè" {
		t.Errorf("%v %v", got.Rows[len(got.Rows)-2:], err)
	}
}

func TestATitleAboveTheHeaderIsNoRow(t *testing.T) {
	t.Parallel()
	got, err := Read(strings.NewReader("Pending jobs October\n\nJob No,Party,Qty\nA-1,Mithai Ghar,500\n"), JobLimits)
	if err != nil || got.Header[1] != "Party" || len(got.Rows) != 1 {
		t.Errorf("%+v %v", got, err)
	}
	got, err = Read(strings.NewReader("Job No\nA-1\nA-2\n"), JobLimits)
	if err != nil || got.Header[0] != "Job No" || len(got.Rows) != 2 {
		t.Errorf("a list of one column: %+v %v", got, err)
	}
}

// What a zip says of its sizes can be a lie: what comes out is counted.
func TestAnXLSXThatLiesAboutItsSize(t *testing.T) {
	t.Parallel()
	content := rewritten(t, workbook(t, []any{"x"}), map[string]func(io.Writer) error{"xl/worksheets/sheet1.xml": func(w io.Writer) error {
		_, err := w.Write(bytes.Repeat([]byte(`<row r="1"><c/></row>`), 20_000))
		return err
	}})
	size := binary.LittleEndian.AppendUint32(nil, 420_000) // as it stands in the directory
	if !bytes.Contains(content, size) {
		t.Fatal("the directory does not say the size")
	}
	content = bytes.ReplaceAll(content, size, []byte{1, 0, 0, 0})
	lim := JobLimits
	lim.UnzipBytes = 100_000
	if _, err := Read(bytes.NewReader(content), lim); code(err) != "xlsx_too_big_unpacked" && code(err) != "xlsx_broken" {
		t.Errorf("%v", err)
	}
	w := book{left: 10}
	if _, err := io.Copy(io.Discard, &unpacked{strings.NewReader("eleven bytes"), &w.left}); code(err) != "xlsx_too_big_unpacked" {
		t.Errorf("%v", err)
	}
}

func TestEntitiesAreNotExpanded(t *testing.T) {
	t.Parallel()
	content := rewritten(t, workbook(t, []any{"Job No"}, []any{"A-1"}), map[string]func(io.Writer) error{
		"xl/sharedStrings.xml": text(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst><si><t>&e;</t></si><si><t>&e;</t></si></sst>`),
	})
	got, err := Read(bytes.NewReader(content), JobLimits)
	if code(err) != "xlsx_broken" || strings.Contains(fmt.Sprint(got, err), "root:") {
		t.Errorf("%+v %v", got, err)
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
