package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"clicarity/internal/measure"
)

// few stands where there are too few things for a figure.
const few = "-"

func share(s measure.Share) string {
	if s.Share == nil {
		return few
	}
	return fmt.Sprintf("%.2f%%", *s.Share*100)
}

func half(d measure.Dist) string {
	if d.P50 == nil {
		return few
	}
	return fmt.Sprintf("%.1f", *d.P50)
}

func most(d measure.Dist) string {
	if d.P85 == nil {
		return few
	}
	return fmt.Sprintf("%.1f", *d.P85)
}

// table is a table of the key figures: a line per name, the name last because it is as long as it likes.
type table struct {
	w *tabwriter.Writer
}

func newTable(e env, title string, columns ...string) table {
	_, _ = fmt.Fprintf(e.out, "\n%s\n", title)
	t := table{tabwriter.NewWriter(e.out, 0, 4, 2, ' ', tabwriter.AlignRight)}
	t.line("", columns...)
	return t
}

func (t table) line(name string, cells ...string) {
	_, _ = fmt.Fprintf(t.w, "%s\t %s\t\n", strings.Join(cells, "\t"), name)
}

func printSheet(e env, s measure.Sheet) error {
	_, _ = fmt.Fprintf(e.out, "\nfrom %s to %s; hours are elapsed, those within which half are; %s: too few for a figure\n", s.From, s.To, few)
	groups := append([]measure.Group{{Name: "all", Figures: s.All}}, append(s.Processes, s.Months...)...)
	for _, print := range []func() error{
		func() error { return printGroups(e, groups) },
		func() error { return printQuality(e, groups) },
		func() error { return printStages(e, s.Stages) },
		func() error { return printVendors(e, s.Vendors) },
		func() error { return printStations(e, s.Stations) },
	} {
		if err := print(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(e.out, "\n"+sentence(s.Bottleneck))
	return err
}

func printGroups(e env, groups []measure.Group) error {
	t := newTable(e, "jobs, by process and by month", "created", "completed", "per day", "lead P50", "lead P85", "cycle P50", "on time", "latest date", "of", "flow eff.", "open", "age P50", "age P85")
	for _, g := range groups {
		perDay := few
		if g.PerDay.Share != nil {
			perDay = fmt.Sprintf("%.2f", *g.PerDay.Share)
		}
		t.line(g.Name, fmt.Sprint(g.Jobs), fmt.Sprint(g.Completed), perDay, half(g.Lead.Elapsed), most(g.Lead.Elapsed), half(g.Cycle.Elapsed),
			share(g.OnTime), share(g.OnTimeNow), fmt.Sprint(g.OnTime.N), share(g.Efficiency.Elapsed), fmt.Sprint(g.Open.Jobs), half(g.Open.Age.Elapsed), most(g.Open.Age.Elapsed))
	}
	return t.w.Flush()
}

func printQuality(e env, groups []measure.Group) error {
	t := newTable(e, "quantities, by process and by month", "reports", "came", "good", "wasted", "rejected", "at inspection", "wastage", "fall-off", "rework", "first pass", "rolled")
	for _, g := range groups {
		a := g.Amounts
		t.line(g.Name, fmt.Sprint(a.Reports), a.Came.String(), a.Good.String(), a.Wasted.String(), share(a.Rejection), share(g.Inspected), share(a.Wastage),
			share(a.FallOff), share(a.Rework), share(a.FirstPass), share(g.RolledYield))
	}
	return t.w.Flush()
}

func printStages(e env, stages []measure.StageFigures) error {
	t := newTable(e, "stages", "stays", "TAT P50", "TAT P85", "queue", "run", "hold", "vendor", "here now", "quantity", "age P50", "came", "wasted", "rejected", "wastage", "fall-off", "rework", "first pass")
	for _, s := range stages {
		a := s.Amounts
		t.line(s.Name, fmt.Sprint(s.TAT.Elapsed.N), half(s.TAT.Elapsed), most(s.TAT.Elapsed), half(s.Queue.Elapsed), half(s.Run.Elapsed), half(s.Hold.Elapsed), half(s.Away.Elapsed),
			fmt.Sprint(s.Open.Jobs), s.Open.Quantity.String(), half(s.Open.Age.Elapsed), a.Came.String(), a.Wasted.String(), share(a.Rejection), share(a.Wastage), share(a.FallOff), share(a.Rework), share(a.FirstPass))
	}
	return t.w.Flush()
}

func printVendors(e env, vendors []measure.VendorFigures) error {
	if len(vendors) == 0 {
		return nil
	}
	t := newTable(e, "vendors", "back", "sent", "TAT P50", "TAT P85", "on time", "loss", "there now", "quantity")
	for _, v := range vendors {
		t.line(v.Name, fmt.Sprint(v.TAT.Elapsed.N), v.Sent.String(), half(v.TAT.Elapsed), most(v.TAT.Elapsed), share(v.OnTime), share(v.Loss), fmt.Sprint(v.Open.Jobs), v.Open.Quantity.String())
	}
	return t.w.Flush()
}

func printStations(e env, stations []measure.StationFigures) error {
	if len(stations) == 0 {
		return nil
	}
	t := newTable(e, "stations", "runs", "run h", "working h", "queue h", "utilisation")
	for _, s := range stations {
		t.line(s.Name, fmt.Sprint(s.Run.N), fmt.Sprintf("%.1f", s.Run.Elapsed), fmt.Sprintf("%.1f", s.Run.Working), fmt.Sprintf("%.1f", s.Queue.Elapsed), share(s.Utilisation))
	}
	return t.w.Flush()
}

// sentence says in one sentence what holds the work up.
func sentence(b measure.Bottleneck) string {
	var parts []string
	if b.Queue != nil {
		parts = append(parts, fmt.Sprintf("most waiting is before %s (%.0f working hours over %d waits, %d jobs there now)", b.Queue.Name, b.Queue.Value, b.Queue.N, b.Queue.Jobs))
	}
	if b.Busy != nil {
		parts = append(parts, fmt.Sprintf("the busiest station is %s (%.1f%% of its working time)", b.Busy.Name, b.Busy.Value*100))
	}
	if b.Active != nil {
		parts = append(parts, fmt.Sprintf("%s was at work the longest without a break (%.0f working hours)", b.Active.Name, b.Active.Value))
	}
	if len(parts) == 0 {
		return "Too little has happened to name a bottleneck."
	}
	return "Bottleneck: " + strings.Join(parts, "; ") + "."
}
