package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// workRow is a row of the list of work: a stage where something of a job is.
type workRow struct {
	live    bool
	status  flow.Status
	onHand  flow.Quantity
	ready   flow.Moment
	quiet   flow.Moment // since when nothing has happened
	station string
	awaits  flow.ID
	to      flow.ID // who is to do it
	due     string
	away    bool // something of it is at a vendor
	again   bool // it came back
}

// noStage stands for a stage that a job did not have.
var noStage flow.StageState

// stageBefore finds a stage of a job by code, where it most likely is first.
func stageBefore(j flow.Job, i int, code string) *flow.StageState {
	if i < len(j.Stages) && j.Stages[i].Code == code {
		return &j.Stages[i]
	}
	for k := range j.Stages {
		if j.Stages[k].Code == code {
			return &j.Stages[k]
		}
	}
	return &noStage
}

func rowOf(j *flow.Job, s *flow.StageState) workRow {
	if !s.Live() {
		return workRow{}
	}
	r := workRow{live: true, status: s.Status(), onHand: s.OnHand, ready: s.Ready, quiet: s.Quiet(), station: s.Occupies(), to: s.Assigned,
		due: dueOf(*j), away: s.AtVendor > 0, again: s.Why != ""}
	if s.Held != 0 {
		r.awaits = s.Awaits.Member
	}
	return r
}

// line is the row as Verify reads it from the table.
func (r workRow) line(code string) string {
	awaits := idText(r.awaits)
	return fmt.Sprintf("%s %s %s %s %s %s %s %t %t %d", code, r.status, r.onHand, r.station, awaits, idText(r.to), r.due, r.away, r.again, r.quiet)
}

// idText is an id as text, empty for the zero one.
func idText(id flow.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// rowChange is what becomes of the row of one stage.
type rowChange struct {
	code     string
	was, now workRow
}

// queueWork brings the rows of where the job is now in line with its state.
func (d *door) queueWork(b *pgx.Batch, before, j flow.Job) {
	var buffer [4]rowChange
	changes := buffer[:0]
	note := func(code string, was, now *flow.StageState) {
		if c := (rowChange{code, rowOf(&before, was), rowOf(&j, now)}); c.was != c.now {
			changes = append(changes, c)
		}
	}
	for i := range j.Stages {
		s := &j.Stages[i]
		if was := stageBefore(before, i, s.Code); s.OnHand != 0 || s.AtVendor != 0 || was.OnHand != 0 || was.AtVendor != 0 {
			note(s.Code, was, s)
		}
	}
	for i := range before.Stages {
		was := &before.Stages[i] // a stage that an undo took off the route
		if stageBefore(j, i, was.Code) == &noStage {
			note(was.Code, was, &noStage)
		}
	}
	if len(changes) == 2 && moves(changes[0], changes[1]) {
		d.queueRow(b, j, changes[0].code, changes[1].code, changes[1].now)
		return
	}
	for _, c := range changes {
		switch {
		case c.was.live && c.now.live:
			d.queueRow(b, j, c.code, c.code, c.now)
		case c.now.live:
			b.Queue(`insert into work (org_id, job_id, stage, process_id, status, on_hand, ready_at, station, awaits, assigned, due, away, again, quiet_at)
				values ($1, $2, $3, $4, $5, $6::text::numeric, $7, $8, $9, $10, $11::text::date, $12, $13, $14)`,
				d.mark.Org, j.ID, c.code, j.Process, string(c.now.status), c.now.onHand.String(), c.now.ready.Time(), c.now.station, orNull(c.now.awaits), orNull(c.now.to),
				c.now.due, c.now.away, c.now.again, c.now.quiet.Time())
		default:
			b.Queue("delete from work where org_id = $1 and job_id = $2 and stage = $3", d.mark.Org, j.ID, c.code)
		}
	}
}

// moves reports whether all of what was at the one stage is now at the other, where nothing was: what most commands do.
// It is one statement instead of two.
func moves(from, to rowChange) bool {
	return from.was.live && !from.now.live && !to.was.live && to.now.live
}

// queueRow changes a row, whose stage may be another from now on.
func (d *door) queueRow(b *pgx.Batch, j flow.Job, from, to string, now workRow) {
	b.Queue(`update work set stage = $4, status = $5, on_hand = $6::text::numeric, ready_at = $7, station = $8, awaits = $9, assigned = $10,
			due = $11::text::date, away = $12, again = $13, quiet_at = $14
		where org_id = $1 and job_id = $2 and stage = $3`,
		d.mark.Org, j.ID, from, to, string(now.status), now.onHand.String(), now.ready.Time(), now.station, orNull(now.awaits), orNull(now.to),
		now.due, now.away, now.again, now.quiet.Time())
}

// loadStation reads what an action that names a station has to know: the newest version of the process, for the stations
// that there are now, and what else runs there.
func (d *door) loadStation(ctx context.Context) error {
	st, ok := d.cmd.Action.(flow.Stationed)
	if !ok {
		return nil
	}
	at, station := st.StationNamed(d.world)
	j, known := d.world.Jobs[at.Job]
	if station == "" || !known {
		return nil
	}
	newest := flow.Edition{Process: j.Process}
	b := &pgx.Batch{}
	b.Queue(selectNewest, d.mark.Org, j.Process).QueryRow(func(row pgx.Row) error { return row.Scan(&newest.Version) })
	b.Queue(`select j.state, w.stage from work w join jobs j on j.org_id = w.org_id and j.id = w.job_id
		where w.org_id = $1 and w.station = $2 and (w.job_id, w.stage) <> ($3, $4) order by w.ready_at, w.job_id limit 1`,
		d.mark.Org, station, at.Job, at.Stage).Query(d.busy)
	if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	var err error
	d.world.Newest, err = d.db.edition(ctx, d.conn, d.mark.Org, newest)
	return err
}

func (d *door) busy(rows pgx.Rows) error {
	defer rows.Close()
	for rows.Next() {
		var state, stage string
		if err := rows.Scan(&state, &stage); err != nil {
			return err
		}
		j, err := decodeJob(state)
		if err != nil {
			return err
		}
		d.world.Busy = flow.Occupied{Job: j, Stage: stage}
	}
	return rows.Err()
}

const selectNewest = "select version from processes where org_id = $1 and id = $2"

// Newest is the newest version of a process.
func (db *DB) Newest(ctx context.Context, org, process flow.ID) (flow.Process, error) {
	ed := flow.Edition{Process: process}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectNewest, org, process).QueryRow(func(row pgx.Row) error { return row.Scan(&ed.Version) })
	})
	if err != nil {
		return flow.Process{}, notFound(err)
	}
	return db.Edition(ctx, org, ed)
}

// CountsAt is how many jobs have something at some stages of a process now, by stage code.
func (db *DB) CountsAt(ctx context.Context, org, process flow.ID, stages []string) (map[string]int, error) {
	counts := map[string]int{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select stage, count(*) from work where org_id = $1 and process_id = $2 and stage = any($3) group by stage", org, process, stages).
			Query(func(rows pgx.Rows) error {
				var stage string
				var n int
				_, err := pgx.ForEachRow(rows, []any{&stage, &n}, func() error { counts[stage] = n; return nil })
				return err
			})
	})
	return counts, err
}

// AwaitedWork is a hold that waits for a member.
type AwaitedWork struct {
	Job   flow.Job
	Stage string
}

// Awaiting are the holds that wait for a member, the longest first, at most limit.
func (db *DB) Awaiting(ctx context.Context, org, member flow.ID, limit int) ([]AwaitedWork, error) {
	var list []AwaitedWork
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select j.state, w.stage from work w join jobs j on j.org_id = w.org_id and j.id = w.job_id
			where w.org_id = $1 and w.awaits = $2 order by w.ready_at, w.job_id limit $3`, org, member, limit).Query(func(rows pgx.Rows) error {
			defer rows.Close()
			for rows.Next() {
				var state string
				var at AwaitedWork
				if err := rows.Scan(&state, &at.Stage); err != nil {
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
	return list, err
}

// Behind counts the open jobs of a process that follow an older version than one.
func (db *DB) Behind(ctx context.Context, org flow.ID, newest flow.Edition) (n int, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select count(*) from jobs where org_id = $1 and process_id = $2 and status = 'open' and version < $3",
			org, newest.Process, newest.Version).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
	})
	return n, err
}

// OnOlder is a page of the open jobs of a process that follow an older version than one, by version and the time they
// were made, after a job (the zero Job: from the first).
func (db *DB) OnOlder(ctx context.Context, org flow.ID, newest flow.Edition, after flow.Job, limit int) (jobs []flow.Job, more bool, err error) {
	jobs, err = db.jobList(ctx, org, `select state from jobs where org_id = $1 and process_id = $2 and status = 'open' and version < $3
		and (version, id) > ($4, $5) order by version, id limit $6`, org, newest.Process, newest.Version, after.Version, after.ID, limit+1)
	if more = len(jobs) > limit; more {
		jobs = jobs[:limit]
	}
	return jobs, more, err
}

// Name is a member as lists offer them.
type Name struct {
	ID   flow.ID
	Name string
}

// MemberNames are an organisation's people by name, at most limit.
func (db *DB) MemberNames(ctx context.Context, org flow.ID, limit int) ([]Name, error) {
	var list []Name
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select id, name from members where org_id = $1 and left_at is null and suspended_at is null and role not in ('vendor', 'support', 'program') order by name, id limit $2", org, limit).Query(func(rows pgx.Rows) error {
			var n Name
			_, err := pgx.ForEachRow(rows, []any{&n.ID, &n.Name}, func() error { list = append(list, n); return nil })
			return err
		})
	})
	return list, err
}
