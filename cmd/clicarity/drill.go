package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"clicarity/internal/backups"
	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/local"
)

// drilled is a drill as it goes on.
type drilled struct {
	postgres.Drill
	which string           // backup it is of
	files postgres.Objects // where its files are
	ring  *keys.Ring       // that opens it
	found checked
}

// drill takes the newest backup of the store, or one that was made by hand, or makes one, brings it back into a PostgreSQL of its own,
// checks every organisation's history, keys and some files there, throws it away and records how it went. The database that serves
// is only read.
func drill(ctx context.Context, e env, args []string) error {
	var from string
	rest, err := flags(e, "drill", args, func(f *flag.FlagSet) {
		f.StringVar(&from, "from", "", "a backup that was made with pg_dump --format=custom, instead of the newest of the store")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errors.New("write: clicarity drill [--from BACKUP]")
	}
	return withHouse(ctx, e, func(h *house) error {
		began := time.Now()
		id, err := flow.NewID(flow.At(began), rand.Reader)
		if err != nil {
			return err
		}
		d := drilled{Drill: postgres.Drill{ID: id, Began: began}}
		failed := tryBackup(ctx, e, h, from, &d)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.Took = time.Since(began).Round(time.Second)
		if failed != nil {
			d.Fault = failed.Error()
		}
		where, err := keepDrill(ctx, e, h, d.Drill)
		if err := errors.Join(failed, err); err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "sound: %s, %s, was brought back in %s; %d organisations with %d movements are what they were; %d keys open, %d files were read; recorded in %s\n",
			d.which, megabytes(d.Bytes), d.Took, d.Organisations, d.Movements, d.found.keys, d.found.files, where)
		return err
	})
}

// tryBackup does the drill in a folder that is gone afterwards.
func tryBackup(ctx context.Context, e env, h *house, from string, d *drilled) (err error) {
	dir, err := os.MkdirTemp("", "clicarity-drill-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL runs as another user when we are root; what is inside is its owner's alone
		return err
	}
	scratch, err := local.Open(ctx, local.Options{Dir: filepath.Join(dir, "scratch"), Settings: map[string]string{"fsync": "off", "full_page_writes": "off"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	dump, err := h.tried(ctx, e, from, d)
	if err != nil {
		return err
	}
	counting := &notes{r: dump}
	err = bringInto(ctx, scratch, counting)
	d.Bytes = max(d.Bytes, counting.n)
	switch {
	case counting.failed != nil:
		err = fmt.Errorf("the backup could not be made or read: %w", counting.failed)
	case err != nil:
		err = fmt.Errorf("the backup could not be brought back: %w", err)
	}
	if err = errors.Join(err, dump.Close()); err != nil {
		return err
	}
	return checkScratch(ctx, e, scratch.URL(databaseName), d)
}

// tried is the backup of a drill: one that was made by hand, the newest in the store of backups, or, without any, one that is made now.
func (h *house) tried(ctx context.Context, e env, from string, d *drilled) (io.ReadCloser, error) {
	ring, err := e.masters()
	if err != nil {
		return nil, err
	}
	d.files, d.ring = h.store, ring
	if from != "" {
		d.which = "the backup in " + from
		return os.Open(from) //nolint:gosec // whoever runs the program names it
	}
	if h.shelf != nil {
		b, err := h.shelf.Find(ctx, "")
		if err == nil {
			d.which, d.Bytes, d.files = "the backup "+b.Name+" of "+h.shelf.Store.String(), b.Bytes, backups.Mirrored{Store: h.shelf.Store}
			if d.ring, err = h.shelf.Masters(ctx, b); err != nil {
				return nil, err
			}
			return h.shelf.OpenDump(ctx, b)
		}
		if !errors.Is(err, backups.ErrNone) {
			return nil, err
		}
	}
	d.which = "a backup that was just made"
	bin, err := h.programs(ctx, e)
	if err != nil {
		return nil, err
	}
	return backups.Dump(ctx, bin, h.address(e))
}

// address is where the database is that serves.
func (h *house) address(e env) string {
	if h.cluster != nil {
		return h.cluster.URL(databaseName)
	}
	return e.database
}

// bringInto brings a dump into a new database.
func bringInto(ctx context.Context, scratch *local.Cluster, dump io.Reader) error {
	address := scratch.URL(databaseName)
	err := postgres.CreateDatabase(ctx, scratch.URL("postgres"), databaseName)
	if err == nil {
		err = postgres.Roles(ctx, address)
	}
	if err != nil {
		return err
	}
	return backups.Undump(ctx, scratch.BinDir(), address, dump, false)
}

// checkScratch checks every organisation of a database that was brought back, with the master keys and the files of the backup.
func checkScratch(ctx context.Context, e env, address string, d *drilled) (err error) {
	if _, err := postgres.Migrate(ctx, address); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, address, postgres.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	db.UseMaster(d.ring)
	db.UseObjects(d.files, false)
	if _, err := db.Installation(ctx); err != nil {
		return err
	}
	back := &house{DB: db}
	if err := back.refold(ctx, e); err != nil {
		return err
	}
	err = back.check(ctx, &d.found)
	d.Organisations, d.Movements = d.found.organisations, d.found.movements
	return err
}

// drillLog is where drills are kept when no organisation runs the service.
const drillLog = "drills.log"

// keepDrill records a drill in the operator's organisation, or in a file when there is none, and says where.
func keepDrill(ctx context.Context, e env, h *house, d postgres.Drill) (where string, err error) {
	o, err := operatorsOrg(ctx, e, h.DB)
	if err == nil {
		return "the organisation " + o.Slug, h.AddDrill(ctx, o.ID, d)
	}
	if !errors.Is(err, postgres.ErrNotFound) {
		return "", err
	}
	where = filepath.Join(e.data, drillLog)
	return where, appendLine(where, d)
}

// appendLine adds something to a file of JSON lines in the data directory.
func appendLine(name string, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // in the data directory
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// operatorsOrg is the organisation of whoever runs the service; postgres.ErrNotFound when there is none.
func operatorsOrg(ctx context.Context, e env, db *postgres.DB) (postgres.Organisation, error) {
	if e.operator.Organisation == "" {
		return postgres.Organisation{}, postgres.ErrNotFound
	}
	return db.OrganisationBySlug(ctx, e.operator.Organisation)
}

// drills reads the newest drills from where they are kept.
func (e env) drills(db *postgres.DB) func(ctx context.Context, limit int) ([]postgres.Drill, error) {
	return func(ctx context.Context, limit int) ([]postgres.Drill, error) {
		o, err := operatorsOrg(ctx, e, db)
		if err == nil {
			return db.Drills(ctx, o.ID, limit)
		}
		if !errors.Is(err, postgres.ErrNotFound) {
			return nil, err
		}
		return readDrills(filepath.Join(e.data, drillLog), limit)
	}
}

// readDrills reads the newest drills of a file. A line that is none was written when the machine stopped: it is left out.
func readDrills(name string, limit int) ([]postgres.Drill, error) {
	f, err := os.Open(name) //nolint:gosec // in the data directory
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	var list []postgres.Drill
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var d postgres.Drill
		if json.Unmarshal(lines.Bytes(), &d) == nil && !d.Began.IsZero() {
			list = append(list, d)
		}
		list = list[max(0, len(list)-limit):]
	}
	slices.Reverse(list)
	return list, nil
}
