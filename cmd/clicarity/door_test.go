package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clicarity/internal/certtest"
)

func TestNothingIsServedInTheClear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  map[string]string
		says string
	}{
		{map[string]string{"CLICARITY_ADDR": ":0"}, "nothing encrypts"},
		{map[string]string{"CLICARITY_ADDR": "0.0.0.0:8080", "CLICARITY_URL": "https://jobs.example.in"}, "nothing encrypts"},
		{map[string]string{"CLICARITY_TLS": "cert.pem", "CLICARITY_URL": "https://jobs.example.in"}, "write it like"},
		{map[string]string{"CLICARITY_TLS": "acme"}, "needs CLICARITY_URL"},
		{map[string]string{"CLICARITY_TLS": "acme", "CLICARITY_URL": "http://jobs.example.in"}, "needs CLICARITY_URL"},
		{map[string]string{"DATABASE_URL": "postgres://u:p@db.example.in/clicarity"}, "sslmode=verify-full"},
	} {
		c.env["CLICARITY_DATA"] = t.TempDir()
		s := &shell{t, c.env}
		s.fails(c.says, "serve")
	}
}

// A server with a certificate: people come by HTTPS, are sent there when they do not, and their browsers are told so.
func TestServeByHTTPS(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "clicarity-door-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // PostgreSQL runs as another user when we are root
		t.Fatal(err)
	}
	made := certtest.New(t, "localhost")
	cert, key := made.Write(t, dir)
	addr, plain := freeAddress(t), freeAddress(t)
	env := map[string]string{"CLICARITY_DATA": filepath.Join(dir, "data"), "CLICARITY_ADDR": addr, "CLICARITY_HTTP": plain, "CLICARITY_URL": "https://localhost", "CLICARITY_TLS": cert + "," + key}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		var out bytes.Buffer
		ended <- run(ctx, []string{"serve"}, func(k string) string { return env[k] }, &out, &out)
	}()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: made.Roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	waitWith(t, client, "https://"+addr+"/health")
	resp, err := client.Get("https://" + addr + "/sign-in")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Header.Get("Strict-Transport-Security") == "" {
		t.Error("browsers are not told to come by HTTPS only")
	}
	resp, err = client.Get("http://" + plain + "/my")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	_, port, _ := net.SplitHostPort(addr)
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusMovedPermanently || to != "https://127.0.0.1:"+port+"/my" {
		t.Errorf("the plain door: %d %s", resp.StatusCode, to)
	}
	if resp, err := http.Get("http://" + addr + "/health"); err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Error("it is served in the clear")
		}
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func waitWith(t *testing.T, client *http.Client, url string) {
	t.Helper()
	var last error
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		r, err := client.Get(url)
		if last = err; err == nil {
			_ = r.Body.Close()
			return
		}
	}
	t.Fatal(strings.TrimSpace(url+" does not answer: "), last)
}
