package backups

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clicarity/internal/objects"
)

// What nobody refers to goes after so long: a backup that is just being made does not refer to its files yet.
const strayFor = 48 * time.Hour

// Age deletes every backup that is older than it may be, with all versions, what was left of half a backup, and the files that no
// backup refers to. It is called by whoever would make one, and by nobody else meanwhile. It may be stopped anywhere and called
// again. made says that a backup was just made, so that files to which none refers are nobody's. It says how many backups went.
func (s *Shelf) Age(ctx context.Context, made bool) (gone int, err error) {
	if err := s.claim(ctx); err != nil {
		return 0, err
	}
	if err := s.Store.EndUnfinished(ctx, root); err != nil {
		return 0, err
	}
	all, err := s.folders(ctx)
	if err != nil {
		return 0, err
	}
	var kept, old, half []Entry
	for _, e := range all {
		switch {
		case s.tooOld(e):
			old = append(old, e)
		case e.kept:
			kept = append(kept, e)
		case !e.Made.IsZero():
			half = append(half, e)
		}
	}
	if len(old) > 0 {
		if err := s.rightClock(ctx); err != nil {
			return 0, err
		}
	}
	if made || len(old) > 0 || len(kept) == 0 {
		err = s.dropFiles(ctx, kept, old, made)
	}
	for _, e := range old {
		failed := s.drop(ctx, e)
		if err = errors.Join(err, failed); failed == nil {
			gone++
		}
	}
	for _, e := range half {
		err = errors.Join(err, s.drop(ctx, e))
	}
	return gone, errors.Join(err, s.dropLines(ctx))
}

const clockMark = root + "clock"

// ErrClock says that by this machine's clock, which is ahead of the store's, good backups would be deleted.
var ErrClock = errors.New("the clock of this machine is more than a day ahead of the store's: nothing is deleted before they agree")

// rightClock asks the store what time it is, by putting something there.
func (s *Shelf) rightClock(ctx context.Context) error {
	if err := s.put(ctx, clockMark, []byte("x")); err != nil {
		return err
	}
	list, err := s.Store.List(ctx, clockMark, "", 1)
	if err = errors.Join(err, s.Store.Delete(ctx, clockMark)); err != nil {
		return err
	}
	if len(list) == 1 && s.Now().Sub(list[0].At) > 24*time.Hour {
		return ErrClock
	}
	return nil
}

// tooOld goes by what a name says or by when the store got it, whichever is older: a name that lies, or is none of ours, keeps nothing
// for longer.
func (s *Shelf) tooOld(e Entry) bool {
	since := e.Made
	if since.IsZero() {
		since = e.oldest
	}
	return s.Now().Sub(since) >= s.keeps()
}

// drop deletes a backup: the manifest first, so that half of one never counts.
func (s *Shelf) drop(ctx context.Context, e Entry) (err error) {
	if e.loose {
		err = s.Store.Delete(ctx, at+e.Name)
	} else if err = s.Store.Delete(ctx, at+e.Name+keptPart); err == nil {
		err = s.Store.Purge(ctx, at+e.Name+"/")
	}
	if err != nil {
		return fmt.Errorf("%s could not be deleted: %w", e.Name, err)
	}
	return nil
}

// dropFiles deletes the files that none of the kept backups refers to: those of the old ones, and on wish or after a while those of
// nobody. When one of the kept lists cannot be read, all files stay until that backup goes.
func (s *Shelf) dropFiles(ctx context.Context, kept, old []Entry, made bool) error {
	keeping, err := s.lists(ctx, kept, true)
	defer closeAll(keeping)
	if err != nil {
		return err
	}
	leaving, err := s.lists(ctx, old, false)
	defer closeAll(leaving)
	if err != nil {
		return err
	}
	return each(ctx, s.Store, shared, func(o objects.Object) error {
		key := o.Key[len(shared):]
		needed, err := named(keeping, key)
		if err != nil || needed {
			return err
		}
		was, err := named(leaving, key)
		if err == nil && (was || made || s.Now().Sub(o.At) >= strayFor) {
			err = s.Store.Delete(ctx, o.Key)
		}
		return err
	})
}

// lists opens the lists of some backups. Of those that go, what cannot be read is left out.
func (s *Shelf) lists(ctx context.Context, of []Entry, all bool) (list []*reader, err error) {
	for _, e := range of {
		l, err := s.list(ctx, e.Name)
		switch {
		case err == nil:
			list = append(list, l)
		case all:
			return list, err
		}
	}
	return list, nil
}

func closeAll(list []*reader) {
	for _, l := range list {
		if l != nil {
			_ = l.close.Close() // only read
		}
	}
}

// named reports whether one of some lists names a file.
func named(list []*reader, key string) (found bool, err error) {
	for _, l := range list {
		one, failed := l.names(key)
		found, err = found || one, errors.Join(err, failed)
	}
	return found, err
}
