package web

import (
	"crypto/rand"
	"errors"
	"math/big"
	"net/http"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/postgres"
)

// PINs and badges: who says who they are with what at shared devices.

// maxKeyed bounds how many people get a PIN or a badge at once.
const maxKeyed = 100

type floorPeoplePage struct {
	*view
	People []floorRow
	Error  string
	PINs   []newPIN // shown this once
}

type floorRow struct {
	*view
	postgres.FloorMember
	On bool
}

// Since writes the day something was given.
func (v *view) Since(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return v.Date(flow.DateOf(at.In(v.Zone)))
}

type newPIN struct{ Name, PIN string }

// mayKey reports whether a person may give somebody a PIN or a badge: whoever has it works in that member's name, so only
// to those they may give their role and all that these work at.
func mayKey(who flow.Person, m postgres.FloorMember) bool {
	return m.ID == who.Member || m.Role.Below(who.Role) && m.Given.Within(who.Scope)
}

// keyable are the members that a person may give PINs and badges.
func (w *Web) keyable(r *http.Request, who flow.Person) ([]postgres.FloorMember, error) {
	list, err := w.DB.FloorMembers(r.Context(), who.Org, maxPeople)
	return slices.DeleteFunc(list, func(m postgres.FloorMember) bool { return !mayKey(who, m) }), err
}

func (w *Web) floorPeople(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showFloorPeople(rw, r, floorPeoplePage{view: w.view(r, who, "floor_people")}, http.StatusOK)
}

func (w *Web) showFloorPeople(rw http.ResponseWriter, r *http.Request, p floorPeoplePage, status int) error {
	list, err := w.keyable(r, p.Who)
	if err != nil {
		return err
	}
	for _, m := range list {
		p.People = append(p.People, floorRow{p.view, m, slices.Contains(r.PostForm["member"], m.ID.String())})
	}
	return w.render(rw, status, "floorpeople", p)
}

// keyPeople gives PINs or badges to the people that were ticked. Those they had are void.
func (w *Web) keyPeople(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	do := r.PostFormValue("do") // reads the form
	ticked := r.PostForm["member"]
	list, err := w.keyable(r, who)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(m postgres.FloorMember) bool { return !slices.Contains(ticked, m.ID.String()) })
	p := floorPeoplePage{view: w.view(r, who, "floor_people")}
	switch {
	case len(list) == 0:
		p.Error = p.T("floor_none_ticked")
		return w.showFloorPeople(rw, r, p, http.StatusUnprocessableEntity)
	case len(list) > maxKeyed:
		p.Error = p.T("floor_too_many", "n", maxKeyed)
		return w.showFloorPeople(rw, r, p, http.StatusUnprocessableEntity)
	case do == "badges":
		return w.printBadges(rw, r, who, list)
	}
	for _, m := range list {
		pin, err := w.givePIN(r, who, m)
		if err != nil {
			return err
		}
		p.PINs = append(p.PINs, newPIN{m.Name, pin})
	}
	return w.showFloorPeople(rw, r, p, http.StatusOK)
}

// givePIN gives somebody a new PIN.
func (w *Web) givePIN(r *http.Request, who flow.Person, m postgres.FloorMember) (string, error) {
	pin, err := newPINOf(flow.MinPIN)
	if err != nil {
		return "", err
	}
	return pin, w.keepPIN(r, who, m.ID, pin)
}

// newPINOf is a random PIN that is none of those everybody would try.
func newPINOf(digits int) (string, error) {
	for {
		pin := make([]byte, digits)
		for i := range pin {
			n, err := rand.Int(rand.Reader, big.NewInt(10))
			if err != nil {
				return "", err
			}
			pin[i] = '0' + byte(n.Int64())
		}
		if flow.CheckPIN(string(pin)) == nil {
			return string(pin), nil
		}
	}
}

func (w *Web) keepPIN(r *http.Request, who flow.Person, member flow.ID, pin string) error {
	hash, err := w.HashPIN(w.peppered(who.Org, member, pin))
	if err != nil {
		return err
	}
	return w.DB.SetPIN(r.Context(), who.Org, member, hash, w.Now())
}

type badgesPage struct {
	*view
	Badges []printedBadge
}

type printedBadge struct {
	Name string
	QR   *qrPicture
}

// printBadges shows new badges as sheets to print. They are shown this once: only their hashes are kept.
func (w *Web) printBadges(rw http.ResponseWriter, r *http.Request, who flow.Person, list []postgres.FloorMember) error {
	p := badgesPage{view: w.view(r, who, "badges")}
	for _, m := range list {
		b, err := newBadge(rand.Reader)
		if err != nil {
			return err
		}
		if err := w.DB.SetBadge(r.Context(), who.Org, m.ID, b.hash(), w.Now()); err != nil {
			return err
		}
		p.Badges = append(p.Badges, printedBadge{m.Name, newQR(b.String())})
	}
	return w.render(rw, http.StatusOK, "badges", p)
}

type floorPersonPage struct {
	*view
	Person postgres.FloorMember
	PIN    string // a new one, shown this once
	Saved  bool
	Error  string
}

func (w *Web) floorMemberOf(r *http.Request, who flow.Person) (postgres.FloorMember, error) {
	id, err := pathID(r, "member")
	if err != nil {
		return postgres.FloorMember{}, err
	}
	m, err := w.DB.FloorMember(r.Context(), who.Org, id)
	if err == nil && !mayKey(who, m) {
		err = errNotYours
	}
	return m, err
}

func (w *Web) floorPerson(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	m, err := w.floorMemberOf(r, who)
	if err != nil {
		return err
	}
	p := floorPersonPage{view: w.view(r, who, ""), Person: m, Saved: r.FormValue("said") == "saved"}
	p.Title = m.Name
	return w.render(rw, http.StatusOK, "floorperson", p)
}

// keyPerson gives somebody a PIN or takes it or the badge away.
func (w *Web) keyPerson(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	m, err := w.floorMemberOf(r, who)
	if err != nil {
		return err
	}
	p := floorPersonPage{view: w.view(r, who, ""), Person: m}
	p.Title = m.Name
	switch r.PostFormValue("do") {
	case "new_pin":
		if p.PIN, err = w.givePIN(r, who, m); err != nil {
			return err
		}
		p.Person.PIN = w.Now()
		return w.render(rw, http.StatusOK, "floorperson", p)
	case "set_pin":
		pin := digits(r.PostFormValue("pin"))
		if err := flow.CheckPIN(pin); err != nil {
			return w.pinRefused(rw, r, p, err)
		}
		err = w.keepPIN(r, who, m.ID, pin)
	case "no_pin":
		err = w.DB.RemovePIN(r.Context(), who.Org, m.ID)
	case "badge":
		return w.printBadges(rw, r, who, []postgres.FloorMember{m})
	case "no_badge":
		err = w.DB.RemoveBadge(r.Context(), who.Org, m.ID)
	default:
		return httpd.Status(http.StatusBadRequest)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/devices/people/"+m.ID.String()+"?said=saved", http.StatusSeeOther)
	return nil
}

func (w *Web) pinRefused(rw http.ResponseWriter, r *http.Request, p floorPersonPage, err error) error {
	var refusal *flow.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	p.Error = w.sentence(r.Context(), p.view, refusal)
	return w.render(rw, http.StatusUnprocessableEntity, "floorperson", p)
}

// digits is a PIN as it was typed: Devanagari, Gujarati and Tamil digits are digits too.
func digits(typed string) string {
	if len(typed) > maxTyped {
		return ""
	}
	out := make([]rune, 0, len(typed))
	for _, r := range clean(typed) {
		for _, zero := range "०૦௦" {
			if r >= zero && r <= zero+9 {
				r = '0' + r - zero
			}
		}
		out = append(out, r)
	}
	return string(out)
}

type ownPINPage struct {
	*view
	Person postgres.FloorMember
	Error  string
	Saved  bool
}

// ownPINPage is where somebody gives themselves a PIN. There is none for those who do not work on the floor.
func (w *Web) ownPINPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	m, err := w.DB.FloorMember(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	return w.render(rw, http.StatusOK, "ownpin", ownPINPage{view: w.view(r, who, "own_pin"), Person: m, Saved: r.FormValue("said") == "saved"})
}

// ownPIN gives somebody the PIN they chose. It asks for the password, so that an open page is not enough.
func (w *Web) ownPIN(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	m, err := w.DB.FloorMember(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	p := ownPINPage{view: w.view(r, who, "own_pin"), Person: m}
	if !w.tries.Allow(who.Org.String()+who.Member.String(), w.Now()) {
		p.Error = p.T("fail_too_often")
		return w.render(rw, http.StatusTooManyRequests, "ownpin", p)
	}
	hash, err := w.DB.PasswordOf(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	pin := digits(r.PostFormValue("pin"))
	var refusal *flow.Refusal
	switch {
	case !w.CheckPassword(r.PostFormValue("password"), hash):
		p.Error = p.T("own_pin_password")
	case errors.As(flow.CheckPIN(pin), &refusal):
		p.Error = w.sentence(r.Context(), p.view, refusal)
	}
	if p.Error != "" {
		return w.render(rw, http.StatusUnprocessableEntity, "ownpin", p)
	}
	if err := w.keepPIN(r, who, who.Member, pin); err != nil {
		return err
	}
	http.Redirect(rw, r, "/devices/me?said=saved", http.StatusSeeOther)
	return nil
}
