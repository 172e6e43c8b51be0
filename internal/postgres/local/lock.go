package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A lock is a file that processes agree on with flock(2).
type lock struct{ file *os.File }

const lockPoll = 25 * time.Millisecond

// openLock does not follow a symbolic link: root may be working in a directory that is not root's.
func openLock(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	return &lock{f}, nil
}

// try takes the lock, unix.LOCK_SH or unix.LOCK_EX, if that needs no waiting.
func (l *lock) try(how int) (bool, error) {
	for {
		err := unix.Flock(int(l.file.Fd()), how|unix.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, unix.EINTR):
			return false, &os.PathError{Op: "flock", Path: l.file.Name(), Err: err}
		}
	}
}

// wait asks again and again, since a thread that sleeps in flock cannot be told that ctx has ended.
func (l *lock) wait(ctx context.Context, how int) error {
	for {
		if done, err := l.try(how); done || err != nil {
			return err
		}
		if err := sleep(ctx, lockPoll); err != nil {
			return err
		}
	}
}

// unlock is said aloud rather than left to close: a child that another goroutine is just forking has a copy of the file.
func (l *lock) unlock() error {
	_, err := l.try(unix.LOCK_UN)
	return err
}

func (l *lock) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.unlock(), l.file.Close())
}

// claim makes this process the one server of the directory, if that was asked for.
func (c *Cluster) claim() error {
	if !c.opts.Exclusive {
		return nil
	}
	l, err := openLock(c.path("serve.lock"))
	if err != nil {
		return err
	}
	mine, err := l.try(unix.LOCK_EX)
	if err == nil && !mine {
		err = l.holder(c.dir)
	}
	if err == nil {
		err = l.sign(c.opts.Purpose)
	}
	if err != nil {
		return errors.Join(err, l.close())
	}
	c.serve = l
	return nil
}

// sign leaves a note in the lock for who is refused: pid, time and purpose, a line each.
func (l *lock) sign(purpose string) error {
	note := fmt.Sprintf("%d\n%s\n%s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339), oneLine(purpose))
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(note), 0)
	return err
}

func (l *lock) holder(dir string) error {
	e := &InUseError{Dir: dir}
	lines := bufio.NewScanner(io.NewSectionReader(l.file, 0, 4096))
	var note [3]string
	for i := 0; i < len(note) && lines.Scan(); i++ {
		note[i] = lines.Text()
	}
	if err := lines.Err(); err != nil {
		return errors.Join(e, err)
	}
	// A note that is not written yet leaves these zero, and the sentence says less.
	e.PID, _ = strconv.Atoi(note[0])
	e.Since, _ = time.Parse(time.RFC3339, note[1])
	e.Purpose = note[2]
	return e
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// sleep is a wait that ctx can end.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
