package web_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

var pulseLists = []string{"late", "today", "stuck", "wastage", "vendors", "dispatched"}

// aDay is a clock that stands still.
func aDay() time.Time { return time.Date(2026, 11, 24, 11, 0, 0, 0, time.FixedZone("IST", 19800)) }

// busy is a firm in which every number of the Pulse has something, and a clock that can be moved.
func busy(t *testing.T) (f *firm, clock *time.Time) {
	now := aDay()
	clock = &now
	f = openHouseAt(t, func() time.Time { return *clock }).firm("sahyadri")
	f.process.Version = 2
	f.process.Stages[0].Allowance = flow.Units(5)
	if err := f.db.AddProcess(t.Context(), f.org, f.process); err != nil {
		t.Fatal(err)
	}
	f.when(now.Add(-50*time.Hour), f.make("LATE-1", "2026-11-22"))
	f.when(now.Add(-10*time.Minute), f.make("TODAY-1", "2026-11-24"))
	f.when(now.Add(-20*time.Minute), f.make("FRESH-1", "2026-12-24"))
	f.when(now.Add(-20*time.Minute), flow.Start{Work: f.work("FRESH-1", "printing")})
	f.when(now.Add(-15*time.Minute), flow.Report{Work: f.work("FRESH-1", "printing"), Wasted: []flow.Waste{{Quantity: flow.Units(9), Reason: "bubbles"}}})
	f.when(now.Add(-30*time.Minute), f.make("GONE-1", "2026-12-24"))
	for _, stage := range []string{"printing", "lamination", "dispatch"} {
		f.when(now.Add(-5*time.Minute), flow.Finish{Work: f.work("GONE-1", stage)})
	}
	konkan := postgres.Vendor{ID: newID(t), Name: "Konkan Laminators"}
	if err := f.db.AddVendor(t.Context(), f.org, konkan); err != nil {
		t.Fatal(err)
	}
	f.when(now.Add(-60*time.Hour), f.make("AWAY-1", "2026-12-24"))
	f.when(now.Add(-59*time.Hour), flow.Send{Vendor: konkan.ID, Expected: "2026-11-23", Lines: []flow.SendLine{{Work: f.work("AWAY-1", "printing")}}})
	return f, clock
}

func (f *firm) make(number string, due flow.Date) flow.Action {
	return flow.Create{Process: f.process.ID, Version: f.process.Version, Jobs: []flow.NewJob{{ID: newID(f.t), Number: number, Item: "Kaju katli box", Quantity: flow.Units(100), Due: due}}}
}

func (f *firm) work(number, stage string) flow.Work {
	f.t.Helper()
	jobs, err := f.db.JobsByNumber(f.t.Context(), f.org, []string{number})
	if err != nil || len(jobs) != 1 {
		f.t.Fatalf("%s: %v %v", number, jobs, err)
	}
	return flow.Work{Job: jobs[0].ID, Stage: stage}
}

// when gives a command of the owner at a moment.
func (f *firm) when(now time.Time, a flow.Action) {
	f.t.Helper()
	m := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(now)}
	if _, err := f.db.Do(f.t.Context(), m, flow.Command{ID: newID(f.t), Action: a}); err != nil {
		f.t.Fatalf("%s: %v", a.Name(), err)
	}
}

// number is what a tile of the Pulse says.
func (b *browser) number(list string) string {
	b.t.Helper()
	_, after, ok := strings.Cut(b.body, `href="/pulse/`+list+`"`)
	tile, _, _ := strings.Cut(after, "</a>")
	_, n, _ := strings.Cut(tile, "<b>")
	n, _, _ = strings.Cut(n, "</b>")
	if !ok {
		b.t.Fatalf("there is no number of %s", list)
	}
	return n
}

func TestThePulseIsTheFirstPageOfThoseWhoLead(t *testing.T) {
	t.Parallel()
	f, _ := busy(t)
	owner := f.ownerBrowser()
	if owner.get("/"); owner.at.Path != "/pulse" {
		t.Errorf("the owner begins at %s", owner.at)
	}
	for list, want := range map[string]string{"late": "1", "today": "1", "stuck": "3", "wastage": "1", "vendors": "1", "dispatched": "1"} {
		if got := owner.number(list); got != want {
			t.Errorf("%s: %s, not %s", list, got, want)
		}
	}
	owner.says(200, "2 d late", "LATE-1", "No movement for 2 d 2 h", "AWAY-1", "Vendor’s day has passed", "TODAY-1", "Due, not started").holds(`data-live="/live?after=`)
	for list, want := range map[string]string{"late": "LATE-1", "today": "TODAY-1", "stuck": "AWAY-1", "wastage": "FRESH-1", "vendors": "AWAY-1", "dispatched": "GONE-1"} {
		owner.get("/pulse/"+list).says(200, want)
	}
	owner.get("/pulse/wastage").says(200, "Printing · 9.0% · standard 5%").hides("LATE-1")
	owner.get("/pulse/dispatched").says(200, "Dispatched today 10:55").hides("FRESH-1")
	owner.get("/pulse/stuck?stage="+f.process.ID.String()+":printing").says(200, "LATE-1", "Printing")
	owner.get("/pulse/stuck?stage="+f.process.ID.String()+":dispatch").says(200, "There is none now").hides("LATE-1")
	for _, path := range []string{"/pulse/everything", "/pulse/stuck?stage=x", "/pulse/stuck?stage=" + newID(t).String() + ":printing"} {
		owner.get(path).says(404)
	}
	for _, after := range []string{"x", "2026-11-22.x", "9999-99-99.", "2026-11-22T10:00:00Z", "%00"} {
		for _, list := range pulseLists {
			owner.get("/pulse/" + list + "?after=" + after + "&job=" + newID(t).String() + "&at=%00").says(200)
		}
	}
	owner.get("/stages").says(200, "3 stuck", "Printing")
	owner.get(queueOf(f, "printing")).says(200, "■ No movement for", "3 stuck")
	operator := f.operatorBrowser()
	if operator.get("/"); operator.at.Path != "/my" {
		t.Errorf("an operator begins at %s", operator.at)
	}
	operator.hides(`href="/pulse"`).get("/pulse").says(404)
}

func queueOf(f *firm, stage string) string { return "/stages/" + f.process.ID.String() + "/" + stage }

// An empty company is told what to do, and nothing is divided by nothing.
func TestThePulseOfNothing(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.ownerBrowser().get("/pulse").says(200, "No job is on its way").holds(`href="/jobs/new"`).hides("Look at these first")
}

// Nobody sees a number, or a job behind it, of what is not theirs.
func TestThePulseIsHeldToTheScope(t *testing.T) {
	t.Parallel()
	f, clock := busy(t)
	now := *clock
	other := flow.Process{ID: newID(t), Version: 1, Name: "Labels", Mode: flow.QuantityMode, Unit: "sheets", Prefix: "LB",
		Stages: []flow.Stage{{Code: "printing", Name: "Label printing"}, {Code: "dispatch", Name: "Dispatch"}}}
	err := errors.Join(f.db.AddProcess(t.Context(), f.org, other), f.db.AddSite(t.Context(), f.org, postgres.Site{Code: "vasai", Name: "Vasai"}))
	for i, given := range []flow.Given{{Processes: []flow.ID{other.ID}}, {All: true, Sites: []string{"vasai"}}, {Stages: []flow.StageRef{{Process: other.ID, Stage: "printing"}}}, {All: true, Mine: true}} {
		err = errors.Join(err, f.db.AddMember(t.Context(), f.org, postgres.Member{ID: newID(t), Name: "M", Role: flow.Manager, PasswordHash: "pass", Given: given,
			Logins: []string{fmt.Sprintf("m%d@sahyadri.example", i)}, Created: now}))
	}
	if err != nil {
		t.Fatal(err)
	}
	f.when(now.Add(-90*time.Hour), flow.Create{Process: other.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: "LABEL-1", Quantity: flow.Units(1), Due: "2026-11-20"}}})
	f.when(now.Add(-90*time.Hour), flow.Create{Process: f.process.ID, Version: 2, Jobs: []flow.NewJob{{ID: newID(t), Number: "SITE-1", Quantity: flow.Units(1), Due: "2026-11-20", Site: "vasai"}}})
	for i, theirs := range []string{"LABEL-1", "SITE-1"} {
		b := f.browser().signIn(fmt.Sprintf("m%d@sahyadri.example", i), "pass")
		b.get("/pulse").says(200, theirs).hides("LATE-1", "AWAY-1", "TODAY-1", "FRESH-1", "GONE-1")
		for list, want := range map[string]string{"late": "1", "today": "0", "stuck": "1", "wastage": "0", "vendors": "0", "dispatched": "0"} {
			if got := b.number(list); got != want {
				t.Errorf("%s: %s of %s, not %s", theirs, got, list, want)
			}
		}
		for _, list := range pulseLists {
			b.get("/pulse/"+list).says(200).hides("LATE-1", "AWAY-1", "TODAY-1", "FRESH-1", "GONE-1")
		}
		b.get("/stages").says(200, "1 stuck")
	}
	for i := 2; i < 4; i++ { // single stages, and only what is assigned: they have no whole to speak of
		b := f.browser().signIn(fmt.Sprintf("m%d@sahyadri.example", i), "pass")
		if b.get("/"); b.at.Path != "/my" {
			t.Errorf("who has no process as a whole begins at %s", b.at)
		}
		b.hides(`href="/pulse"`)
		for _, list := range pulseLists {
			b.get("/pulse/" + list).says(404)
		}
		b.get("/pulse").says(404)
	}
}

// The numbers are right after every change, and change with time alone; pages of a list follow each other without a gap.
func TestThePulseKeepsUp(t *testing.T) {
	t.Parallel()
	f, clock := busy(t)
	owner := f.ownerBrowser()
	owner.get("/pulse")
	f.when(*clock, flow.Start{Work: f.work("TODAY-1", "printing")})
	if owner.get("/pulse"); owner.number("stuck") != "2" {
		t.Errorf("%s stuck after work began", owner.number("stuck"))
	}
	*clock = clock.Add(14 * time.Hour) // past midnight
	owner = f.ownerBrowser()
	if owner.get("/pulse"); owner.number("late") != "2" || owner.number("today") != "0" || owner.number("dispatched") != "0" {
		t.Errorf("the next day %s are late, %s due, %s gone", owner.number("late"), owner.number("today"), owner.number("dispatched"))
	}
	want := 130
	jobs := make([]flow.NewJob, want)
	for i := range jobs {
		jobs[i] = flow.NewJob{ID: newID(t), Number: fmt.Sprintf("MANY-%03d", i), Quantity: flow.Units(1), Due: "2026-11-01"}
	}
	f.when(clock.Add(-80*time.Hour), flow.Create{Process: f.process.ID, Version: 2, Jobs: jobs})
	for _, list := range []string{"late", "stuck"} {
		seen := map[string]bool{}
		for path := "/pulse/" + list; path != ""; {
			owner.get(path).says(200)
			for _, part := range strings.Split(owner.body, `class="number">`)[1:] {
				number, _, _ := strings.Cut(part, "<")
				if seen[number] {
					t.Errorf("%s: %s comes twice", list, number)
				}
				seen[number] = true
			}
			_, more, ok := strings.Cut(owner.body, `class="button" href="/pulse/`)
			if path = ""; ok {
				more, _, _ = strings.Cut(more, `"`)
				path = "/pulse/" + strings.ReplaceAll(more, "&amp;", "&")
			}
		}
		if owner.get("/pulse"); owner.number(list) != fmt.Sprint(len(seen)) || len(seen) < want {
			t.Errorf("%s: counted %s, the list has %d", list, owner.number(list), len(seen))
		}
	}
}

// What a person sets in the designer is when a stage's work is stuck.
func TestAlarmsAreDesigned(t *testing.T) {
	t.Parallel()
	f, _ := busy(t)
	owner := f.ownerBrowser()
	owner.get("/processes/"+f.process.ID.String()).says(200, "When is it stuck?").holds(`name="idle.1"`, `placeholder="2h"`)
	form := url.Values{"version": {"2"}, "name": {"Cartons"}, "mode": {"quantity"}, "unit": {"sheets"}, "prefix": {"JC"}, "hold": {"Other"}, "waste": {"Lamination bubbles"}, "do": {"publish"},
		"s": {"1", "2", "3"}, "code.1": {"printing"}, "stage.1": {"Printing"}, "code.2": {"lamination"}, "stage.2": {"Lamination"}, "code.3": {"dispatch"}, "stage.3": {"Dispatch"}}
	form.Set("idle.1", "soon")
	owner.post("/processes/"+f.process.ID.String(), form).says(422, "No movement for", "soon")
	form.Set("idle.1", "3d")
	form.Set("vendordays.1", "9")
	owner.post("/processes/"+f.process.ID.String(), form)
	if owner.get("/pulse"); owner.status != 200 || owner.number("stuck") != "2" {
		t.Errorf("%s stuck with an alarm of three days", owner.number("stuck"))
	}
	owner.get("/processes/"+f.process.ID.String()+"/file").says(200, "stuck_after:", "no_movement: 72h", "vendor_days: 9")
}

// An open Pulse learns of every change of what is the reader's, and of nothing else.
func TestThePulseIsLive(t *testing.T) {
	t.Parallel()
	f, clock := busy(t)
	now := *clock
	other := flow.Process{ID: newID(t), Version: 1, Name: "Labels", Mode: flow.QuantityMode, Unit: "sheets", Prefix: "LB", Stages: []flow.Stage{{Code: "printing", Name: "Label printing"}}}
	err := errors.Join(f.db.AddProcess(t.Context(), f.org, other),
		f.db.AddMember(t.Context(), f.org, postgres.Member{ID: newID(t), Name: "M", Role: flow.Manager, PasswordHash: "pass", Given: flow.Given{Processes: []flow.ID{other.ID}},
			Logins: []string{"m@sahyadri.example"}, Created: now}))
	if err != nil {
		t.Fatal(err)
	}
	head, err := f.db.Head(t.Context(), f.org)
	if err != nil {
		t.Fatal(err)
	}
	all := f.ownerBrowser().follow("/live?pulse=1&after=" + fmt.Sprint(head))
	some := f.browser().signIn("m@sahyadri.example", "pass").follow("/live?pulse=1&after=" + fmt.Sprint(head))
	f.when(now, flow.Start{Work: f.work("TODAY-1", "printing")})
	if got := all.until(fmt.Sprint("id: ", head+1)); !slices.Contains(got, "event: refresh") {
		t.Errorf("the owner hears %q", got)
	}
	f.when(now, flow.Create{Process: other.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: "LABEL-1", Quantity: flow.Units(1)}}})
	got := some.until(fmt.Sprint("id: ", head+2))
	n := 0
	for _, line := range got {
		if line == "event: refresh" {
			n++
		}
		if strings.HasPrefix(line, fmt.Sprint("id: ", head+1)) {
			t.Error("a manager of labels hears of cartons")
		}
	}
	if n != 1 {
		t.Errorf("a manager of labels is told %d times of one change of theirs: %q", n, got)
	}
}
