package web_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"clicarity/internal/flow"
	"clicarity/internal/sheets"
)

// book is an export as a spreadsheet program reads it.
func (b *browser) book(path string) sheets.Table {
	b.t.Helper()
	r, err := b.client.Get(b.url + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	table, err := sheets.Read(r.Body, sheets.JobLimits)
	if err != nil || r.StatusCode != http.StatusOK || table.Encoding != "xlsx" || !strings.HasSuffix(r.Header.Get("Content-Type"), "spreadsheetml.sheet") ||
		!strings.Contains(r.Header.Get("Content-Disposition"), ".xlsx") {
		_, _ = io.Copy(io.Discard, r.Body)
		b.t.Fatalf("%s: %d %v %v", path, r.StatusCode, r.Header, err)
	}
	return table
}

// The workbook is the CSV file, cell by cell; days are days in it, and what looks like a formula is a text.
func TestTheBoardAsAWorkbook(t *testing.T) {
	t.Parallel()
	f := openHouse(t).firm("sahyadri")
	jobs := make([]flow.NewJob, 450)
	for i := range jobs {
		jobs[i] = flow.NewJob{Number: "N-" + strconv.Itoa(i), Customer: "राम प्रिंटर्स", Item: "Box <12>", Quantity: flow.Units(1000), Due: "2027-01-01"}
	}
	jobs[7].Item = "=1+1"
	f.create(f.process, jobs...)
	owner := f.ownerBrowser()
	owner.tap(f.jobNumbered("N-8"), "printing", "report", "good", "400").says(200)
	path := "/board/export?process=" + f.process.ID.String()
	owner.get("/board").says(200, "For Excel (XLSX)")
	rows, table := owner.table(path), owner.book(path+"&format=xlsx")
	if !slices.Equal(rows[0], table.Header) || len(table.Rows) != len(rows)-1 {
		t.Fatalf("%d rows under %q", len(table.Rows), table.Header)
	}
	for i, row := range table.Rows {
		want := slices.Clone(rows[i+1])
		want[2] = strings.TrimPrefix(want[2], "'")
		want[5] = "2027-01-01"
		want[8], row.Cells[8] = "", "" // when it was created: to the second in one, to the minute in the other
		if !slices.Equal(row.Cells, want) {
			t.Fatalf("%q, want %q", row.Cells, want)
		}
	}
	if done := owner.book(path + "&format=xlsx&show=done"); len(done.Rows) != 0 {
		t.Errorf("completed: %v", done.Rows)
	}
	f.operatorBrowser().get(path + "&format=xlsx").says(404)
	owner.post("/language", url.Values{"language": {"hi"}})
	if header := owner.book(path + "&format=xlsx").Header; !strings.Contains(strings.Join(header, "|"), "मात्रा") {
		t.Errorf("in Hindi: %v", header)
	}
	if notes := f.audited("export"); len(notes) != 4 || !strings.Contains(notes[1], `"rows": "450"`) {
		t.Errorf("%v", notes)
	}
}
