package web

import (
	"net/http"
	"slices"

	"clicarity/internal/chart"
	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

// timeKind is a time that is told as a distribution.
type timeKind struct {
	key    string
	kind   measure.Kind
	figure measure.Figure
	jobs   bool
}

var timeKinds = []timeKind{
	{"lead", measure.KindLead, measure.OfCompleted, true}, {"cycle", measure.KindCycle, measure.OfCompleted, true},
	{"tat", measure.KindTAT, measure.OfStays, false}, {"queue", measure.KindQueue, measure.OfStays, false}, {"run", measure.KindRun, measure.OfStays, false},
	{"hold", measure.KindHold, measure.OfStays, false}, {"away", measure.KindAway, measure.OfStays, false}, {"vendor", measure.KindTrip, measure.OfTrips, false},
}

// timesReport is how a time is spread.
func (w *Web) timesReport(r *http.Request, p *reportPage) error {
	kinds := slices.DeleteFunc(slices.Clone(timeKinds), func(k timeKind) bool { return k.jobs && !whole(p.Asked.Cut) })
	i := max(slices.IndexFunc(kinds, func(k timeKind) bool { return k.key == r.FormValue("what") }), 0)
	k := kinds[i]
	p.keep("what", k.key)
	for _, one := range kinds {
		p.Choices = append(p.Choices, choice{p.timeName(one), p.Asked.with("times", "what", one.key), one.key == k.key})
	}
	d, err := p.figures.Distribution(r.Context(), p.Asked.Cut, k.kind, p.Asked.Working)
	if err != nil {
		return err
	}
	p.add(p.spreadFigure(k, d))
	return nil
}

func (p *reportPage) timeName(k timeKind) string {
	if k.key == "away" {
		return p.T("rep_away")
	}
	return p.T("rep_kpi_" + k.key)
}

func (p *reportPage) spreadFigure(k timeKind, d measure.Distribution) reportFigure {
	f := reportFigure{ID: "spread", Title: p.timeName(k), Table: reportTable{Head: []string{p.T("rep_from"), p.T("rep_until"), "n"}}}
	if d.P50 == nil {
		f.Empty = p.few1(d.N)
		return f
	}
	behind := p.behind(k.figure)
	var bins []chart.Bin
	for _, b := range d.Bars {
		bins = append(bins, chart.Bin{From: b.From, To: b.To, N: float64(b.N)})
		f.Table.Rows = append(f.Table.Rows, reportRow{Name: p.Hours(b.From), Cells: []reportCell{p.hoursCell(pointer(b.To), ""), p.countCell(b.N, behind)}})
	}
	var marks []chart.Mark
	for _, m := range marksOf(d.Dist) {
		marks = append(marks, m)
		f.Table.Rows = append(f.Table.Rows, reportRow{Name: m.Name, Cells: []reportCell{p.hoursCell(pointer(m.At), ""), p.countCell(d.N, behind)}})
	}
	f.Finding = p.T("rep_spread_says", "what", f.Title, "n", p.Int(d.N), "p50", p.Hours(*d.P50))
	if d.P85 != nil {
		f.Finding = p.T("rep_spread_says_85", "what", f.Title, "n", p.Int(d.N), "p50", p.Hours(*d.P50), "p85", p.Hours(*d.P85))
	}
	f.Drawing = chart.Histogram(p.timeFrame(f.Finding, d.Bars[len(d.Bars)-1].To), bins, marks)
	return f
}

// marksOf are the percentiles that are told.
func marksOf(d measure.Dist) (marks []chart.Mark) {
	for _, one := range []struct {
		name string
		at   *float64
	}{{"P50", d.P50}, {"P85", d.P85}, {"P95", d.P95}} {
		if one.at != nil {
			marks = append(marks, chart.Mark{Name: one.name, At: *one.at})
		}
	}
	return marks
}

// oneProcess narrows a report to one process, which is offered to be chosen: what it shows has no meaning over several.
func (p *reportPage) oneProcess() bool {
	if len(p.Asked.processes) == 0 {
		return false
	}
	if p.Asked.Cut.Process.IsZero() {
		p.Asked.Process = choose(p.Asked.processes, "")
		p.Asked.Cut.Process = p.Asked.Process.ID
	}
	if len(p.Asked.processes) > 1 {
		for _, pr := range p.Asked.processes {
			p.Choices = append(p.Choices, choice{pr.Name, p.Asked.with(p.Report, "process", pr.ID.String()), pr.ID == p.Asked.Process.ID})
		}
	}
	return true
}

// flowReport is the cumulative flow of a process.
func (w *Web) flowReport(r *http.Request, p *reportPage) error {
	if !p.oneProcess() {
		return nil
	}
	got, err := p.figures.Flow(r.Context(), p.Asked.Cut)
	if err != nil {
		return err
	}
	p.add(p.flowFigure(got))
	return nil
}

func (p *reportPage) flowFigure(got measure.Flow) reportFigure {
	f := reportFigure{ID: "flow", Title: p.T("rep_tab_flow"), Table: reportTable{Head: []string{p.T("rep_day"), p.T("rep_created"), p.T("rep_col_completed")}}}
	for _, s := range got.Stages {
		f.Table.Head = append(f.Table.Head, s.Name)
	}
	labels, done := make([]string, len(got.Days)), chart.Series{Name: p.T("completed"), Values: make([]float64, len(got.Days))}
	bands := make([]chart.Series, len(got.Stages))
	for i, s := range got.Stages {
		bands[i] = chart.Series{Name: p.stageNames([]string{s.Stage}, ""), Values: make([]float64, len(got.Days))}
	}
	sum, busy := 0, false
	for i, day := range got.Days {
		labels[i] = day.Day.Time().Format("02-01")
		sum += day.Done
		done.Values[i] = float64(sum)
		row := reportRow{Name: p.Date(day.Day), Cells: []reportCell{p.countCell(day.Created, p.Asked.on("jobs", day.Day, day.Day, "of", string(measure.OfCreated))),
			p.countCell(day.Done, p.Asked.on("jobs", day.Day, day.Day, "of", string(measure.OfCompleted)))}}
		for s, stage := range got.Stages {
			n := 0
			if s < len(day.At) {
				n = day.At[s]
			}
			bands[s].Values[i] = float64(n)
			row.Cells = append(row.Cells, p.countCell(n, p.Asked.on("jobs", day.Day, day.Day, "of", string(measure.OfThere), "process", stage.Process.String(), "stage", stage.Stage)))
			busy = busy || n > 0
		}
		busy = busy || day.Done > 0
		f.Table.Rows = append(f.Table.Rows, row)
	}
	slices.Reverse(f.Table.Rows)
	if !busy {
		f.Empty, f.Table.Rows = p.T("rep_nothing"), nil
		return f
	}
	f.Finding = p.flowSays(got)
	f.Drawing = chart.Areas(p.frame(f.Finding, p.Number), labels, done, bands)
	return f
}

// flowSays compares what is at stages on the last day with the first, and names the stage that has grown the most.
func (p *reportPage) flowSays(got measure.Flow) string {
	first, last := got.Days[0], got.Days[len(got.Days)-1]
	before, now, most, stage := 0, 0, 0, ""
	for i, s := range got.Stages {
		if i >= len(first.At) || i >= len(last.At) {
			break
		}
		before, now = before+first.At[i], now+last.At[i]
		if grown := last.At[i] - first.At[i]; grown > most {
			most, stage = grown, s.Name
		}
	}
	says := p.T("rep_flow_says", "before", p.Int(before), "now", p.Int(now))
	if stage != "" {
		says += " " + p.T("rep_flow_grown", "stage", stage, "n", p.Int(most))
	}
	return says
}

// maxDots is how many jobs are drawn by their age: the oldest.
const maxDots = 300

// ageingReport is the work in progress by its age.
func (w *Web) ageingReport(r *http.Request, p *reportPage) error {
	if !p.oneProcess() {
		return nil
	}
	stages, err := p.figures.Ageing(r.Context(), p.Asked.Cut)
	if err != nil {
		return err
	}
	oldest, err := p.figures.Behind(r.Context(), postgres.BehindQuery{Cut: p.Asked.Cut, Figure: measure.OfWIP, Limit: maxDots})
	if err != nil {
		return err
	}
	jobs, err := w.readableMap(r, p.Who, oldest.Jobs)
	if err != nil {
		return err
	}
	p.add(p.ageingFigure(stages, oldest.Rows, jobs))
	return nil
}

func (p *reportPage) ageingFigure(stages []measure.Ageing, oldest []measure.Behind, jobs map[flow.ID]flow.Job) reportFigure {
	f := reportFigure{ID: "ageing", Title: p.T("rep_tab_ageing"), Table: reportTable{
		Head: []string{p.T("stage"), p.T("rep_col_wip"), p.T("rep_col_oldest"), "P50", "P85", "P95", p.T("rep_col_older", "p", "P85"), p.T("rep_col_older", "p", "P95"), "n"}}}
	dots := map[string][]chart.Dot{}
	for _, b := range oldest {
		if j, ok := jobs[b.Job]; ok {
			age := flow.At(p.Now).Sub(b.Since).Hours()
			dots[b.Stage] = append(dots[b.Stage], chart.Dot{Name: j.Number + " · " + p.hoursByClock(age), At: age, Link: "/jobs/" + j.ID.String()})
		}
	}
	var lanes []chart.Lane
	late, worst := 0, measure.Ageing{}
	for _, s := range stages {
		pairs := []string{"process", s.Process.String(), "stage", s.Stage}
		behind, past := p.behind(measure.OfWIP, pairs...), p.behind(measure.OfStays, pairs...)
		row := reportRow{Name: s.Name, Link: p.Asked.with("", pairs...), Cells: []reportCell{p.countCell(s.Jobs, behind), p.clockCell(&s.Oldest, behind)}}
		if s.Jobs == 0 {
			row.Cells[1] = wordCell("")
		}
		row.Cells = append(row.Cells, p.clockCell(s.TAT.P50, past), p.clockCell(s.TAT.P85, past), p.clockCell(s.TAT.P95, past))
		for i, told := range []*float64{s.TAT.P85, s.TAT.P95} {
			cell := p.few()
			if told != nil {
				cell = p.countCell(s.Older[i+1], behind)
			}
			row.Cells = append(row.Cells, cell)
		}
		f.Table.Rows = append(f.Table.Rows, append2(row, p.countCell(s.TAT.N, past)))
		if s.Jobs == 0 {
			continue
		}
		lanes = append(lanes, chart.Lane{Name: s.Name, Says: p.T("rep_lane", "n", p.Int(s.Jobs), "oldest", p.hoursByClock(s.Oldest)), Dots: dots[s.Stage], Marks: marksOf(s.TAT)})
		if late += s.Older[1]; s.Oldest > worst.Oldest {
			worst = s
		}
	}
	if len(lanes) == 0 {
		f.Empty = p.T("rep_no_wip")
		return f
	}
	f.Finding = p.T("rep_ageing_says", "stage", worst.Name, "oldest", p.hoursByClock(worst.Oldest), "n", p.Int(late))
	f.Legend = []key{{chart.DotKey(false), p.T("rep_dot")}, {chart.DotKey(true), p.T("rep_diamond")}, {chart.MarkKey(0), "P50"}, {chart.MarkKey(1), "P85"}, {chart.MarkKey(2), "P95"}}
	frame := p.frame(f.Finding, p.hoursByClock)
	if worst.Oldest >= 2*day {
		frame.Unit = day
	}
	f.Drawing = chart.Ageing(frame, lanes)
	return f
}

func append2(row reportRow, cells ...reportCell) reportRow {
	row.Cells = append(row.Cells, cells...)
	return row
}

// hoursByClock writes a time that is by the clock whatever was asked: ages are.
func (p *reportPage) hoursByClock(h float64) string {
	clock := *p.Asked
	clock.Working = false
	return (&reportPage{view: p.view, Asked: &clock}).Hours(h)
}

func (p *reportPage) clockCell(h *float64, link string) reportCell {
	if h == nil {
		return p.few()
	}
	return reportCell{Text: p.hoursByClock(*h), Link: link, Plain: decimal(*h, 4), Unit: "h"}
}

// lossesReport is why there was wastage, and why work waited.
func (w *Web) lossesReport(r *http.Request, p *reportPage) error {
	for _, one := range []struct {
		kind   measure.ReasonKind
		id     string
		figure measure.Figure
		value  func(measure.Reason) float64
		cell   func(measure.Reason, string) reportCell
		say    func(float64) string
	}{
		{measure.WastageReasons, "wastage", measure.OfWastage, func(x measure.Reason) float64 { return float64(x.Quantity) / float64(flow.One) }, func(x measure.Reason, link string) reportCell { return p.qtyCell(x.Quantity, link) }, p.Number},
		{measure.HoldReasons, "holds", measure.OfHolds, func(x measure.Reason) float64 { return p.Asked.load(x.Load) },
			func(x measure.Reason, link string) reportCell {
				return p.hoursCell(pointer(p.Asked.load(x.Load)), link)
			}, p.Hours},
	} {
		list, err := p.figures.Reasons(r.Context(), p.Asked.Cut, one.kind)
		if err != nil {
			return err
		}
		f := reportFigure{ID: one.id, Title: p.T("rep_why_" + one.id), Table: reportTable{Head: []string{p.T("rep_reason"), p.T("rep_lost_" + one.id), p.T("rep_times"), p.T("rep_upto")}}}
		var parts []chart.Slice
		for _, x := range list {
			name := p.reasonName(x.Reason)
			link := p.behind(one.figure, "reason", "="+x.Reason)
			parts = append(parts, chart.Slice{Name: name, Value: one.value(x)})
			upTo := x.UpTo
			f.Table.Rows = append(f.Table.Rows, reportRow{Name: name, Cells: []reportCell{one.cell(x, link), p.countCell(x.N, link), p.shareCell(measure.Share{N: x.N, Share: &upTo}, "")}})
		}
		if f.Empty = p.T("rep_none_" + one.id); len(parts) > 0 && list[0].UpTo > 0 {
			f.Empty, f.Finding = "", p.T("rep_why_says", "reason", parts[0].Name, "value", one.say(parts[0].Value), "share", p.Percent(list[0].UpTo))
			f.Drawing = chart.Pareto(p.frame(f.Finding, one.say), parts, p.Percent)
		}
		p.add(f)
	}
	return nil
}

// reasonName is a reason as people call it.
func (p *reportPage) reasonName(code string) string {
	if code == "" {
		return p.T("rep_no_reason")
	}
	for _, pr := range p.Asked.processes {
		for _, list := range [][]flow.Reason{pr.WasteReasons, pr.HoldReasons} {
			if slices.ContainsFunc(list, func(x flow.Reason) bool { return x.Code == code }) {
				return p.Reason(list, code)
			}
		}
	}
	return p.Reason(nil, code)
}
