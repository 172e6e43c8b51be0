package web

import (
	"net/http"

	"clicarity/internal/flow"
)

// Phrase is a phrase in the language of a request, for what is not a page.
func (w *Web) Phrase(r *http.Request, who flow.Person, key string, pairs ...any) string {
	return w.view(r, who, "").T(key, pairs...)
}

// Sentence says a refusal in the language of a request, for what is not a page.
func (w *Web) Sentence(r *http.Request, who flow.Person, refusal *flow.Refusal, processes ...flow.Process) string {
	return w.sentence(r.Context(), w.view(r, who, ""), refusal, processes...)
}

// Word is a phrase in a language, for pages that are not the platform's.
func (w *Web) Word(language, key string) string { return w.words.say(language, key) }
