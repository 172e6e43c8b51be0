package sheets

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"
)

func readCSV(in *bufio.Reader, lim Limits, row func([]string, Row, *Problem) error) ([]string, string, error) {
	start, err := in.Peek(sample)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, "", err
	}
	whole := errors.Is(err, io.EOF)
	name, decoder, bom := encodingOf(start, whole)
	if name == "" {
		return nil, "", problem("not_a_table")
	}
	if _, err := in.Discard(bom); err != nil {
		return nil, name, err
	}
	text := bufio.NewReaderSize(decoder.Reader(in), sample)
	head, err := text.Peek(sample / 4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, name, err
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, name, problem("file_empty")
	}
	c := &collector{lim: lim, row: row}
	err = c.csv(text, delimiterOf(head))
	if err == nil && c.header == nil {
		err = problem("no_header")
	}
	return c.header, name, err
}

func (c *collector) csv(text io.Reader, delimiter rune) error {
	r := csv.NewReader(newlines(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = delimiter, true, -1
	for {
		cells, err := r.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &broken):
			bad := &Problem{Code: "csv_broken_line", Line: broken.StartLine}
			if c.header == nil {
				return bad
			}
			if err := c.row(c.header, Row{Line: broken.StartLine}, bad); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		line, _ := r.FieldPos(0)
		if err := c.add(line, cells); err != nil {
			return err
		}
	}
}

// encodingOf tells how a text is encoded, by its mark or by what it can be, and how long the mark is. An empty name
// says that it is no text.
func encodingOf(start []byte, whole bool) (name string, d *encoding.Decoder, bom int) {
	little, big := utf16.UTF16(utf16.LittleEndian, utf16.IgnoreBOM), utf16.UTF16(utf16.BigEndian, utf16.IgnoreBOM)
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		return "utf-8", encoding.Nop.NewDecoder(), 3
	case bytes.HasPrefix(start, []byte("\xff\xfe")):
		return "utf-16le", little.NewDecoder(), 2
	case bytes.HasPrefix(start, []byte("\xfe\xff")):
		return "utf-16be", big.NewDecoder(), 2
	case bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0")) || bytes.HasPrefix(start, []byte("%PDF")):
		return "", nil, 0
	}
	even, odd := zeros(start)
	switch {
	case odd > len(start)/5 && even < odd/10:
		return "utf-16le", little.NewDecoder(), 0
	case even > len(start)/5 && odd < even/10:
		return "utf-16be", big.NewDecoder(), 0
	case even+odd > 0:
		return "", nil, 0
	case validUTF8(start, whole):
		return "utf-8", encoding.Nop.NewDecoder(), 0
	}
	return "windows-1252", charmap.Windows1252.NewDecoder(), 0
}

// zeros counts the zero bytes at even and at odd places: letters in UTF-16 have one each.
func zeros(b []byte) (even, odd int) {
	for i, c := range b {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	return even, odd
}

// validUTF8 allows the sample to end in the middle of a letter.
func validUTF8(b []byte, whole bool) bool {
	if whole {
		return utf8.Valid(b)
	}
	for cut := range utf8.UTFMax {
		if cut < len(b) && utf8.Valid(b[:len(b)-cut]) {
			return true
		}
	}
	return false
}

// delimiterOf is the candidate that divides the first lines most evenly.
func delimiterOf(head []byte) rune {
	lines := strings.FieldsFunc(string(head), func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) > 20 {
		lines = lines[:20]
	}
	best, most := ',', 0
	for _, d := range []rune{',', ';', '\t', '|'} {
		score := 0
		for i, line := range lines {
			n := outside(line, d)
			score += n
			if i > 0 && n != outside(lines[0], d) {
				score -= 1 + n/2
			}
		}
		if score > most {
			best, most = d, score
		}
	}
	return best
}

// outside counts a delimiter outside quotation marks.
func outside(line string, d rune) (n int) {
	quoted := false
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == d && !quoted:
			n++
		}
	}
	return n
}

// newlines turns the old Macintosh's lone CR into LF, which encoding/csv does not know.
func newlines(r io.Reader) io.Reader { return &crReader{r: bufio.NewReaderSize(r, sample)} }

type crReader struct{ r *bufio.Reader }

func (c *crReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i := range n {
		if p[i] != '\r' {
			continue
		}
		next := byte(0)
		if i+1 < n {
			next = p[i+1]
		} else if b, peekErr := c.r.Peek(1); peekErr == nil {
			next = b[0]
		}
		if next != '\n' {
			p[i] = '\n'
		}
	}
	return n, err
}
