package site

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"clicarity/internal/calendlytest"
	"clicarity/internal/operator"
	"clicarity/internal/postgres"
)

func (h *house) calendly() *calendlytest.Calendly {
	return &calendlytest.Calendly{Client: http.DefaultClient, To: h.at + "/hooks/calendly", Key: "test_signing_key", Now: h.clock}
}

// enquiries are all there are, in whatever state.
func (h *house) enquiries() (list []postgres.Enquiry) {
	h.t.Helper()
	for _, s := range postgres.EnquiryStates() {
		some, err := h.db.Enquiries(h.t.Context(), h.org, s, postgres.EnquiryPlace{}, 100)
		if err != nil {
			h.t.Fatal(err)
		}
		list = append(list, some...)
	}
	return list
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	const body, at = `{"event":"invitee.created","payload":{"email":"a@b.in"}}`, 1764000000
	const good = "b446e61d67eae7155842551d93b2a97e0a27772bac87bcf64f1e86465662fa9f"
	now := time.Unix(at, 0)
	for _, c := range []struct {
		what, header, body string
		now                time.Time
		ok                 bool
	}{
		{"as it is", "t=1764000000,v1=" + good, body, now, true},
		{"three minutes later", "t=1764000000,v1=" + good, body, now.Add(180 * time.Second), true},
		{"three minutes before", "t=1764000000,v1=" + good, body, now.Add(-180 * time.Second), true},
		{"with what is not known", "v0=x, t=1764000000, v2=yy,v1=00,v1=" + good, body, now, true},
		{"stale", "t=1764000000,v1=" + good, body, now.Add(181 * time.Second), false},
		{"of the future", "t=1764000000,v1=" + good, body, now.Add(-181 * time.Second), false},
		{"another body", "t=1764000000,v1=" + good, body + " ", now, false},
		{"another moment", "t=1764000001,v1=" + good, body, now, false},
		{"no moment", "v1=" + good, body, now, false},
		{"no code", "t=1764000000", body, now, false},
		{"nothing", "", body, now, false},
		{"no number", "t=now,v1=" + good, body, now, false},
	} {
		if err := verify("test_signing_key", c.header, []byte(c.body), c.now); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("t=1764000000,v1=b446e61d67eae7155842551d93b2a97e0a27772bac87bcf64f1e86465662fa9f", []byte("{}"))
	f.Add("t=,v1=,=", []byte{})
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		if verify("another key that nobody has", header, body, time.Unix(1764000000, 0)) == nil {
			t.Errorf("%q is taken for a signature", header)
		}
	})
}

func TestCalendlyTellsOfDemos(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	c, ctx := h.calendly(), t.Context()
	starts := h.clock().Add(48 * time.Hour).UTC()
	guest := calendlytest.Guest{ID: "ONE", Name: "Asha Kulkarni", Email: "Asha@mill.example", Phone: "+91 98765 43210", Starts: starts,
		Answers: map[string]string{"Company": "Kulkarni Cartons", "What do you make?": "Mono cartons"}}
	for range 3 { // told three times
		if status, err := c.Created(ctx, guest); status != http.StatusNoContent || err != nil {
			t.Fatal(status, err)
		}
	}
	list := h.enquiries()
	if len(list) != 1 || list[0].State != postgres.EnquiryBooked || !list[0].Meeting.Equal(starts) ||
		list[0].Asker != (postgres.Asker{Name: "Asha Kulkarni", Company: "Kulkarni Cartons", Email: "Asha@mill.example", Phone: "+919876543210", Message: "Mono cartons"}) {
		t.Fatalf("%+v", list)
	}
	// Moved: the other half comes first.
	next := guest
	next.ID, next.Old, next.Starts = "TWO", "ONE", starts.Add(24*time.Hour)
	guest.New = "TWO"
	for _, tell := range []func() (int, error){func() (int, error) { return c.Created(ctx, next) }, func() (int, error) { return c.Canceled(ctx, guest) }} {
		if status, err := tell(); status != http.StatusNoContent || err != nil {
			t.Fatal(status, err)
		}
	}
	if list = h.enquiries(); len(list) != 1 || list[0].State != postgres.EnquiryBooked || !list[0].Meeting.Equal(next.Starts) {
		t.Fatalf("%+v", list)
	}
	if status, err := c.Canceled(ctx, next); status != http.StatusNoContent || err != nil {
		t.Fatal(status, err)
	}
	if list = h.enquiries(); len(list) != 1 || list[0].State != postgres.EnquiryNew || !list[0].Meeting.IsZero() {
		t.Fatalf("%+v", list)
	}
	steps, err := h.db.EnquirySteps(ctx, h.org, list[0].ID)
	var what []string
	for _, s := range steps {
		what = append(what, s.What)
	}
	if got := strings.Join(what, " "); err != nil || got != "came booked moved cancelled" {
		t.Errorf("%s %v", got, err)
	}
	// Cancelled before it was booked: it is known, and somebody answers.
	gone := calendlytest.Guest{ID: "THREE", Name: "Ravi", Email: "ravi@press.example", Starts: starts}
	if status, err := c.Canceled(ctx, gone); status != http.StatusNoContent || err != nil {
		t.Fatal(status, err)
	}
	if status, err := c.Created(ctx, gone); status != http.StatusNoContent || err != nil {
		t.Fatal(status, err)
	}
	if list = h.enquiries(); len(list) != 2 || list[0].State != postgres.EnquiryNew || list[1].State != postgres.EnquiryNew {
		t.Fatalf("%+v", list)
	}
}

func TestADemoJoinsWhatTheSenderWrote(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	if a := h.send("/about/demo", typed()); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	status, err := h.calendly().Created(t.Context(), calendlytest.Guest{ID: "ONE", Name: "A K", Email: "ASHA@mill.example", Starts: h.clock().Add(time.Hour)})
	if list := h.enquiries(); status != http.StatusNoContent || err != nil || len(list) != 1 || list[0].State != postgres.EnquiryBooked || list[0].Name != "Asha Kulkarni" {
		t.Errorf("%d %v %+v", status, err, list)
	}
}

func TestForgedMessagesAreRefused(t *testing.T) {
	t.Parallel()
	h := openHouse(t, clicarity)
	guest := calendlytest.Guest{ID: "ONE", Name: "Asha", Email: "asha@mill.example", Starts: h.clock()}
	wrong, stale, big := h.calendly(), h.calendly(), h.calendly()
	wrong.Key, stale.Said = "another", h.clock().Add(-181*time.Second)
	for what, c := range map[string]*calendlytest.Calendly{"wrong key": wrong, "stale": stale} {
		if status, err := c.Created(t.Context(), guest); status != http.StatusUnauthorized || err != nil {
			t.Errorf("%s: %d %v", what, status, err)
		}
	}
	body := big.Message("invitee.created", guest)
	if status, err := big.Send(t.Context(), body, ""); status != http.StatusUnauthorized || err != nil {
		t.Errorf("not signed: %d %v", status, err)
	}
	body = append(body, strings.Repeat(" ", 70<<10)...)
	if status, err := big.Send(t.Context(), body, calendlytest.Signature("test_signing_key", h.clock(), body)); status != http.StatusRequestEntityTooLarge || err != nil {
		t.Errorf("too large: %d %v", status, err)
	}
	if status, err := big.Send(t.Context(), []byte("{"), calendlytest.Signature("test_signing_key", h.clock(), []byte("{"))); status != http.StatusBadRequest || err != nil {
		t.Errorf("no JSON: %d %v", status, err)
	}
	if status, err := big.Other(t.Context(), "routing_form_submission.created", guest); status != http.StatusNoContent || err != nil {
		t.Errorf("of another kind: %d %v", status, err)
	}
	if list := h.enquiries(); len(list) > 0 {
		t.Errorf("%+v", list)
	}
}

func TestWithoutItsKeyCalendlyIsNotHeard(t *testing.T) {
	t.Parallel()
	h := openHouse(t, operator.Operator{Organisation: "clicarity", Name: "Clicarity"})
	if status, err := h.calendly().Created(t.Context(), calendlytest.Guest{ID: "ONE", Starts: h.clock()}); status != http.StatusNotFound || err != nil {
		t.Error(status, err)
	}
}
