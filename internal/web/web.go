// Package web is the pages: what people see and tap. Each page decodes a request, makes one call, and renders one
// typed template. Everything works without JavaScript but the live updates.
package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/live"
	"clicarity/internal/postgres"
)

// Config is what the pages need from the roof.
type Config struct {
	DB     *postgres.DB
	Hub    *live.Hub
	Now    func() time.Time
	Secure bool // people come by HTTPS
	// CheckPassword compares a password with a stored hash; with an empty hash it takes as long and says no.
	CheckPassword func(password, hash string) bool
	// NewPassword makes a password to hand to somebody, and its hash.
	NewPassword func() (password, hash string, err error)
}

// Web serves the pages.
type Web struct {
	Config
	words        words
	pages        map[string]*template.Template
	assets       assets
	rows         rowCache
	vocabularies vocabularies
	tries        *httpd.Limiter // sign-ins per account
	doors        *httpd.Limiter // sign-ins per address
}

//go:embed page/*.html static/* locale/*.json
var files embed.FS

// New makes the pages. It fails only when a template or a word list in the program itself is broken.
func New(cfg Config) (*Web, error) {
	w := &Web{
		Config: cfg, tries: httpd.NewLimiter(30*time.Second, 10), doors: httpd.NewLimiter(2*time.Second, 40),
	}
	var err error
	if w.words, err = readWords(files); err != nil {
		return nil, err
	}
	if w.assets, err = hashAssets(files); err != nil {
		return nil, err
	}
	w.pages, err = parsePages(files)
	return w, err
}

// parsePages gives every page file the layout and the partials.
func parsePages(files fs.FS) (map[string]*template.Template, error) {
	shared, err := template.ParseFS(files, "page/_*.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "page/[a-z]*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		t, err := shared.Clone()
		if err != nil {
			return nil, err
		}
		if pages[strings.TrimSuffix(path.Base(name), ".html")], err = t.ParseFS(files, name); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// maxSetup bounds the form of a process: 120 stages with their forms.
const maxSetup = 1 << 20

// Routes is every page and form there is.
func (w *Web) Routes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /{$}", Handler: w.home},
		{Pattern: "GET /sign-in", Access: httpd.Public, Handler: w.signInPage},
		{Pattern: "POST /sign-in", Access: httpd.Public, Handler: w.signIn},
		{Pattern: "POST /sign-out", Access: httpd.Public, Handler: w.signOut},
		{Pattern: "POST /language", Access: httpd.Public, Handler: w.setLanguage},
		{Pattern: "GET /my", Handler: w.myJobs},
		{Pattern: "GET /find", Handler: w.find},
		{Pattern: "GET /stages", Handler: w.stages},
		{Pattern: "GET /stages/{process}/{stage}", Handler: w.queue},
		{Pattern: "GET /board", Access: httpd.Owners, Handler: w.board},
		{Pattern: "GET /jobs/new", Access: httpd.Owners, Handler: w.newJobPage},
		{Pattern: "POST /jobs", Access: httpd.Owners, MaxBody: maxForm, Handler: w.newJob},
		{Pattern: "GET /jobs/{job}", Handler: w.jobPage},
		{Pattern: "POST /jobs/{job}/undo", Handler: w.undo},
		{Pattern: "POST /jobs/{job}/change", Access: httpd.Owners, MaxBody: maxForm, Handler: w.changeJob},
		{Pattern: "POST /jobs/{job}/stages", Access: httpd.Owners, Handler: w.addStage},
		{Pattern: "GET /jobs/{job}/at/{stage}", Handler: w.cardPage},
		{Pattern: "POST /jobs/{job}/at/{stage}", MaxBody: maxForm, Handler: w.card},
		{Pattern: "POST /jobs/{job}/pictures", MaxBody: maxPicture, Handler: w.addPicture},
		{Pattern: "GET /jobs/{job}/pictures/{picture}", Handler: w.picture},
		{Pattern: "GET /jobs/{job}/pictures/{picture}/small", Handler: w.smallPicture},
		{Pattern: "POST /jobs/{job}/at/{stage}/nc", Handler: w.raiseNC},
		{Pattern: "POST /jobs/{job}/nc/{nc}", Handler: w.settleNC},
		{Pattern: "POST /jobs/{job}/components", Access: httpd.Owners, Handler: w.addComponent},
		{Pattern: "POST /stages/{process}/{stage}/together", Handler: w.together},
		{Pattern: "GET /start", Access: httpd.Owners, Handler: w.startPage},
		{Pattern: "POST /start", Access: httpd.Owners, Handler: w.start},
		{Pattern: "POST /start/seen", Access: httpd.Owners, Handler: w.firstStepsSeen},
		{Pattern: "GET /start/{wizard}/{step}", Access: httpd.Owners, Handler: w.startStep},
		{Pattern: "POST /start/{wizard}/{step}", Access: httpd.Owners, MaxBody: maxUpload, Handler: w.startNext},
		{Pattern: "GET /words", Access: httpd.Owners, Handler: w.wordsPage},
		{Pattern: "POST /words", Access: httpd.Owners, Handler: w.setWords},
		{Pattern: "GET /quality", Access: httpd.Owners, Handler: w.quality},
		{Pattern: "GET /trace", Access: httpd.Owners, Handler: w.trace},
		{Pattern: "GET /processes", Access: httpd.Owners, Handler: w.processes},
		{Pattern: "POST /processes", Access: httpd.Owners, MaxBody: maxSetup, Handler: w.addProcess},
		{Pattern: "GET /processes/{process}", Access: httpd.Owners, Handler: w.designer},
		{Pattern: "POST /processes/{process}", Access: httpd.Owners, MaxBody: maxSetup, Handler: w.design},
		{Pattern: "GET /processes/{process}/file", Access: httpd.Owners, Handler: w.processFile},
		{Pattern: "GET /processes/{process}/move", Access: httpd.Owners, Handler: w.moving},
		{Pattern: "POST /processes/{process}/move", Access: httpd.Owners, Handler: w.move},
		{Pattern: "GET /templates", Access: httpd.Owners, Handler: w.gallery},
		{Pattern: "GET /templates/{template}", Access: httpd.Owners, Handler: w.template},
		{Pattern: "GET /people", Access: httpd.Owners, Handler: w.people},
		{Pattern: "POST /people", Access: httpd.Owners, Handler: w.addPeople},
		{Pattern: "GET /people/{member}", Access: httpd.Owners, Handler: w.person},
		{Pattern: "POST /people/{member}", Access: httpd.Owners, MaxBody: maxSetup, Handler: w.changePerson},
		{Pattern: "POST /stages/{process}/{stage}/send", Handler: w.send},
		{Pattern: "GET /vendors", Access: httpd.Owners, Handler: w.vendors},
		{Pattern: "POST /vendors", Access: httpd.Owners, Handler: w.addVendor},
		{Pattern: "GET /vendors/{vendor}", Access: httpd.Owners, Handler: w.vendor},
		{Pattern: "GET /challans/{number}", Handler: w.challan},
		{Pattern: "GET /calendars", Access: httpd.Owners, Handler: w.calendars},
		{Pattern: "POST /calendars", Access: httpd.Owners, Handler: w.addCalendar},
		{Pattern: "GET /calendars/{calendar}", Access: httpd.Owners, Handler: w.calendar},
		{Pattern: "POST /calendars/{calendar}", Access: httpd.Owners, MaxBody: maxSetup, Handler: w.changeCalendar},
		{Pattern: "GET /live", Handler: w.live},
		{Pattern: "GET /intake", Access: httpd.Owners, Handler: w.intakePage},
		{Pattern: "POST /intake", Access: httpd.Owners, MaxBody: maxUpload, Handler: w.intake},
		{Pattern: "GET /intake/{upload}", Access: httpd.Owners, Handler: w.previewPage},
		{Pattern: "POST /intake/{upload}", Access: httpd.Owners, Handler: w.mapColumns},
		{Pattern: "POST /intake/{upload}/confirm", Access: httpd.Owners, Handler: w.confirm},
		{Pattern: "GET /static/{hash}/{file}", Access: httpd.Public, Handler: w.static},
		{Pattern: "GET /manifest.webmanifest", Access: httpd.Public, Handler: w.manifest},
		{Pattern: "GET /health", Access: httpd.Public, Handler: w.health},
	}
}

func (w *Web) home(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	to := "/my"
	if who.Scope.All {
		to = "/board"
		fresh, err := w.DB.Fresh(r.Context(), who.Org)
		if err != nil {
			return err
		}
		if fresh {
			to = "/start"
		}
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
	return nil
}

func (w *Web) health(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := w.DB.Ping(ctx); err != nil {
		return httpd.Status(http.StatusServiceUnavailable)
	}
	_, err := rw.Write([]byte("ok\n"))
	return err
}

// render shows a page. It is written to memory first, so that a page is whole or not there.
func (w *Web) render(rw http.ResponseWriter, status int, page string, data any) error {
	var buf bytes.Buffer
	if err := w.pages[page].ExecuteTemplate(&buf, "layout", data); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	_, err := rw.Write(buf.Bytes())
	return err
}

type failPage struct {
	*view
	Heading string
	Says    string
}

// Fail shows an error page; for somebody who is not signed in, the way to the sign-in.
func (w *Web) Fail(rw http.ResponseWriter, r *http.Request, who flow.Person, status int, err error) {
	if status == http.StatusUnauthorized && r.Method == http.MethodGet && r.URL.Path != "/live" {
		http.Redirect(rw, r, "/sign-in", http.StatusSeeOther)
		return
	}
	v := w.view(r, who, "")
	p := failPage{view: v, Heading: v.T(failHeading(status)), Says: v.T(failWords(status))}
	var refusal *flow.Refusal
	if errors.As(err, &refusal) && refusal.Code != flow.NotFound {
		p.Says = w.sentence(r.Context(), v, refusal)
	}
	v.Title = p.Heading
	if err := w.render(rw, status, "fail", p); err != nil {
		http.Error(rw, http.StatusText(status), status)
	}
}

func failHeading(status int) string {
	switch {
	case status == http.StatusNotFound:
		return "fail_not_found"
	case status >= 500:
		return "fail_ours"
	}
	return "fail_refused"
}

func failWords(status int) string {
	switch status {
	case http.StatusNotFound:
		return "fail_not_found_says"
	case http.StatusUnauthorized:
		return "fail_signed_out"
	case http.StatusForbidden:
		return "fail_cross_site"
	case http.StatusRequestEntityTooLarge:
		return "fail_too_large"
	case http.StatusTooManyRequests:
		return "fail_too_often"
	case http.StatusServiceUnavailable, http.StatusInternalServerError:
		return "fail_nothing_saved"
	}
	return "fail_bad_request"
}

// newID makes an id for something that begins now.
func (w *Web) newID() flow.ID {
	id, err := flow.NewID(flow.At(w.Now()), rand.Reader)
	if err != nil { // the operating system's randomness does not fail
		panic(err)
	}
	return id
}

// do gives a command for a person.
func (w *Web) do(r *http.Request, who flow.Person, id flow.ID, action flow.Action) (flow.Receipt, error) {
	return w.doAt(r, who, flow.Command{ID: id, Action: action})
}

// doAt gives a command of a certain moment.
func (w *Web) doAt(r *http.Request, who flow.Person, c flow.Command) (flow.Receipt, error) {
	return w.DB.Do(r.Context(), who.Mark(flow.At(w.Now()), device(r.UserAgent())), c)
}

func pathID(r *http.Request, name string) (flow.ID, error) {
	id, err := flow.ParseID(r.PathValue(name))
	if err != nil {
		return id, postgres.ErrNotFound
	}
	return id, nil
}
