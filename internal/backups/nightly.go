package backups

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Nightly makes a backup each night and deletes the old ones each hour, one server of several at a time.
type Nightly struct {
	*Shelf
	Clock Clock
	Zone  *time.Location
	Log   *slog.Logger
	// Source is what a backup is made of now.
	Source func(ctx context.Context) (Source, error)
	// Ledger are the lines that this server knows.
	Ledger func() ([]Line, error)
	// Alone does something while nobody else does, and says whether it was done; still fails when somebody else may be at it.
	Alone func(ctx context.Context, do func(ctx context.Context, still func(context.Context) error) error) (bool, error)
	// Keep notes what was done; Tell tells those who run the service that something is wrong.
	Keep func(Run) error
	Tell func(context.Context, Trouble) error

	next time.Time // when it is looked again
}

// Run is what was done at a time, as it is noted.
type Run struct {
	At    time.Time     `json:"at"`
	Took  time.Duration `json:"took,omitempty"`
	Name  string        `json:"name,omitempty"` // of the backup that was made
	Bytes int64         `json:"bytes,omitempty"`
	Gone  int           `json:"gone,omitempty"` // backups that were deleted
	Fault string        `json:"fault,omitempty"`
}

// Trouble is what is wrong with the backups.
type Trouble struct {
	At     time.Time
	Newest time.Time // of the backups there are; zero: none
	Fault  string    // empty: the newest is too old, that is all
}

// Clock is a time of day.
type Clock struct{ Hour, Minute int }

// ParseClock reads a time of day such as 02:00.
func ParseClock(text string) (Clock, error) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return Clock{}, fmt.Errorf("%q is no time of day; write it like 02:00", text)
	}
	return Clock{t.Hour(), t.Minute()}, nil
}

// on is the moment of a time of day on the day of a moment.
func (c Clock) on(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), c.Hour, c.Minute, 0, 0, t.Location())
}

// Next is when the next backup is made, after the newest there is; not after now: at once.
func (n *Nightly) Next(newest, now time.Time) time.Time {
	if newest.IsZero() || now.Sub(newest) > 24*time.Hour {
		return now
	}
	due := n.Clock.on(newest.In(n.Zone))
	if !due.After(newest) {
		due = n.Clock.on(newest.In(n.Zone).AddDate(0, 0, 1))
	}
	return due
}

const (
	overdue = 48 * time.Hour   // after which the newest backup is too old
	waiting = 10 * time.Minute // after which it is looked again whether another server is done
	ticking = time.Minute
)

// Nights looks after the backups until the context ends.
func (n *Nightly) Nights(ctx context.Context) {
	tick := time.NewTicker(ticking)
	defer tick.Stop()
	for {
		n.Once(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Once does what is to be done now, if anything is.
func (n *Nightly) Once(ctx context.Context) {
	now := n.Now()
	if now.Before(n.next) && n.next.Sub(now) <= lookEach {
		return
	}
	r := Run{At: now}
	var newest time.Time
	done, err := n.Alone(ctx, func(ctx context.Context, still func(context.Context) error) (err error) {
		newest, err = n.round(ctx, &r, still)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return
	case !done && err == nil:
		n.next = now.Add(waiting)
		return
	case err != nil:
		r.Fault = oneLine(err.Error())
	}
	n.next = now.Add(lookEach)
	if due := n.Next(newest, now); due.After(now) && due.Before(n.next) {
		n.next = due
	}
	r.Took = n.Now().Sub(now).Round(time.Second)
	n.tell(ctx, r, newest)
}

// round keeps the ledger, deletes what is old, and makes a backup when it is time; what fails does not stop the rest.
func (n *Nightly) round(ctx context.Context, r *Run, still func(context.Context) error) (newest time.Time, err error) {
	if err := n.claim(ctx); err != nil {
		return newest, err
	}
	lines, err := n.Ledger()
	if err == nil {
		err = n.Note(ctx, lines)
	}
	gone, failed := n.Age(ctx, false)
	r.Gone, err = gone, errors.Join(err, failed)
	newest, failed = n.newest(ctx)
	if failed != nil {
		return newest, errors.Join(err, failed)
	}
	if now := n.Now(); n.Next(newest, now).After(now) {
		return newest, err
	}
	b, failed := n.backUp(ctx, still)
	if failed != nil {
		return newest, errors.Join(err, fmt.Errorf("no backup was made: %w", failed))
	}
	r.Name, r.Bytes = b.Name, b.Bytes
	_, failed = n.Age(ctx, true)
	return b.Made, errors.Join(err, failed)
}

func (n *Nightly) newest(ctx context.Context) (time.Time, error) {
	list, err := n.List(ctx)
	if len(list) == 0 {
		return time.Time{}, err
	}
	return list[0].Made, err
}

func (n *Nightly) backUp(ctx context.Context, still func(context.Context) error) (Backup, error) {
	src, err := n.Source(ctx)
	if err != nil {
		return Backup{}, err
	}
	return n.Make(ctx, src, still)
}

// Backup makes a backup now, whatever time it is. ErrBusy when somebody else is at it.
func (n *Nightly) Backup(ctx context.Context) (b Backup, err error) {
	began := n.Now()
	done, err := n.Alone(ctx, func(ctx context.Context, still func(context.Context) error) error {
		if err := n.claim(ctx); err != nil {
			return err
		}
		lines, err := n.Ledger()
		if err == nil {
			err = n.Note(ctx, lines)
		}
		_, failed := n.Age(ctx, false)
		err = errors.Join(err, failed)
		if b, failed = n.backUp(ctx, still); failed == nil {
			_, failed = n.Age(ctx, true)
		}
		return errors.Join(err, failed)
	})
	if err == nil && !done {
		return b, ErrBusy
	}
	r := Run{At: began, Took: n.Now().Sub(began).Round(time.Second), Name: b.Name, Bytes: b.Bytes}
	if err != nil {
		r.Fault = oneLine(err.Error())
	}
	return b, errors.Join(err, n.Keep(r))
}

// ErrBusy says that somebody else is making a backup.
var ErrBusy = errors.New("a backup is being made just now, by the server or another command; try again when it is done")

// tell says in the log and to those who run the service how it went.
func (n *Nightly) tell(ctx context.Context, r Run, newest time.Time) {
	switch {
	case r.Fault != "":
		n.Log.Error("the backups are not as they ought to be", "error", r.Fault)
	case r.Name != "":
		n.Log.Info("a backup was made", "name", r.Name, "bytes", r.Bytes, "took", r.Took, "deleted", r.Gone)
	case r.Gone > 0:
		n.Log.Info("old backups were deleted", "deleted", r.Gone)
	}
	var err error
	if r.Fault != "" || r.Name != "" || r.Gone > 0 {
		err = n.Keep(r)
	}
	if r.Fault != "" || r.At.Sub(newest) > overdue {
		err = errors.Join(err, n.Tell(ctx, Trouble{r.At, newest, r.Fault}))
	}
	if err != nil && ctx.Err() == nil {
		n.Log.Error("how the backups are could not be noted", "error", err)
	}
}

// oneLine is an error as a line.
func oneLine(text string) string {
	const most = 500
	line := strings.Join(strings.Fields(text), " ")
	return strings.ToValidUTF8(line[:min(len(line), most)], "")
}
