package web

import (
	"errors"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"clicarity/internal/chart"
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
	Months    []monthRow    // the newest first
	Chart     template.HTML // of the months; empty without any that was judged
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
	p.Chart = p.judgedChart(p.Months)
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

// judgedChart draws month by month how many in a hundred of the dates called 85% and 50% were met; empty when none was
// judged yet.
func (v *view) judgedChart(months []monthRow) template.HTML {
	labels, most, half := []string{}, []float64{}, []float64{}
	judged := false
	for _, m := range slices.Backward(months) {
		labels, most, half = append(labels, m.Name), append(most, inHundred(m.most)), append(half, inHundred(m.half))
		judged = judged || m.most >= 0 || m.half >= 0
	}
	if !judged {
		return ""
	}
	return chart.Line(chart.Frame{Finding: v.T("forecast_chart"), Say: func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) + "%" }}, labels,
		[]chart.Series{{Name: v.T("forecast_called", "n", 85), Values: most}, {Name: v.T("forecast_called", "n", 50), Values: half}})
}

// inHundred is a share in percent; a gap for one that is not known.
func inHundred(share float64) float64 {
	if share < 0 {
		return math.NaN()
	}
	return 100 * share
}
