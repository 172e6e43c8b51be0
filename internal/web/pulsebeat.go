package web

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// pulseBeat is what the database says for the Pulse of a scope.
type pulseBeat struct {
	postgres.Pulse
	Late  []flow.Job    // the longest late
	Stuck []postgres.At // the longest stuck
}

func (w *Web) readBeat(ctx context.Context, org flow.ID, q postgres.PulseQuery) (pulseBeat, error) {
	var b pulseBeat
	var err error
	if b.Pulse, err = w.DB.Pulse(ctx, org, q); err != nil {
		return b, err
	}
	if b.Pulse.Late > 0 {
		if b.Late, _, err = w.DB.List(ctx, org, postgres.ListQuery{Processes: q.Processes, Sites: q.Narrow.Sites, Status: []string{"open"}, DueBefore: q.Today, Limit: worstAmong}); err != nil {
			return b, err
		}
	}
	if b.Pulse.Stuck() > 0 {
		b.Stuck, _, err = w.DB.StuckList(ctx, org, q, postgres.AtPlace{}, worstAmong)
	}
	return b, err
}

// beats reads the Pulse of a scope once for a place in the log and a minute, however many pages ask for it. While the log
// grows without a break it reads no more often than a tenth of a second, and a third of the time that reading takes.
type beats struct {
	mu  sync.Mutex
	was map[beatKey]*beatRead
}

// beatKey is whose Pulse it is: an organisation's, as far as a scope goes.
type beatKey struct {
	org   flow.ID
	scope string
}

// scopeKey names what a query counts, but for the moment.
func scopeKey(q postgres.PulseQuery, processes []flow.Process) string {
	var b strings.Builder
	for _, p := range processes {
		fmt.Fprintf(&b, "%s %d ", p.ID, p.Version)
	}
	return b.String() + strings.Join(q.Narrow.Sites, " ")
}

type beatRead struct {
	head   int64
	minute time.Time
	done   chan struct{}

	// from here on: when done
	beat  pulseBeat
	err   error
	ended time.Time
	took  time.Duration
}

const (
	beatPace  = 100 * time.Millisecond
	beatLimit = 30 * time.Second
	maxBeats  = 500
)

// serves reports whether a reading has all that a page may ask for: it began when the log was as far, in the same minute.
func (b *beatRead) serves(head int64, minute time.Time) bool {
	return b != nil && b.head >= head && b.minute.Equal(minute)
}

var errNotRead = errors.New("web: the pulse was not read")

type readBeat func(ctx context.Context, org flow.ID, q postgres.PulseQuery) (pulseBeat, error)

// get is the Pulse as of a place in the log, or later.
func (c *beats) get(ctx context.Context, key beatKey, head int64, q postgres.PulseQuery, read readBeat) (pulseBeat, error) {
	minute := q.At.Truncate(time.Minute)
	for {
		b, mine, wait := c.turn(key, head, minute)
		switch {
		case mine:
			b.run(context.WithoutCancel(ctx), key.org, q, read) // others wait for it too, though this one may go
		case wait > 0:
			select {
			case <-ctx.Done():
				return pulseBeat{}, ctx.Err()
			case <-time.After(wait):
			}
			continue
		}
		select {
		case <-ctx.Done():
			return pulseBeat{}, ctx.Err()
		case <-b.done:
		}
		if b.serves(head, minute) {
			if b.err != nil {
				c.forget(key, b)
			}
			return b.beat, b.err
		}
	}
}

// turn is the reading to wait for, whether it is to be begun, or how long to wait before one may be.
func (c *beats) turn(key beatKey, head int64, minute time.Time) (b *beatRead, mine bool, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b = c.was[key]; b.serves(head, minute) {
		return b, false, 0
	}
	if b != nil {
		select {
		case <-b.done:
			if wait = max(beatPace, 3*b.took) - time.Since(b.ended); wait > 0 {
				return nil, false, wait
			}
		default:
			return b, false, 0
		}
	}
	if c.was == nil || len(c.was) >= maxBeats {
		c.was = map[beatKey]*beatRead{}
	}
	b = &beatRead{head: head, minute: minute, done: make(chan struct{})}
	c.was[key] = b
	return b, true, 0
}

func (c *beats) forget(key beatKey, b *beatRead) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.was[key] == b {
		delete(c.was, key)
	}
}

func (b *beatRead) run(ctx context.Context, org flow.ID, q postgres.PulseQuery, read readBeat) {
	ctx, cancel := context.WithTimeout(ctx, beatLimit)
	defer cancel()
	begun := time.Now()
	b.err = errNotRead
	defer func() {
		b.ended = time.Now()
		b.took = b.ended.Sub(begun)
		close(b.done)
	}()
	b.beat, b.err = read(ctx, org, q)
}
