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

// boardFirm has a job in each of some states, on a process with a job format.
func (h *house) boardFirm(slug string) *firm {
	h.t.Helper()
	f := h.firm(slug)
	p := f.process
	p.Fields = []flow.Field{{Code: "paper", Label: "Paper", Type: flow.ChoiceField, Choices: []string{"Art card", "Kraft"}}, {Code: "rate", Label: "Rate", Type: flow.NumberField, For: []flow.Role{flow.Manager}},
		{Code: "note", Label: "Note", Type: flow.TextField}}
	p.Stages = append([]flow.Stage{}, p.Stages...)
	p.Stages[0].Phase, p.Stages[1].Phase, p.Stages[2].Phase = "Press", "Finishing", "Finishing"
	p = p.Follows(f.process)
	if err := h.db.AddProcess(h.t.Context(), f.org, p); err != nil {
		h.t.Fatal(err)
	}
	f.process = p
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}
	do := func(a flow.Action) {
		if _, err := h.db.Do(h.t.Context(), mark, flow.Command{ID: newID(h.t), Action: a}); err != nil {
			h.t.Fatalf("%s: %v", a.Name(), err)
		}
	}
	for n, j := range []flow.NewJob{
		{Number: "B-1", Customer: "Mithai Ghar", Due: "2026-01-05", Fields: map[string]string{"paper": "Kraft", "rate": "12", "note": "rush order"}},
		{Number: "B-2", Customer: "Shree Traders", Due: "2099-01-05", Urgent: true, Fields: map[string]string{"paper": "Art card"}},
		{Number: "B-3", Customer: "Mithai Mandir", Fields: map[string]string{"paper": "Art card"}},
	} {
		j.ID, j.Item, j.Quantity = newID(h.t), "Box", flow.Units(100)
		do(flow.Create{Process: p.ID, Version: p.Version, Jobs: []flow.NewJob{j}})
		if n == 2 {
			do(flow.Finish{Work: flow.Work{Job: j.ID, Stage: "printing"}})
			do(flow.Hold{Work: flow.Work{Job: j.ID, Stage: "lamination"}, Reason: "no_power"})
		}
	}
	return f
}

// board asks for the board under a filter and checks which jobs are on it.
func (b *browser) board(query, jobs string) *browser {
	b.t.Helper()
	b.get("/board?" + query).says(200)
	var got []string
	for _, m := range regexp.MustCompile(`<b class="number">(B-\d)</b>`).FindAllStringSubmatch(b.body, -1) {
		got = append(got, m[1])
	}
	if strings.Join(got, " ") != jobs {
		b.t.Errorf("/board?%s shows %v, want %s", query, got, jobs)
	}
	return b
}

func TestTheBoardUnderAFilter(t *testing.T) {
	t.Parallel()
	f := openHouse(t).boardFirm("sahyadri")
	owner := f.ownerBrowser()
	for query, jobs := range map[string]string{
		"": "B-1 B-2 B-3", "late=1": "B-1", "urgent=1": "B-2", "hold=1": "B-3", "vendor=1": "", "rework=1": "", "still=1": "", "customer=mithai": "B-1 B-3", "customer=MAN": "B-3",
		"stage=printing": "B-1 B-2", "stage=lamination&hold=1": "B-3", "stage=printing&hold=1": "", "from=01-01-2099": "B-2", "to=5/1/26": "B-1", "from=1-1-2026&to=6-1-2099": "B-1 B-2",
		"is.paper=Art+card": "B-2 B-3", "has.paper=art&customer=mithai": "B-3", "is.rate=12": "B-1", "is.rate=12.0": "B-1", "has.note=rush": "B-1", "late=1&urgent=1": "", "due=today": "",
		"show=done": "", "show=done&customer=mithai": "",
	} {
		owner.board(query, jobs).hides(`role="alert"`)
	}
	owner.board("customer=mithai&hold=1", "B-3").says(200, "Customer: mithai ×", "On hold ×", "Clear filters", "Press", "Finishing")
	if !strings.Contains(owner.body, `href="/board?customer=mithai&amp;process=`) || !strings.Contains(owner.body, `/board/export?customer=mithai&amp;hold=1&amp;process=`) {
		t.Error("a chip does not leave out its part, or the export does not follow the filter")
	}
	owner.get("/board/export?process="+f.process.ID.String()+"&customer=mithai&hold=1").says(200, "B-3").hides("B-1", "B-2")
	owner.board("hold=1&late=1", "").says(200, "No job fits these filters.", "Clear filters")
	for query, says := range map[string]string{
		"from=32-1-2026&late=1": "“32-1-2026” is no date", "from=2-2-2026&to=1-2-2026&late=1": "02-02-2026 is after 01-02-2026", "still=-1&late=1": "“-1” is no number of hours",
		"still=many&late=1": "“many” is no number of hours", "stage=gone&late=1": "“gone” is not known for Stage", "site=x&late=1": "“x” is not known for Site", "due=someday&late=1": "“someday” is not known for Due date",
		"has.gone=x&late=1": "no field “gone”", "is.rate=abc&late=1": "“abc” is not known for Rate", "customer=" + strings.Repeat("x", 101) + "&late=1": "at most 100 characters",
		"customer=..&late=1": "“..” is not known for Customer",
	} {
		owner.board(query, "B-1").says(200, says, "Late ×")
	}
	owner.board("show=done&hold=1", "").says(200, "“On hold” is asked of open jobs only")
}

// What somebody may not read of a job, they cannot find it by.
func TestAPrivateFieldIsNoFilter(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.boardFirm("sahyadri")
	viewer := f.viewer()
	viewer.board("is.rate=12", "B-1 B-2 B-3").says(200, "no field “rate”").hides(`name="is.rate"`)
	viewer.board("has.note=rush", "B-1")
}

// Only words that few others begin like are looked for; more of the word helps.
func TestAWordThatIsTooShortIsSaidToBe(t *testing.T) {
	t.Parallel()
	f := openHouse(t).boardFirm("sahyadri")
	var jobs []flow.NewJob
	for n := range 60 {
		jobs = append(jobs, flow.NewJob{ID: newID(t), Customer: fmt.Sprint("Party", n), Quantity: flow.One})
	}
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}
	if _, err := f.db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: flow.Create{Process: f.process.ID, Version: f.process.Version, Jobs: jobs}}); err != nil {
		t.Fatal(err)
	}
	owner := f.ownerBrowser()
	owner.board("customer=party&late=1", "B-1").says(200, "Too many words begin with “party”", "Late ×")
	owner.get("/board/export?process="+f.process.ID.String()+"&customer=party&late=1").says(200, "B-1").hides("B-2")
}

// A page open under a filter is told of what comes to match, and of a row that does so no more.
func TestAFilteredBoardStaysRight(t *testing.T) {
	t.Parallel()
	f := openHouse(t).boardFirm("sahyadri")
	owner := f.ownerBrowser()
	open := func(query string) *events {
		owner.get("/board?" + query)
		feed := regexp.MustCompile(`data-live="([^"]+)"`).FindStringSubmatch(owner.body)
		return f.ownerBrowser().follow(strings.ReplaceAll(feed[1], "&amp;", "&"))
	}
	held, done := open("hold=1"), open("show=done")
	one, three := f.jobNumbered("B-1"), f.jobNumbered("B-3")
	owner.tap(one, "printing", "start")
	owner.tap(one, "printing", "hold", "hold_reason", "no_power")
	if got := strings.Join(held.until("event: more"), "\n"); strings.Contains(got, "event: left") {
		t.Errorf("a row has left: %s", got)
	}
	owner.tap(three, "lamination", "resume")
	got := strings.Join(held.until("event: left"), "\n")
	if !strings.Contains(got, "event: row") {
		t.Errorf("the row that left was not renewed: %s", got)
	}
	owner.tap(three, "lamination", "done")
	owner.tap(three, "dispatch", "done")
	if got := strings.Join(done.until("event: more"), "\n"); strings.Contains(got, "event: row") {
		t.Errorf("the board of completed jobs: %s", got)
	}
}

func TestViewsOfTheBoard(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.boardFirm("sahyadri")
	owner, viewer := f.ownerBrowser(), f.viewer()
	process := "process=" + f.process.ID.String()
	save := func(b *browser, name, query string, more ...string) *browser {
		form := url.Values{"do": {"save"}, "name": {name}, "query": {process + "&" + query}}
		for _, m := range more {
			form.Set(m, "1")
		}
		return b.post("/board/views", form)
	}
	save(owner, "Rush", "urgent=1&rows=compact&junk=1&stage=gone").says(200, "Rush")
	if q := owner.at.Query(); q.Get("urgent") != "1" || q.Get("rows") != "compact" || q.Has("junk") || q.Has("stage") {
		t.Errorf("the view keeps %v", q)
	}
	owner.board(process, "B-1 B-2 B-3").says(200, "Late Due this week On hold At vendor No movement 24 h Rework Rush")
	if !strings.Contains(owner.body, `class="matrix compact`) {
		t.Error("the height of rows was not remembered")
	}
	viewer.board(process, "B-1 B-2 B-3").hides(">Rush<", `class="matrix compact`)
	save(owner, "For all", "customer=mithai", "shared").says(200)
	viewer.board(process, "B-1 B-2 B-3").says(200, "For all")
	save(viewer, "Not theirs", "late=1", "shared").says(403)
	save(viewer, "Own", "late=1").says(200)
	owner.get("/board/views").says(200, "Rush", "For all").hides("Own<")
	save(owner, "", "late=1").says(422, "Give the view a name")
	save(owner, strings.Repeat("n", 80), "late=1").says(422, "Give the view a name")
	save(owner, "rush", "late=1").says(200) // the same name, so the same view
	save(owner, "Second", "hold=1").says(200)
	list := func(b *browser, want string) {
		t.Helper()
		b.get("/board/views")
		var names []string
		for _, m := range regexp.MustCompile(`<p><a href="/board\?[^"]*">([^<]*)</a>`).FindAllStringSubmatch(b.body, -1) {
			names = append(names, m[1])
		}
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("the views are %s, want %s", got, want)
		}
	}
	id := func(b *browser, name string) string {
		t.Helper()
		m := regexp.MustCompile(`name="view" value="([^"]+)">(?:<input type="hidden" name="shared" value="1">)?<label[^>]*>[^<]*</label><input [^>]*value="` + name + `"`).FindStringSubmatch(b.body)
		if m == nil {
			t.Fatalf("no view %s in\n%s", name, b.body)
		}
		return m[1]
	}
	list(owner, "rush, Second, For all")
	if !strings.Contains(owner.body, `href="/board?late=1&amp;process=`) {
		t.Errorf("a view does not lead to its board:\n%s", owner.body)
	}
	second := id(owner, "Second")
	owner.post("/board/views", url.Values{"do": {"up"}, "view": {second}, "name": {"Second"}}).says(200)
	list(owner, "Second, rush, For all")
	owner.post("/board/views", url.Values{"do": {"down"}, "view": {second}, "name": {"Second"}}).says(200)
	list(owner, "rush, Second, For all")
	owner.post("/board/views", url.Values{"do": {"rename"}, "view": {second}, "name": {"Stopped"}}).says(200)
	shared := id(owner.get("/board/views"), "For all")
	for _, v := range []string{second, shared} {
		for _, do := range []string{"rename", "delete", "up"} {
			viewer.post("/board/views", url.Values{"do": {do}, "view": {v}, "name": {"x"}}).says(404)
			viewer.post("/board/views", url.Values{"do": {do}, "view": {v}, "name": {"x"}, "shared": {"1"}}).says(403)
		}
	}
	owner.post("/board/views", url.Values{"do": {"delete"}, "view": {shared}, "shared": {"1"}}).says(200)
	list(owner, "rush, Stopped")
	list(viewer, "Own")
	for n := range 29 {
		save(viewer, fmt.Sprint("View ", n), "late=1").says(200)
	}
	save(viewer, "One more", "late=1").says(409, "30 views already", "Own")
	if !strings.Contains(viewer.body, `value="One more"`) {
		t.Error("the form lost the name")
	}
}

func TestACellAtAGlance(t *testing.T) {
	t.Parallel()
	f := openHouse(t).boardFirm("sahyadri")
	owner := f.ownerBrowser()
	path := "/jobs/" + f.jobNumbered("B-3").String()
	owner.get(path+"/at/printing/glance").says(200, "B-3 Printing ✓ Done", "In 100 Out 100 Balance 0 Wastage 0 Came back 0", "By Asha Patil, today").hides("<html")
	owner.get(path+"/at/lamination/glance").says(200, "On hold", "No power", "since today")
	owner.get(path + "/at/nowhere/glance").says(404)
	f.operatorBrowser().get(path + "/at/printing/glance").says(404)
}

// viewer is a browser of somebody who only looks.
func (f *firm) viewer() *browser {
	_, b := f.member("Vidya", flow.Viewer, flow.Given{All: true})
	return b
}
