package web_test

import (
	"maps"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// rightsRequest is a request on the desk of an organisation.
func (a *authz) rightsRequest(f *authzFirm) flow.ID {
	a.t.Helper()
	id := newID(a.t)
	r := postgres.RightsRequest{ID: id, Kind: postgres.AskAccess, Name: "Usha Rane", Contact: "usha@customer.example", Opened: a.now}
	if err := a.db.OpenRequest(a.t.Context(), f.org, r); err != nil {
		a.t.Fatal(err)
	}
	return id
}

func init() {
	for _, pattern := range []string{"GET /rights/{token}", "POST /rights/{token}", "GET /new-login/{token}", "POST /new-login/{token}"} {
		mayBeMissing[pattern] = true // the token is of something else
	}
	maps.Copy(entries, map[string]entry{
		"GET /my-data": {who: "OMSovw"}, "POST /my-data": {who: "OMSovw", form: form("do", "name", "name", "")}, "POST /my-data/download": {who: "OMSovw", form: form("password", "wrong")},
		"GET /privacy-requests": {who: "O", on: all}, "POST /privacy-requests": {who: "O", on: all, form: form("kind", "none")},
		"GET /privacy-requests/{request}": {who: "O", on: object}, "POST /privacy-requests/{request}": {who: "O", on: object, form: form("do", "answer")},
		"GET /rights": {on: everybody}, "POST /rights": {on: everybody, form: form("kind", "none")},
		"GET /rights/{token}": {on: everybody}, "POST /rights/{token}": {on: everybody, form: form()},
		"GET /new-login/{token}": {on: everybody}, "POST /new-login/{token}": {on: everybody, form: form()},
	})
}
