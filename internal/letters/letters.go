// Package letters is what Clicarity writes to people in their own language: mails, and the notice of what is stored about
// them. A letter is a kind with its parameters; its words are in words/, a file per language.
package letters

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

//go:embed words/*.json
var files embed.FS

// Fallback is the language of whoever has chosen none that there is.
const Fallback = "en"

// Language is a language that letters are written in, with its name in itself.
type Language struct{ Code, Name string }

// Languages are those letters are written in.
func Languages() []Language {
	return []Language{{"en", "English"}, {"hi", "हिन्दी"}, {"mr", "मराठी"}, {"gu", "ગુજરાતી"}, {"ta", "தமிழ்"}}
}

var phrases = read()

func read() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, l := range Languages() {
		text, err := files.ReadFile("words/" + l.Code + ".json")
		words := map[string]string{}
		if err == nil {
			err = json.Unmarshal(text, &words)
		}
		if err != nil { // the files are part of the program
			panic(fmt.Errorf("letters: %s: %w", l.Code, err))
		}
		all[l.Code] = words
	}
	return all
}

// Known is a language that letters are written in: the first of the codes that is one.
func Known(codes ...string) string {
	for _, c := range codes {
		if _, ok := phrases[c]; ok {
			return c
		}
	}
	return Fallback
}

// Say is a phrase in a language; {name} in it is replaced by the value that follows name in pairs.
func Say(language, key string, pairs ...string) string {
	replace := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		replace = append(replace, "{"+pairs[i]+"}", pairs[i+1])
	}
	return strings.NewReplacer(replace...).Replace(phrases[Known(language)][key])
}

// Has reports whether there is a phrase in a language.
func Has(language, key string) bool { return phrases[language][key] != "" }

// Letter is one kind of letter with what it is about.
type Letter interface {
	// Kind is the name of the kind, under which the outbox keeps it.
	Kind() string
	words(language string) []string
}

// Text is a letter as it is written.
type Text struct{ Language, Subject, Text string }

// Write writes a letter in a language. What people wrote in it stays on its line, so that a name cannot look like a link or
// like another paragraph.
func Write(language string, l Letter) Text {
	language = Known(language)
	pairs := l.words(language)
	for i := 1; i < len(pairs); i += 2 {
		if pairs[i-1] != body {
			pairs[i] = oneLine(pairs[i])
		}
	}
	t := Text{Language: language, Subject: Say(language, l.Kind()+"_subject", pairs...), Text: Say(language, l.Kind()+"_text", pairs...)}
	if n, ok := l.(News); ok {
		t.Subject, t.Text = oneLine(n.Subject), n.Text+"\n\n"+Say(language, "news_foot", "unsubscribe", n.Unsubscribe)
	}
	return t
}

// body is the one parameter that may have paragraphs.
const body = "answer"

// oneLine is a text without what ends a line, and without what is not seen but changes what is.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
	}), " ")
}
