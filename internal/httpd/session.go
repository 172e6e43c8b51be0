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

// SessionLength is how long a sign-in lasts: a working shift.
const SessionLength = 12 * time.Hour

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
	token := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, token); err != nil {
		return [32]byte{}, fmt.Errorf("making a session: %w", err)
	}
	value := base64.RawURLEncoding.EncodeToString(append(org[:], token...))
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(secure), Value: value, Path: "/", MaxAge: int(SessionLength.Seconds()),
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
	return sha256.Sum256(token), nil
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
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(raw) != len(org)+tokenBytes {
		return org, hash, false
	}
	copy(org[:], raw)
	return org, sha256.Sum256(raw[len(org):]), true
}
