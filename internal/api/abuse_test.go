package api_test

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clicarity/internal/api"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// A field that is not for programs is in nothing that a program can ask for.
func TestAbusePrivateFieldThroughAPIExpand(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	id := f.job("A-1", "", "")
	f.ours(flow.Report{Work: flow.Work{Job: id, Stage: "printing"}, Good: flow.Units(5), Release: flow.Release{Values: map[string]string{"ink": "cyan", "margin": "SECRET-MARGIN"}}})
	f.ours(flow.Change{Job: id, Set: map[string]string{flow.SetField + "rate": "SECRET-RATE-2"}})
	p := f.program(everything)
	hidden := []string{"SECRET", "rate", "Rate", "margin", "Margin"}
	for _, path := range []string{"/api/v1/jobs/A-1?expand=fields,stages,movements", "/api/v1/jobs?expand=fields,stages", "/api/v1/jobs/A-1/movements", "/api/v1/movements",
		"/api/v1/processes", "/api/v1/export?process=" + f.process.ID.String()} {
		p.get(path).is(200).hides(hidden...)
	}
	p.get("/api/v1/jobs/A-1?expand=fields,stages,movements").is(200, `"ledger":"L-7"`, `"ink":"cyan"`) // named for programs, and for everybody
	if got := into[api.Jobs](p.get("/api/v1/jobs?q=SECRET-RATE")); len(got.Jobs) != 0 {
		t.Errorf("found by a private field: %+v", got)
	}
}

// A body sets what the call is for, and nothing else: not who, where and what is decided elsewhere.
func TestAbuseMassAssignmentThroughTheAPI(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	p := f.program(everything)
	f.job("A-1", "", "")
	process := `{"process":"` + f.process.ID.String() + `","quantity":"5"`
	for _, more := range []string{`"org":"` + other.org.String() + `"`, `"org_id":"` + other.org.String() + `"`, `"id":"` + newID(t).String() + `"`, `"member":"` + f.owner.String() + `"`,
		`"role":"owner"`, `"version":7`, `"status":"done"`, `"created_at":"2020-01-01T00:00:00Z"`, `"parent":"` + newID(t).String() + `"`, `"mark":"imported"`, `"stages":[]`,
		`"fields":{"rate":"1"}`, `"fields":{"made_up":"1"}`, `"fields":{"note":"x"}`} {
		p.post("/api/v1/jobs", process+","+more+"}").refuses(400, "unknown_field")
	}
	for _, body := range []string{`{"number":"A-2"}`, `{"quantity":"9"}`, `{"process":"` + f.second.ID.String() + `"}`, `{"role":"owner"}`, `{"completed_at":"2026-01-01T00:00:00Z"}`,
		`{"fields":{"rate":"1"}}`, `{"fields":{"made_up":"1"}}`, `{"set":{"due":"2027-01-01"}}`} {
		p.send(http.MethodPatch, "/api/v1/jobs/A-1", body).refuses(400, "unknown_field")
	}
	for _, body := range []string{`{"good":"5","member":"` + f.owner.String() + `"}`, `{"good":"5","override":"because"}`, `{"good":"5","found":"5"}`, `{"good":"5","device":"x"}`, `{"good":"5","mark":"live"}`} {
		p.post("/api/v1/jobs/A-1/stages/printing/reports", body).refuses(400, "unknown_field")
	}
	p.post("/api/v1/jobs/A-1/stages/printing/reports", `{"good":"5","values":{"margin":"9"}}`).refuses(400, "bad_command")
	if log := into[api.Movements](p.get("/api/v1/movements")); len(log.Movements) != 1 {
		t.Errorf("something was assigned: %+v", log)
	}
}

// Another organisation's jobs are found by no address, filter, search, cursor or number.
func TestAbuseIDORAcrossTenantsThroughTheAPI(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ours, theirs := h.firm("sahyadri"), h.firm("konkan")
	job := ours.job("SECRET-9", "", "2027-01-01")
	ours.job("SECRET-10", "", "2027-01-02")
	theirs.job("OWN-1", "", "2027-01-03")
	spy, honest := theirs.program(everything), ours.program(everything)
	cursor := into[api.Jobs](honest.get("/api/v1/jobs?limit=1")).Next
	for _, path := range []string{"/api/v1/jobs/" + job.String(), "/api/v1/jobs/SECRET-9", "/api/v1/jobs/" + job.String() + "/movements", "/api/v1/jobs/" + job.String() + "?expand=movements",
		"/api/v1/jobs?process=" + ours.process.ID.String(), "/api/v1/export?process=" + ours.process.ID.String()} {
		spy.get(path).refuses(404, "not_found").hides("SECRET")
	}
	spy.get("/api/v1/jobs?limit=1&cursor="+cursor).refuses(400, "cursor")
	spy.get("/api/v1/jobs?limit=1&cursor=").is(200, "OWN-1")
	for _, path := range []string{"/api/v1/jobs", "/api/v1/jobs?q=SECRET", "/api/v1/movements", "/api/v1/processes"} {
		spy.get(path).is(200).hides("SECRET", job.String(), ours.process.ID.String())
	}
	for _, what := range []string{"start", "reports", "hold", "resume"} {
		spy.post("/api/v1/jobs/"+job.String()+"/stages/printing/"+what, `{}`).refuses(404, "not_found")
	}
	spy.send(http.MethodPatch, "/api/v1/jobs/"+job.String(), `{"urgent":true}`).refuses(404, "not_found")
	spy.post("/api/v1/jobs", `{"process":"`+ours.process.ID.String()+`","quantity":"5"}`).refuses(404, "not_found")
}

// A token of one process and one site sees and moves nothing of another, whatever it asks by.
func TestAbuseScopeBypassThroughTheAPI(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	far := f.job("SECRET-1", "pune", "2027-01-01")
	f.job("OWN-1", "vasai", "2027-01-02")
	f.job("OWN-2", "vasai", "2027-01-03")
	f.ours(flow.Create{Process: f.second.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: "SECRET-2", Site: "vasai"}}})
	p := f.program(flow.Given{Processes: []flow.ID{f.process.ID}, Sites: []string{"vasai"}})
	all := f.program(everything)
	first := into[api.Jobs](all.get("/api/v1/jobs?limit=1"))
	for _, path := range []string{"/api/v1/jobs", "/api/v1/jobs?status=all", "/api/v1/jobs?q=SECRET", "/api/v1/jobs?q=kaju", "/api/v1/jobs?due_before=2027-01-02", "/api/v1/movements",
		"/api/v1/export?process=" + f.process.ID.String(), "/api/v1/processes"} {
		p.get(path).is(200).hides("SECRET", far.String(), f.second.ID.String())
	}
	p.get("/api/v1/jobs?limit=1&cursor="+first.Next).is(200, "OWN-1").hides("SECRET") // the same list, another scope: a place is not a key
	for _, path := range []string{"/api/v1/jobs/SECRET-1", "/api/v1/jobs/SECRET-2", "/api/v1/jobs/" + far.String() + "/movements", "/api/v1/jobs?process=" + f.second.ID.String(),
		"/api/v1/export?process=" + f.second.ID.String()} {
		p.get(path).refuses(404, "not_found")
	}
	p.post("/api/v1/jobs/SECRET-1/stages/printing/start", `{}`).refuses(404, "not_found")
	p.send(http.MethodPatch, "/api/v1/jobs/OWN-1", `{"site":"pune"}`).refuses(404, "not_found")
	p.post("/api/v1/jobs", `{"process":"`+f.process.ID.String()+`","quantity":"5","site":"pune"}`).refuses(404, "not_found")
	p.post("/api/v1/jobs", `{"process":"`+f.process.ID.String()+`","quantity":"5","number":"OWN-3"}`).is(201)
	p.get("/api/v1/jobs/OWN-3").is(200, `"site":"vasai"`)
	for _, forged := range []string{first.Next[:len(first.Next)-2] + "AA", "AAAA", "%00", strings.Repeat("A", 5000)} {
		p.get("/api/v1/jobs?cursor=" + forged).is(400).hides("SECRET")
	}
}

// A token does what it was made for and nothing beside it.
func TestAbuseATokenBeyondItsGrants(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	file, stored := f.file(f.job("A-1", "", ""), "", "Die line", "a drawing")
	revision := "/api/v1/jobs/A-1/files/" + file.String() + "/revisions/" + stored.ID.String()
	calls := []struct {
		grant              flow.Grant
		method, path, body string
	}{
		{flow.ReadJobs, "GET", "/api/v1/jobs", ""}, {flow.ReadJobs, "GET", "/api/v1/jobs/A-1", ""}, {flow.ReadJobs, "GET", "/api/v1/processes", ""},
		{flow.ReadMovements, "GET", "/api/v1/movements", ""}, {flow.ReadMovements, "GET", "/api/v1/jobs/A-1/movements", ""},
		{flow.TakeOut, "GET", "/api/v1/export?process=" + f.process.ID.String(), ""},
		{flow.ReadFiles, "GET", "/api/v1/jobs/A-1/files", ""}, {flow.ReadFiles, "GET", revision, ""}, {flow.WriteFiles, "POST", "/api/v1/jobs/A-1/files/" + file.String() + "/retire", `{"reason":"old"}`},
		{flow.WriteJobs, "POST", "/api/v1/jobs", `{"process":"` + f.process.ID.String() + `","quantity":"5"}`}, {flow.WriteJobs, "PATCH", "/api/v1/jobs/A-1", `{"item":"box"}`},
		{flow.WriteReports, "POST", "/api/v1/jobs/A-1/stages/printing/start", `{}`}, {flow.WriteReports, "POST", "/api/v1/jobs/A-1/stages/printing/hold", `{"reason":"no_power"}`},
		{flow.WriteReports, "POST", "/api/v1/jobs/A-1/stages/printing/resume", `{}`}, {flow.WriteReports, "POST", "/api/v1/jobs/A-1/stages/printing/reports", `{"good":"1"}`},
	}
	for _, g := range flow.Grants() {
		p := f.program(everything, g)
		for _, c := range calls {
			if c.grant != g {
				p.send(c.method, c.path, c.body).refuses(404, "not_found").hides("Mithai")
			}
		}
		if g != flow.ReadMovements {
			p.get("/api/v1/jobs/A-1?expand=movements").refuses(404, "not_found")
		}
	}
	for _, c := range calls {
		if r := f.program(everything, c.grant).send(c.method, c.path, c.body); r.status > 299 {
			t.Errorf("%s with %s: %d %s", c.path, c.grant, r.status, r.body)
		}
	}
}

// Tokens of others, ended ones, revoked ones and what only looks like one are no tokens, with one answer for all.
func TestAbuseTokensThatAreNone(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	p := f.program(everything)
	p.get("/api/v1/jobs").is(200)
	good := p.token
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(good, "clc_"))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := "clc_" + base64.RawURLEncoding.EncodeToString(append(other.org[:], raw[16:]...)) // the secret of one organisation for another
	same := ""
	for _, token := range []string{"", "clc_", good[4:], strings.ToUpper(good), good + "A", good[:len(good)-1], elsewhere, "clc_" + strings.Repeat("A", 64), "clc_" + strings.Repeat("/", 64), good[:30] + "=" + good[30:]} {
		p.token = token
		r := p.get("/api/v1/jobs").refuses(401, "unauthorized")
		if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") || same != "" && same != r.body {
			t.Errorf("%q: %v %s", token, r.header, r.body)
		}
		same = r.body
	}
	p.token = good
	p.send("GET", "/api/v1/jobs", "", "Authorization", "Basic "+good).refuses(401, "unauthorized")
	p.send("GET", "/api/v1/jobs?access_token="+good, "", "Authorization", "").refuses(401, "unauthorized")
	if err := f.db.RevokeToken(t.Context(), f.org, p.id, time.Now()); err != nil {
		t.Fatal(err)
	}
	if r := p.get("/api/v1/jobs").refuses(401, "unauthorized"); r.body != same {
		t.Errorf("a revoked token: %s", r.body)
	}
	q := f.program(everything)
	q.get("/api/v1/jobs").is(200)
	h.late = 31 * 24 * time.Hour
	if r := q.get("/api/v1/jobs").refuses(401, "unauthorized"); r.body != same {
		t.Errorf("an ended token: %s", r.body)
	}
}

// A session opens no API, and a token no page.
func TestAbuseASessionIsNoToken(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	p := f.program(everything)
	cookie := session(t, f)
	p.send("GET", "/api/v1/jobs", "", "Authorization", "", "Cookie", cookie).refuses(401, "unauthorized")
	p.send("GET", "/api/v1/jobs", "", "Authorization", "Bearer clc_"+strings.TrimPrefix(cookie, "clicarity=")).refuses(401, "unauthorized")
	p.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.send("GET", "/board", "", "Cookie", cookie, "Authorization", "").is(200, "Cartons")
	p.send("GET", "/board", "").is(303)
	p.send("GET", "/board", "", "Authorization", "", "Cookie", "clicarity="+strings.TrimPrefix(p.token, "clc_")).is(303)
	p.send("POST", "/api/v1/jobs", `{}`, "Sec-Fetch-Site", "cross-site").refuses(403, "cross_site")
	p.send("OPTIONS", "/api/v1/jobs", "", "Origin", "https://evil.example").refuses(404, "not_found")
	if r := p.send("GET", "/api/v1/jobs", "", "Origin", "https://evil.example"); r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("pages of other sites may read answers")
	}
}

// session is the cookie of a session of the owner.
func session(t *testing.T, f *firm) string {
	t.Helper()
	rec := httptest.NewRecorder()
	hash, err := httpd.NewSession(rec, f.org, rand.Reader, false)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := f.db.AddSession(t.Context(), f.org, postgres.Session{Token: hash, Member: f.owner, Began: now, Until: now.Add(time.Hour), Idle: time.Hour}); err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(rec.Header().Get("Set-Cookie"), ";")
	return name
}
