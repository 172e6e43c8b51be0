package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"time"

	"clicarity/internal/httpd"
)

// Guesses are bounded three ways: by address; by what is guessed at; and, for a device on which somebody has come in
// with that sign-in before, by the device, so that a stranger who uses up an account's tries locks nobody out.

const (
	knownCookie     = "known"
	knownHostCookie = "__Host-known"
	knownUse        = "known device"
	knownLogins     = 24 // sign-ins that a device is known for
	knownFor        = 365 * 24 * time.Hour
	deviceIDSize    = 16
	loginMarkSize   = 8
)

func (w *Web) knownName() string {
	if w.Secure {
		return knownHostCookie
	}
	return knownCookie
}

// loginMark stands for a sign-in in the cookie, which does not say it.
func loginMark(login string) [loginMarkSize]byte {
	sum := sha256.Sum256([]byte("login " + login))
	return [loginMarkSize]byte(sum[:])
}

// knownDevice is the id of the device and the sign-ins it is known for, none when it is new here.
func (w *Web) knownDevice(r *http.Request) (id []byte, logins [][loginMarkSize]byte) {
	c, err := r.Cookie(w.knownName())
	if err != nil {
		return nil, nil
	}
	body, err := w.Keys.Read(knownUse, c.Value)
	if err != nil || len(body) < deviceIDSize || (len(body)-deviceIDSize)%loginMarkSize != 0 {
		return nil, nil
	}
	for rest := body[deviceIDSize:]; len(rest) > 0; rest = rest[loginMarkSize:] {
		logins = append(logins, [loginMarkSize]byte(rest))
	}
	return body[:deviceIDSize], logins
}

// tryName is what the tries at an account are counted under, and whether it is a device that somebody has come in on.
func (w *Web) tryName(r *http.Request, login string) (name string, known bool) {
	if id, logins := w.knownDevice(r); slices.Contains(logins, loginMark(login)) {
		return "device " + hex.EncodeToString(id) + " " + login, true
	}
	return login, false
}

// wait is how long somebody has to wait before they may try at an account again: 0 when they may now, and then the try
// is counted. A known device has tries of its own, however many strangers share its address.
func (w *Web) wait(r *http.Request, login string) time.Duration {
	name, known := w.tryName(r, login)
	if !known {
		if d := w.doors.Wait(httpd.Address(r), w.Now()); d > 0 {
			return d
		}
	}
	return w.tries.Wait(name, w.Now())
}

// honest gives an account its tries back.
func (w *Web) honest(r *http.Request, login string) {
	name, _ := w.tryName(r, login)
	w.tries.Forget(name)
}

// cameIn gives an account its tries back, and makes the device known for the sign-in.
func (w *Web) cameIn(rw http.ResponseWriter, r *http.Request, login string) {
	w.honest(r, login)
	id, logins := w.knownDevice(r)
	if id == nil {
		id = make([]byte, deviceIDSize)
		_, _ = rand.Read(id) //nolint:errcheck // it never fails
	}
	mark := loginMark(login)
	logins = append([][loginMarkSize]byte{mark}, slices.DeleteFunc(logins, func(m [loginMarkSize]byte) bool { return m == mark })...)
	body := slices.Clone(id)
	for _, m := range logins[:min(len(logins), knownLogins)] {
		body = append(body, m[:]...)
	}
	http.SetCookie(rw, &http.Cookie{Name: w.knownName(), Value: w.Keys.Sign(knownUse, body), Path: "/", MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteStrictMode})
}

// tooOften says when to try again, to people and to programs.
func (v *view) tooOften(rw http.ResponseWriter, wait time.Duration) string {
	rw.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
	return v.T("fail_wait", "wait", v.span(wait+time.Minute-time.Second))
}
