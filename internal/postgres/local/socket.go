package local

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// port is only a part of the socket's name.
const port = "5432"

// socketLimit is what fits into a socket address everywhere: 107 bytes on Linux, 103 on macOS.
const socketLimit = 103

func socketFile(dir string) string { return filepath.Join(dir, ".s.PGSQL."+port) }

// fits tells whether a socket can be in dir. A comma would make two hosts of it for whoever connects.
func fits(dir string) bool { return len(socketFile(dir)) <= socketLimit && !strings.Contains(dir, ",") }

// socketDir makes the folder of the socket: run in the data directory, or, when that name will not do, a short one that
// is the same for every process with the same data directory.
func (c *Cluster) socketDir(ctx context.Context) (string, error) {
	if before := c.server.Load(); before != nil && filepath.IsAbs(before.socket) {
		return before.socket, c.makePrivate(before.socket) // connection pools remember it
	}
	if dir := c.path("run"); fits(dir) {
		return dir, c.makePrivate(dir)
	}
	dir := shortDir(c.dir, c.runAs.uid)
	if err := c.runAs.reach(ctx, c.bin, filepath.Dir(dir)); err != nil {
		return "", err
	}
	return dir, c.makePrivate(dir)
}

func shortDir(dir string, uid int) string {
	name := fmt.Sprintf("clicarity-%d-%x", uid, sha256.Sum256([]byte(dir)))[:32]
	if short := filepath.Join(os.TempDir(), name); filepath.IsAbs(short) && fits(short) {
		return short
	}
	return filepath.Join("/tmp", name)
}

// makePrivate makes dir a folder that the account alone can use. In /tmp anyone may have made it before: then it is
// theirs, and no place for us.
func (c *Cluster) makePrivate(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	uid, _ := owner(info)
	// Root's is one that root was about to give away.
	if !info.IsDir() || uid != c.runAs.uid && uid != os.Geteuid() {
		return fmt.Errorf("%s, where PostgreSQL's socket should be, belongs to another account (%s). Remove it, or choose another folder with CLICARITY_DATA", dir, name(uid))
	}
	if err := c.runAs.give(dir); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// dropSocketDir tidies /tmp after the server has gone; a folder that is not empty is left alone.
func (c *Cluster) dropSocketDir(dir string) error {
	if dir != shortDir(c.dir, c.runAs.uid) {
		return nil
	}
	err := os.Remove(dir)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}

// answers tells whether a server listens in dir, ready or not. A server that is too busy to say so counts as one.
func answers(dir string) bool {
	if dir == "" {
		return false
	}
	conn, err := net.DialTimeout("unix", socketFile(dir), time.Second)
	if err != nil {
		return !errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) &&
			!errors.Is(err, unix.EINVAL)
	}
	// It was opened only to see that it opens.
	return conn.Close() == nil
}

// socketSetting is dir as PostgreSQL wants it in a list of names.
func socketSetting(dir string) string {
	return `unix_socket_directories="` + strings.ReplaceAll(dir, `"`, `""`) + `"`
}
