package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// ForRetention is why a text was written over: the organisation does not keep what is written on jobs for so long.
const ForRetention = "retention"

// Retention bounds: months that an organisation can keep what is written on jobs that are done.
const (
	MinRetention = 6
	MaxRetention = 240
)

// emptied is what a text becomes that is not kept any longer.
const emptied = "–"

// emptyAtOnce is how many jobs are looked for at once.
const emptyAtOnce = 20

// SetRetention says for how many months what is written on jobs is kept after they are done, in an owner's name; 0: as long as
// the organisation.
func (db *DB) SetRetention(ctx context.Context, org flow.ID, months int, by flow.ID) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update organisations set keep_months = nullif($2, 0), kept_by = $3 where org_id = $1", org, months, by)
	})
}

// Retention is for how many months what is written on jobs is kept after they are done; 0: as long as the organisation.
func (db *DB) Retention(ctx context.Context, org flow.ID) (months int, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select coalesce(keep_months, 0) from organisations where org_id = $1", org).QueryRow(func(row pgx.Row) error { return row.Scan(&months) })
	})
	return months, notFound(err)
}

// gone is a job that is done.
type gone struct {
	id   flow.ID
	left time.Time
}

// EmptyOldJobs takes names, words, photos and files from the jobs of an organisation that were done longer ago than it keeps them,
// at most so many, and says from how many. Numbers, quantities, times and reasons stay, so that everything adds up as before. It
// may be stopped anywhere and goes on with the job where it was.
func (db *DB) EmptyOldJobs(ctx context.Context, o Organisation, now time.Time, most int) (n int, err error) {
	for n < most {
		by, list, err := db.jobsToEmpty(ctx, o.ID, now)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, j := range list {
			if err := db.emptyJob(ctx, o, j, by, now); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

func (db *DB) jobsToEmpty(ctx context.Context, org flow.ID, now time.Time) (by flow.ID, list []gone, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select coalesce(kept_by, org_id) from organisations where org_id = $1", org).QueryRow(func(row pgx.Row) error { return row.Scan(&by) })
		b.Queue(`select j.id, j.left_at from jobs j join organisations o on o.org_id = j.org_id
			where j.org_id = $1 and j.left_at is not null and j.left_at <= $2::timestamptz - make_interval(months => o.keep_months)
				and (j.left_at, j.id) > (coalesce(o.emptied_to, '-infinity'), coalesce(o.emptied_job, '00000000-0000-0000-0000-000000000000'))
			order by j.left_at, j.id limit $3`, org, now, emptyAtOnce).Query(func(rows pgx.Rows) error {
			var j gone
			_, err := pgx.ForEachRow(rows, []any{&j.id, &j.left}, func() error { list = append(list, j); return nil })
			return err
		})
	})
	return by, list, err
}

func (db *DB) emptyJob(ctx context.Context, o Organisation, job gone, by flow.ID, now time.Time) error {
	ctx = As(ctx, Actor{Member: by, At: now})
	if err := db.eraseFilesOf(ctx, o.ID, job.id, by, now); err != nil {
		return err
	}
	r := Redaction{Reason: ForRetention, At: now, Write: func(int64, string) string { return emptied }}
	err := db.tenant(ctx, o.ID, func(b *pgx.Batch) {
		b.Queue(selectMovements+" where org_id = $1 and job_id = $2 order by seq", o.ID, job.id).Query(func(rows pgx.Rows) error {
			return eachMovement(rows, func(m Record) error { r.Seqs = append(r.Seqs, m.Seq); return nil })
		})
		b.Queue("select id from pictures where org_id = $1 and job_id = $2 and kept and erased_at is null", o.ID, job.id).Query(func(rows pgx.Rows) (err error) {
			r.Pictures, err = pgx.CollectRows(rows, pgx.RowTo[flow.ID])
			return err
		})
	})
	if err == nil {
		err = db.Redact(ctx, o, r)
	}
	if err != nil {
		return err
	}
	return db.tenant(ctx, o.ID, func(b *pgx.Batch) {
		b.Queue("update challans set note = '' where org_id = $1 and note <> '' and number in (select number from challan_lines where org_id = $1 and job_id = $2)", o.ID, job.id)
		b.Queue("update files set name = $3 where org_id = $1 and job_id = $2", o.ID, job.id, emptied)
		b.Queue("update organisations set emptied_to = $2, emptied_job = $3 where org_id = $1", o.ID, job.left, job.id)
	})
}

// eraseFilesOf erases the bytes of a job's files, in the owner's name who said that they are not kept.
func (db *DB) eraseFilesOf(ctx context.Context, org, job, by flow.ID, now time.Time) error {
	j, err := db.Job(ctx, org, job)
	if err != nil {
		return err
	}
	for _, f := range j.Files {
		for _, r := range f.Revisions {
			if r.Erased != 0 {
				continue
			}
			id, err := flow.NewID(flow.At(now), rand.Reader)
			if err != nil {
				return err
			}
			_, err = db.Do(ctx, flow.Mark{Org: org, Member: by, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(now)},
				flow.Command{ID: id, Action: flow.EraseFile{Job: job, Revision: r.ID, Reason: ForRetention}})
			var refused *flow.Refusal
			if errors.As(err, &refused) && refused.Code == flow.FileErased {
				err = nil
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
