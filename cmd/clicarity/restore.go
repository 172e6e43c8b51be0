package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"clicarity/internal/backups"
	"clicarity/internal/keys"
	"clicarity/internal/leaving"
	"clicarity/internal/postgres"
)

// restoring is the mark in the data directory that a restore has begun and is not done: nothing is served meanwhile, and the same
// command goes on.
type restoring struct {
	Backup   string `json:"backup"`
	Database string `json:"database"` // where it goes
}

func (e env) restoreMark() string { return filepath.Join(e.data, "restore.json") }

// restored refuses to open a database that is half of one.
func (e env) restored() error {
	m, err := e.begunRestore()
	if err != nil || m.Backup == "" {
		return err
	}
	return fmt.Errorf("bringing %s back has begun and is not done: run clicarity restore again, as before", m.Backup)
}

func (e env) begunRestore() (m restoring, err error) {
	text, err := os.ReadFile(e.restoreMark())
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil || m.Backup == "" {
		return m, fmt.Errorf("%s cannot be read: %w", e.restoreMark(), errors.Join(err, errors.New("it names no backup")))
	}
	return m, nil
}

// restore brings a backup back into an empty place, from wherever it stopped before, and checks what is there.
func restore(ctx context.Context, e env, args []string) error {
	var from, name string
	rest, err := flags(e, "restore", args, func(f *flag.FlagSet) {
		f.StringVar(&from, "from", e.backups.where, "the store of backups: a directory, or s3://KEY:SECRET@host/bucket")
		f.StringVar(&name, "backup", "", "which one, as clicarity backup list names it; the newest when not given")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 || from == "" {
		return errors.New("write: clicarity restore --from STORE [--backup NAME]")
	}
	r := bringing{env: e}
	if r.shelf, err = e.foundShelf(from); err != nil {
		return err
	}
	if r.begun, err = e.begunRestore(); err != nil {
		return err
	}
	if b := r.begun.Backup; b != "" && name != "" && name != b {
		return fmt.Errorf("bringing %s back has begun here: finish it, or take an empty data directory and database for %s", b, name)
	}
	if r.begun.Backup != "" {
		name = r.begun.Backup
	}
	if r.backup, err = r.shelf.Find(ctx, name); err != nil {
		return fmt.Errorf("%s: %w", r.shelf.Store, err)
	}
	if err := r.shelf.Try(ctx, r.backup); err != nil { // before anything is written
		return err
	}
	return r.run(ctx)
}

// foundShelf is a store of backups that is there, with the master keys that are given. No key is made: a new one opens nothing.
func (e env) foundShelf(from string) (*backups.Shelf, error) {
	if !strings.Contains(from, "://") {
		if _, err := os.Stat(from); err != nil {
			return nil, fmt.Errorf("the store of backups cannot be read: %w", err)
		}
	}
	if e.key == "" && e.keyCommand == "" {
		if all, err := keys.InFile(e.keyFile()); err != nil || len(all) == 0 {
			return nil, errors.Join(fmt.Errorf("there is no master key, and no backup has it: put it into %s, or give it by CLICARITY_KEY or CLICARITY_KEY_COMMAND", e.keyFile()), err)
		}
	}
	ring, err := e.masters()
	if err != nil {
		return nil, err
	}
	store, err := e.backups.open(from)
	return &backups.Shelf{Store: store, Ring: ring, Days: e.backups.days, Now: time.Now}, err
}

// bringing is a backup that is brought back.
type bringing struct {
	env
	shelf  *backups.Shelf
	backup backups.Backup
	begun  restoring
	house  house
}

func (r *bringing) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, r.house.close()) }()
	address, err := r.house.reach(ctx, r.env, true)
	if err != nil {
		return err
	}
	if err := r.begin(ctx, address); err != nil {
		return err
	}
	noted, err := r.bringLedger(ctx)
	if err != nil {
		return err
	}
	if err := r.bringDatabase(ctx, address); err != nil {
		return fmt.Errorf("the database could not be brought back; run this again: %w", err)
	}
	store, err := r.store()
	if err != nil {
		return err
	}
	there, missing, err := r.shelf.Bring(ctx, r.backup, store)
	if err != nil {
		return fmt.Errorf("the files could not be brought back; run this again: %w", err)
	}
	if err := r.rewrap(ctx, address); err != nil {
		return err
	}
	if err := r.house.enter(ctx, r.env, address); err != nil {
		return err
	}
	var found checked
	fault := r.house.check(ctx, &found)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := os.Remove(r.restoreMark()); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(r.out, "brought back: %s of %s; %d files", r.backup.Name, r.backup.Made.In(zone()).Format("02-01-2006 15:04"), there)
	if missing > 0 {
		_, _ = fmt.Fprintf(r.out, ", %d are in no store", missing)
	}
	_, _ = fmt.Fprintf(r.out, "; %d lines of deletions\n", noted)
	if fault != nil {
		return fmt.Errorf("all is brought back, but not all is sound: %w", fault)
	}
	_, err = fmt.Fprintf(r.out, "sound: %d organisations with %d movements, %d keys that open, %d files that were read\n", found.organisations, found.movements, found.keys, found.files)
	return err
}

// begin refuses a place where something is, and marks one where a restore begins.
func (r *bringing) begin(ctx context.Context, address string) error {
	here := restoring{Backup: r.backup.Name, Database: publicAddress(address)}
	if r.begun.Backup != "" {
		if r.begun.Database != here.Database {
			return fmt.Errorf("bringing %s back has begun into %s, and this is %s", r.begun.Backup, r.begun.Database, here.Database)
		}
		return nil
	}
	empty, err := postgres.Empty(ctx, address)
	if err == nil && !empty {
		err = errors.New("the database is not empty, and nothing in it is touched: bring the backup back into an empty data directory (CLICARITY_DATA) or an empty database (DATABASE_URL)")
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(here)
	if err != nil {
		return err
	}
	return putFile(r.restoreMark(), text)
}

// publicAddress is an address without what is secret.
func publicAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host + u.Path + u.Query().Get("host")
}

// putFile writes a file, whole or not at all; it is on the disk when this returns.
func putFile(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".restore-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// bringLedger puts in place who was deleted, before anybody who was can come back.
func (r *bringing) bringLedger(ctx context.Context) (int, error) {
	lines, broken, err := r.shelf.Lines(ctx)
	if err != nil {
		return 0, fmt.Errorf("who was deleted since cannot be read from the store of backups: %w", err)
	}
	if broken > 0 {
		_, _ = fmt.Fprintf(r.err, "WARNING: %d lines about deletions cannot be read with this master key; whoever was deleted then is not deleted again\n", broken)
	}
	if _, err := leaving.AddLines(r.ledger(), lines); err != nil {
		return 0, err
	}
	return len(lines), nil
}

// bringDatabase fills an empty database: in one transaction, so that what is there after a kill is all of it, or nothing.
func (r *bringing) bringDatabase(ctx context.Context, address string) (err error) {
	empty, err := postgres.Empty(ctx, address)
	if err != nil || !empty {
		return err
	}
	if err := postgres.Roles(ctx, address); err != nil {
		return err
	}
	bin, err := r.house.programs(ctx, r.env)
	if err != nil {
		return err
	}
	dump, err := r.shelf.OpenDump(ctx, r.backup)
	if err != nil {
		return err
	}
	return errors.Join(backups.Undump(ctx, bin, address, dump, true), dump.Close())
}

// rewrap has the keys in the database wrapped with the master key of now, where that was rotated since the backup was made.
func (r *bringing) rewrap(ctx context.Context, address string) error {
	if len(r.backup.Before) == 0 {
		return nil
	}
	ring, err := r.shelf.Masters(ctx, r.backup)
	if err != nil {
		return err
	}
	if _, err := postgres.Migrate(ctx, address); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, address, postgres.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	db.UseMaster(ring)
	_, err = db.RewrapKeys(ctx)
	return err
}

// checked is what was found sound in a database that was brought back.
type checked struct {
	organisations, keys, files int
	movements                  int64
}

// filesTried is how many files of each organisation are read.
const filesTried = 20

// check verifies every organisation, opens its keys and reads some of its files. It gives all faults, not the first alone.
func (h *house) check(ctx context.Context, c *checked) error {
	orgs, err := h.Organisations(ctx)
	for _, o := range orgs {
		v, fault := h.Verify(ctx, o.ID)
		n, locked := h.TryKeys(ctx, o.ID)
		read, spoilt := h.TryFiles(ctx, o.ID, filesTried)
		if one := errors.Join(fault, locked, spoilt); one != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", o.Slug, one))
		}
		c.organisations, c.keys, c.files, c.movements = c.organisations+1, c.keys+n, c.files+read, c.movements+v.Movements
	}
	return err
}
