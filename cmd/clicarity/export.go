package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"strconv"
	"strings"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/history"
	"clicarity/internal/postgres"
	"clicarity/internal/xes"
)

// export writes every movement of an organisation, job by job, in constant memory.
func export(ctx context.Context, e env, args []string) error {
	var slug string
	rest, err := flags(e, "export", args, func(f *flag.FlagSet) { f.StringVar(&slug, "org", "", "the organisation's short name") })
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "xes" && rest[0] != "csv" {
		return errors.New("write: clicarity export xes --org SLUG > log.xes, or export csv")
	}
	return withOrg(ctx, e, slug, func(h *house, o postgres.Organisation) error {
		r, err := openRecord(ctx, h, o)
		if err != nil {
			return err
		}
		members, err := h.MemberNames(ctx, o.ID, 100_000)
		if err != nil {
			return err
		}
		people := map[flow.ID]string{}
		for _, m := range members {
			people[m.ID] = m.Name
		}
		names := history.Names{Stage: func(p flow.ID, code string) string { name, _ := r.lens.Place(p, code); return name },
			Process: r.lens.Process, Member: func(id flow.ID) string { return people[id] }, Zone: r.lens.Zone}
		if rest[0] == "csv" {
			return exportCSV(ctx, e, r, names)
		}
		x := history.Exporter{W: xes.NewWriter(e.out), Names: names}
		if err := x.Begin(o.Name); err != nil {
			return err
		}
		if err := h.Stream(ctx, o.ID, true, func(m postgres.Record) error { return x.Add(m.Movement, m.Stored) }); err != nil {
			return err
		}
		return x.Close()
	})
}

// exportCSV writes a row per movement. What the columns have no room for stands in the last one, whole, as JSON.
func exportCSV(ctx context.Context, e env, r *record, names history.Names) error {
	out := bufio.NewWriter(e.out)
	w := csv.NewWriter(out)
	if err := w.Write(strings.Split("job,process,stage,stage_code,kind,occurred_at,recorded_at,mark,member,device,worker,station,good,wasted,sent_back,short,seq,command,part,job_id,facts", ",")); err != nil {
		return err
	}
	var number, process string
	var of flow.ID
	err := r.h.Stream(ctx, r.o.ID, true, func(m postgres.Record) error {
		f := m.Facts
		if m.Kind == flow.KindCreated {
			number, process, of = f.Number, names.Process(f.Process), f.Process
		}
		var back flow.Quantity
		for _, b := range f.Back {
			back += b.Quantity
		}
		return w.Write([]string{safe(number), safe(process), safe(names.Stage(of, m.Stage)), m.Stage, string(m.Kind), stampCSV(m.Occurred, names.Zone), stampCSV(m.Recorded, names.Zone),
			m.Mark, safe(names.Member(m.Member)), safe(m.Device), safe(f.Worker), safe(f.Station), f.Good.String(), f.Scrap().String(), back.String(), f.Short.String(),
			strconv.FormatInt(m.Seq, 10), m.Command.String(), strconv.Itoa(m.Part), m.Job.String(), m.Stored})
	})
	w.Flush()
	return errors.Join(err, w.Error(), out.Flush())
}

func stampCSV(m flow.Moment, zone *time.Location) string {
	return m.Time().In(zone).Format("2006-01-02T15:04:05.000000Z07:00")
}

// safe keeps a spreadsheet from taking a text for a formula. The facts in the last column have it as it is.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
