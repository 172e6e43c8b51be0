package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"clicarity/internal/api"
	"clicarity/internal/flow"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/pgtest"
)

const boundary = "a-boundary-of-the-tests"

const formType = "multipart/form-data; boundary=" + boundary

const pdf = "%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF die line of the kaju katli carton"

// filled is a form with fields, that ends with a file. A field named "called" is what the file is called.
func filled(content string, pairs ...string) string {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	called := "die.pdf"
	err := w.SetBoundary(boundary)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == "called" {
			called = pairs[i+1]
			continue
		}
		err = errors.Join(err, w.WriteField(pairs[i], pairs[i+1]))
	}
	part, made := w.CreateFormFile("file", called)
	if err := errors.Join(err, made); err != nil {
		panic(err)
	}
	_, err = io.WriteString(part, content)
	if err := errors.Join(err, w.Close()); err != nil {
		panic(err)
	}
	return b.String()
}

func (p *program) bring(path, content string, pairs ...string) *reply {
	p.t.Helper()
	return p.post(path, filled(content, pairs...), "Content-Type", formType)
}

func (p *program) files(job string) []api.File {
	p.t.Helper()
	return into[api.JobFiles](p.get("/api/v1/jobs/" + job + "/files").is(200)).Files
}

// file gives a job a file as the owner does, with what makes do for a thumbnail.
func (f *firm) file(job flow.ID, stage, title, content string) (file flow.ID, stored postgres.File) {
	f.t.Helper()
	file = newID(f.t)
	stored, err := f.db.PutFile(f.t.Context(), f.org, postgres.File{ID: newID(f.t), Job: job, Stage: stage, Member: f.owner, Added: time.Now(), Name: title + ".txt", Media: "text/plain"},
		strings.NewReader(content), func() []byte { return []byte(content) })
	if err != nil {
		f.t.Fatal(err)
	}
	f.ours(flow.AttachFile{Job: job, Stage: stage, File: file, Kind: flow.Drawing, Title: title, Revision: stored.Revision("A")})
	return file, stored
}

// stored are the objects in a store of the house's own, from then on.
func (h *house) store(scans bool) func() int {
	h.t.Helper()
	store, err := objects.Open(h.t.TempDir(), "")
	if err != nil {
		h.t.Fatal(err)
	}
	h.db.UseObjects(store, scans)
	return func() int {
		list, err := store.List(h.t.Context(), "t/", "", 1000)
		if err != nil {
			h.t.Fatal(err)
		}
		return len(list)
	}
}

func TestFilesThroughTheAPI(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	job := f.job("A-1", "", "")
	p := f.program(everything)
	if list := p.files("A-1"); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	first := p.bring("/api/v1/jobs/A-1/files", pdf, "kind", "drawing", "title", "Die  line", "note", "as agreed").is(201, `"number":"A-1"`)
	content := first.header.Get("Location")
	got := p.files("A-1")
	if len(got) != 1 || got[0].Title != "Die line" || got[0].Kind != "drawing" || got[0].Job != job || len(got[0].Revisions) != 1 {
		t.Fatalf("%+v", got)
	}
	one := got[0].Revisions[0]
	if one.Revision != "A" || !one.Live || one.State != "ok" || one.Name != "die.pdf" || one.Media != "application/pdf" || one.Size != int64(len(pdf)) || one.ByName != "Tally export" || one.Content != content {
		t.Errorf("%+v", one)
	}
	r := p.get(content).is(200)
	if tag := r.header.Get("ETag"); r.body != pdf || tag == "" || r.header.Get("Content-Type") != "application/pdf" || r.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v %q", r.header, r.body)
	} else if r := p.send("GET", content, "", "Range", "bytes=9-14", "If-Range", tag); r.status != 206 || r.body != pdf[9:15] {
		t.Errorf("%d %q", r.status, r.body)
	} else if r := p.send("GET", content, "", "If-None-Match", tag); r.status != 304 || r.body != "" {
		t.Errorf("%d %q", r.status, r.body)
	}
	p.send("GET", content, "", "Range", "bytes=9000-").is(416)
	p.get(content+"/thumbnail").refuses(404, "not_found")
	files := "/api/v1/jobs/A-1/files/" + got[0].ID.String()
	p.bring(files+"/revisions", pdf+" B", "over", one.ID.String(), "revision", "B", "note", "wider flap").is(201)
	p.bring(files+"/revisions", pdf+" C", "over", one.ID.String(), "revision", "C").refuses(409, "file_changed", "revision B of Die line")
	got = p.files(job.String())
	if revisions := got[0].Revisions; len(revisions) != 2 || revisions[0].Live || !revisions[1].Live || revisions[1].Revision != "B" {
		t.Errorf("%+v", revisions)
	}
	p.bring(files+"/revisions", "x", "over", got[0].Revisions[1].ID.String(), "revision", "b").refuses(409, "file_revision_taken")
	p.bring(files+"/revisions", "x", "over", got[0].Revisions[1].ID.String()).refuses(422, "file_no_revision")
	p.bring("/api/v1/jobs/A-1/files", "plate settings", "stage", "printing", "called", "plates.txt").is(201)
	if got = p.files("A-1"); len(got) != 2 || got[1].Stage != "printing" || got[1].Title != "plates" || got[1].Kind != "other" {
		t.Errorf("%+v", got)
	}
	p.post(files+"/retire", `{"reason":""}`).refuses(422, "file_no_reason")
	p.post(files+"/retire", `{"reason":"another box"}`).is(200)
	p.post(files+"/retire", `{"reason":"another box"}`).refuses(409, "file_is_retired")
	if got = p.files("A-1"); got[0].RetiredAt == 0 || got[0].Revisions[1].Live {
		t.Errorf("%+v", got[0])
	}
	p.get(content).is(200) // it stays to be looked at
	moves := into[api.Movements](p.get("/api/v1/jobs/A-1/movements")).Movements
	if n := len(moves); n != 5 {
		t.Fatalf("%d movements", n)
	}
	if m := moves[2].Facts; m.File == nil || m.File.ID != got[0].ID || m.File.Title != "Die line" || m.File.Mark != "B" || m.File.Revision != got[0].Revisions[1].ID || m.Note != "wider flap" {
		t.Errorf("%+v", m)
	}
	if m := moves[4].Facts; m.File == nil || m.File.Mark != "B" || !m.File.Revision.IsZero() || m.Note != "another box" {
		t.Errorf("%+v", m)
	}
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// The same key is one file, however often and however close together it is sent, and whatever other bytes come with it.
func TestAFileWithOneKeyIsOneFile(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	objects := h.store(false)
	f := h.firm("sahyadri")
	f.job("A-1", "", "")
	p := f.program(everything)
	key := newID(t).String()
	send := func(content string, pairs ...string) *reply {
		return p.post("/api/v1/jobs/A-1/files", filled(content, pairs...), "Content-Type", formType, "Idempotency-Key", key)
	}
	first := send(pdf, "title", "Die line").is(201)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if again := send(pdf, "title", "Die line").is(201, `"again":true`); again.header.Get("Location") != first.header.Get("Location") {
				t.Errorf("%v", again.header)
			}
		})
	}
	group.Wait()
	send(pdf+"!", "title", "Die line").refuses(409, "command_reused")
	send(pdf, "title", "Another").refuses(409, "command_reused")
	p.post("/api/v1/jobs/A-1/files", filled(pdf), "Content-Type", formType, "Idempotency-Key", "").refuses(400, "no_key")
	if list := p.files("A-1"); len(list) != 1 || len(list[0].Revisions) != 1 || objects() != 1 {
		t.Errorf("%+v, %d objects", list, objects())
	}
	p.get(first.header.Get("Location")).is(200, pdf)
}

// A photo gets a thumbnail, and loses where it was taken.
func TestAPhotoThroughTheAPI(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.job("A-1", "", "")
	p := f.program(everything)
	picture := image.NewRGBA(image.Rect(0, 0, 640, 480))
	picture.Set(7, 7, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, nil); err != nil {
		t.Fatal(err)
	}
	shot := b.String()
	at := p.bring("/api/v1/jobs/A-1/files", shot[:2]+"\xFF\xE1\x00\x10Exif\x00\x00GPS 19.2"+shot[2:], "kind", "photo", "called", "pallet.jpg").is(201).header.Get("Location")
	if p.get(at).is(200).body != shot {
		t.Error("the photo is not as it was without its place")
	}
	small := p.get(p.files("A-1")[0].Revisions[0].Thumbnail).is(200)
	if img, err := jpeg.Decode(strings.NewReader(small.body)); err != nil || img.Bounds().Dx() != 320 {
		t.Errorf("%v %v", small.header, err)
	}
}

// A lot has what the job works by that it was split off.
func TestALotsFilesThroughTheAPI(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	job := f.job("A-1", "", "")
	own, revision := f.file(job, "", "Die line", "a drawing")
	_, plates := f.file(job, "printing", "Plates", "plate settings")
	lot := newID(t)
	f.ours(flow.Split{Work: flow.Work{Job: job, Stage: "printing"}, Lot: lot, Quantity: flow.Units(100), Number: "A-1/2"})
	p := f.program(everything)
	list := p.files("A-1%2F2")
	if len(list) != 1 || list[0].ID != own || list[0].Job != job || !strings.Contains(list[0].Revisions[0].Content, lot.String()) {
		t.Fatalf("%+v", list)
	}
	p.get(list[0].Revisions[0].Content).is(200, "a drawing")
	p.get("/api/v1/jobs/A-1%2F2/files/"+own.String()+"/revisions/"+plates.ID.String()).refuses(404, "not_found")
	p.post("/api/v1/jobs/A-1%2F2/files/"+own.String()+"/retire", `{"reason":"x"}`).refuses(404, "not_found")
	p.get("/api/v1/jobs/A-1%2F2/files/"+newID(t).String()+"/revisions/"+revision.ID.String()).refuses(404, "not_found")
}

// What was erased is gone for programs too, and a name that was taken out of the history is out of what they read.
func TestWhatIsErasedIsErasedForPrograms(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.firm("sahyadri")
	job := f.job("A-1", "", "")
	one := newID(t)
	if err := f.db.AddMember(t.Context(), f.org, postgres.Member{ID: one, Name: "Prabhakar Ghatge", Role: flow.Manager, Given: everything, PasswordHash: "x", Created: time.Now(), Logins: []string{"prabhakar@sahyadri.example"}}); err != nil {
		t.Fatal(err)
	}
	stored, err := f.db.PutFile(t.Context(), f.org, postgres.File{ID: newID(t), Job: job, Member: one, Added: time.Now(), Name: "Prabhakar Ghatge.pdf", Media: "application/pdf"}, strings.NewReader(pdf), nil)
	if err != nil {
		t.Fatal(err)
	}
	file, mark := newID(t), flow.Mark{Org: f.org, Member: one, Role: flow.Manager, Scope: flow.Scope{All: true}, At: flow.At(time.Now())}
	if _, err := f.db.Do(t.Context(), mark, flow.Command{ID: newID(t), Action: flow.AttachFile{Job: job, File: file, Kind: flow.Certificate, Title: "Leave of Prabhakar Ghatge", Revision: stored.Revision("A")}}); err != nil {
		t.Fatal(err)
	}
	p := f.program(everything)
	content := p.files("A-1")[0].Revisions[0].Content
	p.get(content).is(200)
	if err := f.db.Erase(t.Context(), postgres.Organisation{ID: f.org}, one, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	p.get("/api/v1/jobs/A-1/files").is(200, "Leave of Person ").hides("Prabhakar", "prabhakar")
	if r := p.get(content).is(200); strings.Contains(r.header.Get("Content-Disposition"), "Prabhakar") {
		t.Errorf("%v", r.header)
	}
	f.ours(flow.EraseFile{Job: job, Revision: stored.ID, Reason: "nobody needs it"})
	if list := p.files("A-1"); list[0].Revisions[0].State != "erased" || list[0].Revisions[0].Content != "" || list[0].Revisions[0].Live {
		t.Errorf("%+v", list[0])
	}
	p.get(content).refuses(404, "not_found")
}

// A file that nobody has looked at for viruses, or in which one was found, is listed and not given out.
func TestAbuseAnInfectedFileThroughTheAPI(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.store(true)
	f := h.firm("sahyadri")
	f.job("A-1", "", "")
	p := f.program(everything)
	at := p.bring("/api/v1/jobs/A-1/files", "a virus", "title", "Invoice").is(201).header.Get("Location")
	state := func(want string) {
		t.Helper()
		if r := p.files("A-1")[0].Revisions[0]; r.State != want || (r.Content != "") != (want == "ok") {
			t.Errorf("%+v, want it %s", r, want)
		}
	}
	state("waiting")
	p.get(at).refuses(404, "not_found")
	p.get(at+"/thumbnail").refuses(404, "not_found")
	look := func(clean bool) {
		t.Helper()
		if _, err := f.db.ScanNext(t.Context(), f.org, time.Now().Add(time.Hour), time.Now().Add(time.Hour), func(r io.Reader) (bool, error) {
			_, err := io.Copy(io.Discard, r)
			return clean, err
		}); err != nil {
			t.Fatal(err)
		}
	}
	look(false)
	state("infected")
	p.get(at).refuses(404, "not_found")
	at = p.bring("/api/v1/jobs/A-1/files", "a drawing", "title", "Die line").is(201).header.Get("Location")
	look(true)
	p.get(at).is(200, "a drawing")
}

// What cannot be taken gets a sentence and leaves nothing behind: no object, no row that waits, no movement.
func TestAbuseUploadsThatLeaveNothing(t *testing.T) {
	t.Parallel()
	h := openHouse(t, api.Rate{Every: time.Nanosecond, Burst: 1_000_000})
	objects := h.store(false)
	f := h.firm("sahyadri")
	job := f.job("A-1", "", "")
	p := f.program(everything)
	files := "/api/v1/jobs/A-1/files"
	send := func(body, kind string) *reply { return p.post(files, body, "Content-Type", kind) }
	whole := filled(pdf, "title", "Die line")
	send(`{"title":"Die line"}`, "application/json").refuses(400, "not_multipart")
	send(whole, "multipart/form-data").refuses(400, "not_multipart")
	send(whole, "multipart/form-data; boundary=another").refuses(422, "file_missing")
	for _, cut := range []int{20, len(whole) / 2, len(whole) - len(boundary) - 8, len(whole) - 6} {
		r := send(whole[:cut], formType)
		if r.status != 400 && r.status != 422 {
			t.Errorf("cut off at %d of %d: %d %s", cut, len(whole), r.status, r.body)
		}
	}
	closing := "\r\n--" + boundary + "--\r\n"
	behind := strings.TrimSuffix(whole, closing) + "\r\n--" + boundary + "\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nlate" + closing
	send(behind, formType).refuses(400, "file_last")
	p.bring(files, "").refuses(422, "file_missing")
	p.bring(files, pdf, "titel", "Die line").refuses(400, "unknown_field", "titel")
	p.bring(files, pdf, "title", "Die line", "title", "Lid").refuses(400, "unknown_field")
	p.bring(files, pdf, "over", newID(t).String()).refuses(400, "unknown_field")
	p.bring(files, pdf, "vendor", "maybe").refuses(400, "wrong_type")
	p.bring(files, pdf, "kind", "nonsense").refuses(422, "field_wrong")
	p.bring(files, pdf, "title", strings.Repeat("x", 121)).refuses(422, "too_long")
	p.bring(files, pdf, "note", strings.Repeat("x", 5000)).refuses(422, "too_long")
	p.bring(files, pdf, "stage", "nowhere").refuses(404, "not_found")
	p.bring(files+"/"+newID(t).String()+"/revisions", pdf, "over", newID(t).String(), "revision", "B").refuses(404, "not_found")
	p.bring(files, strings.Repeat("0", flow.MaxFileSize+1)).refuses(413, "file_too_large", "50")
	for range postgres.MaxUnusedFiles + 5 { // refusals do not add up
		p.bring(files, "x", "kind", "nonsense").refuses(422, "field_wrong")
	}
	if n := objects(); n != 0 || len(p.files("A-1")) != 0 {
		t.Errorf("%d objects, %+v", n, p.files("A-1"))
	}
	if j, err := f.db.Job(t.Context(), f.org, job); err != nil || len(j.Files) != 0 {
		t.Errorf("%+v %v", j.Files, err)
	}
	if found := pgtest.Scan(t, h.database, "die.pdf"); len(found) > 0 {
		t.Errorf("left: %v", found)
	}
	p.bring(files, pdf, "title", "Die line").is(201)
}

// A name with a path in it, or with what a header would end at, is a name and no more.
func TestAbuseNamesOfFilesThroughTheAPI(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.job("A-1", "", "")
	p := f.program(everything)
	for sent, kept := range map[string]string{"../../../etc/passwd": "passwd", `..\..\windows\system.ini`: "system.ini", "/etc/shadow": "shadow", "..": "file",
		"a\r\nX-Evil: 1.pdf": "", "die%2F..%2Fline.pdf": "die%2F..%2Fline.pdf", strings.Repeat("x", 400) + ".pdf": strings.Repeat("x", 116) + ".pdf", "ड्रॉइंग.pdf": "ड्रॉइंग.pdf"} {
		r := p.bring("/api/v1/jobs/A-1/files", pdf, "called", sent, "title", "Die line")
		if r.status != 201 {
			t.Errorf("%q: %d %s", sent, r.status, r.body)
			continue
		}
		list := p.files("A-1")
		name := list[len(list)-1].Revisions[0].Name
		given := p.get(r.header.Get("Location")).is(200)
		_, params, err := mime.ParseMediaType(given.header.Get("Content-Disposition"))
		if err != nil || strings.ContainsAny(params["filename"], "/\\\r\n") || given.header.Get("X-Evil") != "" || kept != "" && (name != kept || params["filename"] != "a-1-"+kept) || strings.ContainsAny(name, "/\\\r\n") {
			t.Errorf("%q is kept as %q and given as %q %v", sent, name, params["filename"], err)
		}
	}
	for _, odd := range []string{"..%2F..%2Fetc%2Fpasswd", "%00", "x"} {
		p.get("/api/v1/jobs/A-1/files/"+odd+"/revisions/"+odd).refuses(404, "not_found")
	}
}

// What a file says it is does not matter: a page that calls itself a photo is put down, not shown.
func TestAbuseAPageThatCallsItselfAPhoto(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	f.job("A-1", "", "")
	p := f.program(everything)
	for _, harm := range []string{"<html><script>alert(1)</script>", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "MZ\x90\x00 a program"} {
		at := p.bring("/api/v1/jobs/A-1/files", harm, "called", "photo.jpg", "kind", "photo").is(201).header.Get("Location")
		if r := p.get(at).is(200, harm); r.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") || !strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q is given as %v", harm, r.header)
		}
	}
}

// A token of one process and one site reaches no file of another, by any address; one that reports brings no files.
func TestAbuseFilesBeyondTheScopeOfAToken(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.firm("sahyadri"), h.firm("konkan")
	far, near := f.job("SECRET-1", "pune", ""), f.job("OWN-1", "vasai", "")
	file, revision := f.file(far, "", "SECRET line", "SECRET drawing")
	own, _ := f.file(near, "", "Die line", "a drawing")
	path := func(job, file, revision string) string {
		return "/api/v1/jobs/" + job + "/files/" + file + "/revisions/" + revision
	}
	for _, p := range []*program{f.program(flow.Given{Processes: []flow.ID{f.process.ID}, Sites: []string{"vasai"}}), other.program(everything)} {
		for _, job := range []string{"SECRET-1", far.String()} {
			p.get("/api/v1/jobs/"+job+"/files").refuses(404, "not_found").hides("SECRET")
			p.get(path(job, file.String(), revision.ID.String())).refuses(404, "not_found").hides("SECRET")
			p.bring("/api/v1/jobs/"+job+"/files", "x").refuses(404, "not_found")
			p.bring("/api/v1/jobs/"+job+"/files/"+file.String()+"/revisions", "x", "over", revision.ID.String(), "revision", "B").refuses(404, "not_found")
			p.post("/api/v1/jobs/"+job+"/files/"+file.String()+"/retire", `{"reason":"x"}`).refuses(404, "not_found")
		}
		p.get(path("OWN-1", own.String(), revision.ID.String())).refuses(404, "not_found").hides("SECRET")
		p.get(path("OWN-1", file.String(), revision.ID.String())).refuses(404, "not_found").hides("SECRET")
	}
	reports := f.program(everything, flow.WriteReports, flow.WriteJobs)
	reports.bring("/api/v1/jobs/OWN-1/files", "x", "stage", "printing").refuses(404, "not_found")
	if got, err := f.db.FilesOf(t.Context(), f.org, near); err != nil || len(got) != 1 {
		t.Errorf("%v %v", got, err)
	}
}

func FuzzForm(f *testing.F) {
	f.Add([]byte(filled(pdf, "title", "Die line")), formType)
	f.Add([]byte("--x\r\n\r\n"), "multipart/form-data; boundary=x")
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://clicarity.example/", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		fields, content, err := api.ReadForm(r, "title", "note")
		if err != nil {
			return
		}
		for name := range maps.Keys(fields) {
			if name != "title" && name != "note" {
				t.Errorf("a field %q", name)
			}
		}
		if len(content) > len(body) {
			t.Errorf("%d bytes of %d", len(content), len(body))
		}
		if _, err := json.Marshal(fields); err != nil {
			t.Error(err)
		}
	})
}
