package web

import (
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
)

func FuzzPolicyDay(f *testing.F) {
	for _, s := range []string{"26-11-2026", "1/2/2027", "31.12.26", "99-99-9999", " 5 - 1 - 2027 ", "२६-११-२०२६"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		day, ok := readPolicyDay(text, time.UTC)
		if again, twice := readPolicyDay(day.Format("02-01-2006"), time.UTC); ok && (!twice || !again.Equal(day) || day.Hour() != 0) {
			t.Errorf("%q is %s, and that is %s", text, day, again)
		}
	})
}

// Whatever a form has, what is kept of it is text that shows, within its limits, and reads the same again.
func FuzzNews(f *testing.F) {
	f.Add("en", "1", "Lots by QR code", "Scan it.\r\n\r\nhttps://x.example", "", "")
	f.Add("hi", "x", " \u202e ", "\x00\n\xff", "लॉट", "a\rb")
	f.Fuzz(func(t *testing.T, first, edition, subject, text, subject2, text2 string) {
		form := url.Values{"first": {first}, "edition": {edition}, "subject_en": {subject}, "text_en": {text}, "subject_hi": {subject2}, "text_hi": {text2}}
		n, wrong := readNews(form)
		again := url.Values{"first": {n.First}, "edition": {strconv.Itoa(n.Edition)}}
		for code, x := range n.Texts {
			again.Set("subject_"+code, x.Subject)
			again.Set("text_"+code, strings.ReplaceAll(x.Text, "\n", "\r\n"))
			if hidden := func(r rune) bool { return r != '\n' && unicode.IsControl(r) }; strings.ContainsFunc(x.Subject+x.Text, hidden) || strings.Contains(x.Subject, "\n") || !utf8.ValidString(x.Subject+x.Text) {
				t.Errorf("%q", x)
			}
			if wrong.Why == "" && (x.Subject == "" || x.Text == "" || utf8.RuneCountInString(x.Text) > maxNewsText) {
				t.Errorf("it is kept: %q", x)
			}
		}
		if m, w := readNews(again); !reflect.DeepEqual(m, n) || w != wrong || wrong.Why == "" && n.Texts[n.First].Subject == "" {
			t.Errorf("%+v is read as %+v, %v as %v", n, m, wrong, w)
		}
	})
}

// Only an address that was made here names somebody.
func FuzzUnsubscribing(f *testing.F) {
	k := keys.New([keys.Size]byte{1})
	org, subject := flow.ID{1}, flow.ID{2}
	good := Unsubscribe("", k, org, subject)[len("/unsubscribe/"):]
	f.Add(good)
	f.Add(k.Sign("link", append(org[:], subject[:]...)))
	f.Add(k.Sign(unsubscribeUse, []byte("short")))
	w := &Web{Config: Config{Keys: k}}
	f.Fuzz(func(t *testing.T, token string) {
		r := &http.Request{}
		r.SetPathValue("token", token)
		if o, s, err := w.unsubscribing(r); err == nil && (token != good || o != org || s != subject) {
			t.Errorf("%q names %s", token, s)
		}
	})
}
