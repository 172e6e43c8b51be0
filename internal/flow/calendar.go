package flow

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Calendar says when an organisation, or one of its stages, works: shifts that come every week, less the holidays.
// Without shifts it is at work round the clock, holidays excepted. Breaks are the gaps between shifts.
type Calendar struct {
	Code             string    `json:"code"` // unique within the organisation; stages name it
	Name             string    `json:"name"`
	Shifts           []Shift   `json:"shifts,omitempty"`
	EvenSaturdaysOff bool      `json:"even_saturdays_off,omitempty"` // the second and the fourth Saturday of a month are off
	Holidays         []Holiday `json:"holidays,omitempty"`           // by date
}

// Shift is a stretch of work on some days of the week. One that ends at or before the time it begins runs over
// midnight and belongs to the day on which it begins: a holiday on that day cancels all of it.
type Shift struct {
	Days [7]bool `json:"days"` // by time.Weekday: Sunday is the first
	From Clock   `json:"from"`
	To   Clock   `json:"to"`
}

// Holiday is a day without work.
type Holiday struct {
	Date   Date   `json:"date"`
	Name   string `json:"name"`
	Unsure bool   `json:"to_be_confirmed,omitempty"` // the moon decides, or the state: look again before it comes
}

// Clock is a time of day in minutes after midnight, 0 to 1439, written 09:00.
type Clock int

const dayMinutes = 24 * 60

func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText writes 09:00.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseClock reads.
func (c *Clock) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClock(string(text))
	return err
}

var errClock = errors.New("flow: not a time of day")

// ParseClock reads 09:00, 9, 9.30, 930, 9:30 pm and 24:00, which is midnight.
func ParseClock(text string) (Clock, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	half := ""
	for _, end := range []string{"am", "pm"} {
		if t, ok := strings.CutSuffix(strings.ReplaceAll(text, ".m.", "m"), end); ok {
			text, half = strings.TrimSpace(t), end
		}
	}
	hour, minute, cut := strings.Cut(strings.ReplaceAll(text, ".", ":"), ":")
	if !cut && len(hour) > 2 {
		hour, minute = hour[:len(hour)-2], hour[len(hour)-2:]
	}
	minute = strings.TrimSuffix(minute, ":00") // some browsers send seconds
	h, err := twoDigits(hour)
	m, err2 := twoDigits(cmp.Or(minute, "00"))
	switch {
	case err != nil || err2 != nil || m > 59 || len(minute) == 1:
		return 0, errClock
	case half != "" && (h < 1 || h > 12):
		return 0, errClock
	case half != "":
		h %= 12
		if half == "pm" {
			h += 12
		}
	}
	if at := h*60 + m; at <= dayMinutes {
		return Clock(at % dayMinutes), nil
	}
	return 0, errClock
}

func twoDigits(s string) (int, error) {
	if len(s) > 2 || strings.Trim(s, "0123456789") != "" {
		return 0, errClock
	}
	return strconv.Atoi(s)
}

// Minutes is how long the shift is, 24 hours when it begins and ends at the same time.
func (s Shift) Minutes() int {
	if s.To <= s.From {
		return int(s.To-s.From) + dayMinutes
	}
	return int(s.To - s.From)
}

const (
	maxShifts   = 30
	maxHolidays = 400
)

// Acceptable says whether a calendar can be kept.
//
// Refusals: name_missing, value_wrong, too_long, too_many, shift_no_days, shifts_overlap, holiday_twice.
func (c Calendar) Acceptable() error {
	switch {
	case c.Name == "":
		return &Refusal{Code: NameMissing}
	case c.Code == "" || c.Code != MakeCode(c.Code):
		return &Refusal{Code: ValueWrong, Name: "code", Value: c.Code}
	case len(c.Shifts) > maxShifts:
		return &Refusal{Code: TooMany, Name: "shifts", Limit: maxShifts}
	case len(c.Holidays) > maxHolidays:
		return &Refusal{Code: TooMany, Name: "holidays", Limit: maxHolidays}
	}
	return cmp.Or(tooLong("name", c.Name, MaxText), c.shiftsAcceptable(), c.holidaysAcceptable())
}

func (c Calendar) shiftsAcceptable() error {
	for _, s := range c.Shifts {
		if s.From < 0 || s.From >= dayMinutes || s.To < 0 || s.To >= dayMinutes {
			return &Refusal{Code: ValueWrong, Name: "shifts", Value: s.String()}
		}
		if s.Days == [7]bool{} {
			return &Refusal{Code: ShiftNoDays, Value: s.String()}
		}
	}
	week := c.week()
	for i, next := range week {
		last := week[(i+len(week)-1)%len(week)]
		if i == 0 { // the week is a ring
			last.from -= 7 * dayMinutes
		}
		if len(week) > 1 && last.from+last.shift.Minutes() > next.from {
			return &Refusal{Code: ShiftsOverlap, Name: last.shift.String(), Value: next.shift.String()}
		}
	}
	return nil
}

func (s Shift) String() string { return s.From.String() + "–" + s.To.String() }

type weekly struct {
	shift Shift
	from  int // minutes after the week's beginning
}

// week is every shift of a week in order.
func (c Calendar) week() []weekly {
	var list []weekly
	for _, s := range c.Shifts {
		for day, on := range s.Days {
			if on {
				list = append(list, weekly{s, day*dayMinutes + int(s.From)})
			}
		}
	}
	slices.SortFunc(list, func(a, b weekly) int { return a.from - b.from })
	return list
}

func (c Calendar) holidaysAcceptable() error {
	days := map[Date]bool{}
	for _, h := range c.Holidays {
		switch day, err := ParseDate(string(h.Date)); {
		case err != nil || day == "":
			return &Refusal{Code: ValueWrong, Name: "holidays", Value: string(h.Date)}
		case h.Name == "":
			return &Refusal{Code: NameMissing}
		case days[h.Date]:
			return &Refusal{Code: HolidayTwice, Name: h.Name, Value: string(h.Date)}
		}
		days[h.Date] = true
		if err := tooLong("name", h.Name, MaxText); err != nil {
			return err
		}
	}
	return nil
}

// Day is a day on a calendar.
type Day struct {
	Date    Date
	Holiday *Holiday // of the day, nil for none
	Shifts  []Shift  // that begin on it, in order; none on a day off
}

// On is a day on the calendar. Round the clock is one shift of 24 hours.
func (c Calendar) On(d Date) Day {
	day := Day{Date: d}
	if i := slices.IndexFunc(c.Holidays, func(h Holiday) bool { return h.Date == d }); i >= 0 {
		day.Holiday = &c.Holidays[i]
		return day
	}
	t := d.Time()
	if c.EvenSaturdaysOff && evenSaturday(t.Weekday(), t.Day()) {
		return day
	}
	for _, s := range c.Shifts {
		if s.Days[t.Weekday()] {
			day.Shifts = append(day.Shifts, s)
		}
	}
	if len(c.Shifts) == 0 {
		day.Shifts = []Shift{{}}
	}
	slices.SortFunc(day.Shifts, func(a, b Shift) int { return int(a.From - b.From) })
	return day
}

// Off are the days of the week without a shift, none when the calendar is round the clock.
func (c Calendar) Off() []time.Weekday {
	var list []time.Weekday
	for day := time.Sunday; day <= time.Saturday && len(c.Shifts) > 0; day++ {
		if !slices.ContainsFunc(c.Shifts, func(s Shift) bool { return s.Days[day] }) {
			list = append(list, day)
		}
	}
	return list
}

// evenSaturday reports whether a day of a month is its second or fourth Saturday.
func evenSaturday(day time.Weekday, ofMonth int) bool {
	return day == time.Saturday && (ofMonth-1)/7%2 == 1
}

// Days are the days of the week from one to another, both included.
func Days(from, to time.Weekday) (days [7]bool) {
	for d := from; ; d = (d + 1) % 7 {
		days[d] = true
		if d == to {
			return days
		}
	}
}

// StarterCalendar is what a new organisation begins with, until it has its own hours: the general shift of most small
// firms.
func StarterCalendar() Calendar {
	return Calendar{Code: "general", Name: "General shift", Shifts: []Shift{{Days: Days(time.Monday, time.Saturday), From: 9 * 60, To: 18 * 60}}}
}
