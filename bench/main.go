// Command bench measures the product beside PostgreSQL's own benchmark: stage updates over HTTP and pgbench's TPC-B
// in turn on one private cluster, and on the same data how soon an open page sees a change and how long the board
// takes. It prints one line of JSON. Figures are ratios and percentiles of one run; nothing here judges them.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"clicarity/internal/measure"
	"clicarity/internal/postgres/local"
)

// plan is the size of a run.
type plan struct {
	Program string // the clicarity program to measure
	Orgs    int    // organisations with an equal share of Jobs
	Jobs    int    // open jobs over all of Orgs, and again in one large organisation
	Clients int
	Pages   int // open pages that follow one organisation
	Pace    int // updates a second that they follow
	Rounds  int // of pgbench and updates in turn
	Span    time.Duration
	Scale   int // of pgbench
	Log     io.Writer
}

// figures is the line of JSON. Rates are per second, times in milliseconds.
type figures struct {
	Updates      float64 `json:"updates_per_s"`
	TPS          float64 `json:"pgbench_tps"`
	Ratio        float64 `json:"ratio"`
	P50          float64 `json:"p50_ms"`
	P99          float64 `json:"p99_ms"`
	PgbenchP99   float64 `json:"pgbench_p99_ms"`
	P99Ratio     float64 `json:"p99_ratio"`
	ProgramTime  float64 `json:"program_us_per_update"`  // processor time, of the program
	DatabaseTime float64 `json:"database_us_per_update"` // and of PostgreSQL
	Authorised   float64 `json:"authorisation_percent"`  // of the processor time that the program spends on an update
	Errors       int     `json:"errors"`
	Clients      int     `json:"clients"`
	Orgs         int     `json:"organisations"`
	OpenJobs     int     `json:"open_jobs"`
	Pages        int     `json:"live_pages"`
	LiveP50      float64 `json:"live_p50_ms"`
	LiveP95      float64 `json:"live_p95_ms"`
	PeakMB       float64 `json:"live_peak_mb"` // the most memory the program has held by the end of the live pages
	Board        float64 `json:"board_first_p95_ms"`
	BoardDeep    float64 `json:"board_deep_p95_ms"`
	BoardJobs    int     `json:"board_open_jobs"`
	SeedSeconds  float64 `json:"seed_s"`
	TotalSeconds float64 `json:"total_s"`
}

func main() {
	p := plan{Log: os.Stderr}
	flag.StringVar(&p.Program, "program", "bin/clicarity", "the program to measure")
	flag.IntVar(&p.Orgs, "orgs", 50, "organisations")
	flag.IntVar(&p.Jobs, "jobs", 100_000, "open jobs")
	flag.IntVar(&p.Clients, "clients", 32, "clients at once")
	flag.IntVar(&p.Pages, "pages", 500, "open pages")
	flag.IntVar(&p.Pace, "pace", 50, "updates a second that they follow")
	flag.IntVar(&p.Rounds, "rounds", 3, "rounds of pgbench and updates in turn")
	flag.DurationVar(&p.Span, "span", 8*time.Second, "length of one measurement")
	flag.IntVar(&p.Scale, "scale", 50, "pgbench scale")
	read := flag.String("read", "", "measure pages instead, on big databases kept in this folder")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *read != "" {
		err = readAll(ctx, p, *read, os.Stdout)
	} else {
		var f figures
		if f, err = run(ctx, p); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(f)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
}

// run does the whole measurement on a cluster of its own.
func run(ctx context.Context, p plan) (f figures, err error) {
	began := time.Now()
	dir, err := os.MkdirTemp("", "clicarity-bench-")
	if err != nil {
		return f, err
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL may run as another user
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cluster, err := local.Open(ctx, local.Options{Dir: filepath.Join(dir, "data")})
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	s, err := seed(ctx, p, cluster)
	if err != nil {
		return f, err
	}
	f.SeedSeconds = measure.Round(time.Since(began).Seconds(), 1)
	pg := pgbench{cluster, filepath.Join(dir, "pgbench"), p}
	if err := pg.init(ctx); err != nil {
		return f, err
	}
	site, err := startSite(ctx, p, s)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, site.stop()) }()
	if err := site.measure(ctx, pg, &f); err != nil {
		return f, err
	}
	f.Clients, f.Orgs, f.OpenJobs, f.Pages, f.BoardJobs = p.Clients, p.Orgs, p.Jobs, p.Pages, p.Jobs
	f.TotalSeconds = measure.Round(time.Since(began).Seconds(), 1)
	return f, nil
}

// measure takes the figures: pgbench and updates in turn, so that a change of the machine's pace hits both.
func (s *site) measure(ctx context.Context, pg pgbench, f *figures) error {
	if err := s.boards(ctx, f); err != nil {
		return fmt.Errorf("board: %w", err)
	}
	if err := s.live(ctx, f); err != nil {
		return fmt.Errorf("live pages: %w", err)
	}
	var rates, tps []float64
	var took, pgTook []float64
	var spent, database time.Duration // on processors, by the program and by PostgreSQL
	for range s.plan.Rounds {
		rate, times, err := pg.run(ctx)
		if err != nil {
			return fmt.Errorf("pgbench: %w", err)
		}
		tps, pgTook = append(tps, rate), append(pgTook, times...)
		before, databaseBefore := processorTime(s.process.Process.Pid), databaseTime(pg.data())
		updates, times, failed, err := s.drive(ctx)
		if err != nil {
			return fmt.Errorf("updates: %w", err)
		}
		spent += processorTime(s.process.Process.Pid) - before
		database += databaseTime(pg.data()) - databaseBefore
		rates, took = append(rates, updates), append(took, times...)
		f.Errors += failed
		_, _ = fmt.Fprintf(s.plan.Log, "pgbench %.0f/s, updates %.0f/s\n", rate, updates)
	}
	if spent > 0 {
		f.Authorised = measure.Round(100*authorisation()*float64(len(took))/float64(spent.Nanoseconds()), 2)
	}
	f.ProgramTime = measure.Round(float64(spent.Microseconds())/float64(len(took)), 1)
	f.DatabaseTime = measure.Round(float64(database.Microseconds())/float64(len(took)), 1)
	slices.Sort(rates)
	slices.Sort(tps)
	slices.Sort(took)
	slices.Sort(pgTook)
	f.Updates, f.TPS = measure.Round(measure.Percentile(rates, 0.5), 1), measure.Round(measure.Percentile(tps, 0.5), 1)
	f.Ratio = measure.Round(f.Updates/f.TPS, 3)
	f.P50, f.P99 = measure.Round(measure.Percentile(took, 0.5), 2), measure.Round(measure.Percentile(took, 0.99), 2)
	f.PgbenchP99 = measure.Round(measure.Percentile(pgTook, 0.99), 2)
	f.P99Ratio = measure.Round(f.P99/f.PgbenchP99, 2)
	return nil
}
