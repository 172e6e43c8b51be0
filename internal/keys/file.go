package keys

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ParseMasters reads master keys as they are configured: each 32 bytes in base64, several with white space between
// them, the newest first.
func ParseMasters(text string) ([]Master, error) {
	var all []Master
	for _, one := range strings.Fields(text) {
		raw, err := base64.StdEncoding.DecodeString(one)
		if err != nil || len(raw) != Size {
			return nil, errKey
		}
		all = append(all, NewLocal([Size]byte(raw)))
	}
	if len(all) == 0 {
		return nil, errKey
	}
	return all, nil
}

var errKey = errors.New("the master key is 32 random bytes in base64, as `openssl rand -base64 32` prints them")

// File is the ring of the master keys in a file, one a line, the newest first. It is made with a new key when it is not
// there.
func File(name string) (*Ring, error) {
	if err := create(name); err != nil {
		return nil, err
	}
	return Reread(func() ([]Master, error) { return readFile(name) })
}

// InFile are the master keys of a file, none when there is no file.
func InFile(name string) ([]Master, error) {
	all, err := readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}

func readFile(name string) ([]Master, error) {
	text, err := os.ReadFile(name) //nolint:gosec // the operator of the service names it
	if err != nil {
		return nil, err
	}
	all, err := ParseMasters(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return all, nil
}

// AddToFile puts a new master key before those of a file. When the file has several already, that was done before, and
// it stays as it is.
func AddToFile(name string) error {
	all, err := readFile(name)
	if err != nil || len(all) > 1 {
		return err
	}
	fresh, err := Fresh()
	if err != nil {
		return err
	}
	return writeFile(name, append([]Master{NewLocal(fresh)}, all...))
}

// KeepNewestInFile forgets all master keys of a file but the newest.
func KeepNewestInFile(name string) error {
	all, err := readFile(name)
	if err != nil || len(all) == 1 {
		return err
	}
	return writeFile(name, all[:1])
}

// writeFile puts keys in the place of those of a file: whole or not at all.
func writeFile(name string, all []Master) error {
	own, err := temporary(name, all)
	if err != nil {
		return err
	}
	if err := os.Rename(own, name); err != nil {
		return errors.Join(err, os.Remove(own))
	}
	return syncDir(filepath.Dir(name))
}

// temporary is the name of a file beside another, readable by nobody else, with keys.
func temporary(name string, all []Master) (string, error) {
	own, err := os.CreateTemp(filepath.Dir(name), ".key-*")
	if err != nil {
		return "", err
	}
	for _, m := range all {
		l, ok := m.(Local)
		if !ok {
			err = errors.Join(err, errKey)
			continue
		}
		_, failed := own.WriteString(base64.StdEncoding.EncodeToString(l.keys.master[:]) + "\n")
		err = errors.Join(err, failed)
	}
	return own.Name(), errors.Join(err, own.Sync(), own.Close())
}

func syncDir(name string) error {
	dir, err := os.Open(name) //nolint:gosec // of the data directory
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// create writes a new key where there is no file. When another process is faster, its key counts.
func create(name string) error {
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fresh, err := Fresh()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	own, err := temporary(name, []Master{NewLocal(fresh)})
	if err != nil {
		return err
	}
	err = os.Link(own, name) // whole or not at all, and never over another
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(own), syncDir(filepath.Dir(name)))
}
