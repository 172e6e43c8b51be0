package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
)

// undoFor is how long a whole change can be taken back at once: as long as the rules let everybody take back their own.
const undoFor = 10 * time.Minute

// bulkDo does what was looked at: a command for each step, so that each job is right by itself, whatever becomes of the
// others. Sent again it does nothing again and says the same.
func (w *Web) bulkDo(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, form, keys, err := w.bulkConfirmed(r, who)
	if err != nil {
		return err
	}
	steps, err := w.bulkLooked(r, p, keys)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.Why == "" {
			_, err = w.do(r, who, bulkCommand(form, "do", s.Key()), s.action)
			if s, err = w.bulkCame(r, p, s, err); err != nil {
				return err
			}
		}
		p.sort(s)
	}
	p.Begun = form.String()
	return w.render(rw, http.StatusOK, "bulkdone", p)
}

// bulkConfirmed reads a form of the preview: its command, and its steps.
func (w *Web) bulkConfirmed(r *http.Request, who flow.Person) (*bulkPage, flow.ID, []string, error) {
	if err := parse(r); err != nil {
		return nil, flow.ID{}, nil, err
	}
	p := &bulkPage{view: w.view(r, who, "bulk"), Form: readBulk(r)}
	form, err := flow.ParseID(r.PostFormValue("command"))
	keys := r.PostForm["step"]
	if err != nil || len(keys) == 0 {
		return nil, form, nil, &flow.Refusal{Code: flow.BadCommand}
	}
	var ids []flow.ID
	for _, key := range keys {
		job, _, _ := strings.Cut(key, ":")
		id, err := flow.ParseID(job)
		if err != nil {
			return nil, form, nil, &flow.Refusal{Code: flow.BadCommand}
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) > maxBulk || len(keys) > 4*maxBulk {
		return nil, form, nil, &flow.Refusal{Code: flow.TooMany, Name: "jobs", Limit: maxBulk}
	}
	return p, form, keys, w.loadChosen(r, who, p, ids)
}

// bulkLooked are the steps of a preview, made anew for what was chosen: at the stages that were looked at, whatever is there now.
func (w *Web) bulkLooked(r *http.Request, p *bulkPage, keys []string) ([]bulkStep, error) {
	set, err := w.bulkSet(p)
	if err != nil {
		return nil, err
	}
	at, err := w.bulkAt(r, p)
	if err != nil {
		return nil, err
	}
	jobs := map[string]flow.Job{}
	for _, j := range p.Jobs {
		jobs[j.ID.String()] = j
	}
	var steps []bulkStep
	for _, key := range keys {
		id, stage, staged := strings.Cut(key, ":")
		j, ok := jobs[id]
		s, on := j.Stage(stage)
		switch {
		case !ok || staged != (set == nil) || staged && (!on || !p.Who.Scope.At(j, stage)):
			continue // counted as gone
		case set != nil:
			steps = append(steps, bulkStep{Job: j, action: flow.Change{Job: j.ID, Set: set, Reason: p.Form.Reason}, Says: p.changes(j, set)})
		default:
			step, _ := at(j, s)
			steps = append(steps, step)
		}
	}
	return steps, nil
}

// bulkCame notes what came of a step: nothing to say, or a refusal in words. Other errors end the whole; what was done before is
// done, and the form can be sent again.
func (w *Web) bulkCame(r *http.Request, p *bulkPage, s bulkStep, err error) (bulkStep, error) {
	var refused *flow.Refusal
	if errors.As(err, &refused) {
		s.Why, err = w.whyNot(r, p, err), nil
	}
	return s, err
}

// bulkUndo takes back what a change did, the last first, as far as the rules allow it.
func (w *Web) bulkUndo(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, form, keys, err := w.bulkConfirmed(r, who)
	if err != nil {
		return err
	}
	jobs := map[string]flow.Job{}
	for _, j := range p.Jobs {
		jobs[j.ID.String()] = j
	}
	for _, key := range slices.Backward(keys) {
		id, stage, _ := strings.Cut(key, ":")
		j, ok := jobs[id]
		if !ok {
			continue
		}
		s := bulkStep{Job: j, Stage: stage, Says: p.T("bulk_undone")}
		undo := flow.Undo{Job: j.ID, Undoes: bulkCommand(form, "do", key)}
		_, err := w.do(r, who, bulkCommand(form, "undo", key), undo)
		if s, err = w.bulkCame(r, p, s, err); err != nil {
			return err
		}
		p.sort(s)
	}
	slices.Reverse(p.Steps)
	slices.Reverse(p.Refused)
	p.Undone = true
	return w.render(rw, http.StatusOK, "bulkdone", p)
}

// Until is when the whole can no longer be taken back at once.
func (p bulkPage) Until() string {
	return p.When(flow.At(p.Now.Add(undoFor)))
}
