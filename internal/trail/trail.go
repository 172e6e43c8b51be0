// Package trail is the audit log as a file that proves itself: JSON Lines in which each entry is bound to the one before by
// its hash, and the head of the log is signed. Whoever has the file alone can check it.
//
// The first line says whose log it is and where it begins, each line after it is an entry with its content as it was
// written, the last is the head with the signature. There is one way only to write a line, so that not a byte can differ.
package trail

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"clicarity/internal/flow"
)

// Format names the form of the file.
const Format = "clicarity audit 1"

// Header is the first line.
type Header struct {
	Format       string  `json:"format"`
	Organisation flow.ID `json:"organisation"`
	From         int64   `json:"from"`   // number of the first entry
	Before       Digest  `json:"before"` // the hash of the entry before it, zeroes when it is the first of all
	Program      string  `json:"program"`
}

// Entry is a line of the log.
type Entry struct {
	Seq     int64  `json:"seq"`
	Content string `json:"content"` // what the hash covers, with the number and the hash before
	Hash    Digest `json:"hash"`
}

// head is the last line.
type head struct {
	Head      int64  `json:"head"` // number of the newest entry when the file was made
	Hash      Digest `json:"hash"`
	Key       raw    `json:"key"`
	Signature raw    `json:"signature"`
}

// Digest is a SHA-256 in hexadecimal.
type Digest [sha256.Size]byte

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != 2*len(d) {
		return fmt.Errorf("trail: a hash of %d characters", len(text))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

// raw is bytes in base64.
type raw []byte

// MarshalText implements encoding.TextMarshaler.
func (b raw) MarshalText() ([]byte, error) {
	return []byte(base64.StdEncoding.EncodeToString(b)), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *raw) UnmarshalText(text []byte) (err error) {
	*b, err = base64.StdEncoding.Strict().DecodeString(string(text))
	return err
}

// line is the one way to write a line.
func line(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return buf.Bytes(), err
}

// signed is what the signature covers: the first line and the head, and that it is a file of this kind.
func signed(first []byte, seq int64, hash Digest) []byte {
	return fmt.Appendf(nil, "%s head\n%s%d %x", Format, first, seq, hash)
}

// Key signs the head. Seed it from the installation's master key.
type Key struct{ private ed25519.PrivateKey }

// NewKey is the key of a seed.
func NewKey(seed [ed25519.SeedSize]byte) Key { return Key{ed25519.NewKeyFromSeed(seed[:])} }

// Fingerprint is the short form of the key that people compare.
func (k Key) Fingerprint() string {
	return fingerprint(k.private.Public().(ed25519.PublicKey)) //nolint:errcheck // it is one
}

const groups = 8 // of four hexadecimal digits: 128 bits of the key's SHA-256

func fingerprint(public []byte) string {
	sum := sha256.Sum256(public)
	parts := make([]string, groups)
	for i := range parts {
		parts[i] = hex.EncodeToString(sum[2*i : 2*i+2])
	}
	return strings.Join(parts, "-")
}
