package web_test

import (
	"bytes"
	"errors"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/postgres/pgtest"
)

const pdf = "%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF die line of the kaju katli carton"

var fileLink = regexp.MustCompile(`href="(/jobs/[0-9a-f-]{36}/files/[0-9a-f-]{36})"`)

// sendsFile fills in the form for a file, field by field, and gives its bytes last.
func (b *browser) sendsFile(f *firm, job flow.ID, bytes string, pairs ...string) *browser {
	b.t.Helper()
	parts := []part{{"command", newID(f.t).String(), nil}}
	for i := 0; i+1 < len(pairs); i += 2 {
		parts = append(parts, part{pairs[i], pairs[i+1], nil})
	}
	return b.bring("/jobs/"+job.String()+"/files", append(parts, part{"bytes", "", []byte(bytes)})...)
}

func (b *browser) fileLink() string {
	b.t.Helper()
	m := fileLink.FindStringSubmatch(b.body)
	if m == nil {
		b.t.Fatalf("%s shows no file:\n%s", b.at, plain(b.body))
	}
	return m[1]
}

// asks gets a path with headers.
func (b *browser) asksWith(path string, headers map[string]string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.Body.Close() != nil {
		b.t.Fatal(err)
	}
	return resp, string(body)
}

func TestAFileOfAJobAndItsRevisions(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "FL-1", "500")
	job := f.jobNumbered("FL-1")
	page := "/jobs/" + job.String()
	owner.get(page).says(200, "No files yet", "Add a file")
	owner.sendsFile(f, job, pdf, "stage", "", "kind", "drawing", "title", "Die line", "mark", "A").says(200, "Die line", "Rev. A", "In force", "FL-1: Die line, revision A added", "File added: Die line, revision A", "Take back", "Nobody looks for viruses")
	first := owner.fileLink()
	resp, body := owner.asksWith(first, nil)
	if body != pdf || resp.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "inline") ||
		resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("%v %q", resp.Header, body)
	}
	tag := resp.Header.Get("ETag")
	if resp, body := owner.asksWith(first, map[string]string{"Range": "bytes=9-14", "If-Range": tag}); resp.StatusCode != 206 || body != pdf[9:15] {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
	if resp, body := owner.asksWith(first, map[string]string{"Range": "bytes=9-14", "If-Range": `"other"`}); resp.StatusCode != 200 || body != pdf {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
	if resp, _ := owner.asksWith(first, map[string]string{"If-None-Match": tag}); resp.StatusCode != 304 {
		t.Errorf("%d", resp.StatusCode)
	}
	if resp, _ := owner.asksWith(first, map[string]string{"Range": "bytes=9000-"}); resp.StatusCode != 416 {
		t.Errorf("%d", resp.StatusCode)
	}
	j := f.jobOf(job)
	over, file := j.Files[0].Newest().ID.String(), j.Files[0].ID.String()
	owner.sendsFile(f, job, pdf+" B", "stage", "", "file", file, "over", over, "mark", "B", "note", "wider flap").says(200, "Rev. B", "superseded by revision B", "New revision B of Die line (was A)", "wider flap")
	if live := owner.fileLink(); live == first {
		t.Error("the first link of the page is not that of the revision in force")
	}
	// Somebody who had the page open from before is told, and need not send the file again.
	owner.sendsFile(f, job, pdf+" C", "stage", "", "file", file, "over", over, "mark", "C", "note", "late").says(409, "you added revision B of Die line", "has come and waits")
	sent := regexp.MustCompile(`name="sent" value="([^"]+)"`).FindStringSubmatch(owner.body)
	if sent == nil || !strings.Contains(owner.body, `value="late"`) {
		t.Fatalf("what was typed is lost: %s", plain(owner.body))
	}
	newest := f.jobOf(job).Files[0].Newest().ID.String()
	owner.bring(page+"/files", part{"command", newID(t).String(), nil}, part{"stage", "", nil}, part{"file", file, nil}, part{"over", newest, nil}, part{"mark", "C", nil}, part{"sent", sent[1], nil}).
		says(200, "Rev. C", "superseded by revision C")
	owner.bring(page+"/files", part{"command", newID(t).String(), nil}, part{"stage", "", nil}, part{"kind", "drawing", nil}, part{"mark", "A", nil}).says(422, "Choose the file to send")
	owner.post(page+"/files/"+file+"/retire", map[string][]string{"command": {newID(t).String()}, "reason": {""}}).says(422, "Say why")
	owner.post(page+"/files/"+file+"/retire", map[string][]string{"command": {newID(t).String()}, "reason": {"another box"}}).says(200, "Not in use since", "another box").hides("In force")
	owner.post(page+"/files/"+over+"/erase", map[string][]string{"command": {newID(t).String()}, "reason": {"the customer asked"}}).says(200, "Erased: Die line, revision A")
	owner.get(first).says(404)
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// The same form sent twice adds one file.
func TestAFileIsAddedOnce(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "FO-1", "500")
	job := f.jobNumbered("FO-1")
	command := newID(t).String()
	for range 2 {
		owner.bring("/jobs/"+job.String()+"/files", part{"command", command, nil}, part{"stage", "", nil}, part{"kind", "photo", nil}, part{"bytes", "", photo(t, 400, 3)}).says(200, "IMG_2041")
	}
	if files := f.jobOf(job).Files; len(files) != 1 || len(files[0].Revisions) != 1 || files[0].Title != "IMG_2041" || files[0].Newest().Media != "image/jpeg" {
		t.Errorf("%+v", files)
	}
	resp, small := owner.asksWith(owner.get("/jobs/"+job.String()).fileLink()+"/small", nil)
	if img, err := jpeg.Decode(strings.NewReader(small)); err != nil || img.Bounds().Dx() != 320 || resp.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("%v %v", resp.Header, err)
	}
}

// What a file says it is does not matter: a page that calls itself a photo is put down, not shown.
func TestWhatAFileIsIsFoundOut(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "FX-1", "500")
	job := f.jobNumbered("FX-1")
	for _, harm := range []string{"<html><script>alert(1)</script>", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "MZ\x90\x00 a program"} {
		owner.sendsFile(f, job, harm, "stage", "", "kind", "photo", "title", "Carton").says(200)
		last := f.jobOf(job).Files
		resp, body := owner.asksWith("/jobs/"+job.String()+"/files/"+last[len(last)-1].Newest().ID.String(), nil)
		if h := resp.Header; body != harm || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Content-Type") != "application/octet-stream" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q is given as %v", harm, h)
		}
	}
}

// A file without a title is called as it was sent; one that was sent without a name too has none, and is refused with what was
// typed.
func TestAFileWithoutATitle(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "FT-1", "500")
	job := f.jobNumbered("FT-1")
	owner.sendsFile(f, job, pdf, "stage", "", "kind", "drawing", "title", " ").says(200, "IMG_2041", "Rev. A")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	var err error
	fields := []string{"command", newID(t).String(), "stage", "", "kind", "drawing", "mark", "D4"}
	for i := 0; i < len(fields); i += 2 {
		err = errors.Join(err, form.WriteField(fields[i], fields[i+1]))
	}
	file, cause := form.CreateFormFile("bytes", " ")
	if cause == nil {
		_, cause = file.Write([]byte(pdf))
	}
	if err = errors.Join(err, cause, form.Close()); err != nil {
		t.Fatal(err)
	}
	owner.take(owner.client.Post(owner.url+"/jobs/"+job.String()+"/files", form.FormDataContentType(), &body)).says(422, "Say what the file is called").holds(`value="D4"`)
	if files := f.jobOf(job).Files; len(files) != 1 || files[0].Title != "IMG_2041" {
		t.Errorf("%+v", files)
	}
}

// Who sees the job sees its files, who works at the stage those of the stage, and nobody else any.
func TestFilesAreSeenWithinTheScope(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser() // at lamination
	owner.newJob(f, "FS-1", "500")
	job := f.jobNumbered("FS-1")
	page := "/jobs/" + job.String()
	owner.tap(job, "printing", "done").says(200)
	owner.sendsFile(f, job, pdf, "stage", "", "kind", "drawing", "title", "Die line").says(200)
	own := owner.fileLink()
	owner.sendsFile(f, job, "plate settings", "stage", "printing", "kind", "other", "title", "Plates").says(200)
	plates := page + "/files/" + f.jobOf(job).Files[1].Newest().ID.String()
	operator.get(page+"/at/lamination").says(200, "Die line").hides("Plates")
	operator.get(own).says(200)
	operator.get(plates).says(404)
	operator.get(page + "/files?stage=printing").says(404)
	operator.sendsFile(f, job, "x", "stage", "", "kind", "photo").says(404)
	operator.sendsFile(f, job, "x", "stage", "printing", "kind", "photo").says(404)
	operator.sendsFile(f, job, string(photo(t, 200, 5)), "stage", "lamination", "kind", "photo", "title", "Pallet").says(200, "Pallet", "Die line")
	operator.post(page+"/files/"+f.jobOf(job).Files[0].ID.String()+"/retire", map[string][]string{"command": {newID(t).String()}, "reason": {"x"}}).says(404)
	h.firm("deccan").ownerBrowser().get(own).says(404)
	h.browser().get(own).hides("die line of the kaju katli")
	if _, err := pgtest.Owner(t, h.database).Exec(t.Context(), "update files set scan = 'infected'"); err != nil {
		t.Fatal(err)
	}
	owner.get(own).says(404)
	owner.get(page).says(200, "A virus was found")
}

// A vendor sees the files that are marked for vendors, of jobs that are with them, and no more.
func TestVendorsSeeFilesMarkedForThem(t *testing.T) {
	t.Parallel()
	o := openHouse(t).outwork("sahyadri")
	owner := o.ownerBrowser()
	owner.sendsFile(o.firm, o.job, pdf, "stage", "", "kind", "drawing", "title", "Foil artwork", "vendor", "1").says(200, "vendors see it")
	owner.sendsFile(o.firm, o.job, pdf+" prices", "stage", "", "kind", "other", "title", "Price sheet").says(200)
	files := o.jobOf(o.job).Files
	link, customer := o.vendorLink(owner), o.customerLink(owner)
	at := func(f flow.File) string { return "/files/" + o.job.String() + "/" + f.Newest().ID.String() }
	stranger := o.browser()
	stranger.get(link).says(200, "Foil artwork").hides("Price sheet")
	if _, body := stranger.asksWith(link+at(files[0]), nil); body != pdf {
		t.Errorf("%q", body)
	}
	stranger.get(link + at(files[1])).says(404)
	stranger.get(customer + at(files[0])).says(404)
	stranger.get("/jobs/" + o.job.String() + "/files/" + files[0].Newest().ID.String()).hides("die line of")
	vendor := o.vendorBrowser("konkan")
	vendor.get(workPath(o.challan)).says(200, "Foil artwork").hides("Price sheet")
	if _, body := vendor.asksWith("/work"+at(files[0]), nil); body != pdf {
		t.Errorf("%q", body)
	}
	vendor.get("/work" + at(files[1])).says(404)
	vendor.get("/jobs/" + o.job.String() + "/files/" + files[0].Newest().ID.String()).says(404)
}

// A lot shows what the job that it was split off works by; a photo loses where it was taken.
func TestALotHasTheFilesOfItsJob(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "FW-1", "500")
	job := f.jobNumbered("FW-1")
	shot := photo(t, 400, 7)
	told := string(shot[:2]) + "\xFF\xE1\x00\x10Exif\x00\x00GPS 19.2" + string(shot[2:])
	owner.sendsFile(f, job, told, "stage", "", "kind", "photo", "title", "Approved sample").says(200)
	owner.sendsFile(f, job, pdf, "stage", "printing", "kind", "drawing", "title", "Plates").says(200)
	owner.tap(job, "printing", "done").says(200)
	owner.tap(job, "lamination", "split", "lot", "100", "lot_no", "FW-1/2").says(200)
	lot := f.jobNumbered("FW-1/2")
	owner.get("/jobs/"+lot.String()).says(200, "Approved sample", "of the job it was split off").hides("Plates")
	link := owner.fileLink()
	resp, body := operator.asksWith(link, nil)
	if resp.StatusCode != 200 || !strings.Contains(link, lot.String()) || body != string(shot) {
		t.Errorf("%d %s, %d of %d bytes", resp.StatusCode, link, len(body), len(shot))
	}
	operator.get("/jobs/" + lot.String() + "/files/" + f.jobOf(job).Files[1].Newest().ID.String()).says(404)
}
