package main

import (
	"context"
	"flag"
	"fmt"
	"runtime/debug"
	"time"

	"clicarity/internal/postgres"
	"clicarity/internal/worker"
)

// verify checks an organisation's history; the first fault is its error.
func verify(ctx context.Context, e env, args []string) error {
	var slug string
	if _, err := flags(e, "verify", args, func(f *flag.FlagSet) { f.StringVar(&slug, "org", "", "the organisation's short name") }); err != nil {
		return err
	}
	return withOrg(ctx, e, slug, func(h *house, o postgres.Organisation) error {
		v, err := h.Verify(ctx, o.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.out, "sound: %d movements in one unbroken chain; %d jobs are what their movements add up to\n", v.Movements, v.Jobs)
		return err
	})
}

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
		w := worker.Worker{DB: h.DB, Now: time.Now}
		for _, o := range orgs {
			head, err := h.Head(ctx, o.ID)
			if err != nil {
				return err
			}
			checked, err := w.Checked(ctx, o.ID)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(e.out, "%-24s %d movements, checked up to %d\n", o.Slug, head, checked)
		}
		return nil
	})
}

func version(_ context.Context, e env, _ []string) error {
	v := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		v = info.Main.Version
	}
	_, err := fmt.Fprintln(e.out, "clicarity", v)
	return err
}
