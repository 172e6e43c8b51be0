package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/api"
	"clicarity/internal/flow"
)

// The authorisation matrix of programs: every call, for jobs in and out of scope and of another organisation, with tokens of
// every grant and scope, and with what is no token. A call that is not in calls fails.

// call is what the matrix knows of a call: the grant it needs, and a body that gets as far as the question whose it is.
type call struct {
	grant flow.Grant
	whole bool // of a job, or into a process; else a list, which leaves out what is not theirs
	body  func(t matrixTarget) string
	form  bool // the body is a form that ends with a file
}

func body(text string) func(matrixTarget) string { return func(matrixTarget) string { return text } }

var calls = map[string]call{
	"GET /api/v1/openapi.yaml":         {},
	"GET /api/v1/processes":            {grant: flow.ReadJobs},
	"GET /api/v1/jobs":                 {grant: flow.ReadJobs},
	"GET /api/v1/jobs/{job}":           {grant: flow.ReadJobs, whole: true},
	"GET /api/v1/jobs/{job}/movements": {grant: flow.ReadMovements, whole: true},
	"GET /api/v1/movements":            {grant: flow.ReadMovements},
	"GET /api/v1/export":               {grant: flow.TakeOut, whole: true},
	"POST /api/v1/jobs": {grant: flow.WriteJobs, whole: true, body: func(t matrixTarget) string {
		return fmt.Sprintf(`{"process":%q,"quantity":"5","site":%q}`, t.process, t.site)
	}},
	"PATCH /api/v1/jobs/{job}":                                           {grant: flow.WriteJobs, whole: true, body: body(`{"due":"31-02-2027"}`)},
	"POST /api/v1/jobs/{job}/stages/{stage}/start":                       {grant: flow.WriteReports, whole: true, body: body(`{"station":"Nowhere"}`)},
	"POST /api/v1/jobs/{job}/stages/{stage}/reports":                     {grant: flow.WriteReports, whole: true, body: body(`{"good":"9999999"}`)},
	"POST /api/v1/jobs/{job}/stages/{stage}/hold":                        {grant: flow.WriteReports, whole: true, body: body(`{"reason":"nonsense"}`)},
	"POST /api/v1/jobs/{job}/stages/{stage}/resume":                      {grant: flow.WriteReports, whole: true, body: body(`{}`)},
	"GET /api/v1/jobs/{job}/files":                                       {grant: flow.ReadFiles, whole: true},
	"GET /api/v1/jobs/{job}/files/{file}/revisions/{revision}":           {grant: flow.ReadFiles, whole: true},
	"GET /api/v1/jobs/{job}/files/{file}/revisions/{revision}/thumbnail": {grant: flow.ReadFiles, whole: true},
	"POST /api/v1/jobs/{job}/files": {grant: flow.WriteFiles, whole: true, form: true, body: func(t matrixTarget) string {
		return filled("a drawing", "stage", t.stage, "kind", "nonsense")
	}},
	"POST /api/v1/jobs/{job}/files/{file}/revisions": {grant: flow.WriteFiles, whole: true, form: true, body: func(t matrixTarget) string {
		return filled("a drawing", "over", t.revision, "revision", "A")
	}},
	"POST /api/v1/jobs/{job}/files/{file}/retire": {grant: flow.WriteFiles, whole: true, body: body(`{"reason":""}`)},
}

type matrixTarget struct {
	mark, job, process, stage, site, file, revision string
}

// matrixTarget makes a job whose texts nobody else's has.
func (f *firm) matrixTarget(mark string, p flow.Process, site string) matrixTarget {
	id := f.later()
	n := flow.NewJob{ID: id, Number: mark + "-1", Customer: mark + " Foods", Item: mark + " box", Quantity: flow.Units(100), Site: site}
	f.ours(flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{n}})
	stage := p.Stages[0].Code
	file, revision := f.file(id, stage, mark+" die line", mark+" drawing")
	return matrixTarget{mark, id.String(), p.ID.String(), stage, site, file.String(), revision.ID.String()}
}

func TestAuthorisationMatrixOfPrograms(t *testing.T) {
	t.Parallel()
	h := openHouse(t, api.Rate{Every: time.Nanosecond, Burst: 1_000_000})
	f, other := h.firm("aakar"), h.firm("bhumi")
	for _, r := range h.api.Routes() {
		if _, ok := calls[r.Pattern]; !ok {
			t.Fatalf("%s is not in the authorisation matrix of programs", r.Pattern)
		}
	}
	targets := map[string]matrixTarget{"a": f.matrixTarget("ZzOWNAq", f.process, "vasai"), "c": f.matrixTarget("ZzOWNCq", f.second, "vasai"),
		"d": f.matrixTarget("ZzOWNDq", f.process, "pune"), "x": other.matrixTarget("ZzALIENq", other.process, "vasai")}
	checks := 0
	for name, asker := range map[string]struct {
		given flow.Given
		sees  string
	}{
		"everything": {everything, "acd"}, "cartons": {flow.Given{Processes: []flow.ID{f.process.ID}}, "ad"}, "labels": {flow.Given{Processes: []flow.ID{f.second.ID}}, "c"},
		"vasai": {flow.Given{All: true, Sites: []string{"vasai"}}, "ac"}, "nothing": {flow.Given{}, ""},
	} {
		for _, grants := range [][]flow.Grant{flow.Grants(), {flow.ReadJobs}, {flow.WriteJobs}, {flow.WriteReports}, {flow.ReadMovements}, {flow.ReadFiles}, {flow.WriteFiles}, {flow.TakeOut}} {
			p := f.program(asker.given, grants...)
			for pattern, c := range calls {
				for letter, target := range targets {
					checks++
					says := fmt.Sprintf("%s by a token for %s and %v, of %s", pattern, name, grants, letter)
					r := p.ask(pattern, c, target)
					visible := ""
					if c.grant == "" || slices.Contains(grants, c.grant) {
						visible = asker.sees
					}
					may := c.grant == "" || slices.Contains(grants, c.grant) && (!c.whole || inScope(pattern, asker.sees, letter))
					switch {
					case may && (r.status == http.StatusNotFound || r.status == http.StatusUnauthorized || r.status == http.StatusForbidden || r.status >= 500):
						t.Errorf("%s: %d, but it may: %s", says, r.status, r.body)
					case !may && r.status != http.StatusNotFound:
						t.Errorf("%s: %d, but it may not: %s", says, r.status, r.body)
					}
					unseen(t, says, r.body, targets, visible)
				}
			}
		}
	}
	checks += h.noTokens(t, f, other, targets)
	t.Logf("authorisation matrix of programs: %d checks over %d calls", checks, len(calls))
}

// inScope reports whether a call about a target is within a scope, told by letters. A process is asked for at whatever site,
// but a job is made at one.
func inScope(pattern, sees, letter string) bool {
	if pattern == "GET /api/v1/export" && (letter == "a" || letter == "d") {
		return strings.ContainsAny(sees, "ad")
	}
	return strings.Contains(sees, letter)
}

// unseen checks that an answer has nothing of the targets that are not visible.
func unseen(t *testing.T, says, text string, targets map[string]matrixTarget, visible string) {
	t.Helper()
	for letter, target := range targets {
		if !strings.Contains(visible, letter) && strings.Contains(text, target.mark) {
			t.Errorf("%s: the answer has %s", says, target.mark)
		}
	}
}

// noTokens asks everything with what lets nobody in, and says how often.
func (h *house) noTokens(t *testing.T, f, other *firm, targets map[string]matrixTarget) (checks int) {
	t.Helper()
	revoked := f.program(everything)
	if err := h.db.RevokeToken(t.Context(), f.org, revoked.id, time.Now()); err != nil {
		t.Fatal(err)
	}
	swapped := other.program(everything)
	swapped.token = swapped.token[:len("clc_")+8] + revoked.token[len("clc_")+8:]
	for name, p := range map[string]*program{"a revoked token": revoked, "no token": {firm: f}, "a made-up token": {firm: f, token: "clc_" + strings.Repeat("A", 64)}, "a token put together": swapped} {
		for pattern, c := range calls {
			for letter, target := range targets {
				checks++
				r := p.ask(pattern, c, target)
				if want := http.StatusUnauthorized; c.grant != "" && r.status != want {
					t.Errorf("%s by %s, of %s: %d, want %d: %s", pattern, name, letter, r.status, want, r.body)
				}
				unseen(t, pattern+" by "+name, r.body, targets, "")
			}
		}
	}
	return checks
}

func (p *program) ask(pattern string, c call, t matrixTarget) *reply {
	p.t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.NewReplacer("{job}", t.job, "{stage}", t.stage, "{file}", t.file, "{revision}", t.revision).Replace(path)
	switch pattern {
	case "GET /api/v1/export":
		path += "?process=" + t.process
	case "GET /api/v1/jobs/{job}":
		path += "?expand=stages,fields"
	}
	text := ""
	if c.body != nil {
		text = c.body(t)
	}
	if c.form {
		return p.send(method, path, text, "Content-Type", formType)
	}
	return p.send(method, path, text)
}
