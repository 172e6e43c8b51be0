package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// exactUpTo is how many jobs, stays or trips percentiles are read of one by one; of more they come from histograms.
const exactUpTo = 5000

// maxFacts is how many facts are read for a cut that no daily sums are kept of.
const maxFacts = 200_000

// ErrWide says that a cut by two things at once, of a customer and a product say, has too much in it to be read.
var ErrWide = errors.New("postgres: the cut is too wide")

// question is what is asked of the daily sums.
type question struct {
	cut    measure.Cut
	by     measure.Dimension // one of those that tallies are kept apart by; empty: together
	stages bool              // stage by stage, else whole jobs and all stages together where these are the reader's
	dists  bool              // with distributions
	kinds  []measure.Kind    // of these times only; nil: of all
	values []string          // only these values of by; nil: all
}

// reach is what of the organisation is read.
type reach struct {
	whole  []flow.ID       // whole processes
	stages []flow.StageRef // and single stages
	sites  []string        // nil: any
}

func (r reach) nothing() bool { return len(r.whole) == 0 && len(r.stages) == 0 }

// reach is what of a cut is the reader's.
func (a *Analysis) reach(c measure.Cut) (reach, error) {
	var r reach
	switch n := c.Days(); {
	case n < 1 || n > MaxDays || c.From == "" || c.To == "", c.Stage != "" && c.Process.IsZero():
		return r, ErrCut
	case !a.scope.Mine.IsZero():
		return r, nil
	}
	for site := range a.scope.Sites {
		r.sites = append(r.sites, site)
	}
	slices.Sort(r.sites)
	if c.Site != "" {
		if len(a.scope.Sites) > 0 && !a.scope.Sites[c.Site] {
			return r, nil
		}
		r.sites = []string{c.Site}
	}
	if c.Stage != "" {
		if a.scope.Covers(c.Process, c.Stage) {
			r.stages = []flow.StageRef{{Process: c.Process, Stage: c.Stage}}
		}
		return r, nil
	}
	for _, p := range a.house.Processes {
		if (c.Process.IsZero() || c.Process == p.ID) && a.scope.Whole(p.ID) {
			r.whole = append(r.whole, p.ID)
		}
	}
	for ref := range a.scope.Stages {
		if (c.Process.IsZero() || c.Process == ref.Process) && !a.scope.Whole(ref.Process) {
			r.stages = append(r.stages, ref)
		}
	}
	slices.SortFunc(r.stages, func(x, y flow.StageRef) int {
		return cmp.Or(compareIDs(x.Process, y.Process), cmp.Compare(x.Stage, y.Stage))
	})
	return r, nil
}

// apartBy are what a cut is narrowed to that tallies are kept apart by.
func apartBy(c measure.Cut) map[measure.Dimension]string {
	m := map[measure.Dimension]string{}
	for d, v := range map[measure.Dimension]string{measure.PerCustomer: c.Customer, measure.PerProduct: c.Product, measure.PerStation: c.Station, measure.PerVendor: idText(c.Vendor)} {
		if v != "" {
			m[d] = v
		}
	}
	return m
}

// gather adds up what is asked for by slots; a key without one is left out. Keys of the OpenDay come too.
func gather[S comparable](ctx context.Context, a *Analysis, q question, slot func(measure.Key) (S, bool)) (map[S]*measure.Tally, error) {
	into := map[S]*measure.Tally{}
	r, err := a.reach(q.cut)
	if err != nil || r.nothing() {
		return into, err
	}
	apart := apartBy(q.cut)
	value, named := apart[q.by]
	if q.by != "" && !named {
		apart[q.by] = ""
	}
	if len(apart) > 1 {
		return into, a.byFacts(ctx, q, r, nil, func(k measure.Key) *measure.Tally {
			if s, ok := slot(k); ok {
				return kept(into, s)
			}
			return nil
		})
	}
	for d, v := range apart { // the only one
		q.by, value = d, v
	}
	if value != "" {
		q.values = []string{value}
	}
	err = a.byTallies(ctx, q, r, func(k measure.Key, sums, dists []byte) error {
		if s, ok := slot(k); ok {
			return at(into, s).Decode(sums, dists, q.kinds...)
		}
		return nil
	})
	if err == nil && q.dists {
		err = exactly(ctx, a, q, r, slot, into)
	}
	return into, err
}

func kept[S comparable](m map[S]*measure.Tally, s S) *measure.Tally {
	t := at(m, s)
	t.Keep = true
	return t
}

// byTallies reads the daily sums of a question.
func (a *Analysis) byTallies(ctx context.Context, q question, r reach, f func(k measure.Key, sums, dists []byte) error) error {
	dists := "dists"
	if !q.dists {
		dists = "''::bytea"
	}
	read := func(rows pgx.Rows) error { return eachTally(rows, f) }
	return a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		ask := func(stage bool, where string, more ...any) {
			for _, days := range [][2]flow.Date{{q.cut.From, q.cut.To}, {measure.OpenDay, measure.OpenDay}} {
				args := []any{a.org.ID, byOf(q.by, stage), string(days[0]), string(days[1])}
				sql := "select by, day::text, process_id, stage, site, value, sums, " + dists + " from tallies where org_id = $1 and by = $2 and day between $3::text::date and $4::text::date"
				args, sql = append(args, more...), sql+where
				if r.sites != nil {
					args = append(args, r.sites)
					sql += " and site = any($" + itoa(len(args)) + ")"
				}
				if q.values != nil {
					args = append(args, q.values)
					sql += " and value = any($" + itoa(len(args)) + ")"
				}
				b.Queue(sql, args...).Query(read)
			}
		}
		if len(r.whole) > 0 {
			ask(q.stages, " and process_id = any($5)", uuids(r.whole))
		}
		if len(r.stages) > 0 {
			processes, codes := refColumns(r.stages)
			ask(true, " and (process_id, stage) in (select * from unnest($5::uuid[], $6::text[]))", uuids(processes), codes)
		}
	})
}

func refColumns(refs []flow.StageRef) (processes []flow.ID, codes []string) {
	for _, ref := range refs {
		processes, codes = append(processes, ref.Process), append(codes, ref.Stage)
	}
	return processes, codes
}

// exactly gives slots the values themselves of those times of which there are few.
func exactly[S comparable](ctx context.Context, a *Analysis, q question, r reach, slot func(measure.Key) (S, bool), into map[S]*measure.Tally) error {
	kinds := map[measure.FactKind][]measure.Kind{}
	for fact, times := range map[measure.FactKind][]measure.Kind{
		measure.JobFact: {measure.KindLead, measure.KindCycle}, measure.TripFact: {measure.KindTrip},
		measure.StayFact: {measure.KindTAT, measure.KindQueue, measure.KindRun, measure.KindHold, measure.KindAway},
	} {
		if q.kinds != nil {
			times = slices.DeleteFunc(times, func(k measure.Kind) bool { return !slices.Contains(q.kinds, k) })
		}
		n := 0
		for _, t := range into {
			if len(times) > 0 {
				n += t.Count(times[0])
			}
		}
		if n > 0 && n <= exactUpTo {
			kinds[fact] = times
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	shadow := map[S]*measure.Tally{}
	var facts []measure.FactKind
	for fact := range kinds {
		facts = append(facts, fact)
	}
	err := a.byFacts(ctx, q, r, facts, func(k measure.Key) *measure.Tally {
		if s, ok := slot(k); ok {
			return kept(shadow, s)
		}
		return nil
	})
	for s, t := range into {
		for _, times := range kinds {
			for _, k := range times {
				if from := shadow[s]; from != nil {
					t.KeepFrom(from, k)
				}
			}
		}
	}
	return err
}

// sieve lets facts add up only what a question asks for.
type sieve struct {
	q     question
	by    measure.Dimension // of which tallies
	value string            // and of which value; empty: any
	level func(k measure.Key) bool
	into  func(measure.Key) *measure.Tally
	busy  func(measure.BusyKey) *measure.Busy
	fact  measure.Fact
	waste measure.Tally
	idle  measure.Busy
}

// Tally is where a fact adds up.
func (s *sieve) Tally(k measure.Key) *measure.Tally {
	within := k.Day >= s.q.cut.From && k.Day <= s.q.cut.To || k.Day == measure.OpenDay
	if within && k.By == s.by && (s.value == "" || k.Value == s.value) && s.level(k) {
		if s.by != s.q.by {
			k.By = s.q.by
			k.Value = map[measure.Dimension]string{measure.PerCustomer: s.fact.Customer, measure.PerProduct: s.fact.Product}[k.By]
		}
		if k.By == "" || k.Value != "" || k.By == measure.PerLoss || k.By == measure.PerHold {
			if s.q.values == nil || slices.Contains(s.q.values, k.Value) {
				if t := s.into(k); t != nil {
					return t
				}
			}
		}
	}
	s.waste = measure.Tally{}
	return &s.waste
}

// Busy is where a run adds up.
func (s *sieve) Busy(k measure.BusyKey) *measure.Busy {
	if s.busy != nil && (k.Day >= s.q.cut.From && k.Day <= s.q.cut.To || k.Day == measure.OpenDay) {
		if b := s.busy(k); b != nil {
			return b
		}
	}
	s.idle = nil
	return &s.idle
}

// byFacts reads a question from the facts themselves, all or those of some kinds that have ended.
func (a *Analysis) byFacts(ctx context.Context, q question, r reach, kinds []measure.FactKind, into func(measure.Key) *measure.Tally) error {
	s := &sieve{q: q, by: q.by, into: into, level: q.level(r)}
	if q.by == measure.PerCustomer || q.by == measure.PerProduct {
		s.by = ""
	}
	for d, v := range apartBy(q.cut) {
		if d == measure.PerVendor || d == measure.PerStation {
			if s.by != "" && s.by != d {
				return nil // no fact is of both
			}
			s.by, s.value = d, v
		}
	}
	return a.eachFact(ctx, q.cut, r, kinds, func(f measure.Fact) { s.fact = f; f.Add(s, a.house.Zone, 1) })
}

// level tells the keys that a question reads: where whole processes are the reader's, those of all stages together unless it
// asks stage by stage; of single stages those.
func (q question) level(r reach) func(k measure.Key) bool {
	whole := map[flow.ID]bool{}
	for _, p := range r.whole {
		whole[p] = true
	}
	return func(k measure.Key) bool {
		if whole[k.Process] {
			return (k.Stage != "") == q.stages
		}
		return k.Stage != ""
	}
}

// eachFact reads the facts of a cut. Those of some kinds: that ended in the period; else all that may count in it.
func (a *Analysis) eachFact(ctx context.Context, c measure.Cut, r reach, kinds []measure.FactKind, f func(measure.Fact)) error {
	args := []any{a.org.ID, string(c.From)}
	add := func(v any) string { args = append(args, v); return "$" + itoa(len(args)) }
	var places []string // without an "or" where there is one alone: an index is of no use to it
	if len(r.whole) > 0 {
		places = append(places, "process_id = any("+add(uuids(r.whole))+")")
	}
	if len(r.stages) > 0 {
		processes, codes := refColumns(r.stages)
		places = append(places, "(process_id, stage) in (select * from unnest("+add(uuids(processes))+"::uuid[], "+add(codes)+"::text[]))")
	}
	where := " where org_id = $1 and (" + strings.Join(places, " or ") + ") and day >= $2::text::date"
	if kinds != nil {
		text := make([]string, len(kinds))
		for i, k := range kinds {
			text[i] = string(k)
		}
		where += " and kind = any(" + add(text) + ") and day <= " + add(string(c.To)) + "::text::date and day < date '9999-12-31'" +
			" and at >= " + add(a.dayBegins(c.From).Time()) + " and at < " + add(a.dayBegins(nextDay(c.To)).Time())
	}
	if c.Customer != "" {
		where += " and customer = " + add(c.Customer) + " and customer <> ''"
	}
	if c.Product != "" {
		where += " and product = " + add(c.Product) + " and product <> ''"
	}
	if r.sites != nil {
		where += " and site = any(" + add(r.sites) + ")"
	}
	if !c.Vendor.IsZero() {
		where += " and vendor_id = " + add(c.Vendor)
	}
	n := 0
	err := a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		b.Queue(selectFacts+where+" limit "+add(maxFacts+1), args...).Query(func(rows pgx.Rows) error {
			return eachFact(rows, func(one measure.Fact) error { n++; f(one); return nil })
		})
	})
	if err == nil && n > maxFacts {
		return ErrWide
	}
	return err
}
