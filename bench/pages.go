package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"clicarity/internal/flow"
	"clicarity/internal/measure"
)

// boards times the board of the large organisation: its first page, and one reached by keyset nine tenths down.
func (s *site) boards(ctx context.Context, f *figures) error {
	large := len(s.firms) - 1
	first, page, err := s.timePage(ctx, large, "/board")
	if err != nil {
		return err
	}
	if !strings.Contains(page, "JC-") {
		return errors.New("the board shows no jobs")
	}
	deep := fmt.Sprintf("/board?after=%s.%s", time.Now().AddDate(0, 0, 48).Format(time.DateOnly), s.firms[large].jobs[len(s.firms[large].jobs)/2])
	last, page, err := s.timePage(ctx, large, deep)
	if err != nil {
		return err
	}
	if s.plan.Jobs > 10_000 && !strings.Contains(page, "JC-") {
		return errors.New("the deep page shows no jobs")
	}
	f.Board, f.BoardDeep = measure.Round(first, 1), measure.Round(last, 1)
	return nil
}

const pageLoads = 60

func (s *site) timePage(ctx context.Context, firm int, path string) (p95 float64, page string, err error) {
	var took []float64
	for i := range pageLoads + 5 {
		start := time.Now()
		if page, err = s.page(ctx, firm, path); err != nil {
			return 0, "", err
		}
		if i >= 5 { // the first few warm the caches
			took = append(took, float64(time.Since(start).Microseconds())/1000)
		}
	}
	slices.Sort(took)
	return measure.Percentile(took, 0.95), page, nil
}

func (s *site) page(ctx context.Context, firm int, path string) (string, error) {
	r, err := s.open(ctx, firm, path)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err == nil && r.StatusCode != http.StatusOK && r.StatusCode != http.StatusSeeOther { // a search of a number leads to its job
		err = fmt.Errorf("%s: %s", path, r.Status)
	}
	return string(text), err
}

func (s *site) open(ctx context.Context, firm int, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Cookie", strings.SplitN(s.cookies[firm], ";", 2)[0])
	return s.client.Do(r)
}

var feedOf = regexp.MustCompile(`data-live="([^"]+)"`)

// live opens the boards of many people in one organisation and times, for each change of a job on them, from the
// sending of the update to the arrival of the changed row on every page. Changes come at a steady pace, whatever is
// under way.
func (s *site) live(ctx context.Context, f *figures) error {
	html, err := s.page(ctx, 0, "/board")
	if err != nil {
		return err
	}
	feed := feedOf.FindStringSubmatch(html)
	rows := regexp.MustCompile(`id="j-([0-9a-f-]{36})"`).FindAllStringSubmatch(html, -1)
	if feed == nil || len(rows) == 0 {
		return errors.New("the board has no feed or no rows")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &watchers{seen: map[string]time.Time{}}
	for range s.plan.Pages {
		resp, err := s.open(ctx, 0, strings.ReplaceAll(feed[1], "&amp;", "&"))
		if err != nil {
			return err
		}
		w.group.Go(func() { w.watch(resp) })
	}
	changes, err := s.pace(ctx, w, rows)
	if err != nil {
		return err
	}
	want := changes * s.plan.Pages
	w.settle(want)
	s.firms[0].jobs = slices.DeleteFunc(s.firms[0].jobs, func(id flow.ID) bool { _, used := w.seen[id.String()]; return used })
	f.PeakMB = peakMB(s.process.Process.Pid)
	cancel()
	w.group.Wait()
	slices.Sort(w.took)
	if len(w.took) != want {
		return fmt.Errorf("%d of %d changes arrived", len(w.took), want)
	}
	f.LiveP50, f.LiveP95 = measure.Round(measure.Percentile(w.took, 0.5), 1), measure.Round(measure.Percentile(w.took, 0.95), 1)
	return nil
}

// pace gives the updates, each job of the page in turn along its route, and says how many.
func (s *site) pace(ctx context.Context, w *watchers, rows [][]string) (int, error) {
	var group sync.WaitGroup
	var mu sync.Mutex
	var failed error
	tick := time.NewTicker(time.Second / time.Duration(s.plan.Pace))
	defer tick.Stop()
	turns := min(2*stages, max(1, s.plan.Pace*int(s.plan.Span.Seconds())/len(rows)))
	for i := range turns * len(rows) {
		job, step := rows[i%len(rows)][1], i/len(rows)
		group.Go(func() {
			w.send(job)
			err := s.tap(ctx, 0, job, fmt.Sprintf("stage-%02d", step/2+1), []string{"start", "done"}[step%2])
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
	}
	group.Wait()
	return turns * len(rows), failed
}

// watchers are the open pages.
type watchers struct {
	group sync.WaitGroup
	mu    sync.Mutex
	seen  map[string]time.Time // job -> when its newest update was sent
	took  []float64
}

func (w *watchers) send(job string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[job] = time.Now()
}

func (w *watchers) watch(resp *http.Response) {
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), `data: {"job":"`); ok {
			now := time.Now()
			w.mu.Lock()
			w.took = append(w.took, float64(now.Sub(w.seen[rest[:36]]).Microseconds())/1000)
			w.mu.Unlock()
		}
	}
}

// settle waits until all have arrived, or long enough.
func (w *watchers) settle(want int) {
	for range 100 {
		w.mu.Lock()
		have := len(w.took)
		w.mu.Unlock()
		if have >= want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
