package web

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// giveFile gives the bytes of a revision to somebody who sees its file.
func (w *Web) giveFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	f, number, err := w.fileOf(r, who)
	if err != nil {
		return err
	}
	return w.GiveFile(rw, r, who.Org, f, number)
}

// fileOf is the file that a request names, of a job that the person sees, if it is given out at all.
func (w *Web) fileOf(r *http.Request, who flow.Person) (postgres.File, string, error) {
	job, err := pathID(r, "job")
	if err != nil {
		return postgres.File{}, "", err
	}
	j, _, err := w.jobFor(r, who, job)
	if err != nil {
		return postgres.File{}, "", err
	}
	f, err := w.givenOut(r, who, j)
	return f, j.Number, err
}

func (w *Web) givenOut(r *http.Request, who flow.Person, j flow.Job) (postgres.File, error) {
	id, err := pathID(r, "revision")
	if err != nil {
		return postgres.File{}, err
	}
	file, revision, ok := j.RevisionOf(id)
	if !ok && who.Role != flow.Vendor {
		return w.lentFile(r, who, j, id)
	}
	if !ok || revision.Erased != 0 || !who.Scope.SeesFile(who.Role, j, file) {
		return postgres.File{}, errNotYours
	}
	return w.cleanFile(r, who.Org, id)
}

// cleanFile is a file that may be given out at all.
func (w *Web) cleanFile(r *http.Request, org, id flow.ID) (postgres.File, error) {
	f, err := w.DB.File(r.Context(), org, id)
	if err == nil && !f.GivenOut() {
		err = postgres.ErrNotFound
	}
	return f, err
}

// lentFile is a file in force of the job that a lot was split off.
func (w *Web) lentFile(r *http.Request, who flow.Person, lot flow.Job, id flow.ID) (postgres.File, error) {
	files, err := w.filesOfWhole(r, who, lot)
	if err != nil {
		return postgres.File{}, err
	}
	for _, f := range files {
		if live, ok := f.Live(); ok && live.ID == id {
			return w.cleanFile(r, who.Org, id)
		}
	}
	return postgres.File{}, errNotYours
}

// shown are the media that browsers show in a page of their own; everything else is put down as a file.
var shown = []string{"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"}

// GiveFile sends a file of a job of a number, or a part of it. It says nothing of who may.
func (w *Web) GiveFile(rw http.ResponseWriter, r *http.Request, org flow.ID, f postgres.File, number string) error {
	h := rw.Header()
	how, media := "attachment", "application/octet-stream"
	if slices.Contains(shown, f.Media) {
		how, media = "inline", f.Media
	}
	policy := "default-src 'none'; sandbox"
	if f.Media == "application/pdf" { // what shows it in the browser does not work in a sandbox, and has one of its own
		policy = "default-src 'none'; frame-ancestors 'none'"
	}
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", disposition(how, flow.MakeCode(number)+"-"+f.Name))
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "private, no-cache") // it is asked for again each time, for it can be erased
	h.Set("ETag", `"`+hex.EncodeToString(f.Digest[:16])+`"`)
	body := &fileReader{ctx: r.Context(), db: w.DB, org: org, file: f}
	defer func() { _ = body.Close() }()
	if err := body.open(); err != nil { // before the status is sent
		return err
	}
	http.ServeContent(rw, r, "", time.Time{}, body)
	return nil
}

// disposition is the header for a name in any script.
func disposition(how, name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`"\/:*?<>|`, r) {
			return '-'
		}
		return r
	}, name)
	return mime.FormatMediaType(how, map[string]string{"filename": name})
}

// fileReader reads a sealed file as if it were a plain one.
type fileReader struct {
	ctx  context.Context //nolint:containedctx // of the one request that reads
	db   *postgres.DB
	org  flow.ID
	file postgres.File
	at   int64
	from io.ReadCloser // at the place, nil: to be opened
}

func (f *fileReader) open() error {
	var err error
	f.from, err = f.db.OpenFile(f.ctx, f.org, f.file, f.at, f.file.Size-f.at)
	return err
}

// Read implements io.Reader.
func (f *fileReader) Read(p []byte) (int, error) {
	if f.at >= f.file.Size {
		return 0, io.EOF
	}
	if f.from == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	n, err := f.from.Read(p)
	f.at += int64(n)
	return n, err
}

// Seek implements io.Seeker.
func (f *fileReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.file.Size
	}
	if offset < 0 {
		return f.at, errors.New("web: before the beginning of a file")
	}
	if offset == f.at {
		return f.at, nil
	}
	err := f.Close()
	f.at = offset
	return offset, err
}

// Close lets go of the store.
func (f *fileReader) Close() error {
	if f.from == nil {
		return nil
	}
	err := f.from.Close()
	f.from = nil
	return err
}

// giveThumb gives the thumbnail of a revision.
func (w *Web) giveThumb(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	f, _, err := w.fileOf(r, who)
	if err != nil {
		return err
	}
	return w.GiveThumb(rw, r, who.Org, f.ID)
}

// GiveThumb sends the thumbnail of a revision, if it has one.
func (w *Web) GiveThumb(rw http.ResponseWriter, r *http.Request, org, revision flow.ID) error {
	small, err := w.DB.FileThumb(r.Context(), org, revision)
	if err != nil {
		return err
	}
	h := rw.Header()
	h.Set("Content-Type", mediaOf(small))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=300")
	_, err = rw.Write(small)
	return err
}

// giveVendorFile gives a file that is marked for vendors to one who has the job.
func (w *Web) giveVendorFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	j, err := w.DB.Job(r.Context(), who.Org, job)
	if err != nil {
		return err
	}
	f, err := w.givenOut(r, who, j)
	if err != nil {
		return err
	}
	return w.GiveFile(rw, r, who.Org, f, j.Number)
}

// giveLinkFile does so for one who came by a link that was given for the job's challan.
func (w *Web) giveLinkFile(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	o, r, err := w.openLink(rw, r)
	if err != nil {
		return err
	}
	job, err := pathID(r, "job")
	if err != nil || o.link.ForCustomer() {
		return postgres.ErrNotFound
	}
	list, err := w.DB.ChallansOf(r.Context(), o.who.Org, o.link.Challans)
	if err != nil {
		return err
	}
	for _, c := range list {
		for _, l := range c.Lines {
			if c.Vendor != o.link.Vendor || l.Job.ID != job || l.Left == 0 {
				continue
			}
			f, err := w.givenOut(r, o.who, l.Job)
			if err != nil {
				return err
			}
			return w.GiveFile(rw, r, o.who.Org, f, l.Job.Number)
		}
	}
	return postgres.ErrNotFound
}

// vendorFile is a file as a vendor reads it.
type vendorFile struct {
	Title, Mark, Link string
}

// vendorFiles are the live files of a job that are marked for vendors; from is where they are given out.
func vendorFiles(who flow.Person, j flow.Job, from string) []vendorFile {
	var list []vendorFile
	for _, f := range j.Files {
		if live, ok := f.Live(); ok && who.Scope.SeesFile(flow.Vendor, j, f) {
			list = append(list, vendorFile{f.Title, live.Mark, from + "/files/" + j.ID.String() + "/" + live.ID.String()})
		}
	}
	return list
}

// givenFrom is where a vendor is given files: by the link they came by, or as one who is signed in.
func givenFrom(v *view) string {
	if strings.HasPrefix(v.Path, "/l/") {
		return v.Path
	}
	return "/work"
}
