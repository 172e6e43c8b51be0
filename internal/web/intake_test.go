package web_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// upload sends a file as the form does, without holding it in memory.
func (b *browser) upload(name string, content io.Reader) *browser {
	b.t.Helper()
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		part, err := form.CreateFormFile("file", name)
		if err == nil {
			_, err = io.Copy(part, content)
		}
		if err == nil {
			err = form.Close()
		}
		_ = w.CloseWithError(err)
	}()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+"/intake", r)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := b.client.Do(req)
	if err != nil { // the server answers and hangs up before a file that is too large has been sent
		b.t.Skipf("the answer was lost with the connection: %v", err)
	}
	return b.take(resp, nil)
}

func (f *firm) openJobs() int {
	f.t.Helper()
	load, err := f.db.Load(f.t.Context(), f.org, f.process.ID, postgres.Narrow{})
	if err != nil {
		f.t.Fatal(err)
	}
	n := 0
	for _, l := range load {
		n += l.Jobs
	}
	return n
}

const jobList = "Job No,Party Name,Item,Qty,Delivery Date,Colours\nA-1,Mithai Ghar,Kaju box,\"1,25,000\",14/10/26,4\nA-2,सूर्या,Saree box,500 Nos,31-02-2027,\nA-3,Tea House,Tea box,lots,14-10-2027,\nA-1,Again,Box,5,,\nA-4,Tea House,Tea box,750,46309,2\n"

func TestAJobListFromUploadToBoard(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.upload("jobs.csv", strings.NewReader(jobList)).says(200, "2 new · 0 already there · 3 to correct", "“31-02-2027” is not a date", "“lots” is not a number", "in line 2 of this file", "1,25,000")
	if f.openJobs() != 0 {
		t.Error("something went in before it was confirmed")
	}
	page := owner.at.Path
	owner.post(page+"/confirm", nil).says(200, "2 jobs were added, 3 rows were left out")
	owner.post(page+"/confirm", nil).says(200, "0 jobs were added")
	owner.upload("jobs.csv", strings.NewReader(jobList)).says(200, "0 new · 2 already there", "Nothing will be added")
	if f.openJobs() != 2 {
		t.Errorf("%d jobs", f.openJobs())
	}
	owner.get("/jobs/"+f.jobNumbered("A-1").String()).says(200, "1,25,000 sheets", "14-10-2026", "Colours", "Mithai Ghar")
}

// A list without numbers gets them from the series, and does not go in twice either.
func TestAListWithoutNumbers(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	const list = "Customer,Item,Quantity\nTea House,Tea box,500\nTea House,Tea box,500\nTea House,Sleeve,250\n"
	owner.upload("jobs.csv", strings.NewReader(list)).says(200, "3 new")
	owner.post(owner.at.Path+"/confirm", nil).says(200, "3 jobs were added")
	owner.get("/board").says(200, "JC-00001", "JC-00003")
	owner.upload("jobs.csv", strings.NewReader(list)).says(200, "0 new · 3 already there")
}

// How columns are mapped is remembered for the next file with these headings.
func TestTheMappingIsRemembered(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	const list = "Ref,Who,What,How many\nX-1,Tea House,Tea box,500\n"
	owner.upload("odd.csv", strings.NewReader(list)).says(200, "0 new · 0 already there · 1 to correct", "Enter a quantity above zero")
	owner.post(owner.at.Path, url.Values{"process_of_all": {f.process.ID.String()}, "column_number": {"0"}, "column_customer": {"1"}, "column_item": {"2"}, "column_quantity": {"3"}}).says(200, "1 new")
	owner.upload("odd again.csv", strings.NewReader(strings.Replace(list, "X-1", "X-2", 1))).says(200, "1 new", "X-2")
}

func utf16File(text string) io.Reader {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, append([]uint16{0xfeff}, utf16.Encode([]rune(text))...)) //nolint:errcheck // memory
	return &b
}

// endless is a file of so many bytes.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p, bytes.Repeat([]byte("A-1,x,5,"+strings.Repeat("long ", 400)+"\n"), len(p)/2000+1))
	e.left -= int64(n)
	return n, nil
}

// bomb is a workbook of a few hundred kilobytes that unpacks to 300 MB.
func bomb(t *testing.T) io.Reader {
	t.Helper()
	rows := bytes.Repeat([]byte(`<row r="1"><c/></row>`), 50_000)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, part := range map[string]func(io.Writer) error{
		"xl/_rels/workbook.xml.rels": write(`<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`),
		"xl/workbook.xml":            write(`<workbook><sheets><sheet name="Jobs" id="a"/></sheets></workbook>`),
		"xl/worksheets/sheet1.xml": func(w io.Writer) error {
			for range 300 {
				if _, err := w.Write(rows); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		w, err := z.Create(name)
		if err == nil {
			err = part(w)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func write(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// Every file that cannot be gets a sentence that says what to do, and leaves nothing behind.
func TestFilesThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file   io.Reader
		status int
		says   string
	}{
		"200 MB":          {&endless{200 << 20}, 422, "larger than 10 MB"},
		"an XLSX bomb":    {bomb(t), 422, "unpacks to far more"},
		"nothing":         {strings.NewReader(""), 422, "it is empty"},
		"an old workbook": {strings.NewReader("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), 422, "Save it in Excel as .xlsx or .csv"},
		"UTF-16":          {utf16File(jobList), 200, "2 new"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := openHouse(t).firm("sahyadri")
			b := f.ownerBrowser()
			b.upload("jobs.xlsx", c.file).says(c.status, c.says)
			if f.openJobs() != 0 {
				t.Error("something went in")
			}
		})
	}
}

// A large list goes in by bounded commands, while an operator goes on reporting.
func TestALargeListHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	owner.newJob(f, "OWN-1", "1000")
	job := f.jobNumbered("OWN-1")
	var list strings.Builder
	list.WriteString("Job No,Item,Qty\n")
	for i := range 1500 {
		fmt.Fprintf(&list, "L-%d,Box %d,%d\n", i, i, i+1)
	}
	owner.upload("large.csv", strings.NewReader(list.String())).says(200, "1,500 new", "1,300 more rows are not shown")
	path := owner.at.Path
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.ownerBrowser().post(path+"/confirm", nil).says(200, "1,500 jobs were added")
	}()
	for range 20 {
		owner.tap(job, "printing", "report", "good", "1").says(200)
	}
	<-done
	records, err := f.db.Movements(t.Context(), f.org, 0, 2000)
	if err != nil {
		t.Fatal(err)
	}
	most, per := 0, map[flow.ID]int{}
	for _, r := range records {
		per[r.Command]++
		most = max(most, per[r.Command])
	}
	if most > 200 || f.openJobs() < 1501 {
		t.Errorf("a command of %d movements, %d jobs", most, f.openJobs())
	}
}

// What people type is shown as text, never as part of the page.
func TestTextIsOnlyText(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	const evil = `<script>alert(1)</script>"><img src=x onerror=alert(1)>`
	owner.post("/jobs", url.Values{"command": {newID(t).String()}, "process": {f.process.ID.String()}, "number": {"<b>1</b>"}, "customer": {evil}, "item": {evil}, "quantity": {"5"}, "note": {evil}, "then": {"open"}}).says(200)
	job := f.jobNumbered("<b>1</b>")
	owner.tap(job, "printing", "hold", "hold_reason", "other", "note", evil).says(200)
	for _, path := range []string{"/board", "/jobs/" + job.String(), "/jobs/" + job.String() + "/at/printing", "/find?q=" + url.QueryEscape(evil), "/find?q=script", "/jobs/new?copy=" + job.String(), "/stages/" + f.process.ID.String() + "/printing"} {
		owner.get(path).says(200)
		if regexp.MustCompile(`<script>alert|<img src=x|<b>1</b>`).MatchString(owner.body) {
			t.Errorf("%s takes text for the page", path)
		}
	}
}

// A column says at which site a job is made, by name, once the organisation has sites; one that there is not is said.
func TestAFileNamesSites(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	owner := f.ownerBrowser()
	list := "Job No,Item,Qty,Plant\nF-1,Peda box,100,vasai\nF-2,Peda box,100,Nagpur\nF-3,Peda box,100,\n"
	owner.upload("jobs.csv", strings.NewReader(list)).says(200, "3 new")
	owner.post("/sites", url.Values{"name": {"Vasai"}}).says(200)
	owner.upload("more.csv", strings.NewReader(strings.Replace(list, "Plant", "Plant ", 1)+"F-4,Peda box,100,Vasai\n")).says(200, "3 new", "1 to correct", "Nagpur")
	owner.post(owner.at.Path+"/confirm", nil).says(200)
	owner.get("/jobs/"+f.jobNumbered("F-1").String()).says(200, "Site Vasai")
}
