package calendlytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Organization is the address under which the account's organisation is kept.
const Organization = "https://api.calendly.com/organizations/ORG"

// API is an account at Calendly that programs ask over HTTP on this machine, with the bounds and refusals of the real one.
type API struct {
	URL   string
	Token string
	Now   func() time.Time
	// Page is the most that a page of an answer has, whatever was asked for; 0: what was asked for.
	Page int

	mu            sync.Mutex
	subscriptions []*Subscription
	made          int
	guests        []*kept
	asked         []string
	answers       []no
	before        func(asked string)
}

// Subscription is one that the account has.
type Subscription struct {
	URI, Callback, State, Key, Scope string
	Retrying                         time.Time
	Events                           []string
}

// kept is a guest as they are kept.
type kept struct {
	Guest
	canceled         bool
	created, updated time.Time
}

// no is an answer that says no, once or always, to what begins so.
type no struct {
	to     string
	status int
	after  string
	times  int // 0: always
}

// StartAPI runs an account until the test ends.
func StartAPI(t testing.TB, now func() time.Time) *API {
	t.Helper()
	a := &API{Token: "pat_made_up", Now: now}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/me", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, resource(map[string]any{"uri": "https://api.calendly.com/users/US", "name": "Meera Joshi", "slug": "clicarity-example", "email": "meera@clicarity.example",
			"scheduling_url": "https://calendly.com/clicarity-example", "timezone": "Asia/Kolkata", "current_organization": Organization}))
	})
	mux.HandleFunc("GET /webhook_subscriptions", a.list)
	mux.HandleFunc("POST /webhook_subscriptions", a.subscribe)
	mux.HandleFunc("DELETE /webhook_subscriptions/{key}", a.unsubscribe)
	mux.HandleFunc("GET /event_types", a.kinds)
	mux.HandleFunc("GET /scheduled_events", a.events)
	mux.HandleFunc("GET /scheduled_events/{key}/invitees", a.invitees)
	server := httptest.NewServer(a.gate(mux))
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// gate notes what is asked, and says no where it is to.
func (a *API) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.Method + " " + r.URL.Path
		a.mu.Lock()
		a.asked = append(a.asked, asked)
		before, token := a.before, a.Token
		answer, is := a.refusal(asked)
		a.mu.Unlock()
		if before != nil {
			before(asked)
		}
		switch {
		case is:
			if answer.after != "" {
				w.Header().Set("Retry-After", answer.after)
			}
			if answer.status/100 == 3 {
				w.Header().Set("Location", "/users/me")
			}
			say(w, answer.status, map[string]any{"title": http.StatusText(answer.status), "message": "as the test wants"})
		case r.Header.Get("Authorization") != "Bearer "+token:
			say(w, http.StatusUnauthorized, map[string]any{"title": "Unauthenticated", "message": "The access token is invalid"})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (a *API) refusal(asked string) (no, bool) {
	for i := range a.answers {
		if n := &a.answers[i]; strings.HasPrefix(asked, n.to) && n.times >= 0 {
			if n.times == 1 {
				n.times = -1
			} else if n.times > 1 {
				n.times--
			}
			return *n, true
		}
	}
	return no{}, false
}

// Refuse answers what begins so with a status, so many times (0: until Accept), with a Retry-After unless that is empty.
func (a *API) Refuse(asked string, status, times int, after string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers = append(a.answers, no{asked, status, after, times})
}

// Accept ends all that Refuse began.
func (a *API) Accept() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers = nil
}

// Before is called with what is asked before it is answered.
func (a *API) Before(f func(asked string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.before = f
}

// Asked is what was asked since the last time, such as GET /users/me.
func (a *API) Asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.asked
	a.asked = nil
	return was
}

// Subscriptions are those there are.
func (a *API) Subscriptions() []Subscription {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]Subscription, 0, len(a.subscriptions))
	for _, s := range a.subscriptions {
		list = append(list, *s)
	}
	return list
}

// Has adds a subscription as somebody made it by hand.
func (a *API) Has(s Subscription) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.made++
	s.URI = fmt.Sprintf("https://api.calendly.com/webhook_subscriptions/S%d", a.made)
	a.subscriptions = append(a.subscriptions, &s)
}

// Becomes puts all subscriptions into a state; retrying since then unless that is zero.
func (a *API) Becomes(state string, retrying time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.subscriptions {
		s.State, s.Retrying = state, retrying
	}
}

// Books keeps a guest who books now, in the place of another when Old says so.
func (a *API) Books(g Guest) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.Now()
	for _, k := range a.guests {
		if k.ID == g.Old {
			k.New, k.canceled, k.updated = g.ID, true, now
		}
	}
	a.guests = append(a.guests, &kept{Guest: g, created: now, updated: now})
}

// Cancels keeps that a guest is not coming.
func (a *API) Cancels(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, k := range a.guests {
		if k.ID == id {
			k.canceled, k.updated = true, a.Now()
		}
	}
}

func resource(of map[string]any) map[string]any { return map[string]any{"resource": of} }

func say(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what) //nolint:errcheck // whoever asked is gone
}

func invalid(w http.ResponseWriter, field string) {
	say(w, http.StatusBadRequest, map[string]any{"title": "Invalid Argument", "message": "The supplied parameters are invalid.", "details": []any{map[string]any{"parameter": field, "message": "is invalid"}}})
}

// page says a page of a list, by the count and the token of the request.
func (a *API) page(w http.ResponseWriter, r *http.Request, all []map[string]any) {
	count, err := strconv.Atoi(r.FormValue("count"))
	if r.FormValue("count") == "" {
		count, err = 20, nil
	}
	if err != nil || count < 1 || count > 100 {
		invalid(w, "count")
		return
	}
	if a.Page > 0 {
		count = min(count, a.Page)
	}
	from := 0
	if token := r.FormValue("page_token"); token != "" {
		if from, err = strconv.Atoi(strings.TrimPrefix(token, "from-")); err != nil || from > len(all) {
			invalid(w, "page_token")
			return
		}
	}
	to := min(from+count, len(all))
	pagination := map[string]any{"count": to - from, "next_page": nil, "previous_page": nil, "next_page_token": nil, "previous_page_token": nil}
	if to < len(all) {
		token := fmt.Sprintf("from-%d", to)
		pagination["next_page_token"], pagination["next_page"] = token, "https://api.calendly.com"+r.URL.Path+"?page_token="+token
	}
	say(w, http.StatusOK, map[string]any{"collection": append([]map[string]any{}, all[from:to]...), "pagination": pagination})
}

func (s *Subscription) shown() map[string]any {
	var retrying any
	if !s.Retrying.IsZero() {
		retrying = stamp(s.Retrying)
	}
	return map[string]any{"uri": s.URI, "callback_url": s.Callback, "state": s.State, "events": s.Events, "scope": s.Scope, "organization": Organization, "user": nil, "retry_started_at": retrying,
		"created_at": "2026-11-01T00:00:00.000000Z", "updated_at": "2026-11-01T00:00:00.000000Z", "creator": "https://api.calendly.com/users/US"}
}

func (a *API) list(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("organization") != Organization || r.FormValue("scope") != "organization" {
		invalid(w, "organization")
		return
	}
	a.mu.Lock()
	var all []map[string]any
	for _, s := range a.subscriptions {
		if s.Scope == "organization" {
			all = append(all, s.shown())
		}
	}
	a.mu.Unlock()
	a.page(w, r, all)
}

func (a *API) subscribe(w http.ResponseWriter, r *http.Request) {
	var asks struct {
		URL          string   `json:"url"`
		Events       []string `json:"events"`
		Organization string   `json:"organization"`
		Scope        string   `json:"scope"`
		Key          string   `json:"signing_key"`
	}
	if json.NewDecoder(r.Body).Decode(&asks) != nil || !strings.HasPrefix(asks.URL, "https://") || asks.Organization != Organization || asks.Scope != "organization" || len(asks.Events) == 0 {
		invalid(w, "url")
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.ContainsFunc(a.subscriptions, func(s *Subscription) bool { return s.Callback == asks.URL }) {
		say(w, http.StatusConflict, map[string]any{"title": "Already Exists", "message": "Hook with this url already exists"})
		return
	}
	a.made++
	s := &Subscription{URI: fmt.Sprintf("https://api.calendly.com/webhook_subscriptions/S%d", a.made), Callback: asks.URL, State: "active", Key: asks.Key, Scope: asks.Scope, Events: asks.Events}
	a.subscriptions = append(a.subscriptions, s)
	say(w, http.StatusCreated, resource(s.shown()))
}

func (a *API) unsubscribe(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := len(a.subscriptions)
	a.subscriptions = slices.DeleteFunc(a.subscriptions, func(s *Subscription) bool { return strings.HasSuffix(s.URI, "/"+r.PathValue("key")) })
	if len(a.subscriptions) == was {
		say(w, http.StatusNotFound, map[string]any{"title": "Resource Not Found", "message": "The server could not find the requested resource."})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) kinds(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("organization") != Organization {
		invalid(w, "organization")
		return
	}
	var all []map[string]any
	for kind, page := range map[string]string{"DEMO": "demo", "INTERVIEW": "interview", "SHORT": "demo-short"} {
		all = append(all, map[string]any{"uri": kindURI(kind), "active": true, "name": kind, "slug": page, "kind": "solo", "scheduling_url": "https://calendly.com/clicarity-example/" + page})
	}
	slices.SortFunc(all, func(x, y map[string]any) int { return strings.Compare(x["slug"].(string), y["slug"].(string)) })
	a.page(w, r, all)
}

func (a *API) events(w http.ResponseWriter, r *http.Request) {
	from, err := time.Parse("2006-01-02T15:04:05.000000Z", r.FormValue("min_start_time"))
	if err != nil || r.FormValue("organization") != Organization || r.FormValue("sort") != "start_time:asc" {
		invalid(w, "min_start_time")
		return
	}
	a.mu.Lock()
	list := slices.Clone(a.guests)
	slices.SortStableFunc(list, func(x, y *kept) int { return x.Starts.Compare(y.Starts) })
	var all []map[string]any
	for _, k := range list {
		if !k.Starts.Before(from) {
			status := "active"
			if k.canceled {
				status = "canceled"
			}
			all = append(all, scheduled(k.Guest, status))
		}
	}
	a.mu.Unlock()
	a.page(w, r, all)
}

func (a *API) invitees(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	var all []map[string]any
	for _, k := range a.guests {
		if "EV"+k.ID == r.PathValue("key") {
			all = append(all, invitee(k.Guest, k.canceled, stamp(k.created), stamp(k.updated)))
		}
	}
	a.mu.Unlock()
	if len(all) == 0 {
		say(w, http.StatusNotFound, map[string]any{"title": "Resource Not Found", "message": "The server could not find the requested resource."})
		return
	}
	a.page(w, r, all)
}
