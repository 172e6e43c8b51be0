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
	for _, code := range x.Plan {
		if times[code] > 1 && !slices.Contains(again, code) {
			again = append(again, code)
		}
	}
	for _, code := range x.Path {
		if !slices.Contains(x.Plan, code) && !slices.Contains(added, code) {
			added = append(added, code)
		}
	}
	var parts []string
	for _, one := range []struct {
		key   string
		codes []string
	}{{"rep_way_left", left}, {"rep_way_again", again}, {"rep_way_added", added}} {
		if len(one.codes) > 0 {
			parts = append(parts, p.T(one.key, "stages", p.stretches(one.codes, x.Plan)))
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

// stretches names stages in the order of a plan: of three or more that follow each other there only the first and the last.
func (p *reportPage) stretches(codes, plan []string) string {
	var parts []string
	for i := 0; i < len(codes); {
		end, at := i, slices.Index(plan, codes[i])
		for at >= 0 && end+1 < len(codes) && at+1 < len(plan) && codes[end+1] == plan[at+1] {
			end, at = end+1, at+1
		}
		if end-i < 2 {
			end = i
			parts = append(parts, p.stageNames(codes[i:i+1], ""))
		} else {
			parts = append(parts, p.stageNames([]string{codes[i], codes[end]}, " – "))
		}
		i = end + 1
	}
	return strings.Join(parts, ", ")
}
