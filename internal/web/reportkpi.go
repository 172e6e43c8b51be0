package web

import (
	"html/template"
	"math"

	"clicarity/internal/chart"
	"clicarity/internal/measure"
)

// kpi is a key figure: where it is in the figures of a cut, and which jobs are behind it.
type kpi struct {
	Key    string
	Figure measure.Figure
	Jobs   bool // of whole jobs: a stage, a vendor and a station have none
	Up     bool // more is better
	time   bool // it is a length of time
	share  bool // it is a part of one
	unit   func(*reportPage, float64) string
	get    func(*asked, *measure.KPIs) (value *float64, n int)
	beside func(*reportPage, *measure.KPIs) string // a second figure that belongs to it, in words; empty: none
}

func inHours(p *reportPage, x float64) string   { return p.Hours(x) }
func inPercent(p *reportPage, x float64) string { return p.Percent(x) }
func inNumbers(p *reportPage, x float64) string { return p.Number(x) }

// spread is the P50 of a time, with its P85 beside it.
func spread(of func(*measure.KPIs) measure.Lengths) (get func(*asked, *measure.KPIs) (*float64, int), beside func(*reportPage, *measure.KPIs) string) {
	get = func(a *asked, k *measure.KPIs) (*float64, int) { d := a.by(of(k)); return d.P50, d.N }
	beside = func(p *reportPage, k *measure.KPIs) string {
		d := p.Asked.by(of(k))
		switch {
		case d.P85 == nil:
			return p.T("rep_p50")
		case d.P95 == nil:
			return p.T("rep_p85", "p85", p.Hours(*d.P85))
		}
		return p.T("rep_p85_p95", "p85", p.Hours(*d.P85), "p95", p.Hours(*d.P95))
	}
	return get, beside
}

func timeKPI(key string, figure measure.Figure, jobs bool, of func(*measure.KPIs) measure.Lengths) kpi {
	get, beside := spread(of)
	return kpi{Key: key, Figure: figure, Jobs: jobs, time: true, unit: inHours, get: get, beside: beside}
}

func shareKPI(key string, figure measure.Figure, jobs, up bool, of func(*asked, *measure.KPIs) measure.Share, beside func(*reportPage, *measure.KPIs) string) kpi {
	get := func(a *asked, k *measure.KPIs) (*float64, int) { s := of(a, k); return s.Share, s.N }
	return kpi{Key: key, Figure: figure, Jobs: jobs, Up: up, share: true, unit: inPercent, get: get, beside: beside}
}

// besideShare says a second share: "latest date: 91%".
func besideShare(phrase string, of func(*measure.KPIs) measure.Share) func(*reportPage, *measure.KPIs) string {
	return func(p *reportPage, k *measure.KPIs) string {
		if s := of(k); s.Share != nil {
			return p.T(phrase, "share", p.Percent(*s.Share))
		}
		return ""
	}
}

// kpis are the key figures, in the order of the page.
var kpis = []kpi{
	timeKPI("lead", measure.OfCompleted, true, func(k *measure.KPIs) measure.Lengths { return k.Lead }),
	timeKPI("cycle", measure.OfCompleted, true, func(k *measure.KPIs) measure.Lengths { return k.Cycle }),
	shareKPI("ontime", measure.OfDue, true, true, func(_ *asked, k *measure.KPIs) measure.Share { return k.OnTime },
		besideShare("rep_ontime_latest", func(k *measure.KPIs) measure.Share { return k.OnTimeNow })),
	{Key: "completed", Figure: measure.OfCompleted, Jobs: true, Up: true, unit: inNumbers,
		get: func(_ *asked, k *measure.KPIs) (*float64, int) { n := float64(k.Completed); return &n, k.Completed },
		beside: func(p *reportPage, k *measure.KPIs) string {
			if k.PerDay.Share == nil {
				return ""
			}
			return p.T("rep_per_day", "n", p.Number(*k.PerDay.Share))
		}},
	timeKPI("tat", measure.OfStays, false, func(k *measure.KPIs) measure.Lengths { return k.TAT }),
	timeKPI("queue", measure.OfStays, false, func(k *measure.KPIs) measure.Lengths { return k.Queue }),
	timeKPI("run", measure.OfStays, false, func(k *measure.KPIs) measure.Lengths { return k.Run }),
	timeKPI("hold", measure.OfStays, false, func(k *measure.KPIs) measure.Lengths { return k.Hold }),
	shareKPI("efficiency", measure.OfCompleted, true, true, func(a *asked, k *measure.KPIs) measure.Share {
		if a.Working {
			return k.Efficiency.Working
		}
		return k.Efficiency.Elapsed
	}, nil),
	shareKPI("rejection", measure.OfWastage, false, false, func(_ *asked, k *measure.KPIs) measure.Share { return k.Inspected },
		besideShare("rep_rejection_all", func(k *measure.KPIs) measure.Share { return k.Amounts.Rejection })),
	shareKPI("wastage", measure.OfWastage, false, false, func(_ *asked, k *measure.KPIs) measure.Share { return k.Amounts.Wastage },
		besideShare("rep_falloff", func(k *measure.KPIs) measure.Share { return k.Amounts.FallOff })),
	shareKPI("rework", measure.OfRework, false, false, func(_ *asked, k *measure.KPIs) measure.Share { return k.Amounts.Rework },
		besideShare("rep_fpy", func(k *measure.KPIs) measure.Share { return k.Amounts.FirstPass })),
	func() kpi {
		k := timeKPI("vendor", measure.OfTrips, false, func(k *measure.KPIs) measure.Lengths { return k.Vendor.TAT })
		k.beside = func(p *reportPage, k *measure.KPIs) string {
			if k.Vendor.OnTime.Share == nil || k.Vendor.Loss.Share == nil {
				return ""
			}
			return p.T("rep_vendor_beside", "ontime", p.Percent(*k.Vendor.OnTime.Share), "loss", p.Percent(*k.Vendor.Loss.Share))
		}
		return k
	}(),
}

// kpiCard is a key figure on the overview.
type kpiCard struct {
	Name, Value string
	Few         string // said instead of the value
	N           string // of how many it is told
	Beside      string
	Change      string // against the period before
	Link        string // to the jobs behind it
	Trend       string // address of its trend
	Spark       template.HTML
}

// card is a key figure in a period, with how it went.
func (p *reportPage) card(k kpi, now, before *measure.KPIs, trend []measure.Point) kpiCard {
	value, n := k.get(p.Asked, now)
	c := kpiCard{Name: p.T("rep_kpi_" + k.Key), N: p.T("rep_n_"+string(k.Figure), "n", p.Int(n)), Trend: p.Asked.with("trend", "kpi", k.Key)}
	if n > 0 {
		c.Link = p.behind(k.Figure)
	}
	if value == nil {
		c.Few = p.few1(n)
	} else {
		c.Value = k.unit(p, *value)
		if k.beside != nil {
			c.Beside = k.beside(p, now)
		}
	}
	if before != nil && value != nil {
		c.Change = p.change(k, *value, before)
	}
	if values := k.values(p.Asked, trend); toldOf(values) > 1 {
		c.Spark = chart.Spark(values)
	}
	return c
}

// few1 says in a sentence why a figure is not told.
func (p *reportPage) few1(n int) string {
	if n == 0 {
		return p.T("rep_none_yet")
	}
	return p.T("rep_few", "n", p.Int(n), "need", measure.Enough)
}

// change says how a figure moved against the period before: "▼ 3 h, better; before 41 h".
func (p *reportPage) change(k kpi, value float64, before *measure.KPIs) string {
	was, n := k.get(p.Asked, before)
	if was == nil || n == 0 {
		return p.T("rep_before_few", "n", p.Int(n))
	}
	said := k.unit(p, *was)
	switch diff := value - *was; {
	case k.unit(p, value) == said:
		return p.T("rep_same", "before", said)
	case diff > 0 == k.Up:
		return p.T("rep_better", "arrow", arrow(diff), "by", k.by(p, diff), "before", said)
	default:
		return p.T("rep_worse", "arrow", arrow(diff), "by", k.by(p, diff), "before", said)
	}
}

// by is by how much a figure moved: of shares in points, for 5% more of 50% is another thing.
func (k kpi) by(p *reportPage, diff float64) string {
	if k.share {
		return p.T("rep_points", "n", decimal(100*math.Abs(diff), 1))
	}
	return k.unit(p, math.Abs(diff))
}

func arrow(diff float64) string {
	if diff > 0 {
		return "▲"
	}
	return "▼"
}

// kpiCell is a key figure in a table.
func (p *reportPage) kpiCell(k kpi, value float64, link string) reportCell {
	c := reportCell{Text: k.unit(p, value), Link: link, Plain: decimal(value, 4)}
	switch {
	case k.time:
		c.Unit = "h"
	case k.share:
		c.Plain, c.Unit = decimal(100*value, 4), "%"
	}
	return c
}

// values is how a figure went; a step of too few is a gap.
func (k kpi) values(a *asked, trend []measure.Point) []float64 {
	values := make([]float64, len(trend))
	for i := range trend {
		v, n := k.get(a, &trend[i].KPIs)
		if values[i] = math.NaN(); v != nil && (n > 0 || k.Key == "completed") {
			values[i] = *v
		}
	}
	return values
}

// toldOf is how many of some values are told.
func toldOf(values []float64) (n int) {
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// whole reports whether a cut says something of whole jobs.
func whole(c measure.Cut) bool { return c.Stage == "" && c.Vendor.IsZero() && c.Station == "" }
