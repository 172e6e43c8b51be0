package web

import (
	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// stageTime is how long a job was at a stage, over all its stays there.
type stageTime struct {
	Stage  string
	Target string
	measure.Times
}

// times reckons how long the job was at its stages, and draws it. Without the whole history there are no times.
func (p *jobPage) times() error {
	if !p.told.whole {
		return nil
	}
	stays, err := measure.Stays(p.told.moves, flow.At(p.Now))
	if err != nil {
		return err
	}
	sums := map[string]measure.Times{}
	for _, s := range stays {
		stage, _ := p.Process.Stage(s.Stage)
		sums[s.Stage] = sums[s.Stage].And(s.Times(p.hours(stage)))
	}
	for i := range p.Stages {
		s := &p.Stages[i]
		sum, ok := sums[s.Stage.Code]
		if !ok {
			continue
		}
		s.Time = &stageTime{Stage: s.Stage.Name, Times: sum}
		if s.Stage.Target > 0 {
			s.Time.Target = p.workSpan(s.Stage.TargetTime())
		}
		p.Times = append(p.Times, *s.Time)
		p.Holds, p.Vendored = p.Holds || sum.Hold.Elapsed > 0, p.Vendored || sum.Away.Elapsed > 0
	}
	end := flow.At(p.Now)
	if !p.Job.Open() {
		end = p.Job.Completed
	}
	p.Lead = measure.LengthOf(p.Job.Created, end, p.Who.Hours.Hours(""))
	p.Bars = p.bars(stays)
	return nil
}

// Longest is the stage where the job has been longest, and for how long.
func (p *jobPage) Longest() string {
	var longest stageTime
	for _, t := range p.Times {
		if t.TAT.Elapsed > longest.TAT.Elapsed {
			longest = t
		}
	}
	if longest.TAT.Elapsed == 0 {
		return ""
	}
	return p.T("bars_longest", "stage", longest.Stage, "for", p.span(longest.TAT.Elapsed))
}
