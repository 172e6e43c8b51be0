package web

import (
	"bytes"
	"net/http"
	"time"

	"clicarity/internal/evidence"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// evidenceRoutes are what a company shows an auditor, for owners.
func (w *Web) evidenceRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /evidence", May: flow.MayGovern, Whole: true, Handler: w.evidence},
		{Pattern: "GET /evidence/file", May: flow.MayGovern, Whole: true, Handler: w.evidenceFile},
		{Pattern: "POST /evidence/review", May: flow.MayGovern, Whole: true, Handler: w.reviewAccess},
	}
}

type evidencePage struct {
	*view
	Controls []controlRow
	Topics   []topicRow
	Review   *reviewRow // the last, nil: none yet
	Said     string
}

type controlRow struct {
	ID, Title string
	Shown     bool
	Topics    []evidence.Topic
}

type topicRow struct {
	evidence.Table
	Path  string // where the same is in the pages, empty for nowhere
	Count string
	More  bool // not all rows are on the page
}

type reviewRow struct{ At, Name, Members string }

// topicPages are where the records of a topic come from, in the pages.
var topicPages = map[evidence.Topic]string{evidence.Register: "/privacy#stored", evidence.People: "/people", evidence.SignIn: "/security", evidence.Support: "/support",
	evidence.Suppliers: "/privacy#parties", evidence.Breaches: "/breaches", evidence.Chains: "/audit", evidence.Watch: "/audit?kind=refused", evidence.Deletions: "/audit", evidence.Keys: "/audit"}

// evidenceRows is how many rows of a topic are on the page. All of them are in the file.
const evidenceRows = 10

func (w *Web) evidence(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := evidencePage{view: w.view(r, who, "evidence")}
	p.Sheets = append(p.Sheets, "privacy.css")
	if r.FormValue("said") == "reviewed" {
		p.Said = p.T("evidence_reviewed")
	}
	d, err := w.dossier(r, p.view)
	if err != nil {
		return err
	}
	for _, c := range evidence.Controls() {
		p.Controls = append(p.Controls, controlRow{c.ID, p.T("evidence_c_" + c.Key()), d.Shown(c), c.Topics})
	}
	for _, t := range evidence.Topics() {
		row := topicRow{Table: d.Of(t), Path: topicPages[t]}
		row.Count, row.More = p.Int(len(row.Rows)), len(row.Rows) > evidenceRows
		row.Rows = row.Rows[:min(len(row.Rows), evidenceRows)]
		p.Topics = append(p.Topics, row)
	}
	if p.Review, err = w.lastReview(r, p.view); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "evidence", p)
}

func (w *Web) lastReview(r *http.Request, v *view) (*reviewRow, error) {
	list, err := w.DB.AccessReviews(r.Context(), v.Who.Org, 1)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	names, err := w.DB.Names(r.Context(), v.Who.Org, []flow.ID{list[0].By})
	return &reviewRow{v.When(flow.At(list[0].At)), names[list[0].By], v.Int(list[0].Members)}, err
}

// evidenceFile is all evidence as a ZIP.
func (w *Web) evidenceFile(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "evidence")
	d, err := w.dossier(r, v)
	if err != nil {
		return err
	}
	var buf bytes.Buffer // in memory, so that a file is whole or not there; every list of it is bounded
	if err := d.Write(&buf, v.T); err != nil {
		return err
	}
	if err := w.noteExport(r, who, "evidence", ""); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "application/zip")
	rw.Header().Set("Content-Disposition", `attachment; filename="evidence-`+v.Now.In(v.Zone).Format(time.DateOnly)+`.zip"`)
	_, err = rw.Write(buf.Bytes())
	return err
}

// reviewAccess records that an owner went through who has access.
func (w *Web) reviewAccess(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	if err := w.DB.AddAccessReview(r.Context(), who.Org, postgres.AccessReview{ID: id, At: w.Now(), By: who.Member}); err != nil {
		return err
	}
	http.Redirect(rw, r, "/evidence?said=reviewed", http.StatusSeeOther)
	return nil
}
