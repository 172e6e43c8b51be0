package flow

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	kolkata = zoneNamed("Asia/Kolkata")
	berlin  = zoneNamed("Europe/Berlin") // has summer time
	havana  = zoneNamed("America/Havana")
)

func zoneNamed(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func ist(text string) time.Time { return in(kolkata, text) }

func in(z *time.Location, text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, z)
	if err != nil {
		panic(err)
	}
	return t
}

var weekdays = Days(time.Monday, time.Saturday)

// twoShifts is a plant at work by day and by night, with a break in the day and a holiday.
var twoShifts = Calendar{Code: "plant", Name: "Two shifts", EvenSaturdaysOff: true, Shifts: []Shift{
	{Days: weekdays, From: 8 * 60, To: 12 * 60}, {Days: weekdays, From: 13 * 60, To: 17 * 60}, {Days: Days(time.Monday, time.Friday), From: 22 * 60, To: 6 * 60},
}, Holidays: []Holiday{{Date: "2026-11-24", Name: "Guru Nanak Jayanti"}}}

func TestWorkingTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, from, to string
		calendar       Calendar
		want           time.Duration
	}{
		{"a morning", "2026-11-23 08:00", "2026-11-23 12:00", twoShifts, 4 * time.Hour},
		{"over the break", "2026-11-23 11:00", "2026-11-23 14:00", twoShifts, 2 * time.Hour},
		{"a night belongs to the day it begins", "2026-11-23 22:00", "2026-11-24 12:00", twoShifts, 8 * time.Hour},
		{"the holiday's own night is off", "2026-11-24 00:00", "2026-11-25 08:00", twoShifts, 6 * time.Hour},
		{"a Sunday", "2026-11-22 00:00", "2026-11-23 00:00", twoShifts, 0},
		{"the second Saturday", "2026-11-14 07:00", "2026-11-15 00:00", twoShifts, 0},
		{"the third Saturday", "2026-11-21 07:00", "2026-11-22 00:00", twoShifts, 8 * time.Hour},
		{"the wrong way round", "2026-11-23 12:00", "2026-11-23 08:00", twoShifts, 0},
		{"round the clock", "2026-11-22 00:00", "2026-11-23 00:00", Calendar{}, 24 * time.Hour},
		{"round the clock but for a holiday", "2026-11-23 00:00", "2026-11-26 00:00", Calendar{Holidays: twoShifts.Holidays}, 48 * time.Hour},
		{"a general shift over a weekend", "2026-11-20 17:50", "2026-11-23 09:10", StarterCalendar(), 9*time.Hour + 20*time.Minute},
		{"shifts that overlap count once", "2026-11-23 00:00", "2026-11-24 00:00",
			Calendar{Shifts: []Shift{{Days: weekdays, From: 540, To: 720}, {Days: weekdays, From: 600, To: 660}}}, 3 * time.Hour},
		{"a shift without days is none", "2026-11-23 00:00", "2026-11-24 00:00", Calendar{Shifts: []Shift{{From: 540, To: 720}}}, 24 * time.Hour},
		{"one shift of 24 hours", "2026-11-22 00:00", "2026-11-29 00:00", Calendar{Shifts: []Shift{{Days: Days(time.Monday, time.Monday), From: 360, To: 360}}}, 24 * time.Hour},
	} {
		if got := c.calendar.In(kolkata).Working(ist(c.from), ist(c.to)); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

// Where the clocks change, a shift is as long as it really is.
func TestWorkingTimeOverSummerTime(t *testing.T) {
	t.Parallel()
	night := Calendar{Shifts: []Shift{{Days: Days(time.Sunday, time.Saturday), From: 22 * 60, To: 6 * 60}}}
	inTheGap := Calendar{Shifts: []Shift{{Days: Days(time.Sunday, time.Saturday), From: 150, To: 240}}} // 02:30 to 04:00
	for _, c := range []struct {
		what     string
		zone     *time.Location
		from, to string
		calendar Calendar
		want     time.Duration
	}{
		{"the night that is an hour short", berlin, "2027-03-27 12:00", "2027-03-28 12:00", night, 7 * time.Hour},
		{"the night that is an hour long", berlin, "2026-10-24 12:00", "2026-10-25 12:00", night, 9 * time.Hour},
		{"a shift that begins in the hour left out", berlin, "2027-03-28 00:00", "2027-03-28 12:00", inTheGap, time.Hour},
		{"a shift in the hour that comes twice", berlin, "2026-10-25 00:00", "2026-10-25 12:00", inTheGap, 150 * time.Minute},
		{"a midnight that is left out", havana, "2027-03-13 12:00", "2027-03-14 12:00", night, 7 * time.Hour},
	} {
		h := c.calendar.In(c.zone)
		from, to := in(c.zone, c.from), in(c.zone, c.to)
		if got := h.Working(from, to); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
		if got := h.Add(from, c.want); h.Working(from, got) != c.want || got.After(to) {
			t.Errorf("%s: all of it has passed at %v", c.what, got)
		}
	}
}

func TestNextStretchOfWork(t *testing.T) {
	t.Parallel()
	round := Calendar{Shifts: []Shift{{Days: weekdays, From: 0, To: 480}, {Days: weekdays, From: 480, To: 960}, {Days: weekdays, From: 960, To: 0}}}
	for _, c := range []struct {
		what, at, begin, end string
		calendar             Calendar
	}{
		{"at work", "2026-11-23 10:00", "2026-11-23 10:00", "2026-11-23 12:00", twoShifts},
		{"in the break", "2026-11-23 12:30", "2026-11-23 13:00", "2026-11-23 17:00", twoShifts},
		{"at the bell", "2026-11-23 17:00", "2026-11-23 22:00", "2026-11-24 06:00", twoShifts},
		{"past the holiday", "2026-11-24 06:00", "2026-11-25 08:00", "2026-11-25 12:00", twoShifts},
		{"three shifts without a gap", "2026-11-22 10:00", "2026-11-23 00:00", "2026-11-29 00:00", round},
		{"always", "2026-11-22 10:00", "2026-11-22 10:00", "2026-11-29 10:00", Calendar{}},
	} {
		begin, end := c.calendar.In(kolkata).Next(ist(c.at))
		if !begin.Equal(ist(c.begin)) || !end.Equal(ist(c.end)) {
			t.Errorf("%s: from %v to %v, want %s to %s", c.what, begin, end, c.begin, c.end)
		}
	}
}

func TestADayOnTheCalendar(t *testing.T) {
	t.Parallel()
	for date, want := range map[Date]string{"2026-11-23": "[08:00–12:00 13:00–17:00 22:00–06:00] false", "2026-11-24": "[] true", "2026-11-22": "[] false",
		"2026-11-28": "[] false", "2026-11-21": "[08:00–12:00 13:00–17:00] false"} {
		d := twoShifts.On(date)
		if got := fmt.Sprint(d.Shifts, d.Holiday != nil); got != want {
			t.Errorf("%s: %s, want %s", date, got, want)
		}
	}
	if got := (Calendar{}).On("2026-11-22").Shifts; len(got) != 1 || got[0].Minutes() != 24*60 {
		t.Errorf("round the clock: %v", got)
	}
	if off := twoShifts.Off(); !slices.Equal(off, []time.Weekday{time.Sunday}) || (Calendar{}).Off() != nil {
		t.Errorf("off: %v", off)
	}
}

func TestCalendarsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	good := func(change func(c *Calendar)) Calendar {
		c := twoShifts
		c.Shifts, c.Holidays = slices.Clone(c.Shifts), slices.Clone(c.Holidays)
		change(&c)
		return c
	}
	sunday := Days(time.Sunday, time.Sunday)
	for want, c := range map[Code]Calendar{
		"":           good(func(*Calendar) {}),
		NameMissing:  good(func(c *Calendar) { c.Name = "" }),
		ValueWrong:   good(func(c *Calendar) { c.Shifts[0].To = 1440 }),
		ShiftNoDays:  good(func(c *Calendar) { c.Shifts[1].Days = [7]bool{} }),
		TooMany:      good(func(c *Calendar) { c.Holidays = make([]Holiday, 401) }),
		TooLong:      good(func(c *Calendar) { c.Name = string(make([]byte, 300)) }),
		HolidayTwice: good(func(c *Calendar) { c.Holidays = append(c.Holidays, c.Holidays[0]) }),
		ShiftsOverlap: good(func(c *Calendar) { // Sunday's night runs into Monday's
			c.Shifts = append(c.Shifts, Shift{Days: sunday, From: 23 * 60, To: 8*60 + 1})
		}),
	} {
		err := c.Acceptable()
		var r *Refusal
		if errors.As(err, &r) != (want != "") || r != nil && r.Code != want {
			t.Errorf("%q: %v", want, err)
		}
	}
	for what, c := range map[string]Calendar{
		"holiday without a date": good(func(c *Calendar) { c.Holidays[0].Date = "2026-02-30" }), "holiday without a name": good(func(c *Calendar) { c.Holidays[0].Name = "" }),
		"code": good(func(c *Calendar) { c.Code = "Not a code" }), "too many shifts": good(func(c *Calendar) { c.Shifts = make([]Shift, 31) }),
		"Saturday's night runs into Sunday": good(func(c *Calendar) {
			c.Shifts = []Shift{{Days: Days(time.Saturday, time.Saturday), From: 22 * 60, To: 6 * 60}, {Days: sunday, From: 5 * 60, To: 9 * 60}}
		}),
	} {
		if c.Acceptable() == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if err := StarterCalendar().Acceptable(); err != nil {
		t.Error(err)
	}
}

func TestTimesOfDayAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"9": "09:00", "09:00": "09:00", "9.30": "09:30", "930": "09:30", "1745": "17:45", "9:30 pm": "21:30", "12 am": "00:00", "12:15 P.M.": "12:15",
		"24:00": "00:00", "22:00:00": "22:00", " 7 pm ": "19:00"} {
		got, err := ParseClock(text)
		if err != nil || got.String() != want {
			t.Errorf("%q is read as %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "25:00", "24:01", "9:60", "13 pm", "0 am", "nine", "9:5", "-1:00", "+9:00", "9:00:30", "123:00", "०९:००"} {
		if got, err := ParseClock(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func FuzzParseClock(f *testing.F) {
	for _, seed := range []string{"09:00", "9.30 pm", "930", "24:00", "12 am", "9:00:00", ":", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseClock(text)
		if err != nil {
			return
		}
		again, err := ParseClock(c.String())
		if c < 0 || c >= 24*60 || err != nil || again != c {
			t.Errorf("%q is read as %d, which is written %s and read as %d, %v", text, c, c, again, err)
		}
	})
}

func TestCalendarsAreStoredWhole(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(twoShifts)
	if err != nil {
		t.Fatal(err)
	}
	var again Calendar
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, twoShifts) {
		t.Errorf("%s comes back as %+v, %v", text, again, err)
	}
}

func TestATimetableFallsBackToTheStandard(t *testing.T) {
	t.Parallel()
	drying := Calendar{Code: "drying", Name: "Drying room"}
	table := NewTimetable([]Calendar{StarterCalendar(), drying}, "general", kolkata)
	from, to := ist("2026-11-23 17:00"), ist("2026-11-24 10:00")
	for code, want := range map[string]time.Duration{"": 2 * time.Hour, "general": 2 * time.Hour, "drying": 17 * time.Hour, "gone": 2 * time.Hour} {
		if got := table.Hours(code).Working(from, to); got != want {
			t.Errorf("%q: %v, want %v", code, got, want)
		}
	}
	if got := (*Timetable)(nil).Hours("any").Working(from, to); got != 17*time.Hour {
		t.Errorf("without calendars: %v", got)
	}
}

// anyCalendar is a calendar as people can make one, and some that they cannot.
func anyCalendar(t *rapid.T) Calendar {
	c := Calendar{Code: "c", Name: "C", EvenSaturdaysOff: rapid.Bool().Draw(t, "saturdays")}
	for range rapid.IntRange(0, 4).Draw(t, "shifts") {
		s := Shift{From: Clock(rapid.IntRange(0, 95).Draw(t, "from") * 15), To: Clock(rapid.IntRange(0, 95).Draw(t, "to") * 15)}
		for d := range s.Days {
			s.Days[d] = rapid.Bool().Draw(t, "day")
		}
		c.Shifts = append(c.Shifts, s)
	}
	for range rapid.IntRange(0, 5).Draw(t, "holidays") {
		c.Holidays = append(c.Holidays, Holiday{Date: DateOf(week.AddDate(0, 0, rapid.IntRange(-2, 16).Draw(t, "holiday"))), Name: "H"})
	}
	return c
}

// week holds the day on which Berlin's clocks go back.
var week = time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC)

func anyMoment(t *rapid.T) time.Time {
	return week.Add(time.Duration(rapid.Int64Range(0, int64(14*24*time.Hour)).Draw(t, "moment")))
}

// Working time adds up over adjoining stretches, is never more than what elapsed, and never falls; Add is its inverse.
func TestWorkingTimeProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, zone := anyCalendar(t), rapid.SampledFrom([]*time.Location{kolkata, berlin, time.UTC}).Draw(t, "zone")
		h := c.In(zone)
		at := []time.Time{anyMoment(t), anyMoment(t), anyMoment(t)}
		slices.SortFunc(at, time.Time.Compare)
		first, second, whole := h.Working(at[0], at[1]), h.Working(at[1], at[2]), h.Working(at[0], at[2])
		if first+second != whole {
			t.Fatalf("%v + %v = %v", first, second, whole)
		}
		if first < 0 || second < 0 || first > at[1].Sub(at[0]) || whole < first {
			t.Fatalf("%v and %v of %v", first, second, at[2].Sub(at[0]))
		}
		d := time.Duration(rapid.Int64Range(0, int64(60*time.Hour)).Draw(t, "d"))
		then := h.Add(at[0], d)
		if got := h.Working(at[0], then); got != d {
			t.Fatalf("%v of work has passed at %v, not %v", got, then, d)
		}
		if d > 0 && h.Working(at[0], then.Add(-1)) >= d {
			t.Fatalf("%v of work has passed before %v", d, then)
		}
		begin, end := h.Next(at[0])
		if begin.Before(at[0]) || !begin.Before(end) || h.Working(at[0], begin) != 0 || h.Working(begin, end) != end.Sub(begin) {
			t.Fatalf("the next stretch of work is from %v to %v", begin, end)
		}
	})
}

// Where the clocks do not change, working time is what counting minute by minute gives.
func TestWorkingTimeIsWhatCountingGives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar(t)
		from := anyMoment(t).Truncate(time.Minute)
		n := rapid.IntRange(0, 2*24*60).Draw(t, "minutes")
		want := 0
		for i := range n {
			if c.counts(from.Add(time.Duration(i) * time.Minute).In(kolkata)) {
				want++
			}
		}
		if got := c.In(kolkata).Working(from, from.Add(time.Duration(n)*time.Minute)); got != time.Duration(want)*time.Minute {
			t.Fatalf("%v, counted %d minutes", got, want)
		}
	})
}

// counts reports whether a minute is a working one, in the plainest way there is.
func (c Calendar) counts(t time.Time) bool {
	minute := Clock(t.Hour()*60 + t.Minute())
	none := !slices.ContainsFunc(c.Shifts, func(s Shift) bool { return s.Days != [7]bool{} })
	for back := range 2 {
		day := t.AddDate(0, 0, -back)
		off := slices.ContainsFunc(c.Holidays, func(h Holiday) bool { return h.Date == DateOf(day) }) || c.EvenSaturdaysOff && day.Weekday() == time.Saturday && (day.Day()+6)/7%2 == 0
		if off {
			continue
		}
		if none && back == 0 {
			return true
		}
		for _, s := range c.Shifts {
			over := s.To <= s.From
			switch {
			case !s.Days[day.Weekday()]:
			case back == 0 && minute >= s.From && (over || minute < s.To), back == 1 && over && minute < s.To:
				return true
			}
		}
	}
	return false
}

// The shipped list has every day of it in every year, in order, with the fixed ones where they are fixed.
func TestTheIndianHolidays(t *testing.T) {
	t.Parallel()
	fixed := map[string]string{"republic_day": "01-26", "may_day": "05-01", "independence_day": "08-15", "gandhi_jayanti": "10-02", "christmas": "12-25"}
	for _, year := range HolidayYears() {
		list := IndianHolidays(year)
		if len(list) != 17 {
			t.Errorf("%d has %d holidays", year, len(list))
		}
		if !slices.IsSortedFunc(list, func(a, b KnownHoliday) int { return cmp.Compare(a.Date, b.Date) }) {
			t.Errorf("%d is out of order: %v", year, list)
		}
		seen := map[Date]string{}
		for _, h := range list {
			if day, err := ParseDate(string(h.Date)); err != nil || day.Time().Year() != year || seen[h.Date] != "" {
				t.Errorf("%d: %v", year, h)
			}
			seen[h.Date] = h.Code
			if want := fixed[h.Code]; want != "" && (string(h.Date[5:]) != want || h.Unsure) {
				t.Errorf("%s is on %s", h.Code, h.Date)
			}
			if h.Code == "good_friday" && h.Date.Time().Weekday() != time.Friday {
				t.Errorf("Good Friday is a %s", h.Date.Time().Weekday())
			}
		}
	}
}

func BenchmarkWorkingOverAYear(b *testing.B) {
	c := twoShifts
	for i := range 17 {
		c.Holidays = append(c.Holidays, Holiday{Date: DateOf(week.AddDate(0, 0, i*20)), Name: "H"})
	}
	h, from := c.In(kolkata), ist("2026-11-23 10:00")
	for b.Loop() {
		if h.Working(from, from.AddDate(1, 0, 0)) == 0 {
			b.Fatal("nothing")
		}
	}
}

// A board of 200 cells whose jobs came up to three weeks ago.
func BenchmarkJudging200Cells(b *testing.B) {
	table := NewTimetable([]Calendar{twoShifts, {Code: "drying"}}, "plant", kolkata)
	now := ist("2026-11-23 10:00")
	for b.Loop() {
		late := 0
		for i := range 200 {
			since := now.Add(-time.Duration(i) * 150 * time.Minute)
			if table.Hours("").Working(since, now) > 8*time.Hour {
				late++
			}
		}
		if late == 0 {
			b.Fatal("none is late")
		}
	}
}
