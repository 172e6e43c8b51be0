package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/letters"
	"clicarity/internal/postgres"
)

// invitationFor is how long an invitation is good.
const invitationFor = 7 * 24 * time.Hour

type inviteForm struct {
	Name, Mail string
}

// invited is an invitation by link, shown this once.
type invited struct {
	Name, Link string
	QR         *qrPicture
	Until      flow.Moment
}

// invitationRow is an invitation that nobody has used yet.
type invitationRow struct {
	postgres.Invitation
	Sees  string
	Until string
}

// inviteToken is the token of an invitation: the organisation, so that it is looked up inside it, and 256 random bits.
func inviteToken(org flow.ID) (token string, hash [32]byte, err error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return "", hash, err
	}
	return base64.RawURLEncoding.EncodeToString(append(org[:], secret...)), sha256.Sum256(secret), nil
}

// readInvite is what a token names: the organisation and the hash of its secret.
func readInvite(token string) (org flow.ID, hash [32]byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != len(org)+32 {
		return org, hash, false
	}
	copy(org[:], raw)
	return org, sha256.Sum256(raw[len(org):]), true
}

// waiting are the open invitations that the reader could have given.
func (w *Web) waiting(r *http.Request, v *view, h house) ([]invitationRow, error) {
	list, err := w.DB.Invitations(r.Context(), v.Who.Org, w.Now())
	var rows []invitationRow
	for _, i := range list {
		if giver(v.Who).MayGive(i.Role, i.Given) {
			rows = append(rows, invitationRow{i, v.scopeWords(h, i.Role, i.Given), v.When(flow.At(i.Until))})
		}
	}
	return rows, err
}

// invite makes an invitation, by mail or by a link that is shown once.
func (w *Web) invite(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	p := peoplePage{view: w.view(r, who, "people"), Open: "invite", Invite: inviteForm{Name: clean(r.PostFormValue("name")), Mail: strings.TrimSpace(r.PostFormValue("mail"))}}
	h, err := w.house(r, who)
	if err != nil {
		return err
	}
	i := postgres.Invitation{ID: w.newID(), Name: p.Invite.Name, By: who.Member, Made: w.Now(), Until: w.Now().Add(invitationFor)}
	i.Role, i.Given, p.Error = w.readGift(r, p.view, h)
	if p.Invite.Mail != "" {
		i.Login = NormalLogin(p.Invite.Mail)
	}
	open, err := w.DB.Invitations(r.Context(), who.Org, w.Now())
	switch {
	case err != nil:
		return err
	case p.Error != "":
	case len(open) >= postgres.MaxInvitations:
		p.Error = p.T("invite_too_many")
	case len([]rune(i.Name)) > flow.MaxText:
		p.Error = p.T("invite_name_long")
	case i.Login != "" && (len(i.Login) > flow.MaxText || !plausibleAddress(i.Login)):
		p.Error = p.T("invite_no_mail", "mail", p.Invite.Mail)
	}
	if p.Error != "" {
		return w.showPeople(rw, r, p, http.StatusUnprocessableEntity)
	}
	if !giver(who).MayGive(i.Role, i.Given) || i.Login != "" && !w.Mails {
		return errNotYours
	}
	token, hash, err := inviteToken(who.Org)
	if err != nil {
		return err
	}
	i.Token = hash
	link := strings.TrimSuffix(w.URL, "/") + "/join/" + token
	var mail *postgres.Mail
	if i.Login != "" {
		m := postgres.NewMail(i.Login, p.Lang, i.ID.String(), letters.Invitation{Who: who.Name, Organisation: who.OrgName, Role: string(i.Role), Link: link,
			Until: i.Until.In(p.Zone).Format("02-01-2006 15:04")}, i.Made)
		m.Until = i.Until
		mail = &m
	}
	if err := w.DB.AddInvitation(r.Context(), who.Org, i, mail); err != nil {
		return err
	}
	if p.Sent = i.Login; mail == nil {
		p.Invited = &invited{Name: i.Name, Link: link, QR: newQR(link), Until: flow.At(i.Until)}
	}
	p.Invite, p.Open = inviteForm{}, ""
	return w.showPeople(rw, r, p, http.StatusOK)
}

// revoke ends an invitation that the reader could have given.
func (w *Web) revoke(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	id, err := pathID(r, "invitation")
	if err != nil {
		return err
	}
	open, err := w.DB.Invitations(r.Context(), who.Org, w.Now())
	if err != nil {
		return err
	}
	for _, i := range open {
		if i.ID != id || !giver(who).MayGive(i.Role, i.Given) {
			continue
		}
		if err := w.DB.Revoke(r.Context(), who.Org, id, w.Now()); err != nil {
			return err
		}
		http.Redirect(rw, r, "/people", http.StatusSeeOther)
		return nil
	}
	return errNotYours
}
