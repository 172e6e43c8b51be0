package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"clicarity/internal/flow"
)

// send posts a form to an address under a job, with a fresh command.
func (b *browser) send(path string, pairs ...string) *browser {
	b.t.Helper()
	form := url.Values{"command": {newID(b.t).String()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.post(path, form)
}

// Shoes by size, from the form to the last stage: what is typed by size is what is counted.
func TestSizesFromTheFormToTheJobPage(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.stages(func(p *flow.Process) {
		p.Sizes = []string{"6", "7", "8"}
		p.Stages[1].Grades = []string{"A", "B"}
	})
	owner := f.ownerBrowser()
	owner.get("/jobs/new").says(200, "Sizes", "the quantity is their sum")
	owner.send("/jobs", "process", f.process.ID.String(), "number", "FW-1", "item", "Oxford, tan", "size_0", "60", "size_1", "sixty", "then", "open").says(422, "“sixty” is not a number")
	if !strings.Contains(owner.body, `name="size_0" value="60"`) {
		t.Error("the form lost a size")
	}
	owner.send("/jobs", "process", f.process.ID.String(), "number", "FW-1", "item", "Oxford, tan", "size_0", "60", "quantity", "100", "then", "open").says(422, "The sizes add up to 60, not 100")
	owner.send("/jobs", "process", f.process.ID.String(), "number", "FW-1", "item", "Oxford, tan", "size_0", "60", "size_1", "80", "size_2", "40", "then", "open").says(200, "180 sheets", "Sizes")
	job := f.jobNumbered("FW-1")
	owner.tap(job, "printing", "report", "a_good_0", "61").says(409, "You entered 61 of 6, but only 60 is at Printing")
	owner.tap(job, "printing", "report", "a_good_0", "60", "a_wasted_1", "3", "a_seen_0", "60", "a_seen_1", "80", "reason", "bubbles").says(200, "60 sheets → Lamination, 3 wasted")
	f.account(job, "printing", "received 180 good 60 wasted 3 hand 117")
	owner.tap(job, "printing", "done").says(200)
	owner.get("/jobs/"+job.String()+"/at/lamination").says(200, "Good by grade", "6", "77", "40")
	owner.tap(job, "lamination", "done").says(422, "The grades add up to 0, but 177 go on")
	owner.tap(job, "lamination", "done", "grade_0", "150", "grade_1", "27", "from", "job").says(200, "A: 150 · B: 27", "7: 77", "✗3")
	owner.tap(job, "dispatch", "count", "a_there_0", "60", "a_there_1", "75", "a_there_2", "42", "why", "two 7 were 8").says(200, "corrected")
	owner.tap(job, "dispatch", "split", "a_lot_2", "42", "lot_no", "FW-1/2").says(200, "Balance 135 sheets")
	f.account(job, "dispatch", "received 137 short 2 hand 135")
	owner.get("/jobs/new?copy=" + job.String()).says(200)
	if !strings.Contains(owner.body, `name="size_1" value="80"`) {
		t.Error("copying a job lost its sizes")
	}
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// A lot of board goes in, a lot of cartons comes out; the trace finds one from the other, through a component and its own.
func TestLotsAreAskedForAndTraced(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.stages(func(p *flow.Process) { p.Stages[0].LotIn, p.Stages[2].LotOut = true, true })
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "HM-1", "100")
	hamper := f.jobNumbered("HM-1")
	add := func(job flow.ID, name string) {
		owner.send("/jobs/"+job.String()+"/components", "process", f.process.ID.String(), "joins", "lamination", "called", name, "per", "2").says(200, "component "+name+" added")
	}
	add(hamper, "Box")
	box := f.jobNumbered("HM-1/A")
	add(box, "Insert")
	insert := f.jobNumbered("HM-1/A/A")
	owner.get("/jobs/"+hamper.String()).says(200, "HM-1/A", "0 of 200 sheets")
	owner.send("/jobs/"+hamper.String()+"/components", "process", f.process.ID.String(), "joins", "lamination", "called", "box").says(422, "is there twice")
	for i, job := range []flow.ID{insert, box, hamper} {
		owner.tap(job, "printing", "done").says(422, "Enter the lot number of the material used at Printing")
		owner.tap(job, "printing", "done", "lot_no_0", "B-11"+string(rune('7'+i)), "lot_of_0", "SBS 300", "lot_by_0", "Emami", "lot_q_0", "40", "lot_unit_0", "kg").says(200)
		owner.tap(job, "lamination", "done").says(200)
		owner.tap(job, "dispatch", "done", "made", "").says(422, "Enter a lot number")
		owner.tap(job, "dispatch", "done", "made", "C-"+string(rune('1'+i))).says(200)
	}
	owner.get("/jobs/"+hamper.String()).says(200, "Lots of material", "B-119 SBS 300 · Emami · 40 kg", "C-3", "from lot B-119 SBS 300")
	owner.get("/trace?q=c-3&way=back").says(200, "3 jobs", "HM-1/A/A", "B-117", "B-118", "B-119", "Emami", "component HM-1/A, joins at Lamination", "Asha Patil")
	owner.get("/trace?q=B-117&way=ahead").says(200, "HM-1", "goes into HM-1/A", "100 sheets dispatched")
	owner.get("/trace?q=HM-1").says(200, "3 jobs")
	owner.get("/trace?q=nowhere").says(200, "No lot and no job has the number nowhere")
	operator.get("/trace?q=c-3").says(404)
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// What does not conform is raised beside the waste it is about, decided, and open until an owner closes it.
func TestANonConformanceFromWasteToClosed(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "NC-1", "100")
	job := f.jobNumbered("NC-1")
	owner.tap(job, "printing", "done").says(200)
	operator.tap(job, "lamination", "report", "good", "90", "wasted", "10", "reason", "bubbles", "from", "job").says(200, "Raise a non-conformance")
	operator.send("/jobs/"+job.String()+"/at/lamination/nc", "what", "").says(422, "Write what is wrong")
	operator.send("/jobs/"+job.String()+"/at/printing/nc", "what", "x").says(404)
	operator.send("/jobs/"+job.String()+"/at/lamination/nc", "what", "Bubbles along the gripper edge", "quantity", "10").says(200, "NC-1/NC1", "Bubbles along", "10 sheets")
	nc := regexp.MustCompile(`id="nc-([^"]+)"`).FindStringSubmatch(operator.body)[1]
	settle := func(b *browser, pairs ...string) *browser { return b.send("/jobs/"+job.String()+"/nc/"+nc, pairs...) }
	owner.get("/quality").says(200, "NC-1/NC1", "Not decided")
	operator.get("/quality").says(404)
	settle(operator, "disposition", "burn").says(422, "“burn” does not fit")
	settle(operator, "disposition", "scrap", "root", "Nip roller worn", "action", "Roller changed, checked weekly", "owner", "Suresh", "due", "5/12/2026").says(200, "Scrap", "Nip roller worn")
	settle(operator, "do", "close", "verdict", "fine").says(403, "Only an owner closes")
	settle(owner, "do", "close", "verdict", "").says(422, "how you saw")
	settle(owner, "do", "close", "verdict", "Three jobs without bubbles").says(200, "Three jobs without bubbles", "Closed")
	owner.get("/quality").says(200, "Nothing is open")
	owner.get("/quality?closed=1").says(200, "NC-1/NC1")
	settle(owner, "action", "more").says(409, "closed already")
}

// Two jobs in one run: started together, done together.
func TestJobsRunTogether(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "B-1", "100").newJob(f, "B-2", "300")
	one, two := f.jobNumbered("B-1").String(), f.jobNumbered("B-2").String()
	queue := "/stages/" + f.process.ID.String() + "/printing"
	owner.get(queue).says(200, "Several jobs in one run")
	owner.send(queue+"/together", "do", "start").says(422, "Tick at least one job")
	owner.send(queue+"/together", "do", "start", "job", one, "job", two).says(200, "Running 2")
	owner.get("/jobs/"+two).says(200, "75% of a shared run")
	owner.send(queue+"/together", "do", "done", "job", one, "job", two).says(200, "Nothing")
	owner.get("/stages/"+f.process.ID.String()+"/lamination").says(200, "B-1", "B-2")
}
