// Package calendlytest is Calendly as far as it tells a server what guests do, and answers what it is asked of that: signed messages
// in its form, its API with an account of its own, and the ways in which they go wrong. It is for tests.
package calendlytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Calendly tells one server.
type Calendly struct {
	Client *http.Client
	To     string // the address of the hook
	Key    string
	Now    func() time.Time
	// Said, when set, is when a message says that it was signed.
	Said time.Time
}

// Guest is somebody who books.
type Guest struct {
	ID          string // of the guest at Calendly
	Name, Email string
	Phone       string
	Kind        string // of meeting; empty: a demo
	Starts      time.Time
	Old, New    string            // of a meeting that was moved: the guest before, the guest after
	Answers     map[string]string // by question
}

// URI is the address under which Calendly keeps a guest.
func URI(id string) string {
	return "https://api.calendly.com/scheduled_events/EV" + id + "/invitees/" + id
}

// Created tells that a guest booked.
func (c *Calendly) Created(ctx context.Context, g Guest) (int, error) {
	return c.tell(ctx, "invitee.created", g)
}

// Canceled tells that a guest is not coming: moved, when New says to whom.
func (c *Calendly) Canceled(ctx context.Context, g Guest) (int, error) {
	return c.tell(ctx, "invitee.canceled", g)
}

// Other tells of something else.
func (c *Calendly) Other(ctx context.Context, event string, g Guest) (int, error) {
	return c.tell(ctx, event, g)
}

type answer struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Position int    `json:"position"`
}

// Message is what Calendly says of a guest.
func (c *Calendly) Message(event string, g Guest) []byte {
	now := stamp(c.Now())
	payload := invitee(g, event == "invitee.canceled", now, now)
	payload["scheduled_event"] = scheduled(g, "active")
	body, err := json.Marshal(map[string]any{"event": event, "created_at": now, "created_by": "https://api.calendly.com/users/US", "payload": payload})
	if err != nil { // maps of texts always marshal
		panic(err)
	}
	return body
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// invitee is what Calendly keeps of a guest.
func invitee(g Guest, canceled bool, created, updated string) map[string]any {
	uri := func(id string) any {
		if id == "" {
			return nil
		}
		return URI(id)
	}
	answers := []answer{}
	for q, a := range g.Answers {
		answers = append(answers, answer{q, a, len(answers)})
	}
	is := map[string]any{"uri": URI(g.ID), "email": g.Email, "name": g.Name, "first_name": nil, "last_name": nil, "status": "active", "timezone": "Asia/Kolkata", "event": eventURI(g.ID),
		"text_reminder_number": orNil(g.Phone), "rescheduled": canceled && g.New != "", "old_invitee": uri(g.Old), "new_invitee": uri(g.New), "cancel_url": "https://calendly.com/cancellations/" + g.ID,
		"reschedule_url": "https://calendly.com/reschedulings/" + g.ID, "questions_and_answers": answers, "tracking": map[string]any{"utm_source": nil}, "created_at": created, "updated_at": updated}
	if canceled {
		is["status"] = "canceled"
		is["cancellation"] = map[string]any{"canceled_by": g.Name, "reason": "", "canceler_type": "invitee", "created_at": updated}
	}
	return is
}

// scheduled is what Calendly keeps of the meeting of a guest.
func scheduled(g Guest, status string) map[string]any {
	return map[string]any{"uri": eventURI(g.ID), "name": "Demo", "status": status, "start_time": g.Starts.UTC().Format(time.RFC3339Nano),
		"end_time": g.Starts.Add(30 * time.Minute).UTC().Format(time.RFC3339Nano), "event_type": kindURI(g.Kind), "location": map[string]any{"type": "google_conference"},
		"invitees_counter": map[string]any{"total": 1, "active": 1, "limit": 1}}
}

func kindURI(kind string) string {
	if kind == "" {
		kind = "DEMO"
	}
	return "https://api.calendly.com/event_types/" + kind
}

func eventURI(id string) string { return "https://api.calendly.com/scheduled_events/EV" + id }

// Signature is the header that goes with a body.
func Signature(key string, at time.Time, body []byte) string {
	h := hmac.New(sha256.New, []byte(key))
	_, _ = fmt.Fprintf(h, "%d.", at.Unix())
	h.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(h.Sum(nil)))
}

func (c *Calendly) tell(ctx context.Context, event string, g Guest) (int, error) {
	body := c.Message(event, g)
	at := c.Now()
	if !c.Said.IsZero() {
		at = c.Said
	}
	return c.Send(ctx, body, Signature(c.Key, at, body))
}

// Send sends a body with a signature, and says what the server answered.
func (c *Calendly) Send(ctx context.Context, body []byte, signature string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.To, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Calendly-Webhook")
	if signature != "" {
		r.Header.Set("Calendly-Webhook-Signature", signature)
	}
	got, err := c.Client.Do(r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, got.Body)
	if err2 := got.Body.Close(); err == nil {
		err = err2
	}
	return got.StatusCode, err
}
