package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"clicarity/internal/flow"
)

// event is one movement of the timeline in words.
type event struct {
	*view
	Move    flow.Movement
	Stage   string
	Name    string // who
	Words   string
	Wasted  []wasteLine
	Back    []string // what was sent back where and why
	Short   string
	Undone  bool
	Crossed bool     // it moved something to another job
	Details []string // what else the movement says: the form, who approved, what changed
	Shots   []shot   // the pictures of the form
	Passed  string   // why a closed gate was passed
	Marked  string   // backdated, imported or inferred; empty for live
	Station string
}

type wasteLine struct {
	Qty, Reason string
}

const timelineRows = 50

// maxHistory bounds the history from which the times of a job are reckoned.
const maxHistory = 3000

// timeline adds a page of the job's movements at the stages the reader sees, the newest first.
func (w *Web) timeline(r *http.Request, p *jobPage) error {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // unreadable: from the newest
	moves, more, err := w.DB.Timeline(r.Context(), p.Who.Org, p.Job.ID, max(before, 0), timelineRows)
	if err != nil {
		return err
	}
	ids, history := make([]flow.ID, len(moves)), make([]flow.Movement, len(moves))
	for i, m := range moves {
		ids[i], history[i] = m.Member, m.Movement
		if m.Kind == flow.KindAssigned && !m.Facts.Assigned.IsZero() {
			ids = append(ids, m.Facts.Assigned)
		}
	}
	undone := flow.Undone(history)
	names, err := w.DB.Names(r.Context(), p.Who.Org, ids)
	if err != nil {
		return err
	}
	maps.Copy(p.people, names)
	for _, m := range moves {
		if m.Stage == "" || p.Who.Scope.At(p.Job, m.Stage) {
			e := p.event(p.Process.ShowMove(p.Who.Role, m.Movement), names[m.Member])
			e.Undone = undone[m.Command]
			p.Events = append(p.Events, e)
		}
	}
	if more {
		p.More = "/jobs/" + p.Job.ID.String() + "?before=" + strconv.FormatInt(moves[len(moves)-1].Seq, 10)
	}
	if before <= 0 && !more { // this page is the whole history
		slices.Reverse(moves)
	} else if moves, err = w.DB.History(r.Context(), p.Who.Org, p.Job.ID, maxHistory); err != nil {
		return err
	}
	return p.times(moves)
}

// Reversible reports whether the reader may take the movement back.
func (e event) Reversible() bool {
	return e.Can("reverse") && !e.Undone && e.Move.Kind != flow.KindCreated && e.Move.Kind != flow.KindUndone && e.Move.Kind != flow.KindAttempted && !e.Crossed
}

// Raisable reports whether a non-conformance can be raised of what the movement wasted or sent back.
func (e event) Raisable() bool {
	f := e.Move.Facts
	return !e.Undone && len(f.Wasted)+len(f.Back) > 0 && e.Move.Mark != flow.MarkImported
}

// Lost is how much the movement wasted or sent back.
func (e event) Lost() flow.Quantity {
	sum := e.Move.Facts.Scrap()
	for _, b := range e.Move.Facts.Back {
		sum += b.Quantity
	}
	return sum
}
