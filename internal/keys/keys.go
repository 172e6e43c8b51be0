// Package keys keeps the installation's master key and what is made from it: keys to seal secrets with, to sign links
// with, and the pepper of PINs. Each use has a key of its own, so that one never serves for another.
package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Size is the length of a key in bytes.
const Size = 32

// Keys are made from one master key.
type Keys struct{ master [Size]byte }

// New are the keys of a master key.
func New(master [Size]byte) *Keys { return &Keys{master} }

// ErrWrong says that something was sealed or signed with another key, for another use, or was changed.
var ErrWrong = errors.New("keys: not made with this key, or changed since")

// Derive is the key of one use. The name of the use is part of the key.
func (k *Keys) Derive(use string) [Size]byte {
	key, err := hkdf.Key(sha256.New, k.master[:], nil, "clicarity "+use, Size)
	if err != nil { // only lengths that SHA-256 cannot give fail
		panic(err)
	}
	return [Size]byte(key)
}

// Seal encrypts a secret for a use with AES-256-GCM. What it belongs to (an organisation, a member) is bound to it: it
// opens only with the same.
func (k *Keys) Seal(use, belongs string, secret []byte) ([]byte, error) {
	gcm, err := k.gcm(use)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return gcm.Seal(nonce, nonce, secret, []byte(belongs)), nil
}

// Open is a sealed secret, or ErrWrong.
func (k *Keys) Open(use, belongs string, sealed []byte) ([]byte, error) {
	gcm, err := k.gcm(use)
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize() {
		return nil, ErrWrong
	}
	secret, err := gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], []byte(belongs))
	if err != nil {
		return nil, ErrWrong
	}
	return secret, nil
}

func (k *Keys) gcm(use string) (cipher.AEAD, error) {
	key := k.Derive("seal " + use)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// macSize is how much of the code a token carries: 128 bits.
const macSize = 16

// Sign is a token that carries some bytes and the proof that they were put in it here, for a use.
func (k *Keys) Sign(use string, body []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(append([]byte{}, body...), k.mac(use, body)...))
}

// Read is what a signed token carries, or ErrWrong.
func (k *Keys) Read(use, token string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < macSize {
		return nil, ErrWrong
	}
	body, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, k.mac(use, body)) {
		return nil, ErrWrong
	}
	return body, nil
}

func (k *Keys) mac(use string, body []byte) []byte {
	key := k.Derive("sign " + use)
	h := hmac.New(sha256.New, key[:])
	h.Write(body)
	return h.Sum(nil)[:macSize]
}

// Pseudonym is a number that stands for a text (an address) for a use: always the same one, and nobody without the key finds the
// text by trying texts.
func (k *Keys) Pseudonym(use, text string) [16]byte {
	key := k.Derive("pseudonym " + use)
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte(text))
	return [16]byte(h.Sum(nil)[:16])
}

// Parse reads a master key as it is configured: 32 bytes in base64.
func Parse(text string) (*Keys, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != Size {
		return nil, errors.New("the master key is 32 random bytes in base64, as `openssl rand -base64 32` prints them")
	}
	return New([Size]byte(raw)), nil
}

// File reads the master key in a file, which is made with a new key when it is not there.
func File(name string) (*Keys, error) {
	text, err := os.ReadFile(name) //nolint:gosec // the operator of the service names it
	if errors.Is(err, fs.ErrNotExist) {
		return create(name)
	}
	if err != nil {
		return nil, err
	}
	k, err := Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return k, nil
}

// create writes a new key. When another process is faster, its key counts.
func create(name string) (*Keys, error) {
	var master [Size]byte
	if _, err := rand.Read(master[:]); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return nil, err
	}
	own, err := os.CreateTemp(filepath.Dir(name), ".key-*") // readable by nobody else
	if err != nil {
		return nil, err
	}
	_, err = own.WriteString(base64.StdEncoding.EncodeToString(master[:]) + "\n")
	err = errors.Join(err, own.Sync(), own.Close())
	if err == nil {
		err = os.Link(own.Name(), name) // whole or not at all, and never over another
	}
	err = errors.Join(ignore(err, fs.ErrExist), os.Remove(own.Name()))
	if err != nil {
		return nil, err
	}
	return File(name)
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}
