package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

// unfinished is how the folder of a cluster begins that is being made. Only a finished one is called postgres.
const unfinished = "postgres.new-"

// create makes the cluster beside its place and then moves it there, so that whatever interrupts it leaves none.
// The caller holds start.lock.
func (c *Cluster) create(ctx context.Context) error {
	c.say("Creating the database in %s (first start only).", c.data)
	if err := c.sweep(); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(c.dir, unfinished+"*")
	if err != nil {
		return err
	}
	if err := c.fill(ctx, tmp); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	if err := os.Rename(tmp, c.data); err != nil {
		return errors.Join(fmt.Errorf("%s is in the way of the new database: %w", c.data, err), os.RemoveAll(tmp))
	}
	return syncDir(c.dir)
}

// sweep removes what a killed process was making.
func (c *Cluster) sweep() error {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished) {
			if err := os.RemoveAll(c.path(e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Cluster) fill(ctx context.Context, dir string) error {
	if err := c.runAs.give(dir); err != nil {
		return err
	}
	if err := c.initdb(ctx, dir); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, "postgresql.conf"), os.O_WRONLY|os.O_APPEND|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "\n# Clicarity writes this at each start; what is set below it, or with ALTER SYSTEM, stays.\ninclude '%s'\n", confName)
	return errors.Join(err, f.Sync(), f.Close())
}

// locales are tried in this order. ICU sorts every language sensibly and the same on every computer; not every build
// has it, and not every system has C.UTF-8.
var locales = [][]string{
	{"--locale-provider=icu", "--icu-locale=und", "--locale=C.UTF-8"},
	{"--locale-provider=icu", "--icu-locale=und", "--locale=C"},
	{"--locale=C.UTF-8"},
	{"--locale=C"},
}

// localeTrouble is in what initdb says when another locale may do better.
var localeTrouble = regexp.MustCompile(`(?i)locale|\bICU\b|collation`)

func (c *Cluster) initdb(ctx context.Context, dir string) error {
	var first error
	for _, locale := range locales {
		out, err := c.initdbOnce(ctx, dir, locale)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err = fmt.Errorf("creating the database in %s: %w\n%s", c.data, err, strings.Join(lastLines(out), "\n"))
		if first == nil {
			first = err
		}
		if !localeTrouble.Match(reason(out)) {
			return err
		}
	}
	return first
}

func (c *Cluster) initdbOnce(ctx context.Context, dir string, locale []string) ([]byte, error) {
	args := append([]string{"-D", dir, "-U", Superuser, "--encoding=UTF8", "--no-instructions", "--data-checksums",
		// Whoever can open the socket may be anyone in the database; over the network nobody may be.
		"--auth-local=trust", "--auth-host=reject"}, locale...)
	if c.opts.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	return c.runAs.command(ctx, c.bin.program("initdb"), args...).CombinedOutput()
}

// reason is the line in which initdb says what is wrong. The lines before it name locales in any case.
func reason(out []byte) []byte {
	var found []byte
	for line := range bytes.Lines(out) {
		if bytes.Contains(line, []byte("error:")) || bytes.Contains(line, []byte("FATAL:")) {
			found = line
		}
	}
	return found
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
