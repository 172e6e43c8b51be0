package web

import (
	"strings"

	"clicarity/internal/flow"
)

// sums say in words and numbers that nothing of a job is lost: for each stage, for the job from end to end, with its lots,
// and for each of its components.
type sums struct {
	*view
	Closes bool // all of them
	Whole  []account
	Stages []account
	Family []account // the job and its lots as one
	Lots   int
	Parts  []account
}

// account is one sum: what came in, and where it is.
type account struct {
	Name   string
	Unit   string
	In     []term
	Out    []term
	Closes bool
}

// term is one part of a sum in words: "8 wasted".
type term struct{ Words string }

// sum makes the sums of the whole job for those who hold it, else of the stages they see.
func (p *jobPage) sum() {
	if p.Job.Mode != flow.QuantityMode {
		return
	}
	s := &sums{view: p.view, Closes: true}
	for _, st := range p.Stages {
		if st.State.Received+st.State.Found+st.State.SplitOff > 0 {
			s.Stages = append(s.Stages, p.stageAccount(st))
		}
	}
	if !p.Narrowed {
		s.Closes = p.Job.Check() == nil
		s.Whole = p.stretchAccounts(p.Job.Stretches())
		p.familySums(s)
	}
	if len(s.Stages) == 0 {
		return
	}
	for _, list := range [][]account{s.Whole, s.Stages, s.Family, s.Parts} {
		for _, a := range list {
			s.Closes = s.Closes && a.Closes
		}
	}
	p.Sums = s
}

// stageAccount is the account of one stage.
func (p *jobPage) stageAccount(s strip) account {
	st := s.State
	a := account{Name: s.Stage.Name, Unit: s.Unit(), Closes: st.Balanced()}
	a.In = p.terms(addend{"sum_received", st.Received}, addend{"sum_found", st.Found})
	a.Out = p.terms(addend{"sum_good", st.Good}, addend{"sum_wasted", st.Wasted}, addend{"sum_short", st.Short}, addend{"sum_back", st.SentBack},
		addend{"sum_vendor", st.AtVendor}, addend{"sum_here", st.OnHand})
	return a
}

// stretchAccounts are the accounts of a job from end to end. Where the unit changes, one ends with what went on and the
// next begins with what that became.
func (p *jobPage) stretchAccounts(list []flow.Stretch) []account {
	var accounts []account
	for i, s := range list {
		last, unit := i == len(list)-1, p.unitAt(s.From)
		a := account{Unit: unit, Closes: s.Closes()}
		if len(list) > 1 {
			a.Name = p.place(p.Job, p.Process, s.From, nil).Stage.Name + " – " + p.place(p.Job, p.Process, s.To, nil).Stage.Name
		}
		good := addend{"sum_dispatched", s.Good}
		switch {
		case !last:
			good.key = "sum_went_on"
		case p.Job.Track != "":
			good.key = "sum_handed_over"
		}
		a.In = p.terms(addend{"sum_began", s.Began}, addend{"sum_became", s.Came}, addend{"sum_found", s.Found}, addend{"sum_joined", s.Joined}, addend{"sum_again", max(s.Again, 0)})
		a.Out = p.terms(good, addend{"sum_wasted", s.Wasted}, addend{"sum_short", s.Short}, addend{"sum_back", max(-s.Again, 0)},
			addend{"sum_vendor", s.AtVendor}, addend{"sum_here", s.OnHand}, addend{"sum_split", s.SplitOff})
		accounts = append(accounts, a)
	}
	return accounts
}

func (p *jobPage) unitAt(code string) string { return p.place(p.Job, p.Process, code, nil).Unit() }

// familySums adds the job and its lots as one, and what of its components has come, where the reader sees all of them.
func (p *jobPage) familySums(s *sums) {
	if !p.allKin {
		return
	}
	lots := []flow.Job{p.Job}
	for _, rel := range p.Family {
		if rel.Part == nil {
			lots = append(lots, rel.Job)
			continue
		}
		handed, arrived := rel.Job.HandedOver(), rel.Part.Arrived
		a := account{Name: strings.TrimSpace(rel.Job.Number + " " + rel.Name), Unit: p.Job.Unit, Closes: handed == arrived && rel.Job.Check() == nil}
		a.In = []term{{p.T("sum_handed_over", "n", p.Qty(handed))}}
		a.Out = []term{{p.T("sum_arrived", "n", p.Qty(arrived))}}
		s.Parts = append(s.Parts, a)
	}
	if len(lots) == 1 {
		return
	}
	s.Lots = len(lots) - 1
	if together, ok := flow.Together(lots); ok {
		s.Family = p.stretchAccounts(together)
	}
}

// addend is a quantity and what it is called in a sum.
type addend struct {
	key string
	q   flow.Quantity
}

// terms are the parts of a sum that are not nothing; the first of them, where all are.
func (p *jobPage) terms(parts ...addend) []term {
	var list []term
	for _, one := range parts {
		if one.q != 0 {
			list = append(list, term{p.T(one.key, "n", p.Qty(one.q))})
		}
	}
	if list == nil {
		list = []term{{p.T(parts[0].key, "n", "0")}}
	}
	return list
}
