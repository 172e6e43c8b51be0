package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"clicarity/internal/backups"
	"clicarity/internal/flow"
	"clicarity/internal/keys"
	"clicarity/internal/leaving"
	"clicarity/internal/postgres"
	"clicarity/internal/trail"
	"clicarity/internal/web"
	"clicarity/internal/worker"
)

// trailKey signs what leaves the installation and proves itself: audit logs, exports, certificates.
func trailKey(k *keys.Keys) trail.Key { return trail.NewKey(k.Derive("audit")) }

// exporter writes exports.
func (h *house) exporter(k *keys.Keys) leaving.Exporter {
	return leaving.Exporter{DB: h.DB, Key: trailKey(k), Program: programVersion(), Now: time.Now, Files: stored{h.DB}}
}

// stored are the files that are not in the database.
type stored struct{ db *postgres.DB }

// Each gives every file of an organisation.
func (s stored) Each(ctx context.Context, org flow.ID, f func(name string, content io.Reader) error) error {
	return s.db.EachFile(ctx, org, f)
}

// Purge deletes every file of an organisation.
func (s stored) Purge(ctx context.Context, org flow.ID) error { return s.db.PurgeFiles(ctx, org) }

// parting is how organisations leave this installation.
func (h *house) parting(e env, k *keys.Keys, pages *web.Web) worker.Parting {
	return worker.Parting{
		Files: stored{h.DB},
		Mail:  pages.ClosingMail,
		Certify: func(c postgres.Closure) (string, error) {
			return leaving.Certify(trailKey(k), c, true, programVersion())
		},
		Note: func(c postgres.Closure) error { return h.note(e, c) },
	}
}

// note keeps on disk that an organisation is deleted, and beside the backups. A store of backups that is away holds no deletion up: the
// line goes there within the hour that it is back.
func (h *house) note(e env, c postgres.Closure) error {
	if err := leaving.Note(e.ledger(), c); err != nil || h.shelf == nil {
		return err
	}
	l, err := leaving.LineOf(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), noteWithin)
	defer cancel()
	if err := h.shelf.Note(ctx, []backups.Line{backups.Line(l)}); err != nil {
		_, _ = fmt.Fprintf(e.err, "WARNING: the store of backups does not know yet that organisation %s is deleted: %v\n", c.Org, err)
	}
	return nil
}

const noteWithin = 30 * time.Second

func (e env) ledger() string { return filepath.Join(e.data, leaving.LedgerName) }

// eraseAgain deletes what a restored backup brought back of organisations that the ledger says are deleted.
func (h *house) eraseAgain(ctx context.Context, e env, url string) error {
	list, broken, err := leaving.Ledger(e.ledger())
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", e.ledger(), err)
	}
	if broken > 0 {
		_, _ = fmt.Fprintf(e.err, "WARNING: %d lines of %s cannot be read; whoever was deleted then is not deleted again\n", broken, e.ledger())
	}
	if len(list) == 0 {
		return nil
	}
	back, err := postgres.EraseAgain(ctx, url, list)
	for _, id := range back {
		for found := true; found && err == nil; {
			found, err = h.Forget(ctx, id, postgres.ForgetRows)
		}
		err = errors.Join(err, h.PurgeFiles(ctx, id))
		if err == nil {
			_, _ = fmt.Fprintf(e.err, "organisation %s was deleted before and had come back with a backup: it is deleted again\n", id)
		}
	}
	return err
}

// orgClose closes an organisation at its request; its owners can undo that as if they had done it.
func orgClose(ctx context.Context, e env, args []string) error {
	var because string
	rest, err := flags(e, "org close", args, func(f *flag.FlagSet) {
		f.StringVar(&because, "because", "", "who asked for it, and how; the owners read it")
	})
	if err != nil {
		return err
	}
	because = strings.Join(strings.Fields(because), " ")
	if len(rest) != 1 || because == "" || len([]rune(because)) > 500 {
		return errors.New("say which organisation and why, in up to 500 characters: clicarity org close SLUG --because \"asked by letter of 26-11-2026\"")
	}
	return withOrg(ctx, e, rest[0], func(h *house, o postgres.Organisation) error {
		if err := h.CloseOrganisation(ctx, o.ID, postgres.Closure{Closing: flow.ClosingAt(flow.At(time.Now())), Because: because}); err != nil {
			return err
		}
		c, err := h.Closure(ctx, o.ID)
		if err != nil {
			return err
		}
		day := func(m flow.Moment) string { return m.Time().In(postgres.Zone(o.Timezone)).Format("02-01-2006") }
		_, err = fmt.Fprintf(e.out, "%s has been closed since %s: nothing new is saved.\nIt can be undone until %s. Everything is deleted from %s, and gone from backups by %s.\n",
			o.Slug, day(c.At), day(c.UndoUntil), day(c.DeleteFrom), day(c.DeleteBy))
		return err
	})
}

// orgReopen undoes a closing.
func orgReopen(ctx context.Context, e env, args []string) error {
	if len(args) != 1 {
		return errors.New("say which organisation: clicarity org reopen SLUG")
	}
	return withOrg(ctx, e, args[0], func(h *house, o postgres.Organisation) error {
		err := h.ReopenOrganisation(ctx, o.ID, flow.ID{}, time.Now())
		var r *flow.Refusal
		if errors.As(err, &r) {
			return fmt.Errorf("the closing of %s could be undone until %s only", o.Slug, r.At.Time().Format("02-01-2006 15:04 UTC"))
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "%s is open.\n", o.Slug)
		return err
	})
}

// orgExport writes all of an organisation to a file, noted in its audit log. The file is whole, or it is not there.
func orgExport(ctx context.Context, e env, args []string) error {
	if len(args) != 2 {
		return errors.New("say which organisation and where to: clicarity org export SLUG FILE.zip")
	}
	return withOrg(ctx, e, args[0], func(h *house, o postgres.Organisation) error {
		if err := h.Audit(ctx, o.ID, postgres.Event{What: postgres.AuditExport, Detail: map[string]string{"list": "everything"}}); err != nil {
			return err
		}
		file, err := os.CreateTemp(filepath.Dir(args[1]), ".export-*") // readable by nobody else
		if err != nil {
			return err
		}
		err = errors.Join(h.exporter(h.keys).Export(ctx, file, o), file.Sync(), file.Close())
		if err == nil {
			err = os.Rename(file.Name(), args[1])
		}
		if err != nil {
			return errors.Join(err, os.Remove(file.Name()))
		}
		_, err = fmt.Fprintf(e.out, "%s is in %s; check it with: clicarity verify --export %s --key %s\n", o.Slug, args[1], args[1], trailKey(h.keys).Fingerprint())
		return err
	})
}

// verifyExport checks an export by itself, without the database.
func verifyExport(e env, name, key string) error {
	file, err := os.Open(name) //nolint:gosec // whoever runs the program names it
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	v, err := leaving.VerifyExport(file, info.Size(), key)
	if err != nil {
		return fmt.Errorf("%s is not sound: %w", name, err)
	}
	_, err = fmt.Fprintf(e.out, "OK: %d files of organisation %s as they were exported on %s; %d movements and %d entries of the audit log in unbroken chains; %s\n",
		len(v.Members), v.Organisation, v.Made.Format("02-01-2006 15:04 UTC"), v.Movements.Seq, v.Audit.Seq, signedWith(v.Fingerprint, key))
	return err
}

// verifyCertificate checks the certificate of a deletion by itself.
func verifyCertificate(e env, name, key string) error {
	file, err := os.Open(name) //nolint:gosec // whoever runs the program names it
	if err != nil {
		return err
	}
	c, fingerprint, err := leaving.ReadCertificate(io.Reader(file), key)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s is not sound: %w", name, err)
	}
	_, err = fmt.Fprintf(e.out, "OK: organisation %s was closed on %s, and its %d records were deleted by %s; %s\n", c.Organisation,
		c.Closed.Format("02-01-2006"), c.Total(), c.Done.Format("02-01-2006 15:04 UTC"), signedWith(fingerprint, key))
	return err
}

func signedWith(fingerprint, expected string) string {
	says := "signed with the key " + fingerprint
	if expected == "" {
		says += " (compare it with the one that the audit page shows, or give it with --key)"
	}
	return says
}
