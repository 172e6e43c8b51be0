package web

import (
	"net/http"
	"slices"
	"strconv"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
)

// How far something is seen and how long it is kept, from little to much: people are told the most.
var (
	sights = []privacy.Sight{privacy.Senders, privacy.Themselves, privacy.Owners, privacy.Managers, privacy.Colleagues, privacy.Operators}
	brief  = []privacy.Keep{privacy.Minutes, privacy.Session} // not worth telling beside a longer time
)

// storedOfMembers is what the register says is stored about people of a company, by purpose, in its order.
func storedOfMembers() []letters.Stored {
	var list []letters.Stored
	for _, purpose := range privacy.Purposes() {
		if purpose == privacy.Enquiry { // of the public site: it has its own notice
			continue
		}
		seen, kept := 0, []privacy.Keep{}
		for _, table := range privacy.Register {
			for _, f := range table.Fields {
				if f.Purpose != purpose {
					continue
				}
				seen = max(seen, slices.Index(sights, f.Seen))
				if !slices.Contains(kept, f.Kept) {
					kept = append(kept, f.Kept)
				}
			}
		}
		s := letters.Stored{Purpose: string(purpose), Ground: string(purpose.Ground()), Seen: []string{string(sights[seen])}}
		for _, k := range kept {
			if len(kept) == 1 || !slices.Contains(brief, k) {
				s.Kept = append(s.Kept, string(k))
			}
		}
		list = append(list, s)
	}
	return list
}

// notice is the notice in a language, for the people of a company.
func (w *Web) notice(language, organisation string) letters.Notice {
	c := w.Operator.Complaints()
	return letters.NewNotice(language, letters.Party{Organisation: organisation, Complaints: c.Name, Email: c.Email}, storedOfMembers())
}

// noticeLanguages are those of the notice, for the buttons that choose one.
func (*view) NoticeLanguages() []letters.Language { return letters.Languages() }

type noticePage struct {
	*view
	Notice letters.Notice
	Read   []string // what the record says of it
	Asks   bool     // this version has not been read
	Error  string
}

// noticePage shows what is stored about the reader and why, in the language they ask for.
func (w *Web) noticePage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showNotice(rw, r, who, http.StatusOK, "")
}

func (w *Web) showNotice(rw http.ResponseWriter, r *http.Request, who flow.Person, status int, problem string) error {
	p := noticePage{view: w.view(r, who, ""), Error: problem}
	m, err := w.DB.Member(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	p.Notice = w.notice(letters.Known(r.FormValue("in"), m.Letters, p.Lang), who.OrgName)
	p.Title = p.Notice.Title
	acts, err := w.DB.Consents(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	p.Asks = true
	for _, c := range acts {
		if c.Purpose == postgres.Notice {
			p.Asks = p.Asks && c.Version < letters.NoticeVersion
			p.Read = append(p.Read, p.actWords(c))
		}
	}
	return w.render(rw, status, "notice", p)
}

// actWords says what the record has: "version 2, हिन्दी, 26-11-2026 10:15".
func (v *view) actWords(c postgres.Consent) string {
	language := c.Language
	if i := slices.IndexFunc(letters.Languages(), func(l letters.Language) bool { return l.Code == c.Language }); i >= 0 {
		language = letters.Languages()[i].Name
	}
	return v.T("consent_"+c.Act, "version", c.Version, "language", language, "at", v.When(flow.At(c.At)), "how", v.T("consent_by_"+c.How))
}

// readNotice records that the reader has read the notice and is an adult.
func (w *Web) readNotice(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	language := letters.Known(r.PostFormValue("in"), w.language(r, who))
	version, err := strconv.Atoi(r.PostFormValue("version"))
	switch {
	case err != nil || version != letters.NoticeVersion: // the page is of an older program
		return w.showNotice(rw, r, who, http.StatusConflict, w.view(r, who, "").T("notice_changed"))
	case r.PostFormValue("adult") == "":
		return w.showNotice(rw, r, who, http.StatusUnprocessableEntity, letters.Say(language, "notice_not_adult"))
	}
	c := postgres.Consent{Subject: who.Member, Purpose: postgres.Notice, Act: postgres.Read, Version: version, Language: language, At: w.Now(), How: postgres.ByPage, By: who.Member, Adult: true}
	if err := w.DB.RecordConsent(r.Context(), who.Org, c); err != nil {
		return err
	}
	w.notes.forget()
	http.Redirect(rw, r, "/account?said=notice_read#choices", http.StatusSeeOther)
	return nil
}

// choose gives or takes back consent to news: both are one tap.
func (w *Web) choose(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	act := r.PostFormValue("news")
	if act != postgres.Given && act != postgres.Withdrawn {
		return httpd.Status(http.StatusBadRequest)
	}
	c := postgres.Consent{Subject: who.Member, Purpose: postgres.News, Act: act, Version: letters.NoticeVersion, Language: w.language(r, who), At: w.Now(), How: postgres.ByPage, By: who.Member}
	if err := w.DB.RecordConsent(r.Context(), who.Org, c); err != nil {
		return err
	}
	http.Redirect(rw, r, "/account?said=news_"+act+"#choices", http.StatusSeeOther)
	return nil
}

// chooseLetters keeps the language of letters; none is that of the pages.
func (w *Web) chooseLetters(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	language := r.PostFormValue("letters")
	if language != "" && letters.Known(language) != language {
		return httpd.Status(http.StatusBadRequest)
	}
	if err := w.DB.SetLetters(r.Context(), who.Org, who.Member, language); err != nil {
		return err
	}
	http.Redirect(rw, r, "/account?said=letters#letters", http.StatusSeeOther)
	return nil
}

// choices are what somebody agreed to and took back, and the language of their letters.
func (w *Web) choices(r *http.Request, p *accountPage) error {
	m, err := w.DB.Member(r.Context(), p.Who.Org, p.Who.Member)
	if err != nil {
		return err
	}
	p.Letters = m.Letters
	acts, err := w.DB.Consents(r.Context(), p.Who.Org, p.Who.Member)
	if err != nil {
		return err
	}
	for i := len(acts) - 1; i >= 0; i-- {
		if acts[i].Purpose == postgres.News {
			p.News = acts[i].Act == postgres.Given
		}
		p.Acts = append(p.Acts, p.actWords(acts[i]))
	}
	slices.Reverse(p.Acts)
	return nil
}
