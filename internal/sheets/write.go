package sheets

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode"
)

// Writer writes a table as CSV that spreadsheet programs open as it is meant: UTF-8 with a mark, and no cell that they
// take for a formula.
type Writer struct {
	out  *csv.Writer
	safe []string // the row, used again
}

// NewWriter begins a table.
func NewWriter(out io.Writer) (*Writer, error) {
	if _, err := io.WriteString(out, "\ufeff"); err != nil {
		return nil, err
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true
	return &Writer{out: w}, nil
}

// Row writes a row. What is written is in the file after Flush.
func (w *Writer) Row(cells []Cell) error {
	w.safe = w.safe[:0]
	for _, c := range cells {
		text := c.String()
		if c.kind == textCell { // of the others every one is digits
			text = Defused(text)
		}
		w.safe = append(w.safe, text)
	}
	return w.out.Write(w.safe)
}

// Flush hands on what was written.
func (w *Writer) Flush() error {
	w.out.Flush()
	return w.out.Error()
}

// Close ends the table, which a CSV file does by ending.
func (w *Writer) Close() error { return w.Flush() }

// Defused is a cell that no spreadsheet program takes for a formula: what begins like one, also behind white space or in
// full-width letters, begins with an apostrophe instead, which such programs do not show.
func Defused(cell string) string {
	if cell == "" {
		return ""
	}
	inner := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff' || r == '\u200b' })
	if strings.IndexAny(cell, "\t\r\n") == 0 || strings.IndexAny(inner, "=+-@＝＋－＠") == 0 {
		return "'" + cell
	}
	return cell
}
