package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

var kolkata = time.FixedZone("IST", 5*3600+1800)

func ist(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, kolkata)
	if err != nil {
		panic(err)
	}
	return t
}

// lookAt is how somebody of a firm with a general shift, 09:00 to 18:00, and a drying room sees things at a moment.
func lookAt(tb testing.TB, at string) *view {
	tb.Helper()
	words, err := readWords(files)
	if err != nil {
		tb.Fatal(err)
	}
	table := flow.NewTimetable([]flow.Calendar{flow.StarterCalendar(), {Code: "drying", Name: "Drying room"}}, "general", kolkata)
	return &view{w: &Web{words: words}, words: words, Lang: "en", Now: ist(at), Zone: kolkata, Who: flow.Person{Hours: table}}
}

// Targets are working time: a job that came at the end of a shift is not late in the morning, but for a stage that
// works round the clock.
func TestAgesAreJudgedInWorkingTime(t *testing.T) {
	t.Parallel()
	v := lookAt(t, "2026-11-24 09:10")
	since := flow.At(ist("2026-11-23 17:50")) // 15 h 20 m by the clock, 20 m at work
	for _, c := range []struct {
		stage flow.Stage
		want  int
	}{{flow.Stage{Target: 60}, 0}, {flow.Stage{Target: 30}, 1}, {flow.Stage{Target: 20}, 2}, {flow.Stage{Target: 15}, 3}, {flow.Stage{Target: 10}, 4},
		{flow.Stage{Target: 60, Calendar: "drying"}, 4}, {flow.Stage{Target: 60, Calendar: "gone"}, 0}, {flow.Stage{}, 0}} {
		if got := v.age(c.stage, since); got != c.want {
			t.Errorf("%+v is at step %d, want %d", c.stage, got, c.want)
		}
	}
	if got := v.Working(measure.LengthOf(since, flow.At(v.Now), v.hours(flow.Stage{}))); got != "20 m working" {
		t.Errorf("%q", got)
	}
	if got := v.Working(measure.LengthOf(since, flow.At(v.Now), v.hours(flow.Stage{Calendar: "drying"}))); got != "" {
		t.Errorf("where the calendar makes no difference: %q", got)
	}
}

// The browser is told when the colours change, because it does not know the calendar.
func TestThePageKnowsWhenColoursChange(t *testing.T) {
	t.Parallel()
	v := lookAt(t, "2026-11-23 17:55")
	now, next := v.ages(flow.Stage{Target: 60}, flow.At(ist("2026-11-23 17:20"))) // 35 of 60 minutes
	want := fmt.Sprintf("%d %d %d", ist("2026-11-24 09:11").Unix(), ist("2026-11-24 09:20").Unix(), ist("2026-11-24 09:50").Unix())
	if now != 1 || next != want {
		t.Errorf("%d %q, want 1 %q", now, next, want)
	}
	p := flow.Process{Stages: []flow.Stage{{Code: "a", Name: "A", Target: 60}}}
	j := flow.Job{Stages: []flow.StageState{{Code: "a", OnHand: flow.One, Ready: flow.At(v.Now)}}}
	if c := v.boardRow(j, p, nil).Cells[0]; c.Age != 0 || strings.Count(c.Next, " ") != 3 {
		t.Errorf("%+v", c)
	}
}

func TestTargetsSayUntilWhen(t *testing.T) {
	t.Parallel()
	p := flow.Process{Stages: []flow.Stage{{Code: "a", Name: "A", Target: 90}}}
	j := flow.Job{Stages: []flow.StageState{{Code: "a", OnHand: flow.One, Ready: flow.At(ist("2026-11-21 17:00"))}}} // a Saturday
	for now, want := range map[string]string{"2026-11-21 17:10": "Target 1 h 30 m: until Mon 09:30", "2026-11-23 09:05": "Target 1 h 30 m: until today 09:30",
		"2026-11-23 11:00": "Target 1 h 30 m: passed by 1 h 30 m of working time"} {
		v := lookAt(t, now)
		if got := v.place(j, p, "a", nil).TargetBy(); got != want {
			t.Errorf("at %s: %q, want %q", now, got, want)
		}
	}
}

// A board of 200 live cells, judged and drawn up as rows.
func BenchmarkJudgingABoardOf200Cells(b *testing.B) {
	v := lookAt(b, "2026-11-23 11:00")
	p := flow.Process{}
	for i := range 20 {
		code := fmt.Sprintf("s%d", i)
		p.Stages = append(p.Stages, flow.Stage{Code: code, Name: code, Target: 480})
	}
	j := flow.Job{}
	for i, s := range p.Stages {
		j.Stages = append(j.Stages, flow.StageState{Code: s.Code, OnHand: flow.One, Ready: flow.At(v.Now.Add(-time.Duration(i) * 10 * time.Hour))})
	}
	for b.Loop() {
		for range 10 {
			if len(v.boardRow(j, p, nil).Live) != 20 {
				b.Fatal("not all are live")
			}
		}
	}
}
