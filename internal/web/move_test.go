package web_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clicarity/internal/flow"
)

// publish makes a next version of the firm's process.
func (f *firm) publish(change func(*flow.Process)) {
	f.t.Helper()
	p := f.process
	p.Stages = slices.Clone(p.Stages)
	change(&p)
	p = p.Follows(f.process)
	if err := f.db.AddProcess(f.t.Context(), f.org, p); err != nil {
		f.t.Fatal(err)
	}
	f.process = p
}

// moveForm is the form of the page as it would be sent: its hidden inputs, and what is ticked.
func moveForm(body string, pairs ...string) url.Values {
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="(command|version|job)" value="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		if m[1] != "command" || strings.Contains(body[:strings.Index(body, m[0])], "<main") {
			form.Add(m[1], m[2])
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// Jobs on an older version are shown alike ones together, with what each would become and why some stay; the ticked ones
// move over after a look, once, and one of them comes back by an undo.
func TestRunningJobsMoveOverWithAPreview(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	for _, number := range []string{"M-1", "M-2", "M-3"} {
		owner.newJob(f, number, "500")
	}
	owner.tap(f.jobNumbered("M-1"), "printing", "done").says(200)
	here := "/processes/" + f.process.ID.String()
	owner.get(here).says(200).hides("follow a version before")
	owner.get(here+"/move").says(200, "All open jobs follow version 1")
	f.publish(func(p *flow.Process) {
		p.Stages[0].Name = "Offset printing"
		p.Stages[1] = flow.Stage{Code: "uv", Name: "Spot UV"}
	})
	owner.get(here).says(200, "3 open jobs follow a version before 2", "Move jobs over")
	owner.get(here+"/move").says(200, "2 jobs", "Printing → Offset printing", "Spot UV comes in after Offset printing", "− Lamination goes; nothing was ever there",
		"These stay on their version", "Something of it is at Lamination", "M-1")
	owner.post(here+"/move", moveForm(owner.body, "do", "preview")).says(422, "Tick at least one job")
	owner.post(here+"/move", moveForm(owner.body, "do", "preview", "job", f.jobNumbered("M-2").String())).says(200, "This is the way of 1 jobs in version 2", "M-2").hides("M-3", "M-1")
	owner.get(here + "/move")
	all := regexp.MustCompile(`name="all" value="([^"]+)"`).FindStringSubmatch(owner.body)[1]
	owner.post(here+"/move", moveForm(owner.body, "do", "preview", "all", all)).says(200, "Move 2 jobs over to version 2", "M-2", "M-3")
	confirm := moveForm(owner.body, "do", "confirm")
	owner.post(here+"/move", clone(confirm, "job", f.jobNumbered("M-1").String(), "command", newID(t).String())).says(409, "M-1: Something of it is at Lamination")
	for range 2 { // tapped twice
		owner.post(here+"/move", confirm).says(200, "2 jobs follow version 2 now", "1 open jobs follow")
	}
	owner.get("/jobs/"+f.jobNumbered("M-2").String()).says(200, "Moved over from version 1 to version 2", "Offset printing", "Spot UV").hides(`<th scope="row">Lamination`)
	owner.post(here+"/move", clone(confirm, "command", newID(t).String())).says(422, "Nothing is different")
	undoes := regexp.MustCompile(`name="undoes" value="([^"]+)"`).FindStringSubmatch(owner.get("/jobs/" + f.jobNumbered("M-2").String()).body)
	owner.post("/jobs/"+f.jobNumbered("M-2").String()+"/undo", url.Values{"command": {newID(t).String()}, "undoes": {undoes[1]}, "reason": {"wrong one"}}).says(200, "Lamination")
	operator, spy := f.operatorBrowser(), f.house.firm("konkan").ownerBrowser()
	for _, b := range []*browser{operator, spy} {
		b.get(here + "/move").says(404)
		b.post(here+"/move", confirm).says(404)
	}
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// Two stations and one tablet: each job runs on its own, the phone remembers its station, and a busy one is asked about.
func TestStationsOnTheCard(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.publish(func(p *flow.Process) { p.Stages[0].Stations = []string{"Heidelberg SM74", "Heidelberg SM52"} })
	owner := f.ownerBrowser()
	owner.newJob(f, "S-1", "500")
	owner.newJob(f, "S-2", "500")
	one, two := f.jobNumbered("S-1"), f.jobNumbered("S-2")
	chosen := func(want string) {
		t.Helper()
		m := regexp.MustCompile(`<input type="hidden" name="station" value="([^"]*)"`).FindStringSubmatch(owner.body)
		if got := strings.Join(m[min(len(m), 1):], ""); got != want {
			t.Errorf("the card has %q, want %q", got, want)
		}
	}
	card := "/jobs/" + one.String() + "/at/printing"
	owner.get(card).says(200, "Heidelberg SM74", "Heidelberg SM52")
	chosen("")
	owner.get(card + "?station=Heidelberg+SM74")
	chosen("Heidelberg SM74")
	owner.get(card)
	chosen("Heidelberg SM74")
	owner.get(card + "?station=Komori")
	chosen("")
	owner.get(card + "?station=Heidelberg+SM74")
	owner.tap(one, "printing", "start", "station", "Komori").says(422, "“Komori” is not a station of Printing")
	owner.tap(one, "printing", "start", "station", "Heidelberg SM74").says(200, "Running", "⚙ Heidelberg SM74")
	owner.tap(two, "printing", "start", "station", "Heidelberg SM74", "from", "board").says(409, "Heidelberg SM74 is on S-1 at Printing, moved by you", "Go on: both run")
	owner.tap(two, "printing", "start", "station", "Heidelberg SM74", "together", "1").says(200, "Printing started")
	owner.tap(two, "printing", "done", "station", "Heidelberg SM52").says(200, "500 sheets → Lamination")
	owner.get("/jobs/"+two.String()).says(200, "Heidelberg SM52")
	owner.get(card).says(200, "Running", "Heidelberg SM74")
	owner.get("/board")
	if !strings.Contains(owner.body, "Printing: Running, 500 here for 0 m · Heidelberg SM74") {
		t.Errorf("the board does not say where it runs:\n%s", plain(owner.body))
	}
	owner.get("/stages/"+f.process.ID.String()+"/printing").says(200, "⚙ Heidelberg SM74")
	owner.tap(one, "printing", "hold", "hold_reason", "no_power").says(200).hides("⚙ Heidelberg SM74")
	owner.get(card)
	chosen("Heidelberg SM74") // where it was
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// The stage before a limited one reads if there is room; nothing is blocked.
func TestALimitIsASignal(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.publish(func(p *flow.Process) { p.Stages[1].Limit = 2 })
	owner := f.ownerBrowser()
	var ids []flow.ID
	for _, number := range []string{"L-1", "L-2", "L-3"} {
		owner.newJob(f, number, "500")
		ids = append(ids, f.jobNumbered(number))
	}
	queue := "/stages/" + f.process.ID.String() + "/"
	owner.get(queue+"printing").says(200, "▶ Go: Lamination has room (0 of 2)")
	owner.tap(ids[0], "printing", "done").says(200)
	owner.get("/jobs/"+ids[1].String()+"/at/printing").says(200, "Go: Lamination has room (1 of 2)")
	owner.get("/board").says(200, "1/2 room")
	owner.tap(ids[1], "printing", "done").says(200)
	owner.get("/jobs/"+ids[2].String()+"/at/printing").says(200, "‖ Pause: Lamination is full (2 of 2)")
	owner.get(queue+"printing").says(200, "Pause: Lamination is full (2 of 2)")
	owner.get(queue+"lamination").says(200, "Pause: Lamination is full (2 of 2)")
	owner.get("/board").says(200, "2/2 full")
	owner.tap(ids[2], "printing", "done").says(200, "500 sheets → Lamination")
}

// A hold says who must act, and they see it on their own first page, though the stage is not theirs to work at.
func TestAHoldWaitsForSomebody(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "H-1", "500")
	job := f.jobNumbered("H-1")
	owner.get("/jobs/"+job.String()+"/at/printing").says(200, "Who must act, and until when?", "Ravi Kadam")
	hold := []string{"hold_reason", "quality", "awaits", f.operator.String()}
	with := func(pairs ...string) []string { return append(slices.Clone(hold), pairs...) }
	owner.tap(job, "printing", "hold", with("awaits_name", "Mithai Ghar")...).says(422, "“Mithai Ghar” does not fit “who must act”", "Ravi Kadam")
	owner.tap(job, "printing", "hold", with("until", "soon")...).says(422, "“soon” is not a date")
	owner.tap(job, "printing", "hold", with("until", "1-1-2020")...).says(422, "does not fit “Until when”")
	owner.tap(job, "printing", "hold", "hold_reason", "quality", "awaits", newID(t).String()).says(422, "does not fit “who must act”")
	owner.tap(job, "printing", "hold", with("until_in", "0", "from", "job")...).says(200, "On hold 0 m: waiting for Ravi Kadam (Quality)", "by today", "Waits for: Ravi Kadam")
	operator.get("/my").says(200, "Waiting for you", "H-1 Printing", "Quality").hides("/jobs/"+job.String()+"/at/printing", "Mithai Ghar")
	owner.get("/stages/"+f.process.ID.String()+"/printing").says(200, "waiting for Ravi Kadam (Quality)")
	owner.get("/board")
	if !strings.Contains(owner.body, "waiting for Ravi Kadam (Quality) · by today") {
		t.Error("the board does not say whom it waits for")
	}
	operator.get("/jobs/" + job.String() + "/at/printing").says(404)
	owner.tap(job, "printing", "resume").says(200)
	operator.get("/my").hides("Waiting for you")
	owner.tap(job, "printing", "hold", "hold_reason", "quality", "awaits_name", "Mithai Ghar", "from", "job").says(200, "waiting for Mithai Ghar (Quality)")
	owner.tap(job, "printing", "resume").says(200)
	owner.tap(job, "printing", "hold", "hold_reason", "quality", "awaits", f.owner.String()).says(200, "waiting for you (Quality)")
	owner.get("/board").says(200, "Waiting for you", "H-1 Printing")
}

// Somebody who is waited for is told at once, and again when it is over, though the stage is not theirs.
func TestAnOpenPageIsToldThatItIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "W-1", "500")
	job := f.jobNumbered("W-1")
	feed := regexp.MustCompile(`data-live="([^"]+)"`).FindStringSubmatch(f.operatorBrowser().get("/my").body)
	my := f.operatorBrowser().follow(strings.ReplaceAll(feed[1], "&amp;", "&"))
	my.until(": live")
	owner.tap(job, "printing", "start").says(200) // not their business
	owner.tap(job, "printing", "hold", "hold_reason", "quality", "awaits", f.operator.String()).says(200)
	if got := my.until("id: 3"); !slices.Contains(got[max(len(got)-6, 0):], "event: refresh") { // a refresh before it may be the start's
		t.Errorf("the feed says %q", got)
	}
	owner.tap(job, "printing", "resume").says(200)
	if got := my.until("id: 4"); !slices.Contains(got[max(len(got)-6, 0):], "event: refresh") {
		t.Errorf("the feed says %q", got)
	}
}

// Public names go through the designer and the file; the office reads what the customer would.
func TestPublicNamesInTheDesigner(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	here := "/processes/" + f.process.ID.String()
	form := designerForm(t, owner.get(here).says(200, "Customer sees: Order confirmed › In production › Ready for dispatch › Dispatched").body)
	owner.post(here, clone(form, "do", "save", "public.1", "In production", "hidden.2", "1", "public.3", "Ready", "stations.1", "Press 1, Press 2,, Press 1", "limit.2", "8")).
		says(200, "Customer sees: In production › Ready", "⚙ Press 1, Press 2", "at most 8 jobs")
	owner.post(here, clone(designerForm(t, owner.body), "do", "publish", "stations.3", strings.Repeat("x", 121))).says(422, "too long")
	owner.post(here, clone(designerForm(t, owner.get(here).body), "do", "publish")).says(200, "Version 2 is published")
	owner.get(here + "/file")
	for _, line := range []string{"stations: [Press 1, Press 2]", "public: In production", "hidden: true", "limit: 8"} {
		if !strings.Contains(owner.body, line) {
			t.Errorf("the file has no %q:\n%s", line, owner.body)
		}
	}
	owner.newJob(f, "P-1", "500").says(200, "Customer sees: ● In production › Ready")
	job := f.jobNumbered("P-1")
	owner.tap(job, "printing", "report", "good", "100").says(200)
	owner.tap(job, "lamination", "done", "from", "job").says(200, "● In production › Ready (a part is at: Ready)")
	f.operatorBrowser().get("/jobs/" + job.String()).hides("Customer sees")
}
