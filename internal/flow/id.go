package flow

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
)

// ID names an organisation, a member, a process, a job or a command. It is a UUID; new ones are version 7, so
// they sort by the time they were made.
type ID [16]byte

// NewID makes a UUIDv7 (RFC 9562) from a moment and a source of randomness.
func NewID(at Moment, random io.Reader) (ID, error) {
	var id ID
	if _, err := io.ReadFull(random, id[6:]); err != nil {
		return ID{}, err
	}
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at/1000))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id, nil
}

// DerivedID makes a UUIDv8 from sixteen bytes of a digest: the same digest names the same thing again.
func DerivedID(digest [32]byte) ID {
	id := ID(digest[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

var errBadID = errors.New("flow: not a UUID")

// ParseID reads the 36-character form of a UUID, in either case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, errBadID
	}
	raw := s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(raw)); err != nil {
		return ID{}, errBadID
	}
	return id, nil
}

// IsZero reports whether the id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// String is the 36-character lower-case form.
func (id ID) String() string {
	b, _ := id.AppendText(make([]byte, 0, 36))
	return string(b)
}

// AppendText appends the 36-character form; it never fails.
func (id ID) AppendText(b []byte) ([]byte, error) {
	b = hex.AppendEncode(b, id[0:4])
	for _, part := range [][]byte{id[4:6], id[6:8], id[8:10], id[10:16]} {
		b = hex.AppendEncode(append(b, '-'), part)
	}
	return b, nil
}

// MarshalText writes the 36-character form.
func (id ID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText reads the 36-character form.
func (id *ID) UnmarshalText(b []byte) error {
	got, err := ParseID(string(b))
	if err == nil {
		*id = got
	}
	return err
}
