package site

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clicarity/internal/calendly"
	"clicarity/internal/calendlytest"
	"clicarity/internal/egress"
	"clicarity/internal/postgres"
)

// watched is a house on a host of its own that asks an account at Calendly.
func watched(t *testing.T) (*house, *calendlytest.API) {
	t.Helper()
	o := clicarity
	o.Site = "https://clicarity.example"
	h := openHouse(t, o)
	api := calendlytest.StartAPI(t, h.clock)
	h.site.Asked = &calendly.Client{HTTP: egress.New(egress.CalendlyAPI, egress.Options{Loopback: true}), Base: api.URL, Token: api.Token}
	return h, api
}

const ourHook = "https://clicarity.example/hooks/calendly"

// looks looks, and says how it stands.
func (h *house) looks() postgres.CalendlyWatch {
	h.t.Helper()
	if err := h.site.Look(h.t.Context()); err != nil {
		h.t.Log(err)
	}
	k, err := h.db.CalendlyWatch(h.t.Context(), h.org)
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

// troubles are the mails about troubles that wait.
func (h *house) troubles() (list []postgres.Mail) {
	h.t.Helper()
	for {
		some, err := h.db.TakeMails(h.t.Context(), h.org, h.clock())
		if err != nil {
			h.t.Fatal(err)
		}
		if len(some) == 0 {
			return list
		}
		for _, m := range some {
			if m.Kind == "calendly_trouble" {
				list = append(list, m)
			}
			if err := h.db.MailSent(h.t.Context(), h.org, m.Number, h.clock()); err != nil {
				h.t.Fatal(err)
			}
		}
	}
}

func TestADeadSubscriptionIsMadeAnew(t *testing.T) {
	t.Parallel()
	h, api := watched(t)
	api.Page = 1
	other := calendlytest.Subscription{Callback: "https://another.example/hooks/calendly", State: "disabled", Scope: "organization", Events: []string{"invitee.created"}}
	api.Has(other)
	if k := h.looks(); k.State != postgres.CalendlyAlive || !k.Made.Equal(h.clock()) || !k.Next.Equal(h.clock().Add(24*time.Hour)) {
		t.Fatalf("%+v", k)
	}
	mine := func() (list []calendlytest.Subscription) {
		for _, s := range api.Subscriptions() {
			if s.Callback == ourHook {
				list = append(list, s)
			} else if s.Callback != other.Callback {
				t.Errorf("somebody else is told: %+v", s)
			}
		}
		if len(api.Subscriptions()) != len(list)+1 {
			t.Error("another's subscription was touched")
		}
		return list
	}
	list := mine()
	if len(list) != 1 || list[0].Key != "test_signing_key" || list[0].Scope != "organization" || !slices.Equal(list[0].Events, []string{"invitee.created", "invitee.canceled"}) {
		t.Fatalf("%+v", list)
	}
	first := list[0].URI
	api.Asked()
	h.looks() // it is not due
	if asked := api.Asked(); len(asked) > 0 {
		t.Errorf("asked again: %v", asked)
	}
	for range 4 { // on the days after that it is as it was
		h.pass(24 * time.Hour)
		if k := h.looks(); k.State != postgres.CalendlyAlive || mine()[0].URI != first {
			t.Fatalf("%+v", k)
		}
	}
	api.Becomes("disabled", time.Time{})
	h.pass(24 * time.Hour)
	if k := h.looks(); k.State != postgres.CalendlyAlive || !k.Made.Equal(h.clock()) || len(mine()) != 1 || mine()[0].URI == first || mine()[0].State != "active" {
		t.Fatalf("%+v %+v", k, mine())
	}
	if mails := h.troubles(); len(mails) > 0 {
		t.Errorf("%+v", mails)
	}
	api.Becomes("disabled", time.Time{}) // so soon again: something is in the way
	h.pass(24 * time.Hour)
	if k := h.looks(); k.State != postgres.CalendlyFailing || len(mine()) != 1 || mine()[0].State != "active" || !k.Next.Equal(h.clock().Add(time.Hour)) {
		t.Fatalf("%+v %+v", k, mine())
	}
	if mails := h.troubles(); len(mails) != 1 {
		t.Errorf("%+v", mails)
	}
	h.pass(time.Hour)
	if k := h.looks(); k.State != postgres.CalendlyAlive {
		t.Fatalf("%+v", k)
	}
}

func TestASubscriptionThatTellsHalfIsMadeAnew(t *testing.T) {
	t.Parallel()
	h, api := watched(t)
	api.Has(calendlytest.Subscription{Callback: ourHook, State: "active", Scope: "organization", Events: []string{"invitee.created"}})
	if k := h.looks(); k.State != postgres.CalendlyAlive || len(api.Subscriptions()) != 1 || len(api.Subscriptions()[0].Events) != 2 {
		t.Errorf("%+v %+v", k, api.Subscriptions())
	}
	// One that a person made at the address of the platform is as good.
	h, api = watched(t)
	h.site.Config.App = "https://jobs.example"
	api.Has(calendlytest.Subscription{Callback: "https://jobs.example/hooks/calendly", State: "active", Scope: "organization", Events: []string{"invitee.created", "invitee.canceled", "invitee_no_show.created"}})
	if k := h.looks(); k.State != postgres.CalendlyAlive || !k.Made.IsZero() || len(api.Subscriptions()) != 1 {
		t.Errorf("%+v %+v", k, api.Subscriptions())
	}
	// One that a person made for themselves is not seen, and stands in the way.
	h, api = watched(t)
	api.Has(calendlytest.Subscription{Callback: ourHook, State: "active", Scope: "user", Events: []string{"invitee.created", "invitee.canceled"}})
	if k := h.looks(); k.State != postgres.CalendlyFailing || k.Fault != "POST /webhook_subscriptions: 409" || len(api.Subscriptions()) != 1 {
		t.Errorf("%+v %+v", k, api.Subscriptions())
	}
}

// sum says of each enquiry who it is of, where it stands and what happened, in the order of names.
func (h *house) sum() string {
	h.t.Helper()
	var lines []string
	for _, e := range h.enquiries() {
		steps, err := h.db.EnquirySteps(h.t.Context(), h.org, e.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		line := e.Name + " " + e.State
		for _, s := range steps {
			line += " " + s.What
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestWhatCalendlyDidNotTellIsFetched(t *testing.T) {
	t.Parallel()
	h, api := watched(t)
	api.Page = 2
	hook, ctx := h.calendly(), t.Context()
	guest := func(id, name string, days int) calendlytest.Guest {
		return calendlytest.Guest{ID: id, Name: name, Email: strings.ToLower(name) + "@mill.example", Phone: "+91 98765 43210", Starts: h.clock().Add(time.Duration(days) * 24 * time.Hour),
			Answers: map[string]string{"Company": name + " Cartons"}}
	}
	old := guest("OLD", "Lata", 20)
	api.Books(old) // before anybody looked, and not told: it is no news
	h.pass(72 * time.Hour)
	h.looks()
	if got := h.sum(); got != "" {
		t.Fatalf("what was there before was fetched: %s", got)
	}
	h.pass(72 * time.Hour)
	h.looks()
	told := guest("TOLD", "Asha", 5)
	api.Books(told)
	if status, err := hook.Created(ctx, told); status != http.StatusNoContent || err != nil {
		t.Fatal(status, err)
	}
	h.pass(24 * time.Hour)
	h.looks()
	// From here on it tells nothing.
	api.Becomes("disabled", time.Time{})
	h.pass(time.Minute)
	moved := guest("MOVED", "Asha", 9)
	moved.Old = "TOLD"
	api.Books(moved)
	missed, gone := guest("MISSED", "Ravi", 2), guest("GONE", "Meena", 3)
	api.Books(missed)
	api.Books(gone)
	api.Cancels("GONE")
	held := guest("HELD", "Farid", 0) // booked and over before anybody looks
	held.Starts = h.clock().Add(time.Hour)
	api.Books(held)
	twice := guest("FIRST", "Sunil", 4)
	api.Books(twice)
	twice.ID, twice.Old = "SECOND", "FIRST"
	api.Books(twice)
	h.pass(24 * time.Hour)
	if k := h.looks(); k.State != postgres.CalendlyAlive || !k.Filled.Equal(h.clock()) {
		t.Fatalf("%+v", k)
	}
	const want = "Asha booked came booked moved\nFarid booked came booked\nMeena new came booked cancelled\nRavi booked came booked\nSunil booked came booked moved"
	if got := h.sum(); got != want {
		t.Fatalf("%s", got)
	}
	for _, e := range h.enquiries() {
		if e.Name == "Ravi" && (e.Company != "Ravi Cartons" || e.Phone != "+919876543210" || !e.Meeting.Equal(missed.Starts) || e.Source != "calendly") {
			t.Errorf("%+v", e)
		}
	}
	// Told late after all, and fetched again: it changes nothing.
	missed.New = ""
	if status, err := hook.Created(ctx, missed); status != http.StatusNoContent || err != nil {
		t.Fatal(status, err)
	}
	for range 3 {
		h.pass(24 * time.Hour)
		h.looks()
		if got := h.sum(); got != want {
			t.Fatalf("%s", got)
		}
	}
}

// Only what is booked at the page of the site comes in, told or fetched: not what else an organisation meets people for.
func TestOtherMeetingsAreNobodysEnquiries(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"https://calendly.com/clicarity-example/demo": "Asha booked came booked",
		"https://calendly.com/clicarity-example":      "Asha booked came booked\nMeena booked came booked\nRavi booked came booked",
		"https://calendly.com/d/abc-def/demo":         "Asha booked came booked\nMeena booked came booked\nRavi booked came booked", // nothing is known of it
	} {
		h, api := watched(t)
		h.site.Operator.Calendly = page
		h.looks()
		for i, kind := range []string{"", "INTERVIEW", "SHORT"} {
			name := []string{"Asha", "Ravi", "Meena"}[i]
			g := calendlytest.Guest{ID: name, Name: name, Email: strings.ToLower(name) + "@mill.example", Kind: kind, Starts: h.clock().Add(48 * time.Hour)}
			api.Books(g)
			if status, err := h.calendly().Created(t.Context(), g); status != http.StatusNoContent || err != nil {
				t.Fatal(status, err)
			}
		}
		if got := h.sum(); got != want {
			t.Errorf("told of %s: %s", page, got)
		}
		h.pass(24 * time.Hour)
		if h.looks(); h.sum() != want {
			t.Errorf("fetched of %s: %s", page, h.sum())
		}
	}
}

// Who was erased is not brought back by what Calendly has of them: not by what it told, and not by what it never told before.
func TestWhoWasErasedIsNotFetched(t *testing.T) {
	t.Parallel()
	h, api := watched(t)
	h.looks()
	starts := h.clock().Add(30 * 24 * time.Hour)
	asha := calendlytest.Guest{ID: "ONE", Name: "Asha", Email: "asha@mill.example", Starts: starts}
	api.Books(asha)
	if status, err := h.calendly().Created(t.Context(), asha); status != http.StatusNoContent || err != nil {
		t.Fatal(status, err)
	}
	api.Books(calendlytest.Guest{ID: "TWO", Name: "Asha", Email: "Asha@mill.example", Old: "ONE", Starts: starts})   // moved, and not told
	api.Books(calendlytest.Guest{ID: "THREE", Name: "A K", Email: "other@mill.example", Old: "ONE", Starts: starts}) // the same under another address
	api.Books(calendlytest.Guest{ID: "FOUR", Name: "Asha", Email: "asha@mill.example", Starts: starts})              // booked once more
	h.pass(time.Minute)
	list := h.enquiries()
	if len(list) != 1 {
		t.Fatalf("%+v", list)
	}
	if err := h.db.EraseEnquiry(t.Context(), h.org, list[0].ID, h.clock()); err != nil {
		t.Fatal(err)
	}
	api.Becomes("disabled", time.Time{})
	for range 3 {
		h.pass(24 * time.Hour)
		h.looks()
		if got := h.sum(); got != "" {
			t.Fatalf("brought back: %s", got)
		}
	}
	if status, err := h.calendly().Send(t.Context(), h.calendly().Message("invitee.canceled", asha), ""); status != http.StatusUnauthorized || err != nil {
		t.Fatal(status, err)
	}
	api.Cancels("FOUR")
	h.pass(24 * time.Hour)
	if h.looks(); h.sum() != "" {
		t.Errorf("brought back by cancelling: %s", h.sum())
	}
	// Who comes again of their own accord comes again.
	api.Books(calendlytest.Guest{ID: "FIVE", Name: "Asha", Email: "asha@mill.example", Starts: starts})
	h.pass(24 * time.Hour)
	if h.looks(); h.sum() != "Asha booked came booked" {
		t.Errorf("%s", h.sum())
	}
}

func TestWhatDoesNotFitIsFetchedNextTime(t *testing.T) {
	t.Parallel()
	h, api := watched(t)
	h.looks()
	const many = 2*askedMost + 20
	for i := range many { // some start together
		api.Books(calendlytest.Guest{ID: fmt.Sprintf("G%d", i), Name: "Asha", Email: fmt.Sprintf("g%d@mill.example", i), Starts: h.clock().Add(time.Duration(i/7) * time.Hour)})
	}
	h.pass(24 * time.Hour)
	api.Asked()
	looked, in := 0, 0
	for looked < 10 {
		k := h.looks()
		looked++
		if n := len(api.Asked()); n > askedMost+20 {
			t.Fatalf("%d requests in one look", n)
		}
		in = 0
		for after, more := (postgres.EnquiryPlace{}), true; more; {
			list, err := h.db.Enquiries(t.Context(), h.org, postgres.EnquiryBooked, after, 100)
			if err != nil {
				t.Fatal(err)
			}
			if in, more = in+len(list), len(list) == 100; more {
				after = postgres.EnquiryPlace{ReplyBy: list[99].ReplyBy, ID: list[99].ID}
			}
		}
		if k.WalkAt.IsZero() {
			break
		}
		if !k.Next.Equal(h.clock().Add(lookOn)) {
			t.Errorf("it goes on at %s", k.Next)
		}
		h.pass(lookOn)
	}
	if in != many || looked != 3 {
		t.Errorf("%d of %d are in after %d looks", in, many, looked)
	}
}

func TestOwnersHearOnceOfATrouble(t *testing.T) {
	t.Parallel()
	h, api := watched(t)
	h.looks()
	in := func(state string, hours int, want int) {
		t.Helper()
		mails := 0
		for range hours {
			h.pass(time.Hour)
			k := h.looks()
			for _, m := range h.troubles() {
				mails++
				if m.To != "meera@clicarity.example" || !strings.Contains(m.Text, "http://jobs.example/enquiries") || strings.Contains(m.Text, "pat_made_up") {
					t.Errorf("%+v", m)
				}
			}
			if hours == 1 && k.State != state {
				t.Fatalf("it is %s", k.State)
			}
		}
		if k := h.looks(); k.State != state || mails != want {
			t.Fatalf("%s, %d mails; not %s, %d", k.State, mails, state, want)
		}
	}
	h.pass(23 * time.Hour)
	api.Becomes("active", h.clock().Add(-time.Hour))
	in(postgres.CalendlyRetrying, 6, 1)
	api.Becomes("active", time.Time{})
	in(postgres.CalendlyAlive, 1, 0)
	h.pass(24 * time.Hour)
	api.Becomes("active", h.clock())
	in(postgres.CalendlyRetrying, 3, 1) // another time
	api.Becomes("active", time.Time{})
	in(postgres.CalendlyAlive, 1, 0)
	h.pass(24 * time.Hour)
	api.Refuse("GET", http.StatusServiceUnavailable, 0, "")
	in(postgres.CalendlyAlive, 20, 0) // that passes
	in(postgres.CalendlySilent, 30, 1)
	api.Accept()
	in(postgres.CalendlyAlive, 1, 0)
	for _, c := range []struct {
		asked  string
		status int
		state  string
		fault  string
	}{
		{"GET /users/me", http.StatusUnauthorized, postgres.CalendlyRefused, "GET /users/me: 401"},
		{"GET /webhook_subscriptions", http.StatusForbidden, postgres.CalendlyRefused, "GET /webhook_subscriptions: 403"},
		{"GET /scheduled_events", http.StatusForbidden, postgres.CalendlyRefused, "GET /scheduled_events: 403"},
		{"GET /users/me", http.StatusFound, postgres.CalendlyFailing, "GET /users/me: 302"}, // nobody follows it
	} {
		h.pass(24 * time.Hour)
		api.Refuse(c.asked, c.status, 0, "")
		in(c.state, 5, 1)
		if k := h.looks(); k.Fault != c.fault {
			t.Errorf("%q is not %q", k.Fault, c.fault)
		}
		api.Accept()
		in(postgres.CalendlyAlive, 1, 0)
	}
	// It is ended and may not be made anew; what was not told is fetched all the same.
	h.pass(24 * time.Hour)
	api.Becomes("disabled", time.Time{})
	api.Refuse("POST", http.StatusForbidden, 0, "")
	api.Books(calendlytest.Guest{ID: "ONE", Name: "Asha", Email: "asha@mill.example", Starts: h.clock().Add(240 * time.Hour)})
	in(postgres.CalendlyFailing, 5, 1)
	if got := h.sum(); got != "Asha booked came booked" {
		t.Error(got)
	}
	api.Accept()
	in(postgres.CalendlyAlive, 1, 0)
}

func TestCalendlyIsLeftAloneForAsLongAsItSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked, after string
		status       int
		wait         time.Duration
	}{
		{"GET /users/me", "1800", http.StatusTooManyRequests, 30 * time.Minute},
		{"GET /webhook_subscriptions", "", http.StatusTooManyRequests, retryAfter},
		{"POST /webhook_subscriptions", "999999", http.StatusTooManyRequests, lookAgain},
		{"GET /scheduled_events", "1", http.StatusTooManyRequests, lookEvery},
		{"GET /scheduled_events", "", http.StatusBadGateway, lookSoon},
		{"GET /users/me", "7200", http.StatusServiceUnavailable, 2 * time.Hour},
	} {
		h, api := watched(t)
		api.Refuse(c.asked, c.status, 1, c.after)
		if k := h.looks(); !k.Next.Equal(h.clock().Add(c.wait)) || len(h.troubles()) > 0 {
			t.Errorf("%s %d: next at %s (%+v)", c.asked, c.status, k.Next, k)
		}
		api.Asked()
		h.pass(c.wait - time.Second)
		if h.looks(); len(api.Asked()) > 0 {
			t.Errorf("%s: asked too early", c.asked)
		}
		h.pass(time.Second)
		if k := h.looks(); k.State != postgres.CalendlyAlive || len(api.Subscriptions()) != 1 {
			t.Errorf("%s: %+v", c.asked, k)
		}
	}
}

// A look that is killed at any of its requests leaves nothing half: the next one, when its time has lapsed, ends where one that was not
// killed ends.
func TestALookIsKilledAnywhere(t *testing.T) {
	t.Parallel()
	h, api := watched(t)
	h.looks()
	for i := range 3 {
		api.Books(calendlytest.Guest{ID: fmt.Sprintf("G%d", i), Name: fmt.Sprintf("Guest%d", i), Email: fmt.Sprintf("g%d@mill.example", i), Starts: h.clock().Add(time.Duration(i+200) * time.Hour)})
	}
	api.Becomes("disabled", time.Time{})
	h.pass(24 * time.Hour)
	for at := 1; ; at++ {
		ctx, kill := context.WithCancel(t.Context())
		n := 0
		api.Before(func(string) {
			if n++; n == at {
				kill()
			}
		})
		err := h.site.Look(ctx)
		kill()
		if err == nil && n < at {
			break
		}
		api.Becomes("disabled", time.Time{}) // also one that was made before the kill
		if h.looks(); n > at {
			t.Fatalf("it went on after request %d", at)
		}
		h.pass(10 * time.Minute) // what it took lapses
	}
	if got := h.sum(); got != "Guest0 booked came booked\nGuest1 booked came booked\nGuest2 booked came booked" || len(api.Subscriptions()) != 1 || api.Subscriptions()[0].State != "active" {
		t.Errorf("%s %+v", got, api.Subscriptions())
	}
}

func TestOneServerLooksAtATime(t *testing.T) {
	t.Parallel()
	h, api := watched(t)
	api.Books(calendlytest.Guest{ID: "ONE", Name: "Asha", Email: "asha@mill.example", Starts: h.clock().Add(time.Hour)})
	for range 3 {
		var all sync.WaitGroup
		for range 4 { // servers
			all.Go(func() {
				second, err := New(h.site.Config)
				if err == nil {
					err = second.Look(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		n := 0
		for _, asked := range api.Asked() {
			if asked == "GET /users/me" {
				n++
			}
		}
		if n != 1 || len(api.Subscriptions()) != 1 || h.sum() != "Asha booked came booked" {
			t.Errorf("%d looks, %+v, %s", n, api.Subscriptions(), h.sum())
		}
		h.pass(24 * time.Hour)
	}
}

func TestWithoutATokenCalendlyIsAskedNothing(t *testing.T) {
	t.Parallel()
	h, api := watched(t)
	asked := h.site.Asked
	for what, change := range map[string]func(c *Config){
		"no token":            func(c *Config) { c.Asked = nil },
		"no key":              func(c *Config) { c.Calendly = "" },
		"no page at Calendly": func(c *Config) { c.Operator.Calendly = "" },
		"nobody's":            func(c *Config) { c.Operator.Organisation = "" },
	} {
		cfg := h.site.Config
		cfg.Asked = asked
		change(&cfg)
		s, err := New(cfg)
		if err == nil {
			err = s.Look(t.Context())
		}
		if err == nil && what != "nobody's" {
			s.Watch(t.Context()) // returns at once
		}
		if err != nil || len(api.Asked()) > 0 {
			t.Errorf("%s: asked, %v", what, err)
		}
	}
	if _, err := h.db.CalendlyWatch(t.Context(), h.org); err == nil {
		t.Error("something is kept of nothing")
	}
}
