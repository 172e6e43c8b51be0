// Package site is the public pages of whoever runs the service: what Clicarity is, for which trades, how to ask for a demo,
// and what is done with personal data. All that it says of the operator is configuration. Its pages need no script and ask
// no other host for anything, until a visitor agrees to statistics.
package site

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"clicarity/internal/calendly"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/keys"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
)

// Config is what the public site needs from the roof.
type Config struct {
	DB       *postgres.DB
	Operator operator.Operator
	Keys     *keys.Keys
	Now      func() time.Time
	Log      *slog.Logger
	App      string // where the platform is: https://jobs.example.in
	Mails    bool   // whether mails can be sent
	Trying   bool   // whether visitors may try a factory
	Calendly string // the key with which Calendly signs what it tells; empty: it tells nothing
	// Asked is the way to ask Calendly whether it still tells; nil: nobody asks.
	Asked *calendly.Client
	// Trade is a phrase of the platform about a trade in a language: trade_printing, trade_printing_about.
	Trade func(language, key string) string
}

// Site serves the public pages.
type Site struct {
	Config
	base    string // before every path: empty on a host of its own, else /about
	origin  string // of the pages: https://clicarity.example
	words   words
	pages   *template.Template
	assets  map[string]asset
	senders *httpd.Limiter // enquiries, per address
	choices *httpd.Limiter // choices about cookies, per address
	handler http.Handler

	mu  sync.Mutex
	org flow.ID // the operator's organisation, once it is known
}

//go:embed page/*.html static/* words/*.json
var files embed.FS

// underPlatform is where the site is when it has no host of its own.
const underPlatform = "/about"

// New makes the site. It fails only when something in the program itself is broken, or the operator's site is no address.
func New(cfg Config) (*Site, error) {
	s := &Site{Config: cfg, base: underPlatform, origin: strings.TrimRight(cfg.App, "/"),
		senders: httpd.NewLimiter(10*time.Minute, 5), choices: httpd.NewLimiter(time.Minute, 20)}
	if cfg.Operator.Site != "" {
		s.base, s.origin = "", strings.TrimRight(cfg.Operator.Site, "/")
	}
	var err error
	if s.words, err = readWords(); err != nil {
		return nil, err
	}
	if s.assets, err = readAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = template.ParseFS(files, "page/*.html"); err != nil {
		return nil, err
	}
	s.handler = httpd.New(httpd.Config{
		Carries: func(*http.Request) (flow.ID, [32]byte, bool) { return flow.ID{}, [32]byte{}, false }, // it knows nobody
		As:      func(ctx context.Context, _ *http.Request, _ flow.Person) context.Context { return ctx },
		Refused: func(*http.Request, flow.Person) {}, Fail: s.fail, Now: cfg.Now, Secure: s.secure(), Log: cfg.Log,
		NotFound: func(err error) bool { return errors.Is(err, postgres.ErrNotFound) },
	}, s.Routes())
	return s, nil
}

func (s *Site) secure() bool { return strings.HasPrefix(s.origin, "https://") }

// Routes are all pages and forms of the site. They are for everybody.
func (s *Site) Routes() []httpd.Route {
	var all []httpd.Route
	add := func(method, path string, h httpd.Handler) {
		for _, lang := range pageLanguages {
			all = append(all, httpd.Route{Pattern: method + " " + s.base + prefix(lang) + path, May: flow.Anybody, Handler: h})
		}
	}
	for _, p := range pages {
		path := p.path
		if path == "/" {
			path = "/{$}"
		}
		add("GET", path, s.show(p))
	}
	add("GET", "/industries/{trade}", s.trade)
	add("GET", "/demo/time", s.demoTime)
	add("POST", "/contact", s.ask("contact"))
	add("POST", "/demo", s.ask("demo"))
	add("POST", "/cookies", s.choose)
	for _, lang := range pageLanguages {
		if home := s.base + prefix(lang); home != "" {
			all = append(all, httpd.Route{Pattern: "GET " + home + "/{rest...}", May: flow.Anybody, Handler: s.nothing})
			all = append(all, httpd.Route{Pattern: "GET " + home, May: flow.Anybody, Handler: s.toHome})
		}
	}
	return append(all,
		httpd.Route{Pattern: "GET " + s.base + "/static/{hash}/{file}", May: flow.Anybody, Handler: s.static},
		httpd.Route{Pattern: "GET /robots.txt", May: flow.Anybody, Handler: s.robots},
		httpd.Route{Pattern: "GET /sitemap.xml", May: flow.Anybody, Handler: s.sitemap},
		httpd.Route{Pattern: "POST " + hookPath, May: flow.Anybody, Handler: s.hook})
}

// Front serves the site where it is, and hands everything else on. Without an operator there is no site.
func (s *Site) Front(next http.Handler) http.Handler {
	if s.Operator == (operator.Operator{}) {
		return next
	}
	host := ""
	if u, err := url.Parse(s.Operator.Site); err == nil {
		host = u.Host
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case host != "" && strings.EqualFold(r.Host, host), r.URL.Path == hookPath,
			host == "" && (within(r.URL.Path, underPlatform) || r.URL.Path == "/robots.txt" || r.URL.Path == "/sitemap.xml"):
			s.handler.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// owner is the organisation that what the site takes in belongs to, zero when there is none.
func (s *Site) owner(ctx context.Context) (flow.ID, error) {
	s.mu.Lock()
	org := s.org
	s.mu.Unlock()
	if s.Operator.Organisation == "" || !org.IsZero() {
		return org, nil
	}
	o, err := s.DB.OrganisationBySlug(ctx, s.Operator.Organisation)
	if errors.Is(err, postgres.ErrNotFound) {
		return flow.ID{}, nil
	}
	if err == nil {
		s.mu.Lock()
		s.org = o.ID
		s.mu.Unlock()
	}
	return o.ID, err
}

// nonce is a fresh word that the page's own scripts carry.
func nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it does not fail
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (s *Site) newID() flow.ID {
	id, err := flow.NewID(flow.At(s.Now()), rand.Reader)
	if err != nil { // the operating system's randomness does not fail
		panic(err)
	}
	return id
}

func (s *Site) nothing(http.ResponseWriter, *http.Request, flow.Person) error {
	return httpd.Status(http.StatusNotFound)
}

func (s *Site) toHome(w http.ResponseWriter, r *http.Request, _ flow.Person) error {
	http.Redirect(w, r, r.URL.Path+"/", http.StatusMovedPermanently)
	return nil
}
