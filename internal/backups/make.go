package backups

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"clicarity/internal/keys"
	"clicarity/internal/objects"
)

// Source is what a backup is made of.
type Source struct {
	Program, Schema string
	// Dump gives the database. A read or Close fails when it is not all of it.
	Dump func(ctx context.Context) (io.ReadCloser, error)
	// Files gives the files that the database refers to now: where each is in the store of files, and how many bytes that are.
	Files func(ctx context.Context, see func(key string, size int64)) error
	Store objects.Store // of files
}

// Make makes a backup. Only one at a time may be at it: see Nightly. still is asked before it counts, and fails when somebody else
// may be at it.
func (s *Shelf) Make(ctx context.Context, src Source, still func(context.Context) error) (Backup, error) {
	if err := s.claim(ctx); err != nil {
		return Backup{}, err
	}
	now := s.Now()
	b := Backup{Name: newName(now), Made: now.UTC(), Program: src.Program, Schema: src.Schema}
	var files fileSet
	if err := src.Files(ctx, files.add); err != nil {
		return b, err
	}
	if err := s.putDump(ctx, src, &b); err != nil {
		return b, fmt.Errorf("the database could not be copied: %w", err)
	}
	if err := src.Files(ctx, files.add); err != nil { // those that came before the dump had begun
		return b, err
	}
	list := files.sorted()
	if err := s.mirror(ctx, src.Store, list, &b); err != nil {
		return b, fmt.Errorf("the files could not be copied: %w", err)
	}
	if err := s.putList(ctx, b.Name, list); err != nil {
		return b, err
	}
	text, err := json.Marshal(b)
	if err == nil {
		err = still(ctx)
	}
	if err == nil {
		err = s.put(ctx, at+b.Name+keptPart, text)
	}
	if err == nil {
		err = s.whole(ctx, b)
	}
	return b, err
}

// putDump seals the database into the store as it is read: no copy of it is on the disk.
func (s *Shelf) putDump(ctx context.Context, src Source, b *Backup) (err error) {
	key, master, wrapped, err := s.wrap(ctx, belongs(b.Name))
	if err != nil {
		return err
	}
	b.Master, b.Wrapped = master, wrapped
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // whoever makes the dump ends when it is not wanted any more
	dump, err := src.Dump(ctx)
	if err != nil {
		return err
	}
	sealing, err := keys.SealStream(key, belongs(b.Name), dump)
	if err == nil {
		sealed := &counted{from: sealing, sum: sha256.New()}
		err = s.Store.Put(ctx, at+b.Name+dumpPart, sealed)
		b.Bytes, b.SHA256 = sealed.n, hex.EncodeToString(sealed.sum.Sum(nil))
	}
	if err != nil {
		cancel()
		_ = dump.Close() // it is not wanted any more
		return err
	}
	return dump.Close()
}

// counted counts and digests what is read through it.
type counted struct {
	from io.Reader
	n    int64
	sum  hash.Hash
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	_, _ = c.sum.Write(p[:n]) // a digest never fails
	return n, err
}

// whole looks whether what was made is all there: somebody who takes the store for theirs may have cleared half of it.
func (s *Shelf) whole(ctx context.Context, b Backup) error {
	all, err := s.folders(ctx)
	for _, e := range all {
		if e.Name == b.Name && e.kept && e.listed && e.Bytes == b.Bytes {
			return err
		}
	}
	if err == nil {
		err = errors.New("parts of the new backup are gone from the store: does another installation use it?")
	}
	return errors.Join(err, s.Store.Delete(context.WithoutCancel(ctx), at+b.Name+keptPart))
}

// Found is a backup as it was found: with its manifest, and why it is not sound.
type Found struct {
	Entry
	Backup Backup
	Fault  error
}

// Check looks at some backups whether they are whole, as their manifests say it: by what the store lists, or with deep, by reading all of
// each dump.
func (s *Shelf) Check(ctx context.Context, list []Entry, deep bool) ([]Found, error) {
	lacks, err := s.lacking(ctx, list)
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(list))
	for i, e := range list {
		b, fault := s.manifest(ctx, e.Name)
		switch {
		case fault != nil:
		case e.Bytes != b.Bytes:
			fault = fmt.Errorf("its dump has %d bytes, not %d", e.Bytes, b.Bytes)
		case lacks[i] == unread:
			fault = errList
		case lacks[i] > b.Missing:
			fault = fmt.Errorf("%d of its %d files are not there", lacks[i], b.Files)
		case deep:
			fault = s.checkDump(ctx, b)
		}
		found[i] = Found{e, b, fault}
	}
	return found, ctx.Err()
}

func (s *Shelf) checkDump(ctx context.Context, b Backup) error {
	r, err := s.Store.Open(ctx, at+b.Name+dumpPart, 0, b.Bytes)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, r)
	if err = errors.Join(err, r.Close()); err == nil && hex.EncodeToString(sum.Sum(nil)) != b.SHA256 {
		err = errors.New("its dump is not what was put there")
	}
	return err
}

// OpenDump reads the dump of a backup. A read fails when it is not whole and as it was made, and never gives a byte that is not.
func (s *Shelf) OpenDump(ctx context.Context, b Backup) (io.ReadCloser, error) {
	key, err := s.key(ctx, b)
	if err != nil {
		return nil, err
	}
	plain, ok := keys.PlainSize(b.Bytes)
	if !ok {
		return nil, keys.ErrWrong
	}
	return keys.OpenStream(key, belongs(b.Name), b.Bytes, keys.Part{Length: plain}, func(offset, length int64) (io.ReadCloser, error) {
		return s.Store.Open(ctx, at+b.Name+dumpPart, offset, length)
	})
}

// Try fails when the master key at hand does not open a backup, or its dump does not begin as one.
func (s *Shelf) Try(ctx context.Context, b Backup) error {
	r, err := s.OpenDump(ctx, b)
	if err != nil {
		return err
	}
	_, err = io.ReadFull(r, make([]byte, 1))
	return errors.Join(err, r.Close())
}

// keeps is for how long a backup is kept: an hour less than so many days, for it is looked at each hour.
func (s *Shelf) keeps() time.Duration {
	days := time.Duration(min(max(s.Days, 1), MostDays))
	return days*24*time.Hour - lookEach
}

// MostDays is for how many days a backup may be kept: the certificates of deletions promise no more. See flow.BackupsFor.
const MostDays = 35

const lookEach = time.Hour
