package web

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

const lateRows = 50

// forecastPage is what the forecasts of a process come to: which jobs are likely late, how dates came true, and what they are
// learned from.
type forecastPage struct {
	*view
	Processes []flow.Process
	Process   flow.Process
	Late      []lateRow
	Next      string
	Learned   *postgres.ForecastModel // nil before the first night
	Since     flow.Date
	Young     bool
	Days      int // of record, when it is young
	Known     []knownStage
	Months    []monthRow // the newest first
	Chart     *metChart
}

// Least is how many jobs have to be known from a stage.
func (forecastPage) Least() int { return measure.Forecastable }

// lateRow is a job that is likely late.
type lateRow struct {
	*view
	postgres.LateJob
	At   flow.Job
	Risk string // the name of the stage
}

// Percent is the chance of meeting the due date.
func (l lateRow) Percent() int { return percentOf(l.Chance) }

// DueOf is how the due date stands; the embedded job's own Due hides that of the view.
func (l lateRow) DueOf(j flow.Job) due { return l.view.Due(j) }

// Likely is it in words.
func (l lateRow) Likely() chip { return l.chance(l.Chance) }

// knownStage is what is known of a stage, empty hours for too few jobs.
type knownStage struct {
	Name, Half, Most string
	N                int
}

// monthRow is what became of the dates that were told for a month; a share is empty when too few have come.
type monthRow struct {
	Name           string
	Half, Most     string // percent
	HalfOf, MostOf int
	half, most     float64
}

// forecastPage shows it to those who see the process as a whole. How dates came true, and what is known, is of all sites, and
// for those who see all of them.
func (w *Web) forecastPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "forecast")
	p := forecastPage{view: v}
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	if p.Processes = wholeProcesses(who, all); len(p.Processes) == 0 && len(all) > 0 {
		return errNotYours
	}
	if len(p.Processes) > 0 {
		p.Process = choose(p.Processes, r.FormValue("process"))
		if err := w.fillForecast(r, &p); err != nil {
			return err
		}
	}
	return w.render(rw, http.StatusOK, "forecast", p)
}

func (w *Web) fillForecast(r *http.Request, p *forecastPage) error {
	learned, err := w.DB.ForecastLearned(r.Context(), p.Who.Org, p.Process.ID)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Learned, p.Since = &learned, flow.DateOf(learned.Since.In(p.Zone))
	if err := w.fillLate(r, p); err != nil {
		return err
	}
	m, err := w.forecasts.model(r, w.DB, modelKey{p.Who.Org, p.Process.ID}, learned.Learned.UnixMicro())
	if err != nil && !unlearned(err) {
		return err
	}
	if err == nil {
		p.Young, p.Days = m.Young()
	}
	if len(p.Who.Scope.Sites) > 0 {
		return nil
	}
	if err == nil {
		p.knows(m)
	}
	months, err := w.DB.ForecastMonths(r.Context(), p.Who.Org, p.Process.ID)
	if err != nil {
		return err
	}
	for _, month := range months {
		p.Months = append(p.Months, monthOf(month))
	}
	p.Chart = chartOf(p.Months)
	return nil
}

func (w *Web) fillLate(r *http.Request, p *forecastPage) error {
	q := postgres.LateQuery{Process: p.Process.ID, Sites: narrow(p.Who).Sites, Today: flow.DateOf(p.Now.In(p.Zone)), After: parsePlace(r.FormValue("after")), Limit: lateRows}
	list, jobs, more, err := w.DB.LikelyLate(r.Context(), p.Who.Org, q)
	if err != nil {
		return err
	}
	for _, l := range list {
		p.Late = append(p.Late, lateRow{p.view, l, p.Process.As(p.Who.Role).Show(p.Who.Role, jobs[l.Job]), stageName(p.Process, jobs[l.Job], l.Risk)})
	}
	if more {
		last := list[len(list)-1]
		p.Next = "/forecast?" + url.Values{"process": {p.Process.ID.String()}, "after": {string(last.Due) + "." + last.Job.String()}}.Encode()
	}
	return nil
}

// WhenTime writes a moment as When does.
func (v *view) WhenTime(t time.Time) string { return v.When(flow.At(t)) }

// knows lists what is known of each stage, as far as anything is.
func (p *forecastPage) knows(m *measure.Model) {
	for _, k := range m.Knows(p.Process.ID, stagesOf(p.Process)) {
		one := knownStage{Name: p.T("forecast_begin"), N: k.N}
		if k.Stage != "" {
			one.Name = stageName(p.Process, flow.Job{}, k.Stage)
		}
		if k.Told {
			one.Half, one.Most = hoursOf(k.P50), hoursOf(k.P85)
		}
		if k.N > 0 {
			p.Known = append(p.Known, one)
		}
	}
}

func monthOf(d postgres.ForecastDay) monthRow {
	row := monthRow{Name: d.Day.Time().Format("01-2006"), HalfOf: int(math.Round(d.Dates50)), MostOf: int(math.Round(d.Dates85)), half: -1, most: -1}
	if d.Dates50 >= judgeable {
		row.half = d.Met50 / d.Dates50
		row.Half = strconv.Itoa(int(math.Round(100 * row.half)))
	}
	if d.Dates85 >= judgeable {
		row.most = d.Met85 / d.Dates85
		row.Most = strconv.Itoa(int(math.Round(100 * row.most)))
	}
	return row
}

// metChart shows month by month how many of the dates called 50% and 85% were met, beside how many should be.
type metChart struct {
	Width      int
	Months     []chartMonth
	Half, Most []dot
	HalfLine   string // points of the lines
	MostLine   string
	HalfY      int // where the called shares are
	MostY      int
}

type chartMonth struct {
	X    int
	Name string
}

type dot struct{ X, Y int }

const (
	chartLeft, chartStep = 44, 72
	chartTop, chartHigh  = 12, 160
)

func chartY(share float64) int { return chartTop + int(math.Round((1-share)*chartHigh)) }

// chartOf draws months, the oldest first; nil when there is nothing to draw.
func chartOf(months []monthRow) *metChart {
	c := metChart{HalfY: chartY(0.5), MostY: chartY(0.85)}
	x := chartLeft + chartStep/2
	for _, m := range slices.Backward(months) {
		c.Months = append(c.Months, chartMonth{x, m.Name})
		if m.half >= 0 {
			c.Half = append(c.Half, dot{x, chartY(m.half)})
		}
		if m.most >= 0 {
			c.Most = append(c.Most, dot{x, chartY(m.most)})
		}
		x += chartStep
	}
	if len(c.Half)+len(c.Most) == 0 {
		return nil
	}
	c.Width = x + chartStep/2
	c.HalfLine, c.MostLine = pointsOf(c.Half), pointsOf(c.Most)
	return &c
}

func pointsOf(dots []dot) string {
	text := ""
	for _, d := range dots {
		text += strconv.Itoa(d.X) + "," + strconv.Itoa(d.Y) + " "
	}
	return text
}
