package web

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
)

// maxUpload is the largest request an upload may be: the file and the little around it.
const maxUpload = 11 << 20

// mapping says which column of a file holds which field of a job, and the process new jobs follow.
type mapping struct {
	Process string         `json:"process"`
	Columns map[string]int `json:"columns"` // field -> column, from 0
}

// intakeFields are the fields a column can be mapped to, in the order they are asked for.
var intakeFields = []string{"number", "customer", "item", "quantity", "unit", "due", "priority", "process", "notes"}

type intakePage struct {
	*view
	Error     string
	Processes []flow.Process
	Done      string // how many went in, after a confirm
	Skipped   string
}

func (w *Web) intakePage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := intakePage{view: w.view(r, who, "intake")}
	if n, err := strconv.Atoi(r.FormValue("added")); err == nil {
		p.Done = p.Int(max(n, 0))
		skipped, _ := strconv.Atoi(r.FormValue("skipped")) // absent: none
		p.Skipped = p.Int(max(skipped, 0))
	}
	return w.render(rw, http.StatusOK, "intake", p)
}

// intake reads an uploaded file and shows what would go in. Nothing of the file is a job until it is confirmed.
func (w *Web) intake(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "intake")
	table, name, err := readUpload(r)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			err = &sheets.Problem{Code: "file_too_large", Args: map[string]string{"limit": "10 MB"}}
		}
		says, status, ok := w.explain(r.Context(), v, err)
		if !ok {
			return err
		}
		return w.render(rw, status, "intake", intakePage{view: v, Error: says})
	}
	m, err := w.guess(r, who, table)
	if err != nil {
		return err
	}
	u := postgres.Upload{ID: w.newID(), Member: who.Member, FileName: name, Created: w.Now()}
	if u.Content, err = encode(table); err != nil {
		return err
	}
	if u.Mapping, err = encode(m); err != nil {
		return err
	}
	if err := w.DB.AddUpload(r.Context(), who.Org, u); err != nil {
		return err
	}
	http.Redirect(rw, r, "/intake/"+u.ID.String(), http.StatusSeeOther)
	return nil
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// readUpload reads the one file of an upload as it arrives, or text pasted from a spreadsheet.
func readUpload(r *http.Request) (sheets.Table, string, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return sheets.Table{}, "", &sheets.Problem{Code: "file_empty"}
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return sheets.Table{}, "", noFile(err)
		}
		table, found, err := readPart(part)
		if found || err != nil {
			return table, clip(part.FileName(), flow.MaxText), err
		}
	}
}

func noFile(err error) error {
	if errors.Is(err, io.EOF) {
		return &sheets.Problem{Code: "file_empty"}
	}
	return err
}

func readPart(part *multipart.Part) (table sheets.Table, found bool, err error) {
	if part.FormName() != "file" && part.FormName() != "paste" {
		return table, false, nil
	}
	table, err = sheets.Read(part, sheets.JobLimits)
	var empty *sheets.Problem
	if errors.As(err, &empty) && empty.Code == "file_empty" {
		return table, false, nil // the other of the two ways was used
	}
	return table, true, err
}

func clip(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), n)])
}

// guess maps the columns as last time a file had this header, else by the names of the columns.
func (w *Web) guess(r *http.Request, who flow.Person, t sheets.Table) (mapping, error) {
	var m mapping
	last, err := w.DB.ColumnMap(r.Context(), who.Org, headerKey(t.Header))
	if err != nil {
		return m, err
	}
	if last != "" {
		return m, json.Unmarshal([]byte(last), &m)
	}
	processes, err := w.processesFor(r, who)
	if err != nil {
		return m, err
	}
	if len(processes) > 0 {
		m.Process = choose(processes, "").ID.String()
	}
	m.Columns = sheets.Guess(t.Header)
	return m, nil
}

func headerKey(header []string) [32]byte {
	return sha256.Sum256([]byte(strings.ToLower(strings.Join(header, "\x00"))))
}

// verdict is what would become of one row.
type verdict struct {
	Line  int
	State string // new, there, wrong
	Says  string
	Job   flow.NewJob
	To    flow.Process
}

type fieldChoice struct {
	Field   string
	Columns []columnChoice
}

type columnChoice struct {
	Index  int
	Name   string
	Chosen bool
}

type previewPage struct {
	*view
	Upload            postgres.Upload
	Table             sheets.Table
	Mapping           mapping
	Processes         []flow.Process
	Fields            []fieldChoice
	Rows              []verdict
	New, There, Wrong int
	Cut               int // rows not shown
	Error             string
}

const previewRows = 200

func (w *Web) previewPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.preview(r, who)
	if err != nil {
		return err
	}
	return w.showPreview(rw, p, http.StatusOK)
}

func (w *Web) showPreview(rw http.ResponseWriter, p *previewPage, status int) error {
	for _, field := range intakeFields {
		f := fieldChoice{Field: field}
		chosen, ok := p.Mapping.Columns[field]
		for i, name := range p.Table.Header {
			f.Columns = append(f.Columns, columnChoice{i, name, ok && chosen == i})
		}
		p.Fields = append(p.Fields, f)
	}
	// What needs a person's eye comes first.
	slices.SortStableFunc(p.Rows, func(a, b verdict) int { return boolean(b.State == "wrong", a.State == "wrong") })
	if p.Cut = len(p.Rows) - previewRows; p.Cut > 0 {
		p.Rows = p.Rows[:previewRows]
	}
	return w.render(rw, status, "preview", p)
}

// preview judges every row of an upload by what is known now.
func (w *Web) preview(r *http.Request, who flow.Person) (*previewPage, error) {
	id, err := pathID(r, "upload")
	if err != nil {
		return nil, err
	}
	p := &previewPage{view: w.view(r, who, "intake_preview")}
	if p.Upload, err = w.DB.Upload(r.Context(), who.Org, who.Member, id); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(p.Upload.Content), &p.Table); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(p.Upload.Mapping), &p.Mapping); err != nil {
		return nil, err
	}
	if p.Processes, err = w.processesFor(r, who); err != nil {
		return nil, err
	}
	return p, w.judge(r, p)
}

// mapColumns keeps which column is what, for this file and the next of its kind.
func (w *Web) mapColumns(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.preview(r, who)
	if err != nil {
		return err
	}
	m := mapping{Process: r.PostFormValue("process_of_all"), Columns: map[string]int{}}
	for _, field := range intakeFields {
		i, err := strconv.Atoi(r.PostFormValue("column_" + field))
		if err == nil && i >= 0 && i < len(p.Table.Header) {
			m.Columns[field] = i
		}
	}
	text, err := encode(m)
	if err != nil {
		return err
	}
	if err := w.DB.MapUpload(r.Context(), who.Org, p.Upload.ID, headerKey(p.Table.Header), text); err != nil {
		return err
	}
	http.Redirect(rw, r, r.URL.Path, http.StatusSeeOther)
	return nil
}

// confirm creates the new jobs of an upload, in commands of bounded size so that nobody at the presses waits
// behind it. Its command ids follow from the upload: confirming twice adds nothing.
func (w *Web) confirm(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.preview(r, who)
	if err != nil {
		return err
	}
	added := 0
	for n, c := range chunks(p.Rows) {
		id := flow.DerivedID(sha256.Sum256([]byte(p.Upload.ID.String() + " " + strconv.Itoa(n) + " " + c.Jobs[0].ID.String())))
		if _, err := w.do(r, who, id, c); err != nil {
			return w.confirmRefused(rw, r, who, err)
		}
		added += len(c.Jobs)
	}
	if p.Wrong == 0 {
		if err := w.DB.EndUpload(r.Context(), who.Org, p.Upload.ID); err != nil {
			return err
		}
	}
	http.Redirect(rw, r, "/intake?added="+strconv.Itoa(added)+"&skipped="+strconv.Itoa(p.There+p.Wrong), http.StatusSeeOther)
	return nil
}

// confirmRefused shows the preview as it stands now: what had gone in by then shows as there already.
func (w *Web) confirmRefused(rw http.ResponseWriter, r *http.Request, who flow.Person, cause error) error {
	p, err := w.preview(r, who)
	if err != nil {
		return err
	}
	says, status, ok := w.explain(r.Context(), p.view, cause)
	if !ok {
		return cause
	}
	p.Error = says
	return w.showPreview(rw, p, status)
}

// chunkJobs is how many jobs of an import go in together.
const chunkJobs = 200

// chunks groups the new rows by process, in bounded commands.
func chunks(rows []verdict) []flow.Create {
	var all []flow.Create
	open := map[flow.ID]int{} // process -> its chunk that has room
	for _, v := range rows {
		if v.State != "new" {
			continue
		}
		i, ok := open[v.To.ID]
		if !ok || len(all[i].Jobs) == chunkJobs {
			i = len(all)
			open[v.To.ID] = i
			all = append(all, flow.Create{Process: v.To.ID, Version: v.To.Version})
		}
		all[i].Jobs = append(all[i].Jobs, v.Job)
	}
	return all
}
