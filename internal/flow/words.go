package flow

import "strings"

// Word is an organisation's own word for a noun of the vocabulary, for one and for many.
type Word struct {
	One  string `json:"one"`
	Many string `json:"many"`
}

// Words are an organisation's own words, by language and noun. What is not in them is called as the product calls it.
type Words map[string]map[string]Word

// maxWord is the longest word there may be, in characters.
const maxWord = 40

// Acceptable says whether people can read the words: none too long, none with marks that sentences use for blanks.
//
// Refusals: too_long, word_wrong, name_missing.
func (w Words) Acceptable() error {
	for _, nouns := range w {
		for noun, word := range nouns {
			for _, text := range []string{word.One, word.Many} {
				if err := tooLong("word", text, maxWord); err != nil {
					return err
				}
				switch {
				case text == "":
					return &Refusal{Code: NameMissing, Name: noun}
				case strings.ContainsAny(text, "{}<>\"\n\r\t") || strings.TrimSpace(text) != text:
					return &Refusal{Code: WordWrong, Value: text}
				}
			}
		}
	}
	return nil
}
