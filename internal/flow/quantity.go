package flow

import (
	"errors"
	"strconv"
	"strings"
)

// Quantity is an exact decimal with six places, counted in millionths: sheets, kilograms, metres. Plain
// integer arithmetic on it is exact, and == is equality.
//
// No accepted value and no sum at a stage passes MaxQuantity, so adding two never overflows.
type Quantity int64

const quantityPlaces = 6

// One is the quantity 1, and what a job of a unit process consists of.
const One Quantity = 1_000_000

// MaxQuantity is the most a movement or a stage may hold: ten thousand crore (10^11).
const MaxQuantity = 100_000_000_000 * One

// Units is n whole units.
func Units(n int64) Quantity { return Quantity(n) * One }

var errQuantity = errors.New("flow: not a quantity")

// ParseQuantity reads a plain decimal such as 1250 or 0.375: digits, at most one point, at most six places
// after it, not negative, at most MaxQuantity. Grouping and units are the reader's affair, not the rules'.
func ParseQuantity(s string) (Quantity, error) {
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	if len(whole) == 0 || len(whole) > 12 || len(frac) > quantityPlaces || !digits(whole) || !digits(frac) || strings.HasSuffix(s, ".") {
		return 0, errQuantity
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", quantityPlaces-len(frac)), 10, 64)
	if err != nil || Quantity(n) > MaxQuantity {
		return 0, errQuantity
	}
	return Quantity(n), nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// String is the shortest exact decimal: 1250, 0.375.
func (q Quantity) String() string {
	sign, n := "", uint64(q)
	if q < 0 {
		sign, n = "-", uint64(-q)
	}
	whole, frac := n/uint64(One), n%uint64(One)
	s := sign + strconv.FormatUint(whole, 10)
	if frac == 0 {
		return s
	}
	f := strconv.FormatUint(frac, 10)
	f = strings.Repeat("0", quantityPlaces-len(f)) + f
	return s + "." + strings.TrimRight(f, "0")
}

// MarshalJSON writes the decimal as a JSON number, without a float on the way.
func (q Quantity) MarshalJSON() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalJSON reads what MarshalJSON wrote: what is stored may be a difference, and less than nothing.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	text, less := strings.CutPrefix(string(b), "-")
	got, err := ParseQuantity(text)
	if err != nil {
		return err
	}
	if *q = got; less {
		*q = -got
	}
	return nil
}
