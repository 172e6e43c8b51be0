package backups

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"clicarity/internal/objects"
)

// file is a file by its place in the store of files, and how many bytes are there.
type file struct {
	key  string
	size int64
}

// fileSet collects files, each once.
type fileSet struct{ all []file }

func (f *fileSet) add(key string, size int64) { f.all = append(f.all, file{key, size}) }

func (f *fileSet) sorted() []file {
	slices.SortFunc(f.all, func(a, b file) int { return strings.Compare(a.key, b.key) })
	f.all = slices.CompactFunc(f.all, func(a, b file) bool { return a.key == b.key })
	return f.all
}

// mirror copies the files that the store of backups does not have yet, and counts all of them. One that is gone from the store of files
// was erased meanwhile, or lost: it is counted as missing.
func (s *Shelf) mirror(ctx context.Context, from objects.Store, list []file, b *Backup) error {
	have := newWalk(ctx, s.Store)
	for _, f := range list {
		b.Files, b.FileBytes = b.Files+1, b.FileBytes+f.size
		o, err := have.at(f.key)
		if err == nil && (o == nil || o.Size != f.size) {
			err = carry(ctx, from, s.Store, f.key, shared+f.key, f.size)
		}
		if errors.Is(err, objects.ErrNotFound) {
			b.Missing, err = b.Missing+1, nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// carry copies an object from one store to another: all of it or none.
func carry(ctx context.Context, from, to objects.Store, key, name string, size int64) error {
	r, err := from.Open(ctx, key, 0, size+1)
	if err != nil {
		return err
	}
	exact := &exactly{from: r, left: size}
	err = to.Put(ctx, name, exact)
	if err != nil && exact.wrong {
		err = objects.ErrNotFound // half of a file is none
	}
	return errors.Join(err, r.Close())
}

// exactly fails when what it reads is not so many bytes.
type exactly struct {
	from  io.Reader
	left  int64
	wrong bool
}

var errLength = errors.New("a file has another length than it ought to have")

// Read implements io.Reader.
func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	if e.left -= int64(n); e.left < 0 || errors.Is(err, io.EOF) && e.left > 0 {
		e.wrong, err = true, errLength
	}
	return n, err
}

// walk goes along the files in the store of backups, beside a list in the same order.
type walk struct {
	ctx   context.Context //nolint:containedctx // of one walk
	store objects.Store
	ready []objects.Object
	last  string
	ended bool
}

func newWalk(ctx context.Context, s objects.Store) *walk { return &walk{ctx: ctx, store: s} }

// next is the next file, nil after the last.
func (w *walk) next() (*objects.Object, error) {
	if len(w.ready) == 0 && !w.ended {
		list, err := w.store.List(w.ctx, shared, w.last, page)
		if err != nil {
			return nil, err
		}
		w.ready, w.ended = list, len(list) < page
		if len(list) > 0 {
			w.last = list[len(list)-1].Key
		}
	}
	if len(w.ready) == 0 {
		return nil, nil
	}
	return &w.ready[0], nil
}

// at is a file of the store, nil when it is not there. Keys are asked for in order.
func (w *walk) at(key string) (*objects.Object, error) {
	for {
		o, err := w.next()
		if err != nil || o == nil || o.Key > shared+key {
			return nil, err
		}
		found := *o
		w.ready = w.ready[1:]
		if found.Key == shared+key {
			return &found, nil
		}
	}
}

// putList keeps which files a backup refers to: a line each with bytes and place, in order, compressed.
func (s *Shelf) putList(ctx context.Context, name string, list []file) error {
	r, w := io.Pipe()
	go func() {
		z := gzip.NewWriter(w)
		var err error
		for _, f := range list {
			if _, err = fmt.Fprintf(z, "%d %s\n", f.size, f.key); err != nil {
				break
			}
		}
		_ = w.CloseWithError(errors.Join(err, z.Close())) // it never fails
	}()
	return errors.Join(s.Store.Put(ctx, at+name+listPart, r), r.Close())
}

// reader reads a list of files, in order.
type reader struct {
	lines *bufio.Scanner
	close io.Closer
	last  string
	head  file // the next one
	ended bool
}

var errList = errors.New("the list of files of a backup cannot be read")

// newReader reads a list, up to its first file.
func newReader(r io.ReadCloser) (*reader, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, errors.Join(errList, r.Close())
	}
	l := &reader{lines: bufio.NewScanner(z), close: r}
	if err := l.next(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return l, nil
}

// next goes to the next file.
func (l *reader) next() error {
	if !l.lines.Scan() {
		if l.ended = true; l.lines.Err() != nil {
			return errList
		}
		return nil
	}
	number, key, ok := strings.Cut(l.lines.Text(), " ")
	size, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || size < 0 || key <= l.last || !strings.HasPrefix(key, "t/") {
		return errList
	}
	l.head, l.last = file{key, size}, key
	return nil
}

// names reports whether a list names a file. It is asked for files in order.
func (l *reader) names(key string) (bool, error) {
	for !l.ended && l.head.key < key {
		if err := l.next(); err != nil {
			return false, err
		}
	}
	return !l.ended && l.head.key == key, nil
}

// list opens the list of files of a backup.
func (s *Shelf) list(ctx context.Context, name string) (*reader, error) {
	const most = 1 << 40
	r, err := s.Store.Open(ctx, at+name+listPart, 0, most)
	if err != nil {
		return nil, fmt.Errorf("the list of files of %s: %w", name, err)
	}
	l, err := newReader(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}

// eachFile goes through the files of a backup, in order.
func (s *Shelf) eachFile(ctx context.Context, name string, see func(file) error) error {
	l, err := s.list(ctx, name)
	if err != nil {
		return err
	}
	for !l.ended && err == nil {
		if err = see(l.head); err == nil {
			err = l.next()
		}
	}
	return errors.Join(err, l.close.Close())
}

// unread stands for how many files a backup lacks whose list cannot be read.
const unread = -1

// lacking counts the files of some backups that the store does not have whole, in one walk.
func (s *Shelf) lacking(ctx context.Context, of []Entry) ([]int64, error) {
	n, lists := make([]int64, len(of)), make([]*reader, len(of))
	defer func() { closeAll(lists) }()
	for i, e := range of {
		l, err := s.list(ctx, e.Name)
		if err != nil {
			n[i] = unread
			continue
		}
		lists[i] = l
	}
	pass := func(o objects.Object) {
		for i, l := range lists {
			if l == nil || n[i] == unread {
				continue
			}
			lacks, err := l.pass(o)
			if n[i] += lacks; err != nil {
				n[i] = unread
			}
		}
	}
	err := each(ctx, s.Store, shared, func(o objects.Object) error { pass(o); return nil })
	pass(objects.Object{Key: shared + "u"}) // after all there are
	return n, err
}

// pass goes past a file that the store has, and counts those before it, which it has not.
func (l *reader) pass(o objects.Object) (lacks int64, err error) {
	for key := o.Key[len(shared):]; !l.ended && l.head.key <= key && err == nil; err = l.next() {
		if l.head.key < key || l.head.size != o.Size {
			lacks++
		}
	}
	return lacks, err
}

// Bring copies the files of a backup into a store of files that does not have them, and says how many are there now and how many were
// in no store. It may be called again.
func (s *Shelf) Bring(ctx context.Context, b Backup, to objects.Store) (there, missing int64, err error) {
	have := map[string]int64{}
	if err := each(ctx, to, "t/", func(o objects.Object) error { have[o.Key] = o.Size; return nil }); err != nil {
		return 0, 0, err
	}
	err = s.eachFile(ctx, b.Name, func(f file) error {
		if size, ok := have[f.key]; ok && size == f.size {
			there++
			return nil
		}
		err := carry(ctx, s.Store, to, shared+f.key, f.key, f.size)
		if errors.Is(err, objects.ErrNotFound) {
			missing++
			return nil
		}
		there++
		return err
	})
	return there, missing, err
}

// Mirrored are the files in the store of backups, to be read as the store of files is.
type Mirrored struct{ objects.Store }

// Open reads a file.
func (m Mirrored) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	return m.Store.Open(ctx, shared+key, offset, length)
}

var errReadOnly = errors.New("the files of a backup are only read")

// Put is refused.
func (m Mirrored) Put(context.Context, string, io.Reader) error { return errReadOnly }

// Delete is refused.
func (m Mirrored) Delete(context.Context, string) error { return errReadOnly }

// Purge is refused.
func (m Mirrored) Purge(context.Context, string) error { return errReadOnly }
