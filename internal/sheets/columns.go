package sheets

import (
	"strings"
	"time"
)

// Column is what the values under a heading look like.
type Column struct {
	Type    string   // text, number, date, choice or yesno
	Choices []string // of a choice, in the order in which they appear
	Full    bool     // no cell is empty
}

// maxGuessChoices is how many different values a column of choices has at most.
const maxGuessChoices = 8

// Look guesses what a column holds from its values. Few values that come again and again are a choice; a column that is
// mostly empty, or of which one cell does not fit, is text.
func Look(values []string, now time.Time) Column {
	c := Column{Type: "text", Full: len(values) > 0}
	var seen []string
	counts := map[string]int{}
	numbers, dates, answers, filled := true, true, true, 0
	for _, v := range values {
		if v = strings.TrimSpace(v); v == "" {
			c.Full = false
			continue
		}
		filled++
		if counts[v]++; counts[v] == 1 {
			seen = append(seen, v)
		}
		_, notNumber := Number(v)
		_, notDate := Date(v, now)
		numbers, dates, answers = numbers && notNumber == nil && plainNumber(v), dates && notDate == nil, answers && answer(v)
	}
	switch {
	case filled == 0:
	case answers:
		c.Type = "yesno"
	case numbers:
		c.Type = "number"
	case dates:
		c.Type = "date"
	case filled >= 4 && len(seen) <= maxGuessChoices && len(seen)*2 <= filled:
		c.Type, c.Choices = "choice", seen
	}
	return c
}

// plainNumber reports whether a number stands alone: 300 gsm may be 300, 12x8 is not 12.
func plainNumber(s string) bool {
	return strings.Trim(s, "0123456789.,-०१२३४५६७८९ ") == ""
}

func answer(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "no", "y", "n", "हाँ", "हां", "नहीं", "होय", "नाही", "true", "false":
		return true
	}
	return false
}
