package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/local"
)

// house is a database of many organisations that stays from run to run: the first of them is the one that is looked at.
type house struct {
	name  string // of the database
	large int    // open jobs of the first organisation
	each  int    // and of every other one
	rest  int    // how many others there are
}

func (h house) jobs() int { return h.large + h.each*h.rest }

// furnish makes the database if it is not there whole. The first organisation is filled through the write door; the others
// are copies of a part of it under their own keys, made by the database, because ten million movements through any door
// take hours. A copy's hash chain is its model's, so only the first organisation passes verify.
func (h house) furnish(ctx context.Context, p plan, cluster *local.Cluster) (*seeded, error) {
	admin, err := pgx.Connect(ctx, cluster.URL("postgres"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = admin.Close(context.WithoutCancel(ctx)) }()
	s := &seeded{url: cluster.URL(h.name)}
	var whole bool
	err = admin.QueryRow(ctx, "select coalesce(shobj_description(oid, 'pg_database'), '') = $2 from pg_database where datname = $1", h.name, h.mark()).Scan(&whole)
	switch {
	case err == nil && whole:
		if _, err := postgres.Migrate(ctx, s.url); err != nil {
			return nil, err
		}
		f, err := h.found(ctx, s.url)
		s.firms = []*firm{f}
		return s, err
	case err == nil: // half made, or of another size
		if _, err := admin.Exec(ctx, "drop database "+h.name+" with (force)"); err != nil {
			return nil, err
		}
	case !errors.Is(err, pgx.ErrNoRows):
		return nil, err
	}
	if err := postgres.CreateDatabase(ctx, cluster.URL("postgres"), h.name); err != nil {
		return nil, err
	}
	f, err := h.build(ctx, p, s.url)
	if err != nil {
		return nil, err
	}
	if err := h.keepUp(ctx, p, s.url, f); err != nil {
		return nil, err
	}
	if err := h.copies(ctx, p, s.url, f); err != nil {
		return nil, err
	}
	if err := postgres.Tidy(ctx, s.url); err != nil {
		return nil, err
	}
	s.firms = []*firm{f}
	_, err = admin.Exec(ctx, fmt.Sprintf("comment on database %s is '%s'", h.name, h.mark()))
	return s, err
}

// mark says what a whole database holds.
func (h house) mark() string {
	return fmt.Sprintf("%d + %d x %d, version 1", h.large, h.rest, h.each)
}

const modelSlug = "bench-0"

func (h house) found(ctx context.Context, url string) (*firm, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	f := &firm{login: "owner0@bench.example"}
	err = conn.QueryRow(ctx, `select o.org_id, p.id from organisations o join processes p on p.org_id = o.org_id where o.slug = $1`, modelSlug).
		Scan(&f.org, &f.process.ID)
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, "select id from jobs where org_id = $1 and status = 'open' order by due, id limit 20000", f.org)
	if err != nil {
		return nil, err
	}
	f.jobs, err = pgx.CollectRows(rows, pgx.RowTo[flow.ID])
	return f, err
}

// build fills the first organisation through the write door.
func (h house) build(ctx context.Context, p plan, url string) (*firm, error) {
	if _, err := postgres.Migrate(ctx, url); err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		return nil, err
	}
	f, err := newFirm(ctx, db, 0, hash)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	const lot = 50
	for from := 0; from < h.large; from += lot {
		if err := f.past(ctx, db, now, from, min(lot, h.large-from)); err != nil {
			return nil, err
		}
		if from%20_000 == 0 {
			_, _ = fmt.Fprintf(p.Log, "%s: %d of %d jobs\n", h.name, from, h.large)
		}
	}
	if err := f.special(ctx, db, now); err != nil {
		return nil, err
	}
	return h.found(ctx, url)
}

// past makes some jobs at a day of the last quarter and reports them along their route. One in twenty is a completed one
// more; the others are left where they are, anywhere along the route. That is about ten movements a job.
func (f *firm) past(ctx context.Context, db *postgres.DB, now time.Time, from, n int) error {
	day := now.AddDate(0, 0, -90).Add(time.Duration(from/50*37%(89*24)) * time.Hour)
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(day)}
	make_ := flow.Create{Process: f.process.ID, Version: 1}
	told := flow.ImportHistory{Process: f.process.ID, Version: 1}
	for k := range n + n/20 {
		i := from + k
		number := fmt.Sprintf("JC-%06d", i)
		visits := (i*7 + from/50) % stages
		if k >= n {
			number, visits = fmt.Sprintf("JD-%06d", i), stages
		}
		due := flow.DateOf(day.AddDate(0, 0, 20+i%120))
		job := flow.NewJob{ID: newID(), Number: number, Customer: customers[i%len(customers)], Item: fmt.Sprintf("Carton %d", i%97),
			Quantity: flow.Units(1000), Due: due, Urgent: i%50 == 0}
		make_.Jobs = append(make_.Jobs, job)
		past := flow.PastJob{NewJob: job}
		at := day
		left := flow.Units(1000)
		for s := range visits {
			began := at.Add(time.Duration(1+i%9) * time.Hour)
			at = began.Add(time.Duration(20+(i*s)%200) * time.Minute)
			if at.After(now) {
				break
			}
			wasted := flow.Units(int64((i + s) % 4))
			left -= wasted
			past.Rows = append(past.Rows, flow.PastRow{Ref: fmt.Sprint(s), Line: s, Stage: f.process.Stages[s].Code, Began: flow.At(began), Ended: flow.At(at), Good: left, Wasted: wasted})
		}
		if len(past.Rows) > 0 {
			told.Jobs = append(told.Jobs, past)
		}
	}
	if _, err := db.Do(ctx, mark, flow.Command{ID: newID(), Action: make_}); err != nil {
		return err
	}
	mark.At = flow.At(now)
	_, err := db.Do(ctx, mark, flow.Command{ID: newID(), Action: told})
	return err
}

// special puts some jobs on hold and gives one of them a long history.
func (f *firm) special(ctx context.Context, db *postgres.DB, now time.Time) error {
	mark := flow.Mark{Org: f.org, Member: f.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(now)}
	page, err := db.Board(ctx, f.org, postgres.BoardQuery{Process: f.process.ID, Limit: 200})
	if err != nil {
		return err
	}
	for i, j := range page.Jobs {
		at, ok := live(j)
		if !ok {
			continue
		}
		hold := flow.Hold{Work: flow.Work{Job: j.ID, Stage: at}, Reason: f.process.HoldReasons[0].Code}
		if i%5 == 0 {
			if _, err := db.Do(ctx, mark, flow.Command{ID: newID(), Action: hold}); err != nil {
				return err
			}
		}
		if i > 0 {
			continue
		}
		for range 250 { // the job with a long history: the first of the board
			if _, err := db.Do(ctx, mark, flow.Command{ID: newID(), Action: flow.Resume{Work: hold.Work}}); err != nil {
				return err
			}
			if _, err := db.Do(ctx, mark, flow.Command{ID: newID(), Action: hold}); err != nil {
				return err
			}
		}
	}
	return nil
}

func live(j flow.Job) (string, bool) {
	i := slices.IndexFunc(j.Stages, func(s flow.StageState) bool { return s.OnHand > 0 })
	if i < 0 {
		return "", false
	}
	return j.Stages[i].Code, true
}

// keepUp lets the program's followers read what was written, as they would have done all along.
func (h house) keepUp(ctx context.Context, p plan, url string, f *firm) error {
	cmd := exec.CommandContext(ctx, p.Program, "rollups", "rebuild", "--org", modelSlug) //nolint:gosec // the program to measure
	cmd.Env = environment(url, "")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	st, err := startSite(ctx, p, &seeded{url: url, firms: []*firm{f}})
	if err != nil {
		return err
	}
	defer func() { _ = st.stop() }()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for last := int64(-1); ; {
		var behind int64
		err := conn.QueryRow(ctx, "select coalesce(max(h.seq - f.seq), 0) from followers f join log_heads h using (org_id) where org_id = $1 and f.name <> 'audit chain'", f.org).Scan(&behind)
		if err != nil || behind == 0 && last == 0 {
			return err
		}
		if last != behind {
			_, _ = fmt.Fprintf(p.Log, "%s: followers are %d movements behind\n", h.name, behind)
		}
		last = behind
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Second):
		}
	}
}

// notCopied are tables of people and of what they did, not of jobs.
var notCopied = []string{"organisations", "members", "logins", "sessions", "audit", "audit_heads", "outbox", "org_keys", "consents", "told", "schema_migrations"}

// copies makes the other organisations out of the first one's oldest jobs.
func (h house) copies(ctx context.Context, p plan, url string, f *firm) error {
	db, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, sql := range []string{
		"set session_replication_role = replica", // the rows are whole already: no keys to check, nothing to trigger
		"create temp table picked as select id from jobs where org_id = '" + f.org.String() + "' and status = 'open' order by id limit " + fmt.Sprint(h.each),
		"create unique index on picked (id)", "analyze picked",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	inserts, err := copying(ctx, conn)
	if err != nil {
		return err
	}
	for i := range h.rest {
		org := newID()
		err := db.AddOrganisation(ctx, postgres.Organisation{ID: org, Slug: fmt.Sprintf("bench-%d", i+1), Name: fmt.Sprintf("Bench %d", i+1), Created: time.Now()},
			postgres.Member{ID: newID(), Name: "Owner", Role: flow.Owner, Logins: []string{fmt.Sprintf("owner%d@bench.example", i+1)}, Created: time.Now()})
		if err != nil {
			return err
		}
		statements := append([]string{"delete from log_heads where org_id = $1 and $2::uuid is not null"}, inserts...)
		for _, sql := range append(statements, "delete from followers where org_id = $1 and $2::uuid is not null and name = 'audit chain'") { // its audit log is its own
			if _, err := conn.Exec(ctx, sql, org, f.org); err != nil {
				return fmt.Errorf("%w: %s", err, sql)
			}
		}
		_, _ = fmt.Fprintf(p.Log, "%s: organisation %d of %d\n", h.name, i+1, h.rest)
	}
	return nil
}

// copying are the statements that copy an organisation's rows ($2) to another ($1), a table each: of those that speak of
// jobs, the picked ones.
func copying(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, `select c.relname, array_agg(a.attname::text order by a.attnum) from pg_class c join pg_attribute a on a.attrelid = c.oid
		where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and c.relname <> all($1)
		group by c.relname having 'org_id' = any(array_agg(a.attname::text)) order by c.relname`, notCopied)
	if err != nil {
		return nil, err
	}
	var inserts []string
	var table string
	var columns []string
	_, err = pgx.ForEachRow(rows, []any{&table, &columns}, func() error {
		of := ""
		switch {
		case table == "jobs":
			of = " and id in (select id from picked)"
		case slices.Contains(columns, "job_id"):
			of = " and job_id in (select id from picked)"
		case table == "receipts":
			return nil
		}
		from := strings.Join(columns, ", ")
		inserts = append(inserts, fmt.Sprintf("insert into %s (%s) overriding system value select %s from %s where org_id = $2%s on conflict do nothing",
			table, from, strings.Replace(" "+from, " org_id", " $1::uuid", 1), table, of))
		return nil
	})
	return inserts, err
}
