package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestServerKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	parent := open(t, Options{Dir: dir})
	adopter := open(t, Options{Dir: dir})
	expect(t, parent, "create table kept(n int); insert into kept values (7)", "")
	before := serverPID(t, parent)
	linger(t, parent)
	check(t, syscall.Kill(before, syscall.SIGKILL))
	for _, c := range []*Cluster{parent, adopter} {
		eventually(t, "a new server", func() bool { return c.server.Load().pid != before })
		expect(t, c, "select n from kept", "7")
	}
	if p, a := parent.server.Load().pid, adopter.server.Load().pid; p != a {
		t.Errorf("there are two servers, %d and %d", p, a)
	}
	check(t, parent.Close())
	expect(t, adopter, "select n from kept", "7")
}

// linger keeps a backend so busy that it does not see its server's end for more than a second: until then it holds the
// shared memory that the next server must not share.
func linger(t *testing.T, c *Cluster) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// That its server is killed is no news.
		_, _ = ask(c, "do $$ begin while clock_timestamp() < now() + interval '1500 ms' loop end loop; end $$")
	}()
	t.Cleanup(func() { <-ended })
	eventually(t, "a busy backend", func() bool {
		n, err := ask(c, "select count(*) from pg_stat_activity where query like 'do%' and state = 'active'")
		return err == nil && n == "1"
	})
}

func TestParentKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	helper := startHelper(t, dir)
	orphan, err := readPidFile(filepath.Join(dir, "postgres"))
	check(t, err)
	check(t, helper.Process.Kill())
	_ = helper.Wait() // says "killed"
	if !alive(orphan.pid) {
		t.Fatal("the server died with its parent")
	}
	c := open(t, Options{Dir: dir})
	if pid := serverPID(t, c); pid != orphan.pid {
		t.Errorf("the orphan %d was not adopted: %d runs", orphan.pid, pid)
	}
	expect(t, c, "create table kept(n int); insert into kept values (7)", "")
	check(t, c.Close())
	if alive(orphan.pid) {
		t.Error("the orphan lives after the last has left")
	}
}

// An orphan is not our child: that it ends is seen, not told.
func TestOrphanKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	helper := startHelper(t, dir)
	check(t, helper.Process.Kill())
	_ = helper.Wait() // says "killed"
	c := open(t, Options{Dir: dir})
	orphan := serverPID(t, c)
	check(t, syscall.Kill(orphan, syscall.SIGKILL))
	eventually(t, "a new server", func() bool { return c.server.Load().pid != orphan })
	expect(t, c, "select 1", "1")
}

// After a restart of a container, the pid in the file of a killed server is likely to be another program's.
func TestReusedPID(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("here nothing tells what program a pid is: ", err)
	}
	dir := dataDir(t)
	c := open(t, Options{Dir: dir})
	check(t, c.Close())
	other := c.runAs.command(context.Background(), "cat")
	stdin, err := other.StdinPipe()
	check(t, err)
	check(t, other.Start())
	t.Cleanup(func() { check(t, errors.Join(stdin.Close(), other.Wait())) })
	stale := fmt.Sprintf("%d\n%s\n1\n5432\n%s\n\n  1 1\nready   \n", other.Process.Pid, c.data, c.path("run"))
	file := filepath.Join(c.data, "postmaster.pid")
	check(t, os.WriteFile(file, []byte(stale), 0o600))
	check(t, c.runAs.give(file))
	expect(t, open(t, Options{Dir: dir}), "select 1", "1")
	check(t, syscall.Kill(other.Process.Pid, 0))
}

func TestInterruptedFirstStart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	half := func() []string {
		found, err := filepath.Glob(filepath.Join(dir, unfinished+"*", "base"))
		check(t, err)
		return found
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := Open(ctx, Options{Dir: dir, Settings: quick()})
		failed <- err
	}()
	eventually(t, "half a cluster", func() bool { return len(half()) > 0 })
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	wantNothingRunning(t, dir)
	wantNoCluster(t, dir)
	// What kill -9 leaves, since nobody is there to tidy up.
	check(t, os.MkdirAll(filepath.Join(dir, unfinished+"dead", "base"), 0o700))
	expect(t, open(t, Options{Dir: dir}), "select 1", "1")
	if left := half(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func wantNoCluster(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	check(t, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "postgres") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// wantNothingRunning looks for programs that were told of dir.
func wantNothingRunning(t *testing.T, dir string) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	check(t, err)
	for _, path := range lines {
		if line, err := os.ReadFile(path); err == nil && bytes.Contains(line, []byte(dir)) {
			t.Errorf("still runs: %q", line)
		}
	}
}

// A standby that takes no questions is never ready, so the start cannot win against its end.
func TestInterruptedStart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	c := open(t, Options{Dir: dir})
	check(t, c.Close())
	signal := filepath.Join(c.data, "standby.signal")
	check(t, os.WriteFile(signal, nil, 0o600))
	check(t, c.runAs.give(signal))
	settings := quick()
	settings["hot_standby"] = "off"
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := Open(ctx, Options{Dir: dir, Settings: settings})
		failed <- err
	}()
	eventually(t, "a server that starts", func() bool {
		p, err := readPidFile(c.data)
		return err == nil && p.status == "standby" && answers(p.socket)
	})
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wantNothingRunning(t, dir)
}

func TestFailedStart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	settings := quick()
	settings["work_mem"] = "plenty"
	_, err := Open(t.Context(), Options{Dir: dir, Settings: settings})
	var e *StartError
	if !errors.As(err, &e) || !strings.Contains(err.Error(), `invalid value for parameter "work_mem": "plenty"`) {
		t.Fatalf("got %v", err)
	}
	if want := filepath.Join(dir, "postgres.log"); e.LogFile != want {
		t.Errorf("the log is %s, want %s", e.LogFile, want)
	}
	check(t, os.Truncate(e.LogFile, logLimit+1))
	expect(t, open(t, Options{Dir: dir}), "show work_mem", "4MB")
	if info, err := os.Stat(e.LogFile); err != nil || info.Size() > logLimit {
		t.Errorf("the log is not kept short: %v, %v", info.Size(), err)
	}
}

func TestNoCluster(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	data := filepath.Join(dir, "postgres")
	check(t, os.Mkdir(data, 0o700))
	if p, err := readPidFile(data); err != nil || p != (pidFile{}) {
		t.Errorf("no file: %+v, %v", p, err)
	}
	for _, text := range []string{"", "-12\n", "what\n"} {
		check(t, os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(text), 0o600))
		if p, err := readPidFile(data); err != nil || p != (pidFile{}) {
			t.Errorf("%q: %+v, %v", text, p, err)
		}
	}
	check(t, os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9999\n"), 0o600))
	_, err := Open(t.Context(), Options{Dir: dir})
	var missing *NotInstalledError
	if !errors.As(err, &missing) || missing.Need != 9999 {
		t.Errorf("a cluster of the future: %v", err)
	}
}
