package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// helperDir makes the test binary a process that uses the cluster in that directory, until its input ends.
const helperDir = "CLICARITY_LOCAL_TEST_HELPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		if err := help(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func help(dir string) error {
	c, err := Open(context.Background(), Options{Dir: dir, Settings: quick()})
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, c.Close())
}

// startHelper returns once the helper uses the cluster in dir.
func startHelper(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	check(t, err)
	stdout, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	check(t, err)
	if line != "open\n" {
		t.Fatalf("the helper said %q", line)
	}
	return cmd
}

// quick are settings for clusters that nobody will miss.
func quick() map[string]string {
	return map[string]string{"fsync": "off", "shared_buffers": "16MB", "max_connections": "20"}
}

func need(t *testing.T) {
	t.Helper()
	_, err := find(t.Context(), "", 0)
	var missing *NotInstalledError
	if errors.As(err, &missing) {
		t.Skip("this test needs PostgreSQL: ", err)
	}
	check(t, err)
}

// dataDir is a directory that the account of PostgreSQL can get to, which one of t.TempDir is not.
func dataDir(t *testing.T) string {
	t.Helper()
	need(t)
	dir, err := os.MkdirTemp("", "clicarity-local-")
	check(t, err)
	check(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	return dir
}

func open(t *testing.T, opts Options) *Cluster {
	t.Helper()
	if opts.Settings == nil {
		opts.Settings = quick()
	}
	c, err := Open(t.Context(), opts)
	check(t, err)
	t.Cleanup(func() { check(t, c.Close()) })
	return c
}

// ask has psql answer a query, as a program outside of ours would.
func ask(c *Cluster, query string) (string, error) {
	out, err := exec.Command(filepath.Join(c.BinDir(), "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1",
		"-c", query, c.URL("postgres")).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func expect(t *testing.T, c *Cluster, query, want string) {
	t.Helper()
	if got, err := ask(c, query); err != nil || got != want {
		t.Fatalf("%s: %q, %v; want %q", query, got, err, want)
	}
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !cond() {
		select {
		case <-deadline:
			t.Fatal("in vain waited for: ", what)
		case <-poll.C:
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// serverPID is the server's according to its own file.
func serverPID(t *testing.T, c *Cluster) int {
	t.Helper()
	p, err := readPidFile(c.data)
	check(t, err)
	if p.pid == 0 {
		t.Fatal("no server runs in ", c.data)
	}
	return p.pid
}

func TestShare(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), `it's "odd" [dir] + %41`)
	var said strings.Builder
	one := open(t, Options{Dir: dir, Log: &said})
	expect(t, one, "create table kept(n int); insert into kept values (7); select current_user", Superuser)
	two := open(t, Options{Dir: dir})
	pid := serverPID(t, one)
	if got := serverPID(t, two); got != pid {
		t.Errorf("the second use has a server of its own: %d, not %d", got, pid)
	}
	check(t, one.Close())
	expect(t, two, "select n from kept", "7")
	check(t, two.Close())
	if alive(pid) {
		t.Error("the server lives after the last has left")
	}
	check(t, two.Close())
	if want := "Creating the database in " + one.data + " (first start only).\n"; said.String() != want {
		t.Errorf("said %q, want %q", said.String(), want)
	}
	again := open(t, Options{Dir: dir})
	expect(t, again, "select n from kept", "7")
}

func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	pids := make(chan int)
	use := func() error {
		c, err := Open(t.Context(), Options{Dir: dir, Settings: quick()})
		if err != nil {
			return err
		}
		pids <- c.server.Load().pid
		_, err = ask(c, "select 1")
		return errors.Join(err, c.Close())
	}
	const users = 6
	failed := make(chan error, users)
	for range users {
		go func() { failed <- use() }()
	}
	started := map[int]bool{}
	for ended := 0; ended < users; {
		select {
		case pid := <-pids:
			started[pid] = true
		case err := <-failed:
			check(t, err)
			ended++
		}
	}
	for pid := range started {
		if alive(pid) {
			t.Errorf("server %d outlives its users", pid)
		}
	}
}

func TestPrivate(t *testing.T) {
	t.Parallel()
	settings := quick()
	settings["cluster_name"] = `it's a \ test`
	c := open(t, Options{Dir: dataDir(t), Settings: settings})
	for query, want := range map[string]string{
		"show listen_addresses":        "",
		"show unix_socket_permissions": "0700",
		"show server_encoding":         "UTF8",
		"show timezone":                "UTC",
		"show jit":                     "off",
		"show max_wal_size":            "2GB",
		"show password_encryption":     "scram-sha-256",
		"show max_connections":         "20",
		"show cluster_name":            `it's a \ test`,
		"select string_agg(distinct type || ' ' || auth_method, ',') from pg_hba_file_rules": "host reject,local trust",
		"select count(*) from unnest(array['ö','z','a']) as s(s) where s < 'p'":              "2", // by language, not by byte
	} {
		expect(t, c, query, want)
	}
	for _, dir := range []string{c.data, c.path("run")} {
		info, err := os.Stat(dir)
		check(t, err)
		if uid, _ := owner(info); uid == 0 || uid != c.runAs.uid || info.Mode().Perm() != 0o700 {
			t.Errorf("%s belongs to %d with mode %v", dir, uid, info.Mode())
		}
	}
}

func TestServeTwice(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first := open(t, Options{Dir: dir, Exclusive: true, Purpose: "clicarity serve on\nhttp://localhost:8080"})
	_, err := Open(t.Context(), Options{Dir: dir, Exclusive: true, Settings: quick()})
	var used *InUseError
	if !errors.As(err, &used) {
		t.Fatalf("the second server got %v", err)
	}
	if used.PID != os.Getpid() || time.Since(used.Since).Abs() > time.Minute {
		t.Errorf("the holder is %+v", used)
	}
	for _, want := range []string{
		"clicarity serve on http://localhost:8080 is already running on " + dir,
		fmt.Sprintf("process %d", os.Getpid()), fmt.Sprintf("'kill %d'", os.Getpid()), "CLICARITY_DATA",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	command := open(t, Options{Dir: dir}) // what is no server may come in
	expect(t, command, "select 1", "1")
	check(t, command.Close())
	expect(t, first, "select 1", "1")
	check(t, first.Close())
	next := open(t, Options{Dir: dir, Exclusive: true})
	expect(t, next, "select 1", "1")
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), strings.Repeat("long, ", 30), "path")
	c := open(t, Options{Dir: dir})
	expect(t, c, "select 1", "1")
	short := c.server.Load().socket
	if !fits(short) || strings.HasPrefix(short, dir) {
		t.Errorf("the socket is in %s", short)
	}
	check(t, c.Close())
	if _, err := os.Stat(short); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left behind: %v", short, err)
	}
}

func TestShortDirOfAnother(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a folder in another account's name")
	}
	dir := t.TempDir()
	check(t, os.Chown(dir, 54321, 54321))
	c := &Cluster{runAs: account{uid: 101, gid: 104, other: true}}
	if err := c.makePrivate(dir); err == nil || !strings.Contains(err.Error(), "belongs to another account (54321)") {
		t.Errorf("a stranger's socket folder was taken: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link")
	check(t, os.Symlink("/etc", link))
	if err := c.makePrivate(link); err == nil {
		t.Error("a link was taken for the socket folder")
	}
}

func TestClosedParent(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root's PostgreSQL runs as another account")
	}
	closed := filepath.Join(dataDir(t), "closed")
	check(t, os.Mkdir(closed, 0o700))
	_, err := Open(t.Context(), Options{Dir: filepath.Join(closed, "data"), Settings: quick()})
	var e *ClosedDirError
	if !errors.As(err, &e) || e.Dir != closed {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "may not enter "+closed) || !strings.Contains(err.Error(), "CLICARITY_DATA") {
		t.Errorf("the sentence is %q", err)
	}
}
