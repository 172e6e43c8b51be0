package live

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"clicarity/internal/flow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeLog is a log in memory: the hub knows logs only by two functions.
type fakeLog struct {
	mu    sync.Mutex
	tail  int64
	reads int
}

func (l *fakeLog) grow(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail += n
}

func (l *fakeLog) read(_ context.Context, _ flow.ID, after int64) ([]Change, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	var got []Change
	for seq := after + 1; seq <= l.tail && len(got) < 100; seq++ {
		got = append(got, Change{Seq: seq})
	}
	return got, nil
}

func (l *fakeLog) head(context.Context, flow.ID) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tail, nil
}

func open(t *testing.T, l *fakeLog) *Hub {
	t.Helper()
	h := New(l.read, l.head)
	t.Cleanup(h.Close)
	return h
}

// take reads changes until a number, and checks that none is missing or comes twice.
func take(t *testing.T, p *Page, after, until int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for after < until {
		got, err := p.Next(ctx)
		if err != nil {
			t.Errorf("after %d: %v", after, err)
			return
		}
		for _, c := range got {
			if c.Seq != after+1 {
				t.Errorf("change %d came after %d", c.Seq, after)
			}
			after = c.Seq
		}
	}
}

var org = flow.ID{1}

func TestEveryPageGetsEveryChangeOnce(t *testing.T) {
	t.Parallel()
	l := &fakeLog{tail: 40}
	h := open(t, l)
	var pages sync.WaitGroup
	for i := range 50 {
		after := int64(i % 41) // some come back after missing a part
		p, err := h.Open(t.Context(), org, after)
		if err != nil {
			t.Fatal(err)
		}
		pages.Go(func() { defer p.Close(); take(t, p, after, 1040) })
	}
	for range 100 {
		l.grow(10)
		h.Wake(org)
	}
	pages.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reads > 400 {
		t.Errorf("fifty pages read the log %d times", l.reads)
	}
}

func TestALostWakeUpCostsATick(t *testing.T) {
	t.Parallel()
	l := &fakeLog{}
	h := New(l.read, l.head)
	h.tick = 20 * time.Millisecond
	t.Cleanup(h.Close)
	p, err := h.Open(t.Context(), org, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	l.grow(1) // nobody says so
	take(t, p, 0, 1)
}

func TestASlowPageStartsOverAndHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	l := &fakeLog{}
	h := open(t, l)
	slow, err := h.Open(t.Context(), org, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	quick, err := h.Open(t.Context(), org, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer quick.Close()
	for seq := range int64(pageBuffer + 20) {
		l.grow(1)
		h.Wake(org)
		take(t, quick, seq, seq+1)
	}
	for {
		if _, err := slow.Next(t.Context()); err != nil {
			if !errors.Is(err, ErrBehind) {
				t.Error(err)
			}
			break
		}
	}
	if _, err := h.Open(t.Context(), org, -1); err != nil {
		t.Error(err)
	}
	l.grow(maxMissed + 1)
	if _, err := h.Open(t.Context(), flow.ID{2}, 0); !errors.Is(err, ErrBehind) {
		t.Errorf("a page that missed too much: %v", err)
	}
}

func TestOneOrganisationDoesNotWakeAnother(t *testing.T) {
	t.Parallel()
	l := &fakeLog{}
	h := open(t, l)
	p, err := h.Open(t.Context(), org, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for looked := false; !looked; time.Sleep(time.Millisecond) { // the look that every new page causes
		l.mu.Lock()
		looked = l.reads > 0
		l.mu.Unlock()
	}
	l.grow(1)
	h.Wake(flow.ID{2})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got, err := p.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v %v", got, err)
	}
	h.Wake(flow.ID{}) // anything may have happened
	take(t, p, 0, 1)
}
