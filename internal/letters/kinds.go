package letters

import (
	"cmp"
	"strconv"
)

// Invitation lets somebody in.
type Invitation struct{ Who, Organisation, Role, Link, Until string }

// Kind is the name of the kind.
func (Invitation) Kind() string { return "invitation" }

func (l Invitation) words(language string) []string {
	return []string{"who", l.Who, "organisation", l.Organisation, "role", Say(language, "role_"+l.Role), "link", l.Link, "until", l.Until}
}

// Reset lets somebody set a new password.
type Reset struct {
	Name, Organisation, Link string
	Minutes                  int
}

// Kind is the name of the kind.
func (Reset) Kind() string { return "reset" }

func (l Reset) words(string) []string {
	return []string{"name", l.Name, "organisation", l.Organisation, "link", l.Link, "minutes", strconv.Itoa(l.Minutes)}
}

// AuditHead tells an owner how far the audit log went.
type AuditHead struct {
	Organisation, At, Hash, Link string
	Entry                        int64
}

// Kind is the name of the kind.
func (AuditHead) Kind() string { return "audit_head" }

func (l AuditHead) words(string) []string {
	return []string{"organisation", l.Organisation, "at", l.At, "hash", l.Hash, "link", l.Link, "entry", strconv.FormatInt(l.Entry, 10)}
}

// PolicyChange tells an owner of a new version of a policy (privacy, terms) before it holds.
type PolicyChange struct {
	Name, Operator, Organisation, Policy, Effective, Link string
	Version                                               int
}

// Kind is the name of the kind.
func (PolicyChange) Kind() string { return "policy_change" }

func (l PolicyChange) words(language string) []string {
	return []string{"name", l.Name, "operator", l.Operator, "organisation", l.Organisation, "policy", Say(language, "policy_"+l.Policy),
		"effective", l.Effective, "link", l.Link, "version", strconv.Itoa(l.Version)}
}

// RightsCheck asks somebody who is no member whether a request about their data is theirs. What it asks for is access,
// correction, erasure, withdrawal, nomination or grievance.
type RightsCheck struct {
	Asks, Link string
	Hours      int
}

// Kind is the name of the kind.
func (RightsCheck) Kind() string { return "rights_check" }

func (l RightsCheck) words(language string) []string {
	return []string{"kind", Say(language, "right_"+l.Asks), "link", l.Link, "hours", strconv.Itoa(l.Hours)}
}

// RightsNew tells an owner that somebody asks about their data.
type RightsNew struct{ Organisation, Asks, Due, Link string }

// Kind is the name of the kind.
func (RightsNew) Kind() string { return "rights_new" }

func (l RightsNew) words(language string) []string {
	return []string{"organisation", l.Organisation, "kind", Say(language, "right_"+l.Asks), "due", l.Due, "link", l.Link}
}

// RightsPlanned tells somebody that they will be erased, in time to call it off.
type RightsPlanned struct{ Name, Organisation, At, Link string }

// Kind is the name of the kind.
func (RightsPlanned) Kind() string { return "rights_planned" }

func (l RightsPlanned) words(string) []string {
	return []string{"name", l.Name, "organisation", l.Organisation, "at", l.At, "link", l.Link}
}

// RightsAnswer answers a request. The answer may have paragraphs.
type RightsAnswer struct{ Organisation, Asks, Answer string }

// Kind is the name of the kind.
func (RightsAnswer) Kind() string { return "rights_answer" }

func (l RightsAnswer) words(language string) []string {
	return []string{"organisation", l.Organisation, "kind", Say(language, "right_"+l.Asks), body, l.Answer}
}

// RightsReminder tells an owner that a request is due, at a stage: 10 or 2 days before, or late.
type RightsReminder struct{ Organisation, Asks, Stage, Due, Link string }

// Kind is the name of the kind.
func (RightsReminder) Kind() string { return "rights_reminder" }

func (l RightsReminder) words(language string) []string {
	says := Say(language, "rights_reminder_"+l.Stage, "kind", Say(language, "right_"+l.Asks))
	return []string{"organisation", l.Organisation, "says", says, "due", l.Due, "link", l.Link}
}

// LoginProof asks somebody to show that an address is theirs before they log in with it.
type LoginProof struct{ Name, Organisation, Link string }

// Kind is the name of the kind.
func (LoginProof) Kind() string { return "login_proof" }

func (l LoginProof) words(string) []string {
	return []string{"name", l.Name, "organisation", l.Organisation, "link", l.Link}
}

// Closing tells owners what becomes of their organisation after it was closed. The stage is the kind: closure_begun, closure_undo,
// closure_deletion, or closure_done, which carries the certificate.
type Closing struct{ Stage, Organisation, Closed, Undo, Date, Gone, Done, Page, Link, Certificate string }

// Kind is the name of the kind.
func (l Closing) Kind() string { return l.Stage }

func (l Closing) words(string) []string {
	return []string{"organisation", l.Organisation, "closed", l.Closed, "undo", l.Undo, "date", l.Date, "gone", l.Gone, "done", l.Done, "url", l.Page, "link", l.Link, body, l.Certificate}
}

// EnquiryAnswered answers somebody who asked about the service. The answer may have paragraphs.
type EnquiryAnswered struct{ Name, Operator, Answer string }

// Kind is the name of the kind.
func (EnquiryAnswered) Kind() string { return "enquiry_answered" }

func (l EnquiryAnswered) words(string) []string {
	return []string{"name", l.Name, "operator", l.Operator, body, l.Answer}
}

// CalendlyTrouble tells an owner that demos which are booked may not come in, and what to do. The state is how it stands with what
// Calendly tells: retrying, refused, failing or silent.
type CalendlyTrouble struct{ State, Operator, Link string }

// Kind is the name of the kind.
func (CalendlyTrouble) Kind() string { return "calendly_trouble" }

func (l CalendlyTrouble) words(language string) []string {
	return []string{"operator", l.Operator, "says", Say(language, "calendly_trouble_"+l.State), "link", l.Link}
}

// Backups tells those who run the service that its backups are not as they ought to be. Newest is empty when there is none, Fault when
// the newest is too old, that is all.
type Backups struct{ Operator, Newest, Fault string }

// Kind is the name of the kind.
func (Backups) Kind() string { return "backups" }

func (l Backups) words(language string) []string {
	return []string{"operator", l.Operator, "newest", cmp.Or(l.Newest, Say(language, "backups_none")), "fault", cmp.Or(l.Fault, Say(language, "backups_late"))}
}

// Test shows that mails arrive.
type Test struct{ Operator, At string }

// Kind is the name of the kind.
func (Test) Kind() string { return "test" }

func (l Test) words(string) []string { return []string{"operator", l.Operator, "at", l.At} }

// News is what nobody has to know: it goes to those only who agreed, and ends with one tap. Its text is the writer's.
type News struct{ Subject, Text, Unsubscribe string }

// Kind is the name of the kind.
func (News) Kind() string { return "news" }

func (l News) words(string) []string { return []string{"unsubscribe", l.Unsubscribe} }
