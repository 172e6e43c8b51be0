package postgres_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var newID = pgtest.NewID

// firm is an organisation in a test database, with an owner and a process of three stages.
type firm struct {
	t       testing.TB
	db      *postgres.DB
	org     flow.ID
	owner   flow.ID
	process flow.Process
}

func openFirm(t testing.TB, db *postgres.DB, slug string) *firm {
	t.Helper()
	f := &firm{t: t, db: db, org: newID(t), owner: newID(t)}
	now := time.Now()
	err := db.AddOrganisation(t.Context(), postgres.Organisation{ID: f.org, Slug: slug, Name: "Firm " + slug, Created: now},
		postgres.Member{ID: f.owner, Name: "Asha Patil", Role: flow.Owner, PasswordHash: "x", Logins: []string{"owner@" + slug + ".example"}, Created: now})
	if err != nil {
		t.Fatal(err)
	}
	f.process = flow.Process{ID: newID(t), Version: 1, Name: "Cartons", Mode: flow.QuantityMode, Unit: "sheets", Prefix: "JC",
		WasteReasons: []flow.Reason{{Code: "torn"}}, HoldReasons: flow.StarterHolds(),
		Stages: []flow.Stage{{Code: "printing", Name: "Printing", Target: 60}, {Code: "lamination", Name: "Lamination", Target: 60}, {Code: "dispatch", Name: "Dispatch", Target: 60}}}
	if err := db.AddProcess(t.Context(), f.org, f.process); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *firm) mark() flow.Mark {
	return flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}
}

func (f *firm) do(a flow.Action) (flow.Receipt, error) {
	return f.db.Do(f.t.Context(), f.mark(), flow.Command{ID: newID(f.t), Action: a})
}

func (f *firm) must(a flow.Action) flow.Receipt {
	f.t.Helper()
	r, err := f.do(a)
	if err != nil {
		f.t.Fatalf("%s: %v", a.Name(), err)
	}
	return r
}

// nobodyMay checks that neither the application nor the owner of the tables may do what is never done, in the firm's name.
func (f *firm) nobodyMay(url string, statements ...string) {
	f.t.Helper()
	conn := pgtest.Owner(f.t, url)
	for _, role := range []string{postgres.AppRole, postgres.OwnerRole} {
		for _, sql := range statements {
			tx, err := conn.Begin(f.t.Context())
			if err != nil {
				f.t.Fatal(err)
			}
			if _, err = tx.Exec(f.t.Context(), "set local role "+role+"; select set_config('app.org', '"+f.org.String()+"', true); "+sql); err == nil {
				f.t.Errorf("%s may %s", role, sql)
			}
			if err := tx.Rollback(f.t.Context()); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

// loseKeys takes an organisation's keys out of a database, as its deletion does first.
func loseKeys(t testing.TB, url string, org flow.ID) {
	t.Helper()
	if _, err := pgtest.Owner(t, url).Exec(t.Context(), "delete from org_keys where org_id = $1", org); err != nil {
		t.Fatal(err)
	}
}

// job makes a job of so many sheets.
func (f *firm) job(number string, quantity int64) flow.ID {
	f.t.Helper()
	id := newID(f.t)
	f.must(flow.Create{Process: f.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: id, Number: number, Customer: "Mithai Ghar", Item: "Kaju katli box", Quantity: flow.Units(quantity), Due: "2026-12-01"}}})
	return id
}

func (f *firm) sound() {
	f.t.Helper()
	if _, err := f.db.Verify(f.t.Context(), f.org); err != nil {
		f.t.Fatal(err)
	}
}

func at(job flow.ID, stage string) flow.Work { return flow.Work{Job: job, Stage: stage} }

func slug(n int) string { return fmt.Sprintf("firm-%d", n) }
