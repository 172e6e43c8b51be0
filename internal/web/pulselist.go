package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

type pulseListPage struct {
	*view
	List string
	Jobs []concern
	More string // address of the next page
	Of   string // the stage that it is of alone
}

// Lists are the lists behind the numbers, in their order.
func (pulseListPage) Lists() []string { return pulseLists }

var pulseLists = []string{"late", "today", "stuck", "wastage", "vendors", "dispatched"}

// pulseList is the jobs behind a number of the Pulse, a page at a time.
func (w *Web) pulseList(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	list := r.PathValue("list")
	if !slices.Contains(pulseLists, list) {
		return errNotYours
	}
	v := w.view(r, who, "pulse_"+list)
	all, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return err
	}
	processes := wholeProcesses(who, all)
	if len(processes) == 0 && len(all) > 0 {
		return errNotYours
	}
	p := pulseListPage{view: v, List: list}
	if v.Feed, err = w.feed(r, who, "pulse", "1"); err != nil { // before the list, so that no change falls between
		return err
	}
	q := v.pulseQuery(processes)
	next := url.Values{}
	if at := r.FormValue("stage"); at != "" {
		if err := p.only(at, &q, processes); err != nil {
			return err
		}
		next.Set("stage", at)
	}
	places, more, err := w.pulseJobs(r, who, list, q, next)
	if err != nil {
		return err
	}
	if more {
		p.More = r.URL.Path + "?" + next.Encode()
	}
	for _, at := range places {
		one, err := w.readable(r, who, []flow.Job{at.Job})
		if err != nil {
			return err
		}
		for _, j := range one {
			p.Jobs = append(p.Jobs, v.concernIn(list, choose(processes, j.Process.String()), j, at.Stage))
		}
	}
	return w.render(rw, http.StatusOK, "pulselist", p)
}

// only holds a query to one of its stages, named as "process:stage".
func (p *pulseListPage) only(at string, q *postgres.PulseQuery, processes []flow.Process) error {
	q.Stages = slices.DeleteFunc(q.Stages, func(s postgres.Asked) bool { return s.Process.String()+":"+s.Stage != at })
	if len(q.Stages) == 0 {
		return errNotYours
	}
	proc := choose(processes, q.Stages[0].Process.String())
	s, _ := proc.Stage(q.Stages[0].Stage)
	p.Of = proc.Called(s)
	return nil
}

// pulseJobs is a page of a list, of jobs, or of jobs at stages where the list is of these. It writes into next what leads to
// the next page.
func (w *Web) pulseJobs(r *http.Request, who flow.Person, list string, q postgres.PulseQuery, next url.Values) ([]postgres.At, bool, error) {
	ctx := r.Context()
	switch list {
	case "stuck", "vendors":
		read := w.DB.StuckList
		if list == "vendors" {
			read = w.DB.OverdueList
		}
		places, more, err := read(ctx, who.Org, q, atPlace(r), pageRows)
		if more {
			last := places[len(places)-1].Place()
			setAfter(next, last.Since, last.Job)
			next.Set("at", last.Stage)
		}
		return places, more, err
	case "dispatched":
		from := waitingFrom(r)
		jobs, more, err := w.DB.LeftList(ctx, who.Org, q, postgres.LeftPlace{Left: from.Since, Job: from.Job}, pageRows)
		if more {
			last := jobs[len(jobs)-1]
			setAfter(next, last.Left().Time(), last.ID)
		}
		return places(jobs), more, err
	}
	after := parsePlace(r.FormValue("after"))
	read := func() ([]flow.Job, bool, error) { return w.DB.WastefulList(ctx, who.Org, q, after, pageRows) }
	if list != "wastage" {
		due := postgres.ListQuery{Processes: q.Processes, Sites: q.Narrow.Sites, Status: []string{"open"}, DueBefore: q.Today, After: after, Limit: pageRows}
		if list == "today" {
			due.DueBefore = flow.DateOf(q.Today.Time().AddDate(0, 0, 1))
			if after.Due < q.Today {
				due.After = postgres.Place{Due: q.Today}
			}
		}
		read = func() ([]flow.Job, bool, error) { return w.DB.List(ctx, who.Org, due) }
	}
	jobs, more, err := read()
	if more {
		last := postgres.PlaceOf(jobs[len(jobs)-1])
		next.Set("after", string(last.Due)+"."+last.Job.String())
	}
	return places(jobs), more, err
}

func setAfter(next url.Values, since time.Time, job flow.ID) {
	next.Set("after", since.Format(time.RFC3339Nano))
	next.Set("job", job.String())
}

func places(jobs []flow.Job) []postgres.At {
	list := make([]postgres.At, len(jobs))
	for i, j := range jobs {
		list[i].Job = j
	}
	return list
}

// concernIn is a row of a list: of a place, only what is to be said of that place.
func (v *view) concernIn(list string, p flow.Process, j flow.Job, stage string) concern {
	if stage != "" {
		lone := j
		lone.Stages = slices.DeleteFunc(slices.Clone(j.Stages), func(s flow.StageState) bool { return s.Code != stage })
		c := v.concernOf(p, lone)
		c.Job = j
		return c
	}
	c := v.concernOf(p, j)
	switch list {
	case "wastage":
		for i := range j.Stages {
			st := &j.Stages[i]
			if s, ok := p.Stage(st.Code); ok && s.Beyond(st) {
				c.Wasted = append(c.Wasted, p.Called(s)+" · "+v.T("against_standard", "share", share(st.Wasted, st.Received+st.Found), "standard", s.Allowance.String()))
			}
		}
	case "dispatched":
		c.Left = v.When(j.Left())
	}
	return c
}

// atPlace reads a place in a list of jobs at stages; anything unreadable is the list's beginning.
func atPlace(r *http.Request) postgres.AtPlace {
	at := waitingFrom(r)
	if at.Job.IsZero() {
		return postgres.AtPlace{}
	}
	return postgres.AtPlace{Since: at.Since, Job: at.Job, Stage: clean(r.FormValue("at"))}
}
