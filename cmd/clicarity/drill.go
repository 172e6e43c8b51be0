package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/local"
)

// drill makes a backup of the database, or takes one that was made, brings it back into a PostgreSQL of its own, checks every
// organisation's history there, throws it away and records how it went. The database that serves is only read.
func drill(ctx context.Context, e env, args []string) error {
	var from string
	rest, err := flags(e, "drill", args, func(f *flag.FlagSet) {
		f.StringVar(&from, "from", "", "a backup that was made with pg_dump --format=custom, instead of a new one")
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
		d := postgres.Drill{ID: id, Began: began}
		failed := tryBackup(ctx, e, h, from, &d)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.Took = time.Since(began).Round(time.Second)
		if failed != nil {
			d.Fault = failed.Error()
		}
		where, err := keepDrill(ctx, e, h, d)
		if err := errors.Join(failed, err); err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "sound: a backup of %d MB was brought back in %s; %d organisations with %d movements are what they were; recorded in %s\n",
			d.Bytes>>20, d.Took, d.Organisations, d.Movements, where)
		return err
	})
}

// tryBackup does the drill in a folder that is gone afterwards.
func tryBackup(ctx context.Context, e env, h *house, from string, d *postgres.Drill) (err error) {
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
	if from == "" {
		from = filepath.Join(dir, "backup")
		if err := dump(ctx, scratch.BinDir(), h.address(e), from); err != nil {
			return fmt.Errorf("the backup could not be made: %w", err)
		}
	}
	file, err := os.Stat(from)
	if err != nil {
		return err
	}
	d.Bytes = file.Size()
	if err := restore(ctx, scratch, from); err != nil {
		return fmt.Errorf("the backup could not be brought back: %w", err)
	}
	return checkScratch(ctx, e, scratch.URL(databaseName), d)
}

// address is where the database is that serves.
func (h *house) address(e env) string {
	if h.cluster != nil {
		return h.cluster.URL(databaseName)
	}
	return e.database
}

// dump makes a backup. A password goes by the environment: everybody on the machine can read a command line.
func dump(ctx context.Context, bin, address, file string) error {
	public, password := address, ""
	if u, err := url.Parse(address); err == nil && u.User != nil {
		password, _ = u.User.Password()
		u.User = url.User(u.User.Username())
		public = u.String()
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "pg_dump"), "--format=custom", "--file="+file, "--dbname="+public) //nolint:gosec // PostgreSQL's own program
	cmd.Env = os.Environ()
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	if err := said(cmd); err != nil {
		return err
	}
	return os.Chmod(file, 0o600)
}

func restore(ctx context.Context, scratch *local.Cluster, file string) error {
	address := scratch.URL(databaseName)
	err := postgres.CreateDatabase(ctx, scratch.URL("postgres"), databaseName)
	if err == nil {
		err = postgres.Roles(ctx, address)
	}
	if err != nil {
		return err
	}
	return said(exec.CommandContext(ctx, filepath.Join(scratch.BinDir(), "pg_restore"), "--exit-on-error", "--dbname="+address, file)) //nolint:gosec // PostgreSQL's own program
}

// said runs a program; what it complained of is the error.
func said(cmd *exec.Cmd) error {
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(complaint.String()))
	}
	return nil
}

// checkScratch checks every organisation of a database that was brought back.
func checkScratch(ctx context.Context, e env, address string, d *postgres.Drill) (err error) {
	if _, err := postgres.Migrate(ctx, address); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, address, postgres.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	back := &house{DB: db}
	if err := back.refold(ctx, e); err != nil {
		return err
	}
	orgs, err := back.Organisations(ctx)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		v, err := back.Verify(ctx, o.ID)
		if err != nil {
			return fmt.Errorf("%s: %w", o.Slug, err)
		}
		d.Organisations, d.Movements = d.Organisations+1, d.Movements+v.Movements
	}
	return nil
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
	line, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(e.data, 0o700); err != nil {
		return "", err
	}
	where = filepath.Join(e.data, drillLog)
	f, err := os.OpenFile(where, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // in the data directory
	if err != nil {
		return "", err
	}
	_, err = f.Write(append(line, '\n'))
	return where, errors.Join(err, f.Close())
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
