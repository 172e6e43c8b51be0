package web

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"time"

	"clicarity/internal/factors"
	"clicarity/internal/flow"
	"clicarity/internal/passkeys"
	"clicarity/internal/postgres"
)

// factorPage is where a session waits for the second factor: somebody who has none sets one up here.
type factorPage struct {
	*view
	Error string
	Key   question   // asks one of the passkeys
	App   bool       // an authenticator app can be asked
	Set   *enrolment // to set one up, for those who have none
}

// enrolment is what is needed to set up a second factor.
type enrolment struct {
	QR    *qrPicture
	Typed string // the seed, for people without a camera
	Seed  string // sealed
	New   question
}

func (w *Web) factorPage(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	return w.showFactor(rw, r, who, http.StatusOK, "")
}

// showFactor shows the page of somebody who waits, and sends others away.
func (w *Web) showFactor(rw http.ResponseWriter, r *http.Request, who flow.Person, status int, says string) error {
	if who.Via != flow.ViaPending {
		http.Redirect(rw, r, "/", http.StatusSeeOther)
		return nil
	}
	f, err := w.DB.Factors(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	p := factorPage{view: w.view(r, who, "second_factor"), Error: says, App: f.Seed != nil}
	if f.Any() {
		p.Key, err = w.askFor(who, f)
	} else {
		p.Title = p.T("set_up_factor")
		p.Set, err = w.enrol(r, who, f)
	}
	if err != nil {
		return err
	}
	return w.render(rw, status, "factor", p)
}

// giveFactor takes what somebody shows, or sets up.
func (w *Web) giveFactor(rw http.ResponseWriter, r *http.Request, who flow.Person) error {
	if who.Via != flow.ViaPending {
		http.Redirect(rw, r, "/", http.StatusSeeOther)
		return nil
	}
	if wait := w.wait(r, "factor "+who.Member.String()); wait > 0 {
		return w.showFactor(rw, r, who, http.StatusTooManyRequests, w.view(r, who, "").tooOften(rw, wait))
	}
	f, err := w.DB.Factors(r.Context(), who.Org, who.Member)
	if err != nil {
		return err
	}
	if !f.Any() {
		return w.firstFactor(rw, r, who, f)
	}
	how, says, err := w.shownFactor(r, who, f)
	switch {
	case err != nil:
		return err
	case says != "":
		if err := w.DB.Audit(r.Context(), who.Org, postgres.Event{What: postgres.AuditWrong, ID: who.Member.String(), Detail: map[string]string{"with": how}}); err != nil {
			return err
		}
		return w.showFactor(rw, r, who, http.StatusUnprocessableEntity, w.view(r, who, "").T(says))
	}
	if err := w.complete(rw, r, who, how); err != nil {
		return err
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
	return nil
}

// shownFactor checks what somebody showed: how they did, and the key of a phrase when it was not right.
func (w *Web) shownFactor(r *http.Request, who flow.Person, f postgres.Factors) (how, says string, err error) {
	code := r.PostFormValue("code")
	switch {
	case r.PostFormValue("answer") != "":
		how, says, err = "passkey", "passkey_wrong", w.take(r, holder(who.Org, who.Member, who.Name, who.Name, f.Passkeys), sessionMark("factor", who))
	case factors.IsCode(code) && f.Seed != nil:
		how, says, err = "app", "factor_wrong", w.takeApp(r, who, f, code)
		if errors.Is(err, errTaken) {
			return how, "factor_taken", nil
		}
	default:
		how, says, err = "recovery", "factor_wrong", w.DB.TakeCode(r.Context(), who.Org, who.Member, factors.HashCode(code))
	}
	switch {
	case err == nil:
		return how, "", nil
	case errors.Is(err, passkeys.ErrWrong), errors.Is(err, postgres.ErrNotFound):
		return how, says, nil
	}
	return how, "", err
}

var errTaken = errors.New("web: the code was taken before")

// takeApp takes a code of the member's app, once.
func (w *Web) takeApp(r *http.Request, who flow.Person, f postgres.Factors, code string) error {
	seed, err := w.DB.Open(r.Context(), who.Org, postgres.SeedUse, memberMark(who), f.Seed)
	if err != nil {
		return err
	}
	step, ok := factors.Step(seed, code, w.Now())
	if !ok {
		return postgres.ErrNotFound
	}
	if err := w.DB.TakeStep(r.Context(), who.Org, who.Member, step); errors.Is(err, postgres.ErrNotFound) {
		return errTaken
	} else if err != nil {
		return err
	}
	return nil
}

// complete puts a session with a token of its own in the place of the one that waited.
func (w *Web) complete(rw http.ResponseWriter, r *http.Request, who flow.Person, how string) error {
	s, err := w.newSession(rw, r, who.Org, who.Member, who.Role)
	if err != nil {
		return err
	}
	if err := w.DB.FinishSession(r.Context(), who.Org, who.Session, s); err != nil {
		return err
	}
	w.cameIn(rw, r, "factor "+who.Member.String())
	return w.noteIn(r, who.Org, who.Member, map[string]string{"with": "password", "second": how})
}

const (
	setUpUse = "authenticator set-up"
	setUpFor = 15 * time.Minute
)

func memberMark(who flow.Person) string { return who.Org.String() + " " + who.Member.String() }

// enrol begins the set-up of a second factor. The seed goes through the page, sealed: nothing is kept before its first
// code was right. A seed that the page brought is shown again.
func (w *Web) enrol(r *http.Request, who flow.Person, f postgres.Factors) (*enrolment, error) {
	own, err := w.DB.Own(r.Context(), who.Org, who.Member)
	if err != nil {
		return nil, err
	}
	login := who.Name
	if len(own.Logins) > 0 {
		login = own.Logins[0]
	}
	s := &enrolment{Seed: r.PostFormValue("seed")}
	seed, err := w.seedIn(who, s.Seed)
	if err != nil {
		if seed, err = factors.NewSeed(rand.Reader); err != nil {
			return nil, err
		}
		until := binary.BigEndian.AppendUint64(nil, uint64(w.Now().Add(setUpFor).Unix()))
		sealed, err := w.Keys.Seal(setUpUse, sessionMark("seed", who), append(until, seed...))
		if err != nil {
			return nil, err
		}
		s.Seed = base64.RawURLEncoding.EncodeToString(sealed)
	}
	s.Typed = factors.Typed(seed)
	s.QR = newQR(factors.Address(who.OrgName, login, seed))
	s.New, err = w.askNew(who, login, f)
	return s, err
}

var errOldSeed = errors.New("web: the set-up was begun too long ago, or by somebody else")

// seedIn is the seed that a page brings back.
func (w *Web) seedIn(who flow.Person, text string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, errOldSeed
	}
	body, err := w.Keys.Open(setUpUse, sessionMark("seed", who), sealed)
	if err != nil || len(body) != 8+factors.SeedSize || int64(binary.BigEndian.Uint64(body)) < w.Now().Unix() {
		return nil, errOldSeed
	}
	return body[8:], nil
}

// firstFactor sets up a second factor for somebody who waits because they need one and have none.
func (w *Web) firstFactor(rw http.ResponseWriter, r *http.Request, who flow.Person, f postgres.Factors) error {
	codes, says, err := w.setFactor(r, who, f)
	if err != nil {
		return err
	}
	if says != "" {
		return w.showFactor(rw, r, who, http.StatusUnprocessableEntity, w.view(r, who, "").T(says))
	}
	how := "app"
	if r.PostFormValue("answer") != "" {
		how = "passkey"
	}
	if err := w.complete(rw, r, who, how); err != nil {
		return err
	}
	return w.showCodes(rw, r, who, codes)
}

// setFactor sets up what somebody shows for the first time: an app by its first code, or a passkey. It gives the
// recovery codes that go with it, or the key of a phrase that says what is wrong.
func (w *Web) setFactor(r *http.Request, who flow.Person, f postgres.Factors) (made []string, says string, err error) {
	codes, hashes, err := freshCodes()
	if err != nil {
		return nil, "", err
	}
	if r.PostFormValue("answer") != "" {
		if f.Any() {
			codes, hashes = nil, nil // those they have go on
		}
		err := w.addKey(r, who, f, hashes)
		if errors.Is(err, passkeys.ErrWrong) || errors.Is(err, postgres.ErrNotFound) || postgres.IsTaken(err) {
			return nil, "passkey_not_added", nil
		}
		return codes, "", err
	}
	seed, err := w.seedIn(who, r.PostFormValue("seed"))
	if err != nil {
		return nil, "factor_old_page", nil
	}
	step, ok := factors.Step(seed, r.PostFormValue("code"), w.Now())
	if !ok {
		return nil, "factor_wrong", nil
	}
	sealed, err := w.DB.Seal(r.Context(), who.Org, postgres.SeedUse, memberMark(who), seed)
	if err != nil {
		return nil, "", err
	}
	a := postgres.Authenticator{Seed: sealed, Step: step, Codes: hashes, Session: who.Session, At: w.Now()}
	return codes, "", w.DB.SetAuthenticator(r.Context(), who.Org, who.Member, a)
}

// addKey keeps the new passkey that a browser answered with.
func (w *Web) addKey(r *http.Request, who flow.Person, f postgres.Factors, codes [][32]byte) error {
	state, err := w.answered(sessionMark("new", who), r.PostFormValue("state"))
	if err != nil || w.site == nil {
		return passkeys.ErrWrong
	}
	k, err := w.site.Registered(holder(who.Org, who.Member, who.Name, "", f.Passkeys), state, r.PostFormValue("answer"))
	if err != nil {
		return err
	}
	name := []rune(clean(r.PostFormValue("name")))
	if len(name) == 0 {
		name = []rune(device(r.UserAgent()))
	}
	key := postgres.Passkey{ID: w.newID(), Credential: k.ID, Name: string(name[:min(len(name), flow.MaxText)]), Body: k.Body, Created: w.Now()}
	return w.DB.AddPasskey(r.Context(), who.Org, who.Member, who.Session, key, codes)
}

type codesPage struct {
	*view
	Codes []string
	Next  string
}

// showCodes shows recovery codes, this once.
func (w *Web) showCodes(rw http.ResponseWriter, r *http.Request, who flow.Person, codes []string) error {
	p := codesPage{view: w.view(r, who, "recovery_codes"), Codes: codes, Next: "/account"}
	if who.Via == flow.ViaPending {
		p.Next = "/"
	}
	if len(codes) == 0 {
		http.Redirect(rw, r, p.Next, http.StatusSeeOther)
		return nil
	}
	return w.render(rw, http.StatusOK, "codes", p)
}
