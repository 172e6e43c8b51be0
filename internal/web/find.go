package web

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"clicarity/internal/flow"
)

type findPage struct {
	*view
	Query     string
	Jobs      []found
	Customers []called
	Items     []called
	More      bool
}

type found struct {
	*view
	Job     flow.Job
	Process flow.Process
	Live    []place
	To      string
}

// called is a customer or an item that jobs which were found are of.
type called struct{ Name, Link string }

const (
	findRows  = 40 // matches that are shown; with more, the search is to be narrowed
	quickRows = 6  // of them in the dialog
	quickList = 4  // customers, and items
	findNames = 6  // on the page
)

// find searches the jobs of the reader's scope. The exact number, and a job's address as it is scanned, opens its job at once.
func (w *Web) find(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.search(r, who, findRows)
	if err != nil {
		return err
	}
	if p.exact() {
		http.Redirect(rw, r, p.Jobs[0].To, http.StatusSeeOther)
		return nil
	}
	p.name(findNames)
	return w.render(rw, http.StatusOK, "find", p)
}

// quickFind is what the search dialog shows while somebody types: the same, shorter, without a page around it.
func (w *Web) quickFind(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.search(r, who, findRows)
	if err != nil {
		return err
	}
	p.name(quickList)
	p.More = p.More || len(p.Jobs) > quickRows
	p.Jobs = p.Jobs[:min(len(p.Jobs), quickRows)]
	var buf bytes.Buffer
	if err := w.pages.ExecuteTemplate(&buf, "page/quick", p); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = rw.Write(buf.Bytes())
	return err
}

func (w *Web) search(r *http.Request, who flow.Person, rows int) (*findPage, error) {
	v := w.view(r, who, "search")
	p := &findPage{view: v, Query: clean(r.FormValue("q"))}
	if len(p.Query) > 200 {
		p.Query = ""
	}
	jobs, err := w.matches(r, who, p.Query, rows)
	if err != nil {
		return nil, err
	}
	if jobs, err = w.readable(r, who, jobs); err != nil {
		return nil, err
	}
	for _, j := range jobs {
		if len(p.Jobs) == rows {
			p.More = true
			break
		}
		f, err := w.found(r, v, j)
		if err != nil {
			return nil, err
		}
		p.Jobs = append(p.Jobs, f)
	}
	return p, nil
}

// matches are the jobs that somebody may mean, of any scope but that of their sites.
func (w *Web) matches(r *http.Request, who flow.Person, q string, rows int) ([]flow.Job, error) {
	if id, ok := scanned(q); ok {
		return w.DB.Jobs(r.Context(), who.Org, []flow.ID{id})
	}
	limit := rows + 1
	if !who.Scope.Everything() {
		limit *= 10 // what is out of scope is dropped by the caller
	}
	return w.DB.Find(r.Context(), who.Org, q, narrow(who).Sites, limit)
}

// scanned is the job whose address a label or a page's QR code has.
func scanned(text string) (flow.ID, bool) {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil {
		return flow.ID{}, false
	}
	name, ok := strings.CutPrefix(u.Path, "/jobs/")
	name, _, _ = strings.Cut(name, "/")
	id, err := flow.ParseID(name)
	return id, ok && err == nil
}

// exact reports whether what was typed names the first job and no other.
func (p *findPage) exact() bool {
	if len(p.Jobs) == 0 {
		return false
	}
	id, ok := scanned(p.Query)
	return flow.NumberKey(p.Jobs[0].Job.Number) == flow.NumberKey(p.Query) || ok && id == p.Jobs[0].Job.ID
}

// name lists the customers and items, so many of each, that what was typed is in, of the jobs that were found: so nobody
// is told of a customer none of whose jobs they see.
func (p *findPage) name(most int) {
	typed := flow.SearchWords(p.Query)
	for _, f := range p.Jobs {
		p.Customers = withName(p.Customers, typed, f.Job.Customer, most)
		p.Items = withName(p.Items, typed, f.Job.Item, most)
	}
}

func withName(list []called, typed []string, name string, most int) []called {
	if len(list) == most || slices.ContainsFunc(list, func(c called) bool { return c.Name == name }) {
		return list
	}
	for _, word := range flow.SearchWords(name) {
		if slices.ContainsFunc(typed, func(t string) bool { return flow.Resembles(word, t) }) {
			return append(list, called{name, "/find?" + url.Values{"q": {name}}.Encode()})
		}
	}
	return list
}

func (w *Web) found(r *http.Request, v *view, j flow.Job) (found, error) {
	p, err := w.DB.Edition(r.Context(), v.Who.Org, flow.Edition{Process: j.Process, Version: j.Version})
	f := found{view: v, Job: j, Process: p}
	for _, s := range j.Stages {
		if s.Live() && v.Who.Scope.At(j, s.Code) {
			f.Live = append(f.Live, v.place(j, p, s.Code, nil))
		}
	}
	f.To = w.jobLink(f, v.Who)
	return f, err
}

// jobLink is where a person most likely wants to go with a job: an operator to the card of the one stage of theirs
// where it is, everybody else to its page.
func (w *Web) jobLink(f found, who flow.Person) string {
	if !who.Scope.Holds(f.Job) && len(f.Live) == 1 {
		return f.Live[0].Link()
	}
	return "/jobs/" + f.Job.ID.String()
}
