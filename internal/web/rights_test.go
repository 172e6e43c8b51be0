package web_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// letters are the mails of a kind that wait at an organisation, once.
func (f *firm) letters(now time.Time, kind string) (list []postgres.Mail) {
	f.t.Helper()
	for {
		mails, err := f.db.TakeMails(f.t.Context(), f.org, now.Add(time.Second))
		if err != nil {
			f.t.Fatal(err)
		}
		if len(mails) == 0 {
			return list
		}
		for _, m := range mails {
			if m.Kind == kind {
				list = append(list, m)
			}
		}
	}
}

func command(t *testing.T, pairs ...string) url.Values {
	t.Helper()
	v := url.Values{"command": {newID(t).String()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

var linkIn = regexp.MustCompile(`http://clicarity\.example(/\S+)`)

// A member downloads what is kept about them: readable, for programs, and nothing of others.
func TestPeopleDownloadTheirData(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseAt(t, c.now).firm("sahyadri")
	b := f.operatorBrowser()
	b.get("/my-data").says(200, "Your data", "Download my data", "Be erased")
	resp, err := b.client.PostForm(b.url+"/my-data/download", nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errorsJoin(err, resp.Body.Close()); err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/zip" {
		t.Fatal(resp.Status, err)
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, file := range z.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		texts[file.Name] = string(text)
	}
	var data struct {
		Tables []struct {
			Table  string
			Fields []struct{ Purpose, Ground, Kept string }
			Rows   []map[string]any
		}
	}
	if err := json.Unmarshal([]byte(texts["data.json"]), &data); err != nil || len(data.Tables) < 4 || data.Tables[0].Table != "members" || data.Tables[0].Fields[0].Purpose == "" {
		t.Fatalf("%v %+v", err, data)
	}
	for _, says := range []string{"Ravi Kadam", "ravi@sahyadri.example", "to let you in and nobody else", "kept, not shown"} {
		if !strings.Contains(texts["data.html"], says) {
			t.Errorf("the readable file does not say %q", says)
		}
	}
	if all := texts["data.json"] + texts["data.html"]; strings.Contains(all, "Asha Patil") || strings.Contains(all, "operator pass") {
		t.Error("the pack has another person, or the password")
	}
	c.turn(11 * time.Minute) // it asks who is there
	b.post("/my-data/download", url.Values{"password": {"wrong"}}).says(422, "not right")
	b.get("/my-data").holds(`name="password"`)
}

func errorsJoin(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// Somebody asks to be erased, sees it, calls it off, asks again, and is gone when the time comes.
func TestPeopleAskToBeErased(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseOf(t, c.now, true).firm("sahyadri")
	b := f.operatorBrowser()
	b.post("/my-data", command(t, "do", "erase")).says(422, "Tick that you know")
	ask := command(t, "do", "erase", "sure", "1")
	b.post("/my-data", ask).says(200, "You will be erased in 48 hours", "Call it off")
	b.post("/my-data", ask).says(200) // the form sent twice is one request
	if mails := f.letters(c.now(), "rights_planned"); len(mails) != 1 || mails[0].To != "ravi@sahyadri.example" {
		t.Errorf("%+v", mails)
	}
	request := regexp.MustCompile(`name="request" value="([^"]+)"`).FindStringSubmatch(b.body)[1]
	b.post("/my-data", url.Values{"do": {"cancel"}, "request": {request}}).says(200, "Called off", "called off")
	owner := f.ownerBrowser()
	owner.post("/my-data", url.Values{"do": {"cancel"}, "request": {request}}).says(404) // not theirs
	owner.post("/my-data", command(t, "do", "erase", "sure", "1")).says(422, "the only owner")
	b.post("/my-data", command(t, "do", "erase", "sure", "1")).says(200)
	c.turn(49 * time.Hour)
	o, err := f.db.Organisation(t.Context(), f.org)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.db.EraseDue(t.Context(), o, c.now()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	b.get("/my").says(200, "Log in with a passkey")
	f.browser().password("ravi@sahyadri.example", "operator pass").says(422)
	f.ownerBrowser().get("/privacy-requests").says(200, "Person ", "answered").hides("Ravi Kadam")
}

// What people correct by themselves: their name at once, their address when the mail to it is opened.
func TestPeopleCorrectTheirData(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseOf(t, c.now, true).firm("sahyadri")
	b := f.operatorBrowser()
	b.post("/my-data", url.Values{"do": {"name"}, "name": {" "}}).says(422, "Write your name")
	b.post("/my-data", url.Values{"do": {"name"}, "name": {"Ravindra  Kadam"}}).says(200, "Your name is changed", "Ravindra Kadam")
	b.post("/my-data", url.Values{"do": {"login"}, "login": {"not an address"}}).says(422, "That is no e-mail address").holds("not an address")
	b.post("/my-data", url.Values{"do": {"login"}, "login": {"Ravindra@Sahyadri.example"}}).says(200, "A mail is on its way")
	mails := f.letters(c.now(), "login_proof")
	if len(mails) != 1 || mails[0].To != "ravindra@sahyadri.example" {
		t.Fatalf("%+v", mails)
	}
	f.browser().password("ravindra@sahyadri.example", "operator pass").says(422) // not before the link is opened
	path := linkIn.FindStringSubmatch(mails[0].Text)[1]
	stranger := f.browser()
	stranger.get(path).says(200, "Use this address")
	stranger.post(path, nil).says(200, "From now on you log in with ravindra@sahyadri.example")
	stranger.post(path, nil).says(404, "good no more")
	stranger.get(path).says(404, "good no more").hides("Use this address")
	stranger.get("/new-login/x").says(404, "good no more")
	f.browser().password("ravindra@sahyadri.example", "operator pass").says(200)
	f.browser().password("ravi@sahyadri.example", "operator pass").says(422)
	b.post("/my-data", url.Values{"do": {"nominee"}, "nominee": {"Sunita Kadam"}}).says(422, "both the name").holds("Sunita Kadam")
	b.post("/my-data", url.Values{"do": {"nominee"}, "nominee": {"Sunita Kadam"}, "contact": {"+919812345678"}}).says(200, "Saved").holds("919812345678")
	b.post("/my-data", url.Values{"do": {"nominee"}, "nominee": {""}, "contact": {""}}).says(200).hides("Sunita Kadam")
}

// What people ask, and the answer of an owner.
func TestOwnersAnswerAtTheDesk(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseOf(t, c.now, true).firm("sahyadri")
	b, owner := f.operatorBrowser(), f.ownerBrowser()
	b.post("/my-data", command(t, "do", "complaint", "complaint", "Who <b>reads</b> my notes?\nAnd why?")).says(200, "The owners have your request", "due in 30 days")
	if mails := f.letters(c.now(), "rights_new"); len(mails) != 1 || mails[0].To != "owner@sahyadri.example" {
		t.Errorf("%+v", mails)
	}
	c.turn(2 * time.Minute)
	owner.get("/privacy-requests").says(200, "Complaint", "Ravi Kadam", "due in 29 days", "1 open").holds("&lt;b&gt;reads")
	path := regexp.MustCompile(`/privacy-requests/[0-9a-f-]{36}`).FindString(owner.body)
	b.get("/privacy-requests").says(404)
	b.get(path).says(404)
	owner.get(path).says(200, "Find out what happened", "What was done")
	owner.post(path, url.Values{"do": {"answer"}, "answer": {" "}}).says(422, "Write what you answer")
	c.turn(31 * 24 * time.Hour)
	owner = f.ownerBrowser()
	owner.get(path).says(200, "late by 2 days", "1 late")
	answer := url.Values{"do": {"answer"}, "answer": {"Only who works on the job."}}
	owner.post(path, answer).says(200, "Answered.", "Only who works on the job.")
	owner.post(path, answer).says(200) // once more the same
	owner.post(path, url.Values{"do": {"refuse"}, "answer": {"No."}}).says(422, "too late")
	if mails := f.letters(c.now(), "rights_answer"); len(mails) != 1 || !strings.Contains(mails[0].Text, "Only who works on the job.") {
		t.Errorf("%+v", mails)
	}
	f.operatorBrowser().get("/my-data").says(200, "Only who works on the job.")
	owner.get("/privacy-requests").says(200, "Nobody waits", "Answered")
}

// A customer asks by the public form: nothing is said of whether there is data, nothing reaches the desk without the proof, and
// the owner takes the name out of the texts they choose.
func TestACustomerAsksByThePublicForm(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseOf(t, c.now, true).firm("sahyadri")
	owner := f.ownerBrowser()
	job := newID(t)
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(c.now())}
	if _, err := f.db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: flow.Create{Process: f.process.ID, Version: 1,
		Jobs: []flow.NewJob{{ID: job, Number: "JC-1", Customer: "Usha Rane", Item: "Box", Quantity: flow.Units(10)}}}}); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"kind": {"erasure"}, "company": {"sahyadri"}, "name": {"Usha Rane"}, "email": {"usha@customer.example"}, "body": {"Please forget me"}}
	stranger := f.browser()
	stranger.get("/rights").says(200, "Ask about your data")
	stranger.post("/rights", url.Values{"kind": {"erasure"}, "company": {"sahyadri"}, "name": {"Usha Rane"}, "email": {"nobody"}}).says(422, "That is no e-mail address").holds("Usha Rane")
	stranger.post("/rights", form).says(200, "a mail is on its way to usha@customer.example")
	sent := stranger.body
	form.Set("company", "no-such-company")
	if stranger.post("/rights", form); stranger.body != sent {
		t.Error("the answer says whether there is such a company")
	}
	form.Set("company", "") // goes to whoever runs the service
	stranger.post("/rights", form).says(200)
	form.Set("company", "sahyadri")
	stranger.post("/rights", form).says(429) // the fourth to one address in a while
	mails := f.letters(c.now(), "rights_check")
	if len(mails) != 1 {
		t.Fatalf("%+v", mails)
	}
	owner.get("/privacy-requests").says(200, "Nobody waits")
	path := linkIn.FindStringSubmatch(mails[0].Text)[1]
	stranger.get(path).says(200, "Please forget me", "Send the request")
	owner.get("/privacy-requests").says(200, "Nobody waits") // looking is not yet sending
	stranger.post(path, nil).says(200, "Your request has arrived")
	stranger.post(path, nil).says(404, "good no more")
	owner.get("/privacy-requests").says(200, "Usha Rane", "usha@customer.example")
	request := regexp.MustCompile(`/privacy-requests/[0-9a-f-]{36}`).FindString(owner.body)
	owner.get(request).says(200, "Look for them")
	owner.post(request, url.Values{"do": {"look"}}).says(200, "Usha Rane", "by Asha Patil").holds(`value="movements/1"`)
	owner.post(request, url.Values{"do": {"erase_texts"}}).says(422, "Tick the texts")
	owner.post(request, url.Values{"do": {"plan"}, "text": {"movements/1"}}).says(422, "Choose who this was here")
	owner.post(request, url.Values{"do": {"erase_texts"}, "text": {"movements/1"}}).says(200, "The name is taken out")
	owner.get("/jobs/"+job.String()).says(200, "Person ").hides("Usha Rane")
	owner.get("/find?q=Usha").says(200).hides("JC-1")
	owner.post(request, url.Values{"do": {"answer"}, "answer": {"Your name is gone from our jobs."}}).says(200)
	owner.get("/audit").says(200, "took a name out of the history")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// Owners plan the erasure of somebody who has left and asks by the public form, and choose the texts of others.
func TestOwnersPlanAnErasure(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseOf(t, c.now, true).firm("sahyadri")
	owner := f.ownerBrowser()
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(c.now())}
	job, other := newID(t), newID(t)
	for _, a := range []flow.Action{flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: job, Number: "JC-1", Customer: "Mithai Ghar", Quantity: flow.Units(10)}}},
		flow.Report{Work: flow.Work{Job: job, Stage: "printing"}, Good: flow.Units(5), Note: "Ravi Kadam checked it"},
		flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: other, Number: "RAVI KADAM/2", Quantity: flow.Units(10)}}},
		flow.AddStage{Work: flow.Work{Job: other, Stage: "extra"}, Called: "Seen by Ravi Kadam", After: "printing"}} {
		if _, err := f.db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: a}); err != nil {
			t.Fatal(err)
		}
	}
	owner.post("/privacy-requests", command(t, "kind", "erasure", "name", "R. Kadam")).says(422, "Say who asks").holds("R. Kadam")
	owner.post("/privacy-requests", command(t, "kind", "erasure", "name", "Ravi Kadam", "contact", "+919812345678", "body", "rang up")).says(200, "Erasure", "rang up")
	request := owner.at.Path
	owner.post(request, url.Values{"do": {"look"}}).says(200, "Ravi Kadam checked it", "Who this was here", "The number of a job. It stays", "Seen by Ravi Kadam", "A stage that was added to one job").
		holds(`href="/jobs/` + other.String())
	owner.post(request, url.Values{"do": {"plan"}, "member": {f.operator.String()}, "text": {"movements/2"}}).says(200, "The erasure is planned", "is erased")
	owner.post(request, url.Values{"do": {"look"}}).holds(`value="movements/2" checked`)
	owner.post(request, url.Values{"do": {"answer"}, "answer": {"x"}}).says(422, "too late")
	c.turn(48 * time.Hour)
	o, err := f.db.Organisation(t.Context(), f.org)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.db.EraseDue(t.Context(), o, c.now()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	owner = f.ownerBrowser()
	owner.get("/jobs/"+job.String()).says(200, "checked it").hides("Ravi Kadam")
	owner.get(request).says(200, "Erased")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}
