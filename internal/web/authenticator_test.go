package web_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// authenticator is a passkey in software: one key for one site.
type authenticator struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte
	count  uint32
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	return &authenticator{t: t, key: key, id: id}
}

const siteOrigin = "http://clicarity.example"

// asked is the form of a page that carries a question to a passkey.
type askedForm struct {
	options struct {
		Challenge string
		RPID      string `json:"rpId"`
		RP        struct{ ID string }
		User      struct{ ID string }
	}
	state string
}

var passkeyForm = regexp.MustCompile(`(?s)data-passkey="(\w+)" data-options="([^"]*)".*?name="state" value="([^"]*)"`)

// asks is the question on the page the browser is at.
func (b *browser) asks(kind string) askedForm {
	b.t.Helper()
	for _, m := range passkeyForm.FindAllStringSubmatch(b.body, -1) {
		if m[1] != kind {
			continue
		}
		var f askedForm
		if err := json.Unmarshal([]byte(html.UnescapeString(m[2])), &f.options); err != nil {
			b.t.Fatal(err)
		}
		f.state = m[3]
		return f
	}
	b.t.Fatalf("%s asks for no passkey (%s)", b.at, kind)
	return askedForm{}
}

var b64 = base64.RawURLEncoding

func (a *authenticator) data(flags byte, more []byte) []byte {
	site := sha256.Sum256([]byte("clicarity.example"))
	a.count++
	out := append(site[:], flags)
	return append(binary.BigEndian.AppendUint32(out, a.count), more...)
}

func client(kind, challenge, origin string) []byte {
	out, err := json.Marshal(map[string]any{"type": "webauthn." + kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
	if err != nil {
		panic(err)
	}
	return out
}

// register answers a question for a new passkey.
func (a *authenticator) register(f askedForm, origin string) url.Values {
	a.t.Helper()
	var err error
	if a.handle, err = b64.DecodeString(f.options.User.ID); err != nil {
		a.t.Fatal(err)
	}
	public, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	x, y := public[1:33], public[33:]
	cose := append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, x...)
	cose = append(append(cose, 0x22, 0x58, 32), y...)
	more := append(make([]byte, 16), 0, byte(len(a.id)))
	data := a.data(0x45, append(append(more, a.id...), cose...)) // present, verified, with a key
	attestation := append([]byte{0xa3, 0x63}, "fmt"...)
	attestation = append(append(attestation, 0x64), "none"...)
	attestation = append(append(attestation, 0x67), "attStmt"...)
	attestation = append(append(attestation, 0xa0, 0x68), "authData"...)
	attestation = append(append(attestation, 0x58, byte(len(data))), data...)
	return a.answer(f, map[string]any{"clientDataJSON": b64.EncodeToString(client("create", f.options.Challenge, origin)), "attestationObject": b64.EncodeToString(attestation)})
}

// sign answers a question with the passkey.
func (a *authenticator) sign(f askedForm, origin string) url.Values {
	a.t.Helper()
	data, said := a.data(0x05, nil), client("get", f.options.Challenge, origin)
	sum := sha256.Sum256(said)
	digest := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(f, map[string]any{"clientDataJSON": b64.EncodeToString(said), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(a.handle)})
}

func (a *authenticator) answer(f askedForm, response map[string]any) url.Values {
	a.t.Helper()
	id := b64.EncodeToString(a.id)
	text, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	if err != nil {
		a.t.Fatal(err)
	}
	return url.Values{"state": {f.state}, "answer": {string(text)}}
}

var hiddenSeed = regexp.MustCompile(`name="seed" value="([^"]*)"`)

var typedSeed = regexp.MustCompile(`seed">([A-Z2-7 ]+)<`)

// seed is what the page says to type into an app, and what it hides in the form.
func (b *browser) seed() (typed, hidden string) {
	b.t.Helper()
	t, h := typedSeed.FindStringSubmatch(b.body), hiddenSeed.FindStringSubmatch(b.body)
	if t == nil || h == nil {
		b.t.Fatalf("%s has no seed:\n%s", b.at, plain(b.body))
	}
	return strings.ReplaceAll(t[1], " ", ""), h[1]
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
