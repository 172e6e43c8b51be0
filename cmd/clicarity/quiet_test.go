package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/demo"
	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	uses "clicarity/internal/usage"
	"clicarity/internal/worker"
)

// With nothing configured, a day of the demo factory makes no connection out of the machine. The system calls of the
// program and of its PostgreSQL are watched, so that no library can be overlooked.
func TestADayOfTheDemoGoesNowhere(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not there: make servers installs it")
	}
	dir, err := os.MkdirTemp("", "clicarity-quiet-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL runs as another user when we are root
		t.Fatal(err)
	}
	trace := filepath.Join(dir, "calls")
	watched := exec.CommandContext(t.Context(), strace, "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", trace,
		os.Args[0], "-test.run", "^TestOneDayOfTheDemo$", "-test.v")
	watched.Env = append(os.Environ(), dayIn+"="+filepath.Join(dir, "data"))
	said, err := watched.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ := strings.Cut(canary, ":")
	if !bytes.Contains(text, []byte(host)) {
		t.Error("a connection that was made was not seen")
	}
	calls, went := outside(t, trace)
	if calls < 2 || !strings.Contains(string(said), "a day has passed") {
		t.Errorf("%d calls were seen; the day did not happen\n%s", calls, said)
	}
	for _, to := range went {
		t.Errorf("a connection left the machine: %s", to)
	}
}

// address is where a call goes to, as strace writes it.
var address = regexp.MustCompile(`sin6?_port=htons\((\d+)\).*?inet_(?:addr|pton)\((?:AF_INET6, )?"([^"]+)"`)

// outside counts the calls of a trace that name an address of a network, and lists those whose address is not this machine's.
func outside(t *testing.T, trace string) (calls int, went []string) {
	t.Helper()
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m := address.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		calls++
		if ip, err := netip.ParseAddr(m[2]); err != nil || !ip.Unmap().IsLoopback() {
			went = append(went, lines.Text())
		}
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return calls, went
}

func TestConnectionsAreSeen(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "calls")
	text := `7 connect(9, {sa_family=AF_UNIX, sun_path="/tmp/x/run/.s.PGSQL.5432"}, 40) = 0
7 connect(9, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EINPROGRESS
7 connect(9, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("142.250.1.1")}, 16) = -1 EINPROGRESS
7 connect(9, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2a00:1450::1", &sin6_addr), sin6_scope_id=0}, 28) = 0
7 sendto(9, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("8.8.8.8")}, 16) = 1
`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if calls, went := outside(t, name); calls != 4 || len(went) != 3 {
		t.Errorf("%d calls, out: %v", calls, went)
	}
}

// canary is an address of this machine where nobody listens.
const canary = "127.9.9.9:9"

// dayIn names the data directory of the day that is watched.
const dayIn = "CLICARITY_TEST_DAY"

// TestOneDayOfTheDemo is the day: the demo factory with its background work and all its pages, hour by hour. It runs when
// TestADayOfTheDemoGoesNowhere watches it.
func TestOneDayOfTheDemo(t *testing.T) {
	data := os.Getenv(dayIn)
	if data == "" {
		t.Skip("this is the day that TestADayOfTheDemoGoesNowhere watches")
	}
	cfg, err := readConfig(func(name string) string { return map[string]string{"CLICARITY_DATA": data}[name] })
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	e := env{cfg, &told, &told}
	h, err := openHouse(t.Context(), e, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	if err = demoLogins(t.Context(), e, h); err == nil {
		e, err = e.asDemo(t.Context(), h)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := &day{t: t, data: data, h: h}
	d.clock.Store(time.Now().UnixNano())
	d.open(e)
	if err := d.trials.Tend(t.Context()); err != nil {
		t.Error(err)
	}
	for hour := range 24 {
		d.clock.Add(int64(time.Hour))
		d.work.Once(t.Context())
		d.work.Night(t.Context())
		if hour%6 == 0 {
			d.look()
		}
	}
	if d.pages < 4*60 {
		t.Errorf("%d pages were looked at", d.pages)
	}
	if c, err := net.Dial("tcp", canary); err == nil { // whoever watches has to see this
		_ = c.Close()
	}
	fmt.Println("a day has passed")
}

// day is a demo factory whose clock the test turns.
type day struct {
	t     *testing.T
	data  string
	h     *house
	clock atomic.Int64
	work  *worker.Worker
	// trials are the factories for visitors of the site.
	trials *demo.Trials
	gets   []string
	at     string
	pages  int
}

func (d *day) now() time.Time { return time.Unix(0, d.clock.Load()) }

// open serves the factory, with all the background work there is.
func (d *day) open(e env) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	listener, err := (&net.ListenConfig{}).Listen(d.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		d.t.Fatal(err)
	}
	cfg := e.pages(d.h, listener, &uses.Counter{}, log)
	cfg.Now = d.now
	pages, hub, err := platform(cfg)
	if err != nil {
		d.t.Fatal(err)
	}
	public, err := publicSite(e, pages, d.h.keys, log)
	if err != nil {
		d.t.Fatal(err)
	}
	d.gets = []string{"/about/", "/about/how-it-works", "/about/industries", "/about/security", "/about/privacy", "/about/terms", "/about/contact", "/about/demo"}
	for _, r := range pages.Routes() {
		if path, ok := strings.CutPrefix(r.Pattern, "GET "); ok && !strings.Contains(path, "{") && path != "/live" && path != "/tv/live" {
			d.gets = append(d.gets, path)
		}
	}
	server := httptest.NewUnstartedServer(public.Front(whole(d.h.DB, pages, d.h.keys, log)))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	d.at, d.work = server.URL, e.worker(d.h, pages, public, log)
	d.work.Now = d.now
	d.trials = trials(e, d.h, log)
	d.trials.Now = d.now
	ctx, stop := context.WithCancel(d.t.Context())
	ended := make(chan struct{}, 3)
	go func() {
		_ = d.h.Listen(ctx, postgres.Ears{Woke: func(org flow.ID) { hub.Wake(org); d.work.Woke(org) }, Look: hub.Look, Post: d.work.Post, Tell: d.work.Tell})
		ended <- struct{}{}
	}()
	go func() { d.work.Run(ctx); ended <- struct{}{} }()
	go func() { public.Watch(ctx); ended <- struct{}{} }()
	d.t.Cleanup(func() {
		hub.Close()
		stop()
		<-ended
		<-ended
		<-ended
		server.Close()
	})
}

// look opens every page as everybody who has a log-in, and a job.
func (d *day) look() {
	text, err := os.ReadFile(filepath.Join(d.data, "demo-logins.json"))
	var made demo.Result
	if err = errors.Join(err, json.Unmarshal(text, &made)); err != nil {
		d.t.Fatal(err)
	}
	for _, l := range made.Logins {
		jar, err := cookiejar.New(nil)
		if err != nil {
			d.t.Fatal(err)
		}
		client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if r.URL.Host != strings.TrimPrefix(d.at, "http://") {
				d.t.Errorf("sent on to %s", r.URL)
			}
			return nil
		}}
		d.read(client.PostForm(d.at+"/sign-in", url.Values{"login": {l.Login}, "password": {l.Password}}))
		for _, path := range d.gets {
			d.read(client.Get(d.at + path))
		}
		if page := d.read(client.Get(d.at + "/about/")); !strings.Contains(page, demo.Operator().Address) {
			d.t.Error("there is no public site")
		}
		for _, path := range d.jobs(d.read(client.Get(d.at + "/my"))) {
			d.read(client.Get(d.at + path))
		}
	}
}

var jobPath = regexp.MustCompile(`href="(/jobs/[0-9a-f-]{36})"`)

func (d *day) jobs(page string) []string {
	var list []string
	for _, m := range jobPath.FindAllStringSubmatch(page, 3) {
		list = append(list, m[1])
	}
	return slices.Compact(list)
}

// read is a page that must not have failed.
func (d *day) read(resp *http.Response, err error) string {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode >= 500 {
		d.t.Errorf("%s: %d, %v", resp.Request.URL.Path, resp.StatusCode, err)
	}
	if resp.StatusCode == http.StatusOK {
		d.pages++
	}
	return string(body)
}
