package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// calendarForm is the form of a calendar as a browser would send it back.
func calendarForm(t *testing.T, body string) url.Values {
	t.Helper()
	_, part, found := strings.Cut(body, `id="calendar"`)
	if !found {
		t.Fatalf("there is no calendar:\n%s", body)
	}
	part, _, _ = strings.Cut(part, "</form>")
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input([^>]*)>`).FindAllStringSubmatch(part, -1) {
		if !strings.Contains(m[1], `type="checkbox"`) || strings.Contains(m[1], " checked") {
			form.Add(attribute(m[1], "name"), attribute(m[1], "value"))
		}
	}
	return form
}

// holds expects parts of the page as it is written.
func (b *browser) holds(parts ...string) *browser {
	b.t.Helper()
	for _, part := range parts {
		if !strings.Contains(b.body, part) {
			b.t.Errorf("%s does not hold %s:\n%s", b.at.Path, part, b.body)
		}
	}
	return b
}

// morning is a Monday before the general shift begins.
func morning() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, postgres.Zone("Asia/Kolkata")) }

// An owner says when the firm works: shifts, holidays of the Indian list, a second calendar for one stage.
func TestAnOwnerSetsTheCalendar(t *testing.T) {
	t.Parallel()
	f := openHouseAt(t, morning).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/calendars").says(200, "General shift", "Your standard calendar", "54 h a week · 0 holidays", "Closed, opens today 09:00")
	owner.get("/calendars/general").says(200, "54 h in the coming seven days", "09:00–18:00", "Weekly off", "Sun", "Republic Day", "Tue 26-01-2027", "to be confirmed").
		hides("26-01-2026", "Makar Sankranti / Pongal</b>")
	form := calendarForm(t, owner.body)
	owner.post("/calendars/general", clone(form, "do", "addshift")).says(200, "Not saved yet")
	form = calendarForm(t, owner.body)
	form.Set("from.2", "22")
	form.Set("to.2", "6.00")
	owner.post("/calendars/general", clone(form, "do", "save", "to.2", "25:00")).says(422, "“25:00” does not fit “Shifts”").holds(`value="25:00"`)
	owner.post("/calendars/general", clone(form, "do", "save", "to.2", "9:30")).says(422, "22:00–09:30 and 09:00–18:00 overlap")
	owner.post("/calendars/general", clone(form, "do", "save")).says(200, "Saved", "22:00–06:00", "102 h a week", "Asha Patil")
	before := calendarForm(t, owner.body)
	listed := clone(before, "do", "list")
	listed["list"] = []string{"christmas.2026-12-25", "diwali.2027-10-29", "diwali.2027-10-30", "nonsense"}
	owner.post("/calendars/general", listed).says(200, "2 holidays").holds(`value="25-12-2026"`, `value="29-10-2027"`)
	owner.post("/calendars/general", clone(calendarForm(t, owner.body), "do", "addholiday", "newdate", "25/12/26", "newname", "Again")).
		says(422, "There are two holidays on 25-12-2026").holds(`value="Again"`)
	owner.post("/calendars/general", clone(before, "do", "save", "name", "Main plant")).says(409, "was changed by you").holds(`value="Main plant"`)
	owner.get("/calendars/general")
	owner.post("/calendars/general", clone(calendarForm(t, owner.body), "do", "addholiday", "newdate", "24-11-2026", "newname", "Guru Nanak Jayanti")).says(200, "3 holidays")
	owner.post("/calendars/general", clone(calendarForm(t, owner.body), "do", "unholiday.3")).says(200, "2 holidays").holds(`value="25-12-2026"`)
	owner.post("/calendars/general", url.Values{"do": {"remove"}}).says(409, "Make another one the standard first")
}

// A stage has a calendar of its own; when that is removed, the stage works by the standard one again.
func TestAStageWithACalendarOfItsOwn(t *testing.T) {
	t.Parallel()
	f := openHouseAt(t, morning).firm("sahyadri")
	owner := f.ownerBrowser()
	here := "/processes/" + f.process.ID.String()
	owner.get(here).hides(`name="calendar.1"`)
	add := url.Values{"name": {"Drying room"}}
	owner.post("/calendars", add).says(200, "Open round the clock", "168 h")
	owner.post("/calendars", url.Values{"name": {"Drying  room"}, "like": {"general"}}).says(422, "“Drying room” is there twice")
	owner.post("/calendars", url.Values{"name": {""}}).says(422, "has no name")
	owner.post("/calendars", url.Values{"name": {"X"}, "like": {"nothing"}}).says(404)
	owner.get(here).says(200, "Drying room", "Target (working time)")
	form := designerForm(t, owner.body)
	owner.post(here, clone(form, "do", "publish", "calendar.2", "drying-room")).says(200, "Version 2 is published", "◴ Drying room")
	owner.get(here+"/file").says(200, "calendar: drying-room")
	owner.post("/calendars/drying-room", url.Values{"do": {"standard"}}).says(200, "Saved")
	owner.post("/calendars/general", url.Values{"do": {"standard"}}).says(200, "Saved")
	owner.post("/calendars/drying-room", url.Values{"do": {"remove"}}).says(200, "General shift").hides("Drying room")
	owner.get(here).says(200, "drying-room: no longer there, so the standard one")
	owner.get("/calendars/drying-room").says(404)
	for _, page := range []string{"/calendars", "/calendars/general"} {
		f.operatorBrowser().get(page).says(404)
	}
}

// The board, the card and the job page count a night out of the age of a job.
func TestANightDoesNotMakeAJobLate(t *testing.T) {
	t.Parallel()
	zone := postgres.Zone("Asia/Kolkata")
	var clock atomic.Int64
	goTo := func(day, hour, minute int) {
		clock.Store(time.Date(2026, 11, day, hour, minute, 0, 0, zone).UnixMicro())
	}
	goTo(23, 17, 50)
	now := func() time.Time { return time.UnixMicro(clock.Load()) }
	f := openHouseAt(t, now).firm("sahyadri")
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(now())}
	job := newID(t)
	for _, a := range []flow.Action{flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: job, Number: "JC-1", Quantity: flow.Units(100)}}}, flow.Start{Work: flow.Work{Job: job, Stage: "printing"}}} {
		if _, err := f.db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: a}); err != nil {
			t.Fatal(err)
		}
	}
	goTo(24, 9, 10) // 20 working minutes of a target of 60, 15 h 20 m by the clock
	owner := f.ownerBrowser()
	card := "/jobs/" + job.String() + "/at/printing"
	owner.get(card).says(200, "15 h 20 m (20 m working)", "Target 1 h: until today 09:50").holds("since age0")
	owner.get("/jobs/"+job.String()).says(200, "15 h 20 m (20 m working)", "Time here", "Open for", "20 m working", "Queue, run and hold at every stage")
	owner.get("/board").holds(`live a0" data-age="0" data-next="`)
	owner.get("/stages").holds("since age0")
	goTo(24, 10, 30)
	owner.get(card).says(200, "Target 1 h: passed by 40 m of working time").holds("since age4")
}
