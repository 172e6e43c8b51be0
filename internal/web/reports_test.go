package web_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// rollUp brings the figures up to the log.
func (f *firm) rollUp() {
	f.t.Helper()
	o, err := f.db.Organisation(f.t.Context(), f.org)
	for n := 1; err == nil && n > 0; {
		n, err = f.db.RollUp(f.t.Context(), o)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// did gives a command as the owner, some hours ago.
func (f *firm) did(hoursAgo float64, a flow.Action) flow.Receipt {
	f.t.Helper()
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now().Add(-time.Duration(hoursAgo * float64(time.Hour))))}
	receipt, err := f.db.Do(f.t.Context(), mark, flow.Command{ID: newID(f.t), Action: a})
	if err != nil {
		f.t.Fatal(err)
	}
	return receipt
}

// run takes a new job of a process through all its stages, one after the other, and wastes some at the second.
func (f *firm) run(p flow.Process, number, customer string, hoursAgo float64) {
	f.t.Helper()
	job := newID(f.t)
	today := flow.DateOf(time.Now())
	f.did(hoursAgo, flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{{ID: job, Number: number, Customer: customer, Item: "Tea carton", Quantity: flow.Units(100), Due: today}}})
	left := int64(100)
	for i, s := range p.Stages {
		at := hoursAgo - 2*float64(i) - 1
		f.did(at, flow.Start{Work: flow.Work{Job: job, Stage: s.Code}})
		report := flow.Report{Work: flow.Work{Job: job, Stage: s.Code}, Good: flow.Units(left)}
		if i == 1 {
			left -= 10
			report.Good, report.Wasted = flow.Units(left), []flow.Waste{{Quantity: flow.Units(10), Reason: "bubbles"}}
		}
		f.did(at-1, report)
	}
}

func TestReportsOfACompanyThatHasJustBegun(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/reports").says(200, "Nothing has happened yet")
	for _, path := range allReportPaths {
		owner.get(path).says(200, "Reports")
	}
	f.run(f.process, "S-1", "Nilgiri Leaf Tea", 20)
	f.rollUp()
	owner.get("/reports").says(200, "Too few to tell: 1 in the period, 5 are needed.", "10%", "1 completed jobs")
	for _, path := range allReportPaths {
		owner.get(path).says(200, "Reports")
	}
	owner.get("/reports/times").says(200, "Too few to tell: 1 in the period")
	owner.get("/reports/jobs?of=completed").says(200, "S-1", "Nilgiri Leaf Tea")
}

var allReportPaths = []string{"/reports/stages", "/reports/processes", "/reports/customers", "/reports/products", "/reports/vendors", "/reports/stations", "/reports/times", "/reports/times?what=hold&time=working",
	"/reports/flow?days=90", "/reports/ageing", "/reports/losses", "/reports/paths", "/reports/trend", "/reports/trend?kpi=wastage&days=90", "/reports/jobs?of=stays", "/reports/overview?days=7"}

func TestReportsTellFiguresAndTheJobsBehindThem(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	for i := range 8 {
		f.run(f.process, fmt.Sprint("R-", i), []string{"Nilgiri Leaf Tea", "Surya Sarees"}[i%2], 20+float64(i))
	}
	f.rollUp()
	owner := f.ownerBrowser()
	owner.get("/reports").says(200, "Bottleneck:", "8 completed jobs", "half within this, 85% within")
	number := regexp.MustCompile(`<a href="(/reports/jobs[^"]*)">3.4%</a>`).FindStringSubmatch(owner.body)
	if number == nil {
		t.Fatalf("the wastage is no link: %s", plain(owner.body))
	}
	owner.get(html.UnescapeString(number[1])).says(200, "Reports of the period with wastage", "R-0", "R-7", "Lamination")
	owner.get("/reports/stages").says(200, "Lamination", "Work stays longest at")
	if !strings.Contains(owner.body, `<svg class="chart" viewBox="0 0 360`) || !strings.Contains(owner.body, `role="img" aria-label="Work stays longest at`) {
		t.Error("the stages are not drawn")
	}
	owner.get("/reports/customers").says(200, "Nilgiri Leaf Tea", "Surya Sarees")
	owner.get("/reports/customers?customer=Surya+Sarees").says(200, "Surya Sarees")
	if strings.Contains(plain(tableOf(owner.body)), "Nilgiri") {
		t.Error("narrowed to one customer, another one is told")
	}
	owner.get("/reports/losses").says(200, "Lamination bubbles comes first: 80, 100% of all.")
	owner.get("/reports/paths").says(200, "8 of 8 completed jobs went as planned")
	owner.get("/reports/times").says(200, "P50", "P85")
	owner.get("/reports/flow").says(200, "Jobs at stages: 0 when the period began, 0 when it ended.")
	owner.get("/reports/ageing").says(200, "Nothing is at a stage now.")
	seen := map[string]bool{}
	for _, path := range allReportPaths {
		for _, link := range regexp.MustCompile(`href="(/reports/jobs[^"]*|/reports[^"]*=[^"]*)"`).FindAllStringSubmatch(owner.get(path).body, -1) {
			if kind := regexp.MustCompile(`=[^&]*`).ReplaceAllString(link[1], ""); seen[kind] {
				continue // others of its kind were followed
			} else {
				seen[kind] = true
			}
			if owner.get(html.UnescapeString(link[1])); owner.status != 200 {
				t.Errorf("%s leads to %s: %d", path, link[1], owner.status)
			}
		}
	}
}

// tableOf is the first table of a page.
func tableOf(body string) string {
	_, rest, _ := strings.Cut(body, "<table")
	table, _, _ := strings.Cut(rest, "</table>")
	return table
}

func TestAWrongQuestionIsSaidAndTheRestHolds(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.run(f.process, "W-1", "Nilgiri Leaf Tea", 20)
	f.rollUp()
	owner := f.ownerBrowser()
	for query, says := range map[string]string{
		"since=31-02-2026": "“31-02-2026” is no date", "since=20-11-2026&until=01-11-2026": "20-11-2026 is after 01-11-2026", "since=01-01-2001&until=01-01-2005": "at most 400 days",
		"since=01-01-2099&until=02-01-2099": "has not come yet", "month=2026-13": "no month", "days=8": "no period", "process=x": "Process “x”", "stage=printing": "Choose a process first",
		"process=" + f.process.ID.String() + "&stage=nope": "Stage “nope”", "site=x": "Site “x”", "vendor=x": "Vendor “x”", "customer=Nobody": "Nobody”", "product=x": "Item “x”", "station=x": "Station “x”",
	} {
		owner.get("/reports/customers?time=working&" + query)
		if owner.status != 422 || !strings.Contains(plain(owner.body), says) {
			t.Errorf("%s: %d, %s", query, owner.status, plain(owner.body))
		}
		if !strings.Contains(owner.body, `<option value="working" selected>`) || !strings.Contains(owner.body, "Nilgiri Leaf Tea") {
			t.Errorf("%s: the rest is lost", query)
		}
	}
	for _, path := range []string{"/reports/nothing", "/reports/people", "/reports/jobs?of=nothing", "/reports/people/export?figure=people&as=csv", "/reports/stages/export?figure=nothing&as=csv"} {
		owner.get(path).says(404)
	}
}

func TestATableOfAReportAsAFile(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	for i := range 6 {
		f.run(f.process, fmt.Sprint("F-", i), "=cmd()", 20+float64(i))
	}
	f.rollUp()
	owner := f.ownerBrowser()
	owner.get("/reports/customers/export?figure=by-customer&as=csv").says(200)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(owner.body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 || !strings.Contains(rows[0][0], " to ") || rows[0][2] != "Lead time P50 (h)" || rows[1][0] != "'=cmd()" || rows[1][1] != "6" || rows[1][5] != "3.4483" || rows[0][5] != "Wastage (%)" {
		t.Errorf("%v %v", rows, err)
	}
	owner.get("/reports/customers/export?figure=by-customer&as=xlsx").says(200)
	if _, err := sheets.Read(strings.NewReader(owner.body), sheets.JobLimits); err != nil {
		t.Errorf("the workbook cannot be read: %v", err)
	}
	owner.get("/audit").says(200, "report")
}

// Somebody sees figures of what is theirs only: of a process, of single stages, of sites; operators and vendors see none.
func TestReportsAreNarrowedToTheReader(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	labels := f.process
	labels.ID, labels.Name, labels.Prefix = newID(t), "Labels", "LB"
	now := time.Now()
	member := func(name string, role flow.Role, given flow.Given) {
		if err := f.db.AddMember(t.Context(), f.org, postgres.Member{ID: newID(t), Name: name, Role: role, PasswordHash: name + " pass", Logins: []string{name + "@sahyadri.example"}, Created: now, Given: given}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.db.AddProcess(t.Context(), f.org, labels); err != nil {
		t.Fatal(err)
	}
	member("viewer", flow.Viewer, flow.Given{Processes: []flow.ID{labels.ID}})
	member("press", flow.Supervisor, flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "printing"}}})
	member("mine", flow.Supervisor, flow.Given{All: true, Mine: true})
	for i := range 6 {
		f.run(f.process, fmt.Sprint("C-", i), "Nilgiri Leaf Tea", 20+float64(i))
		f.run(labels, fmt.Sprint("L-", i), "Surya Sarees", 20+float64(i))
	}
	f.rollUp()
	viewer := f.browser().signIn("viewer@sahyadri.example", "viewer pass")
	for _, path := range append([]string{"/reports", "/reports/jobs?of=completed", "/reports/jobs?of=wastage", "/reports/customers/export?figure=by-customer&as=csv"}, allReportPaths...) {
		viewer.get(path).says(200)
		if strings.Contains(viewer.body, "Nilgiri") || strings.Contains(viewer.body, "C-1") || strings.Contains(viewer.body, "Cartons") {
			t.Errorf("%s shows a viewer of labels what is of cartons", path)
		}
	}
	viewer.get("/reports").says(200, "6 completed jobs")
	viewer.get("/reports?process="+f.process.ID.String()).says(422, "there is none that you can see")
	press := f.browser().signIn("press@sahyadri.example", "press pass")
	press.get("/reports/stages").says(200, "Printing")
	if table := plain(tableOf(press.body)); strings.Contains(table, "Lamination") || strings.Contains(table, "Dispatch") {
		t.Errorf("a supervisor of one stage is told of others: %s", table)
	}
	press.get("/reports/jobs?of=wastage").says(200, "There are none that you can see.")
	press.get("/reports?process="+f.process.ID.String()+"&stage=lamination").says(422, "Stage “lamination”")
	f.browser().signIn("mine@sahyadri.example", "mine pass").get("/reports").says(404)
	f.operatorBrowser().get("/reports").says(404)
}

func TestFiguresByPersonNeedAPurpose(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	for i := range 6 {
		f.run(f.process, fmt.Sprint("P-", i), "Nilgiri Leaf Tea", 20+float64(i))
	}
	f.rollUp()
	owner := f.ownerBrowser()
	owner.get("/reports").says(200)
	if strings.Contains(owner.body, "/reports/people") {
		t.Error("there is a way to figures by person")
	}
	owner.get("/reports/people").says(404)
	owner.post("/security/figures", url.Values{"purpose": {"because"}}).says(422, "at least 15 letters", "because")
	owner.get("/reports/people").says(404)
	owner.post("/security/figures", url.Values{"purpose": {"To plan training at lamination"}}).says(200, "Saved")
	owner.get("/reports/people").says(200, "To plan training at lamination", "Asha Patil", "18", "3.4%")
	link := regexp.MustCompile(`href="(/reports/jobs[^"]*person=[^"]*)"`).FindStringSubmatch(owner.body)
	if link == nil {
		t.Fatal("the reports of a person are no link")
	}
	behind := html.UnescapeString(link[1])
	owner.get(behind).says(200, "Only what Asha Patil reported.", "P-0", "P-5", "Lamination")
	owner.get(strings.Replace(behind, "of=reports", "of=wastage", 1)).says(404)
	owner.get("/reports/people/export?figure=people&as=csv").says(200, "Asha Patil")
	owner.get("/audit").says(200, "Purpose of figures by person", "To plan training at lamination")
	if err := f.db.AddMember(t.Context(), f.org, postgres.Member{ID: newID(t), Name: "Neha", Role: flow.Viewer, PasswordHash: "viewer pass", Logins: []string{"viewer@sahyadri.example"}, Created: time.Now(), Given: flow.Given{All: true}}); err != nil {
		t.Fatal(err)
	}
	f.browser().signIn("viewer@sahyadri.example", "viewer pass").get("/reports/people").says(404).get(behind).says(404)
	owner.post("/security/figures", url.Values{"do": {"off"}}).says(200, "Saved")
	owner.get("/reports/people").says(404)
	owner.get(behind).says(404)
}
