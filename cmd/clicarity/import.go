package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/history"
	"clicarity/internal/postgres"
)

// importFile brings a file in from the command line.
func importFile(ctx context.Context, e env, args []string) error {
	var slug, mapping, process string
	rest, err := flags(e, "import", args, func(f *flag.FlagSet) {
		f.StringVar(&slug, "org", "", "the organisation's short name")
		f.StringVar(&mapping, "map", "", "JSON file that says which column is what")
		f.StringVar(&process, "process", "Imported", "xes: the process of jobs that name none")
	})
	if err != nil {
		return err
	}
	if len(rest) == 2 && rest[0] == "xes" {
		return importXES(ctx, e, slug, process, rest[1])
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
	im, err := importer(ctx, e, h, o)
	if err != nil {
		return err
	}
	im.Zone = zone
	r, err := im.Import(ctx, m, file)
	if err != nil {
		return err
	}
	return told(e, r)
}

func told(e env, r history.Result) error {
	_, err := fmt.Fprintf(e.out, "%d rows read, %d left out; %d jobs, %d stages; %d movements added\n", r.Rows, r.Bad, r.Jobs, r.Stages, r.Movements)
	return err
}

// importer brings the past into an organisation; the log's movements are the owner's: it is they who bring it in.
func importer(ctx context.Context, e env, h *house, o postgres.Organisation) (history.Importer, error) {
	members, err := h.Members(ctx, o.ID, 1000)
	if err != nil {
		return history.Importer{}, err
	}
	mark := flow.Mark{Org: o.ID, Role: flow.Owner, Scope: flow.Scope{All: true}, Device: "import", At: flow.At(time.Now())}
	for _, member := range members {
		if member.Role == flow.Owner {
			mark.Member = member.ID
			break
		}
	}
	return history.Importer{DB: h.DB, Mark: mark, Zone: postgres.Zone(o.Timezone), Bad: func(b history.BadRow) {
		_, _ = fmt.Fprintf(e.err, "line %d was left out: %s\n", b.Line, b.Why)
	}}, nil
}

// importXES brings in an event log in XES.
func importXES(ctx context.Context, e env, slug, process, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	return withOrg(ctx, e, slug, func(h *house, o postgres.Organisation) error {
		im, err := importer(ctx, e, h, o)
		if err != nil {
			return err
		}
		r, err := im.ImportXES(ctx, process, file)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return told(e, r)
	})
}
