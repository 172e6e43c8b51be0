package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/usage"
)

// usageMonths is how long what was counted is kept.
const usageMonths = 13

// AddUsage adds counts to an organisation's weeks, all in one statement. Where the organisation does not want to be counted it
// adds nothing: the switch is asked under lock, so that no count comes after it was turned.
func (db *DB) AddUsage(ctx context.Context, org flow.ID, counts map[usage.Cell]int64) error {
	if len(counts) == 0 {
		return nil
	}
	weeks, features, numbers := make([]string, 0, len(counts)), make([]string, 0, len(counts)), make([]int64, 0, len(counts))
	for c, n := range counts {
		weeks, features, numbers = append(weeks, string(c.Week)), append(features, string(c.Feature)), append(numbers, n)
	}
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`with wanted as (select org_id from organisations where org_id = $1 and usage for share)
			insert into usage (org_id, week, feature, n)
			select w.org_id, c.week::date, c.feature, c.n from wanted w cross join unnest($2::text[], $3::text[], $4::bigint[]) c (week, feature, n) order by 2, 3
			on conflict (org_id, week, feature) do update set n = usage.n + excluded.n`, org, weeks, features, numbers)
	})
}

// SetUsage says whether what an organisation uses is counted. When it is not, what was counted is deleted with it.
func (db *DB) SetUsage(ctx context.Context, org flow.ID, on bool) error {
	return db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("update organisations set usage = $2 where org_id = $1", org, on)
		b.Queue("delete from usage where org_id = $1 and not $2", org, on)
	})
}

// UsageRow is how often a part of the product was used in a week: by an organisation, or by so many of them together.
type UsageRow struct {
	Week          flow.Date
	Feature       usage.Feature
	Organisations int64 // over organisations only
	N             int64
}

// Usage is what was counted of an organisation, the newest week first, and whether it is counted at all.
func (db *DB) Usage(ctx context.Context, org flow.ID, weeks int) (list []UsageRow, on bool, err error) {
	err = db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue("select usage from organisations where org_id = $1", org).QueryRow(func(row pgx.Row) error { return row.Scan(&on) })
		b.Queue(`select week::text, feature, 0, n from usage where org_id = $1 and week in (select distinct week from usage where org_id = $1 order by week desc limit $2)
			order by week desc, feature`, org, weeks).Query(func(rows pgx.Rows) error { return eachUsage(rows, &list) })
	})
	return list, on, notFound(err)
}

// UsageOverOrganisations are the weeks that ended at least a day before one: a part of the product where five or more
// organisations used it, with both numbers rounded down to fives, and nothing where fewer did. See TellUsage.
func (db *DB) UsageOverOrganisations(ctx context.Context, today flow.Date) (list []UsageRow, err error) {
	b := &pgx.Batch{}
	b.Queue("select week::text, feature, organisations, n from usage_over_organisations($1::text::date - 1)", string(today)).Query(func(rows pgx.Rows) error { return eachUsage(rows, &list) })
	return list, db.pool.SendBatch(ctx, b).Close()
}

// TellUsage is what the operator's organisation is told of usage over organisations: what it was told before, and of the weeks of
// which it was not, what there is now. It stays so, whoever switches the counting off later.
func (db *DB) TellUsage(ctx context.Context, operator flow.ID, now []UsageRow) (list []UsageRow, err error) {
	var weeks, features []string
	var orgs, numbers []int64
	for _, r := range now {
		weeks, features, orgs, numbers = append(weeks, string(r.Week)), append(features, string(r.Feature)), append(orgs, r.Organisations), append(numbers, r.N)
	}
	err = db.tenant(ctx, operator, func(b *pgx.Batch) {
		b.Queue(`insert into usage_told (org_id, week, feature, organisations, n)
			select $1, u.week::date, u.feature, u.organisations, u.n from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) u (week, feature, organisations, n)
			where not exists (select from usage_told t where t.org_id = $1 and t.week = u.week::date) on conflict do nothing`, operator, weeks, features, orgs, numbers)
		b.Queue("select week::text, feature, organisations, n from usage_told where org_id = $1 order by week desc, feature", operator).
			Query(func(rows pgx.Rows) error { return eachUsage(rows, &list) })
	})
	return list, err
}

func eachUsage(rows pgx.Rows, list *[]UsageRow) error {
	var r UsageRow
	var week, feature string
	_, err := pgx.ForEachRow(rows, []any{&week, &feature, &r.Organisations, &r.N}, func() error {
		r.Week, r.Feature = flow.Date(week), usage.Feature(feature)
		*list = append(*list, r)
		return nil
	})
	return err
}

// EndOldUsage forgets what was counted of an organisation, and what it was told, more than thirteen months ago.
func (db *DB) EndOldUsage(ctx context.Context, org flow.ID, now time.Time) (int64, error) {
	before := now.AddDate(0, -usageMonths, 0)
	told, err := db.deleteOld(ctx, org, "delete from usage_told where org_id = $1 and week < $2::timestamptz::date", before)
	if err != nil {
		return 0, err
	}
	counted, err := db.deleteOld(ctx, org, "delete from usage where org_id = $1 and week < $2::timestamptz::date", before)
	return told + counted, err
}
