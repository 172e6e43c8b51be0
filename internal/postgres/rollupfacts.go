package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

const selectFacts = `select job_id, kind, n, process_id, stage, site, customer, product, vendor_id, station, reason, day::text, since, at, m, spans from facts`

// unended is when what goes on ended, as it is stored.
var unended = measure.OpenDay.Time()

// endOf is a fact's end as it is stored.
func endOf(f measure.Fact) time.Time {
	if f.At == 0 {
		return unended
	}
	return f.At.Time()
}

func eachFact(rows pgx.Rows, f func(measure.Fact) error) error {
	var one measure.Fact
	var day string
	var since, at time.Time
	var m []int64
	_, err := pgx.ForEachRow(rows, []any{&one.Job, &one.Kind, &one.N, &one.Process, &one.Stage, &one.Site, &one.Customer, &one.Product, &one.Vendor, &one.Station,
		&one.Reason, &day, &since, &at, &m, &one.Spans}, func() error {
		one.Day, one.Since, one.At = flow.Date(day), flow.At(since), 0
		if one.Day != measure.OpenDay {
			one.At = flow.At(at)
		}
		one.M = [measure.FactSize]int64{}
		copy(one.M[:], m)
		return f(one)
	})
	return err
}

// storedFacts are the facts of some jobs as they are kept.
func storedFacts(ctx context.Context, tx pgx.Tx, org flow.ID, jobs []flow.ID) (map[factKey]measure.Fact, error) {
	rows, err := tx.Query(ctx, selectFacts+" where org_id = $1 and job_id = any($2)", org, uuids(jobs))
	if err != nil {
		return nil, err
	}
	facts := map[factKey]measure.Fact{}
	return facts, eachFact(rows, func(f measure.Fact) error { facts[keyOf(f)] = f; return nil })
}

func deleteFacts(ctx context.Context, tx pgx.Tx, org flow.ID, list []measure.Fact) error {
	if len(list) == 0 {
		return nil
	}
	var job []flow.ID
	var kind []string
	var n []int
	for _, f := range list {
		job, kind, n = append(job, f.Job), append(kind, string(f.Kind)), append(n, f.N)
	}
	_, err := tx.Exec(ctx, `delete from facts f using unnest($2::uuid[], $3::text[], $4::int[]) k (job, kind, n)
		where f.org_id = $1 and f.job_id = k.job and f.kind = k.kind and f.n = k.n`, org, uuids(job), kind, n)
	return err
}

func insertFacts(ctx context.Context, tx pgx.Tx, org flow.ID, list []measure.Fact) error {
	for len(list) > 0 {
		part := list[:min(len(list), atOnce)]
		list = list[len(part):]
		_, err := tx.Exec(ctx, `insert into facts (org_id, job_id, kind, n, process_id, stage, site, customer, product, vendor_id, station, reason, day, since, at, m, spans)
			select $1, k.job, k.kind, k.n, k.process, k.stage, k.site, k.customer, k.product, k.vendor, k.station, k.reason, k.day::date, k.since, k.at, k.m::bigint[], k.spans
			from unnest($2::uuid[], $3::text[], $4::int[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::uuid[], $11::text[], $12::text[], $13::text[],
				$14::timestamptz[], $15::timestamptz[], $16::text[], $17::text[])
				k (job, kind, n, process, stage, site, customer, product, vendor, station, reason, day, since, at, m, spans)`,
			append([]any{org}, factColumns(part)...)...)
		if err != nil {
			return err
		}
	}
	return nil
}

func factColumns(list []measure.Fact) []any {
	var job, process, vendor []flow.ID
	var kind, stage, site, customer, product, station, reason, day, m, spans []string
	var n []int
	var since, at []time.Time
	for _, f := range list {
		job, process, vendor = append(job, f.Job), append(process, f.Process), append(vendor, f.Vendor)
		kind, stage, site, customer = append(kind, string(f.Kind)), append(stage, f.Stage), append(site, f.Site), append(customer, f.Customer)
		product, station, reason = append(product, f.Product), append(station, f.Station), append(reason, f.Reason)
		day, m, spans = append(day, string(f.Day)), append(m, numbers(f.M)), append(spans, f.Spans)
		n, since, at = append(n, f.N), append(since, f.Since.Time()), append(at, endOf(f))
	}
	return []any{uuids(job), kind, n, uuids(process), stage, site, customer, product, uuids(vendor), station, reason, day, since, at, m, spans}
}

// numbers are the numbers of a fact as an array, without the zeros at its end.
func numbers(m [measure.FactSize]int64) string {
	end := len(m)
	for end > 0 && m[end-1] == 0 {
		end--
	}
	text := make([]string, end)
	for i := range text {
		text[i] = strconv.FormatInt(m[i], 10)
	}
	return "{" + strings.Join(text, ",") + "}"
}
