package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/privacy"
)

// A breach is entered once and its steps stand in the order in which they were recorded, however often and by how many a
// command is sent; mails go with the step or not at all.
func TestABreachAndItsSteps(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	ctx, now := postgres.As(t.Context(), postgres.Actor{Member: f.owner, At: time.Now()}), time.Now().UTC().Truncate(time.Microsecond)
	b := privacy.Breach{ID: newID(t), Noticed: now.Add(-30 * time.Hour), Opened: now, By: f.owner}
	first := privacy.Step{ID: newID(t), Kind: privacy.StepAccount, At: now, By: f.owner, Body: `{"what":"a list of customers went to a wrong address","people":40}`}
	told := privacy.Step{ID: newID(t), Kind: privacy.StepPeople, At: now.Add(time.Hour), By: f.owner, Body: "by phone"}
	mail := postgres.Mail{To: "ravi@company.example", Subject: "x", Text: "y", Kind: "breach_letter", Key: told.ID.String(), At: now}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			err := f.db.OpenBreach(ctx, f.org, b, first)
			for range 2 {
				err = errors.Join(err, f.db.AddBreachStep(ctx, f.org, b.ID, told, mail))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i := range 3 {
		if err := f.db.AddBreachStep(ctx, f.org, b.ID, privacy.Step{ID: newID(t), Kind: privacy.StepNote, At: now, By: f.owner, Body: fmt.Sprint("note ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.db.Breach(ctx, f.org, b.ID)
	if err != nil || got.Account.People != 40 || len(got.Steps) != 5 || !got.Noticed.Equal(b.Noticed) || !got.Firsts[privacy.StepPeople].Equal(told.At) {
		t.Errorf("%+v %v", got, err)
	}
	for i, s := range got.Steps {
		if s.N != i+1 {
			t.Errorf("step %d is number %d", i+1, s.N)
		}
	}
	if mails, err := f.db.TakeMails(ctx, f.org, now); len(mails) != 1 || err != nil {
		t.Errorf("mails: %v %v", mails, err)
	}
	if list, err := f.db.BreachesInTime(ctx, f.org, now.Add(-100*time.Hour)); len(list) != 1 || err != nil || list[0].Reminder(now) != 24 {
		t.Errorf("in time: %+v %v", list, err)
	}
	other := openFirm(t, f.db, "konkan")
	if _, err := f.db.Breach(ctx, other.org, b.ID); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("another organisation: %v", err)
	}
	if err := f.db.AddBreachStep(ctx, other.org, b.ID, privacy.Step{ID: newID(t), Kind: privacy.StepNote, At: now, By: f.owner}); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("another organisation: %v", err)
	}
	log, err := f.db.AuditLog(ctx, f.org, postgres.AuditQuery{Kinds: []string{"breach_added", "breach_step_added"}, Limit: 20})
	if err != nil || len(log.Entries) != 6 || strings.Contains(fmt.Sprint(log.Entries), "customers") {
		t.Errorf("the log has %d entries, %v", len(log.Entries), err)
	}
}

// What was recorded cannot be changed: the application may not, and the tables' owner is refused.
func TestEvidenceIsNeverChanged(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := openFirm(t, pgtest.Open(t, url), "sahyadri")
	if err := f.evidenced(time.Now()); err != nil {
		t.Fatal(err)
	}
	conn := pgtest.Owner(t, url)
	for _, table := range []string{"breaches", "breach_steps", "access_reviews", "drills"} {
		for _, role := range []string{postgres.AppRole, postgres.OwnerRole} {
			tx, err := conn.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = tx.Exec(t.Context(), "set local role "+role+"; select set_config('app.org', '"+f.org.String()+"', true); update "+table+" set org_id = org_id")
			if err == nil {
				t.Errorf("%s may change %s", role, table)
			}
			if err := tx.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := conn.Exec(t.Context(), "begin; set local role "+postgres.AppRole+"; delete from "+table); err == nil {
			t.Errorf("the application may delete from %s", table)
		}
		if _, err := conn.Exec(t.Context(), "rollback"); err != nil {
			t.Fatal(err)
		}
	}
}

// What evidence is read from: who has access and shows what, how far the chains are checked, what ran on the database.
func TestEvidenceIsRead(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	ctx, now := t.Context(), time.Now()
	err := errors.Join(f.evidenced(now), f.db.SetAuthenticator(ctx, f.org, f.owner, postgres.Authenticator{Seed: []byte{1}, Codes: [][32]byte{{1}}, At: now}), f.db.CheckAudit(ctx, f.org))
	access, err2 := f.db.Access(ctx, f.org, 10)
	reviews, err3 := f.db.AccessReviews(ctx, f.org, 10)
	drills, err4 := f.db.Drills(ctx, f.org, 10)
	_, audit, err5 := f.db.Chains(ctx, f.org)
	ran, err6 := f.db.Migrations(ctx)
	counts, err7 := f.db.AuditCounts(ctx, f.org, now.Add(-time.Hour))
	if err := errors.Join(err, err2, err3, err4, err5, err6, err7); err != nil {
		t.Fatal(err)
	}
	second := map[flow.ID]bool{}
	for _, a := range access {
		second[a.ID] = a.Second
	}
	if !second[f.owner] || reviews[0].Members != len(access) || drills[0].Movements != 12 || drills[0].Took != time.Minute {
		t.Errorf("%+v %+v %+v", access, reviews, drills)
	}
	if audit.Seq == 0 || audit.Checked != audit.Seq || len(ran) < 20 || len(counts) < 4 {
		t.Errorf("%+v %d %+v", audit, len(ran), counts)
	}
}
