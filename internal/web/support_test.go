package web_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// ahead is the real time, moved ahead.
type ahead struct{ by atomic.Int64 }

func (c *ahead) now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

func (c *ahead) move(d time.Duration) { c.by.Add(int64(d)) }

var grantLink = regexp.MustCompile(`value="http://clicarity.example(/support/[^"]+)"`)

// grant lets support look, and gives the path of the link.
func (f *firm) grant(owner *browser, more ...string) string {
	f.t.Helper()
	form := url.Values{"command": {newID(f.t).String()}, "reason": {"The board is slow"}, "what": {"look"}, "all": {"yes"}, "hours": {"1"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	owner.post("/support", form).says(200, "Hand this link to the person who helps you")
	m := grantLink.FindStringSubmatch(owner.body)
	if m == nil {
		f.t.Fatalf("no link in %s", plain(owner.body))
	}
	return m[1]
}

// supporter is the browser of somebody who opened a link.
func (f *firm) supporter(link string) *browser {
	f.t.Helper()
	b := f.browser()
	b.get(link).says(200, "An owner lets you look", "Your name")
	return b.post(link, url.Values{"name": {"Neha Rao"}}).says(200, "You are here as support", "Neha Rao (support)")
}

func TestSupportLooksByAGrant(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1")
	owner.get("/board").hides("Support may look")
	link := f.grant(owner)
	owner.hides("You are here as support").get("/board").says(200, "Support may look until", "End now")
	owner.get("/support").says(200, "The board is slow", "Not opened yet").hides(link)
	f.operatorBrowser().hides("Support may look")
	support := f.supporter(link)
	support.get("/board").says(200, "A-1", "You are here as support")
	support.get("/jobs/"+job.String()).says(200, "Mithai Ghar", "Everything you open is noted")
	support.get("/find?q=Mithai").says(200, "A-1")
	support.get("/stages/"+f.process.ID.String()+"/printing").says(200, "A-1")
	support.get("/quality").says(200)
	owner.get("/support").says(200, "Opened by Neha Rao (support)", "looked at: Board", "looked at: Job A-1", "looked at: Search", "looked at: Stage Cartons", "looked at: Non-conformances").hides("looked at: Search Mithai")
	owner.get("/audit?kind=support").says(200, "Asha Patil added: leave for support to look", "May help with the set-up: No", "Neha Rao (support) looked at: Job A-1")
	owner.get("/people").hides("Neha Rao")
	for _, e := range f.entries(postgres.AuditRead) {
		if strings.Contains(e.Content, "Mithai") {
			t.Errorf("what was searched for is in the log: %s", e.Content)
		}
	}
	f.browser().get(link).says(404)
	support.post("/sign-out", nil).get("/board").hides("A-1")
	support.get(link).says(200, "Go on").post(link, nil).says(200, "You are here as support") // the browser that opened it
	owner.post("/support/end", nil).says(200, "Ended. What was open has closed", "ended by Asha Patil").hides("Support may look")
	support.get("/board").hides("A-1", "You are here as support")
	support.get(link).says(404)
	owner.get("/audit?kind=support").says(200, "Ended by: – → Asha Patil")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

func TestAGrantSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	command := newID(t).String()
	form := func(more ...string) url.Values {
		v := url.Values{"command": {command}, "reason": {"The board is slow"}, "what": {"help"}, "all": {"no"}, "process": {f.process.ID.String()}, "hours": {"4"}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	owner.post("/support", form("reason", " ")).says(422, "Write why support is to look")
	owner.post("/support", form("reason", strings.Repeat("क", 501))).says(422, "at most 500")
	owner.post("/support", form("process", newID(t).String())).says(422, "Tick the processes")
	for _, hours := range []string{"0", "73", "-1", "many", "", "9999999999999999999999"} {
		owner.post("/support", form("hours", hours)).says(422, "1 to 72 hours", "The board is slow")
	}
	owner.post("/support", form("command", "x")).says(400)
	owner.post("/support", form()).says(200, "Hand this link")
	owner.post("/support", form()).says(409, "granted already").hides("/support/AA")
	grants, err := f.db.Grants(t.Context(), f.org, flow.ID{}, 10)
	if err != nil || len(grants) != 1 || !grants[0].Help || grants[0].Given.All || len(grants[0].Given.Processes) != 1 {
		t.Errorf("%+v %v", grants, err)
	}
	owner.post("/support/end", url.Values{"grant": {newID(t).String()}}).says(200)
	owner.post("/support/end", url.Values{"grant": {"x"}}).says(404)
}

func TestAbuseSupportWithoutAGrant(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	link := f.grant(f.ownerBrowser())
	b := f.browser()
	changed := []byte(link)
	changed[len(changed)-3] ^= 1
	for _, path := range []string{"/support/x", "/support/" + strings.Repeat("A", 64), string(changed), link + "A", "/support/%00", "/support/" + f.org.String()} {
		b.get(path).says(404, "Not found")
		b.post(path, url.Values{"name": {"Neha Rao"}}).says(404, "Not found")
	}
	b.get("/support").says(200, "Log in")
	b.post("/support", url.Values{"command": {newID(t).String()}}).says(401)
	b.post("/support/end", nil).says(401)
	var people int
	if members, err := f.db.Members(t.Context(), f.org, 100); err != nil {
		t.Fatal(err)
	} else if people = len(members); people != 2 {
		t.Errorf("%d people", people)
	}
}

func TestAbuseASupportLinkIsOpenedTwice(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	link := f.grant(f.ownerBrowser())
	owners := f.ownerBrowser() // a browser that is signed in keeps its session when the link is not its own
	opened := make(chan *browser, 8)
	for range cap(opened) {
		b := f.browser()
		go func() {
			r, err := b.client.PostForm(b.url+link, url.Values{"name": {"Neha Rao"}})
			if err != nil {
				b.status = -1
			} else {
				body, readErr := io.ReadAll(r.Body)
				b.status, b.body = r.StatusCode, string(body)
				err = errors.Join(readErr, r.Body.Close())
			}
			if err != nil {
				b.t.Error(err)
			}
			opened <- b
		}()
	}
	won := 0
	for range cap(opened) {
		if b := <-opened; strings.Contains(b.body, "You are here as support") {
			won++
		} else if b.status != 404 {
			t.Errorf("%d %s", b.status, plain(b.body))
		}
	}
	if won != 1 {
		t.Errorf("%d browsers opened it", won)
	}
	owners.get(link).says(404)
	owners.post(link, url.Values{"name": {"Asha"}}).says(404)
	owners.get("/board").says(200, "Asha Patil")
	long := f.browser().post(f.grant(f.ownerBrowser()), url.Values{"name": {strings.Repeat("न", 61)}}).says(422, "at most 60 characters")
	if !strings.Contains(long.body, "नननन") {
		t.Error("the form lost the name")
	}
}

// Support asks for everything there is that was not granted: it is not found, nothing changes, and it is noted.
func TestAbuseSupportAsksForMore(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1")
	help := f.supporter(f.grant(owner, "what", "help"))
	look := f.supporter(f.grant(owner))
	before, err := f.db.Head(t.Context(), f.org)
	if err != nil {
		t.Fatal(err)
	}
	process := f.process.ID.String()
	for name, b := range map[string]*browser{"help": help, "look": look} {
		for _, path := range []string{"/audit", "/audit/export", "/support", "/people", "/people/" + f.owner.String(), "/vendors", "/intake", "/jobs/new", "/start"} {
			b.get(path).says(404).hides("ravi@", "owner@", "The board is slow")
		}
		for path, form := range map[string]url.Values{
			"/support":     {"command": {newID(t).String()}, "reason": {"more"}, "all": {"yes"}, "hours": {"72"}, "what": {"help"}},
			"/support/end": nil, "/people": {"list": {"Neha Rao, neha@sahyadri.example"}, "role": {"owner"}}, "/start": {"command": {newID(t).String()}},
			"/people/" + f.owner.String(): {"do": {"password"}}, "/jobs": {"command": {newID(t).String()}, "process": {process}, "quantity": {"5"}},
			"/jobs/" + job.String() + "/at/printing": {"command": {newID(t).String()}, "do": {"done"}}, "/jobs/" + job.String() + "/change": {"command": {newID(t).String()}, "item": {"x"}},
			"/processes/" + process + "/move": {"command": {newID(t).String()}, "do": {"move"}, "job": {job.String()}},
		} {
			if b.post(path, form); b.status != 404 {
				t.Errorf("%s: %s answers %d", name, path, b.status)
			}
		}
	}
	for _, path := range []string{"/words", "/calendars", "/processes", "/processes/" + process} {
		look.get(path).says(404)
		help.get(path).says(200)
	}
	look.post("/calendars", url.Values{"name": {"Night"}}).says(404)
	help.post("/words", url.Values{"version": {"0"}, "one.en.job": {"order"}, "many.en.job": {"orders"}}).says(200)
	owner.get("/audit?kind=setup").says(200, "Neha Rao (support) added: the organisation's own words")
	owner.get("/audit?kind=refused").says(200, "Neha Rao (support) asked for what they may not: /audit")
	if after, err := f.db.Head(t.Context(), f.org); err != nil || after != before {
		t.Errorf("support moved something: %d, %d, %v", before, after, err)
	}
}

func TestAbuseSupportReachesAnotherOrganisation(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ours, theirs := h.firm("sahyadri"), h.firm("konkan")
	owner, other := ours.ownerBrowser(), theirs.ownerBrowser()
	other.newJob(theirs, "K-1", "500")
	job := theirs.jobNumbered("K-1").String()
	support := ours.supporter(ours.grant(owner))
	for _, path := range []string{"/jobs/" + job, "/jobs/" + job + "/at/printing", "/stages/" + theirs.process.ID.String() + "/printing"} {
		support.get(path).says(404).hides("K-1", "Kaju")
	}
	support.get("/find?q=K-1").hides("Kaju katli")
	support.get("/board?process=" + theirs.process.ID.String()).hides("K-1")
	at, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range support.client.Jar.Cookies(at) {
		if c.Name == "clicarity" { // the same secret, said to be of the other organisation
			raw := decode(t, c.Value)
			copy(raw, theirs.org[:])
			c.Value, c.Path = encode(raw), "/"
			support.client.Jar.SetCookies(at, []*http.Cookie{c})
		}
	}
	support.get("/board").hides("K-1", "You are here as support")
	link := ours.grant(owner) // and a link of one organisation is none of another
	raw := decode(t, strings.TrimPrefix(link, "/support/"))
	copy(raw, theirs.org[:])
	h.browser().get("/support/" + encode(raw)).says(404)
	other.get("/board").hides("Support may look")
	other.post("/support/end", nil)
	owner.get("/board").says(200, "Support may look")
}

// What is private to a role stays private to support, unless support is named.
func TestAbuseSupportReadsPrivateFields(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	p := flow.Process{ID: newID(t), Version: 1, Name: "Labels", Mode: flow.UnitMode, Stages: []flow.Stage{{Code: "a", Name: "Slitting"}},
		Fields: []flow.Field{{Code: "rate", Label: "Rate", Type: flow.TextField, For: []flow.Role{flow.Manager}}, {Code: "fault", Label: "Fault", Type: flow.TextField, For: []flow.Role{flow.Support}}}}
	if err := f.db.AddProcess(t.Context(), f.org, p); err != nil {
		t.Fatal(err)
	}
	id := newID(t)
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}
	a := flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{{ID: id, Number: "L-1", Fields: map[string]string{"rate": "Rs 4.75 each", "fault": "ribbon creases"}}}}
	if _, err := f.db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: a}); err != nil {
		t.Fatal(err)
	}
	owner := f.ownerBrowser()
	owner.get("/jobs/"+id.String()).says(200, "Rs 4.75 each", "ribbon creases")
	support := f.supporter(f.grant(owner, "all", "no", "process", p.ID.String()))
	support.get("/jobs/"+id.String()).says(200, "ribbon creases").hides("4.75", "Rate")
	support.get("/jobs/" + id.String() + "/at/a").hides("4.75")
	owner.newJob(f, "A-1", "500")
	support.get("/jobs/" + f.jobNumbered("A-1").String()).says(404) // another process
	support.get("/board?process=" + f.process.ID.String()).hides("A-1")
	support.get("/find?q=A-1").hides("Kaju katli")
}

// ended waits for a feed to end. It fails when the feed says anything about a job.
func (e *events) ended() {
	e.t.Helper()
	for e.lines.Scan() {
		if strings.HasPrefix(e.lines.Text(), "event: row") {
			e.t.Errorf("the feed went on: %s", e.lines.Text())
		}
	}
}

func TestAbuseSupportAfterRevocation(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1").String()
	link := f.grant(owner)
	support := f.supporter(link)
	feed := support.get("/jobs/" + job).follow("/live?job=" + job + "&jobs=" + job)
	feed.until(": live")
	quiet := f.supporter(f.grant(owner))
	if !strings.Contains(quiet.get("/quality").body, `data-live="/live"`) {
		t.Error("a page without a feed of its own does not notice the end")
	}
	waiting := quiet.follow("/live")
	waiting.until(": live")
	owner.post("/support/end", nil).says(200)
	feed.ended()
	waiting.ended()
	for _, path := range []string{"/jobs/" + job, "/board", "/find?q=A-1", "/live?job=" + job} {
		support.get(path).hides("A-1", "Kaju")
	}
	support.get(link).says(404)
	support.post(link, url.Values{"name": {"Neha Rao"}}).says(404)
}

func TestAbuseSupportAfterExpiry(t *testing.T) {
	t.Parallel()
	var c ahead
	f := openHouseAt(t, c.now).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1").String()
	began := c.now()
	link := f.grant(owner)
	support := f.supporter(link)
	for range 2 {
		c.move(25 * time.Minute)
		support.get("/jobs/"+job).says(200, "A-1")
	}
	grants, err := f.db.Grants(t.Context(), f.org, flow.ID{}, 1)
	if err != nil || grants[0].Until.Sub(began) < time.Hour {
		t.Fatal(grants, err)
	}
	c.move(grants[0].Until.Sub(c.now()) - 400*time.Millisecond)
	feed := support.follow("/live?job=" + job + "&jobs=" + job) // a feed looks at its session every fifteen seconds: this one must end by itself
	feed.ended()
	if c.now().Before(grants[0].Until) {
		t.Error("it ended before its time")
	}
	for _, path := range []string{"/jobs/" + job, "/board", "/find?q=A-1"} {
		support.get(path).hides("A-1", "Kaju", "You are here as support")
	}
	support.get(link).says(404)
	owner.get("/support").says(200, "Over").hides("Support may look", "End now")
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
