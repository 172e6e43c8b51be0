package flow

import "cmp"

// Awaited is who must act so that a hold can end, and until when.
type Awaited struct {
	Member ID     `json:"member,omitzero"` // of the organisation; zero for anybody else
	Name   string `json:"name,omitempty"`  // as people say it: the member's, or the customer's
	Until  Date   `json:"until,omitempty"` // the last day in time; empty: nobody said
}

// Overdue reports whether the day has passed.
func (a Awaited) Overdue(today Date) bool { return a.Until != "" && a.Until < today }

// check refuses a day that cannot be, or that has passed wherever the organisation is.
func (a Awaited) check(now Moment) error {
	if _, err := ParseDate(string(a.Until)); err != nil || a.Overdue(DateOf(now.Time())) {
		return &Refusal{Code: FieldWrong, Name: "until", Value: string(a.Until)}
	}
	if !a.Member.IsZero() && a.Name == "" {
		return refuse(BadCommand)
	}
	return cmp.Or(tooLong("awaits", a.Name, MaxText))
}

// AwaitsAt are the stages where a job on hold waits for a member.
func (j Job) AwaitsAt(member ID) []string {
	var codes []string
	for _, s := range j.Stages {
		if s.Held != 0 && s.Awaits.Member == member && !member.IsZero() {
			codes = append(codes, s.Code)
		}
	}
	return codes
}
