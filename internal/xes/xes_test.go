package xes

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type trace struct {
	attrs  []Attr
	events [][]Attr
}

func all(file io.Reader, lim Limits) (log []Attr, traces []trace, err error) {
	err = Read(file, lim, Handler{
		Log:   func(a []Attr) error { log = a; return nil },
		Trace: func(a []Attr) error { traces = append(traces, trace{attrs: a}); return nil },
		Event: func(a []Attr) error {
			last := &traces[len(traces)-1]
			last.events = append(last.events, a)
			return nil
		},
	})
	return log, traces, err
}

func drawAttrs(t *rapid.T, depth int) []Attr {
	var list []Attr
	for range rapid.IntRange(0, 3).Draw(t, "n") {
		a := Attr{Kind: rapid.SampledFrom([]string{"string", "date", "int", "float", "boolean", "id", "list", "container"}).Draw(t, "kind"),
			Key: rapid.StringMatching(`[a-z]{1,5}:[a-zअ-ह ]{1,8}`).Draw(t, "key")}
		if a.Kind != "list" && a.Kind != "container" {
			a.Value = rapid.StringMatching("[ -~\n\r\tअ-ह₹\u2028]{0,12}").Draw(t, "value")
		}
		if depth < 3 {
			a.Attrs = drawAttrs(t, depth+1)
		}
		list = append(list, a)
	}
	return list
}

// What is written is read as it was, nested attributes and strange texts included.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		head := drawAttrs(t, 0)
		var traces []trace
		for range rapid.IntRange(0, 3).Draw(t, "traces") {
			one := trace{attrs: drawAttrs(t, 0)}
			for range rapid.IntRange(0, 3).Draw(t, "events") {
				one.events = append(one.events, drawAttrs(t, 0))
			}
			traces = append(traces, one)
		}
		var b bytes.Buffer
		w := NewWriter(&b)
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(w.Begin(Standard(), head))
		for _, one := range traces {
			must(w.Trace(one.attrs))
			for _, e := range one.events {
				must(w.Event(e))
			}
			must(w.End())
		}
		must(w.Close())
		gotHead, gotTraces, err := all(&b, Generous)
		if err != nil || !reflect.DeepEqual(head, gotHead) || !reflect.DeepEqual(traces, gotTraces) {
			t.Fatalf("%v\n%+v\n%+v", err, traces, gotTraces)
		}
	})
}

func TestBombsAndForeignFilesAreRefused(t *testing.T) {
	t.Parallel()
	small := Limits{Bytes: 1 << 20, Token: 64 << 10, Attrs: 100, Depth: 10, Events: 50}
	for says, text := range map[string]string{
		"document type":     `<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><log><trace><string key="k" value="&b;"/></trace></log>`,
		"has a document":    `<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>`,
		"not well-formed":   `<log><trace><string key="k" value="&passwd;"/></trace></log>`,
		"no XES log":        `<html><body/></html>`,
		"breaks off":        `<log><trace><event>`,
		"nested too deep":   `<log><trace>` + strings.Repeat(`<string key="k" value="v">`, 50),
		"elements are":      `<log>` + strings.Repeat(`<x>`, 2000),
		"more attributes":   `<log><trace><event>` + strings.Repeat(`<int key="k" value="1"/>`, 200),
		"more events":       `<log><trace>` + strings.Repeat(`<event/>`, 60),
		"one tag is longer": `<log><string key="k" value="` + strings.Repeat("x", 200<<10) + `"/></log>`,
		"larger than a log": `<log>` + strings.Repeat(`<x/>`, 300<<10),
	} {
		_, _, err := all(strings.NewReader(text), small)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`<log><string key="a" value="b"/><trace><event><list key="l"><values><int key="x" value="1"/></values></list></event></trace></log>`)
	f.Add(`<!DOCTYPE log [<!ENTITY a "b">]><log/>`)
	f.Add(`<log xmlns:x="y"><x:trace><event/></x:trace><event><date key="time:timestamp" value="2012-01-30"/></event></log>`)
	f.Fuzz(func(t *testing.T, text string) {
		open := 0
		err := Read(strings.NewReader(text), Limits{Bytes: 1 << 16, Token: 1 << 12, Attrs: 50, Depth: 5, Events: 20}, Handler{
			Trace: func([]Attr) error { open++; return nil },
			Event: func([]Attr) error {
				if open != 1 {
					t.Error("an event outside of a trace")
				}
				return nil
			},
			End: func() error { open--; return nil },
		})
		if err == nil && open != 0 {
			t.Error("a trace does not end")
		}
	})
}
