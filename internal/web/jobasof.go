package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/sheets"
)

// maxReplay bounds the history that is folded to show a job as it was.
const maxReplay = 20_000

// asOf asks for a job as it was at a past moment, or says which one the page shows.
type asOf struct {
	*view
	Job            flow.Job    // as it is now
	At             flow.Moment // 0: the page shows it as it is now
	Day, Clock     string      // as typed
	Error          string
	Earlier, Later string // addresses of the job before and after what the reader sees of it changed
}

// asksPast reports whether a past moment was asked for.
func asksPast(r *http.Request) bool { return r.FormValue("at") != "" || r.Form.Has("day") }

// link is the address of the job as it was at a moment.
func (a *asOf) link(at flow.Moment) string { return pastLink(a.Job.ID, at) }

func pastLink(job flow.ID, at flow.Moment) string {
	return "/jobs/" + job.String() + "?at=" + at.Time().Format("2006-01-02T15:04:05.000000Z")
}

// older is the address of the page with what is older than a movement.
func (a *asOf) older(seq int64) string {
	to := "/jobs/" + a.Job.ID.String() + "?"
	if a.At != 0 {
		to = a.link(a.At) + "&"
	}
	return to + "before=" + strconv.FormatInt(seq, 10) + "#timeline"
}

// Exactly is the moment that is shown, to the second: two movements of one minute are two moments.
func (a *asOf) Exactly() string { return a.At.Time().In(a.Zone).Format("02-01-2006 15:04:05") }

// read is the moment that was asked for. A minute is meant with all that was entered within it, a day without a time with
// all of the day. says is what is wrong with it.
func (a *asOf) read(r *http.Request) (at flow.Moment, says string) {
	a.Day, a.Clock = clean(r.FormValue("day")), clean(r.FormValue("clock"))
	return a.moment(clean(r.FormValue("at")))
}

// moment is that of a link, else of the form.
func (a *asOf) moment(exact string) (at flow.Moment, says string) {
	t, ok := a.typed(exact)
	switch at = flow.At(t); {
	case !ok:
		return 0, a.T("asof_bad", "value", cmp.Or(exact, strings.TrimSpace(a.Day+" "+a.Clock), "–"))
	case t.After(a.Now) && !t.Truncate(time.Minute).After(a.Now): // this minute, which is not over
		return flow.At(a.Now), ""
	case t.After(a.Now) && a.Clock == "" && sameDay(t.In(a.Zone), a.Now.In(a.Zone)): // today, so far
		return flow.At(a.Now), ""
	case t.After(a.Now):
		return 0, a.T("asof_future")
	}
	return at, ""
}

// typed reads it: the end of a minute, the end of a day, or exactly what a link says.
func (a *asOf) typed(exact string) (time.Time, bool) {
	if exact != "" {
		t, err := time.Parse(time.RFC3339Nano, exact)
		return t, err == nil
	}
	if a.Clock == "" {
		day, err := sheets.Date(a.Day, a.Now)
		return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, -1000, a.Zone), err == nil
	}
	t, err := sheets.Time(a.Day+" "+a.Clock, a.Zone)
	return t.Truncate(time.Minute).Add(time.Minute - time.Microsecond), err == nil && a.Day != "" && t.Year() >= 1990
}

// pastJob shows the job as it was at a past moment: what was known of it then. What of it the reader sees is what is theirs
// now.
func (w *Web) pastJob(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.openJob(r, who)
	if err != nil {
		return err
	}
	at, says := p.AsOf.read(r)
	if says != "" {
		return w.noSuchMoment(rw, r, p, says)
	}
	records, err := w.DB.History(r.Context(), who.Org, p.Job.ID, maxReplay)
	switch {
	case err != nil:
		return err
	case len(records) == 0:
		return w.noSuchMoment(rw, r, p, p.T("asof_long", "limit", p.Int(maxReplay)))
	}
	history := movementsOf(records)
	known := flow.KnownBy(history, at)
	if len(known) == 0 {
		p.Past, p.Feed = at, ""
		first := p.When(flow.KnownSince(history)[0])
		return w.failed(rw, http.StatusNotFound, failPage{view: p.view, Heading: p.T("fail_not_found"), Back: "/jobs/" + p.Job.ID.String(),
			Says: p.T("asof_before", "job", p.Job.Number, "at", p.When(at), "first", first)})
	}
	if err := w.turnBack(r, p, history, len(known), at); err != nil {
		return err
	}
	if err := cmp.Or(w.tell(r, p), w.family(r, p)); err != nil {
		return err
	}
	if p.Files, err = w.filesFor(r, p.view, p.Job, p.Process, ""); err != nil {
		return err
	}
	p.papers()
	return w.render(rw, http.StatusOK, "job", p)
}

// noSuchMoment shows the job as it is now, and why it is not as it was.
func (w *Web) noSuchMoment(rw http.ResponseWriter, r *http.Request, p *jobPage, says string) error {
	p.AsOf.Error = says
	if err := w.fillJob(r, p); err != nil {
		return err
	}
	return w.render(rw, http.StatusUnprocessableEntity, "job", p)
}

// turnBack makes the page one of the job as it was when so much of its history was known. A field that is private now is
// private in what was, and so is one that was private then.
func (w *Web) turnBack(r *http.Request, p *jobPage, history []flow.Movement, known int, at flow.Moment) error {
	j, err := flow.Replay(history[:known])
	if err != nil {
		return err
	}
	if p.Job, p.Process, err = w.asItWas(r, p.Who, p.reads, j); err != nil {
		return err
	}
	p.told = newHistory(history[:known], known <= maxHistory)
	p.Past, p.Now = at, at.Time()
	p.Feed, p.Toast = "", nil
	p.AsOf.At = at
	t := at.Time().In(p.Zone)
	p.AsOf.Day, p.AsOf.Clock = t.Format("02-01-2006"), t.Format("15:04")
	p.steps(history, known)
	return nil
}

// asItWas is a job of the past as the reader may read it, with the version of its process that it followed then. now is
// the process that it follows today.
func (w *Web) asItWas(r *http.Request, who flow.Person, now flow.Process, j flow.Job) (flow.Job, flow.Process, error) {
	then, err := w.DB.Edition(r.Context(), who.Org, flow.Edition{Process: j.Process, Version: j.Version})
	then = then.As(who.Role)
	return now.Show(who.Role, then.Show(who.Role, j)), then, err
}

// steps finds the moments before and after, at which something changed that the reader sees.
func (p *jobPage) steps(history []flow.Movement, known int) {
	since := flow.KnownSince(history)
	seen := func(i int) bool { return history[i].Stage == "" || p.sees(history[i].Stage) }
	shown := flow.Moment(0) // since when it is as it is shown
	for i := range slices.Backward(history[:known]) {
		if !seen(i) {
			continue
		}
		if shown == 0 {
			shown = since[i]
		}
		if since[i] < shown {
			p.AsOf.Earlier = p.AsOf.link(since[i])
			break
		}
	}
	for i := known; i < len(history); i++ {
		if seen(i) {
			p.AsOf.Later = p.AsOf.link(since[i])
			return
		}
	}
}
