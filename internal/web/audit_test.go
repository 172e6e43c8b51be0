package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
	"clicarity/internal/trail"
	"clicarity/internal/web"
)

func (f *firm) memberBrowser(name string, role flow.Role) (*browser, flow.ID) {
	f.t.Helper()
	m := postgres.Member{ID: newID(f.t), Name: name, Role: role, PasswordHash: "their pass", Logins: []string{strings.ToLower(strings.Fields(name)[0]) + "@" + f.slug + ".example"},
		Created: time.Now(), Given: flow.Given{All: true}}
	if err := f.db.AddMember(f.t.Context(), f.org, m); err != nil {
		f.t.Fatal(err)
	}
	return f.browser().signIn(m.Logins[0], "their pass"), m.ID
}

// entries waits until the log has an entry of a kind, and gives all of the kind.
func (f *firm) entries(kind string) []postgres.Entry {
	f.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		page, err := f.db.AuditLog(f.t.Context(), f.org, postgres.AuditQuery{Kinds: []string{kind}, Limit: 100})
		if err != nil {
			f.t.Fatal(err)
		}
		if len(page.Entries) > 0 {
			return page.Entries
		}
	}
	f.t.Fatalf("no entry %s", kind)
	return nil
}

func TestTheAuditLogSaysWhatHappened(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	f.browser().post("/sign-in", url.Values{"login": {"ravi@sahyadri.example"}, "password": {"wrong"}}).says(422)
	f.browser().post("/sign-in", url.Values{"login": {"nobody@sahyadri.example"}, "password": {"wrong"}}).says(422)
	wrong := f.entries(postgres.AuditWrong)
	if n, err := wrong[0].Noted(); len(wrong) != 1 || err != nil || n.ID != f.operator.String() || !n.Member.IsZero() {
		t.Errorf("%d failures, %+v %v", len(wrong), n, err)
	}
	operator.get("/people").says(404)
	owner.newJob(f, "A-1", "500")
	job := f.jobNumbered("A-1")
	owner.tap(job, "printing", "report", "good", "500").says(200)
	operator.tap(job, "lamination", "report", "good", "100").says(200)
	history, err := f.db.Movements(t.Context(), f.org, 0, 10)
	if err != nil || len(history) < 3 {
		t.Fatal(history, err)
	}
	owners := history[1].Command // what the owner reported
	operator.post("/jobs/"+job.String()+"/undo", url.Values{"command": {newID(t).String()}, "undoes": {owners.String()}, "to": {"/my"}})
	owner.post("/vendors", url.Values{"name": {"Konkan Laminators"}}).says(200)
	owner.get("/processes/" + f.process.ID.String() + "/file").says(200)
	owner.post("/people/"+f.operator.String(), url.Values{"role": {"operator"}, "at": {f.process.ID.String() + ":printing"}}).says(200)
	operator.post("/sign-out", nil)
	owner.get("/audit").says(200, "Asha Patil signed in", "Ravi Kadam signed in", "Ravi Kadam signed out", "A sign-in of Ravi Kadam failed",
		"Ravi Kadam asked for what they may not: People", "Ravi Kadam was refused: taking back what somebody else reported. A-1",
		"Asha Patil added: vendor Konkan Laminators", "Asha Patil took out a file: process Cartons", "Asha Patil changed: member Ravi Kadam", "Sees and works at: one stage → one stage")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
	owner.post("/language", url.Values{"language": {"hi"}, "to": {"/audit"}})
	owner.get("/audit").says(200, "Asha Patil ने लॉग इन किया", "Ravi Kadam को मना हुआ: दूसरे की रिपोर्ट वापस लेना")
}

func TestTheAuditLogIsSearched(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	operator := f.operatorBrowser()
	operator.get("/people").says(404)
	old := postgres.As(t.Context(), postgres.Actor{Member: f.operator, At: time.Date(2026, 3, 5, 19, 0, 0, 0, time.UTC)}) // the 6th in India
	if err := f.db.Audit(old, f.org, postgres.Event{What: postgres.AuditExport, ID: "AbC-77", Detail: map[string]string{"list": "jobs"}}); err != nil {
		t.Fatal(err)
	}
	owner.get("/audit?person="+f.operator.String()).says(200, "Ravi Kadam signed in", "The program itself added: member Ravi Kadam").hides("Asha Patil signed in")
	owner.get("/audit?kind=refused").says(200, "Ravi Kadam asked for").hides("signed in<")
	owner.get("/audit?since=6-3-2026&until=06/03/26").says(200, "took out a file: jobs AbC-77").hides("signed in<")
	owner.get("/audit?until=5-3-2026").says(200, "Nothing in the log")
	owner.get("/audit?text=abc-77").says(200, "took out a file")
	owner.get("/audit?since=soon&text=keep").says(422, "“soon” is not a date")
	if !strings.Contains(owner.body, `value="keep"`) {
		t.Error("the form lost what was typed")
	}
	owner.get("/audit?text="+strings.Repeat("x", 81)).says(422, "too long")
	owner.get("/audit?person=nobody&kind=fly&at=x&seq=y").says(200, "signed in")
	for range 130 {
		if err := f.db.Audit(old, f.org, postgres.Event{What: postgres.AuditExport, ID: "many"}); err != nil {
			t.Fatal(err)
		}
	}
	seen, next := map[string]bool{}, "/audit"
	for pages := 0; next != "" && pages < 10; pages++ {
		owner.get(next).says(200)
		for _, m := range regexp.MustCompile(`#(\d+)</span>`).FindAllStringSubmatch(owner.body, -1) {
			if seen[m[1]] {
				t.Errorf("entry %s twice", m[1])
			}
			seen[m[1]] = true
		}
		next = ""
		if m := regexp.MustCompile(`href="(/audit\?[^"]*at=[^"]*)"`).FindStringSubmatch(owner.body); m != nil {
			next = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	head, err := f.db.AuditHead(t.Context(), f.org)
	if err != nil || int64(len(seen)) != head.Seq {
		t.Errorf("%d of %d entries on the pages, %v", len(seen), head.Seq, err)
	}
}

// What is typed into a search is never run as a pattern: it is found as it stands or not at all.
func TestAbuseReDoSInSearch(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "A-1", "500")
	if err := f.db.Audit(t.Context(), f.org, postgres.Event{What: postgres.AuditExport, ID: "(a+)+$" + strings.Repeat("a", 5000)}); err != nil {
		t.Fatal(err)
	}
	for _, evil := range []string{"(a+)+$", "((a|a)*)*b", ".*", "%", "_", `\`, "a{1,9999}{1,9999}", "[[:alpha:]]+$"} {
		owner.get("/find?q=" + url.QueryEscape(evil)).says(200).hides("A-1<")
		owner.get("/trace?lot=" + url.QueryEscape(evil)).says(200)
		owner.get("/audit?text=" + url.QueryEscape(evil)).says(200)
		if found := !strings.Contains(owner.body, "Nothing in the log"); found != (evil == "(a+)+$" || evil == "_" || evil == `\`) { // kinds have _ in them, what was given has \"
			t.Errorf("%q found something: %t", evil, found)
		}
	}
}

func TestAbuseAManagerReadsTheAuditLog(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	for role, name := range map[flow.Role]string{flow.Manager: "Meera Shah", flow.Supervisor: "Sunil Pawar", flow.Viewer: "Vidya Rao", flow.Operator: "Om Jadhav"} {
		b, id := f.memberBrowser(name, role)
		for _, path := range []string{"/audit", "/audit?person=" + f.owner.String(), "/audit/export", "/support"} {
			b.get(path).says(404, "Not found").hides("Asha Patil", "clicarity audit", f.owner.String())
		}
		b.post("/support", url.Values{"command": {newID(t).String()}, "reason": {"me"}, "all": {"yes"}, "hours": {"1"}}).says(404)
		b.post("/support/end", nil).says(404)
		b.get("/my").hides(`href="/audit"`, `href="/support"`)
		f.ownerBrowser().get("/audit?kind=refused&person="+id.String()).says(200, name+" asked for what they may not: /audit", name+" asked for what they may not: /support")
	}
	f.browser().get("/audit").says(200, "Log in") // nobody at all
	if grants, err := f.db.Grants(t.Context(), f.org, flow.ID{}, 10); err != nil || len(grants) > 0 {
		t.Errorf("%v %v", grants, err)
	}
}

// The file holds all of the log, its own export as the last entry, and checks without the database.
func TestTheAuditLogIsTakenOut(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	for i := range 1100 {
		if err := f.db.Audit(t.Context(), f.org, postgres.Event{What: postgres.AuditExport, ID: fmt.Sprint("<डिब्बा & ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	owner := f.ownerBrowser()
	key := trail.NewKey(keys.New([keys.Size]byte{1}).Derive("audit"))
	owner.get("/audit").says(200, "clicarity verify --audit FILE --key "+key.Fingerprint())
	for _, from := range []int64{1, 500} {
		owner.get(fmt.Sprintf("/audit/export?from=%d", from)).says(200)
		head, err := f.db.AuditHead(context.WithoutCancel(t.Context()), f.org)
		if err != nil {
			t.Fatal(err)
		}
		got, err := trail.Check(bytes.NewReader([]byte(owner.body)), key.Fingerprint())
		if err != nil || got.Organisation != f.org || got.Head != head.Seq || got.Entries != head.Seq-from+1 || got.Program != "test" {
			t.Errorf("from %d: %+v %v", from, got, err)
		}
		if last := owner.body[strings.LastIndex(strings.TrimSuffix(owner.body, "\n"), "\n{\"seq\"")+1:]; !strings.Contains(owner.body, `\"list\": \"audit\"`) {
			t.Errorf("the export is not in itself: %s", last)
		}
	}
	owner.get("/audit/export?from=999999").says(200)
	owner.get("/audit/export?from=-1").says(400)
	owner.get("/audit/export?from=x").says(400)
}

func TestTheHeadIsSwitchedOnByOwnersWithAnAddress(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/audit").says(200, "Mails are not set up on this server").hides(`value="on"`)
	owner.post("/audit/head", url.Values{"do": {"on"}}).says(400)
	g := openHouseWith(t, true).firm("konkan")
	with := g.ownerBrowser()
	with.get("/audit").says(200, "Send it to owner@konkan.example")
	with.post("/audit/head", url.Values{"do": {"on"}}).says(200, "You get the first mail tomorrow", "It is sent to owner@konkan.example", "Asha Patil added: daily mail of the log's end to Asha Patil")
	with.post("/audit/head", url.Values{"do": {"on"}}).says(200)
	with.post("/audit/head", url.Values{"do": {"off"}}).says(200, "No more mails are sent", "Send it to owner@konkan.example")
	manager, _ := g.memberBrowser("Meera Shah", flow.Manager)
	manager.post("/audit/head", url.Values{"do": {"on"}}).says(404)
}

func TestTheMailWithTheHeadSaysWhatToCompare(t *testing.T) {
	t.Parallel()
	pages, err := web.New(web.Config{URL: "https://jobs.example.in"})
	if err != nil {
		t.Fatal(err)
	}
	head := postgres.AuditChain{Seq: 65, Hash: [32]byte{0xab}}
	for _, lang := range letters.Languages() {
		l := letters.Write(lang.Code, pages.HeadMail(postgres.Organisation{Name: "Sahyadri"}, head, time.Date(2026, 11, 26, 19, 0, 0, 0, time.UTC)))
		if !strings.Contains(l.Subject, "65, 27-11-2026 00:30") || !strings.Contains(l.Text, "\nab000000") || !strings.Contains(l.Text, "https://jobs.example.in/audit") || strings.Contains(l.Subject+l.Text, "{") {
			t.Errorf("%s: %s\n%s", lang.Code, l.Subject, l.Text)
		}
	}
}
