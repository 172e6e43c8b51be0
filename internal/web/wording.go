package web

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// wordingSets are words that trades use, to begin with.
var wordingSets = []struct {
	Key   string
	Words flow.Words
}{
	{"garments", flow.Words{"en": {"job": {One: "style", Many: "styles"}, "customer": {One: "buyer", Many: "buyers"}}, "hi": {"job": {One: "स्टाइल", Many: "स्टाइल"}, "customer": {One: "बायर", Many: "बायर"}}}},
	{"jewellery", flow.Words{"en": {"vendor": {One: "karigar", Many: "karigars"}, "wastage": {One: "loss", Many: "losses"}}, "hi": {"vendor": {One: "कारीगर", Many: "कारीगर"}, "wastage": {One: "छीजत", Many: "छीजत"}}}},
	{"engineering", flow.Words{"en": {"job": {One: "work order", Many: "work orders"}, "stage": {One: "operation", Many: "operations"}, "wastage": {One: "rejection", Many: "rejections"}}, "hi": {"job": {One: "वर्क ऑर्डर", Many: "वर्क ऑर्डर"}, "stage": {One: "ऑपरेशन", Many: "ऑपरेशन"}, "wastage": {One: "रिजेक्शन", Many: "रिजेक्शन"}}}},
	{"construction", flow.Words{"en": {"job": {One: "project", Many: "projects"}, "vendor": {One: "contractor", Many: "contractors"}}, "hi": {"job": {One: "प्रोजेक्ट", Many: "प्रोजेक्ट"}, "vendor": {One: "ठेकेदार", Many: "ठेकेदार"}}}},
	{"recruitment", flow.Words{"en": {"job": {One: "candidate", Many: "candidates"}, "customer": {One: "client", Many: "clients"}, "item": {One: "role", Many: "roles"}}, "hi": {"job": {One: "उम्मीदवार", Many: "उम्मीदवार"}, "customer": {One: "क्लाइंट", Many: "क्लाइंट"}, "item": {One: "पद", Many: "पद"}}}},
	{"legal", flow.Words{"en": {"job": {One: "matter", Many: "matters"}, "customer": {One: "client", Many: "clients"}}, "hi": {"job": {One: "मामला", Many: "मामले"}, "customer": {One: "मुवक्किल", Many: "मुवक्किल"}}}},
	{"healthcare", flow.Words{"en": {"job": {One: "patient", Many: "patients"}, "stage": {One: "step", Many: "steps"}}, "hi": {"job": {One: "मरीज़", Many: "मरीज़"}, "stage": {One: "चरण", Many: "चरण"}}}},
	{"events", flow.Words{"en": {"job": {One: "event", Many: "events"}, "customer": {One: "client", Many: "clients"}}, "hi": {"job": {One: "इवेंट", Many: "इवेंट"}, "customer": {One: "क्लाइंट", Many: "क्लाइंट"}}}},
	{"education", flow.Words{"en": {"job": {One: "learner", Many: "learners"}}, "hi": {"job": {One: "विद्यार्थी", Many: "विद्यार्थी"}}}},
}

// tradeWords are the words that go with a template, by its slug.
var tradeWords = map[string]string{
	"garments": "garments", "footwear": "garments", "jewellery": "jewellery",
	"engineering": "engineering", "cnc-machining": "engineering", "automotive-components": "engineering", "aerospace-components": "engineering", "sheet-metal": "engineering",
	"construction": "construction", "interior-design": "construction", "industrial-projects": "construction", "real-estate": "construction", "solar-installation": "construction",
	"recruitment": "recruitment", "legal-services": "legal", "healthcare": "healthcare", "events-production": "events", "education-training": "education",
}

// wordsOfTrade are the words that people of a template's trade use, nil when they are the product's.
func wordsOfTrade(slug string) flow.Words {
	for _, set := range wordingSets {
		if set.Key == tradeWords[slug] {
			return set.Words
		}
	}
	return nil
}

type wordRow struct {
	Key, Default, DefaultMany, One, Many, Example string
}

type wordGroup struct {
	Lang, Name string
	Rows       []wordRow
}

type wordsPage struct {
	*view
	Groups  []wordGroup
	Sets    []chipLink
	Version int
	ByName  string
	Changed flow.Moment
	Error   string
	Said    string
}

// wordsPage shows what an organisation calls things, to be changed.
func (w *Web) wordsPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	now, err := w.DB.Words(r.Context(), who.Org)
	if err != nil {
		return err
	}
	typed := now.Words
	for _, set := range wordingSets {
		if set.Key == r.FormValue("set") {
			typed = set.Words
		}
	}
	p := wordsPage{view: w.view(r, who, "words")}
	if r.FormValue("saved") != "" {
		p.Said = p.T("words_saved")
	}
	return w.showWords(rw, r, p, now, typed, http.StatusOK)
}

func (w *Web) showWords(rw http.ResponseWriter, r *http.Request, p wordsPage, now postgres.Wording, typed flow.Words, status int) error {
	p.Version = now.Version
	for _, set := range wordingSets {
		p.Sets = append(p.Sets, chipLink{Name: p.T("words_set_" + set.Key), Link: "/words?set=" + set.Key})
	}
	as := w.words.own(typed)
	for _, l := range w.words.languages {
		g := wordGroup{Lang: l.Code, Name: l.Name}
		for _, n := range nouns {
			forms := n.Forms[l.Code]
			if len(forms) < 2 {
				continue
			}
			word := typed[l.Code][n.Key]
			g.Rows = append(g.Rows, wordRow{n.Key, forms[0], forms[1], word.One, word.Many, as.say(l.Code, n.Shown)})
		}
		p.Groups = append(p.Groups, g)
	}
	if now.Version > 0 {
		names, err := w.DB.Names(r.Context(), p.Who.Org, []flow.ID{now.By})
		if err != nil {
			return err
		}
		p.ByName, p.Changed = names[now.By], flow.At(now.Changed)
	}
	return w.render(rw, status, "words", p)
}

// setWords takes an organisation's own words. An empty line goes back to the product's.
func (w *Web) setWords(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	typed := w.typedWords(r)
	seen, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil || seen < 0 {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	if err := w.DB.SetWords(r.Context(), who.Org, typed, seen, who.Member, w.Now()); err != nil {
		p := wordsPage{view: w.view(r, who, "words")}
		says, status, ok := w.explain(r.Context(), p.view, err)
		if !ok {
			return err
		}
		now, err := w.DB.Words(r.Context(), who.Org)
		if err != nil {
			return err
		}
		p.Error = says
		return w.showWords(rw, r, p, now, typed, status)
	}
	http.Redirect(rw, r, "/words?saved=1", http.StatusSeeOther)
	return nil
}

// typedWords reads the form. Who gives only the word for one means the same with an s in English, and the same elsewhere.
func (w *Web) typedWords(r *http.Request) flow.Words {
	typed := flow.Words{}
	for _, l := range w.words.languages {
		for _, n := range nouns {
			at := "." + l.Code + "." + n.Key
			one, many := clean(r.PostFormValue("one"+at)), clean(r.PostFormValue("many"+at))
			if one == "" && many == "" {
				continue
			}
			one = cmp.Or(one, many)
			if many == "" && l.Code == fallback && !strings.HasSuffix(one, "s") {
				many = one + "s"
			}
			if typed[l.Code] == nil {
				typed[l.Code] = map[string]flow.Word{}
			}
			typed[l.Code][n.Key] = flow.Word{One: one, Many: cmp.Or(many, one)}
		}
	}
	return typed
}
