package sheets

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
)

// book is an XLSX file (ISO/IEC 29500): a zip of XML parts, each read as a stream, so that what a file says of
// itself, a row number of a million say, never makes memory be taken.
type book struct {
	parts   map[string]*zip.File
	left    int64 // how much more may be unpacked
	strings []string
	styles  []style // by the number that cells name
	from    epoch
	col     *collector
}

func readXLSX(in io.Reader, lim Limits, row func([]string, Row, *Problem) error) ([]string, error) {
	content, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, problem("xlsx_broken")
	}
	w := book{parts: map[string]*zip.File{}, left: lim.UnzipBytes, col: &collector{lim: lim, row: row}}
	said := uint64(0)
	for _, part := range z.File {
		if said += min(part.UncompressedSize64, math.MaxInt64/4); said > uint64(lim.UnzipBytes) {
			return nil, problem("xlsx_too_big_unpacked") // before anything is unpacked
		}
		w.parts[strings.ToLower(strings.TrimPrefix(part.Name, "/"))] = part
	}
	err = w.read()
	if err == nil && w.col.header == nil {
		err = problem("file_empty")
	}
	return w.col.header, err
}

func (w *book) read() error {
	sheets, err := w.sheets()
	if err != nil {
		return err
	}
	if err := w.shared(); err != nil {
		return err
	}
	if err := w.formats(); err != nil {
		return err
	}
	for _, name := range sheets {
		err := w.sheet(name)
		if w.col.end(); err != nil || w.col.header != nil {
			return err
		}
	}
	return nil
}

// deepest an element may lie; real parts have less than ten levels.
const deepest = 64

// walk streams a part: it calls start for every element and text for what stands in it. A part that is not there has
// nothing in it.
func (w *book) walk(name string, start func(xml.StartElement) error, text func(string), end func(string) error) error {
	part, ok := w.parts[strings.ToLower(name)]
	if !ok {
		return nil
	}
	in, err := part.Open()
	if err != nil {
		return problem("xlsx_broken")
	}
	defer func() { _ = in.Close() }() // only read
	d := xml.NewDecoder(&unpacked{in, &w.left})
	for depth := 0; ; {
		token, err := d.RawToken() // no entity but XML's own five is known, so none is expanded
		var big *Problem
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &big):
			return big
		case err != nil:
			return problem("xlsx_broken")
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > deepest {
				return problem("xlsx_broken")
			}
			err = start(t)
		case xml.EndElement:
			depth--
			err = end(t.Name.Local)
		case xml.CharData:
			text(string(t))
		}
		if err != nil {
			return err
		}
	}
}

// unpacked counts what really comes out: what a zip says of its sizes can be a lie.
type unpacked struct {
	r    io.Reader
	left *int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if *u.left -= int64(n); *u.left < 0 {
		return 0, problem("xlsx_too_big_unpacked")
	}
	return n, err
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func noText(string)      {}
func noEnd(string) error { return nil }

// sheets are the parts of the sheets that show, in the workbook's order.
func (w *book) sheets() ([]string, error) {
	targets := map[string]string{}
	err := w.walk("xl/_rels/workbook.xml.rels", func(e xml.StartElement) error {
		if target := attr(e, "Target"); e.Name.Local == "Relationship" && strings.HasSuffix(attr(e, "Type"), "/worksheet") {
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl", target)
			}
			targets[attr(e, "Id")] = strings.TrimPrefix(target, "/")
		}
		return nil
	}, noText, noEnd)
	if err != nil {
		return nil, err
	}
	var names []string
	err = w.walk("xl/workbook.xml", func(e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			if on := attr(e, "date1904"); on == "1" || on == "true" {
				w.from = epoch1904
			}
		case "sheet":
			if name, ok := targets[attr(e, "id")]; ok && (attr(e, "state") == "" || attr(e, "state") == "visible") {
				names = append(names, name)
			}
		}
		return nil
	}, noText, noEnd)
	if err == nil && len(targets) == 0 {
		err = problem("xlsx_broken")
	}
	return names, err
}

// shared reads the texts that cells name by number. Phonetic guides are no part of them.
func (w *book) shared() error {
	var b strings.Builder
	inText, phonetic := false, false
	return w.walk("xl/sharedStrings.xml", func(e xml.StartElement) error {
		switch e.Name.Local {
		case "t":
			inText = !phonetic
		case "rPh":
			phonetic = true
		}
		return nil
	}, func(s string) {
		if inText {
			b.WriteString(s)
		}
	}, func(name string) error {
		switch name {
		case "t":
			inText = false
		case "rPh":
			phonetic = false
		case "si":
			w.strings = append(w.strings, tidy(unescaped(b.String())))
			b.Reset()
		}
		return nil
	})
}

// formats reads which style shows numbers how.
func (w *book) formats() error {
	custom := map[string]string{}
	inCells := false
	return w.walk("xl/styles.xml", func(e xml.StartElement) error {
		switch e.Name.Local {
		case "numFmt":
			custom[attr(e, "numFmtId")] = attr(e, "formatCode")
		case "cellXfs":
			inCells = true
		case "xf":
			if inCells {
				w.styles = append(w.styles, styleOf(attr(e, "numFmtId"), custom))
			}
		}
		return nil
	}, noText, func(name string) error {
		inCells = inCells && name != "cellXfs"
		return nil
	})
}

// cell is the one being read.
type cell struct {
	column int // from 0
	kind   string
	style  int
	value  strings.Builder
	reads  bool // inside an element whose text is the value
}

// sheet hands on the rows of a sheet as they come.
func (w *book) sheet(name string) error {
	line, at := 0, -1
	var cells []string
	var c cell
	return w.walk(name, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "row":
			cells, at = nil, -1
			line = position(attr(e, "r"), line)
		case "c":
			at = column(attr(e, "r"), at)
			if at >= w.col.lim.Columns {
				return problem("too_many_columns", "limit", strconv.Itoa(w.col.lim.Columns))
			}
			c = cell{column: at, kind: attr(e, "t"), style: position(attr(e, "s"), -1)}
		case "v", "t":
			c.reads = true
		case "rPh":
			c.kind = "phonetic"
		}
		return nil
	}, func(s string) {
		if c.reads {
			c.value.WriteString(s)
		}
	}, func(name string) error {
		switch name {
		case "v", "t":
			c.reads = false
		case "c":
			cells = pad(cells, c.column)
			cells = append(cells[:c.column], w.text(&c))
		case "row":
			return w.col.add(line, cells)
		}
		return nil
	})
}

// position is a number that says where something is, or the place after the last.
func position(s string, last int) int {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= math.MaxInt32 {
		return n
	}
	return last + 1
}

// column is the place of a cell named like AB12, from 0; one without a name follows the last.
func column(name string, last int) int {
	n := 0
	for _, r := range name {
		if r < 'A' || r > 'Z' || n > 1<<20 {
			break
		}
		n = n*26 + int(r-'A') + 1
	}
	if n == 0 {
		return last + 1
	}
	return n - 1
}

// text is a cell as a person reads it. A text stays as it is, also when it looks like a number: job 00042 and 1E5
// are no numbers.
func (w *book) text(c *cell) string {
	raw := c.value.String()
	switch c.kind {
	case "s":
		if i := position(raw, math.MaxInt32); i < len(w.strings) {
			return w.strings[i]
		}
		return ""
	case "", "n":
		s := style{}
		if c.style < len(w.styles) {
			s = w.styles[c.style]
		}
		return s.show(raw, w.from)
	case "b":
		if raw == "1" {
			return "TRUE"
		}
		return "FALSE"
	case "inlineStr", "str":
		return unescaped(raw)
	}
	return raw
}
