package history_test

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

// This file reckons the key figures of the real log a second time, from the rows of the file and by other means than
// the product: no movements, no accounts, no stays, a calendar of its own.

const logPath = "../../../shared/data/production-log.csv"

// line is a row of the file.
type line struct {
	n                 int
	job, at, machine  string
	from, to          time.Time
	order             int
	good, bad, rework int
}

func lines(t *testing.T) []line {
	t.Helper()
	file, err := os.Open(logPath)
	if err != nil {
		t.Skip("the real production log is not beside this checkout: ../shared/data/production-log.csv")
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("IST", 19800)
	var list []line
	for i, r := range rows[1:] {
		l := line{n: i, job: r[0], at: r[1], machine: r[2]}
		var e1, e2 error
		l.from, e1 = time.ParseInLocation("2006-01-02T15:04:05", r[4], zone)
		l.to, e2 = time.ParseInLocation("2006-01-02T15:04:05", r[5], zone)
		if e1 != nil || e2 != nil {
			t.Fatal(e1, e2)
		}
		for text, into := range map[int]*int{6: &l.order, 9: &l.good, 10: &l.bad} {
			if *into, err = strconv.Atoi(r[text]); err != nil {
				t.Fatal(err)
			}
		}
		if r[12] == "Y" {
			l.rework = l.good
		}
		list = append(list, l)
	}
	return list
}

// working is the hours between two times that lie from nine to six on a day that is no Sunday.
func working(a, b time.Time) float64 {
	sum := 0.0
	for day := time.Date(a.Year(), a.Month(), a.Day(), 0, 0, 0, 0, a.Location()); day.Before(b); day = day.AddDate(0, 0, 1) {
		if day.Weekday() == time.Sunday {
			continue
		}
		open, shut := day.Add(9*time.Hour), day.Add(18*time.Hour)
		if open.Before(a) {
			open = a
		}
		if shut.After(b) {
			shut = b
		}
		sum += max(shut.Sub(open).Hours(), 0)
	}
	return sum
}

// sojourn is how long something was at a place: it came, work began (or not), it was gone (or is still there).
type sojourn struct {
	at             string
	came, run, out time.Time
	machine        string // of the row that ended the wait
	left           int    // what is there at the end of the file
}

// order is a job as the rows make it.
type order struct {
	rows           []line
	route          []string
	came           map[string]int
	comings        []coming
	stays          []*sojourn
	created, ended time.Time
	shipped        int
}

type coming struct {
	at  string
	day time.Time
	n   int
}

func follow(rows []line) *order {
	o := &order{rows: rows, came: map[string]int{}}
	o.created = slices.MinFunc(rows, func(a, b line) int { return a.from.Compare(b.from) }).from
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].from.Before(rows[j].from) })
	for _, r := range rows {
		if !slices.Contains(o.route, r.at) {
			o.route = append(o.route, r.at)
		}
	}
	slices.SortStableFunc(rows, func(a, b line) int {
		return cmp.Or(a.to.Compare(b.to), a.from.Compare(b.from), cmp.Compare(a.n, b.n))
	})
	there, here := map[string]int{}, map[string]*sojourn{}
	bring := func(at string, n int, when time.Time) {
		if n == 0 {
			return
		}
		if there[at] == 0 {
			here[at] = &sojourn{at: at, came: when}
			o.stays = append(o.stays, here[at])
		}
		there[at] += n
		o.came[at] += n
		o.comings = append(o.comings, coming{at, when, n})
	}
	first := slices.MinFunc(rows, func(a, b line) int { return cmp.Compare(a.n, b.n) })
	bring(o.route[0], first.order, o.created)
	for _, r := range rows {
		if lack := r.good + r.bad - there[r.at]; lack > 0 {
			bring(r.at, lack, r.to)
			o.ended = time.Time{}
		}
		o.work(r, here[r.at])
		there[r.at] -= r.good + r.bad
		if s := here[r.at]; s != nil && there[r.at] == 0 {
			s.out, here[r.at] = r.to, nil
		} else if s != nil && s.run.IsZero() {
			s.run = r.to
		}
		if i := slices.Index(o.route, r.at); i+1 < len(o.route) {
			bring(o.route[i+1], r.good, r.to)
		} else {
			o.shipped += r.good
		}
		if len(here) > 0 && r.good+r.bad > 0 && empty(there) {
			o.ended = r.to
		}
	}
	for at, s := range here {
		if s != nil {
			s.left = there[at]
		}
	}
	return o
}

func empty(m map[string]int) bool {
	for _, n := range m {
		if n > 0 {
			return false
		}
	}
	return true
}

func (o *order) work(r line, s *sojourn) {
	if s == nil || !s.run.IsZero() || !r.from.Before(r.to) {
		return
	}
	if r.from.After(s.came) {
		s.machine = r.machine
	} else {
		s.came = r.from
	}
	s.run = r.from
}

// sheet is what is expected, by the path of each figure in the JSON.
type expected map[string]float64

func (e expected) dist(path string, values []float64) {
	sort.Float64s(values)
	e[path+"/n"] = float64(len(values))
	for name, p := range map[string][2]float64{"p50": {50, 5}, "p85": {85, 7}, "p95": {95, 20}} {
		if float64(len(values)) < p[1] {
			continue
		}
		whole, rest := (len(values)-1)*int(p[0])/100, (len(values)-1)*int(p[0])%100
		v := values[whole]
		if rest > 0 {
			v += (values[whole+1] - v) * float64(rest) / 100
		}
		e[path+"/"+name] = v
	}
}

type pair struct{ from, to time.Time }

func (e expected) both(path string, list []pair) {
	var a, b []float64
	for _, p := range list {
		a, b = append(a, p.to.Sub(p.from).Hours()), append(b, working(p.from, p.to))
	}
	e.dist(path+"/elapsed_hours", a)
	e.dist(path+"/working_hours", b)
}

func (e expected) share(path string, part, whole float64, n int) {
	e[path+"/n"] = float64(n)
	if whole > 0 {
		e[path+"/share"] = part / whole
	}
}

func (e expected) load(path string, list []pair) {
	e[path+"/n"] = float64(len(list))
	e[path+"/elapsed_hours"], e[path+"/working_hours"] = 0, 0
	for _, p := range list {
		e[path+"/elapsed_hours"] += p.to.Sub(p.from).Hours()
		e[path+"/working_hours"] += working(p.from, p.to)
	}
}

// TestEveryKeyFigureOfARealPlantsLog compares every number of the sheet with one reckoned from the file's rows alone.
func TestEveryKeyFigureOfARealPlantsLog(t *testing.T) {
	t.Parallel()
	all := lines(t)
	text, err := os.ReadFile(logPath)
	if err != nil {
		t.Fatal(err)
	}
	p := openPlant(t)
	p.bring(realMap, string(text))
	want := reckon(all)
	got := expected{}
	flatten(t, got, "", p.sheet(all))
	for path, w := range want {
		if g, ok := got[path]; !ok || math.Abs(g-w) > 1e-6*max(1, math.Abs(w)) {
			t.Errorf("%s is %v, reckoned from the file %v", path, g, w)
		}
	}
	for path, g := range got {
		if _, ok := want[path]; !ok && g != 0 {
			t.Errorf("%s is %v and nobody reckoned it", path, g)
		}
	}
	t.Logf("%d figures agree to six digits", len(want))
}

// lens is how the plant's history is looked at.
func (p *plant) lens() measure.Lens {
	p.t.Helper()
	processes, err := p.db.Processes(p.t.Context(), p.org)
	if err != nil {
		p.t.Fatal(err)
	}
	table, err := p.db.Timetable(p.t.Context(), postgres.Organisation{ID: p.org, Timezone: "Asia/Kolkata"})
	if err != nil {
		p.t.Fatal(err)
	}
	return measure.Lens{
		Place: func(_ flow.ID, code string) (string, *flow.Hours) {
			s, _ := processes[0].Stage(code)
			return s.Name, table.Hours("")
		},
		Process: func(flow.ID) string { return processes[0].Name }, Vendor: flow.ID.String,
		Inspection: func(flow.ID, string) bool { return false }, Zone: p.im.Zone,
	}
}

func (p *plant) byJob(f func(flow.Movement) error) error {
	return p.db.Stream(p.t.Context(), p.org, true, func(r postgres.Record) error { return f(r.Movement) })
}

// Of the dates called 85% in the last month, learned from the two before, between 78% and 92% are met.
func TestForecastsOfARealPlantsLog(t *testing.T) {
	t.Parallel()
	all := lines(t)
	text, err := os.ReadFile(logPath)
	if err != nil {
		t.Fatal(err)
	}
	p := openPlant(t)
	p.bring(realMap, string(text))
	var trails []measure.Trail
	if err := measure.EachPast(p.byJob, 0, func(p measure.Past) error { trails = append(trails, measure.TrailOf(p)); return nil }); err != nil {
		t.Fatal(err)
	}
	_, end := period(all)
	march := time.Date(2012, 3, 1, 0, 0, 0, 0, p.im.Zone)
	c := measure.Backtest(trails, measure.Trial{From: flow.At(march), To: flow.At(end), End: flow.At(end) + 1, Zone: p.im.Zone, Seed: 1, Place: p.lens().Place})
	t.Logf("%+v", c)
	if c.P85.Met < 0.78 || c.P85.Met > 0.92 || c.P85.Dates < 50 {
		t.Errorf("85%% dates met: %.1f%% of %.0f", c.P85.Met*100, c.P85.Dates)
	}
}

func (p *plant) sheet(all []line) any {
	p.t.Helper()
	lens := p.lens()
	from, to := period(all)
	lens.From, lens.To = flow.At(from), flow.At(to)
	sheet, err := measure.SheetOf(p.byJob, lens)
	if err != nil {
		p.t.Fatal(err)
	}
	raw, err := json.Marshal(sheet)
	if err != nil {
		p.t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		p.t.Fatal(err)
	}
	return value
}

func period(all []line) (from, to time.Time) {
	from, to = all[0].from, all[0].to
	for _, l := range all {
		if l.from.Before(from) {
			from = l.from
		}
		if l.to.After(to) {
			to = l.to
		}
	}
	return from, to
}

// flatten names every number by its path; members of a list by their name.
func flatten(t *testing.T, into expected, path string, value any) {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			flatten(t, into, strings.TrimPrefix(path+"/"+key, "/"), inner)
		}
	case []any:
		for _, inner := range v {
			m, ok := inner.(map[string]any)
			if !ok {
				t.Fatalf("%s holds %v", path, inner)
			}
			flatten(t, into, path+"/"+fmt.Sprint(m["name"]), inner)
		}
	case float64:
		into[path] = v
	}
}
