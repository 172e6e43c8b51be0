package web

import (
	"slices"
	"strconv"
)

// phaseLink leads to where a phase of a long process begins in the designer.
type phaseLink struct {
	Key, Name string
	N         int // of stages
}

// longProcess is how many stages fit on a screen or two: with more, the designer offers a way to each phase.
const longProcess = 12

// heading is what a stage is under in the list: its component, else its phase.
func (d design) heading(s designStage) string {
	for _, t := range d.Tracks {
		if t.Code != "" && t.Code == s.Track && t.Name != s.Phase {
			return joined(t.Name, s.Phase)
		}
	}
	return s.Phase
}

func joined(a, b string) string {
	if b == "" {
		return a
	}
	return a + " · " + b
}

// Phases are the parts of a long process, in order.
func (p designPage) Phases() []phaseLink {
	var list []phaseLink
	for _, s := range p.Form.Stages {
		name := p.Form.heading(s)
		switch n := len(list); {
		case n > 0 && (name == "" || list[n-1].Name == name):
			list[n-1].N++
		case name != "":
			list = append(list, phaseLink{s.Key, name, 1})
		}
	}
	if len(list) < 2 || len(p.Form.Stages) < longProcess {
		return nil
	}
	return list
}

// at is the stage's place in the list.
func (f stageForm) at() int {
	return slices.IndexFunc(f.Form.Stages, func(s designStage) bool { return s.Key == f.S.Key })
}

// Place is the stage's place as people count, from one.
func (f stageForm) Place() string { return strconv.Itoa(f.at() + 1) }

// Heading is the phase or component it belongs to.
func (f stageForm) Heading() string { return f.Form.heading(f.S) }

// Begins reports whether the stage before is under another heading.
func (f stageForm) Begins() bool {
	at := f.at()
	return at == 0 || f.Form.heading(f.Form.Stages[at-1]) != f.Heading()
}
