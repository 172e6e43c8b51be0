package web

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
)

// packShown is how many rows of a table stand in the readable file; all are in the other one.
const packShown = 300

// downloadMyData sends everything that is kept about somebody as one ZIP: data.json for programs, data.html to read, and the
// pictures that they added. It is sent while it is read.
func (w *Web) downloadMyData(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	says, status, err := w.confirmed(rw, r, who)
	if err != nil {
		return err
	}
	p := myDataPage{view: w.view(r, who, "rd_my_data"), Wrong: map[string]string{"download": says}}
	if says != "" {
		return w.showMyData(rw, r, p, status)
	}
	if wait := w.packs.Wait(who.Member.String(), w.Now()); wait > 0 {
		p.Wrong["download"] = p.tooOften(rw, wait)
		return w.showMyData(rw, r, p, http.StatusTooManyRequests)
	}
	if err := w.DB.Audit(r.Context(), who.Org, postgres.Event{What: postgres.AuditExport, ID: who.Member.String(), Detail: map[string]string{"list": "own_data"}}); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "application/zip")
	rw.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "my-data-" + w.Now().In(p.Zone).Format("2006-01-02") + ".zip"}))
	if err := w.sendPack(rw, r, p.view); err != nil {
		if r.Context().Err() == nil {
			w.Log.Error("a pack broke off", "org", who.Org.String(), "error", err)
		}
		panic(http.ErrAbortHandler) // part of it is sent: nobody takes it for the whole
	}
	return nil
}

// packFile is a pack on its way out.
type packFile struct {
	w        *Web
	v        *view
	out      *bytes.Buffer
	flush    func() error
	rows     int
	tables   []packTable
	pictures []flow.ID
}

// packTable is a table as the readable file shows it.
type packTable struct {
	privacy.Table
	Rows [][]packCell
	All  int
}

type packCell struct{ Name, Value string }

// More reports whether there are rows that only the other file has.
func (t packTable) More() bool { return t.All > len(t.Rows) }

// packWaits is how long the database is held for somebody who takes nothing of their pack.
const packWaits = 2 * time.Minute

func (w *Web) sendPack(rw http.ResponseWriter, r *http.Request, v *view) error {
	z, line := zip.NewWriter(rw), http.NewResponseController(rw)
	file, err := z.Create("data.json")
	if err != nil {
		return err
	}
	p := &packFile{w: w, v: v, out: &bytes.Buffer{}}
	p.flush = func() error {
		_ = line.SetWriteDeadline(time.Now().Add(packWaits)) //nolint:errcheck // where it cannot be set, nobody is let go
		_, err := p.out.WriteTo(file)
		_ = line.SetWriteDeadline(time.Time{}) //nolint:errcheck // as above
		return err
	}
	fmt.Fprintf(p.out, `{"company": %s, "person": %q, "as_of": %q, "tables": [`, mustText(v.Who.OrgName), v.Who.Member, v.Now.UTC().Format("2006-01-02T15:04:05Z"))
	if err := w.DB.Pack(r.Context(), v.Who.Org, v.Who.Member, p); err != nil {
		return err
	}
	if len(p.tables) > 0 {
		p.out.WriteString("\n]}")
	}
	p.out.WriteString("\n]}\n")
	if err := p.flush(); err != nil {
		return err
	}
	if file, err = z.Create("data.html"); err != nil {
		return err
	}
	if err := w.pages.ExecuteTemplate(file, "whole/pack", packPage{view: v, Tables: p.tables}); err != nil {
		return err
	}
	if err := w.packPictures(r, v, z, p.pictures); err != nil {
		return err
	}
	return z.Close()
}

func (w *Web) packPictures(r *http.Request, v *view, z *zip.Writer, ids []flow.ID) error {
	for _, id := range ids {
		pic, err := w.DB.Picture(r.Context(), v.Who.Org, id, false)
		if err != nil {
			return err
		}
		ending := ".jpg"
		if pic.Media == "image/png" {
			ending = ".png"
		}
		file, err := z.CreateHeader(&zip.FileHeader{Name: "pictures/" + id.String() + ending, Method: zip.Store})
		if err != nil {
			return err
		}
		if _, err := file.Write(pic.Bytes); err != nil {
			return err
		}
	}
	return nil
}

// Table begins the rows of a table, with what each column is for.
func (p *packFile) Table(t privacy.Table) error {
	if len(p.tables) > 0 {
		p.out.WriteString("\n]},")
	}
	p.tables, p.rows = append(p.tables, packTable{Table: t}), 0
	type column struct {
		Column  string `json:"column"`
		Purpose string `json:"purpose"`
		Ground  string `json:"ground"`
		Seen    string `json:"seen_by"`
		Kept    string `json:"kept"`
	}
	columns := []column{}
	for _, f := range t.Fields {
		columns = append(columns, column{f.Column, string(f.Purpose), string(f.Purpose.Ground()), string(f.Seen), string(f.Kept)})
	}
	said, err := json.Marshal(columns)
	fmt.Fprintf(p.out, "\n{\"table\": %q, \"about\": %s, \"fields\": %s, \"rows\": [", t.Name, mustText(t.About), said)
	return err
}

// Row writes a row, and keeps the first ones for the readable file.
func (p *packFile) Row(r postgres.PackRow) error {
	if p.rows++; p.rows > 1 {
		p.out.WriteByte(',')
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	p.out.WriteString("\n")
	p.out.Write(text)
	t := &p.tables[len(p.tables)-1]
	if t.All++; t.All <= packShown {
		t.Rows = append(t.Rows, p.cells(r))
	}
	if p.out.Len() > 32<<10 {
		return p.flush()
	}
	return nil
}

// Picture notes one that is written behind the texts.
func (p *packFile) Picture(id flow.ID) error { p.pictures = append(p.pictures, id); return nil }

func (p *packFile) cells(r postgres.PackRow) []packCell {
	cells := make([]packCell, 0, len(r))
	for name, value := range r {
		text, ok := value.(string)
		switch {
		case text == postgres.PackKept:
			text = p.v.T("pack_kept_hidden")
		case text == postgres.PackNamed:
			text = p.v.T("pack_names_you")
		case !ok:
			text = mustText(value)
		}
		if text != "" {
			cells = append(cells, packCell{name, text})
		}
	}
	slices.SortFunc(cells, func(a, b packCell) int { return strings.Compare(a.Name, b.Name) })
	return cells
}

// mustText is a plain value as JSON.
func mustText(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // plain values always marshal
		panic(err)
	}
	return string(b)
}

type packPage struct {
	*view
	Tables []packTable
}

// Why says what a field is for, on which ground, who sees it and how long it is kept.
func (p packPage) Why(f privacy.Field) string {
	return p.T("pack_why", "purpose", p.T("pack_purpose_"+string(f.Purpose)), "ground", p.T("pack_ground_"+string(f.Purpose.Ground())),
		"seen", p.T("pack_seen_"+string(f.Seen)), "kept", p.T("pack_kept_"+string(f.Kept)))
}

// Whys are the reasons of a table's fields, each once, with the columns it is of.
func (p packPage) Whys(t packTable) []packCell {
	var list []packCell
	for _, f := range t.Fields {
		why := p.Why(f)
		if i := slices.IndexFunc(list, func(c packCell) bool { return c.Value == why }); i >= 0 {
			list[i].Name += ", " + f.Column
			continue
		}
		list = append(list, packCell{f.Column, why})
	}
	return list
}
