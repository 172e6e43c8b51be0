package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

func (w *Web) fileRoutes() []httpd.Route {
	const most = flow.MaxFileSize + 64<<10
	return []httpd.Route{
		{Pattern: "GET /jobs/{job}/files", May: flow.MaySee, Handler: w.filesPage},
		{Pattern: "POST /jobs/{job}/files", May: flow.MayReport, MaxBody: most, Handler: notTried(w.addFile)},
		{Pattern: "GET /jobs/{job}/files/{revision}", May: flow.MaySee, Handler: w.giveFile},
		{Pattern: "GET /jobs/{job}/files/{revision}/small", May: flow.MaySee, Handler: w.giveThumb},
		{Pattern: "POST /jobs/{job}/files/{document}/retire", May: flow.MayReport, Handler: w.retireFile},
		{Pattern: "POST /jobs/{job}/files/{revision}/erase", May: flow.MayGovern, Handler: w.eraseFile},
		{Pattern: "GET /work/files/{job}/{revision}", May: flow.MayAnswer, Handler: w.giveVendorFile},
		{Pattern: "GET /l/{token}/files/{job}/{revision}", May: flow.Anybody, Handler: w.giveLinkFile},
	}
}

// filesPart is the files of a job, or those that are needed at one of its stages, as pages show them.
type filesPart struct {
	*view
	Job      flow.Job
	Stage    string // code; empty for the whole job
	Items    []fileItem
	MayAdd   bool
	ToStage  bool // what is added here is the stage's, not the job's
	Unseen   bool // nobody looks for viruses, which owners are told
	Form     fileForm
	Error    string
	FormFor  string // the file that a refused form is for, empty for a new one
	HomeLink string // where the page with the forms alone is
}

// fileForm is what was typed of a file; it is shown again when it could not be taken.
type fileForm struct {
	File, Over, Kind, Title, Mark, Note string
	Vendor                              bool
	Sent, SentName                      string // bytes that have come already
}

// fileItem is a file with its revisions.
type fileItem struct {
	*filesPart
	File      flow.File
	StageName string
	Live      *fileRevision
	Old       []fileRevision // superseded, the newest first; of a retired file all
	Newest    fileRevision
	Next      string // mark of the next revision
	Lent      bool   // of the job that this lot was split off
	Revisable bool
	Retirable bool
	Erasable  bool
}

// fileRevision is a revision of a file.
type fileRevision struct {
	flow.RevisionKept
	State      string // ok, waiting, infected, erased
	Size, Name string
	Who        string
	Link       string
	Small      string // the thumbnail, empty without one
	Superseded string // the mark of the revision that took its place
}

// Kinds are the kinds of files in the order in which they are offered here: photos first where people work.
func (p *filesPart) Kinds() []flow.FileKind {
	if p.ToStage {
		return []flow.FileKind{flow.PhotoFile, flow.Certificate, flow.Drawing, flow.OtherFile}
	}
	return flow.FileKinds()
}

// IsNew reports whether the form is for a new file.
func (*filesPart) IsNew() bool { return true }

// IsNew reports whether the form is for a new file; here it is for a newer revision.
func (fileItem) IsNew() bool { return false }

// Field is the id of a field of the form.
func (*filesPart) Field(name string) string { return "file-" + name }

// Field is the id of a field of the form.
func (i fileItem) Field(name string) string { return "f-" + i.File.ID.String() + "-" + name }

// Typed is what was typed in this form.
func (p *filesPart) Typed() fileForm {
	if !p.ForNew() {
		return fileForm{}
	}
	return p.Form
}

// Typed is what was typed in this form.
func (i fileItem) Typed() fileForm {
	if !i.Refused() {
		return fileForm{}
	}
	return i.Form
}

// Chosen is the kind that is chosen in the form.
func (p *filesPart) Chosen() flow.FileKind {
	return cmp.Or(flow.FileKind(p.Typed().Kind), p.Kinds()[0])
}

// ForNew reports whether the form for a new file is the one that was refused.
func (p *filesPart) ForNew() bool { return p.Error != "" && p.FormFor == "" }

// Refused reports whether the form for a newer revision of the file is the one that was refused.
func (i fileItem) Refused() bool { return i.Error != "" && i.FormFor == i.File.ID.String() }

// filesFor are the files of a job that the reader sees. At a stage these are the stage's and the job's own.
func (w *Web) filesFor(r *http.Request, v *view, j flow.Job, p flow.Process, stage string) (*filesPart, error) {
	mark := v.Who.Mark(0, "")
	part := &filesPart{view: v, Job: j, Stage: stage, Unseen: !w.Scans && v.Can("govern"), HomeLink: "/jobs/" + j.ID.String() + "/files"}
	if part.ToStage = stage != ""; part.ToStage {
		part.HomeLink += "?stage=" + url.QueryEscape(stage)
	}
	part.MayAdd = v.Past == 0 && mark.MayAddFile(j, stage)
	seen := slices.DeleteFunc(slices.Clone(j.Files), func(f flow.File) bool {
		return !v.Who.Scope.SeesFile(v.Who.Role, j, f) || stage != "" && f.Stage != "" && f.Stage != stage
	})
	lent, err := w.filesOfWhole(r, v.Who, j)
	if err != nil || len(seen)+len(lent) == 0 {
		return part, err
	}
	stored, err := w.DB.FilesOf(r.Context(), v.Who.Org, j.ID)
	if err == nil && len(lent) > 0 {
		err = w.lentFiles(r, v.Who.Org, j.LotOf, stored)
	}
	if err != nil {
		return part, err
	}
	names, err := w.DB.Names(r.Context(), v.Who.Org, addedBy(append(seen, lent...)))
	if err != nil {
		return part, err
	}
	for _, f := range seen {
		part.Items = append(part.Items, part.item(f, p, stored, names))
	}
	for _, f := range lent {
		i := part.item(f, p, stored, names)
		i.Lent, i.Revisable, i.Retirable, i.Erasable = true, false, false, false
		part.Items = append(part.Items, i)
	}
	slices.SortStableFunc(part.Items, func(a, b fileItem) int { return boolean(a.Live == nil, b.Live == nil) })
	return part, nil
}

// filesOfWhole are the files in force of the job that a lot was split off: whoever sees the lot works by them.
func (w *Web) filesOfWhole(r *http.Request, who flow.Person, lot flow.Job) ([]flow.File, error) {
	if lot.LotOf.IsZero() {
		return nil, nil
	}
	whole, err := w.DB.Job(r.Context(), who.Org, lot.LotOf)
	if err != nil {
		return nil, err
	}
	return whole.Lends(who.Role), nil
}

func (w *Web) lentFiles(r *http.Request, org, job flow.ID, into map[flow.ID]postgres.File) error {
	more, err := w.DB.FilesOf(r.Context(), org, job)
	maps.Copy(into, more)
	return err
}

func addedBy(files []flow.File) []flow.ID {
	var ids []flow.ID
	for _, f := range files {
		for _, r := range f.Revisions {
			if !slices.Contains(ids, r.By) {
				ids = append(ids, r.By)
			}
		}
	}
	return ids
}

func (p *filesPart) item(f flow.File, process flow.Process, stored map[flow.ID]postgres.File, names map[flow.ID]string) fileItem {
	mark := p.Who.Mark(0, "")
	i := fileItem{filesPart: p, File: f, Next: f.NextRevision()}
	if f.Stage != "" {
		i.StageName = cmp.Or(stageOf(process, f.Stage).Name, f.Stage)
	}
	i.Revisable = p.Past == 0 && f.Retired == 0 && mark.MayAddFile(p.Job, f.Stage)
	i.Retirable = p.Past == 0 && f.Retired == 0 && mark.MayRetireFile(p.Job, f)
	i.Erasable = p.Past == 0 && p.Can("govern") && p.Who.Scope.Holds(p.Job)
	for n, r := range slices.Backward(f.Revisions) {
		one := p.revision(r, stored[r.ID], names)
		if n == len(f.Revisions)-1 {
			i.Newest = one
			if f.Retired == 0 && r.Erased == 0 {
				i.Live = &i.Newest
				continue
			}
		} else {
			one.Superseded = f.Revisions[n+1].Mark
		}
		i.Old = append(i.Old, one)
	}
	return i
}

func (p *filesPart) revision(r flow.RevisionKept, stored postgres.File, names map[flow.ID]string) fileRevision {
	one := fileRevision{RevisionKept: r, State: "ok", Name: r.Name, Size: p.size(r.Size), Who: names[r.By]}
	switch {
	case r.Erased != 0 || stored.Erased || stored.ID.IsZero():
		one.State = "erased"
		return one
	case stored.Scan == postgres.ScanInfected:
		one.State = "infected"
		return one
	case !stored.GivenOut():
		one.State = "waiting"
		return one
	}
	one.Link = "/jobs/" + p.Job.ID.String() + "/files/" + r.ID.String()
	if stored.Thumbs {
		one.Small = one.Link + "/small"
	}
	return one
}

// size is a number of bytes in words.
func (v *view) size(n int64) string {
	if n < 1<<20 {
		return v.T("size_kb", "n", strconv.FormatInt(max((n+1023)>>10, 1), 10))
	}
	return v.T("size_mb", "n", strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64))
}

type filesPage struct {
	*view
	Files  *filesPart
	Number string
	Where  string // name of the stage
	Back   string
}

// filesPage is the files alone: where a form that could not be taken comes back.
func (w *Web) filesPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showFiles(rw, r, who, shownFiles{stage: r.FormValue("stage")})
}

// shownFiles are the files to show, of a stage or of all of the job, and what was typed that could not be taken.
type shownFiles struct {
	stage string
	form  fileForm
	cause error
}

func (w *Web) showFiles(rw http.ResponseWriter, r *http.Request, who flow.Person, show shownFiles) error {
	stage, f, cause := show.stage, show.form, show.cause
	id, err := pathID(r, "job")
	if err != nil {
		return err
	}
	j, p, err := w.jobFor(r, who, id)
	if err == nil && stage != "" && !who.Scope.At(j, stage) {
		err = errNotYours
	}
	if err != nil {
		return err
	}
	v := w.view(r, who, "files")
	v.Toast = w.toast(r, v)
	page := filesPage{view: v, Number: j.Number, Back: "/jobs/" + j.ID.String()}
	if page.Files, err = w.filesFor(r, v, j, p, stage); err != nil {
		return err
	}
	if stage != "" {
		page.Where, page.Back = v.place(j, p, stage, nil).Stage.Name, "/jobs/"+j.ID.String()+"/at/"+url.PathEscape(stage)
	}
	status := http.StatusOK
	if cause != nil {
		says, code, ok := w.explain(r.Context(), v, cause, p)
		if !ok {
			return cause
		}
		status, page.Files.Error, page.Files.Form, page.Files.FormFor = code, says, f, f.File
	}
	return w.render(rw, status, "files", page)
}

// fileWords is what a movement did with a file, in words.
func (v *view) fileWords(kind flow.Kind, f flow.FileFact) string {
	key := "event_" + string(kind)
	if kind == flow.KindFileAdded && f.Called != "" {
		key = "event_file_revised"
	}
	return v.T(key, "title", cmp.Or(f.Title, f.Called), "mark", cmp.Or(f.Revision.Mark, f.Live), "was", f.Live)
}
