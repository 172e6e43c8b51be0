package trail

import (
	"crypto/ed25519"
	"errors"
	"io"
)

// Writer writes a file line by line: New, Add for every entry in order, Close.
type Writer struct {
	w     io.Writer
	first []byte
	key   Key
}

// New begins a file.
func New(w io.Writer, k Key, h Header) (*Writer, error) {
	h.Format = Format
	first, err := line(h)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(first)
	return &Writer{w, first, k}, err
}

// Add writes an entry.
func (t *Writer) Add(seq int64, content string, hash [32]byte) error {
	return t.put(Entry{seq, content, hash})
}

// Close writes the head of the log and signs it. What was added before must lead to it, or the file says that it was
// tampered with: that is for whoever checks it to find.
func (t *Writer) Close(seq int64, hash [32]byte) error {
	public, ok := t.key.private.Public().(ed25519.PublicKey)
	if !ok {
		return errors.New("trail: not an Ed25519 key")
	}
	return t.put(head{seq, hash, raw(public), ed25519.Sign(t.key.private, signed(t.first, seq, hash))})
}

func (t *Writer) put(v any) error {
	text, err := line(v)
	if err != nil {
		return err
	}
	_, err = t.w.Write(text)
	return err
}
