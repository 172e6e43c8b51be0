package web

import (
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// steps are the shares of what a stage ages against (flow.Stage.Ageing) at which its colour changes.
var steps = [...]float64{0.5, 0.85, 1, 1.5}

// hours are the working hours of a stage.
func (v *view) hours(s flow.Stage) *flow.Hours { return v.Who.Hours.Hours(s.Calendar) }

// age is the step of ageing of what has been at a stage since a moment, in working time: 0 fresh to 4 far beyond what
// the stage ages against.
func (v *view) age(s flow.Stage, since flow.Moment) int {
	if since == 0 {
		return 0
	}
	share := float64(v.hours(s).Working(since.Time(), v.Now)) / float64(s.Ageing())
	for step, limit := range steps {
		if share <= limit {
			return step
		}
	}
	return len(steps)
}

// ages is the step of ageing, and when the next ones come, in Unix seconds with spaces between: for the browser, which
// does not know the calendar, to keep the colour right.
func (v *view) ages(s flow.Stage, since flow.Moment) (now int, next string) {
	now = v.age(s, since)
	if since == 0 {
		return now, ""
	}
	var list []string
	for _, limit := range steps[now:] {
		at := v.hours(s).Add(since.Time(), time.Duration(float64(s.Ageing())*limit))
		list = append(list, strconv.FormatInt(at.Unix(), 10))
	}
	return now, strings.Join(list, " ")
}

// Working writes a length of working time in hours, never in days, because a working day has no fixed length:
// "20 h 15 m working". Empty where the calendar makes no difference.
func (v *view) Working(l measure.Length) string {
	if l.Elapsed-l.Working < time.Minute {
		return ""
	}
	return v.T("span_working", "for", v.workSpan(l.Working))
}

func (v *view) workSpan(d time.Duration) string {
	minutes := int(d / time.Minute)
	switch {
	case minutes < 60:
		return v.T("span_m", "m", minutes)
	case minutes%60 == 0 || minutes >= 100*60:
		return v.T("span_h", "h", v.Int(minutes/60))
	}
	return v.T("span_hm", "h", minutes/60, "m", minutes%60)
}

// took is a length of time as pages show it.
type took struct{ Elapsed, Working string }

// Took writes a length of time by the clock and by the calendar; none at all is empty.
func (v *view) Took(l measure.Length) took {
	if l.Elapsed == 0 {
		return took{}
	}
	return took{v.span(l.Elapsed), v.Working(l)}
}

// Worked is the working time of the present state, empty where the calendar makes no difference.
func (p place) Worked() string {
	return p.Working(measure.LengthOf(p.Since(), flow.At(p.Now), p.hours(p.Stage)))
}

// TargetBy says until when the stage's target lasts, or by how much working time it has passed. Empty without one.
func (p place) TargetBy() string {
	if p.Stage.Target == 0 || p.State.Ready == 0 || !p.State.Live() {
		return ""
	}
	target, hours := p.Stage.TargetTime(), p.hours(p.Stage)
	if over := hours.Working(p.State.Ready.Time(), p.Now) - target; over >= time.Minute {
		return p.T("target_passed", "target", p.workSpan(target), "by", p.workSpan(over))
	}
	return p.T("target_until", "target", p.workSpan(target), "at", p.ahead(hours.Add(p.State.Ready.Time(), target)))
}

// ahead writes a moment that is to come: today 14:05, Mon 09:00 within a week, else 23-11-2026 09:00.
func (v *view) ahead(at time.Time) string {
	t, today := at.In(v.Zone), v.Now.In(v.Zone)
	switch {
	case sameDay(t, today):
		return v.When(flow.At(at))
	case t.Sub(today) < 6*24*time.Hour && v.Past == 0:
		return v.weekday(t.Weekday()) + " " + t.Format("15:04")
	}
	return t.Format("02-01-2006 15:04")
}

func (v *view) weekday(d time.Weekday) string { return v.T("weekday_" + strconv.Itoa(int(d))) }
