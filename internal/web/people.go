package web

import (
	"net/http"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// maxPeople bounds the people that are looked through, shownPeople those that are listed, maxPasted the lines that one
// paste may have.
const (
	maxPeople   = 2000
	shownPeople = 200
	maxPasted   = 60

	searchFrom = 8 // people from whom on there is a search
)

type peopleRow struct {
	postgres.Member
	Sees  string // what they see, in words
	State string // suspended or left, empty: in
	Opens bool
}

type newPerson struct {
	Name, Login, Password string
}

type peoplePage struct {
	*view
	People  []peopleRow
	More    bool // there are more than are shown
	Search  bool
	Query   string
	Scope   *scopeForm
	Pasted  string // lines that were not taken
	Error   string
	Added   []newPerson // with their first passwords, shown this once
	Mails   bool
	Open    string // the form that was sent: paste, invite
	Invite  inviteForm
	Invited *invited
	Sent    string // where an invitation was mailed to
	Waiting []invitationRow
}

// standing is what of a person decides whom they may change.
func standing(who flow.Person, g flow.Given) flow.Standing {
	return flow.Standing{Member: who.Member, Role: who.Role, Given: g}
}

// given is what a person was given, read back from their scope.
func given(s flow.Scope) flow.Given {
	g := flow.Given{All: s.All, Mine: !s.Mine.IsZero()}
	for id := range s.Processes {
		g.Processes = append(g.Processes, id)
	}
	for ref := range s.Stages {
		g.Stages = append(g.Stages, ref)
	}
	for id := range s.Vendors {
		g.Vendors = append(g.Vendors, id)
	}
	for site := range s.Sites {
		g.Sites = append(g.Sites, site)
	}
	return g
}

// giver is the reader's standing.
func giver(who flow.Person) flow.Standing { return standing(who, given(who.Scope)) }

// knows reports whether a member shows in somebody's list: all of them for those who have the whole organisation, else
// themselves and those they may change.
func knows(who flow.Person, m postgres.Member) bool {
	return who.Scope.Everything() || m.ID == who.Member || giver(who).Governs(m.Standing())
}

func (w *Web) people(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := peoplePage{view: w.view(r, who, "people"), Query: clean(r.FormValue("q"))}
	if len(p.Query) > flow.MaxText {
		p.Query = ""
	}
	return w.showPeople(rw, r, p, http.StatusOK)
}

func (w *Web) showPeople(rw http.ResponseWriter, r *http.Request, p peoplePage, status int) error {
	h, err := w.house(r, p.Who)
	if err != nil {
		return err
	}
	members, err := w.DB.FindMembers(r.Context(), p.Who.Org, p.Query, maxPeople)
	if err != nil {
		return err
	}
	for _, m := range members {
		if !knows(p.Who, m) {
			continue
		}
		if len(p.People) == shownPeople {
			p.More = true
			break
		}
		p.People = append(p.People, p.row(h, m))
	}
	p.Search = p.Query != "" || len(p.People) >= searchFrom
	role, g := flow.Operator, flow.Given{}
	if r.Method == http.MethodPost && status != http.StatusOK {
		role, g = readScope(r, h)
	}
	p.Scope, p.Mails = p.scopeForm(h, role, g), w.Mails
	if p.Waiting, err = w.waiting(r, p.view, h); err != nil {
		return err
	}
	return w.render(rw, status, "people", p)
}

func (v *view) row(h house, m postgres.Member) peopleRow {
	row := peopleRow{Member: m, Sees: v.scopeWords(h, m.Role, m.Given), Opens: true}
	switch {
	case !m.Left.IsZero():
		row.State = "left"
	case !m.Suspended.IsZero():
		row.State = "suspended"
	}
	return row
}

// Seen says when and on what somebody was last here.
func (p peopleRow) seen(v *view) string {
	if p.Member.Seen.IsZero() {
		return v.T("seen_never")
	}
	return v.T("seen_last", "when", v.When(flow.At(p.Member.Seen)), "on", v.deviceWords(p.Member.SeenOn))
}

// SeenWords says when and on what a row's person was last here.
func (v *view) SeenWords(p peopleRow) string { return p.seen(v) }

// deviceWords names a device in the reader's language.
func (v *view) deviceWords(on string) string {
	kind, rest, _ := strings.Cut(on, " ")
	if v.Has("device_" + kind) {
		return strings.TrimSpace(v.T("device_"+kind) + " " + rest)
	}
	return on
}

// addPeople adds the people of a pasted list, a line each: name, then an e-mail address or a phone number. Lines that
// cannot be taken stay in the form with the reason of the first; the others are added and get a first password.
func (w *Web) addPeople(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := peoplePage{view: w.view(r, who, "people"), Open: "paste"}
	h, err := w.house(r, who)
	if err != nil {
		return err
	}
	m := postgres.Member{Language: p.Lang, Created: w.Now()}
	if m.Role, m.Given, p.Error = w.readGift(r, p.view, h); p.Error != "" {
		p.Pasted = r.PostFormValue("list")
		return w.showPeople(rw, r, p, http.StatusUnprocessableEntity)
	}
	if !giver(who).MayGive(m.Role, m.Given) {
		return errNotYours
	}
	status := http.StatusOK
	var left []string
	for i, line := range pastedLines(r.PostFormValue("list")) {
		added, problem, err := w.addPerson(r, who, m, line, i)
		if err != nil {
			return err
		}
		if problem == "" {
			p.Added = append(p.Added, added)
			continue
		}
		if left = append(left, line); p.Error == "" {
			p.Error, status = p.T(problem, "line", line), http.StatusUnprocessableEntity
		}
	}
	if len(left) == 0 && len(p.Added) == 0 {
		p.Error, status = p.T("people_none"), http.StatusUnprocessableEntity
	}
	p.Pasted = strings.Join(left, "\n")
	return w.showPeople(rw, r, p, status)
}

// readGift reads a role and what it sees, with the sentence that says what is missing.
func (w *Web) readGift(r *http.Request, v *view, h house) (flow.Role, flow.Given, string) {
	role, g := readScope(r, h)
	if role != flow.Owner && !v.Who.Scope.Mine.IsZero() { // nobody hands out more than they have
		g.Mine = true
	}
	says := lacking(role, g)
	if says == "" && role != flow.Owner && len(v.Who.Scope.Sites) > 0 && len(g.Sites) == 0 {
		says = "people_no_site"
	}
	if says != "" {
		says = v.T(says)
	}
	return role, g, says
}

func pastedLines(text string) []string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if line = clean(strings.ReplaceAll(line, "\t", ", ")); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// addPerson adds the person of one line, or says with the key of a phrase why not.
func (w *Web) addPerson(r *http.Request, who flow.Person, m postgres.Member, line string, n int) (added newPerson, problem string, err error) {
	if n >= maxPasted {
		return added, "people_too_many", nil
	}
	cut := strings.LastIndexAny(line, ",;")
	if cut < 0 {
		cut = strings.LastIndexByte(line, ' ')
	}
	if cut < 0 {
		return added, "people_line", nil
	}
	m.Name = clean(strings.Trim(line[:cut], ",; "))
	login := NormalLogin(strings.Trim(line[cut+1:], ",; "))
	if m.Name == "" || len([]rune(m.Name)) > flow.MaxText || len(login) > flow.MaxText || !plausibleLogin(login) {
		return added, "people_line", nil
	}
	password, hash, err := w.NewPassword()
	if err != nil {
		return added, "", err
	}
	m.ID, m.PasswordHash, m.Logins = w.newID(), hash, []string{login}
	switch err := w.DB.AddMember(r.Context(), who.Org, m); {
	case postgres.IsTaken(err):
		return added, "people_taken", nil
	case err != nil:
		return added, "", err
	}
	return newPerson{m.Name, login, password}, "", nil
}

// plausibleLogin reports whether a normal login looks like an e-mail address or a phone number.
func plausibleLogin(login string) bool {
	if strings.Contains(login, "@") {
		return plausibleAddress(login)
	}
	digits, ok := strings.CutPrefix(login, "+")
	return ok && len(digits) >= 8 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}

func plausibleAddress(login string) bool {
	local, domain, ok := strings.Cut(login, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(login, " ,;<>\"") && clean(login) == login
}
