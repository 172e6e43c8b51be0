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
// time are in hours, shares in per cent, as the headings say.
func (w *Web) exportReport(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.reportOf(r, who)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Figures, func(f reportFigure) bool { return f.ID == r.FormValue("figure") && len(f.Table.Rows) > 0 })
	if i < 0 {
		return errNotYours
	}
	f, kind, ending := p.Figures[i], "text/csv; charset=utf-8; header=present", ".csv"
	book := r.FormValue("as") == "xlsx"
	if book {
		kind, ending = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"
	}
	event := postgres.Event{What: postgres.AuditExport, Detail: map[string]string{"what": "report", "report": p.Report, "rows": strconv.Itoa(len(f.Table.Rows))}}
	if err := w.DB.Audit(context.WithoutCancel(r.Context()), who.Org, event); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", kind)
	rw.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(f.Title, p.view) + ending}))
	if err := p.file(rw, f, book); err != nil {
		panic(http.ErrAbortHandler) // part of it is sent: the connection ends, so that nobody takes it for the whole
	}
	return nil
}

// file writes a table. It is small: everything in it was on a page.
func (p *reportPage) file(rw http.ResponseWriter, f reportFigure, book bool) error {
	head := f.Table.headings()
	head[0].Title += " · " + p.PeriodSays()
	var out sheets.Rows
	var err error
	if book {
		out, err = sheets.NewBook(rw, f.Title, head)
	} else {
		var lines *sheets.Writer
		if lines, err = sheets.NewWriter(rw); err == nil {
			out, err = lines, lines.Row(titles(head))
		}
	}
	for _, row := range f.Table.Rows {
		if err != nil {
			return err
		}
		err = out.Row(f.Table.cells(row))
	}
	if err != nil {
		return err
	}
	return out.Close()
}

func titles(head []sheets.Heading) []sheets.Cell {
	cells := make([]sheets.Cell, len(head))
	for i, h := range head {
		cells[i] = sheets.Text(h.Title)
	}
	return cells
}

// headings are the heads with the unit of their columns.
func (t reportTable) headings() []sheets.Heading {
	head := make([]sheets.Heading, len(t.Head))
	for i, title := range t.Head {
		head[i].Title = title
		if unit, all := t.unit(i - 1); unit != "" && all {
			head[i].Title += " (" + unit + ")"
		}
	}
	return head
}

// unit is that of a column, and whether all of the column is in it.
func (t reportTable) unit(column int) (unit string, all bool) {
	all = true
	for _, row := range t.Rows {
		if column < 0 || column >= len(row.Cells) || row.Cells[column].Few {
			continue
		}
		if is := row.Cells[column].Unit; unit == "" {
			unit = is
		} else if is != unit {
			all = false
		}
	}
	return unit, all
}

// cells are a row of a file. A row of a table whose columns are of several units names its own.
func (t reportTable) cells(row reportRow) []sheets.Cell {
	name := row.Name
	cells := []sheets.Cell{{}}
	for i, c := range row.Cells {
		if _, all := t.unit(i); !all && c.Unit != "" && name == row.Name {
			name += " (" + c.Unit + ")"
		}
		if c.Left {
			cells = append(cells, sheets.Text(c.Plain))
		} else {
			cells = append(cells, sheets.Decimal(c.Plain))
		}
	}
	cells[0] = sheets.Text(name)
	return cells
}
