package privacy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names are what somebody is called in texts: their name, and what they log in with. They are looked for as whole words,
// in capitals or not.
type Names struct {
	list map[rune][][]rune // folded, by how they begin, the longest first
}

// shortest is how long a name is at least that is looked for: shorter ones would be found where nobody is named.
const shortest = 3

// NewNames takes what somebody is called. What is too short to be looked for is left out.
func NewNames(called ...string) Names {
	n := Names{list: map[rune][][]rune{}}
	for _, c := range called {
		r := folded(strings.TrimSpace(c))
		if len(r) < shortest {
			continue
		}
		n.list[r[0]] = append(n.list[r[0]], r)
	}
	for _, list := range n.list {
		slices.SortStableFunc(list, func(a, b []rune) int { return len(b) - len(a) })
	}
	return n
}

// None reports whether there is nothing to look for.
func (n Names) None() bool { return len(n.list) == 0 }

// In reports whether a text has one of the names.
func (n Names) In(s string) bool {
	found := false
	n.each(s, func(int, int) bool { found = true; return false })
	return found
}

// Replace is a text with another in the place of each of the names.
func (n Names) Replace(s, with string) string {
	var b strings.Builder
	last := 0
	n.each(s, func(from, to int) bool {
		b.WriteString(s[last:from])
		b.WriteString(with)
		last = to
		return true
	})
	if last == 0 {
		return s
	}
	return b.String() + s[last:]
}

// each calls f with where in a text the names are, until it says no.
func (n Names) each(s string, f func(from, to int) bool) {
	inWord := false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if list := n.list[fold(r)]; !inWord && list != nil {
			if to := at(list, s, i); to > i {
				if !f(i, to) {
					return
				}
				i, inWord = to, false
				continue
			}
		}
		inWord = partOfWord(r)
		i += size
	}
}

// at is where the name ends that begins at a place of a text, 0 when none of a list does.
func at(list [][]rune, s string, i int) int {
	for _, name := range list {
		at := i
		for _, want := range name {
			r, size := utf8.DecodeRuneInString(s[at:])
			if size == 0 || fold(r) != want {
				at = 0
				break
			}
			at += size
		}
		if at == 0 {
			continue
		}
		if next, _ := utf8.DecodeRuneInString(s[at:]); at == len(s) || !partOfWord(next) {
			return at
		}
	}
	return 0
}

// partOfWord reports whether a rune goes on with the word before it. Vowel signs of Indian scripts are marks.
func partOfWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

func fold(r rune) rune { return unicode.ToLower(r) }

func folded(s string) []rune {
	list := []rune(s)
	for i, r := range list {
		list[i] = fold(r)
	}
	return list
}
