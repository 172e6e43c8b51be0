package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// Files takes and gives the bytes of files, as the pages do. Who may is asked before.
type Files interface {
	TakeFile(rw http.ResponseWriter, r *http.Request, org flow.ID, f postgres.File, from io.Reader) (postgres.File, error)
	GiveFile(rw http.ResponseWriter, r *http.Request, org flow.ID, f postgres.File, number string) error
	GiveThumb(rw http.ResponseWriter, r *http.Request, org, revision flow.ID) error
}

func (a *API) fileRoutes() []httpd.Route {
	const most, one = flow.MaxFileSize + 64<<10, "/api/v1/jobs/{job}/files/{file}"
	return []httpd.Route{
		{Pattern: "GET /api/v1/jobs/{job}/files", May: flow.MayTakeFiles, Handler: a.files},
		{Pattern: "GET " + one + "/revisions/{revision}", May: flow.MayTakeFiles, Handler: a.fileContent},
		{Pattern: "GET " + one + "/revisions/{revision}/thumbnail", May: flow.MayTakeFiles, Handler: a.fileThumb},
		{Pattern: "POST /api/v1/jobs/{job}/files", May: flow.MayBringFiles, MaxBody: most, Handler: a.addFile},
		{Pattern: "POST " + one + "/revisions", May: flow.MayBringFiles, MaxBody: most, Handler: a.reviseFile},
		{Pattern: "POST " + one + "/retire", May: flow.MayBringFiles, Handler: a.retireFile},
	}
}

// files are those of a job within the token's scope, and those in force that a lot is worked by.
func (a *API) files(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := onlyParameters(r); err != nil {
		return err
	}
	j, _, err := a.jobOf(r, who)
	if err != nil {
		return err
	}
	seen := slices.DeleteFunc(slices.Clone(j.Files), func(f flow.File) bool { return !who.Scope.SeesFile(who.Role, j, f) })
	below := filesAt(j)
	shown, err := a.showFiles(r, who, seen, fileList{j.ID, below})
	if err != nil {
		return err
	}
	whole, lent, err := a.lent(r, who, j)
	if err != nil {
		return err
	}
	more, err := a.showFiles(r, who, lent, fileList{whole.ID, below})
	if err != nil {
		return err
	}
	return answer(rw, http.StatusOK, JobFiles{append(shown, more...)})
}

// lent are the files in force of the job that a lot was split off.
func (a *API) lent(r *http.Request, who flow.Person, lot flow.Job) (flow.Job, []flow.File, error) {
	if lot.LotOf.IsZero() {
		return flow.Job{}, nil, nil
	}
	whole, err := a.DB.Job(r.Context(), who.Org, lot.LotOf)
	return whole, whole.Lends(who.Role), err
}

// fileList is whose some files are, and where they are given out.
type fileList struct {
	job   flow.ID
	below string
}

func (a *API) showFiles(r *http.Request, who flow.Person, files []flow.File, of fileList) ([]File, error) {
	list := []File{}
	if len(files) == 0 {
		return list, nil
	}
	stored, err := a.DB.FilesOf(r.Context(), who.Org, of.job)
	if err != nil {
		return nil, err
	}
	var members []flow.ID
	for _, f := range files {
		for _, rev := range f.Revisions {
			if !slices.Contains(members, rev.By) {
				members = append(members, rev.By)
			}
		}
	}
	names, err := a.DB.Names(r.Context(), who.Org, members)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		one := File{ID: f.ID, Job: of.job, Stage: f.Stage, Kind: string(f.Kind), Title: f.Title, Vendor: f.Vendor, RetiredAt: Moment(f.Retired), Revisions: []FileRevision{}}
		for _, rev := range f.Revisions {
			shown := showRevision(f, rev, stored[rev.ID], of.below)
			shown.ByName = names[rev.By]
			one.Revisions = append(one.Revisions, shown)
		}
		list = append(list, one)
	}
	return list, nil
}

// fileOf is the revision that the path names, if the token reaches it and it is given out at all.
func (a *API) fileOf(r *http.Request, who flow.Person) (f postgres.File, number string, err error) {
	if err := onlyParameters(r); err != nil {
		return f, "", err
	}
	j, _, err := a.jobOf(r, who)
	if err != nil {
		return f, "", err
	}
	id, err := flow.ParseID(r.PathValue("revision"))
	if err != nil {
		return f, "", errNotYours
	}
	file, revision, ok := j.RevisionOf(id)
	switch {
	case ok && (revision.Erased != 0 || !who.Scope.SeesFile(who.Role, j, file)):
		return f, "", errNotYours
	case !ok:
		_, lent, err := a.lent(r, who, j)
		if err != nil {
			return f, "", err
		}
		i := slices.IndexFunc(lent, func(f flow.File) bool { return f.Newest().ID == id })
		if i < 0 {
			return f, "", errNotYours
		}
		file = lent[i]
	}
	if file.ID.String() != strings.ToLower(r.PathValue("file")) {
		return f, "", errNotYours
	}
	f, err = a.DB.File(r.Context(), who.Org, id)
	if err == nil && !f.GivenOut() {
		err = postgres.ErrNotFound
	}
	return f, j.Number, err
}

func (a *API) fileContent(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	f, number, err := a.fileOf(r, who)
	if err != nil {
		return err
	}
	return a.Files.GiveFile(rw, r, who.Org, f, number)
}

func (a *API) fileThumb(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	f, _, err := a.fileOf(r, who)
	if err != nil {
		return err
	}
	return a.Files.GiveThumb(rw, r, who.Org, f.ID)
}

// addFile adds a file to a job or to a stage of it.
func (a *API) addFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return a.bring(rw, r, who, []string{"stage", "kind", "title", "vendor", "revision", "note"}, func(_ flow.Job, fields map[string]string) (flow.AttachFile, error) {
		add := flow.AttachFile{Stage: fields["stage"], Kind: flow.FileKind(cmp.Or(fields["kind"], string(flow.OtherFile))), Title: fields["title"], Note: fields["note"]}
		add.Revision.Mark = cmp.Or(fields["revision"], "A")
		switch add.Vendor = fields["vendor"] == "true"; fields["vendor"] {
		case "", "true", "false":
			return add, nil
		}
		return add, wrong("wrong_type", "name", "vendor")
	})
}

// reviseFile adds a newer revision of a file.
func (a *API) reviseFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return a.bring(rw, r, who, []string{"over", "revision", "note"}, func(j flow.Job, fields map[string]string) (flow.AttachFile, error) {
		f, err := fileIn(r, who, j)
		if err != nil {
			return flow.AttachFile{}, err
		}
		over, err := flow.ParseID(fields["over"])
		if err != nil {
			return flow.AttachFile{}, wrong("wrong_type", "name", "over")
		}
		return flow.AttachFile{Stage: f.Stage, File: f.ID, Over: over, Note: fields["note"], Revision: flow.Revision{Mark: fields["revision"]}}, nil
	})
}

// fileIn is the file of a job that the path names.
func fileIn(r *http.Request, who flow.Person, j flow.Job) (flow.File, error) {
	id, err := flow.ParseID(r.PathValue("file"))
	if err != nil {
		return flow.File{}, errNotYours
	}
	f, ok := j.File(id)
	if !ok || !who.Scope.SeesFile(who.Role, j, f) {
		return f, errNotYours
	}
	return f, nil
}

// bring reads a form that ends with a file, stores the file as it comes, and gives the command that action makes of the fields.
// A file that no movement names then is forgotten at once.
func (a *API) bring(rw http.ResponseWriter, r *http.Request, who flow.Person, names []string, action func(flow.Job, map[string]string) (flow.AttachFile, error)) error {
	command, err := key(r)
	if err != nil {
		return err
	}
	j, p, err := a.jobOf(r, who)
	if err != nil {
		return err
	}
	form, err := readForm(r, names)
	if err != nil {
		return err
	}
	attach, err := action(j, form.fields)
	if err == nil && !who.Mark(0, "").MayAddFile(j, attach.Stage) { // before anything is stored
		err = errNotYours
	}
	if err != nil {
		return err
	}
	f := postgres.File{ID: flow.FileSent(command), Job: j.ID, Stage: attach.Stage, Member: who.Member, Added: a.Now(), Name: form.file.FileName()}
	if f, err = a.Files.TakeFile(rw, r, who.Org, f, form); err != nil {
		return err
	}
	attach.Job, attach.Revision = j.ID, f.Revision(attach.Revision.Mark)
	if attach.File.IsZero() {
		attach.File = flow.FileBegun(f.ID)
		attach.Title = cmp.Or(attach.Title, flow.FileTitle(f.Name))
	}
	got, err := a.do(r, who, command, 0, attach)
	if err != nil {
		return within{errors.Join(err, a.DB.EndUnusedFile(context.WithoutCancel(r.Context()), who.Org, f)), p}
	}
	rw.Header().Set("Location", contentAt(filesAt(j), attach.File, f.ID))
	return answer(rw, http.StatusCreated, receipt(got))
}

// filesAt is the address of a job's files.
func filesAt(j flow.Job) string { return "/api/v1/jobs/" + j.ID.String() + "/files/" }

// contentAt is where a revision is given out.
func contentAt(files string, file, revision flow.ID) string {
	return files + file.String() + "/revisions/" + revision.String()
}

// maxFieldText is how much text one field of a form with a file may have, in bytes.
const maxFieldText = 4 << 10

// fileForm is a form whose last part is a file, as it comes: its fields, and the file to be read from it.
type fileForm struct {
	parts  *multipart.Reader
	fields map[string]string
	file   *multipart.Part
}

// readForm reads the fields of a form up to the file. What the call does not have is refused.
func readForm(r *http.Request, names []string) (*fileForm, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, wrong("not_multipart")
	}
	f := &fileForm{parts: parts, fields: map[string]string{}}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, &flow.Refusal{Code: flow.FileMissing}
		case err != nil:
			return nil, errors.Join(wrong("not_multipart"), err)
		case part.FormName() == "file" && part.FileName() != "":
			f.file = part
			return f, nil
		}
		name := part.FormName()
		if _, twice := f.fields[name]; twice || !slices.Contains(names, name) {
			return nil, wrong("unknown_field", "name", shortened(name))
		}
		text, err := io.ReadAll(io.LimitReader(part, maxFieldText+1))
		switch {
		case err != nil:
			return nil, errors.Join(wrong("not_multipart"), err)
		case len(text) > maxFieldText:
			return nil, &flow.Refusal{Code: flow.TooLong, Name: name, Limit: flow.MaxNote}
		}
		f.fields[name] = flow.Clean(string(text))
	}
}

// Read implements io.Reader for the bytes of the file. They end well only if the form ends with them.
func (f *fileForm) Read(p []byte) (int, error) {
	n, err := f.file.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	switch _, err := f.parts.NextPart(); {
	case err == nil:
		return n, wrong("file_last")
	case !errors.Is(err, io.EOF):
		return n, err
	}
	return n, io.EOF
}

// retireFile says that a file is not to be used any more.
func (a *API) retireFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := key(r)
	if err != nil {
		return err
	}
	var retire FileRetire
	if err := read(r, &retire); err != nil {
		return err
	}
	j, p, err := a.jobOf(r, who)
	if err != nil {
		return err
	}
	f, err := fileIn(r, who, j)
	if err != nil {
		return err
	}
	got, err := a.do(r, who, id, 0, flow.RetireFile{Job: j.ID, File: f.ID, Reason: string(retire.Reason)})
	if err != nil {
		return within{err, p}
	}
	return answer(rw, http.StatusOK, receipt(got))
}
