package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"clicarity/internal/flow"
)

// What a TV shows.
const (
	TVBoard = "board" // the stages of a process, and its jobs
	TVLate  = "late"  // the late jobs
	TVBoth  = "both"  // one after the other
)

// TV is a device that only shows.
type TV struct {
	ID        flow.ID
	Name      string
	Place     string
	Shows     string
	Process   flow.ID    // whose board it shows, zero for none
	Given     flow.Given // its scope: whole processes, and sites
	Language  string
	Customers bool // customers' names too
	Created   time.Time
	Paired    time.Time // since when this screen is it
	Seen      time.Time
	SeenOn    string
	Suspended time.Time // since when it is switched off; zero: it is not
}

const selectTVs = `select id, name, place, shows, process_id, given, language, customers, created_at, paired_at, seen_at, seen_on, suspended_at
	from devices where org_id = $1 and shows <> ''`

func scanTV(row pgx.Row) (TV, error) {
	var t TV
	var given givenText
	var process *flow.ID
	var paired, seen, suspended pgtype.Timestamptz
	err := row.Scan(&t.ID, &t.Name, &t.Place, &t.Shows, &process, &given, &t.Language, &t.Customers, &t.Created, &paired, &seen, &t.SeenOn, &suspended)
	if process != nil {
		t.Process = *process
	}
	t.Given, t.Paired, t.Seen, t.Suspended = flow.Given(given), paired.Time, seen.Time, suspended.Time
	return t, err
}

// TVs are the TVs of an organisation by name, at most limit.
func (db *DB) TVs(ctx context.Context, org flow.ID, limit int) ([]TV, error) {
	var list []TV
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectTVs+" order by name limit $2", org, limit).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				t, err := scanTV(rows)
				if err != nil {
					return err
				}
				list = append(list, t)
			}
			return rows.Err()
		})
	})
	return list, err
}

// TV is one TV.
func (db *DB) TV(ctx context.Context, org, id flow.ID) (t TV, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectTVs+" and id = $2", org, id).QueryRow(func(row pgx.Row) error {
			t, err = scanTV(row)
			return err
		})
	})
	return t, notFound(err)
}

// TVBy is the TV that a screen is by its token, and the reader that it is: somebody who sees what the TV was given, and
// nothing else. ErrNotFound when it is none, or none any more.
func (db *DB) TVBy(ctx context.Context, org flow.ID, token [32]byte, now time.Time) (TV, flow.Person, error) {
	var t TV
	p := flow.Person{Org: org, Role: flow.Viewer}
	var stamp int64
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectTVs+" and token_hash = $2", org, token[:]).QueryRow(func(row pgx.Row) (err error) {
			t, err = scanTV(row)
			return err
		})
		b.Queue("select name, timezone, "+settingsStamp+" from organisations o where o.org_id = $1", org).QueryRow(func(row pgx.Row) error {
			return row.Scan(&p.OrgName, &p.Timezone, &stamp)
		})
	})
	if err == nil {
		err = db.settle(ctx, &p, stamp)
	}
	if err == nil && now.Sub(t.Seen) > deviceStale {
		err = db.tenant(ctx, org, func(b *pgx.Batch) {
			b.Queue("update devices set seen_at = $3 where org_id = $1 and id = $2", org, t.ID, now)
		})
	}
	p.Language, p.Scope = t.Language, t.Given.Scope(p.Role, flow.ID{})
	return t, p, notFound(err)
}

// AddTV makes the screen that shows a code a TV. ErrNotFound: no screen shows it, or its time is over, or it was used.
func (db *DB) AddTV(ctx context.Context, org flow.ID, t TV, code [32]byte) error {
	return db.claimTV(ctx, org, code, t.Created, func(tx pgx.Tx, token []byte, on string) error {
		_, err := tx.Exec(ctx, `insert into devices (org_id, id, name, place, shows, process_id, given, language, customers, created_at, token_hash, paired_at, seen_on)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $12)`,
			org, t.ID, t.Name, t.Place, t.Shows, orNull(t.Process), t.Given.Encode(), t.Language, t.Customers, t.Created, token, on)
		return err
	})
}

// PairTV lets the screen that shows a code take a TV's place. The one before is blank at once.
func (db *DB) PairTV(ctx context.Context, org, id flow.ID, code [32]byte, at time.Time) error {
	return db.claimTV(ctx, org, code, at, func(tx pgx.Tx, token []byte, on string) error {
		tag, err := tx.Exec(ctx, "update devices set token_hash = $3, paired_at = $4, seen_at = null, seen_on = $5 where org_id = $1 and id = $2 and shows <> ''", org, id, token, at, on)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
}

// SetTV changes what a TV shows and where it is. It takes effect at once.
func (db *DB) SetTV(ctx context.Context, org flow.ID, t TV) error {
	return db.one(ctx, org, `update devices set name = $3, place = $4, shows = $5, process_id = $6, given = $7, language = $8, customers = $9
		where org_id = $1 and id = $2 and shows <> ''`, org, t.ID, t.Name, t.Place, t.Shows, orNull(t.Process), t.Given.Encode(), t.Language, t.Customers)
}

// SwitchTV switches a TV off, or on with the zero time. One that is off shows nothing.
func (db *DB) SwitchTV(ctx context.Context, org, id flow.ID, off time.Time) error {
	return db.one(ctx, org, "update devices set suspended_at = $3 where org_id = $1 and id = $2 and shows <> ''", org, id, pgtype.Timestamptz{Time: off, Valid: !off.IsZero()})
}

// TVCount is what is at a stage now, counted no further than a limit, from the oldest on.
type TVCount struct {
	StageLoad
	Over int // of them, there since before the time that was asked for
}

// TVCounts counts what is at stages of a process, each at most to a limit: so it costs the same however much there is. since
// has the stages, each with the time before which something has to be there to be over its time; the zero time: nothing is.
func (db *DB) TVCounts(ctx context.Context, org, process flow.ID, n Narrow, since map[string]time.Time, limit int) (map[string]TVCount, error) {
	stages, times := make([]string, 0, len(since)), make([]pgtype.Timestamptz, 0, len(since))
	for stage, at := range since {
		stages, times = append(stages, stage), append(times, pgtype.Timestamptz{Time: at, Valid: !at.IsZero()})
	}
	counts := map[string]TVCount{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		args := []any{org, process, n.Sites, orNull(n.Mine), stages, times, limit}
		where := narrowed
		if len(n.Sites) == 0 && n.Mine.IsZero() {
			where = " and $3::text[] is null and $4::uuid is null"
		}
		b.Queue(`select r.stage, c.jobs, c.running, c.held, c.oldest, c.beyond from unnest($5::text[], $6::timestamptz[]) r (stage, since) cross join lateral (
				select count(*) jobs, count(*) filter (where status = 'running') running, count(*) filter (where status = 'hold') held, min(ready_at) oldest,
					count(*) filter (where ready_at < r.since) beyond
				from (select status, ready_at from work w where w.org_id = $1 and w.process_id = $2 and w.stage = r.stage`+where+` order by w.ready_at, w.job_id limit $7) one) c
			where c.jobs > 0`, args...).Query(func(rows pgx.Rows) error {
			var c TVCount
			_, err := pgx.ForEachRow(rows, []any{&c.Stage, &c.Jobs, &c.Running, &c.Held, &c.Oldest, &c.Over}, func() error { counts[c.Stage] = c; return nil })
			return err
		})
	})
	return counts, err
}

// CountDue counts the jobs of a list, at most to its limit. It does not look at words.
func (db *DB) CountDue(ctx context.Context, org flow.ID, q ListQuery) (n int, err error) {
	q.Words, q.After = "", Place{Due: "0001-01-01"}
	sql, args := q.byIndex(org)
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select count(*) from ("+sql+") counted", args...).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
	})
	return min(n, q.Limit), err
}

// AnyWithin reports whether any of some jobs is of some processes and, when there are any, sites.
func (db *DB) AnyWithin(ctx context.Context, org flow.ID, jobs, processes []flow.ID, sites []string) (yes bool, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select exists (select from jobs where org_id = $1 and id = any($2) and process_id = any($3) and (cardinality($4::text[]) is null or cardinality($4::text[]) = 0 or site = any($4)))`,
			org, uuids(jobs), uuids(processes), sites).QueryRow(func(row pgx.Row) error { return row.Scan(&yes) })
	})
	return yes, err
}
