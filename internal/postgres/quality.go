package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// queueLots brings the list of the lots that went into a job and came out of it in line with its state.
func (d *door) queueLots(b *pgx.Batch, before, j flow.Job) {
	for i := range j.Stages {
		s := &j.Stages[i]
		was := stageBefore(before, i, s.Code)
		if slices.Equal(was.Used, s.Used) && slices.Equal(was.Made, s.Made) {
			continue
		}
		b.Queue("delete from job_lots where org_id = $1 and job_id = $2 and stage = $3", d.mark.Org, j.ID, s.Code)
		for n, u := range s.Used {
			d.queueLot(b, j, lotRow{s.Code, "in", n, u.Lot, u.Quantity})
		}
		for n, m := range s.Made {
			d.queueLot(b, j, lotRow{s.Code, "out", n, m.Lot, m.Quantity})
		}
	}
}

type lotRow struct {
	stage, way string
	place      int
	lot        string
	quantity   flow.Quantity
}

func (d *door) queueLot(b *pgx.Batch, j flow.Job, l lotRow) {
	b.Queue("insert into job_lots values ($1, $2, $3, $4, $5, $6, $7, $8::text::numeric)", d.mark.Org, flow.NumberKey(l.lot), l.way, j.ID, l.stage,
		l.place, l.lot, l.quantity.String())
}

// queueNCs brings the list of non-conformances in line with the job's state. One whose raising was taken back goes.
func (d *door) queueNCs(b *pgx.Batch, before, j flow.Job) {
	if slices.Equal(before.NCs, j.NCs) {
		return
	}
	b.Queue("delete from nonconformances where org_id = $1 and job_id = $2", d.mark.Org, j.ID)
	for _, n := range j.NCs {
		var due *time.Time
		if day := n.Due.Time(); !day.IsZero() {
			due = &day
		}
		b.Queue("insert into nonconformances values ($1, $2, $3, $4, $5, $6, $7, $8)", d.mark.Org, n.ID, j.ID, n.Stage, n.Number, n.Raised.Time(), due, n.Closed == 0)
	}
}

// NC is a non-conformance with the job it belongs to.
type NC struct {
	flow.NonConformance
	Job flow.Job
}

// NCQuery asks for a page of non-conformances, the newest first.
type NCQuery struct {
	Closed bool
	Before flow.Moment // keyset: raised before this moment, or at it with a smaller id; 0: from the newest
	ID     flow.ID
	Limit  int
}

// NCs is a page of the organisation's non-conformances.
func (db *DB) NCs(ctx context.Context, org flow.ID, q NCQuery) ([]NC, error) {
	before := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if q.Before != 0 {
		before = q.Before.Time()
	}
	var ids []flow.ID
	var jobs []flow.Job
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		const list = `select id, job_id from nonconformances where org_id = $1 and open = $2 and (raised_at, id) < ($3, $4)
			order by raised_at desc, id desc limit $5`
		b.Queue(list, org, !q.Closed, before, q.ID, q.Limit).Query(func(rows pgx.Rows) error {
			var id, job flow.ID
			_, err := pgx.ForEachRow(rows, []any{&id, &job}, func() error { ids = append(ids, id); return nil })
			return err
		})
		queueJobs(b, &jobs, "select state from jobs where org_id = $1 and id in (select job_id from ("+list+") l)", org, !q.Closed, before, q.ID, q.Limit)
	})
	if err != nil {
		return nil, err
	}
	var found []NC
	for _, id := range ids {
		for _, j := range jobs {
			if n, ok := j.NC(id); ok {
				found = append(found, NC{n, j})
			}
		}
	}
	return found, nil
}

// maxTrace is how many jobs a trace goes through before it says that there are more.
const maxTrace = 400

// Traced is a job that a trace has come to.
type Traced struct {
	Job   flow.Job
	Reach flow.Reach // how far it concerns the trace
	Ties  []flow.Tie
	Depth int             // steps from where the trace began
	Moves []flow.Movement // all that were not taken back

	reached bool
}

// Trace is everything behind, or ahead of, a job or a lot: the jobs in the order they were met.
type Trace struct {
	Jobs []Traced
	More bool // the trace is wider than it goes
}

// TraceQuery says where a trace begins and which way it goes.
type TraceQuery struct {
	Lot  string  // of material, that jobs made (back) or used (forward)
	Job  flow.ID // or a job
	Back bool
}

type tracer struct {
	db    *DB
	org   flow.ID
	back  bool
	known map[flow.ID]int // place in found.Jobs
	found Trace
}

// visit is a job to go to, and how far.
type visit struct {
	job   flow.ID
	reach flow.Reach
	lot   string  // or as far as this lot says
	via   flow.ID // or from where this component joins
}

// Trace follows a lot or a job through splits, merges, components and other jobs' lots, one round of queries a step.
func (db *DB) Trace(ctx context.Context, org flow.ID, q TraceQuery) (Trace, error) {
	t := tracer{db: db, org: org, back: q.Back, known: map[flow.ID]int{}}
	next := []visit{{job: q.Job}}
	if q.Lot != "" {
		var err error
		if next, err = t.lots(ctx, []string{q.Lot}); err != nil {
			return t.found, err
		}
	}
	for depth := 0; len(next) > 0; depth++ {
		var err error
		if next, err = t.round(ctx, next, depth); err != nil {
			return t.found, err
		}
	}
	return t.found, nil
}

// lots are the jobs that made the lots, going back, or used them, going forward.
func (t *tracer) lots(ctx context.Context, lots []string) ([]visit, error) {
	keys := make([]string, len(lots))
	for i, lot := range lots {
		keys[i] = flow.NumberKey(lot)
	}
	way := "in"
	if t.back {
		way = "out"
	}
	var list []visit
	err := t.db.tenant(ctx, t.org, func(b *pgx.Batch) {
		b.Queue("select distinct job_id, lot_key from job_lots where org_id = $1 and lot_key = any($2) and way = $3 order by job_id, lot_key limit $4",
			t.org, keys, way, maxTrace+1).Query(func(rows pgx.Rows) error {
			var v visit
			_, err := pgx.ForEachRow(rows, []any{&v.job, &v.lot}, func() error { list = append(list, v); return nil })
			return err
		})
	})
	return list, err
}

// round loads the jobs of a step, and gives those of the next.
func (t *tracer) round(ctx context.Context, now []visit, depth int) ([]visit, error) {
	if err := t.load(ctx, t.unknown(now), depth); err != nil {
		return nil, err
	}
	var next []visit
	var lots []string
	for _, v := range now {
		for _, tie := range t.reach(v) {
			if tie.Job.IsZero() {
				lots = append(lots, tie.Lot)
				continue
			}
			next = append(next, visit{job: tie.Job, reach: tie.Reach, via: v.job})
		}
	}
	if len(lots) == 0 {
		return next, nil
	}
	more, err := t.lots(ctx, lots)
	return append(next, more...), err
}

// unknown are the jobs to visit that the trace has not met, as many as it has room for.
func (t *tracer) unknown(now []visit) (ids []flow.ID) {
	for _, v := range now {
		if _, known := t.known[v.job]; known || v.job.IsZero() || slices.Contains(ids, v.job) {
			continue
		}
		if len(t.found.Jobs)+len(ids) >= maxTrace {
			t.found.More = true
			break
		}
		ids = append(ids, v.job)
	}
	return ids
}

// reach visits a job: what it is tied to, unless the trace has been there as far before.
func (t *tracer) reach(v visit) []flow.Tie {
	at, ok := t.known[v.job]
	if !ok {
		return nil
	}
	tr := &t.found.Jobs[at]
	switch {
	case v.lot != "":
		v.reach = tr.Job.ReachOf(v.lot, tr.Moves, t.back)
	case !t.back && v.reach == flow.Reach{}:
		v.reach.Stage = tr.Job.Joins(v.via)
	}
	if tr.reached {
		if v.reach = tr.Job.Wider(tr.Reach, v.reach, t.back); v.reach == tr.Reach {
			return nil
		}
	}
	tr.Reach, tr.reached = v.reach, true
	if t.back {
		tr.Ties = tr.Job.Behind(tr.Moves, v.reach)
	} else {
		tr.Ties = tr.Job.Ahead(tr.Moves, v.reach)
	}
	return tr.Ties
}

func (t *tracer) load(ctx context.Context, ids []flow.ID, depth int) error {
	if len(ids) == 0 {
		return nil
	}
	var jobs []flow.Job
	moves := map[flow.ID][]flow.Movement{}
	err := t.db.tenant(ctx, t.org, func(b *pgx.Batch) {
		queueJobs(b, &jobs, "select state from jobs where org_id = $1 and id = any($2)", t.org, uuids(ids))
		b.Queue(selectMovements+" where org_id = $1 and job_id = any($2) order by seq", t.org, uuids(ids)).Query(func(rows pgx.Rows) error {
			return eachMovement(rows, func(r Record) error { moves[r.Job] = append(moves[r.Job], r.Movement); return nil })
		})
	})
	if err != nil {
		return err
	}
	byID := map[flow.ID]flow.Job{}
	for _, j := range jobs {
		byID[j.ID] = j
	}
	for _, id := range ids { // in the order they were met
		if j, ok := byID[id]; ok {
			if _, known := t.known[id]; !known {
				t.known[id] = len(t.found.Jobs)
				t.found.Jobs = append(t.found.Jobs, Traced{Job: j, Depth: depth, Moves: counting(moves[id])})
			}
		}
	}
	return nil
}

// counting are the movements that were not taken back.
func counting(history []flow.Movement) []flow.Movement {
	undone := flow.Undone(history)
	var list []flow.Movement
	for _, m := range history {
		if m.Kind != flow.KindUndone && !undone[m.Command] {
			list = append(list, m)
		}
	}
	return list
}
