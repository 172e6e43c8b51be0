package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const confName = "clicarity.conf"

const mega = 1 << 20

// ours are the settings that say where the server listens. They are given on its command line, where no file and no
// ALTER SYSTEM can change them: trusting everyone is right only as long as nobody else gets in.
var ours = []string{"listen_addresses", "port", "unix_socket_directories", "unix_socket_permissions", "unix_socket_group",
	"data_directory", "hba_file", "ident_file", "config_file", "include", "include_dir", "include_if_exists"}

var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)

func checkSettings(settings map[string]string) error {
	for key := range settings {
		if !settingName.MatchString(key) {
			return fmt.Errorf("%q is not the name of a PostgreSQL setting", key)
		}
		if slices.Contains(ours, strings.ToLower(key)) {
			return fmt.Errorf("the PostgreSQL setting %s is Clicarity's to choose", key)
		}
	}
	return nil
}

// writeConf replaces clicarity.conf whole. The folder is the account's, so root creates a file that was not there rather
// than write to whatever is.
func (c *Cluster) writeConf(ctx context.Context) error {
	settings := defaults(memory(), c.hasLZ4(ctx))
	maps.Copy(settings, c.opts.Settings)
	path := filepath.Join(c.data, confName)
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(confText(settings))
	if c.runAs.other {
		err = errors.Join(err, f.Chown(c.runAs.uid, c.runAs.gid))
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func confText(settings map[string]string) []byte {
	var b bytes.Buffer
	b.WriteString("# Written by Clicarity at each start: changes made here are lost.\n")
	quote := strings.NewReplacer(`\`, `\\`, `'`, `''`, "\n", `\n`)
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s = '%s'\n", key, quote.Replace(settings[key]))
	}
	return b.Bytes()
}

// defaults are for a database that shares its computer with Clicarity and keeps its files on a solid-state disk.
// ram is in bytes, 0 when not known.
func defaults(ram uint64, lz4 bool) map[string]string {
	compression, toast := "on", "pglz"
	if lz4 {
		compression, toast = "lz4", "lz4"
	}
	return map[string]string{
		"shared_buffers":            megabytes(min(max(ram/8, 128*mega), 1024*mega)),
		"effective_cache_size":      megabytes(max(ram/2, 256*mega)),
		"max_connections":           "200",
		"random_page_cost":          "1.1",
		"max_wal_size":              "2GB",
		"wal_compression":           compression,
		"default_toast_compression": toast,
		"jit":                       "off", // our queries are short; compiling them takes longer than running them
		"timezone":                  "UTC",
		"log_timezone":              "UTC",
		"log_min_messages":          "warning",
		"logging_collector":         "off", // our own log file is the one place to look
		"log_destination":           "stderr",
		"password_encryption":       "scram-sha-256",
	}
}

func megabytes(n uint64) string { return strconv.FormatUint(n/mega, 10) + "MB" }

// hasLZ4 asks the program whether it was built with LZ4, without a word from any file.
func (c *Cluster) hasLZ4(ctx context.Context) bool {
	return c.runAs.command(ctx, c.bin.program("postgres"), "-D", c.data, "-c", "config_file=/dev/null",
		"-c", "wal_compression=lz4", "-C", "wal_compression").Run() == nil
}

// memory is what this computer or container has, in bytes, or 0 when it cannot be told.
func memory() uint64 {
	total := physicalMemory()
	b, err := os.ReadFile("/sys/fs/cgroup/memory.max")
	if err != nil {
		return total
	}
	if limit, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil && (total == 0 || limit < total) {
		return limit
	}
	return total
}

func physicalMemory() uint64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		// macOS
		out, err := exec.Command("sysctl", "-n", "hw.memsize").Output()
		if err != nil {
			return 0
		}
		n, _ := strconv.ParseUint(strings.TrimSpace(string(out)), 10, 64)
		return n
	}
	return parseMeminfo(b)
}

func parseMeminfo(b []byte) uint64 {
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == "MemTotal:" {
			kilobytes, _ := strconv.ParseUint(f[1], 10, 64)
			return kilobytes * 1024
		}
	}
	return 0
}
