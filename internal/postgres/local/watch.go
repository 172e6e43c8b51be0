package local

import (
	"context"
	"time"
)

const (
	watchPoll  = 250 * time.Millisecond
	logCheck   = time.Hour
	firstPause = 250 * time.Millisecond
	longPause  = 30 * time.Second
	goodRun    = time.Minute // a server that lived this long is started again at once
)

// startWatching keeps the server running until Close.
func (c *Cluster) startWatching() {
	ctx, cancel := context.WithCancel(context.Background())
	c.endWait, c.waiting = cancel, make(chan struct{})
	go c.watch(ctx)
}

func (c *Cluster) watch(ctx context.Context) {
	defer close(c.waiting)
	var pause time.Duration
	for began := time.Now(); c.lost(ctx); began = time.Now() {
		if time.Since(began) > goodRun {
			pause = 0
		}
		c.say("PostgreSQL has ended unexpectedly (its last words are in %s). Starting it again.", c.logPath())
		for !c.revive(ctx, pause) {
			if ctx.Err() != nil {
				return
			}
			pause = longer(pause)
		}
		pause = longer(pause)
	}
}

func longer(pause time.Duration) time.Duration {
	return min(max(firstPause, 2*pause), longPause)
}

// lost waits until the server has ended, or returns false when ctx has.
func (c *Cluster) lost(ctx context.Context) bool {
	s := c.server.Load()
	poll, check := time.NewTicker(watchPoll), time.NewTicker(logCheck)
	defer poll.Stop()
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-s.gone:
			return ctx.Err() == nil
		case <-poll.C:
			if c.over(s) {
				return true
			}
		case <-check.C:
			if err := c.trimLog(); err != nil {
				c.say("Cannot shorten %s: %v", c.logPath(), err)
			}
		}
	}
}

// revive starts the server, unless another process has done so already, and tells whether it runs.
func (c *Cluster) revive(ctx context.Context, pause time.Duration) bool {
	if sleep(ctx, pause) != nil {
		return false
	}
	err := c.alone(ctx, func() error {
		s, err := c.ensure(ctx)
		if err == nil {
			c.server.Store(s)
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		c.say("Starting PostgreSQL again has failed, and will be tried again: %v", err)
	}
	return err == nil
}
