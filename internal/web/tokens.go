package web

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// tokenRoutes are the tokens with which an organisation's own programs come in.
func (w *Web) tokenRoutes() []httpd.Route {
	return []httpd.Route{
		{Pattern: "GET /tokens", May: flow.MayTokens, Whole: true, Handler: w.tokens},
		{Pattern: "POST /tokens", May: flow.MayTokens, Whole: true, Handler: w.addToken},
		{Pattern: "POST /tokens/{token}/revoke", May: flow.MayTokens, Whole: true, Closed: true, Handler: w.revokeToken},
		{Pattern: "GET /board/export", May: flow.MayExport, Handler: w.Export},
	}
}

// tokenDays are the times that a token may live, tokenDaysUsual the one to begin with.
var tokenDays = []int{30, 90, 365}

const tokenDaysUsual = 90

// tick is something to choose.
type tick struct {
	Value, Label string
	On           bool
}

type tokenRow struct {
	postgres.Token
	Grants []string // as people read them
	Scope  string
	ByName string
	State  chip
	InUse  bool
}

type tokensPage struct {
	*view
	Tokens    []tokenRow
	Name      string
	Grants    []tick
	All       bool
	Processes []tick
	Sites     []tick
	Days      []tick
	Error     string
	Made      string // the new token, shown this once
	MadeFor   string
	Said      string
}

// View is the page itself, for the rows.
func (p tokensPage) View() *view { return p.view }

// Address is where programs come in.
func (p tokensPage) Address() string { return p.w.URL + "/api/v1" }

const maxTokens = 300 // in the list, those that ended too

func (w *Web) tokens(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := tokensPage{view: w.view(r, who, "tokens")}
	if r.FormValue("said") == "revoked" {
		p.Said = p.T("token_revoked_said")
	}
	return w.showTokens(rw, r, p, http.StatusOK)
}

func (w *Web) showTokens(rw http.ResponseWriter, r *http.Request, p tokensPage, status int) error {
	list, err := w.DB.Tokens(r.Context(), p.Who.Org, maxTokens)
	if err != nil {
		return err
	}
	processes, err := w.DB.Processes(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	sites, err := w.DB.Sites(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	makers := make([]flow.ID, len(list))
	for i, t := range list {
		makers[i] = t.By
	}
	names, err := w.DB.Names(r.Context(), p.Who.Org, makers)
	if err != nil {
		return err
	}
	called := scopeNames(processes, sites)
	for _, t := range list {
		p.Tokens = append(p.Tokens, p.row(t, called, names[t.By]))
	}
	if p.Made == "" {
		p.offer(r, processes, sites)
	}
	return w.render(rw, status, "tokens", p)
}

// scopeNames are what processes and sites are called, by id and code.
func scopeNames(processes []flow.Process, sites []postgres.Site) map[string]string {
	called := map[string]string{}
	for _, p := range processes {
		called[p.ID.String()] = p.Name
	}
	for _, s := range sites {
		called[s.Code] = s.Name
	}
	return called
}

func (p tokensPage) row(t postgres.Token, called map[string]string, by string) tokenRow {
	row := tokenRow{Token: t, ByName: by, Scope: p.scopeText(t.Given, called)}
	for _, g := range t.Grants {
		row.Grants = append(row.Grants, p.T(grantKey(g)))
	}
	switch {
	case !t.Revoked.IsZero():
		row.State = chip{"hold", "✕", p.T("token_revoked")}
	case !t.Until.After(p.Now):
		row.State = chip{"hold", "◔", p.T("token_expired")}
	default:
		row.InUse, row.State = true, chip{"done", "✓", p.T("token_in_use")}
	}
	return row
}

// grantKey is the phrase of a grant.
func grantKey(g flow.Grant) string { return "grant_" + strings.ReplaceAll(string(g), ":", "_") }

func (v *view) scopeText(g flow.Given, called map[string]string) string {
	var names []string
	for _, id := range g.Processes {
		names = append(names, called[id.String()])
	}
	text := strings.Join(names, ", ")
	if g.All {
		text = v.T("token_all")
	}
	if len(g.Sites) == 0 {
		return text
	}
	var sites []string
	for _, code := range g.Sites {
		sites = append(sites, called[code])
	}
	return text + " · " + strings.Join(sites, ", ")
}

// offer fills the form, with what was chosen when it comes back.
func (p *tokensPage) offer(r *http.Request, processes []flow.Process, sites []postgres.Site) {
	chosen := func(name, value string) bool { return slices.Contains(r.PostForm[name], value) }
	for _, g := range flow.Grants() {
		on := chosen("grant", string(g)) || r.Method == http.MethodGet && g == flow.ReadJobs
		p.Grants = append(p.Grants, tick{string(g), p.T(grantKey(g)), on})
	}
	p.All = chosen("all", "yes")
	for _, pr := range processes {
		p.Processes = append(p.Processes, tick{pr.ID.String(), pr.Name, chosen("process", pr.ID.String())})
	}
	for _, s := range sites {
		p.Sites = append(p.Sites, tick{s.Code, s.Name, chosen("site", s.Code)})
	}
	for _, d := range tokenDays {
		text := strconv.Itoa(d)
		on := chosen("days", text) || len(r.PostForm["days"]) == 0 && d == tokenDaysUsual
		p.Days = append(p.Days, tick{text, p.T("token_days", "n", p.Int(d)), on})
	}
}

// addToken makes a token and shows it, this once.
func (w *Web) addToken(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if err := parse(r); err != nil {
		return err
	}
	p := tokensPage{view: w.view(r, who, "tokens"), Name: clean(r.PostFormValue("name"))}
	t, problem, err := w.readToken(r, who, p.Name)
	if err != nil {
		return err
	}
	if problem != "" {
		p.Error = p.T(problem)
		return w.showTokens(rw, r, p, http.StatusUnprocessableEntity)
	}
	text, hash, err := httpd.NewToken(who.Org, rand.Reader)
	if err != nil {
		return err
	}
	t.Hash = hash
	err = w.DB.AddToken(r.Context(), who.Org, t)
	if postgres.IsTaken(err) { // the same form again, whose token was shown already
		p.Error = p.T("token_made_already")
		return w.showTokens(rw, r, p, http.StatusConflict)
	}
	if err != nil {
		says, status, ok := w.explain(r.Context(), p.view, err)
		if !ok {
			return err
		}
		p.Error = says
		return w.showTokens(rw, r, p, status)
	}
	p.Made, p.MadeFor = text, t.Name
	return w.showTokens(rw, r, p, http.StatusOK)
}

// readToken is the token that the form describes, or the phrase of what is wrong with it.
func (w *Web) readToken(r *http.Request, who flow.Person, name string) (t postgres.Token, problem string, err error) {
	command, err := flow.ParseID(r.PostFormValue("command"))
	days, daysErr := strconv.Atoi(r.PostFormValue("days"))
	if err != nil || daysErr != nil || !slices.Contains(tokenDays, days) {
		return t, "", &flow.Refusal{Code: flow.BadCommand}
	}
	now := w.Now()
	t = postgres.Token{ID: command, Member: jobIDFor(command), Name: name, By: who.Member, Created: now, Until: now.Add(time.Duration(days) * 24 * time.Hour)}
	for _, g := range r.PostForm["grant"] {
		if !flow.Grant(g).Known() || slices.Contains(t.Grants, flow.Grant(g)) {
			return t, "", &flow.Refusal{Code: flow.BadCommand}
		}
		t.Grants = append(t.Grants, flow.Grant(g))
	}
	if t.Given, err = w.readScope(r, who); err != nil {
		return t, "", err
	}
	switch {
	case name == "" || len([]rune(name)) > flow.MaxText:
		return t, "token_no_name", nil
	case len(t.Grants) == 0:
		return t, "token_no_grant", nil
	case t.Given.Nothing():
		return t, "token_no_scope", nil
	}
	return t, "", nil
}

// readScope is what was ticked of what there is, and of what the person has.
func (w *Web) readScope(r *http.Request, who flow.Person) (flow.Given, error) {
	processes, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return flow.Given{}, err
	}
	sites, err := w.DB.Sites(r.Context(), who.Org)
	if err != nil {
		return flow.Given{}, err
	}
	g := flow.Given{All: r.PostFormValue("all") == "yes"}
	called := scopeNames(processes, sites)
	for _, text := range r.PostForm["process"] {
		id, err := flow.ParseID(text)
		if err != nil || called[id.String()] == "" {
			return g, errNotYours
		}
		if !g.All {
			g.Processes = append(g.Processes, id)
		}
	}
	for _, code := range r.PostForm["site"] {
		if !slices.ContainsFunc(sites, func(s postgres.Site) bool { return s.Code == code }) {
			return g, errNotYours
		}
		g.Sites = append(g.Sites, code)
	}
	if !g.Within(who.Scope) {
		return g, errNotYours
	}
	return g, nil
}

// revokeToken ends a token. What it did stays.
func (w *Web) revokeToken(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "token")
	if err != nil {
		return err
	}
	if err := w.DB.RevokeToken(r.Context(), who.Org, id, w.Now()); err != nil {
		return err
	}
	http.Redirect(rw, r, "/tokens?said=revoked", http.StatusSeeOther)
	return nil
}

// Ends is the day a token ends, or ended.
func (r tokenRow) Ends(v *view) string { return v.Date(flow.DateOf(r.Until.In(v.Zone))) }

// LastUsed is when the token was used last, in words.
func (r tokenRow) LastUsed(v *view) string {
	if r.Used.IsZero() {
		return v.T("token_never_used")
	}
	return v.T("token_used", "at", v.When(flow.At(r.Used)))
}
