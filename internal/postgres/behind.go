package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// BehindQuery asks for a page of the jobs behind a figure.
type BehindQuery struct {
	Cut    measure.Cut
	Figure measure.Figure
	Reason *string          // of wastage and holds: only with this reason, the empty one being "none was given"
	Path   *measure.Variant // of completed jobs: only those that went this way
	After  BehindPlace      // the zero place: from the first
	Limit  int
}

// BehindPlace is a place in such a list.
type BehindPlace struct {
	At  flow.Moment
	Job flow.ID
	N   int
}

// BehindPage is a page of such a list with the jobs themselves, as they are now.
type BehindPage struct {
	Rows []measure.Behind
	Jobs map[flow.ID]flow.Job
	Next BehindPlace // of the next page, the zero place after the last
}

// behind is how the facts behind a figure are found: of a kind, those that ended in the period, or began in it, or go on,
// and what else is asked of them.
type behind struct {
	kind  measure.FactKind
	when  string // at, since; empty: now
	where string
}

var behinds = map[measure.Figure]behind{
	measure.OfCreated:   {measure.JobFact, "since", ""},
	measure.OfCompleted: {measure.JobFact, "at", ""},
	measure.OfDue:       {measure.JobFact, "at", " and f.m[" + itoa(measure.PlaceDue) + "] = 1"},
	measure.OfLate:      {measure.JobFact, "at", " and f.m[" + itoa(measure.PlaceLate) + "] = 1"},
	measure.OfStays:     {measure.StayFact, "at", ""},
	measure.OfReports:   {measure.AccountFact, "at", " and f.m[" + itoa(measure.PlaceReports) + "] > 0"},
	measure.OfWastage:   {measure.LossFact, "at", ""},
	measure.OfRework:    {measure.AccountFact, "at", " and f.m[" + itoa(measure.PlaceSentBack) + "] > 0"},
	measure.OfHolds:     {measure.HoldFact, "at", ""},
	measure.OfTrips:     {measure.TripFact, "at", ""},
	measure.OfSent:      {measure.TripFact, "since", ""},
	measure.OfRuns:      {measure.RunFact, "at", " and f.station <> ''"},
	measure.OfWIP:       {measure.StayFact, "", ""},
	measure.OfOpen:      {measure.JobFact, "", ""},
}

// Behind is a page of the jobs behind a figure, the newest first; of what goes on, the oldest. A job is there as often as
// it counts in the figure.
func (a *Analysis) Behind(ctx context.Context, q BehindQuery) (BehindPage, error) {
	page := BehindPage{Jobs: map[flow.ID]flow.Job{}}
	how, ok := behinds[q.Figure]
	if !ok {
		return page, ErrCut
	}
	r, err := a.reach(q.Cut)
	if err != nil || r.nothing() {
		return page, err
	}
	sql, args := a.behindSQL(q, how, r)
	var facts []measure.Fact
	err = a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
			return eachFact(rows, func(f measure.Fact) error { facts = append(facts, f); return nil })
		})
	})
	if err != nil {
		return page, err
	}
	if len(facts) > q.Limit {
		facts = facts[:q.Limit]
		last := facts[q.Limit-1]
		page.Next = BehindPlace{At: last.At, Job: last.Job, N: last.N}
		if how.when != "at" {
			page.Next.At = last.Since
		}
	}
	var ids []flow.ID
	for _, f := range facts {
		row := measure.BehindOf(f)
		if q.Figure == measure.OfRework {
			row.Quantity = f.SentBackOf()
		}
		page.Rows, ids = append(page.Rows, row), append(ids, f.Job)
	}
	jobs, err := a.db.Jobs(ctx, a.org.ID, ids)
	for _, j := range jobs {
		page.Jobs[j.ID] = j
	}
	return page, err
}

// behindSQL puts the beginnings of the lists of each process, or stage, together: each is a range of an index.
func (a *Analysis) behindSQL(q BehindQuery, how behind, r reach) (string, []any) {
	processes, codes := refColumns(r.stages)
	for _, p := range r.whole {
		processes, codes = append(processes, p), append(codes, "")
	}
	args := []any{a.org.ID, string(how.kind), uuids(processes), codes, q.Limit + 1}
	add := func(v any) string { args = append(args, v); return "$" + itoa(len(args)) }
	where := " where f.org_id = $1 and f.kind = $2 and f.process_id = k.process and (k.stage = '' or f.stage = k.stage)" + how.where
	order, on, past := "desc", "f."+how.when, "<"
	switch how.when {
	case "":
		order, on, past = "asc", "f.since", ">"
		where += " and f.day = date '9999-12-31'"
	case "at":
		where += " and f.day < date '9999-12-31'"
	default:
		where += " and f.kind in ('job', 'trip')" // as the index says
	}
	if how.when != "" {
		where += " and " + on + " >= " + add(a.dayBegins(q.Cut.From).Time()) + " and " + on + " < " + add(a.dayBegins(nextDay(q.Cut.To)).Time())
	}
	if q.After != (BehindPlace{}) {
		where += " and (" + on + ", f.job_id, f.n) " + past + " (" + add(q.After.At.Time()) + ", " + add(q.After.Job) + ", " + add(q.After.N) + ")"
	}
	if q.Reason != nil {
		where += " and f.reason = " + add(*q.Reason)
	}
	if q.Path != nil {
		where += " and f.reason = " + add(q.Path.Way()) + " and f.process_id = " + add(q.Path.Process)
	}
	more, args := factsWhere(q.Cut, r.sites, args)
	by := " order by " + on + " " + order + ", f.job_id " + order + ", f.n " + order + " limit $5"
	return "select f.* from unnest($3::uuid[], $4::text[]) k (process, stage) cross join lateral (" + selectFacts + " f" + where + more + by + ") f " +
		"order by " + map[string]string{"at": "f.at", "since": "f.since", "": "f.since"}[how.when] + " " + order + ", f.job_id " + order + ", f.n " + order + " limit $5", args
}
