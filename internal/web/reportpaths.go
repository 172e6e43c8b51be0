package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/chart"
	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

const maxPaths = 30

// pathsReport is the ways that jobs went, against the route that was planned.
func (w *Web) pathsReport(r *http.Request, p *reportPage) error {
	if !p.oneProcess() {
		return nil
	}
	if !whole(p.Asked.Cut) {
		p.Figures = append(p.Figures, reportFigure{ID: "paths", Title: p.T("rep_tab_paths"), Empty: p.T("rep_whole_jobs")})
		return nil
	}
	list, more, err := p.figures.Variants(r.Context(), p.Asked.Cut, maxPaths)
	if err != nil {
		return err
	}
	f := reportFigure{ID: "paths", Title: p.T("rep_tab_paths"), Table: reportTable{Head: []string{p.T("rep_way"), p.T("rep_col_completed"), p.T("rep_col_lead50"), p.T("rep_stages_on_way")}}}
	var rows []chart.Row
	all, planned := 0, 0
	for i, x := range list {
		name := p.pathName(x)
		link := ""
		if i < maxPaths {
			link = p.behind(measure.OfCompleted, "path", strings.Join(x.Path, ","), "plan", strings.Join(x.Plan, ","))
		}
		f.Table.Rows = append(f.Table.Rows, reportRow{Name: name, Cells: []reportCell{p.countCell(x.Jobs, link), p.hoursCell(p.Asked.by(x.Lead).P50, link), wordCell(p.stageNames(x.Path, " → "))}})
		rows = append(rows, chart.Row{Name: name, Says: p.Int(x.Jobs), Parts: []chart.Part{{Kind: map[bool]chart.Kind{true: chart.Plain, false: chart.Rework}[x.Planned], Value: float64(x.Jobs)}}})
		if all += x.Jobs; x.Planned {
			planned += x.Jobs
		}
	}
	if more {
		f.Table.More = p.T("rep_more_paths", "n", p.Int(len(list)))
	}
	if f.Empty = p.T("rep_nothing"); len(list) > 0 {
		f.Empty, f.Finding = "", p.T("rep_paths_says", "n", p.Int(planned), "of", p.Int(all), "ways", p.Int(len(list)))
		f.Legend = []key{{chart.Swatch(chart.Plain), p.T("rep_as_planned")}, {chart.Swatch(chart.Rework), p.T("rep_otherwise")}}
		f.Drawing = chart.Bars(p.frame(f.Finding, p.Number), rows[:min(len(rows), 12)])
	}
	p.add(f)
	return nil
}

// stageNames are stages of the process by their codes, called as the process calls them.
func (p *reportPage) stageNames(codes []string, between string) string {
	names := make([]string, len(codes))
	for i, code := range codes {
		s, ok := p.Asked.stage(code)
		if names[i] = code; ok {
			names[i] = s.Label()
		}
	}
	return strings.Join(names, between)
}

// pathName says how a way differs from the route: which stages were left out, gone through again, or added.
func (p *reportPage) pathName(x measure.Variant) string {
	if x.Planned {
		return p.T("rep_as_planned")
	}
	var left, again, added []string
	times := map[string]int{}
	for _, code := range x.Path {
		times[code]++
	}
	for _, code := range x.Plan {
		if times[code] == 0 {
			left = append(left, code)
		}
	}
	for _, code := range slices.Compact(slices.Sorted(slices.Values(x.Path))) {
		if times[code] > 1 {
			again = append(again, code)
		}
		if !slices.Contains(x.Plan, code) {
			added = append(added, code)
		}
	}
	var parts []string
	for _, one := range []struct {
		key   string
		codes []string
	}{{"rep_way_left", left}, {"rep_way_again", again}, {"rep_way_added", added}} {
		if n := len(one.codes); n > 3 {
			parts = append(parts, p.T(one.key, "stages", p.stageNames(one.codes[:3], ", ")+" "+p.T("rep_others", "n", n-3)))
		} else if n > 0 {
			parts = append(parts, p.T(one.key, "stages", p.stageNames(one.codes, ", ")))
		}
	}
	return cmp.Or(strings.Join(parts, "; "), p.T("rep_way_order"))
}

// variantOf is a way as an address names it.
func variantOf(process flow.ID, path, plan string) *measure.Variant {
	if path == "" {
		return nil
	}
	return &measure.Variant{Process: process, Path: strings.Split(path, ","), Plan: strings.Split(plan, ",")}
}
