package local

import (
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	logLimit = 10 << 20 // bytes; more than that and the log begins anew
	logTail  = 8 << 10  // bytes of it that are looked at after an early end
	logLines = 8        // lines of it that are told
)

func (c *Cluster) logPath() string { return c.path("postgres.log") }

// openLog opens the server's log for a new start, whose messages will be after from.
func (c *Cluster) openLog() (f *os.File, from int64, err error) {
	f, err = os.OpenFile(c.logPath(), os.O_WRONLY|os.O_CREATE|os.O_APPEND|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() > logLimit {
		err = f.Truncate(0)
	} else if err == nil {
		from = info.Size()
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, from, nil
}

// trimLog keeps the log of a server that runs for years within bounds. The server appends, so it goes on at the start.
func (c *Cluster) trimLog() error {
	f, _, err := c.openLog()
	if err != nil {
		return err
	}
	return f.Close()
}

func (c *Cluster) startError(from int64) error {
	e := &StartError{LogFile: c.logPath()}
	f, err := os.Open(e.LogFile)
	if err != nil {
		return errors.Join(e, err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(e, err, f.Close())
	}
	from = max(from, info.Size()-logTail)
	said, err := io.ReadAll(io.NewSectionReader(f, from, logTail))
	e.Log = lastLines(said)
	return errors.Join(e, err, f.Close())
}

func lastLines(said []byte) []string {
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if lines[0] == "" {
		return nil
	}
	return lines[max(0, len(lines)-logLines):]
}
