package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
)

// moveGroup is jobs that change alike when they move over to the newest version, or that stay for one reason.
type moveGroup struct {
	Key  string
	From int // version
	Why  string
	Jobs []moveJob
	Way  []moveStage // the route that they come to
	Gone []string    // stages that they lose
	Past []string    // stages of the new version that are behind them
}

type moveJob struct {
	flow.JobRef
	Item string
	On   bool
}

// moveStage is a stage of the route that jobs come to.
type moveStage struct {
	Name, Was string // Was: another name that it had
	State     string // added, kept or empty
	Place     string // after which stage an added one comes
}

type movePage struct {
	*view
	Process flow.Process
	Groups  []moveGroup // that can move
	Staying []moveGroup
	Behind  int // how many follow an older version
	Shown   int // how many of them are on the page
	Preview bool
	Chosen  int
	Error   string
	Said    string
	More    string
}

// moving shows the jobs that follow older versions of a process, alike ones together, and what each would become.
func (w *Web) moving(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.owned(r, who)
	if err != nil {
		return err
	}
	pg := movePage{view: w.view(r, who, ""), Process: p}
	if n, err := strconv.Atoi(r.FormValue("moved")); err == nil && n > 0 {
		pg.Said = pg.T("move_done_says", "n", pg.Int(n), "version", p.Version)
	}
	return w.showMoving(rw, r, pg, http.StatusOK)
}

func (w *Web) showMoving(rw http.ResponseWriter, r *http.Request, pg movePage, status int) error {
	newest := flow.Edition{Process: pg.Process.ID, Version: pg.Process.Version}
	jobs, more, err := w.DB.OnOlder(r.Context(), pg.Who.Org, newest, moveAfter(r), flow.MaxMove)
	if err != nil {
		return err
	}
	last := flow.Job{}
	if len(jobs) > 0 {
		last = jobs[len(jobs)-1]
	}
	jobs = slices.DeleteFunc(jobs, func(j flow.Job) bool { return !pg.Who.Scope.Holds(j) })
	if pg.Behind = len(jobs); len(pg.Who.Scope.Sites) == 0 {
		pg.Behind, err = w.DB.Behind(r.Context(), pg.Who.Org, newest)
	}
	if err != nil {
		return err
	}
	if err := w.plan(r, &pg, jobs); err != nil {
		return err
	}
	if more {
		pg.More = "?after=" + strconv.Itoa(last.Version) + "." + last.ID.String()
	}
	pg.Shown, pg.Title = len(jobs), pg.T("move_over")+" · "+pg.Process.Name
	return w.render(rw, status, "move", pg)
}

// moveAfter is the job after which the list goes on.
func moveAfter(r *http.Request) flow.Job {
	version, id, _ := strings.Cut(r.FormValue("after"), ".")
	n, err := strconv.Atoi(version)
	job, err2 := flow.ParseID(id)
	if err != nil || err2 != nil {
		return flow.Job{}
	}
	return flow.Job{Version: n, ID: job}
}

// plan groups jobs by what would become of them.
func (w *Web) plan(r *http.Request, pg *movePage, jobs []flow.Job) error {
	ticked, all := r.PostForm["job"], r.PostForm["all"]
	at := map[string]int{}
	var groups []moveGroup
	for _, j := range jobs {
		old, err := w.DB.Edition(r.Context(), pg.Who.Org, flow.Edition{Process: j.Process, Version: j.Version})
		if err != nil {
			return err
		}
		over, err := j.Over(old, pg.Process)
		g := pg.group(j, old, over)
		var stays *flow.Refusal
		if errors.As(err, &stays) {
			g = moveGroup{From: j.Version, Why: w.sentence(r.Context(), pg.view, stays, pg.Process, old)}
		}
		g.Key = groupKey(g)
		i, ok := at[g.Key]
		if !ok {
			i, at[g.Key] = len(groups), len(groups)
			groups = append(groups, g)
		}
		on := g.Why == "" && (slices.Contains(ticked, j.ID.String()) || slices.Contains(all, groups[i].Key))
		groups[i].Jobs = append(groups[i].Jobs, moveJob{flow.JobRef{ID: j.ID, Number: j.Number}, j.Item, on})
	}
	slices.SortStableFunc(groups, func(a, b moveGroup) int { return len(b.Jobs) - len(a.Jobs) })
	pg.take(groups)
	return nil
}

// groupKey is the same for jobs that change alike.
func groupKey(g moveGroup) string {
	sum := sha256.Sum256(fmt.Append(nil, g.From, g.Why, g.Way, g.Gone, g.Past))
	return hex.EncodeToString(sum[:8])
}

// take puts groups on the page: for the preview only what was ticked.
func (pg *movePage) take(groups []moveGroup) {
	for _, g := range groups {
		if pg.Preview {
			g.Jobs = slices.DeleteFunc(g.Jobs, func(j moveJob) bool { return !j.On })
		}
		switch {
		case g.Why != "" && !pg.Preview:
			pg.Staying = append(pg.Staying, g)
		case g.Why == "" && len(g.Jobs) > 0:
			pg.Groups = append(pg.Groups, g)
		}
		for _, j := range g.Jobs {
			if j.On {
				pg.Chosen++
			}
		}
	}
}

// group says what becomes of a job in words.
func (pg *movePage) group(j flow.Job, old flow.Process, over flow.Moving) moveGroup {
	g := moveGroup{From: j.Version}
	name := func(p flow.Process, code string) string {
		if s, ok := p.Stage(code); ok {
			return s.Name
		}
		s, _ := j.Stage(code)
		return s.Name
	}
	for _, code := range over.Route {
		s := moveStage{Name: name(pg.Process, code)}
		switch was := name(old, code); {
		case slices.Contains(over.Added, code):
			s.State, s.Place = "added", pg.T("move_first")
			if n := len(g.Way); n > 0 {
				s.Place = pg.T("move_after", "stage", g.Way[n-1].Name)
			}
		case slices.Contains(over.Kept, code):
			s.State = "kept"
		case was != s.Name:
			s.Was = was
		}
		g.Way = append(g.Way, s)
	}
	for _, code := range over.Dropped {
		g.Gone = append(g.Gone, name(old, code))
	}
	for _, code := range over.Behind {
		g.Past = append(g.Past, name(pg.Process, code))
	}
	return g
}

// Alike reports whether nothing of the route changes: only targets, forms and reasons may.
func (g moveGroup) Alike() bool {
	return len(g.Gone)+len(g.Past) == 0 && !slices.ContainsFunc(g.Way, func(s moveStage) bool { return s.State == "added" || s.Was != "" })
}

// move takes the ticks: first it shows what would become of the ticked jobs, then, confirmed, moves them over.
func (w *Web) move(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.owned(r, who)
	if err != nil {
		return err
	}
	pg := movePage{view: w.view(r, who, ""), Process: p}
	if r.PostFormValue("do") != "confirm" {
		if pg.Preview = len(r.PostForm["job"])+len(r.PostForm["all"]) > 0; !pg.Preview {
			pg.Error = w.sentence(r.Context(), pg.view, &flow.Refusal{Code: flow.NoJobs})
			return w.showMoving(rw, r, pg, http.StatusUnprocessableEntity)
		}
		return w.showMoving(rw, r, pg, http.StatusOK)
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	receipt, err := w.do(r, who, id, flow.MoveOver{Process: p.ID, Version: version, Jobs: pickedJobs(r)})
	var stays *flow.Refusal
	if errors.As(err, &stays) && stays.Code != flow.NotFound {
		pg.Error = w.sentence(r.Context(), pg.view, stays, p)
		if stays.Job != "" {
			pg.Error = stays.Job + ": " + pg.Error
		}
		return w.showMoving(rw, r, pg, httpd.StatusOf(err))
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/processes/"+p.ID.String()+"/move?moved="+strconv.Itoa(len(receipt.Jobs)), http.StatusSeeOther)
	return nil
}

// pickedJobs are the jobs of a form, at most as many as one command moves and one more, which is refused.
func pickedJobs(r *http.Request) []flow.ID {
	var ids []flow.ID
	for _, text := range r.PostForm["job"] {
		if id, err := flow.ParseID(text); err == nil && len(ids) <= flow.MaxMove {
			ids = append(ids, id)
		}
	}
	return ids
}
