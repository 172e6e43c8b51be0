package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// ListQuery asks for a page of jobs over several processes, the earliest due first. Only what it names is found: no
// processes, no jobs.
type ListQuery struct {
	Processes []flow.ID
	Sites     []string  // of these sites only; none: of any
	Status    []string  // open, done
	DueBefore flow.Date // due earlier than this day; empty: whenever, or never
	Words     string    // each must begin a word of the number, the customer or the item
	After     Place
	Limit     int
}

// List is a page of jobs, and whether there are more.
func (db *DB) List(ctx context.Context, org flow.ID, q ListQuery) (jobs []flow.Job, more bool, err error) {
	if q.After == (Place{}) {
		q.After.Due = "0001-01-01"
	}
	sql, args := q.byIndex(org)
	if words := strings.ToLower(flow.NumberKey(q.Words)); words != "" {
		meant, err := db.meant(ctx, org, words)
		if err != nil {
			return nil, false, err
		}
		sql, args = q.byWords(org, words, meant)
	}
	jobs, err = db.jobList(ctx, org, sql, args...)
	if more = len(jobs) > q.Limit; more {
		jobs = jobs[:q.Limit]
	}
	return jobs, more, err
}

// byIndex puts the beginnings of the lists of each process, status and site together: each is a range of an index.
func (q ListQuery) byIndex(org flow.ID) (string, []any) {
	args := []any{org, uuids(q.Processes), q.Status, string(q.After.Due), q.After.Job, q.Limit + 1, orNever(q.DueBefore)}
	from, where := "unnest($2::uuid[]) p, unnest($3::text[]) s", ""
	if len(q.Sites) > 0 {
		args = append(args, q.Sites)
		from, where = from+", unnest($8::text[]) t", " and site = t and site <> ''"
	}
	return `select one.state from ` + from + ` cross join lateral (select state, due, id from jobs
			where org_id = $1 and process_id = p and status = s` + where + ` and (due, id) > ($4::text::date, $5) and due < $7::text::date
			order by due, id limit $6) one order by due, id limit $6`, args
}

// orNever is a day that a due date is compared with, the one after all days for none.
func orNever(d flow.Date) string {
	if d == "" {
		return "infinity"
	}
	return string(d)
}

// byWords looks through the jobs that have one of the words.
func (q ListQuery) byWords(org flow.ID, whole string, words []meant) (string, []any) {
	base, args := findWords(org, whole, words)
	base, args = atSites(q.Sites, base, args...)
	add := func(v any) string {
		args = append(args, v)
		return "$" + itoa(len(args))
	}
	base += " and j.process_id = any(" + add(uuids(q.Processes)) + ") and j.status = any(" + add(q.Status) + ") and j.due < " + add(orNever(q.DueBefore)) + "::text::date" +
		" and (j.due, j.id) > (" + add(string(q.After.Due)) + "::text::date, " + add(q.After.Job) + ")"
	return base + " order by j.due, j.id limit " + add(q.Limit+1), args
}

// MovementsOf is a page of a job's movements after a number, in order.
func (db *DB) MovementsOf(ctx context.Context, org, job flow.ID, after int64, limit int) (moves []Record, more bool, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(selectMovements+" where org_id = $1 and job_id = $2 and seq > $3 order by seq limit $4", org, job, after, limit+1).
			Query(func(rows pgx.Rows) error {
				return eachMovement(rows, func(r Record) error { moves = append(moves, r); return nil })
			})
	})
	if more = len(moves) > limit; more {
		moves = moves[:limit]
	}
	return moves, more, err
}
