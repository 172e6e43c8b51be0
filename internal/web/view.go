package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// view is what every page has: who looks, in which language and zone, and the words and forms of numbers and
// dates that go with them. Templates call its methods.
type view struct {
	w      *Web
	Who    flow.Person
	Lang   string
	words  words // with the organisation's own in them
	Title  string
	Path   string
	Now    time.Time   // or the moment in the past that the page shows
	Past   flow.Moment // that moment, 0 on a page of now
	Zone   *time.Location
	Toast  *toast
	sites  map[string]string  // names of sites by code, those that the page needs
	people map[flow.ID]string // names of people that work is assigned to

	Sheets, Scripts []string // of the page, beside those of every page

	request *http.Request // what the page answers

	Feed string // address of the page's feed, empty for a page that does not change
}

func (w *Web) view(r *http.Request, who flow.Person, title string) *view {
	v := &view{w: w, words: w.vocabularies.of(w.words, who), Who: who, Lang: w.language(r, who), Path: r.URL.Path, request: r, Now: w.Now(), Zone: postgres.Zone(who.Timezone)}
	if title != "" {
		v.Title = v.T(title)
	}
	return v
}

// T is a phrase in the reader's language; pairs of names and values fill it in.
func (v *view) T(key string, pairs ...any) string { return v.words.say(v.Lang, key, pairs...) }

// Has reports whether there is a phrase for a key.
func (v *view) Has(key string) bool { return v.words.has(v.Lang, key) }

// Supporting reports whether the reader looks by an owner's grant.
func (v *view) Supporting() bool { return v.Who.Via == flow.ViaSupport }

// EndsIn is in how many milliseconds the reader's session ends.
func (v *view) EndsIn() int64 { return v.Who.Until.Sub(flow.At(v.w.Now())).Milliseconds() }

// ServerTime is now in milliseconds, for the phone to compare its clock with.
func (v *view) ServerTime() int64 { return v.w.Now().UnixMilli() }

// Feeds is the address of the page's feed. Support has one on every page, which ends with the grant.
func (v *view) Feeds() string {
	if v.Feed == "" && v.Supporting() {
		return liveFeed
	}
	return v.Feed
}

// SignedIn reports whether somebody is, all the way.
func (v *view) SignedIn() bool { return !v.Who.Member.IsZero() && v.Who.Via != flow.ViaPending }

// Boards reports whether the reader may see the board of a process: of one at least that is theirs as a whole.
func (v *view) Boards() bool {
	s := v.Who.Scope
	return v.Can("board") && s.Mine.IsZero() && (s.All || len(s.Processes) > 0)
}

// Leads reports whether the reader begins with the Pulse.
func (v *view) Leads() bool { return leads(v.Who) && v.Boards() }

// Asset is the address of a file of the program, with the digest of its content in it.
func (v *view) Asset(name string) string { return v.w.assets.path(name) }

// Languages are the languages there are, each named in itself.
func (v *view) Languages() []language { return v.w.words.languages }

// At reports whether the page is within a part of the site, for the navigation.
func (v *view) At(prefix string) bool {
	return v.Path == prefix || strings.HasPrefix(v.Path, prefix+"/")
}

// Command is a fresh command id for a form.
func (v *view) Command() string { return v.w.newID().String() }

// Qty writes a quantity with Indian grouping: 1,25,000.5.
func (v *view) Qty(q flow.Quantity) string { return group(q.String()) }

// Int writes a count with Indian grouping.
func (v *view) Int(n int) string { return group(fmt.Sprint(n)) }

// group puts commas into a decimal the Indian way: the last three digits, then pairs.
func group(s string) string {
	whole, frac, point := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	if len(whole) > 3 {
		head, tail := whole[:len(whole)-3], whole[len(whole)-3:]
		for len(head) > 2 {
			tail = head[len(head)-2:] + "," + tail
			head = head[:len(head)-2]
		}
		whole = head + "," + tail
	}
	if point {
		frac = "." + frac
	}
	return sign + whole + frac
}

// Date writes a day as 23-11-2026.
func (v *view) Date(d flow.Date) string {
	if d == "" {
		return ""
	}
	return d.Time().Format("02-01-2006")
}

// When writes a moment: today 14:05, else 23-11-2026 14:05. What was today when a page of the past was now has its date.
func (v *view) When(m flow.Moment) string {
	if m == 0 {
		return ""
	}
	t := m.Time().In(v.Zone)
	today := v.Now.In(v.Zone)
	switch {
	case v.Past != 0:
	case sameDay(t, today):
		return v.T("today_at", "time", t.Format("15:04"))
	case sameDay(t, today.AddDate(0, 0, -1)):
		return v.T("yesterday_at", "time", t.Format("15:04"))
	}
	return t.Format("02-01-2006 15:04")
}

func sameDay(a, b time.Time) bool { return flow.DateOf(a) == flow.DateOf(b) }

// Clock writes only the time of day.
func (v *view) Clock(m flow.Moment) string { return m.Time().In(v.Zone).Format("15:04") }

// Stamp is a moment for machines: RFC 3339.
func (v *view) Stamp(m flow.Moment) string { return m.Time().Format(time.RFC3339) }

// For writes how long something has lasted: 45 m, 2 h 15 m, 3 d 4 h.
func (v *view) For(since flow.Moment) string {
	if since == 0 {
		return ""
	}
	return v.span(v.Now.Sub(since.Time()))
}

func (v *view) span(d time.Duration) string {
	d = max(d, 0)
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days >= 10:
		return v.T("span_d", "d", v.Int(days))
	case days > 0:
		return v.T("span_dh", "d", days, "h", hours)
	case hours > 0:
		return v.T("span_hm", "h", hours, "m", minutes)
	}
	return v.T("span_m", "m", minutes)
}

// due is how a due date stands.
type due struct {
	State string // none, ok, soon, late
	Glyph string
	Words string // what a person reads
}

// Due says how a job's due date stands today.
func (v *view) Due(j flow.Job) due {
	if j.Due == "" {
		return due{State: "none", Words: v.T("no_due")}
	}
	today := flow.DateOf(v.Now.In(v.Zone))
	if !j.Open() {
		today = flow.DateOf(j.Completed.Time().In(v.Zone))
	}
	days := int(j.Due.Time().Sub(today.Time()).Hours() / 24)
	switch {
	case days < 0 && j.Open():
		return due{"late", "▲", v.T("days_late", "n", -days)}
	case days < 0:
		return due{"late", "▲", v.T("was_days_late", "n", -days)}
	case !j.Open():
		return due{"ok", "", v.Date(j.Due)}
	case days == 0:
		return due{"soon", "◔", v.T("due_today")}
	case days <= 2:
		return due{"soon", "◔", v.Date(j.Due)}
	}
	return due{"ok", "", v.Date(j.Due)}
}

// chip is a state as shape, word and colour.
type chip struct{ State, Glyph, Word string }

var glyphs = map[flow.Status]string{flow.Waiting: "○", flow.Ready: "○", flow.Running: "◐", flow.Held: "‖", flow.Away: "⇄", flow.Done: "✓"}

// Chip shows a status.
func (v *view) Chip(s flow.Status) chip {
	return chip{string(s), glyphs[s], v.T("status_" + string(s))}
}

// Reason is a reason in the reader's language when the glossary has it, else in the organisation's words.
func (v *view) Reason(list []flow.Reason, code string) string {
	if v.Has("reason_" + code) {
		return v.T("reason_" + code)
	}
	for _, r := range list {
		if r.Code == code && r.Label != "" {
			return r.Label
		}
	}
	return code
}

// device is the family of the device and browser, for the record of who did what on what. Nothing finer is kept.
func device(userAgent string) string {
	kind := "computer"
	if strings.Contains(userAgent, "Mobile") || strings.Contains(userAgent, "Android") {
		kind = "phone"
	}
	if strings.Contains(userAgent, "TV") { // SMART-TV, SmartTV, Android TV
		kind = "TV"
	}
	for _, b := range []string{"Firefox", "Edg", "SamsungBrowser", "Chrome", "Safari"} {
		if strings.Contains(userAgent, b) {
			return kind + " · " + strings.Replace(b, "Edg", "Edge", 1)
		}
	}
	return kind
}

// Moment is when the page was made.
func (v *view) Moment() flow.Moment { return flow.At(v.Now) }
