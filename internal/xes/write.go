package xes

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Writer writes a log: Begin, then for every trace Trace, its Events and End, and at last Close. The first mistake stays.
type Writer struct {
	w      *bufio.Writer
	inside bool // a trace
	err    error
}

// NewWriter writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: bufio.NewWriter(w)} }

// Begin writes the head of the log: its extensions, what is said of the whole of it, and by what events are told apart.
func (w *Writer) Begin(extensions []Extension, attrs []Attr) error {
	w.put(xml.Header + `<log xes.version="1849.2016" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">` + "\n")
	for _, e := range extensions {
		w.put(`  <extension name="` + quote(e.Name) + `" prefix="` + quote(e.Prefix) + `" uri="` + quote(e.URI) + `"/>` + "\n")
	}
	w.put(`  <global scope="trace"><string key="concept:name" value=""/></global>` + "\n" +
		`  <global scope="event"><string key="concept:name" value=""/><date key="time:timestamp" value="1970-01-01T00:00:00.000Z"/><string key="lifecycle:transition" value="complete"/></global>` + "\n" +
		`  <classifier name="Activity" scope="event" keys="concept:name"/>` + "\n" +
		`  <classifier name="Activity and transition" scope="event" keys="concept:name lifecycle:transition"/>` + "\n")
	w.attrs(attrs, "  ")
	return w.err
}

// Trace begins a trace.
func (w *Writer) Trace(attrs []Attr) error {
	if w.inside {
		return errors.New("xes: a trace within a trace")
	}
	w.inside = true
	w.put("  <trace>\n")
	w.attrs(attrs, "    ")
	return w.err
}

// Event writes an event of the trace.
func (w *Writer) Event(attrs []Attr) error {
	if !w.inside {
		return errors.New("xes: an event outside of a trace")
	}
	w.put("    <event>\n")
	w.attrs(attrs, "      ")
	w.put("    </event>\n")
	return w.err
}

// End ends the trace.
func (w *Writer) End() error {
	w.inside = false
	w.put("  </trace>\n")
	return w.err
}

// Close ends the log.
func (w *Writer) Close() error {
	w.put("</log>\n")
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

func (w *Writer) put(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

func (w *Writer) attrs(list []Attr, indent string) {
	for _, a := range list {
		if !kind(a.Kind) {
			w.err = errors.Join(w.err, errors.New("xes: there is no kind of attribute "+a.Kind))
			return
		}
		w.put(indent + "<" + a.Kind + ` key="` + quote(a.Key) + `"`)
		if a.Kind != "list" && a.Kind != "container" {
			w.put(` value="` + quote(a.Value) + `"`)
		}
		if len(a.Attrs) == 0 {
			w.put("/>\n")
			continue
		}
		w.put(">\n")
		if a.Kind == "list" {
			w.put(indent + "<values>\n")
		}
		w.attrs(a.Attrs, indent+"  ")
		if a.Kind == "list" {
			w.put(indent + "</values>\n")
		}
		w.put(indent + "</" + a.Kind + ">\n")
	}
}

// quote writes a text as the value of an XML attribute. Line ends and tabs are written as numbers, which readers keep; what
// XML cannot hold becomes the replacement character.
func quote(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\n':
			b.WriteString("&#10;")
		case r == '\r':
			b.WriteString("&#13;")
		case r == '\t':
			b.WriteString("&#9;")
		case r < ' ' || r == 0xFFFE || r == 0xFFFF:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
