package flow

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Apply is the job after a movement. It refuses only what cannot be true (more leaves than is there, work on
// nothing); whether a movement was allowed is Decide's affair. Undone movements are Replay's: Apply of an
// "undone" alone is an error.
func Apply(j Job, m Movement) (Job, error) {
	if m.Kind == KindCreated {
		j, err := created(j, m)
		if err != nil {
			return Job{}, err
		}
		return j, j.open(m)
	}
	after, err := moved(j, m)
	if err != nil {
		return Job{}, err
	}
	if err := after.follow(m); err != nil {
		return Job{}, err
	}
	return after, nil
}

// moved is the job after a movement, without its accounts.
func moved(j Job, m Movement) (Job, error) {
	j.Stages = slices.Clone(j.Stages)
	switch m.Kind {
	case KindStageAdded:
		return stageAdded(j, m)
	case KindChanged:
		return changed(j, m)
	case KindArrived:
		return arrived(j, m)
	case KindMovedOver:
		return movedOver(j, m)
	case KindFileAdded, KindFileRetired, KindFileErased:
		return filed(j, m)
	case KindAnswered:
		return answered(j, m)
	}
	i := j.index(m.Stage)
	if i < 0 {
		return Job{}, impossible(m, "the job has no such stage")
	}
	apply, ok := appliers[m.Kind]
	if !ok {
		return Job{}, impossible(m, "no such movement here")
	}
	if err := apply(&j, i, m); err != nil {
		return Job{}, err
	}
	j.clearStations()
	if j.Stages[i].Started == 0 {
		j.Stages[i].Batch = ID{}
	}
	j.Stages[i].By, j.Stages[i].Moved = m.Member, m.Occurred
	j.Last = max(j.Last, m.Occurred)
	return j, nil
}

var appliers = map[Kind]func(j *Job, i int, m Movement) error{
	KindStarted: started, KindReported: reported, KindHeld: held, KindResumed: resumed, KindFound: found,
	KindSent: sent, KindReceived: received, KindSplit: split, KindMerged: split, KindJoined: joined,
	KindPartAdded: partAdded, KindNCRaised: ncRaised, KindNCSettled: ncSettled, KindNCClosed: ncSettled,
	KindRequired: required, KindSkipped: skipped, KindCounted: counted, KindAttempted: attempted, KindAssigned: assigned,
}

// Impossible says that a movement cannot follow the ones before it.
type Impossible struct {
	Movement Movement
	Why      string
}

func (e *Impossible) Error() string {
	return fmt.Sprintf("%s at %q cannot be: %s", e.Movement.Kind, e.Movement.Stage, e.Why)
}

func impossible(m Movement, why string) error { return &Impossible{Movement: m, Why: why} }

func created(before Job, m Movement) (Job, error) {
	f := m.Facts
	if !before.ID.IsZero() {
		return Job{}, impossible(m, "the job exists")
	}
	if len(f.Route) == 0 || f.Quantity < 0 || f.Quantity > MaxQuantity {
		return Job{}, impossible(m, "no route or no possible quantity")
	}
	j := Job{
		ID: m.Job, Process: f.Process, Version: f.Version, Mode: f.Mode, Number: f.Number, Customer: f.Customer,
		Item: f.Item, Quantity: f.Quantity, Unit: f.Unit, Site: f.Site, Due: f.Due, Urgent: f.Urgent, Fields: maps.Clone(f.Fields),
		Created: m.Occurred, Last: m.Occurred, Stages: make([]StageState, len(f.Route)),
		Parent: f.Parent, Track: f.Track, Parts: slices.Clone(f.Parts), LotOf: f.LotOf, Origin: f.At,
	}
	for i, code := range f.Route {
		j.Stages[i].Code = code
	}
	for _, step := range f.Steps {
		if i := j.index(step.Code); i >= 0 {
			j.Stages[i].Yields = step.Yields
			j.Stages[i].Name, j.Stages[i].Timed = step.Name, step.Timed
			switch {
			case step.Skip:
				j.Stages[i].Need = NotRequired
			case step.Optional:
				j.Stages[i].Need = Undecided
			}
		}
	}
	at := 0
	if j.Origin != "" {
		if at = j.index(j.Origin); at < 0 {
			return Job{}, impossible(m, "the lot begins at a stage that is not on its route")
		}
	}
	if f.Found < 0 || f.Found > f.Quantity {
		return Job{}, impossible(m, "more was found than there is")
	}
	j.Found = f.Found
	j.Stages[at].join(f, m.Occurred)
	j.Stages[at].vouch(f.Vouched, 1)
	return j, nil
}

// arrive books a quantity as received and starts the wait when the stage was empty.
func arrive(s *StageState, q Quantity, at Moment) {
	if q == 0 {
		return
	}
	s.Received += q
	come(s, q, at)
}

// bring books a quantity as found.
func bring(s *StageState, q Quantity, at Moment) {
	if q > 0 {
		come(s, q, at)
		s.Found += q
	}
}

func come(s *StageState, q Quantity, at Moment) {
	if s.OnHand == 0 {
		s.Ready, s.Started = at, 0
	}
	s.OnHand += q
	s.came(q, at)
}

// stageAdded puts a stage into the job's own route. Inside the route, nothing may have passed the place yet; at the
// end, what had left the route goes to the new last stage.
func stageAdded(j Job, m Movement) (Job, error) {
	if j.index(m.Stage) >= 0 {
		return Job{}, impossible(m, "the job has that stage already")
	}
	at := len(j.Stages)
	if m.Facts.After != "" {
		at = j.index(m.Facts.After) + 1
	}
	if at == 0 || at < len(j.Stages) && j.Stages[at-1].Handed() > 0 {
		return Job{}, impossible(m, "the job has passed the place already")
	}
	left := j.Stages[at-1].Handed()
	j.Stages = slices.Insert(j.Stages, at, StageState{Code: m.Stage, Name: m.Facts.Name})
	arrive(&j.Stages[at], left, m.Occurred)
	if left > 0 {
		j.Completed = 0
	}
	j.Last = max(j.Last, m.Occurred)
	return j, nil
}

// The names of what a change can set. Other names are the job's own fields.
const (
	SetDue      = "due"
	SetUrgent   = "urgent"
	SetCustomer = "customer"
	SetItem     = "item"
	SetSite     = "site"
	SetField    = "field." // before the name of a field
)

func changed(j Job, m Movement) (Job, error) {
	for name, value := range m.Facts.Set {
		switch name {
		case SetDue:
			if j.Promised == "" {
				j.Promised = j.Due
			}
			j.Due = Date(value)
		case SetUrgent:
			j.Urgent = value != ""
		case SetCustomer:
			j.Customer = value
		case SetItem:
			j.Item = value
		case SetSite:
			j.Site = value
		default:
			j.Fields = with(j.Fields, strings.TrimPrefix(name, SetField), value)
		}
	}
	j.Last = max(j.Last, m.Occurred)
	return j, nil
}

// with is a map with one entry more; an empty value takes the entry away.
func with[V comparable](fields map[string]V, name string, value V) map[string]V {
	var none V
	fields = maps.Clone(fields)
	switch {
	case value == none && len(fields) <= 1 && fields[name] != none:
		return nil
	case value == none:
		delete(fields, name)
	case fields == nil:
		return map[string]V{name: value}
	default:
		fields[name] = value
	}
	return fields
}

func required(j *Job, i int, m Movement) error {
	if j.Stages[i].Need == Required {
		return impossible(m, "it is required already")
	}
	j.Stages[i].Need = Required
	return nil
}

// skipped sends on what is at the stage; what comes later goes through.
func skipped(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	if s.Need == NotRequired || s.Held != 0 || s.AtVendor > 0 {
		return impossible(m, "it is not required already, on hold or at a vendor")
	}
	s.Need = NotRequired
	if s.OnHand == 0 {
		return nil
	}
	return pass(j, i, Facts{Good: s.OnHand}, m)
}

func counted(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	there := m.Facts.Quantity
	if s.Held != 0 || there < 0 || there > MaxQuantity || s.Need == NotRequired {
		return impossible(m, "it is on hold or not a possible quantity")
	}
	more, less := j.differs(i, m.Facts)
	if more > 0 {
		if err := found(j, i, Movement{Kind: m.Kind, Stage: m.Stage, Occurred: m.Occurred, Facts: Facts{Quantity: more}}); err != nil {
			return err
		}
	}
	if less > j.Stages[i].OnHand {
		return impossible(m, "more is missing than is there")
	}
	if less > 0 {
		return pass(j, i, Facts{Short: less}, m)
	}
	return nil
}

// differs is how much more and how much less was counted than is there, over all sizes where there are any: a shoe of the
// wrong size is one more of one and one less of another.
func (j *Job) differs(i int, f Facts) (more, less Quantity) {
	add := func(d Quantity) {
		more, less = more+max(d, 0), less+max(-d, 0)
	}
	if !j.sized() {
		add(f.Quantity - j.Stages[i].OnHand)
		return more, less
	}
	for _, a := range j.Sizes() {
		add(f.Of[a.Name].Quantity - a.Stages[i].OnHand)
	}
	return more, less
}

func sent(j *Job, i int, m Movement) error {
	s, f := &j.Stages[i], m.Facts
	if s.Held != 0 || f.Quantity <= 0 || f.Quantity > s.OnHand || s.out(f.Challan) >= 0 {
		return impossible(m, "it is on hold, more leaves than is there, or it is on that challan already")
	}
	s.Out = append(slices.Clone(s.Out), Out{Vendor: f.Vendor, Challan: f.Challan, Quantity: f.Quantity, Sent: m.Occurred, Expected: f.Expected, Goods: f.Goods})
	s.OnHand, s.AtVendor = s.OnHand-f.Quantity, s.AtVendor+f.Quantity
	s.gave(f.Quantity, true)
	if s.OnHand == 0 {
		s.Ready, s.Started = m.Occurred, 0
	}
	return nil
}

func (s StageState) out(challan string) int {
	return slices.IndexFunc(s.Out, func(o Out) bool { return o.Challan == challan })
}

// received books what came back: good goes on, damaged is wasted, short is closed, and the rest of what came is on
// hand again as it went.
func received(j *Job, i int, m Movement) error {
	s, f := &j.Stages[i], m.Facts
	at := s.out(f.Challan)
	if at < 0 || negative(f) || f.Quantity < 0 || len(f.Back) > 0 || s.Held != 0 && f.Good > 0 {
		return impossible(m, "nothing is there on that challan, or it is on hold")
	}
	came := f.leaving() + f.Quantity
	if came <= 0 || came > s.Out[at].Quantity {
		return impossible(m, "more comes back than went")
	}
	s.Out = slices.Clone(s.Out)
	if s.Out[at].came(came); s.Out[at].Quantity == 0 {
		s.Out = slices.Delete(s.Out, at, at+1)
	}
	if len(s.Out) == 0 {
		s.Out = nil
	}
	s.AtVendor -= came
	timed := s.Timed
	s.Timed = false // what goes on at once is not of what was here
	come(s, came, m.Occurred)
	s.capture(f)
	started := s.Started
	if f.leaving() > 0 {
		if err := pass(j, i, f, m); err != nil {
			return err
		}
		if j.Stages[i].OnHand > 0 { // the vendor worked on it; whether somebody here has begun is as it was
			j.Stages[i].Started = started
		}
	}
	j.Stages[i].Timed = timed
	j.Stages[i].came(f.Quantity, m.Occurred)
	return nil
}

// split takes a quantity out of a stage and out of what it received: from now on it counts with the other lot.
func split(j *Job, i int, m Movement) error {
	s, q := &j.Stages[i], m.Facts.Quantity
	if s.Held != 0 || q <= 0 || q > s.OnHand {
		return impossible(m, "it is on hold, or more leaves than is there")
	}
	fromReceived := q - m.Facts.Found
	if m.Facts.Found < 0 || fromReceived < 0 || fromReceived > s.Received || m.Facts.Found > s.Found {
		return impossible(m, "it is not what was received and found there")
	}
	s.Received, s.SplitOff, s.Found = s.Received-fromReceived, s.SplitOff+fromReceived, s.Found-m.Facts.Found
	s.vouch(m.Facts.Vouched, -1)
	s.gave(q, false)
	if s.OnHand -= q; s.OnHand == 0 {
		s.Ready, s.Started, s.Done, s.Why = 0, 0, m.Occurred, ""
	}
	if m.Kind == KindSplit {
		j.Lots++
	}
	complete(j, m.Occurred)
	return nil
}

// joined brings in what another lot gave away.
func joined(j *Job, i int, m Movement) error {
	s, q := &j.Stages[i], m.Facts.Quantity
	if s.Held != 0 || q <= 0 || s.Need == NotRequired {
		return impossible(m, "it is on hold or not a possible quantity")
	}
	if m.Facts.Found < 0 || m.Facts.Found > q {
		return impossible(m, "more was found than there is")
	}
	s.join(m.Facts, m.Occurred)
	s.Joined += q - m.Facts.Found
	s.vouch(m.Facts.Vouched, 1)
	j.Completed = 0
	return roomy(*s, m)
}

// arrived books what came of a component.
func arrived(j Job, m Movement) (Job, error) {
	j.Parts = slices.Clone(j.Parts)
	i := slices.IndexFunc(j.Parts, func(p Part) bool { return p.Track == m.Facts.Track })
	if i < 0 {
		return Job{}, impossible(m, "the job has no such component")
	}
	p := &j.Parts[i]
	if p.Arrived += m.Facts.Quantity; p.Arrived < 0 || p.Arrived > MaxQuantity {
		return Job{}, impossible(m, "not a possible quantity")
	}
	if p.In = 0; m.Facts.Whole {
		p.In = m.Occurred
	}
	j.Last = max(j.Last, m.Occurred)
	return j, nil
}

func attempted(*Job, int, Movement) error { return nil }

func started(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	if s.OnHand == 0 && m.Mark != MarkImported {
		return impossible(m, "nothing is there")
	}
	if s.Started != 0 || s.Held != 0 {
		return impossible(m, "it is running or on hold")
	}
	s.Started, s.Batch = m.Occurred, m.Facts.Batch
	s.place(m)
	s.capture(m.Facts)
	return nil
}

func held(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	if s.OnHand == 0 || s.Held != 0 {
		return impossible(m, "nothing is there, or it is on hold already")
	}
	s.Held, s.Reason, s.Awaits = m.Occurred, m.Facts.Reason, m.Facts.Awaits
	return nil
}

func resumed(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	if s.Held == 0 {
		return impossible(m, "it is not on hold")
	}
	s.Held, s.Reason, s.Awaits = 0, "", Awaited{}
	s.place(m)
	return nil
}

func found(j *Job, i int, m Movement) error {
	s := &j.Stages[i]
	q := m.Facts.Quantity
	if q <= 0 || s.Received+s.Found+q > MaxQuantity {
		return impossible(m, "not a possible quantity")
	}
	come(s, q, m.Occurred)
	s.Found += q
	j.Completed = 0
	return nil
}

func reported(j *Job, i int, m Movement) error {
	f, s := m.Facts, &j.Stages[i]
	if s.Held != 0 {
		return impossible(m, "it is on hold")
	}
	if negative(f) {
		return impossible(m, "a quantity is negative")
	}
	if f.leaving() > s.OnHand {
		return impossible(m, "more leaves than is there")
	}
	if f.To > 0 {
		s.Reading = f.To
	}
	s.place(m)
	s.capture(f)
	for _, b := range f.Back {
		if err := sendBack(j, i, b, m); err != nil {
			return err
		}
	}
	return pass(j, i, f, m)
}

// capture keeps what a movement tells besides quantities.
func (s *StageState) capture(f Facts) {
	s.fill(f.Values)
	s.grade(f.Grades)
	s.use(f.Used)
	s.make(f.Made, f.Good)
}

func (s *StageState) fill(values map[string]string) {
	for code, value := range values {
		s.Values = with(s.Values, code, value)
	}
}

// sendBack books what arrives at the earlier stage, in that stage's units.
func sendBack(j *Job, i int, b Back, m Movement) error {
	to := j.index(b.To)
	if to < 0 || to >= i || j.Stages[to].Need == NotRequired {
		return impossible(m, "sent back to a stage that is not before it")
	}
	q, ok := j.before(b.Quantity, to, i)
	if !ok {
		return impossible(m, "what goes back is no whole number of what it was made of")
	}
	j.recall(to, i, b.Quantity)
	s := &j.Stages[to]
	arrive(s, q, m.Occurred)
	s.Returned, s.Why = s.Returned+q, b.Reason
	return roomy(*s, m)
}

// before is what a quantity at a stage was at an earlier one.
func (j Job) before(q Quantity, to, from int) (Quantity, bool) {
	return back(q, j.ratios(to, from))
}

func (j Job) ratios(from, to int) []Ratio {
	ratios := make([]Ratio, 0, to-from)
	for i := from; i < to; i++ {
		ratios = append(ratios, j.Stages[i].Yields)
	}
	return ratios
}

func roomy(s StageState, m Movement) error {
	if s.Received+s.Found > MaxQuantity {
		return impossible(m, "the stage would hold more than can be counted")
	}
	return nil
}

// pass takes from a stage what a report says left it, and hands the good to the next stage that is required.
func pass(j *Job, i int, f Facts, m Movement) error {
	leave(&j.Stages[i], f, m.Occurred)
	for good := f.Good; good > 0; i++ {
		out, ok := j.Stages[i].handOn(good)
		if !ok {
			return impossible(m, "the next stage would hold more than can be counted")
		}
		if i+1 == len(j.Stages) {
			break
		}
		next := &j.Stages[i+1]
		arrive(next, out, m.Occurred)
		if err := roomy(*next, m); err != nil {
			return err
		}
		if good = 0; next.Need == NotRequired {
			good = next.OnHand
			leave(next, Facts{Good: good}, m.Occurred)
		}
	}
	if f.Good+f.Scrap()+f.Short > 0 {
		complete(j, m.Occurred)
	}
	return nil
}

// handOn is what the next stage gets for good that has just left this one. Cut by the sum of all that ever left, not
// report by report, so that nothing is lost to rounding.
func (s *StageState) handOn(good Quantity) (Quantity, bool) {
	if s.Yields.IsZero() {
		return good, true
	}
	before := s.Passed
	var ok bool
	s.Passed, ok = s.Yields.of(s.Good)
	return s.Passed - before, ok
}

func negative(f Facts) bool {
	if f.Good < 0 || f.Good > MaxQuantity || f.Short < 0 || f.Short > MaxQuantity {
		return true
	}
	for _, w := range f.Wasted {
		if w.Quantity <= 0 || w.Quantity > MaxQuantity {
			return true
		}
	}
	for _, b := range f.Back {
		if b.Quantity <= 0 || b.Quantity > MaxQuantity {
			return true
		}
	}
	return len(f.Wasted) > maxLines || len(f.Back) > maxLines
}

func leave(s *StageState, f Facts, at Moment) {
	s.Good += f.Good
	s.Wasted += f.Scrap()
	s.Short += f.Short
	s.SentBack += f.returned()
	s.OnHand -= f.leaving()
	s.gave(f.Good, false)
	s.gave(f.leaving()-f.Good, true)
	switch {
	case s.OnHand == 0 && s.AtVendor > 0: // the rest is away; its age counts from when it went
		s.Ready, s.Started = s.Out[0].Sent, 0
	case s.OnHand == 0:
		s.Ready, s.Started, s.Done, s.Why = 0, 0, at, ""
	case s.Started == 0 && s.Timed: // it began by itself
		s.Started = s.Ready
	case s.Started == 0: // a part was done, so work had begun; nobody pressed Start
		s.Started = at
	}
}

// complete closes the job when nothing of it is anywhere any more.
func complete(j *Job, at Moment) {
	for _, s := range j.Stages {
		if s.Live() {
			return
		}
	}
	j.Completed = at
}

// Replay folds a whole history, in log order. Movements of a command that was undone do not count.
func Replay(history []Movement) (Job, error) {
	undone := Undone(history)
	var j Job
	var err error
	for _, m := range history {
		if m.Kind == KindUndone || undone[m.Command] {
			continue
		}
		if j, err = Apply(j, m); err != nil {
			return Job{}, err
		}
	}
	for _, m := range history {
		j.Last = max(j.Last, m.Occurred)
	}
	return j, nil
}
