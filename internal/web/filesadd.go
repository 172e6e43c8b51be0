package web

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/pictures"
	"clicarity/internal/postgres"
)

const (
	maxFileText = 4 << 10          // bytes of what is typed in one field
	maxFileRows = 30               // fields of the form
	uploadFor   = 20 * time.Minute // how long a file may take to come over a slow line
)

// incoming is a form with a file as it comes in: fields first, then the file, which is never whole in memory.
type incoming struct {
	command flow.ID
	job     flow.ID
	stage   string
	form    fileForm
	got     *postgres.File
	bad     error // why the file was not taken
}

// addFile takes a file, or a newer revision of one.
func (w *Web) addFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	in, err := w.receive(rw, r, who)
	if err != nil {
		return err
	}
	err = in.bad
	var receipt flow.Receipt
	if err == nil {
		receipt, err = w.attach(r, who, in)
	}
	if err != nil {
		if in.got != nil {
			in.form.Sent, in.form.SentName = in.got.ID.String(), in.got.Name
		}
		return w.showFiles(rw, r, who, shownFiles{in.stage, in.form, err})
	}
	http.Redirect(rw, r, fileHome(in.job, in.stage, receipt), http.StatusSeeOther)
	return nil
}

// fileHome is the page on which a job's files are shown, or those of a stage.
func fileHome(job flow.ID, stage string, receipt flow.Receipt) string {
	to := "/jobs/" + job.String()
	if stage != "" {
		to += "/at/" + url.PathEscape(stage)
	}
	return to + "?said=" + strconv.FormatInt(receipt.Last, 10) + "#files"
}

// receive reads the form part by part.
func (w *Web) receive(rw http.ResponseWriter, r *http.Request, who flow.Person) (*incoming, error) {
	in := &incoming{}
	var err error
	if in.job, err = pathID(r, "job"); err != nil {
		return nil, err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, &flow.Refusal{Code: flow.BadCommand}
	}
	for range maxFileRows {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badUpload(err)
		}
		if part.FileName() == "" {
			err = in.read(part)
		} else {
			err = w.receiveFile(rw, r, who, in, part)
		}
		if err != nil {
			return nil, err
		}
		if in.bad != nil { // what else comes is not waited for
			break
		}
	}
	if in.got == nil && in.bad == nil {
		in.bad = w.sentBefore(r, who, in)
	}
	return in, w.mayAddFile(r, who, in)
}

// badUpload is what somebody is told whose file broke off or is too large.
func badUpload(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &flow.Refusal{Code: flow.FileTooLarge, Limit: flow.MaxFileSize >> 20}
	}
	return errors.Join(&flow.Refusal{Code: flow.BadCommand}, err)
}

// read takes a field of the form.
func (in *incoming) read(part *multipart.Part) error {
	raw, err := io.ReadAll(io.LimitReader(part, maxFileText+1))
	if err != nil {
		return badUpload(err)
	}
	if len(raw) > maxFileText {
		return &flow.Refusal{Code: flow.TooLong, Name: "note", Limit: flow.MaxNote}
	}
	text := clean(string(raw))
	switch part.FormName() {
	case "command":
		if in.command, err = flow.ParseID(text); err != nil {
			return &flow.Refusal{Code: flow.BadCommand}
		}
	case "stage":
		in.stage = text
	case "vendor":
		in.form.Vendor = text != ""
	default:
		if to := in.form.field(part.FormName()); to != nil {
			*to = text
		}
	}
	return nil
}

func (f *fileForm) field(name string) *string {
	return map[string]*string{"file": &f.File, "over": &f.Over, "kind": &f.Kind, "title": &f.Title, "mark": &f.Mark, "note": &f.Note, "sent": &f.Sent}[name]
}

// mayAddFile refuses those who may not add files there, before anything of theirs is stored.
func (w *Web) mayAddFile(r *http.Request, who flow.Person, in *incoming) error {
	j, _, err := w.jobFor(r, who, in.job)
	if err == nil && !who.Mark(0, "").MayAddFile(j, in.stage) {
		err = errNotYours
	}
	return err
}

// receiveFile stores the file of the form as it comes.
func (w *Web) receiveFile(rw http.ResponseWriter, r *http.Request, who flow.Person, in *incoming, part *multipart.Part) error {
	if in.got != nil || in.command.IsZero() {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	if err := w.mayAddFile(r, who, in); err != nil {
		return err
	}
	f := postgres.File{ID: flow.FileSent(in.command), Job: in.job, Stage: in.stage, Member: who.Member, Added: w.Now(), Name: part.FileName()}
	stored, err := w.TakeFile(rw, r, who.Org, f, part)
	var refused *flow.Refusal
	switch {
	case errors.As(err, &refused) && refused.Code == flow.FileMissing: // a browser sends an empty file for none
		return nil
	case errors.As(err, &refused):
		in.bad = refused
		return nil
	case err == nil:
		in.got = &stored
	}
	return err
}

// TakeFile stores what comes as the bytes of a file, without ever having all of it in memory. What it is is found out from them,
// whatever its sender calls it; a photo loses where it was taken, and a picture gets a thumbnail.
//
// Refusals: those of postgres.PutFile; bad_command when it breaks off.
func (w *Web) TakeFile(rw http.ResponseWriter, r *http.Request, org flow.ID, f postgres.File, from io.Reader) (postgres.File, error) {
	_ = http.NewResponseController(rw).SetReadDeadline(time.Now().Add(uploadFor)) //nolint:errcheck // where it cannot be set, the server's own holds
	coming := &arriving{from: from}
	body := bufio.NewReaderSize(coming, 4096)
	head, err := body.Peek(512)
	switch {
	case coming.broken != nil:
		return f, badUpload(coming.broken)
	case len(head) == 0:
		return f, errors.Join(&flow.Refusal{Code: flow.FileMissing}, err)
	}
	f.Name, f.Media = sentName(f.Name), mediaOf(head)
	var content io.Reader = body
	var thumb func() []byte
	if f.Media == "image/jpeg" {
		content = pictures.WithoutPlace(body)
	}
	if f.Media == "image/jpeg" || f.Media == "image/png" {
		picture := &copied{most: pictures.MaxSent}
		content, thumb = io.TeeReader(content, picture), picture.thumb
	}
	stored, err := w.DB.PutFile(r.Context(), org, f, content, thumb)
	if err != nil && coming.broken != nil {
		return f, badUpload(coming.broken)
	}
	return stored, err
}

// arriving remembers how what comes broke off.
type arriving struct {
	from   io.Reader
	broken error
}

// Read implements io.Reader.
func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		a.broken = err
	}
	return n, err
}

// sentName is the name of a file as it is kept: without folders, and not too long.
func sentName(name string) string {
	name = clean(path.Base(strings.ReplaceAll(name, "\\", "/")))
	if strings.Trim(name, "./") == "" {
		name = flow.UnnamedFile
	}
	ext := path.Ext(name)
	if len([]rune(ext)) > 10 {
		ext = ""
	}
	base := []rune(strings.TrimSuffix(name, ext))
	return string(base[:min(len(base), flow.MaxText-len([]rune(ext)))]) + ext
}

// mediaOf is what the bytes are, whatever their name and the browser say.
func mediaOf(head []byte) string {
	media, _, err := mime.ParseMediaType(http.DetectContentType(head))
	if err != nil {
		return "application/octet-stream"
	}
	return media
}

// copied keeps what goes through it, up to a limit.
type copied struct {
	bytes.Buffer
	most int
	much bool
}

// Write implements io.Writer.
func (c *copied) Write(p []byte) (int, error) {
	if c.much = c.much || c.Len()+len(p) > c.most; c.much {
		c.Reset()
		return len(p), nil
	}
	return c.Buffer.Write(p)
}

// thumb is a thumbnail of the picture that went through, nil when it is none that can be made small.
func (c *copied) thumb() []byte {
	if c.much {
		return nil
	}
	made, err := pictures.Make(pictures.Photo, c.Bytes())
	if err != nil {
		return nil
	}
	return made.Thumb
}

// sentBefore finds the file that came with the form before, which was refused for something else.
func (w *Web) sentBefore(r *http.Request, who flow.Person, in *incoming) error {
	missing := &flow.Refusal{Code: flow.FileMissing}
	id, err := flow.ParseID(in.form.Sent)
	if err != nil {
		return missing
	}
	f, err := w.DB.File(r.Context(), who.Org, id)
	if errors.Is(err, postgres.ErrNotFound) || err == nil && (f.Member != who.Member || f.Job != in.job || f.Stage != in.stage || f.Kept) {
		return missing
	}
	in.got = &f
	return err
}

// attach gives the command for a file that has come.
func (w *Web) attach(r *http.Request, who flow.Person, in *incoming) (flow.Receipt, error) {
	a := flow.AttachFile{Job: in.job, Stage: in.stage, Note: in.form.Note, Revision: in.got.Revision(in.form.Mark)}
	if in.form.File == "" {
		a.File = flow.FileBegun(in.got.ID)
		a.Kind, a.Vendor = flow.FileKind(in.form.Kind), in.form.Vendor
		a.Title = cmp.Or(in.form.Title, flow.FileTitle(in.got.Name))
		a.Revision.Mark = cmp.Or(in.form.Mark, "A")
	} else {
		var err, err2 error
		a.File, err = flow.ParseID(in.form.File)
		a.Over, err2 = flow.ParseID(in.form.Over)
		if errors.Join(err, err2) != nil {
			return flow.Receipt{}, &flow.Refusal{Code: flow.BadCommand}
		}
	}
	return w.do(r, who, in.command, a)
}

// retireFile says that a file is not to be used any more.
func (w *Web) retireFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.endFile(rw, r, who, "document", func(j flow.Job, id flow.ID, reason string) (flow.Action, string, error) {
		f, ok := j.File(id)
		if !ok || !who.Scope.SeesFile(who.Role, j, f) {
			return nil, "", errNotYours
		}
		return flow.RetireFile{Job: j.ID, File: id, Reason: reason}, f.Stage, nil
	})
}

// eraseFile erases the bytes of a revision.
func (w *Web) eraseFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.endFile(rw, r, who, "revision", func(j flow.Job, id flow.ID, reason string) (flow.Action, string, error) {
		f, _, ok := j.RevisionOf(id)
		if !ok || !who.Scope.SeesFile(who.Role, j, f) {
			return nil, "", errNotYours
		}
		return flow.EraseFile{Job: j.ID, Revision: id, Reason: reason}, f.Stage, nil
	})
}

// ending is the command that a form asks for, and the stage of its file.
type ending func(j flow.Job, id flow.ID, reason string) (flow.Action, string, error)

func (w *Web) endFile(rw http.ResponseWriter, r *http.Request, who flow.Person, names string, action ending) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	id, err := pathID(r, names)
	if err != nil {
		return err
	}
	j, _, err := w.jobFor(r, who, job)
	if err != nil {
		return err
	}
	a, stage, err := action(j, id, clean(r.PostFormValue("reason")))
	if err != nil {
		return err
	}
	if r.PostFormValue("at") == "" {
		stage = ""
	}
	command, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	receipt, err := w.do(r, who, command, a)
	var refused *flow.Refusal
	if errors.As(err, &refused) && refused.Code != flow.NotFound {
		return w.showFiles(rw, r, who, shownFiles{stage: stage, cause: err})
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, fileHome(job, stage, receipt), http.StatusSeeOther)
	return nil
}
