package web_test

import (
	"maps"
	"time"

	"clicarity/internal/operator"
	"clicarity/internal/postgres"
)

// authzOperator is whoever runs the service in the matrix: the organisation of those who ask.
var authzOperator = operator.Operator{Organisation: "aakar", Name: "Aakar", Try: true}

func init() {
	maps.Copy(entries, map[string]entry{
		"GET /enquiries": {who: "O", on: all}, "GET /enquiries/{enquiry}": {who: "O", on: object},
		"POST /enquiries/{enquiry}":       {who: "O", on: object, form: form("do", "take")},
		"POST /enquiries/{enquiry}/erase": {who: "O", on: object, form: form()},
		"GET /try":                        {on: everybody}, "POST /try": {on: everybody, form: form("as", "nobody")},
	})
	mayBeMissing["POST /enquiries/{enquiry}/erase"] = true // another owner erased it before
}

// site leaves what the public site takes in with an organisation, and a factory to try.
func (a *authz) site(f *authzFirm, paths map[string]string) {
	a.t.Helper()
	for _, name := range []string{"enquiry", "POST /enquiries/{enquiry}/erase"} {
		e := postgres.Enquiry{ID: newID(a.t), Source: "form", Purpose: "demo", Language: "en", Page: "/demo", At: a.now, ReplyBy: a.now.Add(time.Hour), EraseAfter: a.now.Add(2 * time.Hour),
			Asker: postgres.Asker{Name: "Asha Kulkarni", Email: "asha@mill.example"}}
		if _, err := a.db.AddEnquiry(a.t.Context(), f.org, e); err != nil {
			a.t.Fatal(err)
		}
		paths[name] = e.ID.String()
	}
	tried := postgres.Trial{Org: newID(a.t), Owner: newID(a.t), Operator: newID(a.t), Made: a.now}
	if err := a.db.AddTrial(a.t.Context(), f.org, tried); err != nil {
		a.t.Fatal(err)
	}
	if err := a.db.StartTrial(a.t.Context(), f.org, tried.Org); err != nil {
		a.t.Fatal(err)
	}
}
