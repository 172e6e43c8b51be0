package flow

import (
	"errors"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Ratio is how many of the next stage's units one unit of a stage becomes: 8 (a sheet is cut into eight cartons),
// 1/12 (twelve pieces make a box), 0.5. The zero Ratio is one to one. It is always in lowest terms.
type Ratio struct{ num, den int64 }

// maxRatio bounds both terms, so that a quantity times one fits 128 bits.
const maxRatio = 1_000_000_000

var errRatio = errors.New("flow: not a ratio")

// ParseRatio reads 8, 0.5, 1/12 or 2.5/3. Nothing, and 1, is the zero Ratio.
func ParseRatio(s string) (Ratio, error) {
	if s == "" {
		return Ratio{}, nil
	}
	over, under, divided := strings.Cut(s, "/")
	if !divided {
		under = "1"
	}
	n, err := ParseQuantity(strings.TrimSpace(over))
	d, err2 := ParseQuantity(strings.TrimSpace(under))
	if err != nil || err2 != nil || n == 0 || d == 0 {
		return Ratio{}, errRatio
	}
	a, b := int64(n), int64(d)
	for b != 0 {
		a, b = b, a%b
	}
	r := Ratio{int64(n) / a, int64(d) / a}
	if r.num > maxRatio || r.den > maxRatio {
		return Ratio{}, errRatio
	}
	if r.num == r.den {
		return Ratio{}, nil
	}
	return r, nil
}

// IsZero reports whether the ratio is one to one.
func (r Ratio) IsZero() bool { return r == Ratio{} }

// String is 8, 1/12, and 1 for one to one.
func (r Ratio) String() string {
	switch {
	case r.IsZero():
		return "1"
	case r.den == 1:
		return strconv.FormatInt(r.num, 10)
	}
	return strconv.FormatInt(r.num, 10) + "/" + strconv.FormatInt(r.den, 10)
}

// MarshalText writes what String gives.
func (r Ratio) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (r *Ratio) UnmarshalText(b []byte) error {
	got, err := ParseRatio(string(b))
	if err == nil {
		*r = got
	}
	return err
}

// of is so many times a quantity, cut to a millionth; false when that is more than can be counted.
func (r Ratio) of(q Quantity) (Quantity, bool) {
	if r.IsZero() {
		return q, true
	}
	hi, lo := bits.Mul64(uint64(q), uint64(r.num))
	if hi >= uint64(r.den) {
		return 0, false
	}
	got, _ := bits.Div64(hi, lo, uint64(r.den))
	return Quantity(got), got <= uint64(MaxQuantity)
}

// signed is the same of what may be less than nothing, when it can be counted.
func (r Ratio) signed(q Quantity) Quantity {
	if q < 0 {
		less, _ := r.of(-q)
		return -less
	}
	more, _ := r.of(q)
	return more
}

// back is what a quantity behind stages of these ratios was before them, if that is a whole number of millionths.
func back(q Quantity, ratios []Ratio) (Quantity, bool) {
	x := beforeThem(q, ratios)
	if !x.IsInt() || !x.Num().IsInt64() || x.Num().Int64() > int64(MaxQuantity) {
		return 0, false
	}
	return Quantity(x.Num().Int64()), true
}

// cutBack is what a quantity behind stages of these ratios was before them, cut to a millionth and to what can be counted.
func cutBack(q Quantity, ratios []Ratio) Quantity {
	x := beforeThem(q, ratios)
	whole := new(big.Int).Quo(x.Num(), x.Denom())
	if !whole.IsInt64() || whole.Int64() > int64(MaxQuantity) {
		return MaxQuantity
	}
	return Quantity(whole.Int64())
}

func beforeThem(q Quantity, ratios []Ratio) *big.Rat {
	x := new(big.Rat).SetInt64(int64(q))
	for _, r := range ratios {
		if !r.IsZero() {
			x.Mul(x, big.NewRat(r.den, r.num))
		}
	}
	return x
}
