package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/postgres"
	"clicarity/internal/worker"
)

// doctor says whether the installation is sound: the database, its size, and how far each history is checked.
func doctor(ctx context.Context, e env, _ []string) error {
	return withHouse(ctx, e, func(h *house) error {
		health, err := h.Health(ctx)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(e.out, "PostgreSQL %s, database of %d MB, data directory %s\n", health.Version, health.Bytes>>20, e.data)
		if !health.Durable {
			_, _ = fmt.Fprintln(e.out, "WARNING: fsync or synchronous_commit is off: what was acknowledged can be lost in a power cut")
		}
		if err := errors.Join(lookAtFiles(ctx, e, h), lookAtBackups(ctx, e, h)); err != nil {
			return err
		}
		orgs, err := h.Organisations(ctx)
		if err != nil {
			return err
		}
		for _, o := range orgs {
			sealed, err := keyWords(ctx, h, o)
			if err != nil {
				return err
			}
			size, err := h.SizeOf(ctx, o.ID, worker.Checker)
			if err != nil {
				return err
			}
			if o.Slug == e.operator.Organisation && e.told() {
				if err := lookAtCalendly(ctx, e, h, o.ID); err != nil {
					return err
				}
			}
			_, _ = fmt.Fprintf(e.out, "%-24s %d movements, checked up to %d; %d entries of the audit log, checked up to %d; %s\n",
				o.Slug, size.Movements, size.Checked, size.Entries, size.EntriesChecked, sealed)
		}
		closures, err := h.Closures(ctx)
		for _, c := range closures {
			if c.Undone.IsZero() && c.Done.IsZero() {
				_, _ = fmt.Fprintf(e.out, "organisation %s has been closed since %s, is deleted from %s; deletion begun: %t\n", c.Org,
					c.At.Time().Format("02-01-2006"), c.DeleteFrom.Time().Format("02-01-2006"), !c.Begun.IsZero())
			}
		}
		return err
	})
}

// lookAtFiles says where files and keys are, and whether what they need is there.
func lookAtFiles(ctx context.Context, e env, h *house) error {
	answer, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	if err := h.store.Ping(answer); err != nil {
		_, _ = fmt.Fprintf(e.out, "files in %s\nWARNING: the store of files does not answer as it ought to: %v\n", h.store, err)
	} else {
		_, _ = fmt.Fprintf(e.out, "files in %s, which answers\n", h.store)
	}
	if e.scan == "" {
		_, _ = fmt.Fprintln(e.out, "nobody looks for viruses in files: CLICARITY_SCAN is not set")
	}
	_, _ = fmt.Fprintf(e.out, "data directory %s, volume encrypted: %s\n", e.data, encryptedVolume(e.data))
	root, err := h.KeyVersions(ctx, flow.ID{})
	for _, k := range root {
		_, _ = fmt.Fprintf(e.out, "master key %s\n", k.Master)
	}
	return err
}

// lookAtCalendly says whether Calendly still tells of demos, as far as that is known. It asks nobody.
func lookAtCalendly(ctx context.Context, e env, h *house, org flow.ID) error {
	if e.calendlyToken == "" {
		_, _ = fmt.Fprintln(e.out, "nobody watches whether Calendly still tells of demos: CLICARITY_CALENDLY_TOKEN is not set")
		return nil
	}
	k, err := h.CalendlyWatch(ctx, org)
	switch {
	case errors.Is(err, postgres.ErrNotFound):
		_, _ = fmt.Fprintln(e.out, "Calendly was not asked yet whether it tells of demos: the server does")
		return nil
	case err != nil:
		return err
	}
	warns := ""
	if slices.Contains(postgres.CalendlyTroubles(), k.State) {
		warns = "WARNING: "
	}
	_, _ = fmt.Fprintf(e.out, "%sCalendly: %s since %s; last answer %s, last alive %s, made anew %s, fetched up to %s", warns, k.State, dated(k.Since), dated(k.Checked), dated(k.Good), dated(k.Made), dated(k.Filled))
	if k.Fault != "" {
		_, _ = fmt.Fprintf(e.out, "; it said no to %s", k.Fault)
	}
	_, _ = fmt.Fprintln(e.out)
	return nil
}

// dated is a time as it is told, and that there is none.
func dated(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format("02-01-2006 15:04")
}

const storeWithin = 5 * time.Second

// keyWords says which version of its key an organisation seals with.
func keyWords(ctx context.Context, h *house, o postgres.Organisation) (string, error) {
	list, err := h.KeyVersions(ctx, o.ID)
	if err != nil || len(list) == 0 {
		return "nothing sealed yet", err
	}
	says := fmt.Sprintf("key version %d", list[len(list)-1].Version)
	if older := len(list) - 1; older > 0 {
		says += fmt.Sprintf(", and %d older until all is sealed anew", older)
	}
	return says, nil
}

func version(_ context.Context, e env, _ []string) error {
	_, err := fmt.Fprintln(e.out, "clicarity", programVersion())
	return err
}

// programVersion is the version this program was built from.
func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}
