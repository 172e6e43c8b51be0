package site

// noticeVersion is raised when the notice beside the form says something else.
const noticeVersion = 1

// item is a line of the notice: a field that is kept of somebody who writes, and for what.
type item struct {
	Field string // as the form, the table and the words name it
	Key   string // of the phrase that says what it is for
}

// noticed are the fields that may be kept of somebody who writes. What is not here is not kept: a test compares the form,
// the table and this list.
var noticed = []item{
	{"name", "notice_name"}, {"company", "notice_company"}, {"email", "notice_email"}, {"phone", "notice_phone"}, {"message", "notice_message"},
	{"language", "notice_language"}, {"page", "notice_page"}, {"news", "notice_news"},
}

// booked is kept besides when a demo is booked with Calendly.
var booked = item{"meeting_at", "notice_meeting_at"}

func (s *Site) notice() []item {
	if s.Operator.Calendly == "" {
		return noticed
	}
	return append(noticed[:len(noticed):len(noticed)], booked)
}
