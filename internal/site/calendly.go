package site

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/calendly"
	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

const (
	// signedFor is how old, or how much ahead, what Calendly signed may be.
	signedFor  = 180 * time.Second
	hookHeader = "Calendly-Webhook-Signature"
)

var errSignature = errors.New("site: not signed by Calendly, or not now")

// verify checks that a body was signed with a key, now.
func verify(key, header string, body []byte, now time.Time) error {
	var at string
	var codes [][]byte
	for _, part := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			at = value
		case "v1":
			if code, err := hex.DecodeString(value); err == nil {
				codes = append(codes, code)
			}
		}
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > signedFor {
		return errSignature
	}
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(at + "."))
	h.Write(body)
	for _, code := range codes {
		if hmac.Equal(code, h.Sum(nil)) {
			return nil
		}
	}
	return errSignature
}

// told is what of Calendly's message is read. Nothing else of it is kept.
type told struct {
	Event   string `json:"event"`
	Payload struct {
		calendly.Guest
		Scheduled struct {
			Start time.Time `json:"start_time"`
			Kind  string    `json:"event_type"`
		} `json:"scheduled_event"`
	} `json:"payload"`
}

// hookPath is where Calendly tells.
const hookPath = "/hooks/calendly"

// hears reports whether the operator wants to be told, and Calendly can be believed.
func (s *Site) hears() bool { return s.Config.Calendly != "" && s.Operator.Calendly != "" }

// What Calendly tells of guests.
const (
	guestCreated  = "invitee.created"
	guestCanceled = "invitee.canceled"
)

// hook takes in what Calendly tells. Until its key is configured there is no such address.
func (s *Site) hook(w http.ResponseWriter, r *http.Request, _ flow.Person) error {
	org, err := s.owner(r.Context())
	if err != nil || !s.hears() || org.IsZero() {
		return orElse(err, httpd.Status(http.StatusNotFound))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	now := s.Now()
	if err := verify(s.Config.Calendly, r.Header.Get(hookHeader), body, now); err != nil {
		return httpd.Status(http.StatusUnauthorized)
	}
	var t told
	if json.Unmarshal(body, &t) != nil {
		return httpd.Status(http.StatusBadRequest)
	}
	demo, err := s.demo(r.Context(), org, t.Payload.Scheduled.Kind)
	if err != nil {
		return err
	}
	k, ok := s.booking(t, now)
	if !ok || !demo { // another kind of event, of no use, or of no concern of the site's
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if _, err := s.DB.Book(r.Context(), org, k); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// demo reports whether a kind of meeting is one that is booked by the site. Where nobody asks Calendly, all of which it tells are.
func (s *Site) demo(ctx context.Context, org flow.ID, kind string) (bool, error) {
	if s.Asked == nil {
		return true, nil
	}
	k, err := s.DB.CalendlyWatch(ctx, org)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return false, err
	}
	return len(k.Kinds) == 0 || slices.Contains(k.Kinds, kind), nil
}

// booking is what is kept of a message.
func (s *Site) booking(t told, now time.Time) (k postgres.Booking, ok bool) {
	p := t.Payload
	created, cancelled := t.Event == guestCreated, t.Event == guestCanceled
	if !created && !cancelled || p.URI == "" || len(p.URI) > 400 || len(p.Old) > 400 || len(p.New) > 400 || p.Scheduled.Start.IsZero() {
		return k, false
	}
	e := postgres.Enquiry{ID: s.newID(), Source: "calendly", Purpose: "demo", Language: "en", Page: "/demo", Notice: noticeVersion, At: now, ReplyBy: replyBy(now), EraseAfter: now.Add(keptFor)}
	e.Name = cut(flow.Clean(p.Name), maxLine)
	if a, err := mail.ParseAddress(p.Email); err == nil && len(a.Address) <= maxEmail {
		e.Email = a.Address
	}
	e.Mark = s.mark(e.Email)
	if number, ok := phone(p.Phone); ok {
		e.Phone = number
	}
	for _, a := range p.Answers {
		answer := cleanLines(a.Answer)
		switch {
		case answer == "":
		case strings.Contains(strings.ToLower(a.Question), "company"):
			e.Company = cut(answer, maxLine)
		default:
			e.Message = cut(strings.TrimSpace(e.Message+"\n"+answer), maxMessage)
		}
	}
	return postgres.Booking{Invitee: p.URI, Old: p.Old, New: p.New, Starts: p.Scheduled.Start, Made: calendly.Moment(p.Created), Cancelled: cancelled, Moved: cancelled && (p.Rescheduled || p.New != ""),
		EraseAfter: e.EraseAfter, Enquiry: e}, true
}

// cut is a text of at most so many letters.
func cut(text string, most int) string {
	letters := []rune(text)
	return string(letters[:min(len(letters), most)])
}

// demoTime is the page with Calendly's calendar in it. Whoever opens it was told that it is Calendly's.
func (s *Site) demoTime(w http.ResponseWriter, r *http.Request, _ flow.Person) error {
	if s.Operator.Calendly == "" {
		return httpd.Status(http.StatusNotFound)
	}
	v := s.view(r, page{name: "time", hidden: true})
	v.Framed = true
	return s.render(w, r, "time", v)
}

// Calendar is the address of Calendly's calendar for a frame in the site.
func (v *view) Calendar() string {
	host := ""
	if u, err := url.Parse(v.s.origin); err == nil {
		host = u.Host
	}
	return v.s.Operator.Calendly + "?" + url.Values{"embed_domain": {host}, "embed_type": {"Inline"}, "hide_gdpr_banner": {"0"}}.Encode()
}
