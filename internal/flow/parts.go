package flow

import (
	"slices"
	"strings"
)

// maxPartWord is the longest word, in letters, that is found by its parts; longer ones are no words of any language.
const maxPartWord = 40

// Parts are all three letters in a row of a word, with two spaces before it and one behind: what two spellings of one name
// have in common. Alphonso and alfonso share five of them.
func Parts(word string) []string {
	letters := []rune("  " + word + " ")
	if len(letters) < 5 || len(letters) > maxPartWord+3 {
		return nil
	}
	parts := make([]string, 0, len(letters))
	for i := range len(letters) - 2 {
		parts = append(parts, string(letters[i:i+3]))
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// Alike is how much two words have in common, from 0 to 100: of the parts that either has, so many of a hundred are in both.
func Alike(a, b string) int {
	of, in := Parts(a), Parts(b)
	both := 0
	for _, part := range of {
		if _, ok := slices.BinarySearch(in, part); ok {
			both++
		}
	}
	if both == 0 {
		return 0
	}
	return both * 100 / (len(of) + len(in) - both)
}

// LeastAlike is how much two spellings of one name have in common at least; Alphonso and alfonso have 41, Lakshmi and laxmi 27.
const LeastAlike = 26

// Resembles reports whether somebody who typed something may mean a word: it begins with that, has it in it, or is spelt
// nearly like it. Words with digits in them are not misspelt: 10x12 is not nearly 10x14.
func Resembles(word, typed string) bool {
	switch {
	case strings.HasPrefix(word, typed):
		return typed != ""
	case strings.ContainsAny(typed, "0123456789"):
		return false
	}
	return len([]rune(typed)) >= 3 && strings.Contains(word, typed) || Alike(word, typed) >= LeastAlike
}

// NameWords are the words of a job's customer and item: what it is called, beside its number.
func (j Job) NameWords() []string {
	words := SearchWords(j.Customer + " " + j.Item)
	slices.Sort(words)
	return slices.Compact(words)
}
