package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// ErrTaken says that another server has taken the night over.
var ErrTaken = errors.New("postgres: another server has the night")

// Night says whose night it is: which server's, which day's, when it was asked for and until when it is held.
type Night struct {
	Holder     flow.ID
	Day        flow.Date
	Now, Until time.Time
}

// NightBefore is the last night that is done for an organisation, empty for none, and how many movements it has.
func (db *DB) NightBefore(ctx context.Context, org flow.ID) (night flow.Date, movements int64, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select coalesce((select night::text from forecast_nights where org_id = $1), ''), seq from log_heads where org_id = $1`, org).
			QueryRow(func(row pgx.Row) error { return notFound(row.Scan(&night, &movements)) })
	})
	return night, movements, err
}

// TakeNight takes an organisation's night, unless it is done, or another server holds it.
func (db *DB) TakeNight(ctx context.Context, org flow.ID, n Night) (taken bool, err error) {
	err = db.inTenant(ctx, org, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into forecast_nights as f (org_id, holder, held_until) values ($1, $2, $3)
			on conflict (org_id) do update set holder = excluded.holder, held_until = excluded.held_until
			where (f.night is null or f.night < $4::text::date) and (f.held_until is null or f.held_until <= $5)`, org, n.Holder, n.Until, string(n.Day), n.Now)
		taken = tag.RowsAffected() == 1
		return err
	})
	return taken, err
}

// HoldNight holds a night that was taken for longer.
func (db *DB) HoldNight(ctx context.Context, org flow.ID, n Night) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error { return holdNight(ctx, tx, org, n) })
}

func holdNight(ctx context.Context, tx pgx.Tx, org flow.ID, n Night) error {
	tag, err := tx.Exec(ctx, "update forecast_nights set held_until = $3 where org_id = $1 and holder = $2", org, n.Holder, n.Until)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrTaken
	}
	return err
}

// EndNight says that a night is done.
func (db *DB) EndNight(ctx context.Context, org flow.ID, n Night) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "update forecast_nights set night = $3::text::date, holder = null, held_until = null where org_id = $1 and holder = $2", org, n.Holder, string(n.Day))
		return err
	})
}

// LeaveNight lets go of a night that is not done. Nobody takes it before n.Until.
func (db *DB) LeaveNight(ctx context.Context, org flow.ID, n Night) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "update forecast_nights set holder = null, held_until = $3 where org_id = $1 and holder = $2", org, n.Holder, n.Until)
		return err
	})
}

// SampleJobs are the jobs of a process that were recorded since a moment, at most so many, and how many there are. The same
// are chosen every night: those whose ids come first by what is random in them.
func (db *DB) SampleJobs(ctx context.Context, org, process flow.ID, since time.Time, limit int) (ids []flow.ID, of int, err error) {
	var from flow.ID
	binary.BigEndian.PutUint64(from[:8], uint64(max(since.UnixMilli(), 0))<<16) //nolint:gosec // not negative
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		const jobs = " from jobs where org_id = $1 and process_id = $2 and id >= $3"
		b.Queue("select count(*)"+jobs, org, process, from).QueryRow(func(row pgx.Row) error { return row.Scan(&of) })
		b.Queue("select id"+jobs+" order by substr(uuid_send(id), 9), id limit $4", org, process, from, limit).Query(func(rows pgx.Rows) error {
			var id flow.ID
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error { ids = append(ids, id); return nil })
			return err
		})
	})
	return ids, of, err
}

// DueJobs are the open jobs of a process that are due on a day or later, the earliest due first, at most so many.
func (db *DB) DueJobs(ctx context.Context, org, process flow.ID, from flow.Date, limit int) (ids []flow.ID, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select id from jobs where org_id = $1 and process_id = $2 and status = 'open' and due >= $3::text::date and due < '`+noDue+`' order by due, id limit $4`,
			org, process, string(from), limit).Query(func(rows pgx.Rows) error {
			var id flow.ID
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error { ids = append(ids, id); return nil })
			return err
		})
	})
	return ids, err
}

// StreamJobs calls f with every movement of some jobs, by job and then log order. It holds one snapshot and constant memory.
func (db *DB) StreamJobs(ctx context.Context, org flow.ID, jobs []flow.ID, f func(Record) error) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectMovements+" where org_id = $1 and job_id = any($2) order by job_id, seq", org, uuids(jobs))
		if err != nil {
			return err
		}
		return eachMovement(rows, f)
	})
}

// ForecastModel is what was learned of a process.
type ForecastModel struct {
	Process        flow.ID
	Learned, Since time.Time
	Jobs, Of       int    // learned from so many jobs, of so many that were recorded since
	Model          []byte // nil where only the rest is read
}

// ForecastDay is what became of the dates that were told for a day or a month.
type ForecastDay struct {
	Day            flow.Date // of a month its first
	Dates50, Met50 float64
	Dates85, Met85 float64
}

// LateJob is an open job that is more likely late than not.
type LateJob struct {
	Job      flow.ID
	Due      flow.Date
	Chance   float64
	P50, P85 flow.Date
	N        int
	Risk     string // stage code
}

// Lesson is all that a night taught about a process.
type Lesson struct {
	ForecastModel
	Days []ForecastDay
	Anew flow.Date // days from this one on are judged anew, of those before only what is not there yet is kept
	Late []LateJob
}

const daysKept = "13 months"

// SaveLesson keeps what was learned of a process, if the night is still the holder's.
func (db *DB) SaveLesson(ctx context.Context, org flow.ID, n Night, l Lesson) error {
	return db.inTenant(ctx, org, func(tx pgx.Tx) error {
		if err := holdNight(ctx, tx, org, n); err != nil { // and nobody else writes meanwhile
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`insert into forecast_models values ($1, $2, $3, $4, $5, $6, $7) on conflict (org_id, process_id) do update set
			learned_at = excluded.learned_at, since = excluded.since, jobs = excluded.jobs, of_jobs = excluded.of_jobs, model = excluded.model`,
			org, l.Process, l.Learned, l.Since, l.Jobs, l.Of, l.Model)
		b.Queue("delete from forecast_days where org_id = $1 and process_id = $2 and (day >= $3::text::date or day < $4::timestamptz::date - interval '"+daysKept+"')",
			org, l.Process, string(l.Anew), l.Learned)
		for _, d := range l.Days {
			b.Queue("insert into forecast_days values ($1, $2, $3::text::date, $4, $5, $6, $7) on conflict do nothing", org, l.Process, string(d.Day), d.Dates50, d.Met50, d.Dates85, d.Met85)
		}
		b.Queue("delete from forecast_late where org_id = $1 and process_id = $2", org, l.Process)
		for _, j := range l.Late {
			b.Queue("insert into forecast_late values ($1, $2, $3, $4::text::date, $5, $6::text::date, $7::text::date, $8, $9) on conflict do nothing",
				org, j.Job, l.Process, string(j.Due), j.Chance, string(j.P50), string(j.P85), j.N, j.Risk)
		}
		return tx.SendBatch(ctx, b).Close()
	})
}

// ForecastModel is what was learned of a process, with the model.
func (db *DB) ForecastModel(ctx context.Context, org, process flow.ID) (ForecastModel, error) {
	return db.forecastModel(ctx, org, process, "model")
}

// ForecastLearned is the same without the model.
func (db *DB) ForecastLearned(ctx context.Context, org, process flow.ID) (ForecastModel, error) {
	return db.forecastModel(ctx, org, process, "null::bytea")
}

func (db *DB) forecastModel(ctx context.Context, org, process flow.ID, model string) (m ForecastModel, err error) {
	m.Process = process
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select learned_at, since, jobs, of_jobs, "+model+" from forecast_models where org_id = $1 and process_id = $2", org, process).QueryRow(func(row pgx.Row) error {
			return notFound(row.Scan(&m.Learned, &m.Since, &m.Jobs, &m.Of, &m.Model))
		})
	})
	return m, err
}

// ForecastBasis is what a forecast of a job rests on: when its process was learned, the zero time for never; the number of
// the job's newest movement; and what became of the dates that were told for the days after one.
type ForecastBasis struct {
	Learned time.Time
	Seq     int64
	Recent  ForecastDay
}

// ForecastBasis looks up what a forecast of a job rests on.
func (db *DB) ForecastBasis(ctx context.Context, org flow.ID, j flow.Job, after flow.Date) (f ForecastBasis, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select coalesce((select learned_at from forecast_models where org_id = $1 and process_id = $2), 'epoch'),
			coalesce((select seq from movements where org_id = $1 and job_id = $3 order by seq desc limit 1), 0)`, org, j.Process, j.ID).QueryRow(func(row pgx.Row) error {
			err := row.Scan(&f.Learned, &f.Seq)
			if f.Learned.Unix() == 0 {
				f.Learned = time.Time{}
			}
			return err
		})
		b.Queue(`select coalesce(sum(dates_50), 0), coalesce(sum(met_50), 0), coalesce(sum(dates_85), 0), coalesce(sum(met_85), 0)
			from forecast_days where org_id = $1 and process_id = $2 and day > $3::text::date`, org, j.Process, string(after)).QueryRow(func(row pgx.Row) error {
			return row.Scan(&f.Recent.Dates50, &f.Recent.Met50, &f.Recent.Dates85, &f.Recent.Met85)
		})
	})
	return f, err
}

// ForecastMonths is what became of the dates that were told for each month, the newest first.
func (db *DB) ForecastMonths(ctx context.Context, org, process flow.ID) (list []ForecastDay, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select date_trunc('month', day)::date::text, sum(dates_50), sum(met_50), sum(dates_85), sum(met_85)
			from forecast_days where org_id = $1 and process_id = $2 group by 1 order by 1 desc limit 13`, org, process).Query(func(rows pgx.Rows) error {
			var d ForecastDay
			_, err := pgx.ForEachRow(rows, []any{&d.Day, &d.Dates50, &d.Met50, &d.Dates85, &d.Met85}, func() error { list = append(list, d); return nil })
			return err
		})
	})
	return list, err
}

// LateQuery asks for a page of the jobs of a process that are likely late and not late yet, the earliest due first.
type LateQuery struct {
	Process flow.ID
	Sites   []string // of these sites only; none: of any
	Today   flow.Date
	After   Place
	Limit   int
}

// LikelyLate is a page of jobs that are likely late with the jobs as they are now, and whether there are more. Jobs that are
// done, late by now or promised for another day since are left out.
func (db *DB) LikelyLate(ctx context.Context, org flow.ID, q LateQuery) (list []LateJob, jobs map[flow.ID]flow.Job, more bool, err error) {
	if q.After == (Place{}) {
		q.After.Due = "0001-01-01"
	}
	jobs = map[flow.ID]flow.Job{}
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select f.job_id, f.due::text, f.chance, f.p50::text, f.p85::text, f.n, f.risk, j.state from forecast_late f
			join jobs j on j.org_id = f.org_id and j.id = f.job_id
			where f.org_id = $1 and f.process_id = $2 and (f.due, f.job_id) > ($3::text::date, $4) and f.due >= $5::text::date
			and j.status = 'open' and j.due = f.due and ($6::text[] is null or j.site = any($6)) order by f.due, f.job_id limit $7`,
			org, q.Process, string(q.After.Due), q.After.Job, string(q.Today), q.Sites, q.Limit+1).Query(func(rows pgx.Rows) error {
			var l LateJob
			var state string
			_, err := pgx.ForEachRow(rows, []any{&l.Job, &l.Due, &l.Chance, &l.P50, &l.P85, &l.N, &l.Risk, &state}, func() error {
				j, err := decodeJob(state)
				if err != nil {
					return err
				}
				list, jobs[l.Job] = append(list, l), j
				return nil
			})
			return err
		})
	})
	if more = len(list) > q.Limit; more {
		list = list[:q.Limit]
	}
	return list, jobs, more, err
}
