package web_test

import "maps"

func init() {
	maps.Copy(entries, map[string]entry{
		"GET /close": {who: "O", on: all}, "POST /close": {who: "O", on: all, form: form("name", "x")}, "POST /close/undo": {who: "O", on: all, form: form("password", "x")},
		"GET /close/export":        {who: "O", on: all},
		"GET /certificate/{token}": {on: everybody},
	})
	mayBeMissing["GET /certificate/{token}"], mayBeMissing["GET /close/export"] = true, true // the token is another's; there is nothing that writes one here
}
