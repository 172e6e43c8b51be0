package web

import (
	"cmp"
	"net/http"
	"slices"

	"clicarity/internal/chart"
	"clicarity/internal/measure"
)

// sliceColumn is one figure in a table by stage, customer, vendor.
type sliceColumn struct {
	head string
	cell func(p *reportPage, s *measure.Slice, behind func(measure.Figure) string) reportCell
}

func timeColumn(head string, figure measure.Figure, of func(*measure.KPIs) measure.Lengths, at func(measure.Dist) *float64) sliceColumn {
	return sliceColumn{head, func(p *reportPage, s *measure.Slice, behind func(measure.Figure) string) reportCell {
		return p.hoursCell(at(p.Asked.by(of(&s.KPIs))), behind(figure))
	}}
}

func shareColumn(head string, figure measure.Figure, of func(*measure.KPIs) measure.Share) sliceColumn {
	return sliceColumn{head, func(p *reportPage, s *measure.Slice, behind func(measure.Figure) string) reportCell {
		return p.shareCell(of(&s.KPIs), behind(figure))
	}}
}

func countColumn(head string, figure measure.Figure, of func(*reportPage, *measure.KPIs) int) sliceColumn {
	return sliceColumn{head, func(p *reportPage, s *measure.Slice, behind func(measure.Figure) string) reportCell {
		return p.countCell(of(p, &s.KPIs), behind(figure))
	}}
}

func p50(d measure.Dist) *float64 { return d.P50 }
func p85(d measure.Dist) *float64 { return d.P85 }

var (
	completedColumn = countColumn("rep_col_completed", measure.OfCompleted, func(_ *reportPage, k *measure.KPIs) int { return k.Completed })
	leadColumn      = timeColumn("rep_col_lead50", measure.OfCompleted, func(k *measure.KPIs) measure.Lengths { return k.Lead }, p50)
	lead85Column    = timeColumn("rep_col_lead85", measure.OfCompleted, func(k *measure.KPIs) measure.Lengths { return k.Lead }, p85)
	onTimeColumn    = shareColumn("rep_kpi_ontime", measure.OfDue, func(k *measure.KPIs) measure.Share { return k.OnTime })
	wastageColumn   = shareColumn("rep_kpi_wastage", measure.OfWastage, func(k *measure.KPIs) measure.Share { return k.Amounts.Wastage })
	reworkColumn    = shareColumn("rep_kpi_rework", measure.OfRework, func(k *measure.KPIs) measure.Share { return k.Amounts.Rework })
	firstPassColumn = shareColumn("rep_col_fpy", measure.OfReports, func(k *measure.KPIs) measure.Share { return k.Amounts.FirstPass })
	openColumn      = countColumn("rep_col_open", measure.OfOpen, func(_ *reportPage, k *measure.KPIs) int { return k.Open.Jobs })
	wipColumn       = countColumn("rep_col_wip", measure.OfWIP, func(_ *reportPage, k *measure.KPIs) int { return k.Open.Jobs })
	staysColumn     = countColumn("rep_col_stays", measure.OfStays, func(p *reportPage, k *measure.KPIs) int { return p.Asked.by(k.TAT).N })
	tatColumn       = timeColumn("rep_col_tat50", measure.OfStays, func(k *measure.KPIs) measure.Lengths { return k.TAT }, p50)
	tat85Column     = timeColumn("rep_col_tat85", measure.OfStays, func(k *measure.KPIs) measure.Lengths { return k.TAT }, p85)
	queueColumn     = timeColumn("rep_kpi_queue", measure.OfStays, func(k *measure.KPIs) measure.Lengths { return k.Queue }, p50)
	runColumn       = timeColumn("rep_kpi_run", measure.OfStays, func(k *measure.KPIs) measure.Lengths { return k.Run }, p50)
	holdColumn      = timeColumn("rep_kpi_hold", measure.OfStays, func(k *measure.KPIs) measure.Lengths { return k.Hold }, p50)
	sentColumn      = sliceColumn{"rep_col_sent", func(p *reportPage, s *measure.Slice, behind func(measure.Figure) string) reportCell {
		return p.qtyCell(s.Vendor.Sent, behind(measure.OfSent))
	}}
	tripsColumn        = countColumn("rep_col_trips", measure.OfTrips, func(p *reportPage, k *measure.KPIs) int { return p.Asked.by(k.Vendor.TAT).N })
	tripColumn         = timeColumn("rep_col_tat50", measure.OfTrips, func(k *measure.KPIs) measure.Lengths { return k.Vendor.TAT }, p50)
	trip85Column       = timeColumn("rep_col_tat85", measure.OfTrips, func(k *measure.KPIs) measure.Lengths { return k.Vendor.TAT }, p85)
	vendorOnTimeColumn = shareColumn("rep_kpi_ontime", measure.OfTrips, func(k *measure.KPIs) measure.Share { return k.Vendor.OnTime })
	lossColumn         = shareColumn("rep_col_loss", measure.OfTrips, func(k *measure.KPIs) measure.Share { return k.Vendor.Loss })
)

// cutting is how a report tells figures apart.
type cutting struct {
	noun    string // key of what it is by
	name    string // of it in addresses
	columns []sliceColumn
	bars    func(*measure.KPIs) measure.Lengths // what is drawn; the P50
	says    string                              // key of the finding
}

var cuttings = map[measure.Dimension]cutting{
	measure.PerStage: {"stage", "stage", []sliceColumn{staysColumn, tatColumn, tat85Column, queueColumn, runColumn, holdColumn, wastageColumn, reworkColumn, firstPassColumn, wipColumn},
		func(k *measure.KPIs) measure.Lengths { return k.TAT }, "rep_by_stage_says"},
	measure.PerProcess:  {"process", "process", []sliceColumn{completedColumn, leadColumn, lead85Column, onTimeColumn, wastageColumn, reworkColumn, firstPassColumn, openColumn}, leadTimes, "rep_by_lead_says"},
	measure.PerCustomer: {"customer", "customer", []sliceColumn{completedColumn, leadColumn, lead85Column, onTimeColumn, wastageColumn, reworkColumn, openColumn}, leadTimes, "rep_by_lead_says"},
	measure.PerProduct:  {"item", "product", []sliceColumn{completedColumn, leadColumn, lead85Column, onTimeColumn, wastageColumn, reworkColumn, openColumn}, leadTimes, "rep_by_lead_says"},
	measure.PerVendor: {"vendor", "vendor", []sliceColumn{sentColumn, tripsColumn, tripColumn, trip85Column, vendorOnTimeColumn, lossColumn, wipColumn},
		func(k *measure.KPIs) measure.Lengths { return k.Vendor.TAT }, "rep_by_vendor_says"},
}

func leadTimes(k *measure.KPIs) measure.Lengths { return k.Lead }

// sliced is the report of figures by a dimension.
func sliced(by measure.Dimension) func(*Web, *http.Request, *reportPage) error {
	return func(w *Web, r *http.Request, p *reportPage) error {
		if by == measure.PerStation {
			return w.stationsReport(r, p)
		}
		cut := p.Asked.Cut
		list, more, err := p.figures.Slices(r.Context(), cut, by)
		if err != nil {
			return err
		}
		p.add(p.sliceFigure(by, cuttings[by], list, more))
		if by == measure.PerStage {
			neck, err := p.figures.Bottleneck(r.Context(), cut)
			if err != nil {
				return err
			}
			p.Says = p.bottleneck(neck)
		}
		return nil
	}
}

// sliceFigure is the drawing and the table of figures by a dimension.
func (p *reportPage) sliceFigure(by measure.Dimension, c cutting, list []measure.Slice, more bool) reportFigure {
	f := reportFigure{ID: "by-" + string(by), Title: p.Title, Table: reportTable{Head: []string{p.T(c.noun)}}}
	for _, col := range c.columns {
		f.Table.Head = append(f.Table.Head, p.T(col.head))
	}
	if more {
		f.Table.More = p.T("rep_more_slices", "n", p.Int(len(list)))
	}
	var rows []chart.Row
	var longest *measure.Slice
	top := 0.0
	for i := range list {
		s := &list[i]
		pairs := p.only(by, s)
		behind := func(of measure.Figure) string { return p.behind(of, pairs...) }
		row := reportRow{Name: p.sliceName(by, s), Link: p.Asked.with("", pairs...)}
		for _, col := range c.columns {
			row.Cells = append(row.Cells, col.cell(p, s, behind))
		}
		f.Table.Rows = append(f.Table.Rows, row)
		if d := p.Asked.by(c.bars(&s.KPIs)); d.P50 != nil {
			rows = append(rows, p.bar(by, s, *d.P50))
			if *d.P50 > top || longest == nil {
				top, longest = *d.P50, s
			}
		}
	}
	switch {
	case len(list) == 0:
		f.Empty = p.T("rep_nothing")
	case longest == nil:
		f.Empty = p.T("rep_few_bars", "need", measure.Enough)
	default:
		f.Finding = p.T(c.says, "name", p.sliceName(by, longest), "p50", p.Hours(top))
		if by != measure.PerStage { // stages stay in the order of the route
			slices.SortStableFunc(rows, func(a, b chart.Row) int { return cmp.Compare(b.Parts[0].Value, a.Parts[0].Value) })
		} else {
			f.Legend = p.partLegend()
		}
		f.Drawing = chart.Bars(p.frame(f.Finding, p.Hours), rows)
	}
	return f
}

// bar is the bar of a slice: of a stage what of its time is what.
func (p *reportPage) bar(by measure.Dimension, s *measure.Slice, length float64) chart.Row {
	row := chart.Row{Name: p.sliceName(by, s), Says: p.Hours(length)}
	if by != measure.PerStage {
		row.Parts = []chart.Part{{Kind: chart.Plain, Value: length}}
		return row
	}
	for _, part := range []struct {
		kind chart.Kind
		of   measure.Lengths
	}{{chart.Waiting, s.Queue}, {chart.Running, s.Run}, {chart.Held, s.Hold}, {chart.Away, s.Away}} {
		if d := p.Asked.by(part.of); d.P50 != nil {
			row.Parts = append(row.Parts, chart.Part{Kind: part.kind, Value: *d.P50})
		}
	}
	return row
}

// partLegend names the parts of a stage's time.
func (p *reportPage) partLegend() []key {
	return []key{{chart.Swatch(chart.Waiting), p.T("rep_kpi_queue")}, {chart.Swatch(chart.Running), p.T("rep_kpi_run")},
		{chart.Swatch(chart.Held), p.T("rep_kpi_hold")}, {chart.Swatch(chart.Away), p.T("rep_away")}}
}

// only narrows an address to a slice.
func (p *reportPage) only(by measure.Dimension, s *measure.Slice) []string {
	switch by {
	case measure.PerProcess:
		return []string{"process", s.Process.String()}
	case measure.PerStage:
		return []string{"process", s.Process.String(), "stage", s.Key}
	}
	return []string{cuttings[by].name, s.Key}
}

// sliceName is what a slice is called. A stage is called with its process when several are there.
func (p *reportPage) sliceName(by measure.Dimension, s *measure.Slice) string {
	name := s.Name
	if name == "" {
		name = p.T("rep_unnamed")
	}
	if by == measure.PerStage && p.Asked.Cut.Process.IsZero() && len(p.Asked.processes) > 1 {
		for _, pr := range p.Asked.processes {
			if pr.ID == s.Process {
				return name + " · " + pr.Name
			}
		}
	}
	return name
}

// stationsReport is load and utilisation of the stations.
func (w *Web) stationsReport(r *http.Request, p *reportPage) error {
	list, err := p.figures.Stations(r.Context(), p.Asked.Cut)
	if err != nil {
		return err
	}
	f := reportFigure{ID: "by-station", Title: p.Title, Table: reportTable{
		Head: []string{p.T("station"), p.T("rep_col_runs"), p.T("rep_col_run"), p.T("rep_col_waits"), p.T("rep_col_queue"), p.T("rep_kpi_station")}}}
	var rows []chart.Row
	top, name := -1.0, ""
	for _, s := range list {
		behind := p.behind(measure.OfRuns, "station", s.Name) // what waited for it ran on it
		f.Table.Rows = append(f.Table.Rows, reportRow{Name: s.Name, Link: p.Asked.with("", "station", s.Name), Cells: []reportCell{
			p.countCell(s.Run.N, behind), p.hoursCell(pointer(p.Asked.load(s.Run)), behind), p.countCell(s.Queue.N, behind), p.hoursCell(pointer(p.Asked.load(s.Queue)), behind), p.shareCell(s.Utilisation, behind)}})
		if u := s.Utilisation.Share; u != nil {
			rows = append(rows, chart.Row{Name: s.Name, Says: p.Percent(*u), Parts: []chart.Part{{Kind: chart.Plain, Value: *u}}})
			if *u > top {
				top, name = *u, s.Name
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b chart.Row) int { return cmp.Compare(b.Parts[0].Value, a.Parts[0].Value) })
	switch {
	case len(list) == 0:
		f.Empty = p.T("rep_no_stations")
	case len(rows) == 0:
		f.Empty = p.T("rep_few_bars", "need", measure.Enough)
	default:
		f.Finding = p.T("rep_by_station_says", "name", name, "share", p.Percent(top))
		f.Drawing = chart.Bars(p.frame(f.Finding, p.Percent), rows)
	}
	p.add(f)
	return nil
}

func pointer(x float64) *float64 { return &x }
