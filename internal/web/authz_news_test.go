package web_test

import (
	"maps"

	"clicarity/internal/postgres"
)

func init() {
	maps.Copy(entries, map[string]entry{ // of the operator's organisation only
		"GET /news": {who: "O", on: all}, "GET /news/new": {who: "O", on: all},
		"GET /news/{news}": {who: "O", on: object}, "GET /news/{news}/mail": {who: "O", on: object}, "GET /news/{news}/send": {who: "O", on: object},
		"POST /news/{news}":         {who: "O", on: all, form: form("first", "en", "edition", "0")}, // the first time it makes what it names
		"POST /news/{news}/test":    {who: "O", on: object, form: form()},
		"POST /news/{news}/send":    {who: "O", on: object, form: form("edition", "0")},
		"POST /news/{news}/discard": {who: "O", on: object, form: form()},
	})
	mayBeMissing["POST /news/{news}/discard"] = true // another owner threw it away before
}

// news leaves drafts with an organisation.
func (a *authz) news(f *authzFirm, paths map[string]string) {
	a.t.Helper()
	for _, name := range []string{"news", "POST /news/{news}/discard"} {
		n := postgres.NewsPiece{ID: newID(a.t), First: "en", Texts: map[string]postgres.NewsText{"en": {Subject: "Lots by QR code", Text: "Scan a lot where it stands."}}, By: f.owner}
		if err := a.db.SaveNews(a.t.Context(), f.org, n, a.now); err != nil {
			a.t.Fatal(err)
		}
		paths[name] = n.ID.String()
	}
}
