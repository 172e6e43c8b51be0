package postgres

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// PersonFigures is the purpose for which an organisation looks at figures person by person; empty: it does not.
func (db *DB) PersonFigures(ctx context.Context, org flow.ID) (purpose string, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select person_figures from organisations where org_id = $1", org).QueryRow(func(row pgx.Row) error { return row.Scan(&purpose) })
	})
	return purpose, err
}

// SetPersonFigures records the purpose, or with an empty one that there is none any more.
func (db *DB) SetPersonFigures(ctx context.Context, org flow.ID, purpose string) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update organisations set person_figures = $2 where org_id = $1", org, purpose)
	})
}

// PersonSum is what a person reported.
type PersonSum struct {
	Member       flow.ID
	Name         string
	Reports      int
	Jobs         int // how many different ones
	Good, Wasted flow.Quantity
}

// PersonReports is how much of the log is read for figures by person: its end.
const PersonReports = 20_000

// Reported is what people reported in a period at the stages that a cut and the reader's scope take in, by name. It is read
// from the end of the log; since is when the oldest of it was recorded, 0 when all of the log was read.
func (a *Analysis) Reported(ctx context.Context, c measure.Cut) (list []PersonSum, since flow.Moment, err error) {
	moves, since, err := a.reported(ctx, c)
	if err != nil {
		return nil, 0, err
	}
	list, err = a.byPerson(ctx, moves)
	return list, since, err
}

// reported are the reports themselves, the newest first.
func (a *Analysis) reported(ctx context.Context, c measure.Cut) (moves []Record, since flow.Moment, err error) {
	read := 0
	err = a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		b.Queue("select * from ("+selectMovements+" where org_id = $1 order by seq desc limit $2) latest", a.org.ID, PersonReports).Query(func(rows pgx.Rows) error {
			return eachMovement(rows, func(r Record) error {
				read, since = read+1, r.Movement.Recorded
				if r.Kind == flow.KindReported || r.Kind == flow.KindUndone {
					moves = append(moves, r)
				}
				return nil
			})
		})
	})
	if err != nil {
		return nil, 0, err
	}
	if read < PersonReports {
		since = 0
	}
	moves, err = a.within(ctx, c, moves)
	return moves, since, err
}

// reportsBehind are a person's reports, as they are counted.
func (a *Analysis) reportsBehind(ctx context.Context, q BehindQuery) (BehindPage, error) {
	page := BehindPage{Jobs: map[flow.ID]flow.Job{}}
	moves, since, err := a.reported(ctx, q.Cut)
	if err != nil {
		return page, err
	}
	page.Since = since
	var ids []flow.ID
	for _, m := range moves {
		if m.Member != q.Member || q.After.N != 0 && m.Seq >= int64(q.After.N) {
			continue
		}
		if len(page.Rows) == q.Limit {
			last := page.Rows[q.Limit-1]
			page.Next.At, page.Next.Job = last.At, last.Job
			break
		}
		page.Rows, ids = append(page.Rows, measure.Behind{Job: m.Job, Stage: m.Stage, At: m.Occurred, Quantity: m.Facts.Good}), append(ids, m.Job)
		page.Next.N = int(m.Seq)
	}
	if page.Next.Job.IsZero() {
		page.Next = BehindPlace{}
	}
	jobs, err := a.db.Jobs(ctx, a.org.ID, ids)
	for _, j := range jobs {
		page.Jobs[j.ID] = j
	}
	for i := range page.Rows {
		page.Rows[i].Process = page.Jobs[page.Rows[i].Job].Process
	}
	return page, err
}

// within are the reports among some movements that count and that a cut and the scope take in.
func (a *Analysis) within(ctx context.Context, c measure.Cut, moves []Record) ([]Record, error) {
	undone := map[flow.ID]bool{}
	for _, m := range moves {
		for _, id := range m.TakesBack() {
			undone[id] = true
		}
	}
	from, to := a.dayBegins(c.From), a.dayBegins(nextDay(c.To))
	moves = slices.DeleteFunc(moves, func(m Record) bool {
		return m.Kind != flow.KindReported || undone[m.Command] || m.Mark == flow.MarkInferred || m.Occurred < from || m.Occurred >= to || c.Stage != "" && m.Stage != c.Stage
	})
	ids := map[flow.ID]bool{}
	for _, m := range moves {
		ids[m.Job] = true
	}
	type place struct {
		process flow.ID
		site    string
	}
	places := map[flow.ID]place{}
	err := a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		b.Queue("select id, process_id, site from jobs where org_id = $1 and id = any($2)", a.org.ID, uuids(slices.Collect(maps.Keys(ids)))).Query(func(rows pgx.Rows) error {
			var id flow.ID
			var p place
			_, err := pgx.ForEachRow(rows, []any{&id, &p.process, &p.site}, func() error { places[id] = p; return nil })
			return err
		})
	})
	return slices.DeleteFunc(moves, func(m Record) bool {
		p := places[m.Job]
		switch {
		case !a.scope.Covers(p.process, m.Stage), len(a.scope.Sites) > 0 && !a.scope.Sites[p.site]:
			return true
		}
		return !c.Process.IsZero() && p.process != c.Process || c.Site != "" && p.site != c.Site
	}), err
}

func (a *Analysis) byPerson(ctx context.Context, moves []Record) ([]PersonSum, error) {
	sums, jobs := map[flow.ID]*PersonSum{}, map[[2]flow.ID]bool{}
	for _, m := range moves {
		s := sums[m.Member]
		if s == nil {
			s = &PersonSum{Member: m.Member}
			sums[m.Member] = s
		}
		s.Reports++
		s.Good += m.Facts.Good
		s.Wasted += m.Facts.Scrap()
		if key := [2]flow.ID{m.Member, m.Job}; !jobs[key] {
			jobs[key] = true
			s.Jobs++
		}
	}
	names, err := a.db.Names(ctx, a.org.ID, slices.Collect(maps.Keys(sums)))
	if err != nil {
		return nil, err
	}
	var list []PersonSum
	for id, s := range sums {
		s.Name = names[id]
		list = append(list, *s)
	}
	slices.SortFunc(list, func(x, y PersonSum) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), slices.Compare(x.Member[:], y.Member[:]))
	})
	return list, nil
}
