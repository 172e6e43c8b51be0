package web_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"clicarity/internal/flow"
)

// photo is a JPEG of a carton, so wide, and different for every n.
func photo(t testing.TB, width, n int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, width/2))
	for y := range width / 2 {
		for x := range width {
			img.SetRGBA(x, y, color.RGBA{uint8(x * n), uint8(y), uint8(x ^ y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func signature(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 300, 120))
	for x := 20; x < 280; x++ {
		img.Set(x, 60+x%9, color.Black)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// part is a field of a form, or a file with it.
type part struct {
	name, text string
	file       []byte
}

func (b *browser) bring(path string, parts ...part) *browser {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, p := range parts {
		var err error
		if p.file != nil {
			w, cause := form.CreateFormFile(p.name, "IMG_2041.jpg")
			if err = cause; err == nil {
				_, err = w.Write(p.file)
			}
		} else {
			err = form.WriteField(p.name, p.text)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.take(b.client.Post(b.url+path, form.FormDataContentType(), &body))
}

// inspected is a firm whose lamination asks for photos, a signature and what was checked, and whose jobs have an order
// number before lamination and a photo of the sample.
func (h *house) inspected(slug string) *firm {
	h.t.Helper()
	f := h.firm(slug)
	f.process.Version = 2
	f.process.Fields = []flow.Field{{Code: "po", Label: "PO number", Type: flow.TextField, Before: "lamination"}, {Code: "sample", Label: "Sample", Type: flow.PhotoField}}
	f.process.Stages[1].Fields = []flow.Field{{Code: "photo", Label: "Carton", Type: flow.PhotoField, Required: true},
		{Code: "sign", Label: "Checked by", Type: flow.SignatureField}, {Code: "checks", Label: "Checked", Type: flow.ChoicesField, Choices: []string{"Colour", "Bond", "Curl"}}}
	if err := h.db.AddProcess(h.t.Context(), f.org, f.process); err != nil {
		h.t.Fatal(err)
	}
	return f
}

// laminating is a job of 500 that is at lamination.
func (f *firm) laminating(owner *browser, number string) (id flow.ID, card string) {
	f.t.Helper()
	owner.bring("/jobs", part{"command", newID(f.t).String(), nil}, part{"process", f.process.ID.String(), nil}, part{"number", number, nil},
		part{"item", "Kaju katli box", nil}, part{"quantity", "500", nil}, part{"v_po", "PO-881", nil})
	id = f.jobNumbered(number)
	owner.tap(id, "printing", "done").says(200)
	return id, "/jobs/" + id.String() + "/at/lamination"
}

var pictureLink = regexp.MustCompile(`/jobs/[0-9a-f-]{36}/pictures/([0-9a-f-]{36})/small`)

// A plain form, from a browser without scripts, brings its photos itself; they are shown on the card and in the history to
// those who may see the stage, safely, and they check out.
func TestPicturesInAPlainForm(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.inspected("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	id, card := f.laminating(owner, "P-1")
	operator.get(card).says(200, "Carton", "Take a photo", "or type your full name", "Colour", "Bond", "Curl")
	operator.bring(card, part{"command", newID(t).String(), nil}, part{"do", "done", nil}).says(422, "Fill in “Carton” first")
	form := []part{{"command", newID(t).String(), nil}, {"do", "report", nil}, {"good", "900", nil}, {"from", "job", nil},
		{"file_photo", "", photo(t, 2600, 1)}, {"v_sign", "Ravi  Kadam ", nil}, {"v_checks", "Curl", nil}, {"v_checks", "Colour", nil}}
	operator.bring(card, form...).says(409, "500 is at Lamination")
	kept := pictureLink.FindStringSubmatch(operator.body)
	if kept == nil || !strings.Contains(operator.body, `value="`+kept[1]+`" checked`) || !strings.Contains(operator.body, `value="Ravi Kadam"`) {
		t.Fatalf("the refused form does not keep its photo and signature:\n%s", operator.body)
	}
	form = []part{{"command", newID(t).String(), nil}, {"do", "report", nil}, {"good", "300", nil}, {"from", "job", nil}, {"v_photo", kept[1], nil},
		{"file_photo", "", photo(t, 300, 2)}, {"v_sign", "Ravi Kadam", nil}, {"v_checks", "Curl", nil}, {"v_checks", "Colour", nil}}
	for range 2 { // the second time it is the same command
		operator.bring(card, form...).says(200, "Checked by: Ravi Kadam (typed)", "Checked: Colour, Curl", "Carton 1", "Carton 2")
	}
	owner.get("/jobs/"+id.String()).says(200, "Carton 1", "Checked: Colour, Curl")
	operator.get(card).says(200, "Photos and signatures")
	page := "/jobs/" + id.String() + "/pictures/" + kept[1]
	owner.get(page)
	f.isPicture(owner, page, 1600)
	f.isPicture(operator, page+"/small", 320)
	for _, spy := range []*browser{h.firm("konkan").ownerBrowser(), f.somebodyElse(t)} {
		spy.get(page).says(404)
		spy.get(page + "/small").says(404)
	}
	f.browser().get(page).says(200, "Log in") // nobody
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

// somebodyElse is an operator of the firm at dispatch, where the job has not come yet.
func (f *firm) somebodyElse(t *testing.T) *browser {
	t.Helper()
	owner := f.ownerBrowser()
	owner.post("/people", map[string][]string{"list": {"Sunil More, sunil@" + f.slug + ".example"}, "role": {"operator"}, "at": {f.process.ID.String() + ":dispatch"}}).says(200, "Sunil More")
	return f.browser().signIn("sunil@"+f.slug+".example", "first pass")
}

func (f *firm) isPicture(b *browser, path string, width int) {
	f.t.Helper()
	r, err := b.client.Get(b.url + path)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	size, err := jpeg.DecodeConfig(r.Body)
	if err != nil || size.Width != width {
		f.t.Errorf("%s: %v, %d wide", path, err, size.Width)
	}
	for name, want := range map[string]string{"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
		"Cache-Control": "private, max-age=31536000, immutable"} {
		if got := r.Header.Get(name); got != want {
			f.t.Errorf("%s has %s: %s", path, name, got)
		}
	}
	if got := r.Header.Get("Content-Disposition"); !regexp.MustCompile(`^inline; filename="?p-1-[0-9a-f]{8}\.jpeg"?$`).MatchString(got) {
		f.t.Errorf("%s is %s", path, got)
	}
}

// A phone sends each picture under an id of its own before the command, as often as it must.
func TestAPictureComesBeforeItsCommand(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f := h.inspected("sahyadri")
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	id, card := f.laminating(owner, "P-1")
	to, mine, sign := "/jobs/"+id.String()+"/pictures", newID(t).String(), newID(t).String()
	upload := func(b *browser, to, id, stage, kind string, file []byte) *browser {
		return b.bring(to, part{"id", id, nil}, part{"stage", stage, nil}, part{"kind", kind, nil}, part{"picture", "", file})
	}
	for range 2 {
		upload(operator, to, mine, "lamination", "photo", photo(t, 400, 1)).says(200)
		var answer struct{ ID string }
		if err := json.Unmarshal([]byte(operator.body), &answer); err != nil || answer.ID != mine {
			t.Errorf("the answer is %s", operator.body)
		}
	}
	upload(operator, to, mine, "lamination", "photo", photo(t, 400, 2)).says(409) // another under the same id
	upload(owner, to, mine, "lamination", "photo", photo(t, 400, 1)).says(409)    // or by another
	upload(operator, to, sign, "lamination", "signature", signature(t)).says(200)
	upload(operator, to, newID(t).String(), "printing", "photo", photo(t, 40, 1)).says(404)
	upload(operator, to, newID(t).String(), "", "photo", photo(t, 40, 1)).says(404)
	upload(operator, "/jobs/"+newID(t).String()+"/pictures", newID(t).String(), "lamination", "photo", photo(t, 40, 1)).says(404)
	upload(h.inspected("konkan").ownerBrowser(), to, newID(t).String(), "lamination", "photo", photo(t, 40, 1)).says(404)
	upload(f.browser(), to, newID(t).String(), "lamination", "photo", photo(t, 40, 1)).says(401)
	operator.tap(id, "lamination", "done", "v_photo", mine, "v_sign", sign, "as", f.owner.String()).says(401) // kept for somebody else
	command := newID(t).String()
	at := time.Now().Add(-26 * time.Hour)
	for range 2 {
		operator.tap(id, "lamination", "done", "command", command, "v_photo", mine, "v_sign", sign, "as", f.operator.String(), "at", milli(at), "from", "job").
			says(200, "Carton", "Checked by", "entered later")
	}
	owner.get("/jobs/"+id.String()).says(200, at.In(time.FixedZone("IST", 19800)).Format("15:04"))
	forms, timeline, _ := strings.Cut(owner.body, `id="timeline"`)
	if a, b := strings.Count(forms, to+"/"+mine+"/small"), strings.Count(timeline, to+"/"+mine+"/small"); a != 1 || b != 1 {
		t.Errorf("the photo is %d times among the forms and %d times in the timeline", a, b)
	}
	operator.get(card).says(200, "Photos and signatures")
}

func milli(at time.Time) string { return flow.Units(at.UnixMilli()).String() }

// What is no picture, too large, not there or somebody else's is refused in a sentence, and nothing is stored or moved.
func TestHostilePictures(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	f, other := h.inspected("sahyadri"), h.inspected("konkan")
	owner, operator, thief := f.ownerBrowser(), f.operatorBrowser(), other.ownerBrowser()
	id, card := f.laminating(owner, "P-1")
	second, _ := f.laminating(owner, "P-2")
	theirs, theirCard := other.laminating(thief, "P-1")
	thief.bring(theirCard, part{"command", newID(t).String(), nil}, part{"do", "report", nil}, part{"good", "900", nil}, part{"file_photo", "", photo(t, 300, 1)}).says(409)
	stolen := pictureLink.FindStringSubmatch(thief.body)[1]
	operator.bring("/jobs/"+second.String()+"/at/lamination", part{"command", newID(t).String(), nil}, part{"do", "report", nil}, part{"good", "900", nil}, part{"file_photo", "", photo(t, 300, 1)}).says(409)
	misplaced := pictureLink.FindStringSubmatch(operator.body)[1]
	good, huge := photo(t, 300, 1), []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\xea\x60\x00\x00\xea\x60\x08\x02\x00\x00\x00\x0f\xb0\xe2\x15")
	for name, c := range map[string]struct {
		status int
		says   string
		part
	}{
		"HTML":                  {422, "no photo that can be read", part{"file_photo", "", []byte("<html><script>alert(1)</script></html>")}},
		"SVG as JPEG":           {422, "no photo that can be read", part{"file_photo", "", []byte("\xff\xd8\xff\xe0<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")}},
		"a truncated photo":     {422, "no photo that can be read", part{"file_photo", "", good[:len(good)*2/3]}},
		"a bomb":                {413, "too large", part{"file_photo", "", huge}},
		"five megabytes":        {413, "too large: at most 4 MB", part{"file_photo", "", append(good, make([]byte, 5<<20)...)}},
		"thirty megabytes":      {413, "too large", part{"file_photo", "", make([]byte, 30<<20)}},
		"another firm's":        {409, "not there any more", part{"v_photo", stolen, nil}},
		"another job's":         {409, "not there any more", part{"v_photo", misplaced, nil}},
		"one of none":           {409, "not there any more", part{"v_photo", newID(t).String(), nil}},
		"an address":            {422, "does not fit", part{"v_photo", "https://evil.example/x.jpg", nil}},
		"a form of five photos": {422, "at most 4", part{"v_photo", strings.Repeat(newID(t).String()+";", 5), nil}},
	} {
		operator.bring(card, part{"command", newID(t).String(), nil}, part{"do", "done", nil}, c.part)
		if operator.status != c.status || !strings.Contains(plain(operator.body), c.says) {
			t.Errorf("%s: %d %s", name, operator.status, plain(operator.body))
		}
	}
	operator.bring(card, part{"command", newID(t).String(), nil}, part{"do", "done", nil}, part{"file_photo", "", good}, part{"v_checks", "Gold", nil}).says(422, "“Gold” does not fit “Checked”")
	f.account(id, "lamination", "received 500 hand 500")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
	_ = theirs
	operator.get("/jobs/" + id.String() + "/pictures/" + stolen).says(404)
	operator.get("/jobs/" + id.String() + "/pictures/" + misplaced).says(404)
	owner.get("/jobs/" + second.String() + "/pictures/" + misplaced).says(200)
}

// A job's own photos come with the form that makes it, stay in it when it is refused, change with it, and are not copied.
func TestAJobHasItsOwnPictures(t *testing.T) {
	t.Parallel()
	f := openHouse(t).inspected("sahyadri")
	owner := f.ownerBrowser()
	owner.get("/jobs/new?process="+f.process.ID.String()).says(200, "Sample", "needed before Lamination")
	command := hidden(t, owner.body, "command")
	form := []part{{"command", command, nil}, {"process", f.process.ID.String(), nil}, {"number", "P-1", nil}, {"item", "Kaju katli box", nil}}
	owner.bring("/jobs", append(form, part{"quantity", "many", nil}, part{"file_sample", "", photo(t, 300, 1)})...).says(422)
	kept := pictureLink.FindStringSubmatch(owner.body)
	if kept == nil || hidden(t, owner.body, "command") != command {
		t.Fatalf("the refused form is another:\n%s", owner.body)
	}
	owner.get(kept[0]).says(200)
	owner.bring("/jobs", append(form, part{"quantity", "500", nil}, part{"v_sample", kept[1], nil}, part{"then", "open", nil})...).says(200, "Sample")
	id := f.jobNumbered("P-1")
	f.somebodyElse(t).get(kept[0]).says(404) // the job is far from their stage
	change := []part{{"command", newID(t).String(), nil}, {"item", "Kaju katli box", nil}, {"v_po", "PO-9", nil}, {"v_sample", kept[1], nil}, {"file_sample", "", photo(t, 300, 2)}}
	owner.bring("/jobs/"+id.String()+"/change", change...).says(200, "Sample 2", "PO number: – → PO-9", "Sample: pictures: 1 → pictures: 2")
	owner.get("/jobs/new?copy="+id.String()).says(200, "PO number").hides(kept[1])
	owner.tap(id, "printing", "split", "lot", "100", "lot_no", "P-1/2").says(200)
	lot := f.jobNumbered("P-1/2")
	owner.get("/jobs/"+lot.String()).says(200, "Sample 2")
	owner.get("/jobs/" + lot.String() + "/pictures/" + kept[1]).says(200)
	change[0].text = newID(t).String()
	owner.bring("/jobs/"+lot.String()+"/change", change[:4]...).says(200, "Sample: pictures: 2 → pictures: 1")
	if _, err := f.db.Verify(t.Context(), f.org); err != nil {
		t.Error(err)
	}
}

func hidden(t *testing.T, page, name string) string {
	t.Helper()
	main := page[strings.Index(page, "<main"):]
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(main)
	if m == nil {
		t.Fatalf("the page has no %s", name)
	}
	return m[1]
}

// A field that is needed before a stage is not asked for when the job is made; the stage's card says it beforehand and
// refuses work until it is filled in, or an owner says why.
func TestAFieldIsNeededBeforeItsStage(t *testing.T) {
	t.Parallel()
	f := openHouse(t).inspected("sahyadri")
	f.process.Version, f.process.Stages[1].Fields = 3, nil
	if err := f.db.AddProcess(t.Context(), f.org, f.process); err != nil {
		t.Fatal(err)
	}
	owner, operator := f.ownerBrowser(), f.operatorBrowser()
	owner.newJob(f, "P-1", "500").says(200, "P-1")
	id := f.jobNumbered("P-1")
	owner.tap(id, "printing", "done").says(200)
	card := "/jobs/" + id.String() + "/at/lamination"
	operator.get(card).says(200, "“PO number” of the job is not filled in. It is needed before Lamination").hides("change=1")
	for _, do := range []string{"start", "done", "report"} {
		operator.tap(id, "lamination", do, "good", "10").says(409, "“PO number” of job P-1 must be filled in before Lamination")
		operator.tap(id, "lamination", do, "good", "10", "override", "hurry").says(403, "Only an owner")
	}
	owner.get(card).says(200, "Fill it in")
	owner.tap(id, "lamination", "start").says(409, "Pass it with this reason")
	owner.tap(id, "lamination", "start", "override", "the buyer gives it today").says(200, "Running")
	owner.get("/jobs/"+id.String()+"?change=1").says(200, "Gate passed with a reason", "the buyer gives it today")
	if !strings.Contains(owner.body, `id="change" open`) {
		t.Error("the form to change the job is not open")
	}
	owner.bring("/jobs/"+id.String()+"/change", part{"command", newID(t).String(), nil}, part{"item", "Kaju katli box", nil}, part{"v_po", "PO-9", nil}).says(200)
	operator.get(card).hides("not filled in")
	operator.tap(id, "lamination", "done").says(200)
	owner.get("/jobs/" + newID(t).String() + "/pictures/" + newID(t).String()).says(http.StatusNotFound)
}
