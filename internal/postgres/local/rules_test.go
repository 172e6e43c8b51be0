package local

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 17.2\n":                           17,
		"postgres (PostgreSQL) 18devel":                          18,
		"postgres (PostgreSQL) 16beta1":                          16,
		"postgres (PostgreSQL) 16rc1":                            16,
		"postgres (PostgreSQL) 9.6.24":                           9,
		"postgres (PostgreSQL) 10.23 (Homebrew)":                 10,
	} {
		if got, err := parseVersion(said); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", said, got, err, want)
		}
	}
	for _, said := range []string{"", "psql (PostgreSQL) 15.1", "postgres (EnterpriseDB)", "15.1", "postgres (PostgreSQL) x"} {
		if got, err := parseVersion(said); err == nil {
			t.Errorf("%q: %d, want an error", said, got)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	old, good, newer := install{"/old", 13}, install{"/good", 15}, install{"/newer", 17}
	for _, c := range []struct {
		all   []install
		major int
		want  string // the folder, or words of the error
	}{
		{[]install{good, newer}, 0, "/good"}, // the first is the person's own choice
		{[]install{old, newer, good}, 0, "/newer"},
		{[]install{newer, good}, 15, "/good"},
		{nil, 0, "PostgreSQL 15 or newer is not installed here. Install: on Debian"},
		{[]install{old, old}, 0, "not installed here (there is only 13 in /old)."},
		{[]install{newer}, 15, "the database in /data was made by PostgreSQL 15, which is not installed here (there is only 17 in /newer). Install version 15"},
		{[]install{newer}, 15, "'sudo apt install postgresql-15'"},
		{[]install{newer}, 15, "postgresql@15"},
		{nil, 0, "'sudo apt install postgresql', on Fedora"},
		{nil, 0, "set DATABASE_URL"},
	} {
		got, err := choose(c.all, "/data", c.major)
		if err == nil && got.dir != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, %d: %v, %v; want %s", c.all, c.major, got, err, c.want)
		}
		var missing *NotInstalledError
		if err != nil && !errors.As(err, &missing) {
			t.Errorf("the error is a %T", err)
		}
	}
}

func TestDefaultDir(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		xdg, home string
		uid       int
		want      string
	}{
		{"/x", "/root", 0, "/var/lib/clicarity"},
		{"/x", "/home/a", 1000, "/x/clicarity"},
		{"", "/home/a", 1000, "/home/a/.local/share/clicarity"},
		{"relative", "/home/a", 1000, "/home/a/.local/share/clicarity"},
		{"", "", 1 << 30, "clicarity-data"},
	} {
		env := map[string]string{"XDG_DATA_HOME": c.xdg, "HOME": c.home}
		if got := DefaultDir(func(k string) string { return env[k] }, c.uid); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for ram, want := range map[uint64]string{
		0: "128MB", 512 * mega: "128MB", 4096 * mega: "512MB", 64 << 30: "1024MB",
	} {
		if got := defaults(ram, true)["shared_buffers"]; got != want {
			t.Errorf("of %d bytes: %s, want %s", ram, got, want)
		}
	}
	if got := defaults(0, false); got["wal_compression"] != "on" || got["default_toast_compression"] != "pglz" {
		t.Errorf("without LZ4: %v", got)
	}
	for _, key := range []string{"port", "LISTEN_ADDRESSES", "a b", "", "a=1\nb", "include"} {
		if err := checkSettings(map[string]string{key: "x"}); err == nil {
			t.Errorf("%q can be set", key)
		}
	}
	check(t, checkSettings(map[string]string{"fsync": "off", "plpgsql.extra_errors": "all"}))
	if got := parseMeminfo([]byte("MemFree:  1 kB\nMemTotal:       1024 kB\n")); got != mega {
		t.Errorf("memory is %d", got)
	}
}

func TestLocaleTrouble(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]bool{
		"locale...\ninitdb: error: ICU is not supported in this build\ninitdb: hint: rebuild\n":        true,
		"initdb: error: invalid locale name \"C.UTF-8\"\n":                                             true,
		"the locale is und\ninitdb: error: could not create directory \"/x\": No space left on device": false,
		"": false,
	} {
		if got := localeTrouble.Match(reason([]byte(said))); got != want {
			t.Errorf("%q: %v", said, got)
		}
	}
}

func TestTrimLog(t *testing.T) {
	t.Parallel()
	c := &Cluster{dir: t.TempDir()}
	check(t, os.WriteFile(c.logPath(), []byte("kept"), 0o600))
	for size, want := range map[int64]int64{4: 4, logLimit: logLimit, logLimit + 1: 0} {
		check(t, os.Truncate(c.logPath(), size))
		check(t, c.trimLog())
		if info, err := os.Stat(c.logPath()); err != nil || info.Size() != want {
			t.Errorf("of %d bytes %d are left, %v", size, info.Size(), err)
		}
	}
}

func TestNotOurs(t *testing.T) {
	t.Parallel()
	err := ownedByAnother(&os.PathError{Op: "open", Path: "/d/x", Err: os.ErrPermission}, "/d")
	if !strings.Contains(err.Error(), "the data folder /d may not be used by this account") || !errors.Is(err, os.ErrPermission) {
		t.Errorf("the sentence is %q", err)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{&InUseError{Dir: "/d"}, "another Clicarity server is using /d"},
		{&InUseError{Dir: "/d", PID: 3}, "a Clicarity server is already running on /d: process 3"},
		{&NoAccountError{}, "refuses to run as root"},
		{&StartError{LogFile: "/l"}, "without a word in /l"},
	} {
		if !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%q lacks %q", c.err, c.want)
		}
	}
	for said, want := range map[string]bool{
		`FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use`: true,
		`FATAL:  lock file "postmaster.pid" already exists`:                      true,
		`FATAL:  could not write lock file "postmaster.pid": No space left`:      false,
	} {
		if got := (&StartError{Log: []string{said}}).passing(); got != want {
			t.Errorf("%s: %v", said, got)
		}
	}
}
