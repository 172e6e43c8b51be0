package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clicarity/internal/keys"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
	"clicarity/internal/web"
)

// Whoever joins chooses the language of the notice, reads in it what is stored and why, and that they did is on record, with the
// version and that they are an adult.
func TestTheNoticeIsReadInFiveLanguages(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, sunita := f.ownerBrowser(), f.browser()
	path := owner.invite("role", "operator", "at", f.process.ID.String()+":printing")
	for _, l := range letters.Languages() {
		n := letters.NewNotice(l.Code, letters.Party{Organisation: "Firm sahyadri", Complaints: "Anil Patil", Email: "complaints@clicarity.example"}, nil)
		sunita.get(path+"?in="+l.Code).says(200, n.Title, n.Lead, n.Adult, n.Rights[2], letters.Say(l.Code, "purpose_sign_in"), letters.Say(l.Code, "kept_membership"))
		for _, p := range privacy.Purposes() {
			if p != privacy.Enquiry {
				sunita.says(200, letters.Say(l.Code, "purpose_"+string(p)+"_what"), letters.Say(l.Code, "purpose_"+string(p)+"_why"))
			}
		}
	}
	sunita.post(path+"?in=mr", joining("do", "notice")).says(200, letters.Say("mr", "notice_title")).holdsHTML(`value="Sunita Pawar"`)
	sunita.post(path, joining("in", "mr", "adult", "")).says(422, letters.Say("mr", "notice_not_adult"))
	sunita.post(path, joining("in", "mr")).says(200, "My jobs")
	members, err := f.db.Members(t.Context(), f.org, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if m.Name != "Sunita Pawar" {
			continue
		}
		acts, err := f.db.Consents(t.Context(), f.org, m.ID)
		if err != nil || len(acts) != 1 || acts[0].Language != "mr" || acts[0].Version != letters.NoticeVersion || !acts[0].Adult || acts[0].How != postgres.ByJoining || acts[0].Act != postgres.Read || m.Letters != "mr" {
			t.Errorf("%+v %v", acts, err)
		}
	}
	sunita.get("/account").says(200, "Notice read, and said to be 18 or older: version 2, मराठी")
	sunita.get("/account/notice?in=ta").says(200, letters.Say("ta", "notice_title"), "मराठी").hides("I have read it")
	owner.get("/account/notice?in=gu").says(200, letters.Say("gu", "notice_title"), "I have read it")
	owner.post("/account/notice", url.Values{"in": {"gu"}, "version": {"2"}}).says(422, letters.Say("gu", "notice_not_adult"))
	owner.post("/account/notice", url.Values{"in": {"gu"}, "version": {"1"}, "adult": {"1"}}).says(409, "has changed")
	for range 2 {
		owner.post("/account/notice", url.Values{"in": {"gu"}, "version": {"2"}, "adult": {"1"}}).says(200, "you have read it", "ગુજરાતી")
	}
}

// holdsHTML checks that the page has some HTML.
func (b *browser) holdsHTML(parts ...string) *browser {
	b.t.Helper()
	for _, part := range parts {
		if !strings.Contains(b.body, part) {
			b.t.Errorf("the page has no %s", part)
		}
	}
	return b
}

// Consent to news is given and taken back by one tap each, as often as one likes; all of it is on record.
func TestChoices(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/account").says(200, "My choices", "Yes, send me news")
	owner.post("/account/choices", url.Values{"news": {"given"}}).says(200, "You get news from now on", "No, end the news").hides("Yes, send me news")
	owner.post("/account/choices", url.Values{"news": {"maybe"}}).says(400)
	owner.post("/account/choices", url.Values{"news": {"withdrawn"}}).says(200, "You get no more news", "Yes, send me news", "News: yes", "News: no")
	owner.post("/account/letters", url.Values{"letters": {"ta"}}).says(200, "The language of your letters is saved")
	if m, err := f.db.Member(t.Context(), f.org, f.owner); err != nil || m.Reads() != "ta" {
		t.Errorf("%+v %v", m, err)
	}
	owner.post("/account/letters", url.Values{"letters": {"xx"}}).says(400)
	if m, err := f.db.Member(t.Context(), f.org, f.owner); err != nil || m.Letters != "ta" {
		t.Errorf("what is no language changed it: %+v %v", m, err)
	}
	owner.post("/account/letters", url.Values{"letters": {""}}).says(200)
	if m, err := f.db.Member(t.Context(), f.org, f.owner); err != nil || m.Letters != "" {
		t.Errorf("%+v %v", m, err)
	}
}

// One request without a session, from a program that is no browser, ends news; looking at the address does not; again and again is fine.
func TestOneClickEndsNews(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	consented := func() bool {
		t.Helper()
		yes, err := f.db.Consented(t.Context(), f.org, f.owner, postgres.News)
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	f.ownerBrowser().post("/account/choices", url.Values{"news": {"given"}}).says(200)
	path := web.Unsubscribe("", keys.New([keys.Size]byte{1}), f.org, f.owner)
	visitor := f.browser()
	for range 2 {
		visitor.get(path).says(200, "No more news", "One tap")
	}
	if !consented() {
		t.Error("looking ended it")
	}
	for range 3 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+path, strings.NewReader("List-Unsubscribe=One-Click"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK || consented() {
			t.Errorf("%d %v", resp.StatusCode, err)
		}
	}
	if acts, err := f.db.Consents(t.Context(), f.org, f.owner); err != nil || len(acts) != 2 || acts[0].How != postgres.ByOneClick || !acts[0].By.IsZero() {
		t.Errorf("%+v %v", acts, err)
	}
	visitor.post(path, nil).says(200, "You get no more news from us")
	for _, bad := range []string{path + "x", path[:len(path)-1], "/unsubscribe/x"} {
		visitor.get(bad).says(404)
		visitor.post(bad, nil).says(404)
	}
}

// The operator's owners write the next version, see what changes, and publish it; everybody sees it until they put it away. For
// other organisations there are no such pages.
func TestPoliciesArePublished(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ours, other := h.firm("clicarity"), h.firm("sahyadri")
	owner, stranger := ours.ownerBrowser(), other.ownerBrowser()
	for _, path := range []string{"/policies", "/policies/privacy"} {
		stranger.get(path).says(404)
	}
	stranger.post("/policies/privacy", url.Values{"do": {"save"}, "body": {"x"}}).says(404)
	owner.get("/policies/cookies").says(404)
	owner.get("/policies").says(200, "Privacy policy", "Version 1, published 26-11-2026", "Terms of service")
	owner.get("/policies/privacy").says(200, "This will be version 2", "Nothing has changed")
	today := time.Now().In(postgres.Zone("Asia/Kolkata"))
	day := func(n int) string { return today.AddDate(0, 0, n).Format("02-01-2006") }
	send := func(do string, pairs ...string) *browser {
		form := url.Values{"do": {do}, "version": {"2"}, "body": {"## Kept\r\nWe keep <b>it</b> for 60 days."}, "material": {"1"}, "effective": {day(30)}}
		for i := 0; i+1 < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return owner.post("/policies/privacy", form)
	}
	send("save").says(200, "The draft is saved").holdsHTML("<ins>We keep &lt;b&gt;it&lt;/b&gt; for 60 days.</ins>", "<h2>Kept</h2>", "<p>We keep &lt;b&gt;it")
	owner.get("/policies").says(200, "draft of the next")
	send("save", "body", " ").says(422, "Write the text")
	send("publish", "effective", day(3)).says(422, "People must have 7 days").holdsHTML("We keep &lt;b&gt;it")
	send("publish", "effective", "soon").says(422, "Write the day")
	send("publish", "effective", day(-1), "material", "").says(422, "The day is over")
	send("publish", "version", "7").says(422, "Somebody has published a version")
	send("publish").says(200, "Version 2, published "+day(0), "holds from "+day(30), "Letters to owners")
	send("publish").says(422, "Somebody has published a version") // the button was tapped twice
	for _, b := range []*browser{owner, stranger, other.operatorBrowser()} {
		b.get("/account").says(200, "Clicarity changes its privacy policy. It holds from "+day(30)).holdsHTML(`href="http://clicarity.example/about/privacy"`)
	}
	stranger.post("/told", url.Values{"topic": {"privacy 2"}, "to": {"/account"}}).says(200, "Your account").hides("changes its privacy policy")
	stranger.post("/told", url.Values{"topic": {"<script>"}, "to": {"https://evil.example/"}})
	owner.get("/account").says(200, "changes its privacy policy")
	if list, err := h.db.Policies(t.Context(), ours.org, "privacy"); err != nil || len(list) != 1 || !list[0].Material || list[0].Version != 2 {
		t.Errorf("%+v %v", list, err)
	}
}

// Owners see which letters went and which did not, nobody else does, and nobody sees what they say.
func TestLettersAreListed(t *testing.T) {
	t.Parallel()
	h := openHouseWith(t, true)
	f := h.firm("sahyadri")
	owner := f.ownerBrowser()
	f.operatorBrowser().get("/letters").says(404)
	owner.get("/letters").says(200, "No mails in the last 30 days")
	command := newID(t).String()
	for range 2 {
		owner.post("/letters/test", url.Values{"command": {command}}).says(200, "The test mail is on its way", "Test mail", "owner@sahyadri.example", "waiting").hides("If you can read this")
	}
	owner.post("/letters/test", url.Values{"command": {"x"}}).says(400)
	now := time.Now().Add(time.Second)
	for i := range 3 {
		mails, err := f.db.TakeMails(t.Context(), f.org, now)
		if err != nil || len(mails) != 1 {
			t.Fatal(i, mails, err)
		}
		if err := f.db.MailSent(t.Context(), f.org, mails[0].Number, now); err != nil {
			t.Fatal(err)
		}
		if err := f.db.MailBounced(t.Context(), f.org, postgres.Bounce{Number: mails[0].Number, Status: "5.1.1", Hard: i < 2, At: now}); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			if err := f.db.QueueMail(t.Context(), f.org, postgres.NewMail("owner@sahyadri.example", "en", newID(t).String(), letters.Test{Operator: "x"}, now)); err != nil {
				t.Fatal(err)
			}
		}
		if i == 1 {
			owner.get("/letters").says(200, "Addresses that send mails back", "came back 2 times", "The address is right")
			owner.get("/people/"+f.owner.String()).says(200, "Mails to owner@sahyadri.example came back").holdsHTML(`href="/letters"`)
			owner.post("/letters/addresses", url.Values{"address": {"owner@sahyadri.example"}}).says(200, "Mails go to this address again").hides("came back 2 times")
		}
	}
	for range postgres.SendingsAtOnce {
		if err := f.db.QueueMail(t.Context(), f.org, postgres.NewMail("ravi@sahyadri.example", "en", newID(t).String(), letters.Reset{Name: "Ravi"}, now)); err != nil {
			t.Fatal(err)
		}
	}
	owner.get("/letters").says(200, "New password", "Older")
	if next := strings.Split(strings.SplitN(owner.body, `href="/letters?before=`, 2)[1], `"`)[0]; next == "" {
		t.Error("there is no way to the older ones")
	} else {
		owner.get("/letters?before="+next).says(200, "Test mail").hides("New password")
	}
}
