package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// close closes the organisation at a moment.
func (f *firm) close(at time.Time) {
	f.t.Helper()
	if err := f.db.CloseOrganisation(f.t.Context(), f.org, postgres.Closure{Closing: flow.ClosingAt(flow.At(at)), By: f.owner}); err != nil {
		f.t.Fatal(err)
	}
}

// closedOnce leaves a closing that was undone.
func (f *firm) closedOnce() {
	f.t.Helper()
	now := time.Now()
	f.close(now)
	if err := f.db.ReopenOrganisation(f.t.Context(), f.org, f.owner, now.Add(time.Hour)); err != nil {
		f.t.Fatal(err)
	}
}

// aged moves the database's own note of when an organisation was closed into the past, which the application cannot.
func (f *firm) aged(url string) {
	f.t.Helper()
	_, err := pgtest.Owner(f.t, url).Exec(f.t.Context(), "update closures set noted_at = closed_at where org_id = $1", f.org)
	if err != nil {
		f.t.Fatal(err)
	}
}

func TestAClosedOrganisationIsReadOnly(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	ctx, id, now := t.Context(), f.job("JC-1", 100), time.Now()
	f.close(now)
	f.close(now.Add(time.Hour)) // a second time changes nothing
	c, err := f.db.Closure(ctx, f.org)
	if err != nil || c.At != flow.At(now) || c.By != f.owner || c.DeleteFrom.Sub(c.At) != flow.DeleteAfter {
		t.Errorf("%+v %v", c, err)
	}
	refused(t, second(f.do(flow.Start{Work: at(id, "printing")})), flow.OrgClosed)
	refused(t, second(f.do(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: "A", Quantity: 1}, {ID: newID(t), Number: "B", Quantity: 1}}})), flow.OrgClosed)
	refused(t, f.db.AddSite(ctx, f.org, postgres.Site{Code: "vasai", Name: "Vasai"}), flow.OrgClosed)
	refused(t, f.db.AddMember(ctx, f.org, postgres.Member{ID: newID(t), Name: "Ravi", Role: flow.Operator, Created: now}), flow.OrgClosed)
	f.sound()
	if err := f.db.AddSession(ctx, f.org, postgres.Session{Token: [32]byte{1}, Member: f.owner, Began: now, Until: now.Add(time.Hour), Idle: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if who, err := f.db.Session(ctx, f.org, [32]byte{1}, now); err != nil || who.Closing != c.Closing {
		t.Errorf("a session says %+v %v", who.Closing, err)
	}

	if err := f.db.ReopenOrganisation(ctx, f.org, f.owner, now.Add(29*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	f.must(flow.Start{Work: at(id, "printing")})
	if _, err := f.db.Closure(ctx, f.org); !errors.Is(err, postgres.ErrNotFound) {
		t.Error(err)
	}
	f.close(now)
	refused(t, f.db.ReopenOrganisation(ctx, f.org, f.owner, now.Add(31*24*time.Hour)), flow.ClosingFinal)
	refused(t, second(f.do(flow.Finish{Work: at(id, "printing")})), flow.OrgClosed)
}

// A command under way when the organisation is closed counts as a whole or not at all, and none comes after.
func TestClosingWaitsForCommandsUnderWay(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	id := f.job("JC-1", 1000)
	const writers = 8
	done := make(chan error, writers)
	for range writers {
		go func() {
			for {
				if _, err := f.do(flow.Report{Work: at(id, "printing"), Good: flow.One}); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	f.close(time.Now())
	head, err := f.db.Head(t.Context(), f.org)
	for range writers {
		refused(t, <-done, flow.OrgClosed)
	}
	if after, err2 := f.db.Head(t.Context(), f.org); after != head || errors.Join(err, err2) != nil {
		t.Errorf("%d movements when it was closed, %d after (%v %v)", head, after, err, err2)
	}
	f.sound()
}

func TestRemindersAreWrittenOnce(t *testing.T) {
	t.Parallel()
	f := openFirm(t, pgtest.New(t), "sahyadri")
	now := time.Now()
	f.close(now)
	c, err := f.db.Closure(t.Context(), f.org)
	if err != nil {
		t.Fatal(err)
	}
	owners, err := f.db.OwnersToWrite(t.Context(), f.org)
	if err != nil || len(owners) != 1 || owners[0].Address != "owner@sahyadri.example" {
		t.Fatal(owners, err)
	}
	for range 3 {
		if err := f.db.TellClosure(t.Context(), c, flow.ClosingBegun, []postgres.Mail{{To: owners[0].Address, Subject: "s", Text: "t", Kind: string(flow.ClosingBegun), Key: newID(t).String(), At: now}}); err != nil {
			t.Fatal(err)
		}
	}
	if mails, err := f.db.TakeMails(t.Context(), f.org, now); err != nil || len(mails) != 1 {
		t.Errorf("%d mails %v", len(mails), err)
	}
}

// What deletes is of no use for an organisation whose time has not come, whoever acts for the application.
func TestNothingIsForgottenBeforeItsTime(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	a, b := twoFirms(t, pgtest.Open(t, url))
	app := pgtest.Owner(t, url)
	if _, err := app.Exec(t.Context(), "set role clicarity_app"); err != nil {
		t.Fatal(err)
	}
	as := func(f *firm, sql string) error {
		tx, err := app.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		_, err = tx.Exec(t.Context(), "select set_config('app.org', '"+f.org.String()+"', true);"+sql)
		if err == nil {
			err = tx.Commit(t.Context())
		}
		return err
	}
	no := func(what string, f *firm, sql string) {
		t.Helper()
		if err := as(f, sql); err == nil {
			t.Errorf("%s: %s was taken", what, sql)
		}
	}
	const long = "now() - interval '100 days', undo_until = now() - interval '60 days', delete_from = now() - interval '50 days', delete_by = now() - interval '10 days', undone_at = null"
	no("an open one", a, "select forget('movements', 10)")
	if err := as(a, "update closures set closed_at = "+long); err != nil { // dates that lie do not help
		t.Fatal(err)
	}
	if err := as(a, "update closures set begun_at = now()"); err != nil {
		t.Fatal(err)
	}
	no("one that was closed just now, with dates of long ago", a, "select forget('movements', 10)")
	no("the clock of the database", a, "update closures set noted_at = now() - interval '100 days'")
	no("the counts", a, "update closures set counts = '{\"jobs\": 0}'")
	no("undoing after it has begun", a, "update closures set undone_at = now()")
	no("a closing cannot be forgotten", a, "delete from closures")
	no("a shorter time", b, "update closures set closed_at = now(), undo_until = now() + interval '29 days', delete_from = now() + interval '29 days'")
	a.aged(url)
	if err := as(a, "select forget('movements', 1)"); err != nil {
		t.Errorf("its time has come: %v", err)
	}
	no("the application itself", a, "delete from movements")
	no("a table that is none", a, "select forget('pg_class', 10)")
	no("a table that is none", a, "select forget('movements; drop table jobs', 10)")
	no("the closings themselves", a, "select forget('closures', 10)")
	no("another organisation", b, "select forget('movements', 10)")
	b.sound()
}

// started is a database with the installation's keys, as a server that starts makes them.
func started(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db := pgtest.Open(t, url)
	if _, err := db.Installation(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// dump is all rows of an organisation in all tables, as text.
func dump(t *testing.T, url string, orgs ...flow.ID) string {
	t.Helper()
	conn := pgtest.Owner(t, url)
	var all strings.Builder
	for _, table := range tables(t, conn) {
		for _, org := range orgs {
			fmt.Fprintf(&all, "\n%s of %s\n", table, org)
			if _, err := conn.PgConn().CopyTo(t.Context(), &all, fmt.Sprintf("copy (select * from %s x where org_id = '%s' order by x::text) to stdout", table, org)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all.String()
}

func TestForgettingIsOfOneOrganisationOnly(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := started(t, url)
	a, b := twoFirms(t, db)
	before := dump(t, url, b.org)
	closed := time.Now().Add(-60 * 24 * time.Hour)
	a.close(closed)
	if err := db.BeginDeletion(t.Context(), a.org, closed.Add(49*24*time.Hour)); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("on day 49: %v", err)
	}
	if err := db.BeginDeletion(t.Context(), a.org, closed.Add(50*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Forget(t.Context(), a.org, 1000); !errors.Is(err, postgres.ErrNotYet) {
		t.Errorf("by a clock that lies: %v", err)
	}
	a.aged(url)
	certify := func(c postgres.Closure) (string, error) { return fmt.Sprint(c.Counts["movements"] > 0), nil }
	if err := db.EndDeletion(t.Context(), a.org, time.Now(), certify); err == nil {
		t.Error("a certificate of what is there")
	}
	for range 2 {
		if _, err := db.Forget(t.Context(), a.org, 7); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := db.LeftOf(t.Context(), a.org); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	if err := db.EndDeletion(t.Context(), a.org, time.Now(), certify); err != nil {
		t.Fatal(err)
	}
	c, err := db.Closure(t.Context(), a.org)
	if err != nil || c.Certificate != "true" || !c.By.IsZero() || !c.Waiting || c.Counts["organisations"] != 1 {
		t.Errorf("%+v %v", c, err)
	}
	if owners, err := db.Contacts(t.Context(), a.org); err != nil || len(owners) != 1 {
		t.Errorf("%v %v", owners, err)
	}
	if after := dump(t, url, b.org); after != before {
		t.Error("the other organisation is not as it was")
	}
	b.sound()
	if all, err := db.Organisations(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
}

// A backup of before brings an organisation back; the ledger deletes it again.
func TestARestoredOrganisationIsErasedAgain(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	a, b := twoFirms(t, db)
	before := dump(t, url, b.org)
	now := time.Now()
	ledger := []postgres.Erased{{Org: a.org, Closing: flow.ClosingAt(flow.At(now.Add(-60 * 24 * time.Hour))), Begun: now, Done: now, Counts: map[string]int64{"jobs": 3}, Certificate: "it was"},
		{Org: newID(t), Closing: flow.ClosingAt(flow.At(now.Add(-60 * 24 * time.Hour))), Begun: now, Done: now, Counts: map[string]int64{}, Certificate: "it was too"}}
	back, err := postgres.EraseAgain(t.Context(), url, ledger)
	if err != nil || len(back) != 1 || back[0] != a.org {
		t.Fatal(back, err)
	}
	if found, err := db.Forget(t.Context(), a.org, 100); err != nil || !found {
		t.Fatal(found, err)
	}
	if left, err := db.LeftOf(t.Context(), a.org); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	if back, err = postgres.EraseAgain(t.Context(), url, ledger); err != nil || len(back) != 0 {
		t.Errorf("again: %v %v", back, err)
	}
	if after := dump(t, url, b.org); after != before {
		t.Error("the other organisation is not as it was")
	}
}
