package sheets

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Excel counts days; these serials are the years 1954 to 2119, so a small number is never taken for a date.
const firstSerial, lastSerial = 20_000, 80_000

var (
	dayFirst  = regexp.MustCompile(`^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})$`)
	yearFirst = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$`)
	dayName   = regexp.MustCompile(`^(\d{1,2})[-/. ]*([A-Za-z]{3,9})[-/., ]*(\d{4}|\d{2})$`)
	serial    = regexp.MustCompile(`^\d{5}(\.\d+)?$`)
	clock     = regexp.MustCompile(`(?i)^(.*?)[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*(am|pm)?\s*(z|[+-]\d{2}:?\d{2})?$`)
)

// Date reads a day as people write it, the day first: 14-10-2026, 14/10/26, 14 Oct 2026, 2026-10-14, or Excel's
// serial number. A time after it is ignored. today gives the century of two-digit years: 2000 to 2099.
//
// Problems: date_bad (not a date, an American month first, a day that does not exist, a year outside 1990 to 2100).
func Date(s string, today time.Time) (time.Time, error) {
	text := Digits(tidy(s))
	if m := clock.FindStringSubmatch(text); m != nil {
		text = strings.TrimSpace(m[1])
	}
	t, ok := day(text)
	if !ok || t.Year() < 1990 || t.Year() > 2100 {
		return time.Time{}, cellProblem("date_bad", s)
	}
	_ = today
	return t, nil
}

func day(text string) (time.Time, bool) {
	if m := dayFirst.FindStringSubmatch(text); m != nil {
		return calendar(m[3], m[2], m[1])
	}
	if m := yearFirst.FindStringSubmatch(text); m != nil {
		return calendar(m[1], m[2], m[3])
	}
	if m := dayName.FindStringSubmatch(text); m != nil {
		month, err := time.Parse("Jan", strings.ToUpper(m[2][:1])+strings.ToLower(m[2][1:3]))
		return calendarIf(err == nil && strings.HasPrefix(strings.ToLower(month.Month().String()), strings.ToLower(m[2])) || strings.EqualFold(m[2], "sept"),
			m[3], month.Month(), m[1])
	}
	if serial.MatchString(text) {
		if n, err := strconv.ParseFloat(text, 64); err == nil && n >= firstSerial && n <= lastSerial {
			return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n)), true
		}
	}
	return time.Time{}, false
}

func calendar(year, month, day string) (time.Time, bool) {
	m, err := strconv.Atoi(month)
	return calendarIf(err == nil && m >= 1 && m <= 12, year, time.Month(m), day)
}

func calendarIf(ok bool, year string, month time.Month, day string) (time.Time, bool) {
	y, err := strconv.Atoi(year)
	d, err2 := strconv.Atoi(day)
	if !ok || err != nil || err2 != nil {
		return time.Time{}, false
	}
	if len(year) == 2 {
		y += 2000
	}
	t := time.Date(y, month, d, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == d && t.Month() == month
}

// Time reads the moment of an event: a date as Date reads it with a time of day, ISO 8601 with or without zone,
// 12-hour clocks, Unix seconds or milliseconds, or Excel's serial number with a fraction. Without a zone it is in
// loc.
//
// Problems: date_bad.
func Time(s string, loc *time.Location) (time.Time, error) {
	text := Digits(tidy(s))
	bad := cellProblem("date_bad", s)
	if m := clock.FindStringSubmatch(text); m != nil {
		return at(m, loc, bad)
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		switch len(text) {
		case 10:
			return time.Unix(n, 0).UTC(), nil
		case 13:
			return time.UnixMilli(n).UTC(), nil
		}
	}
	t, ok := day(text)
	if !ok {
		return time.Time{}, bad
	}
	_, frac, _ := strings.Cut(text, ".")
	seconds := 0.0
	if part, err := strconv.ParseFloat("0."+frac, 64); err == nil && serial.MatchString(text) {
		seconds = part * 86400
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, int(seconds+0.5), 0, loc), nil
}

func at(m []string, loc *time.Location, bad *Problem) (time.Time, error) {
	d, ok := day(strings.TrimSuffix(strings.TrimSpace(m[1]), ","))
	hour, err := strconv.Atoi(m[2])
	minute, err2 := strconv.Atoi(m[3])
	second, _ := strconv.Atoi("0" + m[4])
	frac, _ := strconv.ParseFloat("0"+m[5], 64)
	switch strings.ToLower(m[6]) {
	case "am", "pm":
		ok = ok && hour >= 1 && hour <= 12
		hour %= 12
		if strings.EqualFold(m[6], "pm") {
			hour += 12
		}
	}
	if !ok || err != nil || err2 != nil || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, bad
	}
	if m[7] != "" {
		loc = zone(m[7])
	}
	return time.Date(d.Year(), d.Month(), d.Day(), hour, minute, second, int(frac*1e9), loc), nil
}

// zone is a fixed zone written Z or +05:30.
func zone(s string) *time.Location {
	if strings.EqualFold(s, "z") {
		return time.UTC
	}
	digits := strings.ReplaceAll(s[1:], ":", "")
	hours, _ := strconv.Atoi(digits[:2])   // the pattern let only digits through
	minutes, _ := strconv.Atoi(digits[2:]) //
	seconds := hours*3600 + minutes*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone(s, seconds)
}
