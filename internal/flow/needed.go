package flow

import (
	"cmp"
	"slices"
)

// Needed are the fields of a job's own format that must be filled before work at a stage and are not: those asked for
// before it, or before a stage ahead of it on the job's route.
func (p Process) Needed(j Job, stage string) []Field {
	var list []Field
	at := j.index(stage)
	for _, f := range p.Fields {
		before := j.index(f.Before)
		if f.Before != "" && before >= 0 && before <= at && j.Fields[f.Code] == "" {
			list = append(list, f)
		}
	}
	return list
}

// needs refuses work at a stage while a field of the job is missing that must be filled before.
func (p Process) needs(j Job, stage string) error {
	for _, f := range p.Needed(j, stage) {
		return &Refusal{Code: FieldNeeded, Job: j.Number, Stage: f.Before, Name: f.Label}
	}
	return nil
}

// begins refuses work, or sending it out, while fields of the job are missing, unless an owner says why.
func (a Release) begins(p Process, j Job, stage string, m Mark) error {
	if a.Override != "" && !m.May(MayOverride) {
		return refuse(OverrideNotYours)
	}
	return cmp.Or(tooLong("override", a.Override, MaxNote), a.waive(p.needs(j, stage)))
}

// starts refuses to start while components or fields of the job are missing, unless an owner says why.
func (a Release) starts(p Process, j Job, s StageState, m Mark) error {
	if err := a.begins(p, j, s.Code, m); err != nil || len(j.Missing(s.Code)) == 0 {
		return err
	}
	return a.waive(j.joinable(p, s, 0))
}

// beforeAcceptable checks that the fields of the job's format name stages of its own route, and that no stage's form
// does.
func (p Process) beforeAcceptable() error {
	route := p.Route()
	for _, f := range p.Fields {
		if f.Before != "" && !slices.Contains(route, f.Before) {
			return &Refusal{Code: BeforeWrong, Name: f.Label}
		}
	}
	for _, s := range p.Stages {
		for _, f := range s.Fields {
			if f.Before != "" {
				return &Refusal{Code: BeforeWrong, Name: f.Label, Stage: s.Name}
			}
		}
	}
	return nil
}
