// Package api is the door for programs: JSON over HTTP, opened by an organisation's own tokens. It asks the same policy as
// the pages, gives the same commands, and keeps its own wire types, so that what a program reads and sends is only what is
// written down in openapi.yaml.
package api

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/keys"
	"clicarity/internal/postgres"
	"clicarity/internal/usage"
)

// Config is what the API needs from the roof.
type Config struct {
	DB   *postgres.DB
	Now  func() time.Time
	Log  *slog.Logger
	Keys *keys.Keys
	Says Says
	// Export writes the jobs of a process as a file, as the board does.
	Export httpd.Handler
	Files  Files
	// Usage counts which parts of the product are used; nil: nobody does.
	Usage *usage.Counter
	// Rate overrides the limits, for tests; zero: those of the product.
	Rate Rate
}

// Says puts what went wrong into a sentence, in the language that the request asks for.
type Says interface {
	Phrase(r *http.Request, who flow.Person, key string, pairs ...any) string
	Sentence(r *http.Request, who flow.Person, refusal *flow.Refusal, processes ...flow.Process) string
}

// Rate is how often may be asked: so many at once, and one more every so often.
type Rate struct {
	Every time.Duration
	Burst int
}

// API serves programs.
type API struct {
	Config
	tokens    *httpd.Limiter
	addresses *httpd.Limiter
	refusals  *httpd.Limiter // refusals that are noted, per member
}

// New makes the API.
func New(cfg Config) *API {
	one, all := Rate{100 * time.Millisecond, 100}, Rate{20 * time.Millisecond, 500}
	if cfg.Rate != (Rate{}) {
		one, all = cfg.Rate, Rate{cfg.Rate.Every, 2 * cfg.Rate.Burst}
	}
	return &API{Config: cfg, tokens: httpd.NewLimiter(one.Every, one.Burst), addresses: httpd.NewLimiter(all.Every, all.Burst),
		refusals: httpd.NewLimiter(30*time.Second, 20)}
}

//go:embed openapi.yaml
var openAPI []byte

// maxBody bounds what a program sends.
const maxBody = 256 << 10

// Routes are all calls there are, each with the right it needs.
func (a *API) Routes() []httpd.Route {
	routes := []httpd.Route{
		{Pattern: "GET /api/v1/openapi.yaml", May: flow.Anybody, Handler: a.description},
		{Pattern: "GET /api/v1/processes", May: flow.MaySee, Handler: a.processes},
		{Pattern: "GET /api/v1/jobs", May: flow.MaySee, Handler: a.jobs},
		{Pattern: "GET /api/v1/jobs/{job}", May: flow.MaySee, Handler: a.job},
		{Pattern: "GET /api/v1/jobs/{job}/movements", May: flow.MayFollow, Handler: a.jobMovements},
		{Pattern: "GET /api/v1/movements", May: flow.MayFollow, Handler: a.movements},
		{Pattern: "GET /api/v1/export", May: flow.MayExport, Handler: a.export},
		{Pattern: "POST /api/v1/jobs", May: flow.MayCreate, MaxBody: maxBody, Handler: a.create},
		{Pattern: "PATCH /api/v1/jobs/{job}", May: flow.MayChange, MaxBody: maxBody, Handler: a.change},
		{Pattern: "POST /api/v1/jobs/{job}/stages/{stage}/start", May: flow.MayReport, MaxBody: maxBody, Handler: a.start},
		{Pattern: "POST /api/v1/jobs/{job}/stages/{stage}/reports", May: flow.MayReport, MaxBody: maxBody, Handler: a.report},
		{Pattern: "POST /api/v1/jobs/{job}/stages/{stage}/hold", May: flow.MayReport, MaxBody: maxBody, Handler: a.hold},
		{Pattern: "POST /api/v1/jobs/{job}/stages/{stage}/resume", May: flow.MayReport, MaxBody: maxBody, Handler: a.resume},
	}
	routes = append(routes, a.fileRoutes()...)
	for i, route := range routes {
		routes[i].Handler = a.metered(route.Handler)
	}
	return httpd.Used(routes, a.Usage, a.Now)
}

// Handler is the whole API: what begins with /api/v1/.
func (a *API) Handler() http.Handler {
	s := httpd.New(httpd.Config{
		Carries: httpd.Bearer, Session: a.DB.TokenPerson, As: a.as, Refused: a.refused, Fail: a.Fail, Now: a.Now, Log: a.Log,
		NotFound: func(err error) bool { return errors.Is(err, postgres.ErrNotFound) },
	}, a.Routes())
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !a.addresses.Allow(httpd.Address(r), a.Now()) { // before the database is asked anything
			a.Fail(rw, r, flow.Person{}, http.StatusTooManyRequests, httpd.Status(http.StatusTooManyRequests))
			return
		}
		s.ServeHTTP(rw, r)
	})
}

// metered holds a token to its rate.
func (a *API) metered(h httpd.Handler) httpd.Handler {
	return func(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
		if !who.Session.IsZero() && !a.tokens.Allow(who.Session.String(), a.Now()) {
			return httpd.Status(http.StatusTooManyRequests)
		}
		return h(rw, r, who)
	}
}

// device is what movements of programs say they were made on.
const device = "program"

// as puts the token's member into the audit log as the author of what the request does.
func (a *API) as(ctx context.Context, _ *http.Request, who flow.Person) context.Context {
	return postgres.As(ctx, postgres.Actor{Member: who.Member, Device: device, Via: who.Via, At: a.Now()})
}

// refused notes that a program asked for what its token was not made for. One that keeps asking is noted now and then.
func (a *API) refused(r *http.Request, who flow.Person) {
	if !a.refusals.Allow(who.Member.String(), a.Now()) {
		return
	}
	e := postgres.Event{What: postgres.AuditRefused, Detail: map[string]string{"method": r.Method, "path": r.Pattern}}
	if err := a.DB.Audit(r.Context(), who.Org, e); err != nil {
		a.Log.Error("a refusal could not be noted", "org", who.Org.String(), "error", err)
	}
}

func (a *API) description(rw http.ResponseWriter, _ *http.Request, _ flow.Person) error {
	rw.Header().Set("Content-Type", "application/yaml")
	_, err := rw.Write(openAPI)
	return err
}

func (a *API) export(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := onlyParameters(r, "process", "show", "format"); err != nil {
		return err
	}
	return a.Export(rw, r, who)
}

// Problem is an answer that is none (RFC 9457).
type Problem struct {
	Type   string `json:"type"` // about:blank: the status says it all
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`   // for programs: of the refusal, or what else went wrong
	Detail string `json:"detail"` // for people, in the language that was asked for
}

// fault is something wrong with a request that is not the business of the rules.
type fault struct {
	code  string // api_ + code is the phrase
	pairs []any
}

func (f *fault) Error() string { return "api: " + f.code }

// Unwrap is the status of all faults: what was sent cannot be.
func (f *fault) Unwrap() error { return httpd.Status(http.StatusBadRequest) }

func wrong(code string, pairs ...any) error { return &fault{code, pairs} }

// statusCodes name the statuses that no refusal has.
var statusCodes = map[int]string{
	http.StatusUnauthorized: "unauthorized", http.StatusForbidden: "cross_site", http.StatusNotFound: "not_found", http.StatusRequestEntityTooLarge: "too_large",
	http.StatusTooManyRequests: "too_often", http.StatusUnsupportedMediaType: "not_json",
}

// Fail answers with a problem.
func (a *API) Fail(rw http.ResponseWriter, r *http.Request, who flow.Person, status int, err error) {
	p := Problem{Type: "about:blank", Status: status, Code: statusCodes[status]}
	var f *fault
	var refusal *flow.Refusal
	switch {
	case errors.As(err, &f):
		p.Code = f.code
		p.Detail = a.Says.Phrase(r, who, "api_"+f.code, f.pairs...)
	case errors.As(err, &refusal) && refusal.Code != flow.NotFound:
		p.Code, p.Detail = string(refusal.Code), a.Says.Sentence(r, who, refusal, processesOf(err)...)
	case p.Code == "":
		p.Code = "ours"
	}
	if p.Detail == "" {
		p.Detail = a.Says.Phrase(r, who, "api_"+p.Code)
	}
	p.Title = http.StatusText(p.Status)
	h := rw.Header()
	switch status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", challenge(r))
	case http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.Itoa(retryAfter))
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language, Authorization")
	h.Set("Content-Type", "application/problem+json")
	rw.WriteHeader(p.Status)
	if err := json.NewEncoder(rw).Encode(p); err != nil {
		a.Log.Debug("an answer was not read", "error", err)
	}
}

// retryAfter is how many seconds a program is asked to wait: many more calls are free again by then.
const retryAfter = 2

func challenge(r *http.Request) string {
	if r.Header.Get("Authorization") == "" {
		return `Bearer realm="Clicarity"`
	}
	return `Bearer realm="Clicarity", error="invalid_token"`
}

// answer writes a value as JSON. It is encoded first, so that an answer is whole or not there.
func answer(rw http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_, err = rw.Write(append(text, '\n'))
	return err
}

// within is an error with the process that it happened in, whose stages and reasons have names.
type within struct {
	error
	process flow.Process
}

func (w within) Unwrap() error { return w.error }

func processesOf(err error) []flow.Process {
	var w within
	if errors.As(err, &w) {
		return []flow.Process{w.process}
	}
	return nil
}
