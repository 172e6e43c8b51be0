// Package pgtest gives every test its own real database, cloned from a migrated template.
//
// A package that uses it calls Main from TestMain: one private PostgreSQL per test binary, without fsync, started
// when the first test asks and stopped at the end.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/local"
)

var (
	start   sync.Once
	cluster *local.Cluster
	dir     string
	failed  error
	clone   sync.Mutex // a template cannot be cloned twice at one moment
	serial  atomic.Int64
)

const template = "clicarity_template"

// Main runs the tests of a package and stops the database when one was started. Use: os.Exit(pgtest.Main(m)).
func Main(m *testing.M) int {
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}

func stop() error {
	if cluster != nil {
		if err := cluster.Close(); err != nil {
			return err
		}
	}
	if dir != "" {
		return os.RemoveAll(dir)
	}
	return nil
}

func startCluster() error {
	var err error
	if dir, err = os.MkdirTemp("", "clicarity-test-"); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL runs as another user when we are root
		return err
	}
	ctx := context.Background()
	cluster, err = local.Open(ctx, local.Options{Dir: filepath.Join(dir, "data"), Settings: map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB", "max_connections": "300",
	}})
	if err != nil {
		return err
	}
	if err := admin(ctx, "create database "+template); err != nil {
		return err
	}
	_, err = postgres.Migrate(ctx, cluster.URL(template))
	return err
}

func admin(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, cluster.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	if closeErr := conn.Close(ctx); err == nil {
		err = closeErr
	}
	return err
}

// URL makes a migrated database for one test and returns its address, as the user that owns everything.
func URL(t testing.TB) string {
	t.Helper()
	start.Do(func() { failed = startCluster() })
	if failed != nil {
		t.Fatalf("no database for the tests: %v", failed)
	}
	name := fmt.Sprintf("test_%d", serial.Add(1))
	clone.Lock()
	err := admin(context.Background(), "create database "+name+" template "+template)
	clone.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin(context.Background(), "drop database "+name+" with (force)"); err != nil {
			t.Error(err)
		}
	})
	return cluster.URL(name)
}

// New makes a migrated database for one test and opens it as the application does.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	return Open(t, URL(t))
}

// Open opens a database of URL as the application does.
func Open(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	store, err := objects.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	db.UseObjects(store, false)
	db.UseMaster(keys.NewRing(keys.NewLocal([keys.Size]byte{1})))
	t.Cleanup(db.Close)
	return db
}

// Owner connects to a database of URL as the user that owns everything, past row-level security: to look at what
// the application cannot, or to do harm on purpose.
func Owner(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// BinDir is where pg_dump and its like are.
func BinDir(t testing.TB) string {
	t.Helper()
	URL(t)
	return cluster.BinDir()
}

// Version is the major version of the database.
func Version(t testing.TB) (major int) {
	t.Helper()
	conn := Owner(t, URL(t))
	if err := conn.QueryRow(t.Context(), "select current_setting('server_version_num')::int / 10000").Scan(&major); err != nil {
		t.Fatal(err)
	}
	return major
}

// NewID is a fresh id of the present moment.
func NewID(t testing.TB) flow.ID {
	t.Helper()
	id, err := flow.NewID(flow.At(time.Now()), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
