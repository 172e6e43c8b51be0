package web

import (
	"errors"
	"net/http"
	"strings"

	"clicarity/internal/flow"
)

// TradeWords are the words that setting up offers with a trade, in the reader's language: job → candidate. Empty when the
// trade has none, or the company has words of its own.
func (p startPage) TradeWords() string {
	if p.Who.Words != "" {
		return ""
	}
	words := wordsOfTrade(p.SetUp.Trade)[p.Lang]
	var list []string
	for _, n := range nouns {
		if word, ok := words[n.Key]; ok && len(n.Forms[p.Lang]) > 0 {
			list = append(list, n.Forms[p.Lang][0]+" → "+word.One)
		}
	}
	return strings.Join(list, " · ")
}

// speakTrade gives a company without words of its own those of its trade, when it was asked for them.
func (w *Web) speakTrade(r *http.Request, who flow.Person, s setUp) error {
	words := wordsOfTrade(s.Trade)
	if !s.Words || words == nil || who.Words != "" {
		return nil
	}
	err := w.DB.SetWords(r.Context(), who.Org, words, 0, who.Member, w.Now())
	var refusal *flow.Refusal
	if errors.As(err, &refusal) && refusal.Code == flow.WordsChanged { // somebody has chosen words meanwhile
		return nil
	}
	return err
}
