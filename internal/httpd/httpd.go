// Package httpd is what every page and call has in common: who is asking, cross-site requests refused, security
// headers, limits, one table from refusal to status, one line of log.
package httpd

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"clicarity/internal/flow"
)

// Handler answers a request for a person (the zero Person when nobody is signed in). An error it returns becomes
// the answer: a *flow.Refusal or a Status says which, anything else is logged and shown as "nothing was saved".
type Handler func(w http.ResponseWriter, r *http.Request, who flow.Person) error

// Route is one entry of the route table: all that the server answers. A route that does not say what right it needs is
// refused to everybody, and New panics at it.
type Route struct {
	Pattern string     // of http.ServeMux
	May     flow.Right // what it needs; for those without it, it does not exist
	Whole   bool       // and nothing of the organisation may be outside the scope: settings of the organisation
	MaxBody int64      // bytes; 0: 64 kB
	Closed  bool       // it changes something also while the organisation is closed
	Handler Handler
}

// Config is what a Server needs from the floors around it.
type Config struct {
	// Carries reads what a request comes with: the organisation and the hash of its secret. nil: the session's cookie. One
	// way only, so that tokens open no pages, and cookies nothing made for programs.
	Carries func(r *http.Request) (org flow.ID, hash [32]byte, ok bool)
	// Session finds the person behind what a request carries.
	Session Sessions
	// Renew gives a session that is stale (flow.Person.Stale) a fresh token, kept by its hash, and returns the person
	// as they are in it now; false when that was done already. nil: sessions are never renewed.
	Renew func(ctx context.Context, who flow.Person, from, to [32]byte) (flow.Person, bool, error)
	// As is the context in which a person's request does what it does.
	As func(ctx context.Context, r *http.Request, who flow.Person) context.Context
	// Refused is told of somebody who asked for what they may not.
	Refused func(r *http.Request, who flow.Person)
	// Fail shows an error to a person, with the status it has.
	Fail func(w http.ResponseWriter, r *http.Request, who flow.Person, status int, err error)
	// NotFound reports whether an error means that there is no such thing.
	NotFound func(error) bool
	// Now is the clock.
	Now func() time.Time
	// Secure says that people reach the server by HTTPS, so cookies may insist on it.
	Secure bool
	Log    *slog.Logger
}

// Server turns a route table into an http.Handler.
type Server struct {
	cfg Config
	mux *http.ServeMux
}

// New makes a server of the routes.
func New(cfg Config, routes []Route) *Server {
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	for _, r := range routes {
		if r.May == 0 {
			panic("httpd: " + r.Pattern + " does not say who may use it")
		}
		s.mux.Handle(r.Pattern, s.route(r))
	}
	nothing := func(http.ResponseWriter, *http.Request, flow.Person) error { return Status(http.StatusNotFound) }
	s.mux.Handle("/", s.route(Route{May: flow.Anybody, Handler: nothing}))
	return s
}

// ServeHTTP refuses cross-site writes, sets the headers, and hands on to the route.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	rec := &recorder{ResponseWriter: w}
	defer s.finish(rec, r, start)
	secure(rec.Header())
	if err := crossOrigin.Check(r); err != nil {
		s.cfg.Fail(rec, r, flow.Person{}, http.StatusForbidden, Status(http.StatusForbidden))
		return
	}
	s.mux.ServeHTTP(rec, r)
}

var crossOrigin = http.NewCrossOriginProtection()

// secure sets the headers that every answer carries. The policy allows nothing but our own files: no inline
// script or style, no frame, no other host.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
		"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
}

const defaultBody = 64 << 10

func (s *Server) route(rt Route) http.Handler {
	limit := rt.MaxBody
	if limit == 0 {
		limit = defaultBody
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		who, err := s.who(w, r)
		if err == nil {
			r = r.WithContext(s.cfg.As(r.Context(), r, who))
			err = s.admit(rt, r, who)
		}
		if err == nil {
			err = rt.Handler(w, r, who)
		}
		if err != nil {
			s.fail(w, r, who, err)
		}
	})
}

// admit is the one check of every route. Not yours is not found; what is yours changes nothing while the organisation is closed.
func (s *Server) admit(rt Route, r *http.Request, who flow.Person) error {
	switch {
	case rt.May == flow.Anybody:
		return nil
	case who.Member.IsZero(), who.Via == flow.ViaPending: // not signed in, or not yet
		return Status(http.StatusUnauthorized)
	case !who.May(rt.May), rt.Whole && !who.Scope.Everything():
		s.cfg.Refused(r, who)
		return Status(http.StatusNotFound)
	case who.Closing.Closed() && !rt.Closed && changes(r.Method):
		return &flow.Refusal{Code: flow.OrgClosed}
	}
	return nil
}

// changes reports whether a request may change something.
func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead
}

// who is the person behind the request's session, the zero Person without one. A stale session is renewed first.
func (s *Server) who(w http.ResponseWriter, r *http.Request) (flow.Person, error) {
	carries := s.cfg.Carries
	if carries == nil {
		carries = func(r *http.Request) (flow.ID, [32]byte, bool) { return readCookie(r, s.cfg.Secure) }
	}
	org, hash, ok := carries(r)
	if !ok {
		return flow.Person{}, nil
	}
	who, err := s.cfg.Session(r.Context(), org, hash, s.cfg.Now())
	if err == nil && who.Stale && s.cfg.Renew != nil {
		who, err = s.renew(w, r, who)
	}
	if err != nil && s.cfg.NotFound(err) {
		return flow.Person{}, nil
	}
	return who, err
}

func (s *Server) renew(w http.ResponseWriter, r *http.Request, who flow.Person) (flow.Person, error) {
	_, from, _ := readCookie(r, s.cfg.Secure)
	token, err := newToken(rand.Reader)
	if err != nil {
		return who, err
	}
	fresh, done, err := s.cfg.Renew(r.Context(), who, from, sha256.Sum256(token))
	if err == nil && done {
		setCookie(w, who.Org, token, s.cfg.Secure)
	}
	return fresh, err
}

// Sessions finds the person behind a session; it fails when there is none.
type Sessions func(ctx context.Context, org flow.ID, tokenHash [32]byte, now time.Time) (flow.Person, error)

// Who looks up the person behind a request, the zero Person when it carries no session.
func Who(r *http.Request, secure bool, sessions Sessions, now time.Time) (flow.Person, error) {
	org, hash, ok := readCookie(r, secure)
	if !ok {
		return flow.Person{}, nil
	}
	return sessions(r.Context(), org, hash, now)
}

// fail decides the status of an error and shows it. What is nobody's mistake but ours is logged with its cause.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, who flow.Person, err error) {
	status := StatusOf(err)
	if s.cfg.NotFound(err) {
		status = http.StatusNotFound
	}
	if r.Context().Err() != nil {
		return // nobody is there to read an answer
	}
	if status == http.StatusInternalServerError {
		s.cfg.Log.Error("request failed", "method", r.Method, "path", logged(r.URL.Path), "org", who.Org.String(), "error", err)
	}
	s.cfg.Fail(w, r, who, status, err)
}

// finish logs one line for a request that failed or was slow, and turns a panic into an answer.
func (s *Server) finish(w *recorder, r *http.Request, start time.Time) {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler {
			panic(p)
		}
		s.cfg.Log.Error("request panicked", "method", r.Method, "path", logged(r.URL.Path), "panic", p, "stack", string(debug.Stack()))
		if w.status == 0 {
			s.cfg.Fail(w, r, flow.Person{}, http.StatusInternalServerError, errPanic)
		}
	}
	s.cfg.Log.Debug("request", "method", r.Method, "path", logged(r.URL.Path), "status", w.status, "ms", time.Since(start).Milliseconds())
}

// longestName is how long a name in an address can be; what is longer is the secret of a link.
const longestName = 40

// logged is a path as it may stand in a log: without the secrets of links.
func logged(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) > longestName {
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}

var errPanic = errors.New("httpd: a handler panicked")

// recorder remembers the status that was sent.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// WriteString writes without a copy, as the server beneath can.
func (w *recorder) WriteString(text string) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return io.WriteString(w.ResponseWriter, text)
}

// Unwrap lets http.ResponseController reach the connection.
// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
