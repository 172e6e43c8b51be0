package web_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"clicarity/internal/blueprint"
	"clicarity/internal/flow"
)

// designerForm is a form as a browser would send it back: every input of the page's designer with its value.
func designerForm(t *testing.T, body string) url.Values {
	t.Helper()
	start := strings.Index(body, `id="design"`)
	if start < 0 {
		t.Fatalf("there is no designer:\n%s", body)
	}
	part := body[start:]
	part = part[:strings.Index(part, "</form>")]
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input([^>]*)>`).FindAllStringSubmatch(part, -1) {
		name, value := attribute(m[1], "name"), attribute(m[1], "value")
		if strings.Contains(m[1], `type="checkbox"`) && !strings.Contains(m[1], " checked") {
			continue
		}
		form.Add(name, value)
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(part, -1) {
		form.Add(m[1], html.UnescapeString(m[2]))
	}
	for _, m := range regexp.MustCompile(`(?s)<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(part, -1) {
		if o := regexp.MustCompile(`<option(?: value="([^"]*)")? selected>([^<]*)`).FindStringSubmatch(m[2]); o != nil {
			form.Add(m[1], html.UnescapeString(o[1]))
		}
	}
	return form
}

func attribute(tag, name string) string {
	m := regexp.MustCompile(name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func clone(form url.Values, pairs ...string) url.Values {
	c := url.Values{}
	for k, v := range form {
		c[k] = append([]string{}, v...)
	}
	for i := 0; i < len(pairs); i += 2 {
		c.Set(pairs[i], pairs[i+1])
	}
	return c
}

// An owner takes a template of the trade, makes it the factory's own, publishes it, and new jobs follow it while the
// running ones keep theirs.
func TestAProcessFromATemplateToPublishedTwice(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/templates?q=lamination+carton").says(200, "Mono cartons").hides("Recruitment")
	owner.get("/templates?q=zzz").says(200, "No template has these words")
	owner.get("/templates/packaging").says(200, "Die Cutting", "× 8", "Use this template", "Board")
	command := newID(t).String()
	owner.post("/processes", url.Values{"command": {command}, "template": {"packaging"}}).says(200, "Mono cartons")
	here := owner.at.Path
	owner.post("/processes", url.Values{"command": {command}, "template": {"packaging"}}).says(200, "Mono cartons")
	owner.get("/processes").says(200, "Mono cartons", "Cartons")
	if n := strings.Count(owner.body, "Mono cartons"); n != 1 {
		t.Errorf("the form sent twice made %d processes", n)
	}
	owner.get(here)
	form := designerForm(t, owner.body)
	if len(form["s"]) != 21 || form.Get("yields.12") != "8" || form.Get("mode") != "quantity" {
		t.Fatalf("the form does not hold the process: %v", form)
	}
	owner.post(here, clone(form, "do", "up.2")).says(200)
	if moved := designerForm(t, owner.body); moved["s"][0] != "2" || moved["s"][1] != "1" {
		t.Errorf("the stage did not move: %v", moved["s"])
	}
	owner.post(here, clone(form, "do", "add")).says(200)
	if more := designerForm(t, owner.body); len(more["s"]) != 22 {
		t.Errorf("no stage was added: %v", more["s"])
	}
	owner.post(here, clone(form, "do", "publish", "stage.3", "")).says(422, "has no name")
	owner.post(here, clone(form, "do", "publish", "stage.3", "Printing")).says(422, "“Printing” is there twice")
	owner.post(here, clone(form, "do", "publish", "target.3", "soon")).says(422, "“soon” does not fit “Target”")
	owner.post(here, clone(form, "do", "publish", "over", "five")).says(422, "does not fit")
	owner.post(here, clone(form, "do", "save", "name", "Sweet boxes")).says(200, "draft, not published")
	owner.get("/processes").says(200, "Mono cartons").hides("Sweet boxes")
	owner.post(here, url.Values{"do": {"drop"}}).says(200).hides("draft, not published")
	owner.post(here, clone(form, "do", "publish", "name", "Sweet boxes", "yearly", "1", "target.3", "2d")).says(200, "Version 2 is published")
	owner.post(here, clone(form, "do", "publish")).says(409, "Somebody has published another version")

	process, err := flow.ParseID(strings.TrimPrefix(here, "/processes/"))
	if err != nil {
		t.Fatal(err)
	}
	job := url.Values{"command": {newID(t).String()}, "process": {process.String()}, "item": {"Peda box"}, "quantity": {"1000"}}
	owner.get("/jobs/new?process="+process.String()).says(200, "Box L×W×H", "Die Cutting: 1 sheets = how many cartons?")
	owner.post("/jobs", job).says(422, "Fill in “Box L×W×H” first")
	owner.post("/jobs", clone(job, "v_box-l-w-h", "200 × 120 × 40", "v_board", "SBS 300", "y_die-cutting", "twelve")).says(422, "“twelve” does not fit “Die Cutting”")
	owner.post("/jobs", clone(job, "v_box-l-w-h", "200 × 120 × 40", "v_board", "SBS 300", "y_die-cutting", "12", "then", "open")).says(200, "Peda box", "Box L×W×H 200 × 120 × 40")
	number := regexp.MustCompile(`PK/\d\d-\d\d/00001`).FindString(owner.body)
	if number == "" {
		t.Fatal("the number does not carry the year")
	}
	made := f.jobNumbered(number)
	j, err := f.db.Job(t.Context(), f.org, made)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := j.Stage("die-cutting"); s.Yields.String() != "12" || j.Version != 2 {
		t.Errorf("the job does not have its own ratio or the new version: %+v", j)
	}

	// A stage that is taken out keeps its column as long as something is there.
	owner.get(here)
	form = designerForm(t, owner.body)
	first := form["s"][0]
	owner.post(here, clone(form, "do", "remove."+first)).says(200)
	owner.post(here, clone(designerForm(t, owner.body), "do", "publish")).says(200, "Version 3 is published")
	owner.get("/board?process="+process.String()).says(200, "Enquiry Received", number)
	owner.get("/stages").says(200, "Enquiry Received")
	owner.tap(made, "enquiry-received", "done").says(200)
	owner.get("/board?process="+process.String()).says(200, number).hides("Enquiry Received")
}

// The gallery speaks the reader's language: every trade has a name and a sentence in each, and can be searched for in it.
func TestTheGalleryInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	for _, tpl := range blueprint.Gallery() {
		owner.get("/templates?q="+url.QueryEscape(tpl.Process.Name)).says(200, tpl.Process.Name, tpl.Process.About)
	}
	owner.post("/language", url.Values{"language": {"hi"}, "to": {"/templates"}}).says(200, "मोनो कार्टन", "आभूषण").hides("trade_", "Mono cartons")
	owner.get("/templates?q="+url.QueryEscape("जड़ाई")).says(200, "आभूषण").hides("मोनो कार्टन")
	owner.get("/templates?q=mono+cartons").says(200, "मोनो कार्टन")
	owner.get("/templates?q=lamination").says(200, "मोनो कार्टन")
	owner.get("/templates/rigid-boxes").says(200, "रिजिड बॉक्स", "पेस्टिंग पर जुड़ते हैं")
}

// A process goes out as a file and comes in again; a broken file names line and reason.
func TestAProcessAsAFile(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	here := "/processes/" + f.process.ID.String()
	owner.get(here + "/file")
	file := owner.body
	if !strings.HasPrefix(file, "name: Cartons\nmode: quantity\nunit: sheets\n") {
		t.Errorf("the file reads:\n%s", file)
	}
	owner.post("/processes", url.Values{"command": {newID(t).String()}, "from": {"file"}, "text": {"name: A\nmode: quantity\nstages:\n  - name: Cut\n    colour: red\n"}}).
		says(422, "Line 5: there is no “colour” in a process")
	owner.post("/processes", url.Values{"command": {newID(t).String()}, "from": {"file"}, "text": {""}}).says(422, "Choose a file")
	owner.post("/processes", url.Values{"command": {newID(t).String()}, "from": {"file"}, "text": {strings.Replace(file, "name: Dispatch", "name: Dispatch\n    vendor: Konkan Laminators", 1)}}).
		says(200, "Cartons 2", "Konkan Laminators")
	owner.get(owner.at.Path + "/file")
	if !strings.Contains(owner.body, "vendor: Konkan Laminators") {
		t.Errorf("the vendor is lost:\n%s", owner.body)
	}
	owner.post(here, url.Values{"do": {"file"}, "version": {"1"}, "text": {"name: [\n"}}).says(422, "Line 1: this is not readable YAML")
	owner.post(here, url.Values{"do": {"file"}, "version": {"1"}, "text": {strings.Replace(file, "name: Cartons", "name: Boxes", 1)}}).says(200, "draft, not published")
	operator := f.operatorBrowser()
	for _, path := range []string{"/processes", here, here + "/file", "/templates", "/templates/packaging", "/people"} {
		operator.get(path).says(404)
	}
	spy := f.house.firm("konkan").ownerBrowser()
	for _, path := range []string{here, here + "/file"} {
		spy.get(path).says(404)
	}
	spy.post(here, url.Values{"do": {"drop"}}).says(404)
}

// A list of people is pasted; each gets a first password; what cannot be taken stays with the reason.
func TestPeopleAreAddedByList(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	at := f.process.ID.String() + ":printing"
	owner.post("/people", url.Values{"list": {"Sunita Pawar, sunita@sahyadri.example"}}).says(422, "Tick at least one stage")
	owner.post("/people", url.Values{"list": {""}, "at": {at}}).says(422, "Write at least one person")
	owner.post("/people", url.Values{"list": {"Sunita Pawar, 00000 12345\nnobody\nRavi, ravi@sahyadri.example"}, "at": {at, "x:y", newID(t).String() + ":printing"}}).
		says(422, "1 added", "Sunita Pawar", "910000012345", "first pass", "“nobody” is not a name")
	if !strings.Contains(owner.body, "nobody\nRavi, ravi@sahyadri.example</textarea>") {
		t.Error("the lines that were not taken are gone")
	}
	sunita := f.browser()
	sunita.post("/sign-in", url.Values{"login": {"00000 12345"}, "password": {"first pass"}}).says(200, "My jobs")
	sunita.get("/stages").says(200, "Printing").hides("Lamination")
	owner.get("/people").says(200, "Sunita Pawar")
	link := regexp.MustCompile(`/people/[0-9a-f-]{36}">\s*<span class="name">Sunita`).FindString(owner.body)
	path := strings.SplitN(link, `"`, 2)[0]
	owner.get(path).says(200, "Sunita Pawar", "Works at: Cartons")
	owner.post(path, url.Values{"do": {"stages"}}).says(422, "Tick at least one stage")
	owner.post(path, url.Values{"do": {"stages"}, "at": {f.process.ID.String() + ":lamination"}}).says(200, "Saved")
	sunita.get("/stages").says(200, "Lamination").hides("Printing")
	owner.post(path, url.Values{"do": {"password"}}).says(200, "The new password is first pass")
	sunita.get("/my").says(200, "Log in")
	spy := f.house.firm("konkan").ownerBrowser()
	spy.get(path).says(404)
	spy.post(path, url.Values{"do": {"password"}}).says(404)
	spy.get("/people").says(200).hides("Sunita")
}

// Every shipped template opens in the designer and is published as it is.
func TestEveryTemplateGoesThroughTheDesigner(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	for _, slug := range []string{"rigid-boxes", "recruitment", "jewellery", "textile", "rubber-products", "garments"} {
		owner.post("/processes", url.Values{"command": {newID(t).String()}, "template": {slug}}).says(200)
		here := owner.at.Path
		owner.get(here + "/file")
		before := owner.body
		owner.get(here)
		owner.post(here, clone(designerForm(t, owner.body), "do", "publish")).says(200, "Version 2 is published")
		owner.get(here + "/file")
		if owner.body != before {
			t.Errorf("%s changed by being published:\n%s", slug, owner.body)
		}
	}
}

// Several jobs go to a vendor on one numbered challan; what comes back is good, damaged, short or as it went, and the
// balance at the vendor is right at every step.
func TestJobWorkAtAVendor(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.post("/vendors", url.Values{"name": {""}}).says(422, "Write the vendor's name")
	owner.post("/vendors", url.Values{"name": {"Konkan Laminators"}, "place": {"Bhiwandi"}}).says(200, "Konkan Laminators", "Bhiwandi")
	owner.post("/vendors", url.Values{"name": {"konkan laminators"}}).says(422, "is there twice")
	vendor := regexp.MustCompile(`/vendors/([0-9a-f-]{36})`).FindStringSubmatch(owner.body)[1]
	for _, number := range []string{"V-1", "V-2"} {
		owner.newJob(f, number, "500")
		owner.tap(f.jobNumbered(number), "printing", "done").says(200)
	}
	one, two := f.jobNumbered("V-1"), f.jobNumbered("V-2")
	to := "/stages/" + f.process.ID.String() + "/lamination/send"
	form := url.Values{"command": {newID(t).String()}, "job": {one.String(), two.String()}, "vendor": {vendor}, "expected": {"1/1/2026"}}
	operator.get("/stages/"+f.process.ID.String()+"/lamination").says(200, "Send several to a vendor", "V-1", "V-2")
	operator.post(to, clone(form, "vendor", "")).says(422, "Choose the vendor")
	operator.post(to, clone(form, "job", "x")).says(400)
	operator.post(strings.Replace(to, "lamination", "printing", 1), form).says(404)
	operator.post(to, form).says(200, "Delivery challan for job work", "Konkan Laminators", "V-1", "V-2", "500 sheets")
	number := regexp.MustCompile(`DC/\d\d-\d\d/00001`).FindString(operator.body)
	if number == "" {
		t.Fatal("the challan has no number of its series")
	}
	operator.post(to, form).says(200, number) // tapped twice
	owner.get("/vendors").says(200, "2 out", "2 overdue")
	owner.get("/vendors/"+vendor).says(200, number, "V-1 · Lamination", "back by 01-01-2026")
	owner.get("/board").says(200, "⇄")
	operator.get("/jobs/"+one.String()+"/at/lamination").says(200, "Konkan Laminators", number, "Received back").hides("Start</button>")
	operator.tap(one, "lamination", "receive", "challan", number, "good", "400", "wasted", "60", "unused", "50").says(409, "only 500 are still out on "+number)
	operator.tap(one, "lamination", "receive", "challan", number, "good", "380", "wasted", "60", "short", "10", "unused", "20").says(200, "380 sheets back → Dispatch")
	f.account(one, "lamination", "received 500 good 380 wasted 60 short 10 hand 20")
	operator.get("/jobs/"+one.String()+"/at/lamination").says(200, "30", "Start")
	operator.tap(one, "lamination", "receive", "challan", number, "good", "30", "from", "job").says(200, "Damaged at the vendor", "20 came back as it went")
	operator.tap(one, "lamination", "receive", "challan", number, "good", "1").says(404)
	operator.tap(two, "lamination", "receive", "challan", number, "good", "500").says(200)
	owner.get("/vendors/"+vendor).says(200, "Nothing is there now", "Earlier challans", number)
	owner.get("/jobs/"+two.String()).says(200, "500 sheets sent to Konkan Laminators on "+number)
	spy := f.house.firm("konkan").ownerBrowser()
	for _, path := range []string{"/vendors/" + vendor, "/challans/" + url.PathEscape(number)} {
		spy.get(path).says(404)
	}
	spy.get("/vendors").says(200).hides("Bhiwandi")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}
