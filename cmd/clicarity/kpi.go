package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"text/tabwriter"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres"
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

// record is an organisation's history and how to look at it.
type record struct {
	h    *house
	o    postgres.Organisation
	lens measure.Lens
}

func openRecord(ctx context.Context, h *house, o postgres.Organisation) (*record, error) {
	look, err := h.House(ctx, o)
	return &record{h, o, look.Lens}, err
}

// stream is the history, job by job or as it was recorded.
func (r *record) stream(ctx context.Context, byJob bool) measure.History {
	return func(f func(flow.Movement) error) error {
		return r.h.Stream(ctx, r.o.ID, byJob, func(m postgres.Record) error { return f(m.Movement) })
	}
}

func summary(ctx context.Context, h *house, o postgres.Organisation) (measure.KPI, error) {
	r, err := openRecord(ctx, h, o)
	if err != nil {
		return measure.KPI{}, err
	}
	k, err := measure.Summary(r.stream(ctx, false), func(process flow.ID, code string) string { name, _ := r.lens.Place(process, code); return name })
	if err != nil {
		return k, err
	}
	times, err := measure.TimesOf(r.stream(ctx, true), r.lens.Place)
	if err != nil {
		return k, err
	}
	r.lens.From, r.lens.To = k.First, k.Last
	sheet, err := measure.SheetOf(r.stream(ctx, true), r.lens)
	k.Times, k.Sheet = &times, &sheet
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
	if err := printTimes(e, k.Times); err != nil || k.Movements == 0 {
		return err
	}
	return printSheet(e, *k.Sheet)
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
