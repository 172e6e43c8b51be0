// Package keys keeps the master key of an installation, which wraps all other keys, and what is made from a key: keys to
// seal secrets and files with, to sign links with, and the pepper of PINs. Each use has a key of its own, so that one
// never serves for another.
package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// Size is the length of a key in bytes.
const Size = 32

// Keys are made from one key.
type Keys struct{ master [Size]byte }

// New are the keys of a key.
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

// sealedMark begins what was sealed with a version of an organisation's key, before the number of the version.
const sealedMark = "\x00CK1"

const sealedHead = len(sealedMark) + 4

// Head is how everything begins that is sealed with a version.
func Head(version int) []byte {
	return binary.BigEndian.AppendUint32([]byte(sealedMark), uint32(version)) //nolint:gosec // counts rotations
}

// Version is the version that something was sealed with; false for what has no version.
func Version(sealed []byte) (int, bool) {
	if len(sealed) < sealedHead || string(sealed[:len(sealedMark)]) != sealedMark {
		return 0, false
	}
	return int(binary.BigEndian.Uint32(sealed[len(sealedMark):])), true
}

// SealVersion is Seal by a version of a key that changes: it says which.
func (k *Keys) SealVersion(version int, use, belongs string, secret []byte) ([]byte, error) {
	head := Head(version)
	sealed, err := k.Seal(use, string(head)+belongs, secret)
	return append(head, sealed...), err
}

// OpenVersion opens what SealVersion sealed with this key.
func (k *Keys) OpenVersion(use, belongs string, sealed []byte) ([]byte, error) {
	if len(sealed) < sealedHead {
		return nil, ErrWrong
	}
	return k.Open(use, string(sealed[:sealedHead])+belongs, sealed[sealedHead:])
}
