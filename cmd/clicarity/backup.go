package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"clicarity/internal/backups"
	"clicarity/internal/evidence"
	"clicarity/internal/keys"
	"clicarity/internal/leaving"
	"clicarity/internal/letters"
	"clicarity/internal/objects"
	"clicarity/internal/postgres"
	"clicarity/internal/postgres/local"
)

// backupConfig is where backups are kept, and for how long.
type backupConfig struct {
	where  string // a directory or s3://...; empty: none are made
	secret string
	at     backups.Clock
	days   int
}

const (
	backupsAt   = "02:00"
	backupsDays = 30
)

func readBackups(getenv func(string) string) (c backupConfig, err error) {
	c = backupConfig{where: getenv("CLICARITY_BACKUPS"), secret: getenv("CLICARITY_BACKUPS_SECRET"), days: backupsDays}
	if c.at, err = backups.ParseClock(cmp.Or(getenv("CLICARITY_BACKUPS_AT"), backupsAt)); err != nil {
		return c, fmt.Errorf("CLICARITY_BACKUPS_AT: %w", err)
	}
	if text := getenv("CLICARITY_BACKUPS_DAYS"); text != "" {
		if c.days, err = strconv.Atoi(text); err != nil || c.days < 1 || c.days > backups.MostDays {
			return c, fmt.Errorf("CLICARITY_BACKUPS_DAYS is %q; write a number of days from 1 to %d: what was deleted has to be gone from backups then", text, backups.MostDays)
		}
	}
	return c, nil
}

// open is the store of an address.
func (c backupConfig) open(address string) (objects.Store, error) {
	s, err := objects.Open(address, c.secret)
	if err != nil {
		return nil, fmt.Errorf("the store of backups: %w", err)
	}
	return s, nil
}

// shelf is where the backups of this installation are, nil when none are made.
func (e env) shelf(ring *keys.Ring, own *keys.Keys) (*backups.Shelf, error) {
	if e.backups.where == "" {
		return nil, nil
	}
	store, err := e.backups.open(e.backups.where)
	if err != nil {
		return nil, fmt.Errorf("CLICARITY_BACKUPS: %w", err)
	}
	whose := own.Derive("backups")
	return &backups.Shelf{Store: store, Ring: ring, Days: e.backups.days, Now: time.Now, Owner: hex.EncodeToString(whose[:16])}, nil
}

// zone is the one that the time of backups is meant in: the machine's, but for one that is on UTC as servers are, where it is India's.
func zone() *time.Location {
	if _, offset := time.Now().Zone(); offset != 0 {
		return time.Local
	}
	return postgres.Zone("Asia/Kolkata")
}

// nightly makes the backups of the installation; nil when none are made.
func (h *house) nightly(e env, log *slog.Logger) *backups.Nightly {
	if h.shelf == nil {
		return nil
	}
	return &backups.Nightly{Shelf: h.shelf, Clock: e.backups.at, Zone: zone(), Log: log,
		Source: func(ctx context.Context) (backups.Source, error) { return h.source(ctx, e) },
		Ledger: e.ledgerLines,
		Alone: func(ctx context.Context, do func(context.Context, func(context.Context) error) error) (bool, error) {
			return h.Alone(ctx, "backups", do)
		},
		Keep: e.keepRun,
		Tell: func(ctx context.Context, t backups.Trouble) error { return h.tellOfBackups(ctx, e, t) },
	}
}

// source is what a backup of the installation is made of.
func (h *house) source(ctx context.Context, e env) (backups.Source, error) {
	bin, err := h.programs(ctx, e)
	if err != nil {
		return backups.Source{}, err
	}
	ran, err := h.Migrations(ctx)
	if err != nil || len(ran) == 0 {
		return backups.Source{}, errors.Join(errors.New("the database has no schema"), err)
	}
	return backups.Source{
		Program: programVersion(), Schema: strings.TrimPrefix(ran[len(ran)-1].Name, "migrations/"), Store: h.store, Files: h.eachObject,
		Dump: func(ctx context.Context) (io.ReadCloser, error) { return backups.Dump(ctx, bin, h.address(e)) },
	}, nil
}

// programs is the folder of pg_dump and pg_restore.
func (h *house) programs(ctx context.Context, e env) (string, error) {
	if h.cluster != nil {
		return h.cluster.BinDir(), nil
	}
	major, err := postgres.Major(ctx, e.database)
	if err != nil {
		return "", err
	}
	return local.Programs(ctx, major)
}

// eachObject gives the files of all organisations.
func (h *house) eachObject(ctx context.Context, see func(key string, size int64)) error {
	orgs, err := h.Organisations(ctx)
	for _, o := range orgs {
		err = errors.Join(err, h.EachObject(ctx, o.ID, see))
	}
	return err
}

// ledgerLines are the lines of the ledger, as backups keep them.
func (e env) ledgerLines() (lines []backups.Line, err error) {
	list, err := leaving.Lines(e.ledger())
	for _, l := range list {
		lines = append(lines, backups.Line(l))
	}
	return lines, err
}

// backupLog is where it is noted how backups went.
const backupLog = "backups.log"

func (e env) keepRun(r backups.Run) error { return appendLine(filepath.Join(e.data, backupLog), r) }

// lastRuns are the last run that made a backup and the last that had a fault, as they are noted in a file.
func lastRuns(name string) (made, fault backups.Run, err error) {
	f, err := os.Open(name) //nolint:gosec // in the data directory
	if errors.Is(err, os.ErrNotExist) {
		return made, fault, nil
	}
	if err != nil {
		return made, fault, err
	}
	defer func() { _ = f.Close() }() // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r backups.Run
		if json.Unmarshal(lines.Bytes(), &r) != nil || r.At.IsZero() {
			continue // it was cut off
		}
		if r.Name != "" {
			made = r
		}
		if r.Fault != "" {
			fault = r
		}
	}
	return made, fault, nil
}

// tellOfBackups writes to the owners of the operator's organisation, at most one mail a day to each.
func (h *house) tellOfBackups(ctx context.Context, e env, t backups.Trouble) error {
	o, err := operatorsOrg(ctx, e, h.DB)
	if errors.Is(err, postgres.ErrNotFound) || err == nil && e.mail == nil {
		return nil
	}
	if err != nil {
		return err
	}
	owners, err := h.OwnersToWrite(ctx, o.ID)
	at := t.At.In(postgres.Zone(o.Timezone))
	for _, owner := range owners {
		l := letters.Backups{Operator: cmp.Or(e.operator.Name, o.Name), Fault: t.Fault}
		if !t.Newest.IsZero() {
			l.Newest = t.Newest.In(at.Location()).Format("02-01-2006 15:04")
		}
		err = errors.Join(err, h.QueueMail(ctx, o.ID, postgres.NewMail(owner.Address, owner.Language, at.Format("2006-01-02"), l, t.At)))
	}
	return err
}

// backup makes a backup, or lists those there are.
func backup(ctx context.Context, e env, args []string) error {
	var whole bool
	rest, err := flags(e, "backup", args, func(f *flag.FlagSet) {
		f.BoolVar(&whole, "whole", false, "with list: read all of each backup to see that it is sound, which takes as long as fetching it")
	})
	if err != nil {
		return err
	}
	switch {
	case e.backups.where == "":
		return errors.New("say where backups are kept: CLICARITY_BACKUPS=DIRECTORY or s3://KEY:SECRET@host/bucket")
	case len(rest) == 1 && rest[0] == "list":
		return listBackups(ctx, e, whole)
	case len(rest) > 0 || whole:
		return errors.New("write: clicarity backup, or clicarity backup list [--whole]")
	}
	return withHouse(ctx, e, func(h *house) error {
		b, err := h.nightly(e, slog.New(slog.NewTextHandler(e.err, nil))).Backup(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "%s is in %s: %s of the database, %d files; it is deleted within %d days.\nIt opens with the master key only (%s), which is not in it: keep that in another place.\n",
			b.Name, h.shelf.Store, megabytes(b.Bytes), b.Files-b.Missing, e.backups.days, b.Master)
		if b.Missing > 0 {
			_, _ = fmt.Fprintf(e.out, "WARNING: %d files that the database names are not in %s\n", b.Missing, h.store)
		}
		return err
	})
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }

// listBackups needs the store only: the database may be gone.
func listBackups(ctx context.Context, e env, whole bool) error {
	store, err := e.backups.open(e.backups.where)
	if err != nil {
		return err
	}
	s := &backups.Shelf{Store: store, Now: time.Now}
	list, err := s.List(ctx)
	if err != nil {
		return err
	}
	found, err := s.Check(ctx, list, whole)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.out, 0, 4, 3, ' ', 0)
	unsound := 0
	for _, f := range found {
		state := "sound"
		if f.Fault != nil {
			state, unsound = "NOT SOUND: "+f.Fault.Error(), unsound+1
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d files\t%s\t%s\n", f.Name, f.Made.In(zone()).Format("02-01-2006 15:04"), megabytes(f.Bytes), f.Backup.Files, f.Backup.Schema, state)
	}
	if len(list) == 0 {
		_, _ = fmt.Fprintf(w, "there is no backup in %s\n", store)
	}
	if err := w.Flush(); err != nil || unsound == 0 {
		return err
	}
	return fmt.Errorf("%d of %d backups are not sound", unsound, len(list))
}

// lookAtBackups says how it stands with the backups.
func lookAtBackups(ctx context.Context, e env, h *house) error {
	if h.shelf == nil {
		_, _ = fmt.Fprintln(e.out, "no backups are made: CLICARITY_BACKUPS is not set")
		return nil
	}
	answer, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	list, err := h.shelf.List(answer)
	if err != nil {
		_, _ = fmt.Fprintf(e.out, "backups in %s\nWARNING: the store of backups does not answer as it ought to: %v\n", h.shelf.Store, err)
		return nil
	}
	day := func(t time.Time) string { return t.In(zone()).Format("02-01-2006 15:04") }
	var newest time.Time
	if len(list) == 0 {
		_, _ = fmt.Fprintf(e.out, "WARNING: there is no backup in %s yet; the server makes one at its start\n", h.shelf.Store)
	} else {
		newest = list[0].Made
		_, _ = fmt.Fprintf(e.out, "backups in %s, each for %d days: %d, the newest of %s with %s, the oldest of %s; the server makes the next at %s\n", h.shelf.Store,
			e.backups.days, len(list), day(newest), megabytes(list[0].Bytes), day(list[len(list)-1].Made), day(h.nightly(e, nil).Next(newest, time.Now())))
	}
	made, fault, err := lastRuns(filepath.Join(e.data, backupLog))
	switch {
	case fault.At.After(made.At):
		_, _ = fmt.Fprintf(e.out, "WARNING: a backup failed on %s: %s\n", day(fault.At), fault.Fault)
	case !fault.At.IsZero():
		_, _ = fmt.Fprintf(e.out, "the last fault of backups was on %s, and one was made since: %s\n", day(fault.At), fault.Fault)
	}
	return err
}

// shownBackups are the backups there are, for evidence; nil when none are made.
func (h *house) shownBackups(e env) func(context.Context) ([]evidence.Backup, error) {
	if h.shelf == nil {
		return nil
	}
	return func(ctx context.Context) (shown []evidence.Backup, err error) {
		ctx, cancel := context.WithTimeout(ctx, storeWithin)
		defer cancel()
		list, err := h.shelf.List(ctx)
		for _, b := range list {
			shown = append(shown, evidence.Backup{Made: b.Made, Until: b.Made.AddDate(0, 0, e.backups.days)})
		}
		return shown, err
	}
}

// rewrapBackups has the keys of the backups wrapped with the newest master key too, and adds how many to those that were.
func (h *house) rewrapBackups(ctx context.Context, n int) (int, error) {
	if h.shelf == nil {
		return n, nil
	}
	more := 0
	done, err := h.Alone(ctx, "backups", func(ctx context.Context, _ func(context.Context) error) (err error) {
		more, err = h.shelf.Rewrap(ctx)
		return err
	})
	if err == nil && !done {
		err = backups.ErrBusy
	}
	return n + more, err
}
