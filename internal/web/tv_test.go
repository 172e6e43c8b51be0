package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

var (
	tvCodeIn = regexp.MustCompile(`class="code">([0-9A-HJKMNP-TV-Z]{3} [0-9A-HJKMNP-TV-Z]{3})<`)
	tvInPath = regexp.MustCompile(`/devices/tv/([0-9a-f-]{36})`)
)

// code is the code that a browser shows as a TV.
func (b *browser) code() string {
	b.t.Helper()
	b.get("/tv").says(200, "Set up this TV", "clicarity.example/devices/tv")
	found := tvCodeIn.FindStringSubmatch(b.body)
	if found == nil {
		b.t.Fatalf("there is no code:\n%s", plain(b.body))
	}
	return found[1]
}

// tvAnswers are those of the form for a TV that shows the board and the late wall of the firm's process.
func (f *firm) tvAnswers(name, code string) url.Values {
	id := f.process.ID.String()
	return url.Values{"code": {code}, "name": {name}, "place": {"Hall 2"}, "shows": {"both"}, "board": {id}, "process": {id}, "language": {"en"}}
}

// hallTV lets a TV in, and returns its browser and its page in the office.
func (f *firm) hallTV(office *browser, name string) (tv *browser, path string) {
	f.t.Helper()
	tv = f.browser()
	office.post("/devices/tv", f.tvAnswers(name, strings.ToLower(tv.code()))).says(200, name, "Saved.")
	return tv, office.at.Path
}

// late makes a job that is late by some days.
func (f *firm) late(number string, days int, more func(*flow.NewJob)) flow.ID {
	f.t.Helper()
	j := flow.NewJob{ID: newID(f.t), Number: number, Item: "Sweet box 500 g", Customer: "Devgad Mithai Ghar", Quantity: flow.Units(100), Due: flow.DateOf(time.Now().In(postgres.Zone("Asia/Kolkata")).AddDate(0, 0, -days))}
	if more != nil {
		more(&j)
	}
	f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{j}})
	return j.ID
}

func (f *firm) do(a flow.Action) {
	f.t.Helper()
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}
	if _, err := f.db.Do(f.t.Context(), mark, flow.Command{ID: newID(f.t), Action: a}); err != nil {
		f.t.Fatal(err)
	}
}

func TestATVIsLetInAndShowsTheBoardAndTheLateWall(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	f.late("L-3", 3, nil)
	f.late("L-9", 9, nil)
	f.late("N-1", -20, nil)
	tv := f.browser()
	code := tv.code()
	if again := tv.code(); again != code {
		t.Errorf("the code changed from %s to %s", code, again)
	}
	owner.get("/devices/tv").says(200, "Put up a TV", "http://clicarity.example/tv")
	owner.post("/devices/tv", f.tvAnswers("Hall TV", code)).says(200, "Hall TV", "Saved.", "In use")
	tv.get("/tv/picture").says(200, "Cartons", "Printing", "L-3", "N-1", "Late jobs", "2 late", "9 days late", "3 days late", "Sweet box 500 g").hides("Devgad", "Asha", "/jobs/")
	late := tv.body[strings.Index(tv.body, `data-key="late1"`):]
	if strings.Index(late, "L-9") > strings.Index(late, "L-3") || strings.Contains(late, "N-1") {
		t.Errorf("the late wall is not worst first:\n%s", plain(late))
	}
	tv.get("/tv").says(200, "Cartons")
	owner.get("/devices").says(200, "Hall TV", "Both in turn")

	answers := f.tvAnswers("Hall TV", "")
	answers.Set("do", "save")
	answers.Set("customers", "1")
	answers.Set("language", "hi")
	owner.post(owner.at.Path+"/x", nil) // nothing is there
	owner.get("/devices")
	path := tvInPath.FindString(owner.body)
	owner.post(path, answers).says(200, "Saved.")
	tv.get("/tv/picture").says(200, "Devgad Mithai Ghar", "लेट जॉब")
	answers.Set("shows", "late")
	owner.post(path, answers).says(200, "Saved.")
	tv.get("/tv/picture").says(200, "L-9")
	if strings.Contains(tv.body, `data-key="stages1"`) {
		t.Error("it shows the board too")
	}
	if n := len(f.entries("tv_changed")); n != 2 {
		t.Errorf("%d changes were noted", n)
	}
	f.entries("tv_added")
}

func TestACodeLetsOneTVInOnce(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	f := openHouseAt(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }).firm("sahyadri")
	owner := f.ownerBrowser()
	tv := f.browser()
	code := tv.code()
	form := f.tvAnswers("", code)
	owner.post("/devices/tv", form).says(422, "Give the TV a name.")
	form = f.tvAnswers("Hall TV", "12")
	owner.post("/devices/tv", form).says(422, "six letters and digits")
	form = f.tvAnswers("Hall TV", "ZZZ ZZZ")
	owner.post("/devices/tv", form).says(422, "No TV shows this code now")
	if !strings.Contains(owner.body, `value="Hall TV"`) || !strings.Contains(owner.body, `value="ZZZ ZZZ"`) {
		t.Error("what was typed is gone")
	}
	if n := len(f.entries(postgres.AuditTVCode)); n != 1 {
		t.Errorf("%d wrong codes were noted", n)
	}
	owner.post("/devices/tv", f.tvAnswers("Hall TV", code)).says(200, "Saved.")
	owner.post("/devices/tv", f.tvAnswers("Second TV", code)).says(422, "No TV shows this code now") // it was used
	other := f.browser()
	owner.post("/devices/tv", f.tvAnswers("Hall TV", other.code())).says(422, "Another device has this name") // and the code is not used up
	owner.post("/devices/tv", f.tvAnswers("Second TV", other.code())).says(200, "Saved.")

	third := f.browser()
	old := third.code()
	ahead.Store(int64(11 * time.Minute))
	owner.post("/devices/tv", f.tvAnswers("Third TV", old)).says(422, "No TV shows this code now")
	if third.code() == old {
		t.Error("the code is the same after its time")
	}
	for range 12 {
		owner.post("/devices/tv", f.tvAnswers("Third TV", "ZZZ ZZZ"))
	}
	owner.post("/devices/tv", f.tvAnswers("Third TV", third.code())).says(429)
}

func TestCodesOfTVsAreBounded(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	known := f.browser()
	code := known.code()
	for range 60 {
		f.browser().get("/tv/picture")
	}
	f.browser().get("/tv").says(200, "Too many codes")
	if known.code() != code {
		t.Error("a TV lost the code that it has")
	}
}

// What a TV holds opens what a TV shows, and nothing else; what others hold opens no TV.
func TestATVsTokenOpensOnlyTheTV(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.firm("sahyadri")
	owner := f.ownerBrowser()
	f.late("L-3", 3, nil)
	tv, _ := f.hallTV(owner, "Hall TV")
	tv.get("/tv").says(200, "L-3")
	at, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	var secret string
	for _, c := range tv.client.Jar.Cookies(at) {
		if c.Name == "clicarity-tv" {
			secret = c.Value
		}
	}
	asked := 0
	for _, r := range h.pages.Routes() {
		if r.May == flow.Anybody {
			continue
		}
		method, path, _ := strings.Cut(pathValue.ReplaceAllString(r.Pattern, newID(t).String()), " ")
		for _, name := range []string{"clicarity-tv", "clicarity-device", "clicarity"} {
			req := httptest.NewRequestWithContext(t.Context(), method, path, nil)
			req.AddCookie(&http.Cookie{Name: name, Value: secret})
			req.Header.Set("Authorization", "Bearer clc_"+secret)
			rec := httptest.NewRecorder()
			h.handler.ServeHTTP(rec, req)
			if asked++; rec.Code != http.StatusSeeOther && rec.Code != http.StatusUnauthorized {
				t.Errorf("%s with a TV's token as %s: %d", r.Pattern, name, rec.Code)
			}
		}
	}
	t.Logf("%d routes were asked", asked)
	ask := func(path, name, value string) string {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		req.AddCookie(&http.Cookie{Name: name, Value: value})
		rec := httptest.NewRecorder()
		h.handler.ServeHTTP(rec, req)
		return rec.Body.String()
	}
	if page := ask("/device", "clicarity-device", secret); !strings.Contains(page, "Set up this tablet") {
		t.Errorf("a TV is a shared device: %s", plain(page))
	}
	d := f.device(owner, "Lamination tablet", "lamination")
	for _, c := range d.tablet.client.Jar.Cookies(at) {
		if page := ask("/tv", "clicarity-tv", c.Value); !strings.Contains(page, `class="code"`) || strings.Contains(page, "L-3") {
			t.Errorf("a %s is a TV: %s", c.Name, plain(page))
		}
	}
	owner.get("/tv").says(200, "Set up this TV") // whoever is signed in: /tv is the TV's
	other := h.firm("bhumi")
	if page := ask("/tv", "clicarity-tv", otherOrg(secret, other.org)); strings.Contains(page, "L-3") || !strings.Contains(page, `class="code"`) {
		t.Error("the token opens another organisation")
	}
}

// otherOrg is a credential that names another organisation.
func otherOrg(secret string, org flow.ID) string {
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.AddCookie(&http.Cookie{Name: "clicarity-tv", Value: secret})
	httpd.KeepTV(rec, req, org, false)
	return rec.Result().Cookies()[0].Value
}

// Nobody shows more than they see, and a TV learns nothing of what it does not show.
func TestATVHasItsScope(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	labels := flow.Process{ID: newID(t), Version: 1, Name: "Labels", Mode: flow.QuantityMode, Unit: "rolls", Prefix: "LB", Stages: []flow.Stage{{Code: "slitting", Name: "Slitting"}}}
	if err := f.db.AddProcess(t.Context(), f.org, labels); err != nil {
		t.Fatal(err)
	}
	if err := f.db.AddSite(t.Context(), f.org, postgres.Site{Code: "vasai", Name: "Vasai"}); err != nil {
		t.Fatal(err)
	}
	f.late("OWN-1", 2, func(j *flow.NewJob) { j.Site = "vasai" })
	f.late("OWN-2", 2, nil)
	f.do(flow.Create{Process: labels.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: "LBL-1", Quantity: flow.Units(5), Due: "2025-01-01"}}})
	err := f.db.AddMember(t.Context(), f.org, postgres.Member{ID: newID(t), Name: "Kavita Rao", Role: flow.Manager, PasswordHash: "kavita pass", Logins: []string{"kavita@" + f.slug + ".example"},
		Created: time.Now(), Given: flow.Given{Processes: []flow.ID{f.process.ID}, Sites: []string{"vasai"}}})
	if err != nil {
		t.Fatal(err)
	}
	kavita := f.browser().signIn("kavita@"+f.slug+".example", "kavita pass")
	tv := f.browser()
	kavita.get("/devices/tv").says(200, "Cartons", "Vasai").hides("Labels")
	form := f.tvAnswers("Vasai TV", tv.code())
	kavita.post("/devices/tv", form).says(422, "Tick at least one site.")
	form.Set("site", "vasai")
	form.Set("board", labels.ID.String())
	kavita.post("/devices/tv", form).says(404)
	form.Set("board", f.process.ID.String())
	kavita.post("/devices/tv", form).says(200, "Saved.")
	path := kavita.at.Path
	tv.get("/tv").says(200, "OWN-1").hides("OWN-2", "LBL-1")
	whole, wholePath := f.hallTV(owner, "Whole TV")
	kavita.get(wholePath).says(404)
	kavita.post(wholePath, url.Values{"do": {"off"}}).says(404)
	kavita.get("/devices").says(200, "Vasai TV").hides("Whole TV")
	f.operatorBrowser().get("/devices/tv").says(404)
	whole.get("/tv").says(200, "OWN-2").hides("LBL-1")

	feed := tv.follow("/tv/live")
	feed.until("event: beat")
	f.do(flow.Create{Process: labels.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: "LBL-2", Quantity: flow.Units(5)}}})
	f.late("OWN-3", 1, nil) // of no site
	kavita.post(path, url.Values{"do": {"off"}}).says(200, "Switched off")
	if got := strings.Join(feed.until("event: changed"), "\n"); strings.Contains(got, "picture") {
		t.Errorf("it was told of what it does not show:\n%s", got)
	}
	f.late("OWN-4", 1, func(j *flow.NewJob) { j.Site = "vasai" })
	feed.until("event: picture")
}

func TestATVIsBlankAtOnce(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	f.late("L-3", 3, nil)
	tv, path := f.hallTV(owner, "Hall TV")
	tv.get("/tv/picture").says(200, "L-3")
	feed := tv.follow("/tv/live")
	feed.until("event: beat")
	owner.post(path, url.Values{"do": {"off"}}).says(200, "Switched off")
	feed.until("event: changed")
	tv.get("/tv/picture").says(200, "Switched off by the office").hides("L-3", "Cartons")
	owner.post(path, url.Values{"do": {"on"}}).says(200, "In use")
	feed.until("event: changed")
	tv.get("/tv/picture").says(200, "L-3")

	// Another screen takes its place; the one before shows a code again, a new one.
	second := f.browser()
	owner.post(path, url.Values{"do": {"pair"}, "code": {"ZZZ ZZZ"}}).says(422, "No TV shows this code now")
	owner.post(path, url.Values{"do": {"pair"}, "code": {second.code()}}).says(200, "Saved.")
	feed.until("event: gone")
	second.get("/tv/picture").says(200, "L-3")
	tv.get("/tv/picture").says(200, "Set up this TV").hides("L-3")
	tv.get("/tv/live").says(404)

	feed = second.follow("/tv/live")
	feed.until("event: beat")
	owner.post(path, url.Values{"do": {"remove"}}).says(200, "Shared devices").hides("Hall TV")
	feed.until("event: gone")
	second.get("/tv").says(200, "Set up this TV").hides("L-3")
	f.entries("tv_removed")
}

// However much there is, a TV shows so many pages and no more.
func TestATVsPagesAreBounded(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	var jobs []flow.NewJob
	for n := range 150 {
		jobs = append(jobs, flow.NewJob{ID: newID(t), Number: fmt.Sprintf("M-%03d", n), Quantity: flow.Units(10), Due: flow.DateOf(time.Now().AddDate(0, 0, -200+n))})
	}
	f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: jobs})
	tv, _ := f.hallTV(owner, "Hall TV")
	tv.get("/tv/picture").says(200, "First 60 by due date", "150 late", "200 days late", "M-119").hides("M-120")
	for kind, want := range map[string]int{"stages": 1, "jobs": 5, "late": 10} {
		if n := strings.Count(tv.body, `class="slide `+kind+`"`); n != want {
			t.Errorf("%d pages of %s, want %d", n, kind, want)
		}
	}
}

// The stages count what has been there for longer than the target by the working hours.
func TestATVCountsWhatIsOverTime(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	f := openHouseAt(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }).firm("sahyadri")
	owner := f.ownerBrowser()
	f.late("A-1", -3, nil)
	f.late("A-2", -3, nil)
	tv, _ := f.hallTV(owner, "Hall TV")
	tv.get("/tv/picture").says(200, "Printing 2").hides("over time")
	ahead.Store(int64(8 * 24 * time.Hour)) // whatever the shifts
	tv.get("/tv/picture").says(200, "2 over time")
}

// Two offices type the code of one TV at the same time: one has it.
func TestACodeIsClaimedOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	now := time.Now()
	code := [32]byte{7}
	if err := db.ShowTVCode(t.Context(), postgres.Nobody, postgres.TVCode{Token: code, Code: code, Until: now.Add(time.Hour)}, now); err != nil {
		t.Fatal(err)
	}
	answers := make(chan error)
	for n := range 8 {
		org, member := newID(t), newID(t)
		err := db.AddOrganisation(t.Context(), postgres.Organisation{ID: org, Slug: fmt.Sprint("firm-", n), Name: "Firm", Created: now},
			postgres.Member{ID: member, Name: "Asha", Role: flow.Owner, PasswordHash: "x", Created: now})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			answers <- db.AddTV(t.Context(), org, postgres.TV{ID: newID(t), Name: "TV", Shows: postgres.TVLate, Language: "en", Created: now}, code)
		}()
	}
	had := 0
	for range 8 {
		if err := <-answers; err == nil {
			had++
		}
	}
	if had != 1 {
		t.Errorf("%d organisations have the TV", had)
	}
}
