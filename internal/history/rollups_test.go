package history_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

// The figures read from the roll-ups of a real plant's log are those reckoned from the rows of its file alone, to six digits.
func TestRollUpsOfARealPlantsLog(t *testing.T) {
	t.Parallel()
	all := lines(t)
	text, err := os.ReadFile(logPath)
	if err != nil {
		t.Fatal(err)
	}
	p := openPlant(t)
	p.bring(realMap, string(text))
	o := p.rollUp()
	if c, err := p.db.CheckRollUps(t.Context(), o); err != nil || !c.Equal() || c.Seq != c.Head {
		t.Fatalf("%+v %v", c, err)
	}
	want, got := reckon(all), expected{}
	flatten(t, got, "", p.rolledSheet(o, all))
	n := 0
	for path, w := range want {
		if strings.Contains(path, "/wip/age") {
			continue // it is told stage by stage, against how long stays take
		}
		n++
		if g, ok := got[path]; !ok || math.Abs(g-w) > 1e-6*max(1, math.Abs(w)) {
			t.Errorf("%s is %v, reckoned from the file %v", path, g, w)
		}
	}
	t.Logf("%d of %d figures agree to six digits", n, len(want))
}

func (p *plant) rollUp() postgres.Organisation {
	p.t.Helper()
	o, err := p.db.Organisation(p.t.Context(), p.org)
	if err != nil {
		p.t.Fatal(err)
	}
	for n := 1; n > 0; {
		if n, err = p.db.RollUp(p.t.Context(), o); err != nil {
			p.t.Fatal(err)
		}
	}
	return o
}

// rolledSheet is the sheet of figures as the roll-ups give it.
func (p *plant) rolledSheet(o postgres.Organisation, all []line) any {
	t := p.t
	ctx := t.Context()
	from, to := period(all)
	a, err := p.db.Analysis(ctx, o, flow.Scope{All: true}, to)
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cut := measure.Cut{From: flow.DateOf(from), To: flow.DateOf(to)}
	s := measure.Sheet{From: string(cut.From), To: string(cut.To)}
	k, err := a.KPIs(ctx, cut)
	must(err)
	s.All = k.Figures
	processes, _, err := a.Slices(ctx, cut, measure.PerProcess)
	must(err)
	for _, one := range processes {
		s.Processes = append(s.Processes, measure.Group{Name: one.Name, Figures: one.Figures})
	}
	for month := flow.DateOf(from.AddDate(0, 0, 1-from.Day())); month <= cut.To; month = flow.DateOf(month.Time().AddDate(0, 1, 0)) {
		of := measure.Cut{From: max(month, cut.From), To: min(cut.To, flow.DateOf(month.Time().AddDate(0, 1, -1)))}
		k, err := a.KPIs(ctx, of)
		must(err)
		k.Open = measure.Open{}
		s.Months = append(s.Months, measure.Group{Name: string(month[:7]), Figures: k.Figures})
	}
	stages, _, err := a.Slices(ctx, cut, measure.PerStage)
	must(err)
	for _, one := range stages {
		s.Stages = append(s.Stages, measure.StageFigures{Process: processes[0].Name, Name: one.Name, TAT: one.TAT, Queue: one.Queue, Run: one.Run, Hold: one.Hold, Away: one.Away,
			Waiting: one.Waiting, Open: one.Open, Amounts: one.Amounts})
	}
	s.Stations, err = a.Stations(ctx, cut)
	must(err)
	s.Bottleneck, err = a.Bottleneck(ctx, cut)
	must(err)
	raw, err := json.Marshal(s)
	must(err)
	var value any
	must(json.Unmarshal(raw, &value))
	return value
}
