package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"clicarity/internal/s3test"
)

// onEvery runs a test on every kind of store.
func onEvery(t *testing.T, f func(t *testing.T, s Store)) {
	t.Helper()
	t.Run("directory", func(t *testing.T) {
		t.Parallel()
		s, err := Open(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		f(t, s)
	})
	for _, versions := range []bool{false, true} {
		t.Run(fmt.Sprintf("S3, versions %t", versions), func(t *testing.T) {
			t.Parallel()
			s, err := Open(s3test.Start(t, versions).URL, "")
			if err != nil {
				t.Fatal(err)
			}
			f(t, s)
		})
	}
}

func put(t *testing.T, s Store, key, text string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s Store, key string, offset, length int64) (string, error) {
	t.Helper()
	r, err := s.Open(t.Context(), key, offset, length)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), errors.Join(err, r.Close())
}

func keysOf(t *testing.T, s Store, prefix, after string, limit int) []string {
	t.Helper()
	list, err := s.List(t.Context(), prefix, after, limit)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, o := range list {
		keys = append(keys, o.Key)
	}
	return keys
}

func TestAStoreKeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	onEvery(t, func(t *testing.T, s Store) {
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		put(t, s, "t/a/file/2026/11/1", "first")
		put(t, s, "t/a/file/2026/11/1", "second")
		for _, c := range []struct {
			offset, length int64
			want           string
		}{{0, 6, "second"}, {2, 3, "con"}, {4, 100, "nd"}, {6, 5, ""}, {90, 5, ""}, {0, 0, ""}} {
			if got, err := get(t, s, "t/a/file/2026/11/1", c.offset, c.length); err != nil || got != c.want {
				t.Errorf("%d from %d: %q %v", c.length, c.offset, got, err)
			}
		}
		if got, err := get(t, s, "t/a/file/2026/11/2", 0, 5); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q %v", got, err)
		}
		if err := errors.Join(s.Delete(t.Context(), "t/a/file/2026/11/1"), s.Delete(t.Context(), "t/a/file/2026/11/1")); err != nil {
			t.Error(err)
		}
		if got, err := get(t, s, "t/a/file/2026/11/1", 0, 5); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q %v", got, err)
		}
	})
}

func TestAStoreTakesWhatIsLong(t *testing.T) {
	t.Parallel()
	onEvery(t, func(t *testing.T, s Store) {
		long := bytes.Repeat([]byte("0123456789abcdef"), (2*partSize+100_000)/16)
		if err := s.Put(t.Context(), "t/a/long", io.LimitReader(bytes.NewReader(long), int64(len(long)))); err != nil {
			t.Fatal(err)
		}
		if list, err := s.List(t.Context(), "t/a/", "", 10); err != nil || len(list) != 1 || list[0].Size != int64(len(long)) {
			t.Errorf("%v %v", list, err)
		}
		if got, err := get(t, s, "t/a/long", partSize-8, 16); err != nil || got != string(long[partSize-8:partSize+8]) {
			t.Errorf("%q %v", got, err)
		}
	})
}

type breaks struct{ left int }

func (b *breaks) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errors.New("the line broke")
	}
	n := min(len(p), b.left)
	b.left -= n
	return n, nil
}

func TestWhatBreaksOffIsNotKept(t *testing.T) {
	t.Parallel()
	onEvery(t, func(t *testing.T, s Store) {
		put(t, s, "t/a/old", "old")
		for _, n := range []int{10, partSize + 10} {
			if err := s.Put(t.Context(), "t/a/old", &breaks{n}); err == nil {
				t.Error("half of something was put")
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Put(ctx, "t/a/new", strings.NewReader("x")); err == nil {
			t.Error("what nobody waits for was put")
		}
		if got, err := get(t, s, "t/a/old", 0, 10); err != nil || got != "old" {
			t.Errorf("%q %v", got, err)
		}
		if got := keysOf(t, s, "t/", "", 10); !slices.Equal(got, []string{"t/a/old"}) {
			t.Errorf("%v", got)
		}
	})
}

func TestListingGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	onEvery(t, func(t *testing.T, s Store) {
		for _, key := range []string{"t/b/1", "t/a/x/2", "t/a/x-1", "t/a/x/1", "t/ab/1"} {
			put(t, s, key, "x")
		}
		if got := keysOf(t, s, "t/a/", "", 2); !slices.Equal(got, []string{"t/a/x-1", "t/a/x/1"}) {
			t.Errorf("%v", got)
		}
		if got := keysOf(t, s, "t/a/", "t/a/x/1", 2); !slices.Equal(got, []string{"t/a/x/2"}) {
			t.Errorf("%v", got)
		}
		if got := keysOf(t, s, "t/none/", "", 2); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

func TestPurgeLeavesNothing(t *testing.T) {
	t.Parallel()
	onEvery(t, func(t *testing.T, s Store) {
		for i := range 30 {
			put(t, s, fmt.Sprintf("t/a/file/%d", i%20), fmt.Sprint("secret marker ", i))
		}
		if err := s.Delete(t.Context(), "t/a/file/3"); err != nil {
			t.Fatal(err)
		}
		put(t, s, "t/ab/1", "theirs")
		leaveLying(t, s)
		for range 2 {
			if err := s.Purge(t.Context(), "t/a/"); err != nil {
				t.Fatal(err)
			}
		}
		if got := keysOf(t, s, "t/", "", 10); !slices.Equal(got, []string{"t/ab/1"}) {
			t.Errorf("%v", got)
		}
		for _, wrong := range []string{"", "/", "t", "t/../", "../", "t//"} {
			if err := s.Purge(t.Context(), wrong); err == nil {
				t.Errorf("everything under %q was purged", wrong)
			}
		}
		if got, err := get(t, s, "t/ab/1", 0, 10); err != nil || got != "theirs" {
			t.Errorf("%q %v", got, err)
		}
	})
}

// What was begun and not finished goes; what is whole stays.
func TestWhatWasBegunIsForgotten(t *testing.T) {
	t.Parallel()
	onEvery(t, func(t *testing.T, s Store) {
		put(t, s, "t/a/file/4", "whole")
		put(t, s, "t/a/file/4", "whole again")
		leaveLying(t, s)
		if err := s.EndUnfinished(t.Context(), "t/a/"); err != nil {
			t.Fatal(err)
		}
		switch s := s.(type) {
		case *dir:
			if all, err := s.under(t.Context(), "t/a/", true); err != nil || len(all) != 1 {
				t.Errorf("%v %v", all, err)
			}
		case *s3:
			found, err := minio.Core{Client: s.client}.ListMultipartUploads(t.Context(), s.bucket, "t/a/", "", "", "", 10)
			if err != nil || len(found.Uploads) != 0 {
				t.Errorf("%v %v", found.Uploads, err)
			}
		}
		put(t, s, "t/a/file/5", "more")
		if got, err := get(t, s, "t/a/file/5", 0, 10); err != nil || got != "more" {
			t.Errorf("%q %v", got, err)
		}
		if err := s.EndUnfinished(t.Context(), "t"); err == nil {
			t.Error("what is no prefix was taken")
		}
	})
}

// leaveLying leaves an upload that nobody finishes, and a mark of a deletion.
func leaveLying(t *testing.T, s Store) {
	t.Helper()
	switch s := s.(type) {
	case *dir:
		if _, _, err := s.create("t/a/file/7"); err != nil {
			t.Fatal(err)
		}
	case *s3:
		core := minio.Core{Client: s.client}
		if _, err := core.NewMultipartUpload(t.Context(), s.bucket, "t/a/file/7", minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := s.client.RemoveObject(t.Context(), s.bucket, "t/a/file/4", minio.RemoveObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// After a purge no byte of what was there is on the server's disk, in no version.
func TestPurgeReachesEveryVersionOnTheDisk(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, true)
	s, err := Open(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		put(t, s, "t/a/1", fmt.Sprint("planted marker ", i))
	}
	if n := holding(t, server.Dir, "planted marker"); n < 5 {
		t.Fatalf("the server keeps %d versions", n)
	}
	if err := s.Purge(t.Context(), "t/a/"); err != nil {
		t.Fatal(err)
	}
	if n := holding(t, server.Dir, "planted marker"); n != 0 {
		t.Errorf("%d are left", n)
	}
}

func holding(t *testing.T, dir, text string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(name) //nolint:gosec // of the test
		if bytes.Contains(b, []byte(text)) {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNoKeyLeadsOutOfTheStore(t *testing.T) {
	t.Parallel()
	onEvery(t, func(t *testing.T, s Store) {
		for _, key := range []string{"", "/", "../x", "a/../../x", "a//b", "a/", "/a", ".hidden", "a/.part-1", "a b", "a\x00b", "a\\b", "a%2fb", strings.Repeat("a", 500), "x.part-9"} {
			if err := s.Put(t.Context(), key, strings.NewReader("x")); err == nil {
				t.Errorf("%q is a key", key)
			}
			if _, err := s.Open(t.Context(), key, 0, 1); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q: %v", key, err)
			}
			if err := s.Delete(t.Context(), key); err == nil {
				t.Errorf("%q is deleted", key)
			}
		}
	})
}

// A link in the directory that leads out of it is not followed.
func TestLinksAreNotFollowedOut(t *testing.T) {
	t.Parallel()
	outside, inside := t.TempDir(), t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(outside, "x"), []byte("secret"), 0o600), os.Symlink(outside, filepath.Join(inside, "t"))); err != nil {
		t.Fatal(err)
	}
	s, err := Open(inside, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, s, "t/x", 0, 10); err == nil {
		t.Errorf("%q", got)
	}
	if err := s.Put(t.Context(), "t/y", strings.NewReader("x")); err == nil {
		t.Error("it was written outside")
	}
}

// Every write asks for encryption, and a store that does not say it encrypts is not used.
func TestTheStoreMustEncrypt(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, true)
	s, err := Open(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "t/a/1", "short")
	if err := s.Put(t.Context(), "t/a/2", bytes.NewReader(make([]byte, partSize+1))); err != nil {
		t.Fatal(err)
	}
	writes := 0
	for _, r := range server.Asked() {
		makes := r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/t/") && r.URL.Query().Get("uploadId") == "" || r.Method == http.MethodPost && r.URL.Query().Has("uploads")
		if !makes {
			continue
		}
		writes++
		if got := r.Header.Get(sseHeader); got != "AES256" {
			t.Errorf("%s %s asks for %q", r.Method, r.URL, got)
		}
	}
	if writes < 2 {
		t.Errorf("%d writes", writes)
	}
	server.Plain(true)
	if err := s.Put(t.Context(), "t/a/3", strings.NewReader("x")); !errors.Is(err, ErrNotEncrypted) {
		t.Errorf("%v", err)
	}
	if err := s.Put(t.Context(), "t/a/4", bytes.NewReader(make([]byte, partSize+1))); !errors.Is(err, ErrNotEncrypted) {
		t.Errorf("%v", err)
	}
	if _, err := get(t, s, "t/a/1", 0, 5); !errors.Is(err, ErrNotEncrypted) {
		t.Errorf("%v", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, ErrNotEncrypted) {
		t.Errorf("%v", err)
	}
	server.Plain(false)
	if got := keysOf(t, s, "t/", "", 10); !slices.Equal(got, []string{"t/a/1", "t/a/2"}) {
		t.Errorf("%v is there", got)
	}
}

func TestAddressesOfStores(t *testing.T) {
	t.Parallel()
	p, err := parseS3("s3://AKIA:from%2Furl@s3.ap-south-1.amazonaws.com/jobs?region=ap-south-1", "")
	if err != nil || p != (s3Place{"s3.ap-south-1.amazonaws.com", "jobs", "ap-south-1", "AKIA", "from/url", false}) {
		t.Errorf("%+v %v", p, err)
	}
	if p, err := parseS3("s3://AKIA@minio.example/jobs", "apart"); err != nil || p.secret != "apart" {
		t.Errorf("%+v %v", p, err)
	}
	if s, err := Open("s3://AKIA:hidden@minio.example/jobs", ""); err != nil || s.String() != "s3://minio.example/jobs" {
		t.Errorf("%v %v", s, err)
	}
	for _, wrong := range []string{"s3://", "s3://host/bucket", "s3://AKIA@host/bucket", "s3://AKIA:x@host/", "s3://AKIA:x@host/a/b", "s3://AKIA:x@minio.example/jobs?tls=off", "s3://AKIA:x@10.0.0.5/jobs?tls=off", "ftp://host/x"} {
		if _, err := Open(wrong, ""); err == nil {
			t.Errorf("%s is a store", wrong)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add("t/a/../b")
	f.Fuzz(func(t *testing.T, key string) {
		if checkKey(key) == nil && (filepath.Clean("/r/"+key) != "/r/"+key || !filepath.IsLocal(key)) {
			t.Errorf("%q is a key", key)
		}
	})
}
