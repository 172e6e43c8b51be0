package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/sheets"
)

// calendarForm is a calendar as its form holds it: texts as they were typed.
type calendarForm struct {
	Name             string
	EvenSaturdaysOff bool
	Shifts           []shiftRow
	Holidays         []holidayRow
	NewDate, NewName string
	version          int
}

// shiftRow is a shift in the form. Key names its inputs.
type shiftRow struct {
	Key, From, To string
	Days          [7]bool
}

// holidayRow is a holiday in the form.
type holidayRow struct {
	Key, Date, Name string
	Day             string // of the week
	Unsure          bool
	Past            bool
}

func newCalendarForm(v *view, c flow.Calendar) calendarForm {
	f := calendarForm{Name: c.Name, EvenSaturdaysOff: c.EvenSaturdaysOff}
	for i, s := range c.Shifts {
		f.Shifts = append(f.Shifts, shiftRow{strconv.Itoa(i + 1), s.From.String(), s.To.String(), s.Days})
	}
	for i, h := range c.Holidays {
		f.Holidays = append(f.Holidays, v.holidayRow(strconv.Itoa(i+1), h))
	}
	return f
}

func (v *view) holidayRow(key string, h flow.Holiday) holidayRow {
	return holidayRow{Key: key, Date: v.Date(h.Date), Name: h.Name, Unsure: h.Unsure, Day: v.weekday(h.Date.Time().Weekday()), Past: h.Date < flow.DateOf(v.Now.In(v.Zone))}
}

// Weekdays are the days of the week as forms list them: Monday first.
func (v *view) Weekdays() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}

// Weekday is the short name of a day of the week.
func (v *view) Weekday(d time.Weekday) string { return v.weekday(d) }

// maxCalendarRows bounds what one form may hold; the rules say how much a calendar may.
const maxCalendarRows = 500

func readCalendarForm(r *http.Request) calendarForm {
	get := func(name string) string { return clean(r.PostFormValue(name)) }
	f := calendarForm{Name: get("name"), EvenSaturdaysOff: r.PostFormValue("even") != "", NewDate: get("newdate"), NewName: get("newname")}
	f.version, _ = strconv.Atoi(r.PostFormValue("version")) // unreadable: 0, which is no version
	keys := r.PostForm["s"]
	for _, key := range keys[:min(len(keys), maxCalendarRows)] {
		row := shiftRow{Key: key, From: get("from." + key), To: get("to." + key)}
		for _, day := range r.PostForm["days."+key] {
			if d, err := strconv.Atoi(day); err == nil && d >= 0 && d < 7 {
				row.Days[d] = true
			}
		}
		f.Shifts = append(f.Shifts, row)
	}
	keys = r.PostForm["h"]
	for _, key := range keys[:min(len(keys), maxCalendarRows)] {
		f.Holidays = append(f.Holidays, holidayRow{Key: key, Date: get("date." + key), Name: get("holiday." + key), Unsure: r.PostFormValue("unsure."+key) != ""})
	}
	if r.PostFormValue("do") == "list" {
		f.fromList(r.PostForm["list"])
	}
	return f
}

// fromList adds days of the shipped list, as code.date.
func (f *calendarForm) fromList(values []string) {
	for _, value := range values[:min(len(values), maxCalendarRows)] {
		code, date, _ := strings.Cut(value, ".")
		f.Holidays = append(f.Holidays, holidayRow{Key: "new " + code, Date: date})
	}
}

// change does what a button of the form says to its rows, and reports whether the form is only to be shown again.
func (f *calendarForm) change(v *view, do string) bool {
	what, key, _ := strings.Cut(do, ".")
	defer f.settle(v)
	switch what {
	case "addshift":
		f.Shifts = append(f.Shifts, shiftRow{Key: freeKey(len(f.Shifts), func(k string) bool {
			return slices.ContainsFunc(f.Shifts, func(s shiftRow) bool { return s.Key == k })
		}), Days: flow.Days(time.Monday, time.Saturday)})
		return true
	case "unshift":
		f.Shifts = slices.DeleteFunc(f.Shifts, func(s shiftRow) bool { return s.Key == key })
		return true
	case "unholiday":
		f.Holidays = slices.DeleteFunc(f.Holidays, func(h holidayRow) bool { return h.Key == key })
	case "list":
		f.nameListed(v)
	}
	return false
}

// settle says of every holiday that can be read which day of the week it is, and if it is over.
func (f *calendarForm) settle(v *view) {
	for i, h := range f.Holidays {
		if day, err := sheets.Date(h.Date, v.Now); err == nil {
			f.Holidays[i] = v.holidayRow(h.Key, flow.Holiday{Date: flow.DateOf(day), Name: h.Name, Unsure: h.Unsure})
		}
	}
}

// nameListed gives the days of the shipped list their names, in the language of the person who adds them.
func (f *calendarForm) nameListed(v *view) {
	f.Holidays = slices.DeleteFunc(f.Holidays, func(h holidayRow) bool { return strings.HasPrefix(h.Key, "new ") && !v.listed(h) })
	for i := range f.Holidays {
		h := &f.Holidays[i]
		if code, ok := strings.CutPrefix(h.Key, "new "); ok {
			h.Key, h.Name, h.Unsure = "n"+strconv.Itoa(i), v.T("holiday_"+code), known(code, h.Date).Unsure
		}
	}
}

func (v *view) listed(h holidayRow) bool {
	return known(strings.TrimPrefix(h.Key, "new "), h.Date).Code != ""
}

// known is the day of the shipped list with a code and a date, the zero one when there is none.
func known(code, date string) flow.KnownHoliday {
	for _, year := range flow.HolidayYears() {
		for _, h := range flow.IndianHolidays(year) {
			if h.Code == code && string(h.Date) == date {
				return h
			}
		}
	}
	return flow.KnownHoliday{}
}

// calendar turns the form into a calendar that the rules accept. What cannot be read is refused by name. A shift
// without any entry and a holiday without date and name are empty rows of the form.
func (f calendarForm) calendar(now time.Time, last flow.Calendar) (flow.Calendar, error) {
	c := flow.Calendar{Code: last.Code, Name: f.Name, EvenSaturdaysOff: f.EvenSaturdaysOff}
	for _, row := range f.Shifts {
		if row.From == "" && row.To == "" {
			continue
		}
		s := flow.Shift{Days: row.Days}
		for _, end := range []struct {
			to   *flow.Clock
			text string
		}{{&s.From, row.From}, {&s.To, row.To}} {
			var err error
			if *end.to, err = flow.ParseClock(end.text); err != nil {
				return c, &flow.Refusal{Code: flow.ValueWrong, Name: "shifts", Value: cmp.Or(end.text, "–")}
			}
		}
		c.Shifts = append(c.Shifts, s)
	}
	for _, row := range append(slices.Clone(f.Holidays), holidayRow{Date: f.NewDate, Name: f.NewName}) {
		if row.Date == "" && row.Name == "" {
			continue
		}
		day, err := sheets.Date(row.Date, now)
		if err != nil {
			return c, &flow.Refusal{Code: flow.ValueWrong, Name: "holidays", Value: cmp.Or(row.Date, "–")}
		}
		c.Holidays = append(c.Holidays, flow.Holiday{Date: flow.DateOf(day), Name: row.Name, Unsure: row.Unsure})
	}
	slices.SortStableFunc(c.Shifts, func(a, b flow.Shift) int { return int(a.From - b.From) })
	slices.SortStableFunc(c.Holidays, func(a, b flow.Holiday) int { return cmp.Compare(a.Date, b.Date) })
	return c, c.Acceptable()
}

// holidayForm is a holiday with the words its template needs around it.
type holidayForm struct {
	*view
	holidayRow
}

// Holiday is a row of the form with what its template needs.
func (p calendarPage) Holiday(h holidayRow) holidayForm { return holidayForm{p.view, h} }

// holidayGroup is the holidays of a year, or those that are over.
type holidayGroup struct {
	Name string
	Open bool
	Rows []holidayRow
}

// Groups are the holidays of the form by year, those that are over apart. Only the first year to come is open, unless
// something is to be corrected, which can be in any.
func (p calendarPage) Groups() []holidayGroup {
	var groups []holidayGroup
	for _, h := range p.Form.Holidays {
		name := h.Date[max(len(h.Date)-4, 0):]
		if h.Past {
			name = p.T("holidays_past")
		}
		i := slices.IndexFunc(groups, func(g holidayGroup) bool { return g.Name == name })
		if i < 0 {
			i = len(groups)
			ahead := slices.ContainsFunc(groups, func(g holidayGroup) bool { return g.Open })
			groups = append(groups, holidayGroup{Name: name, Open: p.Error != "" || !h.Past && !ahead})
		}
		groups[i].Rows = append(groups[i].Rows, h)
	}
	return groups
}
