package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/history"
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

// importFile brings a file in from the command line.
func importFile(ctx context.Context, e env, args []string) error {
	var slug, mapping string
	rest, err := flags(e, "import history", args, func(f *flag.FlagSet) {
		f.StringVar(&slug, "org", "", "the organisation's short name")
		f.StringVar(&mapping, "map", "", "JSON file that says which column is what")
	})
	if err != nil {
		return err
	}
	if len(rest) != 2 || rest[0] != "history" || mapping == "" {
		return fmt.Errorf("write: clicarity import history --org SLUG --map MAP.json FILE.csv")
	}
	mapFile, err := os.Open(mapping)
	if err != nil {
		return err
	}
	defer func() { _ = mapFile.Close() }() // only read
	m, err := history.ReadMap(mapFile)
	if err != nil {
		return fmt.Errorf("%s: %w", mapping, err)
	}
	file, err := os.Open(rest[1])
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	return withOrg(ctx, e, slug, func(h *house, o postgres.Organisation) error { return importHistory(ctx, e, h, o, m, file) })
}

func importHistory(ctx context.Context, e env, h *house, o postgres.Organisation, m history.Map, file *os.File) error {
	name := m.Timezone
	if name == "" {
		name = o.Timezone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return fmt.Errorf("there is no time zone %q; write it like Asia/Kolkata", name)
	}
	members, err := h.Members(ctx, o.ID, 1000)
	if err != nil {
		return err
	}
	mark := flow.Mark{Org: o.ID, Role: flow.Owner, Scope: flow.Scope{All: true}, Device: "import", At: flow.At(time.Now())}
	for _, member := range members { // the log's movements are the owner's: it is they who bring it in
		if member.Role == flow.Owner {
			mark.Member = member.ID
			break
		}
	}
	im := history.Importer{DB: h.DB, Mark: mark, Zone: zone, Bad: func(b history.BadRow) {
		_, _ = fmt.Fprintf(e.err, "line %d was left out: %s\n", b.Line, b.Why)
	}}
	r, err := im.Import(ctx, m, file)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%d rows read, %d left out; %d jobs, %d stages; %d movements added\n", r.Rows, r.Bad, r.Jobs, r.Stages, r.Movements)
	return err
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
