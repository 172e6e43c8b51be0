package web_test

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

func sha(token [16]byte) [32]byte { return sha256.Sum256(token[:]) }

// shared is a device of a firm, and the browser of its tablet.
type shared struct {
	*firm
	id     flow.ID
	tablet *browser
}

func (f *firm) at(stages ...string) []string {
	var list []string
	for _, s := range stages {
		list = append(list, f.process.ID.String()+":"+s)
	}
	return list
}

var (
	idInPath = regexp.MustCompile(`/devices/([0-9a-f-]{36})`)
	codeIn   = regexp.MustCompile(`number code">([0-9A-Z]{4}-[0-9A-Z]{4})<`)
	pinIn    = regexp.MustCompile(`number code">([0-9]{4})<`)
)

// device enrols a device in the office and pairs a tablet with it.
func (f *firm) device(office *browser, name string, stages ...string) *shared {
	f.t.Helper()
	office.post("/devices", url.Values{"name": {name}, "place": {"Hall 2"}, "at": f.at(stages...)}).says(200, name, "No tablet yet")
	path := office.at.Path
	id, err := flow.ParseID(idInPath.FindStringSubmatch(path)[1])
	if err != nil {
		f.t.Fatal(err)
	}
	d := &shared{firm: f, id: id, tablet: f.browser()}
	d.tablet.post("/device/pair", url.Values{"at": {f.slug}, "code": {office.newCode(path)}}).says(200, "Who are you?", name)
	return d
}

func (b *browser) newCode(path string) string {
	b.t.Helper()
	b.post(path, url.Values{"do": {"code"}}).says(200, "The code works once")
	return codeIn.FindStringSubmatch(b.body)[1]
}

// member adds somebody of a role who works at stages; a manager gets everything.
func (f *firm) floorMember(name string, role flow.Role, stages ...string) flow.ID {
	f.t.Helper()
	m := postgres.Member{ID: newID(f.t), Name: name, Role: role, PasswordHash: name + " pass", Created: time.Now(),
		Logins: []string{strings.ToLower(strings.Fields(name)[0]) + "@" + f.slug + ".example"}, Given: flow.Given{All: len(stages) == 0}}
	for _, s := range stages {
		m.Given.Stages = append(m.Given.Stages, flow.StageRef{Process: f.process.ID, Stage: s})
	}
	if err := f.db.AddMember(f.t.Context(), f.org, m); err != nil {
		f.t.Fatal(err)
	}
	return m.ID
}

// pin gives somebody a PIN in the office.
func (b *browser) pin(member flow.ID, pin string) *browser {
	b.t.Helper()
	return b.post("/devices/people/"+member.String(), url.Values{"do": {"set_pin"}, "pin": {pin}}).says(200, "Saved.")
}

func (d *shared) in(member flow.ID, pin string) *browser {
	return d.tablet.post("/device/in", url.Values{"member": {member.String()}, "pin": {pin}})
}

func (d *shared) next() *browser { return d.tablet.post("/device/next", nil) }

func TestTwoOperatorsOnOneTablet(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	sunita := f.floorMember("Sunita Shinde", flow.Operator, "lamination", "dispatch")
	elsewhere := f.floorMember("Imran Shaikh", flow.Operator, "printing")
	d := f.device(owner, "Lamination tablet", "lamination", "dispatch")
	owner.pin(f.operator, "4711").pin(sunita, "8052").pin(elsewhere, "7135")
	owner.newJob(f, "T-1", "500")
	job := f.jobNumbered("T-1")
	owner.tap(job, "printing", "done").says(200)

	d.tablet.get("/device").says(200, "Ravi Kadam", "Sunita Shinde").hides("Imran Shaikh", "Asha Patil", "T-1")
	d.tablet.get("/device/in/"+f.operator.String()).says(200, "Ravi Kadam", "Your PIN")
	d.tablet.get("/device/in/" + elsewhere.String()).says(404)
	d.in(elsewhere, "7135").says(404)
	d.in(f.operator, "8052").says(422, "The PIN is not right")
	d.in(f.operator, "4711").says(200, "T-1", "Next person", "Ravi Kadam", "Lamination tablet")
	d.tablet.tap(job, "lamination", "report", "good", "300", "seen", "500").says(200, "300 sheets → Dispatch")
	d.next().says(200, "Who are you?")
	d.tablet.get("/my").says(200, "Who are you?") // nobody is in
	d.tablet.post("/jobs/"+job.String()+"/at/lamination", url.Values{"command": {newID(t).String()}, "do": {"done"}}).says(401)
	d.in(sunita, "८०५२").says(200, "Sunita Shinde")
	d.tablet.tap(job, "dispatch", "done").says(200)

	owner.get("/jobs/" + job.String())
	page := plain(owner.body)
	for _, line := range []string{"Ravi Kadam · Lamination tablet", "Sunita Shinde · Lamination tablet"} {
		if strings.Count(page, line) != 1 {
			t.Errorf("the history says %q %d times:\n%s", line, strings.Count(page, line), page)
		}
	}
	d.tablet.get("/device") // while somebody is in, it leads to their work
	if d.tablet.at.Path != "/my" {
		t.Errorf("it leads to %s", d.tablet.at)
	}
}

func TestABadgeOpensADevice(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	d := f.device(owner, "Tablet", "lamination")
	d.tablet.says(200, "Nobody has a PIN or badge for this device yet")
	token := [16]byte{7, 1, 2}
	if err := f.db.SetBadge(t.Context(), f.org, f.operator, sha(token), time.Now()); err != nil {
		t.Fatal(err)
	}
	badge := "CB" + crockford.EncodeToString(token[:])
	d.tablet.get("/device").says(200, "Ravi Kadam", "comes in by badge")
	d.tablet.post("/device/in", url.Values{"badge": {"JC-00001"}}).says(422, "That is not a badge")
	d.tablet.post("/device/in", url.Values{"badge": {"CB" + crockford.EncodeToString(make([]byte, 16))}}).says(422, "does not work here")
	d.tablet.post("/device/in", url.Values{"badge": {badge + "\r\n"}}).says(200, "Ravi Kadam", "Next person")
	f.browser().post("/device/in", url.Values{"badge": {badge}}).says(404) // not a device

	owner.post("/devices/people", url.Values{"do": {"badges"}, "member": {f.operator.String()}}).says(200, "Ravi Kadam", "shown only this once")
	if !strings.Contains(owner.body, `<svg class="qr"`) || strings.Contains(owner.body, badge) {
		t.Error("the sheet has no code, or the old one")
	}
	d.tablet.get("/my").says(200, "Who are you?") // the new badge put out who came in with the old one
	d.tablet.post("/device/in", url.Values{"badge": {badge}}).says(422, "does not work here")
	owner.post("/devices/people/"+f.operator.String(), url.Values{"do": {"no_badge"}}).says(200, "There is no badge yet")
}

// Whatever somebody may do in the office, a PIN opens the work and nothing else: every route there is says so.
func TestAPINNeverOpensAnOfficeScreen(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	manager, supervisor := f.floorMember("Kiran Rao", flow.Manager), f.floorMember("Lata More", flow.Supervisor)
	d := f.device(owner, "Tablet", "printing", "lamination", "dispatch")
	blank := regexp.MustCompile(`\{[^}]*\}`)
	there := map[string]string{"{process}": f.process.ID.String(), "{member}": f.operator.String(), "{device}": d.id.String()}
	office := 0
	for _, m := range []flow.ID{f.owner, manager, supervisor} {
		owner.pin(m, "4711")
		d.in(m, "4711").says(200, "Next person")
		for _, r := range f.pages.Routes() {
			if r.May&^(flow.Anybody|flow.MaySee|flow.MayReport) == 0 {
				continue
			}
			office++
			method, pattern, _ := strings.Cut(r.Pattern, " ")
			path := blank.ReplaceAllStringFunc(pattern, func(name string) string { return there[name] })
			if method == http.MethodGet {
				d.tablet.get(path).says(404).hides("Ravi Kadam")
			} else {
				d.tablet.post(path, url.Values{"do": {"remove"}}).says(404).hides("Ravi Kadam")
			}
		}
		d.tablet.get("/my").says(200, "Next person").hides(`href="/board"`, `href="/people"`, `href="/devices"`)
		d.next()
	}
	if office < 3*30 {
		t.Errorf("only %d office routes were tried", office)
	}
}

// At a device people see the device's stages only, however much is theirs.
func TestADeviceNarrowsWhatIsSeen(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	d := f.device(owner, "Tablet", "lamination")
	owner.pin(f.owner, "4711").newJob(f, "AT-PRINTING", "100")
	f.ownerBrowser().newJob(f, "AT-DISPATCH", "100")
	for _, stage := range []string{"printing", "lamination"} {
		owner.tap(f.jobNumbered("AT-DISPATCH"), stage, "done").says(200)
	}
	owner.newJob(f, "AT-LAMINATION", "100")
	owner.tap(f.jobNumbered("AT-LAMINATION"), "printing", "done").says(200)
	d.in(f.owner, "4711").says(200, "AT-LAMINATION").hides("AT-DISPATCH")
	queue := "/stages/" + f.process.ID.String()
	d.tablet.get(queue+"/lamination").says(200, "AT-LAMINATION")
	d.tablet.get(queue + "/printing").says(404)
	d.tablet.get(queue + "/dispatch").says(404)
	d.tablet.tap(f.jobNumbered("AT-DISPATCH"), "dispatch", "done").says(404)
	d.tablet.tap(f.jobNumbered("AT-LAMINATION"), "lamination", "start").says(200)
	// Other stages take effect at once.
	owner.post("/devices/"+d.id.String(), url.Values{"do": {"save"}, "name": {"Dispatch tablet"}, "at": f.at("dispatch")}).says(200, "Saved.", "Dispatch tablet")
	d.tablet.get(queue + "/lamination").says(404)
	d.tablet.get(queue+"/dispatch").says(200, "AT-DISPATCH", "Dispatch tablet")
}

func TestADeviceThatIsRemovedIsOutAtOnce(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	d := f.device(owner, "Tablet", "lamination")
	owner.pin(f.operator, "4711")
	d.in(f.operator, "4711").says(200, "Next person")
	second := f.browser() // another tablet takes its place
	second.post("/device/pair", url.Values{"at": {f.slug}, "code": {owner.newCode("/devices/" + d.id.String())}}).says(200, "Who are you?")
	d.tablet.get("/my").says(200, "Set up this tablet")
	d.in(f.operator, "4711").says(404)
	second.post("/device/in", url.Values{"member": {f.operator.String()}, "pin": {"4711"}}).says(200, "Next person")
	owner.post("/devices/"+d.id.String(), url.Values{"do": {"remove"}}).says(200).hides("Tablet</span>")
	second.get("/my").says(200, "Set up this tablet")
	second.post("/device/in", url.Values{"member": {f.operator.String()}, "pin": {"4711"}}).says(404)
	owner.get("/devices/" + d.id.String()).says(404)
}

func TestACodeLetsOneTabletInOnce(t *testing.T) {
	t.Parallel()
	clock := newClock()
	h := openHouseAt(t, clock.now)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	owner := f.ownerBrowser()
	d := f.device(owner, "Tablet", "lamination")
	path := "/devices/" + d.id.String()
	tablet := f.browser()
	pair := func(at, code string) *browser {
		clock.turn(time.Minute / 6)
		return tablet.post("/device/pair", url.Values{"at": {at}, "code": {code}})
	}
	code := owner.newCode(path)
	pair(f.slug, "7KQ2").says(422, "A letter or digit of the code is wrong", "Code")
	pair(other.slug, code).says(422, "This code does not work")
	pair("nobody", code).says(422, "This code does not work")
	pair("", code).says(422, "This code does not work")
	fresh := owner.newCode(path)
	pair(f.slug, code).says(422, "This code does not work") // a newer one was made
	pair(" "+strings.ToUpper(f.slug), strings.ToLower(fresh)).says(200, "Who are you?")
	pair(f.slug, fresh).says(422, "This code does not work")
	late := owner.newCode(path)
	clock.turn(10 * time.Minute)
	pair(f.slug, late).says(422, "This code does not work")
	tablet.get("/device").says(200, "Who are you?") // wrong codes leave a device what it is
	for range 40 {
		tablet.post("/device/pair", url.Values{"at": {f.slug}, "code": {late}})
	}
	tablet.says(429, "Too many tries")
	tablet.get("/devices").says(200, "Who are you?")
}

func TestADeviceIsAskedForWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	f.device(owner, "Tablet", "lamination")
	post := func(form url.Values) *browser { return owner.post("/devices", form) }
	post(url.Values{"place": {"Hall 2"}, "at": f.at("lamination")}).says(422, "Give the device a name")
	if !strings.Contains(owner.body, `value="Hall 2"`) {
		t.Error("the form lost the place")
	}
	post(url.Values{"name": {"Tablet 2"}}).says(422, "Tick at least one stage")
	post(url.Values{"name": {"Tablet"}, "at": f.at("lamination")}).says(422, "Another device has this name")
	post(url.Values{"name": {strings.Repeat("x", 61)}, "at": f.at("lamination")}).says(422, "60 characters")
	post(url.Values{"name": {"Tablet 3"}, "at": f.at("nowhere")}).says(422, "Tick at least one stage")
	owner.post("/devices/people", url.Values{"do": {"pins"}}).says(422, "Tick at least one person")
	owner.post("/devices/people/"+f.operator.String(), url.Values{"do": {"set_pin"}, "pin": {"1234"}}).says(422, "Everybody would try this PIN first")
	owner.post("/devices/people/"+f.operator.String(), url.Values{"do": {"set_pin"}, "pin": {"12"}}).says(422, "4 to 6 digits")
	owner.post("/devices/people/"+f.operator.String(), url.Values{"do": {"new_pin"}}).says(200, "The PIN is", "shown only now")
	if pin := pinIn.FindStringSubmatch(owner.body); pin == nil || flow.CheckPIN(pin[1]) != nil {
		t.Errorf("the PIN is %v", pin)
	}
	owner.post("/devices/people", url.Values{"do": {"pins"}, "member": {f.operator.String()}}).says(200, "New PINs: 1.", "Ravi Kadam")
	owner.post("/devices/people/"+f.operator.String(), url.Values{"do": {"no_pin"}}).says(200, "There is no PIN yet")
}

// A manager of some stages has to do with their devices and with the people who work there and nowhere else.
func TestAManagerSeesTheDevicesOfTheirStages(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	printer := f.floorMember("Imran Shaikh", flow.Operator, "printing")
	kiran := f.floorMember("Kiran Rao", flow.Manager, "lamination", "dispatch")
	press, lamination := f.device(owner, "Press tablet", "printing", "lamination"), f.device(owner, "Finishing tablet", "lamination")
	manager := f.browser().signIn("kiran@sahyadri.example", "Kiran Rao pass")
	manager.get("/devices").says(200, "Finishing tablet", "Dispatch").hides("Press tablet", "Printing")
	manager.get("/devices/"+lamination.id.String()).says(200, "Finishing tablet")
	manager.get("/devices/" + press.id.String()).says(404)
	for _, do := range []string{"code", "save", "let_in", "remove", "end_wait"} {
		manager.post("/devices/"+press.id.String(), url.Values{"do": {do}, "name": {"Mine"}, "at": f.at("lamination")}).says(404)
	}
	manager.post("/devices", url.Values{"name": {"Wider"}, "at": f.at("printing", "lamination")}).says(404)
	manager.post("/devices/"+lamination.id.String(), url.Values{"do": {"save"}, "name": {"Wider"}, "at": f.at("printing")}).says(404)
	manager.post("/devices", url.Values{"name": {"Dispatch tablet"}, "at": f.at("dispatch")}).says(200, "Dispatch tablet")
	manager.get("/devices/people").says(200, "Ravi Kadam", "Kiran Rao").hides("Imran Shaikh", "Asha Patil")
	for _, m := range []flow.ID{f.owner, printer} {
		manager.get("/devices/people/" + m.String()).says(404)
		manager.post("/devices/people/"+m.String(), url.Values{"do": {"set_pin"}, "pin": {"4711"}}).says(404)
		manager.post("/devices/people", url.Values{"do": {"badges"}, "member": {m.String()}}).says(422, "Tick at least one person")
	}
	manager.pin(kiran, "4711").pin(f.operator, "8052")
	f.operatorBrowser().get("/devices").says(404)
	for _, m := range []flow.ID{f.owner, printer} {
		if got, err := f.db.FloorMember(t.Context(), f.org, m); err != nil || !got.PIN.IsZero() || !got.Badge.IsZero() {
			t.Errorf("%+v %v", got, err)
		}
	}
}

// Somebody sets their own PIN with their password, in a session of their own.
func TestOnesOwnPIN(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, ravi := f.ownerBrowser(), f.operatorBrowser()
	d := f.device(owner, "Tablet", "lamination")
	ravi.get("/devices/me").says(200, "There is no PIN yet")
	ravi.post("/devices/me", url.Values{"pin": {"4711"}, "password": {"wrong"}}).says(422, "That is not your password")
	ravi.post("/devices/me", url.Values{"pin": {"4321"}, "password": {"operator pass"}}).says(422, "Everybody would try")
	d.in(f.operator, "4711").says(404)
	ravi.post("/devices/me", url.Values{"pin": {"4711"}, "password": {"operator pass"}}).says(200, "Your PIN is saved")
	d.in(f.operator, "4711").says(200, "Next person")
	d.tablet.get("/devices/me").says(404) // not on the floor
	d.tablet.post("/devices/me", url.Values{"pin": {"8052"}, "password": {"operator pass"}}).says(404)
	f.floorMember("Vinod Jain", flow.Viewer)
	f.browser().signIn("vinod@sahyadri.example", "Vinod Jain pass").get("/devices/me").says(404)
}

// A session at a device ends by itself when nobody does anything, and tells nobody what was there.
func TestAnIdleDeviceForgetsWhoWasIn(t *testing.T) {
	t.Parallel()
	clock := newClock()
	f := openHouseAt(t, clock.now).firm("sahyadri")
	owner := f.ownerBrowser()
	d := f.device(owner, "Tablet", "lamination")
	owner.pin(f.operator, "4711")
	d.in(f.operator, "4711").says(200, "Next person")
	for range 5 {
		clock.turn(60 * time.Second)
		d.tablet.get("/device/awake").says(204)
	}
	clock.turn(76 * time.Second)
	d.tablet.get("/device/awake").says(200, "Who are you?")
	d.tablet.get("/my").says(200, "Who are you?").hides("Next person")
}

// Coming in, wrong PINs and what is done to devices are in the audit log, without names.
func TestDevicesAreInTheAuditLog(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	d := f.device(owner, "Secret name", "lamination")
	owner.pin(f.operator, "4711")
	d.in(f.operator, "8052").says(422)
	d.in(f.operator, "4711").says(200)
	owner.post("/devices/"+d.id.String(), url.Values{"do": {"remove"}})
	var text string
	if err := pgtest.Owner(t, f.database).QueryRow(t.Context(), "select string_agg(content, E'\\n') from audit where org_id = $1", f.org).Scan(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"device_added"`, `"device_changed"`, `"device_removed"`, `"pin_added"`, `"sign_in_failed"`, `"via": "floor"`, `"sign_in"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not say %s:\n%s", want, text)
		}
	}
	for _, secret := range []string{"Secret name", "4711", "8052", "hash of", "Ravi"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log says %q", secret)
		}
	}
}

// More people than fit are on further pages, each once.
func TestTilesBeyondSixtyAreOnTheNextPage(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	d := f.device(f.ownerBrowser(), "Tablet", "lamination")
	for i := range 64 {
		m := postgres.Member{ID: newID(t), Name: fmt.Sprintf("Karigar %02d", i), Role: flow.Operator, PasswordHash: "x", Created: time.Now(),
			Given: flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "lamination"}}}}
		if err := errors.Join(f.db.AddMember(t.Context(), f.org, m), f.db.SetPIN(t.Context(), f.org, m.ID, "x", time.Now())); err != nil {
			t.Fatal(err)
		}
	}
	d.tablet.get("/device").says(200, "Karigar 00", "Karigar 59", "More people").hides("Karigar 60")
	d.tablet.get("/device?page=1").says(200, "Karigar 60", "Karigar 63", "Before").hides("Karigar 59")
	for _, page := range []string{"-1", "9", "x"} {
		d.tablet.get("/device?page="+page).says(200, "Karigar")
	}
}

// A device that is closed takes no badge either, and whoever is in there is out.
func TestAClosedDeviceTakesNobody(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	d := f.device(owner, "Tablet", "lamination")
	owner.pin(f.operator, "4711")
	d.in(f.operator, "4711").says(200, "Next person")
	token := [16]byte{7}
	err := errors.Join(f.db.SetBadge(t.Context(), f.org, f.owner, sha(token), time.Now()),
		f.db.WrongPIN(t.Context(), f.org, d.id, f.operator, true, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	d.tablet.get("/my").says(200, "Closed: too many wrong PINs")
	before := f.compared.Load()
	d.in(f.operator, "4711").says(200, "Closed: too many wrong PINs")
	d.tablet.post("/device/in", url.Values{"badge": {"CB" + crockford.EncodeToString(token[:])}}).says(200, "Closed: too many wrong PINs")
	d.tablet.get("/device/in/"+f.operator.String()).says(200, "Closed: too many wrong PINs")
	if f.compared.Load() != before {
		t.Error("a PIN was compared at a closed device")
	}
	owner.get("/devices").says(200, "Closed: too many wrong PINs")
	owner.post("/devices/"+d.id.String(), url.Values{"do": {"let_in"}}).says(200, "In use")
	d.in(f.operator, "4711").says(200, "Next person")
}

// Whoever loses their role or their stages loses them at the device too.
func TestAChangeOfScopeReachesTheFloor(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	d := f.device(owner, "Tablet", "lamination")
	owner.pin(f.operator, "4711")
	d.in(f.operator, "4711").says(200, "Next person")
	queue := "/stages/" + f.process.ID.String() + "/lamination"
	d.tablet.get(queue).says(200)
	if err := f.db.SetRole(t.Context(), f.org, f.operator, flow.Operator, flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "printing"}}}); err != nil {
		t.Fatal(err)
	}
	d.tablet.get(queue).says(404)
	d.next()
	d.tablet.hides("Ravi Kadam")
	d.in(f.operator, "4711").says(404)
}
