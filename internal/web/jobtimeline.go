package web

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
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
	Undoer  string   // who took it back and when
	Crossed bool     // it moved something to another job
	Details []string // what else the movement says: the form, who approved, what changed
	Shots   []shot   // the pictures of the form
	Passed  string   // why a closed gate was passed
	Station string
	Entered string // both times, where it was entered later than it happened
	Then    string // address of the job as it was just after
}

type wasteLine struct {
	Qty, Reason string
}

const timelineRows = 50

// maxHistory bounds the history from which the times of a job are reckoned.
const maxHistory = 3000

// jobHistory is a job's history as its page tells it.
type jobHistory struct {
	moves  []flow.Movement           // in log order
	since  []flow.Moment             // when each was known
	whole  bool                      // none is missing
	more   bool                      // there are older ones than those of this page
	undone map[flow.ID]flow.Movement // by the command that was taken back: what took it back
}

// history is the whole history of the page's job; of one that is too long, the part that the page shows.
func (w *Web) history(r *http.Request, p *jobPage) (jobHistory, error) {
	records, err := w.DB.History(r.Context(), p.Who.Org, p.Job.ID, maxHistory)
	if err != nil || len(records) > 0 {
		return newHistory(movementsOf(records), true), err
	}
	records, more, err := w.DB.Timeline(r.Context(), p.Who.Org, p.Job.ID, before(r), timelineRows)
	if err != nil {
		return jobHistory{}, err
	}
	slices.Reverse(records)
	t := newHistory(movementsOf(records), false)
	t.more = more
	undos, err := w.DB.TakenBack(r.Context(), p.Who.Org, p.Job.ID, maxHistory)
	t.note(undos)
	return t, err
}

func movementsOf(records []postgres.Record) []flow.Movement {
	moves := make([]flow.Movement, len(records))
	for i, m := range records {
		moves[i] = m.Movement
	}
	return moves
}

func newHistory(moves []flow.Movement, whole bool) jobHistory {
	t := jobHistory{moves: moves, since: flow.KnownSince(moves), whole: whole, undone: map[flow.ID]flow.Movement{}}
	t.note(moves)
	return t
}

// note keeps what some movements took back.
func (t *jobHistory) note(moves []flow.Movement) {
	for _, m := range moves {
		for _, id := range m.TakesBack() {
			t.undone[id] = m
		}
	}
}

// before is the number before which the timeline is asked for, 0 for the newest.
func before(r *http.Request) int64 {
	n, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // unreadable: from the newest
	return max(n, 0)
}

// page are the places in the history of the movements that the page shows, the newest first.
func (p *jobPage) page(before int64) (at []int, more bool) {
	for i, m := range slices.Backward(p.told.moves) {
		switch {
		case before > 0 && m.Seq >= before, m.Stage != "" && !p.sees(m.Stage):
		case len(at) == timelineRows:
			return at, true
		default:
			at = append(at, i)
		}
	}
	return at, p.told.more
}

// timeline adds a page of the job's movements at the stages the reader sees, the newest first.
func (w *Web) timeline(r *http.Request, p *jobPage) error {
	at, more := p.page(before(r))
	if err := w.peopleOf(r, p, at); err != nil {
		return err
	}
	if err := w.sharesOf(r, p, at); err != nil {
		return err
	}
	for _, i := range at {
		m := p.told.moves[i]
		e := p.event(p.readable(m), p.people[m.Member])
		e.Then = p.AsOf.link(p.told.since[i])
		if undo, ok := p.told.undone[m.Command]; ok && m.Kind != flow.KindUndone {
			e.Undone, e.Undoer = true, p.T("undone_by", "name", cmp.Or(p.people[undo.Member], "–"), "at", p.When(undo.Occurred))
		}
		p.Events = append(p.Events, e)
	}
	if more && len(p.told.moves) > 0 {
		last := p.told.moves[0].Seq
		if len(at) > 0 {
			last = p.told.moves[at[len(at)-1]].Seq
		}
		p.More = p.AsOf.older(last)
	}
	return nil
}

// readable is a movement as the reader may read it.
func (p *jobPage) readable(m flow.Movement) flow.Movement {
	return p.reads.ShowMove(p.Who.Role, p.Process.ShowMove(p.Who.Role, m))
}

// peopleOf learns the names of all whom the page names, in one question.
func (w *Web) peopleOf(r *http.Request, p *jobPage, at []int) error {
	ids := map[flow.ID]bool{}
	for _, i := range at {
		m := p.told.moves[i]
		ids[m.Member], ids[m.Facts.Assigned], ids[p.told.undone[m.Command].Member] = true, true, true
	}
	for _, n := range p.Job.NCs {
		ids[n.By], ids[n.ClosedBy] = true, true
	}
	for _, s := range p.Job.Stages {
		ids[s.Assigned] = true
	}
	delete(ids, flow.ID{})
	var err error
	p.people, err = w.DB.Names(r.Context(), p.Who.Org, slices.Collect(maps.Keys(ids)))
	return err
}

// sharesOf reckons what of shared runs was the job's, in whole percent that add up over the jobs of the run.
func (w *Web) sharesOf(r *http.Request, p *jobPage, at []int) error {
	var shared []flow.Movement
	for _, i := range at {
		if p.told.moves[i].Facts.Share > 0 {
			shared = append(shared, p.told.moves[i])
		}
	}
	runs, err := w.DB.Runs(r.Context(), p.Who.Org, shared)
	p.shares = map[flow.ID]int{}
	for command, run := range runs {
		parts := make([]int, len(run))
		for i, m := range run {
			parts[i] = m.Facts.Share
		}
		for i, n := range percents(parts) {
			if run[i].Job == p.Job.ID {
				p.shares[command] = n
			}
		}
	}
	return err
}

// percents are shares in millionths of one whole as percent: rounded down, and what that leaves goes to those that lost
// the most by it, so that they add up.
func percents(shares []int) []int {
	const each = 10_000
	whole, left, order := make([]int, len(shares)), 0, make([]int, len(shares))
	for i, s := range shares {
		whole[i], order[i] = s/each, i
		left += s
	}
	for _, n := range whole {
		left -= n * each
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(shares[b]%each, shares[a]%each) })
	for _, i := range order[:min((left+each/2)/each, len(order))] {
		whole[i]++
	}
	return whole
}

// Reversible reports whether the reader may take the movement back.
func (e event) Reversible() bool {
	return e.Past == 0 && e.Can("reverse") && !e.Undone && e.Move.Kind != flow.KindCreated && e.Move.Kind != flow.KindUndone && e.Move.Kind != flow.KindAttempted && !e.Crossed
}

// Raisable reports whether a non-conformance can be raised of what the movement wasted or sent back.
func (e event) Raisable() bool {
	f := e.Move.Facts
	return e.Past == 0 && !e.Undone && len(f.Wasted)+len(f.Back) > 0 && e.Move.Mark != flow.MarkImported
}

// Lost is how much the movement wasted or sent back.
func (e event) Lost() flow.Quantity {
	sum := e.Move.Facts.Scrap()
	for _, b := range e.Move.Facts.Back {
		sum += b.Quantity
	}
	return sum
}
