package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"clicarity/internal/flow"
	"clicarity/internal/sheets"
)

// holdForm is what was chosen of who must act, and until when.
type holdForm struct {
	For, ForName string // a member, or anybody else by name
	Until, In    string // a day, or so many days from today
}

func readHold(r *http.Request) holdForm {
	return holdForm{For: r.PostFormValue("awaits"), ForName: clean(r.PostFormValue("awaits_name")), Until: clean(r.PostFormValue("until")), In: r.PostFormValue("until_in")}
}

// Filled reports whether anything was chosen.
func (f holdForm) Filled() bool { return f != holdForm{} }

// UntilChoices are the days that can be chosen by a tap, as days from today.
func (p cardPage) UntilChoices() []string { return []string{"0", "1", "7"} }

// awaits reads who must act on a hold, and until when.
func (w *Web) awaits(r *http.Request, v *view, f holdForm) (flow.Awaited, error) {
	a := flow.Awaited{Name: f.ForName}
	if f.For != "" {
		id, err := flow.ParseID(f.For)
		if err != nil {
			return a, &flow.Refusal{Code: flow.BadCommand}
		}
		names, err := w.DB.Names(r.Context(), v.Who.Org, []flow.ID{id})
		if err != nil {
			return a, err
		}
		if names[id] == "" || f.ForName != "" {
			return a, &flow.Refusal{Code: flow.FieldWrong, Name: "awaits", Value: cmp.Or(f.ForName, "?")}
		}
		a.Member, a.Name = id, names[id]
	}
	days, err := strconv.Atoi(f.In)
	switch {
	case f.Until != "":
		day, err := sheets.Date(f.Until, w.Now())
		a.Until = flow.DateOf(day)
		return a, err
	case err == nil && days >= 0 && days < 100:
		a.Until = flow.DateOf(v.Now.In(v.Zone).AddDate(0, 0, days))
	}
	return a, nil
}

// Waits says what a hold waits for, in few words: the reason, and who must act.
func (p place) Waits() string {
	reason, who := p.Reason(p.Process.HoldReasons, p.State.Reason), p.State.Awaits.Name
	switch {
	case p.State.Held == 0:
		return ""
	case p.WaitsForMe():
		return p.T("waits_you", "reason", reason)
	case who == "":
		return reason
	}
	return p.T("waits_who", "who", who, "reason", reason)
}

// WaitsForMe reports whether the reader must act.
func (p place) WaitsForMe() bool {
	return p.State.Held != 0 && !p.State.Awaits.Member.IsZero() && p.State.Awaits.Member == p.Who.Member
}

// HoldSays is a hold in a sentence: On hold 2 h 5 m: waiting for Priya (Quality).
func (p place) HoldSays() string {
	return p.T("hold_says", "for", p.For(p.State.Held), "what", p.Waits())
}

// HoldDue says how the day stands until which somebody must act.
func (p place) HoldDue() due { return p.holdDue(p.State) }

func (v *view) holdDue(s flow.StageState) due {
	until, today := s.Awaits.Until, flow.DateOf(v.Now.In(v.Zone))
	switch {
	case s.Held == 0 || until == "":
		return due{State: "none"}
	case s.Awaits.Overdue(today):
		return due{"late", "▲", v.T("until_passed", "date", v.Date(until))}
	case until == today:
		return due{"soon", "◔", v.T("until_today")}
	}
	return due{"ok", "", v.T("until_date", "date", v.Date(until))}
}

// maxAwaited bounds the list of what waits for one person.
const maxAwaited = 20

// awaited is a hold that waits for the reader. What is not in their scope they see the number of, and what it is, because
// somebody asked them to act on it; they cannot open it.
type awaited struct {
	place
	Opens bool
}

// awaiting are the holds that wait for the reader, the most urgent day first.
func (w *Web) awaiting(r *http.Request, v *view, processes []flow.Process) ([]awaited, error) {
	list, err := w.DB.Awaiting(r.Context(), v.Who.Org, v.Who.Member, maxAwaited)
	if err != nil {
		return nil, err
	}
	var out []awaited
	for _, at := range list {
		p := choose(processes, at.Job.Process.String())
		out = append(out, awaited{v.place(at.Job, p, at.Stage, nil), v.Who.Scope.At(at.Job, at.Stage)})
	}
	never := flow.Date("9999-12-31")
	slices.SortStableFunc(out, func(a, b awaited) int {
		return cmp.Compare(cmp.Or(a.State.Awaits.Until, never), cmp.Or(b.State.Awaits.Until, never))
	})
	return out, nil
}
