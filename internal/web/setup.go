package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/blueprint"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

type processesPage struct {
	*view
	Processes []flow.Process
	Text      string // of a file that was not taken
	Error     string
}

// processes lists what the organisation's jobs go through.
func (w *Web) processes(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showProcesses(rw, r, who, http.StatusOK, "", "")
}

func (w *Web) showProcesses(rw http.ResponseWriter, r *http.Request, who flow.Person, status int, text, says string) error {
	p := processesPage{view: w.view(r, who, "processes"), Text: text, Error: says}
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	p.Processes = wholeProcesses(who, all)
	return w.render(rw, status, "processes", p)
}

type galleryPage struct {
	*view
	Query     string
	Templates []trade
}

// gallery shows the shipped templates of the trades.
func (w *Web) gallery(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := galleryPage{view: w.view(r, who, "templates"), Query: clean(r.FormValue("q"))}
	p.Templates = p.trades(p.Query)
	return w.render(rw, http.StatusOK, "gallery", p)
}

type templatePage struct {
	*view
	Slug    string
	About   string
	Process flow.Process
	Design  designPage
}

func (w *Web) template(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	t, ok := blueprint.Find(r.PathValue("template"))
	if !ok {
		return postgres.ErrNotFound
	}
	v := w.view(r, who, "")
	named := v.trade(t)
	v.Title = named.Name
	return w.render(rw, http.StatusOK, "template", templatePage{view: v, Slug: t.Slug, About: named.About, Process: t.Process,
		Design: designPage{view: v, Form: newDesign(v, t.Process, nil)}})
}

// addProcess makes a process from a template, from a file, or with a few stages to begin with.
func (w *Web) addProcess(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := flow.ParseID(r.PostFormValue("command")) // the same form sent twice makes one process
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	b := blueprint.Blueprint{Process: flow.Starter(id)}
	switch slug, text, file := r.PostFormValue("template"), "", r.PostFormValue("from") == "file"; {
	case slug != "":
		t, ok := blueprint.Find(slug)
		if !ok {
			return postgres.ErrNotFound
		}
		b.Process = t.Process
	case file:
		text = uploadedText(r)
		if b, err = blueprint.Read([]byte(text)); err != nil {
			return w.showProcesses(rw, r, who, http.StatusUnprocessableEntity, text, w.blueprintProblem(r, w.view(r, who, ""), err))
		}
	}
	b.Process.ID, b.Process.Version = id, 1
	if err := w.ownVendors(r, who, &b); err != nil {
		return err
	}
	if err := w.freeNames(r, who, &b.Process); err != nil {
		return err
	}
	var refusal *flow.Refusal
	if err := w.DB.AddProcess(r.Context(), who.Org, b.Process); err != nil && (!errors.As(err, &refusal) || refusal.Code != flow.PublishedAlready) {
		return err
	}
	http.Redirect(rw, r, "/processes/"+id.String(), http.StatusSeeOther)
	return nil
}

// uploadedText is the file that was sent, else the text that was typed.
func uploadedText(r *http.Request) string {
	f, _, err := r.FormFile("file")
	if err != nil {
		return r.PostFormValue("text")
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, blueprint.MaxSize+1))
	if err != nil || len(text) == 0 {
		return r.PostFormValue("text")
	}
	return strings.TrimPrefix(strings.ToValidUTF8(string(text), "\uFFFD"), "\uFEFF")
}

// blueprintProblem says what is wrong with a file, and in which line.
func (w *Web) blueprintProblem(r *http.Request, v *view, err error) string {
	var p *blueprint.Problem
	if !errors.As(err, &p) {
		return v.T("fail_bad_request")
	}
	says := ""
	if p.Refusal != nil {
		says = w.sentence(r.Context(), v, p.Refusal)
	} else {
		says = v.T("file_"+p.Code, "value", p.Value)
	}
	if p.Line == 0 {
		return says
	}
	return v.T("in_line", "line", p.Line) + " " + says
}

// ownVendors gives the stages of a file the organisation's vendors of the names it says; those it does not know are
// added.
func (w *Web) ownVendors(r *http.Request, who flow.Person, b *blueprint.Blueprint) error {
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	known := map[string]flow.ID{}
	for id, v := range vendors {
		known[v.Name] = id
	}
	for i := range b.Process.Stages {
		s := &b.Process.Stages[i]
		name := clean(b.Vendors[s.Code])
		if name == "" {
			continue
		}
		if known[name].IsZero() {
			id := w.newID()
			if err := w.DB.AddVendor(r.Context(), who.Org, postgres.Vendor{ID: id, Name: name}); err != nil {
				return err
			}
			known[name] = id
		}
		s.Vendor = known[name]
	}
	return nil
}

// freeNames gives a new process a name and a prefix of its numbers that no other process has: theirs, else with a number
// behind. Two series with one prefix would give the same job numbers.
func (w *Web) freeNames(r *http.Request, who flow.Person, p *flow.Process) error {
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	free := func(text, between string, of func(flow.Process) string) string {
		got := text
		for n := 2; slices.ContainsFunc(all, func(o flow.Process) bool { return of(o) == got && o.ID != p.ID }); n++ {
			got = text + between + strconv.Itoa(n)
		}
		return got
	}
	p.Name = free(p.Name, " ", func(o flow.Process) string { return o.Name })
	if p.Prefix != "" {
		p.Prefix = free(p.Prefix, "", func(o flow.Process) string { return o.Prefix })
	}
	return nil
}

type designPage struct {
	*view
	Process     flow.Process // as published
	Form        design
	Draft       bool
	Version     int // the published version that the form began from
	Error       string
	Said        string
	Behind      int // open jobs that follow an older version
	Vendors     []string
	Calendars   []postgres.Calendar
	Inspections []designStage
	Types       []flow.FieldType
}

// StageForm is a stage's part of the form with what its template needs around it.
func (p designPage) StageForm(s designStage) stageForm { return stageForm{p, s} }

// FieldsForm is the fields of a form with what their template needs around them.
func (p designPage) FieldsForm(key string, fields []designField) fieldsForm {
	return fieldsForm{p, key, fields}
}

type stageForm struct {
	designPage
	S designStage
}

type fieldsForm struct {
	designPage
	Key    string
	Fields []designField
}

// InspectionsBefore are the inspections that a stage can wait for: those before it.
func (f stageForm) InspectionsBefore() []designStage {
	var list []designStage
	for _, s := range f.Form.Stages {
		if s.Key == f.S.Key {
			break
		}
		if s.Inspection && s.Code != "" && s.Track == f.S.Track {
			list = append(list, s)
		}
	}
	return list
}

// OwnStages are the stages of the job's own route, where components can join.
func (p designPage) OwnStages() []designStage {
	return slices.DeleteFunc(slices.Clone(p.Form.Stages), func(s designStage) bool { return s.Track != "" || s.Code == "" })
}

// Waits reports whether the stage waits for an inspection.
func (f stageForm) Waits(code string) bool { return slices.Contains(f.S.Needs, code) }

// owned is the published process of the request's path.
func (w *Web) owned(r *http.Request, who flow.Person) (flow.Process, error) {
	id, err := pathID(r, "process")
	if err != nil {
		return flow.Process{}, err
	}
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return flow.Process{}, err
	}
	i := slices.IndexFunc(all, func(p flow.Process) bool { return p.ID == id })
	if i < 0 || !who.Scope.Whole(id) {
		return flow.Process{}, errNotYours
	}
	return all[i], nil
}

// designer shows a process, or its draft, as a form.
func (w *Web) designer(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.owned(r, who)
	if err != nil {
		return err
	}
	v := w.view(r, who, "")
	pg := designPage{view: v, Process: p}
	shown := p
	switch draft, err := w.DB.Draft(r.Context(), who.Org, p.ID); {
	case err == nil:
		pg.Draft, shown = true, draft
	case !errors.Is(err, postgres.ErrNotFound):
		return err
	}
	if r.FormValue("said") == "published" && !pg.Draft {
		pg.Said = v.T("published_says", "version", p.Version)
	}
	if pg.Behind, err = w.DB.Behind(r.Context(), who.Org, flow.Edition{Process: p.ID, Version: p.Version}); err != nil {
		return err
	}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	pg.Form, pg.Version = newDesign(v, shown, vendors), shown.Version
	for i := range pg.Form.Stages {
		pg.Form.Stages[i].Open = r.FormValue("open") == pg.Form.Stages[i].Key
	}
	return w.showDesigner(rw, r, pg, http.StatusOK)
}

func (w *Web) showDesigner(rw http.ResponseWriter, r *http.Request, pg designPage, status int) error {
	vendors, err := w.DB.Vendors(r.Context(), pg.Who.Org)
	if err != nil {
		return err
	}
	for _, v := range vendors {
		pg.Vendors = append(pg.Vendors, v.Name)
	}
	slices.Sort(pg.Vendors)
	if pg.Calendars, err = w.DB.Calendars(r.Context(), pg.Who.Org); err != nil {
		return err
	}
	pg.Title, pg.Types = pg.Process.Name, flow.FieldTypes
	return w.render(rw, status, "process", pg)
}

// design takes the form: a button that moves, adds or removes a part shows it again; saving keeps a draft; publishing
// makes it the version that new jobs follow.
func (w *Web) design(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.owned(r, who)
	if err != nil {
		return err
	}
	v := w.view(r, who, "")
	pg := designPage{view: v, Process: p, Draft: true, Version: p.Version}
	if n, err := strconv.Atoi(r.PostFormValue("version")); err == nil {
		pg.Version = n
	}
	do := r.PostFormValue("do")
	here := "/processes/" + p.ID.String()
	if do == "drop" {
		if err := w.DB.DropDraft(r.Context(), who.Org, p.ID); err != nil {
			return err
		}
		http.Redirect(rw, r, here, http.StatusSeeOther)
		return nil
	}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	if do == "file" {
		b, err := blueprint.Read([]byte(uploadedText(r)))
		if err != nil {
			pg.Form, pg.Draft, pg.Error = newDesign(v, p, vendors), false, w.blueprintProblem(r, v, err)
			return w.showDesigner(rw, r, pg, http.StatusUnprocessableEntity)
		}
		if err := w.ownVendors(r, who, &b); err != nil {
			return err
		}
		return w.keepDraft(rw, r, who, p, b.Process.Follows(p), here)
	}
	pg.Form = readDesign(r)
	if pg.Form.change(do) {
		return w.showDesigner(rw, r, pg, http.StatusOK)
	}
	next, err := pg.Form.process(v, p, vendors)
	if err == nil && pg.Version != p.Version { // somebody has published another version since
		err = &flow.Refusal{Code: flow.PublishedAlready, Name: p.Name}
	}
	if err == nil && do == "publish" {
		if err = next.Acceptable(); err == nil {
			err = w.DB.AddProcess(r.Context(), who.Org, next)
		}
	}
	var refusal *flow.Refusal
	switch {
	case errors.As(err, &refusal):
		pg.Error = w.sentence(r.Context(), v, refusal)
		for i := range pg.Form.Stages {
			pg.Form.Stages[i].Open = refusal.Stage != "" && pg.Form.Stages[i].Name == refusal.Stage
		}
		return w.showDesigner(rw, r, pg, httpd.StatusOf(err))
	case err != nil:
		return err
	case do == "publish":
		http.Redirect(rw, r, here+"?said=published", http.StatusSeeOther)
		return nil
	}
	return w.keepDraft(rw, r, who, p, next, here)
}

func (w *Web) keepDraft(rw http.ResponseWriter, r *http.Request, who flow.Person, last, draft flow.Process, here string) error {
	draft.Version = last.Version
	if err := w.DB.SaveDraft(r.Context(), who.Org, draft, who.Member, w.Now()); err != nil {
		return err
	}
	http.Redirect(rw, r, here, http.StatusSeeOther)
	return nil
}

// processFile gives a process as the one readable file.
func (w *Web) processFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.owned(r, who)
	if err != nil {
		return err
	}
	vendors, err := w.DB.Vendors(r.Context(), who.Org)
	if err != nil {
		return err
	}
	text, err := blueprint.Write(p, func(id flow.ID) string { return vendors[id].Name })
	if err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	rw.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(flow.MakeCode(p.Name)+".yaml"))
	_, err = rw.Write(text)
	return err
}
