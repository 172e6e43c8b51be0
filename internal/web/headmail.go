package web

import (
	"encoding/hex"
	"net/http"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// sendHeads switches the daily mail with the head of the audit log on or off for the owner who asks.
func (w *Web) sendHeads(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "audit")
	if r.PostFormValue("do") != "on" {
		if err := w.DB.StopHeads(r.Context(), who.Org, who.Member); err != nil {
			return err
		}
		http.Redirect(rw, r, "/audit?said=heads_off#heads", http.StatusSeeOther)
		return nil
	}
	_, address, err := w.DB.Heads(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	if !w.Mails || address == "" {
		return &flow.Refusal{Code: flow.BadCommand} // the page does not offer it
	}
	if err := w.DB.SendHeads(r.Context(), who.Org, who.Member, flow.DateOf(w.Now().In(v.Zone))); err != nil {
		return err
	}
	http.Redirect(rw, r, "/audit?said=heads_on#heads", http.StatusSeeOther)
	return nil
}

// HeadMail is the daily letter with the head of an organisation's audit log.
func (w *Web) HeadMail(o postgres.Organisation, head postgres.AuditChain, at time.Time) letters.Letter {
	return letters.AuditHead{Organisation: o.Name, Entry: head.Seq, At: at.In(postgres.Zone(o.Timezone)).Format("02-01-2006 15:04"),
		Hash: hex.EncodeToString(head.Hash[:]), Link: w.URL + "/audit"}
}
