package web_test

import (
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
)

// fakeClock stands still until it is moved.
type fakeClock struct{ at atomic.Int64 }

func clockAt(t time.Time) *fakeClock {
	c := &fakeClock{}
	c.at.Store(t.UnixMicro())
	return c
}

func (c *fakeClock) now() time.Time       { return time.UnixMicro(c.at.Load()) }
func (c *fakeClock) move(d time.Duration) { c.at.Add(d.Microseconds()) }
func (b *browser) path() string           { return b.at.Path }
func with(v url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// A breach from the first sentence to the full report, by the clock.
func TestABreachByTheClock(t *testing.T) {
	t.Parallel()
	clock := clockAt(time.Date(2026, 11, 20, 6, 30, 0, 0, time.UTC)) // 12:00 in India
	f := openHouseAt(t, clock.now).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/breaches").says(200, "Nothing was entered")
	first := command(t, "day", "20-11-2026", "time", "11:15", "what", "A list of customers went to a wrong address.\nBy mail.", "nature", "taken", "nature", "seen")
	for range 2 { // sent twice, it is there once
		owner.post("/breaches", first).says(200, "Entered. The clocks run", "A list of customers", "copied or sent out", "not yet; 45 m since it was noticed", "2 d 23 h left")
	}
	page := owner.path()
	clock.move(7 * time.Hour)
	owner.signIn("owner@sahyadri.example", "owner pass").get("/breaches").says(200, "A list of customers", "not yet; 7 h 45 m since it was noticed", "2 d 16 h left")
	if n := strings.Count(owner.body, `href="/breaches/`); n != 1 {
		t.Errorf("there are %d breaches", n)
	}
	owner.post(page, command(t, "do", "people", "note", "Called all forty")).says(200, "Recorded", "The people concerned were told", "Called all forty", "done after 7 h 45 m")
	owner.post(page, command(t, "do", "board")).says(200, "done after 7 h 45 m")
	owner.post(page, command(t, "do", "account", "what", "A list of customers went to a wrong address", "people", "1,250", "contact", "Asha Patil, 98200 00001")).
		says(200, "Recorded", "1,250", "Asha Patil, 98200 00001", "The full report wants this too: When it happened")
	clock.move(70 * time.Hour)
	owner.signIn("owner@sahyadri.example", "owner pass").get(page).says(200, "late by 5 h 45 m")
	owner.post(page, command(t, "do", "report")).says(200, "done, late by 5 h 45 m")
	owner.post(page, command(t, "do", "closed", "note", "Nothing more was heard")).says(200, "Closed")
	owner.get(page+"/report").says(200, "Report of a personal data breach", "Firm sahyadri", "1,250", "6. Closed: nothing is left to do", "Called all forty", "The Board was told, first")
	owner.get("/audit?kind=privacy").says(200, "step about a breach", "added: breach").hides("customers")
	f.operatorBrowser().get("/breaches").says(404)
	owner.get("/breaches/" + newID(t).String()).says(404)
}

// Wrong input has a sentence, keeps what was typed and changes nothing.
func TestABreachThatCannotBeEntered(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	today := time.Now().In(time.FixedZone("IST", 19800)).Format("02-01-2006")
	tomorrow := time.Now().Add(48 * time.Hour).Format("02-01-2006")
	for _, c := range []struct{ day, time, what, people, want string }{
		{"31-02-2026", "10:00", "A phone was lost", "", "“31-02-2026” is not a day"},
		{today, "25:99", "A phone was lost", "", "“25:99” is not a time of day"},
		{tomorrow, "10:00", "A phone was lost", "", "has not come yet"},
		{"01-01-2001", "10:00", "A phone was lost", "", "not a day of the last ten years"},
		{today, "00:00", " \n ", "", "Write what happened"},
		{today, "00:00", "A phone was lost", "some", "“some” is not a number of people"},
		{today, "00:00", "A phone was lost", "-4", "not a number of people"},
		{today, "00:00", "A phone was lost", "2.5", "not a number of people"},
		{today, "00:00", strings.Repeat("x", 4001), "", "“What happened” is too long"},
	} {
		owner.post("/breaches", command(t, "day", c.day, "time", c.time, "what", c.what, "people", c.people, "data", "names <b>")).says(422, c.want, "names <b>")
	}
	owner.post("/breaches", url.Values{"day": {today}}).says(400)
	owner.get("/breaches").says(200, "Nothing was entered")
	owner.post("/breaches", command(t, "day", today, "time", "00:00", "what", "A phone was lost")).says(200)
	page := owner.path()
	owner.post(page, command(t, "do", "fly", "note", "kept")).says(422, "Choose what was done", "kept")
	owner.post(page, command(t, "do", "note")).says(422, "Write the note")
	owner.post(page, command(t, "do", "letter", "note", "{}")).says(422, "Choose what was done")
	owner.post(page, command(t, "do", "account", "what", "", "where", "in the bus")).says(422, "Write what happened", "in the bus")
	owner.post(page+"/organisations", command(t, "affected", "yes", "slugs", "x1", "message", "x")).says(404)
}

// A letter goes to the chosen members who have an address, once, and stands with the breach.
func TestALetterAboutABreach(t *testing.T) {
	t.Parallel()
	f := openHouseWith(t, true).firm("sahyadri")
	if err := f.db.AddMember(t.Context(), f.org, postgres.Member{ID: newID(t), Name: "Phone Only", Role: flow.Operator, PasswordHash: "x", Logins: []string{"+919820012345"}, Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	owner := f.ownerBrowser()
	today := time.Now().In(time.FixedZone("IST", 19800)).Format("02-01-2006")
	owner.post("/breaches", command(t, "day", today, "time", "00:00", "what", "A phone was lost", "consequences", "Calls from strangers", "contact", "Asha Patil"))
	page := owner.path()
	owner.get(page+"/letter").says(200, "Phone Only", "no e-mail: tell them yourself", "Something happened at Firm sahyadri", "Calls from strangers")
	owner.post(page+"/letter", command(t, "subject", "About your data", "text", "Kept text")).says(422, "Choose whom the letter goes to", "Kept text")
	owner.post(page+"/letter", command(t, "to", f.operator.String(), "text", "Kept text")).says(422, "Write a subject", "Kept text")
	owner.post(page+"/letter", command(t, "to", f.operator.String(), "subject", "About your data", "text", " ")).says(422, "Write the letter")
	owner.post(page+"/letter", command(t, "to", newID(t).String(), "subject", "x", "text", "x")).says(422, "Choose whom")
	letter := command(t, "to", f.operator.String(), "subject", "About your data", "text", "A phone was lost.\nBe careful.")
	for range 2 {
		owner.post(page+"/letter", letter).says(200, "The letter is on its way", "A letter went to members", "Members written to: 1", "Be careful.")
	}
	mails, err := f.db.TakeMails(t.Context(), f.org, time.Now())
	if err != nil || len(mails) != 1 || mails[0].To != "ravi@sahyadri.example" || mails[0].Text != "A phone was lost.\nBe careful." {
		t.Errorf("%+v %v", mails, err)
	}
}

// The operator writes to the owners of the organisations that a breach of the service concerns: in their language, once, and
// nobody else can.
func TestTheOperatorTellsOtherOrganisations(t *testing.T) {
	t.Parallel()
	h := openHouseWith(t, true)
	h.pages.Operator = operator.Operator{Organisation: "clicarity", Name: "Clicarity", Email: "hello@clicarity.example"}
	ours, konkan, malwa := h.firm("clicarity"), h.firm("konkan"), h.firm("malwa")
	if err := h.db.SetLanguage(t.Context(), konkan.org, konkan.owner, "hi"); err != nil {
		t.Fatal(err)
	}
	owner := ours.ownerBrowser()
	today := time.Now().In(time.FixedZone("IST", 19800)).Format("02-01-2006")
	owner.post("/breaches", command(t, "day", today, "time", "00:00", "what", "A backup was copied"))
	page := owner.path()
	owner.says(200, "Other companies", "Their short names")
	send := func(slugs string, more ...string) *browser {
		return owner.post(page+"/organisations", with(command(t, "slugs", slugs, "message", "A backup of Tuesday was copied."), more...))
	}
	send("konkan").says(422, "Tick that other companies are affected")
	send("konkan, nobody-here", "affected", "yes").says(422, "no other company with the short name “nobody-here”", "A backup of Tuesday")
	send("konkan ../etc", "affected", "yes").says(422, "“../etc”")
	send("clicarity", "affected", "yes").says(422, "no other company")
	send(" , ", "affected", "yes").says(422, "Write the short names")
	mailsOf := func(f *firm) []postgres.Mail {
		t.Helper()
		list, err := h.db.TakeMails(t.Context(), f.org, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if n := len(mailsOf(konkan)); n != 0 {
		t.Errorf("%d mails went before anything was right", n)
	}
	form := command(t, "slugs", "Konkan, konkan", "message", "A backup of Tuesday was copied.", "affected", "yes")
	for range 2 {
		owner.post(page+"/organisations", form).says(200, "The owners are being written to", "Owners written to: 1. Companies: konkan")
	}
	got := mailsOf(konkan)
	if len(got) != 1 || got[0].To != "owner@konkan.example" || !strings.Contains(got[0].Text, "A backup of Tuesday was copied.") || !strings.Contains(got[0].Text, "के मालिकों को") {
		t.Errorf("%+v", got)
	}
	if n := len(mailsOf(malwa)); n != 0 {
		t.Errorf("%d mails went to somebody who is not concerned", n)
	}
	other := konkan.ownerBrowser()
	other.get(page).says(404)
	other.post("/breaches", command(t, "day", today, "time", "00:00", "what", "x")).hides("Other companies")
	other.post(other.path()+"/organisations", form).says(404)
}

// What the reminder says is in the owner's language, with the clocks as they stand.
func TestTheReminderOfABreach(t *testing.T) {
	t.Parallel()
	clock := clockAt(time.Date(2026, 11, 20, 6, 30, 0, 0, time.UTC))
	f := openHouseAt(t, clock.now).firm("sahyadri")
	f.ownerBrowser().post("/breaches", command(t, "day", "20-11-2026", "time", "12:00", "what", "A phone was lost"))
	list, err := f.db.Breaches(t.Context(), f.org, flow.ID{}, 10)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	subject, text := f.pages.BreachMail("en", postgres.Organisation{Name: "Sahyadri"}, list[0], clock.now().Add(60*time.Hour))
	for _, want := range []string{"A phone was lost", "20-11-2026 12:00", "12 h 0 m left", "http://clicarity.example/breaches/" + list[0].ID.String()} {
		if !strings.Contains(subject+text, want) {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
	if _, hindi := f.pages.BreachMail("hi", postgres.Organisation{}, list[0], clock.now()); !strings.Contains(hindi, "पता चला") {
		t.Error(hindi)
	}
}
