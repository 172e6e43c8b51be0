package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"clicarity/internal/postgres"
	"clicarity/internal/postgres/local"
)

// pgbench is PostgreSQL's own benchmark, in its own database on the same cluster.
type pgbench struct {
	cluster *local.Cluster
	dir     string
	plan    plan
}

// data is where the cluster is that it runs on.
func (p pgbench) data() string { return filepath.Join(filepath.Dir(p.dir), "data") }

func (p pgbench) command(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(p.cluster.BinDir(), "pgbench"), append(args, p.cluster.URL("pgbench"))...)
	cmd.Dir = p.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return out, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	return out, nil
}

func (p pgbench) init(ctx context.Context) error {
	if err := postgres.CreateDatabase(ctx, p.cluster.URL("postgres"), "pgbench"); err != nil {
		return err
	}
	if err := os.MkdirAll(p.dir, 0o750); err != nil {
		return err
	}
	_, err := p.command(ctx, "-i", "-q", "-s", strconv.Itoa(p.plan.Scale))
	return err
}

// run is the standard TPC-B-like transaction for one span: its rate and the times of all transactions in
// milliseconds.
func (p pgbench) run(ctx context.Context) (tps float64, took []float64, err error) {
	out, err := p.command(ctx, "-n", "-l", "-c", strconv.Itoa(p.plan.Clients), "-j", "2", "-T", strconv.Itoa(max(int(p.plan.Span.Seconds()), 1)))
	if err != nil {
		return 0, nil, err
	}
	for line := range strings.Lines(string(out)) {
		if rest, ok := strings.CutPrefix(line, "tps = "); ok {
			if tps, err = strconv.ParseFloat(strings.Fields(rest)[0], 64); err != nil {
				return 0, nil, err
			}
		}
	}
	took, err = p.times()
	return tps, took, err
}

// times reads and removes the logs of a run: the third field of a line is the time in microseconds.
func (p pgbench) times() ([]float64, error) {
	logs, err := filepath.Glob(filepath.Join(p.dir, "pgbench_log.*"))
	if err != nil {
		return nil, err
	}
	var took []float64
	for _, name := range logs {
		f, err := os.Open(name) //nolint:gosec // our own folder
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if fields := strings.Fields(lines.Text()); len(fields) > 2 {
				us, err := strconv.ParseFloat(fields[2], 64)
				if err != nil {
					return nil, err
				}
				took = append(took, us/1000)
			}
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		if err := os.Remove(name); err != nil {
			return nil, err
		}
	}
	return took, nil
}
