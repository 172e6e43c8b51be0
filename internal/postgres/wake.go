package postgres

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"clicarity/internal/flow"
)

const (
	channel = "movements"
	post    = "post"   // and when a mail waits to be sent
	walk    = "walk"   // and when there is something to tell people of all organisations
	access  = "access" // the database notifies it when somebody may see something else than before
)

// waker tells listeners which logs have grown, just after the commit instead of inside it: NOTIFY inside a
// transaction takes one lock for the whole server until the commit is on disk, so writers would queue behind each
// other's fsync (measured in docs/adr/0004). Several commits share one notification. One that is lost, with the
// process that owed it, costs a reader at most its own second's tick.
type waker struct {
	pool  *pgxpool.Pool
	mu    sync.Mutex
	dirty map[string]bool
	kick  chan struct{}
	done  chan struct{}
	end   context.CancelFunc
}

const wakeEvery = 4 * time.Millisecond

func startWaker(pool *pgxpool.Pool) *waker {
	ctx, cancel := context.WithCancel(context.Background())
	w := &waker{pool: pool, dirty: map[string]bool{}, kick: make(chan struct{}, 1), done: make(chan struct{}), end: cancel}
	go w.run(ctx)
	return w
}

func (w *waker) wake(org flow.ID) {
	w.mu.Lock()
	w.dirty[org.String()] = true
	w.mu.Unlock()
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

func (w *waker) stop() {
	w.end()
	<-w.done
}

func (w *waker) run(ctx context.Context) {
	defer close(w.done)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.kick:
		}
		w.notify(ctx)
		pause.Reset(wakeEvery)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

func (w *waker) notify(ctx context.Context) {
	w.mu.Lock()
	orgs := make([]string, 0, len(w.dirty))
	for org := range w.dirty {
		orgs = append(orgs, org)
	}
	clear(w.dirty)
	w.mu.Unlock()
	if _, err := w.pool.Exec(ctx, "select pg_notify('"+channel+"', o) from unnest($1::text[]) o", orgs); err != nil && ctx.Err() == nil {
		slog.Warn("readers of the log were not woken; they look by themselves within a second", "error", err)
	}
}

// Ears are what a listener is told. They are called with the zero ID after every (re)connection: anything may have
// happened meanwhile.
type Ears struct {
	Woke func(org flow.ID) // the organisation's log has grown
	Look func(org flow.ID) // somebody of it may see something else than before
	Post func(org flow.ID) // a mail of it waits to be sent; may be nil
	Tell func()            // there is something to tell people of all organisations; may be nil
}

func (e Ears) posted(org flow.ID) {
	if e.Post != nil {
		e.Post(org)
	}
}

func (e Ears) begun() {
	if e.Tell != nil {
		e.Tell()
	}
}

// Listen tells a listener what happens, on one connection, until the context ends.
func (db *DB) Listen(ctx context.Context, ears Ears) error {
	for {
		err := db.listenOnce(ctx, ears)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		slog.Warn("lost the connection that listens for movements; connecting again", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func (db *DB) listenOnce(ctx context.Context, ears Ears) error {
	conn, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "listen "+channel+"; listen "+access+"; listen "+post+"; listen "+walk); err != nil {
		return err
	}
	ears.Woke(flow.ID{})
	ears.Look(flow.ID{})
	ears.posted(flow.ID{})
	ears.begun()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		org, err := flow.ParseID(n.Payload)
		switch {
		case err != nil:
		case n.Channel == access:
			ears.Look(org)
		case n.Channel == post:
			ears.posted(org)
		case n.Channel == walk:
			ears.begun()
		default:
			ears.Woke(org)
		}
	}
}
