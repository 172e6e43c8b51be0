package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Record is a movement with its facts as they are stored, which is what its hash covers.
type Record struct {
	flow.Movement
	Stored   string
	Redacted []byte // SHA-256 of what it says since texts of it were written over; nil: it says what it always said
}

const selectMovements = `select org_id, seq, job_id, command_id, part, kind, stage, member_id, device,
	occurred_at, recorded_at, mark, facts, hash, redacted from movements`

func eachMovement(rows pgx.Rows, f func(Record) error) error {
	defer rows.Close()
	for rows.Next() {
		var r Record
		var occurred, recorded time.Time
		var hash []byte
		err := rows.Scan(&r.Org, &r.Seq, &r.Job, &r.Command, &r.Part, &r.Kind, &r.Stage, &r.Member, &r.Device,
			&occurred, &recorded, &r.Mark, &r.Stored, &hash, &r.Redacted)
		if err != nil {
			return err
		}
		r.Occurred, r.Recorded = flow.At(occurred), flow.At(recorded)
		copy(r.Hash[:], hash)
		if err := json.Unmarshal([]byte(r.Stored), &r.Facts); err != nil {
			return fmt.Errorf("movement %d: its facts cannot be read: %w", r.Seq, err)
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Movements reads up to limit movements of an organisation after a number, in order.
func (db *DB) Movements(ctx context.Context, org flow.ID, after int64, limit int) ([]Record, error) {
	var got []Record
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectMovements+" where org_id = $1 and seq > $2 order by seq limit $3", org, after, limit).Query(func(rows pgx.Rows) error {
			return eachMovement(rows, func(r Record) error { got = append(got, r); return nil })
		})
	})
	return got, err
}

// Head is the number of the newest movement of an organisation, 0 before the first.
func (db *DB) Head(ctx context.Context, org flow.ID) (int64, error) {
	seq, _, err := db.head(ctx, org)
	return seq, err
}

func (db *DB) head(ctx context.Context, org flow.ID) (seq int64, hash []byte, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select seq, hash from log_heads where org_id = $1", org).QueryRow(func(row pgx.Row) error {
			return notFound(row.Scan(&seq, &hash))
		})
	})
	return seq, hash, err
}

func notFound(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

const logPage = 500

// Watch calls f with the movements of an organisation after a number, in order and without gaps, as they are
// committed, until the context ends or f fails. wake tells it that there may be more (nil: it looks every second).
func (db *DB) Watch(ctx context.Context, org flow.ID, after int64, wake <-chan struct{}, f func([]Record) error) error {
	tick := time.NewTicker(time.Second) // a wake-up can be lost with the process that owed it; a second is the most that costs
	defer tick.Stop()
	for {
		got, err := db.Movements(ctx, org, after, logPage)
		if err != nil {
			return err
		}
		if len(got) > 0 {
			if err := f(got); err != nil {
				return err
			}
			after = got[len(got)-1].Seq
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
		case <-tick.C:
		}
	}
}

// Follow gives a named follower its next movements, at most one page, with the state it left last time. What f
// returns is stored with the place it has come to, in one transaction. It reports how many movements f was given.
func (db *DB) Follow(ctx context.Context, org flow.ID, name string, f func(state []byte, next []Record) ([]byte, error)) (int, error) {
	n := 0
	err := db.follow(ctx, org, name, func(tx pgx.Tx, at *followed) error {
		next, err := page(ctx, tx, org, at.seq, logPage)
		if err != nil || len(next) == 0 {
			return err
		}
		if at.state, err = f(at.state, next); err != nil {
			return err
		}
		n = len(next)
		at.seq, at.changed = next[n-1].Seq, true
		return nil
	})
	return n, err
}

// followed is where a follower stands.
type followed struct {
	seq     int64
	state   []byte
	changed bool // it is to be stored
}

// follow lets a named follower go on, alone, in one transaction with the place it comes to.
func (db *DB) follow(ctx context.Context, org flow.ID, name string, f func(tx pgx.Tx, at *followed) error) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into followers (org_id, name, seq) values ($1, $2, 0) on conflict do nothing", org, name)
		if err != nil {
			return err
		}
		var at followed
		err = tx.QueryRow(ctx, "select seq, state from followers where org_id = $1 and name = $2 for update", org, name).Scan(&at.seq, &at.state)
		if err != nil {
			return err
		}
		if err := f(tx, &at); err != nil || !at.changed {
			return err
		}
		_, err = tx.Exec(ctx, "update followers set seq = $3, state = $4 where org_id = $1 and name = $2", org, name, at.seq, at.state)
		return err
	})
}

func page(ctx context.Context, tx pgx.Tx, org flow.ID, after int64, limit int) ([]Record, error) {
	rows, err := tx.Query(ctx, selectMovements+" where org_id = $1 and seq > $2 order by seq limit $3", org, after, limit)
	if err != nil {
		return nil, err
	}
	var got []Record
	if err := eachMovement(rows, func(r Record) error { got = append(got, r); return nil }); err != nil {
		return nil, err
	}
	return got, vouched(ctx, tx, org, got)
}

// FollowerAt is how far a follower has come and the state it left; 0 and nil before its first movement.
func (db *DB) FollowerAt(ctx context.Context, org flow.ID, name string) (seq int64, state []byte, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select seq, state from followers where org_id = $1 and name = $2", org, name).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&seq, &state}, func() error { return nil })
			return err
		})
	})
	return seq, state, err
}

// Stream calls f with every movement of an organisation, in log order, or by job and then log order. It holds one
// snapshot and constant memory.
func (db *DB) Stream(ctx context.Context, org flow.ID, byJob bool, f func(Record) error) error {
	order := "seq"
	if byJob {
		order = "job_id, seq"
	}
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectMovements+" where org_id = $1 order by "+order, org)
		if err != nil {
			return err
		}
		return eachMovement(rows, f)
	})
}
