package web_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/egress"
	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/live"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/web"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var newID = pgtest.NewID

// house is the whole site on a database of its own.
type house struct {
	t        *testing.T
	db       *postgres.DB
	url      string
	database string
	checks   *atomic.Int64 // passwords that were compared
	pages    *web.Web
	handler  http.Handler  // the same site without a network
	compared *atomic.Int64 // PINs that were compared with a hash
}

func openHouse(t *testing.T) *house {
	t.Helper()
	return openHouseAt(t, time.Now)
}

// openHouseAt is a house with a clock of its own.
func openHouseAt(t *testing.T, now func() time.Time) *house {
	t.Helper()
	return openHouseOf(t, now, false)
}

// openHouseWith is a house that can send mails, or cannot.
func openHouseWith(t *testing.T, mails bool) *house {
	t.Helper()
	return openHouseOf(t, time.Now, mails)
}

// openHouseBehind is a house with a way out of its own; nil: the product's.
func openHouseBehind(t *testing.T, outside *http.Client) *house {
	t.Helper()
	return openHouseMade(t, time.Now, false, outside)
}

func openHouseOf(t *testing.T, now func() time.Time, mails bool) *house {
	t.Helper()
	return openHouseMade(t, now, mails, egress.New(egress.IdentityProvider, egress.Options{Loopback: true}))
}

func openHouseMade(t *testing.T, now func() time.Time, mails bool, outside *http.Client) *house {
	t.Helper()
	database := pgtest.URL(t)
	db := pgtest.Open(t, database)
	checks := &atomic.Int64{}
	compared := &atomic.Int64{}
	hub := live.New(func(ctx context.Context, org flow.ID, after int64) ([]live.Change, error) {
		records, err := db.Movements(ctx, org, after, 500)
		got := make([]live.Change, len(records))
		for i, r := range records {
			got[i] = live.Change{Seq: r.Seq, Job: r.Job, Process: r.Facts.Process, Stage: r.Stage, Kind: r.Kind}
		}
		return got, err
	}, db.Head)
	log := slog.New(slog.NewTextHandler(testWriter{t}, nil))
	pages, err := web.New(web.Config{DB: db, Hub: hub, Now: now, Log: log, Keys: keys.New([keys.Size]byte{1}), URL: "http://clicarity.example", Mails: mails, Outside: outside, Program: "test",
		Operator:      operator.Operator{Organisation: "clicarity", Name: "Clicarity", Grievance: operator.Contact{Name: "Anil Patil", Email: "complaints@clicarity.example"}},
		CheckPassword: func(password, hash string) bool { checks.Add(1); return hash != "" && password == hash },
		HashPassword:  func(password string) (string, error) { return password, nil },
		NewPassword:   func() (string, string, error) { return "first pass", "first pass", nil },
		HashPIN:       func(pin string) (string, error) { return "hash of " + pin, nil },
		CheckPIN:      func(pin, hash string) bool { compared.Add(1); return hash == "hash of "+pin }})
	if err != nil {
		t.Fatal(err)
	}
	handler := pages.Handler(log)
	server := httptest.NewServer(handler)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = db.Listen(ctx, postgres.Ears{Woke: hub.Wake, Look: hub.Look}) }() //nolint:errcheck // ends with the context
	t.Cleanup(func() { hub.Close(); server.Close(); cancel(); <-done })
	return &house{t: t, db: db, url: server.URL, database: database, checks: checks, pages: pages, handler: handler, compared: compared}
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// firm is an organisation of the house, with an owner and an operator at lamination.
type firm struct {
	*house
	org, owner, operator flow.ID
	process              flow.Process
	slug                 string
}

func (h *house) firm(slug string) *firm {
	h.t.Helper()
	f := &firm{house: h, org: newID(h.t), owner: newID(h.t), operator: newID(h.t), slug: slug}
	now := time.Now()
	f.process = flow.Process{ID: newID(h.t), Version: 1, Name: "Cartons", Mode: flow.QuantityMode, Unit: "sheets", Prefix: "JC",
		WasteReasons: []flow.Reason{{Code: "bubbles", Label: "Lamination bubbles"}}, HoldReasons: flow.StarterHolds(),
		Stages: []flow.Stage{{Code: "printing", Name: "Printing", Target: 60}, {Code: "lamination", Name: "Lamination", Target: 60}, {Code: "dispatch", Name: "Dispatch", Target: 60}}}
	err := errors.Join(
		h.db.AddOrganisation(h.t.Context(), postgres.Organisation{ID: f.org, Slug: slug, Name: "Firm " + slug, Created: now},
			postgres.Member{ID: f.owner, Name: "Asha Patil", Role: flow.Owner, PasswordHash: "owner pass", Logins: []string{"owner@" + slug + ".example"}, Created: now}),
		h.db.AddProcess(h.t.Context(), f.org, f.process),
		h.db.AddMember(h.t.Context(), f.org, postgres.Member{ID: f.operator, Name: "Ravi Kadam", Role: flow.Operator, PasswordHash: "operator pass",
			Logins: []string{"ravi@" + slug + ".example"}, Created: now, Given: flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "lamination"}}}}))
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

// browser is somebody's browser.
type browser struct {
	t      *testing.T
	client *http.Client
	url    string
	body   string
	status int
	at     *url.URL
}

func (h *house) browser() *browser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &browser{t: h.t, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}, url: h.url}
}

func (f *firm) ownerBrowser() *browser {
	f.t.Helper()
	return f.browser().signIn("owner@"+f.slug+".example", "owner pass")
}

func (f *firm) operatorBrowser() *browser {
	f.t.Helper()
	return f.browser().signIn("ravi@"+f.slug+".example", "operator pass")
}

func (b *browser) take(r *http.Response, err error) *browser {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.body, b.status, b.at = string(text), r.StatusCode, r.Request.URL
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	return b.take(b.client.Get(b.url + path))
}

func (b *browser) post(path string, form url.Values) *browser {
	b.t.Helper()
	return b.take(b.client.PostForm(b.url+path, form))
}

func (b *browser) signIn(login, password string) *browser {
	b.t.Helper()
	b.post("/sign-in", url.Values{"login": {login}, "password": {password}})
	if b.status != 200 || strings.Contains(b.body, "name=\"password\"") {
		b.t.Fatalf("signing in as %s: %d", login, b.status)
	}
	return b
}

// says checks the status and that the page has all the texts.
func (b *browser) says(status int, texts ...string) *browser {
	b.t.Helper()
	if b.status != status {
		b.t.Errorf("%s: status %d, want %d\n%s", b.at, b.status, status, plain(b.body))
	}
	for _, text := range texts {
		if !strings.Contains(plain(b.body), text) {
			b.t.Errorf("%s does not say %q:\n%s", b.at, text, plain(b.body))
		}
	}
	return b
}

func (b *browser) hides(texts ...string) *browser {
	b.t.Helper()
	for _, text := range texts {
		if strings.Contains(b.body, text) {
			b.t.Errorf("%s says %q", b.at, text)
		}
	}
	return b
}

var (
	tags   = regexp.MustCompile(`(?s)<(script|style|head)\b.*?</(script|style|head)>|<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// plain is a page as somebody reads it.
func plain(html string) string {
	text := spaces.ReplaceAllString(tags.ReplaceAllString(html, " "), " ")
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(text)
}

func (b *browser) newJob(f *firm, number, quantity string) *browser {
	b.t.Helper()
	return b.post("/jobs", url.Values{"command": {newID(b.t).String()}, "process": {f.process.ID.String()}, "number": {number},
		"customer": {"Mithai Ghar"}, "item": {"Kaju katli box"}, "quantity": {quantity}, "due": {"14/10/2027"}, "then": {"open"}})
}

// tap presses a button of a stage card.
func (b *browser) tap(job flow.ID, stage, do string, more ...string) *browser {
	b.t.Helper()
	form := url.Values{"command": {newID(b.t).String()}, "do": {do}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return b.post("/jobs/"+job.String()+"/at/"+stage, form)
}

func (f *firm) jobNumbered(number string) flow.ID {
	f.t.Helper()
	got, err := f.db.JobsByNumber(f.t.Context(), f.org, []string{number})
	if err != nil || len(got) != 1 {
		f.t.Fatalf("job %s: %v %v", number, got, err)
	}
	return got[0].ID
}

func TestAJobFromTheFormToDispatch(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "", "1,250").says(200, "JC-00001", "1,250 sheets", "14-10-2027", "Mithai Ghar")
	job := f.jobNumbered("JC-00001")
	owner.get("/board").says(200, "JC-00001", "Kaju katli box")
	operator.get("/my").says(200, "Nothing is waiting for you")
	operator.get("/stages/"+f.process.ID.String()+"/lamination").says(200, "Expected next", "JC-00001")
	owner.tap(job, "printing", "start").says(200, "Printing started", "Running")
	owner.tap(job, "printing", "report", "good", "1,200", "wasted", "50", "reason", "bubbles").says(200, "1,200 sheets → Lamination, 50 wasted")
	operator.get("/my").says(200, "JC-00001", "1,200 sheets", "Ready")
	operator.tap(job, "lamination", "done").says(200, "1,200 sheets → Dispatch", "Undo")
	undoes := regexp.MustCompile(`name="undoes" value="([^"]+)"`).FindStringSubmatch(operator.body)
	operator.post("/jobs/"+job.String()+"/undo", url.Values{"command": {newID(t).String()}, "undoes": {undoes[1]}, "to": {"/my"}}).says(200, "taken back", "JC-00001")
	operator.tap(job, "lamination", "hold", "hold_reason", "no_power").says(200, "on hold, No power")
	operator.tap(job, "lamination", "done").says(409, "Lamination is on hold: No power, by you", "Resume")
	operator.tap(job, "lamination", "resume").says(200, "resumed")
	operator.tap(job, "lamination", "done").says(200)
	owner.tap(job, "dispatch", "done", "from", "job").says(200, "Completed", "Dispatched 1,200", "Wastage 50 4.0%")
	owner.get("/board").hides("JC-00001")
	owner.get("/board?show=done").says(200, "JC-00001")
	owner.get("/jobs/"+job.String()).says(200, "Created", "1,200 sheets passed on · 50 Lamination bubbles", "On hold: No power", "Ravi Kadam", "taken back")
}

func TestBadInputGetsASentenceAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1")
	owner.newJob(f, "A-1", "200").says(409, "Job number A-1 is in use already")
	if !strings.Contains(owner.body, `value="200"`) {
		t.Error("the form lost the quantity")
	}
	owner.newJob(f, "A-2", "five hundred").says(422, "is not a number", "like 12500 or 1,25,000")
	owner.newJob(f, "A-2", "-5").says(422, "below zero")
	owner.newJob(f, "A-2", "").says(422, "Enter a quantity above zero")
	owner.newJob(f, "A-2", "99999999999999").says(422, "too large")
	owner.newJob(f, strings.Repeat("9", 41), "5").says(422, "Job number is too long: at most 40 characters")
	owner.tap(job, "printing", "report", "good", "501").says(409, "You entered 501, but only 500 is at Printing")
	owner.tap(job, "printing", "report", "good", "abc", "note", "first lot").says(422, "“abc” is not a number", "first lot")
	owner.tap(job, "printing", "report", "good", "1", "wasted", "1").says(422, "Choose the reason of the wastage")
	owner.tap(job, "printing", "report", "good", "0").says(422, "Enter what is good")
	owner.tap(job, "printing", "hold").says(422, "Choose why it is stopped")
	owner.tap(job, "printing", "fly").says(400, "out of date")
	owner.post("/jobs/"+job.String()+"/at/printing", url.Values{"do": {"done"}}).says(400, "out of date")
	owner.tap(job, "nowhere", "done").says(404, "Not found")
	j, err := f.db.Job(t.Context(), f.org, job)
	if err != nil || j.Stages[0].OnHand != flow.Units(500) || j.Last != j.Created {
		t.Errorf("bad input changed the job: %+v %v", j, err)
	}
}

// One report carries good, wasted and sent back, each with its reason; what goes back waits at the earlier stage and
// says why it is there. The rest is still coming unless the person says that it is short or wasted.
func TestReworkAndShortInOneReport(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "R-1", "500")
	job := f.jobNumbered("R-1")
	owner.tap(job, "printing", "done").says(200)
	rework := []string{"good", "300", "seen", "500", "wasted", "20", "reason", "bubbles", "back", "80", "back_to", "printing", "back_reason", "bubbles", "note", "lot 2"}
	with := func(name, value string) []string {
		form := append([]string{}, rework...)
		return append(form, name, value)
	}
	owner.tap(job, "lamination", "report", with("back_to", "")...).says(422, "Choose the earlier stage")
	owner.tap(job, "lamination", "report", with("back_to", "dispatch")...).says(422, "Choose the earlier stage")
	owner.tap(job, "lamination", "report", with("back_reason", "")...).says(422, "Choose why it goes back", "lot 2")
	owner.tap(job, "lamination", "report", with("back", "many")...).says(422, "“many” is not a number")
	owner.tap(job, "lamination", "report", with("back", "201")...).says(409, "You entered 521, but only 500")
	owner.tap(job, "lamination", "report", with("from", "job")...).says(200, "300 sheets → Dispatch, 20 wasted, 80 back to Printing", "↻ 80 sent back to Printing, Lamination bubbles", "Rework: Lamination bubbles", "“lot 2”")
	f.account(job, "printing", "received 580 good 500 hand 80")
	f.account(job, "lamination", "received 500 good 300 wasted 20 back 80 hand 100")
	owner.tap(job, "lamination", "report", "good", "60", "seen", "100", "rest", "short").says(200, "60 sheets → Dispatch, 40 short")
	f.account(job, "lamination", "received 500 good 360 wasted 20 short 40 back 80 hand 0")
	owner.tap(job, "printing", "done").says(200)
	owner.tap(job, "lamination", "report", "good", "50", "seen", "80", "rest", "wasted", "from", "job").says(422, "Choose the reason of the wastage")
	owner.tap(job, "lamination", "report", "good", "50", "seen", "80", "rest", "wasted", "reason", "bubbles", "from", "job").says(200, "30 wasted")
	f.account(job, "lamination", "received 580 good 410 wasted 50 short 40 back 80 hand 0")
	owner.tap(job, "dispatch", "done", "from", "job").says(200, "Completed", "Dispatched 410", "Wastage 50 10.0%", "Short")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// account compares a job's account at a stage with what it should be, terms of zero left out.
func (f *firm) account(job flow.ID, stage, want string) {
	f.t.Helper()
	j, err := f.db.Job(f.t.Context(), f.org, job)
	if err != nil {
		f.t.Fatal(err)
	}
	s, _ := j.Stage(stage)
	var got []string
	for _, term := range []struct {
		name string
		q    flow.Quantity
	}{{"received", s.Received}, {"found", s.Found}, {"good", s.Good}, {"wasted", s.Wasted}, {"short", s.Short}, {"back", s.SentBack}} {
		if term.q != 0 {
			got = append(got, term.name+" "+term.q.String())
		}
	}
	if got := strings.Join(append(got, "hand "+s.OnHand.String()), " "); got != want {
		f.t.Errorf("%s: %s, want %s", stage, got, want)
	}
}

func TestATappedButtonCountsOnce(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1")
	form := url.Values{"command": {newID(t).String()}, "do": {"report"}, "good": {"100"}}
	for range 3 {
		owner.post("/jobs/"+job.String()+"/at/printing", form).says(200)
	}
	form.Set("good", "101")
	owner.post("/jobs/"+job.String()+"/at/printing", form).says(409, "sent before with other content")
	if j, err := f.db.Job(t.Context(), f.org, job); err != nil || j.Stages[0].Good != flow.Units(100) {
		t.Errorf("%+v %v", j.Stages, err)
	}
}

// Another organisation's job, in every way there is to ask for it, is not found.
func TestNotYoursIsNotFound(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ours, theirs := h.firm("sahyadri"), h.firm("konkan")
	owner := ours.ownerBrowser()
	owner.newJob(ours, "SECRET-9", "500")
	job, spy := ours.jobNumbered("SECRET-9"), theirs.ownerBrowser()
	for _, path := range []string{"/jobs/" + job.String(), "/jobs/" + job.String() + "/at/printing", "/stages/" + ours.process.ID.String() + "/printing",
		"/jobs/new?copy=" + job.String(), "/intake/" + job.String()} {
		spy.get(path).says(404, "Not found").hides("SECRET", "Mithai")
	}
	for _, path := range []string{"/find?q=SECRET-9", "/find?q=mithai", "/board", "/board?process=" + ours.process.ID.String(), "/stages", "/my", "/my?said=1", "/jobs/new?made=" + job.String()} {
		spy.get(path).says(200).hides("Kaju katli", job.String())
	}
	spy.tap(job, "printing", "done").says(404)
	spy.post("/jobs/"+job.String()+"/undo", url.Values{"command": {newID(t).String()}, "undoes": {newID(t).String()}}).says(404)
	theirs.jobPut(spy)
	events := spy.follow("/live?after=0&jobs=" + job.String() + "&job=" + job.String() + "&process=" + theirs.process.ID.String() + "&stages=" + ours.process.ID.String() + ":printing")
	owner.tap(job, "printing", "start").says(200)
	theirs.tapOwn(spy)
	for _, line := range events.until("id:") {
		if strings.Contains(line, "SECRET") || strings.Contains(line, job.String()) {
			t.Errorf("the feed of another organisation says %q", line)
		}
	}
}

func (f *firm) jobPut(b *browser) { b.newJob(f, "OWN-1", "5") }

func (f *firm) tapOwn(b *browser) { b.newJob(f, "OWN-2", "5").says(200) }

// An operator sees and moves what is at their stages, and nothing else.
func TestAnOperatorSeesOnlyTheirStages(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1")
	for _, path := range []string{"/board", "/jobs/new", "/intake", "/stages/" + f.process.ID.String() + "/printing", "/jobs/" + job.String() + "/at/printing"} {
		operator.get(path).says(404)
	}
	operator.tap(job, "printing", "start").says(404)
	operator.newJob(f, "B-1", "5").says(404)
	operator.get("/stages").says(200, "Lamination").hides("Printing")
	owner.tap(job, "printing", "start").says(200)
	operator.get("/jobs/"+job.String()).says(200, "A-1", "Lamination").hides("Printing", "Started")
	owner.newJob(f, "A-2", "500")
	far := f.jobNumbered("A-2")
	owner.tap(far, "printing", "done").says(200)
	owner.tap(far, "lamination", "done").says(200)
	operator.get("/jobs/"+far.String()).says(200, "passed on").hides("Dispatch")
	operator.get("/find?q=A-2").says(200, "A-2")
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	b := f.browser()
	b.get("/board").says(200, "Log in")
	wrong := b.post("/sign-in", url.Values{"login": {"owner@sahyadri.example"}, "password": {"wrong"}}).says(422, "do not fit").body
	unknown := b.post("/sign-in", url.Values{"login": {"owner@sahyadri.example.in"}, "password": {"wrong"}}).says(422).body
	if plain(wrong) != plain(unknown) {
		t.Error("an unknown sign-in is answered otherwise than a wrong password")
	}
	b.signIn("  OWNER@Sahyadri.example ", "owner pass").get("/board").says(200, "Firm sahyadri")
	b.post("/sign-out", nil)
	b.get("/board").says(200, "Log in")
	for range 12 {
		b.post("/sign-in", url.Values{"login": {"owner@sahyadri.example"}, "password": {"wrong"}})
	}
	b.says(429, "Too many tries")
}

func TestOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	b := f.ownerBrowser()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+"/jobs", strings.NewReader("number=1"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.take(b.client.Do(r)).says(403, "another site")
	for _, to := range []string{"https://evil.example", "//evil.example", `/\evil.example`} {
		b.post("/language", url.Values{"language": {"en"}, "to": {to}})
		if b.at.Host != strings.TrimPrefix(f.url, "http://") {
			t.Errorf("sent on to %s", b.at)
		}
	}
	resp, err := b.client.Get(f.url + "/board")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
}

// events is an open feed.
type events struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (b *browser) follow(path string) *events {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return &events{b.t, lines}
}

// until reads the feed up to a line that begins so.
func (e *events) until(prefix string) []string {
	e.t.Helper()
	var got []string
	for e.lines.Scan() {
		got = append(got, e.lines.Text())
		if strings.HasPrefix(e.lines.Text(), prefix) {
			return got
		}
	}
	e.t.Fatalf("the feed ended before %q: %v (%v)", prefix, got, e.lines.Err())
	return nil
}

func TestAnOpenPageSeesAChange(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1")
	owner.get("/board")
	feed := regexp.MustCompile(`data-live="([^"]+)"`).FindStringSubmatch(owner.body)
	e := f.ownerBrowser().follow(strings.ReplaceAll(feed[1], "&amp;", "&"))
	e.until(": live")
	owner.tap(job, "printing", "report", "good", "120").says(200)
	got := strings.Join(e.until("id: 2"), "\n")
	if !strings.Contains(got, "event: row") || !strings.Contains(got, `120`) || !strings.Contains(got, job.String()) {
		t.Errorf("the feed says %s", got)
	}
	my := f.operatorBrowser().follow("/live?after=1&stages=" + f.process.ID.String() + ":lamination") // a page that was away
	if got := strings.Join(my.until("id: 2"), "\n"); !strings.Contains(got, "event: refresh") {
		t.Errorf("the operator's feed says %s", got)
	}
}

// stages publishes the firm's process with other stages, for jobs to come.
func (f *firm) stages(change func(*flow.Process)) {
	f.t.Helper()
	f.process.Version++
	change(&f.process)
	if err := f.db.AddProcess(f.t.Context(), f.org, f.process); err != nil {
		f.t.Fatal(err)
	}
}

// A stage asks what its form asks, a gate holds what no inspection has passed, and an owner passes it with a reason;
// everything is in the history.
func TestFormsAndGates(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	high := flow.Units(4)
	f.stages(func(p *flow.Process) {
		p.Stages[0].Counter = true
		p.Stages[0].Fields = []flow.Field{{Code: "lot", Label: "Paper lot", Type: flow.TextField, Required: true, OnStart: true}}
		p.Stages[1].Inspection, p.Stages[1].Approval = true, true
		p.Stages[1].Fields = []flow.Field{{Code: "mm", Label: "Thickness", Type: flow.NumberField, Unit: "mm", Max: &high},
			{Code: "seen", Label: "Seen on", Type: flow.DateField}, {Code: "colour", Label: "Colour matches", Type: flow.YesNoField}}
		p.Stages[2].Needs = []string{"lamination"}
		p.Stages[1].Allowance = flow.Units(3)
	})
	owner := f.ownerBrowser()
	owner.newJob(f, "G-1", "500")
	job := f.jobNumbered("G-1")
	owner.get("/jobs/"+job.String()+"/at/printing").says(200, "Paper lot", "Counter before")
	owner.tap(job, "printing", "start").says(422, "Fill in “Paper lot” first")
	owner.tap(job, "printing", "start", "v_lot", "SBS-114").says(200, "Printing started")
	owner.tap(job, "printing", "report", "counter_from", "1,200", "counter_to", "1,100").says(422, "The counter now (1,100) must be more than before (1,200)")
	owner.tap(job, "printing", "report", "counter_from", "1,200", "counter_to", "1,700", "from", "job").says(200, "500 sheets passed on", "counter 1,200 → 1,700", "Paper lot: SBS-114")
	owner.tap(job, "lamination", "done").says(422, "Write the name of the person who approved it")
	owner.tap(job, "lamination", "done", "approver", "Mr Shah", "v_mm", "about four").says(422, "“about four” does not fit “Thickness”")
	if !strings.Contains(owner.body, `value="about four"`) || !strings.Contains(owner.body, `value="Mr Shah"`) {
		t.Error("the card lost what was typed")
	}
	owner.tap(job, "lamination", "done", "approver", "Mr Shah", "v_mm", "4.2").says(422, "“Thickness” is 4.2, outside ≤ 4 mm", "Pass it with this reason")
	owner.tap(job, "lamination", "report", "good", "480", "wasted", "20", "reason", "bubbles", "approver", "Mr Shah", "v_mm", "3.9", "v_seen", "2/11/26", "v_colour", "yes", "from", "job").
		says(200, "Thickness: 3.9 mm", "Seen on: 02-11-2026", "Colour matches: Yes", "approved by Mr Shah")
	owner.tap(job, "dispatch", "count", "there", "500", "why", "").says(422, "Say why the count is different")
	owner.tap(job, "dispatch", "count", "there", "500", "why", "a pallet was not counted").says(200, "count at Dispatch corrected")
	owner.tap(job, "dispatch", "done").says(409, "Lamination has passed only 480", "Pass it with this reason")
	owner.get("/jobs/"+job.String()).says(200, "Tried to pass", "a pallet was not counted")
	owner.tap(job, "dispatch", "done", "override", "the buyer accepts the rest unseen", "from", "job").says(200, "Completed", "Gate passed with a reason", "the buyer accepts the rest unseen")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// A thousand metres shrink to 890 against a standard of 3%: the card says both, to the digit, as it does of the top label.
func TestWastageShowsAgainstItsStandard(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.stages(func(p *flow.Process) { p.Stages[1].Allowance = flow.Units(3) })
	owner := f.ownerBrowser()
	for number, c := range map[string][3]string{"S-1": {"1000", "890", "11.0% · standard 3%"}, "S-2": {"492", "384", "21.95% · standard 3%"}} {
		owner.newJob(f, number, c[0])
		job := f.jobNumbered(number)
		owner.tap(job, "printing", "done").says(200)
		owner.tap(job, "lamination", "report", "good", c[1], "rest", "wasted", "seen", c[0], "reason", "bubbles").says(200)
		owner.get("/jobs/"+job.String()+"/at/lamination").says(200, c[2])
	}
}

// What is entered later is booked when it happened, and shows that it was entered late.
func TestALateEntryShowsAsLate(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "L-1", "500")
	job := f.jobNumbered("L-1")
	owner.tap(job, "printing", "done")
	ist := time.FixedZone("IST", 19800)
	ago := time.Now().In(ist).Add(-3 * time.Hour)
	operator.get("/jobs/"+job.String()+"/at/lamination").says(200, "It happened earlier")
	operator.tap(job, "lamination", "report", "good", "100", "happened", "yesterday").says(422, "“yesterday” does not fit “When it happened”")
	operator.tap(job, "lamination", "report", "good", "100", "happened", ago.AddDate(0, 0, 1).Format("2006-01-02T15:04")).says(422, "is in the future")
	operator.tap(job, "lamination", "report", "good", "100", "happened", ago.AddDate(0, 0, -4).Format("2006-01-02T15:04")).says(422, "more than 72 hours ago")
	operator.tap(job, "lamination", "report", "good", "100", "happened", ago.Format("2006-01-02T15:04"), "from", "job").says(200, "100 sheets passed on", ago.Format("15:04"), "entered later")
	owner.tap(job, "lamination", "report", "good", "50", "happened", ago.AddDate(0, 0, -4).Format("02-01-2006 15:04"), "from", "job").says(200, ago.AddDate(0, 0, -4).Format("02-01"))
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// An owner changes a job, adds a stage to it, skips one, and takes back what somebody else did.
func TestAnOwnerChangesARunningJob(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.stages(func(p *flow.Process) { p.Stages[1].Optional = true })
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "C-1", "500")
	job := f.jobNumbered("C-1")
	f.stages(func(p *flow.Process) { p.Stages = append(p.Stages, flow.Stage{Code: "foiling", Name: "Foiling"}) })
	to := func(what string, pairs ...string) *browser {
		form := url.Values{"command": {newID(t).String()}}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return owner.post("/jobs/"+job.String()+"/"+what, form)
	}
	to("change", "customer", "Anmol Sweets", "item", "Peda box", "due", "soon").says(422, "“soon” is no date. Write it like 26-11-2026")
	to("change", "customer", "Anmol Sweets", "item", "Peda box", "due", "5/12/2027", "urgent", "1", "reason", "festival").
		says(200, "Anmol Sweets", "Due date: 14-10-2027 → 05-12-2027", "first 14-10-2027", "festival", "Urgent")
	owner.get("/find?q=peda").says(200, "C-1")
	to("stages", "process", f.process.ID.String(), "stage", "foiling", "after", "lamination").says(200, "Foiling", "Stage added to this job")
	to("stages", "process", f.process.ID.String(), "stage", "nowhere", "after", "lamination").says(404)
	owner.tap(job, "lamination", "skip").says(200, "Lamination is not required")
	owner.tap(job, "printing", "done", "from", "job").says(200, "500 sheets")
	f.account(job, "foiling", "received 500 hand 500")
	undoes := regexp.MustCompile(`name="undoes" value="([^"]+)"><label|name="undoes" value="([^"]+)">\n<label`).FindStringSubmatch(owner.body)
	if undoes == nil {
		t.Fatal("the owner cannot take anything back")
	}
	operator.post("/jobs/"+job.String()+"/undo", url.Values{"command": {newID(t).String()}, "undoes": {undoes[1] + undoes[2]}, "reason": {"x"}}).says(403)
	owner.tap(job, "foiling", "start").says(200)
	to("undo", "undoes", undoes[1]+undoes[2], "reason", "wrong job").says(409, "which depends on it", "together with what came after it", "Take back this and 1 more")
	to("undo", "undoes", undoes[1]+undoes[2], "reason", "wrong job", "together", "1").says(200, "taken back", "wrong job")
	f.account(job, "printing", "received 500 hand 500")
	f.account(job, "foiling", "hand 0")
	operator.post("/jobs/"+job.String()+"/change", url.Values{"command": {newID(t).String()}, "item": {"x"}}).says(404)
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}
