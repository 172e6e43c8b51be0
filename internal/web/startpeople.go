package web

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// personLine is a line of a pasted list of people, as it was understood.
type personLine struct {
	Line    string
	Name    string
	Login   string
	Role    flow.Role
	Stages  []string // codes; none for who sees everything
	Where   string   // the stages by name
	All     bool     // no stage was named, so it is all of them
	Problem string   // key of the sentence that says what is wrong
}

// rolesAre the words that say in a list what somebody is; without one they are an operator.
var rolesAre = map[flow.Role][]string{
	flow.Owner:      {"owner", "partner", "director", "proprietor", "मालिक", "पार्टनर", "मालक", "માલિક", "முதலாளி"},
	flow.Manager:    {"manager", "मैनेजर", "प्रबंधक", "व्यवस्थापक", "મેનેજર", "மேலாளர்"},
	flow.Supervisor: {"supervisor", "foreman", "incharge", "in-charge", "सुपरवाइज़र", "सुपरवाइजर", "फोरमैन", "सुपरवायझर", "સુપરવાઇઝર", "மேற்பார்வையாளர்"},
	flow.Viewer:     {"viewer", "दर्शक", "જોનાર", "பார்வையாளர்"},
	flow.Operator:   {"operator", "ऑपरेटर", "ઓપરેટર", "ஆபரேட்டர்"},
}

// roleCalled is the role that a word means, empty for none.
func roleCalled(word string) flow.Role {
	for role, words := range rolesAre {
		if slices.Contains(words, strings.ToLower(word)) {
			return role
		}
	}
	return ""
}

// readPeople reads a list of people, a line each: a name, a phone number or an e-mail address, and where they work, in any
// order after the name and with tabs, commas or semicolons between.
func readPeople(text string, p flow.Process) []personLine {
	var list []personLine
	for _, raw := range strings.Split(text, "\n") {
		line := clean(strings.ReplaceAll(raw, "\t", " , "))
		if line == "" || len(list) == maxPasted {
			continue
		}
		list = append(list, readPerson(strings.ReplaceAll(line, " , ", ", "), p))
	}
	return list
}

func readPerson(line string, p flow.Process) personLine {
	l := personLine{Line: line, Role: flow.Operator}
	pieces := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(",;/&|", r) })
	for _, piece := range pieces {
		piece = clean(piece)
		login := NormalLogin(piece)
		switch {
		case piece == "":
		case l.Login == "" && strings.ContainsAny(piece, "0123456789@") && plausibleLogin(login):
			l.Login = login
		case l.Name == "":
			l.Name = piece
		case roleCalled(piece) != "":
			l.Role = roleCalled(piece)
		default:
			at := stagesCalled(piece, p)
			if len(at) == 0 {
				l.Problem = "start_no_stage"
			}
			l.Stages = append(l.Stages, at...)
		}
	}
	l.settle(p)
	return l
}

func (l *personLine) settle(p flow.Process) {
	switch {
	case l.Name == "" || len([]rune(l.Name)) > flow.MaxText:
		l.Problem = "start_no_name"
	case l.Login == "":
		l.Problem = "start_no_login"
	case l.Problem != "":
	case l.Role == flow.Owner:
		l.Stages = nil
	case len(l.Stages) == 0 && l.Role != flow.Operator:
		l.All = true
	case len(l.Stages) == 0:
		l.All = true
		for _, s := range p.Stages {
			l.Stages = append(l.Stages, s.Code)
		}
	}
	var names []string
	for _, code := range l.Stages {
		if s, ok := p.Stage(code); ok {
			names = append(names, p.Called(s))
		}
	}
	l.Where = strings.Join(names, ", ")
}

// given is what the person of a line sees: a manager everything, a supervisor and a viewer the process, an operator its
// stages, unless the line names stages.
func (l personLine) given(p flow.Process) flow.Given {
	switch {
	case l.All && l.Role == flow.Manager:
		return flow.Given{All: true}
	case l.All && l.Role != flow.Operator:
		return flow.Given{Processes: []flow.ID{p.ID}}
	}
	var g flow.Given
	for _, code := range l.Stages {
		g.Stages = append(g.Stages, flow.StageRef{Process: p.ID, Stage: code})
	}
	return g
}

// stagesCalled are the stages that a word means: of that name, else beginning with it.
func stagesCalled(word string, p flow.Process) []string {
	key := flow.NumberKey(word)
	var exact, begins []string
	for _, s := range p.Stages {
		for _, name := range []string{s.Name, s.Short, p.Called(s)} {
			switch n := flow.NumberKey(name); {
			case n == key:
				exact = append(exact, s.Code)
			case len([]rune(key)) >= 3 && strings.HasPrefix(n, key), slices.Contains(flow.SearchWords(n), strings.ToLower(key)):
				begins = append(begins, s.Code)
			}
		}
	}
	if len(exact) > 0 {
		begins = exact
	}
	slices.Sort(begins)
	return slices.Compact(begins)
}

// hire adds the people of the list with a first password each.
func (w *Web) hire(r *http.Request, who flow.Person, id flow.ID, s setUp, p flow.Process, done *startedPage) error {
	for _, l := range readPeople(s.People, p) {
		if l.Problem != "" {
			done.Left = append(done.Left, l.Line+": "+done.T(l.Problem))
			continue
		}
		password, hash, err := w.NewPassword()
		if err != nil {
			return err
		}
		m := postgres.Member{ID: flow.DerivedID(sha256.Sum256([]byte(id.String() + " " + l.Login))), Name: l.Name, Role: l.Role, Language: done.Lang,
			Logins: []string{l.Login}, PasswordHash: hash, Created: w.Now(), Given: l.given(p)}
		switch err := w.DB.AddMember(r.Context(), who.Org, m); {
		case postgres.IsTaken(err):
			done.Left = append(done.Left, l.Line+": "+done.T("start_taken"))
		case err != nil:
			return err
		default:
			done.Added = append(done.Added, newPerson{l.Name, l.Login, password})
		}
	}
	return nil
}
