package web_test

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// bare is an organisation as it begins: an owner, and the process that everybody begins with.
func (h *house) bare(slug string) *firm {
	h.t.Helper()
	f := &firm{house: h, org: newID(h.t), owner: newID(h.t), slug: slug}
	err := errors.Join(
		h.db.AddOrganisation(h.t.Context(), postgres.Organisation{ID: f.org, Slug: slug, Name: "Firm " + slug, Created: time.Now()},
			postgres.Member{ID: f.owner, Name: "Asha Patil", Role: flow.Owner, PasswordHash: "owner pass", Logins: []string{"owner@" + slug + ".example"}, Created: time.Now()}),
		h.db.AddProcess(h.t.Context(), f.org, flow.Starter(newID(h.t))))
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

// paste sends a table as the wizard's job sheet.
func (b *browser) paste(path, table string) *browser {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("paste", table); err != nil || form.Close() != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.take(b.client.Do(r)) //nolint:bodyclose // take closes it
}

// A company with nothing sets itself up: trade, stages, numbers, sheet, people; then its jobs are on its board.
func TestACompanySetsItselfUp(t *testing.T) {
	t.Parallel()
	f := openHouse(t).bare("nilgiri")
	owner := f.ownerBrowser()
	owner.get("/").says(200, "What do you make or do?", "Mono cartons")
	owner.get("/start?q=zzz").says(200, "No template has these words")
	owner.post("/start", url.Values{"command": {newID(t).String()}, "template": {"nothing"}}).says(404)
	owner.send("/start", "template", "packaging").says(200, "Your stages", "A vendor does it")
	here := strings.TrimSuffix(owner.at.Path, "/stages")
	form := startForm(owner.body)
	n := len(form["s"])
	first := form["s"][0]
	owner.post(here+"/stages", clone(form, "do", "remove."+first)).says(200)
	if got := startForm(owner.body); len(got["s"]) != n-1 {
		t.Errorf("%d stages after one was removed from %d", len(got["s"]), n)
	}
	form = startForm(owner.body)
	owner.post(here+"/stages", clone(form, "do", "next", "target."+form["s"][0], "soon")).says(422, "“soon” does not fit")
	renamed := clone(form, "do", "next", "stage."+form["s"][0], "Artwork from the party")
	owner.post(here+"/stages", renamed).says(200, "Your job numbers", "PK-00001")
	owner.get("/start").says(200, "Your job numbers") // coming back goes on where it was
	owner.post(here+"/numbers", url.Values{"do": {"next"}, "name": {"Cartons of Nilgiri"}, "prefix": {"NC"}, "yearly": {"1"}}).says(200, "Your job sheet")
	owner.paste(here+"/sheet", "").says(422, "empty")
	var table strings.Builder
	table.WriteString("JC No\tParty\tItem\tQty\tDel. date\tBoard\tGSM\tWindow\tRemarks\n")
	for i := range 12 {
		fmt.Fprintf(&table, "N-%d\tParty %c\tTea carton %d g\t%d\t%d/12/26\t%s\t%d\t%s\tcall first\n", i+1, 'A'+i, 100+i, 1000+i, i+5, []string{"SBS", "FBB"}[i%2], 280+10*(i%3), []string{"Yes", "No"}[i%2])
	}
	owner.paste(here+"/sheet", table.String()).says(200, "12 rows", "GSM", "a field of your own")
	mapped := startForm(owner.body)
	if mapped.Get("to.0") != "number" || mapped.Get("to.3") != "quantity" || mapped.Get("to.4") != "due" || mapped.Get("to.5") != "own" ||
		mapped.Get("type.5") != "choice" || mapped.Get("type.6") != "number" || mapped.Get("type.7") != "yesno" {
		t.Errorf("guessed %v", mapped)
	}
	owner.post(here+"/sheet", clone(mapped, "do", "next", "to.1", "number")).says(422, "is there twice")
	owner.post(here+"/sheet", clone(mapped, "do", "next", "to.8", "", "rows", "1")).says(200, "Your people")
	people := "Ravi Kadam\t98200 00011\tPrinting\nसुनीता जाधव; 98200 00012; Folding\nMeera Shah, meera@nilgiri.example, owner\nNobody, Printing\nAll Rounder, 98200 00013\nLost Soul, 98200 00014, Moon"
	owner.post(here+"/people", url.Values{"do": {"look"}, "people": {people}}).says(200, "Ravi Kadam", "there is no phone number", "all stages", "Folding")
	owner.post(here+"/people", url.Values{"do": {"next"}, "people": {people}}).says(200, "Ready?", "Cartons of Nilgiri", "NC/")
	owner.post(here+"/ready", url.Values{"do": {"next"}}).says(200, "It is set up", "12 jobs are on the board", "Ravi Kadam", "Nobody, Printing: there is no phone number").says(200, "no stage is called that")
	password := regexp.MustCompile(`919820000011</td><td class="number">([^<]+)<`).FindStringSubmatch(owner.body)
	if password == nil {
		t.Fatal("Ravi has no password")
	}
	owner.post(here+"/ready", url.Values{"do": {"next"}}).says(200, "N-1", "What next") // again: the board
	owner.get("/board").says(200, "N-12", "Artwork", "Create the first job")
	j, err := f.db.Job(t.Context(), f.org, f.jobNumbered("N-3"))
	if err != nil || j.Fields["gsm"] != "300" || j.Fields["board"] != "SBS" || j.Fields["window"] != "yes" || len(j.Fields) != 3 || j.Quantity != flow.Units(1002) {
		t.Errorf("%+v %v", j, err)
	}
	processes, err := f.db.Processes(t.Context(), f.org)
	if err != nil || len(processes) != 1 || processes[0].Name != "Cartons of Nilgiri" || len(processes[0].Fields) != 3 {
		t.Errorf("%d processes, %v", len(processes), err)
	}
	ravi := f.house.browser().signIn("98200 00011", password[1])
	ravi.get("/my").says(200, "Nothing is waiting")
	ravi.get("/start").says(404)
	owner.get("/").says(200, "Board")
	owner.post("/start/seen", url.Values{}).says(200).hides("What next")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// startForm is the wizard's form as a browser would send it back.
func startForm(body string) url.Values {
	form := url.Values{}
	part := body[strings.LastIndex(body, `class="form"`):]
	for _, m := range regexp.MustCompile(`<input([^>]*)>`).FindAllStringSubmatch(part, -1) {
		if strings.Contains(m[1], `type="checkbox"`) && !strings.Contains(m[1], " checked") {
			continue
		}
		form.Add(attribute(m[1], "name"), attribute(m[1], "value"))
	}
	for _, m := range regexp.MustCompile(`(?s)<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(part, -1) {
		if o := regexp.MustCompile(`<option value="([^"]*)" selected>`).FindStringSubmatch(m[2]); o != nil {
			form.Add(m[1], o[1])
		}
	}
	return form
}

// Whoever wants to look around first is not asked again.
func TestSettingUpCanWait(t *testing.T) {
	t.Parallel()
	f := openHouse(t).bare("nilgiri")
	owner := f.ownerBrowser()
	owner.get("/").says(200, "What do you make or do?")
	owner.send("/start", "do", "skip").says(200, "Board")
	owner.get("/").says(200, "Board").hides("What do you make or do?", "What next")
}

// A recruiter is offered the words of the trade: the jobs are candidates, unless the tick is taken out.
func TestSettingUpBringsTheWordsOfTheTrade(t *testing.T) {
	t.Parallel()
	house := openHouse(t)
	for name, takes := range map[string]bool{"hirewell": true, "plainwords": false} {
		owner := house.bare(name).ownerBrowser()
		owner.send("/start", "template", "recruitment").says(200, "Your stages")
		here := strings.TrimSuffix(owner.at.Path, "/stages")
		owner.post(here+"/stages", clone(startForm(owner.body), "do", "next")).says(200, "Use the words of the trade: job → candidate · customer → client · item → role")
		form := startForm(owner.body)
		form.Set("do", "next")
		if !takes {
			form.Del("words")
		}
		owner.post(here+"/numbers", form).says(200, "Your job sheet")
		owner.post(here+"/ready", url.Values{"do": {"next"}}).says(200, "It is set up")
		if owner.get("/jobs/new"); takes {
			owner.says(200, "New candidate", "Client")
		} else {
			owner.says(200, "New job", "Customer")
		}
	}
	owner := house.firm("cartons").ownerBrowser()
	owner.send("/start", "template", "packaging").says(200, "Your stages")
	owner.post(strings.TrimSuffix(owner.at.Path, "/stages")+"/stages", clone(startForm(owner.body), "do", "next")).says(200, "Your job numbers").hides("words of the trade")
}
