package httpd

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"

	"clicarity/internal/flow"
)

// Lifetime is how long a sign-in lasts: at most, and when nothing is asked in it. On the floor it lasts a shift, for
// those who can change more it ends sooner when they leave their desk.
func Lifetime(role flow.Role, via flow.Via) (most, idle time.Duration) {
	switch {
	case via == flow.ViaPending:
		return flow.FactorWithin, flow.FactorWithin
	case via == flow.ViaFloor:
		return 12 * time.Hour, 75 * time.Second // the page itself goes back after 60 s
	case via == flow.ViaTry:
		return time.Hour, 30 * time.Minute
	case via == flow.ViaSupport:
		return 12 * time.Hour, 30 * time.Minute
	case role == flow.Owner || role == flow.Manager:
		return 12 * time.Hour, 4 * time.Hour
	case role == flow.Vendor || role == flow.Viewer:
		return 12 * time.Hour, 8 * time.Hour
	}
	return 12 * time.Hour, 12 * time.Hour
}

// longestSession is how long a browser keeps the cookie; the server ends sessions by itself.
const longestSession = 12 * time.Hour

const (
	tokenBytes  = 32
	plainCookie = "clicarity"
	hostCookie  = "__Host-clicarity" // browsers accept it over HTTPS only, for this host only
)

func cookieName(secure bool) string {
	if secure {
		return hostCookie
	}
	return plainCookie
}

// NewSession makes a session token, sets it as the browser's cookie, and returns the hash it is stored under. The
// cookie names the organisation too, so that the session is looked up inside it and nowhere else.
func NewSession(w http.ResponseWriter, org flow.ID, random io.Reader, secure bool) ([32]byte, error) {
	token, err := newToken(random)
	if err != nil {
		return [32]byte{}, err
	}
	setCookie(w, org, token, secure)
	return sha256.Sum256(token), nil
}

func newToken(random io.Reader) ([]byte, error) {
	token := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, token); err != nil {
		return nil, fmt.Errorf("making a session: %w", err)
	}
	return token, nil
}

func setCookie(w http.ResponseWriter, org flow.ID, token []byte, secure bool) {
	value := base64.RawURLEncoding.EncodeToString(append(org[:], token...))
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(secure), Value: value, Path: "/", MaxAge: int(longestSession.Seconds()),
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
}

// DropSession clears the browser's cookie and returns what it named, if anything.
func DropSession(w http.ResponseWriter, r *http.Request, secure bool) (org flow.ID, hash [32]byte, ok bool) {
	org, hash, ok = readCookie(r, secure)
	http.SetCookie(w, &http.Cookie{Name: cookieName(secure), Path: "/", MaxAge: -1, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode})
	return org, hash, ok
}

func readCookie(r *http.Request, secure bool) (org flow.ID, hash [32]byte, ok bool) {
	c, err := r.Cookie(cookieName(secure))
	if err != nil {
		return org, hash, false
	}
	return readCredential(c.Value)
}
