package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"clicarity/internal/flow"
)

// bulk posts a form of a change of many jobs.
func (b *browser) bulk(f *firm, path string, jobs []flow.ID, pairs ...string) *browser {
	b.t.Helper()
	form := url.Values{"process": {f.process.ID.String()}}
	for _, j := range jobs {
		form.Add("job", j.String())
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.post(path, form)
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// next sends the form of the page as it stands.
func (b *browser) next(path string) *browser {
	b.t.Helper()
	return b.post(path, b.kept())
}

func (b *browser) kept() url.Values {
	form := url.Values{}
	for _, m := range hiddenInput.FindAllStringSubmatch(b.body[strings.Index(b.body, "<main"):], -1) {
		form.Add(m[1], m[2])
	}
	return form
}

func (f *firm) numbered(numbers ...string) (ids []flow.ID) {
	f.t.Helper()
	for _, n := range numbers {
		f.create(f.process, flow.NewJob{Number: n, Customer: "Mithai Ghar", Item: "Kaju katli box", Quantity: flow.Units(100), Due: "2027-01-01"})
		ids = append(ids, f.jobNumbered(n))
	}
	return ids
}

func (f *firm) moves(job flow.ID) (kinds []string) {
	f.t.Helper()
	records, _, err := f.db.Timeline(f.t.Context(), f.org, job, 0, 100)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, r := range slices.Backward(records) {
		kinds = append(kinds, string(r.Kind))
	}
	return kinds
}

func (f *firm) jobOf(id flow.ID) flow.Job {
	f.t.Helper()
	j, err := f.db.Job(f.t.Context(), f.org, id)
	if err != nil {
		f.t.Fatal(err)
	}
	return j
}

func TestManyJobsGetADueDateAndLoseItAgain(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	jobs := f.numbered("A-1", "A-2", "A-3")
	owner := f.ownerBrowser()
	owner.get("/board").says(200, "Choose jobs to change")
	owner.get("/board?select=1").says(200, "Change them")
	if n := strings.Count(owner.body, `form="bulk"`); n != 3 {
		t.Errorf("%d boxes", n)
	}
	owner.post("/jobs/"+jobs[2].String()+"/change", url.Values{"command": {newID(t).String()}, "due": {"20-01-2027"}, "customer": {"Mithai Ghar"}, "item": {"Kaju katli box"}}).says(200)
	owner.bulk(f, "/bulk", jobs).says(200, "Change 3 jobs", "A-1", "Set the due date")
	owner.bulk(f, "/bulk/preview", jobs, "do", "due", "due", "20/1/27").says(200, "Nothing is changed yet", "01-01-2027 → 20-01-2027", "Make 2 changes", "These will not change: 1", "It is so already")
	if f.jobOf(jobs[0]).Due != "2027-01-01" {
		t.Error("the preview changed something")
	}
	form := owner.kept()
	for range 2 { // sent twice it does nothing twice, and says the same
		owner.post("/bulk/do", form).says(200, "Changes made: 2", "Undo all").hides("not made")
	}
	done := owner.kept()
	for _, id := range jobs[:2] {
		if got := f.moves(id); f.jobOf(id).Due != "2027-01-20" || !slices.Equal(got, []string{"created", "changed"}) {
			t.Errorf("%s %v", f.jobOf(id).Due, got)
		}
	}
	owner.tap(jobs[1], "printing", "start").says(200)
	for range 2 {
		owner.post("/bulk/undo", done).says(200, "Taken back")
	}
	if a, b := f.jobOf(jobs[0]).Due, f.jobOf(jobs[2]).Due; a != "2027-01-01" || b != "2027-01-20" {
		t.Errorf("after the undo: %s %s", a, b)
	}
	if got := f.moves(jobs[0]); !slices.Equal(got, []string{"created", "changed", "undone"}) {
		t.Errorf("%v", got)
	}
	owner.bulk(f, "/bulk/preview", jobs, "do", "due", "due", "someday").says(422, "someday", "See what will change")
	owner.bulk(f, "/bulk/preview", jobs).says(422, "Choose what is to change")
	owner.bulk(f, "/bulk/preview", jobs, "do", "hold").says(422, "Choose why")
	owner.bulk(f, "/bulk/preview", jobs, "do", "field", "field", "nonsense").says(422, "Choose the field")
	owner.bulk(f, "/bulk", nil).says(200, "No job is chosen")
}

func TestManyJobsAreHeldAndGoOn(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	jobs := f.numbered("A-1", "A-2", "A-3", "A-4")
	owner := f.ownerBrowser()
	owner.tap(jobs[1], "printing", "report", "good", "40").says(200) // live at two stages
	for _, stage := range []string{"printing", "lamination", "dispatch"} {
		owner.tap(jobs[3], stage, "done").says(200)
	}
	owner.bulk(f, "/bulk/preview", jobs, "do", "hold", "hold_reason", "no_power", "note", "since 9").says(200, "Printing: on hold, No power", "Lamination: on hold", "Make 4 changes", "Nothing of it is at a stage")
	held := owner.kept()
	owner.tap(jobs[2], "printing", "hold", "hold_reason", "no_material").says(200) // meanwhile somebody else does
	for range 2 {
		owner.post("/bulk/do", held).says(200, "Changes made: 3", "not made: 1", "A-3")
	}
	if got := f.moves(jobs[1]); !slices.Equal(got[len(got)-2:], []string{"held", "held"}) {
		t.Errorf("%v", got)
	}
	owner.bulk(f, "/bulk/preview", jobs, "do", "resume").says(200, "Make 4 changes", "It is not on hold")
	owner.next("/bulk/do").says(200, "Changes made: 4")
	owner.next("/bulk/undo").says(200, "Changes taken back: 4")
	if s, _ := f.jobOf(jobs[0]).Stage("printing"); s.Held == 0 {
		t.Error("the undo did not hold it again")
	}
}

func TestManyJobsAreGivenToSomebodyWhoWorksThere(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	jobs := f.numbered("A-1", "A-2")
	owner := f.ownerBrowser()
	owner.tap(jobs[1], "printing", "done").says(200)
	sunita, _ := f.member("Sunita", flow.Operator, flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "printing"}}})
	owner.bulk(f, "/bulk", jobs).says(200, "Sunita")
	owner.bulk(f, "/bulk/preview", jobs, "do", "assign", "to", sunita.String()).says(200, "Printing: for Sunita", "does not work where this job is now")
	form := owner.kept()
	owner.next("/bulk/do").says(200, "Changes made: 1")
	form.Set("step", jobs[1].String()+":lamination") // not what was offered
	owner.post("/bulk/do", form).says(200, "Changes made: 0", "does not work")
	if s, _ := f.jobOf(jobs[0]).Stage("printing"); s.Assigned != sunita {
		t.Errorf("%+v", s)
	}
	if s, _ := f.jobOf(jobs[1]).Stage("lamination"); !s.Assigned.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestManyJobsGetAField(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.publish(func(p *flow.Process) {
		p.Fields = []flow.Field{{Code: "gsm", Label: "GSM", Type: flow.NumberField}, {Code: "rate", Label: "Rate", Type: flow.TextField, For: []flow.Role{flow.Operator}}}
	})
	jobs := f.numbered("A-1", "A-2")
	owner := f.ownerBrowser()
	owner.bulk(f, "/bulk", jobs).says(200, "GSM")
	owner.bulk(f, "/bulk/preview", jobs, "do", "field", "field", "gsm", "v_gsm", "1,250").says(200, "GSM: – → 1250", "Make 2 changes")
	owner.next("/bulk/do").says(200, "Changes made: 2")
	if got := f.jobOf(jobs[0]).Fields["gsm"]; got != "1250" {
		t.Errorf("%q", got)
	}
	owner.bulk(f, "/bulk/preview", jobs, "do", "field", "field", "gsm", "v_gsm", "heavy").says(422, "heavy")
}

// What is not somebody's is not there, whatever they send; who may set no priorities does not come in at all.
func TestAbuseScopeBypassByManyJobs(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	jobs, theirs := f.numbered("OWN-1", "SECRET-2"), other.numbered("SECRET-3")
	f.create(f.process, flow.NewJob{Number: "OWN-4", Site: "vasai", Quantity: flow.One})
	all := append(slices.Clone(jobs), theirs[0], f.jobNumbered("OWN-4"), newID(t))
	_, meera := f.member("Meera", flow.Supervisor, flow.Given{Processes: []flow.ID{f.process.ID}, Sites: []string{"vasai"}})
	meera.bulk(f, "/bulk", all).says(200, "Change 1 jobs", "OWN-4", "4 of the chosen").hides("SECRET", "OWN-1", "Fill in a field")
	meera.bulk(f, "/bulk/preview", all, "do", "urgent").says(200, "OWN-4", "Make 1 changes").hides("SECRET", "OWN-1")
	form := meera.kept()
	form.Add("step", jobs[0].String())
	form.Add("step", theirs[0].String())
	meera.post("/bulk/do", form).says(200, "Changes made: 1").hides("SECRET", "OWN-1")
	meera.next("/bulk/undo").says(200).hides("SECRET")
	if f.jobOf(jobs[0]).Urgent || other.jobOf(theirs[0]).Urgent {
		t.Error("a job out of scope is urgent")
	}
	meera.bulk(f, "/bulk/preview", all[3:4], "do", "field", "field", "gsm").says(422)
	meera.bulk(other, "/bulk", all).says(404)
	f.operatorBrowser().bulk(f, "/bulk", jobs).says(404)
	f.operatorBrowser().bulk(f, "/bulk/do", jobs, "step", jobs[0].String(), "command", newID(t).String(), "do", "urgent").says(404)
	owner := f.ownerBrowser()
	many := make([]flow.ID, 501)
	for i := range many {
		many[i] = newID(t)
	}
	owner.bulk(f, "/bulk", many).says(422)
	owner.bulk(f, "/bulk", nil, "job", "' or 1=1 --").says(400)
	owner.bulk(f, "/bulk/do", nil, "step", ":::", "command", newID(t).String()).says(400)
	owner.bulk(f, "/bulk/do", nil, "step", fmt.Sprint(jobs[0], ":no-such-stage"), "command", newID(t).String(), "do", "hold", "hold_reason", "no_power").says(200, "Changes made: 0")
}
