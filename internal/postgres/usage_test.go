package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/privacy"
	"clicarity/internal/usage"
)

// evidenced leaves a row in the tables of usage and evidence.
func (f *firm) evidenced(now time.Time) error {
	ctx, breach := f.t.Context(), newID(f.t)
	_, told := f.db.TellUsage(ctx, f.org, []postgres.UsageRow{{Week: "2026-11-16", Feature: "board", Organisations: 5, N: 50}})
	return errors.Join(told, f.db.AddUsage(ctx, f.org, map[usage.Cell]int64{{Week: usage.Week(now), Feature: "board"}: 1}),
		f.db.OpenBreach(ctx, f.org, privacy.Breach{ID: breach, Noticed: now.Add(-time.Hour), Opened: now, By: f.owner}, privacy.Step{ID: newID(f.t), Kind: privacy.StepAccount, At: now, By: f.owner, Body: `{"what":"a phone was lost"}`}),
		f.db.AddAccessReview(ctx, f.org, postgres.AccessReview{ID: newID(f.t), At: now, By: f.owner}),
		f.db.AddDrill(ctx, f.org, postgres.Drill{ID: newID(f.t), Began: now, Took: time.Minute, Organisations: 2, Movements: 12}))
}

func overOrganisations(t *testing.T, operator *firm, today flow.Date) string {
	t.Helper()
	list, err := operator.db.UsageOverOrganisations(t.Context(), today)
	if err == nil {
		list, err = operator.db.TellUsage(t.Context(), operator.org, list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(list)
}

// Four organisations are nobody's figure, five are one, in fives. Each cell stands or falls by itself, and there is no sum from
// which a missing one could be had.
func TestUsageIsToldOfFiveOrganisations(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var firms []*firm
	add := func(f *firm, week string, feature usage.Feature, n int64) {
		t.Helper()
		at, err := time.Parse(time.DateOnly, week)
		if err == nil {
			err = db.AddUsage(t.Context(), f.org, map[usage.Cell]int64{{Week: usage.Week(at), Feature: feature}: n})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 9 {
		firms = append(firms, openFirm(t, db, fmt.Sprintf("firm-%d", i)))
	}
	for _, f := range firms[:4] {
		add(f, "2026-11-18", "board", 13)
		add(f, "2026-11-18", "trace", 100)
		add(f, "2026-11-30", "board", 50) // the week that has not ended
	}
	if got := overOrganisations(t, firms[8], "2026-11-30"); got != "[]" {
		t.Errorf("of four organisations it says %s", got)
	}
	add(firms[4], "2026-11-18", "board", 1)
	add(firms[4], "2026-11-30", "board", 1)
	if got := overOrganisations(t, firms[8], "2026-11-30"); got != "[{2026-11-16 board 5 50}]" { // 53
		t.Errorf("of five organisations it says %s", got)
	}
	for _, f := range firms[5:] {
		add(f, "2026-11-24", "board", 1)
	}
	for _, f := range firms[:4] {
		add(f, "2026-11-24", "board", 13)
	}
	if got := overOrganisations(t, firms[8], "2026-11-30"); got != "[{2026-11-16 board 5 50}]" {
		t.Errorf("of a week that has just ended it says %s", got)
	}
	if got := overOrganisations(t, firms[8], "2026-12-01"); got != "[{2026-11-23 board 5 55} {2026-11-16 board 5 50}]" { // 8 and 56
		t.Errorf("of eight organisations it says %s", got)
	}
	if err := db.SetUsage(t.Context(), firms[0].org, false); err != nil {
		t.Fatal(err)
	}
	if got := overOrganisations(t, firms[8], "2026-12-01"); got != "[{2026-11-23 board 5 55} {2026-11-16 board 5 50}]" { // and no other
		t.Errorf("after one switched off it says %s", got)
	}
	if got := overOrganisations(t, firms[7], "2026-12-01"); got != "[{2026-11-23 board 5 40}]" { // who was told nothing before is told what is left: 7 and 43
		t.Errorf("another operator is told %s", got)
	}
}

// Nothing leads from what the application may ask to what one organisation did: its rows are under the policy, the one function
// gives no id, and what it sets on its way is put back.
func TestNoWayBackFromUsage(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	var firms []*firm
	for i := range 5 {
		firms = append(firms, openFirm(t, db, fmt.Sprintf("firm-%d", i)))
		if err := db.AddUsage(t.Context(), firms[i].org, map[usage.Cell]int64{{Week: "2026-11-16", Feature: "board"}: 1}); err != nil {
			t.Fatal(err)
		}
	}
	conn := pgtest.Owner(t, url)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	one := func(sql string, args ...any) (text string) {
		t.Helper()
		if err := tx.QueryRow(t.Context(), sql, args...).Scan(&text); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return text
	}
	one("select set_config('role', 'clicarity_app', true)")
	one("select set_config('app.org', $1, true)", firms[0].org.String())
	if got := one("select count(*)::text from usage"); got != "1" {
		t.Errorf("an organisation sees %s rows of 1", got)
	}
	if got := one("select string_agg(u::text, ' ') from usage_over_organisations('2026-11-30') u"); got != "(2026-11-16,board,5,5)" {
		t.Errorf("the function says %s", got)
	}
	if got := one("select count(*)::text || ' ' || current_setting('app.org') || ' ' || current_setting('app.roster') from usage"); got != "1 "+firms[0].org.String()+" " {
		t.Errorf("after the function it is %q", got)
	}
	if got := one("select count(*)::text from organisations"); got != "1" {
		t.Errorf("after the function %s organisations are seen", got)
	}
	if got := one("select string_agg(column_name, ' ' order by column_name) from information_schema.columns where table_name = 'usage'"); got != "feature n org_id week" {
		t.Errorf("what is counted has the columns %s", got)
	}
	if got := one("select has_function_privilege('public', 'usage_over_organisations(date)', 'execute')::text"); got != "false" {
		t.Error("everybody may ask the function")
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Switched off means that nothing is counted and nothing is left; the log says who switched it. Old weeks are forgotten.
func TestUsageIsSwitchedOff(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	ctx, now := f.t.Context(), time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	count := func(at time.Time) {
		t.Helper()
		if err := f.db.AddUsage(ctx, f.org, map[usage.Cell]int64{{Week: usage.Week(at), Feature: "board"}: 2, {Week: usage.Week(at), Feature: "trace"}: 1}); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() (string, bool) {
		t.Helper()
		list, on, err := f.db.Usage(ctx, f.org, 60)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(list), on
	}
	set := func(on bool) {
		t.Helper()
		if err := f.db.SetUsage(postgres.As(ctx, postgres.Actor{Member: f.owner, At: now}), f.org, on); err != nil {
			t.Fatal(err)
		}
	}
	count(now)
	count(now)
	count(now.AddDate(0, -14, 0))
	if n, err := f.db.EndOldUsage(ctx, f.org, now); n != 2 || err != nil {
		t.Errorf("%d old counts are forgotten, %v", n, err)
	}
	if got, on := kept(); got != "[{2026-11-23 board 0 4} {2026-11-23 trace 0 2}]" || !on {
		t.Errorf("kept are %s, %v", got, on)
	}
	set(false)
	count(now)
	if got, on := kept(); got != "[]" || on {
		t.Errorf("switched off, kept are %s, %v", got, on)
	}
	set(true)
	count(now)
	if got, on := kept(); !strings.Contains(got, "board 0 2") || !on {
		t.Errorf("switched on again, kept are %s, %v", got, on)
	}
	log, err := f.db.AuditLog(ctx, f.org, postgres.AuditQuery{Kinds: []string{"organisation_changed"}, Limit: 10})
	said := slices.ContainsFunc(log.Entries, func(e postgres.Entry) bool {
		return strings.Contains(e.Content, `"usage": {"is": false, "was": true}`) && e.Member == f.owner
	})
	if err != nil || len(log.Entries) != 2 || !said {
		t.Errorf("the log says %+v, %v", log.Entries, err)
	}
}
