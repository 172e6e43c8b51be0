package web

import (
	"context"
	"net/http"

	"clicarity/internal/flow"
	"clicarity/internal/live"
)

// filter reads which jobs of the process the board is of.
func (s *stream) filter(r *http.Request) error {
	s.in.done = r.FormValue("show") == "done"
	if s.in.process.IsZero() {
		return nil
	}
	all, err := s.w.DB.Processes(r.Context(), s.v.Who.Org)
	if err != nil {
		return err
	}
	sites, err := s.w.sitesFor(r, s.v.Who)
	if err != nil {
		return err
	}
	for _, p := range wholeProcesses(s.v.Who, all) {
		if p.ID == s.in.process {
			s.in.filter = s.v.readFilter(r.Form, p.As(s.v.Who.Role), sites, s.in.done)
		}
	}
	return nil
}

// newcomers reports whether a batch of changes brings a job that the board is of and does not show. Only a new job comes to
// the board of all open ones; to one under a filter, or of what is completed, any change can bring one.
func (s *stream) newcomers(ctx context.Context, batch []live.Change) (bool, error) {
	if s.told || s.in.process.IsZero() || !s.v.Who.May(flow.MaySeeBoard) || !s.v.Who.Scope.Whole(s.in.process) {
		return false, nil
	}
	var changed []flow.ID
	seen := map[flow.ID]bool{}
	for _, c := range batch {
		if !s.in.done && !s.in.filter.Active() {
			if c.Kind == flow.KindCreated && c.Process == s.in.process {
				return true, nil
			}
			continue
		}
		if !s.in.rows[c.Job] && !seen[c.Job] {
			seen[c.Job] = true
			changed = append(changed, c.Job)
		}
	}
	if len(changed) == 0 {
		return false, nil
	}
	jobs, err := s.w.DB.Jobs(ctx, s.v.Who.Org, changed)
	for _, j := range jobs {
		if s.shows(ctx, j) {
			return true, err
		}
	}
	return false, err
}

// shows reports whether the board is of a job, as the reader reads it.
func (s *stream) shows(ctx context.Context, j flow.Job) bool {
	if j.Process != s.in.process || j.Open() == s.in.done || !s.v.Who.Scope.Holds(j) {
		return false
	}
	if len(s.in.filter.Has)+len(s.in.filter.Is) > 0 {
		p, err := s.w.DB.Edition(ctx, s.v.Who.Org, flow.Edition{Process: j.Process, Version: j.Version})
		if err != nil {
			return false
		}
		j = p.Show(s.v.Who.Role, j)
	}
	return s.in.filter.Matches(j, flow.At(s.v.Now))
}

// left tells the page that a job which it shows is none of those that it is of any more.
func (s *stream) left(ctx context.Context, j flow.Job) string {
	if s.in.process.IsZero() || s.shows(ctx, j) {
		return ""
	}
	return "event: left\ndata: {\"job\":\"" + j.ID.String() + "\"}\n\n"
}
