package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/chart"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

// reportRoutes are the figures of the organisation, for everybody who sees the work of processes or stages as a whole.
func (w *Web) reportRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /reports", May: flow.MaySeeBoard, Handler: w.reports},
		{Pattern: "GET /reports/{report}", May: flow.MaySeeBoard, Handler: w.reports},
		{Pattern: "GET /reports/{report}/export", May: flow.MaySeeBoard | flow.MayExport, Handler: w.exportReport},
	}
}

const overview = "overview"

// report is a page of figures: build fills it.
type report struct {
	name  string
	build func(*Web, *http.Request, *reportPage) error
	tab   bool // it is among the tabs
}

// allReports are the pages there are, in the order of the tabs.
func allReports() []report {
	list := []report{
		{overview, (*Web).overview, true},
		{"stages", sliced(measure.PerStage), true}, {"processes", sliced(measure.PerProcess), true}, {"customers", sliced(measure.PerCustomer), true},
		{"products", sliced(measure.PerProduct), true}, {"vendors", sliced(measure.PerVendor), true}, {"stations", sliced(measure.PerStation), true},
		{"times", (*Web).timesReport, true}, {"flow", (*Web).flowReport, true}, {"ageing", (*Web).ageingReport, true},
		{"losses", (*Web).lossesReport, true}, {"paths", (*Web).pathsReport, true},
		{"trend", (*Web).trendReport, false}, {"jobs", (*Web).jobsReport, false},
	}
	return list
}

// reportPage is a page of figures. A report fills in what it has.
type reportPage struct {
	*view
	Asked   *asked
	Report  string
	Tabs    []choice
	Periods []choice
	Choices []choice // within the report
	Extra   [][2]string
	Says    string // the finding of the page, in a sentence
	Cards   []kpiCard
	Figures []reportFigure
	Jobs    *behindList
	Rolled  postgres.RolledUp
	Fresh   bool // nothing has ever been counted
	Values  map[string][]string
	Purpose string // why there are figures by person; empty: there are none

	figures *postgres.Analysis
	extra   []string // of the address beside what is asked for
}

// reports shows a report.
func (w *Web) reports(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.reportOf(r, who)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(p.Asked.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return w.render(rw, status, "reports", p)
}

// figuresFor reports whether there are figures for a person: of what is only assigned to them, and of vendors, there are none.
func figuresFor(who flow.Person) bool {
	s := who.Scope
	return who.May(flow.MaySeeBoard) && s.Mine.IsZero() && (s.All || len(s.Processes) > 0 || len(s.Stages) > 0)
}

// Reports reports whether the reader has reports.
func (v *view) Reports() bool { return figuresFor(v.Who) }

// reportOf is the report of a request, filled in.
func (w *Web) reportOf(r *http.Request, who flow.Person) (*reportPage, error) {
	name := r.PathValue("report")
	if name == "" {
		name = overview
	}
	purpose, err := w.showsPeople(r, who)
	if err != nil {
		return nil, err
	}
	all := allReports()
	if purpose != "" {
		all = append(all, personal)
	}
	i := slices.IndexFunc(all, func(one report) bool { return one.name == name })
	if i < 0 || !figuresFor(who) {
		return nil, errNotYours
	}
	p := &reportPage{view: w.view(r, who, "reports"), Report: name, Purpose: purpose}
	p.Title = p.T("rep_tab_" + name)
	if p.Asked, err = w.asking(r, p.view); err != nil {
		return nil, err
	}
	org, err := w.DB.Organisation(r.Context(), who.Org)
	if err != nil {
		return nil, err
	}
	if p.figures, err = w.DB.Analysis(r.Context(), org, who.Scope, w.Now()); err != nil {
		return nil, err
	}
	if p.Rolled, err = p.figures.RolledUp(r.Context()); err != nil {
		return nil, err
	}
	if err := p.Asked.read(r, p.view, p.figures); err != nil {
		return nil, err
	}
	if err := all[i].build(w, r, p); err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.tab {
			p.Tabs = append(p.Tabs, choice{p.T("rep_tab_" + one.name), p.Asked.with(one.name), one.name == name})
		}
	}
	p.Periods = p.Asked.chips(p.view, name, p.extra)
	return p, w.offers(r, p)
}

// offers reads what reports can be narrowed to, for the form.
func (w *Web) offers(r *http.Request, p *reportPage) error {
	p.Values = map[string][]string{}
	for name, by := range map[string]measure.Dimension{"customer": measure.PerCustomer, "product": measure.PerProduct, "station": measure.PerStation} {
		c := p.Asked.Cut
		c.Customer, c.Product, c.Station = "", "", ""
		names, err := p.figures.Values(r.Context(), c, by)
		if err != nil {
			return err
		}
		p.Values[name] = names
	}
	return nil
}

// keep is what of the address is beside what is asked for, so that the period and the form keep it.
func (p *reportPage) keep(name, value string) {
	if value != "" {
		p.extra = append(p.extra, name, value)
		p.Extra = append(p.Extra, [2]string{name, value})
	}
}

// behind is the address of the jobs behind a figure.
func (p *reportPage) behind(f measure.Figure, pairs ...string) string {
	return p.Asked.with("jobs", append([]string{"of", string(f)}, pairs...)...)
}

// add puts a figure on the page, with the addresses of its table as files.
func (p *reportPage) add(f reportFigure) {
	if len(f.Table.Rows) > 0 && p.Can("export") {
		link := func(format string) string {
			return p.Asked.with(p.Report+"/export", append([]string{"figure", f.ID, "as", format}, p.extra...)...)
		}
		f.CSV, f.XLSX = link("csv"), link("xlsx")
	}
	p.Figures = append(p.Figures, f)
}

// PeriodSays is the period in words: 01-11-2026 to 26-11-2026.
func (p *reportPage) PeriodSays() string {
	return p.T("rep_period", "since", p.Date(p.Asked.Cut.From), "until", p.Date(p.Asked.Cut.To))
}

// overviewFigures are the figures of the overview.
type overviewFigures struct {
	now, before measure.KPIs
	trend       []measure.Point
	stations    []measure.StationFigures
	neck        measure.Bottleneck
}

// readOverview reads them. Of a large organisation they are the same for everybody who asks the same, until the roll-ups go on.
func (w *Web) readOverview(r *http.Request, p *reportPage) (overviewFigures, error) {
	read := func() (f overviewFigures, jobs int, err error) {
		if f.now, f.before, err = p.figures.Compared(r.Context(), p.Asked.Cut); err != nil {
			return f, 0, err
		}
		if f.trend, err = p.figures.Trend(r.Context(), p.Asked.Cut, p.grain()); err != nil {
			return f, 0, err
		}
		if f.stations, err = p.figures.Stations(r.Context(), p.Asked.Cut); err != nil {
			return f, 0, err
		}
		f.neck, err = p.figures.Bottleneck(r.Context(), p.Asked.Cut)
		return f, f.now.Open.Jobs + f.now.Jobs, err
	}
	if p.Rolled.Making {
		f, _, err := read()
		return f, err
	}
	return w.overviews.get(fmt.Sprintf("%s %#v %#v %v", p.Who.Org, p.Who.Scope, p.Asked.Cut, p.grain()), p.Rolled.Seq, p.Now, read)
}

// overview is every key figure of the period.
func (w *Web) overview(r *http.Request, p *reportPage) error {
	f, err := w.readOverview(r, p)
	if err != nil {
		return err
	}
	was := &f.before
	if !p.Asked.Compare {
		was = nil
	}
	for _, k := range kpis {
		if !k.Jobs || whole(p.Asked.Cut) {
			p.Cards = append(p.Cards, p.card(k, &f.now, was, f.trend))
		}
	}
	p.Cards = append(p.Cards, p.wipCard(&f.now))
	p.Fresh = p.Rolled.Head == 0
	if len(f.stations) > 0 {
		p.Cards = append(p.Cards, p.stationCard(f.stations))
	}
	p.Says = p.bottleneck(f.neck)
	p.add(p.kpiTable(&f.now, was))
	return nil
}

// grain is how long the steps of a trend are: days up to a month, weeks beyond.
func (p *reportPage) grain() measure.Grain {
	if p.Asked.Cut.Days() <= 14 {
		return measure.ByDay
	}
	return measure.ByWeek
}

// wipCard is what is open now.
func (p *reportPage) wipCard(k *measure.KPIs) kpiCard {
	figure := measure.OfOpen
	if !whole(p.Asked.Cut) {
		figure = measure.OfWIP
	}
	c := kpiCard{Name: p.T("rep_kpi_wip"), Value: p.Int(k.Open.Jobs), N: p.T("rep_now"), Link: p.behind(figure), Trend: p.Asked.with("ageing")}
	if d := p.Asked.by(k.Open.Age); d.P50 != nil {
		c.Beside = p.T("rep_age", "p50", p.Hours(*d.P50))
	}
	return c
}

// stationCard is the busiest station.
func (p *reportPage) stationCard(list []measure.StationFigures) kpiCard {
	c := kpiCard{Name: p.T("rep_kpi_station"), N: p.T("rep_n_stations", "n", p.Int(len(list))), Trend: p.Asked.with("stations")}
	var top *measure.StationFigures
	for i := range list {
		if u := list[i].Utilisation.Share; u != nil && (top == nil || *u > *top.Utilisation.Share) {
			top = &list[i]
		}
	}
	if top == nil {
		c.Few = p.T("rep_none_yet")
		return c
	}
	c.Value, c.Beside, c.Link = p.Percent(*top.Utilisation.Share), top.Name, p.behind(measure.OfRuns, "station", top.Name)
	return c
}

// bottleneck says what holds the work up, in one sentence.
func (p *reportPage) bottleneck(b measure.Bottleneck) string {
	var queue, busy, active string
	if n := b.Queue; n != nil {
		queue = p.T("rep_neck_queue", "stage", n.Name, "hours", p.Number(n.Value), "n", p.Int(n.Jobs))
	}
	if n := b.Busy; n != nil {
		busy = p.T("rep_neck_busy", "station", n.Name, "share", p.Percent(n.Value))
	}
	if n := b.Active; n != nil {
		active = p.T("rep_neck_active", "stage", n.Name, "hours", p.Number(n.Value))
	}
	parts := slices.DeleteFunc([]string{queue, busy, active}, func(s string) bool { return s == "" })
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return p.T("rep_neck_1", "a", parts[0])
	case 2:
		return p.T("rep_neck_2", "a", parts[0], "b", parts[1])
	}
	return p.T("rep_neck_3", "a", parts[0], "b", parts[1], "c", parts[2])
}

// kpiTable is all key figures as a table, to take away.
func (p *reportPage) kpiTable(now, before *measure.KPIs) reportFigure {
	t := reportTable{Head: []string{p.T("rep_figure"), p.T("rep_value"), "n"}}
	if before != nil {
		t.Head = append(t.Head, p.T("rep_before"), p.T("rep_before_n"))
	}
	cell := func(k kpi, of *measure.KPIs, link string) reportCell {
		v, n := k.get(p.Asked, of)
		if v == nil {
			return p.few()
		}
		if n == 0 {
			link = ""
		}
		return p.kpiCell(k, *v, link)
	}
	earlier := *p.Asked
	earlier.Cut = p.Asked.Cut.Before()
	for _, k := range kpis {
		if k.Jobs && !whole(p.Asked.Cut) {
			continue
		}
		_, n := k.get(p.Asked, now)
		row := reportRow{Name: p.T("rep_kpi_" + k.Key), Link: p.Asked.with("trend", "kpi", k.Key),
			Cells: []reportCell{cell(k, now, p.behind(k.Figure)), p.countCell(n, p.behind(k.Figure))}}
		if before != nil {
			_, m := k.get(p.Asked, before)
			link := p.Asked.on("jobs", earlier.Cut.From, earlier.Cut.To, "of", string(k.Figure))
			row.Cells = append(row.Cells, cell(k, before, link), p.countCell(m, link))
		}
		t.Rows = append(t.Rows, row)
	}
	return reportFigure{ID: "figures", Title: p.T("rep_all_figures"), Finding: p.T("rep_all_figures_says"), Table: t}
}

// trendReport is how one key figure went, step by step.
func (w *Web) trendReport(r *http.Request, p *reportPage) error {
	i := max(slices.IndexFunc(kpis, func(k kpi) bool { return k.Key == r.FormValue("kpi") }), 0)
	if kpis[i].Jobs && !whole(p.Asked.Cut) {
		i = slices.IndexFunc(kpis, func(k kpi) bool { return !k.Jobs })
	}
	k := kpis[i]
	p.keep("kpi", k.Key)
	for _, one := range kpis {
		if !one.Jobs || whole(p.Asked.Cut) {
			p.Choices = append(p.Choices, choice{p.T("rep_kpi_" + one.Key), p.Asked.with("trend", "kpi", one.Key), one.Key == k.Key})
		}
	}
	now, err := p.figures.Trend(r.Context(), p.Asked.Cut, p.grain())
	if err != nil {
		return err
	}
	var before []measure.Point
	if p.Asked.Compare {
		if before, err = p.figures.Trend(r.Context(), p.Asked.Cut.Before(), p.grain()); err != nil {
			return err
		}
	}
	p.add(p.trendFigure(k, now, before))
	return nil
}

func (p *reportPage) trendFigure(k kpi, now, before []measure.Point) reportFigure {
	name := p.T("rep_kpi_" + k.Key)
	f := reportFigure{ID: "trend", Title: name, Table: reportTable{Head: []string{p.T("rep_from"), p.T("rep_until"), name, "n"}}}
	labels, values := make([]string, len(now)), k.values(p.Asked, now)
	for i := range now {
		pt := &now[i]
		labels[i] = pt.From.Time().Format("02-01")
		v, n := k.get(p.Asked, &pt.KPIs)
		link, cell := p.Asked.on("jobs", pt.From, pt.To, "of", string(k.Figure)), p.few()
		if v != nil {
			cell = p.kpiCell(k, *v, link)
		}
		if n == 0 {
			cell.Link = ""
		}
		f.Table.Rows = append(f.Table.Rows, reportRow{Name: p.Date(pt.From), Cells: []reportCell{wordCell(p.Date(pt.To)), cell, p.countCell(n, link)}})
	}
	if toldOf(values) == 0 {
		f.Empty = p.T("rep_few_steps", "need", measure.Enough)
		return f
	}
	series := []chart.Series{{Name: p.T("rep_this"), Values: values}}
	if was := k.values(p.Asked, before); toldOf(was) > 0 {
		series = append(series, chart.Series{Name: p.T("rep_earlier"), Values: was})
	}
	f.Finding = p.trendSays(k, values)
	frame := p.frame(f.Finding, func(x float64) string { return k.unit(p, x) })
	if k.time {
		frame = p.timeFrame(f.Finding, chart.Highest(series))
	}
	f.Drawing = chart.Line(frame, labels, series)
	return f
}

// trendSays is the first and the last told value of a trend, and its highest.
func (p *reportPage) trendSays(k kpi, values []float64) string {
	var all []float64
	for _, v := range values {
		if v == v { // told
			all = append(all, v)
		}
	}
	return p.T("rep_trend_says", "what", p.T("rep_kpi_"+k.Key), "first", k.unit(p, all[0]), "last", k.unit(p, all[len(all)-1]), "top", k.unit(p, slices.Max(all)))
}

// figureOn is a figure with the page that it is on, for the template.
type figureOn struct {
	Page   *reportPage
	Figure reportFigure
}

// With is a figure on this page.
func (p *reportPage) With(f reportFigure) figureOn { return figureOn{p, f} }

// Switches turn between the time by the clock and the working time.
func (p *reportPage) Switches() []choice {
	if p.Report == "flow" || p.Report == "ageing" || p.Report == "stations" || p.Report == "people" {
		return nil
	}
	return []choice{
		{p.T("rep_elapsed"), p.Asked.with(p.Report, append([]string{"time", ""}, p.extra...)...), !p.Asked.Working},
		{p.T("rep_working"), p.Asked.with(p.Report, append([]string{"time", "working"}, p.extra...)...), p.Asked.Working},
	}
}

// NarrowedTo names what the report is narrowed to.
func (p *reportPage) NarrowedTo() string {
	a, parts := p.Asked, []string{p.Asked.Process.Name}
	if s, ok := a.stage(a.Cut.Stage); ok {
		parts = append(parts, s.Name)
	}
	for _, s := range a.sites {
		if s.Code == a.Cut.Site {
			parts = append(parts, s.Name)
		}
	}
	for _, v := range a.vendors {
		if v.ID == a.Cut.Vendor {
			parts = append(parts, v.Name)
		}
	}
	parts = append(parts, a.Cut.Customer, a.Cut.Product, a.Cut.Station)
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// UpTo says how far the figures are, when they are behind.
func (p *reportPage) UpTo() string {
	if p.Rolled.At.IsZero() || p.Rolled.Seq >= p.Rolled.Head {
		return ""
	}
	return p.T("rep_up_to", "at", p.When(flow.At(p.Rolled.At)))
}
