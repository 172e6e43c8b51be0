package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
)

// operated is a house whose operator is one of its firms.
func operated(t *testing.T, o operator.Operator) *firm {
	t.Helper()
	h := openHouseWith(t, true)
	h.pages.Operator = o
	return h.firm(o.Organisation)
}

func (f *firm) enquiry(name string) postgres.Enquiry {
	f.t.Helper()
	return f.enquiryOf(name, 0)
}

// enquiryOf is one with the tick, from the address with a mark; 0: without either.
func (f *firm) enquiryOf(name string, mark byte) postgres.Enquiry {
	f.t.Helper()
	now := time.Now()
	e := postgres.Enquiry{ID: newID(f.t), Source: "form", Purpose: "demo", Language: "hi", Page: "/demo", Notice: 1, At: now, ReplyBy: now.Add(48 * time.Hour), EraseAfter: now.AddDate(1, 0, 0),
		Asker: postgres.Asker{Name: name, Company: "Kulkarni Cartons", Email: "asha@mill.example", Phone: "+919000000031", Message: "Mono cartons,\nVasai"}}
	if mark != 0 {
		e.News, e.Mark = true, slices.Repeat([]byte{mark}, 32)
	}
	if _, err := f.db.AddEnquiry(f.t.Context(), f.org, e); err != nil {
		f.t.Fatal(err)
	}
	return e
}

func TestOwnersOfTheOperatorAnswerEnquiries(t *testing.T) {
	t.Parallel()
	f := operated(t, operator.Operator{Organisation: "clicarity", Name: "Clicarity Services", Email: "hello@clicarity.example"})
	other := f.house.firm("konkan")
	e := f.enquiry("Asha Kulkarni")
	b := f.ownerBrowser()
	if b.get("/enquiries"); b.status != http.StatusOK || !strings.Contains(b.body, "Asha Kulkarni") {
		t.Fatalf("%d %s", b.status, plain(b.body))
	}
	at := "/enquiries/" + e.ID.String()
	if b.get(at); !strings.Contains(b.body, "asha@mill.example") || !strings.Contains(b.body, "Vasai") {
		t.Error(plain(b.body))
	}
	if b.post(at, url.Values{"command": {newID(t).String()}, "do": {"answer"}, "text": {" "}}); b.status != http.StatusUnprocessableEntity || !strings.Contains(b.body, "Write the answer") {
		t.Errorf("%d: an empty answer", b.status)
	}
	answer := url.Values{"command": {newID(t).String()}, "do": {"answer"}, "text": {"We call at three."}}
	for range 3 {
		if b.post(at, answer); b.status != http.StatusOK || !strings.Contains(b.body, "We call at three.") {
			t.Fatalf("%d %s", b.status, plain(b.body))
		}
	}
	mails, err := f.db.TakeMails(t.Context(), f.org, time.Now())
	if err != nil || len(mails) != 1 || mails[0].To != "asha@mill.example" || !strings.Contains(mails[0].Text, "We call at three.") || !strings.Contains(mails[0].Subject, "Clicarity Services") {
		t.Errorf("%+v %v", mails, err)
	}
	if b.get("/enquiries?state=answered"); !strings.Contains(b.body, "Asha Kulkarni") {
		t.Error("it is not among the answered ones")
	}
	if b.post(at, url.Values{"command": {newID(t).String()}, "do": {"close"}}); !strings.Contains(b.body, "It is closed") {
		t.Error(plain(b.body))
	}
	for _, stranger := range []*browser{other.ownerBrowser(), f.operatorBrowser()} {
		for _, path := range []string{"/enquiries", at} {
			if stranger.get(path); stranger.status != http.StatusNotFound {
				t.Errorf("%s is %d for somebody else", path, stranger.status)
			}
		}
		if stranger.get("/account"); strings.Contains(stranger.body, "/enquiries") {
			t.Error("somebody else is shown the way")
		}
	}
	if b.post(at+"/erase", nil); b.status != http.StatusOK || !strings.Contains(b.body, "erased") {
		t.Errorf("%d %s", b.status, plain(b.body))
	}
	if b.get(at); b.status != http.StatusNotFound {
		t.Errorf("it is still there: %d", b.status)
	}
}

func TestTheInboxSaysWhetherDemosComeIn(t *testing.T) {
	t.Parallel()
	f := operated(t, operator.Operator{Organisation: "clicarity", Calendly: "https://calendly.com/clicarity-example/demo"})
	b := f.ownerBrowser()
	if b.get("/enquiries"); strings.Contains(b.body, "Calendly") {
		t.Errorf("nothing is told, and it speaks of it: %s", plain(b.body))
	}
	f.house.pages.CalendlyTells = true
	if b.get("/enquiries"); !strings.Contains(b.body, "Nobody watches") {
		t.Error(plain(b.body))
	}
	f.house.pages.CalendlyAsked = true
	if b.get("/enquiries"); !strings.Contains(b.body, "is asked in a minute") {
		t.Error(plain(b.body))
	}
	at := time.Now()
	for _, c := range []struct {
		state string
		says  []string
		never string
	}{
		{postgres.CalendlyUnknown, []string{"is asked in a minute"}, "class=\"error\""},
		{postgres.CalendlyAlive, []string{"tells of booked demos. Last asked", "set up anew", "are being fetched"}, "class=\"error\""},
		{postgres.CalendlyRetrying, []string{"does not get through", "Since:"}, "Last asked"},
		{postgres.CalendlyRefused, []string{"does not accept the token", "CLICARITY_CALENDLY_TOKEN", "GET /users/me: 401"}, "Last asked"},
		{postgres.CalendlyFailing, []string{"no longer tells", "include webhooks"}, "Last asked"},
		{postgres.CalendlySilent, []string{"for two days", "api.calendly.com"}, "Last asked"},
	} {
		at = at.Add(time.Hour)
		k, due, err := f.db.TakeCalendlyWatch(t.Context(), f.org, at)
		if err != nil || !due {
			t.Fatal(c.state, due, err)
		}
		k.State, k.Since, k.Next, k.Checked, k.Fault, k.Made, k.WalkAt = c.state, at, at, at, "", at, at
		if c.state == postgres.CalendlyRefused {
			k.Fault = "GET /users/me: 401"
		}
		if err := f.db.SaveCalendlyWatch(t.Context(), f.org, k); err != nil {
			t.Fatal(err)
		}
		b.get("/enquiries")
		for _, says := range c.says {
			if !strings.Contains(plain(b.body), says) {
				t.Errorf("%s: no %q in %s", c.state, says, plain(b.body))
			}
		}
		if strings.Contains(b.body, c.never) {
			t.Errorf("%s: %q in %s", c.state, c.never, plain(b.body))
		}
	}
}

func TestEnquiriesHavePages(t *testing.T) {
	t.Parallel()
	f := operated(t, operator.Operator{Organisation: "clicarity"})
	for range 31 {
		f.enquiry("Asha Kulkarni")
	}
	b := f.ownerBrowser().get("/enquiries")
	if n := strings.Count(b.body, `class="card" href="/enquiries/`); n != 30 {
		t.Fatalf("%d on the first page", n)
	}
	_, next, _ := strings.Cut(b.body, `<a class="button" href="/enquiries?`)
	next, _, _ = strings.Cut(next, `"`)
	b.get("/enquiries?" + strings.ReplaceAll(next, "&amp;", "&"))
	if n := strings.Count(b.body, `class="card" href="/enquiries/`); n != 1 || strings.Contains(b.body, "Show more") {
		t.Errorf("%d on the second page", n)
	}
}

// visited are the routes that visitors of a factory to try may use; every other is none for them. A new route is not theirs
// unless it is added here.
var visited = []string{
	"GET /pulse", "GET /pulse/{list}", "GET /my", "GET /find", "GET /find/quick", "GET /stages", "GET /stages/{process}/{stage}", "GET /board", "GET /forecast",
	"GET /jobs/new", "POST /jobs", "GET /jobs/{job}", "POST /jobs/{job}/undo", "POST /jobs/{job}/change", "POST /jobs/{job}/stages", "GET /jobs/{job}/at/{stage}", "GET /jobs/{job}/at/{stage}/glance",
	"POST /jobs/{job}/at/{stage}", "POST /jobs/{job}/pictures", "GET /jobs/{job}/pictures/{picture}", "GET /jobs/{job}/pictures/{picture}/small", "POST /jobs/{job}/at/{stage}/nc", "POST /jobs/{job}/nc/{nc}",
	"GET /jobs/{job}/files", "POST /jobs/{job}/files", "GET /jobs/{job}/files/{revision}", "GET /jobs/{job}/files/{revision}/small", "POST /jobs/{job}/files/{document}/retire",
	"POST /jobs/{job}/components", "POST /stages/{process}/{stage}/together", "GET /quality", "GET /trace", "POST /stages/{process}/{stage}/send", "GET /challans/{number}", "GET /live", "GET /intake",
	"POST /intake", "GET /intake/{upload}", "POST /intake/{upload}", "POST /intake/{upload}/confirm", "POST /jobs/{job}/at/{stage}/assign", "GET /device/awake", "GET /board/export",
	"GET /reports", "GET /reports/{report}", "GET /reports/{report}/export", "POST /bulk", "POST /bulk/preview", "POST /bulk/do", "POST /bulk/undo",
}

func TestVisitorsTryAFactory(t *testing.T) {
	t.Parallel()
	f := operated(t, operator.Operator{Organisation: "clicarity", Try: true})
	tried := f.house.firm("try-1")
	b := f.browser()
	if b.get("/try"); b.status != http.StatusOK || !strings.Contains(b.body, "just being made") {
		t.Errorf("%d %s", b.status, plain(b.body))
	}
	trial := postgres.Trial{Org: tried.org, Owner: tried.owner, Operator: tried.operator, Made: time.Now()}
	if err := f.db.AddTrial(t.Context(), f.org, trial); err != nil {
		t.Fatal(err)
	}
	if err := f.db.StartTrial(t.Context(), f.org, tried.org); err != nil {
		t.Fatal(err)
	}
	if b.get("/try"); !strings.Contains(b.body, `value="owner"`) {
		t.Fatal(plain(b.body))
	}
	if b.post("/try", url.Values{"as": {"owner"}}); b.at.Path != "/pulse" || !strings.Contains(b.body, "You are trying") {
		t.Fatalf("%s %s", b.at, plain(b.body))
	}
	for _, path := range []string{"/account", "/people", "/tokens", "/audit", "/security", "/sign-in-with", "/devices", "/words", "/processes", "/enquiries", "/support", "/vendors"} {
		if b.get(path); b.status != http.StatusNotFound {
			t.Errorf("a visitor gets %s: %d", path, b.status)
		}
	}
	if b.post("/intake", url.Values{"x": {"y"}}); b.status != http.StatusForbidden || !strings.Contains(b.body, "no files") {
		t.Errorf("an upload: %d", b.status)
	}
	b.post("/language", url.Values{"language": {"hi"}, "to": {"/pulse"}})
	if m, err := f.db.Member(t.Context(), tried.org, tried.owner); err != nil || m.Language != "en" || !strings.Contains(b.body, "आप Clicarity आज़मा रहे हैं") {
		t.Errorf("the language of the member is %s (%v)", m.Language, err)
	}
	own := f.ownerBrowser()
	if own.post("/try", url.Values{"as": {"owner"}}); own.status != http.StatusConflict {
		t.Errorf("somebody who is in as themselves: %d", own.status)
	}
	if own.get("/people"); own.status != http.StatusOK {
		t.Error("they are no more")
	}
	if op := f.browser().post("/try", url.Values{"as": {"operator"}}); op.at.Path != "/my" {
		t.Errorf("an operator begins at %s", op.at)
	}
	for n := 0; ; n++ {
		if c := f.browser().post("/try", url.Values{"as": {"operator"}}); c.status == http.StatusTooManyRequests {
			break
		}
		if n > 40 {
			t.Fatal("there is no end to it")
		}
	}
}

func TestWithoutTheSwitchNobodyTries(t *testing.T) {
	t.Parallel()
	f := operated(t, operator.Operator{Organisation: "clicarity"})
	b := f.browser()
	if b.get("/try"); b.status != http.StatusNotFound {
		t.Error(b.status)
	}
	if b.post("/try", url.Values{"as": {"owner"}}); b.status != http.StatusNotFound {
		t.Error(b.status)
	}
}

func TestWhatVisitorsMayUse(t *testing.T) {
	t.Parallel()
	visitor := flow.Person{Org: newID(t), Member: newID(t), Role: flow.Owner, Scope: flow.Scope{All: true}, Via: flow.ViaTry, Without: flow.NotTrying}
	var got []string
	for _, r := range openHouse(t).pages.Routes() {
		if r.May != flow.Anybody && visitor.May(r.May) {
			got = append(got, r.Pattern)
		}
	}
	for _, pattern := range got {
		if !slices.Contains(visited, pattern) {
			t.Errorf("visitors may use %s: add it to those that they may, or withhold its right (flow.NotTrying)", pattern)
		}
	}
	for _, pattern := range visited {
		if !slices.Contains(got, pattern) {
			t.Errorf("visitors may not use %s", pattern)
		}
	}
	if most, idle := httpd.Lifetime(flow.Owner, flow.ViaTry); most != time.Hour || idle != 30*time.Minute {
		t.Error(most, idle)
	}
}
