package web

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// exportReport is a table of a report as a file: what the page shows, with numbers that a spreadsheet counts with. Lengths of
// time are in hours, shares in per cent.
func (w *Web) exportReport(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.reportOf(r, who)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Figures, func(f reportFigure) bool { return f.ID == r.FormValue("figure") && len(f.Table.Rows) > 0 })
	if i < 0 || r.FormValue("as") != "csv" {
		return errNotYours
	}
	f := p.Figures[i]
	event := postgres.Event{What: postgres.AuditExport, Detail: map[string]string{"what": "report", "report": p.Report, "rows": strconv.Itoa(len(f.Table.Rows))}}
	if err := w.DB.Audit(context.WithoutCancel(r.Context()), who.Org, event); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	rw.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(f.Title, p.view)}))
	return p.csv(rw, f.Table)
}

// csv writes a table. It is small: everything in it was on a page.
func (p *reportPage) csv(rw http.ResponseWriter, t reportTable) error {
	out, err := sheets.NewWriter(rw)
	if err != nil {
		return err
	}
	for _, row := range p.fileRows(t) {
		if err := out.Row(row); err != nil {
			return err
		}
	}
	return out.Flush()
}

// fileRows are the rows of a file: the period, the head, the figures.
func (p *reportPage) fileRows(t reportTable) [][]string {
	rows := [][]string{{p.PeriodSays()}, t.Head}
	for _, row := range t.Rows {
		cells := []string{row.Name}
		for _, c := range row.Cells {
			cells = append(cells, c.Plain)
		}
		rows = append(rows, cells)
	}
	return rows
}
