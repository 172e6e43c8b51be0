package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/live"
	"clicarity/internal/postgres"
)

// tvStream is the feed of one TV.
type tvStream struct {
	stream
	tv  postgres.TV
	who flow.Person
}

// tvLive tells a TV when its picture has changed, that the connection holds, and that it is a TV no more. It carries
// nothing of the picture: a TV that has missed something fetches it whole.
func (w *Web) tvLive(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	tv, who, err := w.tvOf(r)
	if err != nil {
		return err
	}
	page, err := w.Hub.Open(r.Context(), who.Org, -1)
	if err != nil {
		return err
	}
	defer page.Close()
	s := &tvStream{stream{w: w, v: w.view(r, who, ""), rw: rw, ctl: http.NewResponseController(rw)}, tv, who}
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("X-Accel-Buffering", "no")
	if err := s.beat(); err != nil {
		return nil //nolint:nilerr // the TV is gone
	}
	for err == nil {
		err = s.next(r, page)
	}
	return nil
}

// next waits for what comes next and tells of it, for a beat at the most.
func (s *tvStream) next(r *http.Request, page *live.Page) error {
	ctx, cancel := context.WithTimeout(r.Context(), beat)
	defer cancel()
	changes, err := page.Next(ctx)
	switch {
	case errors.Is(err, live.ErrBehind):
		return errors.Join(s.send("event: picture\ndata: {}\n\n"), err)
	case err != nil && (!errors.Is(err, context.DeadlineExceeded) || r.Context().Err() != nil):
		return err
	case len(changes) == 0:
		return s.stillTV(r)
	}
	mine, err := s.concerns(r.Context(), changes)
	if err != nil || !mine {
		return err
	}
	return s.send("event: picture\ndata: {}\n\n")
}

// stillTV ends the feed of a screen that is a TV no more, and tells one that is to show something else.
func (s *tvStream) stillTV(r *http.Request) error {
	org, token, _ := httpd.TV(r, s.w.Secure) // the request had one
	tv, who, err := s.w.DB.TVBy(r.Context(), org, token, s.w.Now())
	if errors.Is(err, postgres.ErrNotFound) {
		return errors.Join(s.send("event: gone\ndata: {}\n\n"), errSessionOver)
	}
	if err != nil {
		return err
	}
	s.v.Now, tv.Seen, s.tv.Seen = s.w.Now(), time.Time{}, time.Time{}
	changed := !sameTV(tv, s.tv)
	s.tv, s.who = tv, who
	if changed {
		return s.send("event: changed\ndata: {}\n\n")
	}
	return s.beat()
}

func sameTV(a, b postgres.TV) bool {
	given := a.Given.Encode() == b.Given.Encode()
	a.Given, b.Given = flow.Given{}, flow.Given{}
	return given && a.Name == b.Name && a.Place == b.Place && a.Shows == b.Shows && a.Process == b.Process && a.Language == b.Language && a.Customers == b.Customers &&
		a.Suspended.Equal(b.Suspended)
}

// beat says what time it is, by which a TV knows how old its picture is when nothing comes any more.
func (s *tvStream) beat() error {
	return s.send("event: beat\ndata: " + s.v.Clock(flow.At(s.w.Now())) + "\n\n")
}

// concerns reports whether a change can show on the TV. It learns nothing of what it does not show.
func (s *tvStream) concerns(ctx context.Context, batch []live.Change) (bool, error) {
	var jobs []flow.ID
	for _, c := range batch {
		jobs = append(jobs, c.Job)
	}
	return s.w.DB.AnyWithin(ctx, s.who.Org, jobs, s.tv.Given.Processes, narrow(s.who).Sites)
}
