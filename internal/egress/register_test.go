package egress

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// A request carries what the register says its party is sent, and nothing else.
func TestOnlyWhatTheRegisterNamesIsSent(t *testing.T) {
	t.Parallel()
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = string(body)
	}))
	t.Cleanup(server.Close)
	client := New(Party{Code: "test", Sent: []string{"code", "page"}}, Options{Loopback: true})
	for _, c := range []struct {
		query, kind, body string
		goes              bool
	}{
		{"", "application/x-www-form-urlencoded", "code=1", true},
		{"page=2", "application/json", `{"code": {"job": "in a value that is the party's own"}}`, true},
		{"", "application/json", "", true},
		{"", "application/x-www-form-urlencoded", "code=1&customer=Konkan", false},
		{"", "application/json; charset=utf-8", `{"code": 1, "customer": "Konkan"}`, false},
		{"customer=Konkan", "application/json", `{}`, false},
		{"", "text/plain", "Konkan owes us", false},
		{"", "application/octet-stream", "\x00\x01", false},
		{"", "application/json", `[{"customer": "Konkan"}]`, false},
		{"", "application/x-www-form-urlencoded", "code=" + strings.Repeat("x", maxSent), false},
		{"a;b=%zz", "application/json", `{}`, false},
	} {
		got = ""
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/?"+c.query, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", c.kind)
		resp, err := client.Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		if (err == nil) != c.goes || err != nil && !errors.Is(err, ErrForbidden) {
			t.Errorf("?%s %s %.60s: %v", c.query, c.kind, c.body, err)
		}
		if c.goes && got != c.body || !c.goes && got != "" {
			t.Errorf("%.60s arrived as %.60s", c.body, got)
		}
	}
}

// What is meant for a party goes to its hosts and to no other, whatever an answer says.
func TestAPartyIsReachedAtItsHostsOnly(t *testing.T) {
	t.Parallel()
	for to, goes := range map[string]bool{"https://api.calendly.com/users/me": true, "https://calendly.com/users/me": false, "https://api.calendly.com.evil.example/": false, "https://api.calendly.com:8443/": false} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := CalendlyAPI.at(r.URL); (err == nil) != goes {
			t.Errorf("%s: %v", to, err)
		}
		if goes {
			continue
		}
		resp, err := New(CalendlyAPI, Options{}).Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		if !errors.Is(err, ErrForbidden) {
			t.Errorf("%s was asked: %v", to, err)
		}
	}
}

func TestTheRegisterSaysAllOfEachParty(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, p := range Register {
		codes = append(codes, p.Code)
		if p.Code == "" || p.Name == "" || p.Purpose == "" || p.Data == "" || p.Switch == "" || p.Way == "" {
			t.Errorf("not all is said: %+v", p)
		}
		if p.Way == ByProgram && len(p.Sent) == 0 {
			t.Errorf("%s is asked and sent nothing", p.Code)
		}
		for _, name := range p.Sent {
			if slices.Contains(Never, name) {
				t.Errorf("%s is sent %q, which never leaves", p.Code, name)
			}
		}
	}
	slices.Sort(codes)
	if len(slices.Compact(codes)) != len(Register) {
		t.Error("a party is there twice")
	}
}
