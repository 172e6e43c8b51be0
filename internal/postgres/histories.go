package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// History is a job's whole history in order, none when it has more movements than a limit.
func (db *DB) History(ctx context.Context, org, job flow.ID, limit int) ([]Record, error) {
	moves, more, err := db.Timeline(ctx, org, job, 0, limit)
	if more {
		return nil, err
	}
	slices.Reverse(moves)
	return moves, err
}

// Histories are the whole histories of several jobs, each in order, none when they have more movements together than a
// limit.
func (db *DB) Histories(ctx context.Context, org flow.ID, jobs []flow.ID, limit int) (map[flow.ID][]flow.Movement, error) {
	got, n := map[flow.ID][]flow.Movement{}, 0
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectMovements+" where org_id = $1 and job_id = any($2) order by job_id, seq limit $3", org, uuids(jobs), limit+1).Query(func(rows pgx.Rows) error {
			return eachMovement(rows, func(r Record) error { got[r.Job], n = append(got[r.Job], r.Movement), n+1; return nil })
		})
	})
	if n > limit {
		return nil, err
	}
	return got, err
}

// TakenBack are the newest undo movements of a job, at most so many.
func (db *DB) TakenBack(ctx context.Context, org, job flow.ID, limit int) ([]flow.Movement, error) {
	var got []flow.Movement
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectMovements+" where org_id = $1 and job_id = $2 and kind = 'undone' order by seq desc limit $3", org, job, limit).Query(func(rows pgx.Rows) error {
			return eachMovement(rows, func(r Record) error { got = append(got, r.Movement); return nil })
		})
	})
	return got, err
}

// Runs are the starts of all the jobs that began a run together with some movements, by command, in the order of the run. A
// command's movements are numbered on from its first.
func (db *DB) Runs(ctx context.Context, org flow.ID, of []flow.Movement) (map[flow.ID][]flow.Movement, error) {
	first, commands := make([]int64, len(of)), make([]flow.ID, len(of))
	for i, m := range of {
		first[i], commands[i] = m.Seq-int64(m.Part), m.Command
	}
	got := map[flow.ID][]flow.Movement{}
	if len(of) == 0 {
		return got, nil
	}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectMovements+` where org_id = $1 and seq in (select generate_series(f, f + $3 - 1) from unnest($2::bigint[]) f)
			and command_id = any($4) order by seq`, org, first, flow.MaxTogether, uuids(commands)).Query(func(rows pgx.Rows) error {
			return eachMovement(rows, func(r Record) error { got[r.Command] = append(got[r.Command], r.Movement); return nil })
		})
	})
	return got, err
}
