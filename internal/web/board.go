package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// cell is one stage of a job on the board.
type cell struct {
	Glyph string
	Qty   string
	State string // css: waiting ready running hold done, vendor
	Says  string // what the cell means, in words
	Link  string // to the stage card, for live cells
	Age   int    // ageing step, for live cells; -1 for others
	Next  string // when the next steps come, for the browser to keep the age right
	Late  bool   // somebody should have acted on its hold by now
}

// boardRow is one job on the board. The live feed sends the same row again when the job changes.
type boardRow struct {
	*view
	Job   flow.Job
	Cells []cell
	Live  []liveStage // where the job is: on a phone its live cell may lie outside the screen
	Pick  string      // when jobs are chosen for a change together: "1", or "all" when they all are
}

// liveStage is a stage where a job is now, as its row says it in words.
type liveStage struct {
	Label string
	For   string
	Age   int
	Hold  string // who must act, of a stage on hold
	Late  bool
}

type column struct {
	Stage  flow.Stage
	Vendor string
	Link   string
	Jobs   int
	Oldest string
	Age    int
}

// Full reports whether the stage has as many jobs as it may.
func (c column) Full() bool { return c.Jobs >= c.Stage.Limit }

type boardPage struct {
	*view
	First     *postgres.FirstSteps // of a company that has just begun
	Processes []flow.Process
	Process   flow.Process
	Columns   []column
	Rows      []boardRow
	Done      bool
	Awaiting  []awaited // holds that wait for the reader
	Reminders []challan // goods at job workers whose day by law is near
	Unshown   int       // and how many more
	Next      string    // address of the next page, empty on the last
	Previous  string
	Pick      string // how jobs are being chosen for a change together, see boardRow
}

const boardRows = 50

// board is the JSR matrix: the jobs of a process against its stages.
func (w *Web) board(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "board")
	v.Toast = w.toast(r, v)
	p := boardPage{view: v, Done: r.FormValue("show") == "done"}
	if v.Can("prioritise") && !p.Done {
		p.Pick = picking(r.FormValue("select"))
	}
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	if p.Awaiting, err = w.awaiting(r, v, all); err != nil {
		return err
	}
	if p.Processes = wholeProcesses(who, all); len(p.Processes) == 0 && len(all) > 0 {
		return errNotYours
	}
	if p.Reminders, p.Unshown, err = w.reminders(r, v); err != nil {
		return err
	}
	if p.First, err = w.firstSteps(r, who); err != nil {
		return err
	}
	if len(p.Processes) > 0 {
		p.Process = choose(p.Processes, r.FormValue("process"))
		if err := w.fillBoard(r, &p); err != nil {
			return err
		}
	}
	return w.render(rw, http.StatusOK, "board", p)
}

// choose is the process asked for, else the one with the longest route: the main one.
// Without any process it is the zero Process.
func choose(processes []flow.Process, id string) flow.Process {
	for _, p := range processes {
		if p.ID.String() == id {
			return p
		}
	}
	if len(processes) == 0 {
		return flow.Process{}
	}
	return slices.MaxFunc(processes, func(a, b flow.Process) int { return len(a.Route()) - len(b.Route()) })
}

func (w *Web) fillBoard(r *http.Request, p *boardPage) error {
	feed, err := w.feed(r, p.Who, "process", p.Process.ID.String()) // before the rows, so that no change falls between
	if err != nil {
		return err
	}
	q := postgres.BoardQuery{Process: p.Process.ID, Done: p.Done, Limit: boardRows, Sites: narrow(p.Who).Sites,
		After: parsePlace(r.FormValue("after")), Before: parsePlace(r.FormValue("before"))}
	jobs, more, err := w.DB.Board(r.Context(), p.Who.Org, q)
	if err != nil {
		return err
	}
	load, err := w.DB.Load(r.Context(), p.Who.Org, p.Process.ID, narrow(p.Who))
	if err != nil {
		return err
	}
	vendors, err := w.DB.Vendors(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	p.Process = withRetired(p.Process, func(code string) bool { return load[code].Jobs > 0 })
	for _, s := range p.Process.Stages {
		row := p.stageRow(p.Process, s, load[s.Code], vendors[s.Vendor].Name)
		s.Name = p.Process.Called(s)
		p.Columns = append(p.Columns, column{s, row.Vendor, row.Link, row.Jobs, row.Oldest, row.Age})
	}
	ids := make([]string, len(jobs))
	if err := w.nameSites(r, p.view, jobs...); err != nil {
		return err
	}
	for i, j := range jobs {
		row := p.boardRow(j, p.Process, vendors)
		row.Pick = p.Pick
		p.Rows = append(p.Rows, row)
		ids[i] = j.ID.String()
	}
	var shown []string
	for _, s := range p.Process.Retired {
		if load[s.Code].Jobs > 0 {
			shown = append(shown, s.Code)
		}
	}
	p.Feed = feed + "&mine=1&retired=" + url.QueryEscape(strings.Join(shown, ",")) + "&jobs=" + strings.Join(ids, ",")
	if p.Pick != "" {
		p.Feed = "" // rows stay as they are while they are chosen
	}
	p.pages(q, jobs, more)
	return nil
}

// withRetired is a process with those of its retired stages on the route, at its end, that still have something.
func withRetired(p flow.Process, has func(code string) bool) flow.Process {
	var left []flow.Stage
	for _, s := range p.Retired {
		if has(s.Code) {
			left = append(left, s)
		}
	}
	p.Stages = slices.Concat(p.Stages, left)
	return p
}

// pages sets the addresses of the pages around this one.
func (p *boardPage) pages(q postgres.BoardQuery, jobs []flow.Job, more bool) {
	if len(jobs) == 0 {
		return
	}
	back := q.Before != postgres.Place{}
	if more || back {
		p.Next = p.address("after", postgres.PlaceOf(jobs[len(jobs)-1]))
	}
	if (back && more) || (!back && q.After != postgres.Place{}) {
		p.Previous = p.address("before", postgres.PlaceOf(jobs[0]))
	}
}

func (p *boardPage) address(direction string, at postgres.Place) string {
	q := url.Values{"process": {p.Process.ID.String()}, direction: {string(at.Due) + "." + at.Job.String()}}
	if p.Done {
		q.Set("show", "done")
	}
	if p.Pick != "" {
		q.Set("select", "1")
	}
	return "/board?" + q.Encode()
}

// parsePlace reads a place in the list; anything unreadable is the list's beginning.
func parsePlace(s string) postgres.Place {
	day, id, _ := strings.Cut(s, ".")
	due, err := flow.ParseDate(day)
	job, err2 := flow.ParseID(id)
	if err != nil || err2 != nil {
		return postgres.Place{}
	}
	return postgres.Place{Due: due, Job: job}
}

// boardRow shows a job against the stages of a process. A job that follows another version or its own route has
// its quantities where the codes agree.
func (v *view) boardRow(j flow.Job, p flow.Process, vendors map[flow.ID]postgres.Vendor) boardRow {
	row := boardRow{view: v, Job: j, Cells: make([]cell, len(p.Stages))}
	byCode := make(map[string]flow.StageState, len(j.Stages))
	for _, s := range j.Stages {
		byCode[s.Code] = s
	}
	for i, s := range p.Stages {
		state, ok := byCode[s.Code]
		if !ok {
			if s.Track != j.Track && (s.Track != "" || j.Track != "") { // another component's stage, or the whole job's
				row.Cells[i] = cell{State: "other", Age: -1}
				continue
			}
			row.Cells[i] = cell{Glyph: "–", State: "skipped", Age: -1, Says: v.T("not_in_route", "stage", s.Name)}
			continue
		}
		c := v.cell(j, s, state, vendors)
		v.more(&c, place{view: v, Job: j, Process: p, Stage: s, State: state})
		if row.Cells[i] = c; c.Age >= 0 {
			live := liveStage{Label: p.Called(flow.Stage{Name: s.Label(), Track: s.Track}), For: v.For(state.Ready), Age: c.Age, Late: c.Late}
			if live.Hold = state.Awaits.Name; state.Held == 0 {
				live.Hold = ""
			}
			row.Live = append(row.Live, live)
		}
	}
	return row
}

func (v *view) cell(j flow.Job, s flow.Stage, state flow.StageState, vendors map[flow.ID]postgres.Vendor) cell {
	status := state.Status()
	c := cell{State: string(status), Glyph: glyphs[status], Age: -1}
	switch {
	case status == flow.Waiting:
		c.Glyph = ""
		return c
	case status == flow.Done:
		c.Qty = v.cellQty(j, state.Good)
		c.Says = v.T("cell_done", "stage", s.Name, "good", v.Qty(state.Good), "wasted", v.Qty(state.Wasted), "at", v.When(state.Done))
		return c
	}
	c.Age, c.Next = v.ages(s, state.Ready)
	c.Qty, c.Link = v.cellQty(j, state.OnHand+state.AtVendor), "/jobs/"+j.ID.String()+"/at/"+url.PathEscape(s.Code)+"?from=board"
	c.Says = v.T("cell_live", "stage", s.Name, "status", v.T("status_"+string(status)), "qty", v.Qty(state.OnHand+state.AtVendor), "for", v.For(state.Ready))
	if name := vendorAt(s, state, vendors, v); name != "" && status != flow.Held {
		c.Glyph = "⇄"
		c.Says += " · " + name
	}
	return c
}

// more adds to a live cell where the work runs, and what its hold waits for.
func (v *view) more(c *cell, at place) {
	if c.Age < 0 {
		return
	}
	if station := at.State.Occupies(); station != "" {
		c.Says += " · " + station
	}
	if at.State.Held == 0 {
		return
	}
	c.Says += " · " + at.Waits()
	d := at.HoldDue()
	if d.Words != "" {
		c.Says += " · " + d.Words
	}
	if c.Late = d.State == "late"; c.Late {
		c.Glyph += "▲"
	}
}

// cellQty is a quantity short enough for a cell: 376, 4,200, 1.2 L.
func (v *view) cellQty(j flow.Job, q flow.Quantity) string {
	if j.Mode == flow.UnitMode {
		return ""
	}
	switch {
	case q >= flow.Units(10_000_000):
		return v.T("crore", "n", tenths(q, 10_000_000))
	case q >= flow.Units(100_000):
		return v.T("lakh", "n", tenths(q, 100_000))
	case q >= flow.Units(1000):
		return v.Qty(q / flow.One * flow.One)
	}
	return v.Qty(q / (flow.One / 10) * (flow.One / 10))
}

// tenths is q in units of a large number, cut to one decimal.
func tenths(q flow.Quantity, unit int64) string {
	return (q / flow.Quantity(unit) / (flow.One / 10) * (flow.One / 10)).String()
}
