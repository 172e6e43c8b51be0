package web

import (
	"errors"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"clicarity/internal/chart"
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
	Link   string // to the stage's queue
	Filter string // to the board of what is there, or of all where it is that; empty where there is none
	On     bool   // the board is of what is there
	Jobs   int
	Oldest string
	Age    int
	Folded bool          // nothing on the page is there or still to come there
	Trend  template.HTML // how many were there as each of the last days ended
}

// phaseHead is a phase of the route over its columns.
type phaseHead struct {
	Name    string
	Columns int
}

// Full reports whether the stage has as many jobs as it may.
func (c column) Full() bool { return c.Jobs >= c.Stage.Limit }

type boardPage struct {
	*view
	First     *postgres.FirstSteps // of a company that has just begun
	Processes []flow.Process
	Process   flow.Process
	Fields    []flow.Field // of the job's format, that the reader can ask for
	Sites     []postgres.Site
	Filter    boardFilter
	Columns   []column
	Phases    []phaseHead // none: the route has no phases
	Rows      []boardRow
	Done      bool
	Compact   bool
	Wide      bool      // columns with nothing to come are as wide as the others
	Foldable  bool      // there are such
	Awaiting  []awaited // holds that wait for the reader
	Reminders []challan // goods at job workers whose day by law is near
	Unshown   int       // and how many more
	Views     []viewLink
	Next      string // address of the next page, empty on the last
	Previous  string
	Pick      string // how jobs are being chosen for a change together, see boardRow
	Short     bool   // the page ended before it was full: further on there may be more
}

const boardRows = 50

// board is the JSR matrix: the jobs of a process against its stages.
func (w *Web) board(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "board")
	v.Toast, v.Sheets, v.Scripts = w.toast(r, v), []string{"board.css"}, []string{"board.js"}
	p := boardPage{view: v, Done: r.FormValue("show") == "done", Compact: w.compact(rw, r), Wide: r.FormValue("columns") == "all"}
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
	return w.render(rw, http.StatusOK, "board", &p)
}

const rowsCookie = "rows"

// compact is whether the rows are low on this device. An address that says so is remembered.
func (w *Web) compact(rw http.ResponseWriter, r *http.Request) bool {
	rows := r.FormValue("rows")
	if rows == "compact" || rows == "roomy" {
		http.SetCookie(rw, &http.Cookie{Name: rowsCookie, Value: rows, Path: "/board", MaxAge: rememberFor, HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode})
		return rows == "compact"
	}
	c, err := r.Cookie(rowsCookie)
	return err == nil && c.Value == "compact"
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
	head, err := w.DB.Head(r.Context(), p.Who.Org) // before the rows, so that no change falls between
	if err != nil {
		return err
	}
	loads, err := w.loadsOf(r.Context(), p.view, p.Process, head)
	if err != nil {
		return err
	}
	load := loads.load
	vendors, err := w.DB.Vendors(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	if p.Sites, err = w.sitesFor(r, p.Who); err != nil {
		return err
	}
	p.Process = withRetired(p.Process, func(code string) bool { return load[code].Jobs > 0 })
	form := p.Process.As(p.Who.Role)
	p.Fields = slices.DeleteFunc(slices.Clone(form.Fields), func(f flow.Field) bool { return !filterable(f) })
	p.Filter = p.readFilter(r.Form, form, p.Sites, p.Done)
	q := postgres.BoardQuery{Process: p.Process.ID, Done: p.Done, Limit: boardRows, Sites: narrow(p.Who).Sites, Now: flow.At(p.Now),
		After: parsePlace(r.FormValue("after")), Before: parsePlace(r.FormValue("before"))}
	page, err := w.filtered(r, p.view, form, q, &p.Filter)
	if err != nil {
		return err
	}
	jobs := page.Jobs
	if err := w.nameSites(r, p.view, jobs...); err != nil {
		return err
	}
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		row := p.boardRow(j, p.Process, vendors)
		row.Pick = p.Pick
		p.Rows = append(p.Rows, row)
		ids[i] = j.ID.String()
	}
	p.head(load, vendors)
	p.trends(loads.levels)
	if p.Views, err = w.viewLinks(r, p); err != nil {
		return err
	}
	var shown []string
	for _, s := range p.Process.Retired {
		if load[s.Code].Jobs > 0 {
			shown = append(shown, s.Code)
		}
	}
	p.Feed = feedAfter(head, "process", p.Process.ID.String()) + "&mine=1&retired=" + url.QueryEscape(strings.Join(shown, ",")) + "&jobs=" + strings.Join(ids, ",")
	if asked := p.asked(); len(asked) > 0 {
		p.Feed += "&" + asked.Encode()
	}
	if p.Pick != "" {
		p.Feed = "" // rows stay as they are while they are chosen
	}
	p.pages(q, page)
	return nil
}

// filtered is a page of the board under a filter. A filter that is too broad for what it would cost is said to be, and
// left out. Of jobs that follow an older version, in which a field was private, nothing is given away by asking for it.
func (w *Web) filtered(r *http.Request, v *view, p flow.Process, q postgres.BoardQuery, f *boardFilter) (postgres.BoardPage, error) {
	q.Filter = f.Filter
	page, err := w.DB.Board(r.Context(), v.Who.Org, q)
	var broad *postgres.TooBroad
	for errors.As(err, &broad) {
		rest := f.without(broad.Says)
		wrong := append(f.Wrong, v.T("filter_broad", "word", broad.Says))
		if len(rest) == len(f.Asked) {
			return page, err
		}
		sites, failed := w.sitesFor(r, v.Who)
		if failed != nil {
			return page, failed
		}
		*f = v.readFilter(rest, p, sites, q.Done)
		f.Wrong = wrong
		q.Filter = f.Filter
		broad = nil
		page, err = w.DB.Board(r.Context(), v.Who.Org, q)
	}
	if err != nil || len(f.Has)+len(f.Is) == 0 {
		return page, err
	}
	shown, err := w.readable(r, v.Who, page.Jobs)
	page.Jobs = slices.DeleteFunc(page.Jobs, func(j flow.Job) bool {
		return !slices.ContainsFunc(shown, func(s flow.Job) bool { return s.ID == j.ID && f.Matches(s, q.Now) })
	})
	return page, err
}

// maxColumns is how many stages fit beside the jobs.
const maxColumns = 14

// head fills the columns in, after the rows.
func (p *boardPage) head(load map[string]postgres.StageLoad, vendors map[flow.ID]postgres.Vendor) {
	phased := slices.ContainsFunc(p.Process.Stages, func(s flow.Stage) bool { return s.Phase != "" })
	for i, s := range p.Process.Stages {
		row := p.stageRow(p.Process, s, load[s.Code], vendors[s.Vendor].Name)
		s.Name = p.Process.Called(s)
		c := column{Stage: s, Vendor: row.Vendor, Link: row.Link, Jobs: row.Jobs, Oldest: row.Oldest, Age: row.Age, On: p.Filter.Stage == s.Code}
		if !p.Done {
			at := p.asked()
			if at.Set("stage", s.Code); c.On {
				at.Del("stage")
			}
			c.Filter = p.path(at)
		}
		over := len(p.Process.Stages) > maxColumns && len(p.Rows) > 0 && !slices.ContainsFunc(p.Rows, func(r boardRow) bool { return r.Cells[i].ToCome() })
		p.Foldable = p.Foldable || over
		c.Folded = over && !p.Wide
		p.Columns = append(p.Columns, c)
		switch n := len(p.Phases); {
		case !phased:
		case n > 0 && p.Phases[n-1].Name == s.Phase:
			p.Phases[n-1].Columns++
		default:
			p.Phases = append(p.Phases, phaseHead{s.Phase, 1})
		}
	}
}

// trendDays is how many days the small lines over the stages go back.
const trendDays = 14

// Trends reports whether there are such lines.
func (p *boardPage) Trends() bool {
	return slices.ContainsFunc(p.Columns, func(c column) bool { return c.Trend != "" })
}

// TrendDays is trendDays for the template.
func (p *boardPage) TrendDays() int { return trendDays }

// trends draws over the stages how many were there as each of the last days ended, and now.
func (p *boardPage) trends(levels map[string][]int) {
	if p.Done || len(p.Rows) == 0 {
		return
	}
	for i, c := range p.Columns {
		days := levels[c.Stage.Code]
		if days == nil {
			continue
		}
		at := make([]float64, trendDays)
		for n, jobs := range days {
			at[n] = float64(jobs)
		}
		at[trendDays-1] = float64(c.Jobs) // as the count beside it, which may be some seconds ahead
		if slices.Max(at) > 0 {
			p.Columns[i].Trend = chart.Spark(at)
		}
	}
}

// ToCome reports whether something is in the cell or still to come there.
func (c cell) ToCome() bool { return c.Age >= 0 || c.State == string(flow.Waiting) }

// asked is what the address says of the board beside the process and the page: the filter, and whether it is of done jobs.
func (p *boardPage) asked() url.Values {
	q := url.Values{}
	maps.Copy(q, p.Filter.Asked)
	if p.Done {
		q.Set("show", "done")
	}
	return q
}

// path is the address of the board of the process with a query.
func (p *boardPage) path(q url.Values) string {
	q.Set("process", p.Process.ID.String())
	if p.Wide {
		q.Set("columns", "all")
	}
	return "/board?" + q.Encode()
}

// FilterChips are the parts of the filter, each with the way to leave it out.
func (p *boardPage) FilterChips() []filterChip {
	list := slices.Clone(p.Filter.Chips)
	for i, c := range list {
		rest := p.asked()
		for _, name := range c.names {
			rest.Del(name)
		}
		list[i].Without = p.path(rest)
	}
	return list
}

// Unfiltered is the board without the filter.
func (p *boardPage) Unfiltered() string {
	q := url.Values{}
	if p.Done {
		q.Set("show", "done")
	}
	return p.path(q)
}

// Rowed is this board with the other height of rows.
func (p *boardPage) Rowed() string {
	q := p.asked()
	if q.Set("rows", "compact"); p.Compact {
		q.Set("rows", "roomy")
	}
	return p.path(q)
}

// Widened is this board with the columns folded, or not.
func (p *boardPage) Widened() string {
	other := *p
	other.Wide = !p.Wide
	return other.path(p.asked())
}

// Printed is when this was, on paper: 26-11-2026 14:05.
func (p *boardPage) Printed() string { return p.momentCell(flow.At(p.Now)).String() }

// Exported is the board as a file.
func (p *boardPage) Exported() string { return "/board/export?" + p.Query() }

// Query is what the board shows, for an export and for a view that is kept.
func (p *boardPage) Query() string {
	_, query, _ := strings.Cut(p.path(p.asked()), "?")
	return query
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
func (p *boardPage) pages(q postgres.BoardQuery, page postgres.BoardPage) {
	back := q.Before != postgres.Place{}
	p.Short = page.More && len(page.Jobs) < q.Limit
	begin, end := q.After, page.End
	if len(page.Jobs) > 0 {
		begin = postgres.PlaceOf(page.Jobs[0])
	}
	if back {
		begin, end = page.End, q.Before
		if n := len(page.Jobs); n > 0 {
			end = postgres.PlaceOf(page.Jobs[n-1])
		}
	}
	if page.More || back {
		p.Next = p.address("after", end)
	}
	if (back && page.More) || (!back && q.After != postgres.Place{} && len(page.Jobs) > 0) {
		p.Previous = p.address("before", begin)
	}
}

func (p *boardPage) address(direction string, at postgres.Place) string {
	q := p.asked()
	q.Set(direction, string(at.Due)+"."+at.Job.String())
	if p.Pick != "" {
		q.Set("select", "1")
	}
	return p.path(q)
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
	if state.Why != "" {
		if c.Says += " · " + v.T("was_rework"); status != flow.Held {
			c.Glyph = "↻"
		}
	}
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
