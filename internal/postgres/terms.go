package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
)

// queueTerms brings the lists that a job is in, in line with its state. Most commands change none of them.
func (d *door) queueTerms(b *pgx.Batch, before, j flow.Job, existed bool) {
	moved := existed && (j.Due != before.Due || j.Open() != before.Open()) // to another place in every list
	if existed && !moved && j.ListedAs(before) {
		return
	}
	now, was := j.Terms(), []string(nil)
	if existed {
		was = before.Terms()
	}
	gone := slices.DeleteFunc(slices.Clone(was), func(t string) bool { return !moved && slices.Contains(now, t) })
	come := slices.DeleteFunc(now, func(t string) bool { return !moved && slices.Contains(was, t) })
	if len(gone) > 0 {
		b.Queue("delete from job_terms where org_id = $1 and process_id = $2 and status = $3 and term = any($4) and due = $5::text::date and job_id = $6",
			d.mark.Org, j.Process, jobStatus(before), gone, dueOf(before), j.ID)
	}
	if len(come) > 0 {
		b.Queue("insert into job_terms select $1, $2, $3, unnest($4::text[]), $5::text::date, $6", d.mark.Org, j.Process, jobStatus(j), come, dueOf(j), j.ID)
	}
}

// maxBegun is how many words a beginning may stand for: more would be as good as no filter, and cost more.
const maxBegun = 50

// TooBroad says that more of a process's jobs' words begin with one than can be looked through.
type TooBroad struct{ Says string }

func (e *TooBroad) Error() string { return fmt.Sprintf("too many words begin with %q", e.Says) }

// begun puts the terms that there are in the place of the beginnings that were given. Each is found by going from one term
// to the next in the index, however many jobs have them.
func (db *DB) begun(ctx context.Context, org flow.ID, q BoardQuery, list []flow.TermSearch) ([]flow.TermSearch, error) {
	if !slices.ContainsFunc(list, func(t flow.TermSearch) bool { return t.Begins != "" }) {
		return list, nil
	}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		for i := range list {
			if list[i].Begins == "" {
				continue
			}
			b.Queue(`with recursive found as (
					(select term from job_terms where org_id = $1 and process_id = $2 and status = $3 and term >= $4 and term < $5 order by term limit 1)
					union all
					select (select t.term from job_terms t where t.org_id = $1 and t.process_id = $2 and t.status = $3 and t.term > f.term and t.term < $5 order by t.term limit 1)
					from found f where f.term is not null)
				select term from found where term is not null limit $6`, org, q.Process, q.status(), list[i].Begins, beyond(list[i].Begins), maxBegun+1).
				Query(func(rows pgx.Rows) (err error) {
					list[i].Terms, err = pgx.CollectRows(rows, pgx.RowTo[string])
					return err
				})
		}
	})
	for _, t := range list {
		if len(t.Terms) > maxBegun {
			return nil, &TooBroad{t.Says}
		}
	}
	return list, err
}
