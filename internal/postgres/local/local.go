// Package local runs a private PostgreSQL for people who have not been asked to set one up.
//
// One data directory holds one cluster. The first process that opens it creates the cluster and starts the server,
// others share it, and the last one out stops it. The server is reached through a unix socket that only its owner and
// root can open, and through nothing else. What the processes agree on is in lock files, which the kernel lets go of
// whatever happens to their holders:
//
//	start.lock  exclusive while a process decides whether to start or to stop the server
//	users.lock  shared while a process uses the server: whoever can have it alone is the last
//	serve.lock  exclusive while the one long-running Clicarity server of this directory runs
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Superuser is the role that owns a local cluster; URL connects as it.
const Superuser = "clicarity_admin"

// Options says where the cluster is and how to run it.
type Options struct {
	// Dir is Clicarity's data directory; it is made if missing. The cluster is in its postgres folder, the server's
	// messages are in its postgres.log.
	Dir string

	// Settings are PostgreSQL settings that replace the ones chosen here, such as fsync=off in tests. They count when
	// this process starts the server, not when it finds one running. Where the server listens cannot be set.
	Settings map[string]string

	// Exclusive makes this process the one long-running server of Dir: a second is refused with *InUseError.
	Exclusive bool

	// Purpose tells the person who is refused what is running, such as "clicarity serve on http://localhost:8080".
	Purpose string

	// Log gets progress as plain sentences, one Write a line, some of them from another goroutine but never two at
	// once. Nil says nothing.
	Log io.Writer
}

// Cluster is a use of a running private PostgreSQL. Its methods may be called from several goroutines.
type Cluster struct {
	opts    Options
	dir     string
	data    string
	bin     install
	runAs   account
	users   *lock
	serve   *lock
	server  atomic.Pointer[server]
	saying  sync.Mutex
	endWait context.CancelFunc
	waiting chan struct{}
	closing sync.Once
	closed  error
}

// leavePatience is longer than a stop may take: a Close that waits this long for start.lock waits for a process that is
// starting the server, and so will be the one to stop it.
const leavePatience = 2 * time.Minute

// Open uses the PostgreSQL of opts.Dir if one is running there, or else starts it, and makes it on the very first call.
// From then on the server is started again whenever it is lost, until Close. When ctx ends first, Open takes back
// whatever it had begun. Errors a person can act on are *NotInstalledError, *NoAccountError, *ClosedDirError,
// *InUseError and *StartError.
func Open(ctx context.Context, opts Options) (*Cluster, error) {
	if err := checkSettings(opts.Settings); err != nil {
		return nil, err
	}
	dir, err := makeDir(opts.Dir)
	if err != nil {
		return nil, ownedByAnother(err, opts.Dir)
	}
	c := &Cluster{opts: opts, dir: dir, data: filepath.Join(dir, "postgres")}
	if err := c.claim(); err != nil {
		return nil, ownedByAnother(err, dir)
	}
	if err := c.join(ctx); err != nil {
		return nil, errors.Join(ownedByAnother(err, dir), c.serve.close())
	}
	c.startWatching()
	return c, nil
}

// join becomes a user of a running server. The share of users.lock is taken while start.lock is held, so that nobody
// can be just deciding to be the last.
func (c *Cluster) join(ctx context.Context) error {
	return c.alone(ctx, func() error {
		users, err := openLock(c.path("users.lock"))
		if err != nil {
			return err
		}
		if err := c.enter(ctx, users); err != nil {
			return errors.Join(err, users.close())
		}
		c.users = users
		return nil
	})
}

func (c *Cluster) enter(ctx context.Context, users *lock) error {
	if err := users.wait(ctx, unix.LOCK_SH); err != nil {
		return err
	}
	if err := c.prepare(ctx); err != nil {
		return err
	}
	s, err := c.ensure(ctx)
	if err != nil {
		return err
	}
	c.server.Store(s)
	return nil
}

// prepare finds out what will run as whom, and makes the cluster if there is none.
func (c *Cluster) prepare(ctx context.Context) error {
	major, err := clusterVersion(c.data)
	if err != nil {
		return err
	}
	if c.runAs, err = chooseAccount(c.data); err != nil {
		return err
	}
	if c.bin, err = find(ctx, c.data, major); err != nil {
		return err
	}
	if err := c.runAs.reach(ctx, c.bin, c.dir); err != nil {
		return err
	}
	if major > 0 {
		return nil
	}
	return c.create(ctx)
}

// URL is where database is, as the superuser, in a form that both pgx and PostgreSQL's own programs take.
func (c *Cluster) URL(database string) string {
	// Not url.Values, which writes a space as "+": libpq takes that for a plus sign.
	host := strings.ReplaceAll(url.QueryEscape(c.server.Load().socket), "+", "%20")
	u := url.URL{
		Scheme: "postgres", User: url.User(Superuser), Path: "/" + database,
		// What is said here no PGPORT or PGSSLMODE of the environment can change.
		RawQuery: "host=" + host + "&port=" + port + "&sslmode=disable",
	}
	return u.String()
}

// BinDir is the folder of the PostgreSQL programs that belong to this cluster: initdb, postgres, psql, pg_dump, pgbench.
func (c *Cluster) BinDir() string { return c.bin.dir }

// Close ends this use of the server. The last one out stops it, quickly and cleanly, and waits until it is gone; any
// connection still open is cut then. While others go on using a server that this process has started, one goroutine
// stays to reap it. Closing again returns the same answer.
func (c *Cluster) Close() error {
	c.closing.Do(func() {
		c.endWait()
		<-c.waiting
		c.closed = errors.Join(c.leave(), c.users.close(), c.serve.close())
	})
	return c.closed
}

// leave lets go of the share first and then asks for the whole, under start.lock: of several that leave at once, the
// one that asks last is the one that gets it.
func (c *Cluster) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), leavePatience)
	defer cancel()
	if err := c.users.unlock(); err != nil {
		return err
	}
	err := c.alone(ctx, func() error {
		last, err := c.users.try(unix.LOCK_EX)
		if err != nil || !last {
			return err
		}
		return c.stop()
	})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// alone runs work while no other process starts or stops the server.
func (c *Cluster) alone(ctx context.Context, work func() error) error {
	start, err := openLock(c.path("start.lock"))
	if err != nil {
		return err
	}
	if err := start.wait(ctx, unix.LOCK_EX); err != nil {
		return errors.Join(fmt.Errorf("waiting for another Clicarity process that starts or stops the database in %s: %w",
			c.dir, err), start.close())
	}
	return errors.Join(work(), start.close())
}

func (c *Cluster) path(name string) string { return filepath.Join(c.dir, name) }

func (c *Cluster) say(format string, args ...any) {
	if c.opts.Log == nil {
		return
	}
	c.saying.Lock()
	defer c.saying.Unlock()
	// There is nowhere to tell that telling failed.
	_, _ = fmt.Fprintf(c.opts.Log, format+"\n", args...)
}

// DefaultDir is the data directory for who has not chosen one: /var/lib/clicarity for root (uid 0), else
// $XDG_DATA_HOME/clicarity or ~/.local/share/clicarity; for a user without a home, clicarity-data where it stands.
func DefaultDir(getenv func(string) string, uid int) string {
	if uid == 0 {
		return "/var/lib/clicarity"
	}
	// The specification of XDG_DATA_HOME says that a relative path is to be ignored.
	if xdg := getenv("XDG_DATA_HOME"); filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "clicarity")
	}
	home := getenv("HOME")
	if home == "" {
		if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
			home = u.HomeDir
		}
	}
	if home == "" {
		return "clicarity-data"
	}
	return filepath.Join(home, ".local", "share", "clicarity")
}

// makeDir returns dir's one true name, so that every process derives the same things from it.
func makeDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no data directory was given")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := makeLeaf(dir); err != nil {
			return "", err
		}
	} else if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

func makeLeaf(dir string) error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the server's account passes through to its own folders
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return os.Chmod(dir, mode) // whatever the umask made of it
}
