package web

import (
	"encoding/json"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"clicarity/internal/flow"
)

// noun is a word of the vocabulary that an organisation can have its own for. The forms are those that the sentences use:
// for one, for many, and others, which are taken as one.
type noun struct {
	Key   string
	Forms map[string][]string // by language
	Shown string              // key of a sentence that shows it
	// Not is what follows the noun where it is another word: job work is what a vendor does.
	Not []string
}

var nouns = []noun{
	{Key: "job", Forms: map[string][]string{"en": {"job", "jobs"}, "hi": {"जॉब", "जॉब", "जॉबों"}}, Shown: "copy_job", Not: []string{"work", "worker", "workers"}},
	{Key: "stage", Forms: map[string][]string{"en": {"stage", "stages"}, "hi": {"स्टेज", "स्टेज", "स्टेजों"}}, Shown: "add_stage_here"},
	{Key: "process", Forms: map[string][]string{"en": {"process", "processes"}, "hi": {"प्रोसेस", "प्रोसेस", "प्रक्रिया", "प्रक्रियाएँ", "प्रक्रियाओं"}}, Shown: "processes"},
	{Key: "component", Forms: map[string][]string{"en": {"component", "components"}, "hi": {"कंपोनेंट", "कंपोनेंट"}}, Shown: "add_component"},
	{Key: "station", Forms: map[string][]string{"en": {"station", "stations"}, "hi": {"स्टेशन", "स्टेशन", "स्टेशनों"}}, Shown: "station"},
	{Key: "vendor", Forms: map[string][]string{"en": {"vendor", "vendors"}, "hi": {"वेंडर", "वेंडर", "वेंडरों"}}, Shown: "vendors"},
	{Key: "customer", Forms: map[string][]string{"en": {"customer", "customers"}, "hi": {"ग्राहक", "ग्राहक", "ग्राहकों", "पार्टी"}}, Shown: "customer"},
	{Key: "item", Forms: map[string][]string{"en": {"item", "items"}, "hi": {"आइटम", "आइटम"}}, Shown: "item"},
	{Key: "quantity", Forms: map[string][]string{"en": {"quantity", "quantities"}, "hi": {"मात्रा", "मात्रा", "मात्राएँ"}}, Shown: "qty"},
	{Key: "wastage", Forms: map[string][]string{"en": {"wastage", "wastages", "wasted"}, "hi": {"वेस्टेज", "वेस्टेज"}}, Shown: "wastage"},
	{Key: "rework", Forms: map[string][]string{"en": {"rework", "reworks"}, "hi": {"रीवर्क", "रीवर्क"}}, Shown: "send_back"},
	{Key: "challan", Forms: map[string][]string{"en": {"challan", "challans"}, "hi": {"चालान", "चालान"}}, Shown: "send_challan"},
	{Key: "lot", Forms: map[string][]string{"en": {"lot", "lots"}, "hi": {"लॉट", "लॉट"}}, Shown: "split_off"},
	{Key: "member", Forms: map[string][]string{"en": {"person", "people"}, "hi": {"व्यक्ति", "लोग", "लोगों"}}, Shown: "add_people"},
	{Key: "organisation", Forms: map[string][]string{"en": {"company", "companies"}, "hi": {"कंपनी", "कंपनियाँ", "कंपनियों"}}, Shown: "choose_organisation"},
	{Key: "board", Forms: map[string][]string{"en": {"board", "boards"}, "hi": {"बोर्ड", "बोर्ड"}}, Shown: "board"},
}

// form is a form of a noun in a language.
type form struct {
	noun *noun
	many bool
}

// formsOf are the forms of all nouns in a language.
func formsOf(lang string) map[string]form {
	forms := map[string]form{}
	for i := range nouns {
		for n, text := range nouns[i].Forms[lang] {
			if _, have := forms[text]; !have {
				forms[text] = form{&nouns[i], n == 1}
			}
		}
	}
	return forms
}

// own are the phrases with an organisation's own words in them. Languages without any are the product's.
func (ws words) own(w flow.Words) words {
	got := words{phrases: map[string]map[string]string{}, languages: ws.languages}
	for lang, phrases := range ws.phrases {
		mine := w[lang]
		if len(mine) == 0 {
			got.phrases[lang] = phrases
			continue
		}
		forms := formsOf(lang)
		got.phrases[lang] = make(map[string]string, len(phrases))
		for key, phrase := range phrases {
			if strings.HasPrefix(key, tradePhrases) { // a carton of board is not the board
				got.phrases[lang][key] = phrase
				continue
			}
			got.phrases[lang][key] = renamed(phrase, forms, mine)
		}
	}
	return got
}

// renamed is a sentence with other nouns. What stands in braces is left alone.
func renamed(phrase string, forms map[string]form, mine map[string]flow.Word) string {
	var b strings.Builder
	for rest := phrase; rest != ""; {
		if rest[0] == '{' {
			end := strings.IndexByte(rest, '}') + 1
			if end == 0 {
				end = len(rest)
			}
			b.WriteString(rest[:end])
			rest = rest[end:]
			continue
		}
		word := leadingWord(rest)
		if word == "" {
			_, size := utf8.DecodeRuneInString(rest)
			b.WriteString(rest[:size])
			rest = rest[size:]
			continue
		}
		rest = rest[len(word):]
		f, ok := forms[strings.ToLower(word)]
		to, has := flow.Word{}, false
		if ok && !f.noun.isNot(rest) {
			to, has = mine[f.noun.Key]
		}
		if !has {
			b.WriteString(word)
			continue
		}
		text := to.One
		if f.many {
			text = to.Many
		}
		writeNoun(&b, cased(text, word))
	}
	return b.String()
}

// isNot reports whether what follows makes another word of the noun.
func (n *noun) isNot(rest string) bool {
	next := leadingWord(strings.TrimPrefix(rest, " "))
	for _, not := range n.Not {
		if strings.EqualFold(next, not) && strings.HasPrefix(rest, " ") {
			return true
		}
	}
	return false
}

// leadingWord is the letters, with their marks, that a text begins with.
func leadingWord(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	if end < 0 {
		return s
	}
	return s[:end]
}

// cased is a word with a capital where the word it replaces has one. An abbreviation keeps its capitals.
func cased(text, like string) string {
	first, size := utf8.DecodeRuneInString(text)
	second, _ := utf8.DecodeRuneInString(text[size:])
	was, _ := utf8.DecodeRuneInString(like)
	switch {
	case unicode.IsUpper(was):
		return string(unicode.ToUpper(first)) + text[size:]
	case unicode.IsUpper(second):
		return text
	}
	return string(unicode.ToLower(first)) + text[size:]
}

// writeNoun puts a noun behind what is there, with the article that goes with it.
func writeNoun(b *strings.Builder, word string) {
	text := b.String()
	head, article := text, ""
	for _, a := range []string{"a", "an", "A", "An"} {
		if text == a+" " || strings.HasSuffix(text, " "+a+" ") {
			head, article = text[:len(text)-len(a)-1], a[:1]
		}
	}
	if article != "" && word != "" {
		if strings.ContainsRune("aeiouAEIOU", rune(word[0])) {
			article += "n"
		}
		b.Reset()
		b.WriteString(head + article + " ")
	}
	b.WriteString(word)
}

// vocabularies are the phrases of organisations with words of their own, made when they are first needed and again when the
// words have changed.
type vocabularies struct{ known sync.Map } // organisation -> vocabulary

type vocabulary struct {
	text  string
	words words
}

// of is how a person's organisation says things.
func (v *vocabularies) of(base words, who flow.Person) words {
	if who.Words == "" {
		return base
	}
	if known, ok := v.known.Load(who.Org); ok {
		if k := known.(vocabulary); k.text == who.Words { //nolint:forcetypeassert // only vocabularies are put in
			return k.words
		}
	}
	var w flow.Words
	if err := json.Unmarshal([]byte(who.Words), &w); err != nil { // what was stored can be read; if not, the product's words do
		return base
	}
	made := vocabulary{who.Words, base.own(w)}
	v.known.Store(who.Org, made)
	return made.words
}
