package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/live"
	"clicarity/internal/postgres"
)

// feed is the address at which a page follows the changes to what it shows, from now on.
func (w *Web) feed(r *http.Request, who flow.Person, kind, what string) (string, error) {
	head, err := w.DB.Head(r.Context(), who.Org)
	if err != nil {
		return "", err
	}
	return feedAfter(head, kind, what), nil
}

// feedAfter is the address of the feed of what comes after a place in the log.
func feedAfter(head int64, kind, what string) string {
	return "/live?after=" + strconv.FormatInt(head, 10) + "&" + kind + "=" + url.QueryEscape(what)
}

// interest is what a page shows.
type interest struct {
	job     flow.ID                // one job's page
	also    map[flow.ID]bool       // with its components and lots
	stages  map[flow.StageRef]bool // lists of stages
	process flow.ID                // the board of a process
	rows    map[flow.ID]bool       // and the jobs on it
	done    bool                   // it is of completed jobs
	filter  boardFilter            // and of those only what it asks for
	mine    bool                   // and the holds that wait for the reader
	pulse   bool                   // the numbers of all that the reader sees as a whole
	retired string                 // and the stages that have a column though they are no longer on the route
}

// maxRows bounds how many rows a feed may ask for.
const maxRows = 200

func readInterest(r *http.Request) interest {
	in := interest{stages: map[flow.StageRef]bool{}, rows: map[flow.ID]bool{}, also: map[flow.ID]bool{}}
	in.job, _ = flow.ParseID(r.FormValue("job")) // an unreadable id is the zero ID, which nothing has
	in.process, _ = flow.ParseID(r.FormValue("process"))
	for _, s := range strings.Split(r.FormValue("stages"), ",") {
		process, stage, _ := strings.Cut(s, ":")
		if id, err := flow.ParseID(process); err == nil && len(in.stages) < maxRows {
			in.stages[flow.StageRef{Process: id, Stage: stage}] = true
		}
	}
	in.mine, in.pulse = r.FormValue("mine") != "", r.FormValue("pulse") != ""
	if in.retired = r.FormValue("retired"); len(in.retired) > 4000 {
		in.retired = ""
	}
	for name, to := range map[string]map[flow.ID]bool{"jobs": in.rows, "also": in.also} {
		for _, s := range strings.Split(r.FormValue(name), ",") {
			if id, err := flow.ParseID(s); err == nil && len(to) < maxRows {
				to[id] = true
			}
		}
	}
	return in
}

// beat is how often a quiet feed shows that it is there, and looks whether the session still is.
const beat = 15 * time.Second

// live sends a page the changes to what it shows, as server-sent events numbered like the log. "row" carries a
// board row again; "refresh" says that the page's list has changed; "more" that a job has come that is not on it.
func (w *Web) live(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	page, err := w.Hub.Open(r.Context(), who.Org, lastSeen(r))
	if errors.Is(err, live.ErrBehind) {
		return w.startOver(rw)
	}
	if err != nil {
		return err
	}
	defer page.Close()
	s := &stream{w: w, v: w.view(r, who, ""), in: readInterest(r), rw: rw, ctl: http.NewResponseController(rw)}
	if err := s.awaiting(r); err != nil {
		return err
	}
	if err := s.filter(r); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("X-Accel-Buffering", "no")
	if err := s.send(": live\n\n"); err != nil {
		return nil //nolint:nilerr // the page is gone
	}
	return s.follow(r, page)
}

// follow sends changes until the page is gone, or its session. However busy the log is, the session is looked at
// once in a beat.
func (s *stream) follow(r *http.Request, page *live.Page) error {
	looked := time.Now()
	for {
		left := s.v.Who.Until.Sub(flow.At(s.w.Now())) // on the second, not at the next beat
		if left <= 0 {
			return nil
		}
		ctx, cancel := context.WithTimeout(r.Context(), min(max(beat-time.Since(looked), 0), left))
		changes, err := page.Next(ctx)
		cancel()
		switch {
		case errors.Is(err, live.ErrBehind):
			_ = s.send(refreshEvent) //nolint:errcheck // the connection ends here either way
			return nil
		case errors.Is(err, context.DeadlineExceeded) && r.Context().Err() == nil:
			looked = time.Now()
			err = s.w.stillThere(r, s)
		case err == nil && len(changes) == 0:
			err = s.w.stillThere(r, s)
		case err == nil:
			err = s.changes(r.Context(), changes)
		}
		if err != nil {
			return nil //nolint:nilerr // the page is gone, or its session
		}
	}
}

// lastSeen is the number a page has come to: what its browser says after a broken connection, else its address.
func lastSeen(r *http.Request) int64 {
	for _, s := range []string{r.Header.Get("Last-Event-ID"), r.FormValue("after")} {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 {
			return n
		}
	}
	return -1
}

// startOver tells a page that has missed too much to load itself again.
func (w *Web) startOver(rw http.ResponseWriter) error {
	rw.Header().Set("Content-Type", "text/event-stream")
	_, err := io.WriteString(rw, refreshEvent)
	return err
}

var errSessionOver = errors.New("web: the session has ended")

// stillThere ends the feed of somebody who has signed out or lost their place, and takes up a changed scope.
func (w *Web) stillThere(r *http.Request, s *stream) error {
	who, err := httpd.Who(r, w.Secure, w.DB.Peek, w.Now())
	if err != nil || who.Member != s.v.Who.Member || !who.May(flow.MaySee) {
		return errSessionOver
	}
	anew := who.Supported != s.v.Who.Supported // the page says that it is so
	s.v.Who = who
	if minute := w.Now().Truncate(time.Minute); s.in.pulse && !minute.Equal(s.minute) { // time alone makes late and stuck
		anew, s.minute = anew || !s.minute.IsZero(), minute
	}
	if anew {
		return s.send(refreshEvent)
	}
	return s.send(": beat\n\n")
}

// stream is the feed of one open page.
type stream struct {
	w   *Web
	v   *view
	in  interest
	rw  http.ResponseWriter
	ctl *http.ResponseController

	waits  map[flow.ID]bool // the jobs that wait for the reader
	told   bool             // the page knows that there are more jobs for it
	minute time.Time        // in which the Pulse was last read anew
}

// send writes events as they are, without a copy of their own: one row goes to hundreds of pages.
func (s *stream) send(events ...string) error {
	if err := s.ctl.SetWriteDeadline(time.Now().Add(beat)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	for _, text := range events {
		if _, err := io.WriteString(s.rw, text); err != nil {
			return err
		}
	}
	return s.ctl.Flush()
}

// changes sends what of a batch of changes concerns the page.
func (s *stream) changes(ctx context.Context, batch []live.Change) error {
	s.v.Now = s.w.Now()
	last := batch[len(batch)-1].Seq
	if s.in.pulse && s.v.Who.May(flow.MaySeeBoard) && s.v.Who.Scope.Everything() { // whatever it was, a number may be another
		return s.send(fmt.Sprintf("event: refresh\ndata: {}\n\nid: %d\nevent: at\ndata: {}\n\n", last))
	}
	jobs := map[flow.ID]int64{}
	more, err := s.newcomers(ctx, batch)
	if err != nil {
		return err
	}
	for _, c := range batch {
		if s.in.pulse || s.in.rows[c.Job] || s.in.job == c.Job || s.in.also[c.Job] || len(s.in.stages) > 0 || s.in.mine && holds(c.Kind) {
			jobs[c.Job] = c.Seq
		}
	}
	out := make([]string, 0, 8)
	for id, seq := range jobs {
		event, then, err := s.event(ctx, id, seq)
		if err != nil {
			return err
		}
		if event != "" {
			out = append(out, event, then)
		}
	}
	if more {
		s.told = true
		out = append(out, "event: more\ndata: {}\n\n")
	}
	if len(out) == 0 {
		return nil
	}
	return s.send(append(out, "id: "+strconv.FormatInt(last, 10)+"\nevent: at\ndata: {}\n\n")...)
}

const refreshEvent = "event: refresh\ndata: {}\n\n"

// event is what the page is told of one changed job, and what is to be said of it then: nothing when it is not its business.
func (s *stream) event(ctx context.Context, id flow.ID, seq int64) (event, then string, err error) {
	row, err := s.w.rows.get(rowKey{s.v.Who.Org, id, seq, s.v.Lang, s.v.Who.Words, s.v.Who.Role, s.in.retired}, func() (rendered, error) {
		return s.w.renderRow(context.WithoutCancel(ctx), s.v, id, s.in.retired) // other pages get it too, though this one may go
	})
	if errors.Is(err, postgres.ErrNotFound) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	switch {
	case s.waitsOtherwise(row.job):
		return refreshEvent, "", nil
	case !s.v.Who.Scope.Sees(row.job):
		return "", "", nil
	case s.in.rows[id] && s.v.Who.May(flow.MaySeeBoard) && s.v.Who.Scope.Holds(row.job): // a row shows all of its job
		return row.event, s.left(ctx, row.job), nil
	case s.in.rows[id] || s.in.job == id || s.in.also[id] || s.touches(row.job) || s.in.pulse && s.v.Who.May(flow.MaySeeBoard) && s.v.Who.Scope.Holds(row.job):
		return refreshEvent, "", nil
	}
	return "", "", nil
}

// awaiting looks which jobs wait for the reader, so that the page is told when that changes.
func (s *stream) awaiting(r *http.Request) error {
	if !s.in.mine {
		return nil
	}
	list, err := s.w.DB.Awaiting(r.Context(), s.v.Who.Org, s.v.Who.Member, maxAwaited)
	s.waits = map[flow.ID]bool{}
	for _, at := range list {
		s.waits[at.Job.ID] = true
	}
	return err
}

// holds reports whether a movement of a kind can begin or end a hold.
func holds(k flow.Kind) bool {
	return k == flow.KindHeld || k == flow.KindResumed || k == flow.KindUndone
}

// waitsOtherwise reports whether a job waits for the reader and did not, or does no more.
func (s *stream) waitsOtherwise(j flow.Job) bool {
	now := len(j.AwaitsAt(s.v.Who.Member)) > 0
	if !s.in.mine || s.waits[j.ID] == now {
		return false
	}
	s.waits[j.ID] = now
	return true
}

// touches reports whether a job's change can show in one of the page's lists: it is or was at one of the stages, or
// at the one before.
func (s *stream) touches(j flow.Job) bool {
	for i, st := range j.Stages {
		if !s.in.stages[flow.StageRef{Process: j.Process, Stage: st.Code}] {
			continue
		}
		if st.Received+st.Found > 0 || (i > 0 && j.Stages[i-1].Received+j.Stages[i-1].Found > 0) {
			return true
		}
	}
	return false
}

type rendered struct {
	job   flow.Job
	event string // that brings the row
}

type rowEvent struct {
	Job  string `json:"job"`
	HTML string `json:"html"`
}

// renderRow makes the board row of a job, as it is now.
func (w *Web) renderRow(ctx context.Context, v *view, id flow.ID, retired string) (rendered, error) {
	j, err := w.DB.Job(ctx, v.Who.Org, id)
	if err != nil {
		return rendered{}, err
	}
	processes, err := w.DB.Processes(ctx, v.Who.Org) // the board's columns are those of the present version
	if err != nil {
		return rendered{}, err
	}
	shown := strings.Split(retired, ",")
	p := withRetired(choose(processes, j.Process.String()), func(code string) bool { return slices.Contains(shown, code) })
	vendors, err := w.DB.Vendors(ctx, v.Who.Org)
	if err != nil {
		return rendered{}, err
	}
	own := *v // another page may be rendering with the same one
	if v = &own; j.Site != "" {
		sites, err := w.DB.Sites(ctx, v.Who.Org)
		if err != nil {
			return rendered{}, err
		}
		v.learnSites(sites)
	}
	var html bytes.Buffer
	if err := w.pages.ExecuteTemplate(&html, "row", v.boardRow(j, p, vendors)); err != nil {
		return rendered{}, err
	}
	event, err := json.Marshal(rowEvent{Job: id.String(), HTML: html.String()})
	return rendered{j, "event: row\ndata: " + string(event) + "\n\n"}, err
}

// rowCache renders the row of a changed job once for all the pages that show it.
type rowCache struct {
	mu   sync.Mutex
	rows map[rowKey]*cachedRow
}

type rowKey struct {
	org, job flow.ID
	seq      int64
	lang     string
	words    string // of the organisation
	role     flow.Role
	retired  string
}

type cachedRow struct {
	once sync.Once
	row  rendered
	err  error
}

const maxCachedRows = 2000

func (c *rowCache) get(key rowKey, render func() (rendered, error)) (rendered, error) {
	c.mu.Lock()
	row, ok := c.rows[key]
	if !ok {
		if c.rows == nil || len(c.rows) >= maxCachedRows {
			c.rows = map[rowKey]*cachedRow{}
		}
		row = &cachedRow{}
		c.rows[key] = row
	}
	c.mu.Unlock()
	row.once.Do(func() {
		if row.row, row.err = render(); row.err != nil {
			c.forget(key)
		}
	})
	return row.row, row.err
}

// forget lets a row that could not be made be tried again.
func (c *rowCache) forget(key rowKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.rows, key)
}
