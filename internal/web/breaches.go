package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
	"clicarity/internal/privacy"
	"clicarity/internal/sheets"
)

// breachRoutes are the register of breaches of personal data, for owners. It goes on while the organisation is closed: the data is
// still there.
func (w *Web) breachRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /breaches", May: flow.MayGovern, Whole: true, Handler: w.breaches},
		{Pattern: "POST /breaches", May: flow.MayGovern, Whole: true, Closed: true, MaxBody: maxBreach, Handler: w.openBreach},
		{Pattern: "GET /breaches/{breach}", May: flow.MayGovern, Whole: true, Handler: w.breach},
		{Pattern: "POST /breaches/{breach}", May: flow.MayGovern, Whole: true, Closed: true, MaxBody: maxBreach, Handler: w.stepBreach},
		{Pattern: "GET /breaches/{breach}/report", May: flow.MayGovern, Whole: true, Handler: w.breachReport},
		{Pattern: "GET /breaches/{breach}/letter", May: flow.MayGovern, Whole: true, Handler: w.breachLetter},
		{Pattern: "POST /breaches/{breach}/letter", May: flow.MayGovern, Whole: true, Closed: true, MaxBody: maxBreach, Handler: w.sendBreachLetter},
		{Pattern: "POST /breaches/{breach}/organisations", May: flow.MayGovern, Whole: true, MaxBody: maxBreach, Handler: w.operators(w.tellOrganisations)},
	}
}

const (
	maxBreach     = 256 << 10
	breachesShown = 20
	maxBreachText = 4000      // characters of a field
	maxConcerned  = 100000000 // people
)

// breachField is a text of the form, in the order in which it is asked for.
type breachField struct {
	Name  string
	Value string
	Rows  int
}

// texts are the texts of an account by the names of their fields, in the order in which they are asked for.
func texts(a *privacy.Account) []struct {
	name string
	text *string
} {
	return []struct {
		name string
		text *string
	}{{"what", &a.What}, {"when", &a.When}, {"where", &a.Where}, {"data", &a.Data}, {"consequences", &a.Consequences}, {"done", &a.Done}, {"advice", &a.Advice},
		{"cause", &a.Cause}, {"prevention", &a.Prevention}, {"contact", &a.Contact}}
}

// breachForm is what is typed of a breach.
type breachForm struct {
	Day, Time string // when it was noticed; of a new one only
	People    string // about how many
	Account   privacy.Account
}

// Fields are the texts of the form.
func (f *breachForm) Fields() []breachField {
	list := []breachField{}
	for _, t := range texts(&f.Account) {
		rows := 3
		if t.name == "when" || t.name == "where" || t.name == "contact" {
			rows = 1
		}
		list = append(list, breachField{t.name, *t.text, rows})
	}
	return list
}

// Natures are what can have become of data, with what was ticked.
func (f *breachForm) Natures() []breachNature {
	list := []breachNature{}
	for _, n := range privacy.Natures() {
		list = append(list, breachNature{string(n), slices.Contains(f.Account.Nature, n)})
	}
	return list
}

type breachNature struct {
	Code string
	On   bool
}

func (w *Web) readBreachForm(r *http.Request) *breachForm {
	f := &breachForm{Day: clean(r.PostFormValue("day")), Time: clean(r.PostFormValue("time")), People: clean(r.PostFormValue("people"))}
	for _, t := range texts(&f.Account) {
		*t.text = paragraphs(r.PostFormValue(t.name))
	}
	for _, n := range privacy.Natures() {
		if slices.Contains(r.PostForm["nature"], string(n)) {
			f.Account.Nature = append(f.Account.Nature, n)
		}
	}
	return f
}

// paragraphs is a text of several lines without what cannot be seen.
func paragraphs(text string) string {
	lines := strings.Split(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, l), unicode.IsSpace)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// wrong says what is wrong with what was typed, and reads the number; empty when nothing is.
func (f *breachForm) wrong(v *view) string {
	for _, t := range texts(&f.Account) {
		if len([]rune(*t.text)) > maxBreachText {
			return v.T("breach_too_long", "field", v.T("breach_f_"+t.name), "n", v.Int(maxBreachText))
		}
	}
	if f.Account.What == "" {
		return v.T("breach_no_what")
	}
	f.Account.People = 0
	if f.People != "" {
		n, err := sheets.Number(f.People)
		q, err2 := flow.ParseQuantity(n)
		if err != nil || err2 != nil || q < 0 || q > flow.Units(maxConcerned) || q%flow.One != 0 {
			return v.T("breach_people_wrong", "value", f.People)
		}
		f.Account.People = int(q / flow.One)
	}
	return ""
}

// noticedAt is when somebody noticed something, as a day and a time of day; what is wrong with them otherwise.
func noticedAt(day, clock string, now time.Time, zone *time.Location) (at time.Time, problem string) {
	d, err := sheets.Date(day, now)
	if err != nil {
		return at, "breach_day_wrong"
	}
	c, err := flow.ParseClock(clock)
	if err != nil {
		return at, "breach_time_wrong"
	}
	at = time.Date(d.Year(), d.Month(), d.Day(), int(c)/60, int(c)%60, 0, 0, zone)
	if at.After(now) {
		return at, "breach_in_future"
	}
	if at.Before(now.AddDate(-10, 0, 0)) {
		return at, "breach_day_wrong"
	}
	return at, ""
}

type breachesPage struct {
	*view
	Form  *breachForm
	Rows  []breachRow
	More  string
	Error string
}

// breachRow is a breach as the list has it.
type breachRow struct {
	v *view
	privacy.Breach
}

// What is how it begins.
func (b breachRow) What() string {
	what, _, _ := strings.Cut(b.Account.What, "\n")
	return clip(what, 120)
}

// NoticedAt is when it was noticed.
func (b breachRow) NoticedAt() string { return b.v.When(flow.At(b.Noticed)) }

// breachClock is a clock in words.
type breachClock struct{ Kind, Class, Glyph, Words string }

// ClockChips are the clocks of a breach.
func (b breachRow) ClockChips() []breachClock {
	var list []breachClock
	for _, c := range b.Clocks(b.v.Now) {
		span, left := b.v.span(c.Spent), b.v.span(c.Left)
		chip := breachClock{Kind: string(c.Kind)}
		switch c.State {
		case privacy.ClockDone:
			chip.Class, chip.Glyph, chip.Words = "done", "✓", b.v.T("breach_done_after", "span", span)
		case privacy.ClockWasLate:
			chip.Class, chip.Glyph, chip.Words = "due-late", "▲", b.v.T("breach_done_late", "span", b.v.span(-c.Left))
		case privacy.ClockLate:
			chip.Class, chip.Glyph, chip.Words = "due-late", "▲", b.v.T("breach_late", "span", b.v.span(c.Spent-privacy.FullReportWithin))
		default:
			chip.Glyph, chip.Words = "◔", b.v.T("breach_since", "span", span)
			if c.Kind == privacy.StepReport {
				chip.Words = b.v.T("breach_left", "span", left)
			}
			if c.State == privacy.ClockSoon {
				chip.Class = "due-soon"
			}
		}
		list = append(list, chip)
	}
	return list
}

func (w *Web) breaches(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	v := w.view(r, who, "breaches")
	now := v.Now.In(v.Zone)
	p := breachesPage{view: v, Form: &breachForm{Day: now.Format("02-01-2006"), Time: now.Format("15:04")}}
	return w.showBreaches(rw, r, p, http.StatusOK)
}

func (w *Web) showBreaches(rw http.ResponseWriter, r *http.Request, p breachesPage, status int) error {
	p.Sheets = append(p.Sheets, "privacy.css")
	before, _ := flow.ParseID(r.URL.Query().Get("before")) // from the newest
	list, err := w.DB.Breaches(r.Context(), p.Who.Org, before, breachesShown+1)
	if err != nil {
		return err
	}
	if len(list) > breachesShown {
		list = list[:breachesShown]
		p.More = "/breaches?before=" + list[breachesShown-1].ID.String()
	}
	for _, b := range list {
		p.Rows = append(p.Rows, breachRow{p.view, b})
	}
	return w.render(rw, status, "breaches", p)
}

// openBreach enters a breach: its clocks run from when it was noticed.
func (w *Web) openBreach(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	p := breachesPage{view: w.view(r, who, "breaches"), Form: w.readBreachForm(r)}
	at, problem := noticedAt(p.Form.Day, p.Form.Time, p.Now, p.Zone)
	if problem != "" {
		p.Error = p.T(problem, "day", p.Form.Day, "time", p.Form.Time)
	} else {
		p.Error = p.Form.wrong(p.view)
	}
	if p.Error != "" {
		return w.showBreaches(rw, r, p, http.StatusUnprocessableEntity)
	}
	first, err := accountStep(id, who, p.Now, p.Form.Account)
	if err == nil {
		err = w.DB.OpenBreach(r.Context(), who.Org, privacy.Breach{ID: id, Noticed: at, Opened: p.Now, By: who.Member}, first)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/breaches/"+id.String()+"?said=opened", http.StatusSeeOther)
	return nil
}

func accountStep(id flow.ID, who flow.Person, now time.Time, a privacy.Account) (privacy.Step, error) {
	body, err := json.Marshal(a)
	return privacy.Step{ID: id, Kind: privacy.StepAccount, At: now, By: who.Member, Body: string(body)}, err
}

// BreachMail reminds an owner of a breach, in a language.
func (w *Web) BreachMail(language string, o postgres.Organisation, b privacy.Breach, at time.Time) (subject, text string) {
	v := &view{w: w, words: w.words, Lang: language, Now: at, Zone: postgres.Zone(o.Timezone)}
	row := breachRow{v, b}
	clocks := ""
	for _, c := range row.ClockChips() {
		clocks += "- " + v.T("breach_clock_"+c.Kind) + ": " + c.Words + "\n"
	}
	pairs := []any{"organisation", o.Name, "what", row.What(), "at", b.Noticed.In(v.Zone).Format("02-01-2006 15:04"), "clocks", clocks, "url", w.URL + "/breaches/" + b.ID.String()}
	return v.T("breach_mail_subject", pairs...), v.T("breach_mail_text", pairs...)
}
