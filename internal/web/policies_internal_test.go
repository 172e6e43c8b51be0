package web

import (
	"net/http"
	"testing"
	"time"

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
