package web

import (
	"slices"
	"strings"

	"clicarity/internal/blueprint"
	"clicarity/internal/flow"
)

// tradePhrases begin the keys of the names of the trades: trade_rigid-boxes, and what each is about.
const tradePhrases = "trade_"

// trade is a shipped template as the gallery shows it, in the reader's language.
type trade struct {
	blueprint.Template
	Name, About string
}

func (v *view) trade(t blueprint.Template) trade {
	return trade{t, v.T(tradePhrases + t.Slug), v.T(tradePhrases + t.Slug + "_about")}
}

// trades are the templates with all words of a query in their names, descriptions or stages, those that say it of themselves
// first. It may be asked in the reader's language or as the stages are called.
func (v *view) trades(query string) []trade {
	if len(query) > 200 {
		return nil
	}
	var itself, stages []trade
	for _, tpl := range blueprint.Gallery() {
		switch t := v.trade(tpl); {
		case says(t.Name+" "+t.About, query) || says(tpl.Process.Name+" "+tpl.Process.About, query):
			itself = append(itself, t)
		case tpl.Matches(query):
			stages = append(stages, t)
		}
	}
	return append(itself, stages...)
}

// says reports whether each word of a query begins a word of a text.
func says(text, query string) bool {
	words := flow.SearchWords(strings.ReplaceAll(text, "-", " "))
	for _, q := range flow.SearchWords(strings.ReplaceAll(query, "-", " ")) {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, q) }) {
			return false
		}
	}
	return true
}
