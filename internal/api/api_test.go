package api_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/api"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/keys"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/web"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var newID = pgtest.NewID

// house is the API on a database of its own, with a clock that tests can move.
type house struct {
	t        *testing.T
	database string
	db       *postgres.DB
	api      *api.API
	server   *httptest.Server
	late     time.Duration
}

func openHouse(t *testing.T, rate ...api.Rate) *house {
	t.Helper()
	database := pgtest.URL(t)
	h := &house{t: t, db: pgtest.Open(t, database), database: database}
	log := slog.New(slog.NewTextHandler(writer{t}, nil))
	now := func() time.Time { return time.Now().Add(h.late) }
	k := keys.New([keys.Size]byte{1})
	pages, err := web.New(web.Config{DB: h.db, Now: now, Log: log, Keys: k, URL: "http://clicarity.example"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := api.Config{DB: h.db, Now: now, Log: log, Keys: k, Says: pages, Export: pages.Export, Files: pages}
	for _, r := range rate {
		cfg.Rate = r
	}
	h.api = api.New(cfg)
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", h.api.Handler())
	mux.Handle("/", pages.Handler(log))
	h.server = httptest.NewServer(mux)
	t.Cleanup(h.server.Close)
	return h
}

type writer struct{ t *testing.T }

func (w writer) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// firm is an organisation with two processes, the first with a field that programs may not read.
type firm struct {
	*house
	org, owner      flow.ID
	process, second flow.Process
	slug            string
	last            flow.ID
}

// later is an id that sorts after those before it: ids of one millisecond do not by themselves.
func (f *firm) later() flow.ID {
	for {
		if id := newID(f.t); slices.Compare(id[:], f.last[:]) > 0 {
			f.last = id
			return id
		}
	}
}

func (h *house) firm(slug string) *firm {
	h.t.Helper()
	f := &firm{house: h, org: newID(h.t), owner: newID(h.t), slug: slug}
	now := time.Now()
	f.process = flow.Process{ID: newID(h.t), Version: 1, Name: "Cartons", Mode: flow.QuantityMode, Unit: "sheets", Prefix: "JC",
		Fields: []flow.Field{{Code: "gsm", Label: "GSM", Type: flow.NumberField}, {Code: "rate", Label: "Rate", Type: flow.TextField, For: []flow.Role{flow.Manager}},
			{Code: "ledger", Label: "Ledger", Type: flow.TextField, For: []flow.Role{flow.Program}}},
		WasteReasons: []flow.Reason{{Code: "bubbles", Label: "Lamination bubbles"}}, HoldReasons: flow.StarterHolds(),
		Stages: []flow.Stage{{Code: "printing", Name: "Printing", Target: 60, Fields: []flow.Field{{Code: "ink", Label: "Ink", Type: flow.TextField},
			{Code: "margin", Label: "Margin", Type: flow.TextField, For: []flow.Role{flow.Manager}}}},
			{Code: "lamination", Name: "Lamination", Target: 60}, {Code: "dispatch", Name: "Dispatch", Target: 60}}}
	f.second = flow.Process{ID: newID(h.t), Version: 1, Name: "Labels", Mode: flow.UnitMode, Prefix: "LB", HoldReasons: flow.StarterHolds(), Stages: []flow.Stage{{Code: "design", Name: "Design"}}}
	ctx := h.t.Context()
	err := errors.Join(
		h.db.AddOrganisation(ctx, postgres.Organisation{ID: f.org, Slug: slug, Name: "Firm " + slug, Created: now},
			postgres.Member{ID: f.owner, Name: "Asha Patil", Role: flow.Owner, PasswordHash: "owner pass", Logins: []string{"owner@" + slug + ".example"}, Created: now}),
		h.db.AddProcess(ctx, f.org, f.process), h.db.AddProcess(ctx, f.org, f.second),
		h.db.AddSite(ctx, f.org, postgres.Site{Code: "vasai", Name: "Vasai"}), h.db.AddSite(ctx, f.org, postgres.Site{Code: "pune", Name: "Pune"}))
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

// ours does something as the owner.
func (f *firm) ours(a flow.Action) flow.Receipt {
	f.t.Helper()
	got, err := f.db.Do(f.t.Context(), flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}, flow.Command{ID: newID(f.t), Action: a})
	if err != nil {
		f.t.Fatal(err)
	}
	return got
}

// job makes a job of 500 sheets with a secret rate.
func (f *firm) job(number, site string, due flow.Date) flow.ID {
	f.t.Helper()
	id := f.later()
	f.ours(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: id, Number: number, Customer: "Mithai Ghar", Item: "Kaju katli box", Quantity: flow.Units(500),
		Site: site, Due: due, Fields: map[string]string{"gsm": "300", "rate": "SECRET-RATE", "ledger": "L-7"}}}})
	return id
}

// program is somebody's program with a token.
type program struct {
	*firm
	token string
	id    flow.ID // of the token
	lang  string
}

var everything = flow.Given{All: true}

// program makes a token as the page does.
func (f *firm) program(given flow.Given, grants ...flow.Grant) *program {
	f.t.Helper()
	text, hash, err := httpd.NewToken(f.org, rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	if len(grants) == 0 {
		grants = flow.Grants()
	}
	id, now := newID(f.t), time.Now()
	tk := postgres.Token{ID: id, Member: newID(f.t), Name: "Tally export", Grants: grants, Given: given, Hash: hash, By: f.owner, Created: now, Until: now.Add(30 * 24 * time.Hour)}
	if err := f.db.AddToken(f.t.Context(), f.org, tk); err != nil {
		f.t.Fatal(err)
	}
	return &program{firm: f, token: text, id: id}
}

// reply is an answer of the API.
type reply struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

func (p *program) send(method, path, body string, headers ...string) *reply {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", newID(p.t).String())
	}
	if p.lang != "" {
		r.Header.Set("Accept-Language", p.lang)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if r.Header.Del(headers[i]); headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := p.server.Client().Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return &reply{p.t, method + " " + path, resp.StatusCode, resp.Header, string(text)}
}

func (p *program) get(path string) *reply { p.t.Helper(); return p.send(http.MethodGet, path, "") }

func (p *program) post(path, body string, headers ...string) *reply {
	p.t.Helper()
	return p.send(http.MethodPost, path, body, headers...)
}

// is checks the status and that the answer has all the texts.
func (r *reply) is(status int, texts ...string) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Errorf("%s: %d, want %d: %s", r.what, r.status, status, r.body)
	}
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			r.t.Errorf("%s does not say %q: %s", r.what, text, r.body)
		}
	}
	return r
}

func (r *reply) hides(texts ...string) *reply {
	r.t.Helper()
	for _, text := range texts {
		if strings.Contains(r.body, text) {
			r.t.Errorf("%s says %q: %s", r.what, text, r.body)
		}
	}
	return r
}

// refuses checks that the answer is a problem with a code.
func (r *reply) refuses(status int, code string, texts ...string) *reply {
	r.t.Helper()
	r.is(status, texts...)
	var p api.Problem
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || p.Code != code || p.Status != status || p.Detail == "" || p.Title == "" || strings.HasPrefix(p.Detail, "api_") {
		r.t.Errorf("%s: the problem is %+v, want %s (%v)", r.what, p, code, err)
	}
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.t.Errorf("%s: a problem as %s", r.what, got)
	}
	return r
}

func into[T any](r *reply) (value T) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), &value); err != nil {
		r.t.Fatalf("%s: %v: %s", r.what, err, r.body)
	}
	return value
}

func TestAJobThroughTheAPI(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	p := f.program(everything)
	made := p.post("/api/v1/jobs", `{"process":"`+f.process.ID.String()+`","customer":"Mithai  Ghar","item":"Kaju katli box","quantity":"1250.5","due":"2027-10-14","fields":{"gsm":"300"},"note":"urgent\u0000ly"}`)
	made.is(http.StatusCreated, `"number":"JC-00001"`)
	at := made.header.Get("Location")
	p.get(at+"?expand=fields,stages").is(200, `"quantity":"1250.5"`, `"customer":"Mithai Ghar"`, `"due":"2027-10-14"`, `"gsm":"300"`, `"note":"urgently"`, `"on_hand":"1250.5"`, `"status":"ready"`)
	p.get("/api/v1/jobs/jc-00001").is(200, `"id":"`+into[api.Receipt](made).Jobs[0].ID.String()+`"`).hides("gsm", "printing")
	p.post(at+"/stages/printing/start", "").is(200)
	p.post(at+"/stages/printing/reports", `{"good":"1000","wasted":[{"reason":"bubbles","quantity":"50.5"}],"note":"first lot","values":{"ink":"cyan"}}`).is(200)
	p.post(at+"/stages/printing/hold", `{"reason":"no_power","until":"2099-01-31"}`).is(200)
	p.post(at+"/stages/printing/reports", `{"done":true}`).refuses(409, "on_hold", "Printing is on hold")
	p.post(at+"/stages/printing/resume", `{}`).is(200)
	p.post(at+"/stages/printing/reports", `{"done":true}`).is(200)
	p.post(at+"/stages/lamination/reports", `{"good":"1100","sent_back":[{"to":"printing","reason":"bubbles","quantity":"100"}]}`).is(200)
	p.send(http.MethodPatch, at, `{"due":"2027-10-20","urgent":true,"fields":{"gsm":"350"},"reason":"customer asked"}`).is(200)
	got := into[api.Job](p.get(at + "?expand=stages,movements,fields"))
	if got.Due != "2027-10-20" || got.FirstDue != "2027-10-14" || !got.Urgent || got.Fields["gsm"] != "350" || len(got.Stages) != 3 || flow.Quantity(got.Wasted).String() != "50.5" {
		t.Errorf("%+v", got)
	}
	if s := got.Stages[1]; flow.Quantity(s.Good) != flow.Units(1100) || flow.Quantity(s.SentBack) != flow.Units(100) || s.Name != "Lamination" {
		t.Errorf("%+v", s)
	}
	if n := len(got.Movements); n != 8 || got.Movements[n-1].Facts.Set["due"] != "2027-10-20" || got.Movements[2].ByName != "Tally export" || got.Movements[2].Facts.Values["ink"] != "cyan" {
		t.Errorf("%d movements: %+v", n, got.Movements)
	}
	p.get("/api/v1/processes").is(200, `"name":"Cartons"`, `"code":"lamination"`, `"name":"Labels"`)
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// The same command is taken once, however often it is sent; with other content it is refused.
func TestACommandCountsOnce(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	p := f.program(everything)
	key := newID(t).String()
	body := `{"process":"` + f.process.ID.String() + `","quantity":"10"}`
	first := p.post("/api/v1/jobs", body, "Idempotency-Key", key).is(201)
	again := p.post("/api/v1/jobs", body, "Idempotency-Key", key).is(201, `"again":true`)
	if a, b := into[api.Receipt](first), into[api.Receipt](again); a.First != b.First || a.Jobs[0] != b.Jobs[0] {
		t.Errorf("%+v, then %+v", a, b)
	}
	f.process.Version = 2 // a new version between sending and sending again
	if err := f.db.AddProcess(t.Context(), f.org, f.process); err != nil {
		t.Fatal(err)
	}
	p.post("/api/v1/jobs", body, "Idempotency-Key", key).is(201, `"again":true`)
	p.post("/api/v1/jobs", strings.Replace(body, `"10"`, `"11"`, 1), "Idempotency-Key", key).refuses(409, "command_reused")
	p.post("/api/v1/jobs", body, "Idempotency-Key", "").refuses(400, "no_key", "Idempotency-Key")
	p.post("/api/v1/jobs", body, "Idempotency-Key", "42").refuses(400, "no_key")
	if jobs := into[api.Jobs](p.get("/api/v1/jobs")); len(jobs.Jobs) != 1 {
		t.Errorf("%d jobs", len(jobs.Jobs))
	}
}

func TestPagesOfJobsMeetEachOther(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	for i := range 7 {
		f.job("A-"+string(rune('1'+i)), []string{"vasai", "pune"}[i%2], flow.Date("2027-01-0"+string(rune('1'+i/2))))
	}
	f.ours(flow.Create{Process: f.second.ID, Version: 1, Jobs: []flow.NewJob{{ID: f.later(), Number: "L-1", Due: "2027-01-02"}, {ID: f.later(), Number: "L-2"}}})
	numbers := func(p *program, query string) string {
		var list []string
		for next := "/api/v1/jobs?limit=2" + query; ; {
			page := into[api.Jobs](p.get(next).is(200))
			for _, j := range page.Jobs {
				list = append(list, j.Number)
			}
			if page.Next == "" {
				return strings.Join(list, " ")
			}
			next = "/api/v1/jobs?limit=2" + query + "&cursor=" + page.Next
		}
	}
	all, vasai := f.program(everything), f.program(flow.Given{Processes: []flow.ID{f.process.ID}, Sites: []string{"vasai"}})
	for _, c := range []struct {
		p           *program
		query, want string
	}{
		{all, "", "A-1 A-2 A-3 A-4 L-1 A-5 A-6 A-7 L-2"}, {all, "&process=" + f.second.ID.String(), "L-1 L-2"}, {all, "&due_before=2027-01-02", "A-1 A-2"},
		{all, "&q=kaju", "A-1 A-2 A-3 A-4 A-5 A-6 A-7"}, {all, "&q=kaju+mithai&due_before=2027-01-03", "A-1 A-2 A-3 A-4"}, {all, "&status=done", ""}, {all, "&status=all&q=L-1", "L-1"},
		{vasai, "", "A-1 A-3 A-5 A-7"}, {vasai, "&q=mithai", "A-1 A-3 A-5 A-7"}, {vasai, "&q=L-1", ""},
	} {
		if got := numbers(c.p, c.query); got != c.want {
			t.Errorf("%q: %s, want %s", c.query, got, c.want)
		}
	}
	all.get("/api/v1/jobs?limit=201").refuses(400, "parameter", "limit")
	all.get("/api/v1/jobs?limit=0").refuses(400, "parameter")
	all.get("/api/v1/jobs?statuss=done").refuses(400, "unknown_parameter", "statuss")
	all.get("/api/v1/jobs?status=lost").refuses(400, "parameter", "lost")
	all.get("/api/v1/jobs?due_before=tomorrow").refuses(400, "parameter", "tomorrow")
	all.get("/api/v1/jobs?expand=movements").refuses(400, "parameter")
}

func TestTheLogAfterANumber(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	first := f.job("A-1", "vasai", "")
	f.job("A-2", "pune", "")
	f.ours(flow.Start{Work: flow.Work{Job: first, Stage: "printing"}})
	p, pune := f.program(everything), f.program(flow.Given{All: true, Sites: []string{"pune"}})
	page := into[api.Movements](p.get("/api/v1/movements?limit=2").is(200))
	if len(page.Movements) != 2 || !page.More || page.After != 2 {
		t.Errorf("%+v", page)
	}
	page = into[api.Movements](p.get("/api/v1/movements?after=2").is(200))
	if len(page.Movements) != 1 || page.More || page.After != 3 || page.Movements[0].Kind != "started" || page.Movements[0].ByName != "Asha Patil" {
		t.Errorf("%+v", page)
	}
	if page = into[api.Movements](p.get("/api/v1/movements?after=3")); len(page.Movements) != 0 || page.After != 3 {
		t.Errorf("%+v", page)
	}
	page = into[api.Movements](pune.get("/api/v1/movements").hides("A-1", first.String()))
	if len(page.Movements) != 1 || page.After != 3 {
		t.Errorf("%+v", page)
	}
	if page = into[api.Movements](p.get("/api/v1/jobs/A-1/movements?after=1&limit=5").is(200)); len(page.Movements) != 1 || page.Movements[0].Seq != 3 {
		t.Errorf("%+v", page)
	}
	p.get("/api/v1/movements?after=-1").refuses(400, "parameter")
	p.get("/api/v1/movements?after=99999999999999999999").refuses(400, "parameter")
}

// Every mistake gets a sentence in the language that was asked for, and changes nothing.
func TestMistakesGetASentence(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	p := f.program(everything)
	f.job("A-1", "", "")
	process := `"process":"` + f.process.ID.String() + `"`
	for body, code := range map[string]string{
		`{`: "bad_json", `[]`: "wrong_type", `{"quantity":5}`: "not_a_quantity", `{"quantity":"5.1234567"}`: "not_a_quantity", `{"quantity":"-5"}`: "not_a_quantity", `{"process":7}`: "wrong_type",
		`{"process":"x"}`: "wrong_type", `{` + process + `,"quantity":"5","due":"14/10/2027"}`: "not_a_day", `{"customer":{}}`: "wrong_type", `{} {}`: "bad_json", `{` + process + `} x`: "bad_json",
	} {
		p.post("/api/v1/jobs", body).refuses(400, code)
	}
	p.post("/api/v1/jobs", `{`+process+`}`).refuses(422, "quantity_needed", "Enter a quantity above zero")
	p.post("/api/v1/jobs", `{`+process+`,"quantity":"5","number":"a-1"}`).refuses(409, "number_taken", "a-1")
	p.post("/api/v1/jobs", `{`+process+`,"quantity":"5","fields":{"gsm":"heavy"}}`).refuses(422, "field_wrong", "GSM")
	p.post("/api/v1/jobs", `{`+process+`}`, "Content-Type", "text/plain").refuses(415, "not_json")
	p.post("/api/v1/jobs", `{"customer":"`+strings.Repeat("x", 300<<10)+`"}`).refuses(413, "too_large")
	p.post("/api/v1/jobs/A-1/stages/printing/reports", `{"good":"501"}`).refuses(409, "more_than_here", "You entered 501, but only 500 is at Printing")
	p.post("/api/v1/jobs/A-1/stages/printing/reports", `{"done":true,"good":"5"}`).refuses(400, "done_or_quantities")
	p.post("/api/v1/jobs/A-1/stages/printing/reports", `{"good":"5","occurred_at":"yesterday"}`).refuses(400, "not_a_time")
	p.post("/api/v1/jobs/A-1/stages/printing/reports", `{"good":"5","occurred_at":"2020-01-01T00:00:00Z"}`).refuses(422, "too_long_ago")
	p.post("/api/v1/jobs/A-1/stages/nowhere/reports", `{"good":"5"}`).refuses(404, "not_found")
	p.send(http.MethodPatch, "/api/v1/jobs/A-1", `{"site":"nashik"}`).refuses(404, "not_found")
	p.send(http.MethodPatch, "/api/v1/jobs/A-1", `{}`).refuses(422, "nothing_changed")
	p.get("/api/v1/nowhere").refuses(404, "not_found")
	p.send(http.MethodDelete, "/api/v1/jobs/A-1", "").refuses(404, "not_found")
	p.lang = "hi"
	p.post("/api/v1/jobs/A-1/stages/printing/reports", `{"good":"501"}`).refuses(409, "more_than_here", "501")
	p.get("/api/v1/jobs/A-9").refuses(404, "not_found", "दायरे")
	if got := into[api.Movements](p.get("/api/v1/movements")); len(got.Movements) != 1 {
		t.Errorf("mistakes made movements: %+v", got)
	}
}

func TestNumbersWithSlashes(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.job("JC/26-27/00042", "", "")
	p := f.program(everything)
	p.get("/api/v1/jobs/JC%2F26-27%2F00042").is(200, `"number":"JC/26-27/00042"`)
	p.post("/api/v1/jobs/JC%2F26-27%2F00042/stages/printing/reports", `{"done":true}`).is(200)
	for _, odd := range []string{"%00", "%20", "%F0%28", strings.Repeat("9", 400), "..%2F..%2Fetc"} {
		p.get("/api/v1/jobs/"+odd).refuses(404, "not_found")
	}
}

func TestTheLimitSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	f := openHouse(t, api.Rate{Every: time.Hour, Burst: 3}).firm("sahyadri")
	p := f.program(everything)
	for range 3 {
		p.get("/api/v1/processes").is(200)
	}
	if got := p.get("/api/v1/processes").refuses(429, "too_often", "Retry-After").header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After: %q", got)
	}
	p.token = "" // and of an address, whatever it carries
	p.get("/api/v1/processes").is(401)
	p.get("/api/v1/processes").is(401)
	p.get("/api/v1/processes").refuses(429, "too_often")
}

func TestTheExportIsTheBoards(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.job("A-1", "", "2027-10-14")
	p := f.program(everything)
	r := p.get("/api/v1/export?process="+f.process.ID.String()).is(200, "A-1", "Kaju katli box", "Ledger", "L-7", "14-10-2027").hides("SECRET-RATE", "Rate")
	if !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment; filename=Cartons-") {
		t.Errorf("%v", r.header)
	}
	p.get("/api/v1/export?process="+newID(t).String()).refuses(404, "not_found")
	p.get("/api/v1/export?proces="+f.process.ID.String()).refuses(400, "unknown_parameter")
}
