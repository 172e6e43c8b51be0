package privacy

import (
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
)

// A breach of personal data runs against clocks from the moment somebody noticed it: section 8(6) of the Digital Personal
// Data Protection Act 2023 and rule 7 of its Rules of 2025. The people concerned and the Data Protection Board are told without
// delay, and the Board gets the full report within 72 hours. To be read in the law's current text by whoever relies on it.

// FullReportWithin is how long after noticing the Board has the full report.
const FullReportWithin = 72 * time.Hour

// StepKind is what was done about a breach.
type StepKind string

// The steps. None is ever changed: what was known when stands beside what was done when.
const (
	StepAccount       StepKind = "account"       // what is known was written down; Body: an Account as JSON
	StepNote          StepKind = "note"          // something else worth keeping
	StepPeople        StepKind = "people"        // the people concerned were told
	StepBoard         StepKind = "board"         // the Board was told, first
	StepReport        StepKind = "report"        // the Board has the full report
	StepLetter        StepKind = "letter"        // a letter went to members; Body: a Letter as JSON
	StepOrganisations StepKind = "organisations" // the owners of other organisations were written to; Body: Organisations as JSON
	StepClosed        StepKind = "closed"        // nothing is left to do
)

// Told are the steps that somebody records by hand.
func Told() []StepKind {
	return []StepKind{StepNote, StepPeople, StepBoard, StepReport, StepClosed}
}

// Nature is what happened to the data.
type Nature string

// Natures are those that a breach can be of: section 2(u) of the Act in plain words.
func Natures() []Nature { return []Nature{"seen", "taken", "lost", "changed", "locked"} }

// Account is what is known of a breach: what rule 7 has the Board and the people told. Whatever is not known yet is empty.
type Account struct {
	What         string   `json:"what"`                   // happened
	Nature       []Nature `json:"nature,omitempty"`       // what became of the data
	When         string   `json:"when,omitempty"`         // it happened
	Where        string   `json:"where,omitempty"`        // it happened
	Data         string   `json:"data,omitempty"`         // which
	People       int      `json:"people,omitempty"`       // about how many it concerns; 0: not known
	Consequences string   `json:"consequences,omitempty"` // for them
	Cause        string   `json:"cause,omitempty"`        // how it came to it, and by whom
	Done         string   `json:"done,omitempty"`         // against the harm
	Prevention   string   `json:"prevention,omitempty"`   // so that it does not happen again
	Advice       string   `json:"advice,omitempty"`       // what the people can do themselves
	Contact      string   `json:"contact,omitempty"`      // who answers their questions
}

// Missing are the fields, by their names in JSON, that the full report wants and that are empty.
func (a Account) Missing() (list []string) {
	for _, f := range []struct{ name, text string }{{"what", a.What}, {"when", a.When}, {"where", a.Where}, {"data", a.Data}, {"consequences", a.Consequences},
		{"cause", a.Cause}, {"done", a.Done}, {"prevention", a.Prevention}, {"advice", a.Advice}, {"contact", a.Contact}} {
		if f.text == "" {
			list = append(list, f.name)
		}
	}
	if len(a.Nature) == 0 {
		list = append(list, "nature")
	}
	if a.People == 0 {
		list = append(list, "people")
	}
	return list
}

// Letter is a letter that went to members.
type Letter struct {
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	To      []flow.ID `json:"to"`
}

// Organisations are those whose owners were written to.
type Organisations struct {
	Slugs  []string `json:"slugs"`
	Text   string   `json:"text"`
	Owners int      `json:"owners"` // how many were written to
}

// Step is something that was done about a breach, as it was recorded.
type Step struct {
	N    int
	ID   flow.ID // of the command that recorded it
	Kind StepKind
	At   time.Time
	By   flow.ID
	Body string
}

// Breach is an entry of the register.
type Breach struct {
	ID      flow.ID
	Noticed time.Time
	Opened  time.Time // when it was entered
	By      flow.ID
	Account Account                // the newest
	Firsts  map[StepKind]time.Time // when each kind of step was recorded first
	Steps   []Step                 // in order; only where the whole of it was asked for
}

// Closed reports whether nothing is left to do.
func (b Breach) Closed() bool { return b.did(StepClosed) }

func (b Breach) did(k StepKind) bool { return !b.Firsts[k].IsZero() }

// Clock is one of the clocks of a breach.
type Clock struct {
	Kind  StepKind      // the step that stops it
	State ClockState    //
	Spent time.Duration // since it was noticed until the step, or until now
	Left  time.Duration // until it is late; 0 where the law gives no number of hours
}

// ClockState is how a clock stands.
type ClockState string

// How a clock stands.
const (
	ClockDone    ClockState = "done"
	ClockWaits   ClockState = "waits"     // it runs
	ClockSoon    ClockState = "soon"      // a third of the time or less is left, or hours have gone by that ask why
	ClockLate    ClockState = "late"      // it is over
	ClockWasLate ClockState = "done_late" // it was done, and over by then
)

// withoutDelay is after how long "without delay" is asked about.
const withoutDelay = 6 * time.Hour

// Clocks are how the three clocks stand at a moment: the people, the Board, the full report.
func (b Breach) Clocks(now time.Time) []Clock {
	list := make([]Clock, 0, 3)
	for _, k := range []StepKind{StepPeople, StepBoard, StepReport} {
		c := Clock{Kind: k, State: ClockWaits, Spent: now.Sub(b.Noticed)}
		done := b.did(k)
		if done {
			c.State, c.Spent = ClockDone, b.Firsts[k].Sub(b.Noticed)
		}
		limit := withoutDelay
		if k == StepReport {
			limit, c.Left = FullReportWithin, FullReportWithin-c.Spent
		}
		switch {
		case k == StepReport && c.Left < 0:
			c.State = ClockLate
			if done {
				c.State = ClockWasLate
			}
		case !done && k == StepReport && c.Left <= FullReportWithin/3, !done && k != StepReport && c.Spent >= limit:
			c.State = ClockSoon
		}
		if !done && k != StepReport && c.Spent >= FullReportWithin {
			c.State = ClockLate
		}
		list = append(list, c)
	}
	return list
}

// reminders are after how many hours owners are reminded of a breach of which the Board has no full report.
var reminders = []int{24, 60, 72}

// remindFor is how long after the last of them it still is sent, when no server ran before.
const remindFor = 14 * 24 * time.Hour

// Reminder is the reminder that is due at a moment, in hours after it was noticed: the last one whose time has come. 0: none.
func (b Breach) Reminder(now time.Time) int {
	since := now.Sub(b.Noticed)
	if b.Closed() || b.did(StepReport) || since > FullReportWithin+remindFor {
		return 0
	}
	due := 0
	for _, h := range reminders {
		if since >= time.Duration(h)*time.Hour {
			due = h
		}
	}
	return due
}

// Slugs are the short names of organisations in a text: with spaces, commas or lines between them, each once. What is none is
// given back, for the sentence about it.
func Slugs(text string) (list []string, wrong string) {
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' || r == '\r' || r == '\t' }) {
		if !isSlug(word) {
			return nil, word
		}
		if !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list, ""
}

func isSlug(word string) bool {
	if len(word) < 2 || len(word) > 41 || word[0] == '-' {
		return false
	}
	return !strings.ContainsFunc(word, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
}
