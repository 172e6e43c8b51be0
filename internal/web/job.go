package web

import (
	"net/http"
	"strconv"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// event is one movement of the timeline in words.
type event struct {
	*view
	Move    flow.Movement
	Stage   string
	Who     string
	Words   string
	Wasted  []wasteLine
	Back    []string // what was sent back where and why
	Short   string
	Undone  bool
	Marked  string // backdated, imported or inferred; empty for live
	Station string
}

type wasteLine struct {
	Qty, Reason string
}

// strip is one stage in the quantity strip.
type strip struct {
	place
	Chip                   chip
	GoodW, WasteW, OnHandW int // share of what came, in percent, for the bar
	CanOpen                bool
}

type jobPage struct {
	*view
	Job      flow.Job
	Process  flow.Process
	Stages   []strip
	Live     []strip // where it is now
	Events   []event
	More     string
	Lost     string // wasted, in percent of the start
	Vendors  map[flow.ID]postgres.Vendor
	Rework   bool // something was sent back
	Short    bool // something was closed short
	Narrowed bool // the reader sees only some of the stages
}

const timelineRows = 50

// jobPage shows where a job is, what every stage received and passed on, and all that happened to it.
func (w *Web) jobPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "job")
	if err != nil {
		return err
	}
	v := w.view(r, who, "")
	feed, err := w.feed(r, who, "job", id.String())
	if err != nil {
		return err
	}
	j, err := w.DB.Job(r.Context(), who.Org, id)
	if err != nil {
		return err
	}
	if !who.Scope.Sees(j) {
		return errNotYours
	}
	p := jobPage{view: v, Job: j, Narrowed: !who.Scope.All}
	v.Title, v.Toast = j.Number, w.toast(r, v)
	v.Feed = feed
	if p.Process, err = w.DB.Edition(r.Context(), who.Org, flow.Edition{Process: j.Process, Version: j.Version}); err != nil {
		return err
	}
	if p.Vendors, err = w.DB.Vendors(r.Context(), who.Org); err != nil {
		return err
	}
	p.strips()
	if err := w.timeline(r, &p); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "job", p)
}

// strips shows the stages within the reader's scope.
func (p *jobPage) strips() {
	for _, s := range p.Job.Stages {
		if !p.Who.Scope.Covers(p.Job.Process, s.Code) {
			continue
		}
		at := p.place(p.Job, p.Process, s.Code, p.Vendors)
		one := strip{place: at, Chip: p.Chip(s.Status()), CanOpen: s.Live()}
		if came := s.Received + s.Found; came > 0 {
			one.GoodW, one.WasteW = percent(s.Good, came), percent(s.Wasted, came)
			one.OnHandW = percent(s.OnHand, came)
		}
		p.Stages = append(p.Stages, one)
		if s.Live() {
			p.Live = append(p.Live, one)
		}
	}
	for _, s := range p.Stages {
		p.Rework, p.Short = p.Rework || s.State.SentBack > 0, p.Short || s.State.Short > 0
	}
	if p.Job.Quantity > 0 && p.Job.Wasted() > 0 {
		p.Lost = share(p.Job.Wasted(), p.Job.Quantity)
	}
}

// percent is a share in whole percent, for the width of a bar.
func percent(part, whole flow.Quantity) int { return int(float64(part) / float64(whole) * 100) }

// share is a share in percent with one decimal, exactly rounded half up: 24.8.
func share(part, whole flow.Quantity) string {
	tenths := (int64(part/1000)*10000/int64(max(whole/1000, 1)) + 5) / 10
	return strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10)
}

// timeline adds a page of the job's movements at the stages the reader sees, the newest first.
func (w *Web) timeline(r *http.Request, p *jobPage) error {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // unreadable: from the newest
	moves, more, err := w.DB.Timeline(r.Context(), p.Who.Org, p.Job.ID, max(before, 0), timelineRows)
	if err != nil {
		return err
	}
	var ids []flow.ID
	undone := map[flow.ID]bool{}
	for _, m := range moves {
		ids = append(ids, m.Member)
		if m.Kind == flow.KindUndone {
			undone[m.Facts.Undoes] = true
		}
	}
	names, err := w.DB.Names(r.Context(), p.Who.Org, ids)
	if err != nil {
		return err
	}
	for _, m := range moves {
		if m.Stage == "" || p.Who.Scope.Covers(p.Job.Process, m.Stage) {
			e := p.event(m.Movement, names[m.Member])
			e.Undone = undone[m.Command]
			p.Events = append(p.Events, e)
		}
	}
	if more {
		p.More = "/jobs/" + p.Job.ID.String() + "?before=" + strconv.FormatInt(moves[len(moves)-1].Seq, 10)
	}
	return nil
}

func (p *jobPage) event(m flow.Movement, who string) event {
	e := event{view: p.view, Move: m, Who: who, Station: m.Facts.Station}
	if s, ok := p.Process.Stage(m.Stage); ok {
		e.Stage = s.Name
	}
	if m.Facts.Worker != "" {
		e.Who = m.Facts.Worker
	}
	if m.Mark != flow.MarkLive {
		e.Marked = m.Mark
	}
	key := "event_" + string(m.Kind)
	if m.Kind == flow.KindReported && p.Job.Mode == flow.UnitMode {
		key = "event_unit_done"
	}
	if m.Kind == flow.KindReported && m.Facts.Good == 0 {
		key = "event_nothing"
	}
	e.Words = p.T(key, "good", p.Qty(m.Facts.Good), "unit", p.Job.Unit, "qty", p.Qty(m.Facts.Quantity),
		"reason", p.Reason(p.Process.HoldReasons, m.Facts.Reason))
	for _, waste := range m.Facts.Wasted {
		e.Wasted = append(e.Wasted, wasteLine{p.Qty(waste.Quantity), p.Reason(p.Process.WasteReasons, waste.Reason)})
	}
	for _, back := range m.Facts.Back {
		to, _ := p.Process.Stage(back.To)
		e.Back = append(e.Back, p.T("event_back", "qty", p.Qty(back.Quantity), "to", to.Name, "reason", p.Reason(p.Process.WasteReasons, back.Reason)))
	}
	if m.Facts.Short > 0 {
		e.Short = p.T("event_short", "qty", p.Qty(m.Facts.Short))
	}
	return e
}
