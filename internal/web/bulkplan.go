package web

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// bulkStep is one command of many: to a job, or to one of its stages.
type bulkStep struct {
	Job    flow.Job
	Stage  string // code, empty: the job itself
	action flow.Action
	Says   string // what changes
	Why    string // why it does not
}

// Key names the step in the form, so that what is done is what was looked at, also when the form is sent again.
func (s bulkStep) Key() string { return strings.TrimSuffix(s.Job.ID.String()+":"+s.Stage, ":") }

// bulkCommand is the id of a step's command: the same form, the same job and stage, the same command.
func bulkCommand(form flow.ID, what, key string) flow.ID {
	return flow.DerivedID(sha256.Sum256([]byte("bulk|" + form.String() + "|" + what + "|" + key)))
}

// bulkPlan makes the steps of what was chosen, and asks the rules of each what would come of it.
func (w *Web) bulkPlan(r *http.Request, p *bulkPage) error {
	if len(p.Jobs) == 0 {
		return bulkMistake("bulk_none")
	}
	steps, err := w.bulkSteps(r, p)
	if err != nil {
		return err
	}
	asked := flow.ID(w.newID()) // of no command that is ever given
	var commands []flow.Command
	for _, s := range steps {
		if s.action != nil {
			commands = append(commands, flow.Command{ID: bulkCommand(asked, "would", s.Key()), Action: s.action})
		}
	}
	answers, err := w.bulkWould(r, p.Who, commands)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.action != nil {
			err := answers[0]
			if answers = answers[1:]; err != nil {
				s.Why = w.whyNot(r, p, err)
			}
		}
		p.sort(s)
	}
	return nil
}

func (w *Web) bulkWould(r *http.Request, who flow.Person, commands []flow.Command) ([]error, error) {
	if len(commands) == 0 {
		return nil, nil
	}
	return w.DB.Would(r.Context(), who.Mark(flow.At(w.Now()), onWhat(r, who)), commands)
}

// sort puts a step with what is done or with what is not.
func (p *bulkPage) sort(s bulkStep) {
	if s.Why != "" {
		p.Refused = append(p.Refused, s)
		return
	}
	p.Steps = append(p.Steps, s)
}

// whyNot is a refusal in words.
func (w *Web) whyNot(r *http.Request, p *bulkPage, err error) string {
	var refused *flow.Refusal
	switch {
	case !errors.As(err, &refused):
		return ""
	case refused.Code == flow.NothingChanged:
		return p.T("bulk_already")
	case refused.Code == flow.NotFound:
		return p.T("bulk_not_yours")
	}
	return w.sentence(r.Context(), p.view, refused, p.Process)
}

// bulkSteps are what was chosen, for each of the jobs. A job at which there is nothing to do has a step without an action.
func (w *Web) bulkSteps(r *http.Request, p *bulkPage) ([]bulkStep, error) {
	set, err := w.bulkSet(p)
	if err != nil {
		return nil, err
	}
	at, err := w.bulkAt(r, p)
	if err != nil {
		return nil, err
	}
	var steps []bulkStep
	for _, j := range p.Jobs {
		if set != nil {
			steps = append(steps, bulkStep{Job: j, action: flow.Change{Job: j.ID, Set: set, Reason: p.Form.Reason}, Says: p.changes(j, set)})
			continue
		}
		n := len(steps)
		for _, s := range j.Stages {
			if s.Live() && p.Who.Scope.At(j, s.Code) {
				if step, ok := at(j, s); ok {
					steps = append(steps, step)
				}
			}
		}
		if len(steps) == n {
			steps = append(steps, bulkStep{Job: j, Why: p.T("bulk_nowhere_" + p.Form.Do)})
		}
	}
	return steps, nil
}

// bulkAt makes the step at a live stage of a job, for what is done there; false where there is nothing to do.
func (w *Web) bulkAt(r *http.Request, p *bulkPage) (func(flow.Job, flow.StageState) (bulkStep, bool), error) {
	f := p.Form
	switch f.Do {
	case "due", "urgent", "calm", "field":
		return nil, nil
	case "hold":
		if f.Hold == "" {
			return nil, bulkMistake("bulk_no_reason")
		}
		why := p.Reason(p.Process.HoldReasons, f.Hold)
		return func(j flow.Job, s flow.StageState) (bulkStep, bool) {
			a := flow.Hold{Work: flow.Work{Job: j.ID, Stage: s.Code}, Reason: f.Hold, Note: f.Note}
			return bulkStep{Job: j, Stage: s.Code, action: a, Says: p.T("bulk_holds", "stage", p.stageName(s.Code), "reason", why)}, s.Held == 0 && s.OnHand > 0 // what is at a vendor waits there
		}, nil
	case "resume":
		return func(j flow.Job, s flow.StageState) (bulkStep, bool) {
			a := flow.Resume{Work: flow.Work{Job: j.ID, Stage: s.Code}}
			return bulkStep{Job: j, Stage: s.Code, action: a, Says: p.T("bulk_resumes", "stage", p.stageName(s.Code), "reason", p.Reason(p.Process.HoldReasons, s.Reason))}, s.Held != 0
		}, nil
	case "assign":
		return w.bulkAssign(r, p)
	}
	return nil, bulkMistake("bulk_no_choice")
}

// bulkAssign gives jobs to somebody at the stages where they work, or to whoever works there.
func (w *Web) bulkAssign(r *http.Request, p *bulkPage) (func(flow.Job, flow.StageState) (bulkStep, bool), error) {
	name, works := p.T("assign_nobody"), func(flow.Job, string) bool { return true }
	var to flow.ID
	if p.Form.To != "" {
		members, err := w.DB.Members(r.Context(), p.Who.Org, maxPeople)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(members, func(m postgres.Member) bool { return m.ID.String() == p.Form.To })
		if i < 0 || !members[i].Left.IsZero() || !members[i].Suspended.IsZero() || members[i].Role.Rights()&flow.MayReport == 0 {
			return nil, errNoMember
		}
		m := members[i]
		to, name = m.ID, m.Name
		m.Given.Mine = false // it is about to be theirs
		scope := m.Given.Scope(m.Role, m.ID)
		works = scope.At
	}
	return func(j flow.Job, s flow.StageState) (bulkStep, bool) {
		a := flow.Assign{Work: flow.Work{Job: j.ID, Stage: s.Code}, To: to}
		step := bulkStep{Job: j, Stage: s.Code, action: a, Says: p.T("bulk_assigns", "stage", p.stageName(s.Code), "who", name)}
		if !works(j, s.Code) {
			step.Why = p.T("bulk_nowhere_assign")
			return step, false
		}
		return step, true
	}, nil
}

func (p *bulkPage) stageName(code string) string {
	if s, ok := p.Process.Stage(code); ok {
		return p.Process.Called(s)
	}
	return code
}

// changes says what a change makes of what a job has now: 14-12-2026 → 20-12-2026.
func (p *bulkPage) changes(j flow.Job, set map[string]string) string {
	for name, value := range set {
		was, is, called := "", "", ""
		switch field, own := strings.CutPrefix(name, flow.SetField); {
		case name == flow.SetDue:
			called, was, is = p.T("field_due"), p.Date(j.Due), p.Date(flow.Date(value))
		case name == flow.SetUrgent:
			called, was, is = p.T("urgent"), p.yes(j.Urgent), p.yes(value != "")
		case own:
			for _, f := range p.Process.Fields {
				if f.Code == field {
					called, was, is = f.Label, p.fieldCell(f, j.Fields[field]).String(), p.fieldCell(f, value).String()
				}
			}
		}
		return p.T("bulk_changes", "name", called, "was", orDash(was), "is", orDash(is))
	}
	return ""
}

func (v *view) yes(on bool) string {
	if on {
		return v.T("answer_yes")
	}
	return v.T("answer_no")
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
