package httpd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
)

var errMissing = errors.New("missing")

// serve is a server whose only session is that of the given person.
func serve(t *testing.T, who flow.Person, log io.Writer, routes ...Route) (*httptest.Server, *http.Cookie) {
	t.Helper()
	rec := httptest.NewRecorder()
	hash, err := NewSession(rec, who.Org, bytes.NewReader(make([]byte, 64)), false)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(New(Config{
		Session: func(_ context.Context, org flow.ID, h [32]byte, _ time.Time) (flow.Person, error) {
			if org != who.Org || h != hash {
				return flow.Person{}, errMissing
			}
			return who, nil
		},
		Fail: func(w http.ResponseWriter, _ *http.Request, _ flow.Person, status int, err error) {
			http.Error(w, err.Error(), status)
		},
		As:       func(ctx context.Context, _ *http.Request, _ flow.Person) context.Context { return ctx },
		Refused:  func(r *http.Request, who flow.Person) { _, _ = fmt.Fprintln(log, "refused", who.Name, r.Pattern) },
		NotFound: func(err error) bool { return errors.Is(err, errMissing) },
		Now:      time.Now, Log: slog.New(slog.NewTextHandler(log, nil)),
	}, routes))
	t.Cleanup(s.Close)
	return s, rec.Result().Cookies()[0]
}

func call(t *testing.T, s *httptest.Server, method, path, body string, cookie *http.Cookie) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func answer(err error) Handler {
	return func(w http.ResponseWriter, _ *http.Request, who flow.Person) error {
		if err == nil {
			_, _ = fmt.Fprint(w, "hello ", who.Name)
		}
		return err
	}
}

func TestWhoMayUseARoute(t *testing.T) {
	t.Parallel()
	operator := flow.Person{Org: flow.ID{1}, Member: flow.ID{2}, Name: "Ravi", Role: flow.Operator}
	s, cookie := serve(t, operator, io.Discard, Route{Pattern: "GET /public", May: flow.Anybody, Handler: answer(nil)}, Route{Pattern: "GET /members", May: flow.MaySee, Handler: answer(nil)},
		Route{Pattern: "GET /owners", May: flow.MayGovern, Handler: answer(nil)})
	forged := *cookie
	forged.Value = forged.Value[:20] + "Z" + forged.Value[21:]
	for path, want := range map[string][3]int{"/public": {200, 200, 200}, "/members": {401, 200, 401}, "/owners": {401, 404, 401}, "/nowhere": {404, 404, 404}} {
		for i, c := range []*http.Cookie{nil, cookie, &forged} {
			if status, text := call(t, s, http.MethodGet, path, "", c); status != want[i] {
				t.Errorf("%s as %d: %d %s", path, i, status, text)
			}
		}
	}
	if status, _ := call(t, s, http.MethodPost, "/members", "", cookie); status != http.StatusNotFound {
		t.Errorf("another method: %d", status)
	}
}

func TestErrorsBecomeStatuses(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	panics := func(http.ResponseWriter, *http.Request, flow.Person) error { panic("a mistake of ours") }
	reads := func(_ http.ResponseWriter, r *http.Request, _ flow.Person) error {
		_, err := io.ReadAll(r.Body)
		return err
	}
	s, _ := serve(t, flow.Person{}, &log,
		Route{Pattern: "GET /refused", May: flow.Anybody, Handler: answer(fmt.Errorf("x: %w", &flow.Refusal{Code: flow.MoreThanHere}))},
		Route{Pattern: "GET /entered", May: flow.Anybody, Handler: answer(&flow.Refusal{Code: flow.WasteNoReason})},
		Route{Pattern: "GET /missing", May: flow.Anybody, Handler: answer(errMissing)},
		Route{Pattern: "GET /broken", May: flow.Anybody, Handler: answer(errors.New("the disk is full"))},
		Route{Pattern: "GET /panics", May: flow.Anybody, Handler: panics},
		Route{Pattern: "POST /large", May: flow.Anybody, MaxBody: 10, Handler: reads})
	for path, want := range map[string]int{"/refused": 409, "/entered": 422, "/missing": 404, "/broken": 500, "/panics": 500} {
		if status, _ := call(t, s, http.MethodGet, path, "", nil); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if status, _ := call(t, s, http.MethodPost, "/large", "more than ten bytes", nil); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %d", status)
	}
	if text := log.String(); strings.Count(text, "level=ERROR") != 2 || !strings.Contains(text, "the disk is full") {
		t.Errorf("logged: %s", text)
	}
}

// A refusal is the asker's to mend. One is not: while another version is at work phones keep what they have and send it
// again by themselves, as they do after every status from 500 on.
func TestEveryRefusalHasAStatusBelow500(t *testing.T) {
	t.Parallel()
	for code := range statuses {
		s := StatusOf(&flow.Refusal{Code: code})
		if later := code == flow.BeingUpdated; later != (s == http.StatusServiceUnavailable) || !later && (s < 400 || s > 499) {
			t.Errorf("%s: %d", code, s)
		}
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	l := NewLimiter(time.Minute, 3)
	now := time.Now()
	for i := range 5 {
		if got := l.Allow("ravi", now); got != (i < 3) {
			t.Errorf("try %d: %v", i, got)
		}
	}
	if !l.Allow("asha", now) || !l.Allow("ravi", now.Add(61*time.Second)) || l.Allow("ravi", now.Add(62*time.Second)) {
		t.Error("others wait, or waiting does not help")
	}
}

func FuzzCookie(f *testing.F) {
	f.Add("AAAA")
	f.Fuzz(func(_ *testing.T, value string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", plainCookie+"="+value)
		readCookie(r, false)
	})
}
