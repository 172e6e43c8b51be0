package sheets

import (
	"regexp"
	"strings"
)

var (
	numberForm = regexp.MustCompile(`^([+-]?)\s*(\d[\d.,\s']*|\.\d+)\s*([^\d]*)$`)
	ungrouped  = regexp.MustCompile(`^\d*(\.\d*)?$`)
	western    = regexp.MustCompile(`^\d{1,3}(,\d{3})+(\.\d*)?$`)
	indian     = regexp.MustCompile(`^\d{1,2}(,\d{2})*,\d{3}(\.\d*)?$`)
)

// Number reads a number as people write it and gives it as a plain decimal: 1,25,000 or 125,000 or १,२५,००० Nos is
// 125000. Digits may be Devanagari, Gujarati or Tamil; a unit may follow. It is not negative, has at most six
// decimals and stays below 10^12.
//
// Problems: number_bad, number_negative, number_too_precise, number_too_big.
func Number(s string) (string, error) {
	text := Digits(tidy(s))
	m := numberForm.FindStringSubmatch(text)
	if m == nil || strings.ContainsAny(m[3], ",+-'") {
		return "", cellProblem("number_bad", s)
	}
	number := strings.TrimSpace(m[2])
	if strings.ContainsAny(number, " '") {
		number = strings.NewReplacer(" ", "", "'", "").Replace(number)
	}
	if !ungrouped.MatchString(number) && !western.MatchString(number) && !indian.MatchString(number) {
		return "", cellProblem("number_bad", s)
	}
	whole, frac, _ := strings.Cut(strings.ReplaceAll(number, ",", ""), ".")
	whole, frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	switch {
	case m[1] == "-" && whole+frac != "":
		return "", cellProblem("number_negative", s)
	case len(frac) > 6:
		return "", cellProblem("number_too_precise", s)
	case len(whole) > 12:
		return "", cellProblem("number_too_big", s)
	}
	if whole == "" {
		whole = "0"
	}
	if frac != "" {
		frac = "." + frac
	}
	return whole + frac, nil
}

// zerosOf are the zeros of the scripts whose digits are read.
var zerosOf = []rune{'०', '૦', '௦', '٠', '۰', '０'}

// Digits writes the digits of Indian scripts as 0 to 9.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		for _, zero := range zerosOf {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		return r
	}, s)
}
