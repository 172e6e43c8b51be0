package web

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
)

const behindRows = 50

// behindList is a page of the jobs behind a figure.
type behindList struct {
	Rows  []behindRow
	Next  string // address of the next page, empty on the last
	First string // of the first, on later ones
}

// behindRow is a job behind a figure.
type behindRow struct {
	*view
	Job    flow.Job
	Stage  string
	At     flow.Moment
	Length string
	Qty    string
	Late   bool
}

var figuresBehind = []measure.Figure{measure.OfCreated, measure.OfCompleted, measure.OfDue, measure.OfLate, measure.OfStays, measure.OfReports, measure.OfWastage,
	measure.OfRework, measure.OfHolds, measure.OfTrips, measure.OfSent, measure.OfRuns, measure.OfWIP, measure.OfOpen, measure.OfThere}

// jobsReport is the jobs behind a figure.
func (w *Web) jobsReport(r *http.Request, p *reportPage) error {
	of := cmp.Or(measure.Figure(r.FormValue("of")), measure.OfCompleted)
	if !slices.Contains(figuresBehind, of) {
		return errNotYours
	}
	q := postgres.BehindQuery{Cut: p.Asked.Cut, Figure: of, Limit: behindRows, After: parseBehind(r.FormValue("after")), Path: variantOf(p.Asked.Cut.Process, r.FormValue("path"), r.FormValue("plan"))}
	p.keep("of", string(of))
	p.keep("path", r.FormValue("path"))
	p.keep("plan", r.FormValue("plan"))
	p.Says = p.T("rep_jobs_" + string(of))
	if reason, ok := strings.CutPrefix(r.FormValue("reason"), "="); ok {
		q.Reason = &reason
		p.keep("reason", "="+reason)
		p.Says += " " + p.T("rep_jobs_reason", "reason", p.reasonName(reason))
	}
	if err := w.onlyOf(r, p, &q); err != nil {
		return err
	}
	page, err := p.figures.Behind(r.Context(), q)
	if err != nil {
		return err
	}
	if page.Since != 0 {
		p.Says += " " + p.T("rep_people_since", "at", p.When(page.Since))
	}
	jobs, err := w.readableMap(r, p.Who, page.Jobs)
	if err != nil {
		return err
	}
	list := &behindList{}
	for _, b := range page.Rows {
		if j, ok := jobs[b.Job]; ok {
			list.Rows = append(list.Rows, p.behindRow(of, b, j))
		}
	}
	address := func(after string) string {
		return p.Asked.with("jobs", append([]string{"after", after}, p.extra...)...)
	}
	if page.Next != (postgres.BehindPlace{}) {
		list.Next = address(fmt.Sprintf("%d.%s.%d", page.Next.At, page.Next.Job, page.Next.N))
	}
	if q.After != (postgres.BehindPlace{}) {
		list.First = address("")
	}
	p.Jobs = list
	return nil
}

// onlyOf narrows reports to one person's, for whom there is a report by person.
func (w *Web) onlyOf(r *http.Request, p *reportPage, q *postgres.BehindQuery) error {
	text := r.FormValue("person")
	if text == "" {
		return nil
	}
	member, err := flow.ParseID(text)
	if err != nil || p.Purpose == "" || q.Figure != measure.OfReports {
		return errNotYours
	}
	names, err := w.DB.Names(r.Context(), p.Who.Org, []flow.ID{member})
	if err != nil {
		return err
	}
	name, known := names[member]
	if !known {
		return errNotYours
	}
	q.Member = member
	p.keep("person", text)
	p.Says += " " + p.T("rep_jobs_person", "name", name)
	return nil
}

func (p *reportPage) behindRow(of measure.Figure, b measure.Behind, j flow.Job) behindRow {
	row := behindRow{view: p.view, Job: j, At: b.At, Late: b.Late}
	if b.Stage != "" {
		row.Stage = p.placeName(b.Process, b.Stage)
	}
	if of == measure.OfWIP || of == measure.OfOpen || of == measure.OfThere {
		row.At = b.Since
	}
	if b.Quantity > 0 && j.Mode != flow.UnitMode {
		row.Qty = p.Qty(b.Quantity) + " " + j.Unit
	}
	length := b.Length.Elapsed
	if p.Asked.Working {
		length = b.Length.Working
	}
	switch {
	case of == measure.OfWIP || of == measure.OfOpen:
		row.Length = p.For(b.Since)
	case length > 0:
		row.Length = p.Hours(length.Hours())
	}
	return row
}

// placeName is a stage of a process of the reader's.
func (p *reportPage) placeName(process flow.ID, code string) string {
	for _, pr := range p.Asked.processes {
		if pr.ID == process {
			for _, s := range slices.Concat(pr.Stages, pr.Retired) {
				if s.Code == code {
					return pr.Called(s)
				}
			}
		}
	}
	return code
}

// readableMap are those of some jobs that a person sees, as they may read them.
func (w *Web) readableMap(r *http.Request, who flow.Person, jobs map[flow.ID]flow.Job) (map[flow.ID]flow.Job, error) {
	list, err := w.readable(r, who, slices.Collect(maps.Values(jobs)))
	if err != nil {
		return nil, err
	}
	seen := make(map[flow.ID]flow.Job, len(list))
	for _, j := range list {
		seen[j.ID] = j
	}
	return seen, nil
}

// parseBehind reads a place in such a list; anything unreadable is its beginning.
func parseBehind(s string) postgres.BehindPlace {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return postgres.BehindPlace{}
	}
	at, err1 := strconv.ParseInt(parts[0], 10, 64)
	job, err2 := flow.ParseID(parts[1])
	n, err3 := strconv.Atoi(parts[2])
	if err1 != nil || err2 != nil || err3 != nil {
		return postgres.BehindPlace{}
	}
	return postgres.BehindPlace{At: flow.Moment(at), Job: job, N: n}
}
