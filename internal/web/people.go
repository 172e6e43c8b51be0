package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// maxPeople bounds the list of people, maxPasted the lines that one paste may have.
const (
	maxPeople = 2000
	maxPasted = 60
)

type peopleRow struct {
	postgres.Member
	Stages []string // names of the stages they work at
}

type newPerson struct {
	Name, Login, Password string
}

type peoplePage struct {
	*view
	People    []peopleRow
	Processes []processStages
	Pasted    string // lines that were not taken
	Error     string
	Added     []newPerson // with their first passwords, shown this once
	Owner     bool
}

// processStages are the stages of a process to tick.
type processStages struct {
	flow.Process
	Ticks []stageTick
}

type stageTick struct {
	flow.Stage
	Value string // process:stage
	On    bool
}

func (w *Web) people(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showPeople(rw, r, peoplePage{view: w.view(r, who, "people")}, http.StatusOK)
}

func (w *Web) showPeople(rw http.ResponseWriter, r *http.Request, p peoplePage, status int) error {
	members, err := w.DB.Members(r.Context(), p.Who.Org, maxPeople)
	if err != nil {
		return err
	}
	processes, err := w.DB.Processes(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	names := map[flow.StageRef]string{}
	for _, proc := range processes {
		for _, s := range slices.Concat(proc.Stages, proc.Retired) {
			names[flow.StageRef{Process: proc.ID, Stage: s.Code}] = proc.Called(flow.Stage{Name: s.Label(), Track: s.Track})
		}
	}
	for _, m := range members {
		row := peopleRow{Member: m}
		for _, ref := range m.Given.Stages {
			if name := names[ref]; name != "" {
				row.Stages = append(row.Stages, name)
			}
		}
		slices.Sort(row.Stages)
		p.People = append(p.People, row)
	}
	p.Processes = ticks(processes, stageRefs(r))
	return w.render(rw, status, "people", p)
}

// ticks are the stages of the processes, those of refs ticked.
func ticks(processes []flow.Process, refs []flow.StageRef) []processStages {
	var list []processStages
	for _, proc := range processes {
		ps := processStages{Process: proc}
		for _, s := range proc.Stages {
			s.Name = proc.Called(s)
			ref := flow.StageRef{Process: proc.ID, Stage: s.Code}
			ps.Ticks = append(ps.Ticks, stageTick{s, proc.ID.String() + ":" + s.Code, slices.Contains(refs, ref)})
		}
		list = append(list, ps)
	}
	return list
}

// stageRefs are the stages that were ticked.
func stageRefs(r *http.Request) []flow.StageRef {
	var refs []flow.StageRef
	for _, value := range r.PostForm["at"] {
		process, stage, _ := strings.Cut(value, ":")
		if id, err := flow.ParseID(process); err == nil && stage != "" && len(refs) < 2000 {
			refs = append(refs, flow.StageRef{Process: id, Stage: stage})
		}
	}
	return refs
}

// real are the refs that name stages of the organisation's processes.
func (w *Web) real(r *http.Request, who flow.Person, refs []flow.StageRef) ([]flow.StageRef, error) {
	processes, err := w.DB.Processes(r.Context(), who.Org)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(refs, func(ref flow.StageRef) bool {
		return !slices.ContainsFunc(processes, func(p flow.Process) bool {
			_, ok := p.Stage(ref.Stage)
			return ok && p.ID == ref.Process
		})
	}), nil
}

// addPeople adds the people of a pasted list, a line each: name, then an e-mail address or a phone number. Lines that
// cannot be taken stay in the form with the reason of the first; the others are added and get a first password.
func (w *Web) addPeople(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := peoplePage{view: w.view(r, who, "people"), Owner: r.PostFormValue("role") == string(flow.Owner)}
	refs, err := w.real(r, who, stageRefs(r))
	if err != nil {
		return err
	}
	m := postgres.Member{Role: flow.Operator, Language: p.Lang, Given: flow.Given{Stages: refs}, Created: w.Now()}
	if p.Owner {
		m.Role, m.Given = flow.Owner, flow.Given{}
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
	rw.Header().Set("Cache-Control", "no-store") // it shows passwords
	return w.showPeople(rw, r, p, status)
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
	switch {
	case m.Name == "" || len([]rune(m.Name)) > flow.MaxText || len(login) > flow.MaxText || !plausibleLogin(login):
		return added, "people_line", nil
	case m.Role == flow.Operator && m.Given.Nothing():
		return added, "people_no_stage", nil
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
	if local, domain, ok := strings.Cut(login, "@"); ok {
		return local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(login, " ,;<>\"")
	}
	digits, ok := strings.CutPrefix(login, "+")
	return ok && len(digits) >= 8 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}

type personPage struct {
	*view
	Person    postgres.Member
	Processes []processStages
	Password  string // a new one, shown this once
	Saved     bool
	Error     string
}

func (w *Web) memberOf(r *http.Request, who flow.Person) (postgres.Member, error) {
	id, err := pathID(r, "member")
	if err != nil {
		return postgres.Member{}, err
	}
	return w.DB.Member(r.Context(), who.Org, id)
}

func (w *Web) person(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	m, err := w.memberOf(r, who)
	if err != nil {
		return err
	}
	return w.showPerson(rw, r, personPage{view: w.view(r, who, ""), Person: m, Saved: r.FormValue("said") == "saved"}, http.StatusOK)
}

func (w *Web) showPerson(rw http.ResponseWriter, r *http.Request, p personPage, status int) error {
	processes, err := w.DB.Processes(r.Context(), p.Who.Org)
	if err != nil {
		return err
	}
	p.Title, p.Processes = p.Person.Name, ticks(processes, p.Person.Given.Stages)
	return w.render(rw, status, "person", p)
}

// changePerson gives somebody other stages, or a new password. Both take effect at once.
func (w *Web) changePerson(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	m, err := w.memberOf(r, who)
	if err != nil {
		return err
	}
	p := personPage{view: w.view(r, who, ""), Person: m}
	if r.PostFormValue("do") == "password" {
		password, hash, err := w.NewPassword()
		if err != nil {
			return err
		}
		if err := w.DB.SetPassword(r.Context(), who.Org, m.ID, hash); err != nil {
			return err
		}
		p.Password = password
		rw.Header().Set("Cache-Control", "no-store")
		return w.showPerson(rw, r, p, http.StatusOK)
	}
	refs, err := w.real(r, who, stageRefs(r))
	if err != nil {
		return err
	}
	if len(refs) == 0 {
		p.Error = p.T("people_no_stage")
		return w.showPerson(rw, r, p, http.StatusUnprocessableEntity)
	}
	if err := w.DB.SetRole(r.Context(), who.Org, m.ID, m.Role, flow.Given{Stages: refs}); err != nil {
		return err
	}
	http.Redirect(rw, r, "/people/"+m.ID.String()+"?said=saved", http.StatusSeeOther)
	return nil
}

// Joined is the day somebody was added.
func (p peoplePage) Joined(at time.Time) string { return p.Date(flow.DateOf(at.In(p.Zone))) }
