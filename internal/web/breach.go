package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
)

type breachPage struct {
	*view
	breachRow
	Form    *breachForm
	Note    string // typed beside a step
	Steps   []breachStep
	Missing []string // what the full report wants and nobody has written
	Ours    bool     // the reader's organisation runs the service
	Slugs   string
	Message string
	Open    string // the part that is open
	Error   string
	Said    string
	Names   map[flow.ID]string
}

// breachStep is a step as it is shown.
type breachStep struct {
	privacy.Step
	When, Name, Says string
}

// Told are the steps that can be recorded.
func (breachPage) Told() []privacy.StepKind { return privacy.Told() }

// EnteredAt is when the breach was entered, and ByName by whom.
func (p breachPage) EnteredAt() string { return p.When(flow.At(p.Opened)) }

// ByName is who entered the breach.
func (p breachPage) ByName() string { return p.Names[p.By] }

func (w *Web) breach(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.breachOf(r, who, "breach")
	if err != nil {
		return err
	}
	switch said := r.FormValue("said"); said {
	case "opened", "kept", "letter", "organisations":
		p.Said = p.T("breach_said_" + said)
	}
	return w.render(rw, http.StatusOK, "breach", p)
}

// breachOf is the breach of a request's path, as a page.
func (w *Web) breachOf(r *http.Request, who flow.Person, title string) (breachPage, error) {
	p := breachPage{view: w.view(r, who, title)}
	p.Sheets = append(p.Sheets, "privacy.css")
	id, err := pathID(r, "breach")
	if err != nil {
		return p, err
	}
	b, err := w.DB.Breach(r.Context(), who.Org, id)
	if err != nil {
		return p, err
	}
	ids := []flow.ID{b.By}
	for _, s := range b.Steps {
		ids = append(ids, s.By)
	}
	if p.Names, err = w.DB.Names(r.Context(), who.Org, ids); err != nil {
		return p, err
	}
	if p.Ours, err = w.operates(r, who); err != nil {
		return p, err
	}
	p.breachRow, p.Missing = breachRow{p.view, b}, b.Account.Missing()
	p.Form = &breachForm{Account: b.Account}
	if b.Account.People > 0 {
		p.Form.People = p.Int(b.Account.People)
	}
	for _, s := range b.Steps {
		p.Steps = append(p.Steps, breachStep{Step: s, When: p.When(flow.At(s.At)), Name: p.Names[s.By], Says: p.stepSays(s)})
	}
	return p, nil
}

// stepSays is what a step says beside its kind.
func (v *view) stepSays(s privacy.Step) string {
	switch s.Kind {
	case privacy.StepAccount:
		var a privacy.Account
		if json.Unmarshal([]byte(s.Body), &a) == nil {
			return v.accountSays(a)
		}
	case privacy.StepLetter:
		var l privacy.Letter
		if json.Unmarshal([]byte(s.Body), &l) == nil {
			return v.T("breach_letter_to", "n", v.Int(len(l.To))) + "\n" + l.Subject + "\n\n" + l.Text
		}
	case privacy.StepOrganisations:
		var o privacy.Organisations
		if json.Unmarshal([]byte(s.Body), &o) == nil {
			return v.T("breach_organisations_to", "n", v.Int(o.Owners), "names", strings.Join(o.Slugs, ", ")) + "\n\n" + o.Text
		}
	}
	return s.Body
}

// accountSays is an account as lines of text.
func (v *view) accountSays(a privacy.Account) string {
	var lines []string
	for _, t := range texts(&a) {
		if *t.text != "" {
			lines = append(lines, v.T("breach_f_"+t.name)+": "+*t.text)
		}
	}
	if len(a.Nature) > 0 {
		lines = append(lines, v.T("breach_f_nature")+": "+v.natureWords(a))
	}
	if a.People > 0 {
		lines = append(lines, v.T("breach_f_people")+": "+v.Int(a.People))
	}
	return strings.Join(lines, "\n")
}

func (v *view) natureWords(a privacy.Account) string {
	var words []string
	for _, n := range a.Nature {
		words = append(words, v.T("breach_nature_"+string(n)))
	}
	return strings.Join(words, ", ")
}

// NatureWords are what became of the data.
func (p breachPage) NatureWords() string { return p.natureWords(p.Account) }

// stepBreach records what was done, or writes down what is known now.
func (w *Web) stepBreach(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.breachOf(r, who, "breach")
	if err != nil {
		return err
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	step := privacy.Step{ID: id, Kind: privacy.StepKind(r.PostFormValue("do")), At: w.Now(), By: who.Member}
	if step.Kind == privacy.StepAccount {
		p.Form, p.Open = w.readBreachForm(r), "account"
		if p.Error = p.Form.wrong(p.view); p.Error == "" {
			step, err = accountStep(id, who, p.Now, p.Form.Account)
		}
	} else {
		p.Note, p.Open = paragraphs(r.PostFormValue("note")), "step"
		step.Body = p.Note
		p.Error = p.stepWrong(step)
	}
	if p.Error != "" {
		return w.render(rw, http.StatusUnprocessableEntity, "breach", p)
	}
	if err == nil {
		err = w.DB.AddBreachStep(r.Context(), who.Org, p.ID, step)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/breaches/"+p.ID.String()+"?said=kept", http.StatusSeeOther)
	return nil
}

// stepWrong says what is wrong with a step that was typed.
func (p *breachPage) stepWrong(s privacy.Step) string {
	switch {
	case !slices.Contains(privacy.Told(), s.Kind):
		return p.T("breach_no_step")
	case len([]rune(s.Body)) > maxBreachText:
		return p.T("breach_too_long", "field", p.T("note"), "n", p.Int(maxBreachText))
	case s.Kind == privacy.StepNote && s.Body == "":
		return p.T("breach_no_note")
	}
	return ""
}

// breachReport is one breach on paper, with all that the Board asks for.
func (w *Web) breachReport(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.breachOf(r, who, "breach_report")
	if err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "breachreport", p)
}

// OperatorContact is where questions about the service go; empty for a house that runs it for itself.
func (p breachPage) OperatorContact() string {
	c := p.view.w.Operator.Complaints()
	return strings.Trim(strings.Join([]string{c.Name, c.Email}, " · "), " ·")
}

// tellOrganisations writes to the owners of other organisations that a breach of the service concerns, and records it. Sent again
// by the same command it writes to nobody twice.
func (w *Web) tellOrganisations(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.breachOf(r, who, "breach")
	if err != nil {
		return err
	}
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	p.Slugs, p.Message, p.Open = r.PostFormValue("slugs"), paragraphs(r.PostFormValue("message")), "organisations"
	orgs, problem, err := w.concerned(r, p)
	if err != nil {
		return err
	}
	if p.Error = problem; p.Error != "" {
		return w.render(rw, http.StatusUnprocessableEntity, "breach", p)
	}
	told := privacy.Organisations{Text: p.Message}
	for _, o := range orgs {
		n, err := w.mailOwners(r, o, id, p.Message)
		if err != nil {
			return err
		}
		told.Slugs, told.Owners = append(told.Slugs, o.Slug), told.Owners+n
	}
	body, err := json.Marshal(told)
	if err == nil {
		err = w.DB.AddBreachStep(r.Context(), who.Org, p.ID, privacy.Step{ID: id, Kind: privacy.StepOrganisations, At: w.Now(), By: who.Member, Body: string(body)})
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/breaches/"+p.ID.String()+"?said=organisations", http.StatusSeeOther)
	return nil
}

// maxOrganisations bounds how many are written to at once.
const maxOrganisations = 200

// concerned are the organisations that were named, or what is wrong with what was typed.
func (w *Web) concerned(r *http.Request, p breachPage) (orgs []postgres.Organisation, problem string, err error) {
	slugs, wrong := privacy.Slugs(p.Slugs)
	switch {
	case r.PostFormValue("affected") != "yes":
		return nil, p.T("breach_no_tick"), nil
	case wrong != "":
		return nil, p.T("breach_no_organisation", "name", clip(wrong, 60)), nil
	case len(slugs) == 0, len(slugs) > maxOrganisations:
		return nil, p.T("breach_no_organisations", "n", maxOrganisations), nil
	case p.Message == "", len([]rune(p.Message)) > maxBreachText:
		return nil, p.T("breach_no_message", "n", p.Int(maxBreachText)), nil
	case !w.Mails:
		return nil, p.T("breach_no_mail"), nil
	}
	for _, slug := range slugs {
		o, err := w.DB.OrganisationBySlug(r.Context(), slug)
		if errors.Is(err, postgres.ErrNotFound) || err == nil && o.ID == p.Who.Org {
			return nil, p.T("breach_no_organisation", "name", slug), nil
		}
		if err != nil {
			return nil, "", err
		}
		orgs = append(orgs, o)
	}
	return orgs, "", nil
}

// letterFor is how long a letter is worth sending.
const letterFor = 7 * 24 * time.Hour

// mailOwners writes to the owners of an organisation, each in their language; the mail waits with that organisation's own.
func (w *Web) mailOwners(r *http.Request, o postgres.Organisation, command flow.ID, message string) (int, error) {
	owners, err := w.DB.OwnersToWrite(r.Context(), o.ID)
	if err != nil {
		return 0, err
	}
	now := w.Now()
	for _, to := range owners {
		pairs := []any{"operator", w.Operator.Called(), "organisation", o.Name, "message", message, "contact", w.Operator.Complaints().Email}
		m := postgres.Mail{To: to.Address, Subject: w.words.say(to.Language, "breach_service_subject", pairs...), Text: w.words.say(to.Language, "breach_service_text", pairs...),
			Kind: "breach_service", Key: command.String(), At: now, Until: now.Add(letterFor)}
		if err := w.DB.QueueMail(r.Context(), o.ID, m); err != nil {
			return 0, err
		}
	}
	return len(owners), nil
}
