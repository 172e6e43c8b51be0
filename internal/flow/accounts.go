package flow

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Account is a part of a job that is counted for itself, by the same rules as the job: one size of it, or its second
// balance (the stones beside the grams). The sizes of a job always add up to the job; a second balance adds up to nothing.
type Account struct {
	Name     string       `json:"name"` // of the size, or SecondBalance
	Unit     string       `json:"unit,omitempty"`
	Quantity Quantity     `json:"quantity,omitempty"`
	Found    Quantity     `json:"found,omitempty"` // of a lot's, as Job.Found
	Stages   []StageState `json:"stages"`          // quantities only; the times are the job's
}

// SecondBalance is the name of the account of a process's second unit. No size can have it.
const SecondBalance = "+"

// Amount is what of a movement belongs to one account. Which terms are set depends on the kind, as in Facts.
type Amount struct {
	Quantity Quantity `json:"quantity,omitempty"`
	Good     Quantity `json:"good,omitempty"`
	Wasted   []Waste  `json:"wasted,omitempty"`
	Back     []Back   `json:"back,omitempty"`
	Short    Quantity `json:"short,omitempty"`
	Found    Quantity `json:"found,omitempty"`
}

func (a Amount) facts() Facts {
	return Facts{Quantity: a.Quantity, Good: a.Good, Wasted: a.Wasted, Back: a.Back, Short: a.Short, Found: a.Found}
}

func (a Amount) isZero() bool { return a.Quantity == 0 && a.facts().leaving() == 0 }

// IsSecond reports whether it is the second balance.
func (a Account) IsSecond() bool { return a.Name == SecondBalance }

// Stage finds the account's state at a stage.
func (a Account) Stage(code string) StageState {
	s, _ := Job{Stages: a.Stages}.Stage(code)
	return s
}

// Account finds an account by name.
func (j Job) Account(name string) (Account, bool) {
	for _, a := range j.Accounts {
		if a.Name == name {
			return a, true
		}
	}
	return Account{}, false
}

// Sizes are the accounts that add up to the job.
func (j Job) Sizes() []Account {
	return slices.DeleteFunc(slices.Clone(j.Accounts), Account.IsSecond)
}

// sized reports whether the job is counted by size.
func (j Job) sized() bool { return len(j.Accounts) > 0 && !j.Accounts[0].IsSecond() }

// job is the account as a job of its own, which the rules of a job apply to.
func (a Account) job(j Job) Job {
	return Job{ID: j.ID, Number: j.Number, Mode: j.Mode, Quantity: a.Quantity, Found: a.Found, Origin: j.Origin, Stages: a.Stages}
}

// open makes a new job's accounts.
func (j *Job) open(m Movement) error {
	f := m.Facts
	names := f.Sizes
	if _, ok := f.Of[SecondBalance]; ok {
		names = append(slices.Clone(names), SecondBalance)
	}
	for _, name := range names {
		own := m
		own.Facts = Facts{Route: f.Route, Steps: f.Steps, Quantity: f.Of[name].Quantity, Found: f.Of[name].Found, At: f.At}
		a := Account{Name: name, Quantity: f.Of[name].Quantity, Found: f.Of[name].Found}
		if a.IsSecond() {
			a.Unit, own.Facts.Steps = f.Second, slices.Clone(f.Steps)
			for i := range own.Facts.Steps { // a stone stays a stone, whatever the metal becomes
				own.Facts.Steps[i].Yields = Ratio{}
			}
		}
		sub, err := created(Job{}, own)
		if err != nil {
			return err
		}
		a.Stages = bare(sub.Stages)
		j.Accounts = append(j.Accounts, a)
	}
	return nil
}

// follow books what of a movement belongs to each account.
func (j *Job) follow(m Movement) error {
	if len(j.Accounts) == 0 {
		return nil
	}
	j.Accounts = slices.Clone(j.Accounts)
	for i, a := range j.Accounts {
		amount, concerned := m.Facts.Of[a.Name]
		own := m
		own.Facts = amount.facts()
		switch m.Kind {
		case KindStageAdded, KindRequired, KindSkipped:
			concerned = true
			own.Facts.Name, own.Facts.After = m.Facts.Name, m.Facts.After
		case KindMovedOver:
			concerned, own.Facts = true, a.routed(m.Facts)
		case KindSent, KindReceived:
			own.Facts.Vendor, own.Facts.Challan, own.Facts.Expected = m.Facts.Vendor, m.Facts.Challan, m.Facts.Expected
		}
		if !concerned {
			continue
		}
		sub, err := Apply(a.job(*j), own)
		var no *Impossible
		if errors.As(err, &no) {
			return impossible(m, a.Name+": "+no.Why) // the whole movement, with what it ties together
		}
		if err != nil {
			return err
		}
		j.Accounts[i].Stages = bare(sub.Stages)
	}
	return nil
}

// bare are stages with their quantities alone.
func bare(stages []StageState) []StageState {
	for i, s := range stages {
		stages[i] = StageState{Code: s.Code, Received: s.Received, Found: s.Found, Good: s.Good, Wasted: s.Wasted, Short: s.Short,
			SentBack: s.SentBack, AtVendor: s.AtVendor, OnHand: s.OnHand, SplitOff: s.SplitOff, Joined: s.Joined,
			Returned: s.Returned, Yields: s.Yields, Passed: s.Passed, Need: s.Need, Out: s.Out}
	}
	return stages
}

// checkAccounts says which account does not close, or at which stage the sizes are not the job.
func (j Job) checkAccounts() error {
	for _, a := range j.Accounts {
		if err := a.job(j).Check(); err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
	}
	if !j.sized() {
		return nil
	}
	for i, s := range j.Stages {
		var sum [8]Quantity
		for _, a := range j.Sizes() {
			for n, q := range a.Stages[i].terms() {
				sum[n] += q
			}
		}
		if sum != s.terms() {
			return fmt.Errorf("job %s: the sizes at %s are %v, the stage has %v", j.Number, s.Code, sum, s.terms())
		}
	}
	return nil
}

// terms are what adds up over sizes.
func (s StageState) terms() [8]Quantity {
	return [8]Quantity{s.Received, s.Found, s.Good, s.Wasted, s.Short, s.SentBack, s.AtVendor, s.OnHand}
}

// total is what the sizes of a command come to.
func total(of map[string]Amount) Facts {
	var f Facts
	for _, name := range sortedNames(of) {
		if name == SecondBalance {
			continue
		}
		a := of[name]
		f.Good, f.Short, f.Quantity = f.Good+a.Good, f.Short+a.Short, f.Quantity+a.Quantity
		for _, w := range a.Wasted {
			i := slices.IndexFunc(f.Wasted, func(x Waste) bool { return x.Reason == w.Reason })
			if i < 0 {
				f.Wasted, i = append(f.Wasted, Waste{Reason: w.Reason}), len(f.Wasted)
			}
			f.Wasted[i].Quantity += w.Quantity
		}
		for _, b := range a.Back {
			i := slices.IndexFunc(f.Back, func(x Back) bool { return x.Reason == b.Reason && x.To == b.To })
			if i < 0 {
				f.Back, i = append(f.Back, Back{To: b.To, Reason: b.Reason}), len(f.Back)
			}
			f.Back[i].Quantity += b.Quantity
		}
	}
	return f
}

func sortedNames(of map[string]Amount) []string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// whole are the quantities by themselves, to see whether two amounts are one.
func (f Facts) whole() Amount {
	return Amount{Quantity: f.Quantity, Good: f.Good, Short: f.Short, Wasted: []Waste{{Quantity: f.Scrap()}}, Back: []Back{{Quantity: f.returned()}}}
}

// shares settles what of a movement at a stage belongs to each account. here says how much of an account is there.
// With sizes the job's own terms follow from theirs; where nobody gave sizes, they follow from the job's when that can
// be only one way.
//
// Refusals: bad_command, sizes_needed, sizes_differ, more_than_here, second_left.
func (j Job) shares(f Facts, of map[string]Amount, here func(StageState) Quantity, code string) (Facts, error) {
	f.Of = nil
	for name, a := range of {
		if _, known := j.Account(name); !known || negative(a.facts()) || a.Quantity < 0 || a.Quantity > MaxQuantity {
			return f, refuse(BadCommand)
		}
		if !a.isZero() {
			f.Of = withAmount(f.Of, name, a)
		}
	}
	s, _ := j.Stage(code)
	if j.sized() {
		var err error
		if f, err = j.bySize(f, here, s); err != nil {
			return f, err
		}
	}
	second, ok := j.Account(SecondBalance)
	if !ok {
		return f, nil
	}
	return j.second(f, here(second.Stage(code)), f.leaving()+f.Quantity >= here(s), s)
}

func (j Job) bySize(f Facts, here func(StageState) Quantity, s StageState) (Facts, error) {
	sum := total(f.Of)
	own := Facts{Quantity: f.Quantity, Good: f.Good, Wasted: f.Wasted, Back: f.Back, Short: f.Short}
	switch {
	case sum.leaving()+sum.Quantity == 0 && own.leaving()+own.Quantity == 0:
		return f, nil
	case sum.leaving()+sum.Quantity > 0:
		if own.leaving()+own.Quantity > 0 && !sameAmount(own.whole(), sum.whole()) {
			return f, &Refusal{Code: SizesDiffer, Entry: sum.leaving() + sum.Quantity, Here: own.leaving() + own.Quantity, Stage: s.Code, Job: j.Number}
		}
		f.Good, f.Wasted, f.Back, f.Short, f.Quantity = sum.Good, sum.Wasted, sum.Back, sum.Short, sum.Quantity
		return f, nil
	}
	return j.inferred(f, own, here, s)
}

func sameAmount(a, b Amount) bool {
	return a.Quantity == b.Quantity && a.Good == b.Good && a.Short == b.Short && a.Wasted[0].Quantity == b.Wasted[0].Quantity && a.Back[0].Quantity == b.Back[0].Quantity
}

// inferred are the sizes of what nobody gave by size: all that is there, one way; or the only size that is there.
func (j Job) inferred(f, own Facts, here func(StageState) Quantity, s StageState) (Facts, error) {
	var there []Account
	for _, a := range j.Sizes() {
		if here(a.Stage(s.Code)) > 0 {
			there = append(there, a)
		}
	}
	if len(there) == 1 {
		f.Of = withAmount(f.Of, there[0].Name, Amount{Quantity: own.Quantity, Good: own.Good, Wasted: own.Wasted, Back: own.Back, Short: own.Short})
		return f, nil
	}
	if own.leaving()+own.Quantity != here(s) || !own.oneWay() {
		return f, &Refusal{Code: SizesNeeded, Job: j.Number, Stage: s.Code}
	}
	for _, a := range there {
		f.Of = withAmount(f.Of, a.Name, own.scaledTo(here(a.Stage(s.Code))))
	}
	return f, nil
}

// oneWay reports whether everything a movement takes goes the same way.
func (f Facts) oneWay() bool {
	ways := len(f.Wasted) + len(f.Back)
	for _, q := range []Quantity{f.Good, f.Short, f.Quantity} {
		if q > 0 {
			ways++
		}
	}
	return ways == 1
}

// scaledTo is a quantity that goes the way the facts go, good before anything else.
func (f Facts) scaledTo(q Quantity) Amount {
	switch {
	case f.Good > 0:
		return Amount{Good: q}
	case f.Quantity > 0:
		return Amount{Quantity: q}
	case len(f.Back) > 0:
		return Amount{Back: []Back{{To: f.Back[0].To, Reason: f.Back[0].Reason, Quantity: q}}}
	case len(f.Wasted) > 0:
		return Amount{Wasted: []Waste{{Reason: f.Wasted[0].Reason, Quantity: q}}}
	}
	return Amount{Short: q}
}

// second settles the second balance: what nobody mentions goes on with the last of the job.
func (j Job) second(f Facts, there Quantity, last bool, s StageState) (Facts, error) {
	given, ok := f.Of[SecondBalance]
	left := there - given.facts().leaving() - given.Quantity
	switch {
	case left < 0:
		return f, &Refusal{Code: MoreThanHere, Job: j.Number, Stage: s.Code, Entry: there - left, Here: there, By: s.By, At: s.Moved}
	case left > 0 && last && ok:
		return f, &Refusal{Code: SecondLeft, Job: j.Number, Stage: s.Code, Here: left}
	case left > 0 && last:
		f.Of = withAmount(f.Of, SecondBalance, f.scaledTo(left))
	}
	return f, nil
}

// withAmount is a map of amounts with one more.
func withAmount(of map[string]Amount, name string, a Amount) map[string]Amount {
	if of == nil {
		return map[string]Amount{name: a}
	}
	of[name] = a
	return of
}

func onHand(s StageState) Quantity { return s.OnHand }

// checkLines checks the reasons and the ways back of the accounts' lines, as those of the job are checked.
func (j Job) checkLines(p Process, code string, of map[string]Amount) error {
	for name, a := range of {
		account, _ := j.Account(name)
		for _, w := range a.Wasted {
			if err := w.check(p.WasteReasons); err != nil {
				return err
			}
		}
		for _, b := range a.Back {
			if err := b.check(account.job(j), code, p.WasteReasons); err != nil {
				return err
			}
		}
	}
	return nil
}

// surpluses are how much more of each size leaves than is there.
func (j Job) surpluses(code string, of map[string]Amount) (sum Quantity, by map[string]Amount) {
	for name, a := range of {
		account, _ := j.Account(name)
		if over := a.facts().leaving() - account.Stage(code).OnHand; over > 0 && name != SecondBalance {
			sum, by = sum+over, withAmount(by, name, Amount{Quantity: over})
		}
	}
	return sum, by
}

// nameSize says in a refusal which size is more than there is.
func (j Job) nameSize(r *Refusal, code string, of, by map[string]Amount) {
	for _, name := range sortedNames(by)[:min(len(by), 1)] {
		account, _ := j.Account(name)
		r.Name, r.Entry, r.Here = name, of[name].facts().leaving(), account.Stage(code).OnHand
	}
}

// badSurplus reports whether a size is not only made, but wasted, sent back or short beyond what is there.
func (j Job) badSurplus(code string, of, by map[string]Amount) bool {
	for name := range by {
		account, _ := j.Account(name)
		if a := of[name]; a.Short > 0 || a.facts().leaving()-a.Good > account.Stage(code).OnHand {
			return true
		}
	}
	return false
}

// parted settles what of a quantity that leaves a stage, for another lot or a vendor, belongs to each account. Nothing of
// an account can leave that is not there.
func (j Job) parted(f Facts, of map[string]Amount, s StageState) (Facts, error) {
	for _, a := range of {
		if a.facts().leaving() > 0 {
			return f, refuse(BadCommand)
		}
	}
	f, err := j.shares(f, of, onHand, s.Code)
	if err != nil {
		return f, err
	}
	for name, amount := range f.Of {
		account, _ := j.Account(name)
		if there := account.Stage(s.Code).OnHand; amount.Quantity > there {
			return f, &Refusal{Code: MoreThanHere, Job: j.Number, Stage: s.Code, Name: name, Entry: amount.Quantity, Here: there, By: s.By, At: s.Moved}
		}
	}
	return f, nil
}

// moving is what leaves for another lot, with how much of it had been found here.
func (j Job) moving(f Facts, of map[string]Amount, s StageState) (Facts, error) {
	f, err := j.parted(f, of, s)
	if err != nil {
		return f, err
	}
	for name, amount := range f.Of {
		account, _ := j.Account(name)
		amount.Found = max(amount.Quantity-account.Stage(s.Code).Received, 0)
		f.Of[name] = amount
	}
	f.Found = f.Quantity - j.fromReceived(j.index(s.Code), f)
	return f, nil
}

// fromReceived is how much of what splits off had been received; the rest had been found. The sizes say so, where there
// are any.
func (j Job) fromReceived(i int, f Facts) Quantity {
	if !j.sized() {
		return min(f.Quantity, j.Stages[i].Received)
	}
	var sum Quantity
	for _, a := range j.Sizes() {
		sum += min(f.Of[a.Name].Quantity, a.Stages[i].Received)
	}
	return sum
}

// inherit gives a new lot the accounts of the job it comes from.
func (j Job) inherit(lot, f Facts) Facts {
	lot.Found, lot.Vouched, lot.Came = f.Found, f.Vouched, f.Came
	for _, a := range j.Accounts {
		if a.IsSecond() {
			lot.Second = a.Unit
		} else {
			lot.Sizes = append(lot.Sizes, a.Name)
		}
		lot.Of = withAmount(lot.Of, a.Name, Amount{Quantity: f.Of[a.Name].Quantity, Found: f.Of[a.Name].Found})
	}
	return lot
}

// opened are the accounts that a new job says it has.
func (n NewJob) opened(p Process, f Facts) Facts {
	for _, size := range p.Sizes {
		if len(n.Sizes) > 0 {
			f.Sizes = append(f.Sizes, size)
			f.Of = withAmount(f.Of, size, Amount{Quantity: n.Sizes[size]})
		}
	}
	if n.Second > 0 {
		f.Second, f.Of = p.Second, withAmount(f.Of, SecondBalance, Amount{Quantity: n.Second})
	}
	return f
}

// sizesAcceptable checks the sizes and the second balance of a new job.
func (n NewJob) sizesAcceptable(p Process) error {
	var sum Quantity
	for size, q := range n.Sizes {
		if !slices.Contains(p.Sizes, size) || q < 0 || q > MaxQuantity {
			return refuse(BadCommand)
		}
		sum += q
	}
	switch {
	case len(n.Sizes) > 0 && sum != n.Quantity:
		return &Refusal{Code: SizesDiffer, Job: n.Number, Entry: sum, Here: n.Quantity}
	case n.Second < 0 || n.Second > MaxQuantity:
		return &Refusal{Code: QuantityTooBig, Job: n.Number}
	case n.Second > 0 && p.Second == "":
		return refuse(BadCommand)
	}
	for _, s := range p.Stages {
		if r := cmp.Or(n.Yields[s.Code], s.Yields); len(n.Sizes) > 0 && r.den > 1 {
			return &Refusal{Code: ValueWrong, Stage: s.Name, Name: "yields", Value: r.String()}
		}
	}
	return nil
}

// maxSizes is how many sizes a process may have.
const maxSizes = 40

// sizesAcceptable checks what a process says of sizes, grades and the second balance. They are counted stage by stage,
// so nothing of them can be inferred, and cut into whole units only.
func (p Process) sizesAcceptable() error {
	counted := len(p.Sizes) > 0 || p.Second != ""
	switch {
	case counted && (p.Flexible || p.Mode != QuantityMode):
		return &Refusal{Code: ValueWrong, Name: "sizes", Value: cmp.Or(p.Second, fmt.Sprint(len(p.Sizes)))}
	case len(p.Sizes) > maxSizes:
		return &Refusal{Code: TooMany, Name: "sizes", Limit: maxSizes}
	}
	if err := namesAcceptable(p.Sizes); err != nil {
		return err
	}
	for _, s := range p.Stages {
		if len(p.Sizes) > 0 && s.Yields.den > 1 {
			return &Refusal{Code: ValueWrong, Stage: s.Name, Name: "yields", Value: s.Yields.String()}
		}
	}
	return tooLong("second", p.Second, MaxNumber)
}

func namesAcceptable(names []string) error {
	seen := map[string]bool{}
	for _, name := range names {
		switch key := NumberKey(name); {
		case key == "" || key == SecondBalance:
			return &Refusal{Code: NameMissing}
		case seen[key]:
			return &Refusal{Code: NameTwice, Name: name}
		default:
			seen[key] = true
		}
		if err := tooLong("name", name, MaxNumber); err != nil {
			return err
		}
	}
	return nil
}

// gradesAllow checks that what goes on is told by grade where the stage grades it.
func (a Release) gradesAllow(stage Stage, good Quantity) error {
	if len(stage.Grades) == 0 && len(a.Grades) > 0 {
		return refuse(BadCommand)
	}
	if len(stage.Grades) == 0 {
		return nil
	}
	var sum Quantity
	for grade, q := range a.Grades {
		if !slices.Contains(stage.Grades, grade) || q < 0 || q > MaxQuantity {
			return refuse(BadCommand)
		}
		sum += q
	}
	if sum != good {
		return &Refusal{Code: GradesDiffer, Stage: stage.Code, Entry: sum, Here: good}
	}
	return nil
}

// grade books good by grade.
func (s *StageState) grade(grades map[string]Quantity) {
	sum := maps.Clone(s.Grades)
	for name, q := range grades {
		switch {
		case q > 0 && sum == nil:
			sum = map[string]Quantity{name: q}
		case q > 0:
			sum[name] += q
		}
	}
	s.Grades = sum
}
