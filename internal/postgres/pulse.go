package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// Asked is a stage that is counted, with the moments since which its work is stuck, and its limit of wastage in percent
// (0: none).
type Asked struct {
	flow.StageRef
	flow.Cuts
	Limit flow.Quantity
}

// PulseQuery asks for what is late, stuck and so on at some stages, and of the whole of some processes, at a moment. Only
// what it names is counted.
type PulseQuery struct {
	Stages    []Asked
	Processes []flow.ID
	Today     flow.Date
	At        time.Time // the moment
	From      time.Time // when today began
	Narrow    Narrow
}

// StageSum is what is at a stage now.
type StageSum struct {
	Jobs, Ready, Running, Held, Away, Stuck int

	Oldest time.Time // since when the longest waiting job is there
	Busy   int       // of its stations, where something runs
}

// Pulse is how an organisation stands.
type Pulse struct {
	Late, Today, Wasteful, Overdue, Left int

	Stages []StageSum // by place in the query
}

// Stuck is how many jobs are stuck at a stage, over all stages.
func (p Pulse) Stuck() (n int) {
	for _, s := range p.Stages {
		n += s.Stuck
	}
	return n
}

// asked are the stages as a table: $1 is the organisation, $2 to $10 the stages and the day.
const asked = `r as (select a.*, $10::text::date today from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
		$7::timestamptz[], $8::timestamptz[], $9::text[]::date[]) with ordinality a (process_id, stage, ready, running, hold, away, sent, begins, n))`

// isStuck is the alarm of the time without a movement.
const isStuck = "w.quiet_at <= case w.status when 'ready' then r.ready when 'running' then r.running when 'hold' then r.hold else r.away end"

// byDay is what the days say of work: it is overdue at a vendor, by the day that was named or else by when it was sent; or
// it is ready, has not begun and is due. Each step is made to begin with the few rows that can be meant.
const byDay = `late as materialized (select l.job_id, l.stage, c.expected, case when c.expected is null then c.sent_at end sent_at
		from challan_lines l join challans c on c.org_id = l.org_id and c.number = l.number where l.org_id = $1 and l.left_there > 0
		and (c.expected < $10::text::date or c.expected is null and c.sent_at < (select max(sent) from r))),
	overdue as materialized (select distinct r.n, w.ready_at, w.job_id, w.stage, ` + isStuck + ` stuck from late join work w on w.org_id = $1 and w.job_id = late.job_id
		and w.stage = late.stage join r on r.process_id = w.process_id and r.stage = w.stage where (late.expected < r.today or late.sent_at < r.sent)%narrow%),
	due as materialized (select j.id, j.due from (select distinct process_id from r) p cross join lateral (select id, due from jobs
		where org_id = $1 and process_id = p.process_id and status = 'open' and due >= $10::text::date and due <= (select max(begins) from r) offset 0) j),
	unbegun as materialized (select r.n, w.ready_at, w.job_id, w.stage, ` + isStuck + ` stuck from due cross join lateral (select * from work
		where org_id = $1 and job_id = due.id and status = 'ready' offset 0) w join r on r.process_id = w.process_id and r.stage = w.stage
		where due.due <= r.begins%narrow%)`

func (q PulseQuery) args(org flow.ID) []any {
	n := len(q.Stages)
	processes, stages, begins := make([]flow.ID, n), make([]string, n), make([]string, n)
	var at [5][]time.Time
	for i, s := range q.Stages {
		processes[i], stages[i], begins[i] = s.Process, s.Stage, string(s.Begin)
		for k, m := range []flow.Moment{s.Ready, s.Running, s.Held, s.Away, s.Sent} {
			at[k] = append(at[k], m.Time())
		}
	}
	return []any{org, uuids(processes), stages, at[0], at[1], at[2], at[3], at[4], begins, string(q.Today)}
}

// work holds rows of work to what the person sees, with the parameters for it.
func (q PulseQuery) work(args []any) (string, []any) {
	if len(q.Narrow.Sites) == 0 && q.Narrow.Mine.IsZero() {
		return "", args
	}
	n := len(args)
	return ` and ($` + itoa(n+1) + `::text[] is null or exists (select from jobs s where s.org_id = $1 and s.id = w.job_id and s.site = any($` + itoa(n+1) + `)))
		and ($` + itoa(n+2) + `::uuid is null or w.assigned = $` + itoa(n+2) + ")", append(args, q.Narrow.Sites, orNull(q.Narrow.Mine))
}

// days is byDay, held to what the person sees.
func days(narrow string) string { return strings.ReplaceAll(byDay, "%narrow%", narrow) }

// Sums are what is at the stages of a query, by place in it.
func (db *DB) Sums(ctx context.Context, org flow.ID, q PulseQuery) ([]StageSum, error) {
	p, err := db.pulse(ctx, org, func(b *pgx.Batch, stages *Pulse) {
		q.queueStages(b, org, stages, sums+byStatus)
		q.queueStations(b, org, stages)
	}, func(b *pgx.Batch, days *Pulse) { q.queueDays(b, org, days) })
	return p.Stages, err
}

// Pulse counts all of a query.
func (db *DB) Pulse(ctx context.Context, org flow.ID, q PulseQuery) (Pulse, error) {
	return db.pulse(ctx, org, func(b *pgx.Batch, stages *Pulse) { q.queueStages(b, org, stages, sums) }, func(b *pgx.Batch, jobs *Pulse) {
		q.queueJobs(b, org, jobs)
		q.queueWasteful(b, org, jobs)
		q.queueDays(b, org, jobs)
	})
}

// pulse counts what is at the stages beside all the rest, which takes as long.
func (db *DB) pulse(ctx context.Context, org flow.ID, atStages, rest func(*pgx.Batch, *Pulse)) (Pulse, error) {
	var stages, p Pulse
	counted := make(chan error, 1)
	go func() { counted <- db.tenant(ctx, org, func(b *pgx.Batch) { rest(b, &p) }) }()
	err := db.tenant(ctx, org, func(b *pgx.Batch) { atStages(b, &stages) })
	if err := errors.Join(err, <-counted); err != nil {
		return Pulse{}, err
	}
	for i, s := range p.Stages {
		stages.Stages[i].Stuck += s.Stuck
	}
	p.Stages = stages.Stages
	return p, nil
}

// What is counted at a stage: its jobs, how many are stuck, and since when; and by status, which takes longer.
const (
	sums     = "count(*) jobs, count(*) filter (where " + isStuck + "), min(w.ready_at)"
	byStatus = `, count(*) filter (where w.status = 'ready'), count(*) filter (where w.status = 'running'),
		count(*) filter (where w.status = 'hold'), count(*) filter (where w.status = 'vendor')`
)

func (q PulseQuery) queueStages(b *pgx.Batch, org flow.ID, p *Pulse, what string) {
	p.Stages = make([]StageSum, len(q.Stages))
	narrow, args := q.work(q.args(org))
	b.Queue("with "+asked+" select r.n, c.* from r cross join lateral (select "+what+` from work w where w.org_id = $1 and w.process_id = r.process_id and w.stage = r.stage`+narrow+`) c where c.jobs > 0`, args...).Query(func(rows pgx.Rows) error {
		var n int
		var s StageSum
		into := []any{&n, &s.Jobs, &s.Stuck, &s.Oldest, &s.Ready, &s.Running, &s.Held, &s.Away}
		_, err := pgx.ForEachRow(rows, into[:len(rows.FieldDescriptions())], func() error {
			p.Stages[n-1] = s
			return nil
		})
		return err
	})
}

// queueStations counts the stations where something runs.
func (q PulseQuery) queueStations(b *pgx.Batch, org flow.ID, p *Pulse) {
	narrow, args := q.work(q.args(org))
	b.Queue("with "+asked+` select r.n, count(distinct w.station) from work w join r on r.process_id = w.process_id and r.stage = w.stage
		where w.org_id = $1 and w.station <> ''`+narrow+" group by r.n", args...).Query(func(rows pgx.Rows) error {
		var n, busy int
		_, err := pgx.ForEachRow(rows, []any{&n, &busy}, func() error { p.Stages[n-1].Busy = busy; return nil })
		return err
	})
}

// queueDays adds to the stages what is stuck by the days alone, and counts what is overdue at vendors.
func (q PulseQuery) queueDays(b *pgx.Batch, org flow.ID, p *Pulse) {
	if p.Stages == nil {
		p.Stages = make([]StageSum, len(q.Stages))
	}
	narrow, args := q.work(q.args(org))
	b.Queue("with "+asked+", "+days(narrow)+`, one as (select n, 1 late, (not stuck)::int more from overdue union all
			select n, 0, 1 from unbegun u where not stuck and not exists (select from overdue o where o.job_id = u.job_id and o.stage = u.stage))
		select n, sum(late), sum(more) from one group by n`, args...).Query(func(rows pgx.Rows) error {
		var n, late, more int
		_, err := pgx.ForEachRow(rows, []any{&n, &late, &more}, func() error {
			p.Stages[n-1].Stuck += more
			p.Overdue += late
			return nil
		})
		return err
	})
}

// lists are the beginnings of the lists of jobs, one for each process, or for each process and site: every one is a range
// of an index. It takes the parameters 2 and 3.
func (q PulseQuery) lists(org flow.ID) (from, where string, args []any) {
	from, args = "unnest($2::uuid[]) p", []any{org, uuids(q.Processes)}
	if len(q.Narrow.Sites) > 0 {
		return from + " cross join unnest($3::text[]) t", " and j.site = t and j.site <> ''", append(args, q.Narrow.Sites)
	}
	return from, "", args
}

func (q PulseQuery) queueJobs(b *pgx.Batch, org flow.ID, p *Pulse) {
	from, where, args := q.lists(org)
	today, left := "$"+itoa(len(args)+1)+"::text::date", "$"+itoa(len(args)+2)
	b.Queue("select coalesce(sum(d.late), 0), coalesce(sum(d.today), 0), coalesce(sum(l.gone), 0) from "+from+`
		cross join lateral (select count(*) filter (where j.due < `+today+`) late, count(*) filter (where j.due = `+today+`) today from jobs j
			where j.org_id = $1 and j.process_id = p and j.status = 'open' and j.due <= `+today+where+`) d
		cross join lateral (select count(*) gone from jobs j where j.org_id = $1 and j.process_id = p and j.left_at >= `+left+where+") l",
		append(args, string(q.Today), q.From)...).QueryRow(func(row pgx.Row) error { return row.Scan(&p.Late, &p.Today, &p.Left) })
}

// wasteful finds the jobs with more wastage at a stage than its limit: parameters 2 to 4.
const wasteful = `(select x.job_id from unnest($2::uuid[], $3::text[], $4::text[]) l (process_id, stage, most) join job_waste x
	on x.org_id = $1 and x.process_id = l.process_id and x.stage = l.stage and x.share > l.most::numeric)`

func (q PulseQuery) wasteArgs(org flow.ID) []any {
	var processes []flow.ID
	var stages, most []string
	for _, s := range q.Stages {
		if s.Limit > 0 {
			processes, stages, most = append(processes, s.Process), append(stages, s.Stage), append(most, s.Limit.String())
		}
	}
	return []any{org, uuids(processes), stages, most}
}

func (q PulseQuery) queueWasteful(b *pgx.Batch, org flow.ID, p *Pulse) {
	args, where := q.wasteArgs(org), ""
	if len(q.Narrow.Sites) > 0 {
		args, where = append(args, q.Narrow.Sites), " join jobs j on j.org_id = $1 and j.id = x.job_id where j.site = any($5)"
	}
	b.Queue("select count(distinct x.job_id) from "+wasteful+" x"+where, args...).QueryRow(func(row pgx.Row) error { return row.Scan(&p.Wasteful) })
}
