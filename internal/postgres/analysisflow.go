package postgres

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// Flow is the cumulative flow of a cut: how many jobs were at each stage as each day ended, reckoned back from now.
func (a *Analysis) Flow(ctx context.Context, c measure.Cut) (measure.Flow, error) {
	var out measure.Flow
	if _, err := a.reach(c); err != nil {
		return out, err
	}
	until := c
	until.To = max(c.To, flow.DateOf(a.now.In(a.house.Zone)))
	if until.Days() > MaxDays { // an old period: what happened since is read too
		return out, ErrCut
	}
	type place struct {
		flow.StageRef
		day flow.Date
	}
	got, err := gather(ctx, a, question{cut: until, stages: true}, func(k measure.Key) (place, bool) {
		return place{flow.StageRef{Process: k.Process, Stage: k.Stage}, k.Day}, k.Stage != ""
	})
	if err != nil {
		return out, err
	}
	jobs, err := gather(ctx, a, question{cut: c}, func(k measure.Key) (flow.Date, bool) { return k.Day, k.Day != measure.OpenDay })
	if err != nil {
		return out, err
	}
	seen := map[flow.StageRef]bool{}
	for p := range got {
		seen[p.StageRef] = true
	}
	refs := a.inRouteOrder(slices.Collect(maps.Keys(seen)))
	for _, ref := range refs {
		name, _ := a.house.Place(ref.Process, ref.Stage)
		out.Stages = append(out.Stages, measure.FlowStage{Process: ref.Process, Stage: ref.Stage, Name: name})
	}
	for day := c.From; day <= c.To; day = nextDay(day) {
		created, done := at(jobs, day).Jobs()
		out.Days = append(out.Days, measure.FlowDay{Day: day, At: make([]int, len(refs)), Created: created, Done: done})
	}
	for i, ref := range refs {
		levels := endings(until.To, func(day flow.Date) *measure.Tally { return at(got, place{ref, day}) }, c.From)
		for n := range out.Days {
			out.Days[n].At[i] = levels[n]
		}
	}
	return out, nil
}

// endings is how many were somewhere as each day ended, from the first to the last, reckoned back from how many are there now.
func endings(last flow.Date, tally func(flow.Date) *measure.Tally, first flow.Date) (levels []int) {
	_, _, here := tally(measure.OpenDay).Flowing()
	for day := last; day >= first; day = flow.DateOf(day.Time().AddDate(0, 0, -1)) {
		levels = append(levels, here)
		arrived, left, _ := tally(day).Flowing()
		here += left - arrived
	}
	slices.Reverse(levels)
	return levels
}

// Levels is how many jobs were at each stage of a process as each of the days up to today ended, the first day first; of
// some sites, none: of any. It is by stage code; a stage where nobody has been is not in it.
func (db *DB) Levels(ctx context.Context, org, process flow.ID, sites []string, today flow.Date, days int) (map[string][]int, error) {
	first := flow.DateOf(today.Time().AddDate(0, 0, 1-days))
	got := map[string]map[flow.Date]*measure.Tally{}
	err := db.tenant(ctx, org, func(b *pgx.Batch) {
		b.Queue(`select by, day::text, process_id, stage, site, value, sums, ''::bytea from tallies where org_id = $1 and by = $2
			and (day between $3::text::date and $4::text::date or day = $5::text::date) and process_id = $6 and ($7::text[] is null or site = any($7))`,
			org, byOf("", true), string(first), string(today), string(measure.OpenDay), process, sites).Query(func(rows pgx.Rows) error {
			return eachTally(rows, func(k measure.Key, sums, _ []byte) error {
				if got[k.Stage] == nil {
					got[k.Stage] = map[flow.Date]*measure.Tally{}
				}
				return at(got[k.Stage], k.Day).Decode(sums, nil)
			})
		})
	})
	levels := make(map[string][]int, len(got))
	for stage, tallies := range got {
		levels[stage] = endings(today, func(day flow.Date) *measure.Tally { return at(tallies, day) }, first)
	}
	return levels, err
}

// Ageing is the work in progress of a cut stage by stage, in route order.
func (a *Analysis) Ageing(ctx context.Context, c measure.Cut) ([]measure.Ageing, error) {
	stages, err := a.stages(ctx, c, true, measure.KindTAT)
	if err != nil || len(stages) == 0 {
		return nil, err
	}
	var list []measure.Ageing
	var refs []flow.StageRef
	older := make([][]time.Time, 3)
	for _, s := range stages {
		tat := s.TAT.Elapsed
		list, refs = append(list, measure.Ageing{Process: s.Process, Stage: s.Key, Name: s.Name, TAT: tat}), append(refs, flow.StageRef{Process: s.Process, Stage: s.Key})
		for i, p := range []*float64{tat.P50, tat.P85, tat.P95} {
			before := time.Unix(0, 0) // nothing came before that
			if p != nil {
				before = a.now.Add(-time.Duration(*p * float64(time.Hour)))
			}
			older[i] = append(older[i], before)
		}
	}
	r, err := a.reach(c)
	if err != nil {
		return nil, err
	}
	processes, codes := refColumns(refs)
	args := []any{a.org.ID, uuids(processes), codes, older[0], older[1], older[2]}
	where, args := factsWhere(c, r.sites, args)
	err = a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		b.Queue(`select k.i, count(*), count(*) filter (where since < k.p50), count(*) filter (where since < k.p85), count(*) filter (where since < k.p95), min(since)
			from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[]) with ordinality k (process, stage, p50, p85, p95, i)
			join facts f on f.process_id = k.process and f.stage = k.stage
			where f.org_id = $1 and f.kind = 'stay' and f.process_id = any($2::uuid[]) and f.day = date '9999-12-31'`+where+` group by k.i`, args...).Query(func(rows pgx.Rows) error {
			var i int
			var one measure.Ageing
			var oldest time.Time
			_, err := pgx.ForEachRow(rows, []any{&i, &one.Jobs, &one.Older[0], &one.Older[1], &one.Older[2], &oldest}, func() error {
				to := &list[i-1]
				to.Jobs, to.Older, to.Oldest = one.Jobs, one.Older, a.now.Sub(oldest).Hours()
				return nil
			})
			return err
		})
	})
	return list, err
}

// factsWhere narrows a query of facts f to what a cut is narrowed to beside process and stage.
func factsWhere(c measure.Cut, sites []string, args []any) (string, []any) {
	where := ""
	add := func(sql string, v any) {
		args = append(args, v)
		where += sql + "$" + itoa(len(args))
	}
	if c.Customer != "" {
		add(" and f.customer <> '' and f.customer = ", c.Customer)
	}
	if c.Product != "" {
		add(" and f.product <> '' and f.product = ", c.Product)
	}
	if !c.Vendor.IsZero() {
		add(" and f.vendor_id = ", c.Vendor)
	}
	if c.Station != "" {
		add(" and f.station = ", c.Station)
	}
	if sites != nil {
		add(" and f.site = any(", sites)
		where += ")"
	}
	return where, args
}

// Reasons are why there was wastage, or why work waited, at most MaxSlices, the largest first.
func (a *Analysis) Reasons(ctx context.Context, c measure.Cut, k measure.ReasonKind) ([]measure.Reason, error) {
	by := measure.PerLoss
	if k == measure.HoldReasons {
		by = measure.PerHold
	}
	if !c.Vendor.IsZero() || c.Station != "" { // no reason is told by them
		return nil, nil
	}
	got, err := gather(ctx, a, question{cut: c, by: by}, func(k measure.Key) (string, bool) { return k.Value, k.Day != measure.OpenDay })
	if err != nil {
		return nil, err
	}
	var list []measure.Reason
	weigh := func(r measure.Reason) float64 { return float64(r.Quantity) + r.Elapsed }
	var all, sum float64
	for reason, t := range got {
		if r := t.Reason(k); r.N > 0 {
			r.Reason = reason
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b measure.Reason) int {
		return cmp.Or(cmp.Compare(weigh(b), weigh(a)), cmp.Compare(a.Reason, b.Reason))
	})
	for _, r := range list {
		all += weigh(r)
	}
	for i := range list {
		if sum += weigh(list[i]); all > 0 {
			list[i].UpTo = sum / all
		}
	}
	return list[:min(len(list), MaxSlices)], nil
}

// Variants are the ways that jobs went which were completed in the period, the commonest first, at most limit. more says that
// there were others.
func (a *Analysis) Variants(ctx context.Context, c measure.Cut, limit int) (list []measure.Variant, more bool, err error) {
	if c.Stage != "" || !c.Vendor.IsZero() || c.Station != "" {
		return nil, false, nil
	}
	type way struct {
		process flow.ID
		text    string
	}
	got, err := gather(ctx, a, question{cut: c, by: measure.PerPath, dists: true, kinds: []measure.Kind{measure.KindLead}}, func(k measure.Key) (way, bool) {
		return way{k.Process, k.Value}, k.Day != measure.OpenDay && k.Stage == ""
	})
	for w, t := range got {
		v := measure.VariantOf(w.text)
		v.Process, v.Lead = w.process, t.Lengths(measure.KindLead)
		_, v.Jobs = t.Jobs()
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b measure.Variant) int {
		return cmp.Or(cmp.Compare(b.Jobs, a.Jobs), compareIDs(a.Process, b.Process), cmp.Compare(a.Way(), b.Way()))
	})
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	return list, more, err
}

// Values are what a dimension can be cut to: what occurs in the period, at most MaxSlices, by name. Of PerCustomer,
// PerProduct and PerStation.
func (a *Analysis) Values(ctx context.Context, c measure.Cut, by measure.Dimension) ([]string, error) {
	c.Customer, c.Product, c.Vendor, c.Station = "", "", flow.ID{}, ""
	if a.scope.Everything() && c.Process.IsZero() && c.Site == "" {
		return a.allValues(ctx, c, by)
	}
	got, err := gather(ctx, a, question{cut: c, by: by}, func(k measure.Key) (string, bool) { return k.Value, k.Day != measure.OpenDay })
	list := slices.Sorted(maps.Keys(got))
	return list[:min(len(list), MaxSlices)], err
}

// allValues goes from one value to the next in the index, however many days have them.
func (a *Analysis) allValues(ctx context.Context, c measure.Cut, by measure.Dimension) (list []string, err error) {
	if _, err := a.reach(c); err != nil {
		return nil, err
	}
	const of = "t.org_id = $1 and t.by = $2 and t.value <> ''"
	err = a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		b.Queue(`with recursive v as (
				(select t.value from tallies t where `+of+` order by t.value limit 1)
				union all
				select (select t.value from tallies t where `+of+` and t.value > v.value order by t.value limit 1) from v where v.value is not null)
			select value from v where value is not null
				and exists (select from tallies t where `+of+` and t.value = v.value and t.day between $3::text::date and $4::text::date) limit $5`,
			a.org.ID, byOf(by, false), string(c.From), string(c.To), MaxSlices).Query(func(rows pgx.Rows) (err error) {
			list, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
	})
	slices.Sort(list)
	return list, err
}
