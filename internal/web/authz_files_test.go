package web_test

import (
	"maps"
	"net/url"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

func init() {
	mayBeMissing["GET /l/{token}/files/{job}/{revision}"] = true // the link was revoked
	maps.Copy(entries, map[string]entry{
		"GET /jobs/{job}/files":                    {who: "OMSowsf", on: aJob},
		"POST /jobs/{job}/files":                   {who: "OMSof", on: aStage, form: fileForm, file: true, sent: "a drawing"},
		"GET /jobs/{job}/files/{revision}":         {who: "OMSowsf", on: aStage},
		"GET /jobs/{job}/files/{revision}/small":   {who: "OMSowsf", on: aStage},
		"POST /jobs/{job}/files/{document}/retire": {who: "OMS", on: aStage, form: form("reason", "")},
		"POST /jobs/{job}/files/{revision}/erase":  {who: "O", on: wholeJob, form: form("reason", "")},
		"GET /work/files/{job}/{revision}":         {who: "v", on: aStage},
		"GET /l/{token}/files/{job}/{revision}":    {on: everybody},
	})
}

func fileForm(a *authz, t *target) url.Values {
	return url.Values{"command": {newID(a.t).String()}, "stage": {t.paths["stage"]}, "kind": {"drawing"}}
}

// file gives a target a file of its stage that is marked for vendors.
func (a *authz) file(t *target, stage string) {
	a.t.Helper()
	document := newID(a.t)
	f, err := a.db.PutFile(a.t.Context(), t.firm.org, postgres.File{ID: newID(a.t), Job: t.job, Stage: stage, Member: t.firm.owner, Added: a.now, Name: t.mark + ".txt", Media: "text/plain"},
		strings.NewReader(t.mark+" drawing"), func() []byte { return []byte(t.mark) })
	if err == nil {
		mark := flow.Mark{Org: t.firm.org, Member: t.firm.owner, Role: flow.Owner, Scope: flow.Scope{All: true}, At: flow.At(a.now)}
		_, err = a.db.Do(a.t.Context(), mark, flow.Command{ID: newID(a.t), Action: flow.AttachFile{Job: t.job, Stage: stage, File: document, Kind: flow.Drawing, Title: t.mark + " die line", Vendor: true, Revision: f.Revision("A")}})
	}
	if err != nil {
		a.t.Fatal(err)
	}
	t.paths["document"], t.paths["revision"] = document.String(), f.ID.String()
}
