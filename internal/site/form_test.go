package site

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"clicarity/internal/postgres"
)

func typed(pairs ...string) url.Values {
	v := url.Values{"name": {"Asha Kulkarni"}, "email": {"asha@mill.example"}, "company": {"Kulkarni Cartons"}, "phone": {"098765-43210"}, "message": {"Mono cartons,\r\nVasai"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

var tokenField = regexp.MustCompile(`name="form" value="([^"]+)"`)

// token is that of a fresh form.
func (h *house) token(path string) string {
	h.t.Helper()
	m := tokenField.FindStringSubmatch(h.get(path).text)
	if m == nil {
		h.t.Fatalf("%s has no form", path)
	}
	return m[1]
}

// send fills a fresh form in, takes its time and sends it.
func (h *house) send(path string, form url.Values, headers ...string) answer {
	h.t.Helper()
	form.Set("form", h.token(path))
	h.pass(20 * time.Second)
	return h.ask(http.MethodPost, path, form, headers...)
}

func TestAnEnquiryComesInOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	form := typed("news", "yes", "city", "Vasai", "age", "41", "in", "hi")
	form.Set("form", h.token("/about/demo"))
	h.pass(20 * time.Second)
	for range 3 {
		if a := h.ask(http.MethodPost, "/about/demo", form); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/about/thanks" {
			t.Fatalf("%d %s", a.StatusCode, a.text)
		}
	}
	list := h.enquiries()
	want := postgres.Asker{Name: "Asha Kulkarni", Company: "Kulkarni Cartons", Email: "asha@mill.example", Phone: "+919876543210", Message: "Mono cartons,\nVasai"}
	if len(list) != 1 || list[0].Asker != want || !list[0].News || list[0].Language != "hi" || list[0].Page != "/demo" || list[0].Notice != noticeVersion || list[0].Purpose != "demo" {
		t.Fatalf("%+v", list)
	}
	// Thursday 26-11-2026: the second working day after is Saturday.
	if by := list[0].ReplyBy.In(ist); by.Format("02-01-2006 15:04") != "28-11-2026 18:00" {
		t.Error(by)
	}
	if end := list[0].EraseAfter.Sub(list[0].At); end != 365*24*time.Hour {
		t.Error(end)
	}
	mails, err := h.db.TakeMails(t.Context(), h.org, h.clock())
	if err != nil || len(mails) != 2 {
		t.Fatalf("%+v %v", mails, err)
	}
	for _, m := range mails {
		for _, word := range []string{"Kulkarni", "98765", "Vasai"} {
			if strings.Contains(m.Text+m.Subject, word) {
				t.Errorf("the mail to %s says %s", m.To, word)
			}
		}
		if m.To == "meera@clicarity.example" && !strings.Contains(m.Text, "http://jobs.example/enquiries/"+list[0].ID.String()) {
			t.Errorf("the owner is not told where: %s", m.Text)
		}
		if m.To == "asha@mill.example" && !strings.Contains(m.Subject, "आपका संदेश") {
			t.Errorf("the sender is not answered in Hindi: %s", m.Subject)
		}
	}
}

func TestWhatIsWrongIsSaidAndKept(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	for what, c := range map[string]struct {
		form url.Values
		says string
	}{
		"no name":          {typed("name", " "), "Please write your name"},
		"no address":       {typed("email", "asha"), "Please write an e-mail address"},
		"address and name": {typed("email", "Asha <asha@mill.example>"), "Please write an e-mail address"},
		"half an address":  {typed("email", "asha@localhost"), "Please write an e-mail address"},
		"half a number":    {typed("phone", "12345"), "Please write ten digits"},
		"words":            {typed("phone", "call me"), "Please write ten digits"},
		"long":             {typed("company", strings.Repeat("ना", 100)), "This is too long"},
		"no question":      {typed("message", ""), "Please write your question"},
	} {
		a := h.send("/about/contact", maps.Clone(c.form))
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.text, c.says) || !strings.Contains(a.text, "Kulkarni") {
			t.Errorf("%s: %d, and the page says nothing of it or forgot what was typed", what, a.StatusCode)
		}
	}
	if list := h.enquiries(); len(list) > 0 {
		t.Errorf("%+v", list)
	}
	if a := h.send("/about/hi/contact", typed("name", "")); !strings.Contains(a.text, "अपना नाम लिखिए") {
		t.Error("it is not said in Hindi")
	}
}

func TestProgramsDoNotGetIn(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	form := typed("form", h.token("/about/demo"))
	if a := h.ask(http.MethodPost, "/about/demo", form); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.text, "very fast") {
		t.Errorf("at once: %d", a.StatusCode)
	}
	h.pass(25 * time.Hour)
	if a := h.ask(http.MethodPost, "/about/demo", form); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.text, "open for long") {
		t.Errorf("a day later: %d", a.StatusCode)
	}
	for _, forged := range []string{"", "x", strings.Repeat("A", 60)} {
		if a := h.ask(http.MethodPost, "/about/demo", typed("form", forged)); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("a forged form: %d", a.StatusCode)
		}
	}
	if a := h.send("/about/demo", typed("website", "https://spam.example")); a.StatusCode != http.StatusSeeOther {
		t.Errorf("who fills in what people do not see is told: %d", a.StatusCode)
	}
	if list := h.enquiries(); len(list) > 0 {
		t.Fatalf("%+v", list)
	}
	often := false
	for range 12 {
		form := typed("form", h.token("/about/demo"))
		h.pass(4 * time.Second)
		often = h.ask(http.MethodPost, "/about/demo", form, "X-Forwarded-For", "203.0.113.9").StatusCode == http.StatusTooManyRequests || often
	}
	if n := len(h.enquiries()); !often || n != 5 {
		t.Errorf("one address sent %d", n)
	}
	if a := h.send("/about/demo", typed(), "Sec-Fetch-Site", "cross-site"); a.StatusCode != http.StatusForbidden {
		t.Errorf("another site sends the form: %d", a.StatusCode)
	}
}

func TestWhatIsKeptGoesAndIsRemindedOf(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	h.send("/about/demo", typed())
	tend := func() {
		t.Helper()
		if err := h.site.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tend()
	if mails, err := h.db.TakeMails(t.Context(), h.org, h.clock()); len(mails) != 2 || err != nil {
		t.Fatalf("%+v %v", mails, err)
	}
	h.pass(60 * time.Hour)
	tend()
	tend()
	mails, err := h.db.TakeMails(t.Context(), h.org, h.clock())
	if err != nil || len(mails) != 1 || mails[0].Kind != mailLate || mails[0].To != "meera@clicarity.example" {
		t.Errorf("%+v %v", mails, err)
	}
	h.pass(365 * 24 * time.Hour)
	tend()
	if list := h.enquiries(); len(list) > 0 {
		t.Errorf("%+v", list)
	}
}

func TestPhoneNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"98765 43210": "+919876543210", "098765-43210": "+919876543210", "91 98765 43210": "+919876543210", "+91 98765-43210": "+919876543210", "+44 20 7946 0958": "+442079460958",
		"+1 (415) 555-0100": "+14155550100", "12345": "", "5876543210": "", "+0123456789": "", "98765432101": "", "call me": "", "+": ""} {
		if got, ok := phone(text); ok != (want != "") || ok && got != want {
			t.Errorf("%s is %s, %v", text, got, ok)
		}
	}
}

func FuzzForm(f *testing.F) {
	f.Add("Asha", "asha@mill.example", "+91 98765 43210", "Hello\r\nthere")
	f.Add("\x00", "a@b.c\n", "०९", "\u202e")
	f.Fuzz(func(t *testing.T, name, email, number, message string) {
		a := postgres.Asker{Name: cleanLines(name), Email: email, Phone: number, Message: cleanLines(message)}
		if len(wrong(&a, "demo")) > 0 {
			return
		}
		if a.Phone != "" && !regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`).MatchString(a.Phone) {
			t.Errorf("%q is taken for the number %q", number, a.Phone)
		}
		if strings.ContainsAny(a.Email, "\r\n ,") || utf8.RuneCountInString(a.Message) > maxMessage {
			t.Errorf("%+v is right", a)
		}
	})
}
