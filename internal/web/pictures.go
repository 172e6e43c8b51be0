package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/pictures"
	"clicarity/internal/postgres"
)

const (
	maxPicture = pictures.MaxSent + 64<<10                   // bytes of a request with one
	maxForm    = flow.MaxPictures*pictures.MaxSent + 256<<10 // and of a form that has a field's worth with it
)

// filePrefix begins the names of a form's own files: what a browser without scripts sends.
const filePrefix = "file_"

// spot is where a form is filled in: of a job, at a stage, none for the job's own. Has is what is in it already.
type spot struct {
	Job   flow.ID
	Stage string
	Has   map[string]string
}

// filled is what was filled in of a form, in the plain forms that the rules take: choices in order, pictures with their
// digests. What was typed comes back with the files that came with it stored and named, to be shown again.
func (w *Web) filled(r *http.Request, who flow.Person, at spot, fields []flow.Field, typed map[string]string) (values, now map[string]string, err error) {
	if typed, err = w.takeFiles(r, who, at, fields, typed); err != nil {
		return nil, typed, err
	}
	if values, err = w.readEntries(fields, typed); err != nil {
		return nil, typed, err
	}
	return values, typed, w.namePictures(r, who.Org, at, fields, values)
}

// parse reads a form that may have pictures with it, and says so when they are too large together.
func parse(r *http.Request) error {
	var large *http.MaxBytesError
	switch err := r.ParseMultipartForm(8 << 20); {
	case errors.As(err, &large):
		return tooLarge()
	case err != nil && !errors.Is(err, http.ErrNotMultipart):
		return &flow.Refusal{Code: flow.BadCommand}
	}
	return nil
}

// takeFiles stores the photos that came with a form, and adds them to what was typed.
func (w *Web) takeFiles(r *http.Request, who flow.Person, at spot, fields []flow.Field, typed map[string]string) (map[string]string, error) {
	for _, f := range fields {
		if r.MultipartForm == nil || f.Type != flow.PhotoField {
			continue
		}
		files := r.MultipartForm.File[filePrefix+f.Code]
		for _, file := range files[:min(len(files), flow.MaxPictures+1)] {
			sent, err := readFile(file)
			if len(sent) == 0 && err == nil { // a browser sends an empty file for none
				continue
			}
			var id flow.ID
			if err == nil {
				id = pictureID(r.PostFormValue("command"), f.Code, sent)
				_, err = w.keepPicture(r, who, postgres.Picture{ID: id, Job: at.Job, Stage: at.Stage}, pictures.Photo, sent)
			}
			if err != nil {
				return typed, err
			}
			if typed == nil {
				typed = map[string]string{}
			}
			typed[f.Code] = strings.TrimPrefix(typed[f.Code]+severalMark+id.String(), severalMark)
		}
	}
	return typed, nil
}

// pictureID is the id of a photo that came with a form: the same form sent again has the same photos.
func pictureID(command, field string, sent []byte) flow.ID {
	sum := sha256.Sum256(sent)
	return flow.DerivedID(sha256.Sum256([]byte(command + "\x00" + field + "\x00" + string(sum[:]))))
}

func readFile(file *multipart.FileHeader) ([]byte, error) {
	if file.Size > pictures.MaxSent {
		return nil, tooLarge()
	}
	f, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(f)
}

func tooLarge() error {
	return &flow.Refusal{Code: flow.PictureTooLarge, Limit: pictures.MaxSent >> 20}
}

// keepPicture makes a picture of what was sent and stores it, unless it was stored before, and gives its digest.
func (w *Web) keepPicture(r *http.Request, who flow.Person, p postgres.Picture, kind pictures.Kind, sent []byte) ([32]byte, error) {
	if who.Via == flow.ViaTry { // a form's pictures come with the form, beside what may be kept
		return [32]byte{}, &flow.Refusal{Code: flow.NotTried}
	}
	p.Member, p.Sent = who.Member, sha256.Sum256(sent)
	if digest, err := w.DB.PictureSent(r.Context(), who.Org, p); err == nil || !errors.Is(err, postgres.ErrNotFound) {
		return digest, err
	}
	made, err := pictures.Make(kind, sent)
	switch {
	case errors.Is(err, pictures.ErrTooLarge):
		return [32]byte{}, tooLarge()
	case errors.Is(err, pictures.ErrUnreadable), errors.Is(err, pictures.ErrBlank):
		return [32]byte{}, &flow.Refusal{Code: flow.PictureWrong}
	case err != nil:
		return [32]byte{}, err
	}
	p.Added, p.Media, p.Bytes, p.Thumb, p.Digest = w.Now(), made.Media, made.Bytes, made.Thumb, sha256.Sum256(made.Bytes)
	return w.DB.AddPicture(r.Context(), who.Org, p)
}

// namePictures gives the pictures of a form's values their digests.
func (w *Web) namePictures(r *http.Request, org flow.ID, at spot, fields []flow.Field, values map[string]string) error {
	for _, f := range fields {
		value := values[f.Code]
		if !f.HoldsPictures() || value == "" {
			continue
		}
		ids, name := pictured(value)
		switch {
		case f.Type == flow.SignatureField && len(ids) == 0:
			values[f.Code] = flow.TypedSignature(name)
			continue
		case f.Type == flow.SignatureField:
			ids = ids[len(ids)-1:] // the newest replaces the others
		case name != "":
			return &flow.Refusal{Code: flow.FieldWrong, Name: f.Label, Value: name}
		case len(ids) > flow.MaxPictures:
			return &flow.Refusal{Code: flow.TooMany, Name: f.Label, Limit: flow.MaxPictures}
		}
		var err error
		if values[f.Code], err = w.digests(r, org, at, f, ids); err != nil {
			return err
		}
	}
	return nil
}

// digests is the value of pictures: those that the form has already as they are, the others as they are stored.
func (w *Web) digests(r *http.Request, org flow.ID, at spot, f flow.Field, ids []flow.ID) (string, error) {
	stored, err := w.DB.PictureDigests(r.Context(), org, at.Job, at.Stage, ids)
	if err != nil {
		return "", err
	}
	has, _ := flow.ParsePictures(at.Has[f.Code])
	for _, p := range has {
		stored[p.ID] = p.Digest
	}
	var list []flow.Picture
	for i, id := range ids {
		digest, ok := stored[id]
		if !ok {
			return "", &flow.Refusal{Code: flow.PictureMissing, Name: f.Label}
		}
		if !slices.Contains(ids[:i], id) {
			list = append(list, flow.Picture{ID: id, Digest: digest})
		}
	}
	return flow.WritePictures(list), nil
}

// addPicture takes one picture under the id that the browser made for it, before the command that names it. The same
// again has the same answer.
func (w *Web) addPicture(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := postgres.Picture{Stage: r.PostFormValue("stage")}
	var err error
	if p.ID, err = flow.ParseID(r.PostFormValue("id")); err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	if p.Job, err = pathID(r, "job"); err != nil {
		return err
	}
	if err := w.mayAdd(r, who, p); err != nil {
		return err
	}
	_, file, err := r.FormFile("picture")
	var sent []byte
	if err == nil {
		sent, err = readFile(file)
	}
	if err != nil {
		return cmp.Or(refusalOf(err), error(&flow.Refusal{Code: flow.BadCommand}))
	}
	kind := pictures.Photo
	if r.PostFormValue("kind") == string(flow.SignatureField) {
		kind = pictures.Signature
	}
	if _, err := w.keepPicture(r, who, p, kind, sent); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(rw).Encode(map[string]string{"id": p.ID.String()})
}

func refusalOf(err error) error {
	var r *flow.Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}

// mayAdd checks that the person fills in the form that a picture is for: at a stage of theirs, or, of a job's own
// format, as one who makes and changes jobs. A new job's pictures come before the job.
func (w *Web) mayAdd(r *http.Request, who flow.Person, p postgres.Picture) error {
	j, _, err := w.jobFor(r, who, p.Job)
	switch {
	case p.Stage != "" && err != nil:
		return err
	case p.Stage != "" && !who.Scope.At(j, p.Stage), p.Stage == "" && !who.May(flow.MayChange), p.Stage == "" && err == nil && !who.Scope.Holds(j):
		return errNotYours
	case p.Stage == "" && err != nil && w.taken(r, who, p.Job):
		return errNotYours
	}
	return nil
}

func (w *Web) picture(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showPicture(rw, r, who, false)
}

func (w *Web) smallPicture(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showPicture(rw, r, who, true)
}

// showPicture gives a picture of a job that the person sees. It never changes, so the browser may keep it.
func (w *Web) showPicture(rw http.ResponseWriter, r *http.Request, who flow.Person, small bool) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	id, err := pathID(r, "picture")
	if err != nil {
		return err
	}
	p, err := w.DB.Picture(r.Context(), who.Org, id, small)
	if err != nil {
		return err
	}
	number, err := w.mayLook(r, who, job, p)
	if err != nil {
		return err
	}
	name := strings.Join([]string{flow.MakeCode(number), id.String()[:8]}, "-") + strings.Replace(p.Media, "image/", ".", 1)
	h := rw.Header()
	h.Set("Content-Type", p.Media)
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	_, err = rw.Write(append(p.Bytes, p.Thumb...)) // one of the two was read
	return err
}

// withheld reports whether a stage's picture may belong to a field of its form that the person does not read: the form has
// such a field, and none that they read holds the picture.
func withheld(who flow.Person, p flow.Process, j flow.Job, pic postgres.Picture) bool {
	stage, _ := p.Stage(pic.Stage)
	at, _ := j.Stage(pic.Stage)
	for _, value := range at.Values {
		if strings.Contains(value, pic.ID.String()) {
			return false
		}
	}
	return slices.ContainsFunc(stage.Fields, func(f flow.Field) bool {
		return (f.Type == flow.PhotoField || f.Type == flow.SignatureField) && !f.SeenBy(who.Role)
	})
}

// taken reports whether there is a job of an id, whoever may see it.
func (w *Web) taken(r *http.Request, who flow.Person, job flow.ID) bool {
	_, err := w.DB.Job(r.Context(), who.Org, job)
	return !errors.Is(err, postgres.ErrNotFound)
}

// mayLook is the number of a job whose picture the person may see: one of the job's own format, of a stage of theirs, or
// one that a lot has from the job it was split off.
func (w *Web) mayLook(r *http.Request, who flow.Person, job flow.ID, p postgres.Picture) (string, error) {
	if p.Job == job && p.Member == who.Member && who.May(flow.MayCreate) && !w.taken(r, who, job) {
		return "new", nil // its form is being filled in
	}
	j, process, err := w.jobFor(r, who, job)
	if err != nil {
		return "", err
	}
	own := p.Job == job && p.Stage != "" && who.Scope.At(j, p.Stage) && !withheld(who, process, j, p)
	own = own || p.Job == job && p.Stage == "" && who.May(flow.MayChange) && who.Scope.Holds(j) // not in the form yet
	for _, value := range j.Fields {
		own = own || strings.Contains(value, p.ID.String())
	}
	if !own {
		return "", errNotYours
	}
	return j.Number, nil
}

// sameMember refuses what a phone kept for somebody else, who was signed in when it was done.
func sameMember(r *http.Request, who flow.Person) error {
	if as := r.PostFormValue("as"); as != "" && as != who.Member.String() {
		return httpd.Status(http.StatusUnauthorized)
	}
	return nil
}
