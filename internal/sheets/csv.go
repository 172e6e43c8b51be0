package sheets

import (
	"bufio"
	"bytes"
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
	if c.end(); err == nil && c.header == nil {
		err = problem("no_header")
	}
	return c.header, name, err
}

// csv hands on the records. One that is broken is told and the next line is read as if it had never been, so that an
// open quotation mark never swallows the rows below it.
func (c *collector) csv(text io.Reader, delimiter rune) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, longestLine)
	lines.Split(splitLine)
	r := records{lines: lines, delimiter: byte(delimiter), cellBytes: c.lim.CellBytes}
	for {
		line, cells, err := r.next()
		var bad *Problem
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, bufio.ErrTooLong):
			return &Problem{Code: "cell_too_long", Line: r.line + 1}
		case errors.As(err, &bad) && bad.Code == "csv_broken_line":
			err = c.broken(line, bad)
		case err == nil:
			err = c.add(line, cells)
		}
		if err != nil {
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

// longestLine in bytes: 200 cells of the longest allowed.
const longestLine = 2 << 20

// splitLine ends a line at LF, CRLF or the old Macintosh's lone CR.
func splitLine(data []byte, atEOF bool) (advance int, token []byte, err error) {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0 && atEOF && len(data) > 0:
		return len(data), data, nil
	case i < 0 || data[i] == '\r' && i+1 == len(data) && !atEOF:
		return 0, nil, nil
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2, data[:i], nil
	}
	return i + 1, data[:i], nil
}

// mostLines is how many lines one record may have: cells with line breaks in them are addresses and notes.
const mostLines = 100

// records divides lines into records, as RFC 4180 has it. A quotation mark inside a cell without quotation marks is
// kept: 5" pipe.
type records struct {
	lines     *bufio.Scanner
	again     []string // lines to read again after a broken record
	line      int      // how many lines were read
	delimiter byte
	cellBytes int
}

func (r *records) read() (string, error) {
	if len(r.again) > 0 {
		text := r.again[0]
		r.again = r.again[1:]
		r.line++
		return text, nil
	}
	if !r.lines.Scan() {
		if err := r.lines.Err(); err != nil {
			return "", err
		}
		return "", io.EOF
	}
	r.line++
	if text := r.lines.Bytes(); !utf8.Valid(text) { // an old program's letters further down than the sample reached
		return charmap.Windows1252.NewDecoder().String(string(text))
	}
	return r.lines.Text(), nil
}

// next is the next record and the line where it begins.
func (r *records) next() (int, []string, error) {
	text, err := r.read()
	if err != nil {
		return 0, nil, err
	}
	first := r.line
	var more []string
	for {
		cells, state := r.split(text)
		if state == whole {
			return first, cells, nil
		}
		next := ""
		if state == open && len(more) < mostLines && len(text) < longestLine {
			next, err = r.read()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return first, nil, err
		}
		if state == broken || next == "" && err != nil || len(more) == mostLines || len(text) >= longestLine {
			r.again, r.line = append(more, r.again...), first
			return first, nil, &Problem{Code: "csv_broken_line", Line: first}
		}
		more, text = append(more, next), text+"\n"+next
	}
}

// What a text is as a record: whole, with a quotation mark still open at its end, or broken by text behind a closing
// one.
const (
	whole = iota
	open
	broken
)

func (r *records) split(text string) (cells []string, state int) {
	for {
		if !strings.HasPrefix(text, `"`) {
			cell, rest, more := strings.Cut(text, string(r.delimiter))
			if cells = append(cells, cell); !more {
				return cells, whole
			}
			text = rest
			continue
		}
		cell, rest, state := r.quoted(text[1:])
		if state != whole {
			return nil, state
		}
		if cells = append(cells, cell); rest == "" {
			return cells, whole
		}
		text = rest[1:]
	}
}

// quoted is a cell behind its opening quotation mark, and what follows its closing one.
func (r *records) quoted(text string) (cell, rest string, state int) {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '"')
		if i < 0 {
			if b.Len()+len(text) > r.cellBytes {
				return "", "", broken
			}
			return "", "", open
		}
		b.WriteString(text[:i])
		if text = text[i+1:]; strings.HasPrefix(text, `"`) {
			b.WriteByte('"')
			text = text[1:]
			continue
		}
		if rest = strings.TrimLeft(text, " "); rest == "" || rest[0] == r.delimiter {
			return b.String(), rest, whole
		}
		return "", "", broken
	}
}
