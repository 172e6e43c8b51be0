package calendly

import (
	"net/http"
	"testing"
	"time"
)

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"collection":[{"uri":"https://api.calendly.com/scheduled_events/EV","start_time":"2026-11-26T05:30:00.000000Z","status":"active"}],"pagination":{"count":1,"next_page":null,"next_page_token":"x"}}`))
	f.Add([]byte(`{"collection":[{"uri":"https://api.calendly.com/scheduled_events/EV/invitees/INV","old_invitee":null,"created_at":"2026-11-26T05:30:00.000000Z","questions_and_answers":[{"question":"Company","answer":"x","position":0}]}, 7, null]}`))
	f.Add([]byte(`{"collection":[{"uri":"https://api.calendly.com/webhook_subscriptions/S","callback_url":"https://x.example/hooks/calendly","state":"disabled","events":["invitee.created"],"retry_started_at":null}],"pagination":{}}`))
	f.Add([]byte(`{"collection":null}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		subscriptions, next, err := page[Subscription](raw)
		guests, next2, err2 := page[Guest](raw)
		events, next3, err3 := page[Event](raw)
		if (err == nil) != (err2 == nil) || (err == nil) != (err3 == nil) || next != next2 || next != next3 || len(next) > maxToken {
			t.Error("a page is one for some and none for others")
		}
		if len(subscriptions) > AtOnce || len(guests) > AtOnce || len(events) > AtOnce {
			t.Error("there are more than there may be")
		}
		for _, g := range guests {
			_, _ = Moment(g.Created), key(g.URI)
		}
	})
}

func FuzzKey(f *testing.F) {
	f.Add("https://api.calendly.com/scheduled_events/EV-1/invitees/INV_2")
	f.Add("https://api.calendly.com/scheduled_events/../users/me")
	f.Add("https://evil.example/https://api.calendly.com/x/y")
	f.Fuzz(func(t *testing.T, uri string) {
		for _, r := range key(uri) {
			if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
				t.Errorf("%q has the key %q", uri, key(uri))
			}
		}
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://api.calendly.com/organizations/ORG":                "ORG",
		"https://api.calendly.com/scheduled_events/EV/invitees/I-1": "I-1",
		"https://api.calendly.com/webhook_subscriptions/":           "",
		"https://api.calendly.com/scheduled_events/../users":        "",
		"https://api.calendly.com/scheduled_events/EV?x=1":          "",
		"http://api.calendly.com/scheduled_events/EV":               "",
		"https://api.calendly.com.evil.example/scheduled_events/EV": "",
		"https://evil.example/scheduled_events/EV":                  "",
		"/scheduled_events/EV":                                      "",
		"https://api.calendly.com/scheduled_events/EV\n":            "",
	} {
		if got := key(uri); got != want {
			t.Errorf("%q has the key %q", uri, got)
		}
	}
	for path, want := range map[string]string{"/users/me": "/users/me", "/webhook_subscriptions": "/webhook_subscriptions", "/webhook_subscriptions/S": "/webhook_subscriptions", "/scheduled_events/EV/invitees": "/scheduled_events/invitees"} {
		if got := group(path); got != want {
			t.Errorf("%s is %s", path, got)
		}
	}
	for value, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "99999999999": 0} {
		if got := after(http.Header{"Retry-After": {value}}); got != want {
			t.Errorf("%q is %s", value, got)
		}
	}
}
