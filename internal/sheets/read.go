package sheets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// sample is how much of a file is looked at to tell what it is.
const sample = 64 << 10

// Read reads a whole table. What the file is, CSV or XLSX, is told by its content.
func Read(r io.Reader, lim Limits) (Table, error) {
	var t Table
	in := bufio.NewReaderSize(&bounded{r: r, left: lim.Bytes, limit: lim.Bytes}, sample)
	start, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return t, err
	}
	keep := func(header []string, row Row, bad *Problem) error {
		if bad != nil {
			return bad
		}
		t.Rows = append(t.Rows, row)
		return nil
	}
	if bytes.HasPrefix(start, []byte("PK\x03\x04")) {
		t.Encoding = "xlsx"
		t.Header, err = readXLSX(in, lim, keep)
	} else {
		t.Header, t.Encoding, err = readCSV(in, lim, keep)
	}
	for i := range t.Rows { // a row may be longer than those before it
		t.Rows[i].Cells = pad(t.Rows[i].Cells, len(t.Header))
	}
	return t, err
}

// ReadCSVStream reads a CSV of any length, row by row: row is called with the header and either a row or what is
// wrong with it. An error it returns ends the reading.
func ReadCSVStream(r io.Reader, lim Limits, row func(header []string, r Row, bad *Problem) error) ([]string, error) {
	header, _, err := readCSV(bufio.NewReaderSize(&bounded{r: r, left: lim.Bytes, limit: lim.Bytes}, sample), lim, row)
	return header, err
}

// bounded reads up to a limit and then says that there is too much.
type bounded struct {
	r           io.Reader
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, problem("file_too_large", "limit", fmt.Sprintf("%d MB", b.limit>>20))
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, problem("file_too_large", "limit", fmt.Sprintf("%d MB", b.limit>>20))
	}
	return n, err
}

// collector makes the header of the first row with something in it, and hands on the rows below.
type collector struct {
	lim    Limits
	title  string // a lone cell above the header: what the list is called, or the only column's heading
	header []string
	rows   int
	bytes  int64 // of all cells so far
	row    func(header []string, r Row, bad *Problem) error
}

// broken tells of a row that cannot be read; in the header there is nothing to go on with.
func (c *collector) broken(line int, bad *Problem) error {
	if bad.Line = line; c.header == nil {
		return bad
	}
	return c.row(c.header, Row{Line: line}, bad)
}

func (c *collector) add(line int, cells []string) error {
	for i, cell := range cells {
		if len(cell) > c.lim.CellBytes {
			return c.broken(line, problem("cell_too_long"))
		}
		if c.bytes += int64(len(cell)); c.bytes > max(c.lim.Bytes, c.lim.UnzipBytes) {
			return problem("xlsx_too_big_unpacked")
		}
		cells[i] = tidy(cell)
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	switch {
	case len(cells) == 0:
		return nil
	case len(cells) > c.lim.Columns:
		return problem("too_many_columns", "limit", fmt.Sprint(c.lim.Columns))
	case c.header == nil:
		return c.head(line, cells)
	}
	return c.body(line, cells)
}

// head takes the header: the first row with something in it, but for one lone cell above rows of several, which is the
// list's title.
func (c *collector) head(line int, cells []string) error {
	filled := 0
	for _, cell := range cells {
		if cell != "" {
			filled++
		}
	}
	switch {
	case filled == 1 && c.title == "":
		c.title = cells[len(cells)-1]
		return nil
	case c.title != "" && filled < 2:
		c.end()
		return c.body(line, cells)
	}
	c.header = headings(cells)
	return nil
}

// end is after the last row: a lone cell was the header after all.
func (c *collector) end() {
	if c.header == nil && c.title != "" {
		c.header = headings([]string{c.title})
	}
}

func (c *collector) body(line int, cells []string) error {
	if c.rows++; c.rows > c.lim.Rows {
		return problem("too_many_rows", "limit", fmt.Sprint(c.lim.Rows))
	}
	for len(c.header) < len(cells) { // cells beyond the header are kept under a made-up heading
		c.header = append(c.header, unused(c.header, fmt.Sprintf("Column %d", len(c.header)+1)))
	}
	return c.row(c.header, Row{line, pad(cells, len(c.header))}, nil)
}

func pad(cells []string, n int) []string {
	for len(cells) < n {
		cells = append(cells, "")
	}
	return cells
}

// headings makes every heading say something, and something else than the others.
func headings(cells []string) []string {
	header := make([]string, 0, len(cells))
	for i, name := range cells {
		if name == "" {
			name = fmt.Sprintf("Column %d", i+1)
		}
		header = append(header, unused(header, name))
	}
	return header
}

func unused(header []string, name string) string {
	for n, candidate := 2, name; ; n++ {
		taken := false
		for _, h := range header {
			taken = taken || strings.EqualFold(h, candidate)
		}
		if !taken {
			return candidate
		}
		candidate = fmt.Sprintf("%s (%d)", name, n)
	}
}

// tidy is a cell as it was meant: composed, without the spaces and marks that do not show around it.
func tidy(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }) {
		s = strings.Map(visible, strings.ToValidUTF8(s, "\uFFFD"))
	}
	if !norm.NFC.IsNormalString(s) {
		s = norm.NFC.String(s)
	}
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' || r == '\u2060'
	})
}

// visible turns line breaks and tabs inside a cell into spaces and drops other control characters.
func visible(r rune) rune {
	switch {
	case r == '\n' || r == '\r' || r == '\t':
		return ' '
	case unicode.IsControl(r):
		return -1
	}
	return r
}
