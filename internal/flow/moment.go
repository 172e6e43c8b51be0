package flow

import "time"

// Moment is a point in time in microseconds since 1970-01-01 UTC: what the database keeps, comparable with ==.
// The zero Moment means "not yet".
type Moment int64

// At is the Moment of a time.
func At(t time.Time) Moment { return Moment(t.UnixMicro()) }

// Time is the UTC time of a Moment; the zero Moment gives the zero time.
func (m Moment) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(m)).UTC()
}

// Add moves by a duration.
func (m Moment) Add(d time.Duration) Moment { return m + Moment(d.Microseconds()) }

// Sub is the duration since an earlier moment.
func (m Moment) Sub(earlier Moment) time.Duration {
	return time.Duration(m-earlier) * time.Microsecond
}

// Date is a calendar day written 2026-11-23, or empty for "no date". It sorts as text.
type Date string

// ParseDate reads 2006-01-02; the empty text is no date.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return "", nil
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", err
	}
	return Date(s), nil
}

// DateOf is the calendar day of a time in that time's own zone.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Time is midnight UTC of the day, the zero time for no date.
func (d Date) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}
