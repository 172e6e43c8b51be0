package trail

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"clicarity/internal/flow"
)

// Checked is what a sound file holds.
type Checked struct {
	Header
	Entries     int64
	Head        int64
	Fingerprint string // of the key that signed it
}

// Fault is the first thing that is wrong with a file.
type Fault struct {
	Line int64
	Says string
}

func (f *Fault) Error() string { return fmt.Sprintf("line %d: %s", f.Line, f.Says) }

// maxLine bounds a line, in bytes: a file from elsewhere must not fill the memory.
const maxLine = 8 << 20

// Check reads a whole file and checks it: every entry, that none is missing, added or in another place, that the log ends at
// the head, and that the head is signed by the key named in it; with a fingerprint, that it is that key. The first thing wrong
// is a *Fault that names it.
func Check(r io.Reader, expect string) (Checked, error) {
	c := checker{in: bufio.NewReaderSize(r, 64<<10)}
	err := c.run()
	if err == nil {
		err = c.known(expect)
	}
	return c.got, err
}

type checker struct {
	in    *bufio.Reader
	n     int64 // of the line
	first []byte
	got   Checked
	seq   int64 // of the last entry
	hash  Digest
}

func (c *checker) fault(format string, args ...any) error {
	return &Fault{c.n, fmt.Sprintf(format, args...)}
}

func (c *checker) run() error {
	text, err := c.next()
	if err != nil {
		return err
	}
	if err := c.begin(text); err != nil {
		return err
	}
	for {
		text, err := c.next()
		if err != nil {
			return err
		}
		if bytes.HasPrefix(text, []byte(`{"head":`)) {
			return c.end(text)
		}
		if err := c.entry(text); err != nil {
			return err
		}
	}
}

// next is the next line, with its end.
func (c *checker) next() ([]byte, error) {
	c.n++
	var text []byte
	for {
		part, err := c.in.ReadSlice('\n')
		if len(text)+len(part) > maxLine {
			return nil, c.fault("it is longer than any line of an audit log")
		}
		text = append(text, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(text) == 0:
			return nil, c.fault("the file ends here, without the signed head: its tail was cut off")
		case errors.Is(err, io.EOF):
			return nil, c.fault("the file ends within a line: its tail was cut off")
		}
		return text, err
	}
}

// read takes a line in the one way there is to write it.
func (c *checker) read(text []byte, into any) error {
	if !utf8.Valid(text) || json.Unmarshal(text, into) != nil {
		return c.fault("it was edited: it is not a line of an audit log")
	}
	again, err := line(into)
	if err != nil || !bytes.Equal(again, text) {
		return c.fault("it was edited: it is not written as the program writes it")
	}
	return nil
}

func (c *checker) begin(text []byte) error {
	h := &c.got.Header
	if err := c.read(text, h); err != nil {
		return err
	}
	if h.Format != Format || h.From < 1 || h.From == 1 && h.Before != (Digest{}) {
		return c.fault("it is not the first line of an audit log of the form %q", Format)
	}
	c.first, c.seq, c.hash = text, h.From-1, h.Before
	return nil
}

func (c *checker) entry(text []byte) error {
	var e Entry
	if err := c.read(text, &e); err != nil {
		return err
	}
	switch {
	case e.Seq > c.seq+1:
		return c.fault("entry %d is missing here: the file goes from %d to %d", c.seq+1, c.seq, e.Seq)
	case e.Seq <= c.seq:
		return c.fault("entry %d is not in its place: entry %d stands before it", e.Seq, c.seq)
	case Digest(flow.Link(c.hash, e.Seq, []byte(e.Content))) != e.Hash:
		return c.fault("entry %d was edited, or the one before it is another: its content does not give its hash", e.Seq)
	}
	c.seq, c.hash = e.Seq, e.Hash
	c.got.Entries++
	return nil
}

func (c *checker) end(text []byte) error {
	var h head
	if err := c.read(text, &h); err != nil {
		return err
	}
	switch {
	case len(h.Key) != ed25519.PublicKeySize || !ed25519.Verify(ed25519.PublicKey(h.Key), signed(c.first, h.Head, h.Hash), h.Signature):
		return c.fault("the signature is not one of this head: it was forged, or the first line was edited")
	case h.Head > c.seq:
		return c.fault("the log goes on to entry %d, the file ends at entry %d: its tail was cut off", h.Head, c.seq)
	case h.Head < c.seq, h.Hash != c.hash:
		return c.fault("the signed head is not that of the entries before it: they were replaced")
	}
	c.got.Head, c.got.Fingerprint = h.Head, fingerprint(h.Key)
	c.n++
	if _, err := c.in.ReadByte(); err == nil {
		return c.fault("something was added after the end")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// known compares the key with the one that is expected, if one is.
func (c *checker) known(expect string) error {
	if expect != "" && plainKey(expect) != plainKey(c.got.Fingerprint) {
		c.n-- // the head
		return c.fault("it is signed with the key %s, not with the one expected: it was not made by that installation", c.got.Fingerprint)
	}
	return nil
}

// plainKey is a fingerprint as it is compared, however somebody wrote it down.
func plainKey(s string) string {
	return strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(s))
}
