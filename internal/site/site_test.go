package site

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// house is a site with a database and a clock of its own.
type house struct {
	t    *testing.T
	db   *postgres.DB
	url  string // of the database
	site *Site
	at   string
	org  flow.ID
	now  *atomic.Int64
}

var clicarity = operator.Operator{Organisation: "clicarity", Name: "Clicarity", Address: "Andheri East, Mumbai 400069", Email: "hello@clicarity.example", WhatsApp: "+919000000000",
	Grievance: operator.Contact{Name: "Meera Joshi", Email: "privacy@clicarity.example"}, Calendly: "https://calendly.com/clicarity-example/demo", GTM: "GTM-ABC123", Try: true}

func openHouse(t *testing.T, o operator.Operator) *house {
	t.Helper()
	h := &house{t: t, url: pgtest.URL(t), now: &atomic.Int64{}}
	h.db = pgtest.Open(t, h.url)
	h.now.Store(time.Date(2026, 11, 26, 11, 0, 0, 0, ist).UnixMilli()) // a Thursday
	if o.Organisation != "" {
		h.org = pgtest.NewID(t)
		err := h.db.AddOrganisation(t.Context(), postgres.Organisation{ID: h.org, Slug: o.Organisation, Name: o.Called(), Created: h.clock()},
			postgres.Member{ID: pgtest.NewID(t), Name: "Meera Joshi", Role: flow.Owner, Logins: []string{"meera@clicarity.example"}, Created: h.clock()})
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	h.site, err = New(Config{DB: h.db, Operator: o, Keys: keys.New([keys.Size]byte{1}), Now: h.clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), App: "http://jobs.example", Mails: true,
		Trying: o.Try, Calendly: "test_signing_key"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h.site.Front(http.NotFoundHandler()))
	t.Cleanup(server.Close)
	h.at = server.URL
	return h
}

func (h *house) clock() time.Time { return time.UnixMilli(h.now.Load()) }

func (h *house) pass(d time.Duration) { h.now.Add(d.Milliseconds()) }

// answer is what came back: its text, unpacked.
type answer struct {
	*http.Response
	text  string
	bytes int // on the way
}

func (h *house) ask(method, path string, form url.Values, headers ...string) answer {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.at+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	raw, err := io.ReadAll(got.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	a := answer{got, string(raw), len(raw)}
	if got.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(strings.NewReader(a.text))
		if err != nil {
			h.t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil {
			h.t.Fatal(err)
		}
		a.text = string(plain)
	}
	return a
}

func (h *house) get(path string, headers ...string) answer {
	h.t.Helper()
	return h.ask(http.MethodGet, path, nil, headers...)
}

// everyPath are all pages of a site, in all languages.
func (s *Site) everyPath() (list []string) {
	for _, lang := range pageLanguages {
		for _, p := range append(s.paths(), "/cookies", "/thanks") {
			list = append(list, s.base+prefix(lang)+p)
		}
	}
	return list
}

func TestEveryPageIsThereFastAndKeepsToItself(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	css := h.site.assets["site.css"]
	for _, path := range h.site.everyPath() {
		a := h.get(path)
		if a.StatusCode != http.StatusOK || !strings.Contains(a.text, "<h1") {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
		if sum := a.bytes + len(css.packed) + len(h.site.assets["mark.svg"].packed) + len(h.site.assets["consent.js"].packed); sum > 60_000 {
			t.Errorf("%s is %d bytes with all that it needs", path, sum)
		}
		for _, word := range []string{"googletagmanager", "google-analytics"} {
			if strings.Contains(a.text, word) || strings.Contains(a.Header.Get("Content-Security-Policy"), word) {
				t.Errorf("%s names %s before anybody agreed", path, word)
			}
		}
		if strings.Contains(a.Header.Get("Content-Security-Policy"), "calendly") || strings.Contains(a.text, "<iframe") || len(a.Cookies()) > 0 {
			t.Errorf("%s frames somebody, or sets a cookie", path)
		}
		for _, what := range []string{`<meta name="description" content="`, `lang="`, `<title>`} {
			if !strings.Contains(a.text, what) {
				t.Errorf("%s is without %s", path, what)
			}
		}
		if !strings.HasSuffix(path, "/cookies") && !strings.HasSuffix(path, "/thanks") && (!strings.Contains(a.text, `rel="canonical" href="http://jobs.example`+path+`"`) || !strings.Contains(a.text, `property="og:title"`)) {
			t.Errorf("%s is not found by its one address", path)
		}
		if regexp.MustCompile(`(?i)\s(style|on\w+)="`).MatchString(a.text) {
			t.Errorf("%s has a style or a handler in its text, which the policy refuses", path)
		}
	}
	for _, gone := range []string{"/about/nothing", "/about/hi/nothing", "/about/industries/alchemy", "/about/static/x/site.css"} {
		if a := h.get(gone); a.StatusCode != http.StatusNotFound || !strings.Contains(a.text, "<h1") {
			t.Errorf("%s: %d", gone, a.StatusCode)
		}
	}
	if a := h.get("/about"); a.StatusCode != http.StatusMovedPermanently {
		t.Errorf("/about: %d", a.StatusCode)
	}
	if a := h.get("/pulse"); a.StatusCode != http.StatusNotFound || strings.Contains(a.text, "<h1") {
		t.Error("the site answers for the platform")
	}
}

var links = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)

// Every link of every page leads somewhere.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	known := map[string]bool{}
	for _, path := range h.site.everyPath() {
		for _, m := range links.FindAllStringSubmatch(h.get(path).text, -1) {
			to := strings.ReplaceAll(m[1], "&amp;", "&")
			to, _, _ = strings.Cut(to, "#")
			if !strings.HasPrefix(to, "/") || known[to] {
				continue
			}
			known[to] = true
			if a := h.get(to); a.StatusCode != http.StatusOK {
				t.Errorf("%s leads to %s: %d", path, to, a.StatusCode)
			}
		}
	}
}

// All that is said of who runs the service is configuration: for another operator nothing of the first is there.
func TestAnotherOperatorHasNothingOfTheFirst(t *testing.T) {
	t.Parallel()
	udyog := operator.Operator{Organisation: "udyog", Name: "Udyog Labs", Address: "Baner, Pune 411045", Email: "namaste@udyog.example", Site: "https://udyog.example", WhatsApp: "+919111111111",
		Calendly: "https://calendly.com/udyog-example/demo", GTM: "GTM-XYZ789", Try: true}
	h := openHouse(t, udyog)
	first := []string{"clicarity", "hello@", "Andheri", "919000000000", "Meera", "GTM-ABC123"}
	paths := append(h.site.everyPath(), "/demo/time", "/hi/demo/time", "/nothing", "/robots.txt", "/sitemap.xml")
	for _, path := range paths {
		a := h.get(path, "Host", "udyog.example")
		for _, word := range first {
			if strings.Contains(strings.ToLower(a.text), strings.ToLower(word)) {
				t.Errorf("%s still says %q", path, word)
			}
		}
		if !strings.Contains(a.text, "Udyog Labs") && !strings.HasSuffix(path, ".txt") && !strings.HasSuffix(path, ".xml") {
			t.Errorf("%s does not say whose it is", path)
		}
	}
	if a := h.get("/", "Host", "other.example"); a.StatusCode != http.StatusNotFound {
		t.Errorf("it answers for another host: %d", a.StatusCode)
	}
	if a := h.get("/sitemap.xml", "Host", "udyog.example"); !strings.Contains(a.text, "<loc>https://udyog.example/hi/industries/printing</loc>") {
		t.Error("the list of pages is not that of the host")
	}
}

func TestWithoutAnOperatorThereIsNoSite(t *testing.T) {
	t.Parallel()
	h := openHouse(t, operator.Operator{})
	for _, path := range []string{"/about/", "/about/demo", "/robots.txt", "/hooks/calendly"} {
		if a := h.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}

// Nothing that an operator did not configure is spoken of: no dead button, no script, no question.
func TestWhatIsNotConfiguredIsNotThere(t *testing.T) {
	t.Parallel()
	h := openHouse(t, operator.Operator{Name: "Udyog Labs", Email: "namaste@udyog.example"})
	for _, path := range h.site.everyPath() {
		a := h.get(path)
		for _, what := range []string{"<script", "<form", "wa.me", "calendly.com", "/try\"", `class="cc"`} {
			if strings.Contains(a.text, what) {
				t.Errorf("%s has %s", path, what)
			}
		}
		if strings.Contains(a.Header.Get("Content-Security-Policy"), "script-src") {
			t.Errorf("%s allows scripts", path)
		}
	}
	if a := h.get("/about/demo"); !strings.Contains(a.text, "mailto:namaste@udyog.example") {
		t.Error("there is no way to write")
	}
	for _, path := range []string{"/about/demo", "/about/contact"} {
		if a := h.ask(http.MethodPost, path, url.Values{}); a.StatusCode != http.StatusNotFound {
			t.Errorf("a form that is not there: %d", a.StatusCode)
		}
	}
	if a := h.get("/about/demo/time"); a.StatusCode != http.StatusNotFound {
		t.Errorf("a calendar that is not there: %d", a.StatusCode)
	}
}

func TestTheCalendarIsFramedOnItsPageOnly(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	a := h.get("/about/demo/time")
	if !strings.Contains(a.Header.Get("Content-Security-Policy"), "frame-src https://calendly.com;") || !strings.Contains(a.text, `src="https://calendly.com/clicarity-example/demo?embed_domain=jobs.example`) {
		t.Error(a.Header.Get("Content-Security-Policy"))
	}
	if a := h.get("/about/demo"); !strings.Contains(a.text, `href="/about/demo/time"`) || !strings.Contains(a.text, `href="https://calendly.com/clicarity-example/demo"`) {
		t.Error("the card has not both ways")
	}
}

// The words: English and Hindi are whole, the others have all by which people agree or are told.
func TestWordsAreWhole(t *testing.T) {
	t.Parallel()
	ws, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for key := range ws["en"] {
		for _, lang := range allLanguages[1:] {
			everywhere := lang == "hi" || slices.ContainsFunc(inAll, func(p string) bool { return strings.HasPrefix(key, p) })
			if _, ok := ws[lang][key]; ok != everywhere {
				t.Errorf("%s of %s: it is there %v, and should %v", key, lang, ok, everywhere)
			}
		}
	}
	blank := regexp.MustCompile(`\{\w+\}`)
	for _, lang := range allLanguages[1:] {
		for key, phrase := range ws[lang] {
			got, want := blank.FindAllString(phrase, -1), blank.FindAllString(ws["en"][key], -1)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(slices.Compact(got), slices.Compact(want)) {
				t.Errorf("%s of %s has the blanks %v, English %v", key, lang, got, want)
			}
		}
	}
	if n := len(strings.Fields(ws["en"]["cc_text"] + " " + ws["en"]["cc_title"])); n > 30 {
		t.Errorf("the question about cookies has %d words", n)
	}
	used := regexp.MustCompile(`\.[TU] "(\w+)"|List "(\w+)"|Points "(\w+)"`)
	names, err := files.ReadDir("page")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := files.ReadFile("page/" + name.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(text), -1) {
			key := m[1] + m[2] + m[3]
			if m[1] == "" {
				key += "_1"
			}
			if _, ok := ws["en"][key]; !ok {
				t.Errorf("%s asks for %s, and there is none", name.Name(), key)
			}
		}
	}
	for _, item := range append(noticed, booked) {
		if ws["en"][item.Key] == "" {
			t.Errorf("the notice has no words for %s", item.Field)
		}
	}
}

// What may be kept of somebody who writes is one list: the notice's, the form's and the table's.
func TestNothingIsKeptThatTheNoticeDoesNotName(t *testing.T) {
	t.Parallel()
	var said []string
	for _, item := range append(noticed, booked) {
		said = append(said, item.Field)
	}
	asker := reflect.TypeFor[postgres.Asker]()
	for i := range asker.NumField() {
		if name := strings.ToLower(asker.Field(i).Name); !slices.Contains(said, name) {
			t.Errorf("the form asks for %s, which the notice does not name", name)
		}
	}
	conn := pgtest.Owner(t, pgtest.URL(t))
	rows, err := conn.Query(t.Context(), "select column_name::text from information_schema.columns where table_name = 'enquiries'")
	if err != nil {
		t.Fatal(err)
	}
	// What the program notes of its own work; mark is made of the address and serves nothing else.
	work := strings.Fields("org_id id source purpose mark notice_version state owner_id created_at reply_by answered_at reminded_at erase_after")
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(said, column) && !slices.Contains(work, column) {
			t.Errorf("the table has %s, which the notice does not name", column)
		}
	}
	h := openHouse(t, clicarity)
	text := h.get("/about/demo").text
	for _, m := range regexp.MustCompile(`<(?:input|textarea)[^>]* name="(\w+)"`).FindAllStringSubmatch(text, -1) {
		if !slices.Contains(said, m[1]) && !slices.Contains([]string{"form", "in", "website", "command", "to", "choice", "analytics"}, m[1]) {
			t.Errorf("the page asks for %s", m[1])
		}
	}
}

// Trades are named in the platform's words; a site that has none shows the templates' own.
func TestTradesHaveTheirRoutes(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	text := h.get("/about/industries/rigid-boxes").text
	for _, word := range []string{"Top label", "Pasting", "Embossing crack", "gate"} {
		if !strings.Contains(text, word) {
			t.Errorf("the route of rigid boxes is without %s", word)
		}
	}
	for _, slug := range shown {
		if h.get("/about/industries/"+slug).StatusCode != http.StatusOK {
			t.Errorf("there is no %s", slug)
		}
	}
}
