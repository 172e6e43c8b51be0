package history_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/history"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
	"clicarity/internal/sheets"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var newID = pgtest.NewID

type plant struct {
	t   *testing.T
	db  *postgres.DB
	org flow.ID
	im  history.Importer
	bad []history.BadRow
}

func openPlant(t *testing.T) *plant {
	t.Helper()
	p := &plant{t: t, db: pgtest.New(t), org: newID(t)}
	owner := postgres.Member{ID: newID(t), Name: "Asha Patil", Role: flow.Owner, PasswordHash: "x", Created: time.Now()}
	if err := p.db.AddOrganisation(t.Context(), postgres.Organisation{ID: p.org, Slug: "plant", Name: "Pune Machining", Created: time.Now()}, owner); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	p.im = history.Importer{DB: p.db, Zone: zone, Bad: func(b history.BadRow) { p.bad = append(p.bad, b) },
		Mark: flow.Mark{Org: p.org, Member: owner.ID, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}}
	return p
}

func (p *plant) bring(mapping, csv string) history.Result {
	p.t.Helper()
	m, err := history.ReadMap(strings.NewReader(mapping))
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := p.im.Import(p.t.Context(), m, strings.NewReader(csv))
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.db.Verify(p.t.Context(), p.org); err != nil {
		p.t.Fatal(err)
	}
	return r
}

func (p *plant) kpi() measure.KPI {
	p.t.Helper()
	processes, err := p.db.Processes(p.t.Context(), p.org)
	if err != nil {
		p.t.Fatal(err)
	}
	k, err := measure.Summary(func(f func(flow.Movement) error) error {
		return p.db.Stream(context.WithoutCancel(p.t.Context()), p.org, false, func(r postgres.Record) error { return f(r.Movement) })
	}, func(_ flow.ID, code string) string {
		s, _ := processes[0].Stage(code)
		return s.Name
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return k
}

const realMap = `{"process":"Machining","mode":"quantity","timezone":"Asia/Kolkata","job":"job","stage":"activity","started":"started_at","completed":"completed_at",
	"member":"worker","station":"machine","good":"qty_completed","wasted":"qty_rejected","rework":"rework","review":"qty_for_mrb","fields":{"quantity":"order_qty","item":"part"}}`

// The real plant's log: nothing lost, every sum the file's own, the published percentiles, and a second import adds
// nothing.
func TestARealPlantsLog(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../shared/data/production-log.csv")
	if err != nil {
		t.Skip("the real production log is not beside this checkout: ../shared/data/production-log.csv")
	}
	p := openPlant(t)
	r := p.bring(realMap, string(text))
	if r.Rows != 4338 || r.Bad != 0 || r.Jobs != 225 || r.Stages != 51 {
		t.Errorf("%+v, bad rows %v", r, p.bad)
	}
	again := p.bring(realMap, string(text))
	if again.Movements != 0 || again.Rows != 4338 {
		t.Errorf("the second import: %+v", again)
	}
	k := p.kpi()
	for name, figure := range map[string][2]float64{"P50": {k.Cycle.P50, 333.6}, "P85": {k.Cycle.P85, 1009.3}, "P95": {k.Cycle.P95, 1727.2}} {
		if math.Abs(figure[0]-figure[1]) > 0.05 {
			t.Errorf("cycle time %s is %.3f h, want %.1f", name, figure[0], figure[1])
		}
	}
	reports := 0
	var review, rework flow.Quantity
	sums := fileSums(t, string(text))
	for _, s := range k.Stages {
		reports, review, rework = reports+s.Reports, review+s.Review, rework+s.Rework
		if got := fmt.Sprintf("%d %s %s %s %s", s.Reports, s.Good, s.Wasted, s.Rework, s.Review); got != sums[s.Name] {
			t.Errorf("%s: %s, the file has %s", s.Name, got, sums[s.Name])
		}
	}
	if k.Jobs != 225 || reports != 4338 || len(k.Stages) != 51 || k.Cycle.N != 225 {
		t.Errorf("%d jobs, %d reports, %d stages, cycle times of %d", k.Jobs, reports, len(k.Stages), k.Cycle.N)
	}
	if review != flow.Units(105) || rework == 0 {
		t.Errorf("%s held for review, %s reworked", review, rework)
	}
	if got := sums["Final Inspection Q.C."]; !strings.Contains(got, " 11920 231 ") {
		t.Errorf("Final Inspection Q.C.: %s", got)
	}
	if got := sums["Turning & Milling Q.C."]; !strings.Contains(got, " 12465 239 ") {
		t.Errorf("Turning & Milling Q.C.: %s", got)
	}
}

// fileSums adds up the file itself, by other means than the import.
func fileSums(t *testing.T, text string) map[string]string {
	t.Helper()
	table, err := sheets.Read(strings.NewReader(text), sheets.JobLimits)
	if err != nil {
		t.Fatal(err)
	}
	type sum struct{ n, good, wasted, rework, review int }
	sums := map[string]sum{}
	for _, r := range table.Rows {
		var good, wasted, rework, review int
		if _, err := fmt.Sscan(r.Cells[9]+" "+r.Cells[10]+" "+r.Cells[11], &good, &wasted, &review); err != nil {
			t.Fatal(err)
		}
		s := sums[r.Cells[1]]
		if r.Cells[12] == "Y" {
			rework = good
		}
		sums[r.Cells[1]] = sum{s.n + 1, s.good + good, s.wasted + wasted, s.rework + rework, s.review + review}
	}
	out := map[string]string{}
	for name, s := range sums {
		out[name] = fmt.Sprintf("%d %d %d %d %d", s.n, s.good, s.wasted, s.rework, s.review)
	}
	return out
}

// What cannot be read is named by line and the rest goes in.
func TestBadRowsAreNamedAndTheRestGoesIn(t *testing.T) {
	t.Parallel()
	p := openPlant(t)
	r := p.bring(`{"process":"Shop","job":"job","stage":"step","completed":"end","good":"ok","wasted":"bad"}`,
		"job,step,end,ok,bad\nJ1,Cut,30-01-2012 06:24,10,1\nJ1,Cut,yesterday,10,1\n,Cut,30-01-2012 06:24,1,0\nJ1,,30-01-2012 06:24,1,0\nJ1,Drill,,1,0\nJ1,Drill,30-01-2012 08:00,ten,0\nJ1,Drill,30-01-2012 09:00,9,0\n")
	if r.Rows != 7 || r.Bad != 5 || r.Jobs != 1 || r.Stages != 2 {
		t.Errorf("%+v", r)
	}
	for i, want := range []string{"3 date bad", "4 the job is empty", "5 the stage is empty", "6 neither a start", "7 number bad"} {
		if got := fmt.Sprint(p.bad[i].Line, " ", p.bad[i].Why); !strings.HasPrefix(got, want) {
			t.Errorf("bad row %d: %s, want %s", i, got, want)
		}
	}
}

// Identical rows are all kept; a log that has grown adds only what is new; visits out of order stay as they were.
func TestEqualRowsAndAGrownLog(t *testing.T) {
	t.Parallel()
	p := openPlant(t)
	const mapping = `{"process":"Shop","job":"job","stage":"step","started":"begin","completed":"end","good":"ok","fields":{"quantity":"order"}}`
	head := "job,step,begin,end,ok,order\n"
	row := "J1,Cut,2012-01-30T06:00:00,2012-01-30T07:00:00,5,10\n"
	p.bring(mapping, head+row+row)
	if k := p.kpi(); k.Stages[0].Reports != 2 || k.Stages[0].Good != flow.Units(10) {
		t.Errorf("%+v", k.Stages)
	}
	r := p.bring(mapping, head+row+row+row+"J1,Pack,2012-01-31T06:00:00,2012-01-31T07:00:00,12,10\nJ1,Cut,2012-02-01T06:00:00,2012-02-01T07:00:00,3,10\n")
	k := p.kpi()
	if k.Stages[0].Reports != 4 || k.Stages[0].Good != flow.Units(18) || k.Stages[1].Good != flow.Units(12) || r.Movements == 0 {
		t.Errorf("%+v %+v", k.Stages, r)
	}
	jobs, err := p.db.JobsByNumber(t.Context(), p.org, []string{"j1"})
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	if cut, _ := jobs[0].Stage("cut"); cut.Found != flow.Units(8) || cut.Good != flow.Units(18) {
		t.Errorf("what the order of 10 does not explain is found: %+v", cut)
	}
}

// A log of completions only, without quantities: every visit is kept and the job is where the log left it.
func TestALogOfCompletionsOnly(t *testing.T) {
	t.Parallel()
	p := openPlant(t)
	p.bring(`{"process":"Loans","mode":"unit","job":"case","stage":"activity","completed":"time"}`,
		"case,activity,time\n1,Apply,2011-10-01 08:00\n1,Check,2011-10-02 08:00\n1,Apply,2011-10-03 08:00\n1,Decide,2011-10-04 08:00\n2,Apply,2011-10-01 09:00\n")
	k := p.kpi()
	if k.Jobs != 2 || k.Cycle.N != 2 || k.Cycle.P50 != 36 {
		t.Errorf("%+v", k)
	}
	jobs, err := p.db.JobsByNumber(t.Context(), p.org, []string{"1"})
	if err != nil || len(jobs) != 1 || jobs[0].Open() {
		t.Errorf("%+v %v", jobs, err)
	}
}

func TestMappingsAreChecked(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		`{}`: `columns "job" and "stage"`, `{"job":"a","stage":"b","process":"p"}`: `"started" or "completed"`, `{"job":"a","stage":"b","completed":"c"}`: `"process"`,
		`{"jobs":"a"}`: "not the JSON", `nothing`: "not the JSON", `{"job":"a","stage":"b","completed":"c","process":"p","mode":"tons"}`: `"mode"`,
	} {
		if _, err := history.ReadMap(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
	p := openPlant(t)
	m, err := history.ReadMap(strings.NewReader(`{"process":"Shop","job":"job","stage":"step","completed":"end"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.im.Import(t.Context(), m, strings.NewReader("job,stage,end\n1,2,3\n")); err == nil || !strings.Contains(err.Error(), `no column "step"`) {
		t.Errorf("a column that is not there: %v", err)
	}
}

func FuzzReadMap(f *testing.F) {
	f.Add(realMap)
	f.Fuzz(func(_ *testing.T, text string) { _, _ = history.ReadMap(strings.NewReader(text)) }) //nolint:errcheck // it must only not panic
}
