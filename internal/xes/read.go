package xes

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// Handler is told what is read. Each may be nil. An error it returns ends the reading.
type Handler struct {
	Log   func(attrs []Attr) error // of the whole log, before the first trace; not when there is none
	Trace func(attrs []Attr) error // before the trace's first event
	Event func(attrs []Attr) error
	End   func() error // of a trace
}

// Limits bound what one file can cost. Each is far above what logs have.
type Limits struct {
	Bytes  int64 // of the file
	Token  int64 // of one tag with its attributes
	Attrs  int   // of one event, trace or log, nested ones counted
	Depth  int   // of nested attributes
	Events int
}

// Generous are limits for files that people bring.
var Generous = Limits{Bytes: 1 << 30, Token: 1 << 20, Attrs: 5000, Depth: 30, Events: 5_000_000}

// Problem is what is wrong with a file, in a sentence, with the line.
type Problem struct {
	Line int
	Why  string
}

func (p *Problem) Error() string { return fmt.Sprintf("line %d: %s", p.Line, p.Why) }

// Read reads a log. A document type is refused, and with it everything that it could define or fetch.
func Read(file io.Reader, lim Limits, h Handler) error {
	src := &bounded{r: file, left: lim.Bytes, token: lim.Token, lim: lim}
	d := xml.NewDecoder(src)
	d.Strict = true
	r := reader{d: d, src: src, lim: lim, h: h}
	err := r.log()
	if err == nil {
		return nil
	}
	var p *Problem
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &syntax) && syntax.Msg == "unexpected EOF":
		return &Problem{syntax.Line, "the file breaks off"}
	case errors.As(err, &syntax):
		return &Problem{syntax.Line, "this is not well-formed XML: " + syntax.Msg}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return r.problem("the file breaks off")
	case src.over != "":
		return r.problem(src.over)
	}
	return err
}

// bounded reads no more than a file and a tag may have.
type bounded struct {
	r           io.Reader
	left, token int64
	lim         Limits
	over        string
}

var errOver = errors.New("xes: too much")

// portion keeps the decoder from reading so far ahead that a tag's bound would not hold.
const portion = 4096

func (b *bounded) Read(p []byte) (int, error) {
	switch {
	case b.left <= 0:
		b.over = "the file is larger than a log may be"
		return 0, errOver
	case b.token <= 0:
		b.over = "one tag is longer than a tag may be"
		return 0, errOver
	}
	p = p[:min(int64(len(p)), portion, b.left)]
	n, err := b.r.Read(p)
	b.left -= int64(n)
	b.token -= int64(n)
	return n, err
}

type reader struct {
	d      *xml.Decoder
	src    *bounded
	lim    Limits
	h      Handler
	events int
	attrs  int // of what is being read
}

func (r *reader) problem(why string) error {
	line, _ := r.d.InputPos()
	return &Problem{line, why}
}

func (r *reader) token() (xml.Token, error) {
	for {
		r.src.token = r.lim.Token
		t, err := r.d.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, r.problem("it has a document type, which a log needs not and which is not read")
		case xml.StartElement, xml.EndElement:
			return t, nil
		}
	}
}

func (r *reader) log() error {
	t, err := r.token()
	if errors.Is(err, io.EOF) {
		return r.problem("this is no XES log: there is no <log> in it")
	}
	if err != nil {
		return err
	}
	if start, ok := t.(xml.StartElement); !ok || start.Name.Local != "log" {
		return r.problem("this is no XES log: it does not begin with <log>")
	}
	var attrs []Attr
	told := false
	tell := func() error {
		if told || r.h.Log == nil {
			return nil
		}
		told = true
		return r.h.Log(attrs)
	}
	for {
		t, err := r.token()
		if err != nil {
			return err
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			return tell()
		}
		switch name := start.Name.Local; {
		case name == "trace":
			if err := tell(); err != nil {
				return err
			}
			r.attrs = 0
			if err := r.trace(); err != nil {
				return err
			}
		case name == "event": // of no trace
			if err := tell(); err != nil {
				return err
			}
			if err := r.loose(); err != nil {
				return err
			}
		case kind(name):
			a, err := r.attr(start, 0)
			if err != nil {
				return err
			}
			attrs = append(attrs, a)
		default: // extension, global, classifier, and what others have added
			if err := r.skip(); err != nil {
				return err
			}
		}
	}
}

// loose is an event outside of a trace, which the standard allows: it is a trace of its own without a name.
func (r *reader) loose() error {
	if err := call(r.h.Trace, nil); err != nil {
		return err
	}
	if err := r.event(); err != nil {
		return err
	}
	return r.end()
}

func (r *reader) end() error {
	if r.h.End == nil {
		return nil
	}
	return r.h.End()
}

func call(f func([]Attr) error, attrs []Attr) error {
	if f == nil {
		return nil
	}
	return f(attrs)
}

func (r *reader) trace() error {
	var attrs []Attr
	told := false
	for {
		t, err := r.token()
		if err != nil {
			return err
		}
		start, ok := t.(xml.StartElement)
		if (!ok || start.Name.Local == "event") && !told {
			told = true
			if err := call(r.h.Trace, attrs); err != nil {
				return err
			}
		}
		switch {
		case !ok:
			return r.end()
		case start.Name.Local == "event":
			err = r.event()
		case kind(start.Name.Local) && !told:
			var a Attr
			a, err = r.attr(start, 0)
			attrs = append(attrs, a)
		default:
			err = r.skip()
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) event() error {
	if r.events++; r.events > r.lim.Events {
		return r.problem("there are more events than a log may have")
	}
	r.attrs = 0
	var attrs []Attr
	for {
		t, err := r.token()
		if err != nil {
			return err
		}
		start, ok := t.(xml.StartElement)
		switch {
		case !ok:
			return call(r.h.Event, attrs)
		case !kind(start.Name.Local):
			err = r.skip()
		default:
			var a Attr
			a, err = r.attr(start, 0)
			attrs = append(attrs, a)
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) attr(start xml.StartElement, depth int) (Attr, error) {
	a := Attr{Kind: start.Name.Local}
	if r.attrs++; r.attrs > r.lim.Attrs {
		return a, r.problem("there are more attributes than an event may have")
	}
	if depth > r.lim.Depth {
		return a, r.problem("attributes are nested too deep")
	}
	for _, x := range start.Attr {
		switch x.Name.Local {
		case "key":
			a.Key = x.Value
		case "value":
			a.Value = x.Value
		}
	}
	return a, r.inner(&a, depth)
}

// inner reads what is nested in an attribute. The members of a list stand in <values>.
func (r *reader) inner(a *Attr, depth int) error {
	if depth > r.lim.Depth {
		return r.problem("attributes are nested too deep")
	}
	for {
		t, err := r.token()
		if err != nil {
			return err
		}
		start, ok := t.(xml.StartElement)
		switch {
		case !ok:
			return nil
		case kind(start.Name.Local):
			var nested Attr
			nested, err = r.attr(start, depth+1)
			a.Attrs = append(a.Attrs, nested)
		case start.Name.Local == "values":
			err = r.inner(a, depth+1)
		default:
			err = r.skip()
		}
		if err != nil {
			return err
		}
	}
}

// skip passes over an element, however deep, without holding it.
func (r *reader) skip() error {
	for depth := 1; depth > 0; {
		t, err := r.token()
		if err != nil {
			return err
		}
		if _, ok := t.(xml.StartElement); ok {
			depth++
		} else {
			depth--
		}
		if depth > 1000 {
			return r.problem("elements are nested too deep")
		}
	}
	return nil
}
