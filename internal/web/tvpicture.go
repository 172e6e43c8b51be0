package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

const (
	tvRows      = 12   // on a page
	tvJobPages  = 5    // of the board's jobs, those due first
	tvLatePages = 10   // of the late wall, the worst first
	tvMost      = 1000 // late jobs are counted no further
	// tvMostAtStage bounds the count of a stage: with twenty stages it is read in some milliseconds.
	tvMostAtStage = 2000
)

// tvSlide is one page of the TV, shown for a while.
type tvSlide struct {
	Kind   string // stages, jobs, late
	N, Of  int    // which of its kind
	Title  string
	Counts string // of how many jobs it shows some
	Stages []tvStage
	Jobs   []tvJob
	Calm   string // what it says when there is nothing to show
}

// Key is what the TV knows the page by when it gets another picture.
func (s tvSlide) Key() string { return s.Kind + strconv.Itoa(s.N) }

// Wide is how many stages stand beside each other.
func (s tvSlide) Wide() int {
	switch n := len(s.Stages); {
	case n <= 4:
		return 2
	case n <= 9:
		return 3
	}
	return 4
}

// tvStage is a stage of the board.
type tvStage struct {
	Name    string
	Count   string
	Any     bool
	Running string // how many; empty for none
	Oldest  string
	Age     int
	Stuck   string // how many are there for longer than its target; empty for none
}

// Glyph goes with the colour of the age.
func (s tvStage) Glyph() string { return ageGlyph(s.Age) }

func ageGlyph(age int) string {
	switch {
	case age >= 4:
		return "▲"
	case age >= 2:
		return "◔"
	}
	return ""
}

// tvJob is a job on the board or the late wall.
type tvJob struct {
	Number   string
	Item     string
	Customer string
	Urgent   bool
	Chip     chip   // how it stands at the stage
	Stage    string // where it is
	More     int    // and at how many others
	For      string // since when it is there
	Age      int
	Due      due
	Days     int // by how many days it is late
}

// Glyph goes with the colour of the age.
func (j tvJob) Glyph() string { return ageGlyph(j.Age) }

// tvSlides are the pages of a TV, in the order they are shown.
func (w *Web) tvSlides(r *http.Request, p *tvPage) ([]tvSlide, error) {
	all, err := w.DB.Processes(r.Context(), p.Who.Org)
	if err != nil {
		return nil, err
	}
	mine := wholeProcesses(p.Who, all)
	var slides []tvSlide
	if at := slices.IndexFunc(mine, func(one flow.Process) bool { return one.ID == p.TV.Process }); at >= 0 && p.TV.Shows != postgres.TVLate {
		board, err := w.tvBoard(r, p, mine[at])
		if err != nil {
			return nil, err
		}
		slides = board
	}
	if p.TV.Shows != postgres.TVBoard {
		late, err := w.tvLate(r, p, mine)
		if err != nil {
			return nil, err
		}
		slides = append(slides, late...)
	}
	return slides, nil
}

// tvBoard is the board of a process: its stages, then its jobs.
func (w *Web) tvBoard(r *http.Request, p *tvPage, process flow.Process) ([]tvSlide, error) {
	since := map[string]time.Time{}
	for _, s := range slices.Concat(process.Stages, process.Retired) {
		since[s.Code] = p.overSince(s)
	}
	counts, err := w.DB.TVCounts(r.Context(), p.Who.Org, process.ID, narrow(p.Who), since, tvMostAtStage)
	if err != nil {
		return nil, err
	}
	var stages []tvStage
	for _, s := range withRetired(process, func(code string) bool { return counts[code].Jobs > 0 }).Stages {
		c := counts[s.Code]
		one := tvStage{Name: process.Called(s), Count: p.upTo(c.Jobs, tvMostAtStage), Any: c.Jobs > 0}
		if one.Any {
			one.Oldest, one.Age = p.For(flow.At(c.Oldest)), p.age(s, flow.At(c.Oldest))
		}
		if c.Running > 0 {
			one.Running = p.Int(c.Running)
			if c.Jobs >= tvMostAtStage { // of those that were counted
				one.Running += "+"
			}
		}
		if c.Over > 0 {
			one.Stuck = p.upTo(c.Over, tvMostAtStage)
		}
		stages = append(stages, one)
	}
	slides := stageSlides(process.Name, stages)
	q := postgres.BoardQuery{Process: process.ID, Limit: tvRows * tvJobPages, Sites: narrow(p.Who).Sites}
	board, err := w.DB.Board(r.Context(), p.Who.Org, q)
	if err != nil {
		return nil, err
	}
	rows, err := w.tvJobs(r, p, board.Jobs)
	if err != nil {
		return nil, err
	}
	says := ""
	if board.More {
		says = p.T("tv_first", "n", len(rows))
	}
	return append(slides, jobSlides("jobs", process.Name, says, rows)...), nil
}

// tvLate is the late wall: what is late, the worst first.
func (w *Web) tvLate(r *http.Request, p *tvPage, processes []flow.Process) ([]tvSlide, error) {
	q := postgres.ListQuery{Sites: narrow(p.Who).Sites, Status: []string{"open"}, DueBefore: flow.DateOf(p.Now.In(p.Zone)), Limit: tvRows * tvLatePages}
	for _, one := range processes {
		q.Processes = append(q.Processes, one.ID)
	}
	jobs, _, err := w.DB.List(r.Context(), p.Who.Org, q)
	if err != nil {
		return nil, err
	}
	q.Limit = tvMost
	total, err := w.DB.CountDue(r.Context(), p.Who.Org, q)
	if err != nil {
		return nil, err
	}
	rows, err := w.tvJobs(r, p, jobs)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return []tvSlide{{Kind: "late", N: 1, Of: 1, Title: p.T("tv_late"), Calm: p.T("tv_none_late")}}, nil
	}
	return jobSlides("late", p.T("tv_late"), p.T("tv_late_jobs", "n", p.upTo(total, tvMost)), rows), nil
}

// upTo is a number that was not counted beyond another.
func (v *view) upTo(n, most int) string {
	if n >= most {
		return v.Int(most-1) + "+"
	}
	return v.Int(n)
}

// stageSlides puts stages on pages of about the same size.
func stageSlides(title string, stages []tvStage) []tvSlide {
	var slides []tvSlide
	pages := (len(stages) + tvRows - 1) / tvRows
	for i := range pages {
		from, to := i*len(stages)/pages, (i+1)*len(stages)/pages
		slides = append(slides, tvSlide{Kind: "stages", N: i + 1, Of: pages, Title: title, Stages: stages[from:to]})
	}
	return slides
}

func jobSlides(kind, title, says string, rows []tvJob) []tvSlide {
	var slides []tvSlide
	pages := (len(rows) + tvRows - 1) / tvRows
	for i := range pages {
		slides = append(slides, tvSlide{Kind: kind, N: i + 1, Of: pages, Title: title, Counts: says, Jobs: rows[i*tvRows : min((i+1)*tvRows, len(rows))]})
	}
	return slides
}

// tvJobs are jobs as rows, as the TV may read them.
func (w *Web) tvJobs(r *http.Request, p *tvPage, jobs []flow.Job) ([]tvJob, error) {
	jobs, err := w.readable(r, p.Who, jobs)
	if err != nil {
		return nil, err
	}
	rows := make([]tvJob, 0, len(jobs))
	for _, j := range jobs {
		process, err := w.DB.Edition(r.Context(), p.Who.Org, flow.Edition{Process: j.Process, Version: j.Version})
		if err != nil {
			return nil, err
		}
		rows = append(rows, p.tvJob(j, process))
	}
	return rows, nil
}

func (p *tvPage) tvJob(j flow.Job, process flow.Process) tvJob {
	row := tvJob{Number: j.Number, Item: j.Item, Urgent: j.Urgent, Due: p.Due(j)}
	if p.TV.Customers {
		row.Customer = j.Customer
	}
	if j.Due != "" {
		row.Days = int(flow.DateOf(p.Now.In(p.Zone)).Time().Sub(j.Due.Time()).Hours() / 24)
	}
	for _, st := range j.Stages {
		if !st.Live() {
			continue
		}
		if row.Stage != "" {
			row.More++
			continue
		}
		s, ok := process.Stage(st.Code)
		if !ok {
			s = flow.Stage{Code: st.Code, Name: st.Code}
		}
		row.Stage, row.Chip, row.For, row.Age = process.Called(s), p.Chip(st.Status()), p.For(st.Ready), p.age(s, st.Ready)
	}
	return row
}

// longestOver bounds how far back a target is looked for.
const longestOver = 2 * 366 * 24 * time.Hour

// overSince is since when something has to be at a stage to be there for longer than its target now, by the stage's
// working hours; the zero time when it has none.
func (v *view) overSince(s flow.Stage) time.Time {
	target := s.TargetTime()
	if target <= 0 {
		return time.Time{}
	}
	over := func(ago time.Duration) bool { return v.hours(s).Working(v.Now.Add(-ago), v.Now) > target }
	far := target
	for !over(far) {
		if far *= 2; far > longestOver {
			return time.Time{}
		}
	}
	near := far / 2
	for far-near > time.Minute {
		if mid := (far + near) / 2; over(mid) {
			far = mid
		} else {
			near = mid
		}
	}
	return v.Now.Add(-far)
}
