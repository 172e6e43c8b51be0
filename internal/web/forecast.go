package web

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

// What a forecast on a page is: told, or why there is none.
const (
	forecastTold  = "told"
	forecastFew   = "few"   // too few jobs are known from its stage
	forecastYoung = "young" // the record is too young
	forecastNone  = "none"  // nothing has been learned yet
	forecastLong  = "long"  // its history is too long to be read for a page
)

// forecastSeed is the same everywhere, so that everybody is told the same dates.
const forecastSeed = 1

// judgeable is how many dates must have come before it is said how many of them were met.
const judgeable = measure.Forecastable

// forecastPart is the forecast of a job on its page.
type forecastPart struct {
	*view
	Job    flow.Job
	Is     string
	F      measure.Forecast
	Days   int // of record, when it is young
	Risks  []forecastRisk
	Recent postgres.ForecastDay // what became of the dates of the last thirty days
}

// forecastRisk is a stage where a job may lose time.
type forecastRisk struct {
	Name, Link  string // the link is empty for a stage that the reader does not see
	Hours, Late string
}

// Least is how many jobs have to be known from a stage.
func (forecastPart) Least() int { return measure.Forecastable }

// Late reports whether the due date is over: then nobody asks for the chance of meeting it.
func (p forecastPart) Late() bool { return p.Job.Due < flow.DateOf(p.Now.In(p.Zone)) }

// Percent is the chance of meeting the due date. None is quite certain.
func (p forecastPart) Percent() int { return percentOf(*p.F.Chance) }

func percentOf(share float64) int { return min(max(int(math.Round(share*100)), 1), 99) }

// Chance is it in words.
func (p forecastPart) Chance() chip { return p.chance(*p.F.Chance) }

func (v *view) chance(share float64) chip {
	switch {
	case share >= 0.85:
		return chip{"done", "✓", v.T("forecast_very_likely")}
	case share >= 0.6:
		return chip{"done", "✓", v.T("forecast_likely")}
	case share >= 0.4:
		return chip{"due-soon", "◔", v.T("forecast_uncertain")}
	case share >= 0.15:
		return chip{"due-late", "▲", v.T("forecast_unlikely")}
	}
	return chip{"due-late", "▲", v.T("forecast_very_unlikely")}
}

// Met is how many percent of the 85% dates of the last thirty days were met, empty when too few have come.
func (p forecastPart) Met() string {
	if p.Recent.Dates85 < judgeable {
		return ""
	}
	return strconv.Itoa(int(math.Round(100 * p.Recent.Met85 / p.Recent.Dates85)))
}

// Overall reports whether the reader may know how forecasts did for all sites.
func (p forecastPart) Overall() bool { return len(p.Who.Scope.Sites) == 0 }

// jobForecast is the forecast of an open job for those who may see the whole of it; nil for others.
func (w *Web) jobForecast(r *http.Request, v *view, j flow.Job, p flow.Process) (*forecastPart, error) {
	if !j.Open() || !v.Who.May(flow.MaySeeBoard) || !v.Who.Scope.Holds(j) {
		return nil, nil
	}
	part := &forecastPart{view: v, Job: j, Is: forecastNone}
	today := v.Now.In(v.Zone)
	basis, err := w.DB.ForecastBasis(r.Context(), v.Who.Org, j, flow.DateOf(today.AddDate(0, 0, -30)))
	if err != nil || basis.Learned.IsZero() {
		return part, err
	}
	part.Recent = basis.Recent
	hour := time.Date(today.Year(), today.Month(), today.Day(), today.Hour(), 0, 0, 0, v.Zone)
	key := forecastKey{org: v.Who.Org, job: j.ID, seq: basis.Seq, learned: basis.Learned.UnixMicro(), hour: hour.Unix(), hours: v.Who.Hours}
	known, ok := w.forecasts.told(key)
	if !ok {
		if known, err = w.reckon(r, v, j, p, key); err != nil {
			return part, err
		}
		w.forecasts.tell(key, known)
	}
	part.Is, part.F, part.Days = known.is, known.f, known.days
	for _, risk := range known.f.Risks {
		part.Risks = append(part.Risks, v.risk(p, j, risk))
	}
	return part, nil
}

// reckon plays the job through.
func (w *Web) reckon(r *http.Request, v *view, j flow.Job, p flow.Process, key forecastKey) (toldForecast, error) {
	m, err := w.forecasts.model(r, w.DB, modelKey{key.org, j.Process}, key.learned)
	if unlearned(err) {
		return toldForecast{is: forecastNone}, nil
	}
	if err != nil {
		return toldForecast{}, err
	}
	if young, days := m.Young(); young {
		return toldForecast{is: forecastYoung, days: days}, nil
	}
	moves, err := w.DB.History(r.Context(), v.Who.Org, j.ID, maxHistory)
	if err != nil || len(moves) == 0 {
		return toldForecast{is: forecastLong}, err
	}
	history := make([]flow.Movement, len(moves))
	for i, move := range moves {
		history[i] = move.Movement
	}
	past, err := measure.PastOf(history, flow.At(v.Now))
	if err != nil {
		return toldForecast{}, err
	}
	f := m.At(measure.PlaceOf(p, v.Who.Hours)).Forecast(measure.TrailOf(past), measure.Ask{Now: flow.At(time.Unix(key.hour, 0)), Zone: v.Zone, Seed: forecastSeed})
	if f.P85 == "" {
		return toldForecast{is: forecastFew, f: f}, nil
	}
	return toldForecast{is: forecastTold, f: f.Told()}, nil
}

// risk says where a job may lose time.
func (v *view) risk(p flow.Process, j flow.Job, r measure.Risk) forecastRisk {
	one := forecastRisk{Name: stageName(p, j, r.Stage), Hours: hoursOf(r.Hours), Late: hoursOf(r.Late)}
	if v.Who.Scope.Covers(p.ID, r.Stage) {
		one.Link = "/stages/" + p.ID.String() + "/" + url.PathEscape(r.Stage)
	}
	return one
}

// stageName is how a stage of a process is called, one that was added to a job alone too.
func stageName(p flow.Process, j flow.Job, code string) string {
	if s, ok := p.Stage(code); ok {
		return p.Called(s)
	}
	s, _ := j.Stage(code)
	return cmp.Or(s.Name, code)
}

// hoursOf writes working hours, to a tenth below ten.
func hoursOf(h float64) string {
	if h < 10 {
		return strconv.FormatFloat(math.Round(h*10)/10, 'f', -1, 64)
	}
	return group(strconv.Itoa(int(math.Round(h))))
}

// forecasts remembers models, which change once a night, and what was told by them.
type forecasts struct {
	mu     sync.Mutex
	models map[modelKey]knownModel
	size   int // of the models as they are kept
	known  map[forecastKey]toldForecast
}

type modelKey struct{ org, process flow.ID }

type knownModel struct {
	learned int64
	model   *measure.Model
	size    int
}

// forecastKey is all that a job's forecast follows from.
type forecastKey struct {
	org, job           flow.ID
	seq, learned, hour int64
	hours              *flow.Timetable
}

type toldForecast struct {
	is   string
	f    measure.Forecast
	days int
}

const (
	maxModels = 8 << 20 // bytes as they are kept; in memory they take about eight times as much
	maxTold   = 5000
)

func (c *forecasts) told(key forecastKey) (toldForecast, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.known[key]
	return f, ok
}

func (c *forecasts) tell(key forecastKey, f toldForecast) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxTold {
		c.known = map[forecastKey]toldForecast{}
	}
	c.known[key] = f
}

// unlearned reports whether there is no model that this program reads; the next night learns one.
func unlearned(err error) bool {
	return errors.Is(err, postgres.ErrNotFound) || errors.Is(err, measure.ErrForm)
}

// model is what was learned of a process at a moment, or since.
func (c *forecasts) model(r *http.Request, db *postgres.DB, at modelKey, learned int64) (*measure.Model, error) {
	c.mu.Lock()
	known, ok := c.models[at]
	c.mu.Unlock()
	if ok && known.learned == learned {
		return known.model, nil
	}
	kept, err := db.ForecastModel(r.Context(), at.org, at.process)
	if err != nil {
		return nil, err
	}
	m, err := measure.Kept(kept.Model, nil)
	if err != nil {
		return nil, err
	}
	c.keep(at, knownModel{kept.Learned.UnixMicro(), m, len(kept.Model)})
	return m, nil
}

func (c *forecasts) keep(at modelKey, m knownModel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.models == nil || c.size+m.size > maxModels {
		c.models, c.size = map[modelKey]knownModel{}, 0
	}
	c.size += m.size - c.models[at].size
	c.models[at] = m
}

// stagesOf are the codes of a process's stages in order, those it no longer has last.
func stagesOf(p flow.Process) (codes []string) {
	for _, s := range slices.Concat(p.Stages, p.Retired) {
		codes = append(codes, s.Code)
	}
	return codes
}
