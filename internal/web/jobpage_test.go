package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
)

var (
	thenLink = regexp.MustCompile(`href="(/jobs/[0-9a-f-]+\?at=[^"]+)"`)
	lengths  = regexp.MustCompile(`(?s)<td class="took">.*?</td>`)
)

// moments are the addresses of a job as it was after each of its movements, the newest first.
func (b *browser) moments() []string {
	b.t.Helper()
	var list []string
	for _, m := range thenLink.FindAllStringSubmatch(b.body, -1) {
		list = append(list, strings.ReplaceAll(m[1], "&amp;", "&"))
	}
	return list
}

// account is what the page says of quantities, without how long anything took.
func (b *browser) quantities() string {
	b.t.Helper()
	_, text, ok := strings.Cut(b.body, `id="strip"`)
	text, _, end := strings.Cut(text, `id="timeline"`)
	if !ok || !end {
		b.t.Fatalf("%s has no quantities", b.at)
	}
	return plain(lengths.ReplaceAllString(text, ""))
}

// A job as it was at each moment is what its page said then, whatever has happened since; nothing can be done there.
func TestAJobAsItWas(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "AW-1", "500")
	job := f.jobNumbered("AW-1")
	page := "/jobs/" + job.String()
	said := []string{owner.get(page).quantities()}
	step := func(stage, do string, more ...string) {
		owner.tap(job, stage, do, more...).says(200)
		said = append(said, owner.get(page).quantities())
	}
	step("printing", "report", "good", "200", "wasted", "10", "reason", "bubbles")
	step("printing", "hold", "hold_reason", "no_material")
	step("printing", "resume")
	step("lamination", "report", "good", "150", "back", "20", "back_to", "printing", "back_reason", "bubbles")
	owner.send(page+"/change", "customer", "Nilgiri Tea", "item", "Tea box", "due", "1/11/2027").says(200)
	said = append(said, owner.get(page).quantities())
	moments := owner.moments()
	if len(moments) != len(said) {
		t.Fatalf("%d moments of %d movements", len(moments), len(said))
	}
	for i, at := range moments {
		owner.get(at).says(200, "As it was on", "The job as it is now")
		if want := said[len(said)-1-i]; withoutLinks(owner.quantities()) != withoutLinks(want) {
			t.Errorf("at %s\n%s\nwas then\n%s", at, owner.quantities(), want)
		}
		owner.hides(`method="post" action="/jobs`, "data-live", "Take back", `href="/jobs/new?copy`)
	}
	owner.get(moments[0]).says(200, "Nilgiri Tea", "01-11-2027")
	owner.get(moments[1]).says(200, "Mithai Ghar", "14-10-2027").hides("Nilgiri Tea")
	owner.get(moments[len(moments)-1]).says(200, "500 received").hides("200 good")

	// What is not the reader's now is not theirs then.
	for _, at := range operator.get(page).moments() {
		operator.get(at).says(200, "As it was on").hides("#strip-printing", "200 passed on", "300 on hand")
	}
	operator.get(moments[len(moments)-1]).says(200).hides(">Printing<")
	h.firm("deccan").ownerBrowser().get(moments[0]).says(404)
	h.browser().get(moments[0]).hides("AW-1")
}

// withoutLinks is the text of a page as it is and as it was alike: links for customers are only in the first.
func withoutLinks(text string) string {
	text, _, _ = strings.Cut(text, "Links for the customer")
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), `<h2`))
}

// Moments that there is nothing to show of say so, and a wrong one changes nothing.
func TestNoSuchMoment(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "NM-1", "10")
	page := "/jobs/" + f.jobNumbered("NM-1").String()
	ask := func(day, clock string) *browser {
		return owner.get(page + "?" + url.Values{"day": {day}, "clock": {clock}}.Encode())
	}
	ask("2026-01-02", "10:00").says(404, "Job NM-1 was not there yet on 02-01-2026 10:00", "The job as it is now")
	ask("23-11-2019", "").says(404, "was not there yet")
	ask("tomorrow", "").says(422, "“tomorrow” is not a day and time", "10 received")
	ask("2026-11-02", "25:99").says(422, "“2026-11-02 25:99” is not a day and time")
	ask("", "").says(422, "is not a day and time")
	ask("2099-01-01", "10:00").says(422, "still to come", "10 received")
	owner.get(page+"?at=yesterday").says(422, "“yesterday” is not a day and time")
	owner.get(page+"?at=2026-01-02T10:00:00Z").says(404, "was not there yet")
	now := time.Now().In(time.FixedZone("IST", 19800))
	ask(now.Format(time.DateOnly), "").says(200, "As it was on", "10 received")
	ask(now.Format("02-01-2006"), now.Format("15:04")).says(200, "As it was on", "10 received")
}

// A field that became private is private in the past too.
func TestWhatIsPrivateNowWasPrivateThen(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	form := func(roles ...flow.Role) func(p *flow.Process) {
		return func(p *flow.Process) {
			p.Stages[1].Fields = []flow.Field{{Code: "film", Label: "Film maker", Type: flow.TextField, For: roles}}
		}
	}
	f.stages(form())
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "PV-1", "10")
	job := f.jobNumbered("PV-1")
	owner.tap(job, "printing", "done").says(200)
	owner.tap(job, "lamination", "report", "good", "5", "v_film", "Sun Films").says(200)
	at := operator.get("/jobs/"+job.String()).says(200, "Film maker").moments()[0]
	operator.get(at).says(200, "Film maker: Sun Films", "Forms and photos")
	f.publish(form(flow.Manager))
	move := "/processes/" + f.process.ID.String() + "/move"
	owner.post(move, moveForm(owner.get(move).body, "do", "preview", "job", job.String())).says(200)
	owner.post(move, moveForm(owner.body, "do", "confirm")).says(200)
	if j, err := f.db.Job(t.Context(), f.org, job); err != nil || j.Version != f.process.Version {
		t.Fatalf("the job follows version %d (%v)", j.Version, err)
	}
	operator.get(at).says(200).hides("Sun Films", "Film maker")
	owner.get(at).says(200, "Sun Films")
}

// The page says that all of a job is somewhere: stage by stage, across a change of unit, and with its lots.
func TestAJobAddsUp(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.stages(func(p *flow.Process) {
		p.Stages[1].Yields, _ = flow.ParseRatio("8")
		p.Stages[2].Unit = "cartons"
	})
	owner := f.ownerBrowser()
	owner.newJob(f, "AU-1", "500")
	job := f.jobNumbered("AU-1")
	owner.tap(job, "printing", "report", "good", "300", "wasted", "10", "reason", "bubbles").says(200)
	owner.tap(job, "lamination", "report", "good", "100", "back", "20", "back_to", "printing", "back_reason", "bubbles").says(200)
	owner.tap(job, "lamination", "split", "lot", "80", "lot_no", "AU-1/2").says(200)
	lot := f.jobNumbered("AU-1/2")
	owner.tap(lot, "lamination", "done").says(200)
	owner.tap(job, "dispatch", "report", "good", "790", "wasted", "10", "reason", "bubbles").says(200)
	owner.get("/jobs/"+job.String()).says(200, "adds up",
		"Printing – Lamination 500 to begin with = 100 went on + 10 wasted + 310 on hand + 80 split off into lots sheets ✓",
		"Dispatch 800 from the stage before = 790 dispatched + 10 wasted cartons ✓",
		"With its lots (1) as one", "500 to begin with = 180 went on + 10 wasted + 310 on hand sheets ✓", "1,440 from the stage before = 790 dispatched + 10 wasted + 640 on hand cartons ✓",
		"Printing 520 received = 300 good + 10 wasted + 210 on hand sheets ✓").hides("does not add up")
	operator := f.operatorBrowser()
	operator.get("/jobs/"+job.String()).says(200, "adds up", "220 received = 100 good + 20 sent back + 100 on hand").hides("to begin with", "dispatched +")
	owner.get("/jobs/"+lot.String()).says(200, "80 to begin with = 80 went on sheets ✓", "640 from the stage before = 640 on hand cartons ✓")
}

// The shares of a run are whole percents that add up over its jobs.
func TestSharesOfARunAddUp(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	form := url.Values{"do": {"start"}, "command": {newID(t).String()}}
	for i := range 3 {
		owner.newJob(f, fmt.Sprintf("SH-%d", i), "100")
		form.Add("job", f.jobNumbered(fmt.Sprintf("SH-%d", i)).String())
	}
	owner.post("/stages/"+f.process.ID.String()+"/printing/together", form).says(200)
	for i, want := range []string{"34% of a shared run", "33% of a shared run", "33% of a shared run"} {
		owner.get("/jobs/"+f.jobNumbered(fmt.Sprintf("SH-%d", i)).String()).says(200, want)
	}
}

// The timeline comes in pages. What was taken back is struck through on whatever page it is, with who took it back; what was
// entered late shows both times.
func TestTheTimelineTellsAll(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "TL-1", "500")
	job := f.jobNumbered("TL-1")
	owner.tap(job, "printing", "report", "good", "7").says(200)
	command := regexp.MustCompile(`name="undoes" value="([^"]+)"`).FindStringSubmatch(owner.get("/jobs/" + job.String()).body)[1]
	for range 26 {
		owner.tap(job, "printing", "hold", "hold_reason", "no_material").says(200)
		owner.tap(job, "printing", "resume").says(200)
	}
	owner.send("/jobs/"+job.String()+"/undo", "undoes", command, "reason", "another job's figures").says(200, "Taken back", "taken back: Printing · 7 sheets passed on", "another job's figures")
	if n := strings.Count(owner.body, `<li class="`); n < 50 || n > 60 || strings.Contains(owner.body, `undone" id="m-2"`) {
		t.Errorf("the first page has %d entries", n)
	}
	older := regexp.MustCompile(`href="([^"]+before=[^"]+)"`).FindStringSubmatch(owner.body)
	if older == nil {
		t.Fatal("there is no way to the older ones")
	}
	owner.get(strings.ReplaceAll(older[1], "&amp;", "&")).says(200, "Created", "Taken back by Asha Patil, today")
	if !strings.Contains(owner.body, `reported undone" id="m-2"`) {
		t.Error("what was taken back is not struck through")
	}
	then := time.Now().In(time.FixedZone("IST", 19800)).Add(-26 * time.Hour).Format("2006-01-02T15:04")
	owner.tap(job, "printing", "report", "good", "9", "happened", then).says(200)
	owner.get("/jobs/"+job.String()).says(200, "entered later", "Happened", ", entered today", "● live")
}
