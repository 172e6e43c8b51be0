package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// calendarView is a calendar as pages tell of it now.
type calendarView struct {
	*view
	postgres.Calendar
}

// Link is the address of the calendar.
func (c calendarView) Link() string { return "/calendars/" + url.PathEscape(c.Code) }

// Open says whether the calendar is at work now, and when that ends or begins.
func (c calendarView) Open() (on openNow) {
	h := c.In(c.Zone)
	begin, end := h.Next(c.Now)
	switch {
	case begin.After(c.Now):
		return openNow{"○", c.T("closed_opens", "at", c.ahead(begin)), false}
	case end.Sub(begin) >= 7*24*time.Hour:
		return openNow{"●", c.T("open_always"), true}
	}
	return openNow{"●", c.T("open_until", "at", c.ahead(end)), true}
}

type openNow struct {
	Glyph, Words string
	Is           bool
}

// WeekHours is the working time of the coming seven days: "54 h in the coming seven days".
func (c calendarView) WeekHours() string {
	return c.T("hours_coming", "for", c.workSpan(c.In(c.Zone).Working(c.Now, c.Now.AddDate(0, 0, 7))))
}

// dayLine is a coming day in words.
type dayLine struct {
	Day, Date string
	Words     []string // the times of its shifts, or why there are none
	Off       bool
}

// Coming are the coming seven days, today first.
func (c calendarView) Coming() []dayLine {
	var list []dayLine
	for i := range 7 {
		date := flow.DateOf(c.Now.In(c.Zone).AddDate(0, 0, i))
		day := c.On(date)
		line := dayLine{Day: c.weekday(date.Time().Weekday()), Date: c.Date(date), Off: len(day.Shifts) == 0}
		for _, s := range day.Shifts {
			line.Words = append(line.Words, s.String())
		}
		switch {
		case day.Holiday != nil:
			line.Words = []string{day.Holiday.Name}
		case line.Off:
			line.Words = []string{c.T("weekly_off")}
		}
		list = append(list, line)
	}
	return list
}

// Sum says in a few words what a calendar is: its hours in a week without holidays, and how many holidays it has.
func (c calendarView) Sum() string {
	if c.Name == "" {
		return c.T("calendar_removed")
	}
	minutes := 0
	for _, s := range c.Shifts {
		for _, on := range s.Days {
			if on {
				minutes += s.Minutes()
			}
		}
	}
	if len(c.Shifts) == 0 {
		minutes = 7 * 24 * 60
	}
	return c.T("calendar_sum", "for", c.workSpan(time.Duration(minutes)*time.Minute), "n", len(c.Holidays))
}

type calendarsPage struct {
	*view
	Calendars []calendarView
	Name      string
	Error     string
}

// calendars lists the organisation's calendars.
func (w *Web) calendars(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showCalendars(rw, r, calendarsPage{view: w.view(r, who, "calendars")}, nil)
}

func (w *Web) showCalendars(rw http.ResponseWriter, r *http.Request, p calendarsPage, cause error) error {
	status, ok := http.StatusOK, true
	if cause != nil {
		if p.Error, status, ok = w.explain(r.Context(), p.view, cause); !ok {
			return cause
		}
	}
	list, err := w.DB.Calendars(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	for _, c := range list {
		p.Calendars = append(p.Calendars, calendarView{p.view, c})
	}
	return w.render(rw, status, "calendars", p)
}

// addCalendar makes a calendar, with the hours of another one or round the clock.
func (w *Web) addCalendar(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := calendarsPage{view: w.view(r, who, "calendars"), Name: clean(r.PostFormValue("name"))}
	c := flow.Calendar{Code: cmp.Or(flow.MakeCode(p.Name), "x"), Name: p.Name}
	if like := r.PostFormValue("like"); like != "" {
		from, err := w.calendarOf(r, who, like)
		if err != nil {
			return err
		}
		c.Shifts, c.Holidays, c.EvenSaturdaysOff = from.Shifts, from.Holidays, from.EvenSaturdaysOff
	}
	err := c.Acceptable()
	if err == nil {
		err = w.DB.AddCalendar(r.Context(), who.Org, c, who.Member, w.Now())
	}
	if err != nil {
		return w.showCalendars(rw, r, p, err)
	}
	http.Redirect(rw, r, "/calendars/"+url.PathEscape(c.Code), http.StatusSeeOther)
	return nil
}

func (w *Web) calendarOf(r *http.Request, who flow.Person, code string) (postgres.Calendar, error) {
	list, err := w.DB.Calendars(r.Context(), who.Org)
	if err != nil {
		return postgres.Calendar{}, err
	}
	i := slices.IndexFunc(list, func(c postgres.Calendar) bool { return c.Code == code })
	if i < 0 {
		return postgres.Calendar{}, errNotYours
	}
	return list[i], nil
}

type calendarPage struct {
	*view
	Calendar calendarView // as it is kept
	Shown    calendarView // as the form has it, when that can be
	Form     calendarForm
	Version  int // that the form began from
	Error    string
	Said     string
	Unsaved  bool
	Changes  []calendarChange
	Years    []holidayYear
	Off      []string // names of the days without a shift
}

// calendarChange is one change in the record.
type calendarChange struct {
	calendarView
	Who string
}

// When is when it was made.
func (c calendarChange) When() string { return c.view.When(flow.At(c.Changed)) }

// holidayYear is a year of the shipped list of holidays.
type holidayYear struct {
	Year int
	Days []holidayTick
}

type holidayTick struct {
	Value, Day, Date, Name string
	Unsure, Usual          bool
}

// calendar shows a calendar as a form, with what it means now.
func (w *Web) calendar(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	c, err := w.calendarOf(r, who, r.PathValue("calendar"))
	if err != nil {
		return err
	}
	v := w.view(r, who, "")
	pg := calendarPage{view: v, Calendar: calendarView{v, c}, Shown: calendarView{v, c}, Form: newCalendarForm(v, c.Calendar), Version: c.Version}
	if r.FormValue("said") == "saved" {
		pg.Said = v.T("calendar_saved")
	}
	return w.showCalendar(rw, r, pg, http.StatusOK)
}

func (w *Web) showCalendar(rw http.ResponseWriter, r *http.Request, pg calendarPage, status int) error {
	changes, err := w.DB.CalendarChanges(r.Context(), pg.Who.Org, pg.Calendar.Code, 10)
	if err != nil {
		return err
	}
	ids := make([]flow.ID, len(changes))
	for i, c := range changes {
		ids[i] = c.By
	}
	names, err := w.DB.Names(r.Context(), pg.Who.Org, ids)
	if err != nil {
		return err
	}
	for _, c := range changes {
		pg.Changes = append(pg.Changes, calendarChange{calendarView{pg.view, c}, names[c.By]})
	}
	for _, d := range pg.Shown.Off() {
		pg.Off = append(pg.Off, pg.weekday(d))
	}
	pg.Years = pg.holidayYears()
	pg.Title = pg.Calendar.Name
	return w.render(rw, status, "calendar", pg)
}

// holidayYears are the years of the shipped list that are not over, with the days that the calendar does not have yet.
func (p calendarPage) holidayYears() []holidayYear {
	today := flow.DateOf(p.Now.In(p.Zone))
	var years []holidayYear
	for _, year := range flow.HolidayYears() {
		y := holidayYear{Year: year}
		for _, h := range flow.IndianHolidays(year) {
			taken := slices.ContainsFunc(p.Shown.Holidays, func(have flow.Holiday) bool { return have.Date == h.Date })
			if h.Date < today || taken {
				continue
			}
			y.Days = append(y.Days, holidayTick{Value: h.Code + "." + string(h.Date), Day: p.weekday(h.Date.Time().Weekday()), Date: p.Date(h.Date),
				Name: p.T("holiday_" + h.Code), Unsure: h.Unsure, Usual: slices.Contains([]string{"republic_day", "independence_day", "gandhi_jayanti"}, h.Code)})
		}
		if len(y.Days) > 0 {
			years = append(years, y)
		}
	}
	return years
}

// changeCalendar takes the form: a button that adds or removes a shift shows it again; the others keep it.
func (w *Web) changeCalendar(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	c, err := w.calendarOf(r, who, r.PathValue("calendar"))
	if err != nil {
		return err
	}
	v := w.view(r, who, "")
	here, do := "/calendars/"+url.PathEscape(c.Code), r.PostFormValue("do")
	pg := calendarPage{view: v, Calendar: calendarView{v, c}, Shown: calendarView{v, c}, Form: readCalendarForm(r), Unsaved: true}
	pg.Version = pg.Form.version
	change := postgres.CalendarChange{Code: c.Code, Seen: pg.Version, By: who.Member, At: w.Now()}
	shifts := pg.Form.change(v, do)
	next, err := pg.Form.calendar(w.Now(), c.Calendar)
	if err == nil {
		pg.Shown.Calendar.Calendar = next
	}
	if shifts {
		return w.showCalendar(rw, r, pg, http.StatusOK)
	}
	switch {
	case do == "standard":
		err = w.DB.SetStandardCalendar(r.Context(), who.Org, change)
	case do == "remove":
		here, err = "/calendars", w.DB.RemoveCalendar(r.Context(), who.Org, change)
	case err == nil:
		err = w.DB.SaveCalendar(r.Context(), who.Org, change, next)
	}
	if err != nil {
		return w.calendarRefused(rw, r, pg, err)
	}
	http.Redirect(rw, r, here+"?said=saved", http.StatusSeeOther)
	return nil
}

func (w *Web) calendarRefused(rw http.ResponseWriter, r *http.Request, pg calendarPage, cause error) error {
	var refusal *flow.Refusal
	switch {
	case !errors.As(cause, &refusal):
	case refusal.Code == flow.CalendarChanged:
		pg.Version = pg.Calendar.Version // what they see below the sentence is newer now; saving again is their word
	case refusal.Code == flow.HolidayTwice:
		refusal.Value = pg.Date(flow.Date(refusal.Value))
	}
	says, status, ok := w.explain(r.Context(), pg.view, cause)
	if !ok {
		return cause
	}
	pg.Error = says
	return w.showCalendar(rw, r, pg, status)
}

// ChoosesCalendar reports whether there is a calendar to choose for a stage.
func (f stageForm) ChoosesCalendar() bool { return len(f.Calendars) > 1 || f.S.Calendar != "" }

// GoneCalendar is the stage's calendar when it is no longer there.
func (f stageForm) GoneCalendar() string {
	if f.S.Calendar == "" || slices.ContainsFunc(f.Calendars, func(c postgres.Calendar) bool { return c.Code == f.S.Calendar }) {
		return ""
	}
	return f.S.Calendar
}

func (p designPage) calendarName(code string) string {
	for _, c := range p.Calendars {
		if c.Code == code {
			return c.Name
		}
	}
	return code
}
