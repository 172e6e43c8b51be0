package sheets

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// epoch is the day that serial numbers count from.
type epoch int

const (
	epoch1900 epoch = iota // with the 29 February 1900 that never was
	epoch1904
)

func (e epoch) moment(serial float64) time.Time {
	days, part := math.Modf(serial)
	from := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if e == epoch1904 {
		from = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return from.AddDate(0, 0, int(days)).Add(time.Duration(math.Round(part*86400)) * time.Second)
}

// style is how numbers show.
type style struct {
	date   bool
	prefix string // before the digits: JC- of "JC-"0000
	digits int    // at least so many, with zeros in front
}

// styleOf tells how a number format shows: the built-in ones by number (ISO/IEC 29500-1, 18.8.30), others by their
// code.
func styleOf(id string, custom map[string]string) style {
	if code, ok := custom[id]; ok {
		return styleOfCode(code)
	}
	n, err := strconv.Atoi(id)
	is := err == nil && (n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58)
	return style{date: is}
}

var (
	// literal matches what a format code shows as it stands, and what it says of colours, conditions and languages:
	// none of its letters stand for a day. [h], [m] and [s] are elapsed time.
	literal = regexp.MustCompile(`"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]`)
	// padded is a code for whole numbers with zeros in front: 00000, "JC-"0000.
	padded = regexp.MustCompile(`^(?:"([^"]*)"|\\(.))?(0{2,})$`)
)

func styleOfCode(code string) style {
	code, _, _ = strings.Cut(code, ";") // how positive numbers show
	if m := padded.FindStringSubmatch(code); m != nil {
		return style{prefix: m[1] + m[2], digits: len(m[3])}
	}
	bare := strings.ToLower(literal.ReplaceAllString(code, ""))
	return style{date: strings.ContainsAny(bare, "ymdhs") && !strings.Contains(bare, "general")}
}

// show is a number as a person would type it: a date as 2026-10-14, zeros in front as the sheet shows them, any other
// as a plain decimal.
func (s style) show(raw string, from epoch) string {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return raw
	}
	switch {
	case s.date && n >= firstSerial && n <= lastSerial:
		t := from.moment(n)
		if n == math.Trunc(n) {
			return t.Format(time.DateOnly)
		}
		return t.Format("2006-01-02T15:04:05")
	case s.digits > 0 && n >= 0 && n < 1e15 && n == math.Trunc(n):
		digits := strconv.FormatInt(int64(n), 10)
		return s.prefix + strings.Repeat("0", max(0, s.digits-len(digits))) + digits
	}
	return plain(raw)
}

// plain is the number a spreadsheet stored in binary, as it showed it: at most 15 digits, without an exponent.
func plain(raw string) string {
	if !strings.ContainsAny(raw, ".eE") {
		return raw
	}
	x, _, err := big.ParseFloat(raw, 10, 200, big.ToNearestEven)
	if err != nil || x.MantExp(nil) > 100 {
		return raw
	}
	rounded, _, err := big.ParseFloat(x.Text('g', 15), 10, 200, big.ToNearestEven)
	if err != nil {
		return raw
	}
	s := rounded.Text('f', 15)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}
