package measure

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"clicarity/internal/flow"
)

// Lens is how a history is looked at.
type Lens struct {
	Place      Place                                    // name and hours of a stage
	Process    func(flow.ID) string                     // name of a process
	Vendor     func(flow.ID) string                     // name of a vendor
	Inspection func(process flow.ID, stage string) bool // whether a stage inspects
	Zone       *time.Location                           // whose days and months these are
	From, To   flow.Moment                              // what is looked at; work in progress is that at To
}

func (l *Lens) own(p Past) *flow.Hours {
	_, h := l.Place(p.Job.Process, "")
	return h
}

func (l *Lens) day(m flow.Moment) flow.Date { return flow.DateOf(m.Time().In(l.Zone)) }

func (l *Lens) month(m flow.Moment) string { return m.Time().In(l.Zone).Format("2006-01") }

func (l *Lens) key(p Past, stage string) (stageKey, *flow.Hours) {
	name, h := l.Place(p.Job.Process, stage)
	return stageKey{l.Process(p.Job.Process), name}, h
}

// Sheet is every key figure of a history.
type Sheet struct {
	From       string           `json:"from"` // the first and the last day looked at
	To         string           `json:"to"`
	All        Figures          `json:"all"`
	Processes  []Group          `json:"processes"`
	Months     []Group          `json:"months"` // by when jobs were created and completed, and when things happened
	Stages     []StageFigures   `json:"stages"`
	Vendors    []VendorFigures  `json:"vendors"`
	Stations   []StationFigures `json:"stations"`
	Bottleneck Bottleneck       `json:"bottleneck"`
}

// Group is the figures of some jobs by a name.
type Group struct {
	Name string `json:"name"`
	Figures
}

// StageFigures are those of a stage.
type StageFigures struct {
	Process string  `json:"process"`
	Name    string  `json:"name"`
	TAT     Lengths `json:"tat"`
	Queue   Lengths `json:"queue"`
	Run     Lengths `json:"run"`
	Hold    Lengths `json:"hold"`
	Away    Lengths `json:"at_vendor"`
	Waiting Load    `json:"queue_load"`
	Open    Open    `json:"wip"`
	Amounts Amounts `json:"amounts"`
}

// Load is how much of something there was in all, in hours.
type Load struct {
	N       int     `json:"n"`
	Elapsed float64 `json:"elapsed_hours"`
	Working float64 `json:"working_hours"`
}

func (l *Load) add(length Length) {
	l.N++
	l.Elapsed += length.Elapsed.Hours()
	l.Working += length.Working.Hours()
}

// stageSums is what StageFigures are made of.
type stageSums struct {
	stageLengths
	waiting Load
	open    openSum
	ledger  ledgerSum
	active  []stretch
	hours   *flow.Hours
}

// SheetOf computes every key figure from a history that comes job by job, each job's movements in log order.
func SheetOf(byJob History, lens Lens) (Sheet, error) {
	s := sheet{lens: &lens, all: newSums(), processes: map[string]*sums{}, months: map[string]*sums{},
		stages: map[stageKey]*stageSums{}, vendors: map[string]*vendorSums{}, stations: map[string]*stationSums{}}
	err := EachPast(byJob, lens.To, func(p Past) error { s.job(p); return nil })
	return s.result(), err
}

// EachPast reads a history that comes job by job and calls f with every job's past, told up to a moment.
func EachPast(byJob History, until flow.Moment, f func(Past) error) error {
	var job []flow.Movement
	flush := func() error {
		if len(job) == 0 {
			return nil
		}
		p, err := PastOf(job, until)
		job = job[:0]
		if err != nil {
			return err
		}
		return f(p)
	}
	err := byJob(func(m flow.Movement) error {
		if len(job) > 0 && job[0].Job != m.Job {
			if err := flush(); err != nil {
				return err
			}
		}
		job = append(job, m)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

type sheet struct {
	lens      *Lens
	all       *sums
	processes map[string]*sums
	months    map[string]*sums
	stages    map[stageKey]*stageSums
	vendors   map[string]*vendorSums
	stations  map[string]*stationSums
}

func slot[K comparable, V any](m map[K]*V, key K, make func() *V) *V {
	if m[key] == nil {
		m[key] = make()
	}
	return m[key]
}

func (s *sheet) month(m flow.Moment) *sums { return slot(s.months, s.lens.month(m), newSums) }

func (s *sheet) job(p Past) {
	l := s.lens
	process := slot(s.processes, l.Process(p.Job.Process), newSums)
	for _, group := range []*sums{s.all, process, s.month(p.Job.Created)} {
		group.jobs++
	}
	for _, e := range p.Entries {
		key, h := l.key(p, e.Stage)
		inspects, first := l.Inspection(p.Job.Process, e.Stage), e.Stage == p.Job.Stages[0].Code
		for _, group := range []*sums{s.all, process, s.month(e.At)} {
			group.entry(e, key, inspects, first)
		}
		stage := s.stage(key, h)
		stage.ledger.add(e)
	}
	s.fallOff(p)
	for _, stay := range p.Stays {
		s.stay(p, stay)
	}
	s.runs(p)
	s.trips(p)
	if p.Job.Completed != 0 {
		for _, group := range []*sums{s.all, process, s.month(p.Job.Completed)} {
			group.done(p, l)
		}
		return
	}
	for _, group := range []*sums{s.all, process} {
		group.open.job(p, l)
	}
}

// job adds a job that is not completed: its age is counted from when work on it began.
func (o *openSum) job(p Past, l *Lens) {
	o.jobs++
	for _, st := range p.Job.Stages {
		o.quantity += st.OnHand + st.AtVendor
	}
	if p.Began != 0 {
		o.age.add(LengthOf(p.Began, l.To, l.own(p)))
	}
}

// fallOff tells every stage of a job what the job began with.
func (s *sheet) fallOff(p Past) {
	var start flow.Quantity
	seen := map[*stageSums]bool{}
	for _, e := range p.Entries {
		if e.Stage == p.Job.Stages[0].Code {
			start += e.Came - e.Again
		}
		seen[s.stages[s.keyOf(p, e.Stage)]] = true
	}
	for stage := range seen {
		stage.ledger.start += start
	}
}

func (s *sheet) keyOf(p Past, stage string) stageKey {
	key, _ := s.lens.key(p, stage)
	return key
}

func (s *sheet) stage(key stageKey, h *flow.Hours) *stageSums {
	st := slot(s.stages, key, func() *stageSums { return &stageSums{} })
	st.hours = h
	return st
}

func (s *sheet) stay(p Past, stay Stay) {
	key, h := s.lens.key(p, stay.Stage)
	st, times := s.stage(key, h), stay.Times(h)
	if stay.To != 0 {
		st.add(times)
	} else {
		now, _ := p.Job.Stage(stay.Stage)
		st.open.jobs++
		st.open.quantity += now.OnHand + now.AtVendor
		st.open.age.add(LengthOf(stay.From, s.lens.To, h))
	}
	for i, span := range stay.Spans {
		switch span.State {
		case flow.Ready:
			st.waiting.add(LengthOf(span.From, span.To, h))
			s.waited(span, h)
		case flow.Running:
			if i > 0 && stay.Spans[i-1].State == flow.Running { // the same run: a row of the past said when it began
				st.active[len(st.active)-1].to = span.To
				continue
			}
			st.active = append(st.active, stretch{span.From, span.To})
		}
	}
}

func (s *sheet) result() Sheet {
	l := s.lens
	_, own := l.Place(flow.ID{}, "")
	days, one := workingDays(l.From, l.To, own), len(s.processes) == 1
	out := Sheet{From: string(l.day(l.From)), To: string(l.day(l.To)), All: s.all.figures(days, one)}
	for _, name := range slices.Sorted(maps.Keys(s.processes)) {
		out.Processes = append(out.Processes, Group{name, s.processes[name].figures(days, true)})
	}
	for _, name := range slices.Sorted(maps.Keys(s.months)) {
		from, to := l.bounds(name)
		out.Months = append(out.Months, Group{name, s.months[name].figures(workingDays(from, to, own), one)})
	}
	for _, key := range sortedKeys(s.stages) {
		st := s.stages[key]
		out.Stages = append(out.Stages, StageFigures{key.process, key.name, st.tat.dists(), st.queue.dists(), st.run.dists(), st.hold.dists(), st.away.dists(),
			st.waiting, st.open.open(), st.ledger.amounts()})
	}
	out.Vendors, out.Stations = s.vendorFigures(), s.stationFigures()
	out.Bottleneck = s.bottleneck(out)
	return out
}

// bounds is the part of a month that is looked at.
func (l *Lens) bounds(month string) (from, to flow.Moment) {
	begin, err := time.ParseInLocation("2006-01", month, l.Zone)
	if err != nil {
		return l.From, l.To
	}
	return max(l.From, flow.At(begin)), min(l.To, flow.At(begin.AddDate(0, 1, 0)))
}

func sortedKeys[V any](m map[stageKey]V) []stageKey {
	return slices.SortedFunc(maps.Keys(m), func(a, b stageKey) int {
		return cmp.Or(cmp.Compare(a.process, b.process), cmp.Compare(a.name, b.name))
	})
}
