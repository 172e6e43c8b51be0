package postgres_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

var drying = flow.Calendar{Code: "drying", Name: "Drying room", Holidays: []flow.Holiday{{Date: "2026-11-08", Name: "Diwali", Unsure: true}}}

func refusedAs(err error) flow.Code {
	var r *flow.Refusal
	if !errors.As(err, &r) {
		return ""
	}
	return r.Code
}

// A new organisation has a calendar; others are added, changed, made the standard and removed, and who did it stays.
func TestCalendarsOfAnOrganisation(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	ctx, now := t.Context(), time.Now().Truncate(time.Microsecond)
	list, err := f.db.Calendars(ctx, f.org)
	if err != nil || len(list) != 1 || !list[0].Standard || !reflect.DeepEqual(list[0].Calendar, flow.StarterCalendar()) || list[0].By != f.owner {
		t.Fatalf("a new organisation has %+v, %v", list, err)
	}
	for range 2 { // the same form sent twice
		if err := f.db.AddCalendar(ctx, f.org, drying, f.owner, now); err != nil {
			t.Fatal(err)
		}
	}
	other := drying
	other.Name = "Another"
	if err := f.db.AddCalendar(ctx, f.org, other, f.owner, now); refusedAs(err) != flow.NameTwice {
		t.Errorf("a code that is taken: %v", err)
	}
	seen := postgres.CalendarChange{Code: "drying", Seen: 1, By: f.owner, At: now}
	for range 2 {
		if err := f.db.SaveCalendar(ctx, f.org, seen, other); err != nil {
			t.Errorf("the same change: %v", err)
		}
	}
	if err := f.db.SaveCalendar(ctx, f.org, seen, drying); refusedAs(err) != flow.CalendarChanged {
		t.Errorf("somebody else was faster: %v", err)
	}
	if err := f.db.RemoveCalendar(ctx, f.org, postgres.CalendarChange{Code: "general", By: f.owner, At: now}); refusedAs(err) != flow.CalendarStandard {
		t.Errorf("the standard one is removed: %v", err)
	}
	if err := f.db.SetStandardCalendar(ctx, f.org, seen); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.db.RemoveCalendar(ctx, f.org, postgres.CalendarChange{Code: "general", By: f.owner, At: now}); err != nil {
			t.Errorf("what is no longer the standard is removed: %v", err)
		}
	}
	list, err = f.db.Calendars(ctx, f.org)
	if err != nil || len(list) != 1 || !list[0].Standard || list[0].Name != "Another" || list[0].Version != 3 || !list[0].Holidays[0].Unsure {
		t.Errorf("%+v, %v", list, err)
	}
	for _, missing := range []error{f.db.SaveCalendar(ctx, f.org, postgres.CalendarChange{Code: "general", Seen: 1}, drying), f.db.SetStandardCalendar(ctx, f.org, postgres.CalendarChange{Code: "general"})} {
		if !errors.Is(missing, postgres.ErrNotFound) {
			t.Errorf("a calendar that is gone: %v", missing)
		}
	}
	changes, err := f.db.CalendarChanges(ctx, f.org, "general", 10)
	if err != nil || len(changes) != 2 || changes[0].Name != "" || changes[0].By != f.owner || !changes[0].Changed.Equal(now) || changes[1].Name != "General shift" {
		t.Errorf("the record says %+v, %v", changes, err)
	}
}

// Every session carries the calendars as they are, ready in the organisation's zone.
func TestASessionCarriesTheCalendars(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	ctx, now := t.Context(), time.Now()
	if err := f.db.AddSession(ctx, f.org, postgres.Session{Token: [32]byte{1}, Member: f.owner, On: "phone", Began: now, Until: now.Add(time.Hour), Idle: 12 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 23, 17, 0, 0, 0, postgres.Zone("Asia/Kolkata"))
	working := func(code string) time.Duration {
		p, err := f.db.Session(ctx, f.org, [32]byte{1}, now)
		if err != nil {
			t.Fatal(err)
		}
		again, err := f.db.Timetable(ctx, postgres.Organisation{ID: f.org, Timezone: "Asia/Kolkata"})
		if err != nil || again != p.Hours {
			t.Errorf("a second timetable was made of the same calendars, %v", err)
		}
		return p.Hours.Hours(code).Working(from, from.Add(17*time.Hour))
	}
	if got := working(""); got != 2*time.Hour {
		t.Errorf("the standard calendar: %v", got)
	}
	if got := working("drying"); got != 2*time.Hour {
		t.Errorf("a calendar that is not there: %v", got)
	}
	if err := f.db.AddCalendar(ctx, f.org, drying, f.owner, now); err != nil {
		t.Fatal(err)
	}
	if got := working("drying"); got != 17*time.Hour {
		t.Errorf("a calendar that has just come: %v", got)
	}
}
