package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// Each challan says until when the law lets the goods stay, and the vendor desk and the job say when that day is near or
// past.
func TestTheLawsClockAtJobWorkers(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	vendor := postgres.Vendor{ID: newID(t), Name: "Konkan Die Works"}
	if err := f.db.AddVendor(t.Context(), f.org, vendor); err != nil {
		t.Fatal(err)
	}
	ist := time.FixedZone("IST", 19800)
	for number, c := range map[string]struct {
		goods  flow.Goods
		days   int // since it went
		years  int
		shown  string
		urgent string // on the job page
	}{
		"G-1": {flow.Inputs, 10, 1, "by law back by ", ""}, "G-2": {flow.Inputs, 310, 1, "by law back by ", "§ by law back by "},
		"G-3": {flow.Inputs, 340, 1, "by law back by ", "§ by law back by "}, "G-4": {flow.Inputs, 367, 1, "by law it had to be back by ", "▲ § by law it had to be back by "},
		"G-5": {flow.CapitalGoods, 367, 3, "by law back by ", ""}, "G-6": {flow.Tools, 1500, 0, "no limit by law", ""},
	} {
		owner.newJob(f, number, "500")
		id, sent := f.jobNumbered(number), time.Now().AddDate(0, 0, -c.days)
		mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(sent)}
		receipt, err := f.db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: flow.Send{Vendor: vendor.ID, Goods: c.goods, Lines: []flow.SendLine{{Work: flow.Work{Job: id, Stage: "printing"}}}}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.db.Movement(t.Context(), f.org, receipt.First)
		if err != nil {
			t.Fatal(err)
		}
		day := ""
		if c.years > 0 {
			day = sent.In(ist).AddDate(c.years, 0, 0).Format("02-01-2006")
		}
		owner.get("/vendors/" + vendor.ID.String())
		if at := strings.Index(plain(owner.body), m.Facts.Challan); at < 0 || !strings.Contains(plain(owner.body)[at:min(at+160, len(plain(owner.body)))], c.shown+day) {
			t.Errorf("%s: the vendor desk does not say %q:\n%s", number, c.shown+day, plain(owner.body))
		}
		owner.get("/jobs/" + id.String())
		if says := strings.Contains(plain(owner.body), "by law"); says != (c.urgent != "") || !strings.Contains(plain(owner.body), c.urgent+map[bool]string{true: day}[says]) {
			t.Errorf("%s: the job page says %s", number, plain(owner.body))
		}
		owner.get("/jobs/"+id.String()+"/at/printing").says(200, c.shown+day)
	}
	owner.get("/vendors").says(200, "▲ § by law it had to be back by")
	owner.get("/board").says(200, "§ Goods at job workers must come back")
	board := plain(owner.body)[strings.Index(plain(owner.body), "Goods at job workers"):]
	over, urge, remind := strings.Index(board, "▲ § by law it had to be back by"), strings.Index(board, day(ist, 340)), strings.Index(board, day(ist, 310))
	if over < 0 || urge < over || remind < urge || strings.Contains(board, day(ist, 10)) {
		t.Errorf("the board reminds of %s", board)
	}
}

// day is the day by which inputs must be back that went so many days ago.
func day(zone *time.Location, ago int) string {
	return time.Now().AddDate(0, 0, -ago).In(zone).AddDate(1, 0, 0).Format("02-01-2006")
}

func TestAChallanAsksWhatGoes(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.post("/vendors", url.Values{"name": {"Konkan Die Works"}})
	vendor := regexp.MustCompile(`/vendors/([0-9a-f-]{36})`).FindStringSubmatch(owner.body)[1]
	owner.newJob(f, "G-1", "500")
	id := f.jobNumbered("G-1")
	owner.get("/jobs/"+id.String()+"/at/printing").says(200, "What goes (GST law)", "Inputs: back within 1 year", "Capital goods: back within 3 years", "Moulds, dies, jigs, tools: no limit")
	form := url.Values{"command": {newID(t).String()}, "job": {id.String()}, "vendor": {vendor}, "goods": {"tools"}}
	to := "/stages/" + f.process.ID.String() + "/printing/send"
	owner.post(to, clone(form, "goods", "gold")).says(422, "“gold” does not fit “What goes”")
	owner.post(to, form).says(200, "Delivery challan for job work", "Moulds, dies, jigs, tools: no limit")
	owner.get("/vendors/"+vendor).says(200, "§ no limit by law")
}

// Photos, signatures, several choices and what is needed before a stage are set in the designer, and come out in the file.
func TestTheDesignerSetsPictures(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	here := "/processes/" + f.process.ID.String()
	owner.get(here)
	form := designerForm(t, owner.body)
	for _, do := range []string{"field.2", "field.2", "field.2", "field.job"} {
		owner.post(here, clone(form, "do", do)).says(200)
		form = designerForm(t, owner.body)
	}
	form = clone(form, "flabel.2.1", "Carton", "ftype.2.1", "photo", "frequired.2.1", "1", "flabel.2.2", "Checked by", "ftype.2.2", "signature",
		"flabel.2.3", "Checked", "ftype.2.3", "choices", "fmore.2.3", "", "flabel.job.1", "PO number", "fbefore.job.1", "lamination")
	owner.post(here, clone(form, "do", "publish")).says(422, "write the choices with commas", "Several choices")
	owner.post(here, clone(form, "do", "publish", "fmore.2.3", "Colour, Bond", "fbefore.job.1", "varnish")).says(422, "“PO number” is needed before a stage that is not on")
	owner.post(here, clone(form, "do", "publish", "fmore.2.3", "Colour, Bond")).says(200, "Version 2 is published")
	if again := designerForm(t, owner.body); again.Get("fbefore.job.1") != "lamination" || again.Get("ftype.2.1") != "photo" || again.Get("fmore.2.3") != "Colour, Bond" {
		t.Errorf("the form holds %v", again)
	}
	owner.get(here + "/file")
	for _, line := range []string{"  - label: PO number\n    before: Lamination\n", "      - label: Carton\n        type: photo\n        required: true\n", "        type: signature\n", "        type: choices\n        choices: [Colour, Bond]\n"} {
		if !strings.Contains(owner.body, line) {
			t.Errorf("the file has no %q:\n%s", line, owner.body)
		}
	}
	file := owner.body
	owner.post("/processes", url.Values{"command": {newID(t).String()}, "from": {"file"}, "text": {file}}).says(200, "Cartons 2")
	owner.get(owner.at.Path + "/file")
	if owner.body != strings.NewReplacer("name: Cartons\n", "name: Cartons 2\n", "prefix: JC\n", "prefix: JC2\n").Replace(file) {
		t.Errorf("it comes back otherwise:\n%s", owner.body)
	}
}
