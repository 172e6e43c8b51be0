package backups

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Dump reads a database with pg_dump, which is in the folder bin. A read fails, and Close does, when pg_dump did.
func Dump(ctx context.Context, bin, address string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := program(ctx, bin, "pg_dump", address, "--format=custom")
	d := &dumping{cmd: cmd, cancel: cancel}
	cmd.Stderr = &d.complaint
	out, err := cmd.StdoutPipe()
	if err == nil {
		d.out, err = out, cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return d, nil
}

// program is one of PostgreSQL's own, with a database. A password goes by the environment: everybody on the machine can read a
// command line.
func program(ctx context.Context, bin, name, address string, args ...string) *exec.Cmd {
	public, password := address, ""
	if u, err := url.Parse(address); err == nil && u.User != nil {
		password, _ = u.User.Password()
		u.User = url.User(u.User.Username())
		public = u.String()
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, name), append(args, "--dbname="+public)...) //nolint:gosec // PostgreSQL's own program
	cmd.Env = os.Environ()
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	return cmd
}

// dumping is a pg_dump that is read.
type dumping struct {
	cmd       *exec.Cmd
	cancel    context.CancelFunc
	out       io.Reader
	complaint bytes.Buffer
	ended     bool
	failed    error
}

// Read implements io.Reader. Where the dump ends it waits for how pg_dump ended: half of a dump is none.
func (d *dumping) Read(p []byte) (int, error) {
	if d.ended {
		return 0, d.end()
	}
	n, err := d.out.Read(p)
	if err != nil && d.wait(err) != nil {
		return n, d.failed
	}
	return n, err
}

func (d *dumping) end() error {
	if d.failed != nil {
		return d.failed
	}
	return io.EOF
}

func (d *dumping) wait(read error) error {
	if d.ended {
		return d.failed
	}
	d.ended = true
	if !errors.Is(read, io.EOF) {
		d.failed = read
	}
	if err := d.cmd.Wait(); err != nil {
		d.failed = complains(d.cmd, err, &d.complaint)
	}
	return d.failed
}

// Close ends pg_dump where it has not ended, which is an error.
func (d *dumping) Close() error {
	d.cancel()
	return d.wait(io.EOF)
}

func complains(cmd *exec.Cmd, err error, complaint *bytes.Buffer) error {
	return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(complaint.String()))
}

// Undump brings a dump into a database with pg_restore: all of it or, with whole, nothing.
func Undump(ctx context.Context, bin, address string, dump io.Reader, whole bool) error {
	how := "--exit-on-error"
	if whole {
		how = "--single-transaction"
	}
	cmd := program(ctx, bin, "pg_restore", address, how)
	in := &careful{from: dump}
	var complaint bytes.Buffer
	cmd.Stdin, cmd.Stderr = in, &complaint
	err := cmd.Run()
	switch {
	case in.failed != nil: // what pg_restore says of it is of no use
		return in.failed
	case err != nil:
		return complains(cmd, err, &complaint)
	}
	return nil
}

// careful remembers why reading failed.
type careful struct {
	from   io.Reader
	failed error
}

// Read implements io.Reader.
func (c *careful) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		c.failed = err
	}
	return n, err
}
