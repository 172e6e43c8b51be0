package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/keys"
	"clicarity/internal/live"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/sheets"
	"clicarity/internal/web"
)

// The authorisation matrix: every route, asked for every target, by every kind of member, with a session, with one that is
// over, and without one. It knows by itself, without the policy of the rules, who may: see entries and may. A route that is
// not in entries fails.

// target is something that routes are about: a job and what is around it, of one process, stage, site, vendor and
// organisation.
type target struct {
	name  string
	firm  *authzFirm
	mark  string            // a text in the job and around it that nobody else's has
	paths map[string]string // values for the path of routes
	job   flow.ID
	added int // stages that were asked for
}

// who asks, and which targets are theirs: as a whole, or at the stage of the target's path only.
type principal struct {
	name    string
	role    flow.Role
	given   func(f *authzFirm) flow.Given
	via     flow.Via
	sees    string // targets of which they see something, by letter
	works   string // targets whose stage in the path is theirs
	holds   string // targets that are theirs as a whole
	queues  bool   // the stage where nothing of theirs is yet is theirs too
	letter  string // how entries name the role
	member  flow.ID
	paths   map[string]string // values of the path of the usual target that are the asker's own
	cookie  *http.Cookie
	expired *http.Cookie
}

// What a route is about, which decides what "within the scope" means for it.
type about int

const (
	nothing   about = iota // no target: the right alone decides
	everybody              // not even a session
	aJob                   // a job of which the asker must see something
	aStage                 // a job at a stage of theirs
	wholeJob               // a job that is theirs as a whole
	aQueue                 // a stage of a process
	aProcess               // a process of theirs as a whole
	all                    // the whole organisation must be in the scope
	object                 // something of the organisation (a vendor, a calendar); the whole of it must be in the scope
	ownThing               // something only its maker sees: of the usual target the asker's own, of the others somebody else's
	boards                 // there is a board for the asker
	nobodys                // something of another member's own: there is none for the asker
	aTV                    // a TV that shows a whole process, at all sites
	aDevice                // a shared device whose stages are in the scope, at all sites
	below                  // a member of a lower role, within the scope
)

// entry is what the matrix knows of a route: for whom it exists, what it is about, and a form that is not refused before it
// is known whose it is.
type entry struct {
	who  string // letters of roles: O owner, M manager, S supervisor, o operator, v vendor, w viewer, s support, f floor session
	on   about
	form func(a *authz, t *target) url.Values
	file bool   // the form carries a file
	sent string // and this is in it
}

// body is the form as a browser sends it.
func (e entry) body(a *authz, t *target) (io.Reader, string) {
	switch {
	case e.form == nil:
		return nil, ""
	case !e.file:
		return strings.NewReader(e.form(a, t).Encode()), "application/x-www-form-urlencoded"
	}
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for name, values := range e.form(a, t) {
		if err := w.WriteField(name, values[0]); err != nil {
			a.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("picture", "x.png")
	if err == nil {
		_, err = part.Write([]byte(e.sent))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		a.t.Fatal(err)
	}
	return &buf, w.FormDataContentType()
}

func form(pairs ...string) func(*authz, *target) url.Values {
	return func(a *authz, _ *target) url.Values {
		v := url.Values{"command": {newID(a.t).String()}}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
}

var entries = map[string]entry{
	"GET /sign-in": {on: everybody}, "POST /sign-in": {on: everybody, form: form("login", "nobody@firm.example", "password", "x")},
	"POST /sign-out": {on: everybody}, "POST /language": {on: everybody, form: form("language", "en", "to", "/sign-in")},
	"GET /static/{hash}/{file}": {on: everybody}, "GET /manifest.webmanifest": {on: everybody}, "GET /health": {on: everybody},

	"GET /{$}": {who: "OMSovwsf"}, "GET /my": {who: "OMSowsf"}, "GET /find": {who: "OMSowsf"}, "GET /find/quick": {who: "OMSowsf"}, "GET /stages": {who: "OMSowsf"}, "GET /live": {who: "OMSowsf"},
	"GET /stages/{process}/{stage}":            {who: "OMSowsf", on: aQueue},
	"GET /board":                               {who: "OMSws", on: boards},
	"GET /forecast":                            {who: "OMSws", on: boards},
	"GET /board/views":                         {who: "OMSw", on: boards},
	"POST /board/views":                        {who: "OMSw", on: boards, form: form("do", "save", "name", "")},
	"GET /pulse":                               {who: "OMSws", on: boards},
	"GET /pulse/{list}":                        {who: "OMSws", on: boards},
	"GET /jobs/new":                            {who: "OM"},
	"POST /jobs":                               {who: "OM", on: aProcess, form: newJobForm},
	"GET /jobs/{job}":                          {who: "OMSowsf", on: aJob},
	"POST /jobs/{job}/undo":                    {who: "OMSof", on: aJob, form: form("undoes", "00000000-0000-7000-8000-000000000001", "to", "/my")},
	"POST /jobs/{job}/change":                  {who: "OMS", on: aJob, form: form("due", "", "reason", "x")},
	"POST /jobs/{job}/stages":                  {who: "OM", on: wholeJob, form: addStageForm},
	"GET /jobs/{job}/at/{stage}":               {who: "OMSowsf", on: aStage},
	"GET /jobs/{job}/at/{stage}/glance":        {who: "OMSowsf", on: aStage},
	"POST /jobs/{job}/at/{stage}":              {who: "OMSof", on: aStage, form: form("do", "count", "there", "", "why", "")},
	"POST /jobs/{job}/pictures":                {who: "OMSof", on: aStage, form: pictureForm, file: true},
	"GET /jobs/{job}/pictures/{picture}":       {who: "OMSowsf", on: aStage},
	"GET /jobs/{job}/pictures/{picture}/small": {who: "OMSowsf", on: aStage},
	"POST /jobs/{job}/at/{stage}/nc":           {who: "OMSof", on: aStage, form: form()},
	"POST /jobs/{job}/nc/{nc}":                 {who: "OMSof", on: aStage, form: form()},
	"POST /jobs/{job}/components":              {who: "OM", on: wholeJob, form: componentForm},
	"POST /stages/{process}/{stage}/together":  {who: "OMSof", on: aQueue, form: form()},
	"GET /quality":                             {who: "OMSs"},
	"GET /trace":                               {who: "OMSs"},
	"POST /stages/{process}/{stage}/send":      {who: "OMSof", on: aQueue, form: form()},
	"GET /challans/{number}":                   {who: "OMSowsf", on: aStage},
	"GET /intake":                              {who: "OM"},
	"POST /intake":                             {who: "OM"},
	"GET /intake/{upload}":                     {who: "OM", on: ownThing},
	"POST /intake/{upload}":                    {who: "OM", on: ownThing, form: form("process_of_all", "")},
	"POST /intake/{upload}/confirm":            {who: "OM", on: ownThing, form: form()},
	"GET /start":                               {who: "OMs", on: all},
	"POST /start":                              {who: "OMs", on: all},
	"POST /start/seen":                         {who: "OMs", on: all},
	"GET /start/{wizard}/{step}":               {who: "OMs", on: object},
	"POST /start/{wizard}/{step}":              {who: "OMs", on: object, form: form()},
	"GET /words":                               {who: "OMs", on: all},
	"POST /words":                              {who: "OMs", on: all},
	"GET /processes":                           {who: "OMs"},
	"POST /processes":                          {who: "OMs", on: all},
	"GET /processes/{process}":                 {who: "OMs", on: aProcess},
	"POST /processes/{process}":                {who: "OMs", on: aProcess, form: form()},
	"GET /processes/{process}/file":            {who: "OMs", on: aProcess},
	"GET /processes/{process}/move":            {who: "OMs", on: aProcess},
	"POST /processes/{process}/move":           {who: "OM", on: aProcess, form: form()},
	"GET /templates":                           {who: "OMs", on: all},
	"GET /templates/{template}":                {who: "OMs", on: all},
	"GET /people":                              {who: "OM"},
	"POST /people":                             {who: "OM"},
	"GET /people/{member}":                     {who: "OM", on: below},
	"POST /people/{member}":                    {who: "OM", on: below, form: form()},
	"GET /vendors":                             {who: "OM", on: all},
	"POST /vendors":                            {who: "OM", on: all},
	"GET /vendors/{vendor}":                    {who: "OM", on: object},
	"GET /work":                                {who: "v"},
	"GET /work/{number}":                       {who: "v", on: aStage},
	"POST /work/{number}":                      {who: "v", on: aStage, form: form("do", "problem", "note", "film is short")},
	"POST /jobs/{job}/links":                   {who: "OM", on: wholeJob, form: form()},
	"POST /vendors/{vendor}/links":             {who: "OM", on: wholeJob, form: vendorLinkForm},
	"POST /links/{link}/revoke":                {who: "OM", on: wholeJob, form: form()},
	"POST /sign-in/passkey":                    {on: everybody, form: form()}, "GET /second-factor": {on: everybody}, "POST /second-factor": {on: everybody, form: form("code", "000000")},
	"GET /forgot": {on: everybody}, "POST /forgot": {on: everybody, form: form("login", "nobody@firm.example")},
	"GET /reset/{token}": {on: everybody}, "POST /reset/{token}": {on: everybody, form: form("password", "x")},
	"GET /join/{token}": {on: everybody}, "POST /join/{token}": {on: everybody, form: form("name", "x")},
	"GET /support/{token}": {on: everybody}, "POST /support/{token}": {on: everybody, form: form("name", "x")},
	"GET /sign-in/with": {on: everybody}, "GET /sign-in/with/{slug}": {on: everybody}, "GET /sign-in/with/{slug}/go": {on: everybody}, "GET /sign-in/with/{slug}/back": {on: everybody},
	"GET /device": {on: everybody}, "POST /device/pair": {on: everybody, form: form("code", "x")}, "POST /device/next": {on: everybody, form: form()},
	"GET /device/in/{member}": {on: everybody}, "POST /device/in": {on: everybody, form: form("pin", "1357")}, "GET /device/awake": {who: "OMSowsf"},
	"GET /account": {who: "OMSovw"}, "POST /account/password": {who: "OMSovw", form: form("old", "wrong", "new", "x")},
	"GET /account/factor": {who: "OMSovw"}, "POST /account/factor": {who: "OMSovw", form: form()}, "POST /account/app/remove": {who: "OMSovw", form: form()},
	"POST /account/codes": {who: "OMSovw", form: form()}, "POST /account/sessions/end": {who: "OMSovw", form: form()},
	"POST /account/passkeys/{passkey}/remove": {who: "OMSovw", on: nobodys, form: form()},
	"POST /account/sessions/{session}/end":    {who: "OMSovw", on: nobodys, form: form()},
	"GET /leave":                              {who: "OMSovw"}, "POST /leave": {who: "OMSovw", form: form()},
	"GET /devices/me": {who: "OMSo"}, "POST /devices/me": {who: "OMSo", form: form("pin", "x")},
	"GET /security": {who: "O", on: all}, "POST /security": {who: "O", on: all, form: form()}, "POST /security/figures": {who: "O", on: all, form: form("do", "off")},
	"GET /sign-in-with": {who: "O", on: all}, "POST /sign-in-with": {who: "O", on: all, form: form("issuer", "x")},
	"GET /tokens": {who: "O", on: all}, "POST /tokens": {who: "O", on: all, form: form()}, "POST /tokens/{token}/revoke": {who: "O", on: object, form: form()},
	"GET /audit": {who: "O", on: all}, "GET /audit/export": {who: "O", on: all}, "POST /audit/head": {who: "O", on: all, form: form()},
	"GET /support": {who: "O", on: all}, "POST /support": {who: "O", on: all, form: form()}, "POST /support/end": {who: "O", on: all, form: form("grant", "x")},
	"POST /people/invitations": {who: "OM", form: form()}, "POST /people/invitations/{invitation}/revoke": {who: "OM", on: below, form: form()},
	"GET /sites": {who: "OMs", on: all}, "POST /sites": {who: "OMs", on: all, form: form()}, "POST /sites/{site}": {who: "OMs", on: object, form: form()},
	"POST /jobs/{job}/at/{stage}/assign": {who: "OMS", on: aStage, form: assignForm},
	"GET /devices":                       {who: "OM"}, "POST /devices": {who: "OM", form: form()},
	"GET /devices/{device}": {who: "OM", on: aDevice}, "POST /devices/{device}": {who: "OM", on: aDevice, form: form()},
	"GET /tv": {on: everybody}, "GET /tv/picture": {on: everybody}, "GET /tv/live": {on: everybody},
	"GET /devices/tv": {who: "OM"}, "POST /devices/tv": {who: "OM", form: form("code", "x")},
	"GET /devices/tv/{tv}": {who: "OM", on: aTV}, "POST /devices/tv/{tv}": {who: "OM", on: aTV, form: form("do", "off")},
	"GET /devices/people": {who: "OM"}, "POST /devices/people": {who: "OM", form: form()},
	"GET /devices/people/{member}": {who: "OM", on: below}, "POST /devices/people/{member}": {who: "OM", on: below, form: form()},
	"GET /board/export": {who: "OMSw", on: aProcess},
	"GET /reports":      {who: "OMSws"}, "GET /reports/{report}": {who: "OMSws"}, "GET /reports/{report}/export": {who: "OMSw"},
	"POST /bulk":                 {who: "OMS", on: aProcess, form: bulkTarget},
	"POST /bulk/preview":         {who: "OMS", on: aProcess, form: bulkTarget},
	"POST /bulk/do":              {who: "OMS", on: aProcess, form: bulkTarget},
	"POST /bulk/undo":            {who: "OMS", on: aProcess, form: bulkTarget},
	"GET /l/{token}":             {on: everybody},
	"POST /l/{token}":            {on: everybody, form: form("do", "ready")},
	"GET /calendars":             {who: "OMs", on: all},
	"POST /calendars":            {who: "OMs", on: all},
	"GET /calendars/{calendar}":  {who: "OMs", on: object},
	"POST /calendars/{calendar}": {who: "OMs", on: object, form: form()},
}

// principals: letters of targets are a: the usual one (cartons, lamination, Vasai, at Konkan's, assigned to Mine), b: the same
// process at an earlier stage, c: another process, d: another site. Of another organisation (x) nobody sees anything.
func principals() []*principal {
	ref := func(f *authzFirm, stage string) []flow.StageRef {
		return []flow.StageRef{{Process: f.cartons.ID, Stage: stage}}
	}
	everything := func(*authzFirm) flow.Given { return flow.Given{All: true} }
	cartons := func(f *authzFirm) flow.Given { return flow.Given{Processes: []flow.ID{f.cartons.ID}} }
	lamination := func(f *authzFirm) flow.Given { return flow.Given{Stages: ref(f, "lamination")} }
	return []*principal{
		{name: "owner", role: flow.Owner, letter: "O", given: func(*authzFirm) flow.Given { return flow.Given{} }, sees: "abcd", works: "abcd", holds: "abcd"},
		{name: "manager of all", role: flow.Manager, letter: "M", given: everything, sees: "abcd", works: "abcd", holds: "abcd"},
		{name: "manager of cartons", role: flow.Manager, letter: "M", given: cartons, sees: "abd", works: "abd", holds: "abd"},
		{name: "manager at Vasai", role: flow.Manager, letter: "M", given: func(*authzFirm) flow.Given { return flow.Given{All: true, Sites: []string{"vasai"}} }, sees: "abc", works: "abc", holds: "abc"},
		{name: "supervisor of cartons", role: flow.Supervisor, letter: "S", given: cartons, sees: "abd", works: "abd", holds: "abd"},
		{name: "supervisor of lamination", role: flow.Supervisor, letter: "S", given: lamination, sees: "ad", works: "ad"},
		{name: "operator at lamination", role: flow.Operator, letter: "o", given: lamination, sees: "ad", works: "ad"},
		{name: "operator of what is assigned", role: flow.Operator, letter: "o", given: func(f *authzFirm) flow.Given {
			g := cartons(f)
			g.Mine = true
			return g
		}, sees: "a", works: "a", queues: true},
		{name: "vendor", role: flow.Vendor, letter: "v", given: func(f *authzFirm) flow.Given { return flow.Given{Vendors: []flow.ID{f.konkan}} }, sees: "a", works: "a"},
		{name: "viewer of all", role: flow.Viewer, letter: "w", given: everything, sees: "abcd", works: "abcd", holds: "abcd"},
		{name: "viewer of labels", role: flow.Viewer, letter: "w", given: func(f *authzFirm) flow.Given { return flow.Given{Processes: []flow.ID{f.labels.ID}} }, sees: "c", works: "c", holds: "c"},
		{name: "support with cartons", role: flow.Support, letter: "s", given: cartons, via: flow.ViaSupport, sees: "abd", works: "abd", holds: "abd"},
		{name: "owner by PIN", role: flow.Owner, letter: "f", given: func(*authzFirm) flow.Given { return flow.Given{} }, via: flow.ViaFloor, sees: "abcd", works: "abcd", holds: "abcd"},
		{name: "operator by PIN", role: flow.Operator, letter: "f", given: lamination, via: flow.ViaFloor, sees: "ad", works: "ad"},
		{name: "owner without the second factor", role: flow.Owner, letter: "-", given: func(*authzFirm) flow.Given { return flow.Given{} }, via: flow.ViaPending},
	}
}

// everythingIsTheirs are the principals for whom nothing is out of scope.
func (p *principal) everything() bool {
	return p.holds == "abcd"
}

// may is the matrix's own answer: does the route exist for this asker and target?
func (e entry) may(p *principal, letter string) bool {
	if e.on == everybody {
		return true
	}
	if !strings.Contains(e.who, p.letter) {
		return false
	}
	in := func(letters string) bool { return letter != "x" && strings.Contains(letters, letter) }
	switch e.on {
	case aJob:
		return in(p.sees)
	case aStage:
		return in(p.works)
	case aQueue: // lamination of cartons (a, d), planning (b), lamination of labels (c), at whatever sites
		return letter != "x" && (in(p.works) || letter == "d" && strings.Contains(p.works, "a") || letter == "b" && p.queues)
	case wholeJob:
		return in(p.holds)
	case aProcess:
		return letter != "x" && processInScope(p, letter)
	case all:
		return p.everything()
	case nobodys:
		return false
	case aDevice, aTV:
		return letter != "x" && (p.everything() || letter != "c" && strings.Contains(p.holds, "a") && strings.Contains(p.holds, "d"))
	case boards:
		return p.holds != ""
	case ownThing:
		return letter == "a"
	case object, below:
		return p.everything() && letter != "x"
	}
	return true
}

// processInScope reports whether the process of a target is the asker's as a whole, at whatever sites.
func processInScope(p *principal, letter string) bool {
	if letter == "c" {
		return strings.Contains(p.holds, "c")
	}
	return strings.Contains(p.holds, "a")
}

type authzFirm struct {
	org, owner, konkan, deccan flow.ID
	cartons, labels            flow.Process
	mine                       flow.ID // the operator of what is assigned
	floor                      flow.ID // a shared device at every stage
	targets                    map[string]*target
}

type authz struct {
	t        *testing.T
	db       *postgres.DB
	database string
	handler  http.Handler
	routes   []httpd.Route
	now      time.Time
	own      *authzFirm
	other    *authzFirm
	checks   *atomic.Int64
}

func newJobForm(a *authz, t *target) url.Values {
	return url.Values{"command": {newID(a.t).String()}, "process": {t.paths["process"]}, "quantity": {"x"}, "then": {"open"}}
}

func addStageForm(a *authz, t *target) url.Values {
	t.added++
	return url.Values{"command": {newID(a.t).String()}, "process": {t.paths["process"]}, "stage": {fmt.Sprint("late-", t.added)}, "after": {t.paths["last"]}}
}

func vendorLinkForm(_ *authz, t *target) url.Values {
	return url.Values{"challan": {t.paths["number"]}, "days": {"7"}}
}

// bulkTarget asks for the due date of the job to be what it is, so that nothing changes.
func bulkTarget(a *authz, t *target) url.Values {
	return url.Values{"command": {newID(a.t).String()}, "process": {t.paths["process"]}, "job": {t.job.String()}, "step": {t.job.String()}, "do": {"due"}}
}

// assignForm changes nothing: who is to do it stays who is to do it.
func assignForm(a *authz, t *target) url.Values {
	return url.Values{"command": {newID(a.t).String()}, "to": {t.firm.mine.String()}, "member": {t.firm.mine.String()}}
}

func pictureForm(a *authz, t *target) url.Values {
	return url.Values{"id": {newID(a.t).String()}, "stage": {t.paths["stage"]}}
}

func componentForm(a *authz, t *target) url.Values {
	return url.Values{"command": {newID(a.t).String()}, "process": {t.paths["process"]}, "joins": {t.paths["stage"]}, "called": {""}, "per": {"1"}}
}

var pathValue = regexp.MustCompile(`\{(\w+|\$)\}`)

// open fills a house with two organisations that have the same things under other names.
func openAuthz(t *testing.T) *authz {
	t.Helper()
	database, now := pgtest.URL(t), time.Now()
	db := pgtest.Open(t, database)
	hub := live.New(func(context.Context, flow.ID, int64) ([]live.Change, error) { return nil, nil }, db.Head)
	t.Cleanup(hub.Close)
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError}))
	pages, err := web.New(web.Config{DB: db, Hub: hub, Now: func() time.Time { return now }, Log: log, Keys: keys.New([keys.Size]byte{1}), URL: "http://clicarity.example", Operator: authzOperator,
		CheckPassword: func(password, hash string) bool { return hash != "" && password == hash },
		HashPassword:  func(password string) (string, error) { return password, nil },
		NewPassword:   func() (string, string, error) { return "first pass", "first pass", nil },
		HashPIN:       func(pin string) (string, error) { return "hash of " + pin, nil }, CheckPIN: func(pin, hash string) bool { return hash == "hash of "+pin }})
	if err != nil {
		t.Fatal(err)
	}
	a := &authz{t: t, db: db, database: database, handler: pages.Handler(log), routes: pages.Routes(), now: now, checks: &atomic.Int64{}}
	a.own, a.other = a.firm("aakar", "OWN"), a.firm("bhumi", "ALIEN")
	return a
}

func (a *authz) firm(slug, mark string) *authzFirm {
	a.t.Helper()
	ctx := a.t.Context()
	f := &authzFirm{org: newID(a.t), owner: newID(a.t), konkan: newID(a.t), deccan: newID(a.t), mine: newID(a.t), targets: map[string]*target{}}
	process := func(name, prefix string, stages ...string) flow.Process {
		p := flow.Process{ID: newID(a.t), Version: 1, Name: name, Mode: flow.QuantityMode, Unit: "sheets", Prefix: prefix, HoldReasons: flow.StarterHolds(),
			WasteReasons: []flow.Reason{{Code: "bubbles", Label: "Bubbles"}}}
		for _, s := range stages {
			p.Stages = append(p.Stages, flow.Stage{Code: s, Name: "Stage " + s, Target: 60})
		}
		return p
	}
	f.cartons, f.labels = process(mark+"cartons", "C"+mark[:1], "planning", "printing", "lamination", "dispatch"), process(mark+"labels", "L"+mark[:1], "design", "lamination")
	wizard, upload := newID(a.t), newID(a.t)
	lower := newID(a.t)
	cal := flow.StarterCalendar()
	cal.Code, cal.Name = strings.ToLower(mark)+"-shifts", mark+" shifts"
	err := errors.Join(
		a.db.AddOrganisation(ctx, postgres.Organisation{ID: f.org, Slug: slug, Name: "Firm " + slug, Created: a.now},
			postgres.Member{ID: f.owner, Name: "Owner " + mark, Role: flow.Owner, PasswordHash: "x", Logins: []string{"owner@" + slug + ".example"}, Created: a.now}),
		a.db.AddProcess(ctx, f.org, f.cartons), a.db.AddProcess(ctx, f.org, f.labels),
		a.db.AddVendor(ctx, f.org, postgres.Vendor{ID: f.konkan, Name: mark + "Konkan"}), a.db.AddVendor(ctx, f.org, postgres.Vendor{ID: f.deccan, Name: mark + "Deccan"}),
		a.db.AddSite(ctx, f.org, postgres.Site{Code: "vasai", Name: mark + "Vasai"}), a.db.AddSite(ctx, f.org, postgres.Site{Code: "pune", Name: mark + "Pune"}),
		a.db.AddCalendar(ctx, f.org, cal, f.owner, a.now),
		a.db.SaveWizard(ctx, f.org, postgres.Wizard{ID: wizard, Body: `{"step":"stages","process":` + processJSON(flow.Starter(newID(a.t))) + `}`, By: f.owner, Changed: a.now}),
		a.db.AddUpload(ctx, f.org, postgres.Upload{ID: upload, Member: f.owner, FileName: mark + ".csv", Content: uploadJSON(mark), Mapping: "{}", Created: a.now}),
		a.db.AddMember(ctx, f.org, postgres.Member{ID: lower, Name: mark + "Lower", Role: flow.Operator, PasswordHash: "x", Created: a.now,
			Given: flow.Given{Stages: []flow.StageRef{{Process: f.labels.ID, Stage: "design"}}}}),
	)
	if err != nil {
		a.t.Fatal(err)
	}
	floor, cartonsDevice, labelsDevice, token, invitation, passkey, session := newID(a.t), newID(a.t), newID(a.t), newID(a.t), newID(a.t), newID(a.t), flow.ID{}
	f.floor = floor
	device := func(id flow.ID, name string, g flow.Given) error {
		return a.db.AddDevice(ctx, f.org, postgres.Device{ID: id, Name: mark + name, Given: g, Created: a.now})
	}
	at := func(p flow.Process) flow.Given {
		return flow.Given{Stages: []flow.StageRef{{Process: p.ID, Stage: "lamination"}}}
	}
	err = errors.Join(
		device(floor, "floor", flow.Given{All: true}), device(cartonsDevice, "cartons", at(f.cartons)), device(labelsDevice, "labels", at(f.labels)),
		a.db.AddSite(ctx, f.org, postgres.Site{Code: strings.ToLower(mark) + "-site", Name: mark + " site"}),
		a.db.AddToken(ctx, f.org, postgres.Token{ID: token, Member: newID(a.t), Name: mark + " token", Grants: flow.Grants(), Hash: [32]byte{1}, By: f.owner, Created: a.now, Until: a.now.Add(time.Hour)}),
		a.db.AddInvitation(ctx, f.org, postgres.Invitation{ID: invitation, Token: [32]byte{2}, Role: flow.Operator, Given: flow.Given{Stages: []flow.StageRef{{Process: f.labels.ID, Stage: "design"}}}, By: f.owner, Made: a.now, Until: a.now.Add(time.Hour)}, nil),
		a.db.AddPasskey(ctx, f.org, f.owner, flow.ID{}, postgres.Passkey{ID: passkey, Credential: []byte(mark), Name: "Phone", Body: "{}", Created: a.now}, nil),
		a.db.AddSession(ctx, f.org, postgres.Session{Token: [32]byte{3}, Member: f.owner, On: "computer", Began: a.now, Until: a.now.Add(time.Hour), Idle: time.Hour}))
	if err == nil {
		var who flow.Person
		who, err = a.db.Peek(ctx, f.org, [32]byte{3}, a.now)
		session = who.Session
	}
	if err != nil {
		a.t.Fatal(err)
	}
	cartonsTV, labelsTV := newID(a.t), newID(a.t)
	a.tv(f, cartonsTV, f.cartons)
	a.tv(f, labelsTV, f.labels)
	common := map[string]string{"breach": a.breach(f), "request": a.rightsRequest(f).String(), "tv": cartonsTV.String(), "labels tv": labelsTV.String(), "device": cartonsDevice.String(), "labels device": labelsDevice.String(), "POST /tokens/{token}/revoke": token.String(), "invitation": invitation.String(), "passkey": passkey.String(), "session": session.String(),
		"site": strings.ToLower(mark) + "-site", "slug": slug, "vendor": f.deccan.String(), "calendar": cal.Code, "wizard": wizard.String(), "step": "stages", "list": "stuck", "kind": "privacy", "upload": upload.String(),
		"member": lower.String(), "report": "customers", "GET /reports/{report}/export": "overview", "template": "printing", "hash": "x", "file": "app.css"}
	a.site(f, common)
	a.news(f, common)
	if mark == "ALIEN" { // its numbers are others than those of the other organisation
		a.target(f, "a", "SPARE", f.cartons, "vasai", "lamination", common)
		for n := range 4 {
			a.target(f, "d", fmt.Sprint("SPARE", n), f.cartons, "pune", "lamination", common)
		}
	}
	for letter, at := range map[string]struct {
		p     flow.Process
		site  string
		stage string // where it is, and of the path
	}{"a": {f.cartons, "vasai", "lamination"}, "b": {f.cartons, "vasai", "printing"}, "c": {f.labels, "vasai", "lamination"}, "d": {f.cartons, "pune", "lamination"}} {
		f.targets[letter] = a.target(f, letter, mark, at.p, at.site, at.stage, common)
	}
	for _, p := range []flow.Process{f.cartons, f.labels} { // a later version has stages that the jobs do not: they can be added
		next := p
		for n := range 80 {
			next.Stages = append(slices.Clip(next.Stages), flow.Stage{Code: fmt.Sprint("late-", n+1), Name: "Late"})
		}
		if err := a.db.AddProcess(ctx, f.org, next.Follows(p)); err != nil {
			a.t.Fatal(err)
		}
	}
	return f
}

// tv lets a screen in that shows the board of a process and its late jobs.
func (a *authz) tv(f *authzFirm, id flow.ID, p flow.Process) {
	a.t.Helper()
	secret := [32]byte(sha256.Sum256(id[:]))
	t := postgres.TV{ID: id, Name: "TV of " + p.Name, Shows: postgres.TVBoth, Process: p.ID, Given: flow.Given{Processes: []flow.ID{p.ID}}, Language: "en", Created: a.now}
	err := errors.Join(a.db.ShowTVCode(a.t.Context(), postgres.Nobody, postgres.TVCode{Token: secret, Code: secret, Until: a.now.Add(time.Hour)}, a.now),
		a.db.AddTV(a.t.Context(), f.org, t, secret))
	if err != nil {
		a.t.Fatal(err)
	}
}

func processJSON(p flow.Process) string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// uploadJSON is a file of one job as it is kept on its way in.
func uploadJSON(mark string) string {
	b, err := json.Marshal(sheets.Table{Header: []string{"Job no", "Qty"}, Rows: []sheets.Row{{Line: 2, Cells: []string{mark + "-up", "5"}}}})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// target makes a job that is at a stage, with a picture, a non-conformance and a part of it on a challan.
func (a *authz) target(f *authzFirm, letter, mark string, p flow.Process, site, stage string, common map[string]string) *target {
	a.t.Helper()
	t := &target{name: letter, firm: f, mark: "Zz" + mark + strings.ToUpper(letter) + "q", job: newID(a.t), paths: maps.Clone(common)}
	mark0 := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(a.now)}
	do := func(action flow.Action) flow.Receipt {
		a.t.Helper()
		r, err := a.db.Do(a.t.Context(), mark0, flow.Command{ID: newID(a.t), Action: action})
		if err != nil {
			a.t.Fatalf("%s %s: %v", letter, action.Name(), err)
		}
		return r
	}
	do(flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{{ID: t.job, Number: t.mark + "-1", Customer: t.mark + " Foods", Item: t.mark + " box", Quantity: flow.Units(100), Site: site,
		Fields: map[string]string{"note": t.mark + " note"}}}})
	work := flow.Work{Job: t.job, Stage: stage}
	if letter == "b" {
		work.Stage = "planning" // it has come to planning only; the stage of the path is further on
	}
	for _, s := range p.Stages {
		if s.Code == work.Stage {
			break
		}
		do(flow.Finish{Work: flow.Work{Job: t.job, Stage: s.Code}})
	}
	vendor := f.deccan
	if letter == "a" {
		vendor = f.konkan
		do(flow.Assign{Work: work, To: f.mine})
	}
	nc, picture := newID(a.t), newID(a.t)
	do(flow.RaiseNC{Work: work, NC: nc, What: t.mark + " shade off"})
	do(flow.Send{Vendor: vendor, Lines: []flow.SendLine{{Work: work, Quantity: flow.Units(40)}}, Note: t.mark + " challan"})
	pic := postgres.Picture{ID: picture, Job: t.job, Stage: work.Stage, Member: f.owner, Added: a.now, Media: "image/png", Bytes: []byte(t.mark), Thumb: []byte(t.mark)}
	if _, err := a.db.AddPicture(a.t.Context(), f.org, pic); err != nil {
		a.t.Fatal(err)
	}
	a.file(t, work.Stage)
	link := newID(a.t)
	revoked := errors.Join(a.db.AddLink(a.t.Context(), f.org, postgres.Link{ID: link, Job: t.job, By: f.owner, Created: a.now, Expires: a.now.Add(time.Hour)}, flow.ID{}),
		a.db.RevokeLink(a.t.Context(), f.org, link, a.now))
	j, err := a.db.Job(a.t.Context(), f.org, t.job)
	if err := errors.Join(revoked, err); err != nil {
		a.t.Fatal(err)
	}
	at, _ := j.Stage(work.Stage)
	if letter == "c" {
		t.paths["device"], t.paths["tv"] = t.paths["labels device"], t.paths["labels tv"]
	}
	maps.Copy(t.paths, map[string]string{"job": t.job.String(), "process": p.ID.String(), "stage": work.Stage, "picture": picture.String(), "nc": nc.String(), "number": at.Out[0].Challan, "vendor": vendor.String(),
		"link": link.String(), "token": keys.New([keys.Size]byte{1}).Sign("link", slices.Concat(f.org[:], link[:])), "last": p.Stages[len(p.Stages)-1].Code})
	return t
}

// join makes a principal a member with a session that holds and one that is over.
func (a *authz) join(p *principal) {
	a.t.Helper()
	f, ctx := a.own, a.t.Context()
	p.member = newID(a.t)
	if given := p.given(f); given.Mine {
		p.member = f.mine
	}
	err := a.db.AddMember(ctx, f.org, postgres.Member{ID: p.member, Name: "Member " + p.name, Role: p.role, Given: p.given(f), PasswordHash: "x", Created: a.now})
	if err != nil {
		a.t.Fatal(err)
	}
	device, grant := flow.ID{}, flow.ID{}
	if p.via == flow.ViaSupport {
		grant = newID(a.t)
		if err := a.db.AddGrant(ctx, f.org, postgres.Grant{ID: grant, Reason: "the board is slow", Help: true, Given: p.given(f), By: f.owner, At: a.now.Add(-2 * time.Hour), Until: a.now.Add(time.Hour)}, sha256.Sum256([]byte(p.name))); err != nil {
			a.t.Fatal(err)
		}
	}
	if p.via == flow.ViaFloor {
		device = f.floor
	}
	session := func(until time.Time) *http.Cookie {
		rec := httptest.NewRecorder()
		token, err := httpd.NewSession(rec, f.org, rand.Reader, false)
		if err == nil {
			err = a.db.AddSession(ctx, f.org, postgres.Session{Token: token, Member: p.member, Via: p.via, Device: device, Grant: grant, Began: a.now.Add(-2 * time.Hour), Until: until, Idle: 100 * time.Hour})
		}
		if err != nil {
			a.t.Fatal(err)
		}
		return rec.Result().Cookies()[0]
	}
	upload := newID(a.t)
	if err := a.db.AddUpload(ctx, f.org, postgres.Upload{ID: upload, Member: p.member, FileName: "own.csv", Content: uploadJSON("own"), Mapping: "{}", Created: a.now}); err != nil {
		a.t.Fatal(err)
	}
	p.paths = map[string]string{"upload": upload.String()}
	p.cookie, p.expired = session(a.now.Add(time.Hour)), session(a.now.Add(-time.Hour))
}

// ask calls a route for a target.
func (a *authz) ask(pattern string, e entry, p *principal, t *target, cookie *http.Cookie) (int, string) {
	method, path, _ := strings.Cut(pattern, " ")
	path = pathValue.ReplaceAllStringFunc(path, func(name string) string {
		name = strings.Trim(name, "{}")
		if name == "$" {
			return ""
		}
		value, ok := t.paths[pattern]
		if !ok {
			value, ok = t.paths[name]
		}
		if own, has := p.paths[name]; has && e.on == ownThing && t == a.own.targets["a"] {
			value = own
		}
		if !ok {
			a.t.Fatalf("%s: no value for {%s} in the targets", pattern, name)
		}
		return url.PathEscape(value)
	})
	query := ""
	switch pattern {
	case "GET /board", "GET /jobs/new", "GET /board/export":
		query = "?process=" + t.paths["process"]
	case "GET /reports/{report}/export":
		query = "?figure=figures&as=csv"
	case "GET /find", "GET /find/quick", "GET /trace":
		query = "?q=" + url.QueryEscape(t.mark+"-1")
	case "GET /live":
		query = "?after=0&job=" + t.job.String()
	}
	body, media := e.body(a, t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	if pattern == "GET /live" && cookie != nil && cookie == p.cookie && strings.Contains(e.who, p.letter) { // it goes on until somebody leaves
		ctx, cancel = context.WithTimeout(context.Background(), 100*time.Millisecond)
	}
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, path+query, body)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	rec := httptest.NewRecorder()
	a.handler.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String() + fmt.Sprint(rec.Header())
}

// check asserts the status, and that nothing of what the asker does not see is in the answer.
func (a *authz) check(pattern string, e entry, p *principal, letter string, t *target, cookie *http.Cookie, session string) {
	a.checks.Add(1)
	status, body := a.ask(pattern, e, p, t, cookie)
	says := fmt.Sprintf("%s as %s (%s) for %s", pattern, p.name, session, letter)
	visible := p.sees
	switch {
	case session != "session", p.via == flow.ViaPending:
		visible = ""
		if want := wantedWithout(pattern, e); !slices.Contains(want, status) {
			a.t.Errorf("%s: %d, want %v", says, status, want)
		}
	case e.may(p, letter):
		if status == http.StatusNotFound && !mayBeMissing[pattern] || status == http.StatusUnauthorized || status == http.StatusForbidden || status >= 500 {
			a.t.Errorf("%s: %d, but they may\n%s", says, status, plain(body))
		}
	case status != http.StatusNotFound && !(e.on == nobodys && status == http.StatusTooManyRequests):
		a.t.Errorf("%s: %d, but they may not\n%s", says, status, plain(body))
	}
	for _, f := range []*authzFirm{a.own, a.other} {
		for l, other := range f.targets {
			if f == a.own && strings.Contains(visible, l) {
				continue
			}
			asked := pattern == "GET /find" || pattern == "GET /find/quick" || pattern == "GET /trace" // the page repeats what was asked for
			text := body
			if asked {
				text = strings.ReplaceAll(text, t.mark+"-1", "")
			}
			if strings.Contains(text, other.mark) {
				a.t.Errorf("%s: the answer has %s", says, other.mark)
			}
		}
	}
}

// mayBeMissing are routes that answer "not found" to those who may, because the thing asked for is not there.
var mayBeMissing = map[string]bool{
	"GET /static/{hash}/{file}": true, "GET /l/{token}": true, "POST /l/{token}": true, // the link was revoked
	"GET /reset/{token}": true, "POST /reset/{token}": true, "GET /join/{token}": true, "POST /join/{token}": true, "GET /support/{token}": true, "POST /support/{token}": true,
	"GET /sign-in/with/{slug}/go": true, "GET /sign-in/with/{slug}/back": true, "GET /device/in/{member}": true, "POST /device/in": true, "GET /tv/live": true, // nothing was set up
	"POST /support/end": true, "POST /people/invitations/{invitation}/revoke": true, "POST /tokens/{token}/revoke": true, // it was ended by another asker before
	"POST /jobs/{job}/at/{stage}/assign": true, // whom it would be given to works elsewhere
}

// wantedWithout are the statuses of a route without a session.
func wantedWithout(pattern string, e entry) []int {
	switch {
	case e.on == everybody:
		return []int{200, 303, 400, 401, 404, 422, 429}
	case strings.HasPrefix(pattern, "GET ") && pattern != "GET /live":
		return []int{http.StatusSeeOther}
	}
	return []int{http.StatusUnauthorized}
}

// TestAuthorisationMatrix asks every route, for every target, as everybody.
func TestAuthorisationMatrix(t *testing.T) {
	t.Parallel()
	a := openAuthz(t)
	for _, r := range a.routes {
		if _, ok := entries[r.Pattern]; !ok {
			t.Errorf("%s is not in the authorisation matrix: say in authz_test.go who may use it, and on what", r.Pattern)
		}
	}
	for pattern := range entries {
		if !slices.ContainsFunc(a.routes, func(r httpd.Route) bool { return r.Pattern == pattern }) {
			t.Errorf("%s is in the matrix and no route", pattern)
		}
	}
	if t.Failed() {
		return
	}
	asked := map[string]*target{"x": a.other.targets["a"]}
	maps.Copy(asked, a.own.targets)
	for _, p := range principals() {
		a.join(p)
		for _, r := range a.routes {
			e := entries[r.Pattern]
			if r.Pattern == "POST /sign-out" || r.Pattern == "POST /device/next" {
				continue // it would end the session; below
			}
			for letter, target := range asked {
				a.check(r.Pattern, e, p, letter, target, p.cookie, "session")
				a.check(r.Pattern, e, p, letter, target, p.expired, "expired session")
				a.check(r.Pattern, e, p, letter, target, nil, "no session")
			}
		}
		for _, end := range []string{"POST /device/next", "POST /sign-out"} {
			a.check(end, entries[end], p, "a", asked["a"], p.cookie, "session")
		}
	}
	t.Logf("authorisation matrix: %d checks over %d routes, %d kinds of askers, %d targets", a.checks.Load(), len(a.routes), len(principals()), len(asked))
}
