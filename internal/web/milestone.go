package web

import (
	"strings"

	"clicarity/internal/flow"
)

// milestones are a job's progress as the customer sees it.
type milestones struct {
	*view
	P flow.Progress
}

// Now is the present milestone in words.
func (m milestones) Now() string {
	switch {
	case m.P.At < 0:
		return m.T("customer_not_yet")
	case m.P.At < len(m.P.Milestones):
		return m.named(m.P.Milestones[m.P.At])
	case m.P.At == 0:
		return ""
	}
	return m.named(m.P.Milestones[m.P.At-1])
}

// named is a milestone in words: the organisation's own, or the standard ones in the reader's language.
func (v *view) named(m flow.Milestone) string {
	if m.Standard != "" {
		return v.T("milestone_" + m.Standard)
	}
	return m.Name
}

// Ahead is the milestone that a part of the job has come to, empty when it is all together.
func (m milestones) Ahead() string {
	if m.P.Part <= m.P.At || m.P.Part >= len(m.P.Milestones) {
		return ""
	}
	return m.T("customer_part", "milestone", m.named(m.P.Milestones[m.P.Part]))
}

// Trail is what the customer sees on the way, each with how it stands: done, now or coming.
func (m milestones) Trail() []trailStep {
	var list []trailStep
	for i, one := range m.P.Milestones {
		s := trailStep{m.named(one), "coming"}
		switch {
		case i < m.P.At:
			s.State = "done"
		case i == m.P.At:
			s.State = "now"
		}
		list = append(list, s)
	}
	return list
}

type trailStep struct{ Name, State string }

// CustomerSees is the route of the form as a customer would see it: Confirmed > In production > Dispatched.
func (p designPage) CustomerSees() string {
	var stages []flow.Stage
	for _, s := range p.Form.Stages {
		if s.Track == "" && s.Name != "" {
			stages = append(stages, flow.Stage{Code: s.Key, Name: s.Name, Public: s.Public, Hidden: s.Hidden})
		}
	}
	var names []string
	for _, m := range flow.Milestones(stages) {
		names = append(names, p.named(m))
	}
	return strings.Join(names, " › ")
}
