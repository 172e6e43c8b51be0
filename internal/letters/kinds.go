package letters

import "strconv"

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

// RightsReceived tells somebody that their request is there, and when it is answered.
type RightsReceived struct{ Name, Organisation, Due, Link string }

// Kind is the name of the kind.
func (RightsReceived) Kind() string { return "rights_received" }

func (l RightsReceived) words(string) []string {
	return []string{"name", l.Name, "organisation", l.Organisation, "due", l.Due, "link", l.Link}
}

// RightsAnswer answers a request. The answer may have paragraphs.
type RightsAnswer struct{ Name, Organisation, Answer, Link string }

// Kind is the name of the kind.
func (RightsAnswer) Kind() string { return "rights_answer" }

func (l RightsAnswer) words(string) []string {
	return []string{"name", l.Name, "organisation", l.Organisation, body, l.Answer, "link", l.Link}
}

// RightsReminder tells owners that a request is due.
type RightsReminder struct{ Organisation, Due, Link string }

// Kind is the name of the kind.
func (RightsReminder) Kind() string { return "rights_reminder" }

func (l RightsReminder) words(string) []string {
	return []string{"organisation", l.Organisation, "due", l.Due, "link", l.Link}
}

// ClosureStarted tells owners that somebody closed their organisation, and what happens when.
type ClosureStarted struct{ Organisation, By, Undo, Deletes, Last, Link string }

// Kind is the name of the kind.
func (ClosureStarted) Kind() string { return "closure_started" }

func (l ClosureStarted) words(string) []string {
	return []string{"organisation", l.Organisation, "by", l.By, "undo", l.Undo, "deletes", l.Deletes, "last", l.Last, "link", l.Link}
}

// ClosureUndoEnds tells owners that closing can be undone for a few days only.
type ClosureUndoEnds struct{ Organisation, Undo, Link string }

// Kind is the name of the kind.
func (ClosureUndoEnds) Kind() string { return "closure_undo_ends" }

func (l ClosureUndoEnds) words(string) []string {
	return []string{"organisation", l.Organisation, "undo", l.Undo, "link", l.Link}
}

// ClosureDeletes tells owners that deletion comes.
type ClosureDeletes struct{ Organisation, Deletes, Link string }

// Kind is the name of the kind.
func (ClosureDeletes) Kind() string { return "closure_deletes" }

func (l ClosureDeletes) words(string) []string {
	return []string{"organisation", l.Organisation, "deletes", l.Deletes, "link", l.Link}
}

// ClosureCertificate carries the certificate of deletion to those who were owners.
type ClosureCertificate struct{ Organisation, Link, Fingerprint string }

// Kind is the name of the kind.
func (ClosureCertificate) Kind() string { return "closure_certificate" }

func (l ClosureCertificate) words(string) []string {
	return []string{"organisation", l.Organisation, "link", l.Link, "fingerprint", l.Fingerprint}
}

// EnquiryAnswered answers somebody who asked about the service. The answer may have paragraphs.
type EnquiryAnswered struct{ Name, Operator, Answer string }

// Kind is the name of the kind.
func (EnquiryAnswered) Kind() string { return "enquiry_answered" }

func (l EnquiryAnswered) words(string) []string {
	return []string{"name", l.Name, "operator", l.Operator, body, l.Answer}
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
