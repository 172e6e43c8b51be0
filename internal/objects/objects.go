// Package objects keeps files by name: in a directory of this machine, or in a bucket of a store that speaks S3. It knows
// nothing of what they are; whoever puts something in has sealed it.
package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Store keeps objects. Several may use one at the same time.
type Store interface {
	// Put keeps all that the reader gives under a key, whole or not at all, in the place of what was there.
	Put(ctx context.Context, key string, r io.Reader) error
	// Open reads so many bytes of an object from an offset, fewer where it ends; ErrNotFound without one.
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Delete forgets an object and all its older versions. What is not there is no error.
	Delete(ctx context.Context, key string) error
	// List are the objects whose keys begin with a prefix and come after a key, in order, at most so many.
	List(ctx context.Context, prefix, after string, limit int) ([]Object, error)
	// Purge forgets everything under a prefix that ends with a slash: every version, every mark of a deletion, every upload
	// that was not finished. Then it looks, and fails when something is still there.
	Purge(ctx context.Context, prefix string) error
	// EndUnfinished forgets what was begun to be put under a prefix that ends with a slash and is not whole: by somebody who was
	// killed, or by somebody who is just at it, whose Put fails then.
	EndUnfinished(ctx context.Context, prefix string) error
	// Ping fails when the store does not answer as it ought to.
	Ping(ctx context.Context) error
	// String says where the store is, without its secrets.
	String() string
}

// Object is what a listing tells.
type Object struct {
	Key  string
	Size int64
	At   time.Time // when it was put, by the store's clock
}

// ErrNotFound is the answer for an object that is not there.
var ErrNotFound = errors.New("objects: there is no such object")

const (
	maxKey  = 400
	partial = ".part-" // in the name of what is being written
)

// checkKey refuses what is no key: parts of letters, digits, hyphens and dots with single slashes between them.
func checkKey(key string) error {
	if key == "" || len(key) > maxKey || strings.Contains(key, partial) {
		return fmt.Errorf("objects: %q is no key", key)
	}
	for _, part := range strings.Split(key, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
			return fmt.Errorf("objects: %q is no key", key)
		}
	}
	return nil
}

// checkPrefix refuses what is no prefix of Purge: a key and a slash.
func checkPrefix(prefix string) error {
	dir, ok := strings.CutSuffix(prefix, "/")
	if !ok {
		return fmt.Errorf("objects: the prefix %q does not end with a slash", prefix)
	}
	return checkKey(dir)
}

// Open opens the store of an address: a directory, or s3://KEY:SECRET@host/bucket?region=ap-south-1. The secret can be
// given apart from it.
func Open(address, secret string) (Store, error) {
	if strings.HasPrefix(address, s3Scheme) {
		return openS3(address, secret, nil)
	}
	if strings.Contains(address, "://") {
		return nil, errors.New("the store of files is a directory, or s3://KEY:SECRET@host/bucket?region=ap-south-1")
	}
	return openDir(address)
}
