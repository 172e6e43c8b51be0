package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
	"clicarity/internal/xes"
)

// maxNote bounds what a row keeps of an event's other attributes, in bytes.
const maxNote = 64 << 10

// ImportXES reads a log in XES and books it as history. Traces become jobs, activities stages. A process is that which the
// trace names when it was exported from here, else the given one.
//
// Every event becomes a row. One that completes is a report; any other transition is a beginning, or says nothing new when
// work is on, and keeps its transition in the note, as all attributes do that are not understood. What is inferred is
// left out and inferred again. A job exported from here comes back with the same reports and starts, times, quantities,
// people and stations, what came back from vendors included; one to which nothing has happened is told and left out. Other facts of it (holds, challans, sizes) stand in notes and do nothing.
func (im *Importer) ImportXES(ctx context.Context, process string, file io.Reader) (Result, error) {
	r := xesReader{im: im, ctx: ctx, process: process, logs: map[string]*log{}}
	if err := xes.Read(file, xes.Generous, xes.Handler{Trace: r.trace, Event: r.event, End: r.end}); err != nil {
		return r.result, err
	}
	for _, name := range r.order {
		l := r.logs[name]
		p, err := im.DB.ProcessByName(ctx, im.Mark.Org, name)
		if err != nil && !errors.Is(err, postgres.ErrNotFound) {
			return r.result, err
		}
		done, err := im.bookAll(ctx, p, l)
		r.result.Jobs, r.result.Stages, r.result.Movements = r.result.Jobs+done.Jobs, r.result.Stages+done.Stages, r.result.Movements+done.Movements
		if err != nil {
			return r.result, err
		}
	}
	return r.result, nil
}

// xesReader makes rows of events, trace by trace.
type xesReader struct {
	im      *Importer
	ctx     context.Context //nolint:containedctx // for one call
	process string
	logs    map[string]*log
	order   []string
	result  Result

	head   []xes.Attr
	events [][]xes.Attr
	nth    int // trace
}

func (r *xesReader) trace(attrs []xes.Attr) error {
	r.head, r.events, r.nth = attrs, nil, r.nth+1
	return nil
}

// event keeps the events of one trace: what an undo takes back is known at its end only.
func (r *xesReader) event(attrs []xes.Attr) error {
	r.events = append(r.events, attrs)
	return nil
}

func (r *xesReader) end() error {
	l, err := r.log()
	if err != nil {
		return err
	}
	number := clipTo(cmp.Or(strings.TrimSpace(xes.Find(r.head, xes.Name)), fmt.Sprintf("trace %d", r.nth)), flow.MaxNumber)
	t := xesTrace{l: l, job: l.traceJob(number), undone: map[flow.ID]bool{}}
	t.look(r.events)
	bad := r.result.Bad
	for _, e := range r.events {
		r.result.Rows++
		if err := t.add(e, r.result.Rows); err != nil {
			r.result.Bad++
			r.im.Bad(BadRow{r.result.Rows, err.Error()})
		}
	}
	if len(t.job.Rows) > 0 {
		return nil
	}
	l.forget(t.job) // history is made of what happened
	if r.result.Bad == bad {
		r.result.Bad++
		r.im.Bad(BadRow{r.result.Rows, "nothing has happened to job " + number + " yet: it is not in the history"})
	}
	return nil
}

// log is that of the trace's process.
func (r *xesReader) log() (*log, error) {
	name := clip(cmp.Or(xes.Find(r.head, keyProcess), r.process))
	if l, ok := r.logs[name]; ok {
		return l, nil
	}
	p, err := r.im.DB.ProcessByName(r.ctx, r.im.Mark.Org, name)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return nil, err
	}
	mode := cmp.Or(flow.Mode(xes.Find(r.head, keyMode)), p.Mode, flow.UnitMode)
	l := r.im.newLog(Map{Process: name, Mode: mode}, p)
	r.logs[name], r.order = l, append(r.order, name)
	return l, nil
}

func clipTo(s string, most int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), most)])
}

func (l *log) traceJob(number string) *flow.PastJob {
	key := flow.NumberKey(number)
	if j, ok := l.byKey[key]; ok {
		return j
	}
	j := &flow.PastJob{NewJob: flow.NewJob{ID: l.jobID(key), Number: number}}
	l.byKey[key] = j
	l.jobs = append(l.jobs, j)
	return j
}

// forget leaves out the job that came last.
func (l *log) forget(j *flow.PastJob) {
	delete(l.byKey, flow.NumberKey(j.Number))
	l.jobs = l.jobs[:len(l.jobs)-1]
}

type xesTrace struct {
	l      *log
	job    *flow.PastJob
	undone map[flow.ID]bool
	stage  string // the last one heard of
}

// look finds what was taken back, and what the job is.
func (t *xesTrace) look(events [][]xes.Attr) {
	for _, e := range events {
		m, ok, err := own(e)
		if !ok || err != nil {
			continue
		}
		for _, id := range m.TakesBack() {
			t.undone[id] = true
		}
		if m.Kind == flow.KindCreated {
			f := m.Facts
			t.job.Quantity, t.job.Item, t.job.Customer, t.job.Unit, t.job.Due, t.job.Urgent, t.job.Fields = f.Quantity, f.Item, f.Customer, f.Unit, f.Due, f.Urgent, f.Fields
			if len(f.Route) > 0 {
				t.stage = f.Route[0]
			}
		}
	}
}

var errNoActivity = errors.New("the event names no activity (concept:name)")

func (t *xesTrace) add(e []xes.Attr, line int) error {
	m, ours, err := own(e)
	if err != nil {
		return fmt.Errorf("what it was here cannot be read: %w", err)
	}
	row := flow.PastRow{Line: line}
	switch {
	case ours && (m.Kind == flow.KindCreated || m.Mark == flow.MarkInferred):
		return nil // made anew from the rest
	case ours:
		t.own(&row, m, e)
	default:
		if err := t.foreign(&row, e); err != nil {
			return err
		}
	}
	if len(row.Note) > maxNote {
		return fmt.Errorf("it says more than the %d KB that are kept of an event", maxNote>>10)
	}
	if row.Ref == "" {
		cells := []string{t.job.Number, note(e)}
		content := strings.Join(cells, "\x00")
		t.l.equal[content]++
		row.Ref = ref(cells, t.l.equal[content])
	}
	t.job.Rows = append(t.job.Rows, row)
	return nil
}

// own makes a row of a movement of this product.
func (t *xesTrace) own(row *flow.PastRow, m flow.Movement, e []xes.Attr) {
	f := m.Facts
	if m.Stage != "" {
		t.stage = t.l.coded(xes.Find(e, xes.Name), m.Stage)
	}
	row.Stage, row.Ref, row.Worker, row.Station = t.stage, f.Ref, cmp.Or(f.Worker, clip(xes.Find(e, xes.Resource))), f.Station
	if f.Line > 0 {
		row.Line, row.Worker = f.Line, f.Worker
	}
	row.Note = f.Note
	counts := !t.undone[m.Command]
	switch {
	case (m.Kind == flow.KindReported || m.Kind == flow.KindReceived) && counts && (t.l.m.Mode == flow.QuantityMode || f.Good > 0):
		row.Began, row.Ended, row.Good, row.Wasted, row.Rework, row.Review = f.Began, m.Occurred, f.Good, f.Scrap(), f.Rework, f.Review
		if len(f.Back) > 0 || f.Short > 0 || len(f.Of) > 0 || m.Kind == flow.KindReceived {
			row.Note = note(e, xes.Name, xes.Timestamp, xes.Resource)
		}
	case m.Kind == flow.KindReported && f.Began == m.Occurred && counts, m.Kind == flow.KindStarted && counts:
		row.Began = m.Occurred
	default: // it did something that a row cannot: it is kept, and does nothing but begin
		row.Began, row.Note = m.Occurred, note(e, xes.Name, xes.Timestamp, xes.Resource)
	}
}

// foreign makes a row of another program's event.
func (t *xesTrace) foreign(row *flow.PastRow, e []xes.Attr) error {
	name := strings.TrimSpace(xes.Find(e, xes.Name))
	if name == "" {
		return errNoActivity
	}
	text := strings.TrimSpace(xes.Find(e, xes.Timestamp))
	if text == "" {
		return errNoTime
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		if at, err = sheets.Time(text, t.l.im.Zone); err != nil {
			return err
		}
	}
	row.Stage = t.l.stage(name)
	row.Worker, row.Station = clip(xes.Find(e, xes.Resource)), clip(xes.Find(e, xes.Group))
	known := []string{xes.Name, xes.Timestamp, xes.Resource, xes.Group}
	switch transition := xes.Find(e, xes.Transition); {
	case transition == "" || strings.EqualFold(transition, "complete"):
		row.Ended = flow.At(at)
		known = append(known, xes.Transition)
	case strings.EqualFold(transition, "start"):
		row.Began = flow.At(at)
		known = append(known, xes.Transition)
	default:
		row.Began = flow.At(at)
	}
	row.Note = note(e, known...)
	return nil
}

// coded is a stage whose code is known.
func (l *log) coded(name, code string) string {
	name = clip(cmp.Or(strings.TrimSpace(name), code))
	l.seen[name] = true
	if l.taken[code] {
		if slices.ContainsFunc(l.stages, func(s flow.Stage) bool { return s.Code == code }) || l.codes[name] == code {
			return code
		}
	}
	if have, ok := l.codes[name]; ok {
		return have
	}
	if l.taken[code] {
		return l.stage(name)
	}
	l.taken[code], l.codes[name] = true, code
	l.stages = append(l.stages, flow.Stage{Code: code, Name: name})
	return code
}
