package postgres

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// worked is when there was work at a place, and by which hours it works.
type worked struct {
	busy  measure.Busy
	hours *flow.Hours
}

// busy reads when there was work: at stations, or at stages wherever it was. What runs now counts up to now.
func busy[S comparable](ctx context.Context, a *Analysis, c measure.Cut, slot func(measure.BusyKey) (S, bool)) (map[S]*worked, error) {
	into := map[S]*worked{}
	r, err := a.reach(c)
	if err != nil || r.nothing() || !c.Vendor.IsZero() {
		return into, err
	}
	add := func(k measure.BusyKey) *worked {
		s, ok := slot(k)
		if !ok || c.Station != "" && k.Station != c.Station {
			return nil
		}
		w := at(into, s)
		if w.busy == nil {
			_, w.hours = a.house.Place(k.Process, k.Stage)
		}
		return w
	}
	if c.Customer != "" || c.Product != "" {
		err = a.busyFacts(ctx, c, r, func(k measure.BusyKey) *measure.Busy {
			if k.Day == measure.OpenDay {
				return nil
			}
			if w := add(k); w != nil {
				return &w.busy
			}
			return nil
		})
	} else {
		err = a.busyDays(ctx, c, r, add)
	}
	if err != nil {
		return nil, err
	}
	return into, a.runningNow(ctx, c, r, add)
}

// busyFacts reads from the facts themselves when there was work, and since when there are waits.
func (a *Analysis) busyFacts(ctx context.Context, c measure.Cut, r reach, into func(measure.BusyKey) *measure.Busy) error {
	s := &sieve{q: question{cut: c}, level: func(measure.Key) bool { return false }, busy: into}
	return a.eachFact(ctx, c, r, nil, func(f measure.Fact) { s.fact = f; f.Add(s, a.house.Zone, 1) })
}

// waitingNow is how long things have been waiting at each stage of a cut that reaches to now.
func (a *Analysis) waitingNow(ctx context.Context, c measure.Cut) (map[flow.StageRef]measure.Load, error) {
	r, err := a.reach(c)
	_, end := a.bounds(c.From, c.To)
	if err != nil || r.nothing() || end < flow.At(a.now) || !c.Vendor.IsZero() || c.Station != "" {
		return nil, err
	}
	if c.Customer == "" && c.Product == "" {
		return a.allWaiting(ctx, r)
	}
	waits := map[flow.StageRef]*measure.Busy{}
	err = a.busyFacts(ctx, c, r, func(k measure.BusyKey) *measure.Busy {
		if k.Day == measure.OpenDay {
			return at(waits, flow.StageRef{Process: k.Process, Stage: k.Stage})
		}
		return nil
	})
	return a.waiting(waits), err
}

// waiting is how long the waits that go on have lasted.
func (a *Analysis) waiting(waits map[flow.StageRef]*measure.Busy) map[flow.StageRef]measure.Load {
	loads := map[flow.StageRef]measure.Load{}
	for stage, b := range waits {
		_, h := a.house.Place(stage.Process, stage.Stage)
		loads[stage] = b.Waiting(flow.At(a.now), h)
	}
	return loads
}

// allWaiting is of everything within reach. Adding up when each of very many began takes a while, but until the roll-ups go
// on it is the same for everybody, and grows by the time that passes.
func (a *Analysis) allWaiting(ctx context.Context, r reach) (map[flow.StageRef]measure.Load, error) {
	where, args := r.place([]any{a.org.ID})
	key, now := fmt.Sprint(a.house.settings, args), flow.At(a.now)
	if w, ok := a.db.waits.get(key); ok && w.seq == a.asOf.Seq && w.at <= now && !a.asOf.Making {
		loads := map[flow.StageRef]measure.Load{}
		for stage, load := range w.loads {
			_, h := a.house.Place(stage.Process, stage.Stage)
			loads[stage] = load.Later(w.at, now, h)
		}
		return loads, nil
	}
	waits := map[flow.StageRef]*measure.Busy{}
	var after RolledUp
	err := a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		b.Queue("select f.day::text, f.process_id, f.stage, f.site, f.station, f.runs from busy_days f where f.org_id = $1 and f.day = date '9999-12-31'"+where, args...).Query(func(rows pgx.Rows) error {
			return eachBusy(rows, func(k measure.BusyKey, b measure.Busy) error {
				at(waits, flow.StageRef{Process: k.Process, Stage: k.Stage}).Merge(b)
				return nil
			})
		})
		a.queueRolledUp(b, &after)
	})
	if err != nil {
		return nil, err
	}
	loads := a.waiting(waits)
	if after.Seq == a.asOf.Seq && !after.Making && !a.asOf.Making { // it is of that place in the log, and of all jobs
		a.db.waits.put(key, knownWaits{after.Seq, now, loads}, maxWaits)
	}
	return loads, nil
}

// knownWaits is how long things had been waiting at a moment, by the roll-ups of a place in the log.
type knownWaits struct {
	seq   int64
	at    flow.Moment
	loads map[flow.StageRef]measure.Load // not to be changed
}

const maxWaits = 500 // scopes

// place narrows a query to processes and single stages.
func (r reach) place(args []any) (string, []any) {
	processes, codes := refColumns(r.stages)
	args = append(args, uuids(r.whole), uuids(processes), codes)
	n := len(args)
	where := " and (f.process_id = any($" + itoa(n-2) + ") or (f.process_id, f.stage) in (select * from unnest($" + itoa(n-1) + "::uuid[], $" + itoa(n) + "::text[])))"
	if r.sites != nil {
		args = append(args, r.sites)
		where += " and f.site = any($" + itoa(len(args)) + ")"
	}
	return where, args
}

func (a *Analysis) busyDays(ctx context.Context, c measure.Cut, r reach, add func(measure.BusyKey) *worked) error {
	where, args := r.place([]any{a.org.ID, string(c.From), string(c.To)})
	return a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		b.Queue(`select f.day::text, f.process_id, f.stage, f.site, f.station, f.busy from busy_days f
			where f.org_id = $1 and f.day between $2::text::date and $3::text::date`+where+` order by f.day, f.process_id, f.stage, f.site, f.station`, args...).Query(func(rows pgx.Rows) error {
			return eachBusy(rows, func(k measure.BusyKey, busy measure.Busy) error {
				if w := add(k); w != nil {
					w.busy = append(w.busy, busy...)
				}
				return nil
			})
		})
	})
}

// runningNow adds what has not ended: from when the first of it began, up to now.
func (a *Analysis) runningNow(ctx context.Context, c measure.Cut, r reach, add func(measure.BusyKey) *worked) error {
	from, to := a.bounds(c.From, c.To)
	where, args := r.place([]any{a.org.ID})
	more, args := factsWhere(measure.Cut{Customer: c.Customer, Product: c.Product}, nil, args)
	return a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) {
		b.Queue("select f.process_id, f.stage, f.station, min(f.since) from facts f where f.org_id = $1 and f.kind = 'run' and f.day = date '9999-12-31'"+where+more+
			" group by f.process_id, f.stage, f.station", args...).Query(func(rows pgx.Rows) error {
			var k measure.BusyKey
			var since time.Time
			_, err := pgx.ForEachRow(rows, []any{&k.Process, &k.Stage, &k.Station, &since}, func() error {
				begin := max(flow.At(since), from)
				if begin >= to {
					return nil
				}
				for _, station := range slices.Compact([]string{"", k.Station}) { // the stage is at work, and the station
					key := k
					key.Station = station
					if w := add(key); w != nil {
						w.busy = append(w.busy, measure.Stretch{From: begin, To: to, N: 1})
					}
				}
				return nil
			})
			return err
		})
	})
}

// Stations are load and utilisation of the stations of a cut by name. What runs now counts up to now, of its utilisation the
// part of the period that lies between the first movement and now.
func (a *Analysis) Stations(ctx context.Context, c measure.Cut) ([]measure.StationFigures, error) {
	runs, err := busy(ctx, a, c, func(k measure.BusyKey) (string, bool) { return k.Station, k.Station != "" })
	if err != nil {
		return nil, err
	}
	waits := map[string]*measure.Tally{}
	if c.Vendor.IsZero() {
		if waits, err = gather(ctx, a, question{cut: c, by: measure.PerStation}, func(k measure.Key) (string, bool) { return k.Value, k.Day != measure.OpenDay }); err != nil {
			return nil, err
		}
	}
	for name := range waits {
		at(runs, name)
	}
	var list []measure.StationFigures
	from, to := a.bounds(c.From, c.To)
	for _, name := range slices.Sorted(maps.Keys(runs)) {
		w := runs[name]
		_, available := measure.WorkingDays(from, to, w.hours)
		list = append(list, measure.StationOf(name, at(waits, name), w.busy, w.hours, available))
	}
	return list, nil
}

// Bottleneck is what holds the work of a cut up, three ways. What waits or runs now counts up to now.
func (a *Analysis) Bottleneck(ctx context.Context, c measure.Cut) (measure.Bottleneck, error) {
	stages, err := a.stages(ctx, c, false)
	if err != nil {
		return measure.Bottleneck{}, err
	}
	stations, err := a.Stations(ctx, c)
	if err != nil {
		return measure.Bottleneck{}, err
	}
	slices.SortStableFunc(stages, func(x, y measure.Slice) int { // of two alike always the same one
		return cmp.Or(cmp.Compare(a.house.Process(x.Process), a.house.Process(y.Process)), cmp.Compare(x.Name, y.Name))
	})
	b := measure.Narrowest(stages, stations)
	active, err := busy(ctx, a, c, func(k measure.BusyKey) (flow.StageRef, bool) {
		return flow.StageRef{Process: k.Process, Stage: k.Stage}, k.Station == ""
	})
	for _, s := range stages {
		w := active[flow.StageRef{Process: s.Process, Stage: s.Key}]
		if w == nil {
			continue
		}
		from, to, long := w.busy.Longest(w.hours)
		if long > 0 && (b.Active == nil || long > b.Active.Value) {
			stamp := func(m flow.Moment) string { return m.Time().In(a.house.Zone).Format(time.RFC3339) }
			b.Active = &measure.Narrow{Name: s.Name, Value: long, Jobs: s.Open.Jobs, N: s.Runs, From: stamp(from), To: stamp(to)}
		}
	}
	return b, err
}
