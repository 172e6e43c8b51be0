package trail

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// sealed is a document of another kind than the log, with the proof of which installation wrote it.
type sealed struct {
	Kind      string          `json:"kind"`
	Document  json.RawMessage `json:"document"`
	Key       raw             `json:"key"`
	Signature raw             `json:"signature"`
}

func sealedText(kind string, document []byte) []byte {
	return fmt.Appendf(nil, "clicarity document %q\n%s", kind, document)
}

// Sign is a document of a kind as a line of JSON that says who wrote it.
func (k Key) Sign(kind string, document any) ([]byte, error) {
	text, err := line(document)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	public, ok := k.private.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("trail: not an Ed25519 key")
	}
	return line(sealed{kind, text, raw(public), ed25519.Sign(k.private, sealedText(kind, text))})
}

// ErrUnsigned says that a document is not what the key in it signed, or is of another kind.
var ErrUnsigned = errors.New("it was edited, or is no such document: its signature is not one of what it says")

// ErrOtherKey says that a document was signed by another installation than the one expected.
var ErrOtherKey = errors.New("it is signed with another key than the one expected: it was not made by that installation")

// maxDocument bounds a document, in bytes.
const maxDocument = 256 << 20

// Read reads a document of a kind that Sign wrote, every byte of it, and gives the fingerprint of the key; with a fingerprint
// expected, it must be that one.
func Read(r io.Reader, kind, expect string, into any) (fingerprintOf string, err error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument))
	if err != nil {
		return "", err
	}
	var s sealed
	if json.Unmarshal(text, &s) != nil || s.Kind != kind || len(s.Key) != ed25519.PublicKeySize {
		return "", ErrUnsigned
	}
	again, err := line(s)
	if err != nil || !bytes.Equal(again, text) || !ed25519.Verify(ed25519.PublicKey(s.Key), sealedText(kind, s.Document), s.Signature) {
		return "", ErrUnsigned
	}
	if err := json.Unmarshal(s.Document, into); err != nil {
		return "", ErrUnsigned
	}
	got := fingerprint(s.Key)
	if expect != "" && plainKey(expect) != plainKey(got) {
		return got, fmt.Errorf("%w (%s)", ErrOtherKey, got)
	}
	return got, nil
}
