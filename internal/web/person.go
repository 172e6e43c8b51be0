package web

import (
	"errors"
	"net/http"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

type personPage struct {
	*view
	Row       peopleRow
	Scope     *scopeForm // nil: nothing of it is the reader's to change
	Self      bool
	StepsDown bool
	Password  string                // a new one, shown this once
	Armed     bool                  // they have a second factor
	Bad       []postgres.BadAddress // addresses of theirs from which mails come back
	Said      string
	Error     string
}

// memberOf is the member of the path, if the reader knows of them.
func (w *Web) memberOf(r *http.Request, who flow.Person) (postgres.Member, error) {
	id, err := pathID(r, "member")
	if err != nil {
		return postgres.Member{}, err
	}
	m, err := w.DB.Member(r.Context(), who.Org, id)
	if err == nil && !knows(who, m) {
		err = errNotYours
	}
	return m, err
}

func (w *Web) person(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	m, err := w.memberOf(r, who)
	if err != nil {
		return err
	}
	p := personPage{view: w.view(r, who, "")}
	switch r.FormValue("said") {
	case "saved":
		p.Said = p.T("person_saved")
	case "suspended", "let_in", "removed", "disarmed":
		p.Said = p.T("person_" + r.FormValue("said"))
	}
	return w.showPerson(rw, r, p, m, http.StatusOK)
}

func (w *Web) showPerson(rw http.ResponseWriter, r *http.Request, p personPage, m postgres.Member, status int) error {
	h, err := w.house(r, p.Who)
	if err != nil {
		return err
	}
	p.Title, p.Row, p.Self = m.Name, p.row(h, m), m.ID == p.Who.Member
	p.StepsDown = p.Self && m.Role == flow.Owner
	if p.Bad, err = w.DB.BadAddressesOf(r.Context(), p.Who.Org, m.Logins); err != nil {
		return err
	}
	if m.Left.IsZero() && giver(p.Who).Governs(m.Standing()) {
		role, g := m.Role, m.Given
		if status != http.StatusOK {
			role, g = readScope(r, h)
		}
		p.Scope = p.scopeForm(h, role, g)
		f, err := w.DB.Factors(r.Context(), p.Who.Org, m.ID)
		if err != nil && !errors.Is(err, postgres.ErrNotFound) { // a suspended member has none that counts
			return err
		}
		p.Armed = f.Any()
	}
	return w.render(rw, status, "person", p)
}

// changePerson does to somebody what a button of their page says. It takes effect at once.
func (w *Web) changePerson(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	m, err := w.memberOf(r, who)
	if err != nil {
		return err
	}
	p := personPage{view: w.view(r, who, "")}
	said := "saved"
	var do flow.PeopleAction
	switch r.PostFormValue("do") {
	case "password":
		return w.newPassword(rw, r, p, m)
	case "factors":
		return w.dropFactors(rw, r, who, m)
	case "suspend":
		do, said = flow.Suspend, "suspended"
	case "let_in":
		do, said = flow.LetIn, "let_in"
	case "remove":
		do, said = flow.Remove, "removed"
	case "step_down":
		do = flow.StepDown
	default:
		h, err := w.house(r, who)
		if err != nil {
			return err
		}
		role, g, lacks := w.readGift(r, p.view, h)
		if lacks != "" {
			if !giver(who).Governs(m.Standing()) {
				return errNotYours
			}
			p.Error = lacks
			return w.showPerson(rw, r, p, m, http.StatusUnprocessableEntity)
		}
		do = flow.Give(role, g)
	}
	err = w.DB.ChangeMember(r.Context(), who.Org, who.Member, m.ID, w.Now(), do)
	var refusal *flow.Refusal
	if errors.As(err, &refusal) && refusal.Code == flow.LastOwner {
		p.Error = p.T("refusal_last_owner")
		return w.showPerson(rw, r, p, m, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/people/"+m.ID.String()+"?said="+said, http.StatusSeeOther)
	return nil
}

// newPassword gives somebody a first password again, which ends their sessions.
func (w *Web) newPassword(rw http.ResponseWriter, r *http.Request, p personPage, m postgres.Member) error {
	if err := w.DB.ChangeMember(r.Context(), p.Who.Org, p.Who.Member, m.ID, w.Now(), flow.Touch); err != nil {
		return err
	}
	password, hash, err := w.NewPassword()
	if err != nil {
		return err
	}
	if err := w.DB.SetPassword(r.Context(), p.Who.Org, m.ID, hash); err != nil {
		return err
	}
	p.Password = password
	return w.showPerson(rw, r, p, m, http.StatusOK)
}

// dropFactors takes the second step away from somebody who has lost it. They set up another when their role needs one.
func (w *Web) dropFactors(rw http.ResponseWriter, r *http.Request, who flow.Person, m postgres.Member) error {
	err := w.DB.ChangeMember(r.Context(), who.Org, who.Member, m.ID, w.Now(), flow.Touch)
	if err == nil {
		err = w.DB.DropFactors(r.Context(), who.Org, m.ID)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/people/"+m.ID.String()+"?said=disarmed", http.StatusSeeOther)
	return nil
}

type leavePage struct {
	*view
	Error string
}

// leavePage asks somebody who wants to leave the organisation if they mean it.
func (w *Web) leavePage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.render(rw, http.StatusOK, "leave", leavePage{view: w.view(r, who, "leave")})
}

// leave ends somebody's own membership, when they have ticked that they mean it.
func (w *Web) leave(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := leavePage{view: w.view(r, who, "leave")}
	if r.PostFormValue("sure") == "" {
		p.Error = p.T("leave_sure_first")
		return w.render(rw, http.StatusUnprocessableEntity, "leave", p)
	}
	err := w.DB.ChangeMember(r.Context(), who.Org, who.Member, who.Member, w.Now(), flow.Leave)
	var refusal *flow.Refusal
	if errors.As(err, &refusal) && refusal.Code == flow.LastOwner {
		p.Error = p.T("refusal_last_owner")
		return w.render(rw, http.StatusConflict, "leave", p)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/sign-in", http.StatusSeeOther)
	return nil
}
