package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// A place in the list of requests is read as it is written, and nothing else breaks anything.
func FuzzReadPlace(f *testing.F) {
	f.Add(writePlace(time.Date(2026, 11, 27, 1, 2, 3, 4000, time.UTC), flow.ID{7}))
	f.Add("9999-99-99T00:00:00Z_x")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		p := readPlace(text)
		if p.At.IsZero() {
			return
		}
		if again := readPlace(writePlace(p.At, p.ID)); !again.At.Equal(p.At) || again.ID != p.ID {
			t.Errorf("%q is %+v, and again %+v", text, p, again)
		}
	})
}

// The texts that are ticked are bounded, and each has a place and a key.
func FuzzTicked(f *testing.F) {
	f.Add("movements/1")
	f.Add("/")
	f.Fuzz(func(t *testing.T, text string) {
		list := ticked(&http.Request{PostForm: url.Values{"text": strings.Split(strings.Repeat(text+"\x00", 300), "\x00")}})
		if len(list) > postgres.MostMentions {
			t.Errorf("%d texts", len(list))
		}
		for _, m := range list {
			if m.Place+"/"+m.Key != text && !strings.Contains(text, "\x00") {
				t.Errorf("%q became %+v", text, m)
			}
		}
	})
}

// What somebody writes keeps its lines and nothing that cannot be seen.
func FuzzLines(f *testing.F) {
	f.Add("one\ntwo\x00\r\n three ")
	f.Fuzz(func(t *testing.T, text string) {
		got := lines(text)
		if lines(got) != got || strings.ContainsAny(got, "\x00\r") {
			t.Errorf("%q became %q", text, got)
		}
	})
}
