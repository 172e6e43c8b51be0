package web_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// newsForm is the form of a piece of news as a browser sends it.
func newsForm(edition string, pairs ...string) url.Values {
	form := url.Values{"edition": {edition}, "first": {"en"}, "subject_en": {"Lots by QR code"}, "text_en": {"Scan a lot <b>where</b> it stands.\r\n\r\nhttps://clicarity.example/lots"}}
	for _, code := range []string{"hi", "mr", "gu", "ta"} { // as browsers send what is empty
		form.Set("subject_"+code, "")
		form.Set("text_"+code, " \r\n")
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// agrees records that somebody wants news.
func (f *firm) agrees(subject flow.ID) {
	f.t.Helper()
	c := postgres.Consent{Subject: subject, Purpose: postgres.News, Act: postgres.Given, Version: 2, Language: "en", At: time.Now(), How: postgres.ByPage}
	if err := f.db.RecordConsent(f.t.Context(), f.org, c); err != nil {
		f.t.Fatal(err)
	}
}

var newPiece = regexp.MustCompile(`action="(/news/[0-9a-f-]{36})"`)

// Owners of the operator write news, see them as mails, send one to themselves, and send them to exactly those who agreed. For
// everybody else there are no such pages. What is sent is never changed.
func TestNewsAreWrittenAndSent(t *testing.T) {
	t.Parallel()
	h := openHouseWith(t, true)
	ours, other := h.firm("clicarity"), h.firm("sahyadri")
	owner, stranger := ours.ownerBrowser(), other.ownerBrowser()
	owner.get("/privacy").says(200, "What nobody has to know").holdsHTML(`href="/news"`)
	stranger.get("/privacy").says(200).hides(`href="/news"`)
	owner.get("/news").says(200, "Nothing was sent yet")
	at := newPiece.FindStringSubmatch(owner.get("/news/new").body)[1]
	for range 2 { // the button was tapped twice
		owner.post(at, newsForm("0", "text_hi", "लॉट जहाँ रखा है, वहीं स्कैन करें।", "subject_hi", "QR कोड से लॉट")).says(200, "The draft is saved", "Changed by Asha Patil", "One tap ends it", "एक टैप से बंद करें", "Send one to owner@clicarity.example").
			holdsHTML(`name="edition" value="1"`, "&lt;b&gt;where&lt;/b&gt;", "http://clicarity.example/unsubscribe/")
	}
	for _, b := range []*browser{stranger, ours.operatorBrowser()} {
		for _, path := range []string{"/news", "/news/new", at, at + "/mail", at + "/send"} {
			b.get(path).says(404)
		}
		for _, path := range []string{at, at + "/test", at + "/send", at + "/discard"} {
			b.post(path, newsForm("1")).says(404)
		}
	}

	// Bad input gets a sentence, keeps what was typed, and changes nothing.
	owner.post(at, newsForm("1", "first", "xx")).says(400)
	owner.post(at, newsForm("1", "first", "ta")).says(422, "Write a subject and a text in the main language, தமிழ்").holdsHTML(`<option value="ta" selected>`, "Lots by QR code")
	owner.post(at, newsForm("1", "subject_mr", "लॉट")).says(422, "मराठी has only one of the two").holdsHTML(`value="लॉट"`)
	owner.post(at, newsForm("1", "text_en", strings.Repeat("a", 10_001))).says(422, "English is too long: 120 letters for the subject and 10,000 for the text at most")
	owner.post(at, newsForm("1", "subject_en", strings.Repeat("ल", 121))).says(422, "English is too long")
	owner.post(at, newsForm("1", "text_en", "Mine")).says(200).holdsHTML(`name="edition" value="2"`)
	owner.post(at, newsForm("1", "text_en", "Theirs")).says(409, "Somebody has changed or sent it").holdsHTML(">Theirs</textarea>", `name="edition" value="2"`, ">Mine\n")
	owner.get(at).says(200).hides("Theirs")
	owner.post("/news/x", newsForm("0")).says(404)

	// As programs show it: the mail's own page, in which nothing runs.
	resp, err := owner.client.Get(owner.url + at + "/mail?in=en")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if policy := resp.Header.Get("Content-Security-Policy"); err != nil || !strings.Contains(string(body), `lang="en"`) || !strings.Contains(string(body), ">Mine</p>") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") {
		t.Errorf("%q %s %v", policy, body, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}

	// One to oneself, whatever one agreed to.
	command := newID(t).String()
	for range 2 {
		owner.post(at+"/test", url.Values{"command": {command}, "in": {"en"}}).says(200, "One mail is on its way to you")
	}
	mails, err := h.db.TakeMails(t.Context(), ours.org, time.Now().Add(time.Second))
	if err != nil || len(mails) != 1 || mails[0].To != "owner@clicarity.example" || !strings.HasPrefix(mails[0].Unsubscribe, "http://clicarity.example/unsubscribe/") || !mails[0].ConsentOf.IsZero() {
		t.Errorf("%+v %v", mails, err)
	}

	// To everybody who agreed.
	owner.get(at+"/send").says(200, "Nobody has agreed").hides("Send now")
	ours.agrees(ours.owner)
	other.agrees(other.operator)
	owner.get(at+"/send").says(200, "Addresses that it goes to: 2", "Send now (2)", "Mine")
	owner.post(at+"/send", url.Values{"edition": {"1"}}).says(409, "Somebody has changed or sent it")
	owner.post(at+"/send", url.Values{"edition": {"x"}}).says(400)
	for range 2 {
		owner.post(at+"/send", url.Values{"edition": {"2"}}).says(200, "It is being sent", "Sent by Asha Patil", "still being written").hides("<textarea")
	}
	owner.post(at, newsForm("2", "text_en", "Afterwards")).says(409, "Somebody has changed or sent it").hides("Afterwards")
	owner.post(at+"/discard", nil).says(409)
	owner.get(at+"/send").says(200, "Sent by")
	owner.get("/news").says(200, "Lots by QR code", "Sent by Asha Patil", "not wanted any more 0")
	if walks, err := h.db.Walks(t.Context(), ours.org, time.Now()); err != nil || len(walks) != 1 || "/news/"+walks[0].Key != at {
		t.Errorf("%+v %v", walks, err)
	}
	for what, want := range map[string]int{"news_added": 1, "news_changed": 2} {
		if n := countAudit(t, h, ours.org, what); n != want {
			t.Errorf("%d entries %s", n, what)
		}
	}
	owner.get("/audit").says(200, "news")

	draft := newPiece.FindStringSubmatch(owner.get("/news/new").body)[1]
	owner.post(draft, newsForm("0")).says(200)
	owner.get("/news").says(200, "Drafts")
	owner.post(draft+"/discard", nil).says(200, "The draft is gone").hides("Drafts")
	owner.get(draft).says(404)
}

// Without a mail server news can be written, and nothing offers to send them.
func TestNewsWithoutMails(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("clicarity")
	owner := f.ownerBrowser()
	f.agrees(f.owner)
	at := newPiece.FindStringSubmatch(owner.get("/news/new").body)[1]
	owner.post(at, newsForm("0")).says(200, "Mails are not set up").hides(at + "/send").hides(at + "/test")
	owner.get(at + "/send").hides("Send now")
	owner.post(at+"/send", url.Values{"edition": {"1"}}).says(400)
	owner.post(at+"/test", url.Values{"command": {newID(t).String()}}).says(400)
	if n, err := f.db.News(t.Context(), f.org); err != nil || len(n) != 1 || !n[0].Sent.IsZero() {
		t.Errorf("%+v %v", n, err)
	}
}

// The link in the mail of a visitor of the public site ends the news for all that they wrote there; it works for members of a company
// that is closed, and is answered when the company is no more.
func TestOneClickEndsNewsOfVisitorsAndTheClosed(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("clicarity")
	other := f.house.firm("sahyadri")
	click := func(org, subject flow.ID) {
		t.Helper()
		path := strings.TrimPrefix(f.pages.UnsubscribeLink(org, subject), "http://clicarity.example")
		resp, err := http.Post(f.url+path, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click")) //nolint:noctx // the test's own server
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%d %v", resp.StatusCode, err)
		}
	}
	var ids []flow.ID
	for i, mark := range []byte{1, 1, 2} {
		e := f.enquiryOf("Asha Kulkarni", mark)
		f.agrees(e.ID)
		if ids = append(ids, e.ID); i == 1 {
			click(f.org, ids[0])
		}
	}
	for i, want := range []bool{false, false, true} {
		if yes, err := f.db.Consented(t.Context(), f.org, ids[i], postgres.News); yes != want || err != nil {
			t.Errorf("enquiry %d: %t %v", i, yes, err)
		}
	}
	other.agrees(other.operator)
	if err := f.db.CloseOrganisation(t.Context(), other.org, postgres.Closure{Closing: flow.ClosingAt(flow.At(time.Now())), By: other.owner}); err != nil {
		t.Fatal(err)
	}
	click(other.org, other.operator)
	if yes, err := f.db.Consented(t.Context(), other.org, other.operator, postgres.News); yes || err != nil {
		t.Error("a closed company holds on to it", err)
	}
	click(newID(t), newID(t))
}

// Who asks the operator to write no more, or to forget them, gets no news from the answer on, whatever they agreed to before.
func TestTheDeskEndsNews(t *testing.T) {
	t.Parallel()
	c := newClock()
	f := openHouseOf(t, c.now, true).firm("clicarity")
	owner, visitor := f.ownerBrowser(), f.browser()
	f.agrees(f.operator)
	for i, kind := range []string{"withdrawal", "erasure"} {
		e := f.enquiryOf("Asha Kulkarni", byte(i+1)) // from asha@mill.example
		f.agrees(e.ID)
		wants := func(want bool) {
			t.Helper()
			if yes, err := f.db.Consented(t.Context(), f.org, e.ID, postgres.News); yes != want || err != nil {
				t.Errorf("%s: %t %v", kind, yes, err)
			}
		}
		visitor.post("/rights", url.Values{"kind": {kind}, "name": {"Asha Kulkarni"}, "email": {"Asha@mill.example"}, "body": {"Please do"}}).says(200)
		var mails []postgres.Mail
		for len(mails) == 0 && t.Context().Err() == nil { // it is written after the answer
			mails = f.letters(c.now(), "rights_check")
		}
		visitor.post(linkIn.FindStringSubmatch(mails[0].Text)[1], nil).says(200)
		request := regexp.MustCompile(`/privacy-requests/[0-9a-f-]{36}`).FindString(owner.get("/privacy-requests").body)
		owner.get(request).says(200, "Asha Kulkarni")
		wants(true)
		owner.post(request, url.Values{"do": {"answer"}, "answer": {" "}}).says(422)
		wants(true)
		owner.post(request, url.Values{"do": {"answer"}, "answer": {"Nothing comes any more."}}).says(200)
		wants(false)
	}
	if yes, err := f.db.Consented(t.Context(), f.org, f.operator, postgres.News); !yes || err != nil {
		t.Error("somebody else gets none", err)
	}
}
