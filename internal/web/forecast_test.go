package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

// nowhere is a calendar that is round the clock everywhere.
func nowhere(flow.ID, string) (string, *flow.Hours) { return "", nil }

// past is a made-up past of a process: a job every day that takes some days from stage to stage, or some times as long.
func (f *firm) past(jobs, times int) []measure.Trail {
	var list []measure.Trail
	now := time.Now()
	for i := range jobs {
		one := measure.Trail{Job: newID(f.t), Number: fmt.Sprint(i), Process: f.process.ID, Created: flow.At(now.AddDate(0, 0, i-jobs-6))}
		at := one.Created
		for n, s := range f.process.Stages {
			at = at.Add(time.Duration(times*(10+(i*7+n*11)%40)) * time.Hour)
			one.Reports = append(one.Reports, measure.Report{Stage: s.Code, At: at, Known: at})
		}
		one.Done = at
		list = append(list, one)
	}
	return list
}

// learn keeps what a night would have learned from a made-up past.
func (f *firm) learn(trails []measure.Trail, more postgres.Lesson) {
	f.t.Helper()
	now := time.Now()
	if !more.Learned.IsZero() {
		now = more.Learned
	}
	n := postgres.Night{Holder: newID(f.t), Day: flow.DateOf(now), Now: now, Until: now}
	more.ForecastModel = postgres.ForecastModel{Process: f.process.ID, Learned: now, Since: now.AddDate(-1, 0, 0), Jobs: len(trails), Of: len(trails),
		Model: measure.Learn(trails, flow.At(now), nowhere).Keep()}
	if more.Anew == "" {
		more.Anew = "2020-01-01"
	}
	if taken, err := f.db.TakeNight(f.t.Context(), f.org, n); err != nil || !taken {
		f.t.Fatalf("taken: %v, %v", taken, err)
	}
	if err := f.db.SaveLesson(f.t.Context(), f.org, n, more); err != nil {
		f.t.Fatal(err)
	}
}

// The job page tells when a job will be done, what puts that at risk, from how many jobs and how good such dates are; or why
// it tells nothing.
func TestTheForecastOfAJob(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "JC-1", "500")
	page := "/jobs/" + f.jobNumbered("JC-1").String()
	owner.tap(f.jobNumbered("JC-1"), "printing", "done").says(200)
	owner.get(page).says(200, "No forecast yet. Each night the program learns")
	f.learn(f.past(10, 1), postgres.Lesson{})
	owner.get(page).says(200, "No forecast: 10 jobs are known that were at its stage, and 11 are needed")
	f.learn(f.past(14, 4), postgres.Lesson{})
	owner.get(page).says(200, "No forecast yet: the history is 20 days old")
	yesterday := flow.DateOf(time.Now().AddDate(0, 0, -1))
	f.learn(f.past(60, 1), postgres.Lesson{Days: []postgres.ForecastDay{{Day: yesterday, Dates50: 40, Met50: 21, Dates85: 40, Met85: 33}, {Day: "2026-01-01", Dates85: 100}}})
	owner.get(page).says(200, "Likely done by", "with 85% certainty by", "Chance of meeting the due date 14-10-2027: 99%", "✓ very likely", "From 60 jobs that were at the same stage.",
		"Of dates called 85%, 83% were met in the last 30 days")
	first := owner.body
	if !strings.Contains(first, `href="/stages/`+f.process.ID.String()+`/lamination"`) {
		t.Error("no risk leads to its stage")
	}
	if owner.get(page); line(owner.body, "Likely done") != line(first, "Likely done") {
		t.Error("the next reader is told another date")
	}
	operator.get(page).says(200).hides("Likely done", "Forecast")
	owner.tap(f.jobNumbered("JC-1"), "lamination", "done").says(200)
	owner.tap(f.jobNumbered("JC-1"), "dispatch", "done").says(200)
	owner.get(page).says(200).hides("Likely done", "No forecast")
}

// line is the line of a page that has some words.
func line(page, words string) string {
	_, rest, _ := strings.Cut(page, words)
	text, _, _ := strings.Cut(rest, "\n")
	return text
}

// What customers get by their link says nothing of forecasts.
func TestACustomersLinkTellsNoForecast(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "JC-1", "500")
	owner.tap(f.jobNumbered("JC-1"), "printing", "done").says(200)
	f.learn(f.past(60, 1), postgres.Lesson{})
	owner.get("/jobs/"+f.jobNumbered("JC-1").String()).says(200, "Likely done by")
	owner.send("/jobs/" + f.jobNumbered("JC-1").String() + "/links").says(200)
	_, rest, ok := strings.Cut(owner.body, "/l/")
	if !ok {
		t.Fatal("no link was made")
	}
	token, _, _ := strings.Cut(rest, `"`)
	f.browser().get("/l/"+token).says(200, "JC-1").hides("Likely", "certainty", "forecast", "Forecast")
}

// The list of what is likely late, with how dates came true, is shown to those who see the process; of other sites nothing is.
func TestWhatIsLikelyLate(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/forecast").says(200, "No forecast yet")
	if err := f.db.AddSite(t.Context(), f.org, postgres.Site{Code: "vasai", Name: "Vasai"}); err != nil {
		t.Fatal(err)
	}
	soon := flow.DateOf(time.Now().AddDate(0, 0, 2))
	var late []postgres.LateJob
	for i, site := range []string{"", "vasai", "vasai", ""} {
		number := fmt.Sprintf("JC-%d", i)
		f.create(f.process, flow.NewJob{Number: number, Customer: "Mithai Ghar", Quantity: flow.Units(5), Due: soon, Site: site})
		late = append(late, postgres.LateJob{Job: f.jobNumbered(number), Due: soon, Chance: 0.21, P50: soon, P85: "2027-10-14", N: 12, Risk: "lamination"})
	}
	late[2].Due = "2027-10-14" // for another due date than it has now
	f.learn(f.past(60, 1), postgres.Lesson{Late: late, Days: []postgres.ForecastDay{{Day: "2026-10-05", Dates50: 30, Met50: 16, Dates85: 30, Met85: 26}, {Day: "2026-10-06", Dates85: 20, Met85: 17, Dates50: 5}, {Day: "2026-11-06", Dates85: 4, Met85: 4}}})
	owner.get("/forecast").says(200, "JC-0", "JC-1", "JC-3", "In time: ▲ unlikely 21% 85% certain by 14-10-2027 · main risk: Lamination", "10-2026", "86% of 50 met", "46% of 35 met", "11-2026", "only 4",
		"Before the first report", "Learned today", "from 60 jobs").hides("JC-2")
	owner.tap(late[3].Job, "printing", "done")
	owner.tap(late[3].Job, "lamination", "done")
	owner.tap(late[3].Job, "dispatch", "done")
	owner.get("/forecast?after=nonsense&process=x").says(200, "JC-0").hides("JC-3")
	_, viewer := f.member("Usha", flow.Viewer, flow.Given{All: true})
	viewer.get("/forecast").says(200, "JC-0", "86% of 50 met")
	_, vasai := f.member("Vikram", flow.Manager, flow.Given{All: true, Sites: []string{"vasai"}})
	vasai.get("/forecast").says(200, "JC-1").hides("JC-0", "86%", "Before the first report")
	vasai.get("/jobs/"+late[1].Job.String()).says(200, "Likely done by").hides("in the last 30 days")
	_, sales := f.member("Divya", flow.Viewer, flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "lamination"}}})
	sales.get("/forecast").says(404)
	f.operatorBrowser().get("/forecast").says(404)
	h.firm("aravalli").ownerBrowser().get("/forecast?process="+f.process.ID.String()).says(200, "No forecast yet").hides("JC-0")
}
