package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// At is a job at a stage.
type At struct {
	Job   flow.Job
	Stage string
}

// AtPlace is a position in a list of jobs at stages, the longest there first. The zero one is the list's beginning.
type AtPlace struct {
	Since time.Time
	Job   flow.ID
	Stage string
}

// Place is where a job at a stage is in such a list.
func (a At) Place() AtPlace {
	s, _ := a.Job.Stage(a.Stage)
	return AtPlace{s.Ready.Time(), a.Job.ID, a.Stage}
}

// StuckList is a page of what is stuck.
func (db *DB) StuckList(ctx context.Context, org flow.ID, q PulseQuery, after AtPlace, limit int) ([]At, bool, error) {
	narrow, args := q.work(q.args(org))
	n := len(args)
	beyond := " and (w.ready_at, w.job_id, w.stage) > ($" + itoa(n+1) + ", $" + itoa(n+2) + ", $" + itoa(n+3) + ")"
	sql := "with " + asked + ", " + days(narrow) + `, found as (
		select one.* from r cross join lateral (select w.ready_at, w.job_id, w.stage from work w
			where w.org_id = $1 and w.process_id = r.process_id and w.stage = r.stage and w.ready_at <= greatest(r.ready, r.running, r.hold, r.away)
				and w.ready_at >= $` + itoa(n+1) + " and " + isStuck + narrow + beyond + ` order by w.ready_at, w.job_id limit $` + itoa(n+4) + `) one
		union select w.ready_at, w.job_id, w.stage from overdue w where true` + beyond + `
		union select w.ready_at, w.job_id, w.stage from unbegun w where true` + beyond + ")"
	return db.atList(ctx, org, sql, args, after, limit)
}

// OverdueList is a page of what is overdue at vendors.
func (db *DB) OverdueList(ctx context.Context, org flow.ID, q PulseQuery, after AtPlace, limit int) ([]At, bool, error) {
	narrow, args := q.work(q.args(org))
	n := len(args)
	sql := "with " + asked + ", " + days(narrow) + ", found as (select w.ready_at, w.job_id, w.stage from overdue w where (w.ready_at, w.job_id, w.stage) > ($" +
		itoa(n+1) + ", $" + itoa(n+2) + ", $" + itoa(n+3) + "))"
	return db.atList(ctx, org, sql, args, after, limit)
}

// atList reads a page of the places that a query calls found.
func (db *DB) atList(ctx context.Context, org flow.ID, sql string, args []any, after AtPlace, limit int) (list []At, more bool, err error) {
	sql += ` select f.stage, j.state from (select * from found order by ready_at, job_id, stage limit $` + itoa(len(args)+4) + `) f
		join jobs j on j.org_id = $1 and j.id = f.job_id order by f.ready_at, f.job_id, f.stage`
	args = append(args, after.Since, after.Job, after.Stage, limit+1)
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var state string
				var at At
				if err := rows.Scan(&at.Stage, &state); err != nil {
					return err
				}
				var err error
				if at.Job, err = decodeJob(state); err != nil {
					return err
				}
				list = append(list, at)
			}
			return rows.Err()
		})
	})
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	return list, more, err
}

// WastefulList is a page of the open jobs with more wastage at a stage than its limit, the earliest due first.
func (db *DB) WastefulList(ctx context.Context, org flow.ID, q PulseQuery, after Place, limit int) (jobs []flow.Job, more bool, err error) {
	if after == (Place{}) {
		after.Due = "0001-01-01"
	}
	args := append(q.wasteArgs(org), string(after.Due), after.Job, limit+1)
	where := ""
	if len(q.Narrow.Sites) > 0 {
		args, where = append(args, q.Narrow.Sites), " and j.site = any($8)"
	}
	jobs, err = db.jobList(ctx, org, "select j.state from jobs j where j.org_id = $1 and j.status = 'open' and j.id in "+wasteful+
		" and (j.due, j.id) > ($5::text::date, $6)"+where+" order by j.due, j.id limit $7", args...)
	if more = len(jobs) > limit; more {
		jobs = jobs[:limit]
	}
	return jobs, more, err
}

// LeftPlace is a position in the list of what has left; the zero one is its beginning.
type LeftPlace struct {
	Left time.Time
	Job  flow.ID
}

// LeftList is a page of the jobs whose goods left today, the last first.
func (db *DB) LeftList(ctx context.Context, org flow.ID, q PulseQuery, after LeftPlace, limit int) (jobs []flow.Job, more bool, err error) {
	if after.Left.IsZero() {
		after.Left = q.From.AddDate(0, 0, 2)
	}
	from, where, args := q.lists(org)
	n := len(args)
	args = append(args, q.From, after.Left, after.Job, limit+1)
	jobs, err = db.jobList(ctx, org, "select one.state from "+from+` cross join lateral (select j.state, j.left_at, j.id from jobs j
			where j.org_id = $1 and j.process_id = p and j.left_at >= $`+itoa(n+1)+" and (j.left_at, j.id) < ($"+itoa(n+2)+", $"+itoa(n+3)+")"+where+`
			order by j.left_at desc, j.id desc limit $`+itoa(n+4)+") one order by one.left_at desc, one.id desc limit $"+itoa(n+4), args...)
	if more = len(jobs) > limit; more {
		jobs = jobs[:limit]
	}
	return jobs, more, err
}
