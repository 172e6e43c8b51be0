package demo_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"clicarity/internal/demo"
	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

func TestAFreshFactoryIsOpenToVisitorsEachHour(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db, now := pgtest.Open(t, url), time.Now()
	trials := &demo.Trials{DB: db, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Operator: "clicarity"}
	if err := trials.Tend(t.Context()); err != nil { // the operator's organisation is not there yet
		t.Fatal(err)
	}
	org := pgtest.NewID(t)
	if err := db.AddOrganisation(t.Context(), postgres.Organisation{ID: org, Slug: "clicarity", Name: "Clicarity", Created: now}, postgres.Member{ID: pgtest.NewID(t), Name: "Meera", Role: flow.Owner, Created: now}); err != nil {
		t.Fatal(err)
	}
	var opened []postgres.Trial
	tend := func() postgres.Trial {
		t.Helper()
		if err := trials.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		open, err := db.OpenTrial(t.Context(), org)
		if err != nil {
			t.Fatal(err)
		}
		return open
	}
	opened = append(opened, tend())
	if again := tend(); again.Org != opened[0].Org {
		t.Error("a second one within the hour")
	}
	first := opened[0]
	if all, err := db.Organisations(t.Context()); err != nil || demo.Only(all) || !demo.Only(slices.DeleteFunc(all, func(o postgres.Organisation) bool { return o.ID == org })) {
		t.Errorf("a factory to try is not told from other organisations: %v", err)
	}
	owner, err := db.Member(t.Context(), first.Org, first.Owner)
	if err != nil || owner.Role != flow.Owner || len(owner.Logins) > 0 {
		t.Errorf("%+v %v", owner, err)
	}
	if op, err := db.Member(t.Context(), first.Org, first.Operator); err != nil || op.Role != flow.Operator || op.PasswordHash != "" {
		t.Errorf("%+v %v", op, err)
	}
	if accounts, err := db.Accounts(t.Context(), "owner@demo.example"); len(accounts) > 0 || err != nil {
		t.Errorf("somebody can sign in to it: %v %v", accounts, err)
	}
	now = now.Add(61 * time.Minute)
	second := tend()
	if second.Org == first.Org {
		t.Fatal("it is the same after an hour")
	}
	if _, err := db.Organisation(t.Context(), first.Org); err != nil {
		t.Error("the first one went while visitors were in it")
	}
	now = now.Add(61 * time.Minute)
	third := tend()
	if ended, err := db.EndedTrials(t.Context(), org, now.Add(time.Second)); len(ended) != 1 || ended[0].Org != first.Org || err != nil {
		t.Fatalf("%+v %v", ended, err)
	}
	// An hour later by the database's clock it goes, whole.
	conn := pgtest.Owner(t, url)
	if _, err := conn.Exec(t.Context(), "alter table organisations disable trigger trial_kept; update organisations set trial_since = now() - interval '3 hours' where trial_since is not null; alter table organisations enable trigger trial_kept"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(11 * time.Minute)
	tend()
	if _, err := db.Organisation(t.Context(), first.Org); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("the first one is still there: %v", err)
	}
	for _, kept := range []flow.ID{second.Org, third.Org, org} {
		if _, err := db.Organisation(t.Context(), kept); err != nil {
			t.Errorf("%s went: %v", kept, err)
		}
	}
	if left, err := db.LeftOf(t.Context(), first.Org); len(left) > 0 || err != nil {
		t.Errorf("left: %v %v", left, err)
	}
}
