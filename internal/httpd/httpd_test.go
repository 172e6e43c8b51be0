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

// Who waits is told how long, and is let in then; the honest get their tries back.
func TestALimiterSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	l := NewLimiter(time.Minute, 2)
	now := time.Now()
	l.Allow("ravi", now)
	l.Allow("ravi", now)
	if got := l.Wait("ravi", now.Add(20*time.Second)).Round(time.Second); got != 40*time.Second {
		t.Errorf("wait %v", got)
	}
	if got := l.Wait("ravi", now.Add(time.Minute)); got != 0 {
		t.Errorf("still wait %v", got)
	}
	l.Forget("ravi")
	for range 2 {
		if l.Wait("ravi", now.Add(time.Minute)) != 0 {
			t.Error("nothing was forgotten")
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"203.0.113.7:4711", "", "203.0.113.7"},
		{"203.0.113.7:4711", "198.51.100.1", "203.0.113.7"}, // only a proxy on this machine is believed
		{"127.0.0.1:4711", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
		{"[::1]:4711", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:4711", "nonsense", "127.0.0.1"},
		{"127.0.0.1:4711", "", "127.0.0.1"},
		{"[2001:db8:1:2:3:4:5:6]:4711", "", "2001:db8:1:2::/64"},
		{"[::ffff:203.0.113.7]:4711", "", "203.0.113.7"},
		{"@", "", "@"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c[0]
		if c[1] != "" {
			r.Header.Set("X-Forwarded-For", c[1])
		}
		if got := Address(r); got != c[2] {
			t.Errorf("%v: %s", c, got)
		}
	}
}

// A session that waits for the second factor opens no route but those for everybody, whatever its role may do.
func TestAWaitingSessionMayNothing(t *testing.T) {
	t.Parallel()
	who := flow.Person{Org: flow.ID{1}, Member: flow.ID{2}, Role: flow.Owner, Via: flow.ViaPending, Scope: flow.Scope{All: true}}
	ok := func(w http.ResponseWriter, _ *http.Request, _ flow.Person) error { return Status(http.StatusTeapot) }
	var routes []Route
	for i, right := range flow.AllRights() {
		routes = append(routes, Route{Pattern: fmt.Sprintf("GET /%d", i), May: right, Handler: ok})
	}
	s, cookie := serve(t, who, io.Discard, routes...)
	for i, right := range flow.AllRights() {
		want := http.StatusUnauthorized
		if right == flow.Anybody {
			want = http.StatusTeapot
		}
		if status, _ := call(t, s, http.MethodGet, fmt.Sprintf("/%d", i), "", cookie); status != want {
			t.Errorf("right %d: %d", i, status)
		}
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

// What opens a link is a secret: it is not written down where people look for errors.
func TestTheLogKeepsNoSecretsOfLinks(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("Ab1_", 16)
	if got := logged("/l/" + secret); strings.Contains(got, "Ab1_") || got != "/l/…" {
		t.Errorf("logged %s", got)
	}
	if path := "/jobs/01a21840-c41f-7673-8f59-4961a2ea6bf3/at/printing"; logged(path) != path {
		t.Errorf("logged %s", logged(path))
	}
}
