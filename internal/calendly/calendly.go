// Package calendly asks Calendly whether it still tells what guests do, and for what it did not tell. What it answers is somebody
// else's text: it is read within bounds, and no address in it is followed.
package calendly

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Base is where Calendly answers programs.
const Base = "https://api.calendly.com"

// AtOnce is how many of anything a page of an answer has at most.
const AtOnce = 100

// Client asks with the token of somebody who may see all of an organisation at Calendly.
type Client struct {
	HTTP  *http.Client
	Base  string
	Token string
}

// Answered is an answer that says no.
type Answered struct {
	What   string        // what was asked: GET /users/me
	Status int           // of the answer
	After  time.Duration // when to ask again, as far as it says
}

// Error implements error.
func (a *Answered) Error() string { return fmt.Sprintf("calendly: %s: %d", a.What, a.Status) }

// ErrUnreadable says that an answer is none of Calendly's.
var ErrUnreadable = errors.New("calendly: the answer cannot be read")

// Subscription is what Calendly keeps of somebody who wants to be told.
type Subscription struct {
	URI      string   `json:"uri"`
	Callback string   `json:"callback_url"`
	State    string   `json:"state"`
	Retrying string   `json:"retry_started_at"` // since when it does not get through; empty when it does
	Events   []string `json:"events"`
}

// told are the events of which it tells.
var told = []string{"invitee.created", "invitee.canceled"}

// Alive reports whether it tells all that there is to tell, as far as it gets through.
func (s Subscription) Alive() bool {
	return s.State == "active" && slices.Contains(s.Events, told[0]) && slices.Contains(s.Events, told[1])
}

// Kind is a kind of meeting that can be booked, with the page where it is.
type Kind struct {
	URI  string `json:"uri"`
	Page string `json:"scheduling_url"`
}

// Event is a meeting in the calendar.
type Event struct {
	URI   string    `json:"uri"`
	Kind  string    `json:"event_type"`
	Start time.Time `json:"start_time"`
}

// Guest is somebody who booked a meeting, as Calendly tells of them and answers.
type Guest struct {
	URI         string `json:"uri"`
	Email       string `json:"email"`
	Name        string `json:"name"`
	Status      string `json:"status"` // active, canceled
	Phone       string `json:"text_reminder_number"`
	Rescheduled bool   `json:"rescheduled"`
	Old         string `json:"old_invitee"`
	New         string `json:"new_invitee"`
	Created     string `json:"created_at"`
	Updated     string `json:"updated_at"`
	Answers     []struct {
		Question string `json:"question"`
		Answer   string `json:"answer"`
	} `json:"questions_and_answers"`
}

// Moment is a time of Calendly's, zero when it is none.
func Moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// Organization is the address under which Calendly keeps the organisation of whose token it is.
func (c Client) Organization(ctx context.Context) (string, error) {
	raw, err := c.ask(ctx, http.MethodGet, "/users/me", nil, nil)
	if err != nil {
		return "", err
	}
	var who struct {
		Resource struct {
			Organization string `json:"current_organization"`
		} `json:"resource"`
	}
	if json.Unmarshal(raw, &who) != nil || key(who.Resource.Organization) == "" {
		return "", ErrUnreadable
	}
	return who.Resource.Organization, nil
}

// maxPages bounds how many pages are read of what there are few of.
const maxPages = 20

// Subscriptions are all of an organisation.
func (c Client) Subscriptions(ctx context.Context, organization string) ([]Subscription, error) {
	return all[Subscription](ctx, c, "/webhook_subscriptions", url.Values{"organization": {organization}, "scope": {"organization"}})
}

// Kinds are all kinds of meetings of an organisation.
func (c Client) Kinds(ctx context.Context, organization string) ([]Kind, error) {
	return all[Kind](ctx, c, "/event_types", url.Values{"organization": {organization}})
}

// all reads every page of a collection.
func all[T any](ctx context.Context, c Client, path string, query url.Values) (list []T, err error) {
	query.Set("count", strconv.Itoa(AtOnce))
	for range maxPages {
		raw, err := c.ask(ctx, http.MethodGet, path, query, nil)
		if err != nil {
			return nil, err
		}
		some, next, err := page[T](raw)
		if err != nil {
			return nil, err
		}
		if list = append(list, some...); next == "" {
			return list, nil
		}
		query.Set("page_token", next)
	}
	return nil, ErrUnreadable // there is no end to them
}

// Subscribe asks to be told at an address, signed with a key.
func (c Client) Subscribe(ctx context.Context, organization, callback, signingKey string) error {
	_, err := c.ask(ctx, http.MethodPost, "/webhook_subscriptions", nil, map[string]any{"url": callback, "events": told, "organization": organization, "scope": "organization", "signing_key": signingKey})
	return err
}

// Unsubscribe ends a subscription. One that is no more is no error.
func (c Client) Unsubscribe(ctx context.Context, s Subscription) error {
	k := key(s.URI)
	if k == "" {
		return ErrUnreadable
	}
	_, err := c.ask(ctx, http.MethodDelete, "/webhook_subscriptions/"+k, nil, nil)
	var no *Answered
	if errors.As(err, &no) && no.Status == http.StatusNotFound {
		return nil
	}
	return err
}

// Events are a page of an organisation's meetings, the cancelled ones too, from those on that start at a moment, the first first;
// and by what the next page is asked for, empty after the last.
func (c Client) Events(ctx context.Context, organization string, from time.Time, token string) ([]Event, string, error) {
	query := url.Values{"organization": {organization}, "min_start_time": {from.UTC().Format("2006-01-02T15:04:05.000000Z")}, "sort": {"start_time:asc"}, "count": {strconv.Itoa(AtOnce)}}
	if token != "" {
		query.Set("page_token", token)
	}
	raw, err := c.ask(ctx, http.MethodGet, "/scheduled_events", query, nil)
	if err != nil {
		return nil, "", err
	}
	list, next, err := page[Event](raw)
	return slices.DeleteFunc(list, func(e Event) bool { return key(e.URI) == "" || e.Start.IsZero() }), next, err
}

// Guests are a page of those who booked a meeting, and by what the next page is asked for.
func (c Client) Guests(ctx context.Context, e Event, token string) ([]Guest, string, error) {
	query := url.Values{"count": {strconv.Itoa(AtOnce)}}
	if token != "" {
		query.Set("page_token", token)
	}
	raw, err := c.ask(ctx, http.MethodGet, "/scheduled_events/"+key(e.URI)+"/invitees", query, nil)
	if err != nil {
		return nil, "", err
	}
	list, next, err := page[Guest](raw)
	return slices.DeleteFunc(list, func(g Guest) bool { return key(g.URI) == "" }), next, err
}

// page reads a page of a collection, without what in it is nothing of its kind.
func page[T any](raw []byte) (list []T, next string, err error) {
	var p struct {
		Collection []json.RawMessage `json:"collection"`
		Pagination struct {
			Next string `json:"next_page_token"`
		} `json:"pagination"`
	}
	if json.Unmarshal(raw, &p) != nil || p.Collection == nil || len(p.Collection) > AtOnce || len(p.Pagination.Next) > maxToken {
		return nil, "", ErrUnreadable
	}
	for _, one := range p.Collection {
		var t T
		if json.Unmarshal(one, &t) == nil {
			list = append(list, t)
		}
	}
	return list, p.Pagination.Next, nil
}

const maxToken = 1000

var keyed = regexp.MustCompile(`^https://api\.calendly\.com(?:/[a-z_]+/[A-Za-z0-9_-]{1,100})*/[a-z_]+/([A-Za-z0-9_-]{1,100})$`)

// key is that of a thing in the address under which Calendly keeps it, empty when that is no such address.
func key(uri string) string {
	if m := keyed.FindStringSubmatch(uri); m != nil {
		return m[1]
	}
	return ""
}

// ask makes one exchange. It is sent nowhere else: an answer that sends on is a no.
func (c Client) ask(ctx context.Context, method, path string, query url.Values, body any) ([]byte, error) {
	client := *c.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var sent []byte
	if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(sent))
	if err != nil {
		return nil, err
	}
	r.URL.RawQuery = query.Encode()
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("calendly: %s %s: %w", method, group(path), err)
	}
	raw, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("calendly: %s %s: %w", method, group(path), err)
	}
	if resp.StatusCode/100 != 2 {
		return nil, &Answered{What: method + " " + group(path), Status: resp.StatusCode, After: after(resp.Header)}
	}
	return raw, nil
}

// group is what a path asks for, without the keys in it.
func group(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) == 4 { // /scheduled_events/KEY/invitees
		return "/" + parts[1] + "/" + parts[3]
	}
	if parts[1] != "users" && len(parts) == 3 {
		return "/" + parts[1]
	}
	return path
}

// after is how long an answer asks to be left alone, 0 when it does not say in seconds.
func after(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 || seconds > 1_000_000 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
