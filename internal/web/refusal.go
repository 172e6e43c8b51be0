package web

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/sheets"
)

// sentence says a refusal in the reader's language: what happened meanwhile, who did it, what to do now.
func (w *Web) sentence(ctx context.Context, v *view, r *flow.Refusal, processes ...flow.Process) string {
	stage, reason := r.Stage, r.Reason
	for _, p := range processes {
		if s, ok := p.Stage(r.Stage); ok {
			stage = p.Called(s)
		}
		reason = v.Reason(append(slices.Clone(p.HoldReasons), p.WasteReasons...), r.Reason)
	}
	by := v.T("somebody")
	if r.By == v.Who.Member {
		by = v.T("you")
	} else if !r.By.IsZero() { // of many refusals most name nobody
		if names, err := w.DB.Names(ctx, v.Who.Org, []flow.ID{r.By}); err == nil {
			by = cmp.Or(names[r.By], by)
		}
	}
	key := "refusal_" + string(r.Code)
	if r.By.IsZero() && v.Has(key+"_alone") {
		key += "_alone"
	}
	if r.Code == flow.MoreThanHere && r.Name != "" {
		key = "refusal_more_than_here_of"
	}
	if r.Code == flow.TooEarly && r.Here > 0 {
		key = "refusal_too_early_part"
	}
	if r.Code == flow.FieldWrong && r.Name == flow.SetDue {
		key = "refusal_due_wrong" // how it is written
	}
	kind := ""
	if r.Kind != "" {
		kind = v.T("kind_" + string(r.Kind))
	}
	return v.T(key, "job", r.Job, "stage", stage, "name", v.fieldName(r.Name), "value", r.Value, "by", by, "at", v.When(r.At),
		"kind", kind, "reason", reason, "entry", v.Qty(r.Entry), "here", v.Qty(r.Here), "limit", v.Int(r.Limit))
}

func (v *view) fieldName(name string) string {
	if v.Has("field_" + name) {
		return v.T("field_" + name)
	}
	return name
}

// problem says what is wrong with something typed or uploaded.
func (v *view) problem(p *sheets.Problem) string {
	pairs := []any{"line", v.Int(p.Line)}
	for _, name := range slices.Sorted(maps.Keys(p.Args)) {
		pairs = append(pairs, name, p.Args[name])
	}
	return v.T("problem_"+p.Code, pairs...)
}

// explain says what is wrong, when it is something the person can mend; other errors are left to the error page.
func (w *Web) explain(ctx context.Context, v *view, err error, processes ...flow.Process) (says string, status int, ok bool) {
	var refusal *flow.Refusal
	var problem *sheets.Problem
	switch {
	case errors.As(err, &refusal) && refusal.Code != flow.NotFound:
		return w.sentence(ctx, v, refusal, processes...), httpd.StatusOf(err), true
	case errors.As(err, &problem):
		return v.problem(problem), 422, true
	}
	return "", 0, false
}
