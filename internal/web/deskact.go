package web

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

type deskRequestPage struct {
	*view
	Row      requestRow
	Steps    []stepRow
	Looked   bool // the texts that name the person were looked for
	Mentions []mentionRow
	People   []postgres.Member // whom somebody who is no member may have been
	Member   string            // of them the one who was chosen
	Answer   string
	Error    string
	Said     string
}

// stepRow is a step as the page shows it.
type stepRow struct{ What, ByName, When string }

// mentionRow is a text that names the person.
type mentionRow struct {
	postgres.Mentioned
	ByName string
	On     bool
}

// Value names the text in the form.
func (m mentionRow) Value() string { return m.Place + "/" + m.Key }

// Cut is as much of a text as a list shows.
func (m mentionRow) Cut() string {
	if r := []rune(m.Text); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return m.Text
}

// Where says what becomes of a text that nothing takes the name out of: a key of the words.
func (m mentionRow) Where() string {
	switch {
	case m.Place == "breach_steps":
		return "rd_text_breach"
	case m.Job.IsZero():
		return "rd_text_fixed"
	case m.Column == postgres.StaysInStage:
		return "rd_text_stage"
	}
	return "rd_text_number"
}

// Erasable reports whether the name can be taken out here.
func (p deskRequestPage) Erasable() bool {
	return p.Row.Kind == postgres.AskErasure && !p.Row.Over() && (p.Row.State == postgres.RightsOpen || p.Now.Before(p.Row.EraseAt))
}

func (w *Web) deskRequest(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := deskRequestPage{view: w.view(r, who, "rd_request")}
	switch said := r.FormValue("said"); said {
	case "answered", "refused", "planned", "chosen", "cancelled", "erased":
		p.Said = p.T("rd_done_" + said)
	}
	return w.showRequest(rw, r, p, http.StatusOK)
}

func (w *Web) showRequest(rw http.ResponseWriter, r *http.Request, p deskRequestPage, status int) error {
	id, err := pathID(r, "request")
	if err != nil {
		return err
	}
	req, steps, chosen, err := w.DB.Request(r.Context(), p.Who.Org, id)
	if err != nil {
		return err
	}
	rows, err := w.requestRows(r, p.view, []postgres.RightsRequest{req})
	if err != nil {
		return err
	}
	p.Row = rows[0]
	p.Title = p.T("rd_kind_" + string(req.Kind))
	if p.Steps, err = w.stepRows(r, p.view, steps); err != nil {
		return err
	}
	if req.Kind == postgres.AskErasure && req.Member.IsZero() {
		if p.People, err = w.DB.Members(r.Context(), p.Who.Org, deskPeople); err != nil {
			return err
		}
		p.People = slices.DeleteFunc(p.People, isPseudonym)
	}
	if p.Looked {
		if p.Mentions, err = w.mentionRows(r, p, chosen); err != nil {
			return err
		}
	}
	return w.render(rw, status, "request", p)
}

func (w *Web) stepRows(r *http.Request, v *view, steps []postgres.RightsStep) ([]stepRow, error) {
	var ids []flow.ID
	for _, s := range steps {
		ids = append(ids, s.By)
	}
	names, err := w.DB.Names(r.Context(), v.Who.Org, ids)
	rows := make([]stepRow, len(steps))
	for i, s := range steps {
		rows[i] = stepRow{What: v.T("rd_step_" + s.What), ByName: names[s.By], When: v.When(flow.At(s.At))}
	}
	return rows, err
}

// mentionRows are the texts that name the person, of which those that were chosen before are ticked.
func (w *Web) mentionRows(r *http.Request, p deskRequestPage, chosen []postgres.Mention) ([]mentionRow, error) {
	found, err := w.naming(r, p.Who.Org, p.Row.RightsRequest)
	if err != nil {
		return nil, err
	}
	var ids []flow.ID
	for _, m := range found {
		ids = append(ids, m.By)
	}
	names, err := w.DB.Names(r.Context(), p.Who.Org, ids)
	rows := make([]mentionRow, len(found))
	for i, m := range found {
		rows[i] = mentionRow{m, names[m.By], slices.Contains(chosen, m.Mention)}
	}
	slices.SortStableFunc(rows, func(a, b mentionRow) int { return boolean(a.Fixed, b.Fixed) }) // first what there is to choose
	return rows, err
}

func (w *Web) naming(r *http.Request, org flow.ID, req postgres.RightsRequest) ([]postgres.Mentioned, error) {
	if !req.Member.IsZero() {
		return w.DB.Mentions(r.Context(), org, req.Member)
	}
	return w.DB.Naming(r.Context(), org, flow.ID{}, req.Name, []string{req.Contact})
}

// handleRequest does what a button of a request's page says.
func (w *Web) handleRequest(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "request")
	if err != nil {
		return err
	}
	req, _, _, err := w.DB.Request(r.Context(), who.Org, id)
	if err != nil {
		return err
	}
	p := deskRequestPage{view: w.view(r, who, "rd_request"), Answer: lines(r.PostFormValue("answer")), Member: r.PostFormValue("member")}
	do := r.PostFormValue("do")
	switch do {
	case "look":
		p.Looked = true
		if err := w.DB.NoteStep(r.Context(), who.Org, id, postgres.RightsStep{At: w.Now(), By: who.Member, What: postgres.StepSearched}); err != nil {
			return err
		}
		return w.showRequest(rw, r, p, http.StatusOK)
	case "texts":
		return w.sendTexts(rw, r, who, req)
	}
	said, says, err := w.actOn(r, p, req, do)
	var refusal *flow.Refusal
	switch {
	case errors.As(err, &refusal):
		says, err = w.rightsSentence(r, p.view, refusal), nil
	case errors.Is(err, postgres.ErrOver):
		says, err = p.T("rd_too_late"), nil
	}
	if err != nil {
		return err
	}
	if says != "" {
		p.Error = says
		return w.showRequest(rw, r, p, http.StatusUnprocessableEntity)
	}
	http.Redirect(rw, r, "/privacy-requests/"+id.String()+"?said="+said, http.StatusSeeOther)
	return nil
}

func (w *Web) actOn(r *http.Request, p deskRequestPage, req postgres.RightsRequest, do string) (said, says string, err error) {
	ctx, org, me, now := r.Context(), p.Who.Org, p.Who.Member, w.Now()
	switch do {
	case "answer", "refuse":
		return w.answerAsk(r, p, req, map[string]string{"answer": postgres.RightsAnswered, "refuse": postgres.RightsRefused}[do])
	case "plan":
		var member flow.ID
		if req.Member.IsZero() {
			if member, err = flow.ParseID(p.Member); err != nil {
				return "", p.T("rd_member_missing"), nil
			}
		}
		if err := w.DB.PlanErasure(ctx, org, postgres.ErasurePlan{Request: req.ID, Member: member, Chosen: ticked(r), By: me, At: now}); err != nil {
			return "", "", err
		}
		if req.State == postgres.RightsPlanned {
			return "chosen", "", nil
		}
		if member.IsZero() {
			member = req.Member
		}
		return "planned", "", w.tellPlanned(ctx, org, p.Who.OrgName, member, req.ID.String())
	case "cancel":
		return "cancelled", "", w.DB.CancelErasure(ctx, org, req.ID, flow.ID{}, me, now)
	case "erase_texts":
		o, err := w.DB.Organisation(ctx, org)
		if err != nil {
			return "", "", err
		}
		if len(ticked(r)) == 0 {
			return "", p.T("rd_no_texts"), nil
		}
		if err := w.endNewsFor(r, p.Who, req); err != nil {
			return "", "", err
		}
		return "erased", "", w.DB.EraseNamed(ctx, o, req.ID, me, ticked(r), now)
	}
	return "", "", httpd.Status(http.StatusBadRequest)
}

// ticked are the texts that were chosen. What names none is left out by whoever reads them.
func ticked(r *http.Request) []postgres.Mention {
	var list []postgres.Mention
	for _, text := range r.PostForm["text"] {
		if place, key, ok := strings.Cut(text, "/"); ok && len(list) < postgres.MostMentions {
			list = append(list, postgres.Mention{Place: place, Key: key})
		}
	}
	return list
}

// answerAsk ends a request. Who is no member gets the answer by mail; a member sees it among their own data, and by mail too.
func (w *Web) answerAsk(r *http.Request, p deskRequestPage, req postgres.RightsRequest, state string) (said, says string, err error) {
	switch {
	case p.Answer == "":
		return "", p.T("rd_no_answer"), nil
	case tooLongText(p.Answer):
		return "", p.T("rd_text_long"), nil
	}
	to, language := []string{req.Contact}, req.Language
	if !req.Member.IsZero() {
		m, err := w.DB.Member(r.Context(), p.Who.Org, req.Member)
		if err != nil {
			return "", "", err
		}
		to, language = m.Logins, m.Reads()
	}
	var mails []postgres.Mail
	for _, address := range to {
		if w.Mails && plausibleAddress(address) {
			mails = append(mails, postgres.NewMail(address, language, req.ID.String(), letters.RightsAnswer{Organisation: p.Who.OrgName, Asks: string(req.Kind), Answer: p.Answer}, w.Now()))
		}
	}
	if state == postgres.RightsAnswered && (req.Kind == postgres.AskWithdrawal || req.Kind == postgres.AskErasure) {
		if err := w.endNewsFor(r, p.Who, req); err != nil {
			return "", "", err
		}
	}
	return state, "", w.DB.AnswerRequest(r.Context(), p.Who.Org,
		postgres.RightsAnswer{Request: req.ID, State: state, Says: p.Answer, By: p.Who.Member, At: w.Now()}, mails...)
}

// endNewsFor takes the consent to news back for somebody who asked at the desk: a member, or whoever has the address.
func (w *Web) endNewsFor(r *http.Request, who flow.Person, req postgres.RightsRequest) error {
	c := postgres.Consent{Subject: req.Member, Version: letters.NoticeVersion, Language: letters.Known(req.Language), At: w.Now(), How: postgres.ByDesk, By: who.Member}
	if !req.Member.IsZero() {
		return w.DB.EndNews(r.Context(), who.Org, c)
	}
	return w.DB.EndNewsOf(r.Context(), who.Org, req.Contact, c)
}

// sendTexts is the file for somebody who is no member: the texts that name them and that an owner chose.
func (w *Web) sendTexts(rw http.ResponseWriter, r *http.Request, who flow.Person, req postgres.RightsRequest) error {
	found, err := w.naming(r, who.Org, req)
	if err != nil {
		return err
	}
	chosen := ticked(r)
	type text struct {
		Where string `json:"where"`
		Text  string `json:"text"`
	}
	out := struct {
		Company string `json:"company"`
		Name    string `json:"name"`
		Contact string `json:"contact"`
		Texts   []text `json:"texts"`
	}{who.OrgName, req.Name, req.Contact, []text{}}
	for _, m := range found {
		if slices.Contains(chosen, m.Mention) {
			out.Texts = append(out.Texts, text{m.Place, m.Text})
		}
	}
	if err := w.DB.NoteStep(r.Context(), who.Org, req.ID, postgres.RightsStep{At: w.Now(), By: who.Member, What: postgres.StepDownloaded}); err != nil {
		return err
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "data-" + w.Now().UTC().Format("2006-01-02") + ".json"}))
	_, err = rw.Write([]byte(mustText(out)))
	return err
}
