package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"clicarity/internal/flow"
)

// undo takes back what was just done and shows the job as it is again, or says why it cannot be and what depends on it.
func (w *Web) undo(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	job, err := pathID(r, "job")
	if err != nil {
		return err
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	undoes, err := flow.ParseID(r.PostFormValue("undoes"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	receipt, err := w.do(r, who, id, flow.Undo{Job: job, Undoes: undoes, Reason: clean(r.PostFormValue("reason")), Together: r.PostFormValue("together") != ""})
	var refusal *flow.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Code != flow.NotFound:
		return w.showJob(rw, r, who, refusal)
	case err != nil:
		return err
	}
	to := "/jobs/" + job.String()
	if r.PostFormValue("to") == "/my" {
		to = "/my"
	}
	http.Redirect(rw, r, to+"?said="+strconv.FormatInt(receipt.First, 10), http.StatusSeeOther)
	return nil
}

// undoing is an undo that would take back more than its own: which movements, and what was typed.
type undoing struct {
	This    *event // what is to be taken back, when it is on the page
	Depends []event
	More    int // movements at stages that the reader does not see
	Undoes  string
	Reason  string
	May     bool // the reader may take all of them back
	Asks    bool // a reason is missing, nothing else
}

// dependents adds to the page of a job why it was not taken back, and what depends on it.
func (w *Web) dependents(r *http.Request, p *jobPage, refused *flow.Refusal) error {
	p.Path = "/jobs/" + p.Job.ID.String()
	p.Error = w.sentence(r.Context(), p.view, refused, p.Process)
	reason := clean(r.PostFormValue("reason"))
	asks := refused.Code == flow.UndoNoReason
	if len(refused.Depends) == 0 && !asks {
		return nil
	}
	ids := make([]flow.ID, len(refused.Depends))
	for i, m := range refused.Depends {
		ids[i] = m.Member
	}
	names, err := w.DB.Names(r.Context(), p.Who.Org, ids)
	if err != nil {
		return err
	}
	u := undoing{Undoes: r.PostFormValue("undoes"), Reason: reason, Asks: asks, May: asks || p.Can("reverse") && reason != ""}
	if i := slices.IndexFunc(p.Events, func(e event) bool { return e.Move.Command.String() == u.Undoes }); i >= 0 {
		u.This = &p.Events[i]
	}
	for _, m := range refused.Depends {
		if m.Stage != "" && !p.Who.Scope.At(p.Job, m.Stage) {
			u.More++
			continue
		}
		u.Depends = append(u.Depends, p.event(p.Process.ShowMove(p.Who.Role, m), names[m.Member]))
	}
	p.Undo = &u
	return nil
}
