package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Job is one job as it is now.
func (db *DB) Job(ctx context.Context, org, id flow.ID) (flow.Job, error) {
	got, err := db.Jobs(ctx, org, []flow.ID{id})
	if err != nil || len(got) == 0 {
		return flow.Job{}, orNotFound(err)
	}
	return got[0], nil
}

// Jobs are the jobs of the ids that exist, in no particular order.
func (db *DB) Jobs(ctx context.Context, org flow.ID, ids []flow.ID) ([]flow.Job, error) {
	return db.jobList(ctx, org, "select state from jobs where org_id = $1 and id = any($2)", org, uuids(ids))
}

// JobsByNumber are the jobs that have one of the numbers, at most one each.
func (db *DB) JobsByNumber(ctx context.Context, org flow.ID, numbers []string) ([]flow.Job, error) {
	keys := make([]string, len(numbers))
	for i, n := range numbers {
		keys[i] = flow.NumberKey(n)
	}
	return db.jobList(ctx, org, "select state from jobs where org_id = $1 and number_key = any($2)", org, keys)
}

func (db *DB) jobList(ctx context.Context, org flow.ID, sql string, args ...any) ([]flow.Job, error) {
	var got []flow.Job
	err := db.tenant(ctx, org, func(b *pgx.Batch) { queueJobs(b, &got, sql, args...) })
	return got, err
}

func queueJobs(b *pgx.Batch, into *[]flow.Job, sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			j, err := scanJob(rows)
			if err != nil {
				return err
			}
			*into = append(*into, j)
		}
		return rows.Err()
	})
}

// Place is a position in a list of jobs ordered by due date: after (or before) this one. The zero Place is the
// list's own end.
type Place struct {
	Due flow.Date
	Job flow.ID
}

// PlaceOf is the position of a job.
func PlaceOf(j flow.Job) Place {
	p := Place{Due: j.Due, Job: j.ID}
	if p.Due == "" {
		p.Due = noDue
	}
	return p
}

// Narrow is what a list leaves out: jobs of other sites, and work that is not assigned to a member. The zero Narrow leaves
// out nothing.
type Narrow struct {
	Sites []string
	Mine  flow.ID
}

// StageLoad is what is at a stage now.
type StageLoad struct {
	Stage   string
	Jobs    int
	Running int
	Held    int
	Oldest  time.Time // since when the longest waiting job is there
}

// Load counts what is at the stages of a process, by stage code.
func (db *DB) Load(ctx context.Context, org, process flow.ID, n Narrow) (map[string]StageLoad, error) {
	got := map[string]StageLoad{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		sql := `select stage, count(*), count(*) filter (where status = 'running'), count(*) filter (where status = 'hold'), min(ready_at)
			from work w where org_id = $1 and process_id = $2`
		args := []any{org, process}
		if len(n.Sites) > 0 || !n.Mine.IsZero() {
			sql, args = sql+narrowed, append(args, n.Sites, orNull(n.Mine))
		}
		b.Queue(sql+" group by stage", args...).Query(func(rows pgx.Rows) error {
			var l StageLoad
			_, err := pgx.ForEachRow(rows, []any{&l.Stage, &l.Jobs, &l.Running, &l.Held, &l.Oldest}, func() error {
				got[l.Stage] = l
				return nil
			})
			return err
		})
	})
	return got, err
}

// narrowed holds a list of work to Narrow, as the parameters 3 and 4.
const narrowed = ` and ($3::text[] is null or exists (select from jobs j where j.org_id = w.org_id and j.id = w.job_id and j.site = any($3)))
	and ($4::uuid is null or w.assigned = $4)`

// Waiting is a position in a stage's queue: after the job that has been ready since.
type Waiting struct {
	Since time.Time
	Job   flow.ID
}

// Queue is a page of the jobs of which something is at a stage now, the longest there first.
func (db *DB) Queue(ctx context.Context, org flow.ID, at flow.StageRef, n Narrow, after Waiting, limit int) (jobs []flow.Job, more bool, err error) {
	jobs, err = db.jobList(ctx, org, `select j.state from work w join jobs j on j.org_id = w.org_id and j.id = w.job_id
		where w.org_id = $1 and w.process_id = $2 and w.stage = $5`+narrowed+` and (w.ready_at, w.job_id) > ($6, $7)
		order by w.ready_at, w.job_id limit $8`, org, at.Process, n.Sites, orNull(n.Mine), at.Stage, after.Since, after.Job, limit+1)
	if more = len(jobs) > limit; more {
		jobs = jobs[:limit]
	}
	return jobs, more, err
}

// Queues are the beginnings of several queues, in one question: at most limit jobs of each stage, by its place in the list.
func (db *DB) Queues(ctx context.Context, org flow.ID, at []flow.StageRef, n Narrow, limit int) ([][]flow.Job, error) {
	processes, stages := make([]flow.ID, len(at)), make([]string, len(at))
	for i, ref := range at {
		processes[i], stages[i] = ref.Process, ref.Stage
	}
	queues := make([][]flow.Job, len(at))
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select r.n, one.state from unnest($2::uuid[], $5::text[]) with ordinality r (process_id, stage, n) cross join lateral (
				select j.state, w.ready_at, w.job_id from work w join jobs j on j.org_id = w.org_id and j.id = w.job_id
				where w.org_id = $1 and w.process_id = r.process_id and w.stage = r.stage`+narrowed+` order by w.ready_at, w.job_id limit $6) one
			order by r.n, one.ready_at, one.job_id`, org, uuids(processes), n.Sites, orNull(n.Mine), stages, limit).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				var i int
				var state string
				if err := rows.Scan(&i, &state); err != nil {
					return err
				}
				j, err := decodeJob(state)
				if err != nil {
					return err
				}
				queues[i-1] = append(queues[i-1], j)
			}
			return rows.Err()
		})
	})
	return queues, err
}

// AssignedTo are the jobs of which something waits or runs at a stage for a member, the longest there first.
func (db *DB) AssignedTo(ctx context.Context, org, member flow.ID, limit int) ([]flow.Job, error) {
	return db.jobList(ctx, org, `select j.state from (select job_id, min(ready_at) since from work where org_id = $1 and assigned = $2 group by job_id order by since, job_id limit $3) w
		join jobs j on j.org_id = $1 and j.id = w.job_id order by w.since, w.job_id`, org, member, limit)
}

// Timeline is a page of a job's movements, the newest first, before a number (0: from the newest).
func (db *DB) Timeline(ctx context.Context, org, job flow.ID, before int64, limit int) (moves []Record, more bool, err error) {
	if before == 0 {
		before = 1 << 62
	}
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectMovements+" where org_id = $1 and job_id = $2 and seq < $3 order by seq desc limit $4", org, job, before, limit+1).
			Query(func(rows pgx.Rows) error {
				return eachMovement(rows, func(r Record) error { moves = append(moves, r); return nil })
			})
	})
	if more = len(moves) > limit; more {
		moves = moves[:limit]
	}
	return moves, more, err
}

// Movement is one movement of the log, by number.
func (db *DB) Movement(ctx context.Context, org flow.ID, seq int64) (Record, error) {
	got, err := db.Movements(ctx, org, seq-1, 1)
	if err != nil || len(got) == 0 || got[0].Seq != seq {
		return Record{}, orNotFound(err)
	}
	return got[0], nil
}

func itoa(n int) string { return strconv.Itoa(n) }

// Known says which of the job numbers (by flow.NumberKey) and job ids (as text) there are.
func (db *DB) Known(ctx context.Context, org flow.ID, numbers []string, ids []flow.ID) (map[string]bool, error) {
	keys := make([]string, len(numbers))
	for i, n := range numbers {
		keys[i] = flow.NumberKey(n)
	}
	known := map[string]bool{}
	collect := func(rows pgx.Rows) error {
		var key string
		_, err := pgx.ForEachRow(rows, []any{&key}, func() error { known[key] = true; return nil })
		return err
	}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select number_key from jobs where org_id = $1 and number_key = any($2)", org, keys).Query(collect)
		b.Queue("select id::text from jobs where org_id = $1 and id = any($2)", org, uuids(ids)).Query(collect)
	})
	return known, err
}

// MaxFamily bounds how many components and lots of a job are listed.
const MaxFamily = 300

// Family are the components and the lots of a job, by number.
func (db *DB) Family(ctx context.Context, org, job flow.ID) ([]flow.Job, error) {
	return db.jobList(ctx, org, "select state from jobs where org_id = $1 and parent_id = $2 order by number limit $3", org, job, MaxFamily)
}
