package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A server is a running postmaster.
type server struct {
	pid    int
	socket string          // the folder of its socket
	gone   <-chan struct{} // closed at the end of a child of ours; nil for a server that another process started
}

const (
	readyPoll     = 20 * time.Millisecond
	adoptPoll     = 50 * time.Millisecond
	startRetry    = 200 * time.Millisecond
	startPatience = 10 * time.Second // for what StartError.passing tells
	recoveryNews  = 3 * time.Second
)

// ensure uses the server that runs or else starts one. The caller holds start.lock.
func (c *Cluster) ensure(ctx context.Context) (*server, error) {
	deadline := time.Now().Add(startPatience)
	for {
		s, err := c.adopt(ctx)
		if s != nil || err != nil {
			return s, err
		}
		s, err = c.launch(ctx)
		var early *StartError
		if !errors.As(err, &early) || !early.passing() || time.Now().After(deadline) {
			return s, err
		}
		if err := sleep(ctx, startRetry); err != nil {
			return nil, err
		}
	}
}

// adopt returns the running server, once it is ready, or nil if there is none. The socket is what decides: a pid alone
// may by now be another program's, or may not be visible from here.
func (c *Cluster) adopt(ctx context.Context) (*server, error) {
	for deadline := time.Now().Add(startPatience); ; {
		p, err := readPidFile(c.data)
		if err != nil {
			return nil, err
		}
		up := answers(p.socket)
		if up && p.status == "ready" {
			return &server{pid: p.pid, socket: p.socket}, nil
		}
		// One that lives and does not answer is just beginning or ending; but not for long.
		if !up && (!alive(p.pid) || time.Now().After(deadline)) {
			return nil, nil
		}
		if err := sleep(ctx, adoptPoll); err != nil {
			return nil, err
		}
	}
}

// launch starts a server and waits until it is ready.
func (c *Cluster) launch(ctx context.Context) (*server, error) {
	socket, err := c.socketDir(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.writeConf(ctx); err != nil {
		return nil, err
	}
	log, from, err := c.openLog()
	if err != nil {
		return nil, err
	}
	cmd := c.postgres(socket)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(cmd.Env, c.deadServer()...)
	if err := errors.Join(cmd.Start(), log.Close()); err != nil {
		return nil, err
	}
	s := &server{pid: cmd.Process.Pid, socket: socket, gone: reap(cmd)}
	if err := c.untilReady(ctx, s, from); err != nil {
		return nil, err
	}
	return s, nil
}

// postgres lives on after the ctx of whoever starts it.
func (c *Cluster) postgres(socket string) *exec.Cmd {
	return c.runAs.command(context.Background(), c.bin.program("postgres"), "-D", c.data,
		"-c", "listen_addresses=", "-c", "port="+port, "-c", socketSetting(socket), "-c", "unix_socket_permissions=0700")
}

// deadServer tells PostgreSQL that the pid in a killed server's file is not a server now: in a container it may be a zombie
// that nobody reaps, or already another program. PostgreSQL would only see that it exists and refuse to start. It takes
// the word of its grandparent, usually pg_ctl, for that, and still waits for children that hold the shared memory.
func (c *Cluster) deadServer() []string {
	p, err := readPidFile(c.data)
	if err != nil || p.pid == 0 || alive(p.pid) {
		return nil
	}
	return []string{"PG_GRANDPARENT_PID=" + strconv.Itoa(p.pid)}
}

func reap(cmd *exec.Cmd) <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		// How it ended is in its log.
		_ = cmd.Wait()
	}()
	return gone
}

func (c *Cluster) untilReady(ctx context.Context, s *server, logFrom int64) error {
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	news := time.NewTimer(recoveryNews)
	defer news.Stop()
	for {
		select {
		case <-s.gone:
			return c.startError(logFrom)
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), c.abandon(s))
		case <-news.C:
			c.say("PostgreSQL is still starting. After a crash or a power cut it first puts its files in order.")
		case <-poll.C:
			p, err := readPidFile(c.data)
			if err != nil {
				return errors.Join(err, c.abandon(s))
			}
			// A file that an earlier server left may hold the same pid; nobody answers in its name.
			if p.pid == s.pid && p.status == "ready" && answers(s.socket) {
				return nil
			}
		}
	}
}

// abandon ends a child that is not ready: it has no clients, and a crash-safe end is good enough.
func (c *Cluster) abandon(s *server) error {
	return c.end(s, []stage{{unix.SIGINT, 10 * time.Second}, {unix.SIGQUIT, 5 * time.Second}, {unix.SIGKILL, 5 * time.Second}})
}

// over tells whether the server has ended. One that another container runs on the same directory has a pid that is not
// to be seen from here, but it answers, and the file still names it.
func (c *Cluster) over(s *server) bool {
	select {
	case <-s.gone:
		return true
	default:
	}
	if alive(s.pid) {
		return false
	}
	p, err := readPidFile(c.data)
	return err != nil || p.pid != s.pid || !answers(s.socket)
}

// stop ends whatever server runs on the cluster, ours or adopted. The caller holds start.lock and is the last user.
func (c *Cluster) stop() error {
	p, err := readPidFile(c.data)
	if err != nil {
		return err
	}
	s := c.server.Load()
	if s.pid != p.pid { // if it is, its end is also the end of the goroutine that waits for it
		s = &server{pid: p.pid, socket: p.socket}
	}
	if alive(s.pid) {
		// A fast shutdown writes everything to disk, which takes a while on a slow one.
		if err := c.end(s, []stage{{unix.SIGINT, time.Minute}, {unix.SIGQUIT, 10 * time.Second}}); err != nil {
			return err
		}
	}
	return c.dropSocketDir(c.server.Load().socket)
}

// A stage is a way to ask a server to end, and how long to wait for that.
type stage struct {
	signal   syscall.Signal
	patience time.Duration
}

func (c *Cluster) end(s *server, stages []stage) error {
	for _, st := range stages {
		if err := syscall.Kill(s.pid, st.signal); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("stopping PostgreSQL (process %d): %w", s.pid, err)
		}
		for deadline := time.Now().Add(st.patience); time.Now().Before(deadline); time.Sleep(readyPoll) {
			if c.over(s) {
				return nil
			}
		}
	}
	return fmt.Errorf("PostgreSQL (process %d) does not stop", s.pid)
}

// A pidFile is what postmaster.pid says of its server: zero if there is none.
type pidFile struct {
	pid    int
	socket string
	status string // starting, stopping, ready or standby; empty very early
}

// readPidFile reads the lines that pg_ctl reads too; a file that is being written may have only some.
func readPidFile(data string) (pidFile, error) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return pidFile{}, nil
	}
	if err != nil {
		return pidFile{}, err
	}
	lines := append(strings.Split(string(b), "\n"), make([]string, 8)...)
	// A negative number is not a server but a single-user session.
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return pidFile{}, nil
	}
	return pidFile{pid: pid, socket: strings.TrimSpace(lines[4]), status: strings.TrimSpace(lines[7])}, nil
}

// alive tells whether pid is a PostgreSQL that runs. A container's first process may never reap an orphan, and a zombie
// still takes signals; where there is no /proc (macOS) such things do not happen.
func alive(pid int) bool {
	if pid <= 0 || errors.Is(syscall.Kill(pid, 0), unix.ESRCH) {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	// pid (name) state ...
	_, rest, _ := strings.Cut(string(b), "(")
	program, state, _ := strings.Cut(rest, ") ")
	return program == "postgres" && !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}
