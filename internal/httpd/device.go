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

// A shared device carries a cookie of its own beside the session's. It names the organisation too, is sent to pages of
// this site only, and says which tablet it is, not who is there. A TV's is another, so that neither opens what is the other's.

const (
	tabletCookie = "clicarity-device"
	tvCookie     = "clicarity-tv"
	deviceFor    = 400 * 24 * time.Hour // the longest that browsers keep a cookie; every look at the tiles begins it anew
)

func deviceCookie(name, value string, secure bool) *http.Cookie {
	if secure {
		name = "__Host-" + name
	}
	age := int(deviceFor.Seconds())
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode}
}

// DeviceToken is what a tablet is known by.
type DeviceToken struct {
	Hash  [32]byte // what it is stored under
	value string
}

// NewDevice makes a device's token.
func NewDevice(org flow.ID, random io.Reader) (DeviceToken, error) {
	token := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, token); err != nil {
		return DeviceToken{}, fmt.Errorf("making a device's token: %w", err)
	}
	return DeviceToken{Hash: sha256.Sum256(token), value: base64.RawURLEncoding.EncodeToString(append(org[:], token...))}, nil
}

// Set makes it the cookie of the tablet.
func (t DeviceToken) Set(w http.ResponseWriter, secure bool) {
	http.SetCookie(w, deviceCookie(tabletCookie, t.value, secure))
}

// SetTV makes it the cookie of the TV.
func (t DeviceToken) SetTV(w http.ResponseWriter, secure bool) {
	http.SetCookie(w, deviceCookie(tvCookie, t.value, secure))
}

// Device is what a request's device cookie names, if it has one.
func Device(r *http.Request, secure bool) (org flow.ID, hash [32]byte, ok bool) {
	return readDevice(r, tabletCookie, secure)
}

// TV is what a request's TV cookie names, if it has one. The zero organisation: it is nobody's yet.
func TV(r *http.Request, secure bool) (org flow.ID, hash [32]byte, ok bool) {
	return readDevice(r, tvCookie, secure)
}

func readDevice(r *http.Request, name string, secure bool) (org flow.ID, hash [32]byte, ok bool) {
	c, err := r.Cookie(deviceCookie(name, "", secure).Name)
	if err != nil {
		return org, hash, false
	}
	return readCredential(c.Value)
}

// KeepDevice lets the tablet keep its cookie for as long again.
func KeepDevice(w http.ResponseWriter, r *http.Request, secure bool) {
	if c, err := r.Cookie(deviceCookie(tabletCookie, "", secure).Name); err == nil {
		http.SetCookie(w, deviceCookie(tabletCookie, c.Value, secure))
	}
}

// KeepTV lets the TV keep its cookie for as long again, as a TV of an organisation.
func KeepTV(w http.ResponseWriter, r *http.Request, org flow.ID, secure bool) {
	c, err := r.Cookie(deviceCookie(tvCookie, "", secure).Name)
	if err != nil {
		return
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(c.Value)
	if err != nil || len(raw) != len(org)+tokenBytes {
		return
	}
	copy(raw, org[:])
	DeviceToken{value: base64.RawURLEncoding.EncodeToString(raw)}.SetTV(w, secure)
}
