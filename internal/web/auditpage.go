package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
	"clicarity/internal/sheets"
	"clicarity/internal/trail"
)

const (
	auditRows    = 50 // entries on a page
	maxAuditText = 80 // characters of a search
)

// auditRoutes are the audit log, for owners.
func (w *Web) auditRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /audit", May: flow.MayAudit, Whole: true, Handler: w.audit},
		{Pattern: "POST /audit/head", May: flow.MayAudit, Whole: true, Handler: w.sendHeads},
		{Pattern: "GET /audit/export", May: flow.MayAudit, Whole: true, Handler: w.auditExport},
	}
}

// auditGroup is a kind of entries to look for: those of some nouns, and some by themselves.
type auditGroup struct {
	Key   string
	nouns []string
	kinds []string
}

var auditGroups = []auditGroup{
	{"signin", []string{"authenticator", "passkey", "identity_provider"}, []string{postgres.AuditSignIn, postgres.AuditSignOut, postgres.AuditWrong, "reset_asked", "password_reset", "recovery_codes", "session_ended"}},
	{"refused", nil, []string{postgres.AuditRefused}},
	{"people", []string{"member", "login", "invitation", "pin", "badge"}, nil},
	{"setup", []string{"process", "calendar", "words", "vendor", "site", "organisation", "device", "tv", "closure"}, []string{postgres.AuditTVCode}},
	{"export", []string{"head_mail"}, []string{postgres.AuditExport}},
	{"link", []string{"link", "token"}, []string{postgres.AuditLink}},
	{"privacy", []string{"breach", "breach_step", "access_review"}, nil},
	{"support", []string{"support_grant"}, []string{postgres.AuditRead}},
}

// all are the kinds of a group as entries name them.
func (g auditGroup) all() []string {
	list := slices.Clone(g.kinds)
	for _, noun := range g.nouns {
		for _, done := range auditDone {
			list = append(list, noun+"_"+done)
		}
	}
	return list
}

// auditDone is what can be done to what an entry names by a noun.
var auditDone = []string{"added", "changed", "removed"}

type auditPage struct {
	*view
	Person, Kind, From, To, Text string // as they were asked for
	People                       []postgres.Member
	Rows                         []auditRow
	More                         string // address of what is older
	Short                        bool   // the page ends early: what it looked through had no more
	Error                        string
	Fingerprint                  string
	Mails                        bool   // whether mails can be sent at all
	Heads                        bool   // whether the head is sent to the reader each day
	Address                      string // where to, empty when they have no address
	Said                         string
}

// Groups are the kinds of entries to choose from.
func (auditPage) Groups() []auditGroup { return auditGroups }

// audit shows the log, the newest first.
func (w *Web) audit(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := auditPage{view: w.view(r, who, "audit"), Person: r.FormValue("person"), Kind: r.FormValue("kind"),
		From: clean(r.FormValue("since")), To: clean(r.FormValue("until")), Text: clean(r.FormValue("text")), Fingerprint: w.trailKey().Fingerprint()}
	if said := r.FormValue("said"); said == "heads_on" || said == "heads_off" {
		p.Said = p.T("audit_" + said)
	}
	q, problem := p.query(r)
	if problem != "" {
		p.Error = problem
		return w.showAudit(rw, r, p, http.StatusUnprocessableEntity)
	}
	page, err := w.DB.AuditLog(r.Context(), who.Org, q)
	if err != nil {
		return err
	}
	if p.Rows, err = w.auditRows(r, p.view, page.Entries); err != nil {
		return err
	}
	if page.Next != nil {
		p.More, p.Short = p.older(*page.Next), len(page.Entries) < auditRows
	}
	return w.showAudit(rw, r, p, http.StatusOK)
}

func (w *Web) showAudit(rw http.ResponseWriter, r *http.Request, p auditPage, status int) error {
	var err error
	p.Mails = w.Mails
	if p.Heads, p.Address, err = w.DB.Heads(r.Context(), p.Who.Org, p.Who.Member); err != nil {
		return err
	}
	if p.People, err = w.DB.Members(r.Context(), p.Who.Org, maxPeople); err != nil {
		return err
	}
	if id, wrong := flow.ParseID(p.Person); wrong == nil && !slices.ContainsFunc(p.People, func(m postgres.Member) bool { return m.ID == id }) {
		names, err := w.DB.Names(r.Context(), p.Who.Org, []flow.ID{id}) // support is not among the people
		if err != nil {
			return err
		}
		if names[id] != "" {
			p.People = append(p.People, postgres.Member{ID: id, Name: names[id]})
		}
	}
	return w.render(rw, status, "audit", p)
}

// query is what was asked for, or what is wrong with it in words.
func (p *auditPage) query(r *http.Request) (q postgres.AuditQuery, problem string) {
	q = postgres.AuditQuery{Limit: auditRows, Text: p.Text}
	if len([]rune(p.Text)) > maxAuditText {
		return q, p.T("audit_text_long", "n", maxAuditText)
	}
	q.Member, _ = flow.ParseID(p.Person) // anybody
	for _, g := range auditGroups {
		if g.Key == p.Kind {
			q.Kinds = g.all()
		}
	}
	for _, day := range []struct {
		typed *string
		at    *time.Time
		add   int
	}{{&p.From, &q.From, 0}, {&p.To, &q.To, 1}} {
		if *day.typed == "" {
			continue
		}
		d, err := sheets.Date(*day.typed, p.Now)
		if err != nil {
			return q, p.T("audit_day_wrong", "value", *day.typed)
		}
		*day.at = time.Date(d.Year(), d.Month(), d.Day()+day.add, 0, 0, 0, 0, p.Zone)
	}
	if micro, err := strconv.ParseInt(r.FormValue("at"), 10, 64); err == nil && micro > 0 && micro < int64(flow.At(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))) {
		q.Before.At = flow.Moment(micro).Time()
		q.Before.Seq, _ = strconv.ParseInt(r.FormValue("seq"), 10, 64) // from the beginning of the moment
	}
	return q, ""
}

// older is the address of what is before a place.
func (p *auditPage) older(at postgres.AuditPlace) string {
	q := url.Values{"at": {strconv.FormatInt(int64(flow.At(at.At)), 10)}, "seq": {strconv.FormatInt(at.Seq, 10)}}
	for name, value := range map[string]string{"person": p.Person, "kind": p.Kind, "since": p.From, "until": p.To, "text": p.Text} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/audit?" + q.Encode()
}

// auditRow is an entry as people read it.
type auditRow struct {
	Seq     int64
	Kind    string
	At      flow.Moment
	When    string
	Says    string
	Link    string // to what it is about, when there is a page of it
	Details []auditDetail
	On      string // the device and how they came in
}

type auditDetail struct{ Name, Says string }

// auditRows are entries with everything in them called by its present name.
func (w *Web) auditRows(r *http.Request, v *view, entries []postgres.Entry) ([]auditRow, error) {
	notes := make([]postgres.Noted, len(entries))
	var ids []flow.ID
	for i, e := range entries {
		n, err := e.Noted()
		if err != nil {
			n = postgres.Noted{What: e.What, At: e.At, Member: e.Member} // somebody broke it: it is shown as far as it can be
		}
		notes[i], ids = n, append(append(ids, n.Member), idsIn(n)...)
	}
	slices.SortFunc(ids, func(a, b flow.ID) int { return slices.Compare(a[:], b[:]) })
	things, err := w.DB.Called(r.Context(), v.Who.Org, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	s := auditSpeech{v, things}
	rows := make([]auditRow, len(entries))
	for i, n := range notes {
		rows[i] = s.row(n)
		rows[i].Seq = entries[i].Seq
	}
	return rows, nil
}

// idsIn are the ids that an entry names beside its author.
func idsIn(n postgres.Noted) (ids []flow.ID) {
	texts := []string{n.ID}
	for _, raw := range n.Detail {
		was, is := change(raw)
		texts = append(texts, was, is)
	}
	for _, text := range texts {
		if id, err := flow.ParseID(text); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// change is what a value was and is; what it was is empty when only its value is told.
func change(raw json.RawMessage) (was, is string) {
	var both struct{ Was, Is json.RawMessage }
	if json.Unmarshal(raw, &both) == nil && both.Is != nil {
		return plainValue(both.Was), plainValue(both.Is)
	}
	if json.Unmarshal(raw, &both) == nil && both.Was != nil { // what it is was null, which is not stored
		return plainValue(both.Was), ""
	}
	return "", plainValue(raw)
}

func plainValue(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	if s := strings.TrimSpace(string(raw)); s != "null" {
		return s
	}
	return ""
}

// trailKey signs the exported log.
func (w *Web) trailKey() trail.Key { return trail.NewKey(w.Keys.Derive("audit")) }
