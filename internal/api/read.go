package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// Programs get jobs here and nowhere else: only those within the token's scope, and of those only what programs may read.

var errNotYours = errors.Join(postgres.ErrNotFound, errors.New("api: out of the token's scope"))

// jobOf is the job that the path names, by number or by id.
func (a *API) jobOf(r *http.Request, who flow.Person) (flow.Job, flow.Process, error) {
	j, err := a.named(r, who.Org, r.PathValue("job"))
	if err == nil && !who.Scope.Sees(j) {
		err = errNotYours
	}
	if err != nil {
		return flow.Job{}, flow.Process{}, err
	}
	p, err := a.DB.Edition(r.Context(), who.Org, flow.Edition{Process: j.Process, Version: j.Version})
	return p.Show(who.Role, j), p.As(who.Role), err
}

func (a *API) named(r *http.Request, org flow.ID, name string) (flow.Job, error) {
	if id, err := flow.ParseID(name); err == nil {
		return a.DB.Job(r.Context(), org, id)
	}
	if len(name) > 4*flow.MaxNumber || flow.Clean(name) == "" {
		return flow.Job{}, postgres.ErrNotFound
	}
	got, err := a.DB.JobsByNumber(r.Context(), org, []string{flow.Clean(name)})
	if err != nil || len(got) == 0 {
		return flow.Job{}, errors.Join(postgres.ErrNotFound, err)
	}
	return got[0], nil
}

// parts are what can be asked for beside a job.
var parts = []string{"fields", "stages", "movements"}

func (a *API) job(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := onlyParameters(r, "expand"); err != nil {
		return err
	}
	expand, err := choices(r, "expand", parts)
	if err != nil {
		return err
	}
	if slices.Contains(expand, "movements") && !who.May(flow.MayFollow) {
		return errNotYours
	}
	j, p, err := a.jobOf(r, who)
	if err != nil {
		return err
	}
	shown := showJob(j)
	if slices.Contains(expand, "fields") {
		shown.Fields = j.Fields
	}
	if slices.Contains(expand, "stages") {
		shown.Stages = showStages(who.Scope, p, j)
	}
	if slices.Contains(expand, "movements") {
		page, err := a.historyOf(r, who, j, 0, defaultLimit)
		if err != nil {
			return err
		}
		shown.Movements = page.Movements
	}
	return answer(rw, http.StatusOK, shown)
}

const (
	defaultLimit = 50
	maxLimit     = 200
)

// place is where a page of a list ended, for whom and of which list.
type place struct {
	Org  flow.ID
	List string // the query without its cursor
	Due  flow.Date
	Job  flow.ID
}

const cursors = "cursor of the API"

func (a *API) cursor(p place) string {
	text, err := json.Marshal(p)
	if err != nil { // plain values always marshal
		panic(err)
	}
	return a.Keys.Sign(cursors, text)
}

// after is the place that a cursor names, which must be one of this list.
func (a *API) after(r *http.Request, org flow.ID) (postgres.Place, error) {
	text := r.FormValue("cursor")
	if text == "" {
		return postgres.Place{}, nil
	}
	var p place
	body, err := a.Keys.Read(cursors, text)
	if err != nil || json.Unmarshal(body, &p) != nil || p.Org != org || p.List != listOf(r) {
		return postgres.Place{}, wrong("cursor")
	}
	return postgres.Place{Due: p.Due, Job: p.Job}, nil
}

// listOf is what makes two queries the same list.
func listOf(r *http.Request) string {
	q := r.URL.Query()
	q.Del("cursor")
	q.Del("limit")
	q.Del("expand")
	return q.Encode()
}

func (a *API) jobs(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := onlyParameters(r, "process", "status", "due_before", "q", "cursor", "limit", "expand"); err != nil {
		return err
	}
	expand, err := choices(r, "expand", parts[:2])
	if err != nil {
		return err
	}
	q, err := a.listQuery(r, who)
	if err != nil {
		return err
	}
	jobs, more, err := a.DB.List(r.Context(), who.Org, q)
	if err != nil {
		return err
	}
	page := Jobs{Jobs: []Job{}}
	for _, j := range jobs {
		if !who.Scope.Sees(j) {
			continue
		}
		p, err := a.DB.Edition(r.Context(), who.Org, flow.Edition{Process: j.Process, Version: j.Version})
		if err != nil {
			return err
		}
		j, p = p.Show(who.Role, j), p.As(who.Role)
		shown := showJob(j)
		if slices.Contains(expand, "fields") {
			shown.Fields = j.Fields
		}
		if slices.Contains(expand, "stages") {
			shown.Stages = showStages(who.Scope, p, j)
		}
		page.Jobs = append(page.Jobs, shown)
	}
	if more {
		at := postgres.PlaceOf(jobs[len(jobs)-1])
		page.Next = a.cursor(place{who.Org, listOf(r), at.Due, at.Job})
	}
	return answer(rw, http.StatusOK, page)
}

// listQuery is the query that the parameters ask for, within the token's scope.
func (a *API) listQuery(r *http.Request, who flow.Person) (q postgres.ListQuery, err error) {
	processes, err := a.whole(r, who)
	if err != nil {
		return q, err
	}
	asked := r.FormValue("process")
	for _, p := range processes {
		if asked == "" || p.ID.String() == strings.ToLower(asked) {
			q.Processes = append(q.Processes, p.ID)
		}
	}
	if asked != "" && len(q.Processes) == 0 {
		return q, errNotYours
	}
	for site := range who.Scope.Sites {
		q.Sites = append(q.Sites, site)
	}
	switch status := r.FormValue("status"); status {
	case "", "open":
		q.Status = []string{"open"}
	case "done":
		q.Status = []string{"done"}
	case "all":
		q.Status = []string{"open", "done"}
	default:
		return q, wrong("parameter", "name", "status", "value", shortened(status))
	}
	if q.DueBefore, err = flow.ParseDate(r.FormValue("due_before")); err != nil {
		return q, wrong("parameter", "name", "due_before", "value", shortened(r.FormValue("due_before")))
	}
	if q.Words = flow.Clean(r.FormValue("q")); len(q.Words) > maxWords {
		return q, wrong("parameter", "name", "q", "value", shortened(q.Words))
	}
	if q.Limit, err = limitOf(r); err != nil {
		return q, err
	}
	q.After, err = a.after(r, who.Org)
	return q, err
}

const maxWords = 200

// whole are the processes that are in the token's scope as a whole, which is what tokens are made for.
func (a *API) whole(r *http.Request, who flow.Person) ([]flow.Process, error) {
	all, err := a.DB.Processes(r.Context(), who.Org)
	return slices.DeleteFunc(all, func(p flow.Process) bool { return !who.Scope.Whole(p.ID) || !who.Scope.Mine.IsZero() }), err
}

func (a *API) processes(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := onlyParameters(r); err != nil {
		return err
	}
	all, err := a.whole(r, who)
	if err != nil {
		return err
	}
	shown := Processes{[]Process{}}
	for _, p := range all {
		shown.Processes = append(shown.Processes, showProcess(p.As(who.Role)))
	}
	return answer(rw, http.StatusOK, shown)
}

func (a *API) jobMovements(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	after, limit, err := page(r)
	if err != nil {
		return err
	}
	j, _, err := a.jobOf(r, who)
	if err != nil {
		return err
	}
	shown, err := a.historyOf(r, who, j, after, limit)
	if err != nil {
		return err
	}
	return answer(rw, http.StatusOK, shown)
}

// historyOf is a page of a job's movements.
func (a *API) historyOf(r *http.Request, who flow.Person, j flow.Job, after int64, limit int) (Movements, error) {
	records, more, err := a.DB.MovementsOf(r.Context(), who.Org, j.ID, after, limit)
	if err != nil {
		return Movements{}, err
	}
	return a.readable(r, who, records, movementsPage{after, more, map[flow.ID]flow.Job{j.ID: j}})
}

// movements is the log of the organisation after a number. The log is read a page at a time, and what is out of scope is
// left out of it: a page may have less than was asked for, or nothing, and the next goes on behind it.
func (a *API) movements(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	after, limit, err := page(r)
	if err != nil {
		return err
	}
	records, err := a.DB.Movements(r.Context(), who.Org, after, limit+1)
	if err != nil {
		return err
	}
	more := len(records) > limit
	records = records[:min(limit, len(records))]
	jobs, err := a.jobsOf(r, who, records)
	if err != nil {
		return err
	}
	shown, err := a.readable(r, who, records, movementsPage{after, more, jobs})
	if err != nil {
		return err
	}
	return answer(rw, http.StatusOK, shown)
}

// jobsOf are the jobs of movements that are within the scope.
func (a *API) jobsOf(r *http.Request, who flow.Person, records []postgres.Record) (map[flow.ID]flow.Job, error) {
	var ids []flow.ID
	for _, m := range records {
		if !slices.Contains(ids, m.Job) {
			ids = append(ids, m.Job)
		}
	}
	list, err := a.DB.Jobs(r.Context(), who.Org, ids)
	jobs := map[flow.ID]flow.Job{}
	for _, j := range list {
		if who.Scope.Sees(j) {
			jobs[j.ID] = j
		}
	}
	return jobs, err
}

type movementsPage struct {
	after int64
	more  bool
	jobs  map[flow.ID]flow.Job // those in scope
}

// readable are those of some movements that are within the scope, as programs may read them.
func (a *API) readable(r *http.Request, who flow.Person, records []postgres.Record, page movementsPage) (Movements, error) {
	shown := Movements{Movements: []Movement{}, After: page.after, More: page.more}
	var members []flow.ID
	for _, m := range records {
		members = append(members, m.Member)
		shown.After = m.Seq
	}
	slices.SortFunc(members, func(a, b flow.ID) int { return slices.Compare(a[:], b[:]) })
	names, err := a.DB.Names(r.Context(), who.Org, slices.Compact(members))
	if err != nil {
		return shown, err
	}
	for _, m := range records {
		j, known := page.jobs[m.Job]
		if !known || !who.Scope.Holds(j) && !who.Scope.At(j, m.Stage) {
			continue
		}
		p, err := a.DB.Edition(r.Context(), who.Org, flow.Edition{Process: j.Process, Version: j.Version})
		if err != nil {
			return shown, err
		}
		shown.Movements = append(shown.Movements, showMovement(p.ShowMove(who.Role, m.Movement), names[m.Member]))
	}
	return shown, nil
}

func page(r *http.Request) (after int64, limit int, err error) {
	if err = onlyParameters(r, "after", "limit"); err != nil {
		return 0, 0, err
	}
	if text := r.FormValue("after"); text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return 0, 0, wrong("parameter", "name", "after", "value", shortened(text))
		}
	}
	limit, err = limitOf(r)
	return after, limit, err
}

func limitOf(r *http.Request) (int, error) {
	text := r.FormValue("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, wrong("parameter", "name", "limit", "value", shortened(text))
	}
	return n, nil
}

// onlyParameters refuses parameters that the call does not have: a filter that is misspelt must not be one that is not
// there.
func onlyParameters(r *http.Request, names ...string) error {
	query := r.URL.Query()
	for name, values := range query {
		if !slices.Contains(names, name) {
			return wrong("unknown_parameter", "name", shortened(name))
		}
		if len(values) > 1 || strings.ContainsRune(values[0], 0) {
			return wrong("parameter", "name", name, "value", shortened(strings.Join(values, ", ")))
		}
	}
	return nil
}

// choices are the values of a parameter that takes several, with commas between them.
func choices(r *http.Request, name string, known []string) ([]string, error) {
	text := r.FormValue(name)
	if text == "" {
		return nil, nil
	}
	got := strings.Split(text, ",")
	for _, one := range got {
		if !slices.Contains(known, one) {
			return nil, wrong("parameter", "name", name, "value", shortened(one))
		}
	}
	return got, nil
}

// shortened is a value of the request as a sentence repeats it.
func shortened(s string) string {
	const most = 60
	if r := []rune(flow.Clean(s)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return flow.Clean(s)
}
