package local

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// MinVersion is the oldest PostgreSQL major version that Clicarity works with.
const MinVersion = 15

// NotInstalledError says that no PostgreSQL on this computer can be used.
type NotInstalledError struct {
	Need  int      // the major version that made the cluster, or 0 when any from MinVersion would do
	Dir   string   // the cluster, which is yet to be made when Need is 0
	Found []string // what there is instead, such as "13 in /usr/lib/postgresql/13/bin"
}

func (e *NotInstalledError) Error() string {
	what, version := fmt.Sprintf("PostgreSQL %d or newer is not installed here", MinVersion), ""
	if e.Need > 0 {
		what = fmt.Sprintf("the database in %s was made by PostgreSQL %d, which is not installed here", e.Dir, e.Need)
		version = fmt.Sprintf(" version %d", e.Need)
	}
	if len(e.Found) > 0 {
		what += fmt.Sprintf(" (there is only %s)", strings.Join(e.Found, ", "))
	}
	return what + ". Install" + version + ": on Debian and Ubuntu with 'sudo apt install postgresql" + dash(e.Need) +
		"', on Fedora with 'sudo dnf install postgresql-server postgresql-contrib', on macOS with 'brew install postgresql@" +
		brew(e.Need) + "'. Or set DATABASE_URL to a PostgreSQL you already have"
}

func dash(major int) string {
	if major == 0 {
		return ""
	}
	return fmt.Sprintf("-%d", major)
}

func brew(major int) string {
	if major == 0 {
		return "17"
	}
	return fmt.Sprint(major)
}

// NoAccountError says that this process is root, that PostgreSQL refuses to run as root, and that there is no account to
// run it as. Sharing "nobody" with other programs would let them read the database, so that is not tried.
type NoAccountError struct{}

func (*NoAccountError) Error() string {
	return "PostgreSQL refuses to run as root, and this computer has no account 'postgres' to run it as. " +
		"Make one with 'useradd --system postgres', or start Clicarity as an ordinary user, or set DATABASE_URL"
}

// ClosedDirError says that the account PostgreSQL runs as cannot get to the data directory.
type ClosedDirError struct {
	Dir     string // the directory that cannot be entered
	Data    string // the one inside it that is needed
	Account string
}

func (e *ClosedDirError) Error() string {
	return fmt.Sprintf("PostgreSQL runs as the account %s here, which may not enter %s, so it cannot use %s. "+
		"Choose another folder with CLICARITY_DATA (such as /var/lib/clicarity), or let it pass with 'chmod o+x %s'",
		e.Account, e.Dir, e.Data, e.Dir)
}

// InUseError says that a Clicarity server already runs on this data directory.
type InUseError struct {
	Dir     string
	PID     int       // 0 when not known
	Since   time.Time // zero when not known
	Purpose string    // its Options.Purpose
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("another Clicarity server is using %s. Stop it first, or choose another folder with CLICARITY_DATA", e.Dir)
	}
	what := e.Purpose
	if what == "" {
		what = "a Clicarity server"
	}
	return fmt.Sprintf("%s is already running on %s: process %d, since %s. "+
		"Use that one, or stop it with 'kill %d' and try again, or choose another folder with CLICARITY_DATA",
		what, e.Dir, e.PID, e.Since.Format("2006-01-02 15:04:05 MST"), e.PID)
}

// StartError says that PostgreSQL ended instead of starting.
type StartError struct {
	LogFile string
	Log     []string // what it said, its last lines
}

func (e *StartError) Error() string {
	if len(e.Log) == 0 {
		return "PostgreSQL ended while starting, without a word in " + e.LogFile
	}
	return fmt.Sprintf("PostgreSQL ended while starting (more in %s):\n%s", e.LogFile, strings.Join(e.Log, "\n"))
}

// passing tells what is over in a moment: children of a killed server that still hold its memory, or another server
// that has just begun to start or is about to end.
func (e *StartError) passing() bool {
	said := strings.Join(e.Log, "\n")
	return strings.Contains(said, "pre-existing shared memory block") ||
		strings.Contains(said, "lock file") && strings.Contains(said, "already exists")
}

// ownedByAnother puts a sentence before the bare "permission denied" of a data directory that is someone else's.
func ownedByAnother(err error, dir string) error {
	if !errors.Is(err, os.ErrPermission) {
		return err
	}
	return fmt.Errorf("the data folder %s may not be used by this account. Run Clicarity as the account that made it, "+
		"or choose another folder with CLICARITY_DATA: %w", dir, err)
}
