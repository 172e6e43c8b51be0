package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"clicarity/internal/keys"
)

// site is the program under measurement, serving, with a signed-in client per organisation.
type site struct {
	*seeded
	plan    plan
	url     string
	process *exec.Cmd
	client  *http.Client
	cookies []string // by firm
	turn    []int    // by client: how many updates it has given
}

func startSite(ctx context.Context, p plan, s *seeded) (*site, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	cmd := exec.Command(p.Program, "serve") //nolint:gosec // the program to measure is named by whoever measures
	cmd.Env = environment(s.url, addr)
	cmd.Stdout, cmd.Stderr = p.Log, p.Log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	st := &site{seeded: s, plan: p, url: "http://" + addr, process: cmd, turn: make([]int, p.Clients)}
	st.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: p.Clients + p.Pages, MaxIdleConns: 0},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if err := st.ready(ctx); err != nil {
		return nil, errors.Join(err, st.stop())
	}
	return st, st.signIn(ctx)
}

// environment is that of the program on a database.
func environment(url, addr string) []string {
	return append(os.Environ(), "DATABASE_URL="+url, "CLICARITY_ADDR="+addr, "CLICARITY_KEY="+base64.StdEncoding.EncodeToString(make([]byte, keys.Size)))
}

func (s *site) stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.process.Wait()
}

func (s *site) ready(ctx context.Context) error {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		if r, err := s.client.Get(s.url + "/health"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("the program does not answer")
}

// signIn opens a session for the owner of every firm, the way a browser does.
func (s *site) signIn(ctx context.Context) error {
	for i, f := range s.firms {
		form := url.Values{"login": {f.login}, "password": {password}}
		r, err := s.request(ctx, http.MethodPost, "/sign-in", "", form)
		for err == nil && r.StatusCode == http.StatusTooManyRequests { // the limit of one address applies to us too
			time.Sleep(500 * time.Millisecond)
			r, err = s.request(ctx, http.MethodPost, "/sign-in", "", form)
		}
		if err != nil {
			return err
		}
		if len(r.Cookies()) == 0 {
			return fmt.Errorf("signing in firm %d: %s", i, r.Status)
		}
		s.cookies = append(s.cookies, sessionOf(r.Cookies()))
	}
	return nil
}

// request sends a form or asks for a page, reads the whole answer and drops it.
func (s *site) request(ctx context.Context, method, path, cookie string, form url.Values) (*http.Response, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != "" {
		r.Header.Set("Cookie", strings.SplitN(cookie, ";", 2)[0])
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp, errors.Join(err, resp.Body.Close())
}

// drive lets every client give stage updates for one span. Each has its own organisations and jobs, as operators at
// their own presses have. It returns the rate, the times of the updates in milliseconds, and how many failed.
func (s *site) drive(ctx context.Context) (rate float64, took []float64, failed int, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	began := time.Now()
	end := began.Add(s.plan.Span)
	for c := range s.plan.Clients {
		wg.Go(func() {
			var mine []float64
			bad := 0
			for time.Now().Before(end) && ctx.Err() == nil {
				start := time.Now()
				if updateErr := s.update(ctx, c); updateErr != nil {
					bad++
					_, _ = fmt.Fprintln(s.plan.Log, "update failed:", updateErr)
					continue
				}
				mine = append(mine, float64(time.Since(start).Microseconds())/1000)
			}
			mu.Lock()
			defer mu.Unlock()
			took, failed = append(took, mine...), failed+bad
		})
	}
	wg.Wait()
	return float64(len(took)) / time.Since(began).Seconds(), took, failed, ctx.Err()
}

// update gives a client's next stage update: its jobs go through the stages by Start and Done in turn, over all the
// organisations the client has.
func (s *site) update(ctx context.Context, client int) error {
	n := s.turn[client]
	s.turn[client]++
	perJob := 2 * stages
	jobIndex, step := n/perJob, n%perJob
	firmIndex := (client + jobIndex*s.plan.Clients) % s.plan.Orgs
	f := s.firms[firmIndex]
	job := f.jobs[(client+jobIndex*s.plan.Clients)/s.plan.Orgs%len(f.jobs)]
	do := "start"
	if step%2 == 1 {
		do = "done"
	}
	return s.tap(ctx, firmIndex, job.String(), fmt.Sprintf("stage-%02d", step/2+1), do)
}

func (s *site) tap(ctx context.Context, firm int, job, stage, do string) error {
	form := url.Values{"command": {newID().String()}, "do": {do}, "from": {"my"}}
	r, err := s.request(ctx, http.MethodPost, "/jobs/"+job+"/at/"+stage, s.cookies[firm], form)
	if err != nil {
		return err
	}
	if r.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("%s at %s of %s: %s", do, stage, job, r.Status)
	}
	return nil
}

// sessionOf is the cookie of the session among those that a sign-in sets.
func sessionOf(cookies []*http.Cookie) string {
	i := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == "clicarity" && c.Value != "" })
	return cookies[max(i, 0)].String()
}
