package evidence

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Say is a phrase in the reader's language.
type Say func(key string, pairs ...any) string

// What stands in the index, as JSON.
type (
	// Index is evidence.json.
	Index struct {
		Format       string       `json:"format"`
		Organisation string       `json:"organisation"`
		Made         time.Time    `json:"made"`
		Program      string       `json:"program"`
		Standard     string       `json:"standard"`
		Controls     []IndexEntry `json:"controls"`
	}
	// IndexEntry is a control: with evidence, or saying that there is no record yet.
	IndexEntry struct {
		Control  string      `json:"control"`
		Title    string      `json:"title"`
		Evidence []IndexFile `json:"evidence,omitempty"`
		Says     string      `json:"says,omitempty"` // that there is no record yet
	}
	// IndexFile is where the records of a topic are.
	IndexFile struct {
		Topic Topic  `json:"topic"`
		File  string `json:"file"`
		Page  string `json:"page"`
		Rows  int    `json:"rows"`
	}
	tableFile struct {
		Topic   Topic      `json:"topic"`
		Title   string     `json:"title"`
		Made    time.Time  `json:"made"`
		Columns []string   `json:"columns"`
		Rows    [][]string `json:"rows"`
		Cut     bool       `json:"cut,omitempty"`
	}
)

const (
	format    = "clicarity-evidence-1"
	standard  = "ISO/IEC 27001:2022, Annex A"
	indexJSON = "evidence.json"
	indexHTML = "index.html"
)

// Write writes the dossier as a ZIP: index.html and evidence.json name every control and the files that show it, and each
// topic is there as a page and as JSON.
func (d Dossier) Write(w io.Writer, say Say) error {
	z := zip.NewWriter(w)
	index := Index{Format: format, Organisation: d.Organisation, Made: d.Made.UTC(), Program: d.Program, Standard: standard}
	for _, c := range Controls() {
		index.Controls = append(index.Controls, d.entry(c, say))
	}
	for _, t := range Topics() {
		if err := d.writeTable(z, d.Of(t), say); err != nil {
			return err
		}
	}
	if err := writeJSON(z, d.Made, indexJSON, index); err != nil {
		return err
	}
	if err := writePage(z, d.Made, indexHTML, "index", d.page(say, index)); err != nil {
		return err
	}
	return z.Close()
}

func (d Dossier) entry(c Control, say Say) IndexEntry {
	e := IndexEntry{Control: c.ID, Title: say("evidence_c_" + c.Key())}
	for _, t := range c.Topics {
		if n := len(d.Of(t).Rows); n > 0 {
			e.Evidence = append(e.Evidence, IndexFile{t, string(t) + ".json", string(t) + ".html", n})
		}
	}
	if len(e.Evidence) == 0 {
		e.Says = say("evidence_none")
	}
	return e
}

func (d Dossier) writeTable(z *zip.Writer, t Table, say Say) error {
	if t.Rows == nil {
		t.Rows = [][]string{}
	}
	f := tableFile{t.Topic, say("evidence_t_" + string(t.Topic)), d.Made.UTC(), t.Columns, t.Rows, t.Cut}
	if err := writeJSON(z, d.Made, string(t.Topic)+".json", f); err != nil {
		return err
	}
	return writePage(z, d.Made, string(t.Topic)+".html", "table", d.page(say, f))
}

// filePage is what the pages of the file are made from.
type filePage struct {
	Dossier
	say  Say
	File any
}

func (d Dossier) page(say Say, file any) filePage { return filePage{d, say, file} }

// T is a phrase.
func (p filePage) T(key string, pairs ...any) string { return p.say(key, pairs...) }

// MadeAt is when the file was made.
func (p filePage) MadeAt() string { return p.Made.Format("02-01-2006 15:04 MST") }

func create(z *zip.Writer, made time.Time, name string) (io.Writer, error) {
	return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: made.UTC()})
}

func writeJSON(z *zip.Writer, made time.Time, name string, v any) error {
	w, err := create(z, made, name)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(v)
}

func writePage(z *zip.Writer, made time.Time, name, page string, data any) error {
	w, err := create(z, made, name)
	if err != nil {
		return err
	}
	return pages.ExecuteTemplate(w, page, data)
}

var pages = template.Must(template.New("").Parse(`{{define "top"}}<!doctype html><html lang="{{.Language}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Organisation}} · {{.T "evidence"}}</title>
<style>body{font:16px/1.5 system-ui,"Noto Sans","Noto Sans Devanagari",sans-serif;color:#1B1D22;max-width:1100px;margin:0 auto;padding:16px}table{border-collapse:collapse;width:100%;font-size:14px}th,td{border:1px solid #DEDFE3;padding:6px 8px;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#F7F7F5}.none{color:#6B4A00}p.made{color:#555A64}</style></head><body>{{end}}
{{define "index"}}{{template "top" .}}<h1>{{.T "evidence_title" "organisation" .Organisation}}</h1><p class="made">{{.T "evidence_made" "at" .MadeAt "program" .Program}}</p><p>{{.T "evidence_file_says"}}</p>
<table><thead><tr><th scope="col">{{.T "evidence_control"}}</th><th scope="col"></th><th scope="col">{{.T "evidence"}}</th></tr></thead><tbody>{{range .File.Controls}}<tr><td>{{.Control}}</td><td>{{.Title}}</td><td>{{range .Evidence}}<a href="{{.Page}}">{{$.T (print "evidence_t_" .Topic)}}</a> ({{.Rows}})<br>{{else}}<span class="none">{{.Says}}</span>{{end}}</td></tr>{{end}}</tbody></table></body></html>{{end}}
{{define "table"}}{{template "top" .}}<p><a href="index.html">{{.T "evidence_title" "organisation" .Organisation}}</a></p><h1>{{.File.Title}}</h1><p class="made">{{.T "evidence_made" "at" .MadeAt "program" .Program}}</p>
{{if .File.Rows}}{{if .File.Cut}}<p>{{.T "evidence_cut"}}</p>{{end}}<table><thead><tr>{{range .File.Columns}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>{{range .File.Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>{{end}}</tbody></table>{{else}}<p class="none">{{.T "evidence_none"}}</p>{{end}}</body></html>{{end}}`))

// maxUnpacked bounds what is read of one file of a ZIP that is checked.
const maxUnpacked = 64 << 20

var links = regexp.MustCompile(`href="([^"]+)"`)

// Check reads a file of evidence and says the first thing that is wrong with it: a control that is not in it, one with neither
// evidence nor the word that there is none, a link to a file that is not there, a table whose rows are no rows of it. It returns how many
// controls there are.
func Check(file []byte) (controls int, err error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return 0, err
	}
	texts := map[string][]byte{}
	for _, f := range z.File {
		if texts[f.Name], err = unpack(f); err != nil {
			return 0, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	for name, text := range texts {
		for _, m := range links.FindAllStringSubmatch(string(text), -1) {
			if path.Ext(name) == ".html" && texts[m[1]] == nil {
				return 0, fmt.Errorf("%s leads to %s, which is not there", name, m[1])
			}
		}
	}
	return len(Controls()), checkIndex(texts)
}

func unpack(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if len(text) > maxUnpacked {
		err = errors.New("it is larger than any evidence is")
	}
	return text, errors.Join(err, r.Close())
}

func checkIndex(texts map[string][]byte) error {
	var index Index
	if err := json.Unmarshal(texts[indexJSON], &index); err != nil {
		return fmt.Errorf("%s: %w", indexJSON, err)
	}
	if index.Format != format || texts[indexHTML] == nil {
		return errors.New("it is no file of evidence")
	}
	for _, c := range Controls() {
		i := slices.IndexFunc(index.Controls, func(e IndexEntry) bool { return e.Control == c.ID })
		if i < 0 {
			return fmt.Errorf("control %s is not in it", c.ID)
		}
		e := index.Controls[i]
		if len(e.Evidence) == 0 && e.Says == "" || e.Title == "" || strings.HasPrefix(e.Title, "evidence_c_") {
			return fmt.Errorf("control %s has neither evidence nor a word about it", c.ID)
		}
		for _, f := range e.Evidence {
			if err := checkTable(texts, f); err != nil {
				return fmt.Errorf("control %s: %w", c.ID, err)
			}
		}
	}
	return nil
}

func checkTable(texts map[string][]byte, f IndexFile) error {
	var t tableFile
	if err := json.Unmarshal(texts[f.File], &t); err != nil {
		return fmt.Errorf("%s: %w", f.File, err)
	}
	if len(t.Rows) != f.Rows || t.Topic != f.Topic || texts[f.Page] == nil {
		return fmt.Errorf("%s is not what the index says", f.File)
	}
	for _, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("%s has a row that does not fit its columns", f.File)
		}
	}
	return nil
}
