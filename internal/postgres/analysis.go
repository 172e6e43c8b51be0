package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// ErrCut says that a cut cannot be read: a period of no day or of more than MaxDays, or a stage without its process.
var ErrCut = errors.New("postgres: no such cut")

// MaxDays is the longest period that is read.
const MaxDays = 400

// Analysis reads the figures of an organisation for one reader. It is narrowed to their scope: of whole processes
// everything, of single stages what happened there and nothing of whole jobs; always only jobs of their sites. Who has
// only what is assigned to them, or only vendors, reads nothing. A cut to what is not theirs finds nothing.
type Analysis struct {
	db    *DB
	org   Organisation
	scope flow.Scope
	now   time.Time
	house House
	first flow.Date // the first day that there is anything of; empty: none
	asOf  RolledUp
}

// Analysis is what a reader may read at a moment. It reads the processes and calendars once.
func (db *DB) Analysis(ctx context.Context, o Organisation, scope flow.Scope, now time.Time) (*Analysis, error) {
	h, err := db.House(ctx, o)
	if err != nil {
		return nil, err
	}
	a := &Analysis{db: db, org: o, scope: scope, now: now, house: h}
	err = db.tenant(ctx, o.ID, func(b *pgx.Batch) {
		a.queueRolledUp(b, &a.asOf)
		b.Queue("select coalesce(min(day)::text, '') from tallies where org_id = $1 and by = ''", o.ID).QueryRow(func(row pgx.Row) error { return row.Scan(&a.first) })
	})
	return a, err
}

// RolledUp is how far the roll-ups of an organisation are.
type RolledUp struct {
	Seq, Head int64     // the last movement in them, and the last there is
	At        time.Time // when that movement was recorded; zero before the first
	Making    bool      // they are being made anew, for the first time or by new calendars: figures are of a part of the jobs
}

// RolledUp tells how far the roll-ups are.
func (a *Analysis) RolledUp(ctx context.Context) (r RolledUp, err error) {
	err = a.db.tenant(ctx, a.org.ID, func(b *pgx.Batch) { a.queueRolledUp(b, &r) })
	return r, err
}

func (a *Analysis) queueRolledUp(b *pgx.Batch, r *RolledUp) {
	b.Queue(selectRolledUp, a.org.ID, Roller).QueryRow(func(row pgx.Row) error {
		var text []byte
		if err := row.Scan(&r.Head, &r.Seq, &text); err != nil {
			return notFound(err)
		}
		var state rollState
		if len(text) > 0 {
			if err := json.Unmarshal(text, &state); err != nil {
				return err
			}
		}
		r.At, r.Making = state.At.Time(), state.Making || state.Settings != a.house.settings
		return nil
	})
}

// dayBegins is when a day begins where the organisation is.
func (a *Analysis) dayBegins(d flow.Date) flow.Moment {
	t := d.Time()
	return flow.At(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, a.house.Zone))
}

func nextDay(d flow.Date) flow.Date { return flow.DateOf(d.Time().AddDate(0, 0, 1)) }

// bounds are the part of some days that lies between the first that there is anything of and now.
func (a *Analysis) bounds(from, to flow.Date) (flow.Moment, flow.Moment) {
	return a.dayBegins(max(from, a.first)), min(a.dayBegins(nextDay(to)), flow.At(a.now))
}

// workingDays is how many working days there were of some days so far.
func (a *Analysis) workingDays(from, to flow.Date) float64 {
	_, own := a.house.Place(flow.ID{}, "")
	begin, end := a.bounds(from, to)
	days, _ := measure.WorkingDays(begin, end, own)
	return days
}

// stageLevel reports whether the figures of a cut are of stages and say nothing of whole jobs.
func (a *Analysis) stageLevel(c measure.Cut) bool {
	r, err := a.reach(c)
	return err != nil || len(r.whole) == 0
}

// yields are tallies of the stages of every slot, for the yield through all stages of one process. None when there is work of
// several processes, or when the cut is of less than whole jobs.
func yields[S comparable](ctx context.Context, a *Analysis, c measure.Cut, slot func(measure.Key) (S, bool)) (map[S][]*measure.Tally, error) {
	r, err := a.reach(c)
	if err != nil || len(r.whole) == 0 || len(r.stages) > 0 || c.Station != "" || !c.Vendor.IsZero() {
		return nil, err
	}
	by, processes, err := stageYields(ctx, a, c, slot)
	if len(processes) > 1 {
		return nil, err
	}
	return by, err
}

func stageYields[S comparable](ctx context.Context, a *Analysis, c measure.Cut, slot func(measure.Key) (S, bool)) (by map[S][]*measure.Tally, processes map[flow.ID]bool, err error) {
	type place struct {
		slot S
		flow.StageRef
	}
	got, err := gather(ctx, a, question{cut: c, stages: true}, func(k measure.Key) (place, bool) {
		s, ok := slot(k)
		return place{s, flow.StageRef{Process: k.Process, Stage: k.Stage}}, ok
	})
	by, processes = map[S][]*measure.Tally{}, map[flow.ID]bool{}
	for _, p := range slices.SortedFunc(maps.Keys(got), func(a, b place) int { return cmp.Compare(a.Stage, b.Stage) }) { // always the same sum
		by[p.slot], processes[p.Process] = append(by[p.slot], got[p]), true
	}
	return by, processes, err
}

type everything struct{}

func together(measure.Key) (everything, bool) { return everything{}, true }

// KPIs are the figures of a cut.
func (a *Analysis) KPIs(ctx context.Context, c measure.Cut) (measure.KPIs, error) {
	got, err := gather(ctx, a, question{cut: c, dists: true}, together)
	if err != nil {
		return measure.KPIs{}, err
	}
	stages, err := yields(ctx, a, c, together)
	if err != nil {
		return measure.KPIs{}, err
	}
	k := at(got, everything{}).KPIs(a.workingDays(c.From, c.To), a.stageLevel(c), stages[everything{}])
	waits, err := a.waitingNow(ctx, c)
	for _, ref := range a.inRouteOrder(slices.Collect(maps.Keys(waits))) { // always the same sum
		k.Waiting = k.Waiting.And(waits[ref])
	}
	return k, err
}

// Compared are the figures of a cut and those of the period before it. What is open is that of now in both.
func (a *Analysis) Compared(ctx context.Context, c measure.Cut) (now, before measure.KPIs, err error) {
	if now, err = a.KPIs(ctx, c); err != nil {
		return now, before, err
	}
	before, err = a.KPIs(ctx, c.Before())
	return now, before, err
}

// Trend are the figures of a cut step by step, every step of the period in order, also those without anything. They say
// nothing of what is open.
func (a *Analysis) Trend(ctx context.Context, c measure.Cut, g measure.Grain) ([]measure.Point, error) {
	if _, err := a.reach(c); err != nil {
		return nil, err
	}
	var points []measure.Point
	step := map[flow.Date]int{}
	for day := c.From; day <= c.To; day = nextDay(day) {
		if len(points) == 0 || g == measure.ByDay || day.Time().Weekday() == time.Monday {
			points = append(points, measure.Point{From: day})
		}
		points[len(points)-1].To, step[day] = day, len(points)-1
	}
	slot := func(k measure.Key) (int, bool) { i, ok := step[k.Day]; return i, ok }
	got, err := gather(ctx, a, question{cut: c, dists: true}, slot)
	if err != nil {
		return nil, err
	}
	stages, err := yields(ctx, a, c, slot)
	level := a.stageLevel(c)
	for i := range points {
		p := &points[i]
		p.KPIs = at(got, i).KPIs(a.workingDays(p.From, p.To), level, stages[i])
	}
	return points, err
}

// MaxSlices is how many values of a dimension are told at most.
const MaxSlices = 200

// Slices are the figures of a cut by a dimension, at most MaxSlices, those with the most reports first; stages in route
// order. more says that there were others. By customer, product, vendor and station no times are told but lead, cycle, TAT and trips.
func (a *Analysis) Slices(ctx context.Context, c measure.Cut, by measure.Dimension) (list []measure.Slice, more bool, err error) {
	switch by {
	case measure.PerProcess:
		list, err = a.processes(ctx, c)
	case measure.PerStage:
		list, err = a.stages(ctx, c, true)
	default:
		return a.values(ctx, c, by)
	}
	if more = len(list) > MaxSlices; more {
		list = list[:MaxSlices]
	}
	return list, more, err
}

func (a *Analysis) processes(ctx context.Context, c measure.Cut) (list []measure.Slice, err error) {
	slot := func(k measure.Key) (flow.ID, bool) { return k.Process, true }
	got, err := gather(ctx, a, question{cut: c, dists: true}, slot)
	if err != nil {
		return nil, err
	}
	stages, _, err := stageYields(ctx, a, c, slot)
	if err != nil {
		return nil, err
	}
	days := a.workingDays(c.From, c.To)
	for _, p := range a.house.Processes {
		if t := got[p.ID]; t != nil {
			level := c.Stage != "" || !a.scope.Whole(p.ID)
			if level {
				stages[p.ID] = nil
			}
			list = append(list, measure.Slice{Process: p.ID, Key: p.ID.String(), Name: p.Name, KPIs: t.KPIs(days, level, stages[p.ID])})
		}
	}
	return list, nil
}

func (a *Analysis) stages(ctx context.Context, c measure.Cut, dists bool, kinds ...measure.Kind) (list []measure.Slice, err error) {
	got, err := gather(ctx, a, question{cut: c, stages: true, dists: dists, kinds: kinds}, byStage)
	if err != nil {
		return nil, err
	}
	waits, err := a.waitingNow(ctx, c)
	for _, ref := range a.inRouteOrder(slices.Collect(maps.Keys(got))) {
		name, _ := a.house.Place(ref.Process, ref.Stage)
		s := measure.Slice{Process: ref.Process, Key: ref.Stage, Name: name, Runs: got[ref].Running(), KPIs: got[ref].KPIs(0, true, nil)}
		s.Waiting = s.Waiting.And(waits[ref])
		list = append(list, s)
	}
	return list, err
}

func byStage(k measure.Key) (flow.StageRef, bool) {
	return flow.StageRef{Process: k.Process, Stage: k.Stage}, k.Stage != ""
}

// inRouteOrder sorts stages by the names of their processes and where they stand on the route; those that are on no route
// any more come after the others.
func (a *Analysis) inRouteOrder(refs []flow.StageRef) []flow.StageRef {
	place := map[flow.StageRef]int{}
	n := 0
	for _, p := range a.house.Processes {
		for _, s := range slices.Concat(p.Stages, p.Retired) {
			n++
			if ref := (flow.StageRef{Process: p.ID, Stage: s.Code}); place[ref] == 0 {
				place[ref] = n
			}
		}
		n += 1000
		place[flow.StageRef{Process: p.ID}] = n // what was added to a job alone
	}
	of := func(r flow.StageRef) int { return cmp.Or(place[r], place[flow.StageRef{Process: r.Process}]) }
	slices.SortFunc(refs, func(a, b flow.StageRef) int { return cmp.Or(cmp.Compare(of(a), of(b)), cmp.Compare(a.Stage, b.Stage)) })
	return refs
}

// sliced are the times that slices by customer and the like are told of: reading all takes twice as long.
var sliced = []measure.Kind{measure.KindLead, measure.KindCycle, measure.KindTAT, measure.KindTrip}

// values are the slices of a dimension of which tallies are kept apart: first those that weigh the most, then their figures.
func (a *Analysis) values(ctx context.Context, c measure.Cut, by measure.Dimension) (list []measure.Slice, more bool, err error) {
	if by != measure.PerCustomer && by != measure.PerProduct && by != measure.PerVendor && by != measure.PerStation {
		return nil, false, ErrCut
	}
	slot := func(k measure.Key) (string, bool) { return k.Value, true }
	sums, err := gather(ctx, a, question{cut: c, by: by}, slot)
	if err != nil {
		return nil, false, err
	}
	names := slices.SortedFunc(maps.Keys(sums), func(x, y string) int {
		return cmp.Or(cmp.Compare(sums[y].Weight(), sums[x].Weight()), cmp.Compare(x, y))
	})
	if more = len(names) > MaxSlices; more {
		names = names[:MaxSlices]
	}
	if len(names) == 0 {
		return nil, false, nil
	}
	got, err := gather(ctx, a, question{cut: c, by: by, dists: true, kinds: sliced, values: names}, slot)
	days, level := a.workingDays(c.From, c.To), a.stageLevel(c)
	for _, name := range names {
		s := measure.Slice{Key: name, Name: name, KPIs: at(got, name).KPIs(days, level, nil)}
		if by == measure.PerVendor {
			id, err := flow.ParseID(name)
			if err != nil {
				return nil, false, err
			}
			s.Name = a.house.Vendor(id)
		}
		list = append(list, s)
	}
	return list, more, err
}

// Distribution is a time of a cut as a histogram, in working time or by the clock.
func (a *Analysis) Distribution(ctx context.Context, c measure.Cut, k measure.Kind, working bool) (measure.Distribution, error) {
	got, err := gather(ctx, a, question{cut: c, dists: true, kinds: []measure.Kind{k}}, together)
	if err != nil {
		return measure.Distribution{}, err
	}
	return at(got, everything{}).Distribution(k, working), nil
}
