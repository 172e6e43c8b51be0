package postgres

import (
	"context"
	"strings"

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
	Member flow.ID          // of reports: only those of one person, as Reported counts them
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

	Since flow.Moment // of a person's reports: those from before were not read; 0: all were
}

// behind is how the facts behind a figure are found: of a kind, those that ended in the period, or began in it, or go on,
// and what else is asked of them.
type behind struct {
	kind  measure.FactKind
	when  string // at, since; end: as the last day ended; empty: now
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
	measure.OfThere:     {measure.StayFact, "end", ""},
}

// Behind is a page of the jobs behind a figure, the newest first; of what goes on or went on, the oldest. A job is there as often as
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
	if !q.Member.IsZero() {
		return a.reportsBehind(ctx, q)
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
		if how.when != "at" && (how.when != "end" || last.At == 0) {
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
	more, args := factsWhere(q.Cut, r.sites, args)
	order, on, past := "desc", "f."+how.when, "<"
	switch how.when {
	case "end":
		return a.thereSQL(q, where+more, args)
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
	by := " order by " + on + " " + order + ", f.job_id " + order + ", f.n " + order + " limit $5"
	return "select f.* from unnest($3::uuid[], $4::text[]) k (process, stage) cross join lateral (" + selectFacts + " f" + where + more + by + ") f " +
		"order by " + map[string]string{"at": "f.at", "since": "f.since", "": "f.since"}[how.when] + " " + order + ", f.job_id " + order + ", f.n " + order + " limit $5", args
}

// thereSQL is of what was somewhere as a day ended: first what has left since, the first to leave first, then what is there
// still, the oldest first. Both are ranges of an index. The places of the two are told apart by their moments: what left,
// left after that end; what is there came before it.
func (a *Analysis) thereSQL(q BehindQuery, where string, args []any) (string, []any) {
	add := func(v any) string { args = append(args, v); return "$" + itoa(len(args)) }
	end := a.dayBegins(nextDay(q.Cut.To))
	at := add(end.Time())
	left, stays := where+" and f.day < date '9999-12-31' and f.at >= "+at+" and f.since < "+at, where+" and f.day = date '9999-12-31' and f.since < "+at
	if q.After != (BehindPlace{}) {
		after := " > (" + add(q.After.At.Time()) + ", " + add(q.After.Job) + ", " + add(q.After.N) + ")"
		if q.After.At >= end {
			left += " and (f.at, f.job_id, f.n)" + after
		} else {
			left, stays = left+" and false", stays+" and (f.since, f.job_id, f.n)"+after
		}
	}
	columns := strings.Replace(strings.TrimSuffix(selectFacts, " from facts"), "day::text", "day", 1)
	return columns + ` from (select f.* from unnest($3::uuid[], $4::text[]) k (process, stage) cross join lateral (
			select 0 part, f.at on_, f.* from (` + selectFacts + " f" + left + ` order by f.at, f.job_id, f.n limit $5) f
			union all select 1, f.since, f.* from (` + selectFacts + " f" + stays + ` order by f.since, f.job_id, f.n limit $5) f) f) f
		order by part, on_, job_id, n limit $5`, args
}
