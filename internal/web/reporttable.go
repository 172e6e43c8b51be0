package web

import (
	"html/template"
	"strconv"

	"clicarity/internal/chart"
	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// reportCell is one figure in a table: as people read it, the way to the jobs behind it, and as a spreadsheet counts with it.
type reportCell struct {
	Text, Link string
	Few        bool // it is not told: of too few
	Left       bool // it is words
	Plain      string
	Unit       string // of Plain: h, %
}

type reportRow struct {
	Name, Link string
	Cells      []reportCell
}

// reportTable is figures by name. The first head is that of the names.
type reportTable struct {
	Head []string
	Rows []reportRow
	More string // says that there is more than is shown
}

// key is what a look in a drawing means.
type key struct {
	Swatch template.HTML
	Word   string
}

// reportFigure is a drawing with what it says and the same numbers as a table; or a table alone.
type reportFigure struct {
	ID, Title string
	Finding   string
	Empty     string // says why there is nothing
	Drawing   template.HTML
	Legend    []key
	Table     reportTable
	CSV, XLSX string // addresses of the table as a file, empty without the right
	Choices   []choice
}

// text is a cell of words.
func wordCell(says string) reportCell { return reportCell{Text: says, Plain: says, Left: true} }

// frame is a drawing of the report, named by its finding.
func (p *reportPage) frame(finding string, say func(float64) string) chart.Frame {
	return chart.Frame{Finding: finding, Say: say, More: func(n int) string { return p.T("rep_others", "n", p.Int(n)) }}
}

// timeFrame is a drawing of times up to one: by the clock from two days on its axis counts days, below an hour minutes.
func (p *reportPage) timeFrame(finding string, highest float64) chart.Frame {
	f := p.frame(finding, p.Hours)
	switch {
	case !p.Asked.Working && highest >= 2*day:
		f.Unit, f.Say = day, func(h float64) string { return p.T("span_d", "d", group(decimal(h/day, 1))) }
	case highest < 1:
		f.Unit = 1.0 / 60
	}
	return f
}

const day = 24.0 // hours

// Hours writes a length of time: minutes, hours with one decimal, and by the clock days from two on.
func (p *reportPage) Hours(h float64) string {
	switch {
	case !p.Asked.Working && h >= 2*day:
		return p.T("span_d", "d", group(decimal(h/day, 1)))
	case h > 0 && h < 1:
		return p.T("span_m", "m", decimal(h*60, 0))
	}
	return p.T("span_h", "h", group(decimal(h, 1)))
}

// decimal writes a number with so many decimals at most.
func decimal(x float64, places int) string {
	return strconv.FormatFloat(measure.Round(x, places), 'f', -1, 64)
}

// Percent writes a part of one.
func (p *reportPage) Percent(x float64) string { return decimal(100*x, 1) + "%" }

// Number writes a count or a rate.
func (p *reportPage) Number(x float64) string { return group(decimal(x, 1)) }

// few is the cell of a figure that is not told.
func (p *reportPage) few() reportCell {
	return reportCell{Text: p.T("rep_few_short"), Few: true}
}

func (p *reportPage) hoursCell(h *float64, link string) reportCell {
	if h == nil {
		return p.few()
	}
	return reportCell{Text: p.Hours(*h), Link: link, Plain: decimal(*h, 4), Unit: "h"}
}

func (p *reportPage) shareCell(s measure.Share, link string) reportCell {
	if s.Share == nil {
		return p.few()
	}
	return reportCell{Text: p.Percent(*s.Share), Link: link, Plain: decimal(100**s.Share, 4), Unit: "%"}
}

func (p *reportPage) countCell(n int, link string) reportCell {
	if n == 0 {
		link = ""
	}
	return reportCell{Text: p.Int(n), Link: link, Plain: strconv.Itoa(n)}
}

func (p *reportPage) qtyCell(q flow.Quantity, link string) reportCell {
	return reportCell{Text: p.Qty(q), Link: link, Plain: q.String()}
}

// by is a length of time by the clock or by the calendar, as was asked.
func (a *asked) by(l measure.Lengths) measure.Dist {
	if a.Working {
		return l.Working
	}
	return l.Elapsed
}

// load is a load by the clock or by the calendar.
func (a *asked) load(l measure.Load) float64 {
	if a.Working {
		return l.Working
	}
	return l.Elapsed
}
