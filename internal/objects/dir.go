package objects

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// dir keeps objects as files under one directory, out of which no key leads.
type dir struct {
	name string
	root *os.Root
}

func openDir(name string) (*dir, error) {
	if err := os.MkdirAll(name, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &dir{name, root}, nil
}

func (d *dir) String() string { return d.name }

// Ping writes something and forgets it.
func (d *dir) Ping(context.Context) error {
	f, name, err := d.create("ping")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), d.root.Remove(name))
}

func (d *dir) create(key string) (*os.File, string, error) {
	name := key + partial + rand.Text()
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return f, name, err
}

// Put writes beside the place and renames when all is on the disk.
func (d *dir) Put(ctx context.Context, key string, r io.Reader) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := d.root.MkdirAll(path.Dir(key), 0o700); err != nil {
		return err
	}
	f, name, err := d.create(key)
	if errors.Is(err, fs.ErrNotExist) { // the folder was empty, and somebody took it away
		if err = d.root.MkdirAll(path.Dir(key), 0o700); err == nil {
			f, name, err = d.create(key)
		}
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(f, until{ctx, r})
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = d.root.Rename(name, key)
	}
	if err != nil {
		return errors.Join(err, gone(d.root.Remove(name)))
	}
	return d.sync(path.Dir(key))
}

// until reads as long as it is wanted.
type until struct {
	ctx context.Context //nolint:containedctx // of the one call that reads
	r   io.Reader
}

// Read implements io.Reader.
func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

// sync makes the names in a directory and in those above it last.
func (d *dir) sync(name string) error {
	for {
		f, err := d.root.Open(name)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
		if name == "." {
			return nil
		}
		name = path.Dir(name)
	}
}

func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Open reads a part of a file.
func (d *dir) Open(_ context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, ErrNotFound
	}
	f, err := d.root.Open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return section{io.NewSectionReader(f, offset, length), f}, nil
}

type section struct {
	io.Reader
	io.Closer
}

// Delete removes a file.
func (d *dir) Delete(_ context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	err := d.root.Remove(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, gone(d.sync(path.Dir(key))))
}

// List goes through the files in order.
func (d *dir) List(ctx context.Context, prefix, after string, limit int) ([]Object, error) {
	all, err := d.under(ctx, prefix, false)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Object) int { return strings.Compare(a.Key, b.Key) })
	all = slices.DeleteFunc(all, func(o Object) bool { return o.Key <= after })
	return all[:min(len(all), limit)], nil
}

// under are the files whose names begin with a prefix, on wish with those that are being written.
func (d *dir) under(ctx context.Context, prefix string, unfinished bool) ([]Object, error) {
	var all []Object
	err := fs.WalkDir(d.root.FS(), path.Dir(prefix+"x"), func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil || e.IsDir() || !strings.HasPrefix(name, prefix) || strings.Contains(name, partial) && !unfinished {
			return err
		}
		info, err := e.Info()
		if err == nil {
			all = append(all, Object{name, info.Size(), info.ModTime()})
		}
		return gone(err)
	})
	return all, err
}

// EndUnfinished removes files that were being written.
func (d *dir) EndUnfinished(ctx context.Context, prefix string) error {
	if err := checkPrefix(prefix); err != nil {
		return err
	}
	all, err := d.under(ctx, prefix, true)
	for _, o := range all {
		if strings.Contains(o.Key, partial) {
			err = errors.Join(err, gone(d.root.Remove(o.Key)))
		}
	}
	return err
}

// Purge removes a directory with all that is in it.
func (d *dir) Purge(ctx context.Context, prefix string) error {
	if err := checkPrefix(prefix); err != nil {
		return err
	}
	name := strings.TrimSuffix(prefix, "/")
	if err := d.root.RemoveAll(name); err != nil {
		return err
	}
	if err := gone(d.sync(path.Dir(name))); err != nil {
		return err
	}
	left, err := d.under(ctx, prefix, true)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("objects: %d files are still there under %s, %s for one", len(left), prefix, left[0].Key)
	}
	return err
}
