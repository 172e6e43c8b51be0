// Package evidence puts together what an auditor of ISO/IEC 27001:2022 asks a company for: for each control of Annex A that the
// software has a part in, the records that show it, as files that can be read without the software.
package evidence

import (
	"slices"
	"strings"
	"time"
)

// Topic is a kind of record.
type Topic string

// The topics, each one table.
const (
	Register   Topic = "register"   // what is kept of whom, what for, how long
	People     Topic = "people"     // who has access to what
	Reviews    Topic = "reviews"    // when that was gone through
	SignIn     Topic = "signin"     // what people show to come in
	Support    Topic = "support"    // when support could look, and why
	Suppliers  Topic = "suppliers"  // who else gets data
	Breaches   Topic = "breaches"   // breaches with their clocks
	Chains     Topic = "chains"     // the logs and how far they are checked
	Watch      Topic = "watch"      // what was noticed
	Deletions  Topic = "deletions"  // what was removed
	Drills     Topic = "drills"     // backups brought back
	Backups    Topic = "backups"    // backups there are
	Keys       Topic = "keys"       // what is encrypted and signed
	Tests      Topic = "tests"      // rules with the test that holds each
	Migrations Topic = "migrations" // changes of the tables
)

// Topics are all of them, in the order in which they are shown.
func Topics() []Topic {
	return []Topic{Register, People, Reviews, SignIn, Support, Suppliers, Breaches, Chains, Watch, Deletions, Backups, Drills, Keys, Tests, Migrations}
}

// Control is a control of Annex A with the topics that show it.
type Control struct {
	ID     string
	Topics []Topic
}

// Key is the control's number as it is part of a word's key: 5_9.
func (c Control) Key() string { return strings.ReplaceAll(c.ID, ".", "_") }

// Controls are those that the software has a part in. The others (of rooms, of contracts, of hiring) are the company's own.
func Controls() []Control {
	return []Control{
		{"5.9", []Topic{Register}},
		{"5.15", []Topic{People, SignIn}},
		{"5.18", []Topic{People, Reviews}},
		{"5.19", []Topic{Suppliers}},
		{"5.20", []Topic{Suppliers}},
		{"5.21", []Topic{Suppliers}},
		{"5.22", []Topic{Suppliers}},
		{"5.24", []Topic{Breaches}},
		{"5.25", []Topic{Breaches}},
		{"5.26", []Topic{Breaches}},
		{"5.27", []Topic{Breaches}},
		{"5.28", []Topic{Breaches, Chains}},
		{"5.33", []Topic{Chains, Register}},
		{"5.34", []Topic{Register, Support}},
		{"8.2", []Topic{People, Support}},
		{"8.3", []Topic{People, Watch}},
		{"8.5", []Topic{SignIn}},
		{"8.10", []Topic{Deletions}},
		{"8.13", []Topic{Backups, Drills}},
		{"8.15", []Topic{Chains}},
		{"8.16", []Topic{Watch}},
		{"8.24", []Topic{Keys}},
		{"8.25", []Topic{Tests}},
		{"8.26", []Topic{Tests}},
		{"8.27", []Topic{Tests}},
		{"8.28", []Topic{Tests}},
		{"8.29", []Topic{Tests}},
		{"8.31", []Topic{Tests, Migrations}},
		{"8.32", []Topic{Migrations}},
	}
}

// Table is the records of a topic. No rows: there is no record yet.
type Table struct {
	Topic   Topic
	Columns []string
	Rows    [][]string
	Cut     bool // there are more than the rows that are here
}

// Dossier is all evidence of an organisation at a moment.
type Dossier struct {
	Organisation string
	Made         time.Time
	Program      string // version
	Language     string
	Tables       []Table
}

// Of is the table of a topic.
func (d Dossier) Of(t Topic) Table {
	i := slices.IndexFunc(d.Tables, func(have Table) bool { return have.Topic == t })
	if i < 0 {
		return Table{Topic: t}
	}
	return d.Tables[i]
}

// Shown reports whether there is a record for a control.
func (d Dossier) Shown(c Control) bool {
	return slices.ContainsFunc(c.Topics, func(t Topic) bool { return len(d.Of(t).Rows) > 0 })
}

// Backup is a backup there is: from when it is, and when it is gone at the latest.
type Backup struct{ Made, Until time.Time }

// Held is a rule of the product with the test that holds it.
type Held struct{ Rule, Test string }

// HeldRules are the rules of which an auditor asks how they are known to hold. Every test is run before a version goes out.
func HeldRules() []Held {
	return []Held{
		{"An organisation sees only its own data", "TestOrganisationsAreIsolated"},
		{"Each policy of the database is needed", "TestDroppingAnyPolicyIsNoticed"},
		{"Every route as every role, for one's own and for others' things", "TestAuthorisationMatrix"},
		{"What was recorded of the work is never changed", "TestMovementsAreNeverChanged"},
		{"What was recorded of breaches, reviews and drills is never changed", "TestEvidenceIsNeverChanged"},
		{"Every column says whether it is personal, what for and how long it is kept", "TestEveryColumnIsInTheRegister"},
		{"Every key begins with the organisation, under forced row-level security", "TestEveryKeyLeadsWithTheOrganisation"},
		{"Packages reach only what is below them", "TestFloors"},
		{"The database's structure is the one that was reviewed", "TestSchemaIsTheGoldenOne"},
		{"Other sites cannot send forms", "TestOtherSitesAreRefused"},
		{"Pages load nothing from elsewhere", "TestPagesAreSmallAndKeepToThemselves"},
		{"Support looks only by an owner's leave", "TestSupportLooksByAGrant"},
		{"Backups are gone 35 days after what they hold", "TestNinetyDaysOfBackups"},
		{"Mails wait sealed", "TestMailsWaitSealedAndGoOnce"},
		{"What is counted of use leads back to nobody", "TestNoWayBackFromUsage"},
	}
}
