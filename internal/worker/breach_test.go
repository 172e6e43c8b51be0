package worker

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
	"clicarity/internal/usage"
)

// Owners are reminded of a breach after 24, 60 and 72 hours, each once, by however many servers, and no more when the Board has
// the full report.
func TestOwnersAreRemindedOfABreach(t *testing.T) {
	t.Parallel()
	w, s, now, org := mailWorker(t)
	*now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	w.Breach = func(language string, o postgres.Organisation, b privacy.Breach, at time.Time) (string, string) {
		return "breach", fmt.Sprintf("%s %s %s %v", language, o.Name, b.Account.What, at.Sub(b.Noticed))
	}
	owner := newID(t)
	m := postgres.Member{ID: owner, Name: "Meera", Role: flow.Owner, Language: "hi", PasswordHash: "x", Logins: []string{"meera@company.example"}, Created: *now}
	if err := w.DB.AddMember(t.Context(), org, m); err != nil {
		t.Fatal(err)
	}
	b := privacy.Breach{ID: newID(t), Noticed: *now, Opened: *now, By: owner}
	step := func(k privacy.StepKind, body string) privacy.Step {
		return privacy.Step{ID: newID(t), Kind: k, At: *now, By: owner, Body: body}
	}
	if err := w.DB.OpenBreach(t.Context(), org, b, step(privacy.StepAccount, `{"what":"a phone was lost"}`)); err != nil {
		t.Fatal(err)
	}
	noticed := *now
	for _, at := range []struct{ hours, mails int }{{1, 0}, {23, 0}, {24, 1}, {25, 1}, {59, 1}, {60, 2}, {71, 2}, {72, 3}, {90, 3}, {500, 3}, {2000, 3}} {
		*now = noticed.Add(time.Duration(at.hours) * time.Hour)
		var group sync.WaitGroup
		for range 3 { // as many servers
			group.Go(func() { w.Once(t.Context()) })
		}
		group.Wait()
		if err := w.mail(t.Context(), org); err != nil {
			t.Fatal(err)
		}
		if len(s.got) != at.mails {
			t.Errorf("after %d hours %d mails were sent, want %d: %q", at.hours, len(s.got), at.mails, s.got)
		}
	}
	if got := strings.Join(s.got, "\n"); !strings.Contains(got, "hi Sahyadri a phone was lost 24h0m0s") || !strings.Contains(got, "72h0m0s") {
		t.Errorf("%q", got)
	}
	second := privacy.Breach{ID: newID(t), Noticed: *now, Opened: *now, By: owner}
	if err := w.DB.OpenBreach(t.Context(), org, second, step(privacy.StepAccount, `{}`)); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(20 * time.Hour)
	if err := w.DB.AddBreachStep(t.Context(), org, second.ID, step(privacy.StepReport, "")); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(60 * time.Hour)
	w.Once(t.Context())
	if err := w.mail(t.Context(), org); err != nil || len(s.got) != 3 {
		t.Errorf("reminded of what the Board has: %v %q", err, s.got)
	}
}

// What was counted is kept by the round, once, and old weeks are forgotten; where it is switched off it is thrown away.
func TestTheRoundKeepsWhatIsCounted(t *testing.T) {
	t.Parallel()
	w, _, now, org := mailWorker(t)
	w.Usage = &usage.Counter{}
	kept := func() string {
		t.Helper()
		list, _, err := w.DB.Usage(t.Context(), org, 60)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(list)
	}
	*now = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	for range 3 {
		w.Usage.Count(org, "board", *now)
		w.Once(t.Context())
	}
	if got := kept(); got != "[{2026-11-23 board 0 3}]" {
		t.Errorf("kept are %s", got)
	}
	*now = now.AddDate(0, 14, 0)
	w.Once(t.Context())
	if got := kept(); got != "[]" {
		t.Errorf("after 14 months %s are kept", got)
	}
	if err := w.DB.SetUsage(t.Context(), org, false); err != nil {
		t.Fatal(err)
	}
	w.Usage.Count(org, "board", *now)
	w.Once(t.Context())
	if got := kept(); got != "[]" || w.Usage.Take(org) != nil {
		t.Errorf("switched off, %s are kept", got)
	}
}
