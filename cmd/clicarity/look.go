package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"text/tabwriter"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/history"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
	"clicarity/internal/worker"
)

// kpi prints the key figures of an organisation.
func kpi(ctx context.Context, e env, args []string) error {
	var slug string
	var asJSON bool
	_, err := flags(e, "kpi", args, func(f *flag.FlagSet) {
		f.StringVar(&slug, "org", "", "the organisation's short name")
		f.BoolVar(&asJSON, "json", false, "print JSON")
	})
	if err != nil {
		return err
	}
	return withOrg(ctx, e, slug, func(h *house, o postgres.Organisation) error {
		k, err := summary(ctx, h, o)
		if err != nil {
			return err
		}
		if asJSON {
			j := json.NewEncoder(e.out)
			j.SetEscapeHTML(false)
			return j.Encode(k)
		}
		return printKPI(e, k)
	})
}

func summary(ctx context.Context, h *house, o postgres.Organisation) (measure.KPI, error) {
	processes, err := h.Processes(ctx, o.ID)
	if err != nil {
		return measure.KPI{}, err
	}
	table, err := h.Timetable(ctx, o)
	if err != nil {
		return measure.KPI{}, err
	}
	stages := map[flow.StageRef]flow.Stage{}
	for _, p := range processes {
		for _, s := range p.Stages {
			stages[flow.StageRef{Process: p.ID, Stage: s.Code}] = s
		}
	}
	place := func(process flow.ID, code string) (string, *flow.Hours) {
		s := stages[flow.StageRef{Process: process, Stage: code}]
		return cmp.Or(s.Name, code), table.Hours(s.Calendar)
	}
	stream := func(byJob bool) measure.History {
		return func(f func(flow.Movement) error) error {
			return h.Stream(ctx, o.ID, byJob, func(r postgres.Record) error { return f(r.Movement) })
		}
	}
	k, err := measure.Summary(stream(false), func(process flow.ID, code string) string { name, _ := place(process, code); return name })
	if err != nil {
		return k, err
	}
	times, err := measure.TimesOf(stream(true), place)
	k.Times = &times
	return k, err
}

func printKPI(e env, k measure.KPI) error {
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(e.out, "%d jobs, %d movements\ncycle time over %d jobs: half within %.1f h, 85%% within %.1f h, 95%% within %.1f h\n\n",
		k.Jobs, k.Movements, k.Cycle.N, k.Cycle.P50, k.Cycle.P85, k.Cycle.P95)
	_, _ = fmt.Fprintln(w, "reports\tgood\twasted\t stage\t")
	for _, s := range k.Stages {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t %s\t\n", s.Reports, s.Good, s.Wasted, s.Name)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return printTimes(e, k.Times)
}

// printTimes prints how long half of the stays at each stage took, in hours by the clock and in working hours.
func printTimes(e env, t *measure.TimeKPI) error {
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	both := func(b measure.Both) string { return fmt.Sprintf("%.1f / %.1f", b.Elapsed.P50, b.Working.P50) }
	_, _ = fmt.Fprintf(e.out, "\nhours, elapsed / working, of which half are within\nlead time of %d jobs: %s; cycle time of %d: %s\n\n",
		t.Lead.Elapsed.N, both(t.Lead), t.Cycle.Elapsed.N, both(t.Cycle))
	_, _ = fmt.Fprintln(w, "stays\tTAT\tqueue\trun\thold\tat vendor\t stage\t")
	for _, s := range t.Stages {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t %s\t\n", s.TAT.Elapsed.N, both(s.TAT), both(s.Queue), both(s.Run), both(s.Hold), both(s.Away), s.Name)
	}
	return w.Flush()
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
		for _, o := range orgs {
			size, err := h.SizeOf(ctx, o.ID, worker.Checker)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(e.out, "%-24s %d movements, checked up to %d; %d entries of the audit log, checked up to %d\n",
				o.Slug, size.Movements, size.Checked, size.Entries, size.EntriesChecked)
		}
		return nil
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
