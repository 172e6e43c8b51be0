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
// this site only, and says which tablet it is, not who is there.

const (
	plainDevice = "clicarity-device"
	hostDevice  = "__Host-clicarity-device"
	deviceFor   = 400 * 24 * time.Hour // the longest that browsers keep a cookie; every look at the tiles begins it anew
)

func deviceCookie(value string, age int, secure bool) *http.Cookie {
	name := plainDevice
	if secure {
		name = hostDevice
	}
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
	http.SetCookie(w, deviceCookie(t.value, int(deviceFor.Seconds()), secure))
}

// Device is what a request's device cookie names, if it has one.
func Device(r *http.Request, secure bool) (org flow.ID, hash [32]byte, ok bool) {
	c, err := r.Cookie(deviceCookie("", 0, secure).Name)
	if err != nil {
		return org, hash, false
	}
	return readCredential(c.Value)
}

// KeepDevice lets the tablet keep its cookie for as long again.
func KeepDevice(w http.ResponseWriter, r *http.Request, secure bool) {
	if c, err := r.Cookie(deviceCookie("", 0, secure).Name); err == nil {
		http.SetCookie(w, deviceCookie(c.Value, int(deviceFor.Seconds()), secure))
	}
}
