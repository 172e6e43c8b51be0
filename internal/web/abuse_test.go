package web_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// Each test here is an abuse that somebody hostile would try.

// payload would run, were it ever shown as it was typed: as text, in an attribute, in a script, in an address.
const payload = `"><script>alert(1)</script><img src=x onerror=alert(1)>'` + "`{{7*7}}"

// A job whose every text is a script is shown as text on every page there is.
func TestAbuseStoredXSSInEveryTextFieldOfAJob(t *testing.T) {
	t.Parallel()
	a := openAuthz(t)
	f := a.own
	by := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, Device: payload[:20], At: flow.At(a.now)}
	do := func(action flow.Action) {
		t.Helper()
		if _, err := a.db.Do(t.Context(), by, flow.Command{ID: newID(t), Action: action}); err != nil {
			t.Fatalf("%s: %v", action.Name(), err)
		}
	}
	p := flow.Process{ID: newID(t), Version: 1, Name: payload, About: payload, Mode: flow.QuantityMode, Unit: "<b>kg", Prefix: "X", Sizes: []string{"<i>S"},
		Fields:       []flow.Field{{Code: "gsm", Label: payload, Type: flow.TextField}, {Code: "kind", Label: payload, Type: flow.ChoiceField, Choices: []string{payload}}},
		WasteReasons: []flow.Reason{{Code: "torn", Label: payload}}, HoldReasons: []flow.Reason{{Code: "stuck", Label: payload}},
		Stages: []flow.Stage{
			{Code: "cut", Name: payload, Short: payload[:30], Phase: payload, Public: payload, Stations: []string{payload}, LotIn: true, LotOut: true, Grades: []string{"<u>A"},
				Fields: []flow.Field{{Code: "seen", Label: payload, Type: flow.TextField}}},
			{Code: "pack", Name: payload, Approval: true}}}
	vendor := newID(t)
	if err := a.db.AddProcess(t.Context(), f.org, p); err != nil {
		t.Fatal(err)
	}
	if err := a.db.AddVendor(t.Context(), f.org, postgres.Vendor{ID: vendor, Name: payload, Place: payload}); err != nil {
		t.Fatal(err)
	}
	job, nc := newID(t), newID(t)
	number := `"><script>alert(1)</script>`
	do(flow.Create{Process: p.ID, Version: 1, Jobs: []flow.NewJob{{ID: job, Number: number, Customer: payload, Item: payload, Quantity: flow.Units(100), Sizes: map[string]flow.Quantity{"<i>S": flow.Units(100)},
		Fields: map[string]string{"gsm": payload, "kind": payload, "note": payload}}}})
	at := flow.Work{Job: job, Stage: "cut"}
	do(flow.Start{Work: at, Station: payload})
	do(flow.Report{Work: at, Good: flow.Units(40), Wasted: []flow.Waste{{Reason: "torn", Quantity: flow.Units(1)}}, Note: payload,
		Release: flow.Release{Values: map[string]string{"seen": payload}, Grades: map[string]flow.Quantity{"<u>A": flow.Units(40)}, Made: payload[:30], Approver: payload,
			Used: []flow.Used{{Lot: payload[:30], Material: payload[:38], Supplier: payload[:38], Quantity: flow.One, Unit: "<b>kg"}}},
		Of: map[string]flow.Amount{"<i>S": {Good: flow.Units(40), Wasted: []flow.Waste{{Reason: "torn", Quantity: flow.Units(1)}}}}})
	do(flow.RaiseNC{Work: at, NC: nc, What: payload})
	do(flow.SettleNC{Job: job, NC: nc, Decided: flow.Dispositions[0], Root: payload, Action: payload, Owner: payload})
	do(flow.Hold{Work: at, Reason: "stuck", Note: payload, Awaits: flow.Awaited{Name: payload}})
	do(flow.Resume{Work: at})
	do(flow.Change{Job: job, Set: map[string]string{flow.SetItem: payload + "2"}, Reason: payload})
	do(flow.Send{Vendor: vendor, Note: payload, Lines: []flow.SendLine{{Work: at, Quantity: flow.Units(10), Of: map[string]flow.Amount{"<i>S": {Quantity: flow.Units(10)}}}}})
	do(flow.AddStage{Work: flow.Work{Job: job, Stage: "extra"}, Called: payload, After: "pack"})
	j, err := a.db.Job(t.Context(), f.org, job)
	if err != nil {
		t.Fatal(err)
	}
	owner := principals()[0]
	a.join(owner)
	target := a.own.targets["a"]
	cut, _ := j.Stage("cut")
	for name, value := range map[string]string{"job": job.String(), "process": p.ID.String(), "stage": "cut", "nc": nc.String(), "number": cut.Out[0].Challan, "vendor": vendor.String()} {
		target.paths[name] = value
	}
	target.mark, target.job = `"><script>alert(1)</script>`, job
	seen := 0
	for _, r := range a.routes {
		e := entries[r.Pattern]
		if !strings.HasPrefix(r.Pattern, "GET ") || r.Pattern == "GET /live" || e.on == everybody {
			continue
		}
		_, body := a.ask(r.Pattern, e, owner, target, owner.cookie)
		if strings.Contains(body, "Content-Disposition:[attachment") {
			continue // a file to keep, which no browser shows
		}
		for _, bad := range []string{"<script>alert", "<img src=x", "<b>kg", "<i>S", "<u>A", "onerror=alert(1)>\""} {
			if strings.Contains(body, bad) {
				t.Errorf("%s shows %q as it was typed", r.Pattern, bad)
			}
		}
		if strings.Contains(body, "&lt;script&gt;alert(1)") {
			seen++
		}
	}
	if seen < 12 {
		t.Errorf("the text was seen on %d pages only", seen)
	}
}

// A feed that asks for jobs and stages outside the scope is silent about them.
func TestAbuseScopeBypassByTheLiveFeed(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	labels := flow.Process{ID: newID(t), Version: 1, Name: "Labels", Mode: flow.QuantityMode, Unit: "pcs", Prefix: "LB", Stages: []flow.Stage{{Code: "design", Name: "Design"}, {Code: "press", Name: "Press"}}}
	if err := f.db.AddProcess(t.Context(), f.org, labels); err != nil {
		t.Fatal(err)
	}
	cartons := f.process
	f.process = labels
	owner.newJob(f, "SECRET-1", "500")
	f.process = cartons
	owner.newJob(f, "OWN-1", "500")
	secret, own := f.jobNumbered("SECRET-1"), f.jobNumbered("OWN-1")
	owner.tap(own, "printing", "done").says(200)
	operator := f.operatorBrowser()
	ask := fmt.Sprintf("/live?after=0&job=%s&process=%s&jobs=%s,%s&also=%s&stages=%s:design,%s:lamination&mine=1&pulse=1", secret, labels.ID, secret, own, secret, labels.ID, f.process.ID)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+ask, nil)
	if err != nil {
		t.Fatal(err)
	}
	operator.client.Timeout = 0
	resp, err := operator.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	f.process = labels
	owner.newJob(f, "SECRET-2", "7") // a new job on the board that is not theirs
	owner.post("/jobs/"+secret.String()+"/change", map[string][]string{"command": {newID(t).String()}, "item": {"Secret sweets"}, "customer": {"Secret Foods"}})
	owner.tap(own, "lamination", "hold", "hold_reason", "no_power").says(200) // what is theirs arrives
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		line := lines.Text()
		if strings.Contains(line, "SECRET") || strings.Contains(line, secret.String()) || strings.Contains(line, "Secret") || strings.HasPrefix(line, "event: more") {
			t.Errorf("the feed says of %s (own %s): %s", secret, own, line)
		}
		if strings.Contains(line, "event: row") {
			t.Errorf("an operator gets rows of the board")
		}
		if strings.HasPrefix(line, "event: refresh") { // of what is theirs
			return
		}
	}
	t.Errorf("the feed never told what is theirs: %v", lines.Err())
}

// Files are found by what the program itself wrote down, never by a path from outside.
func TestAbusePathTraversal(t *testing.T) {
	t.Parallel()
	a := openAuthz(t)
	owner := principals()[0]
	a.join(owner)
	job := a.own.targets["a"].job.String()
	for _, path := range []string{"/static/x/..%2f..%2fgo.mod", "/static/..%2f..%2f/locale", "/static/x/%2e%2e%2flocale%2fen.json", "/static/../locale/en.json", "/jobs/" + job + "/pictures/..%2f..%2f..%2fetc%2fpasswd",
		"/jobs/..%2f" + job, "/challans/..%2f..%2fetc%2fpasswd", "/templates/..%2f..%2fmigrations%2f0001_house", "/templates/%2e%2e%2fgallery", "/processes/" + "..%2f" + "file"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.AddCookie(owner.cookie)
		rec := httptest.NewRecorder()
		a.handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusNotFound && rec.Code != http.StatusMovedPermanently && rec.Code != http.StatusTemporaryRedirect && rec.Code != http.StatusSeeOther {
			t.Errorf("%s: %d %s", path, rec.Code, plain(rec.Body.String()))
		}
		if body := rec.Body.String(); strings.Contains(body, "root:x:") || strings.Contains(body, "create table") || strings.Contains(body, "module clicarity") || strings.Contains(body, "\"skip\":") {
			t.Errorf("%s gives a file", path)
		}
	}
}

// What was sent as a picture is never run as a page: it is encoded anew, and said to be what it is.
func TestAbuseContentSniffingOfFiles(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "P-1", "500")
	job := f.jobNumbered("P-1")
	owner.tap(job, "printing", "done").says(200)
	for name, sent := range map[string]string{
		"a page": "<html><script>alert(1)</script></html>", "a page behind the first bytes of a picture": "\xff\xd8\xff\xe0<script>alert(1)</script>", "a drawing that runs": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
	} {
		body, media := entry{form: func(*authz, *target) url.Values {
			return url.Values{"id": {newID(t).String()}, "stage": {"lamination"}}
		}, file: true, sent: sent}.body(&authz{t: t}, nil)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+"/jobs/"+job.String()+"/pictures", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", media)
		owner.take(owner.client.Do(r))
		if owner.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, owner.status, plain(owner.body))
		}
	}
	resp, err := owner.client.Get(f.url + "/static/x/app.css")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("browsers may guess what a file is")
	}
}
