package flow

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// checked counts the random commands that the property tests gave; it is printed at the end of a verbose run.
var checked atomic.Int64

// ciChecks is how many histories each property tries when nobody says: a tenth of what make properties does.
const ciChecks = "3000"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", ciChecks); err != nil { // before the command line is read, which may say more
		panic(err)
	}
	flag.Parse()
	code := m.Run()
	if testing.Verbose() {
		fmt.Printf("properties: %d random commands checked\n", checked.Load())
	}
	os.Exit(code)
}

// shop is a job and the people around it, driven by random commands.
type shop struct {
	t          *rapid.T
	process    Process // the version that the job follows
	editions   []Process
	job        Job
	history    []Movement
	members    []Mark
	now        Moment
	seq        int64
	busy       Occupied // what runs at any station
	given      uint64
	overridden bool     // a gate was passed with a reason, so that later sums at it do not count
	story      []string // read by a person when a property fails
	again      again
}

func anyID(t *rapid.T, label string) ID {
	var id ID
	copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, label))
	id[0] |= 1
	return id
}

var anyQuantity = rapid.Custom(func(t *rapid.T) Quantity {
	return Quantity(rapid.OneOf(rapid.Int64Range(0, 20), rapid.SampledFrom([]int64{0, 1e6, 2e6, 3e6, 5e6, 8e6, 20e6}),
		rapid.Int64Range(0, 5_000_000_000)).Draw(t, "q"))
})

func openShop(t *rapid.T) *shop {
	s := &shop{t: t, now: At(time.Date(2026, 11, 2, 3, 30, 0, 0, time.UTC))}
	s.process = Process{ID: anyID(t, "process"), Version: 1, Name: "Cartons", Mode: rapid.SampledFrom([]Mode{UnitMode, QuantityMode}).Draw(t, "mode"),
		Unit: "sheets", Over: rapid.SampledFrom([]int{0, 5, 200}).Draw(t, "over"), WasteReasons: []Reason{{Code: "torn"}}, HoldReasons: StarterHolds()}
	for i := range rapid.IntRange(1, 5).Draw(t, "stages") {
		s.process.Stages = append(s.process.Stages, anyStage(t, i))
	}
	s.process.Flexible = rapid.Bool().Draw(t, "flexible")
	s.sizes()
	s.editions = []Process{s.process}
	s.members = []Mark{
		{Member: ID{1}, Role: Owner, Scope: Scope{All: true}},
		{Member: ID{2}, Role: Operator, Scope: Scope{Stages: map[StageRef]bool{{s.process.ID, "s0"}: true, {s.process.ID, "s1"}: true}}},
		{Member: ID{3}, Role: Operator, Scope: Scope{Stages: map[StageRef]bool{{s.process.ID, "s1"}: true, {s.process.ID, "s2"}: true}}},
		{Member: ID{6}, Role: Vendor, Scope: Scope{Vendors: map[ID]bool{{4}: true}}},
		{Member: ID{7}, Role: Vendor, Scope: Scope{Vendors: map[ID]bool{{9}: true}}},
	}
	n := s.newJob(anyID(t, "job"))
	s.give(s.members[0], Create{Process: s.process.ID, Version: 1, Jobs: []NewJob{n}})
	if s.job.ID.IsZero() {
		t.Fatal("the job was not created")
	}
	return s
}

// anyStage draws a stage, now and then with everything a stage can be.
func anyStage(t *rapid.T, i int) Stage {
	st := Stage{Code: fmt.Sprintf("s%d", i), Name: fmt.Sprintf("Stage %d", i)}
	if rapid.IntRange(0, 3).Draw(t, "plain") > 0 {
		return st
	}
	if rapid.Bool().Draw(t, "stations") {
		st.Stations = []string{"Press 1", "Press 2"}
	}
	st.Yields, _ = ParseRatio(rapid.SampledFrom([]string{"", "", "8", "1/12", "0.5", "7/3"}).Draw(t, "yields"))
	st.Optional = rapid.Bool().Draw(t, "optional")
	st.LotIn = rapid.IntRange(0, 5).Draw(t, "lots in") == 0
	st.LotOut = rapid.IntRange(0, 5).Draw(t, "lots out") == 0
	st.Approval = rapid.IntRange(0, 5).Draw(t, "approval") == 0
	st.Inspection = rapid.IntRange(0, 3).Draw(t, "inspection") == 0
	st.Dwell = rapid.SampledFrom([]int{0, 0, 5}).Draw(t, "dwell")
	if i > 0 && rapid.IntRange(0, 2).Draw(t, "gate") == 0 {
		st.Needs = []string{"s0"}
	}
	if rapid.IntRange(0, 3).Draw(t, "form") == 0 {
		st.Fields = []Field{{Code: "lot", Label: "Lot", Type: TextField, Required: rapid.Bool().Draw(t, "must")}}
	}
	return st
}

// sizes makes some processes count by size, beside a second balance, and grade what comes.
func (s *shop) sizes() {
	t, p := s.t, &s.process
	if p.Mode != QuantityMode || rapid.IntRange(0, 2).Draw(t, "counts sizes") > 0 {
		return
	}
	p.Flexible = false
	if rapid.IntRange(0, 3).Draw(t, "sized") > 0 {
		p.Sizes = []string{"S", "M", "L"}
	}
	if rapid.Bool().Draw(t, "two balances") {
		p.Second = "stones"
	}
	for i := range p.Stages {
		if st := &p.Stages[i]; st.Yields.den > 1 {
			st.Yields = Ratio{}
		}
		if rapid.IntRange(0, 5).Draw(t, "graded") == 0 {
			p.Stages[i].Grades = []string{"A", "B"}
		}
	}
	if err := p.sizesAcceptable(); err != nil {
		t.Fatal(err)
	}
}

func (s *shop) newJob(id ID) NewJob {
	n := NewJob{ID: id, Number: "JC-1"}
	for _, size := range s.process.Sizes {
		if n.Sizes == nil {
			n.Sizes = map[string]Quantity{}
		}
		n.Sizes[size] = anyQuantity.Draw(s.t, "of "+size)
		n.Quantity += n.Sizes[size]
	}
	if s.process.Second != "" {
		n.Second = anyQuantity.Draw(s.t, "stones")
	}
	if n.Quantity == 0 {
		n.Quantity, n.Sizes = max(anyQuantity.Draw(s.t, "order"), 1), nil
	}
	return n
}

// of draws what of a command belongs to which size, out of what here gives; often nothing, and the job's own terms then.
func (s *shop) of(code string, here func(StageState) Quantity, make func(Quantity) Amount) map[string]Amount {
	if len(s.job.Accounts) == 0 || rapid.IntRange(0, 2).Draw(s.t, "by size") == 0 {
		return nil
	}
	of := map[string]Amount{}
	for _, a := range s.job.Accounts {
		q := here(a.Stage(code))
		if q = rapid.SampledFrom([]Quantity{q, q, q / 2, q + 1, 0}).Draw(s.t, a.Name); q > 0 || rapid.Bool().Draw(s.t, "nothing of it") {
			of[a.Name] = make(q)
		}
	}
	return of
}

// grades splits what is good, mostly rightly, where the stage asks for it.
func (s *shop) grades(code string, good Quantity) map[string]Quantity {
	if stage, _ := s.process.Stage(code); len(stage.Grades) == 0 || rapid.IntRange(0, 9).Draw(s.t, "ungraded") == 0 {
		return nil
	}
	return map[string]Quantity{"A": good - good/3, "B": good / 3}
}

// ways makes amounts that go one of the ways of a report.
func (s *shop) ways() func(Quantity) Amount {
	way := rapid.IntRange(0, 3).Draw(s.t, "way")
	to := rapid.SampledFrom(s.process.Route()).Draw(s.t, "way back")
	return func(q Quantity) Amount {
		switch {
		case q == 0:
			return Amount{}
		case way == 1:
			return Amount{Good: q / 2, Wasted: []Waste{{Reason: "torn", Quantity: q - q/2}}}
		case way == 2:
			return Amount{Back: []Back{{To: to, Reason: "torn", Quantity: q}}}
		case way == 3:
			return Amount{Short: q}
		}
		return Amount{Good: q}
	}
}

func counts(q Quantity) Amount { return Amount{Quantity: q} }

func (s *shop) world() World {
	w := World{Challan: fmt.Sprintf("DC-%d", s.given), Jobs: map[ID]Job{}, Processes: map[Edition]Process{}, History: map[ID][]Movement{}, Busy: s.busy}
	for _, p := range s.editions {
		w.Processes[Edition{p.ID, p.Version}], w.Newest = p, p
	}
	if !s.job.ID.IsZero() {
		w.Jobs[s.job.ID], w.History[s.job.ID] = s.job, s.history
	}
	return w
}

// give gives a command and checks everything that must hold whatever the answer is.
func (s *shop) give(m Mark, a Action) {
	checked.Add(1)
	m.At = s.now
	s.given++
	c := Command{ID: ID(binary.BigEndian.AppendUint64(make([]byte, 8), s.given)), Action: a}
	before, _ := json.Marshal(s.job)
	if s.given > 1 && s.given%4 == 0 {
		strangersGetNothing(s.t.Fatalf, s.world(), c, s.now)
	}
	if _, err := s.again.deliver(c, s.seq, func() (int, error) { return s.decide(m, c) }); err != nil {
		if _, ok := err.(*Refusal); !ok {
			s.t.Fatalf("refused without a reason a person can read: %v\n%s", err, s.tell())
		}
		return
	}
	s.gated(m, a)
	s.answered(m, a, before)
	s.stationed()
	s.holds()
	s.twice(m)
}

var longID = regexp.MustCompile(`"([0-9a-f]{4})[0-9a-f]{4}(?:-[0-9a-f]{4}){3}-[0-9a-f]{9}([0-9a-f]{3})"`)

// chapter is one command of a story as a person reads it: what was asked, without what was left out, and what came of it.
func chapter(by string, a Action, moves []Movement, err error) string {
	asked, _ := json.Marshal(a)
	came := fmt.Sprint(err)
	if err == nil {
		var kinds []string
		for _, m := range moves {
			kinds = append(kinds, strings.TrimSpace(string(m.Kind)+" "+m.Stage))
		}
		came = strings.Join(kinds, ", ")
	}
	return fmt.Sprintf("%s%s %s\n      => %s", a.Name(), by, longID.ReplaceAllString(string(asked), "$1~$2"), came)
}

// gated checks that what has just gone on was allowed to.
func (s *shop) gated(m Mark, a Action) {
	var rel Release
	var at Work
	switch a := a.(type) {
	case Report:
		if rel, at = a.Release, a.Work; a.Good == 0 {
			return
		}
	case Finish:
		rel, at = a.Release, a.Work
	case Receive:
		if rel, at = a.Release, a.Work; a.Good == 0 {
			return
		}
	default:
		return
	}
	stage, _ := s.process.Stage(at.Stage)
	here, _ := s.job.Stage(at.Stage)
	switch {
	case stage.Approval && rel.Approver == "":
		s.t.Fatalf("it went on without approval\n%s", s.tell())
	case rel.Override != "" && m.Role != Owner:
		s.t.Fatalf("somebody else than an owner passed a gate\n%s", s.tell())
	case len(stage.Fields) > 0 && stage.Fields[0].Required && here.Values["lot"] == "":
		s.t.Fatalf("it went on without the form\n%s", s.tell())
	}
	for _, need := range stage.Needs {
		if here.gone() > s.job.cleared(need, at.Stage) && rel.Override == "" && !s.overridden {
			s.t.Fatalf("it went on without inspection\n%s", s.tell())
		}
	}
	s.overridden = s.overridden || rel.Override != ""
}

// answered checks that a vendor moved nothing and answered only for what was sent to them.
func (s *shop) answered(m Mark, a Action, text []byte) {
	answer, says := a.(Answer)
	if m.Role == Vendor && !says {
		if _, undo := a.(Undo); !undo {
			s.t.Fatalf("a vendor did something else\n%s", s.tell())
		}
		return
	}
	if !says {
		return
	}
	var before Job
	if err := json.Unmarshal(text, &before); err != nil {
		s.t.Fatal(err)
	}
	for i, st := range s.job.Stages {
		if st.terms() != before.Stages[i].terms() || st.By != before.Stages[i].By || st.Status() != before.Stages[i].Status() {
			s.t.Fatalf("an answer changed the account of %s\n%s", st.Code, s.tell())
		}
		for _, o := range st.Out {
			if o.Ready > o.Quantity || o.Challan == answer.Challan && st.Code == answer.Lines[0].Stage && !m.Scope.Vendors[o.Vendor] {
				s.t.Fatalf("an answer was taken of more than is there, or from somebody else\n%s", s.tell())
			}
		}
	}
}

func (s *shop) take(mv Movement) {
	s.seq++
	mv.Seq = s.seq
	s.history = append(s.history, mv)
	var err error
	if mv.Kind == KindUndone {
		s.job, err = Replay(s.history)
	} else {
		s.job, err = Apply(s.job, mv)
	}
	if err != nil {
		s.t.Fatalf("a decided movement does not apply: %v\n%s", err, s.tell())
	}
	s.process = s.editions[s.job.Version-1]
}

// holds checks what is always true of a job.
func (s *shop) holds() {
	if err := s.job.Check(); err != nil {
		s.t.Fatalf("%v\n%s", err, s.tell())
	}
	sum := s.job.Dispatched() + s.job.Wasted()
	want := s.job.Quantity
	scaled := false // each stage counts in its own unit: their own accounts say all there is
	for _, st := range s.job.Stages {
		if total, _ := st.Yields.of(st.Good); total != st.Handed() {
			s.t.Fatalf("%s of %s passed on became %s\n%s", st.Good, st.Yields, st.Handed(), s.tell())
		}
		var graded Quantity
		for _, q := range st.Grades {
			graded += q
		}
		if graded > st.Good {
			s.t.Fatalf("more is graded than is good\n%s", s.tell())
		}
		var came Quantity
		for _, c := range st.Came {
			came += c.Quantity
		}
		if st.Timed && came != st.OnHand {
			s.t.Fatalf("%s are on hand at a timed stage, %s came\n%s", st.OnHand, came, s.tell())
		}
		if st.Need == NotRequired && st.OnHand > 0 {
			s.t.Fatalf("something stays at a stage that is not to be done\n%s", s.tell())
		}
		scaled = scaled || !st.Yields.IsZero()
	}
	for _, st := range s.job.Stages {
		sum += st.OnHand + st.AtVendor + st.Short
		want += st.Found
	}
	if sum != want && !scaled {
		s.t.Fatalf("quantity appeared or went: %s brought and found, %s accounted for\n%s", want, sum, s.tell())
	}
	for _, stretch := range s.job.Stretches() {
		if !stretch.Closes() {
			s.t.Fatalf("from %s to %s the account does not close: %+v\n%s", stretch.From, stretch.To, stretch, s.tell())
		}
	}
	folded, err := Replay(s.history)
	if err != nil || !reflect.DeepEqual(folded, s.job) {
		s.t.Fatalf("replaying the history gives another job (%v)\n%s", err, s.tell())
	}
	if err := lostInStore(s.job, s.history[len(s.history)-1:]); err != nil {
		s.t.Fatalf("%v\n%s", err, s.tell())
	}
}

// lostInStore says what of a job or of movements is not there any more when they are read from their stored form.
func lostInStore(j Job, moves []Movement) error {
	var job Job
	text, err := json.Marshal(j)
	if err == nil {
		err = json.Unmarshal(text, &job)
	}
	if err != nil || !reflect.DeepEqual(job, j) {
		return fmt.Errorf("the stored form of %s loses something: %w", j.Number, err)
	}
	for _, m := range moves {
		var f Facts
		if err := json.Unmarshal([]byte(m.Facts.Encode()), &f); err != nil || f.Encode() != m.Facts.Encode() {
			return fmt.Errorf("the stored form of %s %s loses something: %w", m.Kind, m.Stage, err)
		}
	}
	return nil
}

func (s *shop) tell() string {
	var b bytes.Buffer
	for i, line := range s.story {
		fmt.Fprintf(&b, "%2d. %s\n", i+1, line)
	}
	return b.String()
}

// anyAction draws a command that is possible, or nearly.
func (s *shop) anyAction() Action {
	t := s.t
	at := Work{Job: s.job.ID, Stage: rapid.SampledFrom(append(s.codes(), "nowhere")).Draw(t, "stage")}
	here, _ := s.job.Stage(at.Stage)
	part := rapid.OneOf(anyQuantity, rapid.Just(here.OnHand), rapid.Just(here.OnHand/2), rapid.Just(here.OnHand+1))
	rel := Release{Approver: rapid.SampledFrom([]string{"", "Meera"}).Draw(t, "approver"), Override: rapid.SampledFrom([]string{"", "", "", "urgent"}).Draw(t, "override")}
	if rapid.IntRange(0, 2).Draw(t, "filled") > 0 {
		stage, _ := s.process.Stage(at.Stage)
		for _, f := range stage.Fields {
			rel.Values = map[string]string{f.Code: "L-1"}
		}
	}
	if a := s.record(at, &rel); a != nil {
		return a
	}
	switch rapid.IntRange(0, 14).Draw(t, "what") {
	case 13:
		return s.anyMove()
	case 14:
		return s.anyAnswer(at)
	case 11:
		if of := s.of(at.Stage, onHand, counts); of != nil {
			return Send{Lines: []SendLine{{Work: at, Of: of}}, Vendor: ID{4}}
		}
		return Send{Lines: []SendLine{{Work: at, Quantity: part.Draw(t, "sent")}}, Vendor: ID{4}, Expected: rapid.SampledFrom([]Date{"", "2026-12-01"}).Draw(t, "expected")}
	case 12:
		r := Receive{Work: at, Challan: "DC-1", Release: rel}
		if len(here.Out) > 0 {
			o := rapid.SampledFrom(here.Out).Draw(t, "challan")
			back := rapid.OneOf(rapid.Just(o.Quantity), rapid.Just(o.Quantity/2), rapid.Just(o.Quantity+1), rapid.Just(Quantity(0)))
			r.Challan, r.Good, r.Unused = o.Challan, back.Draw(t, "came"), back.Draw(t, "unused")
			if rapid.Bool().Draw(t, "spoilt") {
				r.Damaged, r.Short, r.Good = back.Draw(t, "damaged"), back.Draw(t, "missing there"), 0
			}
			if of := s.of(at.Stage, r.out, func(q Quantity) Amount {
				if q < 2 {
					return Amount{Good: q}
				}
				return Amount{Good: q / 2, Quantity: q/2 - 1, Wasted: []Waste{{Reason: DamagedAtVendor, Quantity: q - 2*(q/2) + 1}}}
			}); of != nil {
				r.Of, r.Good, r.Damaged, r.Short, r.Unused = of, 0, 0, 0, 0
			}
		}
		return r
	case 0:
		s.busy = rapid.SampledFrom([]Occupied{{}, {}, {Job: Job{Number: "JC-9", Process: s.process.ID, Stages: []StageState{{Code: "s1", By: ID{2}}}}, Stage: "s1"}}).Draw(t, "busy")
		return Start{Work: at, Values: rel.Values, Used: rel.Used, Station: s.anyStation(at.Stage), Together: rapid.Bool().Draw(t, "together")}
	case 1:
		rel.Grades = s.grades(at.Stage, here.OnHand)
		return Finish{Work: at, Release: rel, Station: s.anyStation(at.Stage)}
	case 7:
		return Decision{Work: at, Needed: rapid.Bool().Draw(t, "needed")}
	case 8:
		if of := s.of(at.Stage, onHand, counts); of != nil {
			return Count{Work: at, There: total(of).Quantity, Of: of, Reason: "recount"}
		}
		return Count{Work: at, There: part.Draw(t, "there"), Reason: rapid.SampledFrom([]string{"", "recount"}).Draw(t, "why counted")}
	case 9:
		return Change{Job: s.job.ID, Set: map[string]string{
			rapid.SampledFrom([]string{SetDue, SetUrgent, SetItem, SetField + "gsm", "nonsense"}).Draw(t, "name"): rapid.SampledFrom([]string{"", "yes", "2026-12-01"}).Draw(t, "value")}}
	case 10:
		return AddStage{Work: Work{s.job.ID, "extra"}, Called: "Extra", After: at.Stage}
	case 2:
		return Hold{Work: at, Reason: rapid.SampledFrom([]string{"no_power", "no_power", "", "unheard of"}).Draw(t, "reason"),
			Awaits: rapid.SampledFrom([]Awaited{{}, {Name: "the customer", Until: "2026-12-01"}, {Member: ID{2}, Name: "Priya"}, {Until: "2001-01-01"}}).Draw(t, "who acts")}
	case 3:
		return Resume{Work: at}
	case 4:
		return Undo{Job: s.job.ID, Undoes: rapid.SampledFrom(s.history).Draw(t, "undoes").Command,
			Reason: rapid.SampledFrom([]string{"", "wrong job"}).Draw(t, "mistake"), Together: rapid.Bool().Draw(t, "together")}
	}
	r := Report{Work: at, Release: rel, Good: part.Draw(t, "good")}
	if rapid.Bool().Draw(t, "wasted") {
		r.Wasted = []Waste{{Reason: rapid.SampledFrom([]string{"torn", "torn", "torn", ""}).Draw(t, "why"), Quantity: part.Draw(t, "waste")}}
	}
	if rapid.IntRange(0, 2).Draw(t, "back") == 0 {
		r.Back = []Back{{To: rapid.SampledFrom(s.process.Route()).Draw(t, "to"), Reason: rapid.SampledFrom([]string{"torn", "torn", ""}).Draw(t, "again"), Quantity: part.Draw(t, "returned")}}
	}
	if rapid.IntRange(0, 3).Draw(t, "short") == 0 {
		r.Short = part.Draw(t, "missing")
	}
	if of := s.of(at.Stage, onHand, s.ways()); of != nil {
		r.Of, r.Wasted, r.Back, r.Short = of, nil, nil, 0
		r.Good = total(of).Good
		if total(of).Scrap()+total(of).returned()+total(of).Short > 0 {
			r.Good = 0
		}
	}
	r.Grades = s.grades(at.Stage, r.Good)
	return r
}

// anyAnswer draws what a vendor says, mostly of something that is there.
func (s *shop) anyAnswer(at Work) Action {
	t := s.t
	a := Answer{Challan: "DC-1", Said: rapid.SampledFrom([]Said{SaidHere, SaidReady, SaidReady, SaidBack, SaidProblem, "sold"}).Draw(t, "said"),
		Note: rapid.SampledFrom([]string{"", "film is short"}).Draw(t, "vendor's note"), Lines: []AnswerLine{{Work: at}}}
	for _, st := range s.job.Stages {
		if len(st.Out) == 0 {
			continue
		}
		o := rapid.SampledFrom(st.Out).Draw(t, "answered challan")
		a.Challan, a.Lines[0].Stage = o.Challan, st.Code
		a.Lines[0].Quantity = rapid.SampledFrom([]Quantity{0, 0, o.Quantity, o.Quantity / 2, o.Quantity + 1}).Draw(t, "ready")
	}
	return a
}

// gives is a command by one of those who may give it: a vendor's answers come from the vendor.
func (s *shop) gives(who Mark, a Action) {
	if _, says := a.(Answer); says && rapid.IntRange(0, 4).Draw(s.t, "by another") > 0 {
		who = s.members[3]
	}
	s.give(who, a)
}

// record draws what is kept beside the quantities: lots, non-conformances and shared runs.
func (s *shop) record(at Work, rel *Release) Action {
	t := s.t
	if rapid.IntRange(0, 3).Draw(t, "lot") == 0 {
		rel.Used = []Used{{Lot: rapid.SampledFrom([]string{"B-1", "b-1", "B-2", ""}).Draw(t, "lot in"), Quantity: anyQuantity.Draw(t, "of it")}}
	}
	rel.Made = rapid.SampledFrom([]string{"", "C-1", "C-2"}).Draw(t, "lot out")
	nc := ID{8, byte(rapid.IntRange(1, 3).Draw(t, "nc"))}
	switch rapid.IntRange(0, 22).Draw(t, "record") {
	case 5, 6:
		return s.anyFile(at.Stage)
	case 0:
		return RaiseNC{Work: at, NC: nc, What: rapid.SampledFrom([]string{"torn", ""}).Draw(t, "what is wrong"), Quantity: anyQuantity.Draw(t, "of these")}
	case 1:
		return SettleNC{Job: s.job.ID, NC: nc, Decided: "scrap", Action: rapid.SampledFrom([]string{"", "new blanket"}).Draw(t, "action")}
	case 2:
		return SettleNC{Job: s.job.ID, NC: nc, Verdict: "three jobs without it"}
	case 3:
		return StartTogether{Works: []Work{at}, Batch: ID{4}}
	case 4:
		return FinishTogether{Works: []Work{at}, Release: *rel}
	}
	return nil
}

func TestRandomCommandsKeepTheAccounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := openShop(t)
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			s.step()
		}
	})
}

func (s *shop) step() {
	s.now = s.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(s.t, "seconds")) * time.Second)
	s.gives(rapid.SampledFrom(s.members).Draw(s.t, "who"), s.anyAction())
}

// Undoing the last command gives the job exactly as it was, but for the moment of the last movement.
func TestUndoRestoresTheJob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := openShop(t)
		owner := s.members[0]
		for range rapid.IntRange(1, 25).Draw(t, "commands") {
			s.now = s.now.Add(time.Minute)
			before, n := s.job, len(s.history)
			s.gives(owner, s.anyAction())
			if len(s.history) == n || s.history[n].Kind == KindUndone {
				continue
			}
			s.now = s.now.Add(time.Minute)
			s.give(owner, Undo{Job: s.job.ID, Undoes: s.history[n].Command, Reason: "wrong job"})
			after := s.job
			after.Last = before.Last
			if !reflect.DeepEqual(after, before) {
				t.Fatalf("undo left something behind:\n%+v\n%+v\n%s", before, after, s.tell())
			}
		}
	})
}

func anyPast(t *rapid.T, stages []string) []PastRow {
	start := At(time.Date(2012, 1, 29, 23, 0, 0, 0, time.UTC))
	var rows []PastRow
	for i := range rapid.IntRange(1, 30).Draw(t, "rows") {
		began := start.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "began")) * time.Minute)
		r := PastRow{Ref: fmt.Sprintf("r%d", i), Line: i + 2, Stage: rapid.SampledFrom(stages).Draw(t, "stage"), Began: began,
			Ended: began.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "took")) * time.Minute),
			Good:  anyQuantity.Draw(t, "good"), Wasted: anyQuantity.Draw(t, "wasted")}
		switch rapid.IntRange(0, 9).Draw(t, "times") {
		case 0:
			r.Began = 0
		case 1:
			r.Ended, r.Good, r.Wasted = 0, 0, 0
		}
		rows = append(rows, r)
	}
	return rows
}

// Whatever a log of the past says, all of it goes in once, its sums are those of the file, and the accounts close.
func TestThePastAlwaysGoesIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checked.Add(1)
		p := Process{ID: ID{9}, Version: 1, Mode: rapid.SampledFrom([]Mode{UnitMode, QuantityMode}).Draw(t, "mode")}
		for _, c := range []string{"a", "b", "c", "d"} {
			p.Stages = append(p.Stages, Stage{Code: c, Name: c})
		}
		rows := anyPast(t, p.Route())
		cut := rapid.IntRange(0, len(rows)).Draw(t, "cut") // the first import has a part, the second all
		w := World{Jobs: map[ID]Job{}, Processes: map[Edition]Process{{p.ID, 1}: p}, History: map[ID][]Movement{}}
		m := Mark{Member: ID{1}, Role: Owner, Scope: Scope{All: true}, At: At(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))}
		id := ID{7}
		for _, part := range [][]PastRow{rows[:cut], rows, rows} {
			a := ImportHistory{Process: p.ID, Version: 1, Jobs: []PastJob{{NewJob: NewJob{ID: id, Number: "J-1", Quantity: Units(10)}, Rows: part}}}
			moves, err := Decide(w, m, Command{ID: ID{8}, Action: a})
			if err != nil {
				t.Fatalf("the past was refused: %v", err)
			}
			w.History[id] = append(w.History[id], moves...)
			if len(w.History[id]) == 0 {
				continue
			}
			j, err := Replay(w.History[id])
			if err != nil || j.Check() != nil {
				t.Fatalf("the past does not add up: %v, %v", err, j.Check())
			}
			w.Jobs[id] = j
		}
		compareWithFile(t, p.Mode, rows, w.History[id])
	})
}

func compareWithFile(t *rapid.T, mode Mode, rows []PastRow, history []Movement) {
	refs := map[string]int{}
	var good, wasted Quantity
	for _, m := range history {
		if m.Facts.Ref != "" {
			refs[m.Facts.Ref]++
		}
		if m.Kind == KindReported && m.Mark == MarkImported {
			good, wasted = good+m.Facts.Good, wasted+m.Facts.Scrap()
		}
	}
	for _, r := range rows {
		if refs[r.Ref] != 1 {
			t.Fatalf("row %s is in %d times", r.Ref, refs[r.Ref])
		}
		if mode == QuantityMode {
			good, wasted = good-r.Good, wasted-r.Wasted
		}
	}
	if mode == QuantityMode && (good != 0 || wasted != 0) {
		t.Fatalf("the sums differ from the file's by %s good and %s wasted", good, wasted)
	}
}

func TestQuantityReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := Quantity(rapid.Int64Range(0, int64(MaxQuantity)).Draw(t, "q"))
		got, err := ParseQuantity(q.String())
		if err != nil || got != q {
			t.Fatalf("%d became %d (%v)", q, got, err)
		}
		if rapid.Bool().Draw(t, "a difference") {
			q = -q
		}
		text, err := json.Marshal(q)
		if err == nil {
			err = json.Unmarshal(text, &got)
		}
		if err != nil || got != q {
			t.Fatalf("stored, %d became %d (%v)", q, got, err)
		}
	})
}
