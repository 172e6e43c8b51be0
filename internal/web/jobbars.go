package web

import (
	"strconv"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// barChart is where the time of a job went: a bar for each stage that it came to, over one scale of time.
type barChart struct {
	*view
	From, To flow.Moment
	Rows     []barRow
	Lines    []barLine // due and now
	Beyond   string    // the due day, where it is too far away to be drawn
	Kinds    []string  // that are in the picture, for the legend
}

// barRow is a stage of the chart.
type barRow struct {
	measure.Times
	Name   string
	Pieces []barPiece
	Again  []barPiece // when rework was there
}

// barPiece is a stretch of a bar. X and W are percent of the width.
type barPiece struct {
	Kind  string // wait, run, hold, vendor; again is drawn over what was done meanwhile
	X, W  string
	Title string
}

// barLine is a moment that goes through all bars.
type barLine struct{ Kind, X, Words string }

// barKinds are the kinds of pieces in the order of the legend.
var barKinds = []string{"wait", "run", "hold", "vendor", "again"}

// bars draws the stays of the job at the stages that the page shows, in the order of the route.
func (p *jobPage) bars(stays []measure.Stay) *barChart {
	c := &barChart{view: p.view, From: p.Job.Created, To: flow.At(p.Now)}
	if !p.Job.Open() {
		c.To = p.Job.Completed
	}
	of, again := map[string][]measure.Span{}, map[string][]measure.Span{}
	for _, s := range stays {
		if !p.sees(s.Stage) {
			continue
		}
		of[s.Stage], again[s.Stage] = append(of[s.Stage], s.Spans...), append(again[s.Stage], s.Again...)
		for _, span := range s.Spans {
			c.From, c.To = min(c.From, span.From), max(c.To, span.To)
		}
	}
	if len(of) == 0 || c.To <= c.From {
		return nil
	}
	c.lines(p.Job, c.To)
	used := map[string]bool{}
	for _, s := range p.Stages {
		if len(of[s.Stage.Code]) == 0 {
			continue
		}
		row := barRow{Name: s.Stage.Name}
		if s.Time != nil {
			row.Times = s.Time.Times
		}
		for _, span := range of[s.Stage.Code] {
			kind := barKind(span.State)
			row.Pieces = append(row.Pieces, c.piece(kind, span))
			used[kind] = true
		}
		for _, span := range again[s.Stage.Code] {
			row.Again = append(row.Again, c.piece("again", span))
			used["again"] = true
		}
		c.Rows = append(c.Rows, row)
	}
	for _, kind := range barKinds {
		if used[kind] {
			c.Kinds = append(c.Kinds, kind)
		}
	}
	return c
}

// lines adds the lines of the due day's end and of now. A due day is drawn when that leaves at least half of the width to
// what has happened.
func (c *barChart) lines(j flow.Job, now flow.Moment) {
	if j.Due != "" {
		day := j.Due.Time()
		due := flow.At(time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, c.Zone))
		switch {
		case due.Sub(c.From) > 2*c.To.Sub(c.From) || due < c.From:
			c.Beyond = c.Date(j.Due)
		default:
			kind := "due"
			if due < now {
				kind = "over"
			}
			c.To = max(c.To, due)
			c.Lines = append(c.Lines, barLine{kind, c.at(due), c.T("bar_due", "date", c.Date(j.Due))})
		}
	}
	if j.Open() {
		c.Lines = append(c.Lines, barLine{"now", c.at(now), c.T("bar_now")})
	}
	if c.Past != 0 && j.Open() {
		c.Lines[len(c.Lines)-1].Words = c.T("bar_then")
	}
}

// piece is a span as it is drawn: never so narrow that it cannot be seen.
func (c *barChart) piece(kind string, s measure.Span) barPiece {
	title := c.T("bar_piece", "what", c.T("bar_"+kind), "from", c.When(s.From), "to", c.When(s.To), "for", c.span(s.To.Sub(s.From)))
	if s.Station != "" && s.State == flow.Running {
		title += " · " + s.Station
	}
	const least = 0.4
	width := max(c.share(s.To.Sub(s.From)), least)
	x := min(c.share(s.From.Sub(c.From)), 100-least)
	return barPiece{Kind: kind, X: percentText(x), W: percentText(min(width, 100-x)), Title: title}
}

func barKind(s flow.Status) string {
	switch s {
	case flow.Held:
		return "hold"
	case flow.Away:
		return "vendor"
	case flow.Running:
		return "run"
	}
	return "wait"
}

func (c *barChart) at(m flow.Moment) string { return percentText(c.share(m.Sub(c.From))) }

// share is a length in percent of the whole picture.
func (c *barChart) share(d time.Duration) float64 {
	return float64(d) / float64(c.To.Sub(c.From)) * 100
}

func percentText(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "%" }
