package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Wizard is somebody's way through setting up a process.
type Wizard struct {
	ID      flow.ID
	Body    string // JSON of the pages
	By      flow.ID
	Changed time.Time
	Done    bool
}

// SaveWizard keeps where somebody is. One that is done stays as it was.
func (db *DB) SaveWizard(ctx context.Context, org flow.ID, w Wizard) error {
	var done *time.Time
	if w.Done {
		done = &w.Changed
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`insert into wizards values ($1, $2, $3, $4, $5, $6) on conflict (org_id, id)
			do update set body = excluded.body, changed_by = excluded.changed_by, changed_at = excluded.changed_at, done_at = excluded.done_at
			where wizards.done_at is null`, org, w.ID, w.Body, w.By, w.Changed, done)
	})
}

// Wizard finds one by id.
func (db *DB) Wizard(ctx context.Context, org, id flow.ID) (Wizard, error) {
	return db.wizard(ctx, org, "select id, body, changed_by, changed_at, done_at is not null from wizards where org_id = $1 and id = $2", id)
}

// OpenWizard is the newest that is not done; ErrNotFound when there is none.
func (db *DB) OpenWizard(ctx context.Context, org flow.ID) (Wizard, error) {
	return db.wizard(ctx, org, `select id, body, changed_by, changed_at, false from wizards
		where org_id = $1 and done_at is null order by changed_at desc limit 1`)
}

func (db *DB) wizard(ctx context.Context, org flow.ID, sql string, args ...any) (Wizard, error) {
	var w Wizard
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(sql, append([]any{org}, args...)...).QueryRow(func(row pgx.Row) error {
			return row.Scan(&w.ID, &w.Body, &w.By, &w.Changed, &w.Done)
		})
	})
	return w, notFound(err)
}

// Fresh reports whether an organisation has only what it began with: one process, no job, and no setting up that was done.
func (db *DB) Fresh(ctx context.Context, org flow.ID) (bool, error) {
	var fresh bool
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select not exists (select from jobs where org_id = $1) and not exists (select from wizards where org_id = $1 and done_at is not null)
			and (select count(*) from (select from processes where org_id = $1 limit 2) p) = 1`, org).QueryRow(func(row pgx.Row) error { return row.Scan(&fresh) })
	})
	return fresh, err
}

// FirstSteps are what an organisation has done since it set itself up.
type FirstSteps struct{ Job, Update, Phone bool }

// FirstSteps looks at an organisation that set itself up since a time; false when it did not.
func (db *DB) FirstSteps(ctx context.Context, org flow.ID, since time.Time) (FirstSteps, bool, error) {
	var f FirstSteps
	recent := false
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select exists (select from jobs where org_id = $1),
				exists (select from movements where org_id = $1 and kind in ('started', 'reported')),
				exists (select from sessions s join members m on m.org_id = s.org_id and m.id = s.member_id where s.org_id = $1 and m.role = 'operator')
			where exists (select from wizards where org_id = $1 and done_at > $2 and body <> '')`, org, since).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&f.Job, &f.Update, &f.Phone}, func() error { recent = true; return nil })
			return err
		})
	})
	return f, recent, err
}
