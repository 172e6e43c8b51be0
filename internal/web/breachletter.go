package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
)

// breachLetterPage is a letter to members whom a breach concerns.
type breachLetterPage struct {
	breachPage
	Subject, Text string
	People        []letterPerson
	NoMail        bool // mails cannot be sent
}

type letterPerson struct {
	postgres.Member
	Mail bool // has an address
	On   bool
}

// breachLetter shows the letter as it may be, from what is known.
func (w *Web) breachLetter(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p, err := w.letterOf(r, who)
	if err != nil {
		return err
	}
	p.Subject = p.T("breach_letter_subject_is", "organisation", who.OrgName)
	p.Text = p.letterText(who)
	return w.render(rw, http.StatusOK, "breachletter", p)
}

func (w *Web) letterOf(r *http.Request, who flow.Person) (breachLetterPage, error) {
	b, err := w.breachOf(r, who, "breach_letter")
	p := breachLetterPage{breachPage: b, NoMail: !w.Mails}
	if err != nil {
		return p, err
	}
	members, err := w.DB.Members(r.Context(), who.Org, maxPeople)
	if err != nil {
		return p, err
	}
	chosen := r.PostForm["to"]
	for _, m := range members {
		mail := slices.ContainsFunc(m.Logins, func(l string) bool { return strings.Contains(l, "@") })
		p.People = append(p.People, letterPerson{m, mail, mail && slices.Contains(chosen, m.ID.String())})
	}
	return p, nil
}

// letterText is what rule 7 has the people told, as far as it is known.
func (p *breachLetterPage) letterText(who flow.Person) string {
	a := p.Account
	parts := []string{p.T("breach_letter_begins", "organisation", who.OrgName)}
	for _, f := range []struct{ name, text string }{{"what", a.What}, {"when", a.When}, {"where", a.Where}, {"data", a.Data}, {"consequences", a.Consequences}, {"done", a.Done}, {"advice", a.Advice}, {"contact", a.Contact}} {
		if f.text != "" {
			parts = append(parts, p.T("breach_f_"+f.name)+":\n"+f.text)
		}
	}
	return strings.Join(append(parts, who.Name+", "+who.OrgName), "\n\n")
}

// sendBreachLetter writes to the chosen members and records what was written to whom.
func (w *Web) sendBreachLetter(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, wrong := flow.ParseID(r.PostFormValue("command"))
	p, err := w.letterOf(r, who)
	if err != nil {
		return err
	}
	if wrong != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	p.Subject, p.Text = clean(r.PostFormValue("subject")), paragraphs(r.PostFormValue("text"))
	var to []flow.ID
	for _, m := range p.People {
		if m.On {
			to = append(to, m.ID)
		}
	}
	if p.Error = p.letterWrong(to); p.Error != "" {
		return w.render(rw, http.StatusUnprocessableEntity, "breachletter", p)
	}
	addressees, err := w.DB.Addressees(r.Context(), who.Org, to)
	if err != nil {
		return err
	}
	var mails []postgres.Mail
	letter, now := privacy.Letter{Subject: p.Subject, Text: p.Text}, w.Now()
	for _, a := range addressees {
		letter.To = append(letter.To, a.ID)
		mails = append(mails, postgres.Mail{To: a.Address, Subject: p.Subject, Text: p.Text, Kind: "breach_letter", Key: id.String(), At: now, Until: now.Add(letterFor)})
	}
	body, err := json.Marshal(letter)
	if err == nil {
		err = w.DB.AddBreachStep(r.Context(), who.Org, p.ID, privacy.Step{ID: id, Kind: privacy.StepLetter, At: now, By: who.Member, Body: string(body)}, mails...)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/breaches/"+p.ID.String()+"?said=letter", http.StatusSeeOther)
	return nil
}

// maxLetterTo bounds to how many one letter goes.
const maxLetterTo = 1000

// letterWrong says what is wrong with a letter, empty when nothing is.
func (p *breachLetterPage) letterWrong(to []flow.ID) string {
	switch {
	case p.NoMail:
		return p.T("breach_no_mail")
	case len(to) == 0, len(to) > maxLetterTo:
		return p.T("breach_letter_nobody", "n", p.Int(maxLetterTo))
	case p.Subject == "", len([]rune(p.Subject)) > flow.MaxText:
		return p.T("breach_letter_no_subject", "n", flow.MaxText)
	case p.Text == "", len([]rune(p.Text)) > maxLetterText:
		return p.T("breach_letter_no_text", "n", p.Int(maxLetterText))
	}
	return ""
}

const maxLetterText = 10000 // characters
