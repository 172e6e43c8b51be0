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
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"clicarity/internal/egress"
	"clicarity/internal/evidence"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/keys"
	"clicarity/internal/live"
	"clicarity/internal/operator"
	"clicarity/internal/passkeys"
	"clicarity/internal/postgres"
	"clicarity/internal/usage"
)

// Config is what the pages need from the roof.
type Config struct {
	DB     *postgres.DB
	Hub    *live.Hub
	Now    func() time.Time
	Secure bool // people come by HTTPS
	Log    *slog.Logger
	Keys   *keys.Keys
	Scans  bool // files are looked at for viruses
	// Outside is the way to addresses that somebody typed; nil: egress.New.
	Outside  *http.Client
	Mails    bool   // whether mails can be sent
	URL      string // how people reach it, for links that leave the pages: https://jobs.example.in
	Operator operator.Operator
	Usage    *usage.Counter // nil: nobody counts what is used
	// Drills are the newest drills in which a backup was brought back; nil: nobody keeps any.
	Drills func(ctx context.Context, limit int) ([]postgres.Drill, error)
	// Backups are those there are, the newest first; nil: the program makes none.
	Backups       func(ctx context.Context) ([]evidence.Backup, error)
	CalendlyTells bool // booked demos are told of
	CalendlyAsked bool // and somebody watches whether they still are
	// Program is the version of the program, for files that outlive it.
	Program string
	// Takeout writes all of an organisation as one archive.
	Takeout func(ctx context.Context, to io.Writer, o postgres.Organisation) error
	// CheckPassword compares a password with a stored hash; with an empty hash it takes as long and says no.
	CheckPassword func(password, hash string) bool
	// HashPassword is the stored form of a password that somebody chose.
	HashPassword func(password string) (string, error)
	// NewPassword makes a password to hand to somebody, and its hash.
	NewPassword func() (password, hash string, err error)
	// HashPIN and CheckPIN do the same for what is made of a PIN with the installation's pepper.
	HashPIN  func(pin string) (string, error)
	CheckPIN func(pin, hash string) bool
}

// Web serves the pages.
type Web struct {
	Config
	words        words
	pages        *template.Template
	assets       assets
	rows         rowCache
	beats        beats
	loads        counted[stageLoads]
	sums         counted[[]postgres.StageSum]
	overviews    counted[overviewFigures]
	forecasts    forecasts
	vocabularies vocabularies
	site         *passkeys.Site // nil: people reach it by a bare address, to which no passkey can belong
	tries        *httpd.Limiter // guesses per account, or per account on a device that it is known on
	doors        *httpd.Limiter // guesses per address
	resets       *httpd.Limiter // links to set a new password, per sign-in
	refusals     *httpd.Limiter // refusals that are noted, per member
	links        linkDoors
	pairings     *httpd.Limiter // codes of devices, per address
	comings      *httpd.Limiter // PINs and badges, per address and device
	tvCodes      *httpd.Limiter // codes that TVs ask for, per address
	tvGuesses    *httpd.Limiter // codes of TVs that are typed, per member
	packs        *httpd.Limiter // packs of data, per member
	deskMarks    deskMarks
	takeouts     chan struct{} // a place for each archive that is written
	returned     once          // sign-ins that came back from the company
	ownHouse     ownHouse
	notes        notes
	trials       *httpd.Limiter // visitors who come to try, per address
}

//go:embed page/*.html static/* locale/*.json
var files embed.FS

// New makes the pages. It fails only when a template or a word list in the program itself is broken.
func New(cfg Config) (*Web, error) {
	w := &Web{
		Config: cfg, tries: httpd.NewLimiter(5*time.Minute, 10), doors: httpd.NewLimiter(2*time.Second, 40),
		resets: httpd.NewLimiter(10*time.Minute, 3), refusals: httpd.NewLimiter(30*time.Second, 20),
		pairings: httpd.NewLimiter(10*time.Second, 20), comings: httpd.NewLimiter(2*time.Second, 30),
		tvCodes: httpd.NewLimiter(time.Minute, 30), tvGuesses: httpd.NewLimiter(time.Minute, 10),
		packs: httpd.NewLimiter(10*time.Minute, 3),
	}
	w.trials = httpd.NewLimiter(10*time.Second, 20)
	w.links, w.takeouts = newLinkDoors(), make(chan struct{}, maxTakeouts)
	if w.Outside == nil {
		w.Outside = egress.New(egress.IdentityProvider, egress.Options{})
	}
	var err error
	if w.site, err = passkeys.New(cfg.URL); err != nil && !errors.Is(err, passkeys.ErrNoName) {
		return nil, err
	}
	if w.words, err = readWords(files); err != nil {
		return nil, err
	}
	if w.assets, err = hashAssets(files); err != nil {
		return nil, err
	}
	w.pages, err = builtIn()
	return w, err
}

// builtIn are the program's pages. They are the same for every site it serves.
var builtIn = sync.OnceValues(func() (*template.Template, error) { return parsePages(files) })

// parsePages reads all pages into one set, so that what they share is there once: they are large once they are parsed. A
// file x.html says what is in the page "page/x"; "whole/x" is it with what is above and below every page, unless the file
// says that too.
func parsePages(files fs.FS) (*template.Template, error) {
	pages, err := template.ParseFS(files, "page/*.html")
	if err != nil {
		return nil, err
	}
	for _, t := range pages.Templates() {
		name, ok := strings.CutPrefix(t.Name(), "page/")
		if !ok || pages.Lookup("whole/"+name) != nil {
			continue
		}
		if _, err := pages.New("whole/" + name).Parse(`{{template "top" .}}{{template "page/` + name + `" .}}{{template "bottom" .}}`); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// maxSetup bounds the form of a process: 120 stages with their forms.
const maxSetup = 1 << 20

// Routes is every page and form there is. Each says what right it needs; see flow.Right.
func (w *Web) Routes() []httpd.Route {
	return httpd.Used(w.watched(slices.Concat(w.openRoutes(), w.signInRoutes(), w.resetRoutes(), w.accountRoutes(), w.jobRoutes(), w.setupRoutes(), w.peopleRoutes(), w.auditRoutes(), w.supportRoutes(), w.vendorRoutes(), w.linkRoutes(), w.deviceRoutes(), w.tvRoutes(), w.tokenRoutes(), w.companyRoutes(), w.bulkRoutes(), w.reportRoutes(), w.closingRoutes(), w.myDataRoutes(), w.deskRoutes(), w.rightsRoutes(), w.letterRoutes(), w.newsRoutes(), w.fileRoutes(), w.privacyRoutes(), w.breachRoutes(), w.evidenceRoutes(), w.enquiryRoutes(), w.tryRoutes())), w.Usage, w.Now)
}

// openRoutes are for everybody, signed in or not.
func (w *Web) openRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "POST /language", May: flow.Anybody, Handler: w.setLanguage},
		{Pattern: "GET /static/{hash}/{file}", May: flow.Anybody, Handler: w.static},
		{Pattern: "GET /manifest.webmanifest", May: flow.Anybody, Handler: w.manifest},
		{Pattern: "GET /health", May: flow.Anybody, Handler: w.health},
	}
}

// jobRoutes are the work itself.
func (w *Web) jobRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /{$}", May: flow.Anybody, Handler: w.home},
		{Pattern: "GET /pulse", May: flow.MaySeeBoard, Handler: w.pulse},
		{Pattern: "GET /pulse/{list}", May: flow.MaySeeBoard, Handler: w.pulseList},
		{Pattern: "GET /my", May: flow.MaySee, Handler: w.myJobs},
		{Pattern: "GET /find", May: flow.MaySee, Handler: w.find},
		{Pattern: "GET /find/quick", May: flow.MaySee, Handler: w.quickFind},
		{Pattern: "GET /stages", May: flow.MaySee, Handler: w.stages},
		{Pattern: "GET /stages/{process}/{stage}", May: flow.MaySee, Handler: w.queue},
		{Pattern: "GET /board", May: flow.MaySeeBoard, Handler: w.board},
		{Pattern: "GET /forecast", May: flow.MaySeeBoard, Handler: w.forecastPage},
		{Pattern: "GET /board/views", May: flow.MaySeeBoard | flow.MaySelf, Handler: w.boardViews},
		{Pattern: "POST /board/views", May: flow.MaySeeBoard | flow.MaySelf, Handler: w.changeViews},
		{Pattern: "GET /jobs/new", May: flow.MayCreate, Handler: w.newJobPage},
		{Pattern: "POST /jobs", May: flow.MayCreate, MaxBody: maxForm, Handler: w.newJob},
		{Pattern: "GET /jobs/{job}", May: flow.MaySee, Handler: w.jobPage},
		{Pattern: "POST /jobs/{job}/undo", May: flow.MayReport, Handler: w.undo},
		{Pattern: "POST /jobs/{job}/change", May: flow.MayPrioritise, MaxBody: maxForm, Handler: w.changeJob},
		{Pattern: "POST /jobs/{job}/stages", May: flow.MayChange, Handler: w.addStage},
		{Pattern: "GET /jobs/{job}/at/{stage}", May: flow.MaySee, Handler: w.cardPage},
		{Pattern: "GET /jobs/{job}/at/{stage}/glance", May: flow.MaySee, Handler: w.glance},
		{Pattern: "POST /jobs/{job}/at/{stage}", May: flow.MayReport, MaxBody: maxForm, Handler: w.card},
		{Pattern: "POST /jobs/{job}/pictures", May: flow.MayReport, MaxBody: maxPicture, Handler: w.addPicture},
		{Pattern: "GET /jobs/{job}/pictures/{picture}", May: flow.MaySee, Handler: w.picture},
		{Pattern: "GET /jobs/{job}/pictures/{picture}/small", May: flow.MaySee, Handler: w.smallPicture},
		{Pattern: "POST /jobs/{job}/at/{stage}/nc", May: flow.MayReport, Handler: w.raiseNC},
		{Pattern: "POST /jobs/{job}/nc/{nc}", May: flow.MayReport, Handler: w.settleNC},
		{Pattern: "POST /jobs/{job}/components", May: flow.MayCreate, Handler: w.addComponent},
		{Pattern: "POST /stages/{process}/{stage}/together", May: flow.MayReport, Handler: w.together},
		{Pattern: "GET /quality", May: flow.MayReview, Handler: w.quality},
		{Pattern: "GET /trace", May: flow.MayReview, Handler: w.trace},
		{Pattern: "POST /stages/{process}/{stage}/send", May: flow.MayReport, Handler: w.send},
		{Pattern: "GET /challans/{number}", May: flow.MaySee, Handler: w.challan},
		{Pattern: "GET " + liveFeed, May: flow.MaySee, Handler: w.live},
		{Pattern: "GET /intake", May: flow.MayCreate, Handler: w.intakePage},
		{Pattern: "POST /intake", May: flow.MayCreate, MaxBody: maxUpload, Handler: notTried(w.intake)},
		{Pattern: "GET /intake/{upload}", May: flow.MayCreate, Handler: w.previewPage},
		{Pattern: "POST /intake/{upload}", May: flow.MayCreate, Handler: w.mapColumns},
		{Pattern: "POST /intake/{upload}/confirm", May: flow.MayCreate, Handler: w.confirm},
	}
}

// mayStart is what setting up step by step takes: it makes a process, people and jobs.
const mayStart = flow.MayDesign | flow.MayPeople | flow.MayCreate

// setupRoutes are how an organisation sets itself up.
func (w *Web) setupRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /start", May: mayStart, Whole: true, Handler: w.startPage},
		{Pattern: "POST /start", May: mayStart, Whole: true, Handler: w.start},
		{Pattern: "POST /start/seen", May: mayStart, Whole: true, Handler: w.firstStepsSeen},
		{Pattern: "GET /start/{wizard}/{step}", May: mayStart, Whole: true, Handler: w.startStep},
		{Pattern: "POST /start/{wizard}/{step}", May: mayStart, Whole: true, MaxBody: maxUpload, Handler: w.startNext},
		{Pattern: "GET /words", May: flow.MaySetUp, Whole: true, Handler: w.wordsPage},
		{Pattern: "POST /words", May: flow.MaySetUp, Whole: true, Handler: w.setWords},
		{Pattern: "GET /processes", May: flow.MayDesign, Handler: w.processes},
		{Pattern: "POST /processes", May: flow.MayDesign, Whole: true, MaxBody: maxSetup, Handler: w.addProcess},
		{Pattern: "GET /processes/{process}", May: flow.MayDesign, Handler: w.designer},
		{Pattern: "POST /processes/{process}", May: flow.MayDesign, MaxBody: maxSetup, Handler: w.design},
		{Pattern: "GET /processes/{process}/file", May: flow.MayDesign, Handler: w.processFile},
		{Pattern: "GET /processes/{process}/move", May: flow.MayDesign, Handler: w.moving},
		{Pattern: "POST /processes/{process}/move", May: flow.MayDesign | flow.MayChange, Handler: w.move},
		{Pattern: "GET /templates", May: flow.MayDesign, Whole: true, Handler: w.gallery},
		{Pattern: "GET /templates/{template}", May: flow.MayDesign, Whole: true, Handler: w.template},
		{Pattern: "GET /vendors", May: flow.MayVendors, Whole: true, Handler: w.vendors},
		{Pattern: "POST /vendors", May: flow.MayVendors, Whole: true, Handler: w.addVendor},
		{Pattern: "GET /vendors/{vendor}", May: flow.MayVendors, Whole: true, Handler: w.vendor},
		{Pattern: "GET /calendars", May: flow.MaySetUp, Whole: true, Handler: w.calendars},
		{Pattern: "POST /calendars", May: flow.MaySetUp, Whole: true, Handler: w.addCalendar},
		{Pattern: "GET /calendars/{calendar}", May: flow.MaySetUp, Whole: true, Handler: w.calendar},
		{Pattern: "POST /calendars/{calendar}", May: flow.MaySetUp, Whole: true, MaxBody: maxSetup, Handler: w.changeCalendar},
	}
}

// peopleRoutes are who comes in, and what they see.
func (w *Web) peopleRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /people", May: flow.MayPeople, Handler: w.people},
		{Pattern: "POST /people", May: flow.MayPeople, MaxBody: maxSetup, Handler: w.addPeople},
		{Pattern: "GET /people/{member}", May: flow.MayPeople, Handler: w.person},
		{Pattern: "POST /people/{member}", May: flow.MayPeople, MaxBody: maxSetup, Handler: w.changePerson},
		{Pattern: "POST /people/invitations", May: flow.MayPeople, MaxBody: maxSetup, Handler: w.invite},
		{Pattern: "POST /people/invitations/{invitation}/revoke", May: flow.MayPeople, Closed: true, Handler: w.revoke},
		{Pattern: "GET /join/{token}", May: flow.Anybody, Handler: w.joinPage},
		{Pattern: "POST /join/{token}", May: flow.Anybody, Handler: w.join},
		{Pattern: "GET /leave", May: flow.MaySelf, Handler: w.leavePage},
		{Pattern: "POST /leave", May: flow.MaySelf, Handler: w.leave},
		{Pattern: "GET /sites", May: flow.MaySetUp, Whole: true, Handler: w.sites},
		{Pattern: "POST /sites", May: flow.MaySetUp, Whole: true, Handler: w.addSite},
		{Pattern: "POST /sites/{site}", May: flow.MaySetUp, Whole: true, Handler: w.renameSite},
		{Pattern: "POST /jobs/{job}/at/{stage}/assign", May: flow.MayAssign, Handler: w.assign},
	}
}

// Handler is the whole site: the routes behind the checks that all of them share.
func (w *Web) Handler(log *slog.Logger) http.Handler {
	return httpd.New(httpd.Config{
		Session: w.DB.Session, Renew: w.renew, As: w.as, Refused: w.refused, Fail: w.Fail, Now: w.Now, Secure: w.Secure, Log: log,
		NotFound: func(err error) bool { return errors.Is(err, postgres.ErrNotFound) },
	}, w.Routes())
}

// as puts the person into the audit log as the author of what the request does.
func (w *Web) as(ctx context.Context, r *http.Request, who flow.Person) context.Context {
	on := device(r.UserAgent())
	if who.Via == flow.ViaFloor {
		on = who.Device.String() // the log names nothing by its name
	}
	return postgres.As(ctx, postgres.Actor{Member: who.Member, Device: on, Via: who.Via, At: w.Now()})
}

// refused notes that somebody asked for what they may not. One who keeps asking is noted now and then.
func (w *Web) refused(r *http.Request, who flow.Person) {
	if !w.refusals.Allow(who.Org.String()+who.Member.String(), w.Now()) {
		return
	}
	e := postgres.Event{What: postgres.AuditRefused, Detail: map[string]string{"method": r.Method, "path": r.Pattern}}
	if err := w.DB.Audit(r.Context(), who.Org, e); err != nil {
		w.Log.Error("a refusal could not be noted", "org", who.Org.String(), "error", err)
	}
}

// home sends everybody to where they begin. Who begins nowhere finds nothing.
func (w *Web) home(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	switch {
	case who.Member.IsZero(), who.Via == flow.ViaPending:
		return httpd.Status(http.StatusUnauthorized)
	case !who.May(flow.MaySee) && !who.May(flow.MayAnswer):
		return errNotYours
	}
	processes, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	to := homeOf(who, processes)
	if who.May(mayStart) && who.Scope.Everything() {
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
	if err := w.pages.ExecuteTemplate(&buf, "whole/"+page, data); err != nil {
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
	Back    string // address of the job that was asked for in vain, empty for none
}

// failed shows an error page.
func (w *Web) failed(rw http.ResponseWriter, status int, p failPage) error {
	p.Title = p.Heading
	return w.render(rw, status, "fail", p)
}

// Fail shows an error page; for somebody who is not signed in, the way to the sign-in.
func (w *Web) Fail(rw http.ResponseWriter, r *http.Request, who flow.Person, status int, err error) {
	if status == http.StatusUnauthorized && r.Method == http.MethodGet && r.URL.Path != "/live" {
		to := w.front(r)
		if who.Via == flow.ViaPending {
			to = "/second-factor"
		}
		http.Redirect(rw, r, to, http.StatusSeeOther)
		return
	}
	v := w.view(r, who, "")
	p := failPage{view: v, Heading: v.T(failHeading(status)), Says: v.T(failWords(status))}
	var refusal *flow.Refusal
	if errors.As(err, &refusal) && refusal.Code != flow.NotFound {
		p.Says = w.sentence(r.Context(), v, refusal)
	}
	if err := w.failed(rw, status, p); err != nil {
		http.Error(rw, http.StatusText(status), status)
	}
}

// front is where somebody who is not signed in begins: at the tiles on a shared device, else at the sign-in.
func (w *Web) front(r *http.Request) string {
	if _, _, shared := httpd.Device(r, w.Secure); shared {
		return "/device"
	}
	return "/sign-in"
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
	return w.DB.Do(r.Context(), who.Mark(flow.At(w.Now()), onWhat(r, who)), c)
}

func pathID(r *http.Request, name string) (flow.ID, error) {
	id, err := flow.ParseID(r.PathValue(name))
	if err != nil {
		return id, postgres.ErrNotFound
	}
	return id, nil
}
