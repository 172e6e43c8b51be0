package flow

import (
	"cmp"
	"fmt"
	"slices"
)

// KnownHoliday is a holiday of the shipped list. Its name is shown in the person's language by the code; Name is the
// English one.
type KnownHoliday struct {
	Code string
	Holiday
}

// HolidayYears are the years that the shipped list of holidays has.
func HolidayYears() []int { return []int{2026, 2027, 2028} }

// indian are the days that firms in India choose their holidays from, with their dates in the years of HolidayYears.
// Dates that follow the moon are as the almanacs compute them: the day that is kept can be another, by state and by
// sight of the moon, so they are to be confirmed.
var indian = []struct {
	code, name string
	moon       bool
	dates      [3]string // month and day in 2026, 2027, 2028
}{
	{"makar_sankranti", "Makar Sankranti / Pongal", false, [3]string{"01-14", "01-15", "01-15"}}, // by the sun
	{"republic_day", "Republic Day", false, [3]string{"01-26", "01-26", "01-26"}},
	{"holi", "Holi", true, [3]string{"03-04", "03-22", "03-11"}},
	{"ugadi", "Ugadi / Gudi Padwa", true, [3]string{"03-19", "04-07", "03-27"}},
	{"eid_al_fitr", "Eid al-Fitr", true, [3]string{"03-21", "03-10", "02-27"}},
	{"good_friday", "Good Friday", false, [3]string{"04-03", "03-26", "04-14"}}, // by the church's tables
	{"may_day", "May Day / Maharashtra Day", false, [3]string{"05-01", "05-01", "05-01"}},
	{"eid_al_adha", "Eid al-Adha", true, [3]string{"05-27", "05-17", "05-05"}},
	{"muharram", "Muharram", true, [3]string{"06-26", "06-16", "06-04"}},
	{"independence_day", "Independence Day", false, [3]string{"08-15", "08-15", "08-15"}},
	{"janmashtami", "Janmashtami", true, [3]string{"09-04", "08-25", "08-13"}},
	{"ganesh_chaturthi", "Ganesh Chaturthi", true, [3]string{"09-14", "09-04", "08-23"}},
	{"gandhi_jayanti", "Gandhi Jayanti", false, [3]string{"10-02", "10-02", "10-02"}},
	{"dussehra", "Dussehra", true, [3]string{"10-20", "10-09", "09-27"}},
	{"diwali", "Diwali", true, [3]string{"11-08", "10-29", "10-17"}},
	{"guru_nanak", "Guru Nanak Jayanti", true, [3]string{"11-24", "11-14", "11-02"}},
	{"christmas", "Christmas", false, [3]string{"12-25", "12-25", "12-25"}},
}

// IndianHolidays is the shipped list of a year, by date; none for a year that it does not have.
func IndianHolidays(year int) []KnownHoliday {
	at := slices.Index(HolidayYears(), year)
	if at < 0 {
		return nil
	}
	list := make([]KnownHoliday, len(indian))
	for i, h := range indian {
		list[i] = KnownHoliday{h.code, Holiday{Date: Date(fmt.Sprintf("%d-%s", year, h.dates[at])), Name: h.name, Unsure: h.moon}}
	}
	slices.SortFunc(list, func(a, b KnownHoliday) int { return cmp.Compare(a.Date, b.Date) })
	return list
}
