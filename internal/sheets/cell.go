package sheets

import (
	"strings"
	"time"
)

// Cell is a value on its way out, with what it is: a spreadsheet program can add numbers up and sort days, and leaves texts
// alone. The zero Cell is empty.
type Cell struct {
	kind cellKind
	text string    // of a text or a number
	at   time.Time // of a day or a moment, on the clock that the reader of the file has on the wall
}

type cellKind uint8

const (
	textCell cellKind = iota
	numberCell
	dayCell
	momentCell
)

// Text is a text, whatever it looks like: job 00042 keeps its zeros and =1+1 is never reckoned.
func Text(s string) Cell { return Cell{text: s} }

// Decimal is a number as flow.Quantity and numeric write it: 1250, -0.375. What is no plain decimal goes out as a text.
func Decimal(s string) Cell {
	if !plainDecimal(s) {
		return Text(s)
	}
	return Cell{kind: numberCell, text: s}
}

// Day is a date without a time; the zero time is an empty cell.
func Day(t time.Time) Cell { return dated(dayCell, t) }

// Moment is a date with hours and minutes on the clock of t's zone; the zero time is an empty cell.
func Moment(t time.Time) Cell { return dated(momentCell, t) }

func dated(kind cellKind, t time.Time) Cell {
	if t.IsZero() {
		return Cell{}
	}
	return Cell{kind: kind, at: t}
}

// String is the cell as people in India write it: dates are 23-11-2026, moments 23-11-2026 14:05.
func (c Cell) String() string {
	switch c.kind {
	case dayCell:
		return c.at.Format("02-01-2006")
	case momentCell:
		return c.at.Format("02-01-2006 15:04")
	}
	return c.text
}

// plainDecimal reports whether a text is digits with at most one point between them, and perhaps a minus before.
func plainDecimal(s string) bool {
	whole, frac, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return allDigits(whole) && (!point || allDigits(frac))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Rows is a table on its way out, whatever file it becomes. What was written is sent on after Flush, as far as the format
// can; the file is whole after Close.
type Rows interface {
	Row(cells []Cell) error
	Flush() error
	Close() error
}
