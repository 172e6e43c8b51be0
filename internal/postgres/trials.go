package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Trial is a factory that visitors may try.
type Trial struct {
	Org      flow.ID // the factory's
	Owner    flow.ID // as whom visitors come in
	Operator flow.ID
	Made     time.Time
}

// OpenTrial is the factory that is open to visitors of an operator's site, the newest; ErrNotFound without one.
func (db *DB) OpenTrial(ctx context.Context, org flow.ID) (t Trial, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select tried_id, owner_id, operator_id, made_at from trials where org_id = $1 and ended_at is null order by made_at desc limit 1", org).
			QueryRow(func(row pgx.Row) error { return row.Scan(&t.Org, &t.Owner, &t.Operator, &t.Made) })
	})
	return t, notFound(err)
}

// AddTrial notes that a factory is being made for visitors. It is closed until StartTrial: one that was never finished is
// found among those that ended.
func (db *DB) AddTrial(ctx context.Context, org flow.ID, t Trial) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("insert into trials (org_id, tried_id, owner_id, operator_id, made_at, ended_at) values ($1, $2, $3, $4, $5, $5) on conflict do nothing", org, t.Org, t.Owner, t.Operator, t.Made)
	})
}

// StartTrial opens a factory to visitors.
func (db *DB) StartTrial(ctx context.Context, org, tried flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update trials set ended_at = null where org_id = $1 and tried_id = $2", org, tried)
	})
}

// maxTrials bounds how many factories are looked after at once.
const maxTrials = 50

// StaleTrials are the open factories that were made before a moment, the oldest first, without the newest of all: there is
// always one to try.
func (db *DB) StaleTrials(ctx context.Context, org flow.ID, before time.Time) ([]Trial, error) {
	return db.trialList(ctx, org, `select tried_id, owner_id, operator_id, made_at from trials where org_id = $1 and ended_at is null and made_at < $2
		and made_at < (select max(made_at) from trials where org_id = $1 and ended_at is null) order by made_at limit $3`, before)
}

// EndedTrials are the factories that are closed to visitors since before a moment, to be deleted, the oldest first.
func (db *DB) EndedTrials(ctx context.Context, org flow.ID, before time.Time) ([]Trial, error) {
	return db.trialList(ctx, org, "select tried_id, owner_id, operator_id, made_at from trials where org_id = $1 and ended_at < $2 order by made_at limit $3", before)
}

func (db *DB) trialList(ctx context.Context, org flow.ID, sql string, before time.Time) ([]Trial, error) {
	var list []Trial
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(sql, org, before, maxTrials).Query(func(rows pgx.Rows) error {
			var t Trial
			_, err := pgx.ForEachRow(rows, []any{&t.Org, &t.Owner, &t.Operator, &t.Made}, func() error { list = append(list, t); return nil })
			return err
		})
	})
	return list, err
}

// EndTrial closes a factory to visitors: its sessions end, and no more are opened.
func (db *DB) EndTrial(ctx context.Context, org flow.ID, tried flow.ID, now time.Time) error {
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update trials set ended_at = $3 where org_id = $1 and tried_id = $2 and ended_at is null", org, tried, now)
	})
	if err != nil {
		return err
	}
	return db.tenant(ctx, tried, func(b *pgx.Batch) { b.Queue("delete from sessions where org_id = $1 and via = 'try'", tried) })
}

// ForgetTrial deletes a factory that ended, whole, and forgets that there was one. It may be stopped anywhere and called
// again; ErrNotYet while it is not an hour old by the database's own clock.
func (db *DB) ForgetTrial(ctx context.Context, org flow.ID, tried flow.ID) error {
	_, err := db.Forget(ctx, tried, ForgetRows)
	if _, gone := db.Organisation(ctx, tried); errors.Is(gone, ErrNotFound) {
		err = nil // the row that says that it may be forgotten goes last
	}
	if err != nil {
		return err
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) { b.Queue("delete from trials where org_id = $1 and tried_id = $2", org, tried) })
}
