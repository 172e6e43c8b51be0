package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
)

// A sealed stream is a header and segments, each AES-256-GCM of Segment bytes, the last of what is left, which may be
// nothing. The key of the stream is made of the given key and a salt in the header; the nonce counts the segments and
// says which is the last; the header and what the stream belongs to are bound to each. So any segment is read alone, and
// one that was moved, changed, cut off or taken from another stream does not open.
const (
	Segment    = 64 << 10 // bytes of the plain stream in a segment
	streamMark = "CKF1"
	saltSize   = 32
	streamHead = len(streamMark) + saltSize
	tagSize    = 16
	sealedPart = Segment + tagSize
)

// SealedSize is the size of a sealed stream of so many bytes.
func SealedSize(plain int64) int64 {
	parts := max((plain+Segment-1)/Segment, 1)
	return int64(streamHead) + plain + parts*tagSize
}

// PlainSize is the size of what is sealed in so many bytes; false when nothing is.
func PlainSize(sealed int64) (int64, bool) {
	body := sealed - int64(streamHead)
	parts := (body + sealedPart - 1) / sealedPart
	plain := body - parts*tagSize
	return plain, body >= tagSize && SealedSize(plain) == sealed
}

type stream struct {
	gcm   cipher.AEAD
	about []byte // the header, and what the stream belongs to
}

func newStream(key [Size]byte, belongs string, head []byte) (stream, error) {
	own, err := hkdf.Key(sha256.New, key[:], head[len(streamMark):], "clicarity stream", Size)
	if err != nil {
		return stream{}, err
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return stream{}, err
	}
	gcm, err := cipher.NewGCM(block)
	return stream{gcm, append(append([]byte{}, head...), belongs...)}, err
}

// maxParts is how many segments the nonce counts.
const maxParts = 1 << 32

func nonce(part int64, last bool) []byte {
	n := make([]byte, 12)
	binary.BigEndian.PutUint32(n[7:], uint32(part)) //nolint:gosec // below maxParts
	if last {
		n[11] = 1
	}
	return n
}

// SealStream is a reader of a stream, sealed.
func SealStream(key [Size]byte, belongs string, plain io.Reader) (io.Reader, error) {
	head := append([]byte(streamMark), make([]byte, saltSize)...)
	if _, err := rand.Read(head[len(streamMark):]); err != nil {
		return nil, err
	}
	s, err := newStream(key, belongs, head)
	if err != nil {
		return nil, err
	}
	return &sealing{stream: s, from: plain, ready: head, next: make([]byte, 0, Segment+1)}, nil
}

// sealing seals segment by segment as it is read. It looks one byte ahead, for the last segment says that it is.
type sealing struct {
	stream
	from  io.Reader
	part  int64
	ready []byte // sealed, not read yet
	next  []byte // what was read ahead
	done  bool
}

func (s *sealing) Read(p []byte) (int, error) {
	for len(s.ready) == 0 {
		if s.done {
			return 0, io.EOF
		}
		if err := s.seal(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

func (s *sealing) seal() error {
	buffer := s.next[:Segment+1]
	n, err := io.ReadFull(s.from, buffer[len(s.next):])
	n += len(s.next)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		s.done = true
	case err != nil:
		return err
	case s.part == maxParts-1:
		return errors.New("keys: a stream is too long to be sealed")
	}
	plain := buffer[:n]
	if !s.done {
		plain = buffer[:Segment]
	}
	s.ready = s.gcm.Seal(nil, nonce(s.part, s.done), plain, s.about)
	s.part++
	s.next = buffer[:copy(buffer, buffer[len(plain):n])]
	return nil
}

// Fetch reads some bytes of a sealed stream, from an offset; it may give fewer where the stream ends.
type Fetch func(offset, length int64) (io.ReadCloser, error)

// Part is some bytes of a plain stream.
type Part struct{ Offset, Length int64 }

// OpenStream reads a part of what is sealed in a stream of a size; it fetches no more of it than it needs. A read gives ErrWrong when the stream is not whole and as it was sealed, and never a byte that is not.
func OpenStream(key [Size]byte, belongs string, size int64, of Part, fetch Fetch) (io.ReadCloser, error) {
	offset, length := of.Offset, of.Length
	plain, ok := PlainSize(size)
	if !ok || offset < 0 || length < 0 || offset+length > plain {
		return nil, ErrWrong
	}
	head, err := fetchHead(fetch)
	if err != nil {
		return nil, err
	}
	s, err := newStream(key, belongs, head)
	if err != nil {
		return nil, err
	}
	o := &opening{stream: s, part: offset / Segment, skip: offset % Segment, left: length, last: max((plain+Segment-1)/Segment, 1) - 1}
	begin := int64(streamHead) + o.part*sealedPart
	end := min(int64(streamHead)+((offset+length+Segment-1)/Segment)*sealedPart, size)
	if length == 0 {
		end = min(begin+sealedPart, size)
	}
	o.from, err = fetch(begin, end-begin)
	return o, err
}

func fetchHead(fetch Fetch) ([]byte, error) {
	r, err := fetch(0, int64(streamHead))
	if err != nil {
		return nil, err
	}
	head := make([]byte, streamHead)
	_, err = io.ReadFull(r, head)
	if err := errors.Join(wrongWhenCut(err), r.Close()); err != nil {
		return nil, err
	}
	if string(head[:len(streamMark)]) != streamMark {
		return nil, ErrWrong
	}
	return head, nil
}

func wrongWhenCut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrWrong
	}
	return err
}

// opening opens segment by segment as it is read.
type opening struct {
	stream
	from       io.ReadCloser
	part, last int64
	skip, left int64
	ready      []byte
	checked    bool // a segment was opened: of nothing, too
}

func (o *opening) Read(p []byte) (int, error) {
	for len(o.ready) == 0 {
		if o.left == 0 && o.checked {
			return 0, io.EOF
		}
		if err := o.open(); err != nil {
			return 0, err
		}
	}
	n := copy(p, o.ready)
	o.ready = o.ready[n:]
	return n, nil
}

func (o *opening) open() error {
	sealed := make([]byte, sealedPart)
	n, err := io.ReadFull(o.from, sealed)
	if err != nil && (!errors.Is(err, io.ErrUnexpectedEOF) || o.part != o.last) {
		return wrongWhenCut(err)
	}
	plain, err := o.gcm.Open(nil, nonce(o.part, o.part == o.last), sealed[:n], o.about)
	if err != nil {
		return ErrWrong
	}
	plain = plain[min(o.skip, int64(len(plain))):]
	o.ready = plain[:min(o.left, int64(len(plain)))]
	o.left -= int64(len(o.ready))
	o.skip, o.checked = 0, true
	o.part++
	return nil
}

func (o *opening) Close() error { return o.from.Close() }
