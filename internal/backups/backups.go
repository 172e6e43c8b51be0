// Package backups keeps copies of a whole installation in a store of their own: sealed, for so many days and no longer. What a backup
// is made of comes from its caller; this package knows the store.
//
// A backup is a few objects under a name that says from when it is: the dump of the database, sealed; the list of the files that
// it refers to; and its manifest, which is written last and deleted first: what has none is half of a backup, and none. The
// files are there once, for all backups that refer to them, as they are in the store of files. Beside them are the lines of the
// ledger of deletions, so that a restored backup does not bring back who was deleted since.
package backups

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"clicarity/internal/keys"
	"clicarity/internal/objects"
)

// Where things are in the store. Nothing else in it is ever touched.
const (
	root    = "b/"
	mark    = root + "mark"    // whose backups these are
	at      = root + "at/"     // a folder for each backup
	shared  = root + "files/"  // files, by their names in the store of files
	erasure = root + "erased/" // lines of the ledger

	dumpPart = "/dump"
	listPart = "/files"
	keptPart = "/kept"
)

// Shelf is where the backups of one installation are.
type Shelf struct {
	Store objects.Store
	Ring  *keys.Ring // wraps the key of each backup
	Days  int        // for which a backup is kept, 1 to 35
	Now   func() time.Time
	Owner string // tells this installation from others
}

// Entry is a backup as the listing of the store shows it.
type Entry struct {
	Name  string
	Made  time.Time // from when what it holds is; never later than when the store got it
	Bytes int64     // of the dump, sealed

	kept, listed bool
	loose        bool      // an object is there where a folder ought to be
	oldest       time.Time // when the first of it was put, by the store's clock
}

// stamp is how a name begins.
const stamp = "20060102T150405Z"

var nameForm = regexp.MustCompile(`^(\d{8}T\d{6}Z)-[a-z0-9]{8}$`)

func newName(now time.Time) string {
	return now.UTC().Format(stamp) + "-" + strings.ToLower(rand.Text()[:8])
}

// madeAt is the moment that a name says; false for what is no name of ours.
func madeAt(name string) (time.Time, bool) {
	m := nameForm.FindStringSubmatch(name)
	if m == nil {
		return time.Time{}, false
	}
	t, err := time.Parse(stamp, m[1])
	return t, err == nil
}

// page is how many objects are listed at once.
const page = 50_000

// each goes through the objects under a prefix, in order.
func each(ctx context.Context, s objects.Store, prefix string, see func(objects.Object) error) error {
	for after := ""; ; {
		list, err := s.List(ctx, prefix, after, page)
		if err != nil {
			return err
		}
		for _, o := range list {
			if err := see(o); err != nil {
				return err
			}
		}
		if len(list) < page {
			return nil
		}
		after = list[len(list)-1].Key
	}
}

// folders are all that is in the folder of backups, whole or not, the oldest name first.
func (s *Shelf) folders(ctx context.Context) (list []Entry, err error) {
	err = each(ctx, s.Store, at, func(o objects.Object) error {
		name, rest, inside := strings.Cut(strings.TrimPrefix(o.Key, at), "/")
		if len(list) == 0 || list[len(list)-1].Name != name {
			made, _ := madeAt(name)
			list = append(list, Entry{Name: name, Made: made, oldest: o.At})
		}
		e := &list[len(list)-1]
		if o.At.Before(e.oldest) {
			e.oldest = o.At
		}
		switch part := "/" + rest; {
		case !inside:
			e.loose = true
		case part == dumpPart:
			e.Bytes = o.Size
		case part == listPart:
			e.listed = true
		case part == keptPart:
			e.kept = true
		}
		return nil
	})
	for i := range list {
		if e := &list[i]; e.oldest.Before(e.Made) { // a clock was wrong then
			e.Made = e.oldest
		}
	}
	return list, err
}

// List are the backups that can be brought back, the newest first, as the store lists them.
func (s *Shelf) List(ctx context.Context) ([]Entry, error) {
	all, err := s.folders(ctx)
	list := slices.DeleteFunc(all, func(e Entry) bool { return !e.kept || e.Made.IsZero() })
	slices.SortStableFunc(list, func(a, b Entry) int { return b.Made.Compare(a.Made) })
	return list, err
}

// ErrNone says that there is no backup in the store, or none of that name.
var ErrNone = errors.New("there is no such backup in the store")

// Find is the manifest of a backup, of the newest for no name.
func (s *Shelf) Find(ctx context.Context, name string) (Backup, error) {
	list, err := s.List(ctx)
	if err != nil {
		return Backup{}, err
	}
	for _, e := range list {
		if e.Name == name || name == "" {
			return s.manifest(ctx, e.Name)
		}
	}
	return Backup{}, ErrNone
}

// ErrAnothers says that somebody else's backups are in the store.
var ErrAnothers = errors.New("another installation keeps its backups in this store: give each a bucket or directory of its own")

// claim says in the store whose it is, and refuses one that is another's.
func (s *Shelf) claim(ctx context.Context) error {
	const most = 200
	whose, err := s.read(ctx, mark, most)
	if errors.Is(err, objects.ErrNotFound) {
		return s.Store.Put(ctx, mark, strings.NewReader(s.Owner))
	}
	if err == nil && string(whose) != s.Owner {
		err = ErrAnothers
	}
	return err
}

// read is a whole small object.
func (s *Shelf) read(ctx context.Context, key string, most int64) ([]byte, error) {
	r, err := s.Store.Open(ctx, key, 0, most+1)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s is larger than it can be", key)
	}
	return text, err
}

func (s *Shelf) put(ctx context.Context, key string, text []byte) error {
	return s.Store.Put(ctx, key, bytes.NewReader(text))
}
