// Package passwords says which passwords people may choose: long ones that are not on everybody's list. What they are
// made of is their own business.
package passwords

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of a password, in characters.
const (
	Min = 10
	Max = 256
)

// Problem says why a password may not be chosen; None is that it may.
type Problem string

// Problems.
const (
	None     Problem = ""
	TooShort Problem = "short"
	TooLong  Problem = "long"
	Simple   Problem = "simple" // one thing over and over, or a row of keys
	Common   Problem = "common" // on the list, with little around it
	Own      Problem = "own"    // the person's or the company's own name, with little around it
)

// phone is the length of a phone number in India.
const phone = 10

// rest is how many characters there must be beside a word that everybody would try first.
const rest = 6

// Normal is the one form of a password in which it is hashed and compared, so that the same text typed on another
// keyboard is the same password.
func Normal(password string) string { return norm.NFKC.String(password) }

// Check says why a password may not be chosen. Own are texts that others know about the person: name, sign-in,
// company.
func Check(password string, own ...string) Problem {
	password = Normal(password)
	switch n := utf8.RuneCountInString(password); {
	case n < Min:
		return TooShort
	case n > Max:
		return TooLong
	}
	plain := strings.ToLower(password)
	switch {
	case repeats(plain), row(plain):
		return Simple
	case bare(plain, ownWords(own)):
		return Own
	case isCommon(plain), isCommon(unmask(plain)):
		return Common
	}
	return None
}

//go:embed common.txt
var commonText string

//go:embed indian.txt
var indianText string

// common are the words, of four characters or more, that are tried first.
var common = func() []string {
	var list []string
	for _, line := range strings.Split(commonText+indianText, "\n") {
		if line = strings.ToLower(strings.TrimSpace(line)); len(line) >= 4 && !strings.HasPrefix(line, "#!comment") {
			list = append(list, line)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}()

// isCommon reports whether a password is a common one with little around it.
func isCommon(password string) bool {
	n := utf8.RuneCountInString(password)
	return slices.ContainsFunc(common, func(word string) bool {
		times := strings.Count(password, word)
		return times > 0 && n-times*utf8.RuneCountInString(word) < rest
	})
}

// bare reports whether little is left of a password without some words.
func bare(password string, words []string) bool {
	without := password
	for _, word := range words {
		without = strings.ReplaceAll(without, word, "")
	}
	return without != password && utf8.RuneCountInString(without) < rest
}

// ownWords are the words in what others know about a person, the longest first.
func ownWords(own []string) []string {
	var words []string
	for _, text := range own {
		text = strings.ToLower(Normal(text))
		parts := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
		for _, word := range append(parts, text, strings.Join(parts, "")) {
			if utf8.RuneCountInString(word) >= 3 {
				words = append(words, word)
			}
			if len(word) > phone && strings.Trim(word, "0123456789") == "" {
				words = append(words, word[len(word)-phone:]) // a phone number without its country
			}
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words
}

// unmask takes the usual disguises off: p@ssw0rd.
func unmask(s string) string {
	return strings.NewReplacer("@", "a", "4", "a", "0", "o", "1", "i", "!", "i", "3", "e", "$", "s", "5", "s", "7", "t").Replace(s)
}

// repeats reports whether a password is a few characters over and over.
func repeats(s string) bool {
	runes := []rune(s)
	for period := 1; period <= 4; period++ {
		same := true
		for i := period; i < len(runes) && same; i++ {
			same = runes[i] == runes[i-period]
		}
		if same {
			return true
		}
	}
	return false
}

// rows are the keys in the order in which they lie.
var rows = []string{"01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz"}

// row reports whether a password is made of a few runs of neighbouring keys, forwards or backwards.
func row(s string) bool {
	runs, length := 0, 0
	for len(s) > 0 {
		n := run(s)
		_, size := utf8.DecodeRuneInString(s)
		s, runs, length = s[max(n, size):], runs+1, length+1
	}
	return length > 0 && runs <= 3
}

// run is how much of the beginning of a text lies in one row of keys.
func run(s string) int {
	longest := 0
	for _, keys := range rows {
		for _, line := range []string{keys, reversed(keys)} {
			for n := len(s); n > longest; n-- {
				if strings.Contains(line, s[:n]) {
					longest = n
				}
			}
		}
	}
	return longest
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}
