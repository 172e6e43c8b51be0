package worker

import (
	"strings"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// However many servers look and how often, each owner gets one mail for each time they are to be told, and somebody is erased
// once, when their time has come and not before.
func TestTheDeskGoesByTheClock(t *testing.T) {
	t.Parallel()
	w, s, now, org := mailWorker(t)
	w.Remind = func(o postgres.Organisation, r postgres.RightsReminder) letters.Letter {
		return letters.RightsReminder{Organisation: o.Name, Asks: string(r.Kind), Stage: r.Stage}
	}
	ctx, opened := t.Context(), *now
	add := func(name string, role flow.Role) flow.ID {
		t.Helper()
		m := postgres.Member{ID: newID(t), Name: name, Role: role, PasswordHash: "x", Logins: []string{strings.ToLower(strings.Fields(name)[0]) + "@company.example"}, Created: opened}
		if err := w.DB.AddMember(ctx, org, m); err != nil {
			t.Fatal(err)
		}
		return m.ID
	}
	add("Meera Joshi", flow.Owner)
	ravi := add("Ravi Kadam", flow.Operator)
	open := func(kind postgres.RightsKind) {
		t.Helper()
		if err := w.DB.OpenRequest(ctx, org, postgres.RightsRequest{ID: newID(t), Kind: kind, Member: ravi, Body: "please", Opened: opened}); err != nil {
			t.Fatal(err)
		}
	}
	open(postgres.AskAccess)
	open(postgres.AskErasure)
	name := func() string {
		t.Helper()
		m, err := w.DB.Member(ctx, org, ravi)
		if err != nil {
			t.Fatal(err)
		}
		return m.Name
	}
	round := func(at time.Duration) {
		t.Helper()
		*now = opened.Add(at)
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() { w.Once(ctx) })
		}
		group.Wait()
		if err := w.mail(ctx, org); err != nil {
			t.Fatal(err)
		}
	}
	round(postgres.ErasureNotice - time.Minute)
	if name() != "Ravi Kadam" || len(s.got) != 0 {
		t.Errorf("before the time: %s, %q", name(), s.got)
	}
	round(postgres.ErasureNotice)
	if !strings.HasPrefix(name(), "Person ") {
		t.Errorf("still %s", name())
	}
	day := 24 * time.Hour
	if round(19 * day); len(s.got) != 0 {
		t.Errorf("day 19: %q", s.got)
	}
	for i, d := range []time.Duration{20, 28, 30, 40} {
		round(d * day)
		mails := 0
		for _, m := range s.got {
			if strings.HasPrefix(m, "Sahyadri: A request waits longer") || strings.HasPrefix(m, "Sahyadri: 2 days left") || strings.HasPrefix(m, "Sahyadri: 10 days left") {
				mails++
			}
		}
		if want := min(i+1, 3); mails != want {
			t.Errorf("day %d: %d mails to Meera, want %d: %q", d, mails, want, s.got)
		}
	}
	if _, err := w.DB.Verify(ctx, org); err != nil {
		t.Error(err)
	}
}
