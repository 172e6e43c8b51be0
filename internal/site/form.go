package site

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

const (
	quickest   = 3 * time.Second // programs are faster
	longest    = 24 * time.Hour  // a form is good for so long
	formUse    = "site form"     // of the key that signs forms
	markUse    = "site enquiry"  // of the key that marks addresses
	keptFor    = 365 * 24 * time.Hour
	maxLine    = 120
	maxEmail   = 200
	maxMessage = 2000
)

// form is the form of an enquiry as it is shown: with what was typed when something is missing.
type form struct {
	postgres.Asker
	Purpose string // demo, question
	News    bool
	Wrong   map[string]string // by field: what to do, as a key of words
	Error   string            // of the whole form
	Token   string            // proves when the form was made, and makes it count once
	Open    bool              // it can be sent: there is somebody to read it
	Notice  []item
}

// Problem is what is wrong with a field, empty for nothing.
func (f *form) Problem(field string) string { return f.Wrong[field] }

// newForm is the empty form of a page.
func (s *Site) newForm(r *http.Request, page string) (*form, error) {
	f := &form{Purpose: purpose(page), Token: s.token(), Notice: s.notice()}
	org, err := s.owner(r.Context())
	f.Open = !org.IsZero()
	return f, err
}

func purpose(page string) string {
	if page == "demo" {
		return "demo"
	}
	return "question"
}

// token is a form's id with when it was made, signed.
func (s *Site) token() string {
	id := s.newID()
	return s.Keys.Sign(formUse, binary.BigEndian.AppendUint64(id[:], uint64(s.Now().UnixMilli()))) //nolint:gosec // after 1970
}

// readToken is what a form's token says; false when it was not made here, or is not of now.
func (s *Site) readToken(token string) (id flow.ID, age time.Duration, ok bool) {
	body, err := s.Keys.Read(formUse, token)
	if err != nil || len(body) != len(id)+8 {
		return id, 0, false
	}
	copy(id[:], body)
	made := time.UnixMilli(int64(binary.BigEndian.Uint64(body[len(id):]))) //nolint:gosec // signed here
	age = s.Now().Sub(made)
	return id, age, age >= 0 && age <= longest
}

// ask takes an enquiry in.
func (s *Site) ask(name string) httpd.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ flow.Person) error {
		org, err := s.owner(r.Context())
		if err != nil || org.IsZero() {
			return orElse(err, httpd.Status(http.StatusNotFound))
		}
		if err := r.ParseForm(); err != nil {
			return &flow.Refusal{Code: flow.BadCommand}
		}
		v := s.view(r, page{name: name})
		if v.Form, err = s.newForm(r, name); err != nil {
			return err
		}
		id, news := s.readForm(r, v.Form)
		if r.PostFormValue("website") != "" { // a field that people do not see
			return s.thank(w, r, v)
		}
		if v.Form.Error == "" && len(v.Form.Wrong) == 0 && !s.senders.Allow(httpd.Address(r), s.Now()) {
			v.Form.Error, v.Status = "form_often", http.StatusTooManyRequests
			return s.render(w, r, name, v)
		}
		if v.Form.Error != "" || len(v.Form.Wrong) > 0 {
			v.Status = http.StatusUnprocessableEntity
			return s.render(w, r, name, v)
		}
		e := s.enquiry(id, v, news)
		if err := s.keep(r.Context(), org, e); err != nil {
			return err
		}
		return s.thank(w, r, v)
	}
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func (s *Site) thank(w http.ResponseWriter, r *http.Request, v *view) error {
	http.Redirect(w, r, v.To("/thanks"), http.StatusSeeOther)
	return nil
}

// readForm reads what was typed and says what is wrong with it.
func (s *Site) readForm(r *http.Request, f *form) (id flow.ID, news bool) {
	f.Asker = postgres.Asker{Name: flow.Clean(r.PostFormValue("name")), Company: flow.Clean(r.PostFormValue("company")), Email: flow.Clean(r.PostFormValue("email")),
		Phone: flow.Clean(r.PostFormValue("phone")), Message: cleanLines(r.PostFormValue("message"))}
	f.News = r.PostFormValue("news") == "yes"
	f.Wrong = wrong(&f.Asker, f.Purpose)
	id, age, ok := s.readToken(r.PostFormValue("form"))
	switch {
	case !ok:
		f.Error = "form_old"
	case age < quickest:
		f.Error, f.Token = "form_quick", r.PostFormValue("form") // it has aged when it is sent again
	default:
		f.Token = r.PostFormValue("form")
	}
	return id, f.News
}

// wrong is what is wrong with what somebody wrote, by field. It brings the phone number into its one form.
func wrong(a *postgres.Asker, purpose string) map[string]string {
	w := map[string]string{}
	if a.Name == "" {
		w["name"] = "wrong_name"
	}
	for field, text := range map[string]string{"name": a.Name, "company": a.Company} {
		if utf8.RuneCountInString(text) > maxLine {
			w[field] = "wrong_long"
		}
	}
	if got, err := mail.ParseAddress(a.Email); err != nil || got.Address != a.Email || len(a.Email) > maxEmail || !strings.Contains(a.Email[strings.LastIndex(a.Email, "@"):], ".") {
		w["email"] = "wrong_email"
	}
	if a.Phone != "" {
		if number, ok := phone(a.Phone); ok {
			a.Phone = number
		} else {
			w["phone"] = "wrong_phone"
		}
	}
	switch {
	case utf8.RuneCountInString(a.Message) > maxMessage:
		w["message"] = "wrong_long"
	case a.Message == "" && purpose == "question":
		w["message"] = "wrong_message"
	}
	return w
}

// cleanLines keeps the lines of a text and nothing that cannot be seen.
func cleanLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = flow.Clean(l)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// phone is a number with its country: India's when none is given.
func phone(text string) (string, bool) {
	plus := strings.HasPrefix(text, "+")
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case strings.ContainsRune(" -().+/", r):
			return -1
		}
		return 'x'
	}, text)
	if strings.Contains(digits, "x") {
		return "", false
	}
	if plus && !strings.HasPrefix(digits, "91") {
		return "+" + digits, len(digits) >= 8 && len(digits) <= 15 && digits[0] != '0'
	}
	digits = strings.TrimLeft(digits, "0")
	if len(digits) == 12 && strings.HasPrefix(digits, "91") {
		digits = digits[2:]
	}
	return "+91" + digits, len(digits) == 10 && digits[0] >= '6'
}

// enquiry is what is kept of a form that is right.
func (s *Site) enquiry(id flow.ID, v *view, news bool) postgres.Enquiry {
	now := s.Now()
	return postgres.Enquiry{ID: id, Asker: v.Form.Asker, Source: "form", Purpose: v.Form.Purpose, Mark: s.mark(v.Form.Email), Language: v.Understood, Page: v.Path,
		Notice: noticeVersion, News: news, At: now, ReplyBy: replyBy(now), EraseAfter: now.Add(keptFor)}
}

// mark is a digest of an address with a key: by it what one sender wrote is found again, and nothing else.
func (s *Site) mark(email string) []byte {
	if email == "" {
		return nil
	}
	key := s.Keys.Derive(markUse)
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte(strings.ToLower(email)))
	return h.Sum(nil)
}

// keep stores an enquiry with the mails that go with it.
func (s *Site) keep(ctx context.Context, org flow.ID, e postgres.Enquiry) error {
	mails, err := s.mails(ctx, org, e)
	if err != nil {
		return err
	}
	added, err := s.DB.AddEnquiry(ctx, org, e, mails...)
	if err == nil && added && e.News {
		err = s.DB.RecordConsent(ctx, org, postgres.Consent{Subject: e.ID, Purpose: postgres.News, Act: postgres.Given, Version: e.Notice, Language: e.Language, At: e.At, How: postgres.ByForm})
	}
	return err
}

// replyBy is the end of the second working day after a moment: no Sunday, no national holiday.
func replyBy(at time.Time) time.Time {
	day := at.In(ist)
	for left := 2; left > 0; {
		day = day.AddDate(0, 0, 1)
		if day.Weekday() != time.Sunday && !national[day.Format("01-02")] {
			left--
		}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 18, 0, 0, 0, ist)
}

// national are the days on which nobody works in India.
var national = map[string]bool{"01-26": true, "08-15": true, "10-02": true}

// ReplyBy is by when somebody who writes now is answered.
func (v *view) ReplyBy() string { return v.Date(replyBy(v.s.Now())) }
