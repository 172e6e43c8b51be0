package web_test

import "maps"

func init() {
	const everyone = "OMSovw"
	maps.Copy(entries, map[string]entry{
		"GET /letters": {who: "O", on: all}, "POST /letters/addresses": {who: "O", on: all, form: form("address", "nobody@firm.example")}, "POST /letters/test": {who: "O", on: all, form: form()},
		"GET /unsubscribe/{token}": {on: everybody}, "POST /unsubscribe/{token}": {on: everybody, form: form("List-Unsubscribe", "One-Click")},
		"GET /policies": {who: "O", on: all}, "GET /policies/{kind}": {who: "O", on: all}, "POST /policies/{kind}": {who: "O", on: all, form: form("do", "save", "body", "")},
		"GET /account/notice": {who: everyone}, "POST /account/notice": {who: everyone, form: form("version", "0")},
		"POST /account/choices": {who: everyone, form: form("news", "withdrawn")}, "POST /account/letters": {who: everyone, form: form("letters", "")},
		"POST /told": {who: everyone, form: form("topic", "", "to", "/account")},
	})
	maps.Copy(mayBeMissing, map[string]bool{"GET /unsubscribe/{token}": true, "POST /unsubscribe/{token}": true}) // the token of the targets is another kind's
}
