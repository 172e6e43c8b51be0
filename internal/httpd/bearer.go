package httpd

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"clicarity/internal/flow"
)

// tokenMark begins every token for programs, so that people and scanners for leaked secrets know one when they see it.
const tokenMark = "clc_"

// NewToken makes a token for programs of an organisation: the text to show once, and the hash it is stored under. It names
// the organisation, so that it is looked up inside it and nowhere else.
func NewToken(org flow.ID, random io.Reader) (text string, hash [32]byte, err error) {
	token := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, token); err != nil {
		return "", [32]byte{}, fmt.Errorf("making a token: %w", err)
	}
	return tokenMark + base64.RawURLEncoding.EncodeToString(append(org[:], token...)), sha256.Sum256(token), nil
}

// Bearer reads the token of a request's Authorization header. A Config carries it in Carries.
func Bearer(r *http.Request) (org flow.ID, hash [32]byte, ok bool) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return org, hash, false
	}
	scheme, text, _ := strings.Cut(values[0], " ")
	text, marked := strings.CutPrefix(text, tokenMark)
	if !strings.EqualFold(scheme, "Bearer") || !marked {
		return org, hash, false
	}
	return readCredential(text)
}

// readCredential reads what a session's cookie and a token have in common: the organisation, and 32 random bytes.
func readCredential(text string) (org flow.ID, hash [32]byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != len(org)+tokenBytes {
		return org, hash, false
	}
	copy(org[:], raw)
	return org, sha256.Sum256(raw[len(org):]), true
}
