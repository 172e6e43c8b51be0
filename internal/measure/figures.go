package measure

import (
	"time"

	"clicarity/internal/flow"
)

// Amounts is what entries add up to, and the shares that product people ask for.
type Amounts struct {
	Reports  int           `json:"reports"`
	Came     flow.Quantity `json:"came"` // received and found
	Good     flow.Quantity `json:"good"`
	Wasted   flow.Quantity `json:"wasted"`
	Short    flow.Quantity `json:"short"`
	SentBack flow.Quantity `json:"sent_back"`

	Rejection Share `json:"rejection_rate"`   // wasted / (good + wasted)
	Wastage   Share `json:"wastage"`          // wasted / came
	FallOff   Share `json:"fall_off"`         // wasted / what came to the first stage of the same jobs
	Rework    Share `json:"rework"`           // sent back / came
	FirstPass Share `json:"first_pass_yield"` // good that was never sent back / what came for the first time and has left
}

// ledgerSum adds entries up.
type ledgerSum struct {
	Amounts
	left, second, first, start flow.Quantity
}

func (l *ledgerSum) add(e Entry) {
	l.Reports += e.Reports
	l.Came += e.Came
	l.Good += e.Good
	l.Wasted += e.Wasted
	l.Short += e.Short
	l.SentBack += e.SentBack
	l.left += e.Left
	l.second += e.Second
	l.first += e.First
}

func (l *ledgerSum) amounts() Amounts {
	a := l.Amounts
	a.Rejection = quantities(a.Wasted, a.Good+a.Wasted, a.Reports)
	a.Wastage = quantities(a.Wasted, a.Came, a.Reports)
	a.FallOff = quantities(a.Wasted, l.start, a.Reports)
	a.Rework = quantities(a.SentBack, a.Came, a.Reports)
	a.FirstPass = quantities(max(l.first, 0), l.left-l.second, a.Reports)
	return a
}

// Open is the work in progress at one moment.
type Open struct {
	Jobs     int           `json:"jobs"`
	Quantity flow.Quantity `json:"quantity"` // on hand, and at vendors
	Age      Lengths       `json:"age"`      // since it came there; of jobs: work item age, since work on them began
}

// openSum adds work in progress up.
type openSum struct {
	jobs     int
	quantity flow.Quantity
	age      lengths
}

func (o *openSum) open() Open { return Open{o.jobs, o.quantity, o.age.dists()} }

// Figures are the key figures of some jobs: of all, of a process, of a month.
type Figures struct {
	Jobs       int           `json:"jobs"`       // created
	Completed  int           `json:"completed"`  // throughput, in jobs
	Dispatched flow.Quantity `json:"dispatched"` // throughput, in what the last stages of completed jobs passed on
	PerDay     Share         `json:"per_working_day"`

	Lead       Lengths `json:"lead_time"`
	Cycle      Lengths `json:"cycle_time"`
	OnTime     Share   `json:"on_time"`        // against the original due date
	OnTimeNow  Share   `json:"on_time_latest"` // against the latest
	Efficiency Eff     `json:"flow_efficiency"`
	Open       Open    `json:"wip"`

	Amounts Amounts `json:"amounts"`

	// Inspected is the rejection at inspection stages alone. RolledYield is told of one process: the product of the first
	// pass yields of its stages, of which it tells how many.
	Inspected   Share `json:"rejection_at_inspection"`
	RolledYield Share `json:"rolled_throughput_yield"`
}

// Eff is the share of the lead time in which work was on: all runs of the completed jobs together, of their lead times
// together.
type Eff struct {
	Elapsed Share `json:"elapsed"`
	Working Share `json:"working"`
}

// sums is what Figures are made of.
type sums struct {
	jobs, completed     int
	dispatched          flow.Quantity
	lead, cycle         lengths
	due, met, metNow    int
	run, runWorking     float64
	whole, wholeWorking float64
	open                openSum
	ledger              ledgerSum
	inspected           ledgerSum
	stages              map[stageKey]*ledgerSum
}

func newSums() *sums { return &sums{stages: map[stageKey]*ledgerSum{}} }

// stageKey names a stage over all jobs: stages of one name in one process are one.
type stageKey struct{ process, name string }

func (s *sums) entry(e Entry, at stageKey, inspection, first bool) {
	s.ledger.add(e)
	if first {
		s.ledger.start += e.Came - e.Again
	}
	if inspection {
		s.inspected.add(e)
	}
	if s.stages[at] == nil {
		s.stages[at] = &ledgerSum{}
	}
	s.stages[at].add(e)
}

// done adds a completed job.
func (s *sums) done(p Past, l *Lens) {
	own := l.own(p)
	lead := LengthOf(p.Job.Created, p.Job.Completed, own)
	s.completed++
	s.dispatched += p.Job.Dispatched()
	s.lead.add(lead)
	if p.Began != 0 {
		s.cycle.add(LengthOf(p.Began, p.Job.Completed, own))
	}
	var run Length
	for _, stay := range p.Stays {
		_, h := l.Place(p.Job.Process, stay.Stage)
		run = run.And(stay.Times(h).Own)
	}
	s.run, s.runWorking = s.run+run.Elapsed.Hours(), s.runWorking+run.Working.Hours()
	s.whole, s.wholeWorking = s.whole+lead.Elapsed.Hours(), s.wholeWorking+lead.Working.Hours()
	if p.Original == "" {
		return
	}
	day := l.day(p.Job.Completed)
	s.due++
	if day <= p.Original {
		s.met++
	}
	if day <= p.Job.Due {
		s.metNow++
	}
}

func (s *sums) figures(days float64, rolled bool) Figures {
	f := Figures{Jobs: s.jobs, Completed: s.completed, Dispatched: s.dispatched, Lead: s.lead.dists(), Cycle: s.cycle.dists(),
		OnTime: counts(s.met, s.due), OnTimeNow: counts(s.metNow, s.due), Open: s.open.open(), Amounts: s.ledger.amounts(),
		Efficiency: Eff{hours(s.run, s.whole, s.completed), hours(s.runWorking, s.wholeWorking, s.completed)}}
	f.Inspected = s.inspected.amounts().Rejection
	if days > 0 {
		rate := float64(s.completed) / days
		f.PerDay = Share{s.completed, &rate}
	}
	if rolled {
		f.RolledYield = s.rolled()
	}
	return f
}

// rolled is the chance of going through every stage at the first pass: the product of their first pass yields.
func (s *sums) rolled() Share {
	y, product := Share{}, 1.0
	for _, key := range sortedKeys(s.stages) {
		if first := s.stages[key].amounts().FirstPass; first.Share != nil {
			product *= *first.Share
			y.N++
		}
	}
	if y.N > 0 {
		y.Share = &product
	}
	return y
}

// workingDays is how many days of work lie between two moments, by how long the days of work in it are on average.
func workingDays(from, to flow.Moment, h *flow.Hours) float64 {
	var days float64
	for day := from; day < to; day = day.Add(24 * time.Hour) {
		if h.Working(day.Time(), min(day.Add(24*time.Hour), to).Time()) > 0 {
			days++
		}
	}
	return days
}
