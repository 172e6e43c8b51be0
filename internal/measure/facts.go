package measure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"clicarity/internal/flow"
)

// FactsVersion is what changes whenever the same history gives other facts or other tallies than before. What was kept of
// an older version is made anew.
const FactsVersion = 1

// OpenDay is the day of what has not ended yet: of stays and holds that go on, of jobs that are not completed.
const OpenDay flow.Date = "9999-12-31"

// FactKind says what a Fact tells of.
type FactKind string

// FactKinds.
const (
	JobFact     FactKind = "job"     // from created to completed
	StayFact    FactKind = "stay"    // a stay at a stage
	AccountFact FactKind = "account" // what a day changed in the account of a stage
	LossFact    FactKind = "loss"    // what was wasted at a stage for one reason on one day
	HoldFact    FactKind = "hold"    // of a stay
	TripFact    FactKind = "trip"    // to a vendor
	RunFact     FactKind = "run"     // at a station, and every run that goes on
)

// Fact is one thing that the history of a job says for figures. The facts of a job are all that its figures are made of.
// Facts can be compared with ==.
type Fact struct {
	Job     flow.ID
	Kind    FactKind
	N       int // its place among the facts of its job and kind
	Process flow.ID
	Stage   string
	Site    string

	Customer string
	Product  string
	Vendor   flow.ID
	Station  string
	Reason   string // of losses and holds; of completed jobs the way they went, see pathOf

	Day   flow.Date // on which it ended; OpenDay while it goes on
	Since flow.Moment
	At    flow.Moment // 0 while it goes on

	// M is what it measures, by kind; the first four are what lists show.
	M [FactSize]int64

	// Spans are, of a stay, its waits and its runs that ended.
	Spans string
}

// FactSize is how many numbers a fact has at most.
const FactSize = 14

// What the numbers of a fact are. Lengths are in microseconds.
const (
	mElapsed = iota
	mWorking
	mQuantity // dispatched, wasted, sent out, on hand; of accounts: the good
	mLate     // 1: after its date

	// Of jobs.
	mCycle = iota
	mCycleWorking
	mOwn
	mOwnWorking
	mBegan // 1: there is a cycle time
	mDue   // 1: with a due date
	mLateNow
)

// Of stays.
const (
	mQueue = mLate + 1 + 2*iota
	mRun
	mHold
	mAway
	mRuns = mReports + 8 // how many
)

// Of accounts. Good is mQuantity.
const (
	mReports = mLate + 1 + iota
	mCame
	mWasted
	mSentBack
	mLeft
	mSecond
	mFirst
	mBase
	mFresh
	mInspects
	mShort = mElapsed // accounts have no length
)

// Of trips and losses.
const (
	mLost  = mLate + 1
	mDated = mLate + 2 // 1: it had a date to be back
	mTimes = mLate + 1 // of losses: how often
)

// spanFact is what a stay keeps of one of its spans.
type spanFact struct {
	Run     bool        `json:"r,omitempty"` // it ran, else it waited
	From    flow.Moment `json:"f"`
	To      flow.Moment `json:"t,omitempty"` // 0: it goes on
	Working int64       `json:"w,omitempty"`
	Station string      `json:"s,omitempty"`
}

// FactsOf are the facts of a job by its past, told up to no moment: what goes on has no end.
func FactsOf(p Past, l *Lens) []Fact {
	b := factBook{past: p, lens: l}
	b.job()
	for _, s := range p.Stays {
		b.stay(s)
	}
	b.accounts()
	b.losses()
	for _, t := range p.Trips {
		b.trip(t)
	}
	for _, r := range p.Runs {
		b.run(r)
	}
	return b.number()
}

type factBook struct {
	past Past
	lens *Lens
	list []Fact
}

// fact is a new fact of the job.
func (b *factBook) fact(k FactKind, stage string, since, at flow.Moment) *Fact {
	j := b.past.Job
	f := Fact{Job: j.ID, Kind: k, Process: j.Process, Stage: stage, Site: j.Site, Customer: j.Customer, Product: j.Item, Since: since, At: at, Day: OpenDay}
	if at != 0 {
		f.Day = b.lens.day(at)
	}
	b.list = append(b.list, f)
	return &b.list[len(b.list)-1]
}

// number gives facts their places.
func (b *factBook) number() []Fact {
	next := map[FactKind]int{}
	for i := range b.list {
		f := &b.list[i]
		f.N = next[f.Kind]
		next[f.Kind]++
	}
	return b.list
}

func (f *Fact) length(at int, l Length) {
	f.M[at], f.M[at+1] = l.Elapsed.Microseconds(), l.Working.Microseconds()
}

func flag(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

func (b *factBook) job() {
	p, l := b.past, b.lens
	f := b.fact(JobFact, "", p.Job.Created, p.Job.Completed)
	if p.Job.Completed == 0 {
		for _, s := range p.Job.Stages {
			f.M[mQuantity] += int64(s.OnHand + s.AtVendor)
		}
		return
	}
	own := l.own(p)
	f.length(mElapsed, LengthOf(p.Job.Created, p.Job.Completed, own))
	f.M[mQuantity] = int64(p.Job.Dispatched())
	if p.Began != 0 {
		f.M[mBegan] = 1
		f.length(mCycle, LengthOf(p.Began, p.Job.Completed, own))
	}
	var run Length
	for _, stay := range p.Stays {
		_, h := l.Place(p.Job.Process, stay.Stage)
		run = run.And(stay.Times(h).Own)
	}
	f.length(mOwn, run)
	if p.Original != "" {
		f.M[mDue], f.M[mLate], f.M[mLateNow] = 1, flag(f.Day > p.Original), flag(f.Day > p.Job.Due)
	}
	f.Reason = pathOf(p)
}

func (b *factBook) stay(s Stay) {
	_, h := b.lens.Place(b.past.Job.Process, s.Stage)
	f := b.fact(StayFact, s.Stage, s.From, s.To)
	if s.To == 0 {
		now, _ := b.past.Job.Stage(s.Stage)
		f.M[mQuantity] = int64(now.OnHand + now.AtVendor)
	} else {
		t := s.Times(h)
		f.length(mElapsed, t.TAT)
		f.length(mQueue, t.Queue)
		f.length(mRun, t.Run)
		f.length(mHold, t.Hold)
		f.length(mAway, t.Away)
	}
	f.Spans = b.spans(s, f)
	for i, span := range s.Spans { // after the stay itself: the list moves as it grows
		on := s.To == 0 && i == len(s.Spans)-1
		switch {
		case span.State == flow.Held:
			b.hold(s.Stage, span, on)
		case span.State == flow.Running && on:
			b.fact(RunFact, s.Stage, span.From, 0).Station = span.Station
		}
	}
}

// spans are what a stay keeps of its waits and runs, which it counts.
func (b *factBook) spans(s Stay, f *Fact) string {
	_, h := b.lens.Place(b.past.Job.Process, s.Stage)
	var spans []spanFact
	for i, span := range s.Spans {
		on := s.To == 0 && i == len(s.Spans)-1
		same := i > 0 && s.Spans[i-1].State == flow.Running // run: a row of the past said when it began
		if span.State == flow.Running && !same {
			f.M[mRuns]++
		}
		switch {
		case span.State == flow.Ready && on:
			spans = append(spans, spanFact{From: span.From})
		case span.State == flow.Ready:
			spans = append(spans, spanFact{From: span.From, To: span.To, Working: LengthOf(span.From, span.To, h).Working.Microseconds(), Station: span.Station})
		case span.State != flow.Running || on:
		case same:
			spans[len(spans)-1].To = span.To
		default:
			spans = append(spans, spanFact{Run: true, From: span.From, To: span.To})
		}
	}
	if len(spans) == 0 {
		return ""
	}
	text, err := json.Marshal(spans)
	if err != nil { // plain values always marshal
		panic(err)
	}
	return string(text)
}

func (b *factBook) hold(stage string, span Span, on bool) {
	if on {
		b.fact(HoldFact, stage, span.From, 0).Reason = span.Reason
		return
	}
	_, h := b.lens.Place(b.past.Job.Process, stage)
	f := b.fact(HoldFact, stage, span.From, span.To)
	f.Reason = span.Reason
	f.length(mElapsed, LengthOf(span.From, span.To, h))
}

// accounts adds up what each day changed at each stage. What the job began with stands with the first of each stage.
func (b *factBook) accounts() {
	type place struct {
		stage string
		day   flow.Date
	}
	at, firsts := map[place]int{}, map[string]int{}
	first := ""
	if len(b.past.Job.Stages) > 0 {
		first = b.past.Job.Stages[0].Code
	}
	var start flow.Quantity
	for _, e := range b.past.Entries {
		key := place{e.Stage, b.lens.day(e.At)}
		i, ok := at[key]
		if !ok {
			i = len(b.list)
			at[key] = i
			b.fact(AccountFact, e.Stage, e.At, e.At).M[mInspects] = flag(b.lens.Inspection(b.past.Job.Process, e.Stage))
		}
		if _, ok := firsts[e.Stage]; !ok {
			firsts[e.Stage] = i
		}
		f := &b.list[i]
		f.Since, f.At = min(f.Since, e.At), max(f.At, e.At)
		f.entry(e)
		if e.Stage == first {
			f.M[mFresh] += int64(e.Came - e.Again)
			start += e.Came - e.Again
		}
	}
	for _, i := range firsts {
		b.list[i].M[mBase] = int64(start)
	}
}

func (f *Fact) entry(e Entry) {
	f.M[mReports] += int64(e.Reports)
	f.M[mCame] += int64(e.Came)
	f.M[mQuantity] += int64(e.Good)
	f.M[mWasted] += int64(e.Wasted)
	f.M[mShort] += int64(e.Short)
	f.M[mSentBack] += int64(e.SentBack)
	f.M[mLeft] += int64(e.Left)
	f.M[mSecond] += int64(e.Second)
	f.M[mFirst] += int64(e.First)
}

func (b *factBook) losses() {
	type place struct {
		stage, reason string
		day           flow.Date
	}
	at := map[place]int{}
	for _, loss := range b.past.Losses {
		key := place{loss.Stage, loss.Reason, b.lens.day(loss.At)}
		i, ok := at[key]
		if !ok {
			i = len(b.list)
			at[key] = i
			b.fact(LossFact, loss.Stage, loss.At, loss.At).Reason = loss.Reason
		}
		f := &b.list[i]
		f.Since, f.At = min(f.Since, loss.At), max(f.At, loss.At)
		f.M[mTimes]++
		f.M[mQuantity] += int64(loss.Quantity)
	}
}

func (b *factBook) trip(t Trip) {
	f := b.fact(TripFact, t.Stage, t.Sent, t.Back)
	f.Vendor = t.Vendor
	f.M[mQuantity], f.M[mLost] = int64(t.Quantity), int64(t.Lost)
	if t.Back == 0 {
		f.M[mWorking] = int64(t.Quantity - t.Good - t.Unused - t.Lost) // what is there; it has no length yet
		return
	}
	_, h := b.lens.Place(b.past.Job.Process, t.Stage)
	f.length(mElapsed, LengthOf(t.Sent, t.Back, h))
	if t.Expected != "" {
		f.M[mDated], f.M[mLate] = 1, flag(f.Day > t.Expected)
	}
}

// run adds a run at a station that has ended; one that goes on was added with its stay.
func (b *factBook) run(r Run) {
	if b.goesOn(r) {
		return
	}
	_, h := b.lens.Place(b.past.Job.Process, r.Stage)
	f := b.fact(RunFact, r.Stage, r.From, r.To)
	f.Station = r.Station
	f.length(mElapsed, LengthOf(r.From, r.To, h))
}

func (b *factBook) goesOn(r Run) bool {
	return slices.ContainsFunc(b.past.Stays, func(s Stay) bool {
		last := s.Spans[len(s.Spans)-1]
		return s.To == 0 && s.Stage == r.Stage && last.State == flow.Running && last.From == r.From && last.To == r.To && last.Station == r.Station
	})
}

const maxPath = 1000 // bytes: longer ways are told by their beginning

// pathOf is the way a job went, stage by stage in the order in which it first came to each time, and after a bar the way that was planned, or
// = when it is the same. Stages at which nobody did anything are not on the way.
func pathOf(p Past) string {
	worked := map[string]bool{}
	for _, e := range p.Entries {
		worked[e.Stage] = worked[e.Stage] || e.Reports > 0
	}
	for _, t := range p.Trips {
		worked[t.Stage] = true
	}
	stays := slices.Clone(p.Stays)
	slices.SortStableFunc(stays, func(a, b Stay) int { return int(max(min(a.From-b.From, 1), -1)) })
	var path, plan []string
	for _, s := range stays {
		if n := len(path); worked[s.Stage] && (n == 0 || path[n-1] != s.Stage) {
			path = append(path, s.Stage)
		}
	}
	for _, s := range p.Job.Stages {
		if s.Need != flow.NotRequired {
			plan = append(plan, s.Code)
		}
	}
	if slices.Equal(path, plan) {
		plan = []string{"="}
	}
	text := strings.Join(path, ">") + "|" + strings.Join(plan, ">")
	if len(text) > maxPath {
		hash := sha256.Sum256([]byte(text))
		text = text[:maxPath] + "…" + hex.EncodeToString(hash[:8])
	}
	return text
}

// VariantOf reads a way that a job went, as its fact keeps it.
func VariantOf(text string) Variant {
	path, plan, _ := strings.Cut(text, "|")
	v := Variant{Path: split(path), Plan: split(plan), Planned: plan == "="}
	if v.Planned {
		v.Plan = v.Path
	}
	return v
}

// Way is the text that VariantOf was given.
func (v Variant) Way() string {
	plan := strings.Join(v.Plan, ">")
	if v.Planned {
		plan = "="
	}
	return strings.Join(v.Path, ">") + "|" + plan
}

func split(way string) []string {
	if way == "" {
		return nil
	}
	return strings.Split(way, ">")
}
