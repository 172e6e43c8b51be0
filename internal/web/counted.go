package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// What is at the stages, and what reports tell of a company, is counted anew for every page, so that the numbers are right to
// the last tap. Where there is so much that this takes its time, what was counted serves again: while nothing has moved, but
// not beyond the minute, and for two seconds when something has.
const (
	countedFor = 2 * time.Second
	countsSoon = 5000 // jobs; so many are counted in a moment, and always anew
	maxCounted = 500
)

// counted remembers counts by what they are of.
type counted[T any] struct {
	mu  sync.Mutex
	was map[string]*count[T]
}

type count[T any] struct {
	mu     sync.Mutex // held while it is counted: who asks meanwhile waits, and finds it
	value  T
	head   int64 // how far the log was before it was counted
	minute time.Time
	read   time.Time
	jobs   int
}

// serves reports whether what was counted may serve who asks now, the log being so far.
func (c *count[T]) serves(head int64, minute, now time.Time) bool {
	return c.minute.Equal(minute) && (c.head == head || now.Sub(c.read) < countedFor) && c.jobs > countsSoon
}

// get is the count of a key, which count makes and says of how many jobs it is. What it gives is not to be changed.
func (s *counted[T]) get(key string, head int64, now time.Time, count func() (T, int, error)) (T, error) {
	c := s.of(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	minute := now.Truncate(time.Minute)
	if c.serves(head, minute, time.Now()) {
		return c.value, nil
	}
	value, jobs, err := count()
	if err != nil {
		return value, err
	}
	c.value, c.jobs, c.head, c.minute, c.read = value, jobs, head, minute, time.Now()
	return value, nil
}

func (s *counted[T]) of(key string) *count[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.was[key]
	if c == nil {
		if s.was == nil || len(s.was) >= maxCounted {
			s.was = map[string]*count[T]{}
		}
		c = &count[T]{}
		s.was[key] = c
	}
	return c
}

// countKey names what is counted of a process for a reader.
func countKey(who flow.Person, p flow.Process, stage string) string {
	n := narrow(who)
	return fmt.Sprintf("%s %s %d %s %q %s", who.Org, p.ID, p.Version, stage, n.Sites, n.Mine)
}

// stageLoads is what is over the columns of a board.
type stageLoads struct {
	load   map[string]postgres.StageLoad
	levels map[string][]int // as each of the last days ended
}

// loadsOf counts what is at the stages of a process, for a board.
func (w *Web) loadsOf(ctx context.Context, v *view, p flow.Process, head int64) (stageLoads, error) {
	return w.loads.get(countKey(v.Who, p, ""), head, v.Now, func() (l stageLoads, jobs int, err error) {
		n := narrow(v.Who)
		if l.load, err = w.DB.Load(ctx, v.Who.Org, p.ID, n); err != nil || !n.Mine.IsZero() {
			return l, 0, err // who sees only what is assigned to them sees no figures
		}
		for _, at := range l.load {
			jobs += at.Jobs
		}
		l.levels, err = w.DB.Levels(ctx, v.Who.Org, p.ID, n.Sites, flow.DateOf(v.Now.In(v.Zone)), trendDays)
		return l, jobs, err
	})
}
