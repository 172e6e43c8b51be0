package web

import (
	"net/http"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// letterRoutes are what was written to people, and what they chose about it.
func (w *Web) letterRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /letters", May: flow.MayGovern, Whole: true, Handler: w.letters},
		{Pattern: "POST /letters/addresses", May: flow.MayGovern, Whole: true, Handler: w.trustAddress},
		{Pattern: "POST /letters/test", May: flow.MayGovern, Whole: true, Handler: w.testLetter},
		{Pattern: "GET /unsubscribe/{token}", May: flow.Anybody, Handler: w.unsubscribePage},
		{Pattern: "POST /unsubscribe/{token}", May: flow.Anybody, Handler: w.unsubscribe},
		{Pattern: "GET /policies", May: flow.MayGovern, Whole: true, Handler: w.operators(w.policies)},
		{Pattern: "GET /policies/{kind}", May: flow.MayGovern, Whole: true, Handler: w.operators(w.policy)},
		{Pattern: "POST /policies/{kind}", May: flow.MayGovern, Whole: true, MaxBody: maxSetup, Handler: w.operators(w.changePolicy)},
		{Pattern: "GET /account/notice", May: flow.MaySelf, Handler: w.noticePage},
		{Pattern: "POST /account/notice", May: flow.MaySelf, Handler: w.readNotice},
		{Pattern: "POST /account/choices", May: flow.MaySelf, Closed: true, Handler: w.choose},
		{Pattern: "POST /account/letters", May: flow.MaySelf, Handler: w.chooseLetters},
		{Pattern: "POST /told", May: flow.MaySelf, Handler: w.putAway},
	}
}

type letterRow struct {
	postgres.Sending
	KindWords string
	Chip      chip
	When      string
	Next      string // when it is tried again, empty when it is not
}

type lettersPage struct {
	*view
	Rows  []letterRow
	Bad   []postgres.BadAddress
	More  int64 // the number before which there are more, 0 for none
	Mails bool  // this server sends mails
	Own   string
	Said  string
}

// letters lists the mails of the organisation: that there were any, and what became of them, never what they say.
func (w *Web) letters(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := lettersPage{view: w.view(r, who, "letters"), Mails: w.Mails}
	switch said := r.FormValue("said"); said {
	case "trusted", "test":
		p.Said = p.T("letters_said_" + said)
	}
	before, err := strconv.ParseInt(r.FormValue("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	list, err := w.DB.Sendings(r.Context(), who.Org, before)
	if err != nil {
		return err
	}
	if len(list) > postgres.SendingsAtOnce {
		list = list[:postgres.SendingsAtOnce]
		p.More = list[len(list)-1].Number
	}
	for _, s := range list {
		p.Rows = append(p.Rows, p.letterRow(s))
	}
	if p.Bad, err = w.DB.BadAddresses(r.Context(), who.Org); err != nil {
		return err
	}
	if _, p.Own, err = w.DB.Heads(r.Context(), who.Org, who.Member); err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "letters", p)
}

var letterGlyphs = map[string]chip{
	"waiting": {State: "waiting", Glyph: "○"}, "unsure": {State: "hold", Glyph: "‖"}, "sent": {State: "done", Glyph: "✓"},
	"failed": {State: "due-late", Glyph: "▲"}, "bounced": {State: "due-late", Glyph: "↩"}, "dropped": {State: "hold", Glyph: "–"},
}

func (p lettersPage) letterRow(s postgres.Sending) letterRow {
	row := letterRow{Sending: s, KindWords: s.Kind, Chip: letterGlyphs[s.State], When: p.When(flow.At(s.At))}
	row.Chip.Word = p.T("letter_is_" + s.State)
	if p.Has("letter_" + s.Kind) {
		row.KindWords = p.T("letter_" + s.Kind)
	}
	if s.Tries > 0 && (s.State == "waiting" || s.State == "unsure") {
		row.Next = p.When(flow.At(s.NextTryAt))
	}
	return row
}

// Day is a moment as the page writes it.
func (p lettersPage) Day(a postgres.BadAddress) string { return p.When(flow.At(a.Last)) }

// trustAddress says that an address is right though mails came back from it.
func (w *Web) trustAddress(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := w.DB.TrustAddress(r.Context(), who.Org, strings.TrimSpace(r.PostFormValue("address"))); err != nil {
		return err
	}
	http.Redirect(rw, r, "/letters?said=trusted", http.StatusSeeOther)
	return nil
}

// testLetter writes to the owner who asks, so that they see whether mails arrive. Sent again, the same form writes none.
func (w *Web) testLetter(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "")
	m, err := w.DB.Member(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	_, address, err := w.DB.Heads(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil || address == "" || !w.Mails {
		return &flow.Refusal{Code: flow.BadCommand} // the page does not offer it
	}
	letter := letters.Test{Operator: w.Operator.Called(), At: w.Now().In(v.Zone).Format("02-01-2006 15:04")}
	if err := w.DB.QueueMail(r.Context(), who.Org, postgres.NewMail(address, m.Reads(), id.String(), letter, w.Now())); err != nil {
		return err
	}
	http.Redirect(rw, r, "/letters?said=test", http.StatusSeeOther)
	return nil
}
