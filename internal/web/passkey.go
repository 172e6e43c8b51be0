package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/httpd"
	"clicarity/internal/passkeys"
	"clicarity/internal/postgres"
)

// question is what a page asks a passkey.
type question struct {
	Options string // for navigator.credentials, JSON; empty: passkeys are not used here
	State   string // sealed
}

// questionFor is how long a page may stand open before its question is too old.
const questionFor = 15 * time.Minute

const questionUse = "passkey question"

// question seals what is needed to check the answer, for whom it is asked.
func (w *Web) question(belongs string, asked passkeys.Asked) (question, error) {
	until := binary.BigEndian.AppendUint64(nil, uint64(w.Now().Add(questionFor).Unix()))
	sealed, err := w.Keys.Seal(questionUse, belongs, append(until, asked.State...))
	return question{asked.Options, base64.RawURLEncoding.EncodeToString(sealed)}, err
}

// answered opens the state of a question that was asked of the same person, not too long ago.
func (w *Web) answered(belongs, state string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(state)
	if err != nil {
		return nil, passkeys.ErrWrong
	}
	body, err := w.Keys.Open(questionUse, belongs, sealed)
	if err != nil || len(body) < 8 || int64(binary.BigEndian.Uint64(body)) < w.Now().Unix() {
		return nil, passkeys.ErrWrong
	}
	return body[8:], nil
}

// sessionMark binds a question to somebody's session.
func sessionMark(what string, who flow.Person) string {
	return what + " " + who.Org.String() + " " + who.Member.String() + " " + who.Session.String()
}

// holder is somebody with their passkeys. The handle names organisation and member, so that an answer says whose it is.
func holder(org, member flow.ID, name, login string, keys []postgres.Passkey) passkeys.Holder {
	h := passkeys.Holder{Handle: append(append([]byte{}, org[:]...), member[:]...), Name: name, Login: login}
	for _, k := range keys {
		h.Keys = append(h.Keys, passkeys.Key{ID: k.Credential, Body: k.Body})
	}
	return h
}

func (w *Web) askAnybody() (question, error) {
	if w.site == nil {
		return question{}, nil
	}
	asked, err := w.site.AskAnybody()
	if err != nil {
		return question{}, err
	}
	return w.question("sign in", asked)
}

// askFor asks for one of somebody's passkeys as the second factor.
func (w *Web) askFor(who flow.Person, f postgres.Factors) (question, error) {
	if w.site == nil || len(f.Passkeys) == 0 {
		return question{}, nil
	}
	asked, err := w.site.Ask(holder(who.Org, who.Member, who.Name, who.Name, f.Passkeys))
	if err != nil {
		return question{}, err
	}
	return w.question(sessionMark("factor", who), asked)
}

// askNew asks for a new passkey.
func (w *Web) askNew(who flow.Person, login string, f postgres.Factors) (question, error) {
	if w.site == nil || len(f.Passkeys) >= postgres.MaxPasskeys {
		return question{}, nil
	}
	asked, err := w.site.Register(holder(who.Org, who.Member, who.Name+" · "+who.OrgName, login, f.Passkeys))
	if err != nil {
		return question{}, err
	}
	return w.question(sessionMark("new", who), asked)
}

// take checks the answer to a question and takes it, once.
func (w *Web) take(r *http.Request, h passkeys.Holder, belongs string) error {
	state, err := w.answered(belongs, r.PostFormValue("state"))
	if err != nil || w.site == nil {
		return passkeys.ErrWrong
	}
	k, err := w.site.Answered(h, state, r.PostFormValue("answer"))
	if err != nil {
		return err
	}
	org := flow.ID(h.Handle[:16])
	if err := w.DB.TakeAnswer(r.Context(), org, sha256.Sum256(state), w.Now()); err != nil {
		return passkeys.ErrWrong
	}
	return w.DB.UsedPasskey(r.Context(), org, k.ID, k.Body, w.Now())
}

// passkeySignIn lets somebody in by a passkey alone: it is something they have, opened by something they know or are.
func (w *Web) passkeySignIn(rw http.ResponseWriter, r *http.Request, _ flow.Person) error {
	p, err := w.newSignIn(r)
	if err != nil {
		return err
	}
	if wait := w.doors.Wait(httpd.Address(r), w.Now()); wait > 0 {
		p.Error = p.tooOften(rw, wait)
		return w.render(rw, http.StatusTooManyRequests, "signin", p)
	}
	m, org, err := w.whoseKey(r)
	if errors.Is(err, passkeys.ErrWrong) || errors.Is(err, postgres.ErrNotFound) {
		p.Error = p.T("passkey_wrong")
		return w.render(rw, http.StatusUnprocessableEntity, "signin", p)
	}
	if err != nil {
		return err
	}
	if err := w.endCarried(rw, r); err != nil {
		return err
	}
	s, err := w.newSession(rw, r, org, m.ID, m.Role)
	if err != nil {
		return err
	}
	s.Factor = true
	if err := w.DB.AddSession(r.Context(), org, s); err != nil {
		return err
	}
	if err := w.noteIn(r, org, m.ID, map[string]string{"with": "passkey"}); err != nil {
		return err
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
	return nil
}

// whoseKey is the member whose passkey answered.
func (w *Web) whoseKey(r *http.Request) (m postgres.Member, org flow.ID, err error) {
	handle, err := passkeys.Handle(r.PostFormValue("answer"))
	if err != nil || len(handle) != 32 {
		return m, org, passkeys.ErrWrong
	}
	org = flow.ID(handle[:16])
	f, err := w.DB.Factors(r.Context(), org, flow.ID(handle[16:]))
	if err != nil {
		return m, org, err
	}
	if err := w.take(r, holder(org, flow.ID(handle[16:]), "", "", f.Passkeys), "sign in"); err != nil {
		return m, org, err
	}
	m, err = w.DB.Member(r.Context(), org, flow.ID(handle[16:]))
	return m, org, err
}
