package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
	"clicarity/internal/postgres/local"
)

// readFigures is a line of JSON: how long one kind of page takes, in milliseconds, from the request to the last byte of
// the answer, the program and its database on this machine.
type readFigures struct {
	Query   string  `json:"query"`
	Jobs    int     `json:"open_jobs"`     // in the database
	Own     int     `json:"own_open_jobs"` // in the organisation that is looked at
	Cold95  float64 `json:"cold_p95_ms"`   // each page for the first time after a start of PostgreSQL and the program
	Warm50  float64 `json:"warm_p50_ms"`
	Warm95  float64 `json:"warm_p95_ms"`
	RowsPer float64 `json:"rows_per_s,omitempty"` // of the export
	PeakMB  float64 `json:"peak_mb,omitempty"`    // the most memory the program has held by then
	Ratio   float64 `json:"ratio,omitempty"`      // of warm_p50_ms, for the export of the time a row, to that of the small database
}

// asked is one kind of page, in several instances, so that the first look at each is a cold one.
type asked struct {
	name  string
	pages func(f *firm) []string
}

var questions = []asked{
	{"matrix", func(f *firm) []string {
		list := []string{"/board"}
		for d := 0; d < 110; d += 6 {
			list = append(list, "/board?after="+time.Now().AddDate(0, 0, d-60).Format(time.DateOnly)+"."+flow.ID{}.String())
		}
		return list
	}},
	{"queue", func(f *firm) (list []string) {
		after := url.Values{"after": {time.Now().AddDate(0, 0, -30).Format(time.RFC3339Nano)}, "job": {flow.ID{}.String()}}
		for i := range stages {
			page := fmt.Sprintf("/stages/%s/stage-%02d", f.process.ID, i+1)
			list = append(list, page, page+"?"+after.Encode())
		}
		return list
	}},
	{"search", func(f *firm) (list []string) {
		for i := range 10 {
			list = append(list, fmt.Sprintf("/find?q=JC-%06d", i*977), fmt.Sprintf("/find?q=JC-00%d", i), "/find?q="+url.QueryEscape(fmt.Sprintf("carton %d", i*9)))
		}
		return append(list, "/find?q=alphonso", "/find?q=godav")
	}},
	{"pulse", func(*firm) []string { return []string{"/pulse"} }},
	{"analytics", func(*firm) []string {
		return []string{"/reports?days=90", "/reports/stages?days=90", "/reports/customers?days=90", "/reports/times?days=90", "/reports/flow?days=90", "/reports/ageing?days=90", "/reports/losses?days=90", "/reports/paths?days=90"}
	}},
	{"job", func(f *firm) (list []string) {
		list = append(list, "/jobs/"+f.jobs[0].String()) // the one with 500 movements
		return list
	}},
}

// warmRounds is how often each page is asked for again.
const warmRounds = 5

// readAll seeds both databases once, asks all questions of both and prints a line for each.
func readAll(ctx context.Context, p plan, dir string, out io.Writer) (err error) {
	if err := os.MkdirAll(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL may run as another user
		return err
	}
	small, big := sizes(p.Jobs)
	base := map[string]float64{}
	for _, h := range []house{small, big} {
		if err := p.furnishAlone(ctx, h, dir); err != nil {
			return err
		}
	}
	for _, h := range []house{small, big} {
		lines, err := p.ask(ctx, h, dir)
		if err != nil {
			return err
		}
		for _, l := range lines {
			took := l.Warm50
			if l.RowsPer > 0 {
				took = 1 / l.RowsPer
			}
			if h == small {
				base[l.Query] = took
			} else if base[l.Query] > 0 {
				l.Ratio = measure.Round(took/base[l.Query], 2)
			}
			if err := json.NewEncoder(out).Encode(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// sizes are the two databases. In the large one the first organisation holds a fifth of the jobs and 23 others a twentieth
// each, so that of 10,00,000 there are 13,50,000 open jobs and a crore of movements; the small one is a tenth of that.
func sizes(jobs int) (small, big house) {
	return house{"clicarity_small", jobs / 50, jobs / 200, 23}, house{"clicarity_big", jobs / 5, jobs / 20, 23}
}

func (p plan) cluster(ctx context.Context, dir string) (*local.Cluster, error) {
	return local.Open(ctx, local.Options{Dir: filepath.Join(dir, "data"), Settings: map[string]string{"max_wal_size": "4GB"}})
}

func (p plan) furnishAlone(ctx context.Context, h house, dir string) (err error) {
	cluster, err := p.cluster(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	_, err = h.furnish(ctx, p, cluster)
	return err
}

// settle lets the program do what is due of its own accord, such as learning the night's forecasts, so that it does not do it
// while it is asked.
func (p plan) settle(ctx context.Context, h house, dir string) (err error) {
	cluster, err := p.cluster(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	s, err := h.furnish(ctx, p, cluster)
	if err != nil {
		return err
	}
	st, err := startSite(ctx, p, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.stop()) }()
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for quiet := 0; quiet < 3; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Second):
		}
		var busy bool
		err := conn.QueryRow(ctx, "select exists (select from forecast_nights where held_until > now())").Scan(&busy)
		if err != nil {
			return err
		}
		if quiet++; busy {
			quiet = 0
		}
	}
	return nil
}

// ask starts everything anew and asks.
func (p plan) ask(ctx context.Context, h house, dir string) (lines []readFigures, err error) {
	if err := p.settle(ctx, h, dir); err != nil {
		return nil, err
	}
	cluster, err := p.cluster(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	s, err := h.furnish(ctx, p, cluster)
	if err != nil {
		return nil, err
	}
	st, err := startSite(ctx, p, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.stop()) }()
	for _, q := range questions {
		l, err := st.question(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
		l.Jobs, l.Own = h.jobs(), h.large
		lines = append(lines, l)
	}
	l, err := st.export(ctx)
	l.Jobs, l.Own = h.jobs(), h.large
	return append(lines, l), err
}

func (s *site) question(ctx context.Context, q asked) (readFigures, error) {
	l := readFigures{Query: q.name}
	pages := q.pages(s.firms[0])
	var cold, warm []float64
	for round := range warmRounds + 1 {
		for range max(1, 20/len(pages)) {
			for _, page := range pages {
				start := time.Now()
				if _, err := s.page(ctx, 0, page); err != nil {
					return l, err
				}
				took := float64(time.Since(start).Microseconds()) / 1000
				if round == 0 && len(cold) < len(pages) {
					cold = append(cold, took)
				} else {
					warm = append(warm, took)
				}
			}
		}
	}
	slices.Sort(cold)
	slices.Sort(warm)
	l.Cold95 = measure.Round(measure.Percentile(cold, 0.95), 1)
	l.Warm50, l.Warm95 = measure.Round(measure.Percentile(warm, 0.5), 1), measure.Round(measure.Percentile(warm, 0.95), 1)
	return l, nil
}

// export takes the whole CSV of the open jobs as fast as it comes and sees what memory that took.
func (s *site) export(ctx context.Context) (readFigures, error) {
	l := readFigures{Query: "export"}
	var warm []float64
	for range 3 {
		start := time.Now()
		r, err := s.open(ctx, 0, "/board/export?process="+s.firms[0].process.ID.String())
		if err != nil {
			return l, err
		}
		lines := &lineCounter{}
		_, err = io.Copy(lines, r.Body)
		if err = errors.Join(err, r.Body.Close()); err != nil || r.StatusCode != http.StatusOK {
			return l, errors.Join(err, errors.New(r.Status))
		}
		took := time.Since(start)
		if l.Cold95 == 0 {
			l.Cold95 = measure.Round(float64(took.Milliseconds()), 0)
		}
		warm = append(warm, float64(took.Milliseconds()))
		l.RowsPer = measure.Round(max(l.RowsPer, float64(lines.n)/took.Seconds()), 0)
	}
	slices.Sort(warm)
	l.Warm50, l.Warm95 = measure.Percentile(warm, 0.5), measure.Percentile(warm, 0.95)
	l.PeakMB = peakMB(s.process.Process.Pid)
	return l, nil
}

type lineCounter struct{ n int }

func (c *lineCounter) Write(b []byte) (int, error) {
	c.n += strings.Count(string(b), "\n")
	return len(b), nil
}

// peakMB is the most memory that a process has held, in MB; 0 where /proc does not say.
func peakMB(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kb float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kb); err != nil {
		return 0
	}
	return measure.Round(kb/1024, 1)
}
