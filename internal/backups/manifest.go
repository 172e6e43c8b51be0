package backups

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clicarity/internal/keys"
)

// Backup is what its manifest says of a backup. It holds nothing that is secret: the key is wrapped by the master key of the
// installation, which is in no backup.
type Backup struct {
	Name      string    `json:"name"`
	Made      time.Time `json:"made"`    // from when what it holds is
	Program   string    `json:"program"` // version
	Schema    string    `json:"schema"`  // the newest migration
	Bytes     int64     `json:"bytes"`   // of the dump, sealed
	SHA256    string    `json:"sha256"`  // of the dump, sealed
	Files     int64     `json:"files"`   // that it refers to
	FileBytes int64     `json:"file_bytes"`
	Missing   int64     `json:"missing,omitempty"` // files that were not in the store of files
	Master    string    `json:"master"`            // the name of the master key
	Wrapped   []byte    `json:"wrapped"`           // the key of the dump

	// Before are the master keys before a rotation, which the keys inside the dump are still wrapped with.
	Before []Before `json:"before,omitempty"`
}

// Before is a master key that was in use when a backup was made, wrapped with the one of now.
type Before struct {
	Name    string `json:"name"`
	Master  string `json:"master"`
	Wrapped []byte `json:"wrapped"`
}

// maxManifest bounds a manifest, in bytes.
const maxManifest = 64 << 10

var errManifest = errors.New("the manifest of the backup cannot be read")

// readManifest reads a manifest that is kept under a name.
func readManifest(name string, text []byte) (b Backup, err error) {
	if err := json.Unmarshal(text, &b); err != nil {
		return b, errManifest
	}
	made, ok := madeAt(name)
	sum, err := hex.DecodeString(b.SHA256)
	if err != nil || len(sum) != 32 || !ok || b.Name != name || !b.Made.Truncate(time.Second).Equal(made) || b.Bytes < 0 || b.Files < 0 || b.FileBytes < 0 || b.Missing < 0 || len(b.Wrapped) == 0 {
		return Backup{}, errManifest
	}
	return b, nil
}

func (s *Shelf) manifest(ctx context.Context, name string) (Backup, error) {
	text, err := s.read(ctx, at+name+keptPart, maxManifest)
	if err != nil {
		return Backup{}, err
	}
	b, err := readManifest(name, text)
	if err != nil {
		return b, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// belongs is what the key and the dump of a backup are bound to.
func belongs(name string) string { return "clicarity backup " + name }

// ErrWrongMaster says that the master key at hand is not the one that a backup needs.
var ErrWrongMaster = errors.New("the master key is not the one that this backup was made with: " +
	"give it the right one (the file key of the data directory, CLICARITY_KEY or CLICARITY_KEY_COMMAND); without it nothing of the backup can be read")

// key is the key of a backup's dump.
func (s *Shelf) key(ctx context.Context, b Backup) ([keys.Size]byte, error) {
	key, err := s.Ring.Unwrap(ctx, b.Master, belongs(b.Name), b.Wrapped)
	if errors.Is(err, keys.ErrWrong) {
		err = ErrWrongMaster
	}
	return key, err
}

// Masters are the master keys at hand, and those from before a rotation that the keys inside a backup may be wrapped with.
func (s *Shelf) Masters(ctx context.Context, b Backup) (*keys.Ring, error) {
	all, err := s.Ring.Masters()
	for _, was := range b.Before {
		key, failed := s.Ring.Unwrap(ctx, was.Master, beforeAbout(b.Name, was.Name), was.Wrapped)
		all, err = append(all, keys.NewLocal(key)), errors.Join(err, failed)
	}
	return keys.NewRing(all...), err
}

func beforeAbout(backup, name string) string { return belongs(backup) + " before " + name }

// wrap is a new key, and how the newest master key wraps it for something.
func (s *Shelf) wrap(ctx context.Context, about string) (key [keys.Size]byte, master string, wrapped []byte, err error) {
	m, err := s.Ring.Newest()
	if err != nil {
		return key, "", nil, err
	}
	if master, err = m.Name(ctx); err != nil {
		return key, "", nil, err
	}
	if key, err = keys.Fresh(); err != nil {
		return key, "", nil, err
	}
	wrapped, err = m.Wrap(ctx, about, key)
	return key, master, wrapped, err
}
