package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// supportRoutes are how an owner lets support look, and how support opens what it was given.
func (w *Web) supportRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /support", May: flow.MayGovern, Whole: true, Handler: w.support},
		{Pattern: "POST /support", May: flow.MayGovern, Whole: true, Handler: w.grantSupport},
		{Pattern: "POST /support/end", May: flow.MayGovern, Whole: true, Closed: true, Handler: w.endSupport},
		{Pattern: "GET /support/{token}", May: flow.Anybody, Handler: w.supportLink},
		{Pattern: "POST /support/{token}", May: flow.Anybody, Handler: w.openSupport},
	}
}

const (
	grantsShown   = 20
	maxGrantHours = 72
	maxSupporter  = 60 // characters of a name
	grantToken    = 32 // bytes of the secret in a link
)

// grantHours are the times that are offered.
var grantHours = []int{1, 2, 4, 8, 24, 48, 72}

type supportPage struct {
	*view
	Reason    string
	Help      bool
	All       bool
	Hours     int
	Processes []processTick
	Grants    []grantRow
	More      string
	Link      string // of the grant just made, shown this once
	Error     string
	Said      string
}

type processTick struct {
	flow.Process
	On bool
}

// Times are the hours that are offered.
func (supportPage) Times() []int { return grantHours }

// grantRow is a grant as owners see it.
type grantRow struct {
	v *view
	postgres.Grant
	ByName, Name, EndedByName string
	Rows                      []auditRow
	Scope                     []string // names of the processes, none: all
}

// State says how the grant stands.
func (g grantRow) State() string {
	switch {
	case !g.Ended.IsZero():
		return "ended"
	case !g.Active(g.v.Now):
		return "over"
	case g.Member.IsZero():
		return "waits"
	}
	return "open"
}

// Moment is a time as pages write it.
func (g grantRow) Moment(t time.Time) string { return g.v.When(flow.At(t)) }

// AllReads is where everything is that support asked for under the grant.
func (g grantRow) AllReads() string { return "/audit?kind=support&person=" + g.Member.String() }

// More reports whether there may be more reads than are shown.
func (g grantRow) More() bool { return len(g.Rows) == postgres.ReadsShown }

func (w *Web) support(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := supportPage{view: w.view(r, who, "support"), All: true, Hours: grantHours[1]}
	if r.FormValue("said") == "ended" {
		p.Said = p.T("support_ended")
	}
	return w.showSupport(rw, r, p, nil, http.StatusOK)
}

func (w *Web) showSupport(rw http.ResponseWriter, r *http.Request, p supportPage, chosen []flow.ID, status int) error {
	processes, err := w.DB.Processes(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	names := map[flow.ID]string{}
	for _, proc := range processes {
		names[proc.ID] = proc.Name
		p.Processes = append(p.Processes, processTick{proc, slices.Contains(chosen, proc.ID)})
	}
	before, _ := flow.ParseID(r.URL.Query().Get("before")) // from the newest
	grants, err := w.DB.Grants(r.Context(), p.Who.Org, before, grantsShown+1)
	if err != nil {
		return err
	}
	if len(grants) > grantsShown {
		grants = grants[:grantsShown]
		p.More = "/support?before=" + grants[grantsShown-1].ID.String()
	}
	if p.Grants, err = w.grantRows(r, p.view, grants, names); err != nil {
		return err
	}
	return w.render(rw, status, "support", p)
}

func (w *Web) grantRows(r *http.Request, v *view, grants []postgres.Grant, processes map[flow.ID]string) ([]grantRow, error) {
	var ids []flow.ID
	var reads []postgres.Entry
	for _, g := range grants {
		ids = append(ids, g.By, g.Member, g.EndedBy)
		reads = append(reads, g.Reads...)
	}
	names, err := w.DB.Names(r.Context(), v.Who.Org, ids)
	if err != nil {
		return nil, err
	}
	says, err := w.auditRows(r, v, reads)
	if err != nil {
		return nil, err
	}
	rows := make([]grantRow, len(grants))
	for i, g := range grants {
		rows[i] = grantRow{v: v, Grant: g, ByName: names[g.By], Name: names[g.Member], EndedByName: names[g.EndedBy], Rows: says[:len(g.Reads)]}
		says = says[len(g.Reads):]
		for _, id := range g.Given.Processes {
			rows[i].Scope = append(rows[i].Scope, processes[id])
		}
	}
	return rows, nil
}

// grantSupport lets support look. The link is shown once, to be handed over.
func (w *Web) grantSupport(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := flow.ParseID(r.PostFormValue("command"))
	if err != nil {
		return &flow.Refusal{Code: flow.BadCommand}
	}
	p := supportPage{view: w.view(r, who, "support"), Reason: clean(r.PostFormValue("reason")), Help: r.PostFormValue("what") == "help", All: r.PostFormValue("all") == "yes"}
	p.Hours, _ = strconv.Atoi(r.PostFormValue("hours")) // 0 is refused
	chosen, err := w.ownProcesses(r, who, r.PostForm["process"])
	if err != nil {
		return err
	}
	if p.Error = p.wrong(chosen); p.Error != "" {
		return w.showSupport(rw, r, p, chosen, http.StatusUnprocessableEntity)
	}
	g := postgres.Grant{ID: id, Reason: p.Reason, Help: p.Help, Given: flow.Given{All: p.All}, By: who.Member, At: w.Now(), Until: w.Now().Add(time.Duration(p.Hours) * time.Hour)}
	if !p.All {
		g.Given.Processes = chosen
	}
	link, hash, err := newGrantLink(who.Org)
	if err != nil {
		return err
	}
	switch err := w.DB.AddGrant(r.Context(), who.Org, g, hash); {
	case postgres.GrantedBefore(err):
		p.Error = p.T("support_granted_before")
		return w.showSupport(rw, r, p, chosen, http.StatusConflict)
	case err != nil:
		return err
	}
	fresh := supportPage{view: p.view, All: true, Hours: grantHours[1], Link: w.URL + "/support/" + link}
	fresh.Who.Supported = max(fresh.Who.Supported, flow.At(g.Until))
	return w.showSupport(rw, r, fresh, nil, http.StatusOK)
}

// wrong says what is wrong with what was typed, empty when nothing is.
func (p *supportPage) wrong(chosen []flow.ID) string {
	switch {
	case p.Reason == "":
		return p.T("support_no_reason")
	case len([]rune(p.Reason)) > flow.MaxNote:
		return p.T("support_reason_long", "n", flow.MaxNote)
	case !p.All && len(chosen) == 0:
		return p.T("support_no_process")
	case p.Hours < 1 || p.Hours > maxGrantHours:
		return p.T("support_hours", "n", maxGrantHours)
	}
	return ""
}

// ownProcesses are those ids among some texts that name processes of the organisation.
func (w *Web) ownProcesses(r *http.Request, who flow.Person, texts []string) ([]flow.ID, error) {
	processes, err := w.DB.Processes(r.Context(), who.Org)
	var ids []flow.ID
	for _, p := range processes {
		if slices.Contains(texts, p.ID.String()) {
			ids = append(ids, p.ID)
		}
	}
	return ids, err
}

// endSupport ends a grant, or all of them, at once.
func (w *Web) endSupport(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	var grant flow.ID // all
	if text := r.PostFormValue("grant"); text != "" {
		id, err := flow.ParseID(text)
		if err != nil {
			return postgres.ErrNotFound
		}
		grant = id
	}
	if _, err := w.DB.EndGrants(r.Context(), who.Org, grant, who.Member, w.Now()); err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return err // one that is over already is what was asked for
	}
	http.Redirect(rw, r, "/support?said=ended", http.StatusSeeOther)
	return nil
}

// newGrantLink makes the secret part of a link, and the digest it is kept by. It names the organisation, inside which it is
// looked up, and nowhere else.
func newGrantLink(org flow.ID) (link string, hash [32]byte, err error) {
	secret := make([]byte, grantToken)
	if _, err := rand.Read(secret); err != nil {
		return "", hash, err
	}
	return base64.RawURLEncoding.EncodeToString(append(org[:], secret...)), sha256.Sum256(secret), nil
}

// readGrantLink is the organisation and the digest that a link names.
func readGrantLink(link string) (org flow.ID, hash [32]byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(link)
	if err != nil || len(raw) != len(org)+grantToken {
		return org, hash, false
	}
	copy(org[:], raw)
	return org, sha256.Sum256(raw[len(org):]), true
}
