package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/keys"
	"clicarity/internal/live"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/web"
)

func closeForm(name, password string, more ...string) url.Values {
	form := url.Values{"name": {name}, "password": {password}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

var certificateAddress = regexp.MustCompile(`href="http://clicarity.example(/certificate/[^"]+)"`)

func TestAnOwnerClosesTheAccountAndAnotherUndoesIt(t *testing.T) {
	t.Parallel()
	clock := &ahead{}
	f := openHouseOf(t, clock.now, true).firm("sahyadri")
	ctx, second := t.Context(), newID(t)
	if err := f.db.AddMember(ctx, f.org, postgres.Member{ID: second, Name: "Dev Rane", Role: flow.Owner, PasswordHash: "second pass", Created: time.Now(), Logins: []string{"dev@sahyadri.example"}}); err != nil {
		t.Fatal(err)
	}
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1")
	day := func(after time.Duration) string { return flowDay(clock.now().Add(after)) }

	owner.get("/close").says(200, "Today, "+day(0), "Until "+day(flow.UndoFor), "From "+day(flow.DeleteAfter), "By "+day(flow.DeletedBy), "Download everything").hides("/certificate/")
	owner.post("/close", closeForm("Firm Konkan", "owner pass")).says(422, "This is not the company's name. Type it just so: Firm sahyadri")
	if !strings.Contains(owner.body, `value="Firm Konkan"`) {
		t.Error("what was typed is gone")
	}
	owner.post("/close", closeForm("Firm sahyadri", "wrong")).says(422, "password")
	operator.get("/close").says(404)
	if _, err := f.db.Closure(ctx, f.org); err == nil {
		t.Fatal("it is closed")
	}
	owner.post("/close", closeForm(" firm  SAHYADRI ", "owner pass")).says(200, "The account is closed.", "Asha Patil closed the account on "+day(0), "The account was closed on "+day(0))
	owner.post("/close", closeForm("Firm sahyadri", "owner pass")).says(200, "The account is closed.") // sent again
	link := certificateAddress.FindStringSubmatch(owner.body)
	if link == nil {
		t.Fatal("no address of the certificate")
	}
	f.browser().get(link[1]).says(200, "Nothing is deleted yet", day(flow.DeleteAfter)).hides("sahyadri")
	f.browser().get(link[1] + "x").says(404)

	operator.get("/my").says(200, "The account was closed on "+day(0)+": nothing new is saved.").hides("/close")
	owner.get("/board").says(200, "The account was closed on", "Undo it, or take everything with you")
	owner.newJob(f, "A-2", "500").says(423, "nothing was saved now")
	owner.post("/jobs/"+job.String()+"/at/printing", url.Values{"command": {newID(t).String()}, "do": {"start"}}).says(423, "The company has closed its account")
	f.operatorBrowser().get("/my").says(200) // coming in goes on
	owner.get("/audit").says(200, "closing of the account")

	clock.move(29 * 24 * time.Hour)
	dev := f.browser().signIn("dev@sahyadri.example", "second pass")
	dev.post("/close/undo", url.Values{"password": {"owner pass"}}).says(422, "password")
	dev.post("/close/undo", url.Values{"password": {"second pass"}}).says(200, "The closing is undone.").hides("The account was closed on")
	dev.post("/close/undo", url.Values{"password": {"second pass"}}).says(200, "The closing is undone.")
	dev.newJob(f, "A-2", "500").says(200)
	f.browser().get(link[1]).says(404)

	dev.post("/close", closeForm("Firm sahyadri", "second pass")).says(200, "The account is closed.")
	clock.move(31 * 24 * time.Hour)
	dev = f.browser().signIn("dev@sahyadri.example", "second pass")
	dev.get("/close").says(200, "It can no longer be undone.", "Everything is deleted from")
	dev.post("/close/undo", url.Values{"password": {"second pass"}}).says(409, "The closing could be undone until")
	dev.get("/pulse").says(200, "Everything is deleted from", "Take everything with you")
}

func flowDay(t time.Time) string { return t.In(postgres.Zone("Asia/Kolkata")).Format("02-01-2006") }

func TestClosingAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Now()}
	f := openHouseAt(t, c.now).firm("sahyadri")
	owner := f.ownerBrowser()
	app, codes := owner.addApp(c)
	c.turn(time.Minute)
	owner.get("/close").says(200, "Code from your authenticator app")
	owner.post("/close", closeForm("Firm sahyadri", "owner pass")).says(422)
	owner.post("/close", closeForm("Firm sahyadri", "owner pass", "code", "000000")).says(422)
	owner.post("/close", closeForm("Firm sahyadri", "owner pass", "code", app.code())).says(200, "The account is closed.")
	owner.post("/close/undo", closeForm("", "owner pass", "code", app.code())).says(422) // the same code is none
	owner.post("/close/undo", closeForm("", "owner pass", "code", codes[0])).says(200, "The closing is undone.")
}

// stillOpen are the routes that change something while the organisation is closed: how to undo that, and how to take access away
// from somebody. Whoever adds one says so here.
var stillOpen = []string{"POST /breaches", "POST /breaches/{breach}", "POST /breaches/{breach}/letter", "POST /close", "POST /close/undo", "POST /account/choices", "POST /account/password", "POST /account/sessions/end", "POST /account/sessions/{session}/end",
	"POST /support/end", "POST /tokens/{token}/revoke", "POST /links/{link}/revoke", "POST /people/invitations/{invitation}/revoke"}

// digest is of all rows of all tables but what notes that somebody was there.
func (a *authz) digest() string {
	a.t.Helper()
	conn := pgtest.Owner(a.t, a.database)
	var tables []string
	if err := conn.QueryRow(a.t.Context(), "select array_agg(relname::text) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'").Scan(&tables); err != nil {
		a.t.Fatal(err)
	}
	var all strings.Builder
	for _, table := range tables {
		var sum string
		err := conn.QueryRow(a.t.Context(), "select coalesce(md5(string_agg(j::text, ',' order by j::text)), '') from (select to_jsonb(x) - 'seen_at' - 'seen_on' as j from "+table+" x) y").Scan(&sum)
		if err != nil {
			a.t.Fatal(err)
		}
		fmt.Fprintln(&all, table, sum)
	}
	return all.String()
}

// Every form there is, sent by an owner and by an operator of a closed organisation, changes nothing at all.
func TestNothingChangesWhileClosed(t *testing.T) {
	t.Parallel()
	a := openAuthz(t)
	who := principals()
	owner, operator := who[0], who[6]
	a.join(owner)
	a.join(operator)
	if err := a.db.CloseOrganisation(t.Context(), a.own.org, postgres.Closure{Closing: flow.ClosingAt(flow.At(a.now)), By: a.own.owner}); err != nil {
		t.Fatal(err)
	}
	before, asked := a.digest(), 0
	for _, r := range a.routes {
		method, _, _ := strings.Cut(r.Pattern, " ")
		if r.Closed != slices.Contains(stillOpen, r.Pattern) {
			t.Errorf("%s: open while closed: %t", r.Pattern, r.Closed)
		}
		if method == http.MethodGet || r.Closed || slices.Contains([]string{"POST /sign-out", "POST /language", "POST /sign-in", "POST /device/next"}, r.Pattern) {
			continue
		}
		for _, p := range []*principal{owner, operator} {
			status, body := a.ask(r.Pattern, entries[r.Pattern], p, a.own.targets["a"], p.cookie)
			if r.May != flow.Anybody && status != http.StatusLocked && status != http.StatusNotFound {
				t.Errorf("%s as %s: %d\n%s", r.Pattern, p.name, status, plain(body))
			}
			if status == http.StatusLocked {
				asked++
			}
		}
	}
	if asked < 60 {
		t.Errorf("only %d were refused for that", asked)
	}
	after := a.digest()
	for i, line := range strings.Split(before, "\n") {
		if now := strings.Split(after, "\n")[i]; now != line && !strings.HasPrefix(line, "audit") { // that somebody asked for what is not theirs is noted
			t.Errorf("something changed in %s", line)
		}
	}
}

// What a vendor's link shows can still be read, and nothing is answered by it.
func TestLinksAreReadWhileClosed(t *testing.T) {
	t.Parallel()
	o := openHouse(t).outwork("sahyadri")
	owner := o.ownerBrowser()
	owner.post("/vendors/"+o.konkan.ID.String()+"/links", url.Values{"challan": {o.challan}, "days": {"7"}})
	link := owner.newestLink()
	if err := o.db.CloseOrganisation(t.Context(), o.org, postgres.Closure{Closing: flow.ClosingAt(flow.At(time.Now())), By: o.owner}); err != nil {
		t.Fatal(err)
	}
	b := o.browser()
	b.get(link).says(200, o.challan)
	b.answers(link, o.challan, "seen")
	if b.status < 400 || b.status > 499 {
		t.Errorf("an answer: %d %s", b.status, plain(b.body))
	}
	v := o.vendorBrowser("konkan")
	v.get("/work").says(200, "The account was closed on")
	v.post(workPath(o.challan), url.Values{"command": {newID(t).String()}, "do": {"seen"}}).says(423)
}

func TestAnOwnerTakesEverythingAlong(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	h := &house{t: t, db: pgtest.Open(t, url), database: url}
	f := h.firm("sahyadri")
	pages, err := web.New(web.Config{DB: h.db, Hub: live.New(func(context.Context, flow.ID, int64) ([]live.Change, error) { return nil, nil }, h.db.Head), Now: time.Now, Keys: keys.New([keys.Size]byte{1}), URL: "http://clicarity.example",
		Takeout: func(_ context.Context, to io.Writer, o postgres.Organisation) error {
			z := zip.NewWriter(to)
			w, err := z.Create(o.Slug)
			if err == nil {
				_, err = io.WriteString(w, "all of it")
			}
			if err != nil {
				return err
			}
			return z.Close()
		}})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(pages.Routes(), func(r httpd.Route) bool { return r.Pattern == "GET /close/export" })
	rec := httptest.NewRecorder()
	who := flow.Person{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}}
	r, err := http.NewRequestWithContext(postgres.As(t.Context(), postgres.Actor{Member: f.owner, At: time.Now()}), http.MethodGet, "/close/export", nil)
	if err == nil {
		err = pages.Routes()[i].Handler(rec, r, who)
	}
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(rec.Body.Bytes()), int64(rec.Body.Len()))
	if err != nil || z.File[0].Name != "sahyadri" || !strings.Contains(rec.Header().Get("Content-Disposition"), `filename="sahyadri-`) {
		t.Errorf("%v %v", err, rec.Header())
	}
	page, err := h.db.AuditLog(t.Context(), f.org, postgres.AuditQuery{Kinds: []string{postgres.AuditExport}, Limit: 10})
	if err != nil || len(page.Entries) != 1 {
		t.Errorf("%d notes %v", len(page.Entries), err)
	}
}
