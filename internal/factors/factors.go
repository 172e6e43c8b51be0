// Package factors makes and checks what people show beside their password: codes of an authenticator app (RFC 6238)
// and recovery codes.
package factors

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what authenticator apps speak; HMAC does not need collision resistance
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// SeedSize is the length of a seed in bytes: what RFC 4226 recommends for SHA-1.
const SeedSize = 20

const (
	step   = 30 * time.Second
	window = 1 // steps by which the clock of a phone may be off, either way
)

var text = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSeed makes the secret that an app and the server share.
func NewSeed(random io.Reader) ([]byte, error) {
	seed := make([]byte, SeedSize)
	_, err := io.ReadFull(random, seed)
	return seed, err
}

// Typed is a seed for people who type it into their app, in groups of four.
func Typed(seed []byte) string {
	return strings.ReplaceAll(grouped(text.EncodeToString(seed)), "-", " ")
}

// Address is what the QR code of a seed says: which company, whose sign-in, which secret.
func Address(company, login string, seed []byte) string {
	issuer := strings.ReplaceAll("Clicarity "+company, ":", " ")
	return "otpauth://totp/" + url.PathEscape(issuer+":"+strings.ReplaceAll(login, ":", " ")) + "?" +
		"secret=" + text.EncodeToString(seed) + "&issuer=" + url.QueryEscape(issuer)
}

// Code is the code of a seed at a moment.
func Code(seed []byte, at time.Time) string { return code(seed, stepAt(at)) }

func stepAt(at time.Time) int64 { return at.Unix() / int64(step/time.Second) }

func code(seed []byte, n int64) string {
	mac := hmac.New(sha1.New, seed)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[from:])&0x7fffffff%1_000_000)
}

// Step is the step of time whose code somebody typed, if it is now, the one before or the one after. A step must be
// taken once only: the caller remembers the last.
func Step(seed []byte, typed string, now time.Time) (n int64, ok bool) {
	typed = digits(typed)
	at := stepAt(now)
	for i := at - window; i <= at+window; i++ {
		if subtle.ConstantTimeCompare([]byte(code(seed, i)), []byte(typed)) == 1 {
			n, ok = i, true
		}
	}
	return n, ok
}

// IsCode reports whether what was typed looks like a code of an app.
func IsCode(typed string) bool { return len(digits(typed)) == 6 && len(plainCode(typed)) == 6 }

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= '०' && r <= '९':
			return r - '०' + '0'
		}
		return -1
	}, s)
}

// Recovery codes are for the day the phone is lost.
const (
	Codes    = 10
	codeSize = 10 // bytes: 80 bits, too many to guess even from a stolen hash
)

// NewCodes makes recovery codes, as they are shown once.
func NewCodes(random io.Reader) ([]string, error) {
	codes := make([]string, Codes)
	for i := range codes {
		raw := make([]byte, codeSize)
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, err
		}
		codes[i] = grouped(text.EncodeToString(raw))
	}
	return codes, nil
}

// HashCode is what is kept of a recovery code, however it was typed.
func HashCode(typed string) [32]byte { return sha256.Sum256([]byte(plainCode(typed))) }

// plainCode is a code as it is hashed: letters and digits, those that look like letters of the code read as these.
func plainCode(typed string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '2' && r <= '7':
			return r
		case r == '0':
			return 'O'
		case r == '1':
			return 'I'
		case r == '8':
			return 'B'
		case r == ' ', r == '-', r == '\t':
			return -1
		}
		return '?'
	}, strings.TrimSpace(typed))
}

func grouped(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return b.String()
}
