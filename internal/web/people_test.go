package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// member adds somebody with a role and returns their browser, signed in.
func (f *firm) member(name string, role flow.Role, g flow.Given) (flow.ID, *browser) {
	f.t.Helper()
	m := postgres.Member{ID: newID(f.t), Name: name, Role: role, Given: g, PasswordHash: name + " pass", Created: time.Now(),
		Logins: []string{strings.ToLower(name) + "@" + f.slug + ".example"}}
	if err := f.db.AddMember(f.t.Context(), f.org, m); err != nil {
		f.t.Fatal(err)
	}
	return m.ID, f.browser().signIn(m.Logins[0], m.PasswordHash)
}

func (f *firm) role(id flow.ID) (flow.Role, flow.Given) {
	f.t.Helper()
	m, err := f.db.Member(f.t.Context(), f.org, id)
	if err != nil {
		f.t.Fatal(err)
	}
	return m.Role, m.Given
}

var joinLink = regexp.MustCompile(`http://clicarity\.example(/join/[A-Za-z0-9_-]+)`)

// invite makes an invitation by link and returns its path.
func (b *browser) invite(pairs ...string) string {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	b.post("/people/invitations", form).says(200, "Here is the invitation")
	m := joinLink.FindStringSubmatch(b.body)
	if m == nil || !strings.Contains(b.body, `<svg class="qr"`) {
		b.t.Fatal("there is no link, or no QR code")
	}
	return m[1]
}

func joining(pairs ...string) url.Values {
	form := url.Values{"name": {"Sunita Pawar"}, "login": {"98200 00000"}, "password": {"six green parrots"}, "adult": {"1"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// Somebody is invited by a link, sees who invites to what and what is stored, is asked what is needed, and is in.
func TestSomebodyJoinsByInvitation(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, sunita := f.ownerBrowser(), f.browser()
	path := owner.invite("role", "operator", "at", f.process.ID.String()+":printing", "name", "Sunita")
	owner.get("/people").says(200, "Open invitations", "Sunita", "Operator · Printing", "from Asha Patil").hides(path)
	for range 2 { // looking uses nothing up
		sunita.get(path).says(200, "Asha Patil invites you to Firm sahyadri as: Operator", "What is stored about you", "18 or older")
	}
	for says, form := range map[string]url.Values{
		"Write your name": joining("name", " "), "Write your phone number or e-mail": joining("login", "Sunita"), "Only people of 18 or older can join": joining("adult", ""),
		"at least 10 characters": joining("password", "short"), "Everybody tries this password first": joining("password", "password12"), "phone number or e-mail cannot be used here": joining("login", "ravi@sahyadri.example"),
	} {
		sunita.post(path, form)
		if sunita.status != 422 && sunita.status != 409 {
			t.Errorf("%s: %d", says, sunita.status)
		}
		sunita.says(sunita.status, says)
	}
	sunita.post(path, joining()).says(200, "My jobs")
	sunita.get("/stages").says(200, "Printing").hides("Lamination")
	sunita.get(path).says(404, "This invitation is over")
	f.browser().signIn("9820000000", "six green parrots").get("/my").says(200, "My jobs")
	owner.get("/people").says(200, "Sunita Pawar", "Last seen").hides("Open invitations")
}

func TestInvitationsAreMailed(t *testing.T) {
	t.Parallel()
	h := openHouseWith(t, true)
	f := h.firm("sahyadri")
	owner := f.ownerBrowser()
	for _, evil := range []string{"nobody", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "<a@b.example>"} {
		owner.post("/people/invitations", url.Values{"mail": {evil}, "role": {"viewer"}, "all": {"1"}}).says(422, "is not an e-mail address")
	}
	owner.post("/people/invitations", url.Values{"mail": {" Neha@Sahyadri.example"}, "role": {"viewer"}, "all": {"1"}}).says(200, "on its way to neha@sahyadri.example").hides("/join/")
	mails, err := f.db.TakeMails(t.Context(), f.org, time.Now().Add(time.Second))
	if err != nil || len(mails) != 1 || mails[0].To != "neha@sahyadri.example" || !strings.Contains(mails[0].Subject, "Firm sahyadri") {
		t.Fatalf("%+v %v", mails, err)
	}
	path, neha := joinLink.FindStringSubmatch(mails[0].Text)[1], f.browser()
	neha.get(path).says(200, "The invitation is for this address")
	neha.post(path, joining("login", "evil@b.example", "name", "Neha Agarwal")).says(200, "Board")
	f.browser().signIn("neha@sahyadri.example", "six green parrots")
	if accounts, err := f.db.Accounts(t.Context(), "evil@b.example"); len(accounts) != 0 || err != nil {
		t.Errorf("the address was changed: %+v %v", accounts, err)
	}
}

// An invitation that was used, revoked, has run out, belongs to another organisation, or whose giver lost the right, lets
// nobody in, and all of them look the same.
func TestAbuseInvitationHijack(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := openHouseAt(t, func() time.Time { return now })
	f, other := h.firm("sahyadri"), h.firm("konkan")
	owner := f.ownerBrowser()
	viewer := []string{"role", "viewer", "all", "1"}
	used, revoked, late, orphan := owner.invite(viewer...), "", "", ""
	f.browser().post(used, joining("login", "one@b.example")).says(200)
	revoked = owner.invite(viewer...)
	owner.get("/people")
	id := regexp.MustCompile(`/people/invitations/([0-9a-f-]{36})/revoke`).FindStringSubmatch(owner.body)[1]
	other.ownerBrowser().post("/people/invitations/"+id+"/revoke", nil).says(404)
	f.operatorBrowser().post("/people/invitations/"+id+"/revoke", nil).says(404)
	owner.post("/people/invitations/"+id+"/revoke", nil).says(200).hides("Open invitations")
	late = owner.invite(viewer...)
	managerID, manager := f.member("Vikram", flow.Manager, flow.Given{All: true})
	manager.post("/people/invitations", url.Values{"role": {"manager"}, "all": {"1"}}).says(404)
	manager.post("/people/invitations", url.Values{"role": {"owner"}}).says(404)
	orphan = manager.invite(viewer...)
	owner.post("/people/"+managerID.String(), url.Values{"do": {"suspend"}}).says(200, "Suspended")
	now = now.Add(7*24*time.Hour + time.Minute)
	swapped := other.org.String()
	bodies := map[string]bool{}
	for name, path := range map[string]string{"used": used, "revoked": revoked, "late": late, "of a manager who is out": orphan, "made up": "/join/" + strings.Repeat("A", 64), "of another organisation": "/join/" + swapped, "none": "/join/x"} {
		thief := f.browser()
		thief.get(path).says(404, "This invitation is over")
		bodies[strings.ReplaceAll(thief.body, path, "")] = true
		thief.post(path, joining("login", name+"@b.example")).says(404, "This invitation is over")
		thief.get("/my").says(200, "Log in")
	}
	if len(bodies) != 1 {
		t.Errorf("the answers differ: %d kinds", len(bodies))
	}
}

// Whatever a form says beside what it may, nobody's role or organisation changes by it.
func TestAbuseMassAssignment(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	managerID, manager := f.member("Vikram", flow.Manager, flow.Given{All: true})
	supervisorID, supervisor := f.member("Sunil", flow.Supervisor, flow.Given{Processes: []flow.ID{f.process.ID}})
	extra := url.Values{"role": {"owner"}, "org": {other.org.String()}, "org_id": {other.org.String()}, "id": {f.owner.String()}, "member": {f.owner.String()}, "given": {`{"all":true}`}, "all": {"1"}, "do": {"give"}}
	for _, b := range []*browser{manager, supervisor} {
		for _, path := range []string{"/people/" + managerID.String(), "/people/" + supervisorID.String(), "/people/" + f.owner.String(), "/people"} {
			b.post(path, extra)
			if b.status == http.StatusOK && b == supervisor || b.status >= 500 {
				t.Errorf("%s: %d", path, b.status)
			}
		}
		b.post("/language", url.Values{"language": {"hi"}, "role": {"owner"}, "to": {"/my"}})
		b.post("/people/invitations", extra)
	}
	path := f.ownerBrowser().invite("role", "viewer", "all", "1")
	f.browser().post(path, joining("role", "owner", "org", other.org.String(), "all", "1", "login", "v@b.example")).says(200)
	accounts, err := f.db.Accounts(t.Context(), "v@b.example")
	if err != nil || len(accounts) != 1 || accounts[0].Role != flow.Viewer || accounts[0].Org != f.org {
		t.Errorf("%+v %v", accounts, err)
	}
	for id, want := range map[flow.ID]flow.Role{managerID: flow.Manager, supervisorID: flow.Supervisor, f.owner: flow.Owner} {
		if role, _ := f.role(id); role != want {
			t.Errorf("a %s is now %s", want, role)
		}
	}
	manager.post("/people/"+supervisorID.String(), url.Values{"do": {"give"}, "role": {"operator"}, "at": {f.process.ID.String() + ":printing"}}).says(200)
	for _, to := range []string{"manager", "owner", "support", "program", "boss"} {
		manager.post("/people/"+supervisorID.String(), url.Values{"do": {"give"}, "role": {to}, "all": {"1"}})
		if role, _ := f.role(supervisorID); role != flow.Operator || manager.status == 200 {
			t.Errorf("a manager made a %s of an operator: %d", role, manager.status)
		}
	}
}

// A manager of one site neither sees nor touches whom the site does not hold, and gives nothing beyond it.
func TestAbuseScopeBypassByPeople(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.firm("sahyadri")
	owner := f.ownerBrowser()
	owner.post("/sites", url.Values{"name": {"Vasai plant"}}).says(200, "Saved")
	owner.post("/sites", url.Values{"name": {"Pune plant"}}).says(200)
	owner.post("/sites", url.Values{"name": {"vasai  PLANT "}}).says(409, "already")
	owner.post("/sites", url.Values{"name": {" "}}).says(422, "Write the name")
	owner.post("/sites/vasai-plant", url.Values{"name": {"Vasai"}}).says(200, "Saved")
	owner.post("/sites/nowhere", url.Values{"name": {"Vasai 2"}}).says(404)
	vasai := flow.Given{All: true, Sites: []string{"vasai-plant"}}
	inside, _ := f.member("Inside", flow.Operator, flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "printing"}}, Sites: []string{"vasai-plant"}})
	outside, _ := f.member("Outside", flow.Operator, flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "printing"}}})
	_, manager := f.member("Vikram", flow.Manager, vasai)
	for _, path := range []string{"/people", "/people?q=o", "/people?q=" + url.QueryEscape("outside@"), "/people?q=%25", "/people?q='%20or%201=1--"} {
		manager.get(path).says(200).hides("Outside", "Asha Patil", outside.String())
	}
	manager.get("/people").says(200, "Inside")
	manager.get("/sites").says(404)
	for _, id := range []flow.ID{outside, f.owner} {
		manager.get("/people/" + id.String()).says(404)
		for _, do := range []string{"password", "suspend", "remove", "let_in", "give", "step_down"} {
			manager.post("/people/"+id.String(), url.Values{"do": {do}, "role": {"viewer"}, "all": {"1"}, "site": {"vasai-plant"}}).says(404)
		}
	}
	manager.post("/people/"+inside.String(), url.Values{"do": {"give"}, "role": {"operator"}, "all": {"1"}}).says(422, "Tick at least one site")
	manager.post("/people/"+inside.String(), url.Values{"do": {"give"}, "role": {"operator"}, "all": {"1"}, "site": {"pune-plant"}}).says(404)
	manager.post("/people/"+inside.String(), url.Values{"do": {"give"}, "role": {"viewer"}, "all": {"1"}, "site": {"vasai-plant"}}).says(200, "Saved")
	owner.newJob(f, "IN-0", "5")
	manager.post("/jobs", url.Values{"command": {newID(t).String()}, "process": {f.process.ID.String()}, "number": {"IN-1"}, "item": {"Peda box"}, "quantity": {"5"}, "then": {"open"}}).says(200, "IN-1", "Vasai")
	manager.post("/jobs", url.Values{"command": {newID(t).String()}, "process": {f.process.ID.String()}, "number": {"IN-2"}, "item": {"Peda box"}, "quantity": {"5"}, "site": {"pune-plant"}}).says(422, "Site")
	for _, path := range []string{"/board", "/find?q=IN", "/board?sort=site&site=", "/my", "/my?stage=printing", "/stages/" + f.process.ID.String() + "/printing?site="} {
		manager.get(path).says(200).hides("IN-0")
	}
	manager.get("/board").says(200, "IN-1", "Vasai")
	manager.get("/jobs/" + f.jobNumbered("IN-0").String()).says(404)
	job := f.jobNumbered("IN-1")
	owner.post("/jobs/"+job.String()+"/change", url.Values{"command": {newID(t).String()}, "item": {"Peda box"}, "site": {""}}).says(200, "Site: Vasai → –")
	manager.get("/jobs/" + job.String()).says(404)
}

// A private field is nowhere for those who may not read it: not on the job's page, its cards, its history, the forms, the
// lists nor the search.
func TestAbusePrivateFieldLeak(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.stages(func(p *flow.Process) {
		p.Fields = []flow.Field{{Code: "rate", Label: "Rate secret", Type: flow.NumberField, For: []flow.Role{flow.Manager}}}
		p.Stages[0].Fields = []flow.Field{{Code: "paid", Label: "Paid secret", Type: flow.TextField, For: []flow.Role{flow.Manager, flow.Operator}}}
	})
	owner := f.ownerBrowser()
	_, viewer := f.member("Neha", flow.Viewer, flow.Given{All: true})
	_, supervisor := f.member("Sunil", flow.Supervisor, flow.Given{All: true})
	_, manager := f.member("Vikram", flow.Manager, flow.Given{All: true})
	owner.post("/jobs", url.Values{"command": {newID(t).String()}, "process": {f.process.ID.String()}, "number": {"P-1"}, "item": {"Peda box"}, "quantity": {"500"}, "v_rate": {"987654"}, "then": {"open"}}).says(200, "9,87,654")
	job := f.jobNumbered("P-1")
	owner.tap(job, "printing", "report", "good", "100", "v_paid", "hush 4711").says(200)
	owner.post("/jobs/"+job.String()+"/change", url.Values{"command": {newID(t).String()}, "item": {"Peda box"}, "v_rate": {"876543"}, "reason": {"new price"}}).says(200, "8,76,543")
	here := "/jobs/" + job.String()
	for name, b := range map[string]*browser{"viewer": viewer, "supervisor": supervisor} {
		for _, path := range []string{here, here + "?change=1", here + "/at/printing", here + "/at/lamination", "/board", "/my", "/stages/" + f.process.ID.String() + "/printing", "/find?q=P-1"} {
			if b.get(path); b.status != 200 {
				t.Errorf("%s: %s is %d", name, path, b.status)
			}
			b.hides("987654", "9,87,654", "876543", "8,76,543", "hush 4711", "secret")
		}
	}
	for _, b := range []*browser{viewer, supervisor, manager} { // nor is it searched, for anybody
		for _, q := range []string{"987654", "876543", "hush", "4711"} {
			b.get("/find?q=" + q).says(200).hides("P-1")
		}
	}
	manager.get(here).says(200, "8,76,543", "Rate secret", "hush 4711")
	supervisor.post(here+"/change", url.Values{"command": {newID(t).String()}, "v_rate": {"1"}, "due": {"14/10/2027"}}).says(200)
	manager.get(here).says(200, "8,76,543")
}

// A job is given to somebody who works there, who sees it first; to nobody else.
func TestAJobIsAssigned(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	owner, ravi := f.ownerBrowser(), f.operatorBrowser()
	for _, n := range []string{"S-1", "S-2"} {
		owner.newJob(f, n, "5")
		owner.tap(f.jobNumbered(n), "printing", "done").says(200)
	}
	job := f.jobNumbered("S-2")
	to := func(b *browser, id string) *browser {
		return b.post("/jobs/"+job.String()+"/at/lamination/assign", url.Values{"command": {newID(t).String()}, "to": {id}})
	}
	printer, _ := f.member("Printer", flow.Operator, flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "printing"}}})
	to(ravi, f.operator.String()).says(404)
	for _, id := range []string{printer.String(), other.operator.String(), newID(t).String(), "x"} {
		to(owner, id).says(404)
	}
	to(owner, f.operator.String()).says(200, "for Ravi Kadam")
	ravi.get("/my").says(200, "for you")
	if strings.Index(ravi.body, "S-2") > strings.Index(ravi.body, "S-1") {
		t.Error("what is Ravi's own does not come first")
	}
	owner.get("/jobs/"+job.String()).says(200, "For Ravi Kadam", "for Ravi Kadam")
	_, mine := f.member("Meena", flow.Operator, flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "lamination"}}, Mine: true})
	mine.get("/my").says(200).hides("S-1", "S-2")
	to(owner, "").says(200, "assigned").hides("for Ravi Kadam")
}

// Somebody whose scope is taken away while a page is open hears nothing more of what was in it.
func TestAbuseADemotedMemberStopsReceiving(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "D-1", "500").says(200)
	owner.newJob(f, "D-2", "500").says(200)
	far, near := f.jobNumbered("D-1"), f.jobNumbered("D-2")
	owner.tap(near, "printing", "done").says(200)
	id, supervisor := f.member("Sunil", flow.Supervisor, flow.Given{All: true})
	supervisor.get("/board").says(200, "D-1")
	address := strings.ReplaceAll(regexp.MustCompile(`data-live="([^"]+)"`).FindStringSubmatch(supervisor.body)[1], "&amp;", "&") + "&stages=" + f.process.ID.String() + ":printing," + f.process.ID.String() + ":lamination"
	feed := supervisor.follow(address)
	feed.until(": live")
	owner.tap(far, "printing", "start").says(200)
	feed.until("event: row")
	feed.until("id:")
	asked := time.Now()
	owner.post("/people/"+id.String(), url.Values{"do": {"give"}, "role": {"operator"}, "at": {f.process.ID.String() + ":lamination"}}).says(200, "Saved")
	feed.until(": beat")                                                                        // the feed has looked again
	t.Logf("out of reach %s after it was asked for", time.Since(asked).Round(time.Millisecond)) // -v shows it; no test depends on it
	owner.tap(far, "printing", "report", "good", "1", "seen", "500").says(200)
	owner.tap(near, "lamination", "start").says(200)
	for _, line := range feed.until("id: ") {
		if strings.Contains(line, "D-1") && strings.Contains(line, "Printing") {
			t.Errorf("the feed still says %s", line)
		}
	}
	supervisor.get("/board").says(404)
	owner.post("/people/"+id.String(), url.Values{"do": {"suspend"}}).says(200)
	feed.ends()
	supervisor.get("/my").says(200, "Log in")
}

// ends reads the feed up to its end: whatever still comes says nothing.
func (e *events) ends() {
	e.t.Helper()
	for e.lines.Scan() {
		if strings.HasPrefix(e.lines.Text(), "data: {\"job\"") {
			e.t.Errorf("the feed says %s", e.lines.Text())
		}
	}
}

// An owner hands over and steps down; the last one cannot.
func TestOwnershipIsHandedOver(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.firm("sahyadri")
	owner := f.ownerBrowser()
	self := "/people/" + f.owner.String()
	owner.get(self).says(200, "Step down as owner", "Leave the company")
	owner.post(self, url.Values{"do": {"step_down"}}).says(409, "always has an owner")
	owner.post("/leave", url.Values{"sure": {"1"}}).says(409, "always has an owner")
	id, harish := f.member("Harish", flow.Manager, flow.Given{All: true})
	owner.post("/people/"+id.String(), url.Values{"do": {"give"}, "role": {"owner"}}).says(200, "Owner")
	owner.post(self, url.Values{"do": {"step_down"}}).says(200, "Manager")
	owner.post("/people/"+id.String(), url.Values{"do": {"suspend"}}).says(404)
	harish.post("/leave", nil).says(422, "Tick that you leave")
	harish.post(self, url.Values{"do": {"remove"}}).says(200, "What they did stays")
	owner.get("/my").says(200, "Log in")
	spy := h.firm("konkan").ownerBrowser()
	for _, do := range []string{"give", "suspend", "remove", "password"} {
		spy.post("/people/"+id.String(), url.Values{"do": {do}, "role": {"viewer"}, "all": {"1"}}).says(404)
	}
	operator := f.operatorBrowser()
	operator.get("/leave").says(200, "Leave the company")
	operator.post("/leave", url.Values{"sure": {"1"}}).says(200, "Log in")
	if role, _ := f.role(f.operator); role != flow.Operator {
		t.Errorf("who left is %s", role)
	}
}
