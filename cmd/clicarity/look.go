package main

import (
	"context"
	"fmt"
	"runtime/debug"

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
		orgs, err := h.Organisations(ctx)
		if err != nil {
			return err
		}
		for _, o := range orgs {
			size, err := h.SizeOf(ctx, o.ID, worker.Checker)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(e.out, "%-24s %d movements, checked up to %d; %d entries of the audit log, checked up to %d\n",
				o.Slug, size.Movements, size.Checked, size.Entries, size.EntriesChecked)
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
