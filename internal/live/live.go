// Package live wakes open pages when the log of their organisation grows.
//
// The hub reads each organisation's log once, however many of its pages are open, and hands what it read to every
// page. A page says from which number it wants to go on; what it missed is read for it. Nothing is published to
// the hub: a wake-up only says that a log may have grown, and a lost one costs a page at most the hub's own tick.
package live

import (
	"context"
	"errors"
	"sync"
	"time"

	"clicarity/internal/flow"
)

// Change is a movement as a page needs to know of it.
type Change struct {
	Seq     int64
	Job     flow.ID
	Process flow.ID // zero when the log does not say
	Stage   string
	Kind    flow.Kind
}

// Read reads the movements of an organisation after a number, in order, at most a page of them.
type Read func(ctx context.Context, org flow.ID, after int64) ([]Change, error)

// Head reads the number of an organisation's newest movement.
type Head func(ctx context.Context, org flow.ID) (int64, error)

// Hub serves the open pages of all organisations.
type Hub struct {
	read Read
	head Head
	tick time.Duration

	ctx   context.Context
	end   context.CancelFunc
	group sync.WaitGroup

	mu      sync.Mutex
	streams map[flow.ID]*stream
}

// tick is how long a lost wake-up can delay a page.
const tick = 2 * time.Second

// New makes a hub. Close it when done.
func New(read Read, head Head) *Hub {
	ctx, end := context.WithCancel(context.Background())
	return &Hub{read: read, head: head, tick: tick, ctx: ctx, end: end, streams: map[flow.ID]*stream{}}
}

// Close ends all pages' feeds.
func (h *Hub) Close() {
	h.end()
	h.group.Wait()
}

// Wake says that the log of an organisation may have grown; the zero ID, that any may have.
func (h *Hub) Wake(org flow.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s, ok := h.streams[org]; ok {
		s.nudge()
	}
	if org.IsZero() {
		for _, s := range h.streams {
			s.nudge()
		}
	}
}

// Look makes the pages of an organisation look again at who reads them: Next answers at once, with nothing. The zero
// ID: of every organisation.
func (h *Hub) Look(org flow.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, s := range h.streams {
		if org.IsZero() || id == org {
			s.look()
		}
	}
}

// stream is the one reader of an organisation's log.
type stream struct {
	org  flow.ID
	wake chan struct{}

	mu    sync.Mutex
	tail  int64
	pages map[*Page]bool
}

func (s *stream) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stream) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.pages {
		select {
		case p.look <- struct{}{}:
		default:
		}
	}
}

// Page is one open page's feed.
type Page struct {
	hub    *Hub
	stream *stream
	next   chan []Change
	look   chan struct{}
	missed []Change // what it had missed when it came
}

// pageBuffer is how many batches a page may be behind before it is told to start over.
const pageBuffer = 64

// ErrBehind says that a page cannot be brought up to date change by change: it must be loaded again.
var ErrBehind = errors.New("live: too far behind")

// maxMissed is how many movements a page that comes back is told one by one.
const maxMissed = 1000

// Open starts a page's feed after a number; a number below zero means from now on. The page gets every later
// change of the organisation exactly once, in order, or ErrBehind.
func (h *Hub) Open(ctx context.Context, org flow.ID, after int64) (*Page, error) {
	p := &Page{hub: h, next: make(chan []Change, pageBuffer), look: make(chan struct{}, 1)}
	s, tail, err := h.join(ctx, org, p)
	if err != nil {
		return nil, err
	}
	p.stream = s
	if after < 0 {
		return p, nil
	}
	if tail-after > maxMissed {
		p.Close()
		return nil, ErrBehind
	}
	for after < tail {
		got, err := h.read(ctx, org, after)
		if err != nil || len(got) == 0 {
			p.Close()
			return nil, errors.Join(ErrBehind, err)
		}
		for _, c := range got {
			if after = c.Seq; c.Seq <= tail {
				p.missed = append(p.missed, c)
			}
		}
	}
	return p, nil
}

// join puts a page on its organisation's stream, starting one when it is the first.
func (h *Hub) join(ctx context.Context, org flow.ID, p *Page) (*stream, int64, error) {
	head, err := h.head(ctx, org)
	if err != nil {
		return nil, 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		return nil, 0, h.ctx.Err()
	}
	s, ok := h.streams[org]
	if !ok {
		s = &stream{org: org, wake: make(chan struct{}, 1), tail: head, pages: map[*Page]bool{}}
		h.streams[org] = s
		h.group.Go(func() { h.run(s) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[p] = true
	s.nudge()
	return s, s.tail, nil
}

// Close ends the feed.
func (p *Page) Close() {
	s := p.stream
	p.hub.mu.Lock()
	defer p.hub.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pages, p)
	if len(s.pages) == 0 && p.hub.streams[s.org] == s {
		delete(p.hub.streams, s.org)
		close(s.wake)
	}
}

// Next waits for the next changes. It returns none when the page is to look again at who reads it. It returns ErrBehind when the page was too slow, and the context's error when
// that ended.
func (p *Page) Next(ctx context.Context) ([]Change, error) {
	if len(p.missed) > 0 {
		got := p.missed
		p.missed = nil
		return got, nil
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.hub.ctx.Done():
		return nil, p.hub.ctx.Err()
	case <-p.look:
		return nil, nil
	case got, ok := <-p.next:
		if !ok {
			return nil, ErrBehind
		}
		return got, nil
	}
}

func (h *Hub) run(s *stream) {
	tick := time.NewTicker(h.tick)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case _, open := <-s.wake:
			if !open {
				return
			}
		case <-tick.C:
		}
		for h.advance(s) {
		}
	}
}

// advance reads one page of the log and hands it out; it reports whether there may be more. An error is left to
// the next wake-up: pages lose nothing, they only wait.
func (h *Hub) advance(s *stream) bool {
	got, err := h.read(h.ctx, s.org, s.tail)
	if err != nil || len(got) == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail = got[len(got)-1].Seq
	for p := range s.pages {
		select {
		case p.next <- got:
		default: // too slow: it starts over instead of holding up the others
			close(p.next)
			delete(s.pages, p)
		}
	}
	return true
}
