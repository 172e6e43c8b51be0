package web

import (
	"net/url"
	"slices"

	"clicarity/internal/flow"
)

// paper is what was filled in and photographed at a stage.
type paper struct {
	Stage  string
	Values []entry
	Shots  []shot
}

// delivery is a delivery note of the job, with what has come back on it.
type delivery struct {
	Number, Link  string
	Vendor, Stage string
	Unit          string
	Sent          flow.Moment
	Expected      string
	Late          bool
	Quantity      flow.Quantity // that went
	Good, Wasted  flow.Quantity // that came back
	Short, Unused flow.Quantity
	Out           flow.Quantity // that is still there
}

// papers gathers the forms and the challans of the stages that the reader sees, and closes the sums.
func (p *jobPage) papers() {
	for _, s := range p.Stages {
		one := paper{Stage: s.Stage.Name, Shots: s.Shots()}
		for _, f := range s.Stage.Fields {
			if value := s.State.Values[f.Code]; value != "" && !drawn(f, value) {
				one.Values = append(one.Values, entry{Field: flow.Field{Label: f.Label}, Value: p.FieldValue(f, value)})
			}
		}
		if len(one.Values)+len(one.Shots) > 0 {
			p.Papers = append(p.Papers, one)
		}
		p.Shots += len(one.Shots)
	}
	p.challans()
	p.sum()
}

// challans adds the delivery notes that the job went out on, the newest first. Of a history that is too long only those
// that are still out are known.
func (p *jobPage) challans() {
	var list []delivery
	at := func(m flow.Movement) *delivery {
		i := slices.IndexFunc(list, func(c delivery) bool { return c.Number == m.Facts.Challan && c.Stage == m.Stage })
		if i < 0 {
			return nil
		}
		return &list[i]
	}
	for _, m := range p.told.moves {
		if _, undone := p.told.undone[m.Command]; undone || !p.told.whole || !p.sees(m.Stage) {
			continue
		}
		switch f := m.Facts; m.Kind {
		case flow.KindSent:
			list = append(list, delivery{Number: f.Challan, Stage: m.Stage, Vendor: p.Vendors[f.Vendor].Name, Sent: m.Occurred, Expected: p.Date(f.Expected), Quantity: f.Quantity})
		case flow.KindReceived:
			if c := at(m); c != nil {
				c.Good, c.Wasted, c.Short, c.Unused = c.Good+f.Good, c.Wasted+f.Scrap(), c.Short+f.Short, c.Unused+f.Quantity
			}
		}
	}
	for _, s := range p.Stages {
		for _, o := range s.State.Out {
			c := at(flow.Movement{Stage: s.Stage.Code, Facts: flow.Facts{Challan: o.Challan}})
			if c == nil {
				list = append(list, delivery{Number: o.Challan, Stage: s.Stage.Code, Vendor: p.Vendors[o.Vendor].Name, Sent: o.Sent, Expected: p.Date(o.Expected), Quantity: o.Quantity})
				c = &list[len(list)-1]
			}
			c.Out, c.Late = o.Quantity, o.Expected != "" && o.Expected < flow.DateOf(p.Now.In(p.Zone))
		}
	}
	for i := range list {
		c := &list[i]
		c.Link, c.Unit = "/challans/"+url.PathEscape(c.Number), p.unitAt(c.Stage)
		c.Stage = p.place(p.Job, p.Process, c.Stage, nil).Stage.Name
	}
	slices.Reverse(list)
	p.Challans = list
}
