package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An install is one PostgreSQL on this computer.
type install struct {
	dir   string // the folder of its programs
	major int
}

func (i install) program(name string) string { return filepath.Join(i.dir, name) }

// places are where packages put PostgreSQL's programs without putting all of them on the PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                   // Fedora and Red Hat, from postgresql.org
	"/usr/lib/postgresql[0-9]*/bin",                      // openSUSE
	"/usr/libexec/postgresql[0-9]*",                      // Alpine
	"/opt/homebrew/opt/postgresql*/bin",                  // macOS, Homebrew
	"/usr/local/opt/postgresql*/bin",                     // macOS on Intel, Homebrew
	"/Applications/Postgres.app/Contents/Versions/*/bin", // macOS, Postgres.app
}

// find chooses the programs: those of the version that made the cluster in data, or, for a new one (major 0), the person's own
// choice by PATH if it is new enough, and else the newest there is.
func find(ctx context.Context, data string, major int) (install, error) {
	var all []install
	for _, dir := range slices.Concat(onPath(), byConfig(ctx)) {
		all = appendInstall(ctx, all, dir)
	}
	var placed []install
	for _, pattern := range places {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return install{}, err
		}
		for _, dir := range dirs {
			placed = appendInstall(ctx, placed, dir)
		}
	}
	slices.SortStableFunc(placed, func(a, b install) int { return cmp.Compare(b.major, a.major) })
	if err := ctx.Err(); err != nil {
		return install{}, err
	}
	return choose(append(all, placed...), data, major)
}

// Programs is the folder of the programs that make backups of a server of a version: those of the same one, else what the person
// chose by PATH, else the newest there are. pg_dump itself says when it is too old.
func Programs(ctx context.Context, major int) (dir string, err error) {
	if i, err := find(ctx, "", major); err == nil {
		return i.dir, nil
	}
	if path, err := exec.LookPath("pg_dump"); err == nil {
		return filepath.Dir(path), nil
	}
	i, err := find(ctx, "", 0)
	return i.dir, err
}

func choose(all []install, data string, major int) (install, error) {
	e := &NotInstalledError{Need: major, Dir: data}
	for _, i := range all {
		if i.major == major || major == 0 && i.major >= MinVersion {
			return i, nil
		}
		if s := fmt.Sprintf("%d in %s", i.major, i.dir); !slices.Contains(e.Found, s) {
			e.Found = append(e.Found, s)
		}
	}
	return install{}, e
}

// onPath follows links: a lone initdb in /usr/local/bin points to where the other programs are.
func onPath() []string {
	var dirs []string
	for _, name := range []string{"postgres", "initdb"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	return dirs
}

func byConfig(ctx context.Context) []string {
	out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output()
	if err != nil {
		return nil // not having pg_config is usual
	}
	return []string{strings.TrimSpace(string(out))}
}

// appendInstall adds dir if it has what a cluster needs; a folder that has not is no error, only no PostgreSQL server.
func appendInstall(ctx context.Context, all []install, dir string) []install {
	i := install{dir: dir}
	if slices.ContainsFunc(all, func(o install) bool { return o.dir == dir }) {
		return all
	}
	if _, err := os.Stat(i.program("initdb")); err != nil {
		return all
	}
	out, err := exec.CommandContext(ctx, i.program("postgres"), "--version").Output()
	if err != nil {
		return all
	}
	if i.major, err = parseVersion(string(out)); err != nil {
		return all
	}
	return append(all, i)
}

var versionPattern = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// parseVersion reads the major version from what 'postgres --version' says.
func parseVersion(said string) (int, error) {
	m := versionPattern.FindStringSubmatch(strings.TrimSpace(said))
	if m == nil {
		return 0, fmt.Errorf("no PostgreSQL version in %q", said)
	}
	return strconv.Atoi(m[1])
}

// clusterVersion is the major version that made the cluster in data, or 0 if there is none.
func clusterVersion(data string) (int, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || major <= 0 {
		return 0, fmt.Errorf("%s/PG_VERSION is damaged: it says %q", data, b)
	}
	return major, nil
}
