package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// An account is who PostgreSQL runs as.
type account struct {
	name     string
	uid, gid int
	other    bool // not who we are: we are root and change to it
}

// killPatience is how long a killed program's own children may keep its output open.
const killPatience = 10 * time.Second

// chooseAccount is ourselves, unless we are root, which PostgreSQL refuses: then the owner of the cluster, and for a new
// one the system's PostgreSQL account.
func chooseAccount(data string) (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		return account{name: name(uid), uid: uid, gid: os.Getegid()}, nil
	}
	info, err := os.Stat(data)
	if err == nil {
		if uid, gid := owner(info); uid != 0 {
			return account{name: name(uid), uid: uid, gid: gid, other: true}, nil
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return account{}, err
	}
	return systemAccount()
}

func systemAccount() (account, error) {
	for _, name := range []string{"postgres", "_postgres"} { // the second is macOS's
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return account{}, err
		}
		return account{name: name, uid: uid, gid: gid, other: true}, nil
	}
	return account{}, &NoAccountError{}
}

func name(uid int) string {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return strconv.Itoa(uid)
	}
	return u.Username
}

func owner(info os.FileInfo) (uid, gid int) {
	st := info.Sys().(*syscall.Stat_t)
	return int(st.Uid), int(st.Gid)
}

// command is a program run as the account, in a session of its own: Ctrl-C in the terminal is for us to act on.
// When ctx ends, the program is killed together with the programs it has started.
func (a account) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/" // ours may be closed to the account
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a.other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	cmd.WaitDelay = killPatience
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	return cmd
}

// environment keeps our secrets, and the person's PGPORT and PGDATA, from the server. Its messages are in English,
// because some are looked for; LC_ALL also spares macOS a thread that PostgreSQL cannot bear.
func environment() []string {
	env := []string{"LC_ALL=C"}
	for _, key := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"} {
		if value, set := os.LookupEnv(key); set {
			env = append(env, key+"="+value)
		}
	}
	return env
}

// give makes path the account's.
func (a account) give(path string) error {
	if !a.other {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// reach tells whether the account can get to dir, by going there: only the kernel knows about access lists.
func (a account) reach(ctx context.Context, bin install, dir string) error {
	if !a.other || a.enters(ctx, bin, dir) {
		return nil
	}
	if !a.enters(ctx, bin, "/") && ctx.Err() == nil {
		return fmt.Errorf("the account %s, which PostgreSQL has to run as, cannot run %s", a.name, bin.program("postgres"))
	}
	closed := dir
	for at := dir; at != "/"; at = filepath.Dir(at) {
		if !a.enters(ctx, bin, at) {
			closed = at
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx) // nothing could be tried
	}
	return &ClosedDirError{Dir: closed, Data: dir, Account: a.name}
}

func (a account) enters(ctx context.Context, bin install, dir string) bool {
	cmd := a.command(ctx, bin.program("postgres"), "--version")
	cmd.Dir = dir
	return cmd.Run() == nil
}
