package worker

import (
	"context"
	"sync"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
)

// rollEvery is how often the roll-ups of an organisation are brought up to its log at most: a busy floor pays for one
// page of many movements instead of many of one.
const rollEvery = 10 * time.Second

// bell remembers which organisations' logs have grown.
type bell struct {
	mu   sync.Mutex
	orgs map[flow.ID]bool
	rung chan struct{}
}

// Woke says that the log of an organisation has grown; with the zero ID, that any may have.
func (w *Worker) Woke(org flow.ID) {
	w.once.Do(w.open)
	w.bell.mu.Lock()
	w.bell.orgs[org] = true
	w.bell.mu.Unlock()
	select {
	case w.bell.rung <- struct{}{}:
	default:
	}
}

func (b *bell) take() map[flow.ID]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	orgs := b.orgs
	b.orgs = map[flow.ID]bool{}
	return orgs
}

// roll keeps the roll-ups up to the logs, until the context ends. Every organisation is looked at when it begins and in every
// round, so that nothing is missed by a wake-up that was lost.
func (w *Worker) roll(ctx context.Context) {
	pause := time.NewTicker(rollEvery)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.bell.rung:
		}
		for _, o := range w.grown(ctx, w.bell.take()) {
			more, err := w.rollUp(ctx, o)
			if err != nil && ctx.Err() == nil {
				w.Log.Error("the roll-ups were not brought up to the log", "org", o.Slug, "error", err)
			}
			if more {
				w.Woke(o.ID)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// grown are the organisations whose logs have grown.
func (w *Worker) grown(ctx context.Context, rung map[flow.ID]bool) (list []postgres.Organisation) {
	if len(rung) == 0 {
		return nil
	}
	orgs, err := w.DB.Organisations(ctx)
	if err != nil && ctx.Err() == nil {
		w.Log.Error("the organisations cannot be listed", "error", err)
	}
	for _, o := range orgs {
		if rung[o.ID] || rung[flow.ID{}] {
			list = append(list, o)
		}
	}
	return list
}

// pagesAtOnce is how many pages of one organisation are done before the others have their turn.
const pagesAtOnce = 50

// rollUp brings the roll-ups of an organisation up to its log, or a good part of the way.
func (w *Worker) rollUp(ctx context.Context, o postgres.Organisation) (more bool, err error) {
	for range pagesAtOnce {
		n, err := w.DB.RollUp(ctx, o)
		if err != nil || n == 0 {
			return false, err
		}
	}
	return true, nil
}
