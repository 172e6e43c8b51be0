package web

import (
	"cmp"
	"context"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// exportRows is how many jobs are in memory at once.
const exportRows = 200

// exported is a board on its way out as a file.
type exported struct {
	w       *Web
	v       *view
	process flow.Process // as the reader reads it, with its stages as the board has them
	query   postgres.BoardQuery
	book    bool // XLSX instead of CSV
	out     sheets.Rows
	cells   []sheets.Cell // the row, used again
	rows    int
}

// Export writes the jobs of a process as the board shows them, as a CSV file or, with format=xlsx, a workbook. The file is sent while it is read, page by page,
// so that a lakh of jobs takes no more memory than the first of them.
func (w *Web) Export(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	e, err := w.exporting(r, who)
	if err != nil {
		return err
	}
	kind, ending := "text/csv; charset=utf-8; header=present", ".csv"
	if e.book {
		kind, ending = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"
	}
	rw.Header().Set("Content-Type", kind)
	rw.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(e.process.Name, e.v) + ending}))
	defer e.note(r)
	if err := e.send(r.Context(), rw); err != nil {
		if r.Context().Err() == nil {
			w.Log.Error("an export broke off", "org", who.Org.String(), "error", err)
		}
		panic(http.ErrAbortHandler) // part of it is sent: the connection ends, so that nobody takes it for the whole
	}
	return nil
}

// exporting finds the process that is asked for among those that the reader sees as a whole.
func (w *Web) exporting(r *http.Request, who flow.Person) (*exported, error) {
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return nil, err
	}
	mine := wholeProcesses(who, all)
	i := slices.IndexFunc(mine, func(p flow.Process) bool { return p.ID.String() == r.FormValue("process") })
	if i < 0 {
		return nil, errNotYours
	}
	load, err := w.DB.Load(r.Context(), who.Org, mine[i].ID, narrow(who))
	if err != nil {
		return nil, err
	}
	p := withRetired(mine[i].As(who.Role), func(code string) bool { return load[code].Jobs > 0 })
	v := w.view(r, who, "")
	sites, err := w.sitesFor(r, who)
	if err != nil {
		return nil, err
	}
	q := postgres.BoardQuery{Process: p.ID, Done: r.FormValue("show") == "done", Sites: narrow(who).Sites, Limit: exportRows, Now: flow.At(v.Now)}
	f := v.readFilter(r.Form, p, sites, q.Done)
	q.Limit = 1
	if _, err := w.filtered(r, v, p, q, &f); err != nil { // a part that is too broad is not exported under either
		return nil, err
	}
	q.Limit, q.Filter = exportRows, f.Filter
	return &exported{w: w, v: v, process: p, book: r.FormValue("format") == "xlsx", query: q}, nil
}

// fileName is a file name, without its ending, that says what is in the file, of letters and digits of any script.
func fileName(name string, v *view) string {
	safe := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, flow.Clean(name))
	if long := []rune(safe); len(long) > 60 {
		safe = string(long[:60])
	}
	return cmp.Or(strings.Trim(safe, "-"), "board") + "-" + string(flow.DateOf(v.Now.In(v.Zone)))
}

// note puts the export into the audit log, with how many jobs went out, also when it broke off.
func (e *exported) note(r *http.Request) {
	shown := "open"
	if e.query.Done {
		shown = "done"
	}
	event := postgres.Event{What: postgres.AuditExport, ID: e.process.ID.String(), Detail: map[string]string{"what": "board", "show": shown, "rows": strconv.Itoa(e.rows)}}
	if err := e.w.DB.Audit(context.WithoutCancel(r.Context()), e.v.Who.Org, event); err != nil {
		e.w.Log.Error("an export could not be noted", "org", e.v.Who.Org.String(), "error", err)
	}
}

func (e *exported) send(ctx context.Context, rw http.ResponseWriter) error {
	err := e.begin(rw)
	if err != nil {
		return err
	}
	for more := true; more; {
		page, err := e.w.DB.Board(ctx, e.v.Who.Org, e.query)
		if err != nil {
			return err
		}
		if err := e.page(ctx, page.Jobs); err != nil {
			return err
		}
		if err := http.NewResponseController(rw).Flush(); err != nil {
			return err
		}
		more, e.query.After = page.More, page.End
	}
	return e.out.Close()
}

// begin writes the heading row.
func (e *exported) begin(rw http.ResponseWriter) error {
	header := e.header()
	if e.book {
		book, err := sheets.NewBook(rw, e.process.Name, header)
		e.out = book
		return err
	}
	out, err := sheets.NewWriter(rw)
	if err != nil {
		return err
	}
	e.out = out
	cells := make([]sheets.Cell, len(header))
	for i, h := range header {
		cells[i] = sheets.Text(h.Title)
	}
	return out.Row(cells)
}

func (e *exported) page(ctx context.Context, jobs []flow.Job) error {
	for _, j := range jobs {
		if !e.v.Who.Scope.Sees(j) {
			continue
		}
		own, err := e.w.DB.Edition(ctx, e.v.Who.Org, flow.Edition{Process: j.Process, Version: j.Version})
		if err != nil {
			return err
		}
		if j = own.Show(e.v.Who.Role, j); !e.query.Filter.Matches(j, e.query.Now) {
			continue
		}
		if err := e.out.Row(e.row(j)); err != nil {
			return err
		}
		e.rows++
	}
	return e.out.Flush()
}

// header names the columns: the job's own, the fields of its format, and two for each stage.
func (e *exported) header() []sheets.Heading {
	v := e.v
	head := []sheets.Heading{{Title: v.T("field_number"), Width: 14}, {Title: v.T("field_customer"), Width: 28}, {Title: v.T("field_item"), Width: 28},
		{Title: v.T("field_quantity"), Width: 12}, {Title: v.T("field_unit")}, {Title: v.T("field_due"), Width: 12}, {Title: v.T("urgent")},
		{Title: v.T("export_site")}, {Title: v.T("export_created"), Width: 17}, {Title: v.T("export_completed"), Width: 17}}
	for _, f := range e.process.Fields {
		head = append(head, sheets.Heading{Title: strings.TrimSpace(f.Label + " " + f.Unit)})
	}
	for _, s := range e.process.Stages {
		name := e.process.Called(s)
		if head = append(head, sheets.Heading{Title: name}); e.process.Mode == flow.QuantityMode {
			head = append(head, sheets.Heading{Title: v.T("export_quantity_at", "stage", name)})
		}
	}
	return head
}

func (e *exported) row(j flow.Job) []sheets.Cell {
	v, text := e.v, sheets.Text
	urgent := ""
	if j.Urgent {
		urgent = v.T("answer_yes")
	}
	cells := append(e.cells[:0], text(j.Number), text(j.Customer), text(j.Item), sheets.Decimal(j.Quantity.String()), text(j.Unit), dayCell(j.Due), text(urgent),
		text(j.Site), v.momentCell(j.Created), v.momentCell(j.Completed))
	if j.Mode == flow.UnitMode {
		cells[3] = sheets.Cell{}
	}
	for _, f := range e.process.Fields {
		cells = append(cells, v.fieldCell(f, j.Fields[f.Code]))
	}
	for _, s := range e.process.Stages {
		state, ok := j.Stage(s.Code)
		status, quantity := sheets.Cell{}, sheets.Cell{}
		if ok {
			status, quantity = text(v.T("status_"+string(state.Status()))), sheets.Decimal(stageQuantity(state))
		}
		if cells = append(cells, status); e.process.Mode == flow.QuantityMode {
			cells = append(cells, quantity)
		}
	}
	e.cells = cells
	return cells
}

// stageQuantity is what the board's cell shows: what is there, else what was good.
func stageQuantity(s flow.StageState) string {
	switch s.Status() {
	case flow.Waiting:
		return ""
	case flow.Done:
		return s.Good.String()
	}
	return (s.OnHand + s.AtVendor).String()
}

func dayCell(d flow.Date) sheets.Cell {
	if d == "" {
		return sheets.Cell{}
	}
	return sheets.Day(d.Time())
}

func (v *view) momentCell(m flow.Moment) sheets.Cell {
	if m == 0 {
		return sheets.Cell{}
	}
	return sheets.Moment(m.Time().In(v.Zone))
}

// fieldCell is a value of a form for a spreadsheet: numbers and dates as what they are, to be counted and sorted.
func (v *view) fieldCell(f flow.Field, value string) sheets.Cell {
	switch {
	case value == "":
		return sheets.Cell{}
	case f.Type == flow.NumberField:
		return sheets.Decimal(value)
	case f.Type == flow.DateField:
		return dayCell(flow.Date(value))
	}
	return sheets.Text(v.FieldValue(f, value))
}
