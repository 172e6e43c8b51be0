package site

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	textlang "golang.org/x/text/language"
)

// Languages of whole pages, and those in which the question about cookies and the notice are too.
var (
	pageLanguages = []string{"en", "hi"}
	allLanguages  = []string{"en", "hi", "mr", "gu", "ta"}
)

// languageNames are what each calls itself.
var languageNames = map[string]string{"en": "English", "hi": "हिन्दी", "mr": "मराठी", "gu": "ગુજરાતી", "ta": "தமிழ்"}

// inAll begins the phrases that there are in all languages: those by which people agree or are told what is kept.
var inAll = []string{"cc_", "notice_"}

type words map[string]map[string]string

func readWords() (words, error) {
	ws := words{}
	for _, lang := range allLanguages {
		text, err := files.ReadFile("words/" + lang + ".json")
		if err != nil {
			return nil, err
		}
		var phrases map[string]string
		if err := json.Unmarshal(text, &phrases); err != nil {
			return nil, fmt.Errorf("words of %s: %w", lang, err)
		}
		ws[lang] = phrases
	}
	return ws, nil
}

// say is a phrase with its blanks filled in.
func (ws words) say(lang, key string, pairs ...any) string {
	phrase, ok := ws[lang][key]
	if !ok {
		if phrase, ok = ws["en"][key]; !ok {
			return key
		}
	}
	replace := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		replace = append(replace, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(replace...).Replace(phrase)
}

// prefix is what the paths of a language begin with.
func prefix(lang string) string {
	if lang == "en" {
		return ""
	}
	return "/" + lang
}

// split is the language of a path below the site's base, and the page in it.
func split(path string) (lang, page string) {
	for _, l := range pageLanguages[1:] {
		if within(path, "/"+l) {
			return l, strings.TrimPrefix(path, "/"+l)
		}
	}
	return "en", path
}

var matcher = textlang.NewMatcher(func() (tags []textlang.Tag) {
	for _, l := range allLanguages {
		tags = append(tags, textlang.Make(l))
	}
	return tags
}())

// understood is the language of what everybody must understand: the one asked for, else the page's own, else what the
// browser prefers of those there are.
func understood(r *http.Request, page string) string {
	if asked := r.FormValue("in"); languageNames[asked] != "" {
		return asked
	}
	if page != "en" {
		return page
	}
	_, i := textlang.MatchStrings(matcher, r.Header.Get("Accept-Language"))
	return allLanguages[i]
}
