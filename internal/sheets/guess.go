package sheets

import (
	"slices"
	"strings"
	"unicode"
)

// aliases are what columns of job lists are called, by the field they hold. Order matters: an earlier field takes a
// heading that would fit two.
var aliases = []struct {
	field string
	names []string
}{
	{"number", []string{"job number", "job no", "job", "job id", "job card", "job card no", "jc no", "jc", "order no", "order number", "so no", "sales order", "work order", "wo no", "docket no", "jc number", "job card number", "ord no", "order", "जॉब नंबर", "जॉब", "ऑर्डर नंबर", "જોબ નંબર", "ஜாப் எண்"}},
	{"customer", []string{"customer", "customer name", "party", "party name", "client", "client name", "buyer", "buyer name", "party name and place", "m/s", "ग्राहक का नाम", "पार्टी का नाम", "ग्राहक", "पार्टी", "ગ્રાહક", "પાર્ટી", "கஸ்டமர்"}},
	{"item", []string{"item", "item name", "product", "product name", "job name", "particulars", "description", "part", "part name", "style", "आइटम", "आयटम", "माल", "આઇટમ", "ஐட்டம்"}},
	{"quantity", []string{"quantity", "qty", "order qty", "ordered qty", "order quantity", "nos", "pcs", "no of pcs", "total qty", "नग", "मात्रा", "संख्या", "નંગ", "જથ્થો", "எண்ணிக்கை"}},
	{"unit", []string{"unit", "uom", "units", "यूनिट", "એકમ"}},
	{"due", []string{"due", "due date", "delivery date", "delivery", "dispatch date", "deadline", "required by", "ship date", "target date", "del date", "del dt", "dlv date", "delivery dt", "disp date", "desp date", "ddt", "ड्यू डेट", "देने की तारीख", "द्यायची तारीख", "આપવાની તારીખ", "கொடுக்க வேண்டிய தேதி"}},
	{"priority", []string{"priority", "urgent", "प्राथमिकता", "अर्जेंट"}},
	{"process", []string{"process", "route", "process route", "flow", "प्रोसेस"}},
	{"site", []string{"site", "plant", "branch", "साइट", "प्लांट", "शाखा"}},
	{"notes", []string{"notes", "note", "remarks", "remark", "comments", "नोट", "टिप्पणी", "નોંધ"}},
}

// Guess maps the fields of a job to columns (from 0) by what the columns are called. No column is used twice.
func Guess(header []string) map[string]int {
	guess := map[string]int{}
	used := map[int]bool{}
	for _, a := range aliases {
		for _, name := range a.names {
			i := slices.IndexFunc(header, func(h string) bool { return key(h) == key(name) })
			if i >= 0 && !used[i] {
				guess[a.field], used[i] = i, true
				break
			}
		}
	}
	return guess
}

// key is what two spellings of a heading have in common.
func key(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
