package measure

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"clicarity/internal/flow"
)

// Forecastable is the fewest jobs at a stage from which a date is told.
const Forecastable = 11

// Model is what the past teaches about what comes next: for every stage, how long after a report there the next report
// came, and where, or whether the job ended with it.
type Model struct {
	place Place
	until flow.Moment
	pools map[poolKey]*pool
	clock map[flow.ID]bool // processes whose calendar is not when they work: they are reckoned by the clock
	days  int              // of record that it was learned from
	young bool
}

// poolKey names what was learned together: at a stage with one item, at a stage, or anywhere in a process.
type poolKey struct {
	process     flow.ID
	stage, item string
	level       int
}

const (
	ofItem = iota
	ofStage
	ofProcess
)

func keysOf(process flow.ID, stage, item string) [3]poolKey {
	return [3]poolKey{{process, stage, item, ofItem}, {process, stage, "", ofStage}, {process, "", "", ofProcess}}
}

// wait is from one report to the next, in working hours. Of a pool it weighs more than one where open ones are longer.
type wait struct {
	hours  float64
	next   string
	weight float64
}

// pool is what happened after the reports of one key.
type pool struct {
	waits  []wait    // by length
	upTo   []float64 // the weight of the waits up to each
	ends   float64   // how many jobs ended there; of those that only fell silent, how likely it is
	silent []wait    // how long jobs have said nothing that may have ended there
	open   []wait    // and those that have surely not
	jobs   int       // of how many jobs this is told; reports of one job are much alike
	last   flow.ID   // the job that was counted last
}

// Learn reads what was known before a moment. Jobs that are still open teach as far as they have come: a wait that goes
// on weighs on those that are longer.
func Learn(trails []Trail, until flow.Moment, place Place) *Model {
	m := &Model{place: place, until: until, pools: map[poolKey]*pool{}, clock: map[flow.ID]bool{}}
	var known []Trail
	for _, t := range trails {
		if t.Created < until {
			known = append(known, t.Before(until))
		}
	}
	slices.SortFunc(known, func(a, b Trail) int { // so that the same past gives the same answer, however it is stored
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.Number, b.Number))
	})
	m.trust(known)
	m.grow(known)
	for _, t := range known {
		m.read(t)
	}
	for _, p := range m.pools {
		p.weigh()
	}
	return m
}

func (m *Model) at(process flow.ID, stage, item string) (list [3]*pool) {
	for i, key := range keysOf(process, stage, item) {
		if m.pools[key] == nil {
			m.pools[key] = &pool{}
		}
		list[i] = m.pools[key]
	}
	return list
}

func (m *Model) read(t Trail) {
	stage, at := "", t.Created
	for _, r := range t.inOrder() {
		for _, p := range m.at(t.Process, stage, t.Item) {
			p.waits = append(p.waits, wait{m.hours(t.Process, stage, at, r.At), r.Stage, 1})
			p.count(t.Job)
		}
		stage, at = r.Stage, max(at, r.At)
	}
	for _, p := range m.at(t.Process, stage, t.Item) {
		p.count(t.Job)
		switch silence := (wait{m.hours(t.Process, stage, at, m.until), "", 1}); {
		case t.Done != 0:
			p.ends += silence.weight
		case t.Silent && stage != "":
			p.silent = append(p.silent, silence)
		default:
			p.open = append(p.open, silence)
		}
	}
}

// trust decides by which calendars time can be reckoned: when most reports of a process come outside of its shifts, the
// calendar is not when it works, and waits in its hours would say nothing.
func (m *Model) trust(known []Trail) {
	inside, all := map[flow.ID]int{}, map[flow.ID]int{}
	for _, t := range known {
		for _, r := range t.Reports {
			all[t.Process]++
			if _, h := m.place(t.Process, r.Stage); h.Working(r.At.Time().Add(-edge), r.At.Time().Add(edge)) > 0 {
				inside[t.Process]++
			}
		}
	}
	for process, n := range all {
		m.clock[process] = 2*inside[process] < n
	}
}

// edge is how long before and after a shift a report still belongs to it.
const edge = 15 * time.Minute

// calendar is by what time at a stage is reckoned.
func (m *Model) calendar(process flow.ID, stage string) *flow.Hours {
	if m.clock[process] {
		return nil
	}
	_, h := m.place(process, stage)
	return h
}

func (p *pool) count(job flow.ID) {
	if p.jobs == 0 || p.last != job {
		p.jobs, p.last = p.jobs+1, job
	}
}

// hours is a wait in the working hours of the stage where it is spent, in whole seconds.
func (m *Model) hours(process flow.ID, stage string, from, to flow.Moment) float64 {
	return inHours(int64(LengthOf(from, to, m.calendar(process, stage)).Working / time.Second))
}

func inHours(seconds int64) float64 { return float64(seconds) / 3600 }

// rounds is how often the guess of who has ended is made better; it no longer moves after a few.
const rounds = 12

// weigh reckons with what has not ended. A wait that goes on is one of the longer ones: its weight goes to them
// (Efron's redistribution to the right). A job that fell silent has either ended or waits on; how likely each is follows
// from how often jobs end there and how long they wait, and the other way round, so both are reckoned in turns
// (expectation and maximisation).
func (p *pool) weigh() {
	slices.SortStableFunc(p.waits, func(a, b wait) int {
		if a.hours < b.hours {
			return -1
		}
		if a.hours > b.hours {
			return 1
		}
		return 0
	})
	certain, quiet := p.ends, 0.0
	for _, s := range p.silent {
		quiet += s.weight
	}
	for i := range p.waits {
		p.waits[i].weight = 1
	}
	p.sum()
	for i := range rounds {
		if i > 0 && len(p.silent) == 0 {
			break
		}
		p.ends = max(p.ends, certain, 0.1*quiet)
		ends, gain := certain, make([]float64, len(p.waits))
		for _, s := range p.open {
			p.share(gain, s.hours, s.weight)
		}
		for _, s := range p.silent {
			q := p.ended(s.hours)
			ends += q * s.weight
			p.share(gain, s.hours, s.weight*(1-q))
		}
		p.ends = ends
		factor := 0.0
		for i := range p.waits {
			factor += gain[i]
			p.waits[i].weight = 1 + p.waits[i].weight*factor
		}
		p.sum()
	}
}

// sum adds the weights up.
func (p *pool) sum() {
	p.upTo = make([]float64, len(p.waits))
	total := 0.0
	for i, w := range p.waits {
		total += w.weight
		p.upTo[i] = total
	}
}

func (p *pool) total() float64 {
	if len(p.upTo) == 0 {
		return 0
	}
	return p.upTo[len(p.upTo)-1]
}

// from is the first wait that is at least so long, and the weight of those before it.
func (p *pool) from(hours float64) (i int, before float64) {
	i = sort.Search(len(p.waits), func(i int) bool { return p.waits[i].hours >= hours })
	if i > 0 {
		before = p.upTo[i-1]
	}
	return i, before
}

// share gives the weight of a wait that goes on to those that are longer, each in proportion to its own. What comes to
// them is kept where the first of them is: gain is how much each wait gets for a weight of one, less what the one before it
// gets.
func (p *pool) share(gain []float64, hours, weight float64) {
	i, before := p.from(hours)
	if rest := p.total() - before; rest > 0 && weight > 0 && i < len(gain) {
		gain[i] += weight / rest
	}
}

// stops is how likely a job ends with a report here.
func (p *pool) stops() float64 {
	if all := p.ends + p.total(); all > 0 {
		return p.ends / all
	}
	return 1
}

// ended is how likely it is that a job which has said nothing for so long has ended.
func (p *pool) ended(silence float64) float64 {
	stop := p.stops()
	longer := 0.0
	if total := p.total(); total > 0 {
		_, before := p.from(silence)
		longer = (total - before) / total
	}
	if stop+(1-stop)*longer == 0 {
		return 1
	}
	return stop / (stop + (1-stop)*longer)
}

// draw is a wait of at least so many hours, false when none was ever so long.
func (p *pool) draw(r *rand.Rand, atLeast float64) (wait, bool) {
	_, before := p.from(atLeast)
	rest := p.total() - before
	if rest <= 0 {
		return wait{}, false
	}
	at := before + r.Float64()*rest
	i := sort.Search(len(p.upTo), func(i int) bool { return p.upTo[i] > at })
	return p.waits[min(i, len(p.waits)-1)], true
}

// best is the narrowest pool that is large enough: of stage and item, then of the stage. Nil when neither is.
func (m *Model) best(process flow.ID, stage, item string) *pool {
	for _, key := range keysOf(process, stage, item) {
		if key.level == ofProcess {
			break
		}
		if p := m.pools[key]; p != nil && p.jobs >= Forecastable {
			return p
		}
	}
	return nil
}

// any is the best pool, or what is known of the whole process.
func (m *Model) any(process flow.ID, stage, item string) *pool {
	if p := m.best(process, stage, item); p != nil {
		return p
	}
	return m.pools[poolKey{process: process, level: ofProcess}]
}
