// Package postgres keeps organisations in PostgreSQL: all SQL of the product is here.
//
// Do is the one write door for everything that happens to jobs. Reads are grouped by noun. Every transaction is
// opened for one organisation, named first, and row-level security holds the database to it: a query that forgets
// its organisation finds nothing.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"clicarity/internal/flow"
	"clicarity/internal/keys"
)

// AppRole is the database role that serves people. It owns nothing and is bound by row-level security.
const AppRole = "clicarity_app"

// OwnerRole owns the tables; only migrations act as it.
const OwnerRole = "clicarity_owner"

// ErrNotFound is the answer to everything that is not there, or not within the asker's reach.
var ErrNotFound = errors.New("postgres: not found")

// DB is a pool of connections acting as AppRole.
type DB struct {
	pool     *pgxpool.Pool
	editions memo[editionKey, flow.Process] // versions of processes, which never change
	states   states
	waits    memo[string, knownWaits] // by whose they are
	tables   memo[flow.ID, knownTimetable]
	settings memo[flow.ID, knownSettings]
	scopes   memo[scopeKey, flow.Scope]
	waker    *waker
	objects  Objects // the bytes of files
	scans    bool    // files are looked at for viruses
	ring     *keys.Ring
	keys     memo[[32]byte, *keys.Keys] // of organisations, by how they are wrapped
}

// Options tune a DB.
type Options struct {
	MaxConns int // 0: four for each processor, and two
}

// Open connects to a migrated database. Close it when done.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the database address cannot be read: %w", err)
	}
	cfg.MaxConns = int32(4*runtime.NumCPU() + 2) // more only wait for each other inside the database
	if o.MaxConns > 0 {
		cfg.MaxConns = int32(o.MaxConns)
	}
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.ConnConfig.RuntimeParams["application_name"] = "clicarity"
	cfg.AfterConnect = actAsApp
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	db := &DB{pool: pool}
	if err := db.usable(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	db.waker = startWaker(pool)
	return db, nil
}

func actAsApp(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, "set role "+AppRole)
	return err
}

// usable says in one sentence what is wrong with a database that cannot serve.
func (db *DB) usable(ctx context.Context) error {
	var version int
	err := db.pool.QueryRow(ctx, "select current_setting('server_version_num')::int / 10000").Scan(&version)
	switch {
	case err != nil:
		return fmt.Errorf("the database cannot be used: %w", err)
	case version < 15:
		return fmt.Errorf("the database is PostgreSQL %d; Clicarity needs 15 or newer", version)
	}
	return nil
}

// Close lets go of all connections.
func (db *DB) Close() {
	db.waker.stop()
	db.pool.Close()
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

const setOrg = "select set_config('app.org', $1, true)"

const setActor = "select set_config('app.actor', $1, true)"

// tenant runs one pipeline of statements for an organisation: one round trip and, being one pipeline, one
// transaction, to which the setting is local.
func (db *DB) tenant(ctx context.Context, org flow.ID, queue func(b *pgx.Batch)) error {
	return db.as(ctx, "app.org", org.String(), func(b *pgx.Batch) {
		if actor := actorIn(ctx); actor != "" {
			b.Queue(setActor, actor)
		}
		queue(b)
	})
}

func (db *DB) as(ctx context.Context, setting, value string, queue func(b *pgx.Batch)) error {
	b := &pgx.Batch{}
	b.Queue("select set_config($1, $2, true)", setting, value)
	queue(b)
	return whileOpen(db.pool.SendBatch(ctx, b).Close())
}

// rollback ends a failed transaction. When it cannot, the pool drops the connection: it is not idle.
func rollback(c *pgx.Conn) {
	if c.IsClosed() || c.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = c.Exec(ctx, "rollback") //nolint:errcheck // the pool looks at the state itself
}

// inTenant runs several steps in one transaction of an organisation, for set-up and other rare work.
func (db *DB) inTenant(ctx context.Context, org flow.ID, f func(tx pgx.Tx) error) error {
	return whileOpen(pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setOrg, org.String()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, setActor, actorIn(ctx)); err != nil {
			return err
		}
		return f(tx)
	}))
}

type editionKey struct {
	org flow.ID
	ed  flow.Edition
}

const maxEditions = 2000 // a bound on memory, far above what a busy server meets in a day

func (db *DB) keepEdition(org flow.ID, p flow.Process) {
	db.editions.put(editionKey{org, flow.Edition{Process: p.ID, Version: p.Version}}, p, maxEditions)
}
