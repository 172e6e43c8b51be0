package postgres_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

// analysed is a random history that was rolled up, with a reader of all of it.
type analysed struct {
	*twins
	o   postgres.Organisation
	cut measure.Cut // the whole history
}

func analyse(t *testing.T, rt *rapid.T, db *postgres.DB, n int) *analysed {
	t.Helper()
	w := &analysed{twins: openTwins(t, rt, db, n)}
	w.o = w.once.organisation()
	first := w.now
	for range rapid.IntRange(5, 60).Draw(rt, "commands") {
		w.now = w.now.Add(time.Duration(rapid.Int64Range(1, 20*3600).Draw(rt, "seconds later")) * time.Second)
		w.command()
	}
	w.once.rolledUp()
	w.cut = measure.Cut{From: w.day(first.Add(-80 * time.Hour)), To: w.day(w.now)}
	return w
}

// command gives one random command, sometimes told late.
func (w *twins) command() {
	c := flow.Command{ID: newID(w.once.t), Action: w.anyAction()}
	if rapid.IntRange(0, 4).Draw(w.t, "late") == 0 {
		c.Occurred = w.now.Add(-time.Duration(rapid.Int64Range(1, 70*3600).Draw(w.t, "seconds late")) * time.Second)
	}
	a := w.send(w.once, c, 0)
	if a.Failure != "" {
		w.t.Fatalf("%s: %s", c.Action.Name(), a.Failure)
	}
	for _, ref := range a.Receipt.Jobs {
		w.jobs = append(w.jobs, ref.ID)
	}
	if a.Refusal == "" {
		w.taken = append(w.taken, c)
	}
}

func (w *analysed) day(m flow.Moment) flow.Date {
	return flow.DateOf(m.Time().In(postgres.Zone(w.o.Timezone)))
}

func (w *analysed) as(s flow.Scope) *postgres.Analysis {
	a, err := w.once.db.Analysis(w.once.t.Context(), w.o, s, w.now.Time())
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// sheet is every key figure of some jobs by their whole histories.
func (w *analysed) sheet(of func(flow.Job) bool) measure.Sheet {
	ctx := w.once.t.Context()
	h, err := w.once.db.House(ctx, w.o)
	w.must(err)
	jobs, err := w.once.db.Jobs(ctx, w.o.ID, w.jobs)
	w.must(err)
	in := map[flow.ID]bool{}
	for _, j := range jobs {
		in[j.ID] = of(j)
	}
	h.From, h.To = flow.At(w.cut.From.Time()), w.now
	s, err := measure.SheetOf(func(f func(flow.Movement) error) error {
		return w.once.db.Stream(ctx, w.o.ID, true, func(r postgres.Record) error {
			if !in[r.Job] {
				return nil
			}
			return f(r.Movement)
		})
	}, h.Lens)
	w.must(err)
	return s
}

func (w *analysed) must(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

// same compares figures number by number, but for those that are told otherwise: ages and rates by day.
func (w *analysed) same(what string, got, want any) {
	w.t.Helper()
	a, b := map[string]float64{}, map[string]float64{}
	for _, v := range []struct {
		of   any
		into map[string]float64
	}{{got, a}, {want, b}} {
		raw, err := json.Marshal(v.of)
		w.must(err)
		var value any
		w.must(json.Unmarshal(raw, &value))
		flatten(v.into, "", value)
	}
	for path, n := range b {
		if g, ok := a[path]; !ok || math.Abs(g-n) > 1e-9*max(1, math.Abs(n)) {
			w.t.Errorf("%s: %s is %v (%t), the whole log gives %v", what, path, g, ok, n)
		}
	}
	for path, g := range a {
		if _, ok := b[path]; !ok {
			w.t.Errorf("%s: %s is %v, the whole log does not tell it", what, path, g)
		}
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
}

func flatten(into map[string]float64, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if key != "age" && key != "per_working_day" {
				flatten(into, path+"/"+key, inner)
			}
		}
	case []any:
		for i, inner := range v {
			flatten(into, fmt.Sprint(path, "/", i), inner)
		}
	case float64:
		into[path] = v
	}
}

// Every figure of every cut is what the key figures of the same jobs are by their whole histories, whether it is read from
// the sums of a customer or, cut by two things at once, from the facts.
func TestAnalysesAreTheKeyFigures(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w := analyse(t, rt, db, n)
		a, ctx := w.as(flow.Scope{All: true}), t.Context()
		for _, c := range []struct{ customer, product string }{{"", ""}, {"Mithai Ghar", ""}, {"", "Sari box"}, {"Rasoi Foods", "Sari box"}} {
			cut := w.cut
			cut.Customer, cut.Product = c.customer, c.product
			want := w.sheet(func(j flow.Job) bool {
				return (c.customer == "" || j.Customer == c.customer) && (c.product == "" || j.Item == c.product)
			})
			k, err := a.KPIs(ctx, cut)
			w.must(err)
			if len(want.Processes) > 0 {
				w.same(fmt.Sprintf("%+v", c), k.Figures, want.All)
			}
			stages, _, err := a.Slices(ctx, cut, measure.PerStage)
			w.must(err)
			w.stagesAre(stages, want.Stages)
			vendors, _, err := a.Slices(ctx, cut, measure.PerVendor)
			w.must(err)
			w.vendorsAre(vendors, want.Vendors)
			b, err := a.Bottleneck(ctx, cut)
			w.must(err)
			w.same("bottleneck", b, want.Bottleneck)
			w.lists(a, cut, k, stages)
		}
		w.steps(a)
		w.flows(a)
	})
}

func (w *analysed) stagesAre(got []measure.Slice, want []measure.StageFigures) {
	by := map[string]measure.Slice{}
	for _, s := range got {
		by[s.Name] = s
	}
	for _, s := range want {
		g := by[s.Name]
		w.same(s.Name, measure.StageFigures{TAT: g.TAT, Queue: g.Queue, Run: g.Run, Hold: g.Hold, Away: g.Away, Waiting: g.Waiting, Open: g.Open, Amounts: g.Amounts}, s)
	}
	if len(got) > len(want) {
		w.t.Fatalf("%d stages, the whole log gives %d", len(got), len(want))
	}
}

func (w *analysed) vendorsAre(got []measure.Slice, want []measure.VendorFigures) {
	if len(got) != len(want) {
		w.t.Fatalf("%d vendors, the whole log gives %d", len(got), len(want))
	}
	for i := range want {
		w.same("vendor", got[i].Vendor, want[i])
	}
}

// lists checks that as many jobs are listed behind each figure as it is told of.
func (w *analysed) lists(a *postgres.Analysis, cut measure.Cut, k measure.KPIs, stages []measure.Slice) {
	here, late := 0, 0
	for _, s := range stages {
		here += s.Open.Jobs
	}
	if k.OnTime.Share != nil {
		late = k.OnTime.N - int(math.Round(*k.OnTime.Share*float64(k.OnTime.N)))
	} else {
		late = -1
	}
	for figure, want := range map[measure.Figure]int{measure.OfCreated: k.Jobs, measure.OfCompleted: k.Completed, measure.OfDue: k.OnTime.N, measure.OfLate: late, measure.OfStays: k.TAT.Elapsed.N,
		measure.OfHolds: k.Held.N, measure.OfTrips: k.Vendor.TAT.Elapsed.N, measure.OfWIP: here, measure.OfOpen: k.Open.Jobs} {
		if want < 0 {
			continue
		}
		n := w.listed(a, postgres.BehindQuery{Cut: cut, Figure: figure, Limit: 2})
		if n != want {
			w.t.Fatalf("%s: %d jobs are listed, the figure is of %d", figure, n, want)
		}
	}
}

// steps checks that the steps of a trend, and the slices of a dimension, are together what the whole is.
func (w *analysed) steps(a *postgres.Analysis) {
	ctx := w.once.t.Context()
	all, err := a.KPIs(ctx, w.cut)
	w.must(err)
	for _, g := range []measure.Grain{measure.ByDay, measure.ByWeek} {
		points, err := a.Trend(ctx, w.cut, g)
		w.must(err)
		var reports, jobs, stays, days int
		for i, p := range points {
			reports, jobs, stays = reports+p.Amounts.Reports, jobs+p.Jobs, stays+p.TAT.Working.N
			days += measure.Cut{From: p.From, To: p.To}.Days()
			if i > 0 && p.From <= points[i-1].To {
				w.t.Fatal("steps overlap")
			}
		}
		if reports != all.Amounts.Reports || jobs != all.Jobs || stays != all.TAT.Working.N || days != w.cut.Days() {
			w.t.Fatalf("steps have %d reports, %d jobs, %d stays, %d days; the whole %d, %d, %d, %d", reports, jobs, stays, days, all.Amounts.Reports, all.Jobs, all.TAT.Working.N, w.cut.Days())
		}
	}
	lost, err := a.Reasons(ctx, w.cut, measure.WastageReasons)
	w.must(err)
	held, err := a.Reasons(ctx, w.cut, measure.HoldReasons)
	w.must(err)
	n := 0
	for _, r := range held {
		n += r.N
	}
	if n != all.Held.N || len(lost) > 0 && math.Abs(lost[len(lost)-1].UpTo-1) > 1e-9 {
		w.t.Fatalf("%d holds by reason, %d in all; %+v", n, all.Held.N, lost)
	}
	ways, _, err := a.Variants(ctx, w.cut, 100)
	w.must(err)
	n = 0
	for _, v := range ways {
		n += v.Jobs
		if p, err := a.Behind(ctx, postgres.BehindQuery{Cut: w.cut, Figure: measure.OfCompleted, Path: &v, Limit: 100}); err != nil || len(p.Rows) != v.Jobs {
			w.t.Fatalf("%+v has %d jobs behind it, %v", v, len(p.Rows), err)
		}
	}
	if n != all.Completed {
		w.t.Fatalf("%d jobs by way, %d completed", n, all.Completed)
	}
}

// flows checks every day of the cumulative flow against the stays themselves.
func (w *analysed) flows(a *postgres.Analysis) {
	f, err := a.Flow(w.once.t.Context(), w.cut)
	w.must(err)
	zone := postgres.Zone(w.o.Timezone)
	want := map[flow.Date]map[string]int{}
	w.must(measure.EachPast(func(each func(flow.Movement) error) error {
		return w.once.db.Stream(w.once.t.Context(), w.o.ID, true, func(r postgres.Record) error { return each(r.Movement) })
	}, 0, func(p measure.Past) error {
		for _, s := range p.Stays {
			for _, d := range f.Days {
				t := d.Day.Time()
				end := flow.At(time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, zone))
				if s.From < end && (s.To == 0 || s.To >= end) {
					if want[d.Day] == nil {
						want[d.Day] = map[string]int{}
					}
					want[d.Day][s.Stage]++
				}
			}
		}
		return nil
	}))
	for _, d := range f.Days {
		for i, s := range f.Stages {
			if d.At[i] != want[d.Day][s.Stage] {
				w.t.Fatalf("%s at %s: %d jobs, by their stays %d", d.Day, s.Stage, d.At[i], want[d.Day][s.Stage])
			}
		}
	}
	w.levels(f)
	w.there(a, f)
	w.offered(a)
}

// offered checks that what there is in all is what there is in one process or another.
func (w *analysed) offered(a *postgres.Analysis) {
	ctx := w.once.t.Context()
	processes, err := w.once.db.Processes(ctx, w.o.ID)
	w.must(err)
	for _, by := range []measure.Dimension{measure.PerCustomer, measure.PerProduct, measure.PerStation} {
		all, err := a.Values(ctx, w.cut, by)
		w.must(err)
		var each []string
		for _, p := range processes {
			c := w.cut
			c.Process = p.ID
			some, err := a.Values(ctx, c, by)
			w.must(err)
			each = append(each, some...)
		}
		slices.Sort(each)
		if each = slices.Compact(each); !slices.Equal(all, each) {
			w.t.Fatalf("by %s there are %q, process by process %q", by, all, each)
		}
	}
}

// there checks that as many jobs are listed as were at a stage when a day ended.
func (w *analysed) there(a *postgres.Analysis, f measure.Flow) {
	if len(f.Stages) == 0 {
		return
	}
	d, i := rapid.SampledFrom(f.Days).Draw(w.t, "day"), rapid.IntRange(0, len(f.Stages)-1).Draw(w.t, "stage")
	cut := measure.Cut{From: d.Day, To: d.Day, Process: f.Stages[i].Process, Stage: f.Stages[i].Stage}
	if n := w.listed(a, postgres.BehindQuery{Cut: cut, Figure: measure.OfThere, Limit: 2}); n != d.At[i] {
		w.t.Fatalf("%d jobs are listed at %s as %s ended, the figure is of %d", n, cut.Stage, d.Day, d.At[i])
	}
}

// listed is how many jobs are behind a figure, read page by page.
func (w *analysed) listed(a *postgres.Analysis, q postgres.BehindQuery) (n int) {
	for {
		p, err := a.Behind(w.once.t.Context(), q)
		w.must(err)
		for _, r := range p.Rows {
			if p.Jobs[r.Job].ID != r.Job {
				w.t.Fatalf("%s: a job is not there", q.Figure)
			}
		}
		n += len(p.Rows)
		if q.After = p.Next; p.Next == (postgres.BehindPlace{}) {
			return n
		}
	}
}

// levels checks what stands over the stages of the board against the cumulative flow.
func (w *analysed) levels(f measure.Flow) {
	last := f.Days[max(0, len(f.Days)-14):]
	for i, s := range f.Stages {
		got, err := w.once.db.Levels(w.once.t.Context(), w.o.ID, s.Process, nil, w.cut.To, len(last))
		w.must(err)
		for n, d := range last {
			if levels := got[s.Stage]; levels == nil && d.At[i] != 0 || levels != nil && levels[n] != d.At[i] {
				w.t.Fatalf("%s at %s: %d jobs, over the board %v", d.Day, s.Stage, d.At[i], levels)
			}
		}
	}
}

// A reader of one stage reads that stage and nothing of whole jobs; of another site, or only of their own work, nothing.
func TestAnalysesKeepToTheScope(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f := openFirm(t, db, "sahyadri")
	for i := range 6 {
		id := f.job(fmt.Sprintf("JC-%d", i), 100)
		f.must(flow.Start{Work: at(id, "printing")})
		f.must(flow.Finish{Work: at(id, "printing")})
		f.must(flow.Finish{Work: at(id, "lamination")})
		f.must(flow.Finish{Work: at(id, "dispatch")})
	}
	f.rolledUp()
	today := flow.DateOf(time.Now().In(postgres.Zone("")))
	cut := measure.Cut{From: flow.DateOf(today.Time().AddDate(0, 0, -6)), To: today}
	read := func(s flow.Scope) (measure.KPIs, []measure.Slice, map[measure.Figure]int) {
		t.Helper()
		a, err := db.Analysis(t.Context(), f.organisation(), s, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		k, err := a.KPIs(t.Context(), cut)
		if err != nil {
			t.Fatal(err)
		}
		stages, _, err := a.Slices(t.Context(), cut, measure.PerStage)
		if err != nil {
			t.Fatal(err)
		}
		n := map[measure.Figure]int{}
		for _, figure := range []measure.Figure{measure.OfCreated, measure.OfCompleted, measure.OfStays, measure.OfReports} {
			p, err := a.Behind(t.Context(), postgres.BehindQuery{Cut: cut, Figure: figure, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			n[figure] = len(p.Rows)
		}
		return k, stages, n
	}
	if k, stages, n := read(flow.Scope{All: true}); k.Completed != 6 || len(stages) != 3 || n[measure.OfStays] != 18 || k.TAT.Elapsed.N != 18 || k.Lead.Elapsed.P50 == nil {
		t.Errorf("all: %+v %d %v", k, len(stages), n)
	}
	one := flow.StageRef{Process: f.process.ID, Stage: "printing"}
	if k, stages, n := read(flow.Scope{Stages: map[flow.StageRef]bool{one: true}}); k.Completed != 0 || k.Jobs != 0 || k.Lead.Elapsed.N != 0 || len(stages) != 1 || stages[0].Key != "printing" ||
		k.TAT.Elapsed.N != 6 || n[measure.OfCompleted] != 0 || n[measure.OfStays] != 6 {
		t.Errorf("one stage: %+v %d %v", k, len(stages), n)
	}
	for what, s := range map[string]flow.Scope{"nothing": {}, "another site": {All: true, Sites: map[string]bool{"vasai": true}}, "their own": {All: true, Mine: f.owner},
		"another process": {Processes: map[flow.ID]bool{newID(t): true}}, "a vendor": {Vendors: map[flow.ID]bool{newID(t): true}}} {
		if k, stages, n := read(s); k.Jobs != 0 || k.TAT.Elapsed.N != 0 || len(stages) != 0 || n[measure.OfCreated] != 0 || n[measure.OfStays] != 0 {
			t.Errorf("%s: %+v %d %v", what, k, len(stages), n)
		}
	}
}
