package flow

import (
	"strings"
	"unicode"
)

// Clean is text as a person meant it: without the white space around and doubled inside, and without characters that do
// not show.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}
