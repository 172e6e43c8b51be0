package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// twoFirms fills every table for two organisations.
func twoFirms(t *testing.T, db *postgres.DB) (a, b *firm) {
	t.Helper()
	for i, f := range []**firm{&a, &b} {
		*f = openFirm(t, db, slug(i))
		(*f).fill()
	}
	return a, b
}

// fill leaves a row in every table.
func (f *firm) fill() {
	f.t.Helper()
	ctx, now := f.t.Context(), time.Now()
	f.must(flow.Start{Work: at(f.job("JC-1", 100), "printing")})
	member := postgres.Member{ID: newID(f.t), Name: "Ravi", Role: flow.Operator, PasswordHash: "x", Created: now,
		Logins: []string{"ravi@shared.example"}, Given: flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "printing"}}}}
	u := postgres.Upload{ID: newID(f.t), Member: f.owner, FileName: "jobs.csv", Content: "{}", Mapping: "{}", Created: now}
	yearly := flow.Process{ID: newID(f.t), Version: 1, Name: "Yearly", Mode: flow.UnitMode, Yearly: true, Stages: []flow.Stage{{Code: "a", Name: "A"}}}
	_, followErr := f.db.Follow(ctx, f.org, "test", func([]byte, []postgres.Record) ([]byte, error) { return []byte{1}, nil })
	konkan := postgres.Vendor{ID: newID(f.t), Name: "Konkan Laminators", Place: "Bhiwandi"}
	err := errors.Join(
		f.db.AddProcess(ctx, f.org, yearly), f.db.SaveDraft(ctx, f.org, yearly, f.owner, now),
		f.db.AddMember(ctx, f.org, member),
		f.db.AddVendor(ctx, f.org, konkan), f.db.SaveWizard(ctx, f.org, postgres.Wizard{ID: newID(f.t), Body: "{}", By: f.owner, Changed: now}),
		f.db.SetWords(ctx, f.org, flow.Words{"en": {"job": {One: "order", Many: "orders"}}}, 0, f.owner, now), f.db.AddCalendar(ctx, f.org, drying, f.owner, now),
		f.db.SendHeads(ctx, f.org, f.owner, "2026-11-25"),
		f.evidenced(now),
		f.db.AddGrant(ctx, f.org, postgres.Grant{ID: newID(f.t), Reason: "the board is slow", Given: flow.Given{All: true}, By: f.owner, At: now, Until: now.Add(time.Hour)}, [32]byte{1}),
		f.db.QueueMail(ctx, f.org, postgres.Mail{To: "ravi@shared.example", Kind: "test", At: now}),
		f.db.AddInvitation(ctx, f.org, postgres.Invitation{ID: newID(f.t), Token: [32]byte{1}, Role: flow.Viewer, By: f.owner, Made: now, Until: now.Add(time.Hour)}, nil),
		f.db.AddSite(ctx, f.org, postgres.Site{Code: "vasai", Name: "Vasai"}),
		f.db.SetAuthenticator(ctx, f.org, f.owner, postgres.Authenticator{Seed: []byte{1}, Codes: [][32]byte{{1}}, At: now}),
		f.db.AddPasskey(ctx, f.org, f.owner, flow.ID{}, postgres.Passkey{ID: newID(f.t), Credential: []byte{1}, Name: "Phone", Body: "{}", Created: now}, nil),
		f.db.AddSession(ctx, f.org, postgres.Session{Token: [32]byte{1}, Member: f.owner, On: "computer", Began: now, Until: now.Add(time.Hour), Idle: 12 * time.Hour}),
		f.db.TakeAnswer(ctx, f.org, [32]byte{1}, now), f.db.AddReset(ctx, f.org, postgres.Reset{Token: [32]byte{1}, Member: f.owner, Until: now.Add(time.Hour)}),
		f.onDevice(member.ID, now), f.db.ShowTVCode(ctx, f.org, postgres.TVCode{Token: [32]byte{1}, Code: [32]byte{1}, Until: now.Add(time.Hour)}, now),
		f.db.AddToken(ctx, f.org, postgres.Token{ID: newID(f.t), Member: newID(f.t), Name: "Tally", Grants: flow.Grants(), Hash: [32]byte{1}, By: f.owner, Created: now, Until: now.Add(time.Hour)}),
		f.db.SetIdentityProvider(ctx, f.org, postgres.IdentityProvider{Issuer: "https://login.example", ClientID: "c", Secret: []byte{1}, Domains: []string{"firm.example"}, By: f.owner, Changed: now}),
		f.db.SaveView(ctx, f.org, postgres.BoardView{ID: newID(f.t), Name: "Rush", Query: "urgent=1"}),
		f.db.AddUpload(ctx, f.org, u), f.db.MapUpload(ctx, f.org, u.ID, [32]byte{1}, "{}"), followErr)
	if err != nil {
		f.t.Fatal(err)
	}
	f.must(flow.Create{Process: yearly.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(f.t)}}})
	traced := at(f.job("JC-3", 100), "printing")
	f.must(flow.Finish{Work: traced, Release: flow.Release{Used: []flow.Used{{Lot: "B-117"}}}})
	f.picture(traced.Job, "printing", "blank sheet")
	f.must(flow.RaiseNC{Work: traced, NC: newID(f.t), What: "shade off"})
	away := at(f.job("JC-2", 100), "printing")
	f.must(flow.Report{Work: away, Wasted: []flow.Waste{{Quantity: flow.Units(2), Reason: "torn"}}})
	f.must(flow.Send{Vendor: konkan.ID, Lines: []flow.SendLine{{Work: away, Quantity: flow.Units(40)}}})
	j, err := f.db.Job(ctx, f.org, away.Job)
	if err == nil {
		err = f.db.AddLink(ctx, f.org, postgres.Link{ID: newID(f.t), Vendor: konkan.ID, Challans: []string{j.Stages[0].Out[0].Challan}, By: f.owner, Created: now, Expires: now.Add(time.Hour)}, newID(f.t))
	}
	if err := errors.Join(err, f.learned(j, now), f.enquired()); err != nil {
		f.t.Fatal(err)
	}
	run := at(f.job("JC-4", 100), "printing")
	f.must(flow.Start{Work: run})
	f.must(flow.Finish{Work: run})
	f.asked(member.ID)
	f.lettered(now)
	f.rolledUp()
	f.fillFiles()
	f.closedOnce()
}

// learned leaves what a night teaches.
func (f *firm) learned(j flow.Job, now time.Time) error {
	n := postgres.Night{Holder: newID(f.t), Day: "2026-11-26", Now: now, Until: now.Add(time.Hour)}
	_, err := f.db.TakeNight(f.t.Context(), f.org, n)
	return errors.Join(err, f.db.SaveLesson(f.t.Context(), f.org, n, postgres.Lesson{
		ForecastModel: postgres.ForecastModel{Process: j.Process, Learned: now, Since: now, Model: []byte{1}}, Anew: "2026-11-01",
		Days: []postgres.ForecastDay{{Day: "2026-11-20", Dates85: 2, Met85: 1}},
		Late: []postgres.LateJob{{Job: j.ID, Due: "2026-11-30", Chance: 0.2, P50: "2026-12-01", P85: "2026-12-04", N: 12, Risk: "printing"}},
	}))
}

// onDevice leaves a shared device with somebody who comes in at it by PIN and by badge.
func (f *firm) onDevice(member flow.ID, now time.Time) error {
	ctx, d := f.t.Context(), postgres.Device{ID: newID(f.t), Name: "Press tablet", Given: flow.Given{Stages: []flow.StageRef{{Process: f.process.ID, Stage: "printing"}}}, Created: now}
	err := errors.Join(f.db.AddDevice(ctx, f.org, d), f.db.SetPIN(ctx, f.org, member, "x", now), f.db.SetBadge(ctx, f.org, member, [32]byte{2}, now))
	_, tryErr := f.db.TryPIN(ctx, f.org, d.ID, member, now)
	return errors.Join(err, tryErr)
}

func tables(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
		and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations' order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// leaks looks for what the database lets the application see that it must not, and for what it hides that it must
// show. No fault at all is isolation.
func leaks(ctx context.Context, url string, names []string, a, b *firm) (faults []string) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return []string{err.Error()}
	}
	defer func() { _ = conn.Close(ctx) }()
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if _, err := conn.Exec(ctx, "set role clicarity_app"); err != nil {
		return []string{err.Error()}
	}
	count := func(sql string, args ...any) (n int) {
		if err := conn.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
			say("%s: %v", sql, err)
		}
		return n
	}
	for _, table := range names {
		if n := count("select count(*) from " + table); n != 0 {
			say("%s shows %d rows to nobody", table, n)
		}
	}
	if _, err := conn.Exec(ctx, "select set_config('app.org', $1, false)", a.org.String()); err != nil {
		return append(faults, err.Error())
	}
	for _, table := range names {
		if n := count("select count(*) from "+table+" where org_id <> $1", a.org); n != 0 {
			say("%s shows %d rows of another organisation", table, n)
		}
		if n := count("select count(*) from "+table+" where org_id = $1", a.org); n == 0 {
			say("%s hides the organisation's own rows", table)
		}
		if _, err := conn.Exec(ctx, "insert into "+table+" (org_id) values ($1)", b.org); err == nil || !strings.Contains(err.Error(), "row-level security") {
			if !strings.Contains(fmt.Sprint(err), "permission denied") && !strings.Contains(fmt.Sprint(err), "null value") {
				say("%s takes rows of another organisation: %v", table, err)
			}
			if strings.Contains(fmt.Sprint(err), "null value") && policyCount(ctx, conn, table) == 0 {
				say("%s has no policy", table)
			}
		}
	}
	if accounts, err := a.db.Accounts(ctx, "ravi@shared.example"); err != nil || len(accounts) != 2 {
		say("signing in finds %d accounts of 2 (%v)", len(accounts), err)
	}
	if o, err := a.db.OrganisationBySlug(ctx, slug(1)); err != nil || o.ID != b.org {
		say("an organisation is not found by its short name: %v", err)
	}
	if all, err := a.db.Closures(ctx); err != nil || len(all) != 2 {
		say("the list of closings has %d of 2 (%v)", len(all), err)
	}
	if all, err := a.db.Organisations(ctx); err != nil || len(all) != 2 {
		say("the list of organisations has %d of 2 (%v)", len(all), err)
	}
	return faults
}

func policyCount(ctx context.Context, conn *pgx.Conn, table string) (n int) {
	_ = conn.QueryRow(ctx, "select count(*) from pg_policies where tablename = $1", table).Scan(&n) //nolint:errcheck // 0 is then right
	return n
}

func TestOrganisationsAreIsolated(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	a, b := twoFirms(t, pgtest.Open(t, url))
	for _, fault := range leaks(t.Context(), url, tables(t, pgtest.Owner(t, url)), a, b) {
		t.Error(fault)
	}
}

// Every policy, and every table's row-level security, is needed: without it the isolation test fails.
func TestDroppingAnyPolicyIsNoticed(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner := pgtest.Owner(t, url)
	a, b := twoFirms(t, pgtest.Open(t, url))
	rows, err := owner.Query(t.Context(), `select format('drop policy %I on %I', policyname, tablename),
		format('create policy %I on %I for %s using (%s)', policyname, tablename, cmd, qual) || coalesce(' with check (' || with_check || ')', '')
		from pg_policies where schemaname = 'public'
		union all select format('alter table %I disable row level security', relname), format('alter table %I enable row level security', relname)
		from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations'`)
	if err != nil {
		t.Fatal(err)
	}
	type harm struct{ Do, Undo string }
	harms, err := pgx.CollectRows(rows, pgx.RowToStructByPos[harm])
	if err != nil || len(harms) < 30 {
		t.Fatalf("%d harms, %v", len(harms), err)
	}
	names := tables(t, owner)
	for _, h := range harms {
		if _, err := owner.Exec(t.Context(), h.Do); err != nil {
			t.Fatal(err)
		}
		if len(leaks(t.Context(), url, names, a, b)) == 0 {
			t.Errorf("nobody noticed: %s", h.Do)
		}
		if _, err := owner.Exec(t.Context(), h.Undo); err != nil {
			t.Fatal(err)
		}
	}
	if faults := leaks(t.Context(), url, names, a, b); len(faults) > 0 {
		t.Errorf("after putting all back: %v", faults)
	}
}

// Not yours is not found, whatever is asked.
func TestAnotherOrganisationsJobDoesNotExist(t *testing.T) {
	t.Parallel()
	a, b := twoFirms(t, pgtest.New(t))
	ctx := t.Context()
	id := a.job("SECRET-1", 100)
	if _, err := b.db.Job(ctx, b.org, id); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("Job: %v", err)
	}
	for _, action := range []flow.Action{flow.Start{Work: at(id, "printing")}, flow.Finish{Work: at(id, "printing")}, flow.Undo{Job: id, Undoes: newID(t)}} {
		refused(t, second(b.do(action)), flow.NotFound)
	}
	refused(t, second(b.do(flow.Create{Process: a.process.ID, Version: 1, Jobs: []flow.NewJob{{ID: newID(t), Number: "X", Quantity: 1}}})), flow.NotFound)
	found, err := b.db.Find(ctx, b.org, "SECRET", nil, 10)
	moves, _, err2 := b.db.Timeline(ctx, b.org, id, 0, 10)
	board, err3 := b.db.Board(ctx, b.org, postgres.BoardQuery{Process: a.process.ID, Limit: 10})
	queue, _, err4 := b.db.Queue(ctx, b.org, flow.StageRef{Process: a.process.ID, Stage: "printing"}, postgres.Narrow{}, postgres.Waiting{}, 10)
	log, err5 := b.db.Movements(ctx, b.org, 0, 100)
	known, err6 := b.db.Known(ctx, b.org, []string{"SECRET-1"}, []flow.ID{id})
	if err := errors.Join(err, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	leaked := slices.ContainsFunc(log, func(r postgres.Record) bool { return r.Job == id })
	if len(found)+len(moves)+len(board.Jobs)+len(queue)+len(known) > 0 || leaked {
		t.Errorf("something was found: %v %v %v %v %v %v", found, moves, board, queue, known, leaked)
	}
	b.job("SECRET-1", 5) // the number is free in every other organisation
}

// The log is not changed: not by the application's role, and not by the tables' owner either.
func TestMovementsAreNeverChanged(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	a, _ := twoFirms(t, pgtest.Open(t, url))
	conn := pgtest.Owner(t, url)
	for _, role := range []string{postgres.AppRole, postgres.OwnerRole} {
		for _, sql := range []string{"update movements set stage = 'x'", "delete from movements", "truncate movements cascade"} {
			tx, err := conn.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = tx.Exec(t.Context(), "set local role "+role+"; select set_config('app.org', '"+a.org.String()+"', true); "+sql)
			if err == nil {
				t.Errorf("%s may %s", role, sql)
			}
			if err := tx.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
