package web_test

import (
	"maps"

	"clicarity/internal/privacy"
)

func init() {
	maps.Copy(entries, map[string]entry{
		"GET /privacy": {who: "O", on: all}, "POST /privacy/retention": {who: "O", on: all, form: form("months", "0")}, "POST /privacy/usage": {who: "O", on: all, form: form("do", "on")},
		"GET /usage":    {who: "O", on: all}, // of the operator's organisation only
		"GET /breaches": {who: "O", on: all}, "POST /breaches": {who: "O", on: all, form: form()},
		"GET /breaches/{breach}": {who: "O", on: object}, "POST /breaches/{breach}": {who: "O", on: object, form: form("do", "note", "note", "")},
		"GET /breaches/{breach}/report": {who: "O", on: object},
		"GET /breaches/{breach}/letter": {who: "O", on: object}, "POST /breaches/{breach}/letter": {who: "O", on: object, form: form()},
		"POST /breaches/{breach}/organisations": {who: "O", on: object, form: form()}, // of the operator's organisation only
		"GET /evidence":                         {who: "O", on: all}, "GET /evidence/file": {who: "O", on: all}, "POST /evidence/review": {who: "O", on: all, form: form()},
	})
}

// breach enters a breach for the matrix.
func (a *authz) breach(f *authzFirm) string {
	a.t.Helper()
	b := privacy.Breach{ID: newID(a.t), Noticed: a.now, Opened: a.now, By: f.owner}
	step := privacy.Step{ID: newID(a.t), Kind: privacy.StepAccount, At: a.now, By: f.owner, Body: `{"what":"a phone was lost"}`}
	if err := a.db.OpenBreach(a.t.Context(), f.org, b, step); err != nil {
		a.t.Fatal(err)
	}
	return b.ID.String()
}
