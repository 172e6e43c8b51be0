package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language/display"

	textlang "golang.org/x/text/language"

	"clicarity/internal/flow"
)

// language is one of the languages the pages speak.
type language struct{ Code, Name string }

// words are the phrases of every language by key.
type words struct {
	phrases   map[string]map[string]string
	languages []language
}

const fallback = "en"

// languageOrder is the order in which the languages of the product are offered, of those whose words are there.
var languageOrder = []string{"en", "hi", "mr", "gu", "ta"}

func readWords(files fs.FS) (words, error) {
	ws := words{phrases: map[string]map[string]string{}}
	for _, code := range languageOrder {
		text, err := fs.ReadFile(files, "locale/"+code+".json")
		if errors.Is(err, fs.ErrNotExist) && code != fallback {
			continue // a language is offered when all of it is there
		}
		if err != nil {
			return ws, err
		}
		var phrases map[string]string
		if err := json.Unmarshal(text, &phrases); err != nil {
			return ws, fmt.Errorf("locale %s: %w", code, err)
		}
		ws.phrases[code] = phrases
		ws.languages = append(ws.languages, language{code, display.Self.Name(textlang.Make(code))})
	}
	return ws, nil
}

func (ws words) has(lang, key string) bool {
	_, ok := ws.phrases[lang][key]
	return ok
}

// say is the phrase for a key; {name} in it is replaced by the value that follows name in pairs.
func (ws words) say(lang, key string, pairs ...any) string {
	phrase, ok := ws.phrases[lang][key]
	if !ok {
		if phrase, ok = ws.phrases[fallback][key]; !ok {
			return key
		}
	}
	if len(pairs) == 0 {
		return phrase
	}
	replace := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		replace = append(replace, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(replace...).Replace(phrase)
}

const languageCookie = "language"

// language is the member's own, else the one chosen on this device, else the browser's, else English.
func (w *Web) language(r *http.Request, who flow.Person) string {
	if _, ok := w.words.phrases[who.Language]; ok && who.Via != flow.ViaTry { // visitors take somebody's place, not their language
		return who.Language
	}
	if c, err := r.Cookie(languageCookie); err == nil {
		if _, ok := w.words.phrases[c.Value]; ok {
			return c.Value
		}
	}
	tags := make([]textlang.Tag, len(w.words.languages))
	for i, l := range w.words.languages {
		tags[i] = textlang.Make(l.Code)
	}
	_, i := textlang.MatchStrings(textlang.NewMatcher(tags), r.Header.Get("Accept-Language"))
	return w.words.languages[i].Code
}

// setLanguage keeps the language of a member, or of a device when nobody is signed in.
func (w *Web) setLanguage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	code := r.PostFormValue("language")
	if _, ok := w.words.phrases[code]; !ok {
		code = fallback
	}
	http.SetCookie(rw, &http.Cookie{
		Name: languageCookie, Value: code, Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode,
	})
	if !who.Member.IsZero() && who.Via != flow.ViaPending && who.Via != flow.ViaTry {
		if err := w.DB.SetLanguage(r.Context(), who.Org, who.Member, code); err != nil {
			return err
		}
	}
	http.Redirect(rw, r, localPath(r.PostFormValue("to")), http.StatusSeeOther)
	return nil
}

// localPath is a path of this site, or the front page for anything else. Browsers read \ as / and leave out what cannot
// be seen, so that either can make another site of a path.
func localPath(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsFunc(to, func(r rune) bool { return r == '\\' || unicode.IsControl(r) }) {
		return "/"
	}
	return to
}
