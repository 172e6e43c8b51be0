// Package privacy is the register of personal data: every column of every table is in it, with what is personal, about
// whom, what for, on which ground, who sees it, how long it is kept, how its person gets it and how it is erased. What
// people are told, what they are given, what is erased and docs/privacy.md are made from it and from nothing else.
package privacy

import (
	"slices"
	"strings"
)

// Table is what the register knows of a table.
type Table struct {
	Name   string
	About  string // what its rows are, in a word or two for people
	Fields []Field
	// Rest are the columns that say nothing about a person, separated by spaces.
	Rest string
}

// Field is a column that says something about a person.
type Field struct {
	Column string
	// Whose is the column of the same row with the id of the member it is about. Empty: somebody who is no member, or whom only
	// the text itself names.
	Whose   string
	Purpose Purpose
	Seen    Sight
	Kept    Keep
	Export  Export
	Erase   Erase
}

// Purpose is what something is kept for. People are told of each in their language.
type Purpose string

// The purposes. Each has one lawful ground: see Ground.
const (
	Identify Purpose = "identify" // say who did what, so that the work can be relied on
	SignIn   Purpose = "sign_in"  // let people in, and nobody else
	Access   Purpose = "access"   // give people what they may see and do
	Comfort  Purpose = "comfort"  // their language, their saved views
	Records  Purpose = "records"  // the company's own records of its jobs: texts and pictures in them may speak of people
	Setup    Purpose = "setup"    // say who changed how the company works
	Security Purpose = "security" // notice misuse and explain it later
	Letters  Purpose = "letters"  // write to people
	Support  Purpose = "support"  // help, as far as an owner allows it
	Figures  Purpose = "figures"  // figures by person, where an owner recorded what for
	Enquiry  Purpose = "enquiry"  // answer who asks about the service
	Choices  Purpose = "choices"  // prove what somebody agreed to, or took back
	Rights   Purpose = "rights"   // answer who asks about their data
)

// Ground is why something may be kept, by the Digital Personal Data Protection Act 2023. It is to be read in the law's
// current text by whoever relies on it.
type Ground string

// The grounds.
const (
	Employment Ground = "employment" // section 7(i): purposes of employment, and keeping the employer from loss
	Given      Ground = "given"      // section 7(a): given for that purpose by the person, who did not say no
	Agreed     Ground = "agreed"     // section 6: consent
	Duty       Ground = "duty"       // section 7: what a law demands
	Instructed Ground = "instructed" // section 8(2): kept for the company, on its instruction
)

// Ground is the lawful ground of a purpose.
func (p Purpose) Ground() Ground {
	switch p {
	case Records:
		return Instructed
	case Enquiry:
		return Given
	case Choices, Rights:
		return Duty
	default:
		return Employment
	}
}

// Sight is who sees something.
type Sight string

// Who sees what.
const (
	Themselves Sight = "themselves" // the person alone
	Managers   Sight = "managers"   // and the owners and managers who look after people
	Owners     Sight = "owners"     // and the owners
	Colleagues Sight = "colleagues" // whoever sees the job, each within their scope
	Senders    Sight = "senders"    // nobody reads it: the program uses it
	Operators  Sight = "operators"  // the owners of the operator's organisation
)

// Keep is how long something is kept.
type Keep string

// How long.
const (
	Membership Keep = "membership" // until the person is erased, or the company closes its account
	History    Keep = "history"    // as long as the company keeps the job's history
	Session    Keep = "session"    // until they log out; half a day at most
	Minutes    Keep = "minutes"    // minutes, at most a day
	Month      Keep = "month"      // 30 days
	Year       Keep = "year"       // a year, for what the law wants to be explained later
	Until      Keep = "until"      // until the date beside it
)

// Export is how a person gets what is kept about them.
type Export string

// How a person gets something.
const (
	Plain Export = "plain" // as it is
	Said  Export = "said"  // that there is one: a secret, or a part of one, that would open something
)

// Erase is what becomes of something when its person is erased.
type Erase string

// What becomes of it.
const (
	Row       Erase = "row"       // the row goes
	Clear     Erase = "clear"     // it becomes empty
	Pseudonym Erase = "pseudonym" // it becomes the pseudonym
	Stays     Erase = "stays"     // an id, which stands for the pseudonym from then on, or a fact about the work
	Redact    Erase = "redact"    // the person's names are taken out of the text
	Expires   Erase = "expires"   // nothing has to be done: it is gone by its date, within 30 days
)

// Columns are all columns of a table that the register names, sorted.
func (t Table) Columns() []string {
	list := strings.Fields(t.Rest)
	for _, f := range t.Fields {
		list = append(list, f.Column)
	}
	slices.Sort(list)
	return list
}

// People are the columns of a table that hold the id of a member whose row it is, in the register's order.
func (t Table) People() []string {
	var list []string
	for _, f := range t.Fields {
		if f.Whose != "" && !slices.Contains(list, f.Whose) {
			list = append(list, f.Whose)
		}
	}
	return list
}

// Named is the register's entry of a table.
func Named(table string) (Table, bool) {
	i := slices.IndexFunc(Register, func(t Table) bool { return t.Name == table })
	if i < 0 {
		return Table{}, false
	}
	return Register[i], true
}

// Purposes are those for which something is kept, in the order of the register: what a notice has to speak of.
func Purposes() []Purpose {
	var list []Purpose
	for _, t := range Register {
		for _, f := range t.Fields {
			if !slices.Contains(list, f.Purpose) {
				list = append(list, f.Purpose)
			}
		}
	}
	return list
}
