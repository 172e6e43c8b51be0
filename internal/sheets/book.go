package sheets

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of the format, which Excel holds to: a file beyond them is called damaged.
const (
	bookRows    = 1_048_576
	bookColumns = 16_384
	bookText    = 32_767 // UTF-16 units of one cell
	bookName    = 31     // UTF-16 units of a sheet's name
	bookDigits  = 15     // of a number; more would be rounded
)

// Heading is a column's heading and how wide the column is, in digits of the usual font; 0 takes the width from the title.
type Heading struct {
	Title string
	Width int
}

// Book writes an XLSX file (ISO/IEC 29500) of one sheet while the rows come, in memory that does not grow with them: texts
// stand in their cells, not in the table of shared strings that would have to be kept until the end.
type Book struct {
	zip     *zip.Writer
	out     *bufio.Writer // the sheet
	rows    int
	columns []string // their letters
	scratch []byte
}

// NewBook begins a book whose sheet has this name, as far as Excel allows it, and a heading row that stays in view.
func NewBook(out io.Writer, name string, head []Heading) (*Book, error) {
	if len(head) == 0 || len(head) > bookColumns {
		return nil, fmt.Errorf("sheets: a book of %d columns", len(head))
	}
	b := &Book{zip: zip.NewWriter(out)}
	b.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, part := range [][2]string{
		{"[Content_Types].xml", contentTypesPart}, {"_rels/.rels", relsPart}, {"xl/_rels/workbook.xml.rels", bookRelsPart}, {"xl/styles.xml", stylesPart},
		{"xl/workbook.xml", fmt.Sprintf(workbookPart, escaped(sheetName(name)))},
	} {
		w, err := b.zip.Create(part[0])
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, part[1]); err != nil {
			return nil, err
		}
	}
	sheet, err := b.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewWriterSize(sheet, 32<<10)
	return b, b.begin(head)
}

func (b *Book) begin(head []Heading) error {
	fmt.Fprint(b.out, sheetStart)
	for i, h := range head {
		width := h.Width
		if width <= 0 {
			width = min(max(utf8.RuneCountInString(h.Title)+2, 8), 40)
		}
		fmt.Fprintf(b.out, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, min(width, 255))
		b.columns = append(b.columns, letters(i))
	}
	fmt.Fprint(b.out, `</cols><sheetData>`)
	cells := make([]Cell, len(head))
	for i, h := range head {
		cells[i] = Text(h.Title)
	}
	return b.row(cells, headStyle)
}

// Row writes a row. Cells beyond the headings are a mistake of the caller.
func (b *Book) Row(cells []Cell) error { return b.row(cells, cellStyle) }

func (b *Book) row(cells []Cell, text int) error {
	if len(cells) > len(b.columns) {
		return fmt.Errorf("sheets: a row of %d cells under %d headings", len(cells), len(b.columns))
	}
	if b.rows++; b.rows > bookRows {
		return fmt.Errorf("sheets: a sheet has at most %d rows", bookRows)
	}
	line := b.scratch[:0]
	line = append(line, `<row r="`...)
	line = strconv.AppendInt(line, int64(b.rows), 10)
	line = append(line, `">`...)
	for i, c := range cells {
		line = b.cell(line, i, c, text)
	}
	line = append(line, `</row>`...)
	b.scratch = line
	_, err := b.out.Write(line) // an error of any write before is told here, too
	return err
}

func (b *Book) cell(line []byte, column int, c Cell, text int) []byte {
	value, style := "", text
	switch c.kind {
	case numberCell:
		value, style = number(c.text)
	case dayCell, momentCell:
		value, style = serialOf(c)
	}
	if value == "" && c.String() == "" {
		return line
	}
	line = append(line, `<c r="`...)
	line = append(line, b.columns[column]...)
	line = strconv.AppendInt(line, int64(b.rows), 10)
	line = append(line, `" s="`...)
	if value != "" {
		line = strconv.AppendInt(line, int64(style), 10)
		line = append(line, `"><v>`...)
		line = append(line, value...)
		return append(line, `</v></c>`...)
	}
	shown := c.String()
	if text == cellStyle && Defused(shown) != shown {
		text = quotedStyle
	}
	line = strconv.AppendInt(line, int64(text), 10)
	line = append(line, `" t="inlineStr"><is><t xml:space="preserve">`...)
	line = append(line, escaped(shown)...)
	return append(line, `</t></is></c>`...)
}

// number is a decimal as it stands in the file, digit by digit: it is never a float here. One with more digits than
// spreadsheet programs keep has no value and goes out as a text, exact.
func number(s string) (value string, style int) {
	digits := strings.Trim(strings.TrimLeft(strings.Replace(s, ".", "", 1), "-0"), " ")
	if len(digits) > bookDigits {
		return "", cellStyle
	}
	if strings.Contains(s, ".") {
		return s, decimalStyle
	}
	return s, wholeStyle
}

// serialOf is the number of a day. Days that Excel cannot count, before March 1900, have none and go out as a text.
func serialOf(c Cell) (value string, style int) {
	t := c.at
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	days := int64(midnight.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
	if days <= 60 || t.Year() > 9999 {
		return "", cellStyle
	}
	if c.kind == dayCell {
		return strconv.FormatInt(days, 10), dayStyle
	}
	seconds := t.Hour()*3600 + t.Minute()*60 + t.Second()
	return strconv.FormatFloat(float64(days)+float64(seconds)/86400, 'f', -1, 64), momentStyle
}

// Flush sends on what the compressor has let go of.
func (b *Book) Flush() error {
	if err := b.out.Flush(); err != nil {
		return err
	}
	return b.zip.Flush()
}

// Close ends the file. Without it the file does not open, so that nobody takes half of it for the whole.
func (b *Book) Close() error {
	if _, err := fmt.Fprintf(b.out, sheetEnd, b.columns[len(b.columns)-1], b.rows); err != nil {
		return err
	}
	if err := b.out.Flush(); err != nil {
		return err
	}
	return b.zip.Close()
}

// letters name a column, from 0: A, Z, AA.
func letters(column int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// sheetName is a name that Excel takes: without []:*?/\, no apostrophe at its ends, not the word it keeps for itself.
func sheetName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) {
			return '-'
		}
		return visible(r)
	}, strings.ToValidUTF8(name, ""))
	name = strings.Trim(shortened(strings.TrimSpace(name), bookName), "' ")
	if name == "" || strings.EqualFold(name, "history") {
		return "Sheet"
	}
	return name
}

// shortened is a text of at most so many UTF-16 units.
func shortened(s string, most int) string {
	if len(s) <= most { // a UTF-16 unit is at least a byte
		return s
	}
	units := 0
	for i, r := range s {
		if units += max(utf16.RuneLen(r), 1); units > most {
			return s[:i]
		}
	}
	return s
}

// escaped is a text as it stands in XML. Characters that XML has no place for are left out; what Excel would take for one
// of its own escapes (_x000D_) is escaped itself.
func escaped(s string) string {
	if !strings.ContainsFunc(s, special) {
		return shortened(s, bookText)
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = shortened(strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r == 0xFFFE || r == 0xFFFF:
			return -1
		}
		return r
	}, s), bookText)
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(disguised(s))) // a Builder takes everything
	return b.String()
}

// disguised escapes the underscore of everything that looks like an escape, also where one's end begins the next.
func disguised(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if b.WriteByte(s[i]); s[i] == '_' && len(s) >= i+escapeLength && bookEscape.MatchString(s[i:i+escapeLength]) {
			b.WriteString("x005F_")
		}
	}
	return b.String()
}

func special(r rune) bool {
	return r < ' ' || r >= utf8.RuneError || strings.ContainsRune(`<>&"'_`, r)
}
