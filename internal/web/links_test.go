package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/postgres"
)

// outwork is a firm that has sent something to two vendors, each of whom has an account.
type outwork struct {
	*firm
	konkan, vasai  postgres.Vendor
	job, other     flow.ID // at Konkan, at Vasai
	challan, their string  // their challans
	member         flow.ID // of Konkan, with an account
}

// secret are words of the job that no vendor and no customer may read.
var secret = []string{"Mithai Ghar", "SECRET-PRICE", "Asha Patil", "Vasai Foil Works", "OTHER-7", "Ravi Kadam"}

func (h *house) outwork(slug string) *outwork {
	h.t.Helper()
	o := &outwork{firm: h.firm(slug), konkan: postgres.Vendor{ID: newID(h.t), Name: "Konkan Laminators", Place: "Bhiwandi"},
		vasai: postgres.Vendor{ID: newID(h.t), Name: "Vasai Foil Works"}, member: newID(h.t)}
	hire := func(id flow.ID, v postgres.Vendor, login string) error {
		return h.db.AddMember(h.t.Context(), o.org, postgres.Member{ID: id, Name: v.Name, Role: flow.Vendor, PasswordHash: "vendor pass", Created: time.Now(),
			Logins: []string{login + "@" + slug + ".example"}, Given: flow.Given{Vendors: []flow.ID{v.ID}}})
	}
	err := errors.Join(h.db.AddVendor(h.t.Context(), o.org, o.konkan), h.db.AddVendor(h.t.Context(), o.org, o.vasai),
		hire(o.member, o.konkan, "konkan"), hire(newID(h.t), o.vasai, "vasai"))
	if err != nil {
		h.t.Fatal(err)
	}
	o.job, o.challan = o.sent("OURS-1", o.konkan)
	o.other, o.their = o.sent("OTHER-7", o.vasai)
	return o
}

// sent makes a job with a customer and a price and sends it to a vendor.
func (o *outwork) sent(number string, v postgres.Vendor) (flow.ID, string) {
	o.t.Helper()
	job := newID(o.t)
	mark := flow.Mark{Org: o.org, Member: o.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}
	create := flow.Create{Process: o.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: job, Number: number, Customer: "Mithai Ghar", Item: "Kaju katli box",
		Quantity: flow.Units(500), Unit: "sheets", Fields: map[string]string{"rate": "SECRET-PRICE"}}}}
	for _, a := range []flow.Action{create, flow.Send{Vendor: v.ID, Expected: "2027-01-05", Note: "gloss film", Lines: []flow.SendLine{{Work: flow.Work{Job: job, Stage: "printing"}}}}} {
		if _, err := o.db.Do(o.t.Context(), mark, flow.Command{ID: newID(o.t), Action: a}); err != nil {
			o.t.Fatal(err)
		}
	}
	j, err := o.db.Job(o.t.Context(), o.org, job)
	if err != nil {
		o.t.Fatal(err)
	}
	return job, j.Stages[0].Out[0].Challan
}

func (o *outwork) vendorBrowser(login string) *browser {
	o.t.Helper()
	return o.browser().signIn(login+"@"+o.slug+".example", "vendor pass")
}

func workPath(number string) string { return "/work/" + url.PathEscape(number) }

// answers has a vendor tap a button.
func (b *browser) answers(path, challan, do string, more ...string) *browser {
	b.t.Helper()
	form := url.Values{"command": {newID(b.t).String()}, "challan": {challan}, "do": {do}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return b.post(path, form)
}

var linkAddress = regexp.MustCompile(`value="http://clicarity\.example(/l/[^"]+)"`)

// newestLink is the path of the link that a page shows first.
func (b *browser) newestLink() string {
	b.t.Helper()
	m := linkAddress.FindStringSubmatch(b.body)
	if m == nil {
		b.t.Fatalf("%s shows no link:\n%s", b.at, plain(b.body))
	}
	return m[1]
}

func (o *outwork) vendorLink(owner *browser) string {
	o.t.Helper()
	return owner.post("/vendors/"+o.konkan.ID.String()+"/links", url.Values{"challan": {o.challan}, "days": {"30"}}).newestLink()
}

func (o *outwork) customerLink(owner *browser) string {
	o.t.Helper()
	return owner.post("/jobs/"+o.job.String()+"/links", nil).newestLink()
}

func TestAVendorWithAnAccountAnswers(t *testing.T) {
	t.Parallel()
	o := openHouse(t).outwork("sahyadri")
	konkan, owner, path := o.vendorBrowser("konkan"), o.ownerBrowser(), workPath(o.challan)
	konkan.says(200, "Work with you", o.challan, "OURS-1", "500 sheets", "back by 05-01-2027").hides(secret...)
	konkan.get(path).says(200, "gloss film", "Kaju katli box", "Received", "Ready").hides(secret...)
	konkan.answers(path, o.challan, "here").says(200, "Saved: received", "received, ").hides(secret...)
	konkan.answers(path, o.challan, "here").says(422, "Nothing").hides(secret...)
	konkan.answers(path, o.challan, "ready", "quantity", "501", "note", "by tempo").says(409, "You entered 501, but only 500 are still out")
	if !strings.Contains(konkan.body, `value="501"`) || !strings.Contains(konkan.body, `value="by tempo"`) {
		t.Error("what was typed is lost")
	}
	konkan.answers(path, o.challan, "ready", "quantity", "many").says(422, "is not a number")
	konkan.answers(path, o.challan, "problem").says(422, "Write what the problem is")
	konkan.answers(path, o.challan, "", "problem", "Quantity is short").says(200, "they are told", "problem: Quantity is short")
	konkan.answers(path, o.challan, "ready", "quantity", "400").says(200, "400 sheets ready").hides(secret...)
	konkan.answers(path, o.challan, "fly").says(400)
	konkan.answers(path, o.challan, "ready", "command", "x").says(400)
	owner.get("/vendors/"+o.konkan.ID.String()).says(200, "400 sheets ready")
	owner.get("/challans/"+url.PathEscape(o.challan)).says(200, "400 sheets ready")
	owner.get("/jobs/"+o.job.String()+"/at/printing").says(200, "400 sheets ready")
	owner.get("/jobs/"+o.job.String()).says(200, "Konkan Laminators: 400 sheets ready, "+time.Now().In(time.FixedZone("IST", 19800)).Format("02-01-2006"), "“Quantity is short”")
	konkan.answers(path, o.challan, "back", "quantity", "400", "note", "by tempo").says(200, "400 sheets sent back")
	o.firm.account(o.job, "printing", "received 500 hand 0")
	owner.tap(o.job, "printing", "receive", "challan", o.challan, "good", "500").says(200)
	konkan.get("/work").says(200, "Nothing is with you now").hides(secret...)
	konkan.get(path).says(200, "All of it is back").hides(secret...)
	if _, err := o.db.Verify(t.Context(), o.org); err != nil {
		t.Error(err)
	}
}

// Vendors reach nothing but their own work, whatever they ask for.
func TestAbuseAVendorOpensOtherPages(t *testing.T) {
	t.Parallel()
	o := openHouse(t).outwork("sahyadri")
	konkan := o.vendorBrowser("konkan")
	job, stage := o.job.String(), "/stages/"+o.process.ID.String()+"/printing"
	for _, path := range []string{"/board", "/my", "/find?q=OURS-1", "/stages", stage, "/jobs/new", "/jobs/" + job, "/jobs/" + job + "/at/printing", "/live?after=0&job=" + job,
		"/jobs/" + o.other.String(), "/challans/" + url.PathEscape(o.challan), "/challans/" + url.PathEscape(o.their), workPath(o.their), workPath("DC/26-27/09999"), "/vendors",
		"/vendors/" + o.konkan.ID.String(), "/people", "/people/" + o.member.String(), "/processes", "/calendars", "/words", "/quality", "/trace?lot=x", "/intake", "/start"} {
		konkan.get(path).says(404, "Not found").hides(secret...).hides("Kaju katli")
	}
	for path, form := range map[string]url.Values{
		"/jobs/" + job + "/at/printing": {"do": {"receive"}, "challan": {o.challan}, "good": {"500"}}, "/jobs/" + job + "/links": {}, "/jobs/" + job + "/change": {"urgent": {"1"}},
		stage + "/send": {"job": {job}}, "/vendors/" + o.konkan.ID.String() + "/links": {"challan": {o.challan}}, "/links/" + newID(t).String() + "/revoke": {},
		workPath(o.their): {"do": {"ready"}}, "/jobs/" + job + "/undo": {"undoes": {newID(t).String()}}} {
		form.Set("command", newID(t).String())
		konkan.post(path, form).says(404).hides(secret...)
	}
	konkan.get("/").says(200, "Work with you").hides("/board", `action="/find"`, "/stages", "/people", "/vendors", "/my\"")
	o.firm.account(o.job, "printing", "received 500 hand 0")
}

// A form of one's own page that names another's challan, another's job or a stage where nothing of theirs is.
func TestAbuseAVendorAnswersForWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	o := openHouse(t).outwork("sahyadri")
	konkan := o.vendorBrowser("konkan")
	link := o.vendorLink(o.ownerBrowser())
	for _, line := range []string{o.other.String() + "/printing", o.job.String() + "/lamination", newID(t).String() + "/printing", "x"} {
		konkan.answers(workPath(o.challan), o.challan, "ready", "line", line).says(404).hides(secret...)
		konkan.answers(link, o.challan, "ready", "line", line).says(404).hides(secret...)
	}
	konkan.answers(link, o.their, "ready").says(404).hides(secret...)
	konkan.answers(link, "", "ready").says(404)
	j, err := o.db.Job(t.Context(), o.org, o.other)
	if err != nil || j.Stages[0].Out[0].Told != 0 {
		t.Errorf("somebody answered for another: %+v %v", j.Stages[0].Out, err)
	}
}

func TestAVendorAnswersByALink(t *testing.T) {
	t.Parallel()
	o := openHouse(t).outwork("sahyadri")
	owner, phone := o.ownerBrowser(), o.browser()
	link := o.vendorLink(owner)
	owner.says(200, "not opened yet", "until ", "Stop this link")
	if !strings.Contains(owner.body, "https://wa.me/?text=") || !strings.Contains(owner.body, `class="qr"`) {
		t.Error("the link is not there to share")
	}
	phone.get(link).says(200, "From Firm sahyadri", "Konkan Laminators", o.challan, "OURS-1", "500 sheets").hides(secret...).hides("Log in", "/work", "class=\"rail\"")
	phone.answers(link, o.challan, "here", "line", o.job.String()+"/printing").says(200, "Saved: received").hides(secret...)
	phone.answers(link, o.challan, "ready", "quantity", "600").says(409, "only 500").hides(secret...)
	phone.answers(link, o.challan, "ready", "quantity", "400").says(200, "400 sheets ready").hides(secret...)
	owner.get("/challans/"+url.PathEscape(o.challan)).says(200, "400 sheets ready", "opened: 6")
	owner.get("/jobs/"+o.job.String()).says(200, "Konkan Laminators: 400 sheets ready", "· link ·")
	j, err := o.db.Job(t.Context(), o.org, o.job)
	if err != nil || j.Stages[0].AtVendor != flow.Units(500) {
		t.Errorf("%+v %v", j.Stages[0], err)
	}
	second := owner.post("/vendors/"+o.konkan.ID.String()+"/links", url.Values{"challan": {o.challan}, "from": {"vendor"}}).says(200, "With them now").newestLink()
	members, err := o.db.Members(t.Context(), o.org, 100)
	if err != nil || len(members) != 5 || second == link {
		t.Errorf("%d members, %v", len(members), err) // one more for all links of a vendor
	}
	phone.get("/my").says(200, "Log in") // the link signs nobody in
}

func TestACustomerReadsTheMilestones(t *testing.T) {
	t.Parallel()
	o := openHouse(t).outwork("sahyadri")
	owner, phone := o.ownerBrowser(), o.browser()
	link := o.customerLink(owner)
	hidden := append([]string{"Printing", "Lamination", "Konkan", "500", "sheets", "OTHER", o.challan, o.job.String(), "/jobs/", "class=\"rail\""}, secret...)
	phone.get(link).says(200, "OURS-1", "Kaju katli box", "Order confirmed now", "In production to come", "Dispatched to come", "not fixed yet", "Not dispatched yet").hides(hidden...)
	for _, stage := range []string{"printing", "lamination", "dispatch"} {
		if stage == "printing" {
			owner.tap(o.job, stage, "receive", "challan", o.challan, "good", "490", "wasted", "10").says(200)
			phone.get(link).says(200, "In production now").hides(hidden...)
			continue
		}
		owner.tap(o.job, stage, "done").says(200)
	}
	phone.get(link).says(200, "Dispatched done", "Dispatched on ").hides(hidden...)
	phone.post("/language", url.Values{"language": {"hi"}, "to": {link}}).says(200, "भेजने को तैयार", "डिस्पैच हो गया").hides(hidden...)
	owner.get("/jobs/"+o.job.String()).says(200, "Links for the customer", "opened: 4")
}

// A customer's link opens nothing else: not the vendor's forms, and the pages behind it need a log-in.
func TestAbuseACustomerLinkOpensOtherThings(t *testing.T) {
	t.Parallel()
	o := openHouse(t).outwork("sahyadri")
	owner, phone := o.ownerBrowser(), o.browser()
	link := o.customerLink(owner)
	for _, do := range []string{"here", "ready", "back", "problem"} {
		phone.answers(link, o.challan, do, "note", "x").says(404, "Not found").hides(secret...)
	}
	for _, path := range []string{link + "/../" + o.other.String(), link + "/jobs", link + "/challans/" + url.PathEscape(o.challan), link + "x"} {
		phone.get(path).says(404)
	}
	for _, path := range []string{link + "?job=" + o.other.String(), link + "?stage=printing&expand=customer"} {
		phone.get(path).says(200, "OURS-1").hides(secret...)
	}
	for _, path := range []string{"/work", workPath(o.challan), "/jobs/" + o.job.String(), "/board"} {
		phone.get(path).says(200, "Log in").hides(secret...)
	}
	j, err := o.db.Job(t.Context(), o.org, o.job)
	if err != nil || j.Stages[0].Out[0].Told != 0 {
		t.Errorf("a customer answered: %+v %v", j.Stages[0].Out, err)
	}
}

// Tokens that were not made here, or for something else, or that are cut or changed, are answered like any other that opens
// nothing.
func TestAbuseForgedLinks(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	o, other := h.outwork("sahyadri"), h.firm("konkan")
	link := o.vendorLink(o.ownerBrowser())
	id, signer := newID(t), keys.New([keys.Size]byte{1})
	token := strings.TrimPrefix(link, "/l/")
	body, err := signer.Read("link", token)
	if err != nil {
		t.Fatal(err)
	}
	unknown := h.browser().get("/l/" + signer.Sign("link", append(o.org[:], id[:]...))).says(404).body
	for name, forged := range map[string]string{
		"nothing": "x", "one letter less": token[:len(token)-1], "half": token[:len(token)/2], "one letter more": token + "A", "padded": token + "=", "a letter changed": "B" + token[1:],
		"the last changed": token[:len(token)-2] + "AA", "another key": keys.New([keys.Size]byte{2}).Sign("link", body), "another use": signer.Sign("invitation", body),
		"of another organisation": signer.Sign("link", append(other.org[:], body[16:]...)), "too short": signer.Sign("link", body[:16]), "too long": signer.Sign("link", append(body[:32:32], 0)),
		"its own id as text": o.org.String()} {
		for _, b := range []*browser{h.browser().get("/l/" + forged), h.browser().answers("/l/"+forged, o.challan, "ready")} {
			if b.says(404).hides(secret...).body != unknown {
				t.Errorf("%s is answered otherwise:\n%s", name, plain(b.body))
			}
		}
	}
}

// What is over, revoked, or whose vendor was suspended opens nothing at the next request, and says no more than a forged one.
func TestAbuseLinksThatAreOver(t *testing.T) {
	t.Parallel()
	var days atomic.Int64
	h := openHouseAt(t, func() time.Time { return time.Now().AddDate(0, 0, int(days.Load())) })
	o := h.outwork("sahyadri")
	owner, phone := o.ownerBrowser(), o.browser()
	first, second, customer := o.vendorLink(owner), o.vendorLink(owner), o.customerLink(owner)
	unknown := phone.get("/l/x").says(404).body
	gone := func(link string) {
		t.Helper()
		for range 2 {
			if phone.get(link).says(404).hides(secret...).body != unknown {
				t.Errorf("%s is answered otherwise", link)
			}
			phone.answers(link, o.challan, "ready").says(404)
		}
	}
	phone.get(first).says(200)
	revoke := regexp.MustCompile(`/links/[^/"]+/revoke`)
	owner.get("/challans/" + url.PathEscape(o.challan))
	for _, path := range revoke.FindAllString(owner.body, 1) { // the newest: the second
		owner.post(path, nil).says(200, "Stopped")
	}
	gone(second)
	phone.get(first).says(200)
	left, err := h.db.Members(t.Context(), o.org, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range left {
		if m.Role == flow.Vendor && len(m.Logins) == 0 {
			if err := h.db.SetRole(t.Context(), o.org, m.ID, flow.Viewer, flow.Given{All: true}); err != nil {
				t.Fatal(err)
			}
			phone.answers(first, o.challan, "ready").says(404).hides(secret...)
			phone.get(first).says(200).hides(secret...).hides("OURS-1")
			if err := h.db.SetRole(t.Context(), o.org, m.ID, flow.Vendor, flow.Given{Vendors: []flow.ID{o.konkan.ID}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	days.Store(29)
	phone.get(first).says(200, "OURS-1")
	days.Store(31)
	gone(first)
	phone.get(customer).says(200, "OURS-1")
	days.Store(401)
	gone(customer)
}

// A customer's link ends thirty days after dispatch.
func TestACustomerLinkEndsAfterDispatch(t *testing.T) {
	t.Parallel()
	var days atomic.Int64
	h := openHouseAt(t, func() time.Time { return time.Now().AddDate(0, 0, int(days.Load())) })
	o := h.outwork("sahyadri")
	owner, phone := o.ownerBrowser(), o.browser()
	link := o.customerLink(owner)
	owner.tap(o.job, "printing", "receive", "challan", o.challan, "good", "500").says(200)
	owner.tap(o.job, "lamination", "done").says(200)
	owner.tap(o.job, "dispatch", "done").says(200)
	days.Store(29)
	phone.get(link).says(200, "Dispatched on")
	days.Store(31)
	phone.get(link).says(404)
	owner = o.ownerBrowser()
	owner.get("/jobs/"+o.job.String()).says(200, "Ended").hides("Share with customer")
	owner.post("/jobs/"+o.job.String()+"/links", nil).says(404)
}

// Links are made and ended only by those who may, of what is within their scope.
func TestAbuseLinksOutsideTheScope(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	o, theirs := h.outwork("sahyadri"), h.firm("konkan")
	elsewhere := flow.Process{ID: newID(t), Version: 1, Name: "Other", Mode: flow.UnitMode, Stages: []flow.Stage{{Code: "a", Name: "A"}}}
	err := errors.Join(h.db.AddProcess(t.Context(), o.org, elsewhere),
		h.db.AddMember(t.Context(), o.org, postgres.Member{ID: newID(t), Name: "Manager", Role: flow.Manager, PasswordHash: "manager pass", Logins: []string{"manager@sahyadri.example"},
			Created: time.Now(), Given: flow.Given{Processes: []flow.ID{elsewhere.ID}}}))
	if err != nil {
		t.Fatal(err)
	}
	owner := o.ownerBrowser()
	link := o.customerLink(owner)
	revoke := regexp.MustCompile(`/links/[^/"]+/revoke`).FindString(owner.body)
	for name, b := range map[string]*browser{"a manager of another process": h.browser().signIn("manager@sahyadri.example", "manager pass"), "an operator": o.operatorBrowser(),
		"a vendor": o.vendorBrowser("konkan"), "another organisation": theirs.ownerBrowser()} {
		for path, form := range map[string]url.Values{"/jobs/" + o.job.String() + "/links": {}, "/vendors/" + o.konkan.ID.String() + "/links": {"challan": {o.challan}}, revoke: {}} {
			if b.post(path, form).says(404).hides(secret[:2]...).status != 404 {
				t.Errorf("%s may post to %s", name, path)
			}
		}
	}
	vendor := "/vendors/" + o.konkan.ID.String() + "/links"
	for _, form := range []url.Values{{"challan": {o.their}}, {"challan": {o.challan, o.their}}, {"challan": {"DC/0"}}, {}} {
		owner.post(vendor, form).says(404)
	}
	owner.get(link).says(200)
}

// Pages that links open are found by no search engine, tell no other site where one came from, and stay in no cache.
func TestTheHeadersOfLinks(t *testing.T) {
	t.Parallel()
	o := openHouse(t).outwork("sahyadri")
	owner := o.ownerBrowser()
	for _, path := range []string{o.vendorLink(owner), o.customerLink(owner), "/l/x"} {
		r, err := http.Get(o.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || r.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %q, cookie %q", path, csp, r.Header.Get("Set-Cookie"))
		}
	}
	page := o.browser().get(o.customerLink(owner)).body
	if hosts := regexp.MustCompile(`https?://[^/"]+`).FindAllString(page, -1); len(hosts) > 0 {
		t.Errorf("the page names other hosts: %v", hosts)
	}
}

func TestALinkIsNotHammered(t *testing.T) {
	t.Parallel()
	fixed := time.Now()
	o := openHouseAt(t, func() time.Time { return fixed }).outwork("sahyadri")
	link, phone := o.customerLink(o.ownerBrowser()), o.browser()
	for range 60 {
		phone.get(link).says(200)
	}
	phone.get(link).says(429)
	for range 60 {
		phone.get("/l/x")
	}
	phone.get("/l/x").says(429)
}
